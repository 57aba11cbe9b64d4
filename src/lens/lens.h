/* The lens: which journeys a question looks at. The same few words on every surface.
 *
 *   from, to   only events with from <= time < to
 *   where      only events that meet a condition (lens/where.h)
 *   segment    only customers who meet a condition over all their events (lens/segment.h)
 *   journey    how a customer's events are cut into journeys:
 *                history          all of them are one journey (the standard)
 *                session GAP      a new journey after a pause longer than GAP ("session 30m")
 *                by PROPERTY      one journey for each value of the property; events without a value belong to none
 *   as_of      as known then: no later events, and only links between identities that were known (store/identity.h)
 *   timezone   for dates without offset, and for days, weeks and months in answers
 *
 * Of an event that has a property in several kinds the last counts, in the order text, number, truth, time, money, duration.
 * First events are chosen, then journeys are cut from what is left; a journey without events does not exist. With `by`, journeys of
 * a customer stand in order of their first event.
 * Threads: an open lens is read-only; each thread has its own scan. */
#pragma once
#include "lens/batch.h"
#include "lens/pattern.h"
#include "store/store.h"

struct sj_zone;

/* The lens in words; empty strings where nothing is asked for. */
struct sj_lens_words {
    struct sj_str from, to, where, segment, journey, as_of, timezone;
};

/* One expression of the journey language, or several, each a step. */
struct sj_route_words {
    const struct sj_str *texts;
    size_t n;
};

struct sj_lens;
struct sj_lens_request {
    const struct sj_lens_words *words;
    const struct sj_str *dimensions; /* names: "channel" or of a property */
    size_t n_dimensions;
    const struct sj_str *measures; /* names of properties that hold numbers, money or durations */
    size_t n_measures;
    const struct sj_route_words *routes;
    size_t n_routes;
    const struct sj_str *members; /* conditions over customers (lens/segment.h): who is among which, in batches */
    size_t n_members;
    bool time, channel, identity; /* what the analysis needs */
    bool properties;              /* and, as dimensions behind those that are named, the properties that tell few cases apart */
};

/* Properties that tell few cases apart: their values are texts or truths, from 2 to SJ_FEW_TEXTS_MAX different ones in the store. In the
 * order of their names; the first SJ_FEW_PROPERTIES_MAX. */
#define SJ_FEW_TEXTS_MAX 20
#define SJ_FEW_PROPERTIES_MAX 64

/* Errors: SJ_E_USAGE where words cannot be read (says what was expected, and the nearest names) and for a measure that holds no
 * quantities, SJ_E_LIMIT for a dimension with more than SJ_DIMENSION_TEXTS_MAX values. The snapshot outlives the lens. */
#define SJ_DIMENSION_TEXTS_MAX 10000
enum sj_status sj_lens_open(const struct sj_os *os, const struct sj_alloc *mem, struct sj_snapshot *snapshot,
                            const struct sj_lens_request *request, struct sj_lens **ret_lens, struct sj_error *err);
void sj_lens_close(struct sj_lens *lens);

const struct sj_dimension *sj_lens_dimensions(const struct sj_lens *lens);
void sj_lens_count_dimensions(const struct sj_lens *lens, uint32_t *ret_n, uint32_t *ret_n_properties); /* properties: the last of them */
const struct sj_measure *sj_lens_measures(const struct sj_lens *lens);
const struct sj_pattern *const *sj_lens_patterns(const struct sj_lens *lens, uint32_t *ret_n_conditions); /* of the routes */
bool sj_lens_cuts_sessions(const struct sj_lens *lens);
const struct sj_people *sj_lens_people(const struct sj_lens *lens); /* who is who; NULL: by all links */
const struct sj_zone *sj_lens_zone(const struct sj_lens *lens);
void sj_lens_range(const struct sj_lens *lens, int64_t *ret_from_us, int64_t *ret_to_us); /* cut to what the store holds */

/* A scan over the customers with lo <= key < *hi. */
struct sj_scan;
struct sj_scan_counts {
    uint64_t n_events;       /* looked at */
    uint64_t n_chosen;       /* that the lens let through */
    uint64_t n_without_case; /* chosen, but without a value of the `by` property */
    uint64_t n_customers, n_journeys;
};
enum sj_status sj_scan_open(const struct sj_lens *lens, sj_key lo, const sj_key *hi, struct sj_scan **ret_scan, struct sj_error *err);
enum sj_status sj_scan_next(struct sj_scan *scan, const struct sj_batch **ret_batch, struct sj_error *err); /* NULL at the end */
struct sj_scan_counts sj_scan_counts(const struct sj_scan *scan);
/* Which events of the rows the events of the last batch are, by their place; NULL: the same. Rows are those that a cursor over the same keys
 * gives. */
const uint32_t *sj_scan_places(const struct sj_scan *scan);
void sj_scan_close(struct sj_scan *scan);
