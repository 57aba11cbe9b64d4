/* The words of conditions and expressions: the text is taken apart into names, texts, numbers and signs. One reader for both, since an expression
 * holds conditions. Inside the room.
 *
 * A name is made of letters, digits and _ . - $ / (all that is not ASCII counts as a letter). In an expression $ is a sign, and a name begins
 * with neither . nor -. Between quotes ("…", '…', `…`) anything may stand; a quote among it is written twice. */
#pragma once
#include "base/mem.h"
#include "base/str.h"

enum sj_token { SJ_TOKEN_END, SJ_TOKEN_NAME, SJ_TOKEN_QUOTED_NAME, SJ_TOKEN_TEXT, SJ_TOKEN_NUMBER, SJ_TOKEN_SIGN };

#define SJ_WORDS_MAX 65536 /* bytes of a text */
struct sj_words {
    struct sj_str text;
    size_t at;    /* behind the token */
    size_t start; /* of the token */
    enum sj_token token;
    struct sj_str word; /* the token without quotes */
    const char *what;   /* of what text errors speak (SJ_T()), outside of an expression; NULL: a condition */
    bool expression;    /* else a condition; may be changed before sj_words_next() */
    struct sj_arena *arena;
    struct sj_error *err;
};

/* The next token. Errors: SJ_E_USAGE for a quote that is never closed. */
enum sj_status sj_words_next(struct sj_words *words);
/* SJ_E_USAGE: what was expected (SJ_T()) in place of the token. */
enum sj_status sj_words_expected(const struct sj_words *words, const char *what);
/* A place in the text for people: in characters, from 1. */
size_t sj_words_place(const struct sj_words *words, size_t at);

static inline bool sj_words_sign(const struct sj_words *words, const char *sign) {
    return words->token == SJ_TOKEN_SIGN && sj_str_eq(words->word, sj_str(sign));
}
static inline bool sj_words_keyword(const struct sj_words *words, const char *word) {
    return words->token == SJ_TOKEN_NAME && sj_str_eq_nocase(words->word, sj_str(word));
}
