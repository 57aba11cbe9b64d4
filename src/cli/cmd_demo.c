#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "picture/figure.h"
#include "sample/sample.h"

/* demo: the sample company, made from a seed, in a store; and beside it what was planted in it. */

static const struct sj_flag demo_flags[] = {
    {"customers", SJ_TAKES_VALUE, "N", "20000", SJ_T("how many customers; some 70 events each")},
    {"seed", SJ_TAKES_VALUE, "N", "1", SJ_T("same seed, same company")},
};
static const enum sj_kind kinds[] = {
    [SJ_SAMPLE_TEXT] = SJ_KIND_TEXT, [SJ_SAMPLE_NUMBER] = SJ_KIND_NUMBER, [SJ_SAMPLE_TRUTH] = SJ_KIND_TRUTH,
    [SJ_SAMPLE_TIME] = SJ_KIND_TIME, [SJ_SAMPLE_MONEY] = SJ_KIND_MONEY,   [SJ_SAMPLE_DURATION] = SJ_KIND_DURATION,
};

struct demo {
    struct sj_call *call;
    struct sj_os os; /* the command's; writes can be stopped */
    struct sj_sample_options options;
    struct sj_store *store;
    struct sj_writer *writer;
    struct sj_tally *tally;
    struct sj_progress_bar bar;
    uint16_t *columns; /* the store's code for each column of the sample */
    uint16_t builtin[SJ_N_BUILTIN];
    struct sj_value *values; /* of the event that is being made */
    char customer[64];       /* the one before, to count them */
    uint64_t n_customers, n_events;
    bool is_filled; /* the events are in the store */
};

static enum sj_status find_columns(struct demo *demo, struct sj_error *err) {
    struct sj_arena *arena = &demo->call->cli->arena;
    SJ_TRY(sj_arena_new(arena, sj_sample_n_columns, sizeof *demo->columns, &demo->columns, err));
    SJ_TRY(sj_arena_new(arena, sj_sample_n_columns + SJ_N_BUILTIN, sizeof *demo->values, &demo->values, err));
    for (size_t i = 0; i < sj_sample_n_columns; i++)
        SJ_TRY(sj_writer_column(demo->writer, sj_sample_columns[i].name, kinds[sj_sample_columns[i].kind], &demo->columns[i], err));
    for (size_t i = 0; i < SJ_N_BUILTIN; i++)
        SJ_TRY(sj_writer_column(demo->writer, sj_str(sj_builtin_columns[i].name), sj_builtin_columns[i].kind, &demo->builtin[i], err));
    return SJ_OK;
}

static void add_number(const struct demo *demo, struct sj_event *event, enum sj_builtin column, int64_t value) {
    if (value == SJ_SAMPLE_NONE)
        return;
    struct sj_value *slot = &demo->values[event->n_values++];
    slot->column = demo->builtin[column];
    if (sj_builtin_columns[column].kind == SJ_KIND_NUMBER)
        slot->f64 = (double)value;
    else
        slot->i64 = value;
}

static void add_text(const struct demo *demo, struct sj_event *event, enum sj_builtin column, struct sj_str text) {
    if (text.n > 0)
        demo->values[event->n_values++] = (struct sj_value){.column = demo->builtin[column], .text = text};
}

static void add_values(const struct demo *demo, const struct sj_sample_event *sample, struct sj_event *event) {
    add_number(demo, event, SJ_COLUMN_VALUE, sample->value);
    add_number(demo, event, SJ_COLUMN_COST, sample->cost);
    add_number(demo, event, SJ_COLUMN_DURATION, sample->duration_us);
    add_number(demo, event, SJ_COLUMN_SCORE, sample->score);
    add_text(demo, event, SJ_COLUMN_SCORE_KIND, sample->score_kind);
    add_text(demo, event, SJ_COLUMN_COMMENT, sample->comment);
    add_text(demo, event, SJ_COLUMN_EVENT_ID, sample->event_id);
    for (size_t i = 0; i < sample->n_properties; i++) {
        const struct sj_sample_property *property = &sample->properties[i];
        struct sj_value *slot = &demo->values[event->n_values++];
        slot->column = demo->columns[property->column];
        if (sj_sample_columns[property->column].kind == SJ_SAMPLE_TEXT)
            slot->text = property->text;
        else if (sj_sample_columns[property->column].kind == SJ_SAMPLE_NUMBER)
            slot->f64 = (double)property->number;
        else
            slot->i64 = property->number;
    }
}

static void count_event(struct demo *demo, const struct sj_sample_event *sample) {
    size_t n = sample->customer.n < sizeof demo->customer ? sample->customer.n : sizeof demo->customer - 1;
    demo->n_events++;
    if (strncmp(demo->customer, sample->customer.p, n) == 0 && demo->customer[n] == '\0')
        return;
    memcpy(demo->customer, sample->customer.p, n);
    demo->customer[n] = '\0';
    demo->n_customers++;
    sj_progress_show(&demo->bar, demo->n_customers, demo->options.n_customers, demo->n_events);
}

static enum sj_status take_event(void *ctx, const struct sj_sample_event *sample, struct sj_error *err) {
    struct demo *demo = ctx;
    SJ_TRY(sj_interrupt_check(err));
    struct sj_event event = {.customer = sample->customer, .time_us = sample->time_us, .values = demo->values};
    SJ_TRY(sj_tally_add(demo->tally, sample, err));
    SJ_TRY(sj_writer_touchpoint(demo->writer, sample->touchpoint, &event.touchpoint, err));
    SJ_TRY(sj_writer_channel(demo->writer, sample->channel, &event.channel, err));
    add_values(demo, sample, &event);
    count_event(demo, sample);
    return sj_writer_add(demo->writer, &event, err);
}

/* What was planted, counted over these very events, beside the store: STORE.truth.json. */
static enum sj_status write_truth(struct demo *demo, const char **ret_path, struct sj_error *err) {
    struct sj_cli *cli = demo->call->cli;
    struct sj_buf json;
    struct sj_output output = {0};
    enum sj_status status = SJ_OK;
    sj_buf_init(&json, cli->mem, SIZE_MAX);
    SJ_TRY_CLEAN(sj_arena_print(&cli->arena, ret_path, err, "%s.truth.json", demo->call->args.words[0]));
    SJ_TRY_CLEAN(sj_tally_json(demo->tally, &demo->options, &json, err));
    SJ_TRY_CLEAN(sj_output_open(cli->os, &cli->arena, *ret_path, false, &output, err));
    SJ_TRY_CLEAN(sj_output_write(&output, json.data, json.n, err));
    SJ_TRY_CLEAN(sj_output_commit(&output, err));
cleanup:
    sj_output_drop(&output);
    sj_buf_done(&json);
    return status;
}

static enum sj_status fill(struct demo *demo, struct sj_error *err) {
    struct sj_cli *cli = demo->call->cli;
    struct sj_commit commit = {0};
    struct sj_import record = {.name = SJ_LIT("sojourn demo")};
    const char *truth_path = NULL;
    char events[SJ_FIGURE_BYTES], customers[SJ_FIGURE_BYTES], took[SJ_TIME_TEXT_BYTES];
    SJ_TRY(find_columns(demo, err));
    SJ_TRY(sj_sample_run(cli->mem, &demo->options, take_event, demo, err));
    SJ_TRY(sj_writer_commit(demo->writer, &record, &commit, err));
    demo->is_filled = true;
    SJ_TRY(write_truth(demo, &truth_path, err));
    sj_progress_end(&demo->bar);
    sj_figure_count((int64_t)commit.n_events, cli->lang, events);
    sj_figure_count((int64_t)demo->n_customers, cli->lang, customers);
    sj_duration_format(sj_progress_elapsed_us(&demo->bar), took);
    sj_cli_say(cli, SJ_T("%s: the sample company, %s events of %s customers; %s"), demo->call->args.words[0], events, customers, took);
    sj_cli_say(cli, SJ_T("%s: what was planted in it"), truth_path);
    return SJ_OK;
}

static enum sj_status explain(const struct demo *demo, enum sj_status status, struct sj_error *err) {
    if (status == SJ_E_CANCELLED)
        return sj_fail(err, status, "stopped; no store was made");
    if (status == SJ_E_FULL && !demo->is_filled)
        return sj_fail(err, status, "%s: the disk of the store is full, and no store was made", demo->call->args.words[0]);
    return status;
}

static enum sj_status run_demo(struct sj_call *call, struct sj_error *err) {
    struct demo demo = {.call = call};
    struct sj_store_options options = sj_cli_store_options(call->cli);
    int64_t n_customers = 0, seed = 0;
    enum sj_status status = SJ_OK;
    options.program = "sojourn demo";
    SJ_TRY(sj_call_count(call, "customers", 1, SJ_SAMPLE_CUSTOMERS_MAX, &n_customers, err));
    SJ_TRY(sj_call_count(call, "seed", 0, INT64_MAX, &seed, err));
    demo.options = (struct sj_sample_options){.seed = (uint64_t)seed, .n_customers = (uint32_t)n_customers};
    sj_interrupt_hold(call->cli->os, &demo.os);
    status = sj_store_create(&options, call->args.words[0], "EUR", err);
    if (status != SJ_OK) {
        sj_interrupt_release();
        return status;
    }
    options.os = &demo.os;
    sj_progress_begin(&demo.bar, call->cli, SJ_T("events"));
    SJ_TRY_CLEAN(sj_store_open(&options, call->args.words[0], true, &demo.store, err));
    SJ_TRY_CLEAN(sj_writer_open(demo.store, SJ_LOAD_BULK, &demo.writer, err));
    SJ_TRY_CLEAN(sj_tally_new(call->cli->mem, &demo.tally, err));
    SJ_TRY_CLEAN(fill(&demo, err));
cleanup:
    sj_progress_end(&demo.bar);
    if (demo.tally != NULL)
        sj_tally_free(demo.tally);
    if (demo.writer != NULL)
        sj_writer_close(demo.writer);
    if (demo.store != NULL)
        sj_store_close(demo.store);
    sj_interrupt_release();
    if (status != SJ_OK)
        sj_store_discard(&options, call->args.words[0]);
    return explain(&demo, status, err);
}

const struct sj_command sj_command_demo = {
    .name = "demo",
    .summary = SJ_T("A new store with the journeys of a made-up company, to try everything on."),
    .words = "STORE",
    .n_words_min = 1,
    .n_words_max = 1,
    .about =
        SJ_T("A company with subscriptions, its customers on eight channels over 18 months: the same for the same seed, on every machine. "
             "What was planted in it is written to STORE.truth.json."),
    .example = "demo shop.sojourn --customers 2000",
    .sets = {{.title = SJ_T("The company"), SJ_FLAGS(demo_flags)}},
    .run = run_demo,
};
