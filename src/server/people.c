/* What is asked of one person, and what is saved: the same tables as the commands give. Whoever is read about stands in the audit record. */
#include "api/customer.h"
#include "api/identity.h"
#include "api/segments.h"
#include "api/why.h"
#include "server/asked.h"
#include "store/records.h"

enum sj_status sj_server_audit(struct sj_request *r, const char *action, struct sj_str subject, struct sj_error *err) {
    char detail[40];
    const int n = snprintf(detail, sizeof detail, "key=%lld", (long long)r->caller.key);
    return sj_store_audit(r->server->options.store, action, subject, (struct sj_str){detail, (size_t)n}, err);
}

typedef enum sj_status (*fill_result)(const struct sj_request *r, const struct sj_asked *asked, struct sj_snapshot *snapshot,
                                      struct sj_result *result, struct sj_error *err);

/* An answer that is no analysis. */
struct sheet {
    const char *name, *title; /* SJ_T() */
    fill_result fill;
};

static enum sj_status fill_answer(struct sj_request *r, const struct sj_asked *asked, const struct sheet *sheet,
                                  struct sj_snapshot *snapshot, struct sj_answer *answer, struct sj_error *err) {
    const struct sj_view *view = sj_snapshot_view(snapshot);
    answer->result.analysis = sheet->name;
    answer->result.title = sj_text(answer->result.lang, sheet->title);
    answer->n_events = view->n_events;
    answer->as_of_us = view->as_of_us;
    answer->currency = view->currency;
    SJ_TRY(sheet->fill(r, asked, snapshot, &answer->result, err));
    return sj_answer_json(answer, &r->reply.body, err);
}

static enum sj_status give(struct sj_request *r, struct sj_asked *asked, const struct sheet *sheet, struct sj_error *err) {
    struct sj_answer answer = {.question = &asked->question};
    struct sj_snapshot *snapshot;
    asked->question.analysis = sj_str(sheet->name);
    SJ_TRY(sj_snapshot_open(r->server->options.store, &snapshot, err));
    sj_result_init(&answer.result, r->server->options.mem, err->lang);
    const enum sj_status status = fill_answer(r, asked, sheet, snapshot, &answer, err);
    sj_result_done(&answer.result);
    sj_snapshot_close(snapshot);
    r->reply.type = "application/json";
    r->reply.status = 200;
    return status;
}

static enum sj_status answer(struct sj_request *r, const struct sheet *sheet, bool of_one, struct sj_error *err) {
    struct sj_asked asked;
    err->lang = sj_request_lang(r);
    enum sj_status status = sj_asked_read(r, &asked, err);
    if (status == SJ_OK && of_one && asked.identity.n == 0)
        status = sj_fail(err, SJ_E_USAGE, "\"identity\" is missing: whom is it about?");
    if (status == SJ_OK && of_one)
        status = sj_server_audit(r, "read", asked.identity, err);
    if (status == SJ_OK)
        status = give(r, &asked, sheet, err);
    sj_asked_done(&asked);
    return status;
}

/* ---- what they are ---- */

static enum sj_status fill_customer(const struct sj_request *r, const struct sj_asked *asked, struct sj_snapshot *snapshot,
                                    struct sj_result *result, struct sj_error *err) {
    const struct sj_server_options *o = &r->server->options;
    struct sj_customer_words words = {.identity = asked->identity, .lens = asked->question.lens};
    if (words.lens.journey.n == 0)
        words.lens.journey = SJ_LIT("session 30m");
    return sj_customer_show(o->os, o->mem, snapshot, &words, result, err);
}

static enum sj_status fill_identity(const struct sj_request *r, const struct sj_asked *asked, struct sj_snapshot *snapshot,
                                    struct sj_result *result, struct sj_error *err) {
    (void)r;
    return sj_identity_show(snapshot, asked->identity, result, err);
}

static enum sj_status fill_segments(const struct sj_request *r, const struct sj_asked *asked, struct sj_snapshot *snapshot,
                                    struct sj_result *result, struct sj_error *err) {
    const struct sj_server_options *o = &r->server->options;
    const struct sj_segments_words words = {.timezone = asked->question.lens.timezone};
    return sj_segments_show(o->os, o->mem, snapshot, &words, result, err);
}

static enum sj_status fill_why(const struct sj_request *r, const struct sj_asked *asked, struct sj_snapshot *snapshot,
                               struct sj_result *result, struct sj_error *err) {
    const struct sj_server_options *o = &r->server->options;
    struct sj_why_words words = {.identity = asked->identity, .lens = asked->question.lens};
    struct sj_str *steps;
    SJ_TRY(sj_arena_new(&result->arena, asked->n_words + 1, sizeof *steps, &steps, err));
    for (size_t i = 0; i < asked->n_words; i++) {
        const struct sj_word *word = &asked->words[i];
        if (sj_str_eq(word->name, SJ_LIT("steps")))
            steps[words.steps.n++] = word->text;
        else if (sj_str_eq(word->name, SJ_LIT("within")))
            words.within = word->text;
        else if (sj_str_eq(word->name, SJ_LIT("hold")))
            words.hold = word->text;
        else
            return sj_fail(err, SJ_E_USAGE, "why does not know \"%.*s\"; expected steps, within or hold", SJ_ARG(word->name));
    }
    words.steps.texts = steps;
    return sj_why_show(o->os, o->mem, snapshot, &words, result, err);
}

enum sj_status sj_api_customer(struct sj_request *r, struct sj_error *err) {
    return answer(r, &(struct sheet){"customer", SJ_T("What did this customer do, and when?"), fill_customer}, true, err);
}

enum sj_status sj_api_identity(struct sj_request *r, struct sj_error *err) {
    return answer(r, &(struct sheet){"identity", SJ_T("Which identities is this customer, and why?"), fill_identity}, true, err);
}

enum sj_status sj_api_why(struct sj_request *r, struct sj_error *err) {
    return answer(r, &(struct sheet){"why", SJ_T("Why was this customer counted so?"), fill_why}, true, err);
}

enum sj_status sj_api_segments(struct sj_request *r, struct sj_error *err) {
    return answer(r, &(struct sheet){"segments", SJ_T("Which segments are saved?"), fill_segments}, false, err);
}
