/* Who: the customers behind a count of an answer, as a list (table `customers`): one row each, with their part of the count.
 *
 *   question ─ whole answer ─ the row: how much it is ─┐
 *                                                      ├─ list, and how to get it as a segment
 *   each customer alone (api/who_scan.h) ──────────────┘
 *
 * Behind a row are the customers whose own answer has that row with the count above 0; the parts add up to it. So every count opens that is a
 * sum over customers, and a share that says `part` as what it is a share of: a column that is none says `nobody`, and a parameter under which rows depend on other customers says `compares`. Where an answer
 * shows a part of its rows only (`shows`), also those open that are not shown.
 * Threads: those of the question. */
#pragma once
#include "api/who_scan.h"

#define SJ_WHO_LIMIT 100 /* customers where nothing is said */
#define SJ_WHO_LIMIT_MAX 10000000

/* `run` is open, with times and identities. Errors: SJ_E_USAGE where there is no such figure or row, or it cannot be opened. */
enum sj_status sj_who(struct sj_run *run, struct sj_snapshot *snapshot, struct sj_answer *answer, struct sj_error *err);

/* The customers of the row as a condition of the language, where there is one that says the same; else nothing is written. */
enum sj_status sj_who_segment(const struct sj_run *run, const struct sj_question *question, const struct sj_who_row *row,
                              struct sj_buf *out, struct sj_error *err);
