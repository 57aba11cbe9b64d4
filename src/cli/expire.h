/* Applying rules of retention, for the commands that do. */
#pragma once
#include "cli/cli.h"
#include "store/records.h"

/* Lets events go by `rule`, or by the saved rules where it is NULL, and says how many. Without `tell` that no rule is saved is no error,
 * and that nothing went is not said. */
enum sj_status sj_expire_now(struct sj_call *call, struct sj_store *store, const struct sj_rule *rule, bool tell, struct sj_error *err);
