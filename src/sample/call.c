/* A call: menu, queue, talk, transfers, end; and what the caller thinks of it. */
#include "sample/life.h"
#include "base/time.h"

/* Quantiles at steps of five per cent, seconds. */
static const uint16_t waits[] = {4, 8, 14, 20, 28, 37, 47, 59, 73, 90, 110, 134, 160, 190, 228, 275, 340, 430, 560, 820, 1900};
static const uint16_t talks[] = {50, 90, 120, 150, 178, 205, 232, 260, 288, 318, 350, 385, 422, 464, 512, 568, 636, 726, 860, 1120, 2400};
#define N_QUANTILES 21
#define WAIT_MAX_S 3400
static const uint16_t resolves[SJ_N_TOPICS] = {780, 660, 710, 880, 740, 800};

struct call {
    unsigned topic;
    int64_t time_us, wait_s, talk_s;
    int transfers, attempt;
    bool solved;
};

static void note(struct sj_life *life, const struct call *call, unsigned touchpoint) {
    sj_life_event(life, call->time_us, touchpoint, SJ_CH_CALLS);
    sj_diary_text(life->diary, SJ_COL_TOPIC, sj_company_topics[call->topic]);
}

static int64_t draw_wait(struct sj_life *life, int64_t time_us) {
    int64_t wait_s = sj_dice_quantile(&life->random, waits, N_QUANTILES) * sj_calendar_load(sj_calendar_day(time_us)) / 100;
    return wait_s < WAIT_MAX_S ? wait_s : WAIT_MAX_S;
}

/* False: the caller hangs up before somebody answers. */
static bool wait_in_queue(struct sj_life *life, struct call *call) {
    static const struct sj_str queues[SJ_N_TOPICS] = {{"billing", 7}, {"technical", 9}, {"technical", 9},
                                                      {"general", 7}, {"orders", 6},    {"contracts", 9}};
    call->wait_s = draw_wait(life, call->time_us);
    bool hangs_up = call->wait_s > 420 && sj_dice_chance(&life->random, call->wait_s > 900 ? 340 : 260);
    int64_t in_queue_s = hangs_up ? sj_dice_between(&life->random, 300, call->wait_s - 60) : call->wait_s;
    struct sj_sample_event *event = sj_life_event(life, call->time_us, SJ_TP_CALL_QUEUE, SJ_CH_CALLS);
    event->duration_us = in_queue_s * SJ_US_SECOND;
    sj_diary_text(life->diary, SJ_COL_TOPIC, sj_company_topics[call->topic]);
    sj_diary_text(life->diary, SJ_COL_QUEUE, queues[call->topic]);
    call->time_us += in_queue_s * SJ_US_SECOND;
    if (hangs_up) {
        note(life, call, SJ_TP_CALL_ABANDONED);
        sj_life_feel(life, -6, SJ_CAUSE_WAIT, &(struct sj_facts){.wait_s = in_queue_s});
    }
    return !hangs_up;
}

/* One talk with one team; the wait stands on the first. */
static void talk(struct sj_life *life, struct call *call) {
    static const struct sj_str teams[3] = {{"first line A", 12}, {"first line B", 12}, {"first line C", 12}};
    int64_t talk_s = sj_dice_quantile(&life->random, talks, N_QUANTILES);
    struct sj_sample_event *event = sj_life_event(life, call->time_us, SJ_TP_CALL_TALK, SJ_CH_CALLS);
    event->duration_us = talk_s * SJ_US_SECOND;
    event->cost = 14000 + talk_s * 140;
    sj_diary_text(life->diary, SJ_COL_TOPIC, sj_company_topics[call->topic]);
    sj_diary_number(life->diary, SJ_COL_TALK_S, talk_s);
    sj_diary_text(life->diary, SJ_COL_AGENT_TEAM, call->transfers > 0 ? SJ_LIT("second line") : teams[sj_random_below(&life->random, 3)]);
    if (call->transfers == 0) {
        sj_diary_number(life->diary, SJ_COL_WAIT_S, call->wait_s);
    }
    call->time_us += talk_s * SJ_US_SECOND;
    call->talk_s += talk_s;
}

static void finish(struct sj_life *life, const struct call *call) {
    note(life, call, SJ_TP_CALL_END);
    sj_diary_number(life->diary, SJ_COL_TALK_S, call->talk_s);
    sj_diary_number(life->diary, SJ_COL_TRANSFERS, call->transfers);
    if (!sj_dice_chance(&life->random, 50)) {
        sj_diary_number(life->diary, SJ_COL_RESOLVED, call->solved);
    }
}

static enum sj_cause complaint(const struct call *call) {
    if (call->wait_s > SJ_LONG_WAIT_S) {
        return SJ_CAUSE_WAIT;
    }
    if (call->transfers > 0) {
        return SJ_CAUSE_TRANSFER;
    }
    if (call->solved) {
        return SJ_CAUSE_GENERAL;
    }
    return call->attempt > 0 ? SJ_CAUSE_REPEAT : SJ_CAUSE_UNRESOLVED;
}

/* The second planted truth: a long wait costs satisfaction now, and (contract.c) customers later. */
static void judge(struct sj_life *life, const struct call *call) {
    static const uint16_t weights[2][2][5] = {{{25, 25, 25, 18, 7}, {48, 27, 15, 8, 2}}, {{3, 5, 14, 40, 38}, {15, 19, 28, 26, 12}}};
    bool waited = call->wait_s > SJ_LONG_WAIT_S, at_once = call->solved && call->transfers == 0 && call->attempt == 0;
    struct sj_facts facts = {.wait_s = call->wait_s, .times = call->attempt + 1, .topic = call->topic};
    if (waited) {
        life->long_wait_day = sj_calendar_day(call->time_us);
        sj_life_feel(life, -12, SJ_CAUSE_WAIT, &facts);
    } else if (call->solved) {
        sj_life_feel(life, at_once ? 5 : 1, SJ_CAUSE_AGENT, &facts);
    }
    if (call->transfers > 0) {
        sj_life_feel(life, -4, SJ_CAUSE_TRANSFER, &facts);
    }
    enum sj_cause good = at_once ? SJ_CAUSE_AGENT : call->solved && !waited ? SJ_CAUSE_GENERAL : SJ_CAUSE_NONE;
    bool praises_speed = call->solved && call->wait_s < 60 && sj_dice_chance(&life->random, 250);
    sj_life_survey(life,
                   &(struct sj_survey){.kind = SJ_LIT("csat"),
                                       .about = SJ_LIT("call"),
                                       .after_us = call->time_us,
                                       .weights = weights[call->solved][waited],
                                       .lowest = 1,
                                       .n_scores = 5,
                                       .bad = complaint(call),
                                       .good = praises_speed ? SJ_CAUSE_WAIT : good,
                                       .wait_s = call->wait_s,
                                       .topic = sj_company_topics[call->topic]},
                   &facts);
}

struct sj_answer sj_life_call(struct sj_life *life, int64_t time_us, unsigned topic, int attempt) {
    struct call call = {.topic = topic, .time_us = time_us, .attempt = attempt};
    sj_life_event(life, call.time_us, SJ_TP_CALL_START, SJ_CH_CALLS)->cost = 2000;
    call.time_us = sj_life_later(life, call.time_us, 4, 15);
    note(life, &call, SJ_TP_CALL_MENU);
    call.time_us = sj_life_later(life, call.time_us, 12, 70);
    bool by_menu = topic != SJ_TOPIC_CONTRACT && sj_dice_chance(&life->random, 80);
    if (by_menu) {
        call.solved = true;
        finish(life, &call);
        return (struct sj_answer){.solved = true, .end_us = call.time_us};
    }
    if (!wait_in_queue(life, &call)) {
        return (struct sj_answer){.solved = false, .end_us = call.time_us};
    }
    talk(life, &call);
    while (call.transfers < 3 && sj_dice_chance(&life->random, topic == SJ_TOPIC_BILLING ? 220 : 150)) {
        call.transfers++;
        call.time_us = sj_life_later(life, call.time_us, 1, 3);
        note(life, &call, SJ_TP_CALL_TRANSFER);
        call.time_us = sj_life_later(life, call.time_us, 15, 200);
        talk(life, &call);
    }
    call.solved = sj_dice_chance(&life->random, resolves[topic] - 60u * (unsigned)call.transfers);
    finish(life, &call);
    judge(life, &call);
    return (struct sj_answer){.solved = call.solved, .end_us = call.time_us};
}
