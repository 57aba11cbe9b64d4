/* The public library (include/sojourn.h), on top of the store and of ask().
 *
 * An event is handed on when the next one comes or when the load is committed, since its properties follow it. Whatever can be wrong
 * with it is found before that, in the call that brought it; a failure while handing it on therefore breaks the load. */
#include "sojourn.h"

#include <math.h>

#include "api/ask.h"
#include "base/time.h"

struct sojourn_store {
    struct sj_store *store;
};

struct sojourn_load {
    struct sj_writer *writer;
    struct sj_event event; /* the last one, not yet handed on; its texts stand in `text`, at the places below */
    bool has_event;
    size_t customer_bytes;
    struct sj_buf text, values; /* values: struct pending */
    struct sj_error broken;     /* status SJ_OK: the load is good */
};

struct pending {
    struct sj_value value;
    size_t text_at; /* of a text */
    bool is_text;
};

struct sojourn_answer {
    struct sj_answer answer;
    struct sj_buf json; /* ended with NUL */
};

static const struct sj_alloc *memory(void) { return sj_alloc_libc(); }

/* The message goes to the caller; `why` may be NULL. */
static int tell(enum sj_status status, const struct sj_error *err, char *why) {
    if (status != SJ_OK && why != NULL)
        memcpy(why, err->message, strlen(err->message) + 1);
    return (int)status;
}
_Static_assert(sizeof((struct sj_error){0}.message) <= SOJOURN_MESSAGE_BYTES, "a message fits into the caller's buffer");

void sojourn_catch_disk_errors(void) { sj_os_catch_disk_errors(); }

/* ---- the store ---- */

static enum sj_status open_store(const char *path, enum sojourn_mode mode, sojourn_store **ret_store, struct sj_error *err) {
    const struct sj_store_options options = {.os = sj_os_real(), .mem = memory(), .program = "libsojourn"};
    if (path == NULL || path[0] == '\0')
        return sj_fail(err, SJ_E_USAGE, "the store cannot be opened: no path was given");
    if (mode == SOJOURN_CREATE && !sj_store_exists(&options, path))
        SJ_TRY(sj_store_create(&options, path, NULL, err));
    sojourn_store *store;
    SJ_TRY(sj_mem_new(memory(), 1, sizeof *store, (void *)&store, err));
    enum sj_status status = sj_store_open(&options, path, mode != SOJOURN_READ, &store->store, err);
    if (status == SJ_OK)
        *ret_store = store;
    else
        sj_mem_free(memory(), store);
    return status;
}

int sojourn_open(const char *path, enum sojourn_mode mode, sojourn_store **ret_store, char why[SOJOURN_MESSAGE_BYTES]) {
    struct sj_error err = {0};
    return tell(open_store(path, mode, ret_store, &err), &err, why);
}

void sojourn_close(sojourn_store *store) {
    if (store == NULL)
        return;
    sj_store_close(store->store);
    sj_mem_free(memory(), store);
}

/* ---- putting events in ---- */

static void free_load(sojourn_load *load) {
    sj_writer_close(load->writer);
    sj_buf_done(&load->text);
    sj_buf_done(&load->values);
    sj_mem_free(memory(), load);
}

int sojourn_load_begin(sojourn_store *store, sojourn_load **ret_load, char why[SOJOURN_MESSAGE_BYTES]) {
    struct sj_error err = {0};
    sojourn_load *load;
    enum sj_status status = sj_mem_new(memory(), 1, sizeof *load, (void *)&load, &err);
    if (status != SJ_OK)
        return tell(status, &err, why);
    sj_buf_init(&load->text, memory(), (size_t)SJ_PROPERTIES_MAX * SJ_TEXT_BYTES_MAX + SJ_IDENTITY_BYTES_MAX);
    sj_buf_init(&load->values, memory(), SJ_PROPERTIES_MAX * sizeof(struct pending));
    status = sj_writer_open(store->store, SJ_LOAD_STREAM, &load->writer, &err);
    if (status == SJ_OK)
        *ret_load = load;
    else
        free_load(load);
    return tell(status, &err, why);
}

void sojourn_load_drop(sojourn_load *load) {
    if (load != NULL)
        free_load(load);
}

/* Gives the waiting event to the writer. */
static enum sj_status hand_on(sojourn_load *load, struct sj_error *err) {
    if (load->broken.status != SJ_OK) {
        *err = load->broken;
        return err->status;
    }
    if (!load->has_event)
        return SJ_OK;
    struct sj_value values[SJ_PROPERTIES_MAX];
    const struct pending *pending = (const struct pending *)(const void *)load->values.data;
    size_t n_values = load->values.n / sizeof *pending;
    const char *text = (const char *)load->text.data;
    for (size_t i = 0; i < n_values; i++) {
        values[i] = pending[i].value;
        if (pending[i].is_text)
            values[i].text.p = text + pending[i].text_at;
    }
    load->event.customer = (struct sj_str){text, load->customer_bytes};
    load->event.values = values;
    load->event.n_values = n_values;
    load->has_event = false;
    enum sj_status status = sj_writer_add(load->writer, &load->event, err);
    if (status != SJ_OK) {
        load->broken = *err;
        load->broken.status = status;
    }
    return status;
}

static enum sj_status check_customer(struct sj_str customer, int64_t time_us, struct sj_error *err) {
    if (customer.n == 0)
        return sj_fail(err, SJ_E_INPUT, "the event cannot be loaded: it has no customer");
    if (customer.n > SJ_IDENTITY_BYTES_MAX || !sj_str_is_utf8(customer))
        return sj_fail(err, SJ_E_INPUT, "the event cannot be loaded: a customer is at most %d bytes of UTF-8, and this is not: \"%.*s\"",
                       SJ_IDENTITY_BYTES_MAX, customer.n > 100 ? 100 : (int)customer.n, customer.p);
    if (time_us < SJ_TIME_MIN || time_us > SJ_TIME_MAX)
        return sj_fail(err, SJ_E_INPUT,
                       "the event cannot be loaded: its time, %lld, is outside of the years 1 to 9999. Times are microseconds since "
                       "1970-01-01T00:00:00Z",
                       (long long)time_us);
    return SJ_OK;
}

static enum sj_status load_event(sojourn_load *load, struct sj_str customer, struct sj_event *event, const char *const names[2],
                                 struct sj_error *err) {
    SJ_TRY(hand_on(load, err));
    SJ_TRY(check_customer(customer, event->time_us, err));
    SJ_TRY(sj_writer_touchpoint(load->writer, sj_str(names[0] != NULL ? names[0] : ""), &event->touchpoint, err));
    if (names[1] != NULL && names[1][0] != '\0')
        SJ_TRY(sj_writer_channel(load->writer, sj_str(names[1]), &event->channel, err));
    sj_buf_reset(&load->text);
    sj_buf_reset(&load->values);
    SJ_TRY(sj_buf_append_str(&load->text, customer, err));
    load->customer_bytes = customer.n;
    load->event = *event;
    load->has_event = true;
    return SJ_OK;
}

int sojourn_load_event(sojourn_load *load, const char *customer, int64_t time_us, const char *touchpoint, const char *channel,
                       char why[SOJOURN_MESSAGE_BYTES]) {
    struct sj_error err = {0};
    struct sj_event event = {.time_us = time_us};
    const char *const names[2] = {touchpoint, channel};
    return tell(load_event(load, sj_str(customer != NULL ? customer : ""), &event, names, &err), &err, why);
}

/* The kind of a built-in column, or else the one that the call gives. */
static enum sj_kind kind_of(struct sj_str name, enum sj_kind standard) {
    for (size_t i = 0; i < SJ_N_BUILTIN; i++)
        if (sj_str_eq(name, sj_str(sj_builtin_columns[i].name)))
            return sj_builtin_columns[i].kind;
    return standard;
}

static enum sj_status add_value(sojourn_load *load, struct sj_str name, enum sj_kind kind, struct pending *pending, struct sj_error *err) {
    SJ_TRY(sj_writer_column(load->writer, name, kind, &pending->value.column, err));
    const struct pending *earlier = (const struct pending *)(const void *)load->values.data;
    for (size_t i = 0; i < load->values.n / sizeof *earlier; i++)
        if (earlier[i].value.column == pending->value.column)
            return sj_fail(err, SJ_E_USAGE, "the event has the property \"%.*s\" already", SJ_ARG(name));
    pending->is_text = kind == SJ_KIND_TEXT;
    if (pending->is_text) {
        pending->text_at = load->text.n;
        SJ_TRY(sj_buf_append_str(&load->text, pending->value.text, err));
    }
    return sj_buf_append(&load->values, pending, sizeof *pending, err);
}

static enum sj_status check_waiting(const sojourn_load *load, const char *name, struct sj_error *err) {
    if (load->broken.status != SJ_OK) {
        *err = load->broken;
        return err->status;
    }
    if (!load->has_event)
        return sj_fail(err, SJ_E_USAGE, "the property \"%s\" belongs to no event: none has been loaded before it",
                       name != NULL ? name : "");
    if (name == NULL)
        return sj_fail(err, SJ_E_USAGE, "a property cannot be loaded: it has no name");
    return SJ_OK;
}

/* A text for a column of another kind is read as that kind. */
static bool value_of_text(struct sj_str text, enum sj_kind kind, struct sj_value *value) {
    switch (kind) {
    case SJ_KIND_TEXT: value->text = text; return true;
    case SJ_KIND_NUMBER: return sj_str_to_double(text, &value->f64);
    case SJ_KIND_MONEY: return sj_str_to_money(text, &value->i64);
    case SJ_KIND_DURATION: return sj_duration_parse(text, &value->i64);
    default: return false;
    }
}

static enum sj_status load_text(sojourn_load *load, const char *name, const char *value, struct sj_error *err) {
    SJ_TRY(check_waiting(load, name, err));
    if (value == NULL || value[0] == '\0')
        return SJ_OK;
    struct pending pending = {0};
    struct sj_str text = sj_str(value);
    enum sj_kind kind = kind_of(sj_str(name), SJ_KIND_TEXT);
    if (text.n > SJ_TEXT_BYTES_MAX || !sj_str_is_utf8(text))
        return sj_fail(err, SJ_E_INPUT, "the property \"%s\" cannot be loaded: a text is at most %d bytes of UTF-8", name,
                       SJ_TEXT_BYTES_MAX);
    if (!value_of_text(text, kind, &pending.value))
        return sj_fail(err, SJ_E_INPUT, "the property \"%s\" cannot be loaded: it is a %s, and \"%.*s\" is not", name, sj_kind_name(kind),
                       text.n > 100 ? 100 : (int)text.n, text.p);
    return add_value(load, sj_str(name), kind, &pending, err);
}

/* An empty text is no value. */
int sojourn_load_text(sojourn_load *load, const char *name, const char *value, char why[SOJOURN_MESSAGE_BYTES]) {
    struct sj_error err = {0};
    return tell(load_text(load, name, value, &err), &err, why);
}

/* Whole units of money (to the nearest ten-thousandth) or of time (seconds, to the nearest microsecond). */
static bool scaled(double value, double scale, int64_t *ret_value) {
    double rounded = round(value * scale);
    if (!(fabs(rounded) < 0x1p63))
        return false;
    *ret_value = (int64_t)rounded;
    return true;
}

static bool value_of_number(double number, enum sj_kind kind, struct sj_value *value) {
    switch (kind) {
    case SJ_KIND_NUMBER: value->f64 = number; return isfinite(number);
    case SJ_KIND_MONEY: return scaled(number, 1e4, &value->i64);
    case SJ_KIND_DURATION: return number >= 0 && scaled(number, 1e6, &value->i64);
    default: return false;
    }
}

static enum sj_status load_number(sojourn_load *load, const char *name, double value, struct sj_error *err) {
    SJ_TRY(check_waiting(load, name, err));
    struct pending pending = {0};
    enum sj_kind kind = kind_of(sj_str(name), SJ_KIND_NUMBER);
    if (!value_of_number(value, kind, &pending.value))
        return sj_fail(err, SJ_E_INPUT, "the property \"%s\" cannot be loaded: it is a %s, and the number %g is not", name,
                       sj_kind_name(kind), value);
    return add_value(load, sj_str(name), kind, &pending, err);
}

int sojourn_load_number(sojourn_load *load, const char *name, double value, char why[SOJOURN_MESSAGE_BYTES]) {
    struct sj_error err = {0};
    return tell(load_number(load, name, value, &err), &err, why);
}

int sojourn_load_commit(sojourn_load *load, uint64_t *ret_events, uint64_t *ret_duplicates, char why[SOJOURN_MESSAGE_BYTES]) {
    struct sj_error err = {0};
    struct sj_commit commit;
    enum sj_status status = hand_on(load, &err);
    if (status == SJ_OK)
        status = sj_writer_commit(load->writer, NULL, &commit, &err);
    if (status == SJ_OK && ret_events != NULL)
        *ret_events = commit.n_events;
    if (status == SJ_OK && ret_duplicates != NULL)
        *ret_duplicates = commit.n_duplicates;
    free_load(load);
    return tell(status, &err, why);
}

/* ---- asking ---- */

static struct sj_str *lens_word(struct sj_lens_words *lens, const char *name) {
    return strcmp(name, "from") == 0       ? &lens->from
           : strcmp(name, "to") == 0       ? &lens->to
           : strcmp(name, "where") == 0    ? &lens->where
           : strcmp(name, "segment") == 0  ? &lens->segment
           : strcmp(name, "journey") == 0  ? &lens->journey
           : strcmp(name, "as_of") == 0    ? &lens->as_of
           : strcmp(name, "timezone") == 0 ? &lens->timezone
                                           : NULL;
}

static struct sj_str *trend_word(struct sj_trend_words *trend, const char *name) {
    return strcmp(name, "trend") == 0 ? &trend->over : strcmp(name, "of") == 0 ? &trend->of : NULL;
}

static enum sj_status read_who(struct sj_who_words *who, const char *name, struct sj_str text, bool *ret_read, struct sj_error *err) {
    *ret_read = true;
    if (strcmp(name, "who") == 0) {
        who->is_asked = sj_str_eq(text, SJ_LIT("true"));
        return who->is_asked || sj_str_eq(text, SJ_LIT("false"))
                   ? SJ_OK
                   : sj_fail(err, SJ_E_USAGE, "\"%.*s\" is no value for who; expected true or false", SJ_ARG(text));
    }
    if (strcmp(name, "who-after") == 0) {
        who->after = text;
        return SJ_OK;
    }
    *ret_read = strcmp(name, "who-limit") == 0;
    if (*ret_read && (!sj_str_to_i64(text, &who->limit) || who->limit == 0))
        return sj_fail(err, SJ_E_USAGE, "\"%.*s\" is no value for %s; expected a whole number", SJ_ARG(text), name);
    return SJ_OK;
}

/* Sorts the pairs: the lens's words to the lens, those of the trend and of who to them, all others to the analysis. The texts stay the
 * caller's. */
static enum sj_status read_arguments(const char *const *arguments, struct sj_arena *arena, struct sj_question *question,
                                     struct sj_error *err) {
    size_t n = 0;
    while (arguments != NULL && arguments[n] != NULL)
        n++;
    if (n % 2 == 1)
        return sj_fail(err, SJ_E_USAGE, "the argument \"%s\" has no value: arguments are pairs of a name and a value, ended with NULL",
                       arguments[n - 1]);
    struct sj_word *words;
    struct sj_str *rows;
    SJ_TRY(sj_arena_new(arena, n / 2, sizeof *words, (void *)&words, err));
    SJ_TRY(sj_arena_new(arena, n / 2, sizeof *rows, (void *)&rows, err));
    question->trend.rows = rows;
    for (size_t i = 0; i < n; i += 2) {
        bool is_who;
        struct sj_str *word = lens_word(&question->lens, arguments[i]);
        SJ_TRY(read_who(&question->who, arguments[i], sj_str(arguments[i + 1]), &is_who, err));
        if (is_who)
            continue;
        word = word != NULL ? word : trend_word(&question->trend, arguments[i]);
        word = word == NULL && strcmp(arguments[i], "breakdown") == 0 ? &question->breakdown : word;
        if (word != NULL)
            *word = sj_str(arguments[i + 1]);
        else if (strcmp(arguments[i], "row") == 0)
            rows[question->trend.n_rows++] = sj_str(arguments[i + 1]);
        else
            words[question->n_args++] = (struct sj_word){sj_str(arguments[i]), sj_str(arguments[i + 1])};
    }
    question->args = words;
    return SJ_OK;
}

static enum sj_status end_texts(struct sj_result *result, struct sj_table *table, struct sj_error *err) {
    for (size_t i = 0; i < table->n_rows * table->def->n_columns; i++) {
        struct sj_cell *cell = &table->cells[i];
        if (!cell->known || !sj_type_is_text(table->def->columns[i % table->def->n_columns].type))
            continue;
        const char *text;
        SJ_TRY(sj_arena_print(&result->arena, &text, err, "%.*s", SJ_ARG(cell->text)));
        cell->text.p = text;
    }
    return SJ_OK;
}

static enum sj_status ask(struct sj_snapshot *snapshot, const struct sj_question *question, sojourn_answer *answer, struct sj_error *err) {
    SJ_TRY(sj_ask(sj_os_real(), memory(), snapshot, question, &answer->answer, err));
    SJ_TRY(sj_answer_json(&answer->answer, &answer->json, err));
    SJ_TRY(sj_buf_append(&answer->json, "", 1, err));
    struct sj_result *result = &answer->answer.result;
    for (size_t i = 0; i < result->n_tables; i++)
        SJ_TRY(end_texts(result, &result->tables[i], err));
    return SJ_OK;
}

static enum sj_status ask_store(sojourn_store *store, struct sj_question *question, const char *const *arguments, sojourn_answer *answer,
                                struct sj_error *err) {
    struct sj_snapshot *snapshot;
    SJ_TRY(read_arguments(arguments, &answer->answer.result.arena, question, err));
    SJ_TRY(sj_snapshot_open(store->store, &snapshot, err));
    enum sj_status status = ask(snapshot, question, answer, err);
    sj_snapshot_close(snapshot);
    answer->answer.question = NULL; /* it was the caller's, and the JSON is made */
    return status;
}

int sojourn_ask(sojourn_store *store, const char *analysis, const char *const *arguments, sojourn_answer **ret_answer,
                char why[SOJOURN_MESSAGE_BYTES]) {
    struct sj_error err = {0};
    struct sj_question question = {.analysis = sj_str(analysis != NULL ? analysis : "")};
    sojourn_answer *answer;
    enum sj_status status = sj_mem_new(memory(), 1, sizeof *answer, (void *)&answer, &err);
    if (status != SJ_OK)
        return tell(status, &err, why);
    sj_result_init(&answer->answer.result, memory(), SJ_EN);
    sj_buf_init(&answer->json, memory(), SIZE_MAX);
    status = ask_store(store, &question, arguments, answer, &err);
    if (status == SJ_OK)
        *ret_answer = answer;
    else
        sojourn_answer_free(answer);
    return tell(status, &err, why);
}

void sojourn_answer_free(sojourn_answer *answer) {
    if (answer == NULL)
        return;
    sj_result_done(&answer->answer.result);
    sj_buf_done(&answer->json);
    sj_mem_free(memory(), answer);
}

const char *sojourn_answer_json(const sojourn_answer *answer) { return (const char *)answer->json.data; }

int64_t sojourn_answer_rows(const sojourn_answer *answer, const char *table) {
    const struct sj_table *found = sj_result_find(&answer->answer.result, table);
    return found != NULL ? (int64_t)found->n_rows : -1;
}

/* SJ_E_USAGE: there is no such cell. SJ_E_NOT_FOUND: its value is not known. */
static int find_cell(const sojourn_answer *answer, const char *table, int64_t row, const char *column, enum sj_type *ret_type,
                     const struct sj_cell **ret_cell) {
    const struct sj_table *found = sj_result_find(&answer->answer.result, table);
    if (found == NULL || row < 0 || (uint64_t)row >= found->n_rows)
        return SJ_E_USAGE;
    for (size_t i = 0; i < found->def->n_columns; i++) {
        if (strcmp(found->def->columns[i].name, column) != 0)
            continue;
        *ret_type = found->def->columns[i].type;
        *ret_cell = sj_table_cell(found, (size_t)row, i);
        return (*ret_cell)->known ? SJ_OK : SJ_E_NOT_FOUND;
    }
    return SJ_E_USAGE;
}

int sojourn_answer_i64(const sojourn_answer *answer, const char *table, int64_t row, const char *column, int64_t *ret_value) {
    enum sj_type type;
    const struct sj_cell *cell;
    int status = find_cell(answer, table, row, column, &type, &cell);
    if (status != SJ_OK)
        return status;
    if (type != SJ_TYPE_COUNT && type != SJ_TYPE_DURATION && type != SJ_TYPE_TIME && type != SJ_TYPE_MONEY && type != SJ_TYPE_TRUTH)
        return SJ_E_USAGE;
    *ret_value = cell->i64;
    return SJ_OK;
}

int sojourn_answer_f64(const sojourn_answer *answer, const char *table, int64_t row, const char *column, double *ret_value) {
    enum sj_type type;
    const struct sj_cell *cell;
    int status = find_cell(answer, table, row, column, &type, &cell);
    if (status != SJ_OK)
        return status;
    if (type != SJ_TYPE_NUMBER)
        return SJ_E_USAGE;
    *ret_value = cell->f64;
    return SJ_OK;
}

int sojourn_answer_text(const sojourn_answer *answer, const char *table, int64_t row, const char *column, const char **ret_text) {
    enum sj_type type;
    const struct sj_cell *cell;
    int status = find_cell(answer, table, row, column, &type, &cell);
    if (status != SJ_OK)
        return status;
    if (!sj_type_is_text(type))
        return SJ_E_USAGE;
    *ret_text = cell->text.p;
    return SJ_OK;
}

/* NOLINTNEXTLINE(readability-function-size): the parameters are those of the public header. */
int sojourn_answer_estimate(const sojourn_answer *answer, const char *table, int64_t row, const char *column, double *ret_value,
                            double *ret_low, double *ret_high, int64_t *ret_n) {
    enum sj_type type;
    const struct sj_cell *cell;
    int status = find_cell(answer, table, row, column, &type, &cell);
    if (status != SJ_OK)
        return status;
    if (!sj_type_is_estimate(type))
        return SJ_E_USAGE;
    *ret_value = cell->estimate.value;
    *ret_low = cell->estimate.low;
    *ret_high = cell->estimate.high;
    *ret_n = cell->estimate.n;
    return SJ_OK;
}
