/* The readable page of what is held about a person. */
#include "api/person.h"

#include "base/json.h"
#include "base/time.h"
#include "picture/figure.h"
#include "picture/pen.h"

static const char style[] =
    "body{margin:0 auto;padding:1rem 2rem 4rem;max-width:1000px;font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',"
    "'DejaVu Sans','Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif;color:#1b1f24;background:#fff}"
    "h1{font-size:26px}h2{font-size:19px;margin-top:2rem}p{max-width:80ch}.scope{color:#5a636d;font-size:13px}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.25rem .6rem .25rem 0;"
    "border-bottom:1px solid "
    "#d8dde3;overflow-wrap:break-word}th{font-weight:600}.n{text-align:right}td.when{white-space:nowrap}td:last-child{overflow-wrap:"
    "anywhere}"
    "@media(prefers-color-scheme:dark){body{color:#e6e9ec;background:#14171a}.scope{color:#9aa4af}th,td{border-color:#333a42}}"
    "@media print{body{max-width:none;padding:0;font-size:11px;color:#000;background:#fff}thead{display:table-header-group}"
    "tr{break-inside:avoid}}";

struct page {
    const struct sj_person *person;
    struct sj_pen *pen;
    enum sj_lang lang;
    struct sj_look look;
};

static void say(struct page *page, const char *before, const char *text, const char *after) {
    sj_pen_text(page->pen, before);
    sj_pen_xml(page->pen, sj_str(sj_text(page->lang, text)));
    sj_pen_text(page->pen, after);
}

static void put_time(struct page *page, int64_t time_us) {
    char text[SJ_FIGURE_BYTES];
    const size_t n = sj_figure_time(time_us, SJ_GRAIN_SECOND, &page->look, text);
    sj_pen_text(page->pen, "<td class=\"when\">");
    sj_pen_xml(page->pen, (struct sj_str){text, n});
    sj_pen_text(page->pen, "</td>");
}

static void put_count(struct page *page, int64_t value) {
    char text[SJ_FIGURE_BYTES];
    (void)sj_figure_count(value, page->lang, text);
    sj_pen_text(page->pen, "<td class=\"n\">");
    sj_pen_xml(page->pen, sj_str(text));
    sj_pen_text(page->pen, "</td>");
}

static void put_text(struct page *page, struct sj_str text) {
    sj_pen_text(page->pen, "<td>");
    sj_pen_xml(page->pen, text);
    sj_pen_text(page->pen, "</td>");
}

static void write_head(struct page *page) {
    static const char *const tags[SJ_N_LANGS] = {"en", "nl", "zh"};
    struct sj_pen *pen = page->pen;
    char time[SJ_FIGURE_BYTES];
    sj_pen_print(pen, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n", tags[page->lang]);
    sj_pen_text(pen, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
                     "<meta name=\"color-scheme\" content=\"light dark\">\n");
    say(page, "<title>", SJ_T("What is held about you"), "</title>\n<style>");
    sj_pen_text(pen, style);
    say(page, "</style>\n</head>\n<body>\n<h1>", SJ_T("What is held about you"), "</h1>\n<p class=\"scope\">");
    sj_pen_xml(pen, sj_str(page->person->store));
    (void)sj_figure_time(page->person->now_us, SJ_GRAIN_SECOND, &page->look, time);
    sj_pen_text(pen, " · ");
    sj_pen_xml(pen, sj_str(time));
    sj_pen_text(pen, " UTC</p>\n");
    say(page, "<p>",
        SJ_T("This page shows every event that is kept under the identities below. The same events are beside it for programs, in "
             "events.csv and events.json; summary.json has the counts and what was done with these data."),
        "</p>\n");
}

static void write_identities(struct page *page) {
    const struct sj_person *p = page->person;
    say(page, "<h2>", SJ_T("Identities"), "</h2>\n<table><thead><tr>");
    say(page, "<th>", SJ_T("Identity"), "</th>");
    say(page, "<th class=\"n\">", SJ_T("Events"), "</th>");
    say(page, "<th>", SJ_T("First event"), " (UTC)</th>");
    say(page, "<th>", SJ_T("Last event"), " (UTC)</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < p->n_identities; i++) {
        sj_pen_text(page->pen, "<tr>");
        put_text(page, p->identities[i].identity);
        put_count(page, p->identities[i].n_events);
        if (p->identities[i].n_events == 0) {
            put_text(page, SJ_LIT(""));
            put_text(page, SJ_LIT(""));
        } else {
            put_time(page, p->identities[i].first_us);
            put_time(page, p->identities[i].last_us);
        }
        sj_pen_text(page->pen, "</tr>\n");
    }
    sj_pen_text(page->pen, "</tbody></table>\n");
}

static void write_links(struct page *page) {
    const struct sj_person *p = page->person;
    if (p->n_links == 0)
        return;
    say(page, "<h2>", SJ_T("Why they are one"), "</h2>\n<table><thead><tr>");
    say(page, "<th>", SJ_T("When"), " (UTC)</th>");
    say(page, "<th>", SJ_T("Identity"), "</th>");
    say(page, "<th>", SJ_T("and"), "</th>");
    say(page, "<th>", SJ_T("How"), "</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < p->n_links; i++) {
        sj_pen_text(page->pen, "<tr>");
        put_time(page, p->links[i].time_us);
        put_text(page, p->links[i].a);
        put_text(page, p->links[i].b);
        put_text(page, sj_str(sj_text(page->lang, sj_link_hows[p->links[i].how])));
        sj_pen_text(page->pen, "</tr>\n");
    }
    sj_pen_text(page->pen, "</tbody></table>\n");
}

static void write_segments(struct page *page) {
    const struct sj_table *segments = sj_result_find(&page->person->shown, "segments");
    if (segments->n_rows == 0)
        return;
    say(page, "<h2>", SJ_T("Saved segments that the customer belongs to"), "</h2>\n<table><thead><tr>");
    for (size_t c = 0; c < segments->def->n_columns; c++)
        say(page, "<th>", segments->def->columns[c].label, "</th>");
    sj_pen_text(page->pen, "</tr></thead><tbody>\n");
    for (size_t row = 0; row < segments->n_rows; row++) {
        sj_pen_text(page->pen, "<tr>");
        for (size_t c = 0; c < segments->def->n_columns; c++)
            put_text(page, sj_table_cell(segments, row, c)->text);
        sj_pen_text(page->pen, "</tr>\n");
    }
    sj_pen_text(page->pen, "</tbody></table>\n");
}

/* What an event brought in, its score and comment, in the words of the details. */
static void put_known(struct page *page, const struct sj_table *events, size_t row) {
    const struct sj_cell *value = sj_table_cell(events, row, 5), *score = sj_table_cell(events, row, 6);
    const struct sj_cell *kind = sj_table_cell(events, row, 7), *comment = sj_table_cell(events, row, 8),
                         *rest = sj_table_cell(events, row, 9);
    const struct sj_str none = {"", 0};
    char text[64];
    put_text(page, value->known ? (struct sj_str){text, sj_money_format(value->i64, text)} : none);
    put_text(page, score->known ? (struct sj_str){text, sj_double_format(score->f64, text)} : none);
    put_text(page, kind->known ? kind->text : none);
    put_text(page, comment->known ? comment->text : none);
    put_text(page, rest->known ? rest->text : none);
}

/* The table of `sojourn customer`, without its journeys: those are made by us, and are not held. */
static void write_events(struct page *page) {
    const struct sj_table *events = sj_result_find(&page->person->shown, "events");
    say(page, "<h2>", SJ_T("What happened, in order"), "</h2>\n<table><thead><tr>");
    say(page, "<th>", SJ_T("When"), " (UTC)</th>");
    say(page, "<th>", SJ_T("Touchpoint"), "</th>");
    say(page, "<th>", SJ_T("Channel"), "</th>");
    say(page, "<th>", SJ_T("Value"), "</th>");
    say(page, "<th>", SJ_T("Score"), "</th>");
    say(page, "<th>", SJ_T("Scale"), "</th>");
    say(page, "<th>", SJ_T("Comment"), "</th>");
    say(page, "<th>", SJ_T("Details"), "</th></tr></thead><tbody>\n");
    for (size_t row = 0; row < events->n_rows; row++) {
        const struct sj_str none = {"", 0};
        const struct sj_cell *channel = sj_table_cell(events, row, 4);
        sj_pen_text(page->pen, "<tr>");
        put_time(page, sj_table_cell(events, row, 0)->i64);
        put_text(page, sj_table_cell(events, row, 3)->text);
        put_text(page, channel->known ? channel->text : none);
        put_known(page, events, row);
        sj_pen_text(page->pen, "</tr>\n");
    }
    sj_pen_text(page->pen, "</tbody></table>\n");
}

enum sj_status sj_person_page(const struct sj_person *p, struct sj_buf *out, struct sj_error *err) {
    struct sj_pen pen;
    sj_pen_init(&pen, out, err);
    struct page page = {.person = p, .pen = &pen, .lang = p->shown.lang, .look = {.lang = p->shown.lang}};
    write_head(&page);
    write_identities(&page);
    write_links(&page);
    write_segments(&page);
    write_events(&page);
    sj_pen_text(&pen, "</body>\n</html>\n");
    return pen.status;
}
