/* JSON Lines: whatever the bytes are, the reader lives, and what simdjson takes for an object Jansson can read as well. */
#include <jansson.h>

#include "ingest/jsonl_simdjson.h"
#include "one_input.h"

static bool look_on(void *ctx, const struct sj_flat *flat) {
    *(size_t *)ctx += flat->n_path + flat->n_text;
    return true;
}

/* Jansson takes no NUL in a name and no number past its range, which are no errors: only what is too lenient is a finding. */
static void compare(const uint8_t *bytes, size_t n) {
    struct sj_flattener *flattener = sj_flattener_new();
    char *text = malloc(n + SJ_FLATTEN_PADDING);
    require(flattener != NULL && text != NULL);
    if (n > 0)
        memcpy(text, bytes, n);
    memset(text + n, '\n', SJ_FLATTEN_PADDING);
    size_t at, sum = 0;
    json_error_t error;
    if (sj_flatten(flattener, text, n, look_on, &sum, &at) == SJ_FAULT_NONE) {
        json_t *root = json_loadb(text, n, JSON_ALLOW_NUL, &error);
        enum json_error_code code = json_error_code(&error);
        require(root != NULL || code == json_error_null_byte_in_key || code == json_error_numeric_overflow);
        json_decref(root);
    }
    require(at <= n);
    free(text);
    sj_flattener_free(flattener);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    struct sj_ingest_options options;
    sj_ingest_options_init(&options);
    options.format = SJ_FORMAT_JSONL;
    options.max_rejects_count = 1000;
    import_input((struct sj_str){(const char *)bytes, n}, &options);
    compare(bytes, n);
    return 0;
}
