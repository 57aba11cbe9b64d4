#include "server/access.h"

#include <ctype.h>
#include <pthread.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>

#define VERSION 1
#define BUSY_MS 10000
#define KEY_RANDOM_BYTES 20
#define HASH_BYTES 32
#define SHOWN_CHARACTERS 8

static const char schema[] = "CREATE TABLE keys(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, hash BLOB NOT NULL "
                             "UNIQUE, begins TEXT NOT NULL,"
                             " made_us INTEGER NOT NULL) STRICT;"
                             "PRAGMA user_version=1;";

static const struct kind {
    const char *name, *prefix;
    unsigned rights; /* bits by enum sj_right */
} kinds[SJ_N_KEY_KINDS] = {
    [SJ_KEY_WRITE] = {"write", "wk_", 1U << SJ_RIGHT_COLLECT},
    [SJ_KEY_READ] = {"read", "rk_", 1U << SJ_RIGHT_ASK},
    [SJ_KEY_ANALYST] = {"analyst", "ak_", 1U << SJ_RIGHT_ASK | 1U << SJ_RIGHT_PEOPLE},
};

const char *sj_right_name(enum sj_right right) {
    static const char *const names[SJ_N_RIGHTS] = {"none", "collect", "ask", "people"};
    return names[right];
}

const char *sj_key_kind_name(enum sj_key_kind kind) { return kinds[kind].name; }

bool sj_key_kind_find(struct sj_str name, enum sj_key_kind *ret_kind) {
    for (int i = 0; i < SJ_N_KEY_KINDS; i++) {
        if (sj_str_eq(name, sj_str(kinds[i].name))) {
            *ret_kind = (enum sj_key_kind)i;
            return true;
        }
    }
    return false;
}

bool sj_key_kind_may(enum sj_key_kind kind, enum sj_right right) {
    return right == SJ_RIGHT_NONE || (kinds[kind].rights >> right & 1) != 0;
}

size_t sj_key_length(struct sj_str text) {
    const size_t wanted = sodium_base64_ENCODED_LEN(KEY_RANDOM_BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING) - 1;
    size_t n = 0;
    for (int i = 0; i < SJ_N_KEY_KINDS && n == 0; i++)
        n = text.n > 3 && memcmp(text.p, kinds[i].prefix, 3) == 0 ? 3 : 0;
    while (n > 0 && n < text.n && n < 3 + wanted && (isalnum((unsigned char)text.p[n]) || text.p[n] == '-' || text.p[n] == '_'))
        n++;
    return n == 3 + wanted ? n : 0;
}

struct sj_access {
    const struct sj_alloc *mem;
    pthread_mutex_t lock;
    sqlite3 *db;
};

/* ---- SQLite ---- */

static enum sj_status failed(const struct sj_access *a, struct sj_error *err) {
    const int code = sqlite3_errcode(a->db);
    const enum sj_status status = code == SQLITE_FULL    ? SJ_E_FULL
                                  : code == SQLITE_NOMEM ? SJ_E_MEMORY
                                  : code == SQLITE_BUSY  ? SJ_E_BUSY
                                                         : SJ_E_IO;
    return sj_fail(err, status, "the keys (access.db) failed: %s", sqlite3_errmsg(a->db));
}

static enum sj_status run(const struct sj_access *a, const char *sql, struct sj_error *err) {
    return sqlite3_exec(a->db, sql, NULL, NULL, NULL) == SQLITE_OK ? SJ_OK : failed(a, err);
}

static enum sj_status prepare(const struct sj_access *a, const char *sql, sqlite3_stmt **ret_stmt, struct sj_error *err) {
    return sqlite3_prepare_v2(a->db, sql, -1, ret_stmt, NULL) == SQLITE_OK ? SJ_OK : failed(a, err);
}

static void bind_text(sqlite3_stmt *stmt, int place, struct sj_str text) {
    (void)sqlite3_bind_text64(stmt, place, text.n ? text.p : "", text.n, SQLITE_STATIC, SQLITE_UTF8);
}

static struct sj_str text_at(sqlite3_stmt *stmt, int column) {
    const unsigned char *text = sqlite3_column_text(stmt, column);
    return (struct sj_str){text ? (const char *)text : "", (size_t)sqlite3_column_bytes(stmt, column)};
}

static enum sj_status check_version(const struct sj_access *a, struct sj_error *err) {
    sqlite3_stmt *stmt;
    SJ_TRY(prepare(a, "PRAGMA user_version", &stmt, err));
    enum sj_status status = sqlite3_step(stmt) == SQLITE_ROW ? SJ_OK : failed(a, err);
    const int version = status == SJ_OK ? sqlite3_column_int(stmt, 0) : 0;
    (void)sqlite3_finalize(stmt);
    if (status == SJ_OK && version > VERSION)
        status =
            sj_fail(err, SJ_E_VERSION, "access.db was written by a newer program (version %d; this one reads up to %d)", version, VERSION);
    if (status == SJ_OK && version == 0)
        status = run(a, schema, err);
    return status;
}

enum sj_status sj_access_open(const struct sj_alloc *mem, const char *store_path, struct sj_access **ret_access, struct sj_error *err) {
    struct sj_access *a;
    char path[4096];
    if (snprintf(path, sizeof path, "%s/access.db", store_path) >= (int)sizeof path)
        return sj_fail(err, SJ_E_USAGE, "the path of the store is too long");
    SJ_TRY(sj_mem_new(mem, 1, sizeof *a, &a, err));
    a->mem = mem;
    (void)pthread_mutex_init(&a->lock, NULL);
    enum sj_status status = SJ_OK;
    if (sqlite3_open_v2(path, &a->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        status = a->db ? failed(a, err) : sj_fail_memory(err, sizeof *a);
    if (status == SJ_OK) {
        (void)sqlite3_busy_timeout(a->db, BUSY_MS);
        status = run(a, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA trusted_schema=OFF; PRAGMA secure_delete=ON;", err);
    }
    if (status == SJ_OK)
        status = run(a, "BEGIN IMMEDIATE", err);
    if (status == SJ_OK) {
        status = check_version(a, err);
        if (status == SJ_OK)
            status = run(a, "COMMIT", err);
        else
            (void)run(a, "ROLLBACK", NULL);
    }
    if (status == SJ_OK)
        *ret_access = a;
    else
        sj_access_close(a);
    return status;
}

void sj_access_close(struct sj_access *a) {
    if (!a)
        return;
    (void)sqlite3_close(a->db);
    (void)pthread_mutex_destroy(&a->lock);
    sj_mem_free(a->mem, a);
}

/* ---- keys ---- */

static void hash_of(struct sj_str key, uint8_t out[HASH_BYTES]) {
    (void)crypto_generichash(out, HASH_BYTES, (const uint8_t *)key.p, key.n, NULL, 0);
}

static enum sj_status insert(const struct sj_access *a, enum sj_key_kind kind, struct sj_str name, struct sj_str key, int64_t now_us,
                             struct sj_error *err) {
    uint8_t hash[HASH_BYTES];
    sqlite3_stmt *stmt;
    hash_of(key, hash);
    SJ_TRY(prepare(a, "INSERT INTO keys(name, kind, hash, begins, made_us) VALUES(?,?,?,?,?)", &stmt, err));
    bind_text(stmt, 1, name);
    bind_text(stmt, 2, sj_str(kinds[kind].name));
    (void)sqlite3_bind_blob(stmt, 3, hash, HASH_BYTES, SQLITE_STATIC);
    bind_text(stmt, 4, (struct sj_str){key.p, SHOWN_CHARACTERS});
    (void)sqlite3_bind_int64(stmt, 5, now_us);
    const int code = sqlite3_step(stmt);
    enum sj_status status = SJ_OK;
    if (code == SQLITE_CONSTRAINT)
        status = sj_fail(err, SJ_E_EXISTS, "there is a key \"%.*s\" already", SJ_ARG(name));
    else if (code != SQLITE_DONE)
        status = failed(a, err);
    (void)sqlite3_finalize(stmt);
    return status;
}

enum sj_status sj_access_add(struct sj_access *a, const struct sj_os *os, enum sj_key_kind kind, struct sj_str name,
                             char out[SJ_KEY_TEXT_BYTES], struct sj_error *err) {
    uint8_t random[KEY_RANDOM_BYTES];
    char text[SJ_KEY_TEXT_BYTES];
    if (name.n == 0 || name.n > 200 || !sj_str_is_utf8(name))
        return sj_fail(err, SJ_E_USAGE, "a key has a name of at most 200 bytes, to tell it by");
    SJ_TRY(os->random(os->ctx, random, sizeof random, err));
    int n = snprintf(text, sizeof text, "%s", kinds[kind].prefix);
    (void)sodium_bin2base64(text + n, sizeof text - (size_t)n, random, sizeof random, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    (void)pthread_mutex_lock(&a->lock);
    const enum sj_status status = insert(a, kind, name, sj_str(text), os->now_us(os->ctx), err);
    (void)pthread_mutex_unlock(&a->lock);
    if (status == SJ_OK)
        memcpy(out, text, sizeof text);
    sodium_memzero(text, sizeof text);
    return status;
}

static enum sj_status remove_key(const struct sj_access *a, struct sj_str name, struct sj_error *err) {
    sqlite3_stmt *stmt;
    SJ_TRY(prepare(a, "DELETE FROM keys WHERE name = ?", &stmt, err));
    bind_text(stmt, 1, name);
    enum sj_status status = sqlite3_step(stmt) == SQLITE_DONE ? SJ_OK : failed(a, err);
    (void)sqlite3_finalize(stmt);
    if (status == SJ_OK && sqlite3_changes(a->db) == 0)
        status = sj_fail(err, SJ_E_NOT_FOUND, "there is no key \"%.*s\"", SJ_ARG(name));
    return status;
}

enum sj_status sj_access_revoke(struct sj_access *a, struct sj_str name, struct sj_error *err) {
    (void)pthread_mutex_lock(&a->lock);
    const enum sj_status status = remove_key(a, name, err);
    (void)pthread_mutex_unlock(&a->lock);
    return status;
}

static enum sj_status find(const struct sj_access *a, const uint8_t hash[HASH_BYTES], struct sj_caller *ret_caller, struct sj_error *err) {
    struct sj_caller caller = {.key = 0};
    sqlite3_stmt *stmt;
    SJ_TRY(prepare(a, "SELECT id, kind FROM keys WHERE hash = ?", &stmt, err));
    (void)sqlite3_bind_blob(stmt, 1, hash, HASH_BYTES, SQLITE_STATIC);
    const int code = sqlite3_step(stmt);
    if (code == SQLITE_ROW && sj_key_kind_find(text_at(stmt, 1), &caller.kind))
        caller.key = sqlite3_column_int64(stmt, 0);
    const enum sj_status status = code == SQLITE_ROW || code == SQLITE_DONE ? SJ_OK : failed(a, err);
    (void)sqlite3_finalize(stmt);
    if (status == SJ_OK)
        *ret_caller = caller;
    return status;
}

enum sj_status sj_access_find(struct sj_access *a, struct sj_str key, struct sj_caller *ret_caller, struct sj_error *err) {
    uint8_t hash[HASH_BYTES];
    hash_of(key, hash);
    (void)pthread_mutex_lock(&a->lock);
    const enum sj_status status = find(a, hash, ret_caller, err);
    (void)pthread_mutex_unlock(&a->lock);
    return status;
}

static enum sj_status each(const struct sj_access *a,
                           enum sj_status (*visit)(void *ctx, const struct sj_key_info *info, struct sj_error *err), void *ctx,
                           struct sj_error *err) {
    sqlite3_stmt *stmt;
    SJ_TRY(prepare(a, "SELECT name, kind, begins, made_us FROM keys ORDER BY name", &stmt, err));
    enum sj_status status = SJ_OK;
    int code = SQLITE_DONE;
    while (status == SJ_OK && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        struct sj_key_info info = {.name = text_at(stmt, 0), .begins = text_at(stmt, 2), .made_us = sqlite3_column_int64(stmt, 3)};
        if (sj_key_kind_find(text_at(stmt, 1), &info.kind))
            status = visit(ctx, &info, err);
    }
    if (status == SJ_OK && code != SQLITE_DONE)
        status = failed(a, err);
    (void)sqlite3_finalize(stmt);
    return status;
}

enum sj_status sj_access_each(struct sj_access *a, enum sj_status (*visit)(void *ctx, const struct sj_key_info *info, struct sj_error *err),
                              void *ctx, struct sj_error *err) {
    (void)pthread_mutex_lock(&a->lock);
    const enum sj_status status = each(a, visit, ctx, err);
    (void)pthread_mutex_unlock(&a->lock);
    return status;
}
