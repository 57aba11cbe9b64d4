/* Saved segments: conditions over customers that have a name, kept in the catalog. What a condition says is the lens's matter (lens/segment.h);
 * here it is a text.
 *
 * A name can not be taken for a condition, so that it may stand where a condition is expected: it is well-formed UTF-8 of at most
 * SJ_SAVED_NAME_BYTES, without control characters and without any of ( ) = < > ! , " ' `, neither begins nor ends with a space, and does not begin
 * with the word "not" or "segment" and a space.
 * Threads: as the store. Lifetime: what a view shows lives as long as its snapshot. */
#pragma once
#include "store/store.h"

#define SJ_SAVED_NAME_BYTES 200
#define SJ_SAVED_CONDITION_BYTES 65536
#define SJ_SAVED_DESCRIPTION_BYTES 4096
#define SJ_SAVED_MAX 1000 /* of a store */

struct sj_saved_segment {
    struct sj_str name, condition, description;
    int64_t time_us; /* when it was saved */
};

/* Whether the texts are such as can be saved. Errors: SJ_E_USAGE for a name that it can not have, SJ_E_LIMIT for a text that is too long. */
enum sj_status sj_saved_check(const struct sj_saved_segment *saved, struct sj_error *err);

/* In one transaction, durable when it returns; the store's clock gives the time. With `replace` one of that name is overwritten.
 * Errors: those of sj_saved_check(), SJ_E_LIMIT where the store has SJ_SAVED_MAX, SJ_E_EXISTS. */
enum sj_status sj_store_save_segment(struct sj_store *store, const struct sj_saved_segment *saved, bool replace, struct sj_error *err);
/* SJ_E_NOT_FOUND. */
enum sj_status sj_store_drop_segment(struct sj_store *store, struct sj_str name, struct sj_error *err);

/* The one of that name in a view; NULL. */
const struct sj_saved_segment *sj_saved_find(const struct sj_view *view, struct sj_str name);
/* Fails with `status`, and the nearest name. */
enum sj_status sj_saved_unknown(const struct sj_view *view, struct sj_str name, enum sj_status status, struct sj_error *err);
