#include "analysis/compare.h"

/* ---- the state ---- */

static enum sj_status new_spread(const struct sj_job *job, const struct sj_quantiles_ask *ask, const struct sj_quantile_plan *quantiles,
                                 struct sj_spread **ret_spread, struct sj_error *err) {
    SJ_TRY(sj_mem_new(job->mem, 1, sizeof **ret_spread, ret_spread, err));
    return sj_spread_init(*ret_spread, job->mem, ask, quantiles, err);
}

enum sj_status sj_compare_depth_init(struct sj_compare_depth *depth, const struct sj_job *job, struct sj_error *err) {
    const struct sj_compare_plan *plan = job->plan;
    const size_t n_places = 2 * (size_t)plan->n_places;
    SJ_TRY(new_spread(job, &plan->exact, plan->quantiles, &depth->exact, err));
    SJ_TRY(sj_mem_new(job->mem, plan->n_timed, sizeof *depth->timed_marks, &depth->timed_marks, err));
    if (plan->pass > 2)
        return SJ_OK;
    SJ_TRY(new_spread(job, &plan->fine, NULL, &depth->fine, err));
    SJ_TRY(sj_mem_new(job->mem, plan->n_checked * n_places, sizeof *depth->within, &depth->within, err));
    SJ_TRY(sj_mem_new(job->mem, n_places, sizeof *depth->within_n, &depth->within_n, err));
    SJ_TRY(sj_mem_new(job->mem, plan->n_properties * n_places, sizeof *depth->within_known, &depth->within_known, err));
    SJ_TRY(sj_mem_new(job->mem, plan->n_checked, sizeof *depth->marks, &depth->marks, err));
    return sj_mem_new(job->mem, plan->n_strata, sizeof *depth->places, &depth->places, err);
}

void sj_compare_depth_done(struct sj_compare_depth *depth, const struct sj_job *job) {
    struct sj_spread *const spreads[] = {depth->fine, depth->exact};
    void *const owned[] = {depth->within, depth->within_n, depth->within_known, depth->marks, depth->timed_marks, depth->places};
    for (size_t i = 0; i < 2; i++) {
        if (spreads[i])
            sj_spread_done(spreads[i]);
        sj_mem_free(job->mem, spreads[i]);
    }
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        sj_mem_free(job->mem, owned[i]);
}

/* ---- times ---- */

struct journey {
    uint32_t lo, end;
    unsigned group;
};

static enum sj_status add_time(struct sj_compare_depth *depth, uint32_t group, int64_t time_us, struct sj_error *err) {
    if (depth->fine)
        SJ_TRY(sj_spread_add(depth->fine, group, time_us, err));
    return sj_spread_add(depth->exact, group, time_us, err);
}

static void mark_checked(struct sj_compare_depth *depth, const struct sj_compare_plan *plan, uint32_t checked, unsigned group) {
    if (checked == SJ_NO_CODE || depth->marks[checked] == depth->serial)
        return;
    uint64_t *within = depth->within + (size_t)checked * 2 * plan->n_places + group;
    depth->marks[checked] = depth->serial;
    for (size_t s = 0; s < plan->n_strata; s++)
        within[2 * (size_t)depth->places[s]]++;
}

/* Links that are checked, and the times of those that are timed: of each journey the first. */
static enum sj_status add_links(struct sj_compare_depth *depth, const struct sj_compare_plan *plan, const struct sj_batch *batch,
                                const struct journey *journey, struct sj_error *err) {
    const int64_t *time_us = batch->time_us;
    SJ_TRY(add_time(depth, journey->group, time_us[journey->end - 1] - time_us[journey->lo], err));
    for (uint32_t i = journey->lo + 1; i < journey->end; i++) {
        const struct sj_compare_link *link =
            sj_compare_find_link(plan, batch->touchpoint[i - 1] * plan->n_touchpoints + batch->touchpoint[i]);
        if (!link)
            continue;
        if (plan->pass == 2)
            mark_checked(depth, plan, link->checked, journey->group);
        if (link->timed == SJ_NO_CODE || depth->timed_marks[link->timed] == depth->serial)
            continue;
        depth->timed_marks[link->timed] = depth->serial;
        SJ_TRY(add_time(depth, 2 * link->timed + journey->group, time_us[i] - time_us[i - 1], err));
    }
    return SJ_OK;
}

/* ---- within strata ---- */

static uint32_t first_known(const struct sj_stratifier *stratifier, const struct sj_batch *batch, const struct journey *journey) {
    if (stratifier->dimension == SJ_NO_CODE) {
        for (uint32_t i = journey->lo; i < journey->end; i++)
            if (batch->channel[i] != 0)
                return batch->channel[i];
        return 0;
    }
    const uint32_t *codes = batch->codes[stratifier->dimension];
    for (uint32_t i = journey->lo; i < journey->end; i++)
        if (codes[i] != SJ_NO_CODE)
            return codes[i];
    return stratifier->n_codes - 1;
}

static void find_places(struct sj_compare_depth *depth, const struct sj_compare_plan *plan, const struct sj_batch *batch,
                        const struct journey *journey) {
    for (size_t s = 0; s < plan->n_strata; s++) {
        depth->places[s] = plan->strata[s].base + first_known(&plan->strata[s], batch, journey);
        depth->within_n[2 * (size_t)depth->places[s] + journey->group]++;
    }
}

static void add_known(struct sj_compare_depth *depth, const struct sj_compare_plan *plan, uint32_t d, unsigned group) {
    uint64_t *known = depth->within_known + (size_t)d * 2 * plan->n_places + group;
    for (size_t s = 0; s < plan->n_strata; s++)
        known[2 * (size_t)depth->places[s]]++;
}

static void add_values(struct sj_compare_depth *depth, const struct sj_compare_plan *plan, const struct sj_batch *batch,
                       const struct journey *journey) {
    for (uint32_t i = journey->lo; i < journey->end; i++) {
        mark_checked(depth, plan, plan->checked_slot[batch->touchpoint[i]], journey->group);
        mark_checked(depth, plan, plan->checked_slot[plan->n_touchpoints + batch->channel[i]], journey->group);
    }
    for (uint32_t d = 0; d < plan->n_properties; d++) {
        const uint32_t *codes = batch->codes[plan->first_property + d];
        bool is_known = false;
        for (uint32_t i = journey->lo; i < journey->end; i++) {
            if (codes[i] == SJ_NO_CODE)
                continue;
            is_known = true;
            mark_checked(depth, plan, plan->checked_slot[plan->property_slots[d] + codes[i]], journey->group);
        }
        if (is_known)
            add_known(depth, plan, d, journey->group);
    }
}

static void add_route(struct sj_compare_depth *depth, const struct sj_compare_plan *plan, const struct sj_batch *batch,
                      const struct journey *journey) {
    const uint32_t n_steps = journey->end - journey->lo;
    const uint16_t *steps = batch->touchpoint + journey->lo;
    if (n_steps > SJ_COMPARE_ROUTE_STEPS)
        return;
    const uint32_t slot = *sj_compare_route_slot(plan, steps, n_steps, sj_route_hash(steps, n_steps));
    if (slot != 0)
        mark_checked(depth, plan, plan->routes[slot - 1].checked, journey->group);
}

enum sj_status sj_compare_depth_add(struct sj_compare_depth *depth, const struct sj_job *job, const struct sj_batch *batch,
                                    const uint8_t *groups, struct sj_error *err) {
    const struct sj_compare_plan *plan = job->plan;
    for (uint32_t j = 0; j < batch->n_journeys; j++) {
        const struct journey journey = {batch->offsets[j], batch->offsets[j + 1], groups[j]};
        if (groups[j] > 1)
            continue;
        depth->serial++;
        if (plan->pass == 2) {
            find_places(depth, plan, batch, &journey);
            add_values(depth, plan, batch, &journey);
            add_route(depth, plan, batch, &journey);
        }
        SJ_TRY(add_links(depth, plan, batch, &journey, err));
    }
    if (depth->fine)
        SJ_TRY(sj_spread_flush(depth->fine, err));
    return sj_spread_flush(depth->exact, err);
}

static void add_counts(uint64_t *counts, const uint64_t *other, size_t n) {
    for (size_t i = 0; i < n; i++)
        counts[i] += other[i];
}

enum sj_status sj_compare_depth_merge(struct sj_compare_depth *depth, struct sj_compare_depth *other, const struct sj_job *job,
                                      struct sj_error *err) {
    const struct sj_compare_plan *plan = job->plan;
    const size_t n_places = 2 * (size_t)plan->n_places;
    SJ_TRY(sj_spread_merge(depth->exact, other->exact, err));
    if (plan->pass > 2)
        return SJ_OK;
    add_counts(depth->within, other->within, plan->n_checked * n_places);
    add_counts(depth->within_n, other->within_n, n_places);
    add_counts(depth->within_known, other->within_known, plan->n_properties * n_places);
    return sj_spread_merge(depth->fine, other->fine, err);
}
