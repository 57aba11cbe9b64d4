/* Comments: enough of them, well formed, and fitting their score. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "sample/comments.h"

static const char *const praise[] = {
    "great service",  "great value",   "xcellent",    "riendly agent", "Thank you", "Thumbs up", "perfect",     "Lovely",
    "Very satisfied", "Heel tevreden", "Top service", "riendelijk",    "itstekend", "Bedankt",   "Duim omhoog", "heerlijk",
    "Ga zo door",     "非常满意",      "谢谢",        "点赞",          "五星好评",  "太棒了",    "完美",        NULL,
};
static const char *const blame[] = {
    "nacceptable",
    "Disappointing",
    "expected much more",
    "Poor experience",
    "frustrating",
    "annoying",
    "failing",
    "too expensive",
    "Unhappy",
    "kan echt niet",
    "alt erg tegen",
    "niet tevreden",
    "frustrerend",
    "te duur",
    "vervelend",
    "mislukte",
    "Te laat",
    "失望",
    "不满意",
    "太差",
    "踢皮球",
    "太贵",
    "很烦",
    "无语",
    NULL,
};

static bool has_any(struct sj_str text, const char *const *words) {
    for (; *words != NULL; words++)
        if (memmem(text.p, text.n, *words, strlen(*words)) != NULL)
            return true;
    return false;
}

static const struct sj_facts facts = {.wait_s = 760,
                                      .times = 3,
                                      .days = 7,
                                      .amount = 445000,
                                      .plan = {"Unlimited", 9},
                                      .product = {"Phone A12", 9},
                                      .topic = SJ_TOPIC_NETWORK};

static void there_are_enough_templates(void **state) {
    (void)state;
    for (unsigned language = 0; language < SJ_N_LANGUAGES; language++) {
        const struct sj_phrases *phrases = sj_phrases_of(language);
        size_t causes[SJ_N_BANDS] = {0}, general[SJ_N_BANDS] = {0};
        assert_true(phrases->n_templates >= 40);
        for (size_t i = 0; i < phrases->n_templates; i++) {
            const struct sj_template *t = &phrases->templates[i];
            assert_true(t->band < SJ_N_BANDS && t->cause < SJ_N_CAUSES);
            causes[t->band] |= (size_t)1 << t->cause;
            general[t->band] += t->cause == SJ_CAUSE_GENERAL;
            for (size_t j = 0; j < i; j++)
                assert_string_not_equal(t->text, phrases->templates[j].text);
        }
        for (unsigned band = 0; band < SJ_N_BANDS; band++)
            assert_true(general[band] >= 4 && __builtin_popcountll(causes[band]) >= 8);
    }
}

static void languages_say_the_same_things(void **state) {
    (void)state;
    for (unsigned language = 1; language < SJ_N_LANGUAGES; language++) {
        const struct sj_phrases *a = sj_phrases_of(0), *b = sj_phrases_of(language);
        assert_int_equal(a->n_templates, b->n_templates);
        for (size_t i = 0; i < a->n_templates; i++) {
            assert_int_equal(a->templates[i].band, b->templates[i].band);
            assert_int_equal(a->templates[i].cause, b->templates[i].cause);
        }
    }
}

/* A template asks only for facts that its cause has. */
static void slots_fit_their_cause(void **state) {
    (void)state;
    static const struct {
        const char *slot;
        uint32_t causes;
    } allowed[] = {
        {"{minutes}", 1u << SJ_CAUSE_WAIT},
        {"{times}", 1u << SJ_CAUSE_REPEAT},
        {"{days}", 1u << SJ_CAUSE_DELIVERY},
        {"{amount}", 1u << SJ_CAUSE_BILLING},
        {"{plan}", 1u << SJ_CAUSE_PRICE},
        {"{product}", 1u << SJ_CAUSE_CHECKOUT},
        {"{topic}", 1u << SJ_CAUSE_UNRESOLVED | 1u << SJ_CAUSE_REPEAT | 1u << SJ_CAUSE_TRANSFER | 1u << SJ_CAUSE_SELF |
                        1u << SJ_CAUSE_CHAT | 1u << SJ_CAUSE_AGENT},
    };
    for (unsigned language = 0; language < SJ_N_LANGUAGES; language++) {
        const struct sj_phrases *phrases = sj_phrases_of(language);
        for (size_t i = 0; i < phrases->n_templates; i++) {
            const struct sj_template *t = &phrases->templates[i];
            size_t slots = 0, known = 0;
            for (const char *p = t->text; (p = strchr(p, '{')) != NULL; p++)
                slots++;
            for (size_t k = 0; k < sizeof allowed / sizeof *allowed; k++)
                for (const char *p = t->text; (p = strstr(p, allowed[k].slot)) != NULL; p++) {
                    assert_true(allowed[k].causes >> t->cause & 1u);
                    known++;
                }
            assert_int_equal(slots, known);
        }
    }
}

static void words_fit_the_score(void **state) {
    (void)state;
    struct sj_diary diary;
    struct sj_random random;
    sj_diary_init(&diary, sj_alloc_libc(), SJ_EN);
    sj_random_init(&random, 9);
    size_t n_praise = 0, n_blame = 0;
    for (unsigned i = 0; i < 3u * SJ_N_BANDS * SJ_N_CAUSES * 200; i++) {
        enum sj_band band = (enum sj_band)(i / 3 % SJ_N_BANDS);
        enum sj_cause cause = (enum sj_cause)(i / 9 % SJ_N_CAUSES);
        struct sj_str comment = sj_comment(&diary, &random, i % 3, band, cause, &facts);
        assert_true(comment.n > 0 && comment.n < 400 && sj_str_is_utf8(comment));
        assert_null(memchr(comment.p, '{', comment.n));
        assert_null(memchr(comment.p, '}', comment.n));
        assert_false(band == SJ_BAND_LOW && has_any(comment, praise));
        assert_false(band == SJ_BAND_HIGH && has_any(comment, blame));
        n_praise += has_any(comment, praise);
        n_blame += has_any(comment, blame);
    }
    assert_true(n_praise > 500 && n_blame > 500);
    sj_diary_done(&diary);
}

static void slots_are_filled(void **state) {
    (void)state;
    struct sj_diary diary;
    struct sj_random random;
    sj_diary_init(&diary, sj_alloc_libc(), SJ_EN);
    sj_random_init(&random, 10);
    static const char *const money[SJ_N_LANGUAGES] = {"€ 44,50", "€44.50", "44.50欧元"};
    for (unsigned language = 0; language < SJ_N_LANGUAGES; language++) {
        bool found_money = false, found_minutes = false;
        for (int i = 0; i < 400; i++) {
            struct sj_str bill = sj_comment(&diary, &random, language, SJ_BAND_LOW, SJ_CAUSE_BILLING, &facts);
            struct sj_str wait = sj_comment(&diary, &random, language, SJ_BAND_LOW, SJ_CAUSE_WAIT, &facts);
            found_money |= memmem(bill.p, bill.n, money[language], strlen(money[language])) != NULL;
            found_minutes |= memmem(wait.p, wait.n, "13", 2) != NULL;
        }
        assert_true(found_money && found_minutes);
    }
    sj_diary_done(&diary);
}

static void bands_follow_the_scales(void **state) {
    (void)state;
    static const struct {
        struct sj_str kind;
        int64_t score;
        enum sj_band band;
    } cases[] = {
        {{"nps", 3}, 0, SJ_BAND_LOW},  {{"nps", 3}, 6, SJ_BAND_LOW},  {{"nps", 3}, 7, SJ_BAND_MID},  {{"nps", 3}, 8, SJ_BAND_MID},
        {{"nps", 3}, 9, SJ_BAND_HIGH}, {{"csat", 4}, 2, SJ_BAND_LOW}, {{"csat", 4}, 3, SJ_BAND_MID}, {{"csat", 4}, 4, SJ_BAND_HIGH},
        {{"ces", 3}, 3, SJ_BAND_LOW},  {{"ces", 3}, 4, SJ_BAND_MID},  {{"ces", 3}, 5, SJ_BAND_HIGH},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(sj_band_of(cases[i].kind, cases[i].score), cases[i].band);
}

/* In a whole run: what stands beside a score fits it. */
static enum sj_status check_event(void *ctx, const struct sj_sample_event *event, struct sj_error *err) {
    (void)err;
    size_t *n = ctx;
    if (event->score_kind.n > 0 && event->comment.n > 0) {
        enum sj_band band = sj_band_of(event->score_kind, event->score);
        assert_false(band == SJ_BAND_LOW && has_any(event->comment, praise));
        assert_false(band == SJ_BAND_HIGH && has_any(event->comment, blame));
        n[band]++;
    }
    return SJ_OK;
}

static void comments_of_a_run_fit_their_scores(void **state) {
    (void)state;
    size_t n[SJ_N_BANDS] = {0};
    struct sj_sample_options options = {.seed = 11, .n_customers = 2000};
    assert_int_equal(sj_sample_run(sj_alloc_libc(), &options, check_event, n, NULL), SJ_OK);
    assert_true(n[SJ_BAND_LOW] > 80 && n[SJ_BAND_MID] > 60 && n[SJ_BAND_HIGH] > 150);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_are_enough_templates),
        cmocka_unit_test(languages_say_the_same_things),
        cmocka_unit_test(slots_fit_their_cause),
        cmocka_unit_test(words_fit_the_score),
        cmocka_unit_test(slots_are_filled),
        cmocka_unit_test(bands_follow_the_scales),
        cmocka_unit_test(comments_of_a_run_fit_their_scores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
