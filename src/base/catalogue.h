/* The message catalogues as the build makes them from po/ (scripts/catalogue). For text.c and its test only. */
#pragma once
#include <stddef.h>
#include "base/text.h"

struct sj_catalogue_entry {
    const char *id;                     /* the English text */
    const char *translated[SJ_N_LANGS]; /* by enum sj_lang; NULL: not translated */
};

extern const struct sj_catalogue_entry sj_catalogue[]; /* sorted by id, as strcmp() does; no id twice */
extern const size_t sj_n_catalogue;
