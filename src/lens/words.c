#include "lens/words.h"

static const char *what_of(const struct sj_words *words) {
    return sj_error_text(words->err, words->expression ? SJ_T("the expression") : words->what ? words->what : SJ_T("the condition"));
}

size_t sj_words_place(const struct sj_words *words, size_t at) {
    size_t n = 1;
    for (size_t i = 0; i < at; i++)
        n += ((unsigned char)words->text.p[i] & 0xc0) != 0x80;
    return n;
}

enum sj_status sj_words_expected(const struct sj_words *words, const char *what) {
    const struct sj_str rest = {words->text.p + words->start, words->text.n - words->start};
    const char *of = what_of(words);
    size_t n_shown = rest.n < 20 ? rest.n : 20;
    while (n_shown < rest.n && ((unsigned char)rest.p[n_shown] & 0xc0) == 0x80)
        n_shown++; /* no character is cut */
    if (words->token == SJ_TOKEN_END)
        return sj_fail(words->err, SJ_E_USAGE, "%s ends where %s was expected", of, sj_error_text(words->err, what));
    return sj_fail(words->err, SJ_E_USAGE, "%s, at character %zu (\"%.*s\"): %s was expected", of, sj_words_place(words, words->start),
                   (int)n_shown, rest.p, sj_error_text(words->err, what));
}

static bool is_word(char c, bool expression) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-' || c == '/' ||
           (c == '$' && !expression) || (unsigned char)c >= 0x80;
}

static bool is_exponent(char c) { return c == 'e' || c == 'E'; }

static enum sj_status quoted(struct sj_words *words, char quote) {
    const char *text = words->text.p;
    size_t end = words->start + 1, n = 0;
    char *out;
    while (end < words->text.n && (text[end] != quote || (end + 1 < words->text.n && text[end + 1] == quote)))
        end += text[end] == quote ? 2 : 1;
    if (end >= words->text.n)
        return sj_fail(words->err, SJ_E_USAGE, "%s, at character %zu: the quote %c is never closed", what_of(words),
                       sj_words_place(words, words->start), quote);
    SJ_TRY(sj_arena_new(words->arena, end - words->start, 1, &out, words->err));
    for (size_t i = words->start + 1; i < end; i += text[i] == quote ? 2 : 1)
        out[n++] = text[i];
    words->at = end + 1;
    words->word = (struct sj_str){out, n};
    words->token = quote == '`' ? SJ_TOKEN_QUOTED_NAME : SJ_TOKEN_TEXT;
    return SJ_OK;
}

static bool begins_word(const struct sj_words *words, char c) {
    return words->expression ? c != '.' && c != '-' && is_word(c, true) : is_word(c, false) || c == '+';
}

/* In a number + may follow the e of an exponent. */
static void take_word(struct sj_words *words, char first) {
    const struct sj_str text = words->text;
    const bool digit = first >= '0' && first <= '9';
    const bool number = digit || first == '-' || first == '+' || first == '.';
    do {
        words->at++;
    } while (words->at < text.n && (is_word(text.p[words->at], words->expression) ||
                                    (number && !words->expression && text.p[words->at] == '+' && is_exponent(text.p[words->at - 1]))));
    words->token = number ? SJ_TOKEN_NUMBER : SJ_TOKEN_NAME;
}

static bool is_double_sign(const struct sj_words *words, char c) {
    const char next = words->at + 1 < words->text.n ? words->text.p[words->at + 1] : '\0';
    return words->expression ? c == '>' && next == '>' : next == '=' && (c == '!' || c == '<' || c == '>');
}

enum sj_status sj_words_next(struct sj_words *words) {
    const struct sj_str text = words->text;
    while (words->at < text.n && (text.p[words->at] == ' ' || text.p[words->at] == '\t' || text.p[words->at] == '\n'))
        words->at++;
    words->start = words->at;
    if (words->at == text.n) {
        words->token = SJ_TOKEN_END;
        words->word = (struct sj_str){"", 0};
        return SJ_OK;
    }
    const char c = text.p[words->at];
    if (c == '"' || c == '\'' || c == '`')
        return quoted(words, c);
    if (begins_word(words, c)) {
        take_word(words, c);
    } else {
        words->at += is_double_sign(words, c) ? 2 : 1;
        words->token = SJ_TOKEN_SIGN;
    }
    words->word = (struct sj_str){text.p + words->start, words->at - words->start};
    return SJ_OK;
}
