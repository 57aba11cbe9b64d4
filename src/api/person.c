#include "api/person.h"

#include "api/customer.h"
#include "api/export.h"
#include "api/zip.h"
#include "base/json.h"
#include "base/names.h"
#include "base/time.h"
#include "store/records.h"

#define FILE_BYTES_MAX ((size_t)1 << 32)

/* ---- open ---- */

struct gathering {
    struct sj_person *person;
    struct sj_buf links; /* struct sj_link */
};

static bool is_own(const struct sj_person *p, struct sj_str identity) {
    for (size_t i = 0; i < p->n_identities; i++)
        if (sj_str_eq(p->identities[i].identity, identity))
            return true;
    return false;
}

/* A link to what is no identity of this person, such as the other user of a device, tells of somebody else, and is left out. */
static enum sj_status take_link(void *ctx, const struct sj_link *link, struct sj_error *err) {
    struct gathering *gathering = ctx;
    struct sj_arena *arena = &gathering->person->shown.arena;
    struct sj_link copy = *link;
    if (!is_own(gathering->person, link->a) || !is_own(gathering->person, link->b))
        return SJ_OK;
    SJ_TRY(sj_arena_copy(arena, copy.a, &copy.a, err));
    SJ_TRY(sj_arena_copy(arena, copy.b, &copy.b, err));
    return sj_buf_append(&gathering->links, &copy, sizeof copy, err);
}

static enum sj_status gather_links(struct sj_person *p, const struct sj_alloc *mem, struct sj_error *err) {
    struct gathering gathering = {.person = p};
    struct sj_link *links;
    sj_buf_init(&gathering.links, mem, SIZE_MAX / 2);
    enum sj_status status = sj_snapshot_each_link(p->snapshot, take_link, &gathering, err);
    p->n_links = gathering.links.n / sizeof *links;
    if (status == SJ_OK)
        status = sj_arena_new(&p->shown.arena, p->n_links, sizeof *links, &links, err);
    if (status == SJ_OK && p->n_links > 0)
        memcpy(links, gathering.links.data, gathering.links.n);
    if (status == SJ_OK)
        p->links = links;
    sj_buf_done(&gathering.links);
    return status;
}

enum sj_status sj_person_open(const struct sj_alloc *mem, struct sj_snapshot *snapshot, const struct sj_person_asked *asked,
                              struct sj_person *ret_person, struct sj_error *err) {
    struct sj_identity_customer customer;
    *ret_person = (struct sj_person){.snapshot = snapshot, .store = asked->store, .now_us = asked->now_us};
    sj_result_init(&ret_person->shown, mem, asked->lang);
    const struct sj_customer_words words = {.identity = asked->identity};
    enum sj_status status = sj_customer_show(asked->os, mem, snapshot, &words, &ret_person->shown, err);
    if (status == SJ_OK)
        status = sj_identity_find(snapshot, NULL, asked->identity, &ret_person->shown.arena, &customer, err);
    if (status == SJ_OK) {
        ret_person->identities = customer.members;
        ret_person->n_identities = customer.n;
        status = gather_links(ret_person, mem, err);
    }
    if (status != SJ_OK)
        sj_person_close(ret_person);
    return status;
}

void sj_person_close(struct sj_person *p) { sj_result_done(&p->shown); }

/* ---- summary.json ---- */

static void put_time(struct sj_json *json, const char *key, int64_t time_us) {
    sj_json_key(json, key);
    sj_json_time(json, time_us);
}

static void put_identities(const struct sj_person *p, struct sj_json *json) {
    sj_json_key(json, "identities");
    sj_json_open(json, '[');
    for (size_t i = 0; i < p->n_identities; i++) {
        const struct sj_identity_member *identity = &p->identities[i];
        sj_json_open(json, '{');
        sj_json_key(json, "identity");
        sj_json_str(json, identity->identity);
        sj_json_key(json, "events");
        sj_json_i64(json, identity->n_events);
        if (identity->n_events > 0) {
            put_time(json, "first", identity->first_us);
            put_time(json, "last", identity->last_us);
        }
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
}

/* How often each name stands in a column of the events, by the order in which the names come. Quadratic in the names, which are few. */
static enum sj_status put_counts(const struct sj_person *p, const char *key, size_t column, struct sj_json *json, struct sj_error *err) {
    const struct sj_table *events = sj_result_find(&p->shown, "events");
    struct sj_names names;
    struct sj_buf counts;
    enum sj_status status = SJ_OK;
    sj_names_init(&names, p->shown.arena.mem, sj_snapshot_key(p->snapshot, p->identities[0].identity).lo);
    sj_buf_init(&counts, p->shown.arena.mem, SIZE_MAX / 2);
    for (size_t row = 0; row < events->n_rows; row++) {
        const struct sj_cell *cell = sj_table_cell(events, row, column);
        const int64_t none = 0;
        uint32_t code;
        if (!cell->known)
            continue;
        SJ_TRY_CLEAN(sj_names_add(&names, cell->text, &code, err));
        if (counts.n == code * sizeof none)
            SJ_TRY_CLEAN(sj_buf_append(&counts, &none, sizeof none, err));
        ((int64_t *)(void *)counts.data)[code]++;
    }
    sj_json_key(json, key);
    sj_json_open(json, '[');
    for (uint32_t i = 0; i < sj_names_count(&names); i++) {
        sj_json_open(json, '{');
        sj_json_key(json, "name");
        sj_json_str(json, sj_names_at(&names, i));
        sj_json_key(json, "events");
        sj_json_i64(json, ((const int64_t *)(const void *)counts.data)[i]);
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
cleanup:
    sj_names_done(&names);
    sj_buf_done(&counts);
    return status;
}

static void put_links(const struct sj_person *p, struct sj_json *json) {
    sj_json_key(json, "links");
    sj_json_open(json, '[');
    for (size_t i = 0; i < p->n_links; i++) {
        sj_json_open(json, '{');
        put_time(json, "time", p->links[i].time_us);
        sj_json_key(json, "a");
        sj_json_str(json, p->links[i].a);
        sj_json_key(json, "b");
        sj_json_str(json, p->links[i].b);
        sj_json_key(json, "how");
        sj_json_text(json, sj_link_hows[p->links[i].how]);
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
}

static void put_segments(const struct sj_person *p, struct sj_json *json) {
    const struct sj_table *segments = sj_result_find(&p->shown, "segments");
    sj_json_key(json, "segments");
    sj_json_open(json, '[');
    for (size_t row = 0; row < segments->n_rows; row++) {
        sj_json_open(json, '{');
        for (size_t c = 0; c < segments->def->n_columns; c++) {
            sj_json_key(json, segments->def->columns[c].name);
            sj_json_str(json, sj_table_cell(segments, row, c)->text);
        }
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
}

struct recorded {
    const struct sj_person *person;
    struct sj_json *json;
};

/* Who did it is not about this person, and is left out. */
static enum sj_status put_entry(void *ctx, const struct sj_audit_entry *entry, struct sj_error *err) {
    const struct recorded *r = ctx;
    bool is_about = false;
    (void)err;
    for (size_t i = 0; i < r->person->n_identities && !is_about && entry->has_subject; i++) {
        uint8_t subject[SJ_KEYED_BYTES];
        sj_snapshot_subject(r->person->snapshot, r->person->identities[i].identity, subject);
        is_about = memcmp(subject, entry->subject, sizeof subject) == 0;
    }
    if (!is_about)
        return SJ_OK;
    sj_json_open(r->json, '{');
    put_time(r->json, "time", entry->time_us);
    sj_json_key(r->json, "action");
    sj_json_str(r->json, entry->action);
    sj_json_key(r->json, "detail");
    sj_json_str(r->json, entry->detail);
    sj_json_close(r->json, '}');
    return r->json->status;
}

enum sj_status sj_person_summary(const struct sj_person *p, struct sj_buf *out, struct sj_error *err) {
    const struct sj_table *events = sj_result_find(&p->shown, "events");
    struct sj_json json;
    sj_json_init(&json, out, err);
    struct recorded recorded = {p, &json};
    sj_json_open(&json, '{');
    sj_json_key(&json, "store");
    sj_json_text(&json, p->store);
    put_time(&json, "exported", p->now_us);
    sj_json_key(&json, "currency");
    sj_json_text(&json, sj_snapshot_view(p->snapshot)->currency);
    put_identities(p, &json);
    sj_json_key(&json, "events");
    sj_json_i64(&json, (int64_t)events->n_rows);
    put_time(&json, "first", sj_table_cell(events, 0, 0)->i64);
    put_time(&json, "last", sj_table_cell(events, events->n_rows - 1, 0)->i64);
    SJ_TRY(put_counts(p, "touchpoints", 3, &json, err));
    SJ_TRY(put_counts(p, "channels", 4, &json, err));
    put_segments(p, &json);
    put_links(p, &json);
    sj_json_key(&json, "record");
    sj_json_open(&json, '[');
    SJ_TRY(sj_snapshot_audit(p->snapshot, put_entry, &recorded, err));
    sj_json_close(&json, ']');
    sj_json_close(&json, '}');
    SJ_TRY(json.status);
    return sj_buf_append(out, "\n", 1, err);
}

/* ---- the events ---- */

static enum sj_status append(void *ctx, const void *bytes, size_t n, struct sj_error *err) { return sj_buf_append(ctx, bytes, n, err); }

/* Whoever is one customer has one key. */
static enum sj_status put_events(const struct sj_person *p, const struct sj_alloc *mem, enum sj_export_format format, struct sj_buf *out,
                                 struct sj_error *err) {
    const sj_key key = sj_snapshot_key(p->snapshot, p->identities[0].identity);
    const struct sj_export_options options = {.format = format, .from_us = SJ_TIME_MIN, .to_us = INT64_MAX, .only = &key};
    struct sj_export_summary summary;
    return sj_export(mem, p->snapshot, &options, append, out, &summary, err);
}

/* Lines of objects as one array: a line break stands between objects only, since those in texts are escaped. */
enum sj_status sj_person_events(const struct sj_person *p, const struct sj_alloc *mem, struct sj_buf *out, struct sj_error *err) {
    struct sj_buf lines;
    sj_buf_init(&lines, mem, FILE_BYTES_MAX);
    enum sj_status status = put_events(p, mem, SJ_EXPORT_JSONL, &lines, err);
    struct sj_str rest = sj_str_trim(sj_buf_str(&lines));
    if (status == SJ_OK)
        status = sj_buf_append(out, "[\n", 2, err);
    while (status == SJ_OK && rest.n > 0) {
        const char *end = memchr(rest.p, '\n', rest.n);
        const size_t n = end ? (size_t)(end - rest.p) : rest.n;
        status = sj_buf_append(out, rest.p, n, err);
        if (status == SJ_OK && end)
            status = sj_buf_append(out, ",\n", 2, err);
        rest = (struct sj_str){rest.p + n + (end != NULL), rest.n - n - (end != NULL)};
    }
    if (status == SJ_OK)
        status = sj_buf_append(out, "\n]\n", 3, err);
    sj_buf_done(&lines);
    return status;
}

/* ---- the archive ---- */

static enum sj_status make_file(const struct sj_person *p, const struct sj_alloc *mem, size_t file, struct sj_buf *out,
                                struct sj_error *err) {
    switch (file) {
    case 0: return sj_person_page(p, out, err);
    case 1: return put_events(p, mem, SJ_EXPORT_CSV, out, err);
    case 2: return sj_person_events(p, mem, out, err);
    default: return sj_person_summary(p, out, err);
    }
}

static enum sj_status add_files(const struct sj_person *p, const struct sj_alloc *mem, struct sj_zip *zip, struct sj_error *err) {
    static const char *const names[] = {"index.html", "events.csv", "events.json", "summary.json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct sj_buf bytes;
        sj_buf_init(&bytes, mem, FILE_BYTES_MAX);
        enum sj_status status = make_file(p, mem, i, &bytes, err);
        if (status == SJ_OK)
            status = sj_zip_add(zip, names[i], sj_buf_str(&bytes), err);
        sj_buf_done(&bytes);
        SJ_TRY(status);
    }
    return SJ_OK;
}

enum sj_status sj_person_export(const struct sj_person *p, const struct sj_alloc *mem,
                                enum sj_status (*sink)(void *ctx, const void *bytes, size_t n, struct sj_error *err), void *ctx,
                                struct sj_error *err) {
    struct sj_zip *zip;
    SJ_TRY(sj_zip_open(mem, p->now_us, sink, ctx, &zip, err));
    const enum sj_status status = add_files(p, mem, zip, err);
    const enum sj_status closed = sj_zip_close(zip, status == SJ_OK, status == SJ_OK ? err : NULL);
    return status != SJ_OK ? status : closed;
}
