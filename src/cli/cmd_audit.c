#include "cli/cli.h"
#include "store/records.h"

/* audit: what was done with personal data, when and by whom. */

#define SHOWN_BYTES 16 /* of a hash: enough to tell people apart, and short enough for a line */

static const struct sj_flag flags[] = {
    {"subject", SJ_TAKES_VALUE, "CUSTOMER", NULL, SJ_T("only what is about this identity; it is found by its hash")},
    {"timezone", SJ_TAKES_VALUE, "ZONE", NULL, SJ_T("for times: Europe/Amsterdam or +02:00; else UTC")},
    {"format", SJ_TAKES_VALUE, "table|json|csv|svg", "table", SJ_T("how the answer is written")},
    {"output", SJ_TAKES_VALUE, "FILE", NULL, SJ_T("where it is written, also -o FILE; a file that is there is replaced")},
    {"table", SJ_TAKES_VALUE, "NAME", NULL, SJ_T("which table to write as csv: audit")},
    {"rows", SJ_TAKES_VALUE, "N", "100", SJ_T("how many rows of a table are shown on the terminal")},
};

static const struct sj_column_def columns[] = {
    {.name = "id", .label = SJ_T("Number"), .type = SJ_TYPE_COUNT, .help = SJ_T("of the entry; they rise without gaps")},
    {.name = "time", .label = SJ_T("When"), .type = SJ_TYPE_TIME, .help = SJ_T("when it was")},
    {.name = "who", .label = SJ_T("Who"), .type = SJ_TYPE_TEXT, .help = SJ_T("the user's name on the system where it was done")},
    {.name = "action", .label = SJ_T("Action"), .type = SJ_TYPE_TEXT, .help = SJ_T("what was done")},
    {.name = "subject",
     .label = SJ_T("Subject"),
     .type = SJ_TYPE_TEXT,
     .help = SJ_T("the beginning of the keyed hash of the identity it is about")},
    {.name = "detail", .label = SJ_T("Details"), .type = SJ_TYPE_TEXT, .help = SJ_T("figures, never names of people")},
};
static const struct sj_table_def def = {
    .name = "audit", .title = SJ_T("What was done with personal data"), .picture = SJ_PICTURE_NONE, SJ_COLUMNS(columns)};

struct listing {
    struct sj_result *result;
    struct sj_table *table;
    bool only_subject;
    uint8_t subject[SJ_KEYED_BYTES];
};

static enum sj_status add_hash(struct sj_result *result, const uint8_t *hash, struct sj_cell *cell, struct sj_error *err) {
    static const char digits[] = "0123456789abcdef";
    char text[2 * SHOWN_BYTES];
    for (size_t i = 0; i < SHOWN_BYTES; i++) {
        text[2 * i] = digits[hash[i] >> 4];
        text[2 * i + 1] = digits[hash[i] & 15];
    }
    cell->known = true;
    return sj_result_text(result, (struct sj_str){text, sizeof text}, &cell->text, err);
}

static enum sj_status add_entry(void *ctx, const struct sj_audit_entry *entry, struct sj_error *err) {
    const struct listing *listing = ctx;
    struct sj_cell *cells;
    struct sj_str who, action, detail;
    if (listing->only_subject && (!entry->has_subject || memcmp(entry->subject, listing->subject, SJ_KEYED_BYTES) != 0))
        return SJ_OK;
    SJ_TRY(sj_result_text(listing->result, entry->who, &who, err));
    SJ_TRY(sj_result_text(listing->result, entry->action, &action, err));
    SJ_TRY(sj_result_text(listing->result, entry->detail, &detail, err));
    SJ_TRY(sj_result_row(listing->result, listing->table, &cells, err));
    cells[0] = sj_cell_i64(entry->id);
    cells[1] = sj_cell_i64(entry->time_us);
    cells[2] = sj_cell_text(who);
    cells[3] = sj_cell_text(action);
    if (entry->has_subject)
        SJ_TRY(add_hash(listing->result, entry->subject, &cells[4], err));
    cells[5] = sj_cell_text(detail);
    return SJ_OK;
}

static enum sj_status fill(struct sj_call *call, void *ctx, struct sj_snapshot *snapshot, struct sj_result *result, struct sj_error *err) {
    struct listing listing = {.result = result};
    const struct sj_str subject = sj_call_given(call, "subject");
    (void)ctx;
    listing.only_subject = subject.n > 0;
    sj_snapshot_subject(snapshot, subject, listing.subject);
    SJ_TRY(sj_result_table(result, &def, &listing.table, err));
    SJ_TRY(sj_snapshot_audit(snapshot, add_entry, &listing, err));
    return sj_note(
        result, SJ_NOTE_DEFINITION, "audit",
        "Exports of one person, erasures, changes of identity and of retention stand here; entries are added in the same step as "
        "what they tell of, and never changed. It tells what Sojourn did, not who read or copied the files of the store.");
}

static enum sj_status run_audit(struct sj_call *call, struct sj_error *err) {
    const struct sj_cli_show show = {.name = "audit",
                                     .title = SJ_T("What was done with personal data, when and by whom?"),
                                     .lens = {.timezone = sj_call_given(call, "timezone")},
                                     .fill = fill};
    return sj_cli_show(call, &show, err);
}

const struct sj_command sj_command_audit = {
    .name = "audit",
    .summary = SJ_T("What was done with personal data, when and by whom."),
    .words = "STORE",
    .n_words_min = 1,
    .n_words_max = 1,
    .about = SJ_T("People stand in it as keyed hashes: who knows an identity finds its entries with --subject, nobody else can read one."),
    .example = "audit shop.sojourn\naudit shop.sojourn --subject C000001 --format json",
    .sets = {{.title = SJ_T("The answer"), SJ_FLAGS(flags)}},
    .run = run_audit,
};
