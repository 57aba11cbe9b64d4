/* Contact answer: the tables and notes of `contacts` from its counts. Floating point begins here. */
#pragma once
#include "analysis/contact_counts.h"

enum {
    SJ_CONTACT_TABLE_SUMMARY,
    SJ_CONTACT_TABLE_SELF,
    SJ_CONTACT_TABLE_REPEATS,
    SJ_CONTACT_TABLE_CHANNELS,
    SJ_CONTACT_TABLE_RESOLUTION,
    SJ_CONTACT_TABLE_TRANSFERS,
    SJ_CONTACT_TABLE_HANDOVERS,
    SJ_N_CONTACT_TABLES
};

struct sj_contact_plan {
    struct sj_contact_rules rules;
    uint32_t *persons, *selves; /* channels, in the order in which they were given */
    bool any_transfer;          /* touchpoints of transfers were given */
    const struct sj_quantile_plan *times;
    int64_t *medians; /* by group */
};

/* How many times a group has. */
uint64_t sj_contact_group_count(const struct sj_contact_rules *rules, const struct sj_contact_counts *counts, uint32_t group);

/* The plan is job->plan, its medians are there; `tables` are in the order above. */
enum sj_status sj_contact_answer(const struct sj_job *job, const struct sj_contact_counts *counts, const struct sj_table_def *tables,
                                 struct sj_result *result, struct sj_error *err);
