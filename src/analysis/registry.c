/* The one place that knows all analyses. To add one: write its file, then add its two lines here and one to meson.build. */
#include "analysis/analysis.h"

#include <string.h>

extern const struct sj_analysis sj_overview;
extern const struct sj_analysis sj_flow;
extern const struct sj_analysis sj_routes;
extern const struct sj_analysis sj_variants;
extern const struct sj_analysis sj_funnel;
extern const struct sj_analysis sj_participation;
extern const struct sj_analysis sj_retention;
extern const struct sj_analysis sj_sessions;
extern const struct sj_analysis sj_channels;
extern const struct sj_analysis sj_contacts;
extern const struct sj_analysis sj_dwell;
extern const struct sj_analysis sj_scores;
extern const struct sj_analysis sj_loops;
extern const struct sj_analysis sj_customers;
extern const struct sj_analysis sj_compare;

const struct sj_analysis *const sj_analyses[] = {
    &sj_overview, &sj_flow,     &sj_routes, &sj_variants, &sj_funnel, &sj_participation, &sj_retention, &sj_sessions,
    &sj_channels, &sj_contacts, &sj_dwell,  &sj_scores,   &sj_loops,  &sj_customers,     &sj_compare,   NULL,
};

const struct sj_analysis *sj_analysis_find(const char *name) {
    for (size_t i = 0; sj_analyses[i] != NULL; i++)
        if (strcmp(sj_analyses[i]->name, name) == 0)
            return sj_analyses[i];
    return NULL;
}
