/* Event conditions: whatever the text is, compiling ends; what compiles runs, gives 0 or 1 for every event, the opposite with "not"
 * before it, and says the truth about the columns that it looks at. */
#include "base/shelf.h"
#include "lens/where.h"
#include "target.h"

enum { N_EVENTS = 6, N_COLUMNS = 8 };

static const struct sj_str touchpoints[] = {{"visit", 5}, {"cart page", 9}, {"purchase", 8}};
static const struct sj_str channels[] = {{"", 0}, {"web", 3}, {"app", 3}};
static const struct sj_column_info columns[N_COLUMNS] = {
    {{"plan", 4}, SJ_KIND_TEXT},  {{"amount", 6}, SJ_KIND_NUMBER}, {{"amount", 6}, SJ_KIND_TEXT},   {{"value", 5}, SJ_KIND_MONEY},
    {{"flag", 4}, SJ_KIND_TRUTH}, {{"since", 5}, SJ_KIND_TIME},    {{"took", 4}, SJ_KIND_DURATION}, {{"not", 3}, SJ_KIND_NUMBER},
};
static const struct sj_view view = {
    .touchpoints = touchpoints,
    .channels = channels,
    .n_touchpoints = 3,
    .n_channels = 3,
    .n_columns = N_COLUMNS,
    .columns = columns,
};

/* Some events: every column has values, in different places, and the last event has none at all. */
static const uint16_t event_touchpoints[N_EVENTS] = {0, 1, 2, 0, 1, 2};
static const uint8_t event_channels[N_EVENTS] = {0, 1, 2, 1, 1, 0};
static const struct sj_str texts[] = {{"gold", 4}, {"silver", 6}, {"", 0}, {"gold", 4}};
static const uint32_t some_rows[] = {0, 2, 4};
static const int64_t text_values[] = {0, 1, 3};
static const int64_t integers[] = {0, 1, 864000000000};
static const double numbers[] = {-1.5, 0, 1e300};

static struct sj_rows make_rows(struct sj_rows_column made[N_COLUMNS], int64_t number_bits[3]) {
    memcpy(number_bits, numbers, sizeof numbers);
    for (uint16_t c = 0; c < N_COLUMNS; c++) {
        made[c] = (struct sj_rows_column){.code = c, .kind = columns[c].kind, .n = 3, .rows = some_rows, .values = integers};
        if (columns[c].kind == SJ_KIND_TEXT) {
            made[c].values = text_values;
            made[c].texts = texts;
            made[c].n_texts = 4;
        } else if (columns[c].kind == SJ_KIND_NUMBER) {
            made[c].values = number_bits;
        }
    }
    return (struct sj_rows){
        .n_events = N_EVENTS, .n_columns = N_COLUMNS, .touchpoint = event_touchpoints, .channel = event_channels, .columns = made};
}

/* Runs the condition over the rows with all columns, and with those only that it asks for. False: it does not compile. */
static bool run(struct sj_str text, uint8_t mask[N_EVENTS], enum sj_status *ret_status) {
    struct sj_error err = {0};
    struct sj_rows_column made[N_COLUMNS], asked[N_COLUMNS];
    int64_t number_bits[3];
    uint8_t again[N_EVENTS];
    bool used[N_COLUMNS] = {false};
    struct sj_where *where = NULL;
    struct sj_arena arena;
    struct sj_shelf shelf;
    struct capped capped;
    capped_init(&capped, (size_t)64 << 20);
    sj_arena_init(&arena, &capped.alloc);
    sj_shelf_init(&shelf, &capped.alloc);
    *ret_status = sj_where_compile(text, &view, NULL, &arena, &where, &err);
    if (*ret_status == SJ_OK) {
        struct sj_rows rows = make_rows(made, number_bits);
        require(sj_where_apply(where, &rows, &shelf, mask, &err) == SJ_OK);
        sj_where_columns(where, used);
        rows.n_columns = 0;
        rows.columns = asked;
        rows.channel = sj_where_needs_channel(where) ? event_channels : NULL;
        for (uint16_t c = 0; c < N_COLUMNS; c++) {
            if (used[c])
                asked[rows.n_columns++] = made[c];
        }
        require(sj_where_apply(where, &rows, &shelf, again, &err) == SJ_OK && memcmp(mask, again, N_EVENTS) == 0);
    } else {
        require(err.message[0] != '\0' && *ret_status != SJ_E_BUG);
    }
    sj_shelf_done(&shelf);
    sj_arena_done(&arena);
    return *ret_status == SJ_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    uint8_t mask[N_EVENTS], opposite[N_EVENTS];
    enum sj_status status;
    char *text = malloc(n + 6);
    require(text != NULL);
    memcpy(text, "not (", 5);
    if (n > 0)
        memcpy(text + 5, bytes, n);
    text[n + 5] = ')';
    if (run((struct sj_str){text + 5, n}, mask, &status)) {
        if (run((struct sj_str){text, n + 6}, opposite, &status)) {
            for (int i = 0; i < N_EVENTS; i++)
                require(mask[i] <= 1 && opposite[i] == !mask[i]);
        } else {
            require(status == SJ_E_LIMIT); /* two levels deeper, six bytes longer */
        }
    }
    free(text);
    return 0;
}
