/* The run: customer after customer, each with a fresh diary. See sample.h. */
#include "sample/life.h"

static enum sj_status check(const struct sj_sample_options *options, struct sj_error *err) {
    if (options->n_customers < 1 || options->n_customers > SJ_SAMPLE_CUSTOMERS_MAX) {
        return sj_fail(err, SJ_E_USAGE, "The sample company can have 1 to %u customers; %u were asked for. Choose a number in between.",
                       SJ_SAMPLE_CUSTOMERS_MAX, options->n_customers);
    }
    return SJ_OK;
}

enum sj_status sj_sample_run(const struct sj_alloc *mem, const struct sj_sample_options *options, sj_sample_sink sink, void *ctx,
                             struct sj_error *err) {
    SJ_TRY(check(options, err));
    struct sj_diary diary;
    struct sj_life life;
    enum sj_status status = SJ_OK;
    sj_diary_init(&diary, mem, err != NULL ? err->lang : SJ_EN);
    for (uint32_t i = 0; i < options->n_customers; i++) {
        sj_diary_reset(&diary);
        sj_life_run(&life, &diary, options->seed, i);
        SJ_TRY_CLEAN(sj_diary_read(&diary, sj_str(life.customer), i, life.salt, sink, ctx, err));
    }
cleanup:
    sj_diary_done(&diary);
    return status;
}

static enum sj_status count(void *ctx, const struct sj_sample_event *event, struct sj_error *err) { return sj_tally_add(ctx, event, err); }

enum sj_status sj_sample_truth(const struct sj_alloc *mem, const struct sj_sample_options *options, struct sj_buf *ret_json,
                               struct sj_error *err) {
    struct sj_tally *tally = NULL;
    enum sj_status status = SJ_OK;
    SJ_TRY_CLEAN(sj_tally_new(mem, &tally, err));
    SJ_TRY_CLEAN(sj_sample_run(mem, options, count, tally, err));
    SJ_TRY_CLEAN(sj_tally_json(tally, options, ret_json, err));
cleanup:
    sj_tally_free(tally);
    return status;
}
