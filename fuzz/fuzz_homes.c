/* Maps of homes that nobody wrote: their checksums are put right, so that what lies behind them is reached. What is opened is in order, and
 * no text reaches past its end. */
#include "base/hash.h"
#include "store/homes.h"
#include "target.h"

enum { HEADER_BYTES = 64, CHECKSUM_AT = 32, HEADER_CHECKSUM_AT = 56 };

static void reseal(char *bytes, size_t n) {
    if (n < HEADER_BYTES)
        return;
    const uint64_t body = sj_hash64(bytes + HEADER_BYTES, n - HEADER_BYTES, 0);
    memcpy(bytes, "SJHOMES1", 8);
    memcpy(bytes + CHECKSUM_AT, &body, sizeof body);
    const uint64_t head = sj_hash64(bytes, HEADER_CHECKSUM_AT, 0);
    memcpy(bytes + HEADER_CHECKSUM_AT, &head, sizeof head);
}

static void check_open(struct sj_str bytes) {
    struct sj_homes homes;
    struct sj_error err = {0};
    uint64_t n_text_bytes = 0;
    if (sj_homes_open(bytes, &homes, &err) != SJ_OK) {
        require(err.message[0] != '\0');
        return;
    }
    for (uint64_t i = 0; i < homes.n; i++) {
        const struct sj_str text = sj_home_text(&homes, &homes.items[i]);
        require(text.p >= homes.texts && text.p + text.n <= homes.texts + homes.n_text_bytes);
        require(sj_homes_find(&homes, homes.items[i].own) == &homes.items[i]);
        n_text_bytes += text.n;
    }
    require(homes.n > 0 || n_text_bytes == 0);
    require(sj_homes_erased(&homes) + (sj_homes_any(&homes) ? 1 : 0) <= homes.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    char *copy = malloc(n + 1); /* aligned, as a file is that has been read */
    require(copy != NULL);
    if (n > 0)
        memcpy(copy, bytes, n);
    check_open((struct sj_str){copy, n});
    reseal(copy, n);
    check_open((struct sj_str){copy, n});
    free(copy);
    return 0;
}
