/* Surveys: who is asked, who answers, with what score and in what words; and what promoters and detractors say in public. */
#include "sample/life.h"
#include "base/time.h"

#define INVITED 560  /* per mille of the occasions */
#define REST_DAYS 10 /* nobody is asked twice within so many days */
#define WRITES 480   /* per mille of the answers have a comment */

static enum sj_cause cause_of(struct sj_life *life, enum sj_band band, enum sj_cause bad, enum sj_cause good) {
    if (band == SJ_BAND_HIGH) {
        return good;
    }
    return band == SJ_BAND_LOW || sj_dice_chance(&life->random, 500) ? bad : SJ_CAUSE_GENERAL;
}

static struct sj_str write_comment(struct sj_life *life, enum sj_band band, enum sj_cause cause, const struct sj_facts *facts) {
    struct sj_facts full = *facts;
    full.plan = sj_plans[life->plan].name;
    return sj_comment(life->diary, &life->random, life->language, band, cause, &full);
}

static int64_t invite(struct sj_life *life, const struct sj_survey *survey) {
    int64_t time_us = sj_life_at(life, sj_calendar_day(survey->after_us) + 1, SJ_HOURS_MAIL);
    life->surveyed_day = sj_calendar_day(time_us);
    sj_life_event(life, time_us, SJ_TP_SURVEY_INVITED, SJ_CH_EMAIL)->cost = 20;
    sj_diary_text(life->diary, SJ_COL_ABOUT, survey->about);
    return time_us;
}

static void answer(struct sj_life *life, const struct sj_survey *survey, const struct sj_facts *facts, int64_t time_us, int64_t score) {
    struct sj_diary *diary = life->diary;
    enum sj_band band = sj_band_of(survey->kind, score);
    enum sj_cause cause = cause_of(life, band, survey->bad, survey->good);
    struct sj_str comment = SJ_LIT("");
    if (cause != SJ_CAUSE_NONE && sj_dice_chance(&life->random, WRITES)) {
        comment = write_comment(life, band, cause, facts);
    }
    struct sj_sample_event *event = sj_life_event(life, time_us, SJ_TP_SURVEY_ANSWERED, SJ_CH_SURVEY);
    event->score = score;
    event->score_kind = survey->kind;
    event->comment = comment;
    sj_diary_text(diary, SJ_COL_ABOUT, survey->about);
    sj_diary_text(diary, SJ_COL_LANGUAGE, sj_company_languages[life->language]);
    if (survey->topic.n > 0) {
        sj_diary_text(diary, SJ_COL_TOPIC, survey->topic);
    }
    if (survey->wait_s != SJ_SAMPLE_NONE) {
        sj_diary_number(diary, SJ_COL_WAIT_S, survey->wait_s);
    }
}

/* Answers come soon or after a day or two. */
static int64_t answer_time(struct sj_life *life, int64_t invited_us) {
    static const uint16_t minutes[] = {2, 6, 15, 40, 110, 300, 800, 1600, 4000};
    int64_t after = sj_dice_quantile(&life->random, minutes, sizeof minutes / sizeof *minutes);
    return invited_us + after * SJ_US_MINUTE + sj_dice_between(&life->random, 0, 59999) * SJ_US_MS;
}

void sj_life_survey(struct sj_life *life, const struct sj_survey *survey, const struct sj_facts *facts) {
    int day = sj_calendar_day(survey->after_us);
    if (day - life->surveyed_day < REST_DAYS || !sj_dice_chance(&life->random, INVITED)) {
        return;
    }
    int64_t invited_us = invite(life, survey);
    if (sj_dice_chance(&life->random, life->persona->answers)) {
        int64_t score = survey->lowest + sj_dice_pick(&life->random, survey->weights, survey->n_scores);
        answer(life, survey, facts, answer_time(life, invited_us), score);
    }
}

static int64_t score_by_mood(struct sj_life *life) {
    static const uint16_t noise[9] = {3, 5, 8, 13, 22, 23, 15, 8, 3}; /* from -4 to 4 */
    int64_t score = (81 + life->mood * 5 / 4) / 10 - 4 + (int64_t)sj_dice_pick(&life->random, noise, 9);
    return score < 0 ? 0 : score > 10 ? 10 : score;
}

static void speak_up(struct sj_life *life, int64_t time_us, enum sj_band band, const struct sj_feeling *feeling) {
    unsigned touchpoint = SJ_N_TOUCHPOINTS;
    if (sj_dice_chance(&life->random, 110)) {
        touchpoint = SJ_TP_REVIEW_POSTED;
    } else if (sj_dice_chance(&life->random, 80)) {
        touchpoint = SJ_TP_SOCIAL_MENTION;
    }
    time_us = sj_life_later(life, time_us, 600, 400000);
    sj_life_visit(life, false);
    if (touchpoint != SJ_N_TOUCHPOINTS) {
        struct sj_str comment = write_comment(life, band, feeling->cause, &feeling->facts);
        unsigned channel = touchpoint == SJ_TP_REVIEW_POSTED ? SJ_CH_WEB : SJ_CH_SOCIAL;
        sj_life_event(life, time_us, touchpoint, channel)->comment = comment;
    }
    if (band == SJ_BAND_HIGH && sj_dice_chance(&life->random, 130)) {
        time_us = sj_life_later(life, time_us, 600, 400000);
        sj_life_visit(life, true);
        sj_life_event(life, time_us, SJ_TP_REFERRAL_SENT, life->installed ? SJ_CH_APP : SJ_CH_WEB);
    }
}

void sj_life_relation(struct sj_life *life, int day) {
    int64_t time_us = sj_life_at(life, day, SJ_HOURS_MAIL);
    struct sj_survey survey = {.kind = SJ_LIT("nps"),
                               .about = SJ_LIT("relationship"),
                               .after_us = time_us,
                               .wait_s = SJ_SAMPLE_NONE,
                               .bad = life->grief.cause,
                               .good = life->joy.cause};
    int64_t invited_us = invite(life, &survey);
    int64_t score = score_by_mood(life);
    enum sj_band band = sj_band_of(survey.kind, score);
    const struct sj_feeling *feeling = band == SJ_BAND_HIGH ? &life->joy : &life->grief;
    if (sj_dice_chance(&life->random, life->persona->answers)) {
        answer(life, &survey, &feeling->facts, answer_time(life, invited_us), score);
    }
    if (band != SJ_BAND_MID) {
        speak_up(life, invited_us, band, feeling);
    }
}
