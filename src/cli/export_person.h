/* `sojourn customer STORE CUSTOMER --export FILE.zip`: everything held about one person. */
#pragma once
#include "cli/cli.h"

/* Writes the archive to `path`, which must not be there unless --force is given, and an entry into the audit record of the store. */
enum sj_status sj_cli_export_person(struct sj_call *call, const char *path, struct sj_error *err);
