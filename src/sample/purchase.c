/* How customers buy: the way of a newcomer to the first contract, and what customers buy besides. */
#include "sample/life.h"
#include "base/time.h"

#define BUYS_IN_THE_END 690 /* per mille of newcomers; the rest only look around */
#define LEAVES_BASKET 210
#define LEAVES_CHECKOUT 120 /* before paying */
#define TRIES_PAYMENT_AGAIN 560
#define COMES_BACK 380 /* a day later in the browser, after payments that failed */
#define ACTIVATION_FEE 200000

/* One order as it comes about. */
struct order {
    unsigned channel;
    struct sj_str product;
    int64_t value;
    int64_t time_us; /* moves on; when it is placed in the end */
    int failures;
};

static struct sj_str campaign_at(int day) {
    if ((day >= 140 && day < 154) || (day >= 504 && day < 518)) {
        return SJ_LIT("black_friday");
    }
    if (day % 365 < 60) {
        return SJ_LIT("summer_roaming");
    }
    return day % 365 < 100 ? SJ_LIT("back_to_school") : day % 365 < 170 ? SJ_LIT("autumn_data") : SJ_LIT("always_on");
}

/* What is seen before the click. */
static struct sj_str arrive_by_ad(struct sj_life *life, int64_t time_us) {
    for (int64_t n = sj_dice_between(&life->random, 1, 3); n > 1; n--) {
        sj_life_event(life, sj_life_later(life, time_us, -320000, -7000), SJ_TP_AD_IMPRESSION, SJ_CH_SOCIAL)->cost = 120;
    }
    struct sj_str campaign = campaign_at(sj_calendar_day(time_us));
    sj_life_event(life, sj_life_later(life, time_us, -90, -20), SJ_TP_AD_IMPRESSION, SJ_CH_SOCIAL)->cost = 120;
    sj_life_event(life, sj_life_later(life, time_us, -9, -2), SJ_TP_AD_CLICK, SJ_CH_SOCIAL)->cost = 4500;
    sj_diary_text(life->diary, SJ_COL_CAMPAIGN, campaign);
    return campaign;
}

static struct sj_str arrive(struct sj_life *life, int64_t time_us) {
    static const uint16_t ways[4] = {34, 14, 12, 40};
    switch (sj_dice_pick(&life->random, ways, 4)) {
    case 0: return arrive_by_ad(life, time_us);
    case 1: sj_life_event(life, sj_life_later(life, time_us, -60, -5), SJ_TP_SOCIAL_POST_VIEW, SJ_CH_SOCIAL); return SJ_LIT("social");
    case 2: sj_life_event(life, sj_life_later(life, time_us, -40, -4), SJ_TP_NEWSLETTER_OPEN, SJ_CH_EMAIL); return SJ_LIT("newsletter");
    default: return SJ_LIT("search");
    }
}

static void look_at_page(struct sj_life *life, int64_t *time_us) {
    static const unsigned pages[5] = {SJ_TP_PLAN_OVERVIEW, SJ_TP_PLAN_COMPARISON, SJ_TP_COVERAGE_CHECK, SJ_TP_DEVICE_PAGE,
                                      SJ_TP_REVIEWS_READ};
    static const uint16_t weights[5] = {30, 22, 12, 22, 14};
    unsigned page = pages[sj_dice_pick(&life->random, weights, 5)];
    int day = sj_calendar_day(*time_us);
    sj_life_page(life, time_us, page, SJ_CH_WEB);
    if (page == SJ_TP_PLAN_OVERVIEW) {
        sj_diary_text(life->diary, SJ_COL_PAGE_VERSION, day < SJ_PAGE_CHANGE_DAY ? SJ_LIT("A") : SJ_LIT("B"));
    } else if (page == SJ_TP_DEVICE_PAGE) {
        sj_diary_text(life->diary, SJ_COL_PRODUCT, sj_products[5 + sj_random_below(&life->random, 5)].name);
    }
    sj_life_twice(life);
}

static int64_t look_around(struct sj_life *life, int day) {
    const struct sj_persona *persona = life->persona;
    int64_t time_us = sj_life_at(life, day, SJ_HOURS_ONLINE);
    sj_life_visit(life, false);
    struct sj_str campaign = arrive(life, time_us);
    sj_life_page(life, &time_us, SJ_TP_LANDING_PAGE, SJ_CH_WEB);
    sj_diary_text(life->diary, SJ_COL_CAMPAIGN, campaign);
    sj_diary_text(life->diary, SJ_COL_BANNER_COLOUR, sj_company_colours[life->colour]);
    sj_life_twice(life);
    for (int64_t n = sj_dice_between(&life->random, persona->pages[0], persona->pages[1]) - 1; n > 0; n--) {
        look_at_page(life, &time_us);
    }
    return time_us;
}

static struct sj_str order_number(struct sj_life *life) {
    return sj_diary_print(life->diary, "O%u", (life->index + 1) * 16u + life->n_orders++ % 16u);
}

static void place(struct sj_life *life, struct order *order) {
    struct sj_diary *diary = life->diary;
    struct sj_str number = order_number(life);
    sj_life_event(life, order->time_us, SJ_TP_ORDER_PLACED, order->channel)->value = order->value;
    sj_diary_text(diary, SJ_COL_ORDER_ID, number);
    sj_diary_text(diary, SJ_COL_PRODUCT, order->product);
    if (order->channel != SJ_CH_CALLS) { /* there the register has told it */
        sj_diary_text(diary, SJ_COL_SEGMENT, life->persona->segment);
    }
    sj_life_event(life, sj_life_later(life, order->time_us, 3, 200), SJ_TP_ORDER_CONFIRMATION, SJ_CH_EMAIL)->cost = 20;
    sj_diary_text(diary, SJ_COL_ORDER_ID, number);
}

/* Whether this payment fails: the first of the planted truths. */
static bool payment_fails(struct sj_life *life, const struct order *order) {
    bool broken =
        order->channel == SJ_CH_APP && life->os == SJ_OS_ANDROID && sj_life_release(life, order->time_us)->android_checkout_broken;
    return sj_dice_chance(&life->random, broken ? SJ_PAYMENT_FAILS_BROKEN : SJ_PAYMENT_FAILS);
}

static bool pay(struct sj_life *life, struct order *order) {
    static const struct sj_str methods[3] = {{"bank", 4}, {"card", 4}, {"wallet", 6}};
    static const struct sj_str reasons[3] = {{"timeout", 7}, {"refused", 7}, {"page_error", 10}};
    static const uint16_t weights[3] = {68, 18, 14};
    struct sj_str method = methods[sj_dice_pick(&life->random, weights, 3)];
    for (int tries = 0; tries < 3; tries++) {
        order->time_us = sj_life_later(life, order->time_us, 25, 140);
        bool fails = payment_fails(life, order);
        sj_life_event(life, order->time_us, fails ? SJ_TP_PAYMENT_FAILED : SJ_TP_PAYMENT, order->channel);
        sj_diary_text(life->diary, SJ_COL_PAYMENT_METHOD, method);
        if (!fails) {
            order->time_us = sj_life_later(life, order->time_us, 1, 6);
            return true;
        }
        sj_diary_text(life->diary, SJ_COL_REASON, reasons[sj_random_below(&life->random, 3)]);
        order->failures++;
        if (!sj_dice_chance(&life->random, TRIES_PAYMENT_AGAIN)) {
            break;
        }
    }
    return false;
}

/* From the basket to the end, in web or app. */
static bool check_out(struct sj_life *life, struct order *order) {
    sj_life_page(life, &order->time_us, SJ_TP_ADD_TO_BASKET, order->channel);
    sj_diary_text(life->diary, SJ_COL_PRODUCT, order->product);
    sj_life_twice(life);
    if (sj_dice_chance(&life->random, LEAVES_BASKET)) {
        sj_life_event(life, sj_life_later(life, order->time_us, 72000, 100000), SJ_TP_BASKET_REMINDER, SJ_CH_EMAIL)->cost = 20;
        if (!sj_dice_chance(&life->random, 420)) {
            return false;
        }
        order->time_us = sj_life_at(life, sj_calendar_day(order->time_us) + 2, SJ_HOURS_ONLINE);
    }
    sj_life_event(life, order->time_us, SJ_TP_CHECKOUT_START, order->channel);
    sj_diary_text(life->diary, SJ_COL_PRODUCT, order->product);
    return !sj_dice_chance(&life->random, LEAVES_CHECKOUT) && pay(life, order);
}

static void ask_about_order(struct sj_life *life, const struct order *order) {
    static const uint16_t smooth[7] = {2, 3, 5, 9, 19, 32, 30}, rough[7] = {24, 24, 20, 13, 10, 6, 3};
    sj_life_survey(life,
                   &(struct sj_survey){.kind = SJ_LIT("ces"),
                                       .about = SJ_LIT("order"),
                                       .after_us = order->time_us,
                                       .weights = order->failures > 0 ? rough : smooth,
                                       .lowest = 1,
                                       .n_scores = 7,
                                       .bad = order->failures > 0 ? SJ_CAUSE_CHECKOUT : SJ_CAUSE_GENERAL,
                                       .good = order->failures > 0 ? SJ_CAUSE_NONE : SJ_CAUSE_CHECKOUT,
                                       .wait_s = SJ_SAMPLE_NONE},
                   &(struct sj_facts){.product = order->product});
}

/* An order in web or app, with a second try in the browser where payments failed. */
static bool order_online(struct sj_life *life, struct order *order) {
    bool placed = check_out(life, order);
    if (!placed && order->failures > 0 && sj_dice_chance(&life->random, COMES_BACK)) {
        order->time_us = sj_life_at(life, sj_calendar_day(order->time_us) + 1, SJ_HOURS_ONLINE);
        order->channel = SJ_CH_WEB;
        placed = check_out(life, order);
    }
    if (order->failures > 0) {
        sj_life_feel(life, -8 * order->failures, SJ_CAUSE_CHECKOUT, &(struct sj_facts){.product = order->product});
    }
    if (placed) {
        place(life, order);
        ask_about_order(life, order);
    }
    return placed;
}

static bool order_in_shop(struct sj_life *life, struct order *order) {
    order->time_us = sj_life_at(life, sj_calendar_day(order->time_us), SJ_HOURS_SHOP);
    sj_life_event(life, order->time_us, SJ_TP_SHOP_VISIT, SJ_CH_SHOP)->cost = 60000;
    sj_diary_text(life->diary, SJ_COL_REASON, SJ_LIT("buy"));
    if (sj_dice_chance(&life->random, 120)) {
        return false;
    }
    order->time_us = sj_life_later(life, order->time_us, 400, 2400);
    place(life, order);
    return true;
}

/* By phone: who is not answered tries again on another day, three times at most. */
static bool order_by_phone(struct sj_life *life, struct order *order) {
    for (int attempt = 0; attempt < 3; attempt++) {
        int64_t at = sj_life_at(life, sj_calendar_day(order->time_us) + attempt * 2, SJ_HOURS_CALLS);
        struct sj_answer answer = sj_life_call(life, at, SJ_TOPIC_CONTRACT, attempt);
        if (answer.solved) {
            order->time_us = sj_life_later(life, answer.end_us, 5, 90);
            place(life, order);
            return true;
        }
    }
    return false;
}

static bool order_by(struct sj_life *life, struct order *order, unsigned way) {
    switch (way) {
    case SJ_BUY_SHOP: order->channel = SJ_CH_SHOP; return order_in_shop(life, order);
    case SJ_BUY_CALL: order->channel = SJ_CH_CALLS; return order_by_phone(life, order);
    case SJ_BUY_APP: order->channel = SJ_CH_APP; return order_online(life, order);
    default: order->channel = SJ_CH_WEB; return order_online(life, order);
    }
}

static void install_app(struct sj_life *life, int64_t *time_us) {
    life->has_app = life->installed = true;
    sj_life_event(life, *time_us, SJ_TP_APP_INSTALL, SJ_CH_APP);
    *time_us = sj_life_later(life, *time_us, 20, 200);
    sj_life_page(life, time_us, SJ_TP_APP_OPEN, SJ_CH_APP);
}

bool sj_life_meet(struct sj_life *life) {
    const struct sj_persona *persona = life->persona;
    bool buys = sj_dice_chance(&life->random, BUYS_IN_THE_END);
    unsigned way = sj_dice_pick(&life->random, persona->buys, SJ_N_BUYS);
    int last = sj_calendar_shopping_day(&life->random);
    int day = last;
    int64_t time_us = look_around(life, last);
    for (int64_t n = sj_dice_between(&life->random, persona->visits[0], persona->visits[1]); n > 1; n--) {
        day -= (int)sj_dice_between(&life->random, 1, 8);
        look_around(life, day);
    }
    if (!buys) {
        return false;
    }
    bool phone = sj_dice_chance(&life->random, 330);
    struct order order = {
        .product = sj_plans[life->plan].name,
        .value = ACTIVATION_FEE + (phone ? sj_products[5 + sj_random_below(&life->random, 3)].price : 0),
        .time_us = time_us,
    };
    sj_life_visit(life, sj_dice_chance(&life->random, 300));
    if (way == SJ_BUY_APP) {
        install_app(life, &order.time_us);
    }
    if (!order_by(life, &order, way)) {
        return false;
    }
    sj_life_settle(life, order.time_us, way == SJ_BUY_SHOP);
    return true;
}

void sj_life_shop_more(struct sj_life *life, int day) {
    static const uint16_t weights[SJ_N_PRODUCTS] = {34, 14, 12, 10, 9, 6, 4, 4, 4, 3};
    const struct sj_product *product = &sj_products[sj_dice_pick(&life->random, weights, SJ_N_PRODUCTS)];
    struct order order = {.product = product->name, .value = product->price, .time_us = sj_life_at(life, day, SJ_HOURS_ONLINE)};
    unsigned way = sj_dice_chance(&life->random, 90) ? SJ_BUY_SHOP : SJ_BUY_WEB;
    if (way == SJ_BUY_WEB) {
        way = sj_life_screen(life, &order.time_us) == SJ_CH_APP ? SJ_BUY_APP : SJ_BUY_WEB;
    }
    order_by(life, &order, way);
}
