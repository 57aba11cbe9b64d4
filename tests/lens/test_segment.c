/* Random segments over random stores: the customers that a compiled segment chooses are those that a plain reading of the same tree chooses;
 * parts of it stand in saved segments. */
#include "store/model.h"
#include "base/failing_alloc.h"
#include "base/shelf.h"
#include "base/time.h"
#include "lens/segment.h"
#include "store/saved.h"

enum { PARTS_MAX = 3, EXPRS_MAX = 100, TEXT_BYTES = 16000 };

enum kind { AND, OR, NOT, DID, SUM, FIRST, LAST, CHANNELS, MATCHED, TRAIT };
enum sign { EQ, NE, LT, LE, GT, GE };
static const char *const signs[] = {"=", "!=", "<", "<=", ">", ">="};

struct expr {
    enum kind kind;
    const struct expr *parts[PARTS_MAX];
    size_t n;
    char touchpoint[24], second[24]; /* "": any */
    bool on_ch1;                     /* [channel = "ch1"] */
    unsigned min, max;
    int64_t from_us, to_us, within_us;
    enum sign sign;
    int64_t value;
    char plan[16];
};

struct maker {
    struct sj_random random;
    const struct model *model;
    struct expr exprs[EXPRS_MAX];
    size_t n_exprs;
    char text[TEXT_BYTES];
    size_t n_text;
    int64_t end_us;
    struct sj_saved_segment saved[EXPRS_MAX]; /* by name */
    char names[EXPRS_MAX][8], conditions[EXPRS_MAX][TEXT_BYTES];
    size_t n_saved;
};

static unsigned below(struct maker *m, uint64_t bound) { return (unsigned)sj_random_below(&m->random, bound); }

/* ---- making a tree, and its text ---- */

static void put(struct maker *m, const char *format, ...) {
    va_list args;
    va_start(args, format);
    m->n_text += (size_t)vsnprintf(m->text + m->n_text, TEXT_BYTES - m->n_text, format, args);
    va_end(args);
    assert_true(m->n_text < TEXT_BYTES);
}

static void put_time(struct maker *m, const char *word, int64_t time_us) {
    char text[SJ_TIME_TEXT_BYTES];
    put(m, "%s\"%.*s\"", word, (int)sj_time_format(time_us, text), text);
}

static void make_event(struct maker *m, struct expr *x) {
    if (below(m, 5) == 0) {
        put(m, ".");
    } else {
        snprintf(x->touchpoint, sizeof x->touchpoint, "%s", m->model->events[below(m, m->model->n)].touchpoint);
        put(m, "'%s'", x->touchpoint);
    }
    x->on_ch1 = below(m, 4) == 0;
    put(m, "%s", x->on_ch1 ? "[channel = \"ch1\"]" : "");
}

static void make_limits(struct maker *m, struct expr *x) {
    for (unsigned n = 0; x->kind == DID && n < 2 && below(m, 2); n++) {
        const unsigned how = below(m, 3);
        const unsigned number = below(m, 4);
        put(m, ", %s %u", how == 0 ? "at least" : how == 1 ? "AT MOST" : "exactly", number);
        x->min = n == 0 ? 0 : x->min;
        x->min = how != 1 && number > x->min ? number : x->min;
        x->max = how != 0 && number < x->max ? number : x->max;
    }
    for (unsigned n = below(m, 8); n < 2; n++) { /* one or two beginnings, in any order */
        const int64_t within_s = below(m, 50);
        const bool within = below(m, 2);
        const int64_t from_us = within ? m->end_us - within_s * 1000000 : (int64_t)below(m, 50) * 1000000;
        x->from_us = from_us > x->from_us ? from_us : x->from_us;
        if (within)
            put(m, ", within %llds", (long long)within_s);
        else
            put_time(m, ", from ", from_us);
    }
    if (below(m, 4) == 0) {
        x->to_us = (int64_t)below(m, 50) * 1000000;
        put_time(m, " , to ", x->to_us);
    }
}

static void make_fact(struct maker *m, struct expr *x) {
    x->kind = (enum kind)(DID + below(m, 7));
    x->sign = (enum sign)below(m, 6);
    switch (x->kind) {
    case DID:
        put(m, "did(");
        make_event(m, x);
        make_limits(m, x);
        put(m, ")");
        return;
    case SUM:
        put(m, "sum(value, ");
        make_event(m, x);
        make_limits(m, x);
        x->value = below(m, 20000);
        put(m, ") %s %lld", signs[x->sign], (long long)x->value);
        return;
    case FIRST:
    case LAST:
        put(m, x->kind == FIRST ? "first(" : "last (");
        make_event(m, x);
        x->value = (int64_t)below(m, 50) * 1000000;
        put(m, ") %s ", signs[x->sign]);
        put_time(m, "", x->value);
        return;
    case CHANNELS:
        x->value = below(m, 6);
        put(m, "channels %s %lld", signs[x->sign], (long long)x->value);
        return;
    case MATCHED:
        put(m, "matched(");
        make_event(m, x);
        x->within_us = 1 + (int64_t)below(m, 30) * 1000000;
        snprintf(x->second, sizeof x->second, "%s", m->model->events[below(m, m->model->n)].touchpoint);
        put(m, " >[within %lldus] `%s`)", (long long)x->within_us, x->second);
        return;
    default:
        x->sign = (enum sign)below(m, 2);
        snprintf(x->plan, sizeof x->plan, "plan %u", below(m, 6));
        put(m, "trait.plan %s '%s'", signs[x->sign], x->plan);
    }
}

static const struct expr *make_tree(struct maker *m, int depth);

/* The tree; its text may be saved, and then only its name stands there. */
static const struct expr *make_expr(struct maker *m, int depth) {
    const size_t begins = m->n_text;
    const struct expr *x = make_tree(m, depth);
    if (below(m, 6) > 0)
        return x;
    const size_t i = m->n_saved++;
    snprintf(m->names[i], sizeof m->names[i], below(m, 2) ? "n%02zu" : "n%02zu x", i); /* in order */
    snprintf(m->conditions[i], TEXT_BYTES, "%s", m->text + begins);
    m->saved[i] = (struct sj_saved_segment){sj_str(m->names[i]), sj_str(m->conditions[i]), SJ_LIT(""), 1};
    m->n_text = begins;
    if (begins == 0 && below(m, 2))
        put(m, " %s ", m->names[i]);
    else
        put(m, strchr(m->names[i], ' ') ? "segment \"%s\"" : "Segment %s", m->names[i]);
    return x;
}

static const struct expr *make_tree(struct maker *m, int depth) {
    assert_true(m->n_exprs < EXPRS_MAX);
    struct expr *x = &m->exprs[m->n_exprs++];
    *x = (struct expr){.min = 1, .max = UINT32_MAX, .from_us = INT64_MIN, .to_us = INT64_MAX};
    const unsigned what = depth == 0 ? 9 : below(m, 10);
    if (what >= 7) {
        make_fact(m, x);
        return x;
    }
    x->kind = what < 2 ? NOT : what < 5 ? AND : OR;
    x->n = x->kind == NOT ? 1 : 2 + below(m, PARTS_MAX - 1);
    put(m, x->kind == NOT ? "not (" : "(");
    for (size_t i = 0; i < x->n; i++) {
        put(m, "%s", i == 0 ? "" : x->kind == AND ? " and " : " or ");
        x->parts[i] = make_expr(m, depth - 1);
    }
    put(m, ")");
    return x;
}

/* ---- reading a tree plainly: the events of one customer, before the end ---- */

struct customer {
    const struct model_event *const *events;
    size_t n;
};

static bool is_event(const struct expr *x, const struct model_event *e) {
    return (x->touchpoint[0] == '\0' || strcmp(x->touchpoint, e->touchpoint) == 0) && (!x->on_ch1 || strcmp(e->channel, "ch1") == 0);
}

static bool is_limited(const struct expr *x, const struct model_event *e) {
    return is_event(x, e) && e->time_us >= x->from_us && e->time_us < x->to_us;
}

static bool holds(enum sign sign, int64_t a, int64_t b) {
    switch (sign) {
    case EQ: return a == b;
    case NE: return a != b;
    case LT: return a < b;
    case LE: return a <= b;
    case GT: return a > b;
    default: return a >= b;
    }
}

static const struct model_value *value_of(const struct model_event *e, const char *name, enum sj_kind kind) {
    for (size_t i = 0; i < e->n_values; i++)
        if (strcmp(e->values[i].name, name) == 0 && e->values[i].kind == kind)
            return &e->values[i];
    return NULL;
}

static bool did_match(const struct expr *x, const struct customer *c) {
    for (size_t i = 0; i < c->n; i++)
        for (size_t j = i + 1; j < c->n; j++)
            if (is_event(x, c->events[i]) && strcmp(c->events[j]->touchpoint, x->second) == 0 &&
                c->events[j]->time_us - c->events[i]->time_us <= x->within_us)
                return true;
    return false;
}

static int64_t count_channels(const struct customer *c) {
    bool seen[5] = {false};
    int64_t n = 0;
    for (size_t i = 0; i < c->n; i++) {
        const int channel = c->events[i]->channel[0] ? c->events[i]->channel[2] - '0' : -1;
        n += channel >= 0 && !seen[channel];
        if (channel >= 0)
            seen[channel] = true;
    }
    return n;
}

static bool belongs(const struct expr *x, const struct customer *c) {
    unsigned n = 0;
    int64_t sum = 0;
    const struct model_event *found = NULL;
    const struct model_value *value = NULL;
    bool any = false, every = true;
    switch (x->kind) {
    case NOT: return !belongs(x->parts[0], c);
    case AND:
    case OR:
        for (size_t i = 0; i < x->n; i++) {
            any |= belongs(x->parts[i], c);
            every &= belongs(x->parts[i], c);
        }
        return x->kind == AND ? every : any;
    case DID:
        for (size_t i = 0; i < c->n; i++)
            n += is_limited(x, c->events[i]);
        return n >= x->min && n <= x->max;
    case SUM:
        for (size_t i = 0; i < c->n; i++)
            sum += is_limited(x, c->events[i]) && (value = value_of(c->events[i], "value", SJ_KIND_MONEY)) ? value->bits : 0;
        return holds(x->sign, sum, x->value * 10000);
    case FIRST:
    case LAST:
        for (size_t i = 0; i < c->n; i++)
            found = is_event(x, c->events[i]) && (!found || x->kind == LAST) ? c->events[i] : found;
        return found && holds(x->sign, found->time_us, x->value);
    case CHANNELS: return holds(x->sign, count_channels(c), x->value);
    case MATCHED: return did_match(x, c);
    default:
        for (size_t i = 0; i < c->n; i++) {
            const struct model_value *here = value_of(c->events[i], "plan", SJ_KIND_TEXT);
            value = here ? here : value;
        }
        return value && (strcmp(value->text, x->plan) == 0) == (x->sign == EQ);
    }
}

/* ---- comparing ---- */

static size_t check(struct sj_snapshot *snapshot, const struct model_event **sorted, size_t n_sorted, const struct maker *m,
                    const struct expr *x) {
    struct sj_view with_saved = *sj_snapshot_view(snapshot);
    const struct sj_view *view = &with_saved;
    with_saved.saved = m->saved;
    with_saved.n_saved = m->n_saved;
    struct sj_segment *segment = NULL;
    struct sj_segment_run *run = NULL;
    struct sj_cursor *cursor = NULL;
    const struct sj_rows *rows = NULL;
    struct sj_arena arena;
    struct sj_shelf shelf;
    struct sj_wanted wanted = {0};
    bool *used = NULL;
    uint16_t *columns = NULL;
    size_t at = 0, n_in = 0;
    sj_arena_init(&arena, sj_alloc_libc());
    sj_shelf_init(&shelf, sj_alloc_libc());
    assert_ok(sj_arena_new(&arena, view->n_columns + 1, sizeof *used, &used, err));
    assert_ok(sj_arena_new(&arena, view->n_columns + 1, sizeof *columns, &columns, err));
    struct sj_error error = {0};
    if (sj_segment_compile(sj_str(m->text), view, NULL, m->end_us, &arena, &segment, &error) != SJ_OK)
        fail_msg("%s\n%s", error.message, m->text);
    sj_segment_needs(segment, used, &wanted.time, &wanted.channel);
    for (uint32_t i = 0; i < view->n_columns; i++)
        if (used[i])
            columns[wanted.n_columns++] = (uint16_t)i;
    wanted.columns = columns;
    assert_ok(sj_segment_run_new(segment, sj_alloc_libc(), &run, err));
    assert_ok(sj_cursor_open(snapshot, &wanted, (sj_key){0, 0}, NULL, &cursor, err));
    for (;;) {
        uint8_t *in = NULL;
        assert_ok(sj_cursor_next(cursor, &rows, err));
        if (!rows)
            break;
        sj_shelf_reset(&shelf);
        assert_ok(sj_shelf_take(&shelf, rows->n_customers, 1, &in, err));
        assert_ok(sj_segment_apply(run, rows, &shelf, in, err));
        for (uint32_t c = 0; c < rows->n_customers; c++) {
            struct customer customer = {sorted + at, rows->offsets[c + 1] - rows->offsets[c]};
            at += customer.n;
            while (customer.n > 0 && customer.events[customer.n - 1]->time_us >= m->end_us)
                customer.n--;
            if (in[c] != belongs(x, &customer))
                fail_msg("customer %u: %d for %s", c, in[c], m->text);
            n_in += in[c];
        }
    }
    assert_int_equal(at, n_sorted);
    sj_cursor_close(cursor);
    sj_segment_run_free(run);
    sj_shelf_done(&shelf);
    sj_arena_done(&arena);
    return n_in;
}

static void test_random_segments_equal_a_plain_reading(void **state) {
    (void)state;
    static struct maker m;
    size_t n_in = 0, n_all = 0, n_saved = 0;
    sj_random_init(&m.random, 81);
    for (int round = 0; round < 6; round++) {
        char *path = model_folder();
        struct sj_store_options options = model_options();
        struct sj_store *store = NULL;
        struct sj_snapshot *snapshot = NULL;
        struct model model = {0};
        assert_ok(sj_store_create(&options, path, "EUR", err));
        assert_ok(sj_store_open(&options, path, true, &store, err));
        model_load(store, &model, &m.random, SJ_LOAD_BULK, 300);
        model_load(store, &model, &m.random, SJ_LOAD_STREAM, 60);
        assert_ok(sj_snapshot_open(store, &snapshot, err));
        const struct model_event **sorted = model_sorted(&model, snapshot);
        m.model = &model;
        for (int i = 0; i < 150; i++) {
            m.n_exprs = m.n_text = m.n_saved = 0;
            m.end_us = i % 3 ? sj_snapshot_view(snapshot)->max_time_us + 1 : (int64_t)below(&m, 50) * 1000000;
            const struct expr *x = make_expr(&m, i % 4);
            n_in += check(snapshot, sorted, model.n, &m, x);
            n_saved += m.n_saved;
            n_all++;
        }
        free(sorted);
        sj_snapshot_close(snapshot);
        sj_store_close(store);
        model_done(&model);
        model_remove(path);
    }
    assert_true(n_all == 900 && n_in > 900 && n_saved > 300);
}

/* ---- what is refused ---- */

static const struct sj_str touchpoints[] = {{"visit", 5}, {"purchase", 8}};
static const struct sj_str channels[] = {{"", 0}, {"web", 3}};
static const struct sj_column_info columns[] = {{{"plan", 4}, SJ_KIND_TEXT}, {{"value", 5}, SJ_KIND_MONEY}};
#define SAVED(name, condition) \
    { {name, sizeof name - 1}, {condition, sizeof condition - 1}, {"", 0}, 1 }
static const struct sj_saved_segment saved[] = {
    SAVED("and", "did(visit)"),
    SAVED("bad", "did(visit) and segment worse"),
    SAVED("chain 0", "did(visit)"),
    SAVED("chain 1", "chain 0"),
    SAVED("chain 2", "chain 1"),
    SAVED("chain 3", "segment 'chain 2'"),
    SAVED("chain 4", "chain 3"),
    SAVED("chain 5", "chain 4"),
    SAVED("chain 6", "chain 5"),
    SAVED("chain 7", "chain 6"),
    SAVED("chain 8", "chain 7"),
    SAVED("chain 9", "chain 8"),
    SAVED("chain A", "chain 9"),
    SAVED("circle", "not segment square"),
    SAVED("itself", "did(visit) or segment itself"),
    SAVED("loyal", "did(purchase, at least 2)"),
    SAVED("many", "segment ten and segment ten"),
    SAVED("square", "segment circle and did(visit)"),
    SAVED("ten", "did(.) or did(.) or did(.) or did(.) or did(.) or did(.) or did(.) or did(.) or did(.) or did(.)"),
    SAVED("worse", "did(visitt)"),
};
static const struct sj_view small = {.touchpoints = touchpoints,
                                     .n_touchpoints = 2,
                                     .channels = channels,
                                     .n_channels = 2,
                                     .columns = columns,
                                     .n_columns = 2,
                                     .saved = saved,
                                     .n_saved = sizeof saved / sizeof *saved};

static void test_refusals(void **state) {
    (void)state;
    static const struct {
        const char *segment, *says;
    } cases[] = {
        {"", "the segment ends where did, sum, first, last, matched, channels, trait., segment, not, or ( was expected"},
        {"bought(visit)", "the segment, at character 1 (\"bought(visit)\"): did, sum"},
        {"did visit", "( was expected"},
        {"did(visitt)", "at character 5: there is no touchpoint \"visitt\"; did you mean \"visit\"?"},
        {"did(visit", "the segment ends where , or ) was expected"},
        {"did(visit, often)", "at character 12 (\"often)\"): at least, at most, exactly, within, from or to was expected"},
        {"did(visit, at last 2)", "least or most was expected"},
        {"did(visit, at least -2)", "a whole number was expected"},
        {"did(visit, within long)", "a time such as 30m, 24h or 7d was expected"},
        {"did(visit, from 2026)", "a date in quotes"},
        {"sum(price, visit) > 1", "at character 5: there is no property \"price\""},
        {"sum(plan, visit) > 1", "a property that holds numbers, money or durations was expected"},
        {"sum(value, visit, at least 2) > 1", "within, from or to was expected"},
        {"sum(value) > 1", ", and the event was expected"},
        {"sum(value, visit) > lots", "a number or a duration was expected"},
        {"first(visit) is known", "=, !=, <, <=, > or >= was expected"},
        {"channels > -1", "a whole number was expected"},
        {"matched(visit >)", "a touchpoint, (, ., or ! was expected"},
        {"matched(visit?)", "may be left out"},
        {"matched(visit]", "an arrow, |, within, or ) was expected"},
        {"trait.plann = 'gold'", "there is no property \"plann\"; did you mean \"plan\"?"},
        {"trait.plan > 'gold'", "can be compared with =, != and in only"},
        {"did(visit) purchase", "and, or, or the end was expected"},
        {"(did(visit)", "and, or, or ) was expected"},
        {"loyall", "there is no saved segment \"loyall\"; did you mean \"loyal\"?"},
        {"segment loyall", "at character 9: there is no saved segment \"loyall\"; did you mean \"loyal\"?"},
        {"segment nobody", "\"nobody\" (sojourn segments lists them)"},
        {"not segment", "ends where the name of a saved segment was expected"},
        {"segment and", "(\"and\"): the name of a saved segment was expected"},
        {"segment (loyal)", "the name of a saved segment was expected"},
        {"segment loyal loyal", "at character 15 (\"loyal\"): and, or, or the end was expected"},
        {"bad", "in the saved segment \"bad\": the expression, at character 5: there is no touchpoint \"visitt\""},
        {"segment itself", "in the saved segment \"itself\": the saved segment \"itself\" contains itself: itself > itself"},
        {"did(visit) and not segment circle", "the saved segment \"circle\" contains itself: circle > square > circle"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sj_error err = {.status = SJ_OK};
        struct sj_segment *segment;
        struct sj_arena arena;
        sj_arena_init(&arena, sj_alloc_libc());
        const enum sj_status status = sj_segment_compile(sj_str(cases[i].segment), &small, NULL, 0, &arena, &segment, &err);
        if (status != SJ_E_USAGE || strstr(err.message, cases[i].says) == NULL)
            fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].segment, err.message, cases[i].says);
        sj_arena_done(&arena);
    }
}

/* Bounds that keep hostile texts short of all memory and of the stack. */
static void test_limits(void **state) {
    (void)state;
    char text[4096] = "";
    struct sj_error err = {.status = SJ_OK};
    struct sj_segment *segment;
    struct sj_arena arena;
    sj_arena_init(&arena, sj_alloc_libc());
    memset(text, '(', 60);
    assert_int_equal(sj_segment_compile(sj_str(text), &small, NULL, 0, &arena, &segment, &err), SJ_E_LIMIT);
    /* A chain of ten is long enough; what it names counts. */
    assert_int_equal(sj_segment_compile(SJ_LIT("chain 9"), &small, NULL, 0, &arena, &segment, &err), SJ_OK);
    assert_int_equal(sj_segment_compile(SJ_LIT("chain A"), &small, NULL, 0, &arena, &segment, &err), SJ_E_LIMIT);
    assert_non_null(strstr(err.message, "more than 10 deep: chain A > chain 9 > chain 8"));
    assert_int_equal(sj_segment_compile(SJ_LIT("segment `and` and segment 'chain 0'"), &small, NULL, 0, &arena, &segment, &err), SJ_OK);
    assert_true(sj_segment_names(segment, 0) && sj_segment_names(segment, 2) && !sj_segment_names(segment, 3));
    text[0] = '\0';
    for (int i = 0; i < 5; i++)
        strcat(text, i == 0 ? "segment many" : " or segment many");
    assert_int_equal(sj_segment_compile(sj_str(text), &small, NULL, 0, &arena, &segment, &err), SJ_OK);
    strcat(text, " or segment loyal");
    assert_int_equal(sj_segment_compile(sj_str(text), &small, NULL, 0, &arena, &segment, &err), SJ_E_LIMIT);
    assert_non_null(strstr(err.message, "in the saved segment \"loyal\": the segment has more than 100 facts"));
    text[0] = '\0';
    for (int i = 0; i < 120; i++)
        strcat(text, i == 0 ? "did(visit)" : " or did(visit)");
    assert_int_equal(sj_segment_compile(sj_str(text), &small, NULL, 0, &arena, &segment, &err), SJ_E_LIMIT);
    sj_arena_done(&arena);
}

/* Every fact, and a pattern that takes the matcher out of its chain. */
static enum sj_status run_once(const struct sj_snapshot *snapshot, const struct sj_alloc *mem, const struct sj_rows *rows, uint8_t *in,
                               struct sj_error *err) {
    static const char text[] =
        "did('touchpoint 1', at least 5, within 1h) or sum(value, .[channel = \"ch1\"]) > 90000 or first(.) < \"1970-01-01T00:00:00Z\" or "
        "not channels = 5 and matched('touchpoint 1' >[within 1s, no 'touchpoint 2'] ('touchpoint 3' | .)+) or "
        "trait.plan in (\"plan 1\")";
    struct sj_segment *segment;
    struct sj_segment_run *run = NULL;
    struct sj_arena arena;
    struct sj_shelf shelf;
    sj_arena_init(&arena, mem);
    sj_shelf_init(&shelf, mem);
    enum sj_status status = sj_segment_compile(sj_str(text), sj_snapshot_view(snapshot), NULL, 50000000, &arena, &segment, err);
    if (status == SJ_OK)
        status = sj_segment_run_new(segment, mem, &run, err);
    if (status == SJ_OK)
        status = sj_segment_apply(run, rows, &shelf, in, err);
    sj_segment_run_free(run);
    sj_shelf_done(&shelf);
    sj_arena_done(&arena);
    return status;
}

static void test_memory_runs_out(void **state) {
    (void)state;
    const struct sj_wanted wanted = {.channel = true, .time = true, .all_columns = true};
    const struct sj_store_options options = model_options();
    char *path = model_folder();
    struct model model = {0};
    struct sj_random random;
    struct sj_store *store;
    struct sj_snapshot *snapshot;
    struct sj_cursor *cursor;
    const struct sj_rows *rows;
    enum sj_status status = SJ_E_MEMORY;
    size_t n_failures = 0, n_in = 0;
    sj_random_init(&random, 5);
    assert_ok(sj_store_create(&options, path, NULL, err));
    assert_ok(sj_store_open(&options, path, true, &store, err));
    model_load(store, &model, &random, SJ_LOAD_BULK, 2000);
    assert_ok(sj_snapshot_open(store, &snapshot, err));
    assert_ok(sj_cursor_open(snapshot, &wanted, (sj_key){0}, NULL, &cursor, err));
    assert_ok(sj_cursor_next(cursor, &rows, err));
    assert_non_null(rows);
    uint8_t *in = calloc(rows->n_customers, 1);
    assert_non_null(in);
    for (size_t n = 0; status != SJ_OK; n++) {
        struct failing_alloc failing = {.n_until_failure = n};
        const struct sj_alloc mem = failing_alloc(&failing);
        struct sj_error error = {.status = SJ_OK};
        status = run_once(snapshot, &mem, rows, in, &error);
        if (status != SJ_OK && status != SJ_E_MEMORY)
            fail_msg("%s", error.message);
        n_failures += status == SJ_E_MEMORY;
        assert_int_equal(failing.n_alive, 0);
    }
    for (uint32_t c = 0; c < rows->n_customers; c++)
        n_in += in[c];
    assert_true(n_failures > 10);
    assert_in_range(n_in, 1, rows->n_customers - 1);
    free(in);
    sj_cursor_close(cursor);
    sj_snapshot_close(snapshot);
    sj_store_close(store);
    model_done(&model);
    model_remove(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_segments_equal_a_plain_reading),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
