#include "api/who_scan.h"

#include <stdatomic.h>

#include "api/batch_part.h"
#include "base/parallel.h"

/* ---- one answer ---- */

static enum sj_status pass_alone(const struct sj_analysis *analysis, struct sj_job *job, const struct sj_batch *batch, void **state,
                                 bool *ret_again, struct sj_error *err) {
    *ret_again = false;
    SJ_TRY(analysis->start(job, state, err));
    if (batch)
        SJ_TRY(analysis->absorb(job, *state, batch, err));
    return analysis->turn ? analysis->turn(job, *state, ret_again, err) : SJ_OK;
}

enum sj_status sj_who_alone(const struct sj_run *run, const struct sj_batch *batch, struct sj_arena *arena, struct sj_result *result,
                            struct sj_error *err) {
    const struct sj_analysis *analysis = run->analysis;
    struct sj_job job = run->job;
    enum sj_status status = SJ_OK;
    void *state = NULL;
    bool again = true;
    job.arena = arena;
    job.alone = true;
    job.plan = NULL;
    if (analysis->prepare)
        SJ_TRY(analysis->prepare(&job, err));
    while (again && status == SJ_OK) {
        status = pass_alone(analysis, &job, batch, &state, &again, err);
        if (status == SJ_OK && !again)
            status = analysis->finish(&job, state, result, err);
        if (state)
            analysis->drop(&job, state);
        state = NULL;
    }
    return status;
}

/* ---- the figure of some customers ---- */

struct unit {
    struct sj_arena texts;
    struct sj_buf people; /* struct sj_who_person */
    int64_t figure;
    atomic_bool is_done;
};

struct worker {
    struct sj_batch_part part;
    struct sj_arena arena; /* of the answer in hand */
    struct sj_buf name;
};

struct scan {
    const struct sj_run *run;
    const struct sj_who_ask *ask;
    const sj_key *bounds;
    size_t n_units;
    struct unit *units;
    struct worker workers[SJ_THREADS_MAX];
};

static bool same_cell(const struct sj_cell *a, const struct sj_cell *b, enum sj_type type) {
    if (a->known != b->known || !a->known)
        return a->known == b->known;
    if (sj_type_is_text(type))
        return sj_str_eq(a->text, b->text);
    if (type != SJ_TYPE_ROUTE)
        return a->i64 == b->i64;
    bool same = a->route.n_steps == b->route.n_steps;
    for (size_t i = 0; same && i < a->route.n_steps; i++)
        same = sj_str_eq(a->route.steps[i], b->route.steps[i]);
    return same;
}

/* Whether the row of a table is the one that is asked for. */
static enum sj_status is_wanted(const struct sj_who_row *wanted, struct sj_buf *name, const struct sj_table *table, size_t row,
                                bool *ret_wanted, struct sj_error *err) {
    const uint64_t keys = sj_row_keys(table->def);
    if (!wanted->table) {
        SJ_TRY(sj_row_name(table, &wanted->figure, row, (struct sj_row_times){SJ_ROW_TIMES_ISO, NULL}, name, ret_wanted, err));
        *ret_wanted = *ret_wanted && sj_str_eq(sj_buf_str(name), wanted->name);
        return SJ_OK;
    }
    *ret_wanted = true;
    for (size_t c = 0; c < table->def->n_columns && *ret_wanted; c++)
        *ret_wanted = (keys >> c & 1) == 0 ||
                      same_cell(sj_table_cell(table, row, c), sj_table_cell(wanted->table, wanted->row, c), table->def->columns[c].type);
    return SJ_OK;
}

static enum sj_status figure_of(const struct sj_who_row *wanted, struct sj_buf *name, const struct sj_result *result, int64_t *ret_figure,
                                struct sj_error *err) {
    const struct sj_table *table = sj_result_find(result, wanted->figure.table->name);
    *ret_figure = 0;
    for (size_t row = 0; table && row < table->n_rows; row++) {
        const size_t column = wanted->figure.column;
        bool is;
        SJ_TRY(is_wanted(wanted, name, table, row, &is, err));
        if (is)
            *ret_figure += sj_cell_count(sj_table_cell(table, row, column), table->def->columns[column].type);
    }
    return SJ_OK;
}

static enum sj_status ask_batch(const struct scan *scan, struct worker *worker, const struct sj_batch *batch, int64_t *ret_figure,
                                struct sj_error *err) {
    struct sj_result result;
    SJ_TRY(sj_run_check(scan->run, err));
    sj_result_init(&result, scan->run->job.mem, scan->ask->lang);
    result.analysis = scan->run->analysis->name;
    enum sj_status status = sj_who_alone(scan->run, batch, &worker->arena, &result, err);
    if (status == SJ_OK)
        status = figure_of(&scan->ask->row, &worker->name, &result, ret_figure, err);
    sj_result_done(&result);
    sj_arena_done(&worker->arena);
    return status;
}

/* ---- customer by customer ---- */

static size_t n_people(const struct unit *unit) { return unit->people.n / sizeof(struct sj_who_person); }

/* Whether the units before this one, or what it has itself, are more than what is asked for. */
static bool has_enough(const struct scan *scan, size_t at) {
    uint64_t n = n_people(&scan->units[at]);
    for (size_t u = 0; u < at && n <= scan->ask->limit; u++)
        n += atomic_load_explicit(&scan->units[u].is_done, memory_order_acquire) ? n_people(&scan->units[u]) : 0;
    return n > scan->ask->limit;
}

static enum sj_status add_person(struct unit *unit, const struct worker *worker, uint32_t c, int64_t figure, struct sj_error *err) {
    const struct sj_batch *batch = worker->part.batch;
    struct sj_who_person person = {.identity = batch->identities[c], .figure = figure, .first_us = INT64_MAX, .last_us = INT64_MIN};
    SJ_TRY(sj_arena_copy(&unit->texts, person.identity, &person.identity, err));
    for (uint32_t j = worker->part.first_journey[c]; j < worker->part.first_journey[c + 1]; j++) {
        const int64_t first_us = batch->time_us[batch->offsets[j]], last_us = batch->time_us[batch->offsets[j + 1] - 1];
        person.first_us = first_us < person.first_us ? first_us : person.first_us;
        person.last_us = last_us > person.last_us ? last_us : person.last_us;
        person.n_events += batch->offsets[j + 1] - batch->offsets[j];
        person.n_journeys++;
    }
    return sj_buf_append(&unit->people, &person, sizeof person, err);
}

/* Customers that still have to be told apart, with their figure. */
struct piece {
    uint32_t lo, hi;
    int64_t figure;
};
enum { PIECES_MAX = 64 }; /* halving 2^32 customers leaves one piece a level behind */

static enum sj_status split(const struct scan *scan, struct worker *worker, const struct piece *piece, struct piece halves[2],
                            struct sj_error *err) {
    const uint32_t middle = piece->lo + (piece->hi - piece->lo) / 2;
    const struct sj_batch left = sj_batch_part_get(&worker->part, piece->lo, middle);
    halves[0] = (struct piece){piece->lo, middle, 0};
    SJ_TRY(ask_batch(scan, worker, &left, &halves[0].figure, err));
    halves[1] = (struct piece){middle, piece->hi, piece->figure - halves[0].figure};
    if (halves[0].figure >= 0 && halves[1].figure >= 0)
        return SJ_OK;
    return sj_fail(err, SJ_E_BUG, "%s.%s is not the sum of what it is for each customer; please report this",
                   scan->ask->row.figure.table->name, scan->ask->row.figure.table->columns[scan->ask->row.figure.column].name);
}

static enum sj_status take_batch(const struct scan *scan, struct worker *worker, size_t at, const struct sj_batch *batch,
                                 struct sj_error *err) {
    struct unit *unit = &scan->units[at];
    struct piece pieces[PIECES_MAX];
    size_t n = 1;
    SJ_TRY(sj_batch_part_begin(&worker->part, batch, err));
    pieces[0] = (struct piece){0, batch->n_customers, 0};
    SJ_TRY(ask_batch(scan, worker, batch, &pieces[0].figure, err));
    unit->figure += pieces[0].figure;
    while (n > 0 && !has_enough(scan, at)) {
        const struct piece piece = pieces[--n];
        struct piece halves[2];
        if (piece.figure == 0)
            continue;
        if (piece.hi - piece.lo == 1) {
            SJ_TRY(add_person(unit, worker, piece.lo, piece.figure, err));
            continue;
        }
        SJ_TRY(split(scan, worker, &piece, halves, err));
        pieces[n++] = halves[1];
        pieces[n++] = halves[0];
    }
    return SJ_OK;
}

static enum sj_status take_unit(void *ctx, size_t task, unsigned thread, struct sj_error *err) {
    struct scan *scan = ctx;
    const sj_key *after = scan->ask->after;
    sj_key lo = scan->bounds[task];
    const sj_key *hi = task + 1 < scan->n_units ? &scan->bounds[task + 1] : NULL;
    const struct sj_batch *batch = NULL;
    struct sj_scan *rows = NULL;
    enum sj_status status = SJ_OK;
    bool any = !has_enough(scan, task);
    if (after && sj_key_cmp(lo, *after) <= 0)
        any = any && sj_key_next(*after, &lo) && (!hi || sj_key_cmp(lo, *hi) < 0);
    if (any)
        status = sj_scan_open(scan->run->lens, lo, hi, &rows, err);
    while (any && status == SJ_OK && !has_enough(scan, task)) {
        status = sj_scan_next(rows, &batch, err);
        if (status != SJ_OK || !batch)
            break;
        status = batch->n_customers > 0 ? take_batch(scan, &scan->workers[thread], task, batch, err) : SJ_OK;
    }
    sj_scan_close(rows);
    atomic_store_explicit(&scan->units[task].is_done, true, memory_order_release);
    return status;
}

/* ---- all of it ---- */

static enum sj_status gather(const struct scan *scan, struct sj_arena *arena, struct sj_who_list *ret_list, struct sj_error *err) {
    struct sj_who_list list = {.n = 0};
    uint64_t n_all = 0;
    for (size_t u = 0; u < scan->n_units; u++)
        n_all += n_people(&scan->units[u]);
    list.more = n_all > scan->ask->limit;
    n_all = list.more ? scan->ask->limit : n_all;
    SJ_TRY(sj_arena_new(arena, (size_t)n_all, sizeof *list.people, &list.people, err));
    for (size_t u = 0; u < scan->n_units; u++) {
        const struct sj_who_person *people = (const struct sj_who_person *)(const void *)scan->units[u].people.data;
        list.figure += scan->units[u].figure;
        for (size_t i = 0; i < n_people(&scan->units[u]) && list.n < n_all; i++) {
            struct sj_who_person *person = &list.people[list.n++];
            *person = people[i];
            SJ_TRY(sj_arena_copy(arena, person->identity, &person->identity, err));
        }
    }
    *ret_list = list;
    return SJ_OK;
}

#define UNIT_EVENTS 131072 /* small, so that little is read in vain once there are enough */

enum sj_status sj_who_scan(const struct sj_run *run, struct sj_snapshot *snapshot, const struct sj_who_ask *ask, struct sj_arena *arena,
                           struct sj_who_list *ret_list, struct sj_error *err) {
    struct scan *scan;
    sj_key *bounds;
    SJ_TRY(sj_arena_new(arena, 1, sizeof *scan, &scan, err));
    SJ_TRY(sj_snapshot_split(snapshot, UNIT_EVENTS, arena, &bounds, &scan->n_units, err));
    SJ_TRY(sj_arena_new(arena, scan->n_units, sizeof *scan->units, &scan->units, err));
    scan->run = run;
    scan->ask = ask;
    scan->bounds = bounds;
    for (size_t u = 0; u < scan->n_units; u++) {
        sj_arena_init(&scan->units[u].texts, run->job.mem);
        sj_buf_init(&scan->units[u].people, run->job.mem, SIZE_MAX / 2);
    }
    for (unsigned t = 0; t < run->n_threads; t++) {
        struct worker *worker = &scan->workers[t];
        sj_batch_part_init(&worker->part, run->job.mem, run->job.n_dimensions, run->job.n_measures, run->n_conditions, run->first_segment);
        sj_arena_init(&worker->arena, run->job.mem);
        sj_buf_init(&worker->name, run->job.mem, SIZE_MAX / 2);
    }
    enum sj_status status = sj_parallel(run->n_threads, scan->n_units, take_unit, scan, err);
    if (status == SJ_OK)
        status = gather(scan, arena, ret_list, err);
    for (unsigned t = 0; t < run->n_threads; t++) {
        sj_batch_part_done(&scan->workers[t].part);
        sj_arena_done(&scan->workers[t].arena);
        sj_buf_done(&scan->workers[t].name);
    }
    for (size_t u = 0; u < scan->n_units; u++) {
        sj_arena_done(&scan->units[u].texts);
        sj_buf_done(&scan->units[u].people);
    }
    return status;
}
