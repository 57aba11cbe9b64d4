/* The contract: its renewal after a year, its end. */
#include "sample/life.h"
#include "base/time.h"

#define LEAVES_AT_YEAR_END 330 /* per mille of those who do not renew; the others go on month by month */
#define STAYS_FOR_OFFER 230
#define NOTICE_DAYS 30

static unsigned channel_of(struct sj_life *life) {
    static const uint16_t weights[3] = {50, 30, 20};
    unsigned pick = sj_dice_pick(&life->random, weights, 3);
    return pick == 2 ? SJ_CH_CALLS : life->installed && pick == 0 ? SJ_CH_APP : SJ_CH_WEB;
}

static void change_plan(struct sj_life *life, int64_t time_us, unsigned channel) {
    static const uint8_t dearer[SJ_N_PLANS] = {1, 2, 2, 3, 4, 0}, cheaper[SJ_N_PLANS] = {5, 0, 1, 1, 1, 5};
    bool up = sj_dice_chance(&life->random, 190);
    bool down = !up && sj_dice_chance(&life->random, 90);
    if (!up && !down) {
        return;
    }
    unsigned plan = up ? dearer[life->plan] : cheaper[life->plan];
    if (plan == life->plan) {
        return;
    }
    life->plan = plan;
    struct sj_sample_event *event =
        sj_life_event(life, sj_life_later(life, time_us, 20, 120), up ? SJ_TP_UPGRADE : SJ_TP_DOWNGRADE, channel);
    event->value = up ? sj_products[5].price : SJ_SAMPLE_NONE;
    sj_diary_text(life->diary, SJ_COL_PRODUCT, sj_plans[plan].name);
}

static void renew(struct sj_life *life, int due) {
    static const uint16_t days[] = {1, 2, 3, 5, 9, 15, 22, 30, 42};
    int day = due + (int)sj_dice_quantile(&life->random, days, sizeof days / sizeof *days);
    unsigned channel = channel_of(life);
    int64_t time_us = sj_life_at(life, day, channel == SJ_CH_CALLS ? SJ_HOURS_CALLS : SJ_HOURS_ONLINE);
    sj_life_visit(life, true);
    sj_life_event(life, time_us, SJ_TP_RENEWAL, channel);
    sj_diary_text(life->diary, SJ_COL_PRODUCT, sj_plans[life->plan].name);
    change_plan(life, time_us, channel);
    life->renewal_day += 365;
    life->settled_day = day + 60;
}

static void end_contract(struct sj_life *life, int day) {
    static const uint16_t weights[11] = {12, 8, 9, 11, 10, 14, 12, 12, 8, 3, 1};
    int64_t time_us = sj_life_at(life, day, SJ_HOURS_ROUND);
    sj_life_event(life, time_us, SJ_TP_CONTRACT_END, SJ_CH_SYSTEM);
    life->end_day = day;
    sj_life_survey(life,
                   &(struct sj_survey){.kind = SJ_LIT("nps"),
                                       .about = SJ_LIT("leaving"),
                                       .after_us = time_us,
                                       .weights = weights,
                                       .lowest = 0,
                                       .n_scores = 11,
                                       .bad = life->grief.cause,
                                       .good = SJ_CAUSE_GENERAL,
                                       .wait_s = SJ_SAMPLE_NONE},
                   &life->grief.facts);
    if (sj_dice_chance(&life->random, 550)) {
        int later = day + (int)sj_dice_between(&life->random, 40, 70);
        sj_life_event(life, sj_life_at(life, later, SJ_HOURS_MAIL), SJ_TP_WINBACK_EMAIL, SJ_CH_EMAIL)->cost = 20;
        sj_diary_text(life->diary, SJ_COL_OFFER, SJ_LIT("half price for three months"));
    }
}

static struct sj_str reason_of(struct sj_life *life) {
    static const struct sj_str others[3] = {{"competitor", 10}, {"moving", 6}, {"price", 5}};
    if (sj_dice_chance(&life->random, 450)) {
        return others[sj_random_below(&life->random, 3)];
    }
    switch (life->grief.cause) {
    case SJ_CAUSE_PRICE: return SJ_LIT("price");
    case SJ_CAUSE_NETWORK: return SJ_LIT("network");
    case SJ_CAUSE_BILLING: return SJ_LIT("billing");
    default: return SJ_LIT("service");
    }
}

/* Asks to leave; may be talked out of it. `end_day`: when the contract ends otherwise. */
static void ask_to_leave(struct sj_life *life, int day, int end_day) {
    static const unsigned channels[3] = {SJ_CH_CALLS, SJ_CH_WEB, SJ_CH_CHAT};
    static const uint16_t weights[3] = {46, 38, 16};
    unsigned channel = channels[sj_dice_pick(&life->random, weights, 3)];
    int64_t time_us = sj_life_at(life, day, channel == SJ_CH_CALLS ? SJ_HOURS_CALLS : SJ_HOURS_ONLINE);
    sj_life_visit(life, true);
    sj_life_event(life, time_us, SJ_TP_CANCEL_REQUEST, channel)->cost = channel == SJ_CH_WEB ? 500 : 70000;
    sj_diary_text(life->diary, SJ_COL_REASON, reason_of(life));
    life->settled_day = day + 60;
    bool offered = sj_dice_chance(&life->random, channel == SJ_CH_WEB ? 350 : 700);
    bool stays = offered && sj_dice_chance(&life->random, STAYS_FOR_OFFER);
    if (offered) {
        unsigned by = channel == SJ_CH_WEB ? SJ_CH_EMAIL : channel;
        int64_t offer_us = by == SJ_CH_EMAIL ? sj_life_at(life, day + 1, SJ_HOURS_MAIL) : sj_life_later(life, time_us, 60, 300);
        sj_life_event(life, offer_us, SJ_TP_RETENTION_OFFER, by);
        sj_diary_text(life->diary, SJ_COL_OFFER, sj_dice_chance(&life->random, 500) ? SJ_LIT("two months free") : SJ_LIT("double data"));
        sj_diary_number(life->diary, SJ_COL_ACCEPTED, stays);
    }
    if (!stays) {
        end_contract(life, end_day);
    }
}

static bool waited_long(const struct sj_life *life, int day) { return day - life->long_wait_day <= SJ_LONG_WAIT_DAYS; }

/* The fourth planted truth: the reminder goes out by lot, and lifts renewals. */
static void come_up_for_renewal(struct sj_life *life) {
    int end = life->renewal_day, due = end - 30;
    unsigned arm = (unsigned)sj_random_below(&life->random, SJ_N_ARMS);
    int64_t time_us = sj_life_at(life, due, SJ_HOURS_MAIL);
    sj_life_event(life, time_us, SJ_TP_RENEWAL_DUE, SJ_CH_SYSTEM);
    sj_diary_text(life->diary, SJ_COL_REMINDER_ARM, sj_company_arms[arm]);
    sj_diary_number(life->diary, SJ_COL_DUE_DATE, SJ_SAMPLE_FROM_US + end * SJ_US_DAY);
    if (arm == SJ_ARM_REMINDER) {
        sj_life_event(life, sj_life_later(life, time_us, 1800, 7200), SJ_TP_RENEWAL_REMINDER, SJ_CH_EMAIL)->cost = 20;
    }
    if (sj_dice_chance(&life->random, 300)) {
        sj_life_event(life, sj_life_at(life, due + 3, SJ_HOURS_MAIL), SJ_TP_UPGRADE_OFFER, SJ_CH_EMAIL)->cost = 20;
        sj_diary_text(life->diary, SJ_COL_OFFER, SJ_LIT("new phone with a new year"));
    }
    life->settled_day = end + 15;
    if (sj_dice_chance(&life->random, arm == SJ_ARM_REMINDER ? SJ_RENEWS_REMINDED : SJ_RENEWS)) {
        renew(life, due);
    } else if (sj_dice_chance(&life->random, waited_long(life, due) ? 2 * LEAVES_AT_YEAR_END : LEAVES_AT_YEAR_END)) {
        life->renewal_day = SJ_NEVER;
        ask_to_leave(life, due + (int)sj_dice_between(&life->random, 4, 27), end);
    } else {
        life->renewal_day = SJ_NEVER;
    }
}

/* The chance of asking to leave in the month that begins on `first`, per ten thousand. */
static unsigned hazard(const struct sj_life *life, int first) {
    unsigned chance = life->persona->leave;
    if (waited_long(life, first)) {
        chance = chance * SJ_LONG_WAIT_LEAVES / 10;
    }
    if (life->renewal_day == SJ_NEVER) {
        chance = chance * 3 / 2;
    }
    return life->mood < -25 ? chance * 4 / 3 : chance;
}

void sj_life_contract(struct sj_life *life, int month) {
    int first = sj_calendar_month(month), next = sj_calendar_month(month + 1);
    int due = life->renewal_day - 30;
    if (life->end_day != SJ_NEVER) {
        return;
    }
    if (due >= first && due < next) {
        come_up_for_renewal(life);
    } else if (first > life->contract_day && life->settled_day < first && sj_random_below(&life->random, 10000) < hazard(life, first)) {
        int day = (int)sj_dice_between(&life->random, first, next - 1);
        ask_to_leave(life, day, day + NOTICE_DAYS);
    }
}
