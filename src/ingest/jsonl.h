/* JSON Lines: one JSON object in a line is one row. A file that is one array of objects is read too, object by object.
 *
 *   {"userId":"u1","event":"visit","timestamp":"2026-01-31T12:00:00Z","properties":{"price":12.5,"tags":["a","b"]}}
 *    columns:  userId  event  timestamp  properties.price  properties.tags (the array as text)
 *
 * Objects are flattened with dots; null and {} are no value. Strict by RFC 8259: a line that is not is a reject with its reason, and
 * so is an object in which a name stands twice, since nobody can know which one was meant. Empty lines are skipped.
 * Limits: 64 levels, 16 MiB for an object. Memory: a few times the largest object. */
#pragma once
#include "ingest/jsonl_simdjson.h"
#include "ingest/loader.h"

#define SJ_JSONL_ROW_BYTES_MAX ((size_t)16 << 20)

/* What is wrong, for a line (SJ_T); some have a %zu for the byte, from 1. */
const char *sj_flat_reason(enum sj_flat_fault fault);

/* A reader (loader.h). Errors: SJ_E_INPUT for what is no JSON at all, an object that is too long, an array that does not end;
 * and what the source and the loader report. */
enum sj_status sj_jsonl_read(struct sj_source *source, struct sj_loader *loader, const struct sj_ingest_options *options,
                             const struct sj_alloc *mem, struct sj_error *err);
