/* Read by clang-tidy before every file (scripts/lint), never by the compiler: the static analyzer looks at one file at a time, so
 * it cannot see that these return the failure they are given, and would follow paths on which a failed call counts as SJ_OK. */
#pragma once
#include "base/status.h"

#define sj_fail(err, status, ...) ((void)sj_fail(err, status, __VA_ARGS__), (status))
#define sj_fail_in(err, status, ...) ((void)sj_fail_in(err, status, __VA_ARGS__), (status))
#define sj_fail_memory(err, bytes) ((void)sj_fail_memory(err, bytes), SJ_E_MEMORY)
