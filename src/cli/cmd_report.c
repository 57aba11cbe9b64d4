#include "cli/cli.h"
#include "picture/pen.h"

/* report: the answers to all questions that need no steps or channels, on one page of HTML that needs nothing else. */

#define PAGE_BYTES_MAX ((size_t)1 << 30)

static const struct sj_flag flags[] = {
    {"output", SJ_TAKES_VALUE, "FILE", NULL, SJ_T("where it is written, also -o FILE; a file that is there is replaced")},
    {"threads", SJ_TAKES_VALUE, "N", "0", SJ_T("how many threads work on it; 0: one for each processor. The answer is the same")},
};

/* The pictures bring their own style, light and dark. */
static const char style[] =
    "body{margin:0 auto;padding:1rem 2rem 4rem;max-width:1100px;font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',"
    "'DejaVu Sans','Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif;color:#1b1f24;background:#fff}"
    "h1{font-size:28px}nav a{display:block}a{color:#0072b2}p{max-width:80ch}.scope{color:#5a636d;font-size:13px}"
    "section{margin-top:2.5rem;border-top:1px solid #d8dde3}svg{max-width:100%;height:auto}"
    "@media(prefers-color-scheme:dark){body{color:#e6e9ec;background:#14171a}a{color:#56b4e9}.scope{color:#9aa4af}"
    "section{border-color:#333a42}}@media print{section{break-before:page}}";

struct page {
    const struct sj_call *call;
    struct sj_snapshot *snapshot;
    struct sj_question question;
    struct sj_buf html;
};

/* Whether it can only be asked with names, or lists people, who have no place on a page for colleagues. */
static bool needs_names(const struct sj_analysis *analysis) {
    if (analysis->needs & SJ_NEED_IDENTITY)
        return true;
    for (size_t i = 0; i < analysis->n_params; i++) {
        const enum sj_param_type type = analysis->params[i].type;
        const bool is_names = type == SJ_PARAM_TOUCHPOINTS || type == SJ_PARAM_CHANNELS || type == SJ_PARAM_ROUTE;
        if ((is_names && analysis->params[i].min > 0) || type == SJ_PARAM_SEGMENT)
            return true;
    }
    return false;
}

/* An SVG document without its XML declaration, which has no place inside a page. */
static struct sj_str without_declaration(const struct sj_buf *svg) {
    const struct sj_str text = sj_buf_str(svg);
    const char *begin = memmem(text.p, text.n, "<svg", 4);
    return begin ? (struct sj_str){begin, text.n - (size_t)(begin - text.p)} : text;
}

static enum sj_status write_section(struct page *page, const struct sj_analysis *analysis, const struct sj_answer *answer,
                                    struct sj_error *err) {
    struct sj_cli *cli = page->call->cli;
    struct sj_look look;
    struct sj_zone *zone = NULL;
    struct sj_buf svg, scope;
    struct sj_pen pen;
    enum sj_status status = SJ_OK;
    sj_buf_init(&svg, cli->mem, PAGE_BYTES_MAX);
    sj_buf_init(&scope, cli->mem, PAGE_BYTES_MAX);
    SJ_TRY_CLEAN(sj_cli_answer_look(cli, answer, &look, &zone, err));
    SJ_TRY_CLEAN(sj_picture_svg(&answer->result, &look, &svg, err));
    SJ_TRY_CLEAN(sj_cli_scope(answer, cli->lang, &scope, err));
    sj_pen_init(&pen, &page->html, err);
    sj_pen_print(&pen, "<section id=\"%s\">\n", analysis->name);
    sj_pen_str(&pen, without_declaration(&svg));
    sj_pen_text(&pen, "<p>");
    sj_pen_xml(&pen, sj_str(sj_text(cli->lang, analysis->about)));
    sj_pen_text(&pen, "</p>\n<p class=\"scope\">");
    sj_pen_xml(&pen, sj_buf_str(&scope));
    sj_pen_text(&pen, "</p>\n</section>\n");
    status = pen.status;
cleanup:
    sj_zone_free(cli->mem, zone);
    sj_buf_done(&svg);
    sj_buf_done(&scope);
    return status;
}

static enum sj_status ask_one(struct page *page, const struct sj_analysis *analysis, struct sj_error *err) {
    struct sj_cli *cli = page->call->cli;
    struct sj_answer answer = {0};
    page->question.analysis = sj_str(analysis->name);
    sj_result_init(&answer.result, cli->mem, cli->lang);
    enum sj_status status = sj_ask(cli->os, cli->mem, page->snapshot, &page->question, &answer, err);
    if (status == SJ_OK)
        status = write_section(page, analysis, &answer, err);
    sj_result_done(&answer.result);
    return status;
}

/* What the page is about: the store's name, and how its journeys were chosen where that was said. */
static void write_head(struct page *page, struct sj_pen *pen) {
    static const char *const tags[SJ_N_LANGS] = {"en", "nl", "zh"};
    const enum sj_lang lang = page->call->cli->lang;
    const struct sj_lens_words *lens = &page->question.lens;
    const struct sj_str said[][2] = {{SJ_LIT("--from"), lens->from},
                                     {SJ_LIT("--to"), lens->to},
                                     {SJ_LIT("--where"), lens->where},
                                     {SJ_LIT("--journey"), lens->journey},
                                     {SJ_LIT("--timezone"), lens->timezone}};
    sj_pen_print(pen, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n", tags[lang]);
    sj_pen_text(pen, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
                     "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    sj_pen_xml(pen, sj_str(page->call->args.words[0]));
    sj_pen_text(pen, "</title>\n<style>");
    sj_pen_text(pen, style);
    sj_pen_text(pen, "</style>\n</head>\n<body>\n<h1>");
    sj_pen_xml(pen, sj_str(page->call->args.words[0]));
    sj_pen_text(pen, "</h1>\n<p class=\"scope\">");
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        if (said[i][1].n == 0)
            continue;
        sj_pen_str(pen, said[i][0]);
        sj_pen_text(pen, " ");
        sj_pen_xml(pen, said[i][1]);
        sj_pen_text(pen, " ");
    }
    sj_pen_text(pen, "</p>\n<nav>\n");
    for (const struct sj_analysis *const *analysis = sj_analyses; *analysis; analysis++) {
        if (needs_names(*analysis))
            continue;
        sj_pen_print(pen, "<a href=\"#%s\">", (*analysis)->name);
        sj_pen_xml(pen, sj_str(sj_text(lang, (*analysis)->title)));
        sj_pen_text(pen, "</a>\n");
    }
    sj_pen_text(pen, "</nav>\n");
}

static enum sj_status write_page(struct page *page, struct sj_error *err) {
    struct sj_pen pen;
    sj_pen_init(&pen, &page->html, err);
    write_head(page, &pen);
    SJ_TRY(pen.status);
    for (const struct sj_analysis *const *analysis = sj_analyses; *analysis; analysis++) {
        if (!needs_names(*analysis))
            SJ_TRY(ask_one(page, *analysis, err));
    }
    sj_pen_text(&pen, "</body>\n</html>\n");
    return pen.status;
}

static enum sj_status run_report(struct sj_call *call, struct sj_error *err) {
    struct page page = {.call = call, .question = {.lens = sj_call_lens(call)}};
    struct sj_reading reading = {0};
    enum sj_status status = SJ_OK;
    int64_t threads = 0;
    SJ_TRY(sj_call_count(call, "threads", 0, 256, &threads, err));
    page.question.n_threads = (unsigned)threads;
    sj_buf_init(&page.html, call->cli->mem, PAGE_BYTES_MAX);
    SJ_TRY_CLEAN(sj_reading_open(call->cli, call->args.words[0], &reading, err));
    page.snapshot = reading.snapshot;
    SJ_TRY_CLEAN(write_page(&page, err));
    SJ_TRY_CLEAN(sj_cli_write(call, &page.html, err));
cleanup:
    sj_reading_close(&reading);
    sj_buf_done(&page.html);
    return status;
}

const struct sj_command sj_command_report = {
    .name = "report",
    .summary = SJ_T("One page with the answers to all questions, for a colleague without the program."),
    .words = "STORE",
    .n_words_min = 1,
    .n_words_max = 1,
    .about = SJ_T(
        "The page is one file of HTML with all pictures in it; nothing is fetched from anywhere. Questions that need steps or channels "
        "(funnel, participation, contacts) are not in it."),
    .example = "report shop.sojourn -o report.html\nreport shop.sojourn --journey \"session 30m\" -o report.html",
    .sets = {{.title = SJ_T("The page"), SJ_FLAGS(flags)}, SJ_LENS_FLAG_SET},
    .run = run_report,
};
