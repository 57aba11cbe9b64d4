/* Finding the form of a column's times: a form that was found reads more than half of the texts, and where two are, the example reads in
 * both. Slow, since a thousand patterns are tried. Every line is a text. */
#include "ingest/times.h"
#include "target.h"

enum { TEXTS_MAX = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    struct input in = {bytes, n};
    struct sj_str texts[TEXTS_MAX];
    struct sj_time_form form, other;
    size_t n_texts = 0, n_read = 0, example = 0;
    int64_t us;
    while (n_texts < TEXTS_MAX && in.n > 0)
        texts[n_texts++] = take_until(&in, '\n');
    const enum sj_time_found found = sj_time_find(texts, n_texts, &form, &other, &example);
    for (size_t i = 0; i < n_texts && found != SJ_TIME_NONE; i++)
        n_read += sj_time_read(&form, sj_str_trim(texts[i]), NULL, &us);
    require(found == SJ_TIME_NONE || n_read * 2 > n_texts);
    require(found != SJ_TIME_AMBIGUOUS || (example < n_texts && sj_time_read(&other, sj_str_trim(texts[example]), NULL, &us)));
    return 0;
}
