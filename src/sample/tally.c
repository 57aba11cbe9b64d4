/* See tally.h. */
#include "sample/tally.h"
#include "base/time.h"

/* What later questions about the customer need of an event. */
struct moment {
    int64_t time_us;
    unsigned touchpoint;
    unsigned a, b; /* call_talk: long wait; chat_start: topic; renewal_due: arm; landing_page: colour, region */
};

enum sj_status sj_tally_new(const struct sj_alloc *mem, struct sj_tally **ret_tally, struct sj_error *err) {
    struct sj_tally *tally = NULL;
    SJ_TRY(sj_mem_new(mem, 1, sizeof *tally, &tally, err));
    tally->mem = mem;
    sj_buf_init(&tally->moments, mem, 64u << 20);
    *ret_tally = tally;
    return SJ_OK;
}

void sj_tally_free(struct sj_tally *tally) {
    if (tally != NULL) {
        sj_buf_done(&tally->moments);
        sj_mem_free(tally->mem, tally);
    }
}

/* The place of `text` in a table; n when it is not there. */
static unsigned place_of(struct sj_str text, const struct sj_str *table, unsigned n) {
    unsigned i = 0;
    while (i < n && !sj_str_eq(text, table[i])) {
        i++;
    }
    return i;
}

static unsigned touchpoint_of(struct sj_str name) {
    unsigned i = 0;
    while (i < SJ_N_TOUCHPOINTS && !sj_str_eq(name, sj_sample_touchpoints[i].name)) {
        i++;
    }
    return i;
}

static struct sj_str text_of(const struct sj_sample_event *event, unsigned column) {
    for (size_t i = 0; i < event->n_properties; i++) {
        if (event->properties[i].column == column) {
            return event->properties[i].text;
        }
    }
    return SJ_LIT("");
}

static int64_t number_of(const struct sj_sample_event *event, unsigned column) {
    for (size_t i = 0; i < event->n_properties; i++) {
        if (event->properties[i].column == column) {
            return event->properties[i].number;
        }
    }
    return SJ_SAMPLE_NONE;
}

static void add_share(struct sj_share *share, bool hit) {
    share->n++;
    share->hits += hit;
}

/* Whether `touchpoint` comes after moment i, at most `within_us` later. */
static bool follows(const struct moment *moments, size_t n, size_t i, unsigned touchpoint, int64_t within_us) {
    for (size_t j = i + 1; j < n && moments[j].time_us - moments[i].time_us <= within_us; j++) {
        if (moments[j].touchpoint == touchpoint && moments[j].time_us > moments[i].time_us) {
            return true;
        }
    }
    return false;
}

/* Only moments whose whole window lies in the period count: the others are not yet known. */
static void close_moment(struct sj_tally *tally, const struct moment *moments, size_t n, size_t i) {
    const struct moment *m = &moments[i];
    int64_t left_us = SJ_SAMPLE_TO_US - m->time_us;
    int64_t churn_us = SJ_CHURN_WINDOW_DAYS * SJ_US_DAY, bounce_us = SJ_BOUNCE_WINDOW_HOURS * SJ_US_HOUR;
    int64_t renewal_us = SJ_RENEWAL_WINDOW_DAYS * SJ_US_DAY;
    if (m->touchpoint == SJ_TP_CALL_TALK && left_us >= churn_us) {
        add_share(&tally->calls[m->a], follows(moments, n, i, SJ_TP_CANCEL_REQUEST, churn_us));
    } else if (m->touchpoint == SJ_TP_CHAT_START && left_us >= bounce_us) {
        add_share(&tally->chats[m->a], follows(moments, n, i, SJ_TP_CALL_START, bounce_us));
    } else if (m->touchpoint == SJ_TP_RENEWAL_DUE && left_us >= renewal_us) {
        add_share(&tally->renewals[m->a], follows(moments, n, i, SJ_TP_RENEWAL, renewal_us));
    }
}

static size_t first_of(const struct moment *moments, size_t n, unsigned touchpoint) {
    size_t i = 0;
    while (i < n && moments[i].touchpoint != touchpoint) {
        i++;
    }
    return i;
}

static void close_customer(struct sj_tally *tally, const struct moment *moments, size_t n) {
    size_t call = first_of(moments, n, SJ_TP_CALL_TALK), landing = first_of(moments, n, SJ_TP_LANDING_PAGE);
    if (call < n) {
        bool waited = false;
        for (size_t i = call; i < n; i++) {
            waited |= moments[i].touchpoint == SJ_TP_CALL_TALK && moments[i].a > 0;
        }
        add_share(&tally->callers[waited], follows(moments, n, call, SJ_TP_CONTRACT_END, INT64_MAX));
    }
    if (landing < n) {
        bool ordered = follows(moments, n, landing, SJ_TP_ORDER_PLACED, INT64_MAX);
        if (moments[landing].a < SJ_N_COLOURS) {
            add_share(&tally->colours[moments[landing].a], ordered);
        }
        add_share(&tally->regions[moments[landing].b], ordered);
    }
}

void sj_tally_close(struct sj_tally *tally) {
    const struct moment *moments = (const struct moment *)(const void *)tally->moments.data;
    size_t n = tally->moments.n / sizeof *moments;
    for (size_t i = 0; i < n; i++) {
        close_moment(tally, moments, n, i);
    }
    close_customer(tally, moments, n);
    for (unsigned i = 0; i < SJ_N_CHECKOUTS; i++) {
        if (tally->started >> i & 1u) {
            add_share(&tally->checkouts[i].customers, tally->ordered >> i & 1u);
        }
    }
    tally->started = tally->ordered = 0;
    sj_buf_reset(&tally->moments);
}

static bool is_broken(struct sj_str version) {
    for (unsigned i = 0; i < SJ_N_RELEASES; i++) {
        if (sj_str_eq(version, sj_releases[i].version)) {
            return sj_releases[i].android_checkout_broken;
        }
    }
    return false;
}

static void count_checkout(struct sj_tally *tally, const struct sj_sample_event *event, unsigned touchpoint) {
    bool ios = sj_str_eq(text_of(event, SJ_COL_OS), SJ_LIT("ios"));
    unsigned at = (ios ? SJ_CHECKOUT_IOS_SAME : SJ_CHECKOUT_ANDROID_BROKEN) + (is_broken(text_of(event, SJ_COL_APP_VERSION)) ? 0u : 1u);
    struct sj_checkouts *checkouts = &tally->checkouts[at];
    if (touchpoint == SJ_TP_CHECKOUT_START) {
        checkouts->starts++;
        tally->started |= 1u << at;
    } else if (touchpoint == SJ_TP_PAYMENT_FAILED) {
        checkouts->failed++;
    } else if (touchpoint == SJ_TP_ORDER_PLACED) {
        checkouts->orders++;
        tally->ordered |= 1u << at;
    }
}

static void count_survey(struct sj_tally *tally, const struct sj_sample_event *event) {
    int64_t wait_s = number_of(event, SJ_COL_WAIT_S);
    if (sj_str_eq(event->score_kind, SJ_LIT("csat")) && wait_s != SJ_SAMPLE_NONE) {
        bool waited = wait_s > SJ_LONG_WAIT_S;
        add_share(&tally->csat[waited], event->score >= 4);
        tally->csat_sum[waited] += event->score;
    }
}

static void count_event(struct sj_tally *tally, const struct sj_sample_event *event, unsigned touchpoint) {
    unsigned channel = place_of(event->channel, sj_company_channels, SJ_N_CHANNELS);
    int64_t week = (event->time_us - SJ_SAMPLE_FROM_US) / (7 * SJ_US_DAY);
    tally->events++;
    tally->value += event->value != SJ_SAMPLE_NONE ? event->value : 0;
    tally->cost += event->cost != SJ_SAMPLE_NONE ? event->cost : 0;
    tally->touchpoints[touchpoint]++;
    tally->channels[channel < SJ_N_CHANNELS ? channel : SJ_CH_SYSTEM]++;
    tally->week_orders[week] += touchpoint == SJ_TP_ORDER_PLACED;
    tally->week_checkouts[week] += touchpoint == SJ_TP_CHECKOUT_START;
    if (channel == SJ_CH_APP) {
        count_checkout(tally, event, touchpoint);
    }
    if (touchpoint == SJ_TP_SURVEY_ANSWERED) {
        count_survey(tally, event);
    } else if (touchpoint == SJ_TP_HELP_END) {
        unsigned topic = place_of(text_of(event, SJ_COL_TOPIC), sj_company_topics, SJ_N_TOPICS);
        unsigned kind = place_of(text_of(event, SJ_COL_HELP_KIND), sj_company_helps, SJ_N_HELPS);
        if (topic < SJ_N_TOPICS && kind < SJ_N_HELPS) {
            add_share(&tally->helps[topic][kind], number_of(event, SJ_COL_RESOLVED) == 1);
        }
    }
}

/* Fills in what the moment is about; false: no later question needs it. */
static bool remember(const struct sj_sample_event *event, struct moment *moment) {
    int64_t wait_s;
    switch (moment->touchpoint) {
    case SJ_TP_CALL_TALK:
        wait_s = number_of(event, SJ_COL_WAIT_S);
        moment->a = wait_s > SJ_LONG_WAIT_S;
        return wait_s != SJ_SAMPLE_NONE;
    case SJ_TP_CHAT_START:
        moment->a = place_of(text_of(event, SJ_COL_TOPIC), sj_company_topics, SJ_N_TOPICS);
        return moment->a < SJ_N_TOPICS;
    case SJ_TP_RENEWAL_DUE:
        moment->a = place_of(text_of(event, SJ_COL_REMINDER_ARM), sj_company_arms, SJ_N_ARMS);
        return moment->a < SJ_N_ARMS;
    case SJ_TP_LANDING_PAGE:
        moment->a = place_of(text_of(event, SJ_COL_BANNER_COLOUR), sj_company_colours, SJ_N_COLOURS);
        moment->b = place_of(text_of(event, SJ_COL_REGION), sj_company_regions, SJ_N_REGIONS);
        return true;
    case SJ_TP_CALL_START:
    case SJ_TP_CANCEL_REQUEST:
    case SJ_TP_CONTRACT_END:
    case SJ_TP_RENEWAL:
    case SJ_TP_ORDER_PLACED: return true;
    default: return false;
    }
}

static enum sj_status check(const struct sj_sample_event *event, unsigned touchpoint, struct sj_error *err) {
    if (touchpoint == SJ_N_TOUCHPOINTS || event->time_us < SJ_SAMPLE_FROM_US || event->time_us >= SJ_SAMPLE_TO_US ||
        event->customer.n > sizeof((struct sj_tally *)NULL)->customer) {
        return sj_fail(err, SJ_E_INPUT, "The tally counts events of the sample company; \"%.*s\" of customer \"%.*s\" is none.",
                       SJ_ARG(event->touchpoint), SJ_ARG(event->customer));
    }
    return SJ_OK;
}

enum sj_status sj_tally_add(struct sj_tally *tally, const struct sj_sample_event *event, struct sj_error *err) {
    struct moment moment = {.time_us = event->time_us, .touchpoint = touchpoint_of(event->touchpoint)};
    SJ_TRY(check(event, moment.touchpoint, err));
    SJ_TRY(sj_buf_reserve(&tally->moments, sizeof moment, err));
    if (!sj_str_eq(event->customer, (struct sj_str){tally->customer, tally->customer_n})) {
        sj_tally_close(tally);
        memcpy(tally->customer, event->customer.p, event->customer.n);
        tally->customer_n = event->customer.n;
        tally->customers++;
    }
    count_event(tally, event, moment.touchpoint);
    if (remember(event, &moment)) {
        SJ_TRY(sj_buf_append(&tally->moments, &moment, sizeof moment, err));
    }
    return SJ_OK;
}
