/* A dictionary: texts to dense codes 0, 1, 2, … in order of first appearance. Texts are copied and keep their address.
 * The hash is seeded, since the texts come from outside.
 * Threads: adding needs a lock of the caller; looking up while nobody adds does not. */
#pragma once
#include "base/buf.h"

/* The hash stands beside the code: looking up reads no text but the one that is sought, and growing reads none. */
struct sj_name_slot {
    uint32_t hash, held; /* held: code + 1, 0 is free */
};

struct sj_names {
    struct sj_arena text;
    struct sj_buf entries;      /* struct sj_str, by code */
    struct sj_name_slot *slots; /* open addressing */
    size_t n_slots;             /* a power of two, at least twice the entries; 0 before the first */
    uint64_t seed;
};

void sj_names_init(struct sj_names *names, const struct sj_alloc *mem, uint64_t seed);
void sj_names_done(struct sj_names *names);

enum sj_status sj_names_add(struct sj_names *names, struct sj_str text, uint32_t *ret_code, struct sj_error *err);
bool sj_names_find(const struct sj_names *names, struct sj_str text, uint32_t *ret_code);

static inline uint32_t sj_names_count(const struct sj_names *names) { return (uint32_t)(names->entries.n / sizeof(struct sj_str)); }
static inline const struct sj_str *sj_names_all(const struct sj_names *names) { return (const struct sj_str *)names->entries.data; }
static inline struct sj_str sj_names_at(const struct sj_names *names, uint32_t code) { return sj_names_all(names)[code]; }
