/* One customer's diary: events are written in whatever order life brings them, then sorted and read out to the sink.
 *
 *     entries: | event, first property | event, first property | …      properties: | p p p | p p | …      text: an arena
 *
 * Properties go to the event that was added last. A failure sticks in `status`: what comes after it does nothing, and
 * sj_diary_read() reports it, so that the phases of a life need not look after every line.
 * An event outside the period is not written, nor are its properties. Internal to the room. */
#pragma once
#include "sample/company.h"

struct sj_diary {
    struct sj_buf entries, properties, keys;
    struct sj_arena text;
    struct sj_sample_event outside; /* stands in for what is not written */
    bool open;                      /* the last event was written */
    enum sj_status status;
    struct sj_error error;
};

void sj_diary_init(struct sj_diary *diary, const struct sj_alloc *mem, enum sj_lang lang); /* lang: of its messages */
void sj_diary_done(struct sj_diary *diary);
void sj_diary_reset(struct sj_diary *diary); /* the next customer */

/* A new event; the caller may fill in value, cost, duration, score and comment until the next one is added. */
struct sj_sample_event *sj_diary_add(struct sj_diary *diary, int64_t time_us, unsigned touchpoint, unsigned channel);
void sj_diary_text(struct sj_diary *diary, unsigned column, struct sj_str text); /* the text must outlive the customer */
void sj_diary_number(struct sj_diary *diary, unsigned column, int64_t number);
void sj_diary_repeat(struct sj_diary *diary, int64_t later_us); /* the last event with all its properties once more */

/* A text of the diary's own, alive until the reset. */
struct sj_str sj_diary_print(struct sj_diary *diary, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Gives the events by time (those of one time as they were added), with customer and event ids. `salt` tells runs apart. */
enum sj_status sj_diary_read(struct sj_diary *diary, struct sj_str customer, uint32_t index, uint64_t salt, sj_sample_sink sink, void *ctx,
                             struct sj_error *err);
