#include "api/breakdown.h"

#include <stdlib.h>
#include "base/buf.h"
#include "base/parallel.h"
#include "store/saved.h"

struct opening {
    const struct sj_os *os;
    const struct sj_alloc *mem;
    struct sj_snapshot *snapshot;
    const struct sj_question *question;
    const struct sj_view *view;
    struct sj_arena *arena;
    struct sj_run_segment *segments;
    uint32_t n;
    enum sj_lang lang;
    bool alone; /* nothing else is asked for: values need not say of what */
    struct sj_error *err;
};

/* ---- the values of a property ---- */

struct value {
    struct sj_str text;
    uint64_t n_customers;
};

struct values {
    struct value *items; /* the most frequent first */
    size_t n;
    bool some_lack; /* customers without a value */
};

struct counting {
    size_t n;
    uint64_t *n_customers[SJ_THREADS_MAX]; /* by code; at n: those without */
};

/* The last value that is known counts. */
static enum sj_status count_batch(void *ctx, unsigned thread, const struct sj_batch *batch, struct sj_error *err) {
    const struct counting *counting = ctx;
    (void)err;
    for (uint32_t j = 0; j < batch->n_journeys; j++) {
        uint32_t i = batch->offsets[j + 1];
        while (i > batch->offsets[j] && batch->codes[0][i - 1] == SJ_NO_CODE)
            i--;
        counting->n_customers[thread][i > batch->offsets[j] ? batch->codes[0][i - 1] : counting->n]++;
    }
    return SJ_OK;
}

static int by_frequency(const void *left, const void *right) {
    const struct value *a = left, *b = right;
    return a->n_customers != b->n_customers ? (a->n_customers > b->n_customers ? -1 : 1) : sj_str_cmp(a->text, b->text);
}

static enum sj_status list_values(const struct counting *counting, const struct sj_dimension *dimension, unsigned n_threads,
                                  struct sj_arena *arena, struct values *ret, struct sj_error *err) {
    struct value *items;
    size_t n = 0;
    SJ_TRY(sj_arena_new(arena, counting->n + 1, sizeof *items, &items, err));
    for (size_t code = 0; code <= counting->n; code++) {
        uint64_t n_customers = 0;
        for (unsigned t = 0; t < n_threads; t++)
            n_customers += counting->n_customers[t][code];
        if (code == counting->n)
            ret->some_lack = n_customers > 0;
        else if (n_customers > 0) {
            const char *copy;
            SJ_TRY(sj_arena_print(arena, &copy, err, "%.*s", SJ_ARG(dimension->texts[code])));
            items[n++] = (struct value){{copy, dimension->texts[code].n}, n_customers};
        }
    }
    qsort(items, n, sizeof *items, by_frequency);
    ret->items = items;
    ret->n = n;
    return SJ_OK;
}

/* A pass over the customers of the question's segment, by all their events before its end. */
static enum sj_status find_values(const struct opening *opening, struct sj_str property, struct values *ret) {
    const struct sj_question *question = opening->question;
    const struct sj_lens_words words = {.to = question->lens.to, .segment = question->lens.segment, .timezone = question->lens.timezone};
    const struct sj_lens_request request = {.words = &words, .dimensions = &property, .n_dimensions = 1};
    struct sj_error *err = opening->err;
    struct sj_run run = {.job.mem = opening->mem};
    struct sj_scan_counts scanned;
    struct counting counting = {0};
    enum sj_status status = sj_lens_open(opening->os, opening->mem, opening->snapshot, &request, &run.lens, err);
    if (status == SJ_OK)
        status = sj_run_split(&run, opening->os, opening->snapshot, question->n_threads, opening->arena, err);
    if (status == SJ_OK)
        counting.n = sj_lens_dimensions(run.lens)->n_texts;
    for (unsigned t = 0; t < run.n_threads && status == SJ_OK; t++)
        status = sj_arena_new(opening->arena, counting.n + 1, sizeof **counting.n_customers, &counting.n_customers[t], err);
    if (status == SJ_OK)
        status = sj_run_pass(&run, count_batch, &counting, &scanned, err);
    if (status == SJ_OK)
        status = list_values(&counting, sj_lens_dimensions(run.lens), run.n_threads, opening->arena, ret, err);
    sj_run_close(&run);
    return status;
}

/* ---- conditions ---- */

static enum sj_status add_segment(struct opening *opening, struct sj_str name, struct sj_str condition) {
    if (opening->n == SJ_BREAKDOWN_PARTS)
        return sj_fail(opening->err, SJ_E_USAGE, "a breakdown has at most %d parts", SJ_BREAKDOWN_PARTS);
    opening->segments[opening->n++] = (struct sj_run_segment){name, condition};
    return SJ_OK;
}

/* Between such quotes; one within is written twice. */
static enum sj_status put_quoted(struct sj_buf *out, char quote, struct sj_str text, struct sj_error *err) {
    SJ_TRY(sj_buf_append(out, &quote, 1, err));
    for (size_t i = 0; i < text.n; i++) {
        SJ_TRY(sj_buf_append(out, &text.p[i], 1, err));
        if (text.p[i] == quote)
            SJ_TRY(sj_buf_append(out, &quote, 1, err));
    }
    return sj_buf_append(out, &quote, 1, err);
}

static bool is_channel(struct sj_str property) { return sj_str_eq(property, SJ_LIT("channel")); }

static enum sj_status put_trait(struct sj_buf *out, struct sj_str property, struct sj_error *err) {
    SJ_TRY(sj_buf_print(out, err, "trait."));
    return is_channel(property) ? sj_buf_append_str(out, property, err) : put_quoted(out, '`', property, err);
}

/* Numbers, durations and truths stand as they are where the property holds nothing else. */
static bool is_bare(const struct sj_view *view, struct sj_str property) {
    bool bare = !is_channel(property);
    for (uint32_t i = 0; i < view->n_columns; i++)
        if (sj_str_eq(view->columns[i].name, property))
            bare = bare && view->columns[i].kind != SJ_KIND_TEXT && view->columns[i].kind != SJ_KIND_TIME;
    return bare;
}

static enum sj_status put_value(const struct opening *opening, struct sj_buf *out, struct sj_str property, struct sj_str value) {
    return is_bare(opening->view, property) ? sj_buf_append_str(out, value, opening->err) : put_quoted(out, '"', value, opening->err);
}

static enum sj_status put_equal(const struct opening *opening, struct sj_buf *out, struct sj_str property, struct sj_str value) {
    SJ_TRY(put_trait(out, property, opening->err));
    SJ_TRY(sj_buf_print(out, opening->err, " = "));
    return put_value(opening, out, property, value);
}

static enum sj_status put_other(const struct opening *opening, struct sj_buf *out, struct sj_str property, const struct values *values) {
    SJ_TRY(put_trait(out, property, opening->err));
    SJ_TRY(sj_buf_print(out, opening->err, " is known and not "));
    SJ_TRY(put_trait(out, property, opening->err));
    for (size_t i = 0; i < SJ_BREAKDOWN_VALUES; i++) {
        SJ_TRY(sj_buf_print(out, opening->err, "%s", i == 0 ? " in (" : ", "));
        SJ_TRY(put_value(opening, out, property, values->items[i].text));
    }
    return sj_buf_print(out, opening->err, ")");
}

static enum sj_status put_none(const struct opening *opening, struct sj_buf *out, struct sj_str property) {
    SJ_TRY(sj_buf_print(out, opening->err, "not "));
    SJ_TRY(put_trait(out, property, opening->err));
    return sj_buf_print(out, opening->err, " is known");
}

/* The condition that has been written, under the name of the value. */
static enum sj_status add_written(struct opening *opening, struct sj_buf *out, struct sj_str property, struct sj_str value) {
    const char *condition, *name;
    SJ_TRY(sj_arena_print(opening->arena, &condition, opening->err, "%.*s", (int)out->n, (const char *)out->data));
    if (opening->alone)
        SJ_TRY(sj_arena_print(opening->arena, &name, opening->err, "%.*s", SJ_ARG(value)));
    else
        SJ_TRY(sj_arena_print(opening->arena, &name, opening->err, "%.*s = %.*s", SJ_ARG(property), SJ_ARG(value)));
    const struct sj_str text = {condition, out->n};
    sj_buf_reset(out);
    return add_segment(opening, sj_str(name), text);
}

static enum sj_status add_values(struct opening *opening, struct sj_buf *out, struct sj_str property, const struct values *values) {
    for (size_t i = 0; i < values->n && i < SJ_BREAKDOWN_VALUES; i++) {
        SJ_TRY(put_equal(opening, out, property, values->items[i].text));
        SJ_TRY(add_written(opening, out, property, values->items[i].text));
    }
    if (values->n > SJ_BREAKDOWN_VALUES) {
        SJ_TRY(put_other(opening, out, property, values));
        SJ_TRY(add_written(opening, out, property, sj_str(sj_text(opening->lang, SJ_T("(other)")))));
    }
    if (!values->some_lack && values->n > 0)
        return SJ_OK;
    SJ_TRY(put_none(opening, out, property));
    return add_written(opening, out, property, sj_str(sj_text(opening->lang, SJ_T("(none)"))));
}

/* ---- the words ---- */

/* Durations are rounded where they stand as values, so that no condition could say which are meant. */
static enum sj_status check_property(const struct opening *opening, struct sj_str property) {
    for (uint32_t i = 0; i < opening->view->n_columns; i++)
        if (opening->view->columns[i].kind == SJ_KIND_DURATION && sj_str_eq(opening->view->columns[i].name, property))
            return sj_fail(opening->err, SJ_E_USAGE,
                           "\"%.*s\" holds durations, which are no parts: save segments of them, such as trait.%.*s > 30s, and name these",
                           SJ_ARG(property), SJ_ARG(property));
    return SJ_OK;
}

static bool is_trait(struct sj_str word, struct sj_str *ret_property) {
    if (word.n <= 6 || memcmp(word.p, "trait.", 6) != 0)
        return false;
    struct sj_str property = {word.p + 6, word.n - 6};
    if (property.n > 2 && property.p[0] == '`' && property.p[property.n - 1] == '`')
        property = (struct sj_str){property.p + 1, property.n - 2};
    *ret_property = property;
    return true;
}

static enum sj_status add_word(struct opening *opening, struct sj_str word) {
    struct sj_str property;
    struct values values = {0};
    struct sj_buf out;
    if (!is_trait(word, &property)) {
        if (!sj_saved_find(opening->view, word))
            return sj_saved_unknown(opening->view, word, SJ_E_USAGE, opening->err);
        return add_segment(opening, word, word);
    }
    SJ_TRY(check_property(opening, property));
    SJ_TRY(find_values(opening, property, &values));
    sj_buf_init(&out, opening->mem, (size_t)1 << 24);
    const enum sj_status status = add_values(opening, &out, property, &values);
    sj_buf_done(&out);
    return status;
}

enum sj_status sj_breakdown_open(struct sj_run *run, const struct sj_os *os, struct sj_snapshot *snapshot,
                                 const struct sj_question *question, struct sj_answer *answer, struct sj_error *err) {
    struct sj_str rest = question->breakdown;
    struct opening opening = {.os = os,
                              .mem = run->job.mem,
                              .snapshot = snapshot,
                              .question = question,
                              .view = sj_snapshot_view(snapshot),
                              .arena = &answer->result.arena,
                              .lang = answer->result.lang,
                              .alone = memchr(rest.p, ',', rest.n) == NULL,
                              .err = err};
    SJ_TRY(sj_arena_new(opening.arena, SJ_BREAKDOWN_PARTS, sizeof *opening.segments, &opening.segments, err));
    for (bool more = true; more;) {
        const char *comma = memchr(rest.p, ',', rest.n);
        const struct sj_str word = {rest.p, comma ? (size_t)(comma - rest.p) : rest.n};
        more = comma != NULL;
        if (more)
            rest = (struct sj_str){comma + 1, rest.n - word.n - 1};
        SJ_TRY(add_word(&opening, sj_str_trim(word)));
    }
    run->segments = opening.segments;
    run->n_segments = opening.n;
    return SJ_OK;
}
