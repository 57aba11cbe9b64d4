/* Being a customer: the first days, and a month with invoices, looks at the app, outages and questions. */
#include "sample/life.h"
#include "base/time.h"

static void ask_about_delivery(struct sj_life *life, int64_t time_us, bool late, const struct sj_facts *facts) {
    static const uint16_t good[5] = {2, 3, 10, 38, 47}, bad[5] = {34, 28, 20, 13, 5};
    sj_life_survey(life,
                   &(struct sj_survey){.kind = SJ_LIT("csat"),
                                       .about = SJ_LIT("delivery"),
                                       .after_us = time_us,
                                       .weights = late ? bad : good,
                                       .lowest = 1,
                                       .n_scores = 5,
                                       .bad = late ? SJ_CAUSE_DELIVERY : SJ_CAUSE_GENERAL,
                                       .good = late ? SJ_CAUSE_NONE : SJ_CAUSE_DELIVERY,
                                       .wait_s = SJ_SAMPLE_NONE},
                   facts);
}

/* Brings the parcel and gives the moment at which it is there. */
static int64_t deliver(struct sj_life *life, int64_t ordered_us) {
    int day = sj_calendar_day(ordered_us);
    bool busy = (day >= 147 && day < 178) || (day >= 511 && day < 542);
    bool late = sj_dice_chance(&life->random, busy ? 240 : 100);
    int days = (int)(late ? sj_dice_between(&life->random, 5, 10) : sj_dice_between(&life->random, 1, 3));
    int64_t sent_us = late ? sj_life_later(life, ordered_us, 100000, 180000) : sj_life_later(life, ordered_us, 2400, 18000);
    sj_life_event(life, sent_us, SJ_TP_PARCEL_SENT, SJ_CH_EMAIL)->cost = 59500;
    if (late) {
        sj_life_event(life, sj_life_at(life, day + 3, SJ_HOURS_MAIL), SJ_TP_PARCEL_DELAYED, SJ_CH_EMAIL)->cost = 20;
        sj_diary_text(life->diary, SJ_COL_REASON, busy ? SJ_LIT("busy") : SJ_LIT("address"));
    }
    int64_t there_us = sj_life_at(life, day + days, SJ_HOURS_ROUND);
    sj_life_event(life, there_us, SJ_TP_PARCEL_DELIVERED, SJ_CH_SYSTEM);
    sj_diary_number(life->diary, SJ_COL_DELIVERY_DAYS, days);
    struct sj_facts facts = {.days = days};
    sj_life_feel(life, late ? -10 : 5, SJ_CAUSE_DELIVERY, &facts);
    if (late && sj_dice_chance(&life->random, 300)) {
        sj_life_question(life, day + 4, SJ_TOPIC_DELIVERY);
    }
    ask_about_delivery(life, there_us, late, &facts);
    return there_us;
}

void sj_life_settle(struct sj_life *life, int64_t ordered_us, bool carried_home) {
    int day = sj_calendar_day(ordered_us);
    life->contract_day = day;
    life->renewal_day = day + 365;
    int64_t time_us = carried_home ? sj_life_later(life, ordered_us, 3600, 20000) : deliver(life, ordered_us);
    time_us = sj_life_later(life, time_us, 1800, 60000);
    sj_life_visit(life, true);
    if (life->has_app && !life->installed) {
        life->installed = true;
        sj_life_event(life, sj_life_later(life, time_us, -900, -60), SJ_TP_APP_INSTALL, SJ_CH_APP);
    }
    sj_life_event(life, time_us, SJ_TP_SIM_ACTIVATION, life->installed ? SJ_CH_APP : SJ_CH_WEB);
    sj_life_event(life, sj_life_later(life, time_us, 300, 40000), SJ_TP_FIRST_USE, SJ_CH_SYSTEM);
    life->active_day = sj_calendar_day(time_us) + 1;
    if (sj_dice_chance(&life->random, 90)) {
        sj_life_question(life, life->active_day, SJ_TOPIC_DEVICE);
    }
}

/* Most pay by direct debit after a week; the others are late, and a few of those never pay. */
static void pay_invoice(struct sj_life *life, int day, struct sj_str number, int64_t amount) {
    bool late = sj_dice_chance(&life->random, 65);
    if (late) {
        sj_life_event(life, sj_life_at(life, day + 16, SJ_HOURS_MAIL), SJ_TP_PAYMENT_REMINDER, SJ_CH_EMAIL)->cost = 5000;
        sj_diary_text(life->diary, SJ_COL_INVOICE_ID, number);
        if (sj_dice_chance(&life->random, 90)) {
            return;
        }
    }
    int paid_day = day + (int)(late ? sj_dice_between(&life->random, 17, 29) : sj_dice_between(&life->random, 7, 8));
    sj_life_event(life, sj_life_at(life, paid_day, SJ_HOURS_ROUND), SJ_TP_INVOICE_PAID, SJ_CH_SYSTEM)->value = amount;
    sj_diary_text(life->diary, SJ_COL_INVOICE_ID, number);
    sj_diary_text(life->diary, SJ_COL_PAYMENT_METHOD, late ? SJ_LIT("bank") : SJ_LIT("direct_debit"));
}

static void send_invoice(struct sj_life *life, int month, int day) {
    bool surprise = sj_dice_chance(&life->random, 85);
    int64_t extra = surprise ? sj_dice_between(&life->random, 40, 450) * 1000 : 0;
    int64_t amount = sj_plans[life->plan].price + extra;
    struct sj_str number = sj_diary_print(life->diary, "F%d%02d-%u", 2024 + (month + 6) / 12, (month + 6) % 12 + 1, life->index + 1);
    sj_life_event(life, sj_life_at(life, day, SJ_HOURS_MAIL), SJ_TP_INVOICE_SENT, SJ_CH_EMAIL)->cost = 20;
    sj_diary_text(life->diary, SJ_COL_INVOICE_ID, number);
    sj_diary_number(life->diary, SJ_COL_AMOUNT, amount);
    sj_diary_number(life->diary, SJ_COL_DUE_DATE, SJ_SAMPLE_FROM_US + (day + 14) * SJ_US_DAY);
    if (sj_dice_chance(&life->random, surprise ? 600 : 130)) {
        int64_t time_us = sj_life_at(life, day + (int)sj_random_below(&life->random, 4), SJ_HOURS_ONLINE);
        unsigned channel = sj_life_screen(life, &time_us);
        sj_life_page(life, &time_us, SJ_TP_INVOICE_VIEW, channel);
        sj_diary_text(life->diary, SJ_COL_INVOICE_ID, number);
    }
    pay_invoice(life, day, number, amount);
    if (surprise) {
        sj_life_feel(life, -5, SJ_CAUSE_BILLING, &(struct sj_facts){.amount = amount});
        if (sj_dice_chance(&life->random, 330)) {
            sj_life_question(life, day + (int)sj_dice_between(&life->random, 1, 8), SJ_TOPIC_BILLING);
        }
    }
}

static int some_day(struct sj_life *life, int lo, int hi) { return (int)sj_dice_between(&life->random, lo, hi - 1); }

static void look_at_account(struct sj_life *life, int day) {
    int64_t time_us = sj_life_at(life, day, SJ_HOURS_ONLINE);
    unsigned channel = sj_life_screen(life, &time_us);
    if (sj_dice_chance(&life->random, 620)) {
        sj_life_page(life, &time_us, SJ_TP_USAGE_VIEW, channel);
        sj_life_twice(life);
    }
    if (sj_dice_chance(&life->random, 90)) {
        sj_life_page(life, &time_us, SJ_TP_DEVICE_PAGE, channel);
    }
}

static void look(struct sj_life *life, int lo, int hi) {
    unsigned tenths = life->persona->looks;
    unsigned n = tenths / 10 + (sj_random_below(&life->random, 10) < tenths % 10 ? 1 : 0);
    for (uint64_t i = sj_random_below(&life->random, 2 * n + 1); i > 0; i--) {
        look_at_account(life, some_day(life, lo, hi));
    }
}

static void network(struct sj_life *life, int lo, int hi) {
    if (sj_dice_chance(&life->random, 60)) {
        int day = some_day(life, lo, hi);
        sj_life_event(life, sj_life_at(life, day, SJ_HOURS_ONLINE), SJ_TP_USAGE_ALERT, SJ_CH_SYSTEM);
        if (sj_dice_chance(&life->random, 220)) {
            sj_life_shop_more(life, day + 1);
        }
    }
    for (int day = lo; day < hi; day++) {
        if (sj_calendar_outage(day) && sj_dice_chance(&life->random, 240)) {
            sj_life_event(life, sj_life_at(life, day, SJ_HOURS_ROUND), SJ_TP_OUTAGE_NOTICE, SJ_CH_SYSTEM);
            sj_life_feel(life, -6, SJ_CAUSE_NETWORK, &(struct sj_facts){.days = 0});
            if (sj_dice_chance(&life->random, 340)) {
                sj_life_question(life, day, SJ_TOPIC_NETWORK);
            }
        }
    }
}

void sj_life_month(struct sj_life *life, int month) {
    int first = sj_calendar_month(month), next = sj_calendar_month(month + 1);
    int lo = first > life->active_day ? first : life->active_day, hi = next < life->end_day ? next : life->end_day;
    if (lo >= hi) {
        return;
    }
    if (first + life->billing_day >= lo && first + life->billing_day < hi) {
        send_invoice(life, month, first + life->billing_day);
    }
    look(life, lo, hi);
    network(life, lo, hi);
    if (sj_dice_chance(&life->random, life->persona->issue)) {
        int day = some_day(life, lo, hi);
        sj_life_question(life, day, sj_dice_pick(&life->random, sj_company_topic_weights, SJ_N_TOPICS));
    }
    for (size_t i = 0; i < sizeof life->shopping_days / sizeof *life->shopping_days; i++) {
        if (life->shopping_days[i] >= lo && life->shopping_days[i] < hi) {
            sj_life_shop_more(life, life->shopping_days[i]);
        }
    }
    if ((life->index + (unsigned)month) % 6 == 0) {
        sj_life_relation(life, some_day(life, lo, hi));
    }
    life->mood += (life->persona->mood - life->mood) / 4;
}
