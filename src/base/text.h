/* Texts for people, in their language.
 *
 * The English text in the source is the key; po/nl.po and po/zh.po hold the translations, and the build turns them into a table
 * inside the program (scripts/catalogue). A text without translation is shown in English.
 * Texts that stand in static tables are marked SJ_T("…") where they are written, and translated where they are shown.
 * Threads: pure functions over constant data. */
#pragma once

enum sj_lang { SJ_EN, SJ_NL, SJ_ZH, SJ_N_LANGS };

/* Marks a text for the catalogues; changes nothing. */
#define SJ_T(text) text

/* The text in `lang`; `text` itself where there is no translation. Never NULL for a text that is not NULL. */
const char *sj_text(enum sj_lang lang, const char *text);

/* The language for a locale name or language tag ("nl", "nl_NL.UTF-8", "zh-CN"); English for NULL and for what is not known. */
enum sj_lang sj_lang_of(const char *name);
