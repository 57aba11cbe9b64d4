/* What is made of several calls of the table: reading a whole file, finding a zone. */
#include <stdio.h>
#include "base/time.h"
#include "os/os.h"

enum sj_status sj_os_read_file(const struct sj_os *os, const char *path, struct sj_buf *out, struct sj_error *err) {
    sj_file file;
    SJ_TRY(os->open(os->ctx, path, SJ_OPEN_READ, &file, err));
    uint8_t piece[16384];
    size_t got = 0;
    enum sj_status status;
    do {
        status = os->read(os->ctx, file, piece, sizeof piece, &got, err);
        if (status == SJ_OK)
            status = sj_buf_append(out, piece, got, err);
    } while (status == SJ_OK && got > 0);
    os->close(os->ctx, file);
    return status == SJ_OK ? SJ_OK : sj_fail_in(err, status, "%s", path);
}

#define ZONE_FILE_BYTES_MAX ((size_t)1 << 20)

static bool is_zone_name(struct sj_str name) {
    if (name.n == 0 || name.n > 64 || name.p[0] == '/')
        return false;
    for (size_t i = 0; i < name.n; i++) {
        const char c = name.p[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '_' && c != '-' && c != '+' && c != '/')
            return false;
    }
    return true;
}

enum sj_status sj_os_zone(const struct sj_os *os, const struct sj_alloc *mem, struct sj_str name, struct sj_zone **ret_zone,
                          struct sj_error *err) {
    if (sj_str_eq_nocase(name, SJ_LIT("UTC")) || sj_str_eq_nocase(name, SJ_LIT("Z"))) {
        *ret_zone = NULL;
        return SJ_OK;
    }
    if (name.n > 0 && (name.p[0] == '+' || name.p[0] == '-'))
        return sj_zone_fixed(mem, name, ret_zone, err);
    if (!is_zone_name(name))
        return sj_fail(err, SJ_E_USAGE, "\"%.*s\" is no time zone; expected a name such as Europe/Amsterdam, UTC, or +02:00", SJ_ARG(name));
    char path[128];
    (void)snprintf(path, sizeof path, "/usr/share/zoneinfo/%.*s", SJ_ARG(name));
    struct sj_buf tzif;
    sj_buf_init(&tzif, mem, ZONE_FILE_BYTES_MAX);
    enum sj_status status = sj_os_read_file(os, path, &tzif, err);
    if (status == SJ_OK)
        status = sj_zone_parse(mem, name, sj_buf_str(&tzif), ret_zone, err);
    else if (status != SJ_E_MEMORY)
        status =
            sj_fail(err, SJ_E_USAGE,
                    "the time zone \"%.*s\" is not known here (looked for %s); expected a name such as Europe/Amsterdam, UTC, or +02:00",
                    SJ_ARG(name), path);
    sj_buf_done(&tzif);
    return status;
}
