#include "cli/import_care.h"

#include "store/records.h"

#define KEY_FILE_BYTES_MIN 16
#define KEY_FILE_BYTES_MAX 65536

const struct sj_flag sj_import_care_flags[SJ_N_IMPORT_CARE_FLAGS] = {
    {"pseudonymise", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("customers stand under a keyed hash of their identity")},
    {"pseudonym-key", SJ_TAKES_VALUE, "FILE", NULL,
     SJ_T("the key for that, at least 16 bytes, instead of the store's own: several stores agree then")},
    {"drop", SJ_TAKES_VALUES, "COLUMN", NULL, SJ_T("leaves the column out, and what is below it (user.…); also of rejected rows")},
    {"redact", SJ_TAKES_VALUES, "COLUMN", NULL, SJ_T("keeps only that there was a value: it becomes [redacted]")},
};

/* The key is a hash of all that stands in the file, but for white space around it. */
static enum sj_status read_key(const struct sj_cli *cli, const char *path, uint8_t key[SJ_KEYED_KEY_BYTES], struct sj_error *err) {
    static const uint8_t no_key[SJ_KEYED_KEY_BYTES];
    struct sj_buf text;
    sj_buf_init(&text, cli->mem, KEY_FILE_BYTES_MAX);
    enum sj_status status = sj_os_read_file(cli->os, path, &text, err);
    const struct sj_str bytes = sj_str_trim(sj_buf_str(&text));
    if (status == SJ_OK && bytes.n < KEY_FILE_BYTES_MIN)
        status = sj_fail(err, SJ_E_INPUT,
                         "%s: a key of pseudonyms has at least %d bytes, and this file has %zu. Make one with: head -c 32 /dev/urandom | "
                         "base64 > %s",
                         path, KEY_FILE_BYTES_MIN, bytes.n, path);
    if (status == SJ_OK)
        sj_keyed_hash(no_key, bytes, key);
    if (text.n > 0)
        explicit_bzero(text.data, text.n);
    sj_buf_done(&text);
    return status;
}

/* Looking at a file comes before the store is opened for writing, and made where it is not there. */
static enum sj_status peek_key(const struct sj_cli *cli, const char *path, struct sj_ingest_options *options,
                               uint8_t key[SJ_KEYED_KEY_BYTES], struct sj_error *err) {
    const struct sj_store_options store_options = sj_cli_store_options(cli);
    struct sj_store *store;
    options->key_from = SJ_KEY_FROM_STORE;
    if (sj_store_exists(&store_options, path)) {
        SJ_TRY(sj_store_open(&store_options, path, false, &store, err));
        const bool has_key = sj_store_pseudonym_key(store, key);
        sj_store_close(store);
        if (has_key)
            return SJ_OK;
    }
    options->key_from = SJ_KEY_FROM_NOWHERE;
    return cli->os->random(cli->os->ctx, key, SJ_KEYED_KEY_BYTES, err);
}

enum sj_status sj_import_care(struct sj_call *call, struct sj_ingest_options *options, uint8_t key[SJ_KEYED_KEY_BYTES],
                              struct sj_error *err) {
    SJ_TRY(sj_call_values(call, "drop", &options->drop, &options->n_drop, err));
    SJ_TRY(sj_call_values(call, "redact", &options->redact, &options->n_redact, err));
    return sj_import_pseudonyms(call, options, key, err);
}

enum sj_status sj_import_pseudonyms(struct sj_call *call, struct sj_ingest_options *options, uint8_t key[SJ_KEYED_KEY_BYTES],
                                    struct sj_error *err) {
    const char *key_file = sj_call_value(call, "pseudonym-key");
    if (key_file == NULL && !sj_call_is_on(call, "pseudonymise"))
        return SJ_OK;
    options->pseudonym_key = key;
    options->key_from = SJ_KEY_FROM_FILE;
    return key_file != NULL ? read_key(call->cli, key_file, key, err) : peek_key(call->cli, call->args.words[0], options, key, err);
}
