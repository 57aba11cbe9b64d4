#include "base/text.h"

#include <stdbool.h>
#include <string.h>

#include "base/catalogue.h"

static const struct sj_catalogue_entry *find_entry(const char *id) {
    size_t lo = 0, hi = sj_n_catalogue;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int order = strcmp(id, sj_catalogue[mid].id);
        if (order == 0)
            return &sj_catalogue[mid];
        if (order < 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return NULL;
}

/* The language may come from outside as a number: one that does not exist reads English. */
const char *sj_text(enum sj_lang lang, const char *text) {
    if (text == NULL || lang == SJ_EN || (unsigned)lang >= SJ_N_LANGS)
        return text;
    const struct sj_catalogue_entry *entry = find_entry(text);
    return entry != NULL && entry->translated[lang] != NULL ? entry->translated[lang] : text;
}

static bool starts_with_language(const char *name, const char *language) {
    size_t n = strlen(language);
    for (size_t i = 0; i < n; i++)
        if ((name[i] | 0x20) != language[i])
            return false;
    char next = name[n];
    return next == '\0' || next == '_' || next == '-' || next == '.' || next == '@';
}

enum sj_lang sj_lang_of(const char *name) {
    if (name == NULL)
        return SJ_EN;
    return starts_with_language(name, "nl") ? SJ_NL : starts_with_language(name, "zh") ? SJ_ZH : SJ_EN;
}
