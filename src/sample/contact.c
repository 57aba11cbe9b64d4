/* Questions: a customer asks on a page, in a chat, by phone or in a shop, and asks again while it is not answered. */
#include "sample/life.h"
#include "base/time.h"

#define ATTEMPTS_MAX 4
#define ASKS_AGAIN 640      /* per mille, after an answer that did not help */
#define GOES_ON_AT_ONCE 520 /* from a page that did not help to a person */

static void ask_about_contact(struct sj_life *life, struct sj_str about, const struct sj_answer *answer, unsigned topic,
                              enum sj_cause good) {
    static const uint16_t easy[7] = {1, 2, 4, 8, 20, 34, 31}, hard[7] = {27, 25, 19, 13, 9, 5, 2};
    sj_life_survey(life,
                   &(struct sj_survey){.kind = SJ_LIT("ces"),
                                       .about = about,
                                       .after_us = answer->end_us,
                                       .weights = answer->solved ? easy : hard,
                                       .lowest = 1,
                                       .n_scores = 7,
                                       .bad = answer->solved          ? SJ_CAUSE_GENERAL
                                              : good == SJ_CAUSE_SELF ? SJ_CAUSE_SELF
                                                                      : SJ_CAUSE_CHAT,
                                       .good = answer->solved ? good : SJ_CAUSE_NONE,
                                       .wait_s = SJ_SAMPLE_NONE,
                                       .topic = sj_company_topics[topic]},
                   &(struct sj_facts){.topic = topic});
}

/* The fifth planted truth: which kind of help is shown, and whether it resolves, depend on the topic and on nothing else. */
static struct sj_answer ask_page(struct sj_life *life, int64_t time_us, unsigned topic) {
    struct sj_diary *diary = life->diary;
    bool guided = sj_dice_chance(&life->random, sj_help_guided[topic]);
    bool solved = sj_dice_chance(&life->random, sj_help_resolves[topic][guided ? SJ_HELP_GUIDED : SJ_HELP_ARTICLES]);
    unsigned channel = sj_life_screen(life, &time_us);
    int64_t begin_us = time_us;
    for (int end = 0; end < 2; end++) {
        struct sj_sample_event *event = sj_life_event(life, time_us, end ? SJ_TP_HELP_END : SJ_TP_HELP_START, channel);
        event->cost = end ? SJ_SAMPLE_NONE : 500;
        event->duration_us = end ? time_us - begin_us : SJ_SAMPLE_NONE;
        sj_diary_text(diary, SJ_COL_TOPIC, sj_company_topics[topic]);
        sj_diary_text(diary, SJ_COL_HELP_KIND, sj_company_helps[guided ? SJ_HELP_GUIDED : SJ_HELP_ARTICLES]);
        time_us = end ? time_us : sj_life_later(life, time_us, 40, guided ? 600 : 420);
    }
    sj_diary_number(diary, SJ_COL_RESOLVED, solved);
    struct sj_answer answer = {.solved = solved, .end_us = time_us};
    ask_about_contact(life, SJ_LIT("help"), &answer, topic, SJ_CAUSE_SELF);
    return answer;
}

/* Within 24 hours and while the call centre is open: at some moment, else as soon as the chat is over. */
static int64_t call_back_time(struct sj_life *life, int64_t chat_us) {
    for (int tries = 0; tries < 12; tries++) {
        int64_t time_us = sj_life_later(life, chat_us, 600, 79200);
        if (sj_calendar_open(time_us, SJ_HOURS_CALLS)) {
            return time_us;
        }
    }
    return sj_life_later(life, chat_us, 3000, 5400);
}

static void talk_in_chat(struct sj_life *life, int64_t *time_us, unsigned topic) {
    static const uint16_t waits[] = {4, 12, 22, 35, 55, 90, 150, 260, 700}, talks[] = {90, 180, 260, 340, 430, 540, 700, 950, 1900};
    int64_t wait_s = sj_dice_quantile(&life->random, waits, sizeof waits / sizeof *waits);
    int64_t talk_s = sj_dice_quantile(&life->random, talks, sizeof talks / sizeof *talks);
    *time_us += wait_s * SJ_US_SECOND;
    struct sj_sample_event *event = sj_life_event(life, *time_us, SJ_TP_CHAT_AGENT, SJ_CH_CHAT);
    event->cost = 12000 + talk_s * 45;
    event->duration_us = talk_s * SJ_US_SECOND;
    sj_diary_text(life->diary, SJ_COL_TOPIC, sj_company_topics[topic]);
    sj_diary_number(life->diary, SJ_COL_WAIT_S, wait_s);
    sj_diary_text(life->diary, SJ_COL_AGENT_TEAM, SJ_LIT("chat desk"));
    *time_us += talk_s * SJ_US_SECOND;
}

/* The third planted truth: a chat about a bill often ends in a call. */
static struct sj_answer ask_chat(struct sj_life *life, int64_t time_us, unsigned topic, int attempt) {
    struct sj_diary *diary = life->diary;
    bool bounces = sj_dice_chance(&life->random, sj_chat_bounces[topic]);
    bool bot = sj_dice_chance(&life->random, topic == SJ_TOPIC_BILLING ? 150 : 320);
    bool solved = !bounces && sj_dice_chance(&life->random, bot ? 620 : 800);
    int64_t begin_us = time_us;
    sj_life_visit(life, sj_dice_chance(&life->random, 700));
    sj_life_event(life, time_us, SJ_TP_CHAT_START, SJ_CH_CHAT)->cost = 1000;
    sj_diary_text(diary, SJ_COL_TOPIC, sj_company_topics[topic]);
    time_us = sj_life_later(life, time_us, 30, 240);
    if (!bot) {
        talk_in_chat(life, &time_us, topic);
    }
    sj_life_event(life, time_us, SJ_TP_CHAT_END, SJ_CH_CHAT)->duration_us = time_us - begin_us;
    sj_diary_text(diary, SJ_COL_TOPIC, sj_company_topics[topic]);
    sj_diary_text(diary, SJ_COL_AGENT_TEAM, bot ? SJ_LIT("bot") : SJ_LIT("chat desk"));
    if (!sj_dice_chance(&life->random, 60)) {
        sj_diary_number(diary, SJ_COL_RESOLVED, solved);
    }
    struct sj_answer answer = {.solved = solved, .end_us = time_us};
    if (bounces) {
        return sj_life_call(life, call_back_time(life, time_us), topic, attempt + 1);
    }
    ask_about_contact(life, SJ_LIT("chat"), &answer, topic, SJ_CAUSE_CHAT);
    return answer;
}

static struct sj_answer ask_shop(struct sj_life *life, int day, unsigned topic) {
    struct sj_answer answer = {.solved = sj_dice_chance(&life->random, 800)};
    int64_t time_us = sj_life_at(life, day, SJ_HOURS_SHOP);
    int64_t minutes = sj_dice_between(&life->random, 4, 35);
    struct sj_sample_event *event = sj_life_event(life, time_us, SJ_TP_SHOP_VISIT, SJ_CH_SHOP);
    event->duration_us = minutes * SJ_US_MINUTE;
    event->cost = 20000 + minutes * 6000;
    sj_diary_text(life->diary, SJ_COL_REASON, SJ_LIT("help"));
    sj_diary_text(life->diary, SJ_COL_TOPIC, sj_company_topics[topic]);
    sj_diary_number(life->diary, SJ_COL_RESOLVED, answer.solved);
    answer.end_us = time_us + minutes * SJ_US_MINUTE;
    return answer;
}

/* Hard questions get a ticket; most tickets are solved within days. */
static void open_ticket(struct sj_life *life, int64_t time_us, unsigned topic, struct sj_answer *answer) {
    bool hard = topic == SJ_TOPIC_NETWORK || topic == SJ_TOPIC_DEVICE || topic == SJ_TOPIC_DELIVERY;
    if (!sj_dice_chance(&life->random, hard ? 420 : 120)) {
        return;
    }
    struct sj_str number = sj_diary_print(life->diary, "T%u", (life->index + 1) * 64u + life->n_tickets++ % 64u);
    time_us = sj_life_later(life, time_us, 60, 900);
    sj_life_event(life, time_us, SJ_TP_TICKET_OPENED, SJ_CH_SYSTEM)->cost = 80000;
    sj_diary_text(life->diary, SJ_COL_TICKET_ID, number);
    sj_diary_text(life->diary, SJ_COL_TOPIC, sj_company_topics[topic]);
    if (sj_dice_chance(&life->random, 840)) {
        int day = sj_calendar_day(time_us) + (int)sj_dice_between(&life->random, 1, 9);
        answer->end_us = sj_life_at(life, day, SJ_HOURS_ROUND);
        answer->solved = true;
        sj_life_event(life, answer->end_us, SJ_TP_TICKET_SOLVED, SJ_CH_SYSTEM);
        sj_diary_text(life->diary, SJ_COL_TICKET_ID, number);
        sj_diary_text(life->diary, SJ_COL_TOPIC, sj_company_topics[topic]);
    }
}

static struct sj_answer ask(struct sj_life *life, int day, unsigned topic, int attempt) {
    uint16_t routes[SJ_N_ROUTES];
    memcpy(routes, life->persona->routes, sizeof routes);
    routes[SJ_ROUTE_HELP] = attempt > 0 ? 0 : routes[SJ_ROUTE_HELP];
    unsigned route = sj_dice_pick(&life->random, routes, SJ_N_ROUTES);
    struct sj_answer answer;
    if (route == SJ_ROUTE_SHOP) {
        return ask_shop(life, day, topic);
    }
    if (route == SJ_ROUTE_HELP) {
        answer = ask_page(life, sj_life_at(life, day, SJ_HOURS_ONLINE), topic);
        if (answer.solved || !sj_dice_chance(&life->random, GOES_ON_AT_ONCE)) {
            return answer;
        }
        int64_t time_us = sj_life_later(life, answer.end_us, 60, 3000);
        bool open = sj_calendar_open(time_us, SJ_HOURS_CALLS);
        route = open && sj_dice_chance(&life->random, 450) ? SJ_ROUTE_CALL : SJ_ROUTE_CHAT;
        answer = route == SJ_ROUTE_CALL ? sj_life_call(life, time_us, topic, attempt) : ask_chat(life, time_us, topic, attempt);
    } else {
        int64_t time_us = sj_life_at(life, day, route == SJ_ROUTE_CALL ? SJ_HOURS_CALLS : SJ_HOURS_ONLINE);
        answer = route == SJ_ROUTE_CALL ? sj_life_call(life, time_us, topic, attempt) : ask_chat(life, time_us, topic, attempt);
    }
    if (!answer.solved) {
        open_ticket(life, answer.end_us, topic, &answer);
    }
    return answer;
}

void sj_life_question(struct sj_life *life, int day, unsigned topic) {
    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        struct sj_answer answer = ask(life, day, topic, attempt);
        if (answer.solved) {
            if (topic == SJ_TOPIC_BILLING && sj_dice_chance(&life->random, 180)) {
                int64_t time_us = sj_life_later(life, answer.end_us, 3600, 260000);
                int64_t refund = sj_dice_between(&life->random, 25, 250) * 1000;
                sj_life_event(life, time_us, SJ_TP_REFUND, SJ_CH_SYSTEM)->value = -refund;
            }
            return;
        }
        struct sj_facts facts = {.topic = topic, .times = attempt + 1};
        sj_life_feel(life, -6, attempt > 0 ? SJ_CAUSE_REPEAT : SJ_CAUSE_UNRESOLVED, &facts);
        if (!sj_dice_chance(&life->random, ASKS_AGAIN)) {
            return;
        }
        day = sj_calendar_day(answer.end_us) + (int)sj_dice_between(&life->random, 1, 8);
    }
}
