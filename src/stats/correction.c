#include "stats/correction.h"

#include <stdlib.h>

struct place {
    double p;
    size_t at;
};

static int by_p(const void *left, const void *right) {
    const struct place *a = left, *b = right;
    return a->p != b->p ? (a->p > b->p) - (a->p < b->p) : (a->at > b->at) - (a->at < b->at);
}

enum sj_status sj_benjamini_hochberg(const struct sj_alloc *mem, double *p, size_t n, struct sj_error *err) {
    struct place *places;
    SJ_TRY(sj_mem_new(mem, n, sizeof *places, &places, err));
    for (size_t i = 0; i < n; i++)
        places[i] = (struct place){p[i], i};
    if (n > 1)
        qsort(places, n, sizeof *places, by_p);
    double least = 1;
    for (size_t rank = n; rank > 0; rank--) {
        const double adjusted = places[rank - 1].p * (double)n / (double)rank;
        least = adjusted < least ? adjusted : least;
        p[places[rank - 1].at] = least;
    }
    sj_mem_free(mem, places);
    return SJ_OK;
}
