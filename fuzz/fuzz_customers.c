/* Segments: whatever the text is, compiling ends; what compiles runs over any customers, gives 0 or 1 for each, and the opposite with "not" before
 * it. */
#include "base/shelf.h"
#include "lens/segment.h"
#include "store/saved.h"
#include "target.h"

enum { N_EVENTS = 12, N_CUSTOMERS = 3 };

static const struct sj_str touchpoints[] = {{"a", 1}, {"b", 1}, {"cart page", 9}};
static const struct sj_str channels[] = {{"", 0}, {"web", 3}};
static const struct sj_column_info columns[] = {{{"plan", 4}, SJ_KIND_TEXT}, {{"value", 5}, SJ_KIND_MONEY}};
static const struct sj_saved_segment saved[] = {
    {{"big", 3}, {"sum(value, .) > 1 and segment some", 34}, {"", 0}, 0},
    {{"circle", 6}, {"not segment circle", 18}, {"", 0}, 0},
    {{"some", 4}, {"did(a) or matched(a > b)", 24}, {"", 0}, 0},
    {{"two words", 9}, {"big", 3}, {"", 0}, 0},
};
static const struct sj_view view = {.touchpoints = touchpoints,
                                    .channels = channels,
                                    .n_touchpoints = 3,
                                    .n_channels = 2,
                                    .n_columns = 2,
                                    .columns = columns,
                                    .max_time_us = 11000000,
                                    .saved = saved,
                                    .n_saved = 4};

static const uint16_t event_touchpoints[N_EVENTS] = {0, 1, 2, 0, 1, 2, 0, 0, 1, 1, 2, 2};
static const uint8_t event_channels[N_EVENTS] = {0, 1, 1, 0, 0, 0, 1, 1, 1, 0, 1, 0};
static const int64_t times[N_EVENTS] = {0, 1000000, 2000000, 3000000, 0, 0, 11000000, 11000000, 1000000, 2000000, 10000000, 11000000};
static const uint32_t offsets[] = {0, 4, 8, N_EVENTS};
static const struct sj_str texts[] = {{"gold", 4}, {"", 0}};
static const uint32_t some_rows[] = {0, 5, 11};
static const int64_t plans[] = {0, 1, 0}, values[] = {INT64_MAX, -5, 0};
static const struct sj_rows_column made[] = {
    {.code = 0, .kind = SJ_KIND_TEXT, .n = 3, .n_texts = 2, .rows = some_rows, .values = plans, .texts = texts},
    {.code = 1, .kind = SJ_KIND_MONEY, .n = 3, .rows = some_rows, .values = values},
};
static const struct sj_rows rows = {.n_customers = N_CUSTOMERS,
                                    .n_events = N_EVENTS,
                                    .n_columns = 2,
                                    .offsets = offsets,
                                    .touchpoint = event_touchpoints,
                                    .channel = event_channels,
                                    .time_us = times,
                                    .columns = made};

/* False: it does not compile. */
static bool run(struct sj_str text, int64_t end_us, uint8_t in[N_CUSTOMERS], enum sj_status *ret_status) {
    struct sj_error err = {0};
    struct sj_segment *segment = NULL;
    struct sj_segment_run *segment_run = NULL;
    struct sj_arena arena;
    struct sj_shelf shelf;
    struct capped capped;
    capped_init(&capped, (size_t)256 << 20);
    sj_arena_init(&arena, &capped.alloc);
    sj_shelf_init(&shelf, &capped.alloc);
    *ret_status = sj_segment_compile(text, &view, NULL, end_us, &arena, &segment, &err);
    if (*ret_status == SJ_OK) {
        bool used[2] = {false}, time = false, channel = false;
        sj_segment_needs(segment, used, &time, &channel);
        require(sj_segment_run_new(segment, &capped.alloc, &segment_run, &err) == SJ_OK);
        require(sj_segment_apply(segment_run, &rows, &shelf, in, &err) == SJ_OK);
        sj_segment_run_free(segment_run);
    } else {
        require(err.message[0] != '\0' && *ret_status != SJ_E_BUG);
    }
    sj_shelf_done(&shelf);
    sj_arena_done(&arena);
    return *ret_status == SJ_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    uint8_t in[N_CUSTOMERS], opposite[N_CUSTOMERS];
    struct input input = {bytes, n};
    const int64_t end_us = (int64_t)(take_byte(&input) % 14) * 1000000;
    enum sj_status status;
    const bool is_name = sj_saved_find(&view, sj_str_trim((struct sj_str){(const char *)input.p, input.n})) != NULL;
    char *text = malloc(input.n + 6);
    require(text != NULL);
    memcpy(text, "not (", 5);
    if (input.n > 0)
        memcpy(text + 5, input.p, input.n);
    text[input.n + 5] = ')';
    if (run((struct sj_str){text + 5, input.n}, end_us, in, &status)) {
        if (run((struct sj_str){text, input.n + 6}, end_us, opposite, &status)) {
            for (int c = 0; c < N_CUSTOMERS; c++)
                require(in[c] <= 1 && opposite[c] == !in[c]);
        } else {
            require(status == SJ_E_LIMIT || is_name); /* two levels deeper, a fact and six bytes more; a name alone is no part */
        }
    }
    free(text);
    return 0;
}
