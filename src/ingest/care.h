/* Personal data that an import leaves out: columns that are dropped, values that are redacted, customers under a pseudonym.
 *
 * A column is told by its name, letters of either case; "user" also means all that stands below it with a dot ("user.email"). It holds
 * from the first value on, also for a column that comes late in the file.
 * A pseudonym is "p-" and 32 hexadecimal digits, behind the type of the identity where it has one: "email:ann@example.com" becomes
 * "email:p-5f…". The digits are the first half of a keyed hash of the whole identity (store/keyed.h): the same identity has the same
 * pseudonym wherever the key is the same, and who has no key can neither find out the one nor make the other. */
#pragma once
#include "ingest/ingest.h"

#define SJ_REDACTED "[redacted]"
#define SJ_PSEUDONYM_BYTES 64

enum sj_care { SJ_CARE_NONE, SJ_CARE_DROP, SJ_CARE_REDACT };

/* What the options say of a column. */
enum sj_care sj_care_of(const struct sj_ingest_options *options, struct sj_str column);

/* Whether a name of --drop or --redact means the column. */
bool sj_care_means(struct sj_str option, struct sj_str column);

/* Whether anything is left out: then nothing that the import writes beside the store quotes the file. */
bool sj_care_is_on(const struct sj_ingest_options *options);

/* The pseudonym of an identity, in `out`. A placeholder ("unknown", store/identity.h) names nobody and is given back as it is: under a
 * pseudonym it would be taken for somebody. */
struct sj_str sj_pseudonym(const uint8_t key[SJ_KEYED_KEY_BYTES], struct sj_str identity, char out[SJ_PSEUDONYM_BYTES]);
