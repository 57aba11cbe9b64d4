/* The answer as JSON, as docs/api.md says: counts and durations are integers (microseconds), times ISO 8601 UTC, money decimal
 * numbers, a route an array of touchpoints, an estimate an object; what is not known is null. */
#include "api/ask.h"
#include "base/json.h"

static void write_estimate(struct sj_json *json, const struct sj_estimate *estimate) {
    sj_json_open(json, '{');
    sj_json_key(json, "value");
    sj_json_f64(json, estimate->value);
    sj_json_key(json, "low");
    sj_json_f64(json, estimate->low);
    sj_json_key(json, "high");
    sj_json_f64(json, estimate->high);
    sj_json_key(json, "n");
    sj_json_i64(json, estimate->n);
    sj_json_key(json, "flags");
    sj_json_open(json, '[');
    if (estimate->flags & SJ_FLAG_THIN)
        sj_json_text(json, "thin");
    sj_json_close(json, ']');
    sj_json_close(json, '}');
}

static void write_route(struct sj_json *json, const struct sj_route *route) {
    sj_json_open(json, '[');
    for (size_t i = 0; i < route->n_steps; i++)
        sj_json_str(json, route->steps[i]);
    sj_json_close(json, ']');
}

static void write_cell(struct sj_json *json, const struct sj_cell *cell, enum sj_type type) {
    if (!cell->known) {
        sj_json_null(json);
        return;
    }
    switch (type) {
    case SJ_TYPE_COUNT:
    case SJ_TYPE_DURATION: sj_json_i64(json, cell->i64); break;
    case SJ_TYPE_NUMBER: sj_json_f64(json, cell->f64); break;
    case SJ_TYPE_TIME: sj_json_time(json, cell->i64); break;
    case SJ_TYPE_MONEY: sj_json_money(json, cell->i64); break;
    case SJ_TYPE_TRUTH: sj_json_truth(json, cell->i64 != 0); break;
    case SJ_TYPE_TEXT:
    case SJ_TYPE_TOUCHPOINT:
    case SJ_TYPE_CHANNEL: sj_json_str(json, cell->text); break;
    case SJ_TYPE_ROUTE: write_route(json, &cell->route); break;
    case SJ_TYPE_ESTIMATE:
    case SJ_TYPE_SCORE: write_estimate(json, &cell->estimate); break;
    }
}

static void write_columns(struct sj_json *json, const struct sj_table_def *def, const char *currency) {
    sj_json_open(json, '[');
    for (size_t i = 0; i < def->n_columns; i++) {
        const struct sj_column_def *column = &def->columns[i];
        const char *unit = column->type == SJ_TYPE_DURATION ? "us" : column->type == SJ_TYPE_MONEY ? currency : NULL;
        sj_json_open(json, '{');
        sj_json_key(json, "name");
        sj_json_text(json, column->name);
        sj_json_key(json, "type");
        sj_json_text(json, sj_type_name(column->type));
        if (unit != NULL) {
            sj_json_key(json, "unit");
            sj_json_text(json, unit);
        }
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
}

static void write_table(struct sj_json *json, const struct sj_table *table, const char *currency) {
    sj_json_open(json, '{');
    sj_json_key(json, "name");
    sj_json_text(json, table->def->name);
    sj_json_key(json, "columns");
    write_columns(json, table->def, currency);
    sj_json_key(json, "rows");
    sj_json_open(json, '[');
    for (size_t row = 0; row < table->n_rows && json->status == SJ_OK; row++) {
        sj_json_open(json, '[');
        for (size_t column = 0; column < table->def->n_columns; column++)
            write_cell(json, sj_table_cell(table, row, column), table->def->columns[column].type);
        sj_json_close(json, ']');
    }
    sj_json_close(json, ']');
    sj_json_close(json, '}');
}

static void write_word(struct sj_json *json, const char *key, struct sj_str text) {
    if (text.n == 0)
        return;
    sj_json_key(json, key);
    sj_json_str(json, text);
}

/* Only the words that were given. */
static void write_lens(struct sj_json *json, const struct sj_lens_words *lens) {
    sj_json_key(json, "lens");
    sj_json_open(json, '{');
    write_word(json, "from", lens->from);
    write_word(json, "to", lens->to);
    write_word(json, "where", lens->where);
    write_word(json, "segment", lens->segment);
    write_word(json, "journey", lens->journey);
    write_word(json, "as_of", lens->as_of);
    write_word(json, "timezone", lens->timezone);
    sj_json_close(json, '}');
}

static void write_arg(struct sj_json *json, const struct sj_arg_text *arg) {
    if (!arg->is_list && arg->n_words == 0) {
        sj_json_null(json);
        return;
    }
    if (arg->is_list)
        sj_json_open(json, '[');
    for (size_t i = 0; i < arg->n_words; i++)
        sj_json_str(json, arg->words[i]);
    if (arg->is_list)
        sj_json_close(json, ']');
}

static void write_parameters(struct sj_json *json, const struct sj_answer *answer) {
    sj_json_key(json, "parameters");
    sj_json_open(json, '{');
    for (size_t i = 0; i < answer->n_args; i++) {
        sj_json_key(json, answer->args[i].name);
        write_arg(json, &answer->args[i]);
    }
    sj_json_close(json, '}');
}

/* Only where it was asked for. */
static void write_trend(struct sj_json *json, const struct sj_trend_words *trend) {
    if (trend->over.n == 0)
        return;
    sj_json_key(json, "trend");
    sj_json_open(json, '{');
    write_word(json, "over", trend->over);
    write_word(json, "of", trend->of);
    sj_json_key(json, "rows");
    sj_json_open(json, '[');
    for (size_t i = 0; i < trend->n_rows; i++)
        sj_json_str(json, trend->rows[i]);
    sj_json_close(json, ']');
    sj_json_close(json, '}');
}

/* Only where it was asked for. */
static void write_who(struct sj_json *json, const struct sj_question *question) {
    if (!question->who.is_asked)
        return;
    sj_json_key(json, "who");
    sj_json_open(json, '{');
    write_word(json, "of", question->trend.of);
    if (question->trend.n_rows > 0)
        write_word(json, "row", question->trend.rows[0]);
    write_word(json, "after", question->who.after);
    sj_json_close(json, '}');
}

static void write_notes(struct sj_json *json, const struct sj_result *result) {
    static const char *const levels[] = {[SJ_NOTE_DEFINITION] = "definition", [SJ_NOTE_INFO] = "info", [SJ_NOTE_WARNING] = "warning"};
    sj_json_key(json, "notes");
    sj_json_open(json, '[');
    for (size_t i = 0; i < result->n_notes; i++) {
        sj_json_open(json, '{');
        sj_json_key(json, "level");
        sj_json_text(json, levels[result->notes[i].level]);
        sj_json_key(json, "code");
        sj_json_text(json, result->notes[i].code);
        sj_json_key(json, "text");
        sj_json_text(json, result->notes[i].text);
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
}

enum sj_status sj_answer_json(const struct sj_answer *answer, struct sj_buf *out, struct sj_error *err) {
    const struct sj_result *result = &answer->result;
    struct sj_json json;
    sj_json_init(&json, out, err);
    sj_json_open(&json, '{');
    sj_json_key(&json, "analysis");
    sj_json_text(&json, result->analysis);
    sj_json_key(&json, "title");
    sj_json_text(&json, sj_text(result->lang, result->title));
    write_lens(&json, &answer->question->lens);
    write_parameters(&json, answer);
    write_trend(&json, &answer->question->trend);
    write_word(&json, "breakdown", answer->question->breakdown);
    write_who(&json, answer->question);
    sj_json_key(&json, "store");
    sj_json_open(&json, '{');
    sj_json_key(&json, "events");
    sj_json_i64(&json, (int64_t)answer->n_events);
    sj_json_key(&json, "as_of");
    sj_json_time(&json, answer->as_of_us);
    sj_json_close(&json, '}');
    sj_json_key(&json, "tables");
    sj_json_open(&json, '[');
    for (size_t i = 0; i < result->n_tables; i++)
        write_table(&json, &result->tables[i], answer->currency);
    sj_json_close(&json, ']');
    write_notes(&json, result);
    sj_json_key(&json, "elapsed_us");
    sj_json_i64(&json, answer->elapsed_us);
    sj_json_close(&json, '}');
    SJ_TRY(json.status);
    return sj_buf_append(out, "\n", 1, err);
}
