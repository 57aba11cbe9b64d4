/* The flags of `sojourn import` that keep personal data out (ingest/care.h). */
#pragma once
#include "cli/cli.h"
#include "ingest/ingest.h"

enum { SJ_N_IMPORT_CARE_FLAGS = 4, SJ_N_PSEUDONYM_FLAGS = 2 }; /* those of pseudonyms come first */
extern const struct sj_flag sj_import_care_flags[SJ_N_IMPORT_CARE_FLAGS];

/* Fills the options from the flags, and `key`, to which they point where pseudonyms are wanted: from the file that --pseudonym-key names,
 * from the store, or made up where that is not there yet. */
enum sj_status sj_import_care(struct sj_call *call, struct sj_ingest_options *options, uint8_t key[SJ_KEYED_KEY_BYTES],
                              struct sj_error *err);
/* The same for pseudonyms alone. */
enum sj_status sj_import_pseudonyms(struct sj_call *call, struct sj_ingest_options *options, uint8_t key[SJ_KEYED_KEY_BYTES],
                                    struct sj_error *err);
