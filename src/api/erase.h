/* Erasing people: whom it would concern, and where their texts stand besides. The erasing itself is store/erase.h. */
#pragma once
#include "api/identity.h"

/* Whole customers, each with all identities. */
struct sj_erase_list {
    struct sj_str *identities; /* of all of them, one after the other */
    size_t n;
    uint64_t n_events;
};
struct sj_erase_asked {
    const struct sj_str *identities;
    size_t n, n_must; /* the first n_must have to be there */
};
/* Looks up the customers whom the identities belong to: table `customers`, one row each, however often one is named. In the result's arena.
 * Errors: SJ_E_NOT_FOUND for one that must be there and has no event and no link, or when none has; others are counted in a note. */
enum sj_status sj_erase_look(struct sj_snapshot *snapshot, const struct sj_erase_asked *asked, struct sj_result *result,
                             struct sj_erase_list *ret_list, struct sj_error *err);

/* Texts in which an identity stands besides (who invited them, what others wrote, the name of an imported file): table `leftovers`, and a
 * note; nothing of that is erased. An identity without its type of fewer than 6 bytes only counts as a whole text. Linear in the texts. */
enum sj_status sj_erase_leftovers(struct sj_snapshot *snapshot, const struct sj_str *identities, size_t n, struct sj_result *result,
                                  struct sj_error *err);
