/* Answers that were given: the same question about the same events is answered from memory, and while it is being answered whoever asks it too
 * waits for that answer. A commit makes the store another one, so that nothing old is given. Threads: any. */
#pragma once
#include "base/buf.h"
#include "base/hash.h"

struct sj_answers;
enum sj_status sj_answers_new(const struct sj_alloc *mem, size_t max_bytes, struct sj_answers **ret_answers, struct sj_error *err);
void sj_answers_free(struct sj_answers *answers);

/* What to do about a question. */
enum sj_found {
    SJ_FOUND_ANSWER, /* it was written to `out` */
    SJ_FOUND_NONE,   /* the caller answers it, and calls sj_answers_put() then, in any case */
};
/* Waits while another answers it. */
enum sj_status sj_answers_find(struct sj_answers *answers, struct sj_hash128 key, struct sj_buf *out, enum sj_found *ret_found,
                               struct sj_error *err);
/* The answer; NULL: there is none after all (an error, a cancelled question), and whoever waits answers it himself. */
void sj_answers_put(struct sj_answers *answers, struct sj_hash128 key, const struct sj_buf *answer);
