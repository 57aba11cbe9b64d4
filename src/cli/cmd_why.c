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

static enum sj_status fill(struct sj_call *call, void *ctx, struct sj_snapshot *snapshot, struct sj_result *result, struct sj_error *err) {
    return sj_why_show(call->cli->os, call->cli->mem, snapshot, ctx, result, err);
}

static enum sj_status run_why(struct sj_call *call, struct sj_error *err) {
    const size_t n_steps = call->args.n_words - 2;
    struct sj_str *steps;
    SJ_TRY(sj_arena_new(&call->cli->arena, n_steps, sizeof *steps, &steps, err));
    for (size_t i = 0; i < n_steps; i++)
        steps[i] = sj_str(call->args.words[2 + i]);
    struct sj_why_words words = {.identity = sj_str(call->args.words[1]),
                                 .lens = sj_call_lens(call),
                                 .steps = {steps, n_steps},
                                 .within = sj_call_given(call, "within"),
                                 .hold = sj_call_given(call, "hold")};
    const struct sj_cli_show show = {
        .name = "why", .title = SJ_T("Why was this customer counted so?"), .lens = words.lens, .fill = fill, .ctx = &words};
    return sj_cli_show(call, &show, err);
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
