/* Arguments of an analysis: words become typed values, checked against the declaration. Inside the room. */
#pragma once
#include "api/ask.h"

/* Finds out which words belong to which parameter. Errors: SJ_E_USAGE for an unknown name (says the nearest), for a parameter that is
 * missing, for a value that is not what the parameter takes or lies outside its bounds. Touchpoints are looked up in the view.
 * `ret_args` (n_params long) and the texts that were used live in the arena; dimensions are numbered in order, their names in
 * `ret_dimensions` (n_params long). */
struct sj_typed_args {
    struct sj_arg *args;
    struct sj_arg_text *texts;
    struct sj_str *dimensions;
    size_t n_dimensions;
};
enum sj_status sj_args_type(const struct sj_analysis *analysis, const struct sj_question *question, const struct sj_view *view,
                            struct sj_arena *arena, struct sj_typed_args *ret_typed, struct sj_error *err);
