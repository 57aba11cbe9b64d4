/* JSON Lines: whatever the bytes are, the reader lives, and what simdjson takes for an object Jansson can read as well. */
#include <jansson.h>
#include <stdlib.h>

#include "one_input.h"
#include "ingest/jsonl_simdjson.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static bool look_on(void *ctx, const struct sj_flat *flat) {
    *(size_t *)ctx += flat->n_path + flat->n_text;
    return true;
}

/* Jansson takes no NUL in a name and no number past its range, which are no errors: only what is too lenient is a finding. */
static void compare(const uint8_t *bytes, size_t n) {
    struct sj_flattener *flattener = sj_flattener_new();
    char *text = malloc(n + SJ_FLATTEN_PADDING);
    if (flattener == NULL || text == NULL)
        abort();
    if (n > 0)
        memcpy(text, bytes, n);
    memset(text + n, '\n', SJ_FLATTEN_PADDING);
    size_t at, sum = 0;
    json_error_t error;
    if (sj_flatten(flattener, text, n, look_on, &sum, &at) == SJ_FAULT_NONE) {
        json_t *root = json_loadb(text, n, JSON_ALLOW_NUL, &error);
        enum json_error_code code = json_error_code(&error);
        if (root == NULL && code != json_error_null_byte_in_key && code != json_error_numeric_overflow)
            abort();
        json_decref(root);
    }
    if (at > n)
        abort();
    free(text);
    sj_flattener_free(flattener);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    struct sj_ingest_options options;
    sj_ingest_options_init(&options);
    options.format = SJ_FORMAT_JSONL;
    options.max_rejects_count = 1000;
    import_input(bytes, n, &options);
    compare(bytes, n);
    return 0;
}
