/* Links on their way into the store. Not for other rooms. */
#pragma once
#include "store/internal.h"

/* Links of a load. Of a pair that is seen again only the first time is kept. */
struct sj_new_links {
    const struct sj_alloc *mem;
    struct sj_names pairs; /* by code, as the items */
    struct sj_buf items;   /* struct sj_link, the texts in `pairs` */
    struct sj_buf pair;    /* of the link in hand */
};
void sj_new_links_init(struct sj_new_links *links, const struct sj_alloc *mem, uint64_t seed);
void sj_new_links_done(struct sj_new_links *links);
size_t sj_new_links_count(const struct sj_new_links *links);
enum sj_status sj_new_links_add(struct sj_new_links *links, struct sj_link link,
                                struct sj_error *err); /* in any order of a and b; copied */

/* In the body of a transaction. *ret_n_new: pairs of which the catalog knew nothing of that kind. */
enum sj_status sj_new_links_save(const struct sj_new_links *links, struct sj_store *store, size_t *ret_n_new, struct sj_error *err);

/* All links of the catalog up to a moment, resolved. Inside a transaction of the caller, which gave `meta`. */
enum sj_status sj_links_resolve(struct sj_store *store, const struct sj_catalog_meta *meta, int64_t as_of_us,
                                struct sj_resolver **ret_resolver, struct sj_homes *ret_homes, struct sj_error *err);
