#include "api/why.h"
#include "cli/cli.h"

/* why: how one customer was counted in a funnel, step by step. */

static const struct sj_flag flags[] = {
    {"within", SJ_TAKES_VALUE, "DURATION", "7d",
     SJ_T("the time from the first step within which the others count, its last moment included; the standard gives way to a time "
          "in the expression")},
    {"hold", SJ_TAKES_VALUE, "channel|PROPERTY", NULL,
     SJ_T("channel, or a property that must have the same value at all steps; events without a value count for none")},
};

static enum sj_status run_why(struct sj_call *call, struct sj_error *err) {
    struct sj_cli *cli = call->cli;
    struct sj_question question = {.analysis = SJ_LIT("why"), .lens = sj_call_lens(call)};
    struct sj_answer answer = {.question = &question};
    struct sj_reading reading = {0};
    struct sj_str *steps;
    enum sj_status status = SJ_OK;
    const size_t n_steps = call->args.n_words - 2;
    const char *hold = sj_call_value(call, "hold");
    SJ_TRY(sj_arena_new(&cli->arena, n_steps, sizeof *steps, &steps, err));
    for (size_t i = 0; i < n_steps; i++)
        steps[i] = sj_str(call->args.words[2 + i]);
    const struct sj_why_words words = {.identity = sj_str(call->args.words[1]),
                                       .lens = question.lens,
                                       .steps = {steps, n_steps},
                                       .within = sj_call_given(call, "within"),
                                       .hold = hold ? sj_str(hold) : (struct sj_str){"", 0}};
    sj_result_init(&answer.result, cli->mem, cli->lang);
    answer.result.analysis = "why";
    answer.result.title = SJ_T("Why was this customer counted so?");
    SJ_TRY_CLEAN(sj_reading_open(cli, call->args.words[0], &reading, err));
    const struct sj_view *view = sj_snapshot_view(reading.snapshot);
    SJ_TRY_CLEAN(sj_why_show(cli->os, cli->mem, reading.snapshot, &words, &answer.result, err));
    answer.n_events = view->n_events;
    answer.as_of_us = view->as_of_us;
    answer.currency = view->currency;
    SJ_TRY_CLEAN(sj_cli_present(call, &answer, err));
cleanup:
    sj_result_done(&answer.result);
    sj_reading_close(&reading);
    return status;
}

const struct sj_command sj_command_why = {
    .name = "why",
    .summary = SJ_T("How one customer was counted in a funnel, step by step, and how other products would have counted."),
    .words = "STORE CUSTOMER STEPS…",
    .n_words_min = 3,
    .n_words_max = 34,
    .about = SJ_T(
        "Shows the events that stand for the steps, and of the first step that is missing the condition that failed, with the next event "
        "that could have been it. The same words as with funnel give the same answer. Where the steps are plain, the table "
        "dialects says how other products would count the same journey."),
    .example = "why shop.sojourn C000001 plan_overview add_to_basket order_placed --within 30d\n"
               "why shop.sojourn C000007 'call_queue > call_talk >[no call_queue] survey_answered'",
    .sets = {{.title = SJ_T("The question"), SJ_FLAGS(flags)}, SJ_LENS_FLAG_SET, SJ_OUTPUT_FLAG_SET},
    .run = run_why,
};
