#include "analysis/compare.h"

void sj_compare_sorter_init(struct sj_compare_sorter *sorter, const struct sj_job *job, const struct sj_compare_rule *rule) {
    const uint32_t patterns[2] = {rule->first, rule->other};
    sorter->rule = rule;
    sj_buf_init(&sorter->groups, job->mem, SIZE_MAX / 2);
    sj_buf_init(&sorter->second, job->mem, SIZE_MAX / 2);
    for (size_t i = 0; rule->mode == SJ_COMPARE_ROUTES && i < 2 && patterns[i] != SJ_NO_CODE; i++) {
        const struct sj_pattern *pattern = job->patterns[patterns[i]];
        const struct sj_match_rule match = {pattern, sj_match_within(pattern, false, SJ_WITHIN_MAX), SJ_NO_CODE, false};
        sj_matcher_init(&sorter->matchers[i], job->mem, &match);
    }
}

void sj_compare_sorter_done(struct sj_compare_sorter *sorter) {
    sj_buf_done(&sorter->groups);
    sj_buf_done(&sorter->second);
    for (size_t i = 0; i < 2; i++) {
        if (sorter->matchers[i].mem)
            sj_matcher_done(&sorter->matchers[i]);
    }
}

static enum sj_status match_all(struct sj_matcher *matcher, const struct sj_batch *batch, uint8_t *takes, struct sj_error *err) {
    struct sj_match match;
    bool any;
    sj_matcher_begin(matcher, batch);
    for (;;) {
        SJ_TRY(sj_matcher_next(matcher, &any, &match, err));
        if (!any)
            return SJ_OK;
        takes[match.journey] = match.n_reached == matcher->rule.pattern->n_steps;
    }
}

/* Whether the journeys meet the first or the second condition, by itself. */
static enum sj_status meet(struct sj_compare_sorter *sorter, const struct sj_batch *batch, size_t which, uint8_t *meets,
                           struct sj_error *err) {
    const struct sj_compare_rule *rule = sorter->rule;
    if (rule->mode == SJ_COMPARE_ROUTES)
        return match_all(&sorter->matchers[which], batch, meets, err);
    const uint8_t *members = rule->mode == SJ_COMPARE_SEGMENTS ? batch->members[which > 0 ? rule->other : rule->first] : NULL;
    for (uint32_t j = 0; j < batch->n_journeys; j++)
        meets[j] = members ? members[batch->customer[j]] : batch->time_us[batch->offsets[j]] >= rule->since_us;
    return SJ_OK;
}

enum sj_status sj_compare_sort(struct sj_compare_sorter *sorter, const struct sj_batch *batch, const uint8_t **ret_groups,
                               struct sj_error *err) {
    static const uint8_t groups_of[2][2] = {{SJ_COMPARE_NEITHER, 1}, {0, SJ_COMPARE_BOTH}};
    sj_buf_reset(&sorter->groups);
    sj_buf_reset(&sorter->second);
    SJ_TRY(sj_buf_reserve(&sorter->groups, batch->n_journeys, err));
    SJ_TRY(sj_buf_reserve(&sorter->second, batch->n_journeys, err));
    uint8_t *groups = sorter->groups.data, *second = sorter->second.data;
    SJ_TRY(meet(sorter, batch, 0, groups, err));
    if (sorter->rule->other != SJ_NO_CODE)
        SJ_TRY(meet(sorter, batch, 1, second, err));
    for (uint32_t j = 0; j < batch->n_journeys; j++) {
        const uint8_t is_second = sorter->rule->other != SJ_NO_CODE ? second[j] : !groups[j];
        groups[j] = groups_of[groups[j]][is_second];
    }
    *ret_groups = groups;
    return SJ_OK;
}
