/* Strings as views: a pointer and a length, not ended with NUL, not owned. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct sj_str {
    const char *p;
    size_t n; /* bytes */
};

/* For printf: `printf("%.*s", SJ_ARG(s))`. */
#define SJ_ARG(s) (int)(s).n, (s).p
#define SJ_LIT(literal) ((struct sj_str){(literal), sizeof(literal) - 1})

static inline struct sj_str sj_str(const char *text) { return (struct sj_str){text, strlen(text)}; }
static inline bool sj_str_eq(struct sj_str a, struct sj_str b) { return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0); }

/* By bytes, a shorter one before a longer one that starts with it: <0, 0, >0. In UTF-8 this is the order of code points. */
int sj_str_cmp(struct sj_str a, struct sj_str b);
int sj_str_order(const void *a, const void *b); /* the same of two struct sj_str, for qsort and bsearch */

bool sj_str_eq_nocase(struct sj_str a, struct sj_str b); /* ASCII letters only */
struct sj_str sj_str_trim(struct sj_str s);              /* without ASCII white space at both ends */
bool sj_str_is_utf8(struct sj_str s);                    /* well-formed by RFC 3629 */

/* A whole number or a decimal number and nothing else. False when it is not one, or does not fit. */
bool sj_str_to_i64(struct sj_str s, int64_t *ret_value);
bool sj_str_to_double(struct sj_str s, double *ret_value); /* finite only; '.' is the point whatever the locale */

/* A decimal number as whole ten-thousandths: "12.5" is 125000. More than four decimals are refused unless they are zeros. */
bool sj_str_to_money(struct sj_str s, int64_t *ret_ten_thousandths);

/* The entry of `names` nearest to `name` by edit distance (Damerau-Levenshtein, case ignored), when it is near enough to be a
 * likely slip (at most a third of its length); n_names when none is. */
size_t sj_str_nearest(struct sj_str name, const struct sj_str *names, size_t n_names);

/* The first piece of `s` that stands on one line: its bytes up to a space, or up to the place between two wide (East Asian) characters
 * where a line may also be broken. *ret_space: a space follows it, which the line break replaces. */
size_t sj_str_piece(struct sj_str s, bool *ret_space);

/* How many columns of a terminal the UTF-8 text takes (wide East Asian characters take two). */
size_t sj_str_columns(struct sj_str s);
