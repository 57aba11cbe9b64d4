#include "base/names.h"

#include "base/hash.h"

#define NAMES_MAX (UINT32_C(1) << 31)
#define SLOTS_MIN 16 /* must be a power of two */

void sj_names_init(struct sj_names *names, const struct sj_alloc *mem, uint64_t seed) {
    *names = (struct sj_names){.seed = seed};
    sj_arena_init(&names->text, mem);
    sj_buf_init(&names->entries, mem, (size_t)NAMES_MAX * sizeof(struct sj_str));
}

void sj_names_done(struct sj_names *names) {
    const struct sj_alloc *mem = names->text.mem;
    sj_arena_done(&names->text);
    sj_buf_done(&names->entries);
    sj_mem_free(mem, names->slots);
    sj_names_init(names, mem, names->seed);
}

static uint32_t hash_of(const struct sj_names *names, struct sj_str text) { return (uint32_t)sj_hash64(text.p, text.n, names->seed); }

static bool holds(const struct sj_names *names, const struct sj_name_slot *slot, struct sj_str text, uint32_t hash) {
    return slot->hash == hash && sj_str_eq(sj_names_at(names, slot->held - 1), text);
}

/* The slot that holds the text, or the free one where it belongs. At most half of the slots are taken, so one is free. */
static const struct sj_name_slot *find_slot(const struct sj_names *names, struct sj_str text, uint32_t hash) {
    size_t at = hash & (names->n_slots - 1);
    while (names->slots[at].held != 0 && !holds(names, &names->slots[at], text, hash))
        at = (at + 1) & (names->n_slots - 1);
    return &names->slots[at];
}

static void fill_slot(struct sj_name_slot *slots, size_t n_slots, struct sj_name_slot filled) {
    size_t at = filled.hash & (n_slots - 1);
    while (slots[at].held != 0)
        at = (at + 1) & (n_slots - 1);
    slots[at] = filled;
}

static bool find(const struct sj_names *names, struct sj_str text, uint32_t hash, uint32_t *ret_code) {
    const uint32_t held = names->n_slots > 0 ? find_slot(names, text, hash)->held : 0;
    if (held == 0)
        return false;
    *ret_code = held - 1;
    return true;
}

bool sj_names_find(const struct sj_names *names, struct sj_str text, uint32_t *ret_code) {
    return find(names, text, hash_of(names, text), ret_code);
}

static enum sj_status double_slots(struct sj_names *names, struct sj_error *err) {
    const struct sj_alloc *mem = names->text.mem;
    const size_t n_slots = names->n_slots > 0 ? names->n_slots * 2 : SLOTS_MIN;
    struct sj_name_slot *slots;
    SJ_TRY(sj_mem_new(mem, n_slots, sizeof *slots, &slots, err));
    for (size_t i = 0; i < names->n_slots; i++)
        if (names->slots[i].held != 0)
            fill_slot(slots, n_slots, names->slots[i]);
    sj_mem_free(mem, names->slots);
    names->slots = slots;
    names->n_slots = n_slots;
    return SJ_OK;
}

enum sj_status sj_names_add(struct sj_names *names, struct sj_str text, uint32_t *ret_code, struct sj_error *err) {
    const uint32_t hash = hash_of(names, text);
    if (find(names, text, hash, ret_code))
        return SJ_OK;
    uint32_t code = sj_names_count(names);
    if (code >= NAMES_MAX)
        return sj_fail(err, SJ_E_LIMIT, "\"%.*s\" cannot be added: a dictionary holds at most %u different texts", SJ_ARG(text), NAMES_MAX);
    if ((size_t)code * 2 >= names->n_slots)
        SJ_TRY(double_slots(names, err));
    SJ_TRY(sj_buf_reserve(&names->entries, sizeof text, err));
    char *copy;
    SJ_TRY(sj_arena_new(&names->text, text.n, 1, &copy, err));
    if (text.n > 0)
        memcpy(copy, text.p, text.n);
    struct sj_str kept = {copy, text.n};
    SJ_TRY(sj_buf_append(&names->entries, &kept, sizeof kept, err));
    fill_slot(names->slots, names->n_slots, (struct sj_name_slot){hash, code + 1});
    *ret_code = code;
    return SJ_OK;
}
