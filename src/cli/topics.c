#include "cli/topics.h"

/* What no single command owns: pages of `sojourn help`. */

static const struct sj_flag where_parts[] = {
    {"touchpoint = \"visit\"", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("what happened; also != and in. channel is compared in the same way")},
    {"channel in (\"web\", \"app\")", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("one of a list")},
    {"value > 100", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("numbers and money: = != < <= > >= and in")},
    {"waited >= 7d", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("durations: 90s, 30m, 1h30m, 7d, 2w")},
    {"ordered < \"2026-01-31\"", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("times are texts; without offset they are of --timezone")},
    {"is_member = true", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("true or false; = and != only")},
    {"plan = 'gold'", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("texts, in double or single quotes; = != and in only, compared byte by byte")},
    {"coupon is known", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("the event has a value there")},
    {"`case:amount` > 5", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("a name that is no plain word stands in backquotes")},
    {"segment callers", SJ_TAKES_NOTHING, NULL, NULL,
     SJ_T("belongs to a saved segment (`sojourn segments`); a name with spaces stands between quotes: segment \"big spenders\". A name "
          "alone is enough: --segment callers")},
    {"not A, A and B, A or B", SJ_TAKES_NOTHING, NULL, NULL,
     SJ_T("joins conditions: not binds closest, then and, then or; brackets ( ) group them")},
};

static const struct sj_flag trend_parts[] = {
    {"--trend week", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("each week; also day, month, and auto, which chooses by the time range")},
    {"--of TABLE.COLUMN", SJ_TAKES_NOTHING, NULL, NULL,
     SJ_T("the figure, by the names that --format json gives; else the first estimate of the first table")},
    {"--row NAME", SJ_TAKES_NOTHING, NULL, NULL,
     SJ_T("of a table with many rows: the row, by the name it begins with; 'a > b' where there are two; else the six largest")},
    {"Usual", SJ_TAKES_NOTHING, NULL, NULL,
     SJ_T("the median of comparable complete periods before, at least four: the same weekday of 8 weeks, 8 weeks, or 12 months")},
    {"Arrow", SJ_TAKES_NOTHING, NULL, NULL,
     SJ_T("the period lies outside of the band around what is usual, which has room for the spread of those periods and for chance")},
    {"Complete", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("no where the events begin or end within the period: do not compare it")},
};

static const struct sj_flag who_parts[] = {
    {"--who", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("the customers, each with the part of the count that is theirs")},
    {"--of TABLE.COLUMN", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("the count, by the names that --format json gives; else the first")},
    {"--row NAME", SJ_TAKES_NOTHING, NULL, NULL,
     SJ_T("the row of its table, by the name it begins with; 'a > b' where there are two; a time as the table shows it")},
    {"--who-limit N", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("how many are listed; --format csv -o FILE takes them on")},
    {"--who-after CUSTOMER", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("the next page: those behind the last customer of this one")},
};

static const struct sj_flag language_parts[] = {
    {"a > b", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("b comes later; anything may lie between. `a b` says the same")},
    {"a >> b", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("b comes next; nothing lies between")},
    {"a >[within 7d, no c] b", SJ_TAKES_NOTHING, NULL, NULL,
     SJ_T("conditions of an arrow: within a time, after a time, no such event between")},
    {"a[channel = \"web\"]", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("a touchpoint with a condition, as --where takes it")},
    {"(a > b) within 24h", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("a time for a part, from its first event to its last")},
    {"a | b, a & b", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("either of them; both, in any order")},
    {"a? a+ a* a{2,5}", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("perhaps; once or more; any number; two to five times")},
    {". !a !(a|b)", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("any touchpoint; any but a; any but these")},
    {"^ a, a $", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("a is the first of the journey; a is its last")},
    {"\"a name\"", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("a touchpoint that is no plain word, in any of the three kinds of quotes")},
};

static const struct sj_flag segment_parts[] = {
    {"did(purchase)", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("has done it; an event as in an expression: did(call[channel = \"phone\"])")},
    {"did(a, at least 2)", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("how often; also at most and exactly")},
    {"did(a, within 90d)", SJ_TAKES_NOTHING, NULL, NULL,
     SJ_T("in the last 90 days before the end of the events, or of --to; also from \"2026-01-31\" and to \"2026-02-28\"")},
    {"sum(value, a) >= 100", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("a property added up over such events")},
    {"first(a) < \"2026-01-31\"", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("when it was done for the first time; also last(a)")},
    {"matched(a > b)", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("the history matches an expression (`sojourn help language`)")},
    {"trait.plan = \"gold\"", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("the last value that is known; compared as --where does")},
    {"channels >= 3", SJ_TAKES_NOTHING, NULL, NULL, SJ_T("how many different channels were used")},
    {"not A, A and B, A or B", SJ_TAKES_NOTHING, NULL, NULL,
     SJ_T("joins conditions: not binds closest, then and, then or; brackets ( ) group them")},
};

static const struct sj_topic topics[] = {
    {.name = "where",
     .other_name = "conditions",
     .usage = "--where CONDITION",
     .summary = SJ_T("Conditions on events: what --where takes."),
     .about =
         SJ_T("A condition looks at one event at a time: at its touchpoint, its channel and its properties. Only events that meet it are "
              "looked at, and journeys are cut from what is left. An event without a value in a property meets no comparison with it, "
              "!= included; `not` turns that around. A property that came in as numbers here and as texts there meets a comparison "
              "when either does. Put the whole condition between quotes, so that the shell leaves it alone."),
     .parts = {.title = SJ_T("What a condition is made of"), SJ_FLAGS(where_parts)},
     .example = "flow shop.sojourn --where 'channel = \"web\" and not touchpoint in (\"call_start\", \"call_menu\")'\n"
                "variants shop.sojourn --where 'value > 100 or order_id is known'"},
    {.name = "language",
     .other_name = "expressions",
     .usage = "funnel|participation STORE EXPRESSION",
     .summary = SJ_T("The journey language: what a route looks like."),
     .about = SJ_T("An expression says which events a journey must have, in what order, and how close to each other. In a funnel the parts "
                   "between the outermost arrows are the steps. Of several ways that a journey fits the one counts that comes furthest, "
                   "then the one that is complete first, then the one that starts last. Put the whole expression between quotes, so that "
                   "the shell leaves it alone. docs/language.md tells all."),
     .parts = {.title = SJ_T("What an expression is made of"), SJ_FLAGS(language_parts)},
     .example = "funnel shop.sojourn 'plan_overview > add_to_basket >[within 1h] checkout_start > order_placed' --within 30d\n"
                "funnel shop.sojourn 'call_queue+ > call_talk >[no call_queue] survey_answered[score < 4]'\n"
                "participation shop.sojourn '(chat_start > call_start) within 24h'"},
    {.name = "segment",
     .other_name = "membership",
     .usage = "--segment CONDITION",
     .summary = SJ_T("Conditions on customers: what --segment takes."),
     .about = SJ_T("A segment is a condition on all events of a customer up to the end of the lens, also on those that --from and --where "
                   "leave out. Only customers who meet it are looked at. Put the whole condition between quotes, so that the shell leaves "
                   "it alone."),
     .parts = {.title = SJ_T("What a condition is made of"), SJ_FLAGS(segment_parts)},
     .example = "funnel shop.sojourn add_to_basket order_placed --segment 'did(call_start, at least 2, within 90d)'\n"
                "flow shop.sojourn --segment 'sum(value, order_placed) >= 500 and channels >= 3'\n"
                "overview shop.sojourn --segment 'matched(call_queue > call_talk >[no call_queue] survey_answered[score < 4])'"},
    {.name = "trend",
     .other_name = "trends",
     .usage = "--trend PERIOD [--of TABLE.COLUMN] [--row NAME]",
     .summary = SJ_T("Any question over time: what --trend does."),
     .about = SJ_T("Every question can be asked for each day, week or month by itself, as if with its --from and --to, and one of its "
                   "figures followed. What is cut at the border of a period, such as a session or a wait, counts on both sides."),
     .parts = {.title = SJ_T("What is asked, and what is shown"), SJ_FLAGS(trend_parts)},
     .example = "sessions shop.sojourn --journey 'session 30m' --trend week\n"
                "channels shop.sojourn --trend month --of channels.of_customers\n"
                "dwell shop.sojourn --trend week --of durations.median --row call_queue"},
    {.name = "who",
     .other_name = "people",
     .usage = "--who [--of TABLE.COLUMN] [--row NAME]",
     .summary = SJ_T("The people behind any count: what --who does."),
     .about =
         SJ_T("Every count of what customers did can be opened: with --who the same question lists the customers who have it above 0 "
              "when they are asked about alone, and says by which segment the same ones are found, where there is one. That is personal "
              "data: mind who reads it. `sojourn customer` and `sojourn why` show more of one of them."),
     .parts = {.title = SJ_T("What is opened, and what is shown"), SJ_FLAGS(who_parts)},
     .example = "flow shop.sojourn --who --row 'add_to_basket > checkout_start'\n"
                "funnel shop.sojourn plan_overview add_to_basket order_placed --who --row order_placed\n"
                "retention shop.sojourn --over month --who --of cells.customers --row '2024-07-01 > 3'"},
};

const struct sj_topic *sj_topic_find(const char *name) {
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++)
        if (strcmp(topics[i].name, name) == 0 || strcmp(topics[i].other_name, name) == 0)
            return &topics[i];
    return NULL;
}

const struct sj_topic *sj_topic_at(size_t i) { return i < sizeof topics / sizeof topics[0] ? &topics[i] : NULL; }
