/* Random conditions over random stores: the compiled condition chooses the events that a plain reading of the same tree chooses. */
#include "store/model.h"
#include "base/json.h"
#include "base/shelf.h"
#include "base/time.h"
#include "lens/where.h"

enum { PARTS_MAX = 4, VALUES_MAX = 3, EXPRS_MAX = 200, TEXT_BYTES = 16000 };

enum kind { EXPR_AND, EXPR_OR, EXPR_NOT, EXPR_KNOWN, EXPR_COMPARE };
enum sign { SIGN_EQ, SIGN_NE, SIGN_LT, SIGN_LE, SIGN_GT, SIGN_GE, SIGN_IN };

/* A subject of the model's events; touchpoint and channel are no properties. */
static const struct subject {
    const char *name;
    enum sj_kind kind;
} subjects[] = {
    {"touchpoint", SJ_KIND_TEXT}, {"channel", SJ_KIND_TEXT},      {"plan", SJ_KIND_TEXT},     {"event_id", SJ_KIND_TEXT},
    {"rare", SJ_KIND_TEXT},       {"amount", SJ_KIND_TEXT},       {"amount", SJ_KIND_NUMBER}, {"value", SJ_KIND_MONEY},
    {"flag", SJ_KIND_TRUTH},      {"duration", SJ_KIND_DURATION}, {"since", SJ_KIND_TIME},
};
#define N_SUBJECTS (sizeof subjects / sizeof *subjects)

struct expr {
    enum kind kind;
    const struct expr *parts[PARTS_MAX];
    size_t n; /* of parts or values */
    const struct subject *subject;
    enum sign sign;
    struct model_value values[VALUES_MAX];
};

struct maker {
    struct sj_random random;
    const struct model *model;
    struct expr exprs[EXPRS_MAX];
    size_t n_exprs;
    char text[TEXT_BYTES];
    size_t n_text;
};

static unsigned below(struct maker *m, uint64_t bound) { return (unsigned)sj_random_below(&m->random, bound); }

/* ---- the value of a subject ---- */

/* Of an event; false: it has none. */
static bool value_of(const struct model_event *e, const struct subject *s, struct model_value *ret) {
    *ret = (struct model_value){.kind = SJ_KIND_TEXT};
    if (strcmp(s->name, "touchpoint") == 0 || strcmp(s->name, "channel") == 0) {
        snprintf(ret->text, sizeof ret->text, "%s", s->name[0] == 't' ? e->touchpoint : e->channel);
        return ret->text[0] != '\0';
    }
    for (size_t i = 0; i < e->n_values; i++) {
        if (e->values[i].kind == s->kind && strcmp(e->values[i].name, s->name) == 0) {
            *ret = e->values[i];
            return true;
        }
    }
    return false;
}

static int compare(const struct model_value *a, const struct model_value *b) {
    if (a->kind == SJ_KIND_TEXT)
        return strcmp(a->text, b->text);
    if (a->kind == SJ_KIND_NUMBER) {
        double x, y;
        memcpy(&x, &a->bits, sizeof x);
        memcpy(&y, &b->bits, sizeof y);
        return (x > y) - (x < y);
    }
    return (a->bits > b->bits) - (a->bits < b->bits);
}

/* ---- reading a tree plainly ---- */

static bool holds(enum sign sign, int order) {
    switch (sign) {
    case SIGN_NE: return order != 0;
    case SIGN_LT: return order < 0;
    case SIGN_LE: return order <= 0;
    case SIGN_GT: return order > 0;
    case SIGN_GE: return order >= 0;
    default: return order == 0;
    }
}

static bool is_known(const struct model_event *e, const char *name) {
    struct model_value value;
    for (size_t i = 0; i < N_SUBJECTS; i++) {
        if (strcmp(subjects[i].name, name) == 0 && value_of(e, &subjects[i], &value))
            return true;
    }
    return false;
}

/* A property of two kinds: its texts are no numbers, so each is unequal to any number. */
static bool has_text_beside(const struct model_event *e, const char *name) {
    for (size_t i = 0; i < e->n_values; i++) {
        if (e->values[i].kind == SJ_KIND_TEXT && strcmp(e->values[i].name, name) == 0)
            return true;
    }
    return false;
}

static bool meets(const struct expr *x, const struct model_event *e) {
    struct model_value value;
    bool any = false, every = true;
    switch (x->kind) {
    case EXPR_NOT: return !meets(x->parts[0], e);
    case EXPR_KNOWN: return is_known(e, x->subject->name);
    case EXPR_COMPARE:
        for (size_t i = 0; i < x->n && value_of(e, x->subject, &value); i++)
            any = any || holds(x->sign, compare(&value, &x->values[i]));
        return any || (x->sign == SIGN_NE && x->subject->kind == SJ_KIND_NUMBER && has_text_beside(e, x->subject->name));
    default:
        for (size_t i = 0; i < x->n; i++) {
            const bool part = meets(x->parts[i], e);
            any = any || part;
            every = every && part;
        }
        return x->kind == EXPR_AND ? every : any;
    }
}

/* ---- making a tree ---- */

/* A value that some event has, mostly; or one next to it. */
static struct model_value pick_value(struct maker *m, const struct subject *s) {
    struct model_value value;
    for (int tries = 0; tries < 200; tries++) {
        if (!value_of(&m->model->events[below(m, m->model->n)], s, &value))
            continue;
        if (s->kind == SJ_KIND_MONEY || s->kind == SJ_KIND_DURATION)
            value.bits += value.bits > 0 ? (int64_t)below(m, 3) - 1 : 0;
        return value;
    }
    value = (struct model_value){.kind = s->kind};
    snprintf(value.text, sizeof value.text, "%s", "plan 1");
    return value;
}

/* Whether the store knows the subject: a name that it does not have is refused. */
static bool is_there(const struct maker *m, const struct subject *s) {
    struct model_value value;
    for (size_t i = 0; i < m->model->n; i++) {
        if (value_of(&m->model->events[i], s, &value))
            return true;
    }
    return false;
}

static const struct expr *make_expr(struct maker *m, int depth);

static void make_leaf(struct maker *m, struct expr *x) {
    do {
        x->subject = &subjects[below(m, N_SUBJECTS)];
    } while (!is_there(m, x->subject));
    const bool ordered = x->subject->kind != SJ_KIND_TEXT && x->subject->kind != SJ_KIND_TRUTH;
    x->kind = below(m, 6) == 0 && strcmp(x->subject->name, "touchpoint") != 0 ? EXPR_KNOWN : EXPR_COMPARE;
    x->sign = below(m, 4) == 0 ? SIGN_IN : (enum sign)below(m, ordered ? 6 : 2);
    x->n = x->kind == EXPR_KNOWN ? 0 : x->sign == SIGN_IN ? 1 + below(m, VALUES_MAX) : 1;
    for (size_t i = 0; i < x->n; i++)
        x->values[i] = pick_value(m, x->subject);
}

static const struct expr *make_expr(struct maker *m, int depth) {
    assert_true(m->n_exprs < EXPRS_MAX);
    struct expr *x = &m->exprs[m->n_exprs++];
    *x = (struct expr){.kind = EXPR_COMPARE};
    const unsigned what = depth == 0 ? 9 : below(m, 10);
    if (what < 3) {
        x->kind = EXPR_NOT;
        x->n = 1;
    } else if (what < 8) {
        x->kind = what < 6 ? EXPR_AND : EXPR_OR;
        x->n = 2 + below(m, PARTS_MAX - 1);
    } else {
        make_leaf(m, x);
        return x;
    }
    for (size_t i = 0; i < x->n; i++)
        x->parts[i] = make_expr(m, depth - 1);
    return x;
}

/* ---- writing a tree as text, each time a little differently ---- */

static void write_text(struct maker *m, const char *text) {
    const size_t n = strlen(text);
    assert_true(m->n_text + n < TEXT_BYTES);
    memcpy(m->text + m->n_text, text, n + 1);
    m->n_text += n;
}

static void write_word(struct maker *m, const char *word) {
    static const char *const spaces[] = {" ", "  ", "\n", " \t "};
    char out[16];
    snprintf(out, sizeof out, "%s", word);
    for (char *c = out; below(m, 3) == 0 && *c; c++)
        *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 32 : *c);
    write_text(m, spaces[below(m, 4)]);
    write_text(m, out);
    write_text(m, spaces[below(m, 4)]);
}

static void write_value(struct maker *m, const struct model_value *value) {
    char out[80], time[SJ_TIME_TEXT_BYTES];
    double number;
    switch (value->kind) {
    case SJ_KIND_TEXT: snprintf(out, sizeof out, below(m, 2) ? "\"%s\"" : "'%s'", value->text); break;
    case SJ_KIND_TRUTH: snprintf(out, sizeof out, "%s", value->bits ? "true" : "false"); break;
    case SJ_KIND_MONEY: sj_money_format(value->bits, out); break;
    case SJ_KIND_DURATION: snprintf(out, sizeof out, "%lldus", (long long)value->bits); break;
    case SJ_KIND_TIME: snprintf(out, sizeof out, "\"%.*s\"", (int)sj_time_format(value->bits, time), time); break;
    default: memcpy(&number, &value->bits, sizeof number); sj_double_format(number, out);
    }
    write_text(m, out);
}

static void write_compare(struct maker *m, const struct expr *x) {
    static const char *const signs[] = {"=", "!=", "<", "<=", ">", ">="};
    if (x->sign != SIGN_IN) {
        write_text(m, signs[x->sign]);
        write_value(m, &x->values[0]);
        return;
    }
    write_word(m, "in");
    for (size_t i = 0; i < x->n; i++) {
        write_text(m, i == 0 ? "(" : " , ");
        write_value(m, &x->values[i]);
    }
    write_text(m, ")");
}

/* Brackets where they are needed, and now and then where they are not. */
static void write_expr(struct maker *m, const struct expr *x, bool needs_brackets) {
    const bool brackets = below(m, 6) == 0 || (needs_brackets && (x->kind == EXPR_AND || x->kind == EXPR_OR));
    write_text(m, brackets ? "(" : "");
    switch (x->kind) {
    case EXPR_NOT:
        write_word(m, "not");
        write_expr(m, x->parts[0], true);
        break;
    case EXPR_AND:
    case EXPR_OR:
        for (size_t i = 0; i < x->n; i++) {
            if (i > 0)
                write_word(m, x->kind == EXPR_AND ? "and" : "or");
            write_expr(m, x->parts[i], x->kind == EXPR_AND || x->parts[i]->kind == EXPR_OR);
        }
        break;
    case EXPR_KNOWN:
        write_text(m, x->subject->name);
        write_word(m, "is");
        write_word(m, "known");
        break;
    default: write_text(m, x->subject->name); write_compare(m, x);
    }
    write_text(m, brackets ? ")" : "");
}

/* ---- comparing ---- */

struct compiled {
    struct sj_arena arena;
    struct sj_where *where;
    struct sj_wanted wanted; /* only what the condition says that it needs */
};

static void compile(const struct sj_view *view, const char *text, struct compiled *c) {
    uint16_t *columns = NULL;
    bool *used = NULL;
    struct sj_error error = {0};
    sj_arena_init(&c->arena, sj_alloc_libc());
    assert_ok(sj_arena_new(&c->arena, view->n_columns + 1, sizeof *used, &used, err));
    assert_ok(sj_arena_new(&c->arena, view->n_columns + 1, sizeof *columns, &columns, err));
    if (sj_where_compile(sj_str(text), view, NULL, &c->arena, &c->where, &error) != SJ_OK)
        fail_msg("%s\n%s", error.message, text);
    c->wanted = (struct sj_wanted){.channel = sj_where_needs_channel(c->where), .columns = columns};
    sj_where_columns(c->where, used);
    for (uint32_t i = 0; i < view->n_columns; i++) {
        if (used[i])
            columns[c->wanted.n_columns++] = (uint16_t)i;
    }
}

static size_t check(struct sj_snapshot *snapshot, const struct model_event **sorted, const struct expr *x, const char *text) {
    struct compiled c;
    struct sj_shelf shelf;
    struct sj_cursor *cursor = NULL;
    const struct sj_rows *rows = NULL;
    size_t at = 0, n_met = 0;
    compile(sj_snapshot_view(snapshot), text, &c);
    sj_shelf_init(&shelf, sj_alloc_libc());
    assert_ok(sj_cursor_open(snapshot, &c.wanted, (sj_key){0, 0}, NULL, &cursor, err));
    for (;;) {
        uint8_t *mask;
        assert_ok(sj_cursor_next(cursor, &rows, err));
        if (!rows)
            break;
        sj_shelf_reset(&shelf);
        assert_ok(sj_shelf_take(&shelf, rows->n_events, 1, &mask, err));
        assert_ok(sj_where_apply(c.where, rows, &shelf, mask, err));
        for (uint32_t i = 0; i < rows->n_events; i++, at++) {
            if (mask[i] != meets(x, sorted[at]))
                fail_msg("event %zu: %d for %s", at, mask[i], text);
            n_met += mask[i];
        }
    }
    sj_cursor_close(cursor);
    sj_shelf_done(&shelf);
    sj_arena_done(&c.arena);
    return n_met;
}

static void check_store(struct maker *m, struct sj_store *store, size_t *n_met, size_t *n_all) {
    struct sj_snapshot *snapshot = NULL;
    assert_ok(sj_snapshot_open(store, &snapshot, err));
    const struct model_event **sorted = model_sorted(m->model, snapshot);
    for (int i = 0; i < 150; i++) {
        m->n_exprs = 0;
        m->n_text = 0;
        const struct expr *x = make_expr(m, i % 4);
        write_expr(m, x, false);
        *n_met += check(snapshot, sorted, x, m->text);
        *n_all += m->model->n;
    }
    free(sorted);
    sj_snapshot_close(snapshot);
}

static void test_random_conditions(void **state) {
    (void)state;
    static struct maker m;
    size_t n_met = 0, n_all = 0;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct sj_store_options options = model_options();
        struct sj_store *store = NULL;
        struct model model = {0};
        char *path = model_folder();
        sj_random_init(&m.random, seed);
        m.model = &model;
        assert_ok(sj_store_create(&options, path, NULL, err));
        assert_ok(sj_store_open(&options, path, true, &store, err));
        for (unsigned load = 0; load < 1 + seed % 4; load++)
            model_load(store, &model, &m.random, load % 2 ? SJ_LOAD_STREAM : SJ_LOAD_BULK, 20 + below(&m, 150));
        check_store(&m, store, &n_met, &n_all);
        sj_store_close(store);
        model_done(&model);
        model_remove(path);
    }
    /* Neither everything nor nothing was chosen. */
    assert_true(n_met > n_all / 10 && n_met < n_all - n_all / 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_conditions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
