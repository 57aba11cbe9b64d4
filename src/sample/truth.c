/* truth.json: what was planted, with what parameters, where to look, and what the tally found. Shares are given as counts, so that
 * whoever reads them computes his own intervals. */
#include <stdio.h>
#include "base/json.h"
#include "sample/tally.h"

static void put_text(struct sj_json *json, const char *key, const char *text) {
    sj_json_key(json, key);
    sj_json_text(json, text);
}

static void put_str(struct sj_json *json, const char *key, struct sj_str text) {
    sj_json_key(json, key);
    sj_json_str(json, text);
}

static void put_number(struct sj_json *json, const char *key, int64_t number) {
    sj_json_key(json, key);
    sj_json_i64(json, number);
}

/* Chances in code are per mille; in the file they are shares of one. */
static void put_chance(struct sj_json *json, const char *key, int64_t per_mille) {
    sj_json_key(json, key);
    sj_json_f64(json, (double)per_mille / 1000.0);
}

static void put_share(struct sj_json *json, const struct sj_share *share, const char *hits) {
    put_number(json, "n", share->n);
    put_number(json, hits, share->hits);
}

static void open_list(struct sj_json *json, const char *key) {
    sj_json_key(json, key);
    sj_json_open(json, '[');
}

static void open_object(struct sj_json *json, const char *key) {
    sj_json_key(json, key);
    sj_json_open(json, '{');
}

static void open_truth(struct sj_json *json, const char *id, const char *claim, const char *look) {
    sj_json_open(json, '{');
    put_text(json, "id", id);
    put_text(json, "claim", claim);
    put_text(json, "look", look);
}

static void put_totals(struct sj_json *json, const struct sj_tally *tally) {
    open_object(json, "totals");
    put_number(json, "events", tally->events);
    put_number(json, "customers", tally->customers);
    sj_json_key(json, "value");
    sj_json_money(json, tally->value);
    sj_json_key(json, "cost");
    sj_json_money(json, tally->cost);
    open_object(json, "channels");
    for (unsigned i = 0; i < SJ_N_CHANNELS; i++) {
        put_number(json, sj_company_channels[i].p, tally->channels[i]);
    }
    sj_json_close(json, '}');
    open_list(json, "touchpoints");
    for (unsigned i = 0; i < SJ_N_TOUCHPOINTS; i++) {
        sj_json_open(json, '{');
        put_str(json, "touchpoint", sj_sample_touchpoints[i].name);
        put_str(json, "stage", sj_sample_touchpoints[i].stage);
        put_number(json, "events", tally->touchpoints[i]);
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
    sj_json_close(json, '}');
}

static void put_personas(struct sj_json *json) {
    open_list(json, "personas");
    for (unsigned i = 0; i < SJ_N_PERSONAS; i++) {
        sj_json_open(json, '{');
        put_text(json, "name", sj_personas[i].name);
        put_str(json, "segment", sj_personas[i].segment);
        put_chance(json, "share", sj_personas[i].share);
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
}

static void put_checkout(struct sj_json *json, const struct sj_tally *tally) {
    static const char *const groups[SJ_N_CHECKOUTS] = {"android, 5.2.0 or 5.2.1", "android, other releases", "ios, 5.2.0 or 5.2.1",
                                                       "ios, other releases"};
    open_truth(json, "android_checkout", "Release 5.2.0 of the app breaks the checkout on Android; 5.2.1 does not mend it, 5.2.3 does.",
               "channel = app: checkout_start, payment_failed and order_placed by os and app_version");
    open_object(json, "parameters");
    put_text(json, "released", "2025-03-04");
    put_text(json, "mended", "2025-04-15");
    put_chance(json, "payment_fails", SJ_PAYMENT_FAILS);
    put_chance(json, "payment_fails_broken", SJ_PAYMENT_FAILS_BROKEN);
    sj_json_close(json, '}');
    open_list(json, "counted");
    for (unsigned i = 0; i < SJ_N_CHECKOUTS; i++) {
        const struct sj_checkouts *c = &tally->checkouts[i];
        sj_json_open(json, '{');
        put_text(json, "group", groups[i]);
        put_number(json, "checkout_start", c->starts);
        put_number(json, "payment_failed", c->failed);
        put_number(json, "order_placed", c->orders);
        put_number(json, "customers_started", c->customers.n);
        put_number(json, "customers_ordered", c->customers.hits);
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
    sj_json_close(json, '}');
}

static void put_waits(struct sj_json *json, const struct sj_tally *tally) {
    open_truth(
        json, "long_waits", "Waiting over ten minutes on the phone lowers satisfaction and raises churn.",
        "csat of survey_answered by wait_s; call_talk by wait_s (the first talk of a call has it), then cancel_request within 90 days "
        "(calls of the last 90 days left out); customers by whether any call_talk had a long wait, then contract_end after the first");
    open_object(json, "parameters");
    put_number(json, "long_wait_s", SJ_LONG_WAIT_S);
    put_chance(json, "hazard_ratio", INT64_C(100) * SJ_LONG_WAIT_LEAVES);
    put_number(json, "hazard_raised_days", SJ_LONG_WAIT_DAYS);
    put_number(json, "window_days", SJ_CHURN_WINDOW_DAYS);
    sj_json_close(json, '}');
    open_list(json, "counted");
    for (unsigned i = 0; i < 2; i++) {
        sj_json_open(json, '{');
        put_text(json, "group", i > 0 ? "wait_s > 600" : "wait_s <= 600");
        put_number(json, "csat_n", tally->csat[i].n);
        put_number(json, "csat_sum", tally->csat_sum[i]);
        put_number(json, "csat_4_or_5", tally->csat[i].hits);
        put_number(json, "calls", tally->calls[i].n);
        put_number(json, "calls_then_cancel_request", tally->calls[i].hits);
        put_number(json, "customers", tally->callers[i].n);
        put_number(json, "customers_then_contract_end", tally->callers[i].hits);
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
    sj_json_close(json, '}');
}

static void put_bounce(struct sj_json *json, const struct sj_tally *tally) {
    open_truth(json, "billing_bounce", "A chat about a bill often ends in a call within 24 hours.",
               "chat_start by topic, then call_start of the same customer within 24 hours (chats of the last 24 hours left out)");
    open_object(json, "parameters");
    put_chance(json, "bounces_billing", sj_chat_bounces[SJ_TOPIC_BILLING]);
    put_chance(json, "bounces_other", sj_chat_bounces[SJ_TOPIC_NETWORK]);
    put_number(json, "window_hours", SJ_BOUNCE_WINDOW_HOURS);
    sj_json_close(json, '}');
    open_list(json, "counted");
    for (unsigned i = 0; i < SJ_N_TOPICS; i++) {
        sj_json_open(json, '{');
        put_str(json, "topic", sj_company_topics[i]);
        put_share(json, &tally->chats[i], "called");
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
    sj_json_close(json, '}');
}

static void put_reminder(struct sj_json *json, const struct sj_tally *tally) {
    open_truth(json, "renewal_reminder", "The renewal reminder, sent by lot, lifts renewals.",
               "renewal_due by reminder_arm, then renewal within 45 days (those due in the last 45 days left out)");
    open_object(json, "parameters");
    put_chance(json, "renews_control", SJ_RENEWS);
    put_chance(json, "renews_reminder", SJ_RENEWS_REMINDED);
    put_number(json, "window_days", SJ_RENEWAL_WINDOW_DAYS);
    sj_json_close(json, '}');
    open_list(json, "counted");
    for (unsigned i = 0; i < SJ_N_ARMS; i++) {
        sj_json_open(json, '{');
        put_str(json, "reminder_arm", sj_company_arms[i]);
        put_share(json, &tally->renewals[i], "renewed");
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
    sj_json_close(json, '}');
}

static void put_help_cell(struct sj_json *json, const char *topic, unsigned kind, const struct sj_share *share) {
    sj_json_open(json, '{');
    put_text(json, "topic", topic);
    put_str(json, "help_kind", sj_company_helps[kind]);
    put_share(json, share, "resolved");
    sj_json_close(json, '}');
}

static void put_reversal(struct sj_json *json, const struct sj_tally *tally) {
    open_truth(json, "guided_help_reversal",
               "Guided help resolves more than articles for every topic, but less overall: it is offered where questions are hard.",
               "help_end: resolved by help_kind, alone and within topic (topic \"all\" is the sum)");
    open_list(json, "parameters");
    for (unsigned t = 0; t < SJ_N_TOPICS; t++) {
        sj_json_open(json, '{');
        put_str(json, "topic", sj_company_topics[t]);
        put_chance(json, "guided_share", sj_help_guided[t]);
        put_chance(json, "articles_resolve", sj_help_resolves[t][SJ_HELP_ARTICLES]);
        put_chance(json, "guided_resolves", sj_help_resolves[t][SJ_HELP_GUIDED]);
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
    open_list(json, "counted");
    for (unsigned kind = 0; kind < SJ_N_HELPS; kind++) {
        struct sj_share all = {0, 0};
        for (unsigned t = 0; t < SJ_N_TOPICS; t++) {
            put_help_cell(json, sj_company_topics[t].p, kind, &tally->helps[t][kind]);
            all.n += tally->helps[t][kind].n;
            all.hits += tally->helps[t][kind].hits;
        }
        put_help_cell(json, "all", kind, &all);
    }
    sj_json_close(json, ']');
    sj_json_close(json, '}');
}

static void put_weeks(struct sj_json *json, const char *key, const int64_t *weeks) {
    open_list(json, key);
    for (unsigned i = 0; i < SJ_N_WEEKS; i++) {
        sj_json_i64(json, weeks[i]);
    }
    sj_json_close(json, ']');
}

static void put_season(struct sj_json *json, const struct sj_tally *tally) {
    open_truth(
        json, "seasonal_peak",
        "Orders peak in the last week of November. Page version B came one week before the peak of 2024 and changes nothing: orders "
        "before and after it differ by season alone.",
        "order_placed and checkout_start by week from Monday 2024-07-01, UTC (the last has three days); page_version on plan_overview");
    open_object(json, "parameters");
    put_text(json, "page_version_B_from", "2024-11-18");
    put_text(json, "peak_2024", "2024-11-25");
    put_text(json, "peak_2025", "2025-11-24");
    put_number(json, "page_version_week", SJ_PAGE_CHANGE_DAY / 7);
    put_number(json, "peak_week_2024", SJ_PEAK_WEEK_2024);
    put_number(json, "peak_week_2025", SJ_PEAK_WEEK_2025);
    put_number(json, "page_version_effect", 0);
    sj_json_close(json, '}');
    open_object(json, "counted");
    put_weeks(json, "orders_by_week", tally->week_orders);
    put_weeks(json, "checkout_starts_by_week", tally->week_checkouts);
    sj_json_close(json, '}');
    sj_json_close(json, '}');
}

static void put_nothing(struct sj_json *json, const struct sj_tally *tally) {
    open_truth(json, "no_effect", "Neither the colour of the banner nor the region has anything to do with who orders.",
               "customers by banner_colour and region of their first landing_page, then order_placed at any time after it");
    open_object(json, "parameters");
    put_number(json, "colour_effect", 0);
    put_number(json, "region_effect", 0);
    sj_json_close(json, '}');
    open_object(json, "counted");
    open_list(json, "banner_colour");
    for (unsigned i = 0; i < SJ_N_COLOURS; i++) {
        sj_json_open(json, '{');
        put_str(json, "banner_colour", sj_company_colours[i]);
        put_share(json, &tally->colours[i], "ordered");
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
    open_list(json, "region");
    for (unsigned i = 0; i <= SJ_N_REGIONS; i++) {
        sj_json_open(json, '{');
        put_text(json, "region", i < SJ_N_REGIONS ? sj_company_regions[i].p : NULL);
        put_share(json, &tally->regions[i], "ordered");
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
    sj_json_close(json, '}');
    sj_json_close(json, '}');
}

enum sj_status sj_tally_json(struct sj_tally *tally, const struct sj_sample_options *options, struct sj_buf *ret_json,
                             struct sj_error *err) {
    struct sj_json json;
    sj_tally_close(tally);
    sj_json_init(&json, ret_json, err);
    sj_json_open(&json, '{');
    put_text(&json, "company", "the sample company");
    char seed[24];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)options->seed);
    put_text(&json, "seed", seed); /* a text: JSON's readers keep whole numbers up to 2^53 only */
    put_number(&json, "customers", options->n_customers);
    sj_json_key(&json, "from");
    sj_json_time(&json, SJ_SAMPLE_FROM_US);
    sj_json_key(&json, "to");
    sj_json_time(&json, SJ_SAMPLE_TO_US);
    put_text(&json, "timezone", "Europe/Amsterdam");
    put_totals(&json, tally);
    put_personas(&json);
    open_list(&json, "truths");
    put_checkout(&json, tally);
    put_waits(&json, tally);
    put_bounce(&json, tally);
    put_reminder(&json, tally);
    put_reversal(&json, tally);
    put_season(&json, tally);
    put_nothing(&json, tally);
    sj_json_close(&json, ']');
    sj_json_close(&json, '}');
    return json.status;
}
