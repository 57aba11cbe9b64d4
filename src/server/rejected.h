/* Events that were rejected lately, with the reason and as they were sent: in memory only, since what nobody wanted in the store should not lie on the disk
 * beside it. Keys in them are hidden. The oldest goes first. Threads: any. */
#pragma once
#include "ingest/parcel.h"

enum { SJ_REJECTS_KEPT = 1000 };

struct sj_rejected {
    uint64_t number; /* from 1; rising */
    int64_t time_us;
    int64_t key;      /* who sent it */
    const char *code; /* static */
    struct sj_str message_id, reason, raw;
};

struct sj_rejected_list;
enum sj_status sj_rejected_new(const struct sj_alloc *mem, struct sj_rejected_list **ret_rejects, struct sj_error *err);
void sj_rejected_free(struct sj_rejected_list *rejects);
/* Copies; where there is no memory it is not kept. */
void sj_rejected_add(struct sj_rejected_list *rejects, int64_t key, int64_t time_us, const struct sj_parcel_reject *reject);
/* Those behind a number, oldest first, each good until visit returns; while it goes on none can be added. */
enum sj_status sj_rejected_each(struct sj_rejected_list *rejects, uint64_t after,
                                enum sj_status (*visit)(void *ctx, const struct sj_rejected *rejected, struct sj_error *err), void *ctx,
                                struct sj_error *err);
