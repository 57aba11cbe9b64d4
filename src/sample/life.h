/* One customer's life: who it is, what it does on each channel, and the phases that it goes through. Internal to the room.
 *
 *     meet (looks around, buys or not) --> settle (delivery, activation) --> live, month by month --> renew or leave
 *                                                     |-- questions: help, chat, calls, shops --> surveys
 *
 * A phase writes into the diary and changes the state that later phases read. */
#pragma once
#include "sample/calendar.h"
#include "sample/comments.h"
#include "sample/diary.h"

#define SJ_NEVER 100000 /* a day that does not come */

struct sj_feeling {
    enum sj_cause cause;
    struct sj_facts facts;
};

struct sj_life {
    struct sj_diary *diary;
    struct sj_random random;
    uint32_t index;
    uint64_t salt;
    const struct sj_persona *persona;

    /* who it is */
    unsigned language, region, age, plan, os, colour;
    bool region_known, age_known, has_app, withholds_number;
    int shopping_days[4]; /* when it would buy something extra, SJ_NEVER where not */
    int update_days;      /* how long after a release the phone has it */
    int cookie_days;      /* how long a cookie lives */
    char customer[16], user_id[16], email[40], phone[16];

    /* the visit that goes on */
    bool on_phone, logged_in;
    bool installed; /* the app is there */

    /* where it stands */
    int contract_day;             /* when it became a customer; SJ_NEVER before */
    int active_day;               /* when it began to use what it bought */
    int renewal_day;              /* when the running year's renewal comes up; SJ_NEVER: goes on month by month */
    int settled_day;              /* does not think of leaving before */
    int end_day;                  /* first day without a contract */
    int billing_day;              /* of the month, from 0 */
    int long_wait_day;            /* the last call that waited too long; -SJ_NEVER: none */
    int surveyed_day;             /* the last invitation */
    int mood;                     /* -50 to 50 */
    struct sj_feeling grief, joy; /* what it would complain about, or praise */
    uint32_t n_orders, n_tickets;
};

/* Makes customer `index` and lets it live; its events are in the diary. */
void sj_life_run(struct sj_life *life, struct sj_diary *diary, uint64_t seed, uint32_t index);

/* life.c: the ways in which a life writes its diary */
struct sj_sample_event *sj_life_event(struct sj_life *life, int64_t time_us, unsigned touchpoint, unsigned channel);
int64_t sj_life_at(struct sj_life *life, int day, enum sj_hours hours);
int64_t sj_life_later(struct sj_life *life, int64_t time_us, int lo_s, int hi_s); /* so many seconds on */
void sj_life_visit(struct sj_life *life, bool logged_in);                         /* a new visit in the browser begins */
/* The release on this customer's phone: the newest that is out for as long as the customer takes to update. */
const struct sj_release *sj_life_release(const struct sj_life *life, int64_t time_us);
unsigned sj_life_screen(struct sj_life *life, int64_t *time_us); /* opens app or account and gives the channel; the time moves on */
void sj_life_page(struct sj_life *life, int64_t *time_us, unsigned touchpoint, unsigned channel); /* a page is looked at */
void sj_life_twice(struct sj_life *life); /* now and then a click counts double: once more what was added last */
/* The mood changes; when by much, this is what the customer remembers. */
void sj_life_feel(struct sj_life *life, int change, enum sj_cause cause, const struct sj_facts *facts);
bool sj_life_is_customer(const struct sj_life *life, int day);

/* purchase.c */
bool sj_life_meet(struct sj_life *life); /* the way to the first order; false: none */
void sj_life_shop_more(struct sj_life *life, int day);

/* service.c */
void sj_life_settle(struct sj_life *life, int64_t ordered_us, bool carried_home);
void sj_life_month(struct sj_life *life, int month);

/* contact.c, call.c */
void sj_life_question(struct sj_life *life, int day, unsigned topic);
struct sj_answer {
    bool solved;
    int64_t end_us;
};
/* `attempt`: how many times it has asked before. */
struct sj_answer sj_life_call(struct sj_life *life, int64_t time_us, unsigned topic, int attempt);

/* contract.c */
void sj_life_contract(struct sj_life *life, int month);

/* survey.c */
struct sj_survey {
    struct sj_str kind, about;
    int64_t after_us;        /* when what it asks about was over */
    const uint16_t *weights; /* of the scores from `lowest` on; NULL: by mood */
    int64_t lowest;
    unsigned n_scores;
    enum sj_cause bad, good; /* what a low and a high answer would name; SJ_CAUSE_NONE: no words */
    int64_t wait_s;          /* SJ_SAMPLE_NONE where nobody waited */
    struct sj_str topic;     /* length 0: none */
};
void sj_life_survey(struct sj_life *life, const struct sj_survey *survey, const struct sj_facts *facts);
void sj_life_relation(struct sj_life *life, int day); /* the half-yearly NPS and what comes of it */
