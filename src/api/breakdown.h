/* Breakdown: the same question within each of several segments, as if asked with its --segment, in one go over the events; the analysis's tables with
 * the segment as their first column.
 *
 *   "loyal,callers"   saved segments, which may overlap
 *   "trait.plan"      a segment for each value of a property of the customer (the last one that is known): the SJ_BREAKDOWN_VALUES that most
 *                     customers have, "other", and "none" for those without; or trait.channel. Finding the values is a pass of its own
 *
 * Several of either are joined by commas. Each part costs its condition and the analysis on its own customers; the events are read once.
 * Inside the room, but for what the question says. */
#pragma once
#include "api/run.h"

#define SJ_BREAKDOWN_VALUES 20
#define SJ_BREAKDOWN_PARTS 64

/* What the words mean, in the arena of the answer; before sj_run_open(), which asks the lens who is in which. Errors: SJ_E_USAGE for an unknown
 * name, and for more than SJ_BREAKDOWN_PARTS. */
enum sj_status sj_breakdown_open(struct sj_run *run, const struct sj_os *os, struct sj_snapshot *snapshot,
                                 const struct sj_question *question, struct sj_answer *answer, struct sj_error *err);
enum sj_status sj_breakdown(struct sj_run *run, struct sj_answer *answer, struct sj_error *err);
