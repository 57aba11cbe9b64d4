/* See life.h: a customer's traits, and how what it does becomes an event with the identities that the channel knows. */
#include "sample/life.h"
#include "base/time.h"
#include <stdio.h>

#define ALREADY_CUSTOMER 430 /* per mille: had a contract when the period began */

int64_t sj_life_at(struct sj_life *life, int day, enum sj_hours hours) { return sj_calendar_at(&life->random, day, hours); }

int64_t sj_life_later(struct sj_life *life, int64_t time_us, int lo_s, int hi_s) {
    return time_us + sj_dice_between(&life->random, (int64_t)lo_s * 1000, (int64_t)hi_s * 1000) * SJ_US_MS;
}

bool sj_life_is_customer(const struct sj_life *life, int day) { return life->contract_day <= day && day < life->end_day; }

void sj_life_feel(struct sj_life *life, int change, enum sj_cause cause, const struct sj_facts *facts) {
    life->mood += change;
    life->mood = life->mood < -50 ? -50 : life->mood > 50 ? 50 : life->mood;
    if (change < -3) {
        life->grief = (struct sj_feeling){cause, *facts};
    } else if (change > 3) {
        life->joy = (struct sj_feeling){cause, *facts};
    }
}

const struct sj_release *sj_life_release(const struct sj_life *life, int64_t time_us) {
    int day = sj_calendar_day(time_us);
    unsigned at = 0;
    while (at + 1 < SJ_N_RELEASES && sj_releases[at + 1].day + life->update_days <= day) {
        at++;
    }
    return &sj_releases[at];
}

/* A cookie lives some months; desktop and phone have one each. */
static struct sj_str cookie(struct sj_life *life, int64_t time_us) {
    int64_t epoch = (sj_calendar_day(time_us) + 1000) / life->cookie_days;
    uint64_t id = sj_dice_mix(life->salt ^ ((uint64_t)life->index << 16) ^ ((uint64_t)epoch << 1) ^ (life->on_phone ? 1u : 0u));
    return sj_diary_print(life->diary, "k%015llx", (unsigned long long)(id >> 4));
}

static void tell_browser(struct sj_life *life, int64_t time_us) {
    struct sj_diary *diary = life->diary;
    sj_diary_text(diary, SJ_COL_COOKIE, cookie(life, time_us));
    if (life->logged_in) {
        sj_diary_text(diary, SJ_COL_USER_ID, sj_str(life->user_id));
    }
    sj_diary_text(diary, SJ_COL_DEVICE, life->on_phone ? SJ_LIT("phone") : SJ_LIT("desktop"));
    sj_diary_text(diary, SJ_COL_OS,
                  life->on_phone          ? sj_company_phone_os[life->os]
                  : life->os == SJ_OS_IOS ? SJ_LIT("macos")
                                          : SJ_LIT("windows"));
    sj_diary_text(diary, SJ_COL_LANGUAGE, sj_company_languages[life->language]);
    if (life->region_known) {
        sj_diary_text(diary, SJ_COL_REGION, sj_company_regions[life->region]);
    }
}

static void tell_app(struct sj_life *life, int64_t time_us) {
    struct sj_diary *diary = life->diary;
    sj_diary_text(diary, SJ_COL_USER_ID, sj_str(life->user_id));
    sj_diary_text(diary, SJ_COL_DEVICE, life->index % 11 == 3 ? SJ_LIT("tablet") : SJ_LIT("phone"));
    sj_diary_text(diary, SJ_COL_OS, sj_company_phone_os[life->os]);
    sj_diary_text(diary, SJ_COL_APP_VERSION, sj_life_release(life, time_us)->version);
    sj_diary_text(diary, SJ_COL_LANGUAGE, sj_company_languages[life->language]);
    if (sj_dice_chance(&life->random, 20)) {
        sj_diary_number(diary, SJ_COL_RECEIVED_AT, sj_life_later(life, time_us, 600, 130000));
    }
}

/* What the customer register adds where the customer is known by name. */
static void tell_register(struct sj_life *life, int64_t time_us) {
    struct sj_diary *diary = life->diary;
    sj_diary_text(diary, SJ_COL_SEGMENT, life->persona->segment);
    if (life->region_known) {
        sj_diary_text(diary, SJ_COL_REGION, sj_company_regions[life->region]);
    }
    if (life->age_known) {
        sj_diary_text(diary, SJ_COL_AGE_BAND, sj_company_ages[life->age]);
    }
    if (sj_life_is_customer(life, sj_calendar_day(time_us))) {
        sj_diary_text(diary, SJ_COL_PLAN, sj_plans[life->plan].name);
    }
}

/* A caller without a number is asked who is calling. */
static void tell_caller(struct sj_life *life, int64_t time_us) {
    if (life->withholds_number) {
        sj_diary_text(life->diary, SJ_COL_USER_ID, sj_str(life->user_id));
    } else {
        sj_diary_text(life->diary, SJ_COL_PHONE, sj_str(life->phone));
    }
    tell_register(life, time_us);
}

struct sj_sample_event *sj_life_event(struct sj_life *life, int64_t time_us, unsigned touchpoint, unsigned channel) {
    struct sj_sample_event *event = sj_diary_add(life->diary, time_us, touchpoint, channel);
    switch (channel) {
    case SJ_CH_WEB:
    case SJ_CH_SOCIAL: tell_browser(life, time_us); break;
    case SJ_CH_CHAT:
        sj_diary_text(life->diary, SJ_COL_COOKIE, cookie(life, time_us));
        if (life->logged_in) {
            sj_diary_text(life->diary, SJ_COL_USER_ID, sj_str(life->user_id));
        }
        sj_diary_text(life->diary, SJ_COL_LANGUAGE, sj_company_languages[life->language]);
        break;
    case SJ_CH_APP: tell_app(life, time_us); break;
    case SJ_CH_CALLS: tell_caller(life, time_us); break;
    case SJ_CH_SYSTEM:
        sj_diary_text(life->diary, SJ_COL_USER_ID, sj_str(life->user_id));
        tell_register(life, time_us);
        break;
    default: /* email, shop and survey know the address */ sj_diary_text(life->diary, SJ_COL_E_MAIL, sj_str(life->email)); break;
    }
    return event;
}

void sj_life_visit(struct sj_life *life, bool logged_in) {
    life->on_phone = sj_dice_chance(&life->random, life->persona->app * 6u / 10u + 80u);
    life->logged_in = logged_in;
}

void sj_life_page(struct sj_life *life, int64_t *time_us, unsigned touchpoint, unsigned channel) {
    static const uint16_t seconds[] = {1, 4, 9, 15, 24, 38, 60, 110, 320};
    int64_t engaged = sj_dice_quantile(&life->random, seconds, sizeof seconds / sizeof *seconds) * SJ_US_SECOND;
    sj_life_event(life, *time_us, touchpoint, channel);
    sj_diary_number(life->diary, SJ_COL_ENGAGED_TIME, engaged);
    *time_us += engaged + sj_dice_between(&life->random, 1000, 4000) * SJ_US_MS;
}

void sj_life_twice(struct sj_life *life) {
    if (sj_dice_chance(&life->random, 18)) {
        sj_diary_repeat(life->diary, sj_dice_between(&life->random, 80, 900) * SJ_US_MS);
    }
}

unsigned sj_life_screen(struct sj_life *life, int64_t *time_us) {
    bool app = life->installed && sj_dice_chance(&life->random, 830);
    sj_life_visit(life, true);
    sj_life_page(life, time_us, app ? SJ_TP_APP_OPEN : SJ_TP_ACCOUNT_LOGIN, app ? SJ_CH_APP : SJ_CH_WEB);
    return app ? SJ_CH_APP : SJ_CH_WEB;
}

/* Addresses and numbers that look real and reach nobody: example.* is kept free (RFC 2606), and no subscriber has 06-0…. */
static void make_identities(struct sj_life *life) {
    static const char *const hosts[] = {"example.nl", "example.com", "example.org", "mail.example.net"};
    uint64_t id = sj_dice_mix(life->salt ^ (uint64_t)life->index * 3);
    snprintf(life->customer, sizeof life->customer, "C%06u", life->index + 1);
    snprintf(life->user_id, sizeof life->user_id, "u%08x", (unsigned)(life->index + 1) * 2654435761u);
    snprintf(life->email, sizeof life->email, "m%06x%u@%s", (unsigned)(id & 0xffffff), life->index + 1, hosts[(id >> 24) % 4]);
    snprintf(life->phone, sizeof life->phone, "+3160%07u", life->index % 10000000u);
}

static void make_traits(struct sj_life *life) {
    struct sj_random *random = &life->random;
    uint16_t shares[SJ_N_PERSONAS];
    for (unsigned i = 0; i < SJ_N_PERSONAS; i++) {
        shares[i] = sj_personas[i].share;
    }
    static const uint16_t update_days[] = {0, 1, 1, 2, 3, 5, 8, 14, 45};
    const struct sj_persona *persona = &sj_personas[sj_dice_pick(random, shares, SJ_N_PERSONAS)];
    life->persona = persona;
    life->language = sj_dice_pick(random, sj_company_language_weights, SJ_N_LANGUAGES);
    life->region = sj_dice_pick(random, sj_company_region_weights, SJ_N_REGIONS);
    life->region_known = sj_dice_chance(random, 940);
    life->age = sj_dice_pick(random, persona->ages, SJ_N_AGES);
    life->age_known = sj_dice_chance(random, 720);
    life->plan = sj_dice_pick(random, persona->plans, SJ_N_PLANS);
    life->os = sj_dice_chance(random, persona->ios) ? SJ_OS_IOS : SJ_OS_ANDROID;
    life->has_app = sj_dice_chance(random, persona->app);
    life->colour = (unsigned)sj_random_below(random, SJ_N_COLOURS);
    life->withholds_number = sj_dice_chance(random, 60);
    life->update_days = (int)sj_dice_quantile(random, update_days, sizeof update_days / sizeof *update_days);
    life->cookie_days = (int)sj_dice_between(random, 40, 400);
    life->billing_day = (int)sj_random_below(random, 28);
    life->mood = persona->mood + (int)sj_dice_between(random, -12, 12);
    static const enum sj_cause griefs[3] = {SJ_CAUSE_PRICE, SJ_CAUSE_NETWORK, SJ_CAUSE_GENERAL};
    static const enum sj_cause joys[3] = {SJ_CAUSE_PRICE, SJ_CAUSE_NETWORK, SJ_CAUSE_GENERAL};
    life->grief.cause = griefs[sj_random_below(random, 3)];
    life->joy.cause = joys[sj_random_below(random, 3)];
    static const uint16_t chances[4] = {650, 300, 120, 40};
    for (unsigned i = 0; i < 4; i++) {
        life->shopping_days[i] = sj_dice_chance(random, chances[i]) ? sj_calendar_shopping_day(random) : SJ_NEVER;
    }
}

/* Contracts that ran when the period began are spread over the year before it, so that renewals come evenly. */
static bool begin(struct sj_life *life) {
    if (sj_dice_chance(&life->random, ALREADY_CUSTOMER)) {
        life->contract_day = -(int)sj_dice_between(&life->random, 1, 365);
        life->renewal_day = life->contract_day + 365;
        life->installed = life->has_app;
        return true;
    }
    return sj_life_meet(life);
}

void sj_life_run(struct sj_life *life, struct sj_diary *diary, uint64_t seed, uint32_t index) {
    *life = (struct sj_life){
        .diary = diary,
        .index = index,
        .salt = sj_dice_mix(seed),
        .contract_day = SJ_NEVER,
        .active_day = -SJ_NEVER,
        .renewal_day = SJ_NEVER,
        .end_day = SJ_NEVER,
        .settled_day = -SJ_NEVER,
        .long_wait_day = -SJ_NEVER,
        .surveyed_day = -SJ_NEVER,
    };
    sj_random_init(&life->random, sj_dice_mix(life->salt + index));
    make_traits(life);
    make_identities(life);
    if (!begin(life)) {
        return;
    }
    for (int month = 0; month < SJ_N_MONTHS; month++) {
        int first = sj_calendar_month(month), next = sj_calendar_month(month + 1);
        if (life->contract_day < next && life->end_day > first) {
            sj_life_contract(life, month);
            sj_life_month(life, month);
        }
    }
}
