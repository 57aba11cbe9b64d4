/* Files of links: what is taken can be linked, and what is refused is told with its line; whatever they say, a customer has no more
 * identities than may be, no placeholder is anybody's, and whoever is somebody else's goes to a customer who is nobody else's. */
#include "ingest/link_file.h"
#include "one_input.h"
#include "store/new_links.h"

static enum sj_status take_link(void *ctx, struct sj_str a, struct sj_str b, int64_t time_us, struct sj_error *err) {
    require(a.n > 0 && b.n > 0);
    return sj_new_links_add(ctx, (struct sj_link){a, b, SJ_LINK_SEEN, time_us}, err);
}

static int by_pair(const void *x, const void *y) {
    const struct sj_link *a = x, *b = y;
    const int order = sj_str_cmp(a->a, b->a);
    return order != 0 ? order : sj_str_cmp(a->b, b->b);
}

static void check_homes(const struct sj_homes *homes) {
    for (uint64_t i = 0; i < homes->n; i++) {
        const struct sj_home *home = &homes->items[i];
        require(i == 0 || sj_key_cmp(homes->items[i - 1].own, home->own) < 0);
        require(sj_homes_find(homes, home->own) == home && sj_homes_find(homes, home->home) == NULL);
        require(!sj_identity_is_placeholder(sj_home_text(homes, home)));
    }
}

static void resolve(const struct capped *capped, struct sj_new_links *links) {
    struct sj_link *items = (struct sj_link *)(void *)links->items.data;
    struct sj_resolver *resolver;
    struct sj_homes homes;
    struct sj_str identity, customer;
    uint32_t size;
    if (sj_new_links_count(links) > 1)
        qsort(items, sj_new_links_count(links), sizeof *items, by_pair);
    if (sj_resolver_new(&capped->alloc, 7, INT64_MAX, &resolver, NULL) != SJ_OK)
        return;
    enum sj_status status = SJ_OK;
    for (size_t i = 0; i < sj_new_links_count(links) && status == SJ_OK; i++)
        status = sj_resolver_add(resolver, &items[i], NULL);
    if (status == SJ_OK)
        status = sj_resolver_finish(resolver, &homes, NULL);
    for (uint32_t i = 0; status == SJ_OK && sj_resolver_at(resolver, i, &identity, &customer, &size); i++)
        require(size >= 1 && size <= SJ_IDENTITIES_MAX && (size == 1 || !sj_identity_is_placeholder(identity)));
    if (status == SJ_OK)
        check_homes(&homes);
    sj_resolver_free(resolver);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    struct one_input input = {.left = {(const char *)bytes, n}};
    const struct sj_os os = input_os(&input);
    struct capped capped;
    struct sj_new_links links;
    struct sj_error err = {0};
    uint64_t n_links = 0;
    capped_init(&capped, FILE_BYTES);
    sj_new_links_init(&links, &capped.alloc, 7);
    const struct sj_link_file file = {.os = &os, .mem = &capped.alloc, .path = "-", .link = take_link, .ctx = &links};
    const enum sj_status status = sj_link_file_read(&file, &n_links, &err);
    require_told(status, &err);
    require(status != SJ_OK || sj_new_links_count(&links) <= n_links);
    if (status == SJ_OK)
        resolve(&capped, &links);
    sj_new_links_done(&links);
    return 0;
}
