/* See diary.h. */
#include "sample/diary.h"
#include <stdio.h>
#include "sample/dice.h"

#define ENTRIES_MAX_BYTES (64u << 20)

struct entry {
    struct sj_sample_event event;
    size_t first_property;
};

/* What is sorted: times with the place of their entry. Places differ, so the order is total. */
struct key {
    int64_t time_us;
    size_t entry;
};

void sj_diary_init(struct sj_diary *diary, const struct sj_alloc *mem, enum sj_lang lang) {
    *diary = (struct sj_diary){.status = SJ_OK, .error = {.lang = lang}};
    sj_buf_init(&diary->entries, mem, ENTRIES_MAX_BYTES);
    sj_buf_init(&diary->properties, mem, ENTRIES_MAX_BYTES);
    sj_buf_init(&diary->keys, mem, ENTRIES_MAX_BYTES);
    sj_arena_init(&diary->text, mem);
}

void sj_diary_done(struct sj_diary *diary) {
    sj_buf_done(&diary->entries);
    sj_buf_done(&diary->properties);
    sj_buf_done(&diary->keys);
    sj_arena_done(&diary->text);
}

void sj_diary_reset(struct sj_diary *diary) {
    sj_buf_reset(&diary->entries);
    sj_buf_reset(&diary->properties);
    sj_arena_done(&diary->text);
    diary->open = false;
}

static struct entry *last_entry(struct sj_diary *diary) { return (struct entry *)(void *)(diary->entries.data + diary->entries.n) - 1; }

struct sj_sample_event *sj_diary_add(struct sj_diary *diary, int64_t time_us, unsigned touchpoint, unsigned channel) {
    struct entry entry = {
        .event = {.time_us = time_us,
                  .touchpoint = sj_sample_touchpoints[touchpoint].name,
                  .channel = sj_company_channels[channel],
                  .value = SJ_SAMPLE_NONE,
                  .cost = SJ_SAMPLE_NONE,
                  .duration_us = SJ_SAMPLE_NONE,
                  .score = SJ_SAMPLE_NONE},
        .first_property = diary->properties.n / sizeof(struct sj_sample_property),
    };
    diary->open = false;
    if (diary->status == SJ_OK && time_us >= SJ_SAMPLE_FROM_US && time_us < SJ_SAMPLE_TO_US) {
        diary->status = sj_buf_append(&diary->entries, &entry, sizeof entry, &diary->error);
        diary->open = diary->status == SJ_OK;
    }
    diary->outside = entry.event;
    return diary->open ? &last_entry(diary)->event : &diary->outside;
}

static void add_property(struct sj_diary *diary, const struct sj_sample_property *property) {
    if (!diary->open || diary->status != SJ_OK) {
        return;
    }
    diary->status = sj_buf_append(&diary->properties, property, sizeof *property, &diary->error);
    if (diary->status == SJ_OK) {
        last_entry(diary)->event.n_properties++;
    }
}

void sj_diary_text(struct sj_diary *diary, unsigned column, struct sj_str text) {
    add_property(diary, &(struct sj_sample_property){.column = column, .text = text, .number = SJ_SAMPLE_NONE});
}

void sj_diary_number(struct sj_diary *diary, unsigned column, int64_t number) {
    add_property(diary, &(struct sj_sample_property){.column = column, .text = SJ_LIT(""), .number = number});
}

void sj_diary_repeat(struct sj_diary *diary, int64_t later_us) {
    if (!diary->open || diary->status != SJ_OK) {
        return;
    }
    struct entry entry = *last_entry(diary);
    size_t n = entry.event.n_properties;
    struct sj_sample_event *event = sj_diary_add(diary, entry.event.time_us + later_us, 0, 0);
    int64_t time_us = event->time_us;
    *event = entry.event;
    event->time_us = time_us;
    event->n_properties = 0;
    for (size_t i = 0; i < n; i++) {
        struct sj_sample_property property =
            ((const struct sj_sample_property *)(const void *)diary->properties.data)[entry.first_property + i];
        add_property(diary, &property);
    }
}

struct sj_str sj_diary_print(struct sj_diary *diary, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    char *copy = NULL;
    if (diary->status == SJ_OK && (n < 0 || (size_t)n >= sizeof text)) {
        diary->status = sj_fail(&diary->error, SJ_E_BUG, "A text of the sample company does not fit in %zu bytes.", sizeof text);
    }
    if (diary->status == SJ_OK) {
        diary->status = sj_arena_new(&diary->text, (size_t)n + 1, 1, &copy, &diary->error);
    }
    if (diary->status != SJ_OK) {
        return SJ_LIT("");
    }
    memcpy(copy, text, (size_t)n);
    return (struct sj_str){copy, (size_t)n};
}

static bool key_before(const struct key *a, const struct key *b) {
    return a->time_us < b->time_us || (a->time_us == b->time_us && a->entry < b->entry);
}

/* Shell's sort with Ciura's gaps (2001): some hundred keys, mostly in order already, no memory. */
static void sort_keys(struct key *keys, size_t n) {
    static const size_t gaps[] = {701, 301, 132, 57, 23, 10, 4, 1};
    for (size_t g = 0; g < sizeof gaps / sizeof *gaps; g++) {
        for (size_t i = gaps[g]; i < n; i++) {
            struct key key = keys[i];
            size_t to = i;
            for (; to >= gaps[g] && key_before(&key, &keys[to - gaps[g]]); to -= gaps[g]) {
                keys[to] = keys[to - gaps[g]];
            }
            keys[to] = key;
        }
    }
}

static enum sj_status make_keys(struct sj_diary *diary, struct key **ret_keys, size_t *ret_n, struct sj_error *err) {
    const struct entry *entries = (const struct entry *)(const void *)diary->entries.data;
    size_t n = diary->entries.n / sizeof *entries;
    sj_buf_reset(&diary->keys);
    SJ_TRY(sj_buf_reserve(&diary->keys, n * sizeof(struct key), err));
    struct key *keys = (struct key *)(void *)diary->keys.data;
    for (size_t i = 0; i < n; i++) {
        keys[i] = (struct key){entries[i].event.time_us, i};
    }
    sort_keys(keys, n);
    *ret_keys = keys;
    *ret_n = n;
    return SJ_OK;
}

/* Sixteen hexadecimal digits of a one-to-one map of (customer, place): unique, and nobody can read an order from them. */
static struct sj_str event_id(char out[16], uint32_t index, size_t place, uint64_t salt) {
    uint64_t x = sj_dice_mix((((uint64_t)index << 24) | place) ^ salt);
    for (int i = 15; i >= 0; i--, x >>= 4) {
        out[i] = "0123456789abcdef"[x & 15];
    }
    return (struct sj_str){out, 16};
}

enum sj_status sj_diary_read(struct sj_diary *diary, struct sj_str customer, uint32_t index, uint64_t salt, sj_sample_sink sink, void *ctx,
                             struct sj_error *err) {
    if (diary->status != SJ_OK) {
        if (err != NULL) {
            *err = diary->error;
        }
        return diary->status;
    }
    struct key *keys = NULL;
    size_t n = 0;
    SJ_TRY(make_keys(diary, &keys, &n, err));
    const struct entry *entries = (const struct entry *)(const void *)diary->entries.data;
    const struct sj_sample_property *properties = (const struct sj_sample_property *)(const void *)diary->properties.data;
    for (size_t i = 0; i < n; i++) {
        const struct entry *entry = &entries[keys[i].entry];
        char id[16];
        struct sj_sample_event event = entry->event;
        event.customer = customer;
        event.event_id = event_id(id, index, i, salt);
        event.properties = event.n_properties > 0 ? properties + entry->first_property : NULL;
        SJ_TRY(sink(ctx, &event, err));
    }
    return SJ_OK;
}
