#include "ingest/roles.h"

#define NAME_BYTES_MAX ((size_t)128)

/* Words as they are compared: without case and signs. The best stand first. A case of a process log is a customer where nothing says better.
 * Of two ids only the one that names the event itself may be an event id: rows that share it count once. */
static const char customer_names[] =
    "customerid customer customerkey customernumber customerno custid klantid klantnummer clientid userid user "
    "distinctid personid memberid subscriberid contactid profileid accountid guestid patientid householdid identity "
    "masterid crmid uid casecustomer casecustomerid caseconceptname caseid case casenumber traceid journeyid anonymousid "
    "userpseudoid domainuserid fullvisitorid visitorid idvisitor deviceid ecid mcvisid cookieid email emailaddress "
    "caller callerid callernumber callingnumber ani phonenumber phone msisdn interactionid conversationid ticketid "
    "callid";
static const char time_names[] =
    "timestamp timetimestamp time eventtime eventtimestamp datetime eventdatetime occurredat occurred derivedtstamp "
    "collectortstamp clienteventtime originaltimestamp servertime servertimestamp visittime hittime ts tijdstip tijd "
    "starttime starttimestamp startedat startdatetime callstart callstarttime contacttime interactiontime createdat "
    "created createdtime creationtime sentat receivedat completetimestamp endtime eventdate date orderdate invoicedate "
    "purchasedate transactiondate datum";
static const char touchpoint_names[] =
    "touchpoint event eventname conceptname activity activityname activiteit eventtype eventaction action actionname "
    "task taskname step stepname interactiontype contactreason operation type";
static const char channel_names[] =
    "channel channelname channeltype eventchannel interactionchannel contactchannel casechannel kanaal mediatype "
    "mediachannel";
static const char value_names[] =
    "value revenue totalrevenue eventvalue ordervalue ordertotal transactionrevenue purchaserevenue turnover sales "
    "salesamount amount omzet";
static const char cost_names[] = "cost costs costtotal eventcost totalcost handlingcost callcost kosten";
static const char duration_names[] = "duration durationseconds durationsec durations callduration handletime handlingtime talktime duur";
static const char score_names[] = "score nps npsscore csat csatscore ces cesscore rating surveyscore";
static const char score_kind_names[] = "scorekind scoretype surveytype surveykind";
static const char comment_names[] = "comment comments feedback verbatim freetext surveycomment reviewtext remark remarks opmerking";
static const char event_id_names[] = "eventid messageid insertid eventuuid eventguid uuid idempotencykey";

static const struct role_row {
    const char *name, *flag;
    const char *usual;
    enum sj_kind kind;
    int builtin;
} rows[SJ_N_ROLES] = {
    [SJ_ROLE_PROPERTY] = {"property", "", NULL, SJ_KIND_TEXT, -1},
    [SJ_ROLE_IGNORE] = {"ignore", "--ignore", NULL, SJ_KIND_TEXT, -1},
    [SJ_ROLE_CUSTOMER] = {"customer", "--customer", customer_names, SJ_KIND_TEXT, -1},
    [SJ_ROLE_TIME] = {"time", "--time", time_names, SJ_KIND_TIME, -1},
    [SJ_ROLE_TOUCHPOINT] = {"touchpoint", "--touchpoint", touchpoint_names, SJ_KIND_TEXT, -1},
    [SJ_ROLE_CHANNEL] = {"channel", "--channel", channel_names, SJ_KIND_TEXT, -1},
    [SJ_ROLE_VALUE] = {"value", "--value", value_names, SJ_KIND_MONEY, SJ_COLUMN_VALUE},
    [SJ_ROLE_COST] = {"cost", "--cost", cost_names, SJ_KIND_MONEY, SJ_COLUMN_COST},
    [SJ_ROLE_DURATION] = {"duration", "--duration", duration_names, SJ_KIND_DURATION, SJ_COLUMN_DURATION},
    [SJ_ROLE_SCORE] = {"score", "--score", score_names, SJ_KIND_NUMBER, SJ_COLUMN_SCORE},
    [SJ_ROLE_SCORE_KIND] = {"score_kind", "--score-kind", score_kind_names, SJ_KIND_TEXT, SJ_COLUMN_SCORE_KIND},
    [SJ_ROLE_COMMENT] = {"comment", "--comment", comment_names, SJ_KIND_TEXT, SJ_COLUMN_COMMENT},
    [SJ_ROLE_EVENT_ID] = {"event_id", "--event-id", event_id_names, SJ_KIND_TEXT, SJ_COLUMN_EVENT_ID},
};

const char *sj_role_name(enum sj_role role) { return rows[role].name; }
const char *sj_role_flag(enum sj_role role) { return rows[role].flag; }
enum sj_kind sj_role_kind(enum sj_role role) { return rows[role].kind; }
int sj_role_builtin(enum sj_role role) { return rows[role].builtin; }

bool sj_role_of(struct sj_str name, enum sj_role *ret_role) {
    for (unsigned role = SJ_ROLE_IGNORE + 1; role < SJ_N_ROLES; role++) {
        if (sj_str_eq_nocase(name, sj_str(rows[role].name))) {
            *ret_role = (enum sj_role)role;
            return true;
        }
    }
    return false;
}

/* As compared; empty when it is too long to be usual. */
static struct sj_str bare_name(struct sj_str name, char out[NAME_BYTES_MAX]) {
    size_t n = 0;
    for (size_t i = 0; i < name.n; i++) {
        const char c = name.p[i];
        if (c == '_' || c == '-' || c == ':' || c == '.' || c == '$' || c == ' ')
            continue;
        if (n == NAME_BYTES_MAX)
            return SJ_LIT("");
        out[n++] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    return (struct sj_str){out, n};
}

/* Which word of the list it is. */
static size_t find_name(const char *usual, struct sj_str bare) {
    size_t idx = 0;
    for (const char *word = usual; bare.n > 0 && *word != '\0'; idx++) {
        const size_t n = strcspn(word, " ");
        if (sj_str_eq(bare, (struct sj_str){word, n}))
            return idx;
        word += n + (word[n] == ' ');
    }
    return SJ_ROLE_NO_RANK;
}

static struct sj_str after_envelope(struct sj_str name) {
    static const char *const envelopes[] = {"properties.", "traits.",           "context.traits.",
                                            "context.",    "event_properties.", "user_properties."};
    for (size_t i = 0; i < sizeof envelopes / sizeof envelopes[0]; i++) {
        const size_t n = strlen(envelopes[i]);
        if (name.n > n && memcmp(name.p, envelopes[i], n) == 0)
            return (struct sj_str){name.p + n, name.n - n};
    }
    return SJ_LIT("");
}

size_t sj_role_rank(enum sj_role role, struct sj_str name) {
    char text[NAME_BYTES_MAX];
    if (rows[role].usual == NULL)
        return SJ_ROLE_NO_RANK;
    const size_t rank = find_name(rows[role].usual, bare_name(name, text));
    if (rank != SJ_ROLE_NO_RANK)
        return rank;
    const struct sj_str nested = after_envelope(name);
    const size_t nested_rank = nested.n > 0 ? find_name(rows[role].usual, bare_name(nested, text)) : SJ_ROLE_NO_RANK;
    return nested_rank == SJ_ROLE_NO_RANK ? SJ_ROLE_NO_RANK : nested_rank + 1000;
}

bool sj_role_is_usual(struct sj_str name) {
    for (unsigned role = SJ_ROLE_CUSTOMER; role < SJ_N_ROLES; role++)
        if (sj_role_rank((enum sj_role)role, name) != SJ_ROLE_NO_RANK)
            return true;
    return false;
}

bool sj_role_is_sure_event_id(struct sj_str name) {
    return sj_role_rank(SJ_ROLE_EVENT_ID, name) != SJ_ROLE_NO_RANK && !sj_str_eq_nocase(name, SJ_LIT("uuid"));
}

bool sj_role_is_anonymous(struct sj_str name) {
    static const char usual[] = "anonymousid userpseudoid domainuserid fullvisitorid visitorid idvisitor deviceid cookieid";
    char text[NAME_BYTES_MAX];
    return find_name(usual, bare_name(name, text)) != SJ_ROLE_NO_RANK;
}

bool sj_role_is_alias(struct sj_str name) {
    char text[NAME_BYTES_MAX];
    return find_name("previousid", bare_name(name, text)) != SJ_ROLE_NO_RANK;
}

enum sj_identity_type sj_role_identity_type(struct sj_str name) {
    static const struct {
        const char *usual;
        enum sj_identity_type type;
    } types[] = {
        {"anonymous", SJ_ID_ANONYMOUS},
        {"device deviceid idfa idfv gaid advertisingid", SJ_ID_DEVICE},
        {"email emailaddress useremail", SJ_ID_EMAIL},
        {"phone phonenumber msisdn mobile caller callerid callernumber callingnumber ani", SJ_ID_PHONE},
        {"previousid userid user customerid customer klantid klantnummer custid memberid", SJ_ID_USER},
    };
    char text[NAME_BYTES_MAX];
    const struct sj_str bare = bare_name(name, text);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (find_name(types[i].usual, bare) != SJ_ROLE_NO_RANK)
            return types[i].type;
    }
    return sj_role_is_anonymous(name) ? SJ_ID_ANONYMOUS : SJ_ID_CUSTOM;
}
