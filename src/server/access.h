/* Who may do what: keys, and what they allow. They lie in the store's folder in a file of their own, access.db, which holds no events; a copy of
 * a store without it gives no access to anybody.
 *
 * A key is a text of 160 random bits, "wk_…" for collecting and "rk_…" for reading, shown once when it is made. Kept is its hash
 * (BLAKE2b); it cannot be read back. Threads: any; calls wait for each other. */
#pragma once
#include "base/buf.h"
#include "os/os.h"

enum sj_right {
    SJ_RIGHT_NONE,    /* for everybody */
    SJ_RIGHT_COLLECT, /* events in */
    SJ_RIGHT_ASK,     /* figures out */
    SJ_RIGHT_PEOPLE,  /* what a single person did */
    SJ_N_RIGHTS
};

/* What a key is for. */
enum sj_key_kind { SJ_KEY_WRITE, SJ_KEY_READ, SJ_KEY_ANALYST, SJ_N_KEY_KINDS };
const char *sj_right_name(enum sj_right right); /* "none", "collect", "ask", "people" */
/* Where a key stands in a text, whoever's it is: how many bytes from here on; 0: none begins here. */
size_t sj_key_length(struct sj_str text);
const char *sj_key_kind_name(enum sj_key_kind kind); /* "write", "read", "analyst" */
bool sj_key_kind_find(struct sj_str name, enum sj_key_kind *ret_kind);
bool sj_key_kind_may(enum sj_key_kind kind, enum sj_right right);

struct sj_caller {
    int64_t key; /* 0: nobody */
    enum sj_key_kind kind;
};

struct sj_access;
/* Made where it is not there. Errors: SJ_E_VERSION for a newer one. */
enum sj_status sj_access_open(const struct sj_alloc *mem, const char *store_path, struct sj_access **ret_access, struct sj_error *err);
void sj_access_close(struct sj_access *access);

#define SJ_KEY_TEXT_BYTES 40
/* A new key, written to `out`: it is nowhere else. Errors: SJ_E_EXISTS for a name that there is. */
enum sj_status sj_access_add(struct sj_access *access, const struct sj_os *os, enum sj_key_kind kind, struct sj_str name,
                             char out[SJ_KEY_TEXT_BYTES], struct sj_error *err);
/* SJ_E_NOT_FOUND where there is none of that name. It is refused from then on. */
enum sj_status sj_access_revoke(struct sj_access *access, struct sj_str name, struct sj_error *err);
/* Whose key it is; key 0: nobody's. */
enum sj_status sj_access_find(struct sj_access *access, struct sj_str key, struct sj_caller *ret_caller, struct sj_error *err);

struct sj_key_info {
    struct sj_str name;
    enum sj_key_kind kind;
    struct sj_str begins; /* its first characters, to tell it by */
    int64_t made_us;
};
enum sj_status sj_access_each(struct sj_access *access,
                              enum sj_status (*visit)(void *ctx, const struct sj_key_info *info, struct sj_error *err), void *ctx,
                              struct sj_error *err);
