#include "analysis/world.h"

enum { N_CHANNELS = 6, N_WINDOWS = 5, N_ARGS = 8 };
enum { ARG_PERSON, ARG_SELF, ARG_PAUSE, ARG_WITHIN, ARG_ABOUT, ARG_RESOLVED, ARG_CONFIRMED, ARG_TRANSFER };
static const int64_t windows_us[N_WINDOWS] = {SJ_US_DAY, 3 * SJ_US_DAY, 7 * SJ_US_DAY, 14 * SJ_US_DAY, 30 * SJ_US_DAY};

/* Values of the dimension, behind the names of touchpoints and channels. */
enum { YES = 10, ONE, TRUE_, NO, FALSE_, ZERO, OTHER, MORE };
static const char *const words[] = {"yes", "1", "TRUE", "No", "false", "0", "maybe", "y"};

/* ---- the oracle: the stays of a journey in a list, and each looked at with all that come after it ---- */

struct question {
    uint8_t role[N_CHANNELS]; /* 'p'erson, 's'elf or 0 */
    int64_t pause_us, within_us;
    bool about, resolved, confirmed, transfer[26];
    uint16_t persons[N_CHANNELS], selves[N_CHANNELS], transfers[26];
    struct sj_arg args[N_ARGS];
};

struct stay {
    uint8_t channel;
    int64_t begin_us, end_us;
    uint32_t about;
    int resolved; /* 1 yes, 0 no, -1 neither */
    int64_t transfers;
};

struct times {
    int64_t n, us[EVENTS_MAX];
};

struct oracle {
    struct {
        int64_t contacts, transferred, transfers, old[N_WINDOWS], again[N_WINDOWS], followed;
    } persons[N_CHANNELS + 1]; /* the last: all together */
    struct {
        int64_t visits, old_pause, contained, old_within;
        struct times failed;
    } selves[N_CHANNELS + 1];
    struct times handovers[N_CHANNELS][N_CHANNELS];
    int64_t n_without, n_resolved, n_resolved_alone, n_yes, n_no, n_resolved_other, n_confirmed_other;
};

static int says(uint32_t code) { return code >= YES && code <= TRUE_ ? 1 : code >= NO && code <= ZERO ? 0 : -1; }

static void take_values(const struct event *event, const struct question *q, struct stay *stay, struct oracle *oracle) {
    if (event->code != SJ_NO_CODE && q->about)
        stay->about = event->code;
    if (event->code != SJ_NO_CODE && q->resolved) {
        oracle->n_resolved_other += says(event->code) < 0;
        stay->resolved = says(event->code) >= 0 ? says(event->code) : stay->resolved;
    }
    stay->transfers += q->transfer[event->touchpoint];
}

static size_t cut(const struct event *events, size_t n, const struct question *q, struct stay *stays, struct oracle *oracle) {
    size_t n_stays = 0;
    for (size_t i = 0; i < n; i++) {
        const struct event *event = &events[i];
        if (event->code != SJ_NO_CODE && q->confirmed) {
            oracle->n_yes += says(event->code) == 1;
            oracle->n_no += says(event->code) == 0;
            oracle->n_confirmed_other += says(event->code) < 0;
        }
        if (q->role[event->channel] == 0)
            continue;
        struct stay *stay = n_stays > 0 ? &stays[n_stays - 1] : NULL;
        if (!stay || stay->channel != event->channel || event->time_us - stay->end_us > q->pause_us) {
            stay = &stays[n_stays++];
            *stay = (struct stay){event->channel, event->time_us, event->time_us, SJ_NO_CODE, -1, 0};
        }
        stay->end_us = event->time_us;
        if (q->role[event->channel] == 'p')
            take_values(event, q, stay, oracle);
    }
    return n_stays;
}

/* The first contact with a person after it; with `same` one about the same. */
static const struct stay *next_contact(const struct stay *stay, const struct stay *end, const struct question *q, bool same) {
    for (const struct stay *next = stay + 1; next < end; next++) {
        if (q->role[next->channel] == 'p' && (!same || next->about == stay->about))
            return next;
    }
    return NULL;
}

static void look_at_visit(const struct stay *visit, const struct stay *end, const struct question *q, int64_t to_us,
                          struct oracle *oracle) {
    const struct stay *next = next_contact(visit, end, q, false);
    const uint8_t places[] = {visit->channel, N_CHANNELS};
    for (size_t i = 0; i < 2; i++) {
        const uint8_t at = places[i];
        oracle->selves[at].visits++;
        if (visit->end_us + q->pause_us <= to_us) {
            oracle->selves[at].old_pause++;
            oracle->selves[at].contained += !(next && next->begin_us <= visit->end_us + q->pause_us);
        }
        if (visit->end_us + q->within_us > to_us)
            continue;
        oracle->selves[at].old_within++;
        if (next && next->begin_us <= visit->end_us + q->within_us)
            oracle->selves[at].failed.us[oracle->selves[at].failed.n++] = next->begin_us - visit->end_us;
    }
}

static void look_at_repeats(const struct stay *contact, const struct stay *end, const struct question *q, int64_t to_us,
                            struct oracle *oracle) {
    const struct stay *next = next_contact(contact, end, q, q->about);
    const uint8_t places[] = {contact->channel, N_CHANNELS};
    if (q->about && contact->about == SJ_NO_CODE) {
        oracle->n_without++;
        return;
    }
    for (size_t w = 0; w < N_WINDOWS; w++) {
        for (size_t i = 0; i < 2 && contact->end_us + windows_us[w] <= to_us; i++) {
            oracle->persons[places[i]].old[w]++;
            oracle->persons[places[i]].again[w] += next && next->begin_us <= contact->end_us + windows_us[w];
        }
    }
    if (contact->resolved == 1 && contact->end_us + 30 * SJ_US_DAY <= to_us) {
        oracle->n_resolved++;
        oracle->n_resolved_alone += !next;
    }
}

static void look_at_contact(const struct stay *contact, const struct stay *end, const struct question *q, int64_t to_us,
                            struct oracle *oracle) {
    const struct stay *next = next_contact(contact, end, q, false);
    const uint8_t places[] = {contact->channel, N_CHANNELS};
    for (size_t i = 0; i < 2; i++) {
        oracle->persons[places[i]].contacts++;
        oracle->persons[places[i]].transfers += contact->transfers;
        oracle->persons[places[i]].transferred += contact->transfers > 0;
    }
    if (contact->end_us + q->within_us > to_us)
        return;
    oracle->persons[contact->channel].followed++;
    struct times *times = next ? &oracle->handovers[contact->channel][next->channel] : NULL;
    if (next && next->channel != contact->channel && next->begin_us <= contact->end_us + q->within_us)
        times->us[times->n++] = next->begin_us - contact->end_us;
}

static void expect(const struct world *world, const struct question *q, struct oracle *oracle) {
    static struct stay stays[EVENTS_MAX];
    int64_t to_us = 0;
    memset(oracle, 0, sizeof *oracle);
    for (size_t i = 0; i < world->n_events; i++)
        to_us = world->events[i].time_us >= to_us ? world->events[i].time_us + 1 : to_us;
    for (size_t j = 0; j < world->n_journeys; j++) {
        const struct journey *journey = &world->journeys[j];
        const size_t n = cut(&world->events[journey->first], journey->n, q, stays, oracle);
        for (size_t i = 0; i < n; i++) {
            if (q->role[stays[i].channel] == 's') {
                look_at_visit(&stays[i], stays + n, q, to_us, oracle);
                continue;
            }
            look_at_contact(&stays[i], stays + n, q, to_us, oracle);
            look_at_repeats(&stays[i], stays + n, q, to_us, oracle);
        }
    }
}

/* ---- comparing ---- */

static void assert_part(const struct sj_cell *cell, int64_t x, int64_t n) {
    if (n > 0)
        assert_share(cell, x, n);
    else
        assert_false(cell->known);
}

static void assert_median(const struct sj_cell *cell, struct times *times) {
    assert_int_equal(cell->known, times->n > 0);
    if (times->n > 0)
        assert_int_equal(cell->i64, plain_quantile(times->us, (size_t)times->n, 50));
}

static uint32_t channel_at(const struct world *world, const struct sj_table *table, size_t row, const char *column) {
    uint32_t channel = 1;
    while (channel < N_CHANNELS && !text_is(table, row, column, world->names[channel]))
        channel++;
    assert_true(channel < N_CHANNELS);
    return channel;
}

/* The largest first, equal ones by name. */
static void assert_order(const struct sj_table *table, const char *count, const char *name) {
    for (size_t row = 1; row < table->n_rows; row++) {
        const int64_t before = i64_of(table, row - 1, count), here = i64_of(table, row, count);
        assert_true(before >= here);
        if (before == here)
            assert_true(sj_str_cmp(cell_of(table, row - 1, name)->text, cell_of(table, row, name)->text) <= 0);
    }
}

static void check_self(const struct world *world, const struct question *q, struct oracle *oracle, const struct sj_result *result) {
    const struct sj_table *table = sj_result_find(result, "self_service"), *summary = sj_result_find(result, "summary");
    size_t n_rows = 0;
    if (q->args[ARG_SELF].n_codes == 0) {
        assert_null(table);
        assert_false(cell_of(summary, 0, "visits")->known);
        return;
    }
    for (int c = 0; c < N_CHANNELS; c++)
        n_rows += oracle->selves[c].visits > 0;
    assert_int_equal(table->n_rows, n_rows);
    assert_order(table, "visits", "channel");
    for (size_t row = 0; row <= n_rows; row++) {
        const struct sj_table *here = row < n_rows ? table : summary;
        const size_t at = row < n_rows ? row : 0;
        const uint32_t c = row < n_rows ? channel_at(world, table, row, "channel") : N_CHANNELS;
        assert_int_equal(i64_of(here, at, "visits"), oracle->selves[c].visits);
        assert_part(cell_of(here, at, "contained"), oracle->selves[c].contained, oracle->selves[c].old_pause);
        assert_part(cell_of(here, at, "failed"), oracle->selves[c].failed.n, oracle->selves[c].old_within);
        assert_median(cell_of(here, at, "median"), &oracle->selves[c].failed);
    }
}

static void check_repeat(const struct oracle *oracle, uint32_t channel, size_t w, const struct sj_table *table, size_t row) {
    const int64_t old = oracle->persons[channel].old[w], again = oracle->persons[channel].again[w];
    assert_int_equal(i64_of(table, row, "window"), windows_us[w]);
    assert_int_equal(i64_of(table, row, "contacts"), old);
    assert_part(cell_of(table, row, "again"), again, old);
    assert_part(cell_of(table, row, "first_contact"), old - again, old);
}

static void check_persons(const struct world *world, const struct question *q, const struct oracle *oracle,
                          const struct sj_result *result) {
    const struct sj_table *all = sj_result_find(result, "repeats"), *by = sj_result_find(result, "repeats_by_channel");
    const struct sj_table *transfers = sj_result_find(result, "transfers"), *summary = sj_result_find(result, "summary");
    const bool asked = q->args[ARG_TRANSFER].n_codes > 0;
    size_t n_rows = 0;
    for (int c = 0; c < N_CHANNELS; c++)
        n_rows += oracle->persons[c].contacts > 0;
    assert_int_equal(all->n_rows, N_WINDOWS);
    assert_int_equal(by->n_rows, n_rows * N_WINDOWS);
    assert_int_equal(transfers->n_rows, n_rows);
    assert_order(transfers, "contacts", "channel");
    for (size_t w = 0; w < N_WINDOWS; w++)
        check_repeat(oracle, N_CHANNELS, w, all, w);
    for (size_t row = 0; row < n_rows; row++) {
        const uint32_t c = channel_at(world, transfers, row, "channel");
        assert_int_equal(i64_of(transfers, row, "contacts"), oracle->persons[c].contacts);
        assert_part(cell_of(transfers, row, "transferred"), oracle->persons[c].transferred, asked ? oracle->persons[c].contacts : 0);
        assert_int_equal(cell_of(transfers, row, "transfers")->known, asked);
        if (asked)
            assert_int_equal(i64_of(transfers, row, "transfers"), oracle->persons[c].transfers);
        for (size_t w = 0; w < N_WINDOWS; w++) {
            assert_int_equal(channel_at(world, by, row * N_WINDOWS + w, "channel"), c);
            check_repeat(oracle, c, w, by, row * N_WINDOWS + w);
        }
    }
    const int64_t old = oracle->persons[N_CHANNELS].old[2];
    assert_int_equal(i64_of(summary, 0, "contacts"), oracle->persons[N_CHANNELS].contacts);
    assert_part(cell_of(summary, 0, "first_contact"), old - oracle->persons[N_CHANNELS].again[2], old);
}

static void check_handovers(const struct world *world, struct oracle *oracle, const struct sj_result *result) {
    const struct sj_table *table = sj_result_find(result, "handovers");
    size_t n_rows = 0;
    for (int from = 0; from < N_CHANNELS; from++) {
        for (int to = 0; to < N_CHANNELS; to++)
            n_rows += oracle->handovers[from][to].n > 0;
    }
    assert_int_equal(table->n_rows, n_rows);
    assert_order(table, "count", "from");
    for (size_t row = 0; row < n_rows; row++) {
        const uint32_t from = channel_at(world, table, row, "from");
        struct times *times = &oracle->handovers[from][channel_at(world, table, row, "to")];
        assert_int_equal(i64_of(table, row, "count"), times->n);
        assert_share(cell_of(table, row, "share"), times->n, oracle->persons[from].followed);
        assert_median(cell_of(table, row, "median"), times);
    }
}

static void check_resolution(const struct question *q, const struct oracle *oracle, const struct sj_result *result) {
    const struct sj_table *table = sj_result_find(result, "resolution");
    const int64_t old = oracle->persons[N_CHANNELS].old[2], again = oracle->persons[N_CHANNELS].again[2];
    size_t row = 0;
    assert_int_equal(table->n_rows, 1 + q->resolved + q->confirmed);
    assert_true(text_is(table, row, "by", SJ_LIT("repeat_window")));
    assert_int_equal(i64_of(table, row, "settled"), old - again);
    assert_part(cell_of(table, row, "first_contact"), old - again, old);
    if (q->resolved) {
        assert_true(text_is(table, ++row, "by", SJ_LIT("system")));
        assert_int_equal(i64_of(table, row, "settled"), oracle->n_resolved_alone);
        assert_part(cell_of(table, row, "first_contact"), oracle->n_resolved_alone, oracle->n_resolved);
    }
    if (q->confirmed) {
        assert_true(text_is(table, ++row, "by", SJ_LIT("customer")));
        assert_int_equal(i64_of(table, row, "settled"), oracle->n_yes);
        assert_part(cell_of(table, row, "first_contact"), oracle->n_yes, oracle->n_yes + oracle->n_no);
    }
}

static void check_notes(const struct oracle *oracle, const struct sj_result *result) {
    const int64_t contacts = oracle->persons[N_CHANNELS].contacts;
    char begin[40];
    assert_int_equal(note_of(result, "no_contact") != NULL, contacts == 0);
    assert_int_equal(note_of(result, "without_about") != NULL, oracle->n_without > 0);
    assert_int_equal(note_of(result, "unclear_resolved") != NULL, oracle->n_resolved_other > 0);
    assert_int_equal(note_of(result, "unclear_confirmed") != NULL, oracle->n_confirmed_other > 0);
    const int64_t young[] = {contacts - oracle->n_without - oracle->persons[N_CHANNELS].old[N_WINDOWS - 1],
                             oracle->selves[N_CHANNELS].visits - oracle->selves[N_CHANNELS].old_within};
    const char *const said[] = {note_of(result, "young_contacts"), note_of(result, "young_visits")};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(said[i] != NULL, young[i] > 0);
        snprintf(begin, sizeof begin, "%lld of ", (long long)young[i]);
        if (young[i] > 0)
            assert_memory_equal(said[i], begin, strlen(begin));
    }
}

static void ask(const struct world *world, const struct question *q, struct sj_random *random, struct sj_result *result) {
    static struct oracle oracle;
    expect(world, q, &oracle);
    check_ways(world, sj_analysis_find("contacts"), q->args, random, result);
    check_self(world, q, &oracle, result);
    check_persons(world, q, &oracle, result);
    check_handovers(world, &oracle, result);
    check_resolution(q, &oracle, result);
    check_notes(&oracle, result);
}

/* ---- random worlds ---- */

/* The question's roles and values as arguments; lists in a random order where there is one, with a name twice. */
static void make_args(struct question *q, struct sj_random *random) {
    size_t n_persons = 0, n_selves = 0, n_transfers = 0;
    const uint16_t begin = random ? (uint16_t)below(random, N_CHANNELS) : 0;
    for (uint16_t i = 0; i < N_CHANNELS; i++) {
        const uint16_t c = (uint16_t)(begin + i) % N_CHANNELS;
        if (q->role[c] == 'p')
            q->persons[n_persons++] = c;
        if (q->role[c] == 's')
            q->selves[n_selves++] = c;
    }
    if (random && n_persons < N_CHANNELS)
        q->persons[n_persons++] = q->persons[0];
    for (uint16_t t = 0; t < 26; t++) {
        if (q->transfer[t])
            q->transfers[n_transfers++] = t;
    }
    q->args[ARG_PERSON] = (struct sj_arg){.codes = q->persons, .n_codes = n_persons};
    q->args[ARG_SELF] = (struct sj_arg){.codes = q->selves, .n_codes = n_selves};
    q->args[ARG_PAUSE] = (struct sj_arg){.i64 = q->pause_us};
    q->args[ARG_WITHIN] = (struct sj_arg){.i64 = q->within_us};
    q->args[ARG_ABOUT] = (struct sj_arg){.dimension = q->about ? 0 : SJ_NO_CODE};
    q->args[ARG_RESOLVED] = (struct sj_arg){.dimension = q->resolved ? 1 : SJ_NO_CODE};
    q->args[ARG_CONFIRMED] = (struct sj_arg){.dimension = q->confirmed ? 0 : SJ_NO_CODE};
    q->args[ARG_TRANSFER] = (struct sj_arg){.codes = q->transfers, .n_codes = n_transfers};
}

static void make_question(struct sj_random *random, struct question *q) {
    *q = (struct question){.pause_us = (int64_t)below(random, 3) * SJ_US_HOUR, .within_us = (int64_t)below(random, 4) * 12 * SJ_US_HOUR};
    q->about = below(random, 2);
    q->resolved = below(random, 2);
    q->confirmed = below(random, 2);
    q->role[1 + below(random, N_CHANNELS - 1)] = 'p';
    for (int c = 1; c < N_CHANNELS; c++) {
        if (q->role[c] == 0)
            q->role[c] = (uint8_t) "pps"[below(random, 4)];
    }
    for (uint32_t t = below(random, 4); t > 0 && t < 3; t--)
        q->transfer[t] = true;
    make_args(q, random);
}

static void name_values(struct world *world) {
    for (uint32_t i = 0; i < sizeof words / sizeof *words; i++) {
        snprintf(world->text[YES + i], sizeof world->text[0], "%s", words[i]);
        world->names[YES + i] = sj_str(world->text[YES + i]);
    }
    world->n_channels = N_CHANNELS;
    world->n_codes = MORE + 1;
}

/* Times at the borders of pauses and windows more often than chance has it. */
static void set_events(struct sj_random *random, const struct question *q, struct world *world) {
    const int64_t borders[] = {0, q->pause_us, q->within_us, SJ_US_DAY, 3 * SJ_US_DAY, 7 * SJ_US_DAY, 14 * SJ_US_DAY, 30 * SJ_US_DAY};
    for (size_t j = 0; j < world->n_journeys; j++) {
        int64_t time_us = (int64_t)below(random, 40) * SJ_US_DAY;
        for (size_t i = world->journeys[j].first; i < world->journeys[j].first + world->journeys[j].n; i++) {
            struct event *event = &world->events[i];
            const int64_t gap_us = borders[below(random, 2) ? below(random, 3) : below(random, 8)] + (int64_t)below(random, 3) - 1;
            time_us += below(random, 3) == 0 ? below(random, 1 << 30) : gap_us < 0 ? 0 : gap_us;
            event->time_us = time_us;
            event->channel = (uint8_t)below(random, N_CHANNELS);
            if (i > world->journeys[j].first && below(random, 2))
                event->channel = event[-1].channel;
            event->code = below(random, 3) == 0 ? SJ_NO_CODE : YES + below(random, 1 + below(random, MORE - YES + 1));
        }
    }
}

static void test_random_worlds_equal_the_oracle(void **state) {
    (void)state;
    struct sj_random random;
    sj_random_init(&random, 61);
    for (int round = 0; round < 1500; round++) {
        const struct world_size size = {1 + below(&random, 20), 4, 1 + below(&random, 3), 1 + below(&random, 25), SJ_US_HOUR};
        struct question q;
        struct world world;
        struct sj_result result;
        make_question(&random, &q);
        make_world(&random, &size, &world);
        name_values(&world);
        set_events(&random, &q, &world);
        ask(&world, &q, &random, &result);
        sj_result_done(&result);
    }
}

/* ---- by hand ---- */

/* A journey: a letter is a channel (Call and Desk: persons; Web and App: self-service; Mail), the number its seconds. Channels 1 to 5. */
static void make_hand(const char *text, struct world *world) {
    static const char channels[] = " CDWAM";
    parse_world(text, world);
    for (size_t i = 0; i < world->n_events; i++)
        world->events[i].channel = (uint8_t)(strchr(channels, 'A' + world->events[i].touchpoint) - channels);
    name_values(world);
}

static struct question standard_question(void) {
    return (struct question){.role = {0, 'p', 'p', 's', 's', 0}, .pause_us = 30 * SJ_US_MINUTE, .within_us = SJ_US_DAY};
}

/* Asks of a journey by hand, also the oracle, and gives a count or, of an estimate, -1 for its absence and x of n as x * 100 + n. */
static int64_t asked(const struct world *world, struct question *q, const char *table, size_t row, const char *column) {
    struct sj_random random;
    struct sj_result result;
    sj_random_init(&random, 62);
    make_args(q, NULL);
    ask(world, q, &random, &result);
    const struct sj_cell *cell = cell_of(sj_result_find(&result, table), row, column);
    int64_t value = -1;
    if (cell->known &&
        sj_result_find(&result, table)->def->columns[column_of(sj_result_find(&result, table), column)].type == SJ_TYPE_ESTIMATE)
        value = (int64_t)(cell->estimate.value * (double)cell->estimate.n + 0.5) * 100 + cell->estimate.n;
    else if (cell->known)
        value = cell->i64;
    sj_result_done(&result);
    return value;
}

static int64_t asked_of(const char *text, const char *table, size_t row, const char *column) {
    struct question q = standard_question();
    struct world world;
    make_hand(text, &world);
    return asked(&world, &q, table, row, column);
}

/* What makes a contact: one channel, and pauses of at most half an hour; a mail between is passed over, the web is not. */
static void test_what_a_contact_is(void **state) {
    (void)state;
    assert_int_equal(asked_of("C0 C1800 C3600", "summary", 0, "contacts"), 1);
    assert_int_equal(asked_of("C0 C1800 C3601", "summary", 0, "contacts"), 2);
    assert_int_equal(asked_of("C0 D60 C120", "summary", 0, "contacts"), 3);
    assert_int_equal(asked_of("C0 M60 C120", "summary", 0, "contacts"), 1);
    assert_int_equal(asked_of("C0 M1000 C1801", "summary", 0, "contacts"), 2);
    assert_int_equal(asked_of("C0 W60 C120", "summary", 0, "contacts"), 2);
    assert_int_equal(asked_of("W0 W1800 A1801 A3602", "summary", 0, "visits"), 3);
    assert_int_equal(asked_of("C0, C60 | C120", "summary", 0, "contacts"), 3);
    assert_int_equal(asked_of("M0", "summary", 0, "contacts"), 0);
}

/* A mail late enough lets everything be old. */
static void test_self_service(void **state) {
    (void)state;
    assert_int_equal(asked_of("W0 C1800 M9999999", "summary", 0, "contained"), 1);
    assert_int_equal(asked_of("W0 C1801 M9999999", "summary", 0, "contained"), 101);
    assert_int_equal(asked_of("W0 C86400 M9999999", "summary", 0, "failed"), 101);
    assert_int_equal(asked_of("W0 C86400 M9999999", "summary", 0, "median"), SJ_US_DAY);
    assert_int_equal(asked_of("W0 C86401 M9999999", "summary", 0, "failed"), 1);
    assert_int_equal(asked_of("W0 C86401 M9999999", "summary", 0, "median"), -1);
    assert_int_equal(asked_of("W0 A60 C120 M9999999", "summary", 0, "failed"), 202);
    assert_int_equal(asked_of("C0 W60 M9999999", "summary", 0, "failed"), 1);
    assert_int_equal(asked_of("W0 | C60 M9999999", "summary", 0, "failed"), 1);
}

/* The end of the data is one microsecond after the last event. */
static void test_what_is_too_young(void **state) {
    (void)state;
    static const struct {
        const char *text, *table, *column;
        size_t row;
    } cases[] = {{"W0 M1800", "summary", "contained", 0},       {"W0 M86400", "summary", "failed", 0},
                 {"C0 M604800", "summary", "first_contact", 0}, {"C0 M86400", "repeats", "again", 0},
                 {"C0 M259200", "repeats", "again", 1},         {"C0 M1209600", "repeats", "again", 3},
                 {"C0 M2592000", "repeats", "again", 4}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct question q = standard_question();
        struct world world;
        make_hand(cases[i].text, &world);
        world.events[1].time_us -= 1;
        assert_int_equal(asked(&world, &q, cases[i].table, cases[i].row, cases[i].column) % 100, 1);
        world.events[1].time_us -= 1;
        assert_int_equal(asked(&world, &q, cases[i].table, cases[i].row, cases[i].column), -1);
    }
}

static void test_repeats(void **state) {
    (void)state;
    assert_int_equal(asked_of("C0 D604800 M9999999", "repeats", 2, "again"), 102);
    assert_int_equal(asked_of("C0 D604800 M9999999", "repeats", 2, "first_contact"), 102);
    assert_int_equal(asked_of("C0 D604801 M9999999", "repeats", 2, "again"), 2);
    assert_int_equal(asked_of("C0 D604801 M9999999", "repeats", 3, "again"), 102);
    assert_int_equal(asked_of("C0 C1800 C88200 M9999999", "repeats", 0, "again"), 102); /* from the end of the first */
    assert_int_equal(asked_of("C0 D86400 M9999999", "handovers", 0, "share"), 101);
    assert_int_equal(asked_of("C0 D86400 C99999 M9999999", "handovers", 0, "count"), 1);
    assert_int_equal(asked_of("C0 C86400 M9999999", "transfers", 0, "contacts"), 2);
}

/* Contacts about the same come back; the last value of a contact is what it is about; without one it is left out. */
static void test_what_a_contact_is_about(void **state) {
    (void)state;
    struct question q = standard_question();
    struct world world;
    q.about = true;
    make_hand("C0 C60 D7200 C20000 C30000 M9999999", &world);
    static const uint32_t codes[] = {OTHER, MORE, OTHER, MORE, SJ_NO_CODE, SJ_NO_CODE};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        world.events[i].code = codes[i];
    assert_int_equal(asked(&world, &q, "repeats", 0, "again"), 103);
    assert_int_equal(asked(&world, &q, "repeats", 0, "contacts"), 3);
    assert_int_equal(asked(&world, &q, "summary", 0, "contacts"), 4);
    world.events[1].code = SJ_NO_CODE;
    assert_int_equal(asked(&world, &q, "repeats", 0, "again"), 103); /* OTHER comes back now */
    q.about = false;
    assert_int_equal(asked(&world, &q, "repeats", 0, "again"), 304);
}

/* Of several values the last that says yes or no counts; an answer counts wherever it is given. */
static void test_who_says_that_it_is_resolved(void **state) {
    (void)state;
    struct question q = standard_question();
    struct world world;
    q.resolved = q.confirmed = true;
    make_hand("C0 C60 C120 M3000 W9000 D99999 M9999999 | C0 | C0 C60", &world);
    static const uint32_t codes[] = {NO, TRUE_, OTHER, ONE, NO, ZERO, SJ_NO_CODE, YES, YES, FALSE_};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        world.events[i].code = codes[i];
    assert_int_equal(asked(&world, &q, "resolution", 1, "first_contact"), 102); /* the second customer; the first came back */
    assert_int_equal(asked(&world, &q, "resolution", 2, "first_contact"), 408);
    world.events[6].time_us = 30 * SJ_US_DAY - 1; /* the end of the data 30 days after the second customer's contact */
    assert_int_equal(asked(&world, &q, "resolution", 1, "first_contact"), 101);
    world.events[6].time_us -= 1;
    assert_int_equal(asked(&world, &q, "resolution", 1, "first_contact"), -1);
}

static void test_transfers(void **state) {
    (void)state;
    struct question q = standard_question();
    struct world world;
    make_hand("C0 C10 C20 W30 D40 C50", &world);
    world.events[1].touchpoint = world.events[2].touchpoint = world.events[3].touchpoint = 7;
    assert_int_equal(asked(&world, &q, "transfers", 0, "transfers"), -1);
    q.transfer[7] = true;
    assert_int_equal(asked(&world, &q, "transfers", 0, "transfers"), 2);
    assert_int_equal(asked(&world, &q, "transfers", 0, "transferred"), 102);
    assert_int_equal(asked(&world, &q, "transfers", 1, "transferred"), 1);
}

static void test_a_channel_in_both_lists(void **state) {
    (void)state;
    struct question q = standard_question();
    struct world world;
    struct sj_result result;
    struct sj_error err = {.status = SJ_OK};
    const struct way way = {1, 1, 0};
    make_hand("C0 W10", &world);
    make_args(&q, NULL);
    q.selves[1] = 1;
    sj_result_init(&result, sj_alloc_libc(), SJ_EN);
    assert_int_equal(world_run(&world, sj_analysis_find("contacts"), q.args, &way, sj_alloc_libc(), &result, &err), SJ_E_USAGE);
    assert_non_null(strstr(err.message, world.text[1]));
    sj_result_done(&result);
}

static void test_memory(void **state) {
    (void)state;
    struct sj_random random;
    struct question q;
    struct world world;
    const struct world_size size = {12, 3, 2, 6, SJ_US_SECOND};
    sj_random_init(&random, 63);
    make_world(&random, &size, &world);
    name_values(&world);
    q = standard_question();
    q.about = q.resolved = q.confirmed = true;
    make_args(&q, &random);
    set_events(&random, &q, &world);
    check_memory(&world, sj_analysis_find("contacts"), q.args);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_worlds_equal_the_oracle),
        cmocka_unit_test(test_what_a_contact_is),
        cmocka_unit_test(test_self_service),
        cmocka_unit_test(test_what_is_too_young),
        cmocka_unit_test(test_repeats),
        cmocka_unit_test(test_what_a_contact_is_about),
        cmocka_unit_test(test_who_says_that_it_is_resolved),
        cmocka_unit_test(test_transfers),
        cmocka_unit_test(test_a_channel_in_both_lists),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
