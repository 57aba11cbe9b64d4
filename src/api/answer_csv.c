/* One table of the answer as CSV (RFC 4180): names as in the JSON answer, one row a line. An estimate is four columns: name,
 * name_low, name_high, name_n. A route is its touchpoints joined by " > ". What is not known is empty. */
#include <math.h>
#include <stdio.h>

#include "api/ask.h"
#include "base/json.h"

static enum sj_status write_text(struct sj_buf *out, struct sj_str text, struct sj_error *err) {
    bool quoted = false;
    for (size_t i = 0; i < text.n && !quoted; i++)
        quoted = text.p[i] == ',' || text.p[i] == '"' || text.p[i] == '\n' || text.p[i] == '\r';
    if (!quoted)
        return sj_buf_append_str(out, text, err);
    SJ_TRY(sj_buf_append(out, "\"", 1, err));
    for (size_t i = 0; i < text.n; i++)
        SJ_TRY(sj_buf_append(out, text.p[i] == '"' ? "\"\"" : text.p + i, text.p[i] == '"' ? 2 : 1, err));
    return sj_buf_append(out, "\"", 1, err);
}

static enum sj_status write_route(struct sj_buf *out, const struct sj_route *route, struct sj_error *err) {
    struct sj_buf line;
    enum sj_status status = SJ_OK;
    sj_buf_init(&line, out->mem, out->max);
    for (size_t i = 0; i < route->n_steps && status == SJ_OK; i++) {
        status = sj_buf_append(&line, " > ", i > 0 ? 3 : 0, err);
        if (status == SJ_OK)
            status = sj_buf_append_str(&line, route->steps[i], err);
    }
    if (status == SJ_OK)
        status = write_text(out, sj_buf_str(&line), err);
    sj_buf_done(&line);
    return status;
}

/* Nothing where there is no bound. */
static enum sj_status write_double(struct sj_buf *out, double value, struct sj_error *err) {
    char text[32];
    return isfinite(value) ? sj_buf_append(out, text, sj_double_format(value, text), err) : SJ_OK;
}

static enum sj_status write_estimate(struct sj_buf *out, const struct sj_cell *cell, struct sj_error *err) {
    if (!cell->known)
        return sj_buf_append(out, ",,,", 3, err);
    SJ_TRY(write_double(out, cell->estimate.value, err));
    SJ_TRY(sj_buf_append(out, ",", 1, err));
    SJ_TRY(write_double(out, cell->estimate.low, err));
    SJ_TRY(sj_buf_append(out, ",", 1, err));
    SJ_TRY(write_double(out, cell->estimate.high, err));
    return sj_buf_print(out, err, ",%lld", (long long)cell->estimate.n);
}

static enum sj_status write_cell(struct sj_buf *out, const struct sj_cell *cell, enum sj_type type, struct sj_error *err) {
    char text[SJ_TIME_TEXT_BYTES];
    if (sj_type_is_estimate(type))
        return write_estimate(out, cell, err);
    if (!cell->known)
        return SJ_OK;
    switch (type) {
    case SJ_TYPE_COUNT:
    case SJ_TYPE_DURATION: return sj_buf_print(out, err, "%lld", (long long)cell->i64);
    case SJ_TYPE_NUMBER: return write_double(out, cell->f64, err);
    case SJ_TYPE_TIME: return sj_buf_append(out, text, sj_time_format(cell->i64, text), err);
    case SJ_TYPE_MONEY: return sj_buf_append(out, text, sj_money_format(cell->i64, text), err);
    case SJ_TYPE_TRUTH: return sj_buf_append_str(out, cell->i64 != 0 ? SJ_LIT("true") : SJ_LIT("false"), err);
    case SJ_TYPE_ROUTE: return write_route(out, &cell->route, err);
    case SJ_TYPE_TEXT:
    case SJ_TYPE_TOUCHPOINT:
    case SJ_TYPE_CHANNEL:
    case SJ_TYPE_ESTIMATE:
    case SJ_TYPE_SCORE: break;
    }
    return write_text(out, cell->text, err);
}

static enum sj_status write_head(struct sj_buf *out, const struct sj_table_def *def, struct sj_error *err) {
    for (size_t i = 0; i < def->n_columns; i++) {
        const char *name = def->columns[i].name;
        SJ_TRY(sj_buf_append(out, ",", i > 0, err));
        SJ_TRY(write_text(out, sj_str(name), err));
        if (sj_type_is_estimate(def->columns[i].type))
            SJ_TRY(sj_buf_print(out, err, ",%s_low,%s_high,%s_n", name, name, name));
    }
    return sj_buf_append(out, "\r\n", 2, err);
}

static enum sj_status fail_table(const struct sj_result *result, const char *name, struct sj_error *err) {
    char names[600] = "";
    size_t n = 0;
    for (size_t i = 0; i < result->n_tables && n + 64 < sizeof names; i++)
        n += (size_t)snprintf(names + n, sizeof names - n, "%s%.60s", i > 0 ? ", " : "", result->tables[i].def->name);
    return sj_fail(err, SJ_E_USAGE, "the answer has no table \"%s\"; it has %s", name != NULL ? name : "", names);
}

enum sj_status sj_answer_csv(const struct sj_answer *answer, const char *table, struct sj_buf *out, struct sj_error *err) {
    const struct sj_result *result = &answer->result;
    const struct sj_table *found = table != NULL ? sj_result_find(result, table) : result->n_tables > 0 ? &result->tables[0] : NULL;
    if (found == NULL)
        return fail_table(result, table, err);
    SJ_TRY(write_head(out, found->def, err));
    for (size_t row = 0; row < found->n_rows; row++) {
        for (size_t column = 0; column < found->def->n_columns; column++) {
            SJ_TRY(sj_buf_append(out, ",", column > 0, err));
            SJ_TRY(write_cell(out, sj_table_cell(found, row, column), found->def->columns[column].type, err));
        }
        SJ_TRY(sj_buf_append(out, "\r\n", 2, err));
    }
    return SJ_OK;
}
