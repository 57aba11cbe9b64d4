/* A builder: events in order of arrival become sorted rows, in memory.
 *
 *   add, add, …  ->  columns in order of arrival  ->  sort by (key, time), stable  ->  rows of about SJ_BLOCK_EVENTS events
 *
 * An event whose (identity, event id) was added before is left out at once. The identity is the customer's, or what the identity column
 * says; of a customer's events at one moment those of one identity stand together, by its text (store/homes.h). Texts are kept once for each column.
 * Threads: one builder, one thread. */
#pragma once
#include "store/segment.h"

struct sj_builder;

/* `identity_column`: 0 when there is none. */
enum sj_status sj_builder_new(const struct sj_alloc *mem, uint64_t seed, uint16_t identity_column, struct sj_builder **ret_builder,
                              struct sj_error *err);
void sj_builder_free(struct sj_builder *builder);

/* Adds an event that is within all limits. `kinds[i]` is the kind of event->values[i]. *ret_new is false for a duplicate. */
enum sj_status sj_builder_add(struct sj_builder *builder, const struct sj_event *event, const enum sj_kind *kinds, bool *ret_new,
                              struct sj_error *err);

size_t sj_builder_bytes(const struct sj_builder *builder); /* memory in use, the sort's included */
uint32_t sj_builder_count(const struct sj_builder *builder);

/* Sorts and writes everything into `writer`, then empties the builder (its memory is kept). */
enum sj_status sj_builder_write(struct sj_builder *builder, struct sj_segment_writer *writer, struct sj_error *err);
