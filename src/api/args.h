/* Arguments of an analysis: words become typed values, checked against the declaration. Inside the room. */
#pragma once
#include "api/ask.h"

/* Finds out which words belong to which parameter. Errors: SJ_E_USAGE for an unknown name (says the nearest), for a parameter that is
 * missing, for a value that is not what the parameter takes or lies outside its bounds. Touchpoints and channels are looked up in
 * the view. Everything lives in the arena; `args` and `texts` are n_params long; dimensions, measures, routes
 * and segments are numbered in order. Times are only known when sj_args_times() has read them in the zone of the lens. */
struct sj_typed_args {
    struct sj_arg *args;
    struct sj_arg_text *texts;
    struct sj_str *dimensions, *measures; /* names */
    size_t n_dimensions, n_measures;
    struct sj_route_words *routes;
    size_t n_routes;
    struct sj_str *members; /* conditions over customers */
    size_t n_members;
};
enum sj_status sj_args_type(const struct sj_analysis *analysis, const struct sj_question *question, const struct sj_view *view,
                            struct sj_arena *arena, struct sj_typed_args *ret_typed, struct sj_error *err);
enum sj_status sj_args_times(const struct sj_analysis *analysis, const struct sj_zone *zone, struct sj_typed_args *typed,
                             struct sj_error *err);
