/* Asking: what is said about arguments that cannot be, and that the answer is the same, byte for byte, with any number of threads,
 * before and after compaction, however the events came in, and in whatever order where no two events of a customer share a time. */
#include "api/ask.h"
#include "base/failing_alloc.h"
#include "base/time.h"
#include "store/model.h"

enum { WORDS_MAX = 10 };

struct asked {
    const char *analysis;
    struct sj_lens_words lens;
    struct sj_word words[WORDS_MAX];
    size_t n_words;
};

/* The answer as JSON, without the time that it took and the time of the last commit; or the error in words. The caller frees it. */
static char *ask(struct sj_snapshot *snapshot, const struct asked *asked, unsigned n_threads) {
    const struct sj_question question = {
        .analysis = sj_str(asked->analysis),
        .lens = asked->lens,
        .args = asked->words,
        .n_args = asked->n_words,
        .n_threads = n_threads,
    };
    struct sj_answer answer = {0};
    struct sj_error error = {0};
    struct sj_buf out;
    sj_buf_init(&out, sj_alloc_libc(), SIZE_MAX / 2);
    sj_result_init(&answer.result, sj_alloc_libc(), SJ_EN);
    const enum sj_status status = sj_ask(sj_os_real(), sj_alloc_libc(), snapshot, &question, &answer, &error);
    answer.elapsed_us = 0;
    answer.as_of_us = 0;
    if (status == SJ_OK)
        assert_ok(sj_answer_json(&answer, &out, err));
    else
        assert_ok(sj_buf_print(&out, err, "%s: %s", sj_status_name(status), error.message));
    sj_result_done(&answer.result);
    assert_ok(sj_buf_append(&out, "", 1, err));
    return (char *)out.data; /* the buffer's memory is the C library's */
}

static struct sj_str lit(const char *text) { return text ? sj_str(text) : (struct sj_str){"", 0}; }

static struct asked make_asked(const char *analysis, const char *const words[][2], const char *journey, const char *where) {
    struct asked asked = {.analysis = analysis, .lens = {.journey = lit(journey), .where = lit(where)}};
    for (; words[asked.n_words][0]; asked.n_words++) {
        assert_true(asked.n_words < WORDS_MAX);
        asked.words[asked.n_words] = (struct sj_word){sj_str(words[asked.n_words][0]), sj_str(words[asked.n_words][1])};
    }
    return asked;
}

/* ---- arguments ---- */

static void write_three(struct sj_store *store) {
    static const char *const names[] = {"visit", "cart", "purchase"};
    struct sj_writer *writer = NULL;
    struct sj_commit commit;
    assert_ok(sj_writer_open(store, SJ_LOAD_BULK, &writer, err));
    for (int i = 0; i < 3; i++) {
        struct sj_event event = {.customer = SJ_LIT("a"), .time_us = i * SJ_US_HOUR};
        assert_ok(sj_writer_touchpoint(writer, sj_str(names[i]), &event.touchpoint, err));
        assert_ok(sj_writer_channel(writer, SJ_LIT("desk"), &event.channel, err));
        assert_ok(sj_writer_add(writer, &event, err));
    }
    assert_ok(sj_writer_commit(writer, NULL, &commit, err));
    sj_writer_close(writer);
}

static const struct refusal {
    const char *analysis, *words[4][2], *part;
} refusals[] = {
    {"funel", {{0}}, "not_found: there is no analysis \"funel\"; did you mean \"funnel\"?"},
    {"zzzzzz", {{0}}, "not_found: there is no analysis \"zzzzzz\""},
    {"sessions", {{"gap", "2h"}, {"cap", "1h"}}, "cap is shorter than gap"},
    {"sessions", {{"gap", "0s"}}, "gap is 0s; expected a time from"},
    {"routes", {{"end", "true"}, {"after", "visit"}}, "it cannot be given with --after or --before"},
    {"routes", {{"before", "vist"}}, "did you mean \"visit\"?"},
    {"routes", {{"steps", "0"}}, "from 1 to 20"},
    {"dwell", {{"threshold", "-1h"}}, "expected a time"},
    {"dwell", {{"duration", "durration"}}, "did you mean \"duration\"?"},
    {"dwell", {{"duration", "comment"}}, "\"comment\" holds text; expected a property with numbers, money or durations"},
    {"dwell", {{"duration", "value"}}, "\"value\" holds money; expected a property with durations or seconds"},
    {"dwell", {{"end", "vizit"}}, "did you mean \"visit\"?"},
    {"dwell", {{"request", "visit"}}, "no response"},
    {"scores", {{"scale", "stars"}}, "expected one of: nps csat ces"},
    {"scores", {{"max", "5"}}, "always 0 to 10"},
    {"scores", {{"score", "comment"}}, "holds text; expected a property with numbers"},
    {"scores", {{"score", ""}}, "expected the property that holds the score"},
    {"scores", {{"window", "0"}}, "from 1 to 1000"},
    {"scores", {{"within", "0s"}}, "within is 0s; expected a time from"},
    {"variants", {{"tpo", "3"}}, "did you mean \"top\"?"},
    {"variants", {{"colour", "red"}}, "variants has no parameter \"colour\""},
    {"variants", {{"top", "many"}}, "\"many\" is no value for top; expected a whole number"},
    {"variants", {{"top", "1.5"}}, "expected a whole number"},
    {"variants", {{"top", ""}}, "expected a whole number"},
    {"variants", {{"top", "0"}}, "top is 0; expected a whole number from 1 to 100000"},
    {"variants", {{"top", "100001"}}, "from 1 to 100000"},
    {"variants", {{"top", "99999999999999999999"}}, "expected a whole number"},
    {"variants", {{"top", "3"}, {"top", "4"}}, "top was given 2 times; expected once"},
    {"flow", {{"touchpoints", "half"}}, "expected a share such as 80% or 0.8"},
    {"flow", {{"touchpoints", "%"}}, "expected a share"},
    {"flow", {{"links", "150%"}}, "links is 150%; expected a share from 0% to 100%"},
    {"flow", {{"links", "-0.1"}}, "expected a share from"},
    {"flow", {{"links", "nan"}}, "expected a share"},
    {"flow", {{"quantiles", "perhaps"}}, "expected true or false"},
    {"overview", {{"over", "year"}}, "expected one of: auto day week month"},
    {"overview", {{"over", "da"}}, "expected one of"},
    {"overview", {{"over", ""}}, "expected one of"},
    {"funnel", {{0}}, "steps is missing"},
    {"funnel", {{"steps", "vizit"}}, "the expression, at character 1: there is no touchpoint \"vizit\"; did you mean \"visit\"?"},
    {"funnel", {{"steps", "visit"}, {"steps", "zzzzzz"}}, "there is no touchpoint \"zzzzzz\""},
    {"funnel", {{"steps", "visit > cart["}}, "the condition ends where the name of a property, touchpoint or channel was expected"},
    {"funnel", {{"steps", "visit >[within 2] cart"}}, "at character 16 (\"2] cart\"): a time such as 30m, 24h or 7d was expected"},
    {"funnel", {{"steps", "visit > cart?"}}, "the step \"cart?\" may be left out"},
    {"funnel", {{"steps", "visit[colour = 'red']"}}, "the condition, at character 7: there is no property \"colour\""},
    {"funnel", {{"steps", "visit"}, {"by_step", "2"}}, "by_step is 2; the route has 1 steps"},
    {"funnel", {{"steps", "visit"}, {"within", "soon"}}, "expected a time such as 30m, 24h or 7d"},
    {"funnel", {{"steps", "visit"}, {"within", "0s"}}, "within is 0s; expected a time from"},
    {"funnel", {{"steps", "visit"}, {"by", "colour"}}, "there is no property \"colour\""},
    {"funnel", {{"steps", "visit"}, {"by", "chanel"}}, "did you mean \"channel\"?"},
    {"contacts", {{0}}, "0 channels were given for person; expected 1 to 32"},
    {"contacts", {{"person", "des"}}, "there is no channel \"des\" in this store; did you mean \"desk\"?"},
    {"contacts", {{"person", "desk"}, {"self", "desk"}}, "\"desk\" is given for person and for self; a channel can be one of them only"},
    {"contacts", {{"person", "desk"}, {"pause", "-1s"}}, "expected a time"},
    {"contacts", {{"person", "desk"}, {"about", "colour"}}, "there is no property \"colour\""},
    {"contacts", {{"person", "desk"}, {"transfer", "vizit"}}, "did you mean \"visit\"?"},
    {"retention", {{"periods", "0"}}, "periods is 0; expected a whole number from 1 to 1000"},
    {"retention", {{"start", "vizit"}}, "there is no touchpoint \"vizit\" in this store; did you mean \"visit\"?"},
};

static struct sj_snapshot *open_new(struct sj_store **ret_store, char **ret_path) {
    struct sj_store_options options = model_options();
    struct sj_snapshot *snapshot = NULL;
    *ret_path = model_folder();
    assert_ok(sj_store_create(&options, *ret_path, NULL, err));
    assert_ok(sj_store_open(&options, *ret_path, true, ret_store, err));
    write_three(*ret_store);
    assert_ok(sj_snapshot_open(*ret_store, &snapshot, err));
    return snapshot;
}

static void test_arguments(void **state) {
    (void)state;
    struct sj_store *store = NULL;
    char *path;
    struct sj_snapshot *snapshot = open_new(&store, &path);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct asked asked = make_asked(refusals[i].analysis, refusals[i].words, NULL, NULL);
        char *said = ask(snapshot, &asked, 1);
        if (said[0] == '{' || !strstr(said, refusals[i].part))
            fail_msg("%s, case %zu: \"%s\" does not say \"%s\"", asked.analysis, i, said, refusals[i].part);
        free(said);
    }
    sj_snapshot_close(snapshot);
    sj_store_close(store);
    model_remove(path);
}

static void check_same(struct sj_snapshot *snapshot, const struct asked *a, const struct asked *b, const char *part) {
    char *first = ask(snapshot, a, 1), *second = ask(snapshot, b, 1);
    if (first[0] != '{')
        fail_msg("%s", first);
    assert_non_null(strstr(first, part));
    char *first_tables = strstr(first, "\"tables\""), *second_tables = strstr(second, "\"tables\"");
    assert_non_null(second_tables);
    assert_string_equal(first_tables, second_tables);
    free(first);
    free(second);
}

/* What is understood: two ways of saying the same, and what the answer says was used. */
static void test_forms(void **state) {
    (void)state;
    static const struct {
        const char *analysis, *words[WORDS_MAX][2], *other_words[WORDS_MAX][2], *part;
    } forms[] = {
        {"flow", {{"links", "80%"}}, {{"links", "0.8"}}, "\"links\":\"80%\""},
        {"flow", {{"quantiles", "no"}}, {{"quantiles", "FALSE"}}, "\"quantiles\":\"no\""},
        {"flow", {{0}}, {{"quantiles", "1"}, {"touchpoints", "100%"}}, "\"touchpoints\":\"100%\""},
        {"variants", {{"top", "20"}}, {{0}}, "\"top\":\"20\""},
        {"overview", {{"over", "auto"}}, {{0}}, "\"over\":\"auto\""},
        {"funnel",
         {{"steps", "visit"}, {"steps", "cart"}},
         {{"within", "1w"}, {"steps", "visit"}, {"steps", "cart"}},
         "\"steps\":[\"visit\",\"cart\"],\"within\":\"7d\",\"hold\":null,\"repeats\":\"false\",\"by\":null"},
    };
    struct sj_store *store = NULL;
    char *path;
    struct sj_snapshot *snapshot = open_new(&store, &path);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const struct asked a = make_asked(forms[i].analysis, forms[i].words, NULL, NULL);
        const struct asked b = make_asked(forms[i].analysis, forms[i].other_words, NULL, NULL);
        if (strcmp(forms[i].analysis, "funnel") != 0)
            check_same(snapshot, &a, &b, forms[i].part);
        else
            check_same(snapshot, &a, &a, forms[i].part);
    }
    sj_snapshot_close(snapshot);
    sj_store_close(store);
    model_remove(path);
}

/* ---- questions for all analyses ---- */

static const struct {
    const char *analysis, *words[WORDS_MAX][2];
} kinds[] = {
    {"overview", {{0}}},
    {"overview", {{"over", "week"}}},
    {"flow", {{0}}},
    {"flow", {{"touchpoints", "60%"}, {"links", "40%"}}},
    {"flow", {{"quantiles", "false"}}},
    {"routes", {{0}}},
    {"routes", {{"after", "touchpoint 1"}, {"before", "touchpoint 2"}, {"count", "occurrences"}}},
    {"routes", {{"end", "true"}, {"fold", "true"}, {"steps", "2"}, {"width", "1"}}},
    {"participation", {{"steps", "touchpoint 1"}}},
    {"participation", {{"steps", "touchpoint 1"}, {"steps", "touchpoint 2"}, {"within", "1h"}, {"over", "day"}}},
    {"sessions", {{0}}},
    {"sessions", {{"gap", "40s"}, {"cap", "2m"}, {"over", "day"}, {"by", "plan"}}},
    {"channels", {{0}}},
    {"channels", {{"within", "40s"}}},
    {"contacts", {{"person", "ch1"}}},
    {"contacts",
     {{"person", "ch2"},
      {"person", "ch1"},
      {"self", "ch3"},
      {"pause", "3s"},
      {"within", "10s"},
      {"about", "plan"},
      {"resolved", "amount"},
      {"confirmed", "plan"},
      {"transfer", "touchpoint 1"}}},
    {"dwell", {{0}}},
    {"dwell", {{"threshold", "40s"}, {"duration", "amount"}, {"response", "touchpoint 1"}, {"end", "touchpoint 2"}, {"top", "7"}}},
    {"scores", {{0}}},
    {"scores",
     {{"score", "amount"},
      {"kind", ""},
      {"scale", "ces"},
      {"max", "99"},
      {"by", "plan"},
      {"answers", "all"},
      {"window", "3"},
      {"near", "30s"}}},
    {"loops", {{0}}},
    {"variants", {{0}}},
    {"variants", {{"top", "3"}}},
    {"funnel", {{"steps", "touchpoint 1"}, {"steps", "touchpoint 2"}, {"steps", "touchpoint 3"}, {"within", "1h"}}},
    {"funnel", {{"steps", "touchpoint 1"}, {"steps", "touchpoint 1"}, {"within", "90s"}, {"by", "channel"}}},
    {"funnel", {{"steps", "touchpoint 4"}, {"steps", "touchpoint 5"}, {"by", "amount"}, {"quantiles", "no"}}},
    {"customers", {{"top", "7"}, {"order", "last"}}},
    {"compare", {{"takers", "touchpoint 1"}, {"others", "touchpoint 2"}}},
    {"compare", {{"group", "did('touchpoint 3')"}, {"strata", "plan"}, {"top", "9"}}},
    {"compare", {{"group", "did('touchpoint 3')"}, {"other", "channels >= 2"}}},
    {"compare", {{"since", "1970-01-01T00:02"}}},
    {"retention", {{"over", "day"}, {"periods", "5"}}},
    {"retention", {{"start", "touchpoint 1"}, {"return", "touchpoint 2"}, {"return", "touchpoint 3"}, {"rolling", "yes"}}},
    {"retention", {{"over", "month"}, {"mode", "on-or-after"}, {"start", "touchpoint 4"}}},
};
#define N_KINDS (sizeof kinds / sizeof *kinds)

static const struct {
    const char *journey, *where, *from, *to, *timezone;
} lenses[] = {
    {0},
    {.journey = "session 40s"},
    {.journey = "by plan", .timezone = "Europe/Amsterdam"},
    {.where = "channel is known and not plan = \"plan 0\""},
    {.from = "1970-01-01T00:01", .to = "1970-01-01T00:03", .journey = "by amount"},
    {.from = "2030-01-01"},
    {.to = "1950-01-01"},
};
#define N_LENSES (sizeof lenses / sizeof *lenses)

static struct asked asked_of(size_t kind, size_t lens) {
    struct asked asked = make_asked(kinds[kind].analysis, kinds[kind].words, lenses[lens].journey, lenses[lens].where);
    asked.lens.from = lit(lenses[lens].from);
    asked.lens.to = lit(lenses[lens].to);
    asked.lens.timezone = lit(lenses[lens].timezone);
    return asked;
}

/* A new analysis must be asked here too. */
static void test_all_analyses_are_asked(void **state) {
    (void)state;
    for (size_t i = 0; sj_analyses[i]; i++) {
        bool found = false;
        for (size_t k = 0; k < N_KINDS && !found; k++)
            found = strcmp(kinds[k].analysis, sj_analyses[i]->name) == 0;
        if (!found)
            fail_msg("%s is not among the questions of this test", sj_analyses[i]->name);
    }
}

/* ---- the same events in many ways ---- */

static struct model_event *make_events(struct sj_random *random, size_t n) {
    struct model_event *events = calloc(n, sizeof *events);
    assert_non_null(events);
    for (size_t i = 0; i < n; i++) {
        events[i] = model_random_event(random, 25);
        events[i].time_us = (int64_t)(i * 7919 % n) * 700001; /* n is no multiple of 7919: no two are the same */
        for (size_t v = 0; v < events[i].n_values; v++) {
            if (strcmp(events[i].values[v].name, "event_id") == 0) /* of two with one id the first that came stays */
                snprintf(events[i].values[v].name, sizeof events[i].values[v].name, "order");
        }
    }
    return events;
}

static void shuffle(struct sj_random *random, struct model_event *events, size_t n) {
    for (size_t i = n; i > 1; i--) {
        const size_t j = sj_random_below(random, i);
        const struct model_event swap = events[i - 1];
        events[i - 1] = events[j];
        events[j] = swap;
    }
}

/* So many loads, of both sorts. */
static void load_events(struct sj_store *store, struct sj_random *random, const struct model_event *events, size_t n) {
    for (size_t lo = 0, hi; lo < n; lo = hi) {
        struct sj_writer *writer = NULL;
        struct sj_commit commit;
        hi = lo + 1 + sj_random_below(random, n / 2);
        hi = hi > n ? n : hi;
        assert_ok(sj_writer_open(store, sj_random_below(random, 2) ? SJ_LOAD_BULK : SJ_LOAD_STREAM, &writer, err));
        for (size_t i = lo; i < hi; i++)
            assert_ok(model_write(writer, &events[i], err));
        assert_ok(sj_writer_commit(writer, NULL, &commit, err));
        assert_int_equal(commit.n_events, hi - lo);
        sj_writer_close(writer);
    }
}

/* Asks everything through the first lenses. The first time the answers are kept, then they are compared. */
static void ask_all(struct sj_store *store, char *answers[N_KINDS][N_LENSES], size_t n_lenses, unsigned n_threads) {
    struct sj_snapshot *snapshot = NULL;
    assert_ok(sj_snapshot_open(store, &snapshot, err));
    for (size_t k = 0; k < N_KINDS; k++) {
        for (size_t l = 0; l < n_lenses; l++) {
            const struct asked asked = asked_of(k, l);
            char *said = ask(snapshot, &asked, n_threads);
            if (said[0] != '{')
                fail_msg("question %zu, lens %zu: %s", k, l, said);
            if (!answers[k][l]) {
                answers[k][l] = said;
                continue;
            }
            if (strcmp(said, answers[k][l]) != 0)
                fail_msg("question %zu, lens %zu, %u threads:\n%s\n%s", k, l, n_threads, said, answers[k][l]);
            free(said);
        }
    }
    sj_snapshot_close(snapshot);
}

static void drop_answers(char *answers[N_KINDS][N_LENSES]) {
    for (size_t k = 0; k < N_KINDS; k++) {
        for (size_t l = 0; l < N_LENSES; l++)
            free(answers[k][l]);
    }
}

static void test_same_answers_whatever_the_way(void **state) {
    (void)state;
    static const unsigned n_threads[] = {1, 2, 8};
    for (uint64_t seed = 1; seed <= 6; seed++) {
        char *answers[N_KINDS][N_LENSES] = {0};
        struct sj_random random;
        sj_random_init(&random, seed);
        const size_t n = 200 + sj_random_below(&random, 300);
        struct model_event *events = make_events(&random, n);
        for (int order = 0; order < 3; order++) {
            struct sj_store_options options = model_options();
            struct sj_store *store = NULL;
            char *path = model_folder();
            assert_ok(sj_store_create(&options, path, NULL, err));
            assert_ok(sj_store_open(&options, path, true, &store, err));
            load_events(store, &random, events, n);
            ask_all(store, answers, N_LENSES, n_threads[order]);
            assert_ok(sj_store_compact(store, true, NULL, NULL, err));
            ask_all(store, answers, N_LENSES, n_threads[(order + 1) % 3]);
            sj_store_close(store);
            model_remove(path);
            shuffle(&random, events, n);
        }
        free(events);
        drop_answers(answers);
    }
}

/* ---- many units ---- */

/* Enough events that several threads have something to do; some customers stand in both segments. */
static void load_many(struct sj_store *store, struct sj_random *random, size_t n_events) {
    for (int load = 0; load < 2; load++) {
        struct sj_writer *writer = NULL;
        struct sj_commit commit;
        uint16_t touchpoints[12], plan = 0, amount = 0;
        uint8_t channels[4];
        char name[24], plan_text[16];
        assert_ok(sj_writer_open(store, SJ_LOAD_BULK, &writer, err));
        for (unsigned i = 0; i < 12; i++) {
            snprintf(name, sizeof name, "touchpoint %u", i);
            assert_ok(sj_writer_touchpoint(writer, sj_str(name), &touchpoints[i], err));
            snprintf(name, sizeof name, "ch%u", i % 4);
            assert_ok(sj_writer_channel(writer, sj_str(name), &channels[i % 4], err));
        }
        assert_ok(sj_writer_column(writer, SJ_LIT("plan"), SJ_KIND_TEXT, &plan, err));
        assert_ok(sj_writer_column(writer, SJ_LIT("amount"), SJ_KIND_NUMBER, &amount, err));
        for (size_t i = 0; i < n_events; i++) {
            const uint64_t dice = sj_random_u64(random);
            const struct sj_value values[] = {{.column = plan, .text = sj_str(plan_text)},
                                              {.column = amount, .f64 = (double)(dice % 7) / 2}};
            snprintf(name, sizeof name, "customer %u", (unsigned)(dice >> 40) % 40000);
            snprintf(plan_text, sizeof plan_text, "plan %u", (unsigned)(dice >> 32) % 3);
            const struct sj_event event = {.customer = sj_str(name),
                                           .time_us = (int64_t)(dice >> 8 & 0xffff) * SJ_US_SECOND / 100,
                                           .touchpoint = touchpoints[(dice >> 16) % 12],
                                           .channel = channels[dice % 4],
                                           .values = values,
                                           .n_values = dice % 5 == 0 ? 0 : 2};
            assert_ok(sj_writer_add(writer, &event, err));
        }
        assert_ok(sj_writer_commit(writer, NULL, &commit, err));
        sj_writer_close(writer);
    }
}

static void test_same_answers_over_many_units(void **state) {
    (void)state;
    char *answers[N_KINDS][N_LENSES] = {0};
    struct sj_random random;
    struct sj_store_options options = model_options();
    struct sj_store *store = NULL;
    struct sj_snapshot *snapshot = NULL;
    struct sj_arena arena;
    sj_key *bounds = NULL;
    size_t n_units = 0;
    char *path = model_folder();
    sj_random_init(&random, 11);
    sj_arena_init(&arena, sj_alloc_libc());
    assert_ok(sj_store_create(&options, path, NULL, err));
    assert_ok(sj_store_open(&options, path, true, &store, err));
    load_many(store, &random, 200000);
    assert_ok(sj_snapshot_open(store, &snapshot, err));
    assert_ok(sj_snapshot_split(snapshot, 262144, &arena, &bounds, &n_units, err));
    assert_true(n_units > 1);
    sj_snapshot_close(snapshot);
    sj_arena_done(&arena);
    ask_all(store, answers, 2, 1);
    ask_all(store, answers, 2, 8);
    assert_ok(sj_store_compact(store, true, NULL, NULL, err));
    ask_all(store, answers, 2, 2);
    drop_answers(answers);
    sj_store_close(store);
    model_remove(path);
}

/* ---- memory ---- */

static enum sj_status ask_with(const struct sj_alloc *mem, struct sj_snapshot *snapshot, const struct asked *asked) {
    const struct sj_question question = {
        .analysis = sj_str(asked->analysis), .lens = asked->lens, .args = asked->words, .n_args = asked->n_words, .n_threads = 1};
    struct sj_answer answer = {0};
    struct sj_error error = {0};
    sj_result_init(&answer.result, mem, SJ_EN);
    const enum sj_status status = sj_ask(sj_os_real(), mem, snapshot, &question, &answer, &error);
    assert_true(status == SJ_OK || error.message[0] != '\0');
    sj_result_done(&answer.result);
    return status;
}

static void test_memory_runs_out(void **state) {
    (void)state;
    struct sj_random random;
    struct model model = {0};
    struct sj_store_options options = model_options();
    struct sj_store *store = NULL;
    struct sj_snapshot *snapshot = NULL;
    char *path = model_folder();
    sj_random_init(&random, 4);
    assert_ok(sj_store_create(&options, path, NULL, err));
    assert_ok(sj_store_open(&options, path, true, &store, err));
    model_load(store, &model, &random, SJ_LOAD_BULK, 200);
    assert_ok(sj_snapshot_open(store, &snapshot, err));
    for (size_t k = 0; k < N_KINDS; k++) {
        struct asked asked = asked_of(k, k % 5);
        asked.lens.timezone = lit(NULL);
        enum sj_status status = SJ_E_MEMORY;
        for (size_t n = 0; status != SJ_OK; n++) {
            struct failing_alloc failing = {.n_until_failure = n};
            const struct sj_alloc mem = failing_alloc(&failing);
            status = ask_with(&mem, snapshot, &asked);
            assert_true(status == SJ_OK || status == SJ_E_MEMORY);
            assert_int_equal(failing.n_alive, 0);
            assert_true(n < 10000);
        }
    }
    sj_snapshot_close(snapshot);
    sj_store_close(store);
    model_done(&model);
    model_remove(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_all_analyses_are_asked),
        cmocka_unit_test(test_same_answers_whatever_the_way),
        cmocka_unit_test(test_same_answers_over_many_units),
        cmocka_unit_test(test_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
