/* The usual names of columns, and what they are for: those of event logs, analytics tools, shops and contact centres. Names are
 * compared without case, white space, and the signs _ - : . $; for nested names also what follows "properties.", "traits." or
 * "context.". Pure functions. */
#pragma once
#include "ingest/ingest.h"

#define SJ_ROLE_NO_RANK SIZE_MAX

/* How well a name fits a role: 0 is best, SJ_ROLE_NO_RANK not at all. */
size_t sj_role_rank(enum sj_role role, struct sj_str name);
bool sj_role_is_usual(struct sj_str name); /* of any role */

/* A usual name of an event id that means nothing else: "message_id", but not "uuid". */
bool sj_role_is_sure_event_id(struct sj_str name);

/* Of which type the identities in a column of that name are; "custom" where the name does not say it. */
enum sj_identity_type sj_role_identity_type(struct sj_str name);
bool sj_role_is_alias(struct sj_str name); /* who a user was before: "previousId" */
/* The name stands for a device or a visit rather than a person ("anonymousId"): it fills in where the customer is empty. */
bool sj_role_is_anonymous(struct sj_str name);

enum sj_kind sj_role_kind(enum sj_role role); /* of the value: value is money, score a number, … */
int sj_role_builtin(enum sj_role role);       /* enum sj_builtin, or -1 */
const char *sj_role_flag(enum sj_role role);  /* "--event-id" */
bool sj_role_of(struct sj_str name, enum sj_role *ret_role);
