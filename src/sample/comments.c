/* See comments.h. */
#include "sample/comments.h"
#include <stdio.h>

#define TAIL 340 /* per mille of the comments have a second sentence */

const struct sj_phrases *sj_phrases_of(unsigned language) {
    static const struct sj_phrases *const all[SJ_N_LANGUAGES] = {&sj_phrases_nl, &sj_phrases_en, &sj_phrases_zh};
    return all[language];
}

enum sj_band sj_band_of(struct sj_str score_kind, int64_t score) {
    int64_t mid = 4, high = 5; /* ces; a high score begins at `high` */
    if (sj_str_eq(score_kind, SJ_LIT("nps"))) {
        mid = 7;
        high = 9;
    } else if (sj_str_eq(score_kind, SJ_LIT("csat"))) {
        mid = 3;
        high = 4;
    }
    return score >= high ? SJ_BAND_HIGH : score >= mid ? SJ_BAND_MID : SJ_BAND_LOW;
}

static const struct sj_template *choose(const struct sj_phrases *phrases, struct sj_random *random, enum sj_band band,
                                        enum sj_cause cause) {
    size_t n = 0, n_general = 0;
    for (size_t i = 0; i < phrases->n_templates; i++) {
        const struct sj_template *t = &phrases->templates[i];
        n += t->band == band && t->cause == cause;
        n_general += t->band == band && t->cause == SJ_CAUSE_GENERAL;
    }
    if (n == 0 || sj_dice_chance(random, 120)) {
        cause = SJ_CAUSE_GENERAL;
        n = n_general;
    }
    uint64_t left = sj_random_below(random, n);
    for (size_t i = 0;; i++) {
        const struct sj_template *t = &phrases->templates[i];
        if (t->band == band && t->cause == cause && left-- == 0) {
            return t;
        }
    }
}

/* A text under construction; what does not fit is cut off, which no template comes near to. */
struct line {
    char text[480];
    size_t n;
};

static void put(struct line *line, const char *text, size_t n) {
    size_t room = sizeof line->text - line->n;
    n = n < room ? n : room;
    memcpy(line->text + line->n, text, n);
    line->n += n;
}

static void put_number(struct line *line, const char *format, long long a, long long b) {
    char text[40];
    int n = snprintf(text, sizeof text, format, a, b);
    put(line, text, n > 0 ? (size_t)n : 0);
}

static void put_slot(struct line *line, struct sj_str slot, const struct sj_phrases *phrases, const struct sj_facts *facts) {
    if (sj_str_eq(slot, SJ_LIT("minutes"))) {
        put_number(line, "%lld", (facts->wait_s + 30) / 60, 0);
    } else if (sj_str_eq(slot, SJ_LIT("times"))) {
        put_number(line, "%lld", facts->times, 0);
    } else if (sj_str_eq(slot, SJ_LIT("days"))) {
        put_number(line, "%lld", facts->days, 0);
    } else if (sj_str_eq(slot, SJ_LIT("amount"))) {
        put_number(line, phrases->money, facts->amount / 10000, facts->amount % 10000 / 100);
    } else if (sj_str_eq(slot, SJ_LIT("plan"))) {
        put(line, facts->plan.p, facts->plan.n);
    } else if (sj_str_eq(slot, SJ_LIT("product"))) {
        put(line, facts->product.p, facts->product.n);
    } else if (sj_str_eq(slot, SJ_LIT("topic"))) {
        put(line, phrases->topics[facts->topic], strlen(phrases->topics[facts->topic]));
    }
}

static void put_sentence(struct line *line, const char *text, const struct sj_phrases *phrases, const struct sj_facts *facts) {
    while (*text != '\0') {
        size_t plain = strcspn(text, "{");
        put(line, text, plain);
        text += plain;
        if (*text == '{') {
            size_t n = strcspn(text, "}");
            put_slot(line, (struct sj_str){text + 1, n - 1}, phrases, facts);
            text += n + 1;
        }
    }
}

/* People write carelessly: some leave out the last full stop, some the first capital. */
static void be_careless(struct line *line, struct sj_random *random, const struct sj_phrases *phrases) {
    size_t stop = strlen(phrases->stop);
    bool stops = line->n > stop && memcmp(line->text + line->n - stop, phrases->stop, stop) == 0;
    if (stops && sj_dice_chance(random, 300)) {
        line->n -= stop;
    }
    bool word = line->n > 1 && line->text[0] >= 'A' && line->text[0] <= 'Z' && line->text[1] >= 'a' && line->text[1] <= 'z';
    if (word && sj_dice_chance(random, 160)) {
        line->text[0] = (char)(line->text[0] - 'A' + 'a');
    }
}

struct sj_str sj_comment(struct sj_diary *diary, struct sj_random *random, unsigned language, enum sj_band band, enum sj_cause cause,
                         const struct sj_facts *facts) {
    const struct sj_phrases *phrases = sj_phrases_of(language);
    struct line line = {.n = 0};
    put_sentence(&line, choose(phrases, random, band, cause)->text, phrases, facts);
    if (sj_dice_chance(random, TAIL)) {
        size_t n = 0;
        while (phrases->tails[band][n] != NULL) {
            n++;
        }
        put(&line, phrases->space, strlen(phrases->space));
        put_sentence(&line, phrases->tails[band][sj_random_below(random, n)], phrases, facts);
    }
    be_careless(&line, random, phrases);
    return sj_diary_print(diary, "%.*s", (int)line.n, line.text);
}
