/* What is found when the power comes back. */
#include <stdlib.h>
#include <string.h>
#include "base/random.h"
#include "simfs_inside.h"

enum { SECTOR_BYTES = 512 };

struct cut {
    struct sj_random random;
    enum simfs_loss loss;
    uint64_t keep; /* how likely it is that a change is kept, in a hundred */
};

static bool is_kept(struct cut *cut) { return sj_random_below(&cut->random, 100) < cut->keep; }

static void put_garbage(struct cut *cut, struct simfs_bytes *bytes, size_t offset, size_t n) {
    uint64_t garbage[SECTOR_BYTES / sizeof(uint64_t)];
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++)
        garbage[i] = sj_random_u64(&cut->random);
    simfs_put(bytes, offset, garbage, n);
}

static bool holds(const struct simfs_bytes *bytes, size_t offset, const uint8_t *p, size_t n) {
    return offset <= bytes->n && n <= bytes->n - offset && memcmp(bytes->p + offset, p, n) == 0;
}

static void tear(struct cut *cut, struct simfs_bytes *bytes, const struct simfs_change *change) {
    const size_t end = change->offset + change->n;
    for (size_t at = change->offset, next; at < end; at = next) {
        next = (at / SECTOR_BYTES + 1) * SECTOR_BYTES;
        next = next < end ? next : end;
        const uint8_t *p = change->p + (at - change->offset);
        if (is_kept(cut))
            simfs_put(bytes, at, p, next - at);
        else if (!holds(bytes, at, p, next - at) && sj_random_below(&cut->random, 2) == 0)
            put_garbage(cut, bytes, at, next - at);
    }
}

static void lose(struct cut *cut, struct simfs_bytes *bytes, const struct simfs_change *change) {
    if (change->p && cut->loss == SIMFS_TORN && sj_random_below(&cut->random, 2) == 0)
        tear(cut, bytes, change);
    else if (is_kept(cut))
        simfs_apply(bytes, change);
    else if (change->offset + change->n > bytes->n && change->p && sj_random_below(&cut->random, 2) == 0)
        simfs_put(bytes, change->offset + change->n, NULL, 0); /* it grew, and nothing arrived */
}

/* The contents of a file, into a node of the new file system. */
static void lose_file(struct cut *cut, const struct simfs_node *from, struct simfs_bytes *out) {
    const struct simfs_bytes *base = cut->loss == SIMFS_KEPT ? &from->now : &from->durable;
    simfs_put(out, 0, base->p, base->n);
    if (cut->loss != SIMFS_RANDOM && cut->loss != SIMFS_TORN)
        return;
    for (size_t i = 0; i < from->n_changes; i++) {
        if (!from->changes[i].abandoned)
            lose(cut, out, &from->changes[i]);
    }
    if (out->n > base->n && sj_random_below(&cut->random, 4) == 0) /* bytes arrived, and the size did not, or not wholly */
        out->n = base->n + (size_t)sj_random_below(&cut->random, out->n - base->n);
}

static void lose_folder(struct cut *cut, const struct simfs_node *from, struct simfs_entries *out) {
    const struct simfs_entries *base = cut->loss == SIMFS_KEPT ? &from->entries : &from->durable_entries;
    *out = (struct simfs_entries){simfs_resize(NULL, base->n * sizeof *base->items), base->n};
    if (base->n > 0)
        memcpy(out->items, base->items, base->n * sizeof *base->items);
    for (size_t i = 0; i < from->n_moves && (cut->loss == SIMFS_RANDOM || cut->loss == SIMFS_TORN); i++) {
        if (is_kept(cut))
            simfs_apply_move(out, &from->moves[i]);
    }
}

static void copy_entries(const struct simfs_entries *from, struct simfs_entries *to) {
    to->items = simfs_resize(to->items, from->n * sizeof *from->items);
    if (from->n > 0)
        memcpy(to->items, from->items, from->n * sizeof *from->items);
    to->n = from->n;
}

static void lose_node(struct cut *cut, struct simfs *fs, const struct simfs_node *from, struct simfs_node *to) {
    if (!from->is_folder) {
        lose_file(cut, from, &to->now);
        simfs_put(&to->durable, 0, to->now.p, to->now.n);
        return;
    }
    lose_folder(cut, from, &to->entries);
    for (size_t i = 0; i < to->entries.n; i++) {
        const struct simfs_node *child = to->entries.items[i].node;
        to->entries.items[i].node = simfs_node_new(fs, child->is_folder);
        lose_node(cut, fs, child, to->entries.items[i].node); // NOLINT(misc-no-recursion): as deep as the folders
    }
    copy_entries(&to->entries, &to->durable_entries);
}

struct simfs *simfs_after_cut(const struct simfs *fs, enum simfs_loss loss, uint64_t seed) {
    static const uint64_t keep[] = {10, 50, 90};
    struct cut cut = {.loss = loss};
    sj_random_init(&cut.random, seed);
    cut.keep = keep[sj_random_below(&cut.random, sizeof keep / sizeof *keep)];
    struct simfs *after = simfs_new();
    after->clock_us = fs->clock_us + 1000000;
    after->random = fs->random + 1000;
    lose_node(&cut, after, fs->root, after->root);
    return after;
}
