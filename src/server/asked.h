/* The JSON document in which something is asked:
 *
 *   {"lens": {"from": "2026-01-01", …}, "parameters": {"steps": ["visit", "pay"]}, "trend": "week", "of": "table.column", "row": "name",
 *    "breakdown": "a,b", "who": true, "who-limit": 100, "who-after": "C1", "identity": "C1"}
 *
 * Everything in it may be absent; what is not known is refused. */
#pragma once
#include "base/json.h"
#include "server/inside.h"

struct sj_asked {
    struct sj_arena arena;
    json_t *root;
    struct sj_question question; /* but for the analysis; its texts are those of the document */
    struct sj_str identity;      /* of whom it is asked */
    struct sj_word *words;
    size_t n_words;
};

/* To be done with also after a failure. Errors: SJ_E_USAGE and SJ_E_INPUT. */
enum sj_status sj_asked_read(struct sj_request *request, struct sj_asked *ret_asked, struct sj_error *err);
/* Whether a text in it names that, in whatever letters the document has it. */
bool sj_asked_mentions(const struct sj_asked *asked, struct sj_str text);
void sj_asked_done(struct sj_asked *asked);
