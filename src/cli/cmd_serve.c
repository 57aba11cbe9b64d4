#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/cli.h"
#include "server/access.h"
#include "server/server.h"

/* serve: the store over HTTP. keys: who may send events and ask. */

/* ---- serve ---- */

#define TEXT_BYTES_MAX ((size_t)1 << 20)

static const struct sj_flag serve_flags[] = {
    {"listen", SJ_TAKES_VALUE, "ADDRESS", "127.0.0.1", SJ_T("where it listens; 0.0.0.0 for every address of this machine")},
    {"port", SJ_TAKES_VALUE, "N", "7878", SJ_T("the port; 0 for any that is free")},
    {"cert", SJ_TAKES_VALUE, "FILE", NULL, SJ_T("certificate (PEM) for https; with --key")},
    {"key", SJ_TAKES_VALUE, "FILE", NULL, SJ_T("its private key (PEM)")},
    {"connections", SJ_TAKES_VALUE, "N", "1000", SJ_T("how many at once; half of them, and one, from one address")},
    {"workers", SJ_TAKES_VALUE, "N", "2", SJ_T("how many questions are answered at once")},
};

static void write_line(void *ctx, const char *line) {
    (void)ctx;
    (void)fprintf(stderr, "%s\n", line);
}

/* A text file, ended with NUL; NULL where the flag was not given. */
static enum sj_status read_text(struct sj_call *call, const char *flag, struct sj_buf *out, const char **ret_text, struct sj_error *err) {
    const char *path = sj_call_value(call, flag);
    *ret_text = NULL;
    if (!path)
        return SJ_OK;
    SJ_TRY(sj_os_read_file(call->cli->os, path, out, err));
    SJ_TRY(sj_buf_append(out, "", 1, err));
    *ret_text = (const char *)out->data;
    return SJ_OK;
}

/* Until the program is told to end. The signals are blocked in every thread, so that they come here. */
static void wait_for_the_end(const sigset_t *signals) {
    int signal;
    while (sigwait(signals, &signal) != 0)
        continue;
}

static void say_where(const struct sj_call *call, const struct sj_server_options *options, const struct sj_server *server) {
    const bool is_6 = strchr(options->address, ':') != NULL;
    sj_cli_say(call->cli, SJ_T("%s is served at %s://%s%s%s:%u (Ctrl-C ends it)"), call->args.words[0], options->cert ? "https" : "http",
               is_6 ? "[" : "", options->address, is_6 ? "]" : "", (unsigned)sj_server_port(server));
}

static enum sj_status serve(struct sj_call *call, struct sj_server_options *options, struct sj_error *err) {
    struct sj_server *server;
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    SJ_TRY(sj_server_start(options, &server, err));
    say_where(call, options, server);
    wait_for_the_end(&signals);
    sj_server_stop(server);
    return SJ_OK;
}

static enum sj_status open_and_serve(struct sj_call *call, struct sj_server_options *options, struct sj_error *err) {
    struct sj_store_options store_options = sj_cli_store_options(call->cli);
    store_options.program = "sojourn serve";
    store_options.flushes_itself = true;
    if (!sj_store_exists(&store_options, options->store_path))
        SJ_TRY(sj_store_create(&store_options, options->store_path, NULL, err));
    SJ_TRY(sj_store_open(&store_options, options->store_path, true, &options->store, err));
    const enum sj_status status = serve(call, options, err);
    sj_store_close(options->store);
    return status;
}

static enum sj_status run_serve(struct sj_call *call, struct sj_error *err) {
    struct sj_server_options options = {.os = call->cli->os,
                                        .mem = call->cli->mem,
                                        .store_path = call->args.words[0],
                                        .address = sj_call_value(call, "listen"),
                                        .log = write_line};
    struct sj_buf cert, key;
    int64_t port, n_connections, n_workers;
    SJ_TRY(sj_call_count(call, "port", 0, 65535, &port, err));
    SJ_TRY(sj_call_count(call, "connections", 1, 100000, &n_connections, err));
    SJ_TRY(sj_call_count(call, "workers", 1, 64, &n_workers, err));
    options.port = (uint16_t)port;
    options.n_connections = (unsigned)n_connections;
    options.n_workers = (unsigned)n_workers;
    sj_buf_init(&cert, call->cli->mem, TEXT_BYTES_MAX);
    sj_buf_init(&key, call->cli->mem, TEXT_BYTES_MAX);
    enum sj_status status = read_text(call, "cert", &cert, &options.cert, err);
    if (status == SJ_OK)
        status = read_text(call, "key", &key, &options.key, err);
    if (status == SJ_OK && (options.cert == NULL) != (options.key == NULL))
        status = sj_fail(err, SJ_E_USAGE, "--cert and --key go together");
    if (status == SJ_OK)
        status = open_and_serve(call, &options, err);
    if (key.n > 0)
        explicit_bzero(key.data, key.n);
    sj_buf_done(&cert);
    sj_buf_done(&key);
    return status;
}

const struct sj_command sj_command_serve = {
    .name = "serve",
    .summary = SJ_T("The store over HTTP: events in, answers out."),
    .words = "STORE",
    .n_words_min = 1,
    .n_words_max = 1,
    .about = SJ_T(
        "Takes events as Segment's client libraries send them (/v1/batch, /v1/track, …) and questions as JSON (/api/v1/analyses/…); a "
        "store "
        "that is not there is made. It listens on this machine only, unless --listen says otherwise; give it a certificate then. Whoever "
        "sends or asks needs a key (`sojourn keys`). What was answered with success is on disk. While it runs nothing else writes to the "
        "store."),
    .example = "serve shop.sojourn\nserve shop.sojourn --listen 0.0.0.0 --port 443 --cert site.pem --key site.key",
    .sets = {{.title = SJ_T("The server"), SJ_FLAGS(serve_flags)}},
    .run = run_serve,
};

/* ---- keys ---- */

static const struct sj_flag keys_flags[] = {
    {"kind", SJ_TAKES_VALUE, "write|read|analyst", "write",
     SJ_T("add: what it is for: sending events; asking for figures; asking also for lists of people")},
};

static const struct sj_column_def key_columns[] = {
    {.name = "name", .label = SJ_T("Name"), .type = SJ_TYPE_TEXT, .help = SJ_T("to tell it by")},
    {.name = "kind", .label = SJ_T("Kind"), .type = SJ_TYPE_TEXT, .help = SJ_T("what it is for: write, read or analyst")},
    {.name = "begins", .label = SJ_T("Begins with"), .type = SJ_TYPE_TEXT, .help = SJ_T("its first characters; the rest is nowhere")},
    {.name = "made", .label = SJ_T("Made"), .type = SJ_TYPE_TIME, .help = SJ_T("when it was made")},
};
static const struct sj_table_def keys_def = {.name = "keys", .title = SJ_T("Keys"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(key_columns)};

struct listing {
    struct sj_result *result;
    struct sj_table *table;
};

static enum sj_status add_row(void *ctx, const struct sj_key_info *info, struct sj_error *err) {
    const struct listing *listing = ctx;
    struct sj_cell *cells;
    struct sj_str name, begins;
    SJ_TRY(sj_result_text(listing->result, info->name, &name, err));
    SJ_TRY(sj_result_text(listing->result, info->begins, &begins, err));
    SJ_TRY(sj_result_row(listing->result, listing->table, &cells, err));
    cells[0] = sj_cell_text(name);
    cells[1] = sj_cell_text(sj_str(sj_key_kind_name(info->kind)));
    cells[2] = sj_cell_text(begins);
    cells[3] = sj_cell_i64(info->made_us);
    return SJ_OK;
}

static enum sj_status fill_keys(struct sj_call *call, void *ctx, struct sj_snapshot *snapshot, struct sj_result *result,
                                struct sj_error *err) {
    struct listing listing = {.result = result};
    (void)call;
    (void)snapshot;
    SJ_TRY(sj_result_table(result, &keys_def, &listing.table, err));
    return sj_access_each(ctx, add_row, &listing, err);
}

static enum sj_status add_key(struct sj_call *call, struct sj_access *access, struct sj_error *err) {
    const struct sj_str kind_name = sj_str(sj_call_value(call, "kind"));
    char key[SJ_KEY_TEXT_BYTES];
    enum sj_key_kind kind;
    if (!sj_key_kind_find(kind_name, &kind))
        return sj_fail(err, SJ_E_USAGE, "\"%.*s\" is no kind of keys; expected write, read or analyst", SJ_ARG(kind_name));
    SJ_TRY(sj_access_add(access, call->cli->os, kind, sj_str(call->args.words[2]), key, err));
    (void)printf("%s\n", key);
    sj_cli_say(call->cli, SJ_T("this is the key; it is shown once, and kept nowhere"));
    explicit_bzero(key, sizeof key);
    return SJ_OK;
}

static enum sj_status act(struct sj_call *call, struct sj_access *access, struct sj_error *err) {
    const size_t n = call->args.n_words;
    const struct sj_cli_show show = {.name = "keys", .title = SJ_T("Who may send events, and ask?"), .fill = fill_keys, .ctx = access};
    if (n == 1)
        return sj_cli_show(call, &show, err);
    if (n == 3 && strcmp(call->args.words[1], "add") == 0)
        return add_key(call, access, err);
    if (n == 3 && strcmp(call->args.words[1], "revoke") == 0) {
        SJ_TRY(sj_access_revoke(access, sj_str(call->args.words[2]), err));
        sj_cli_say(call->cli, SJ_T("it is refused from now on"));
        return SJ_OK;
    }
    return sj_fail(err, SJ_E_USAGE, "keys expects nothing more, or: add NAME, or: revoke NAME");
}

static enum sj_status run_keys(struct sj_call *call, struct sj_error *err) {
    const struct sj_store_options options = sj_cli_store_options(call->cli);
    struct sj_access *access;
    if (!sj_store_exists(&options, call->args.words[0]))
        return sj_fail(err, SJ_E_NOT_FOUND, "%s is no store", call->args.words[0]);
    SJ_TRY(sj_access_open(call->cli->mem, call->args.words[0], &access, err));
    const enum sj_status status = act(call, access, err);
    sj_access_close(access);
    return status;
}

const struct sj_command sj_command_keys = {
    .name = "keys",
    .summary = SJ_T("Keys for the server: list, add, revoke."),
    .words = "STORE [add NAME|revoke NAME]",
    .n_words_min = 1,
    .n_words_max = 3,
    .about =
        SJ_T("A key is shown once, when it is made; kept is only a hash of it. Also while the store is being served: a key counts at once, "
             "and one that is revoked no more."),
    .example =
        "keys shop.sojourn\nkeys shop.sojourn add website\nkeys shop.sojourn add dashboard --kind read\nkeys shop.sojourn revoke website",
    .sets = {{.title = SJ_T("Keys"), SJ_FLAGS(keys_flags)}, SJ_OUTPUT_FLAG_SET},
    .run = run_keys,
};
