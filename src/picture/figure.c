#include "picture/figure.h"

#include <math.h>
#include <stdio.h>

#include "base/json.h"
#include "base/number.h"

#define DECIMALS_MAX 4

static size_t put(char out[SJ_FIGURE_BYTES], const char *text) { return (size_t)snprintf(out, SJ_FIGURE_BYTES, "%s", text); }

static uint64_t magnitude(int64_t value) { return value < 0 ? ~(uint64_t)value + 1 : (uint64_t)value; }

size_t sj_figure_count(int64_t value, enum sj_lang lang, char out[SJ_FIGURE_BYTES]) { return sj_number_count(value, lang, out); }

/* Beyond what a double holds exactly, the shortest text. */
size_t sj_figure_number(double value, unsigned decimals, enum sj_lang lang, char out[SJ_FIGURE_BYTES]) {
    double size = fabs(value);
    uint64_t scale = 1;
    for (unsigned i = 0; i < decimals; i++)
        scale *= 10;
    if (!(size * (double)scale < 9e15)) {
        char text[32];
        sj_double_format(value, text);
        return put(out, isfinite(value) ? text : "");
    }
    uint64_t scaled = (uint64_t)llround(size * (double)scale);
    char fraction[24] = "";
    if (decimals > 0)
        snprintf(fraction, sizeof fraction, "%0*llu", (int)decimals, (unsigned long long)(scaled % scale));
    return sj_number_grouped(value < 0 && scaled > 0, scaled / scale, fraction, lang, out);
}

size_t sj_figure_percent(double share, enum sj_lang lang, char out[SJ_FIGURE_BYTES]) { return sj_number_percent(share, lang, out); }

/* Two decimals, or all four where the last two are not zero. */
size_t sj_figure_money(int64_t ten_thousandths, const struct sj_look *look, char out[SJ_FIGURE_BYTES]) {
    uint64_t size = magnitude(ten_thousandths);
    char fraction[8];
    snprintf(fraction, sizeof fraction, "%04u", (unsigned)(size % 10000));
    if (size % 100 == 0)
        fraction[2] = '\0';
    return sj_number_grouped(ten_thousandths < 0, size / 10000, fraction, look->lang, out);
}

static int64_t local_us(int64_t time_us, const struct sj_look *look) {
    return look->zone == NULL ? time_us : time_us + sj_zone_offset_us(look->zone, time_us);
}

static enum sj_time_grain grain_of(int64_t time_us, const struct sj_look *look) {
    int64_t local = local_us(time_us, look);
    return local % SJ_US_MINUTE != 0 ? SJ_GRAIN_SECOND : local % SJ_US_DAY != 0 ? SJ_GRAIN_MINUTE : SJ_GRAIN_DAY;
}

static unsigned decimals_for(double largest) {
    if (largest >= 1000)
        return 0;
    unsigned decimals = 2;
    for (; largest > 0 && largest < 0.995 && decimals < DECIMALS_MAX; decimals++)
        largest *= 10;
    return decimals;
}

/* Scores are read to a tenth where they are points of a hundred, to a hundredth where they are means on a short scale. */
static unsigned score_decimals(const struct sj_table *table, size_t column) {
    for (size_t row = 0; row < table->n_rows; row++) {
        const struct sj_cell *cell = sj_table_cell(table, row, column);
        if (cell->known && fabs(cell->estimate.value) >= 10)
            return 1;
    }
    return 2;
}

struct sj_figure_style sj_figure_style(const struct sj_table *table, size_t column, const struct sj_look *look) {
    struct sj_figure_style style = {.grain = SJ_GRAIN_DAY};
    enum sj_type type = table->def->columns[column].type;
    double largest = 0;
    bool whole = true;
    for (size_t row = 0; row < table->n_rows && (type == SJ_TYPE_TIME || type == SJ_TYPE_NUMBER); row++) {
        const struct sj_cell *cell = sj_table_cell(table, row, column);
        if (!cell->known)
            continue;
        if (type == SJ_TYPE_TIME) {
            enum sj_time_grain grain = grain_of(cell->i64, look);
            style.grain = grain > style.grain ? grain : style.grain;
        } else if (isfinite(cell->f64)) {
            largest = fabs(cell->f64) > largest ? fabs(cell->f64) : largest;
            whole = whole && cell->f64 == floor(cell->f64);
        }
    }
    style.decimals = type == SJ_TYPE_SCORE ? score_decimals(table, column) : whole ? 0 : decimals_for(largest);
    return style;
}

size_t sj_figure_time(int64_t time_us, enum sj_time_grain grain, const struct sj_look *look, char out[SJ_FIGURE_BYTES]) {
    struct sj_civil at = sj_civil_of_time(local_us(time_us, look));
    int n = snprintf(out, SJ_FIGURE_BYTES, "%04d-%02d-%02d", at.year, at.month, at.day);
    if (grain >= SJ_GRAIN_MINUTE)
        n += snprintf(out + n, SJ_FIGURE_BYTES - (size_t)n, " %02d:%02d", at.hour, at.minute);
    if (grain >= SJ_GRAIN_SECOND)
        n += snprintf(out + n, SJ_FIGURE_BYTES - (size_t)n, ":%02d", at.second);
    return (size_t)n;
}

size_t sj_figure_part(double part, enum sj_type type, struct sj_figure_style style, enum sj_lang lang, char out[SJ_FIGURE_BYTES]) {
    if (!isfinite(part))
        return put(out, "");
    return type == SJ_TYPE_SCORE ? sj_figure_number(part, style.decimals, lang, out) : sj_figure_percent(part, lang, out);
}

size_t sj_figure_estimate(const struct sj_estimate *estimate, enum sj_type type, struct sj_figure_style style, enum sj_lang lang,
                          char out[SJ_FIGURE_BYTES]) {
    char value[SJ_FIGURE_BYTES], low[SJ_FIGURE_BYTES], high[SJ_FIGURE_BYTES], n[SJ_FIGURE_BYTES];
    const char *thin = estimate->flags & SJ_FLAG_THIN ? "~" : "", *sign = type == SJ_TYPE_SCORE ? "" : " %";
    sj_figure_part(estimate->value, type, style, lang, value);
    sj_figure_part(estimate->low, type, style, lang, low);
    sj_figure_part(estimate->high, type, style, lang, high);
    sj_figure_count(estimate->n, lang, n);
    if (low[0] == '\0' || high[0] == '\0')
        return (size_t)snprintf(out, SJ_FIGURE_BYTES, "%s%.30s%s n=%.40s", thin, value, sign, n);
    return (size_t)snprintf(out, SJ_FIGURE_BYTES, "%s%.30s%s [%.30s%s %.30s] n=%.40s", thin, value, sign, low, lang == SJ_NL ? ";" : ",",
                            high, n);
}

/* What is not nought is not shown as such: "<0.01". */
static size_t figure_of_number(double value, unsigned decimals, enum sj_lang lang, char out[SJ_FIGURE_BYTES]) {
    const double least = pow(10, -(double)decimals);
    char text[SJ_FIGURE_BYTES];
    if (value == 0 || !(fabs(value) < least / 2))
        return sj_figure_number(value, decimals, lang, out);
    sj_figure_number(value < 0 ? -least : least, decimals, lang, text);
    return (size_t)snprintf(out, SJ_FIGURE_BYTES, "%s%.30s", value < 0 ? ">" : "<", text);
}

size_t sj_figure_cell(const struct sj_cell *cell, enum sj_type type, struct sj_figure_style style, const struct sj_look *look,
                      char out[SJ_FIGURE_BYTES]) {
    if (!cell->known)
        return put(out, "");
    switch (type) {
    case SJ_TYPE_COUNT: return sj_figure_count(cell->i64, look->lang, out);
    case SJ_TYPE_NUMBER: return figure_of_number(cell->f64, style.decimals, look->lang, out);
    case SJ_TYPE_DURATION: return sj_duration_format(cell->i64, out);
    case SJ_TYPE_TIME: return sj_figure_time(cell->i64, style.grain, look, out);
    case SJ_TYPE_MONEY: return sj_figure_money(cell->i64, look, out);
    case SJ_TYPE_TRUTH: return put(out, sj_text(look->lang, cell->i64 != 0 ? SJ_T("yes") : SJ_T("no")));
    case SJ_TYPE_ESTIMATE:
    case SJ_TYPE_SCORE: return sj_figure_estimate(&cell->estimate, type, style, look->lang, out);
    case SJ_TYPE_TEXT:
    case SJ_TYPE_TOUCHPOINT:
    case SJ_TYPE_CHANNEL:
    case SJ_TYPE_ROUTE: break;
    }
    return put(out, "");
}

size_t sj_figure_label(const struct sj_column_def *column, const struct sj_look *look, char out[SJ_FIGURE_BYTES]) {
    const char *text = column->label != NULL ? column->label : column->name;
    const char *label = column->is_data ? text : sj_text(look->lang, text);
    const char *unit = "";
    if (column->type == SJ_TYPE_TIME)
        unit = look->zone_name != NULL ? look->zone_name : "UTC";
    else if (column->type == SJ_TYPE_MONEY && look->currency != NULL)
        unit = look->currency;
    if (unit[0] == '\0')
        return put(out, label);
    return (size_t)snprintf(out, SJ_FIGURE_BYTES, "%.100s (%.40s)", label, unit);
}

struct sj_str sj_figure_absent(const struct sj_column_def *column, enum sj_lang lang) {
    return column->type == SJ_TYPE_CHANNEL ? sj_str(sj_text(lang, SJ_T("(none)"))) : (struct sj_str){"", 0};
}

double sj_figure_length(const struct sj_cell *cell, enum sj_type type) {
    if (!cell->known)
        return 0;
    double length = 0;
    if (sj_type_is_estimate(type))
        length = cell->estimate.value;
    else if (type == SJ_TYPE_NUMBER)
        length = cell->f64;
    else if (!sj_type_is_text(type) && type != SJ_TYPE_ROUTE)
        length = (double)cell->i64;
    return isfinite(length) ? length : 0;
}
