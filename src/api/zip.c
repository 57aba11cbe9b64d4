#include "api/zip.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

#include "base/time.h"

struct sj_zip {
    const struct sj_alloc *mem;
    struct archive *archive;
    sj_zip_sink sink;
    void *sink_ctx;
    int64_t time_us;
    struct sj_error failure; /* of the sink */
};

static la_ssize_t write_bytes(struct archive *archive, void *ctx, const void *bytes, size_t n) {
    struct sj_zip *zip = ctx;
    if (zip->failure.status == SJ_OK && zip->sink(zip->sink_ctx, bytes, n, &zip->failure) == SJ_OK)
        return (la_ssize_t)n;
    archive_set_error(archive, EIO, "the sink takes no more");
    return -1;
}

static enum sj_status failed(const struct sj_zip *zip, struct sj_error *err) {
    if (zip->failure.status != SJ_OK) {
        if (err)
            *err = zip->failure;
        return zip->failure.status;
    }
    const char *why = archive_error_string(zip->archive);
    return sj_fail(err, SJ_E_IO, "the zip archive could not be made: %s", why ? why : "?");
}

/* No padding at the end: it is no tape. */
static enum sj_status start(struct sj_zip *zip, struct sj_error *err) {
    zip->archive = archive_write_new();
    if (!zip->archive)
        return sj_fail_memory(err, sizeof *zip);
    const bool good = archive_write_set_format_zip(zip->archive) == ARCHIVE_OK &&
                      archive_write_set_bytes_in_last_block(zip->archive, 1) == ARCHIVE_OK &&
                      archive_write_open(zip->archive, zip, NULL, write_bytes, NULL) == ARCHIVE_OK;
    return good ? SJ_OK : failed(zip, err);
}

enum sj_status sj_zip_open(const struct sj_alloc *mem, int64_t time_us, sj_zip_sink sink, void *ctx, struct sj_zip **ret_zip,
                           struct sj_error *err) {
    struct sj_zip *zip;
    SJ_TRY(sj_mem_new(mem, 1, sizeof *zip, &zip, err));
    *zip = (struct sj_zip){.mem = mem, .sink = sink, .sink_ctx = ctx, .time_us = time_us, .failure.lang = err ? err->lang : SJ_EN};
    const enum sj_status status = start(zip, err);
    if (status != SJ_OK) {
        (void)sj_zip_close(zip, false, NULL);
        return status;
    }
    *ret_zip = zip;
    return SJ_OK;
}

enum sj_status sj_zip_add(struct sj_zip *zip, const char *name, struct sj_str bytes, struct sj_error *err) {
    struct archive_entry *entry = archive_entry_new();
    if (!entry)
        return sj_fail_memory(err, bytes.n);
    archive_entry_set_pathname(entry, name);
    archive_entry_set_size(entry, (la_int64_t)bytes.n);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0600);
    archive_entry_set_mtime(entry, (time_t)(zip->time_us / SJ_US_SECOND), 0);
    bool good = archive_write_header(zip->archive, entry) == ARCHIVE_OK;
    good = good && (bytes.n == 0 || archive_write_data(zip->archive, bytes.p, bytes.n) == (la_ssize_t)bytes.n);
    good = good && archive_write_finish_entry(zip->archive) == ARCHIVE_OK;
    archive_entry_free(entry);
    return good ? SJ_OK : failed(zip, err);
}

enum sj_status sj_zip_close(struct sj_zip *zip, bool whole, struct sj_error *err) {
    enum sj_status status = SJ_OK;
    if (zip->archive && !whole)
        (void)archive_write_fail(zip->archive);
    if (zip->archive && archive_write_close(zip->archive) != ARCHIVE_OK && whole)
        status = failed(zip, err);
    (void)archive_write_free(zip->archive);
    sj_mem_free(zip->mem, zip);
    return status;
}
