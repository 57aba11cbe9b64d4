/* Contact counts: contacts with a person and visits to self-service, cut from journeys, and what came after each.
 *
 *   app app | call mail call call | app | chat          --> time
 *   a visit   a contact             visit  a contact       mail is in neither list, and is passed over
 *
 * A journey is read from its end to its beginning: when the first event of a contact is met, all that came after is known already.
 *
 * Invariants: (1) a stay (a contact or a visit) is in one channel, and its events are at most a pause apart; (2) a stay is counted for a
 * window only where its end lies at least the window before the end of the data. Memory: a few counts for each channel and pair of
 * channels, a time for each value of what contacts are about. Threads: each has its own; rules are only read. */
#pragma once
#include "analysis/analysis.h"
#include "analysis/spread.h"

#define SJ_CONTACT_CHANNELS_MAX 32
enum { SJ_N_REPEAT_WINDOWS = 5 };
extern const int64_t sj_repeat_windows_us[SJ_N_REPEAT_WINDOWS];
#define SJ_REPEAT_STANDARD 2 /* seven days */
#define SJ_SYSTEM_AGE_US (30 * SJ_US_DAY)

/* What a text of a property says. */
enum sj_answer_word { SJ_SAYS_NOTHING, SJ_SAYS_NO, SJ_SAYS_YES };

struct sj_contact_rules {
    const uint8_t *slots; /* by channel: 1 to n_persons, then the self-service channels; 0: neither */
    uint32_t n_persons, n_selves;
    int64_t pause_us, within_us;
    uint32_t about, resolved, confirmed; /* dimensions; SJ_NO_CODE: absent */
    uint32_t n_abouts;
    const uint8_t *resolved_words, *confirmed_words; /* by code: enum sj_answer_word */
    const bool *is_transfer;                         /* by touchpoint */
    int64_t to_us;
};

/* Of a channel with persons. */
struct sj_contact_tally {
    uint64_t contacts, transferred, transfers;
    uint64_t old[SJ_N_REPEAT_WINDOWS], again[SJ_N_REPEAT_WINDOWS]; /* old enough for the window; of these, followed by another */
    uint64_t followed;                                             /* old enough to say whether another channel followed */
};

/* Of a self-service channel. */
struct sj_visit_tally {
    uint64_t visits, old_pause, contained, old_within, failed;
};

struct sj_contact_sums {
    uint64_t n_journeys, n_without_about;
    uint64_t n_resolved, n_resolved_alone;        /* by the system, old enough; of these, with no other after */
    uint64_t n_yes, n_no;                         /* of customers */
    uint64_t n_resolved_other, n_confirmed_other; /* values that are neither yes nor no */
};

/* The first contact about something, of those that were read: the next one for what comes earlier. */
struct sj_contact_next {
    uint64_t journey;
    int64_t begin_us;
};

struct sj_contact_counts {
    struct sj_contact_sums sums;
    struct sj_contact_tally *persons; /* n_persons */
    struct sj_visit_tally *selves;    /* n_selves */
    uint64_t *handovers;              /* by from * n_persons + to */
    struct sj_contact_next *next;     /* by value of `about`; one where that is absent */
    struct sj_spread times;           /* by sj_contact_group_… */
};

/* The groups of times: to the contact after a visit, by channel and all together, and from contact to contact by pair. */
static inline uint32_t sj_contact_group_self(uint32_t self) { return self; }
static inline uint32_t sj_contact_group_all(const struct sj_contact_rules *rules) { return rules->n_selves; }
static inline uint32_t sj_contact_group_pair(const struct sj_contact_rules *rules, uint32_t pair) { return rules->n_selves + 1 + pair; }
static inline uint32_t sj_contact_groups(const struct sj_contact_rules *rules) {
    return rules->n_selves + 1 + rules->n_persons * rules->n_persons;
}

/* May be ended also after a failure, when it was all zero before. */
enum sj_status sj_contact_counts_init(struct sj_contact_counts *counts, const struct sj_alloc *mem, const struct sj_contact_rules *rules,
                                      const struct sj_quantiles_ask *ask, const struct sj_quantile_plan *plan, struct sj_error *err);
void sj_contact_counts_done(struct sj_contact_counts *counts, const struct sj_alloc *mem);

/* O(events + journeys). The batch has times and channels. */
enum sj_status sj_contact_counts_add(struct sj_contact_counts *counts, const struct sj_contact_rules *rules, const struct sj_batch *batch,
                                     struct sj_error *err);
enum sj_status sj_contact_counts_merge(struct sj_contact_counts *counts, struct sj_contact_counts *other,
                                       const struct sj_contact_rules *rules, struct sj_error *err);

void sj_contact_tally_add(struct sj_contact_tally *tally, const struct sj_contact_tally *more);
void sj_visit_tally_add(struct sj_visit_tally *tally, const struct sj_visit_tally *more);
