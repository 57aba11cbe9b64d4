/* What people write beside a score, in Dutch, English and Chinese. A comment fits its score (its band), its cause and the facts.
 * Internal to the room; also used by its tests. */
#pragma once
#include "sample/dice.h"
#include "sample/diary.h"

enum sj_band { SJ_BAND_LOW, SJ_BAND_MID, SJ_BAND_HIGH, SJ_N_BANDS };

enum sj_cause {
    SJ_CAUSE_GENERAL,
    SJ_CAUSE_WAIT,
    SJ_CAUSE_UNRESOLVED,
    SJ_CAUSE_REPEAT, /* asked more than once */
    SJ_CAUSE_TRANSFER,
    SJ_CAUSE_CHECKOUT, /* a payment failed, or all went smoothly */
    SJ_CAUSE_BILLING,
    SJ_CAUSE_DELIVERY,
    SJ_CAUSE_NETWORK,
    SJ_CAUSE_PRICE,
    SJ_CAUSE_SELF, /* help on a page */
    SJ_CAUSE_CHAT,
    SJ_CAUSE_AGENT,
    SJ_N_CAUSES,
    SJ_CAUSE_NONE = SJ_N_CAUSES
};

/* What the slots are filled with; a template uses only the slots that its cause makes true. */
struct sj_facts {
    int64_t wait_s;        /* {minutes}, at least 1 */
    int64_t times;         /* {times}, for SJ_CAUSE_REPEAT */
    int64_t days;          /* {days} */
    int64_t amount;        /* {amount}, ten-thousandths of a euro */
    struct sj_str plan;    /* {plan} */
    struct sj_str product; /* {product} */
    unsigned topic;        /* {topic}, said in the customer's language */
};

struct sj_template {
    uint8_t band, cause;
    const char *text;
};

struct sj_phrases {
    const struct sj_template *templates;
    size_t n_templates;
    const char *const *tails[SJ_N_BANDS]; /* a second sentence; ended with NULL */
    const char *topics[SJ_N_TOPICS];
    const char *money; /* format for whole euros and cents: "€%lld,%02lld" */
    const char *space; /* between two sentences */
    const char *stop;  /* the full stop that some leave out */
};
extern const struct sj_phrases sj_phrases_nl, sj_phrases_en, sj_phrases_zh;

/* By the index of sj_company_languages. */
const struct sj_phrases *sj_phrases_of(unsigned language);

/* The band of a score on its own scale. */
enum sj_band sj_band_of(struct sj_str score_kind, int64_t score);

/* A comment, alive until the diary's reset. A cause for which the band has no words is passed over. */
struct sj_str sj_comment(struct sj_diary *diary, struct sj_random *random, unsigned language, enum sj_band band, enum sj_cause cause,
                         const struct sj_facts *facts);
