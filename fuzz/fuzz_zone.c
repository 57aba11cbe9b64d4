/* Time zones: whatever a file says, looking up ends and stays within a day and a bit; every time can be told as local time, and the
 * local time is that of some moment again. The first 16 bytes are two times to look up. */
#include "base/time.h"
#include "target.h"

#define OFFSET_MAX (26 * SJ_US_HOUR)

static int64_t time_within(uint64_t bits) { return SJ_TIME_MIN + (int64_t)(bits % (uint64_t)(SJ_TIME_MAX - SJ_TIME_MIN + 1)); }

/* The local time of a moment is told back as a moment with the same local time, and as the first of them. */
static void check_moment(const struct sj_zone *zone, int64_t time_us) {
    const int64_t offset_us = sj_zone_offset_us(zone, time_us), local_us = time_us + offset_us;
    require(offset_us > -OFFSET_MAX && offset_us < OFFSET_MAX);
    const int64_t back_us = sj_zone_to_utc(zone, local_us);
    require(back_us + sj_zone_offset_us(zone, back_us) == local_us && back_us <= time_us);
}

static void check_zone(const struct sj_zone *zone, const uint64_t bits[2]) {
    const int64_t near[] = {0, 1, -1, SJ_US_HOUR, -SJ_US_HOUR, SJ_US_DAY, 365 * SJ_US_DAY};
    for (size_t i = 0; i < sizeof near / sizeof *near; i++) {
        check_moment(zone, time_within(bits[0]) + near[i]);
        check_moment(zone, time_within(bits[1]) / 2 + near[i]);
    }
    const int64_t local_us = time_within(bits[0]), utc_us = sj_zone_to_utc(zone, local_us);
    require(utc_us > local_us - OFFSET_MAX && utc_us < local_us + OFFSET_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    struct input in = {bytes, n};
    uint64_t bits[2];
    bits[0] = take_bits(&in, 8);
    bits[1] = take_bits(&in, 8);
    struct sj_zone *zone;
    struct sj_error err = {0};
    struct capped capped;
    capped_init(&capped, (size_t)16 << 20);
    const enum sj_status status = sj_zone_parse(&capped.alloc, SJ_LIT("zone"), take_rest(&in), &zone, &err);
    if (status == SJ_OK) {
        check_zone(zone, bits);
        sj_zone_free(&capped.alloc, zone);
    } else {
        require(err.status == status && err.message[0] != '\0');
    }
    require(capped.n_used == 0);
    return 0;
}
