/* Bodies that a collector is sent: the first byte says whether as one event, and of which type, or as a batch. What is refused is told; what is
 * taken is no more than may be, and of what is rejected the place and the reason are known. */
#include "ingest/parcel.h"
#include "target.h"

static void check_parcel(const struct sj_parcel *parcel, struct sj_str body) {
    size_t n_rejects;
    const struct sj_parcel_reject *rejects = sj_parcel_rejects(parcel, &n_rejects);
    require(sj_parcel_n_events(parcel) <= SJ_PARCEL_EVENTS_MAX);
    require(sj_parcel_n_events(parcel) + n_rejects <= body.n);
    for (size_t i = 0; i < n_rejects; i++) {
        require(i == 0 || rejects[i - 1].index < rejects[i].index);
        require(rejects[i].code[0] != '\0' && rejects[i].reason.n > 0 && rejects[i].raw.n <= SJ_PARCEL_EVENT_BYTES_MAX);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    static const char *const types[] = {NULL, "track", "identify", "page", "alias", "group"};
    static struct sj_parcel_parser *parser; /* one for all: it must not matter what it has read before */
    struct sj_parcel *parcel = NULL;
    struct sj_error err = {0};
    if (n == 0)
        return 0;
    if (!parser)
        require(sj_parcel_parser_new(sj_alloc_libc(), 7, &parser, &err) == SJ_OK);
    const struct sj_parcel_source source = {.body = {(const char *)bytes + 1, n - 1},
                                            .type = types[bytes[0] % (sizeof types / sizeof *types)],
                                            .received_us = 1769947200000000};
    const enum sj_status status = sj_parcel_read(parser, &source, &parcel, &err);
    require(status == SJ_OK || (status == SJ_E_INPUT && err.message[0] != '\0'));
    if (status == SJ_OK)
        check_parcel(parcel, source.body);
    sj_parcel_free(parcel);
    return 0;
}
