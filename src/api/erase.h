/* Erasing people: whom it would concern, and where their texts stand besides. The erasing itself is store/erase.h. */
#pragma once
#include "api/identity.h"

/* Whole customers, each with all identities. */
struct sj_erase_list {
    struct sj_str *identities; /* of all of them, one after the other */
    size_t n;
    uint64_t n_events;
};
/* Looks up the customers whom `identities` belong to: table `customers`, one row each, however often one is named. In the result's arena.
 * Errors: SJ_E_NOT_FOUND for one that has no event and no link. */
enum sj_status sj_erase_look(struct sj_snapshot *snapshot, const struct sj_str *identities, size_t n, struct sj_result *result,
                             struct sj_erase_list *ret_list, struct sj_error *err);

/* Texts of other customers in which an identity stands (who invited them, what they wrote): a note names the properties and how many
 * values; nothing of that is erased. An identity without its type of fewer than 6 bytes only counts as a whole value. */
enum sj_status sj_erase_leftovers(struct sj_snapshot *snapshot, const struct sj_str *identities, size_t n, struct sj_result *result,
                                  struct sj_error *err);
