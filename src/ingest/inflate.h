/* Unpacking a gzip body as it comes, up to a limit of what comes out: a small body that unpacks to a large one is refused before it does. */
#pragma once
#include "base/buf.h"

struct sj_inflater;
enum sj_status sj_inflater_new(const struct sj_alloc *mem, struct sj_inflater **ret_inflater, struct sj_error *err);
void sj_inflater_free(struct sj_inflater *inflater);
/* Appends to `out`, whose cap is one byte more than what is allowed. Errors: SJ_E_INPUT for what is no gzip, SJ_E_LIMIT where it is reached. */
enum sj_status sj_inflater_add(struct sj_inflater *inflater, struct sj_str packed, struct sj_buf *out, struct sj_error *err);
/* SJ_E_INPUT where it ended too early. */
enum sj_status sj_inflater_end(const struct sj_inflater *inflater, struct sj_error *err);
