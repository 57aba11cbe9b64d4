/* What the company is: its channels, touchpoints, products, people's habits, and the parameters of the planted truths.
 * Tables only; everything that happens to a customer reads its chances here. Internal to the room. */
#pragma once
#include "sample/sample.h"

#define SJ_CHANNELS(X)      \
    X(WEB, "web")           \
    X(APP, "app")           \
    X(EMAIL, "email")       \
    X(CALLS, "call_centre") \
    X(CHAT, "chat")         \
    X(SHOP, "shop")         \
    X(SOCIAL, "social")     \
    X(SURVEY, "survey")     \
    X(SYSTEM, "system")

/* name in code, name in the events, stage, usual channel */
#define SJ_TOUCHPOINTS(X)                                            \
    X(AD_IMPRESSION, "ad_impression", "awareness", "social")         \
    X(AD_CLICK, "ad_click", "awareness", "social")                   \
    X(SOCIAL_POST_VIEW, "social_post_view", "awareness", "social")   \
    X(LANDING_PAGE, "landing_page", "awareness", "web")              \
    X(NEWSLETTER_OPEN, "newsletter_open", "consideration", "email")  \
    X(PLAN_OVERVIEW, "plan_overview", "consideration", "web")        \
    X(PLAN_COMPARISON, "plan_comparison", "consideration", "web")    \
    X(COVERAGE_CHECK, "coverage_check", "consideration", "web")      \
    X(DEVICE_PAGE, "device_page", "consideration", "web")            \
    X(REVIEWS_READ, "reviews_read", "consideration", "web")          \
    X(SHOP_VISIT, "shop_visit", "consideration", "shop")             \
    X(ADD_TO_BASKET, "add_to_basket", "purchase", "web")             \
    X(BASKET_REMINDER, "basket_reminder", "purchase", "email")       \
    X(CHECKOUT_START, "checkout_start", "purchase", "web")           \
    X(PAYMENT, "payment", "purchase", "web")                         \
    X(PAYMENT_FAILED, "payment_failed", "purchase", "web")           \
    X(ORDER_PLACED, "order_placed", "purchase", "web")               \
    X(ORDER_CONFIRMATION, "order_confirmation", "purchase", "email") \
    X(PARCEL_SENT, "parcel_sent", "onboarding", "email")             \
    X(PARCEL_DELAYED, "parcel_delayed", "onboarding", "email")       \
    X(PARCEL_DELIVERED, "parcel_delivered", "onboarding", "system")  \
    X(SIM_ACTIVATION, "sim_activation", "onboarding", "web")         \
    X(FIRST_USE, "first_use", "onboarding", "system")                \
    X(APP_INSTALL, "app_install", "onboarding", "app")               \
    X(APP_OPEN, "app_open", "use", "app")                            \
    X(ACCOUNT_LOGIN, "account_login", "use", "web")                  \
    X(USAGE_VIEW, "usage_view", "use", "app")                        \
    X(USAGE_ALERT, "usage_alert", "use", "system")                   \
    X(INVOICE_SENT, "invoice_sent", "use", "email")                  \
    X(INVOICE_VIEW, "invoice_view", "use", "app")                    \
    X(INVOICE_PAID, "invoice_paid", "use", "system")                 \
    X(PAYMENT_REMINDER, "payment_reminder", "use", "email")          \
    X(OUTAGE_NOTICE, "outage_notice", "use", "system")               \
    X(HELP_START, "help_start", "service", "web")                    \
    X(HELP_END, "help_end", "service", "web")                        \
    X(CHAT_START, "chat_start", "service", "chat")                   \
    X(CHAT_AGENT, "chat_agent", "service", "chat")                   \
    X(CHAT_END, "chat_end", "service", "chat")                       \
    X(CALL_START, "call_start", "service", "call_centre")            \
    X(CALL_MENU, "call_menu", "service", "call_centre")              \
    X(CALL_QUEUE, "call_queue", "service", "call_centre")            \
    X(CALL_ABANDONED, "call_abandoned", "service", "call_centre")    \
    X(CALL_TALK, "call_talk", "service", "call_centre")              \
    X(CALL_TRANSFER, "call_transfer", "service", "call_centre")      \
    X(CALL_END, "call_end", "service", "call_centre")                \
    X(TICKET_OPENED, "ticket_opened", "service", "system")           \
    X(TICKET_SOLVED, "ticket_solved", "service", "system")           \
    X(REFUND, "refund", "service", "system")                         \
    X(RENEWAL_DUE, "renewal_due", "renewal", "system")               \
    X(RENEWAL_REMINDER, "renewal_reminder", "renewal", "email")      \
    X(UPGRADE_OFFER, "upgrade_offer", "renewal", "email")            \
    X(RENEWAL, "renewal", "renewal", "web")                          \
    X(UPGRADE, "upgrade", "renewal", "web")                          \
    X(DOWNGRADE, "downgrade", "renewal", "web")                      \
    X(CANCEL_REQUEST, "cancel_request", "renewal", "call_centre")    \
    X(RETENTION_OFFER, "retention_offer", "renewal", "call_centre")  \
    X(CONTRACT_END, "contract_end", "renewal", "system")             \
    X(WINBACK_EMAIL, "winback_email", "renewal", "email")            \
    X(SURVEY_INVITED, "survey_invited", "advocacy", "email")         \
    X(SURVEY_ANSWERED, "survey_answered", "advocacy", "survey")      \
    X(REVIEW_POSTED, "review_posted", "advocacy", "web")             \
    X(REFERRAL_SENT, "referral_sent", "advocacy", "app")             \
    X(SOCIAL_MENTION, "social_mention", "advocacy", "social")

#define SJ_COLUMNS(X)                                                                                      \
    X(COOKIE, "cookie", TEXT, "the browser, known before anybody logs in")                                 \
    X(USER_ID, "user_id", TEXT, "the account, after a login")                                              \
    X(E_MAIL, "email", TEXT, "the address a message went to")                                              \
    X(PHONE, "phone", TEXT, "the number somebody called from")                                             \
    X(DEVICE, "device", TEXT, "phone, tablet or desktop")                                                  \
    X(OS, "os", TEXT, "android, ios, windows or macos")                                                    \
    X(APP_VERSION, "app_version", TEXT, "release of the app")                                              \
    X(LANGUAGE, "language", TEXT, "nl, en or zh")                                                          \
    X(REGION, "region", TEXT, "province")                                                                  \
    X(AGE_BAND, "age_band", TEXT, "age in bands, where the customer has told it")                          \
    X(SEGMENT, "segment", TEXT, "marketing's segment: consumer, family, business, senior")                 \
    X(PLAN, "plan", TEXT, "the plan at that moment")                                                       \
    X(CAMPAIGN, "campaign", TEXT, "what brought the visit")                                                \
    X(BANNER_COLOUR, "banner_colour", TEXT, "blue or orange, drawn once for each visitor")                 \
    X(PAGE_VERSION, "page_version", TEXT, "A until 2024-11-17, B from then on")                            \
    X(ENGAGED_TIME, "engaged_time", DURATION, "time with the page in view")                                \
    X(TOPIC, "topic", TEXT, "what a contact is about")                                                     \
    X(HELP_KIND, "help_kind", TEXT, "guided (step by step) or articles")                                   \
    X(QUEUE, "queue", TEXT, "queue of the call centre")                                                    \
    X(WAIT_S, "wait_s", NUMBER, "seconds until a person answered")                                         \
    X(TALK_S, "talk_s", NUMBER, "seconds of talk")                                                         \
    X(TRANSFERS, "transfers", NUMBER, "how often the call was passed on")                                  \
    X(RESOLVED, "resolved", TRUTH, "whether the question was answered, as noted at the end")               \
    X(AGENT_TEAM, "agent_team", TEXT, "team that handled the contact")                                     \
    X(TICKET_ID, "ticket_id", TEXT, "number of the ticket")                                                \
    X(ORDER_ID, "order_id", TEXT, "number of the order")                                                   \
    X(PRODUCT, "product", TEXT, "what is bought or looked at")                                             \
    X(PAYMENT_METHOD, "payment_method", TEXT, "bank, card, wallet or direct_debit")                        \
    X(INVOICE_ID, "invoice_id", TEXT, "number of the invoice")                                             \
    X(AMOUNT, "amount", MONEY, "amount of an invoice; its payment has it as value")                        \
    X(DUE_DATE, "due_date", TIME, "day by which to pay or to decide")                                      \
    X(REMINDER_ARM, "reminder_arm", TEXT, "reminder or control, drawn by lot for each renewal")            \
    X(OFFER, "offer", TEXT, "what was offered")                                                            \
    X(ACCEPTED, "accepted", TRUTH, "whether the offer was taken")                                          \
    X(REASON, "reason", TEXT, "why: a delay, a refusal, a cancellation")                                   \
    X(ABOUT, "about", TEXT, "what a survey asks about: call, chat, help, delivery, relationship, leaving") \
    X(DELIVERY_DAYS, "delivery_days", NUMBER, "days from order to door")                                   \
    X(RECEIVED_AT, "received_at", TIME, "when an event that the app had kept while offline came in")

enum {
#define X(code, name) SJ_CH_##code,
    SJ_CHANNELS(X)
#undef X
        SJ_N_CHANNELS
};

enum {
#define X(code, name, stage, channel) SJ_TP_##code,
    SJ_TOUCHPOINTS(X)
#undef X
        SJ_N_TOUCHPOINTS
};

enum {
#define X(code, name, kind, meaning) SJ_COL_##code,
    SJ_COLUMNS(X)
#undef X
        SJ_N_COLUMNS
};

enum { SJ_TOPIC_BILLING, SJ_TOPIC_NETWORK, SJ_TOPIC_DEVICE, SJ_TOPIC_ACCOUNT, SJ_TOPIC_DELIVERY, SJ_TOPIC_CONTRACT, SJ_N_TOPICS };
enum { SJ_HELP_ARTICLES, SJ_HELP_GUIDED, SJ_N_HELPS };
enum { SJ_ROUTE_HELP, SJ_ROUTE_CHAT, SJ_ROUTE_CALL, SJ_ROUTE_SHOP, SJ_N_ROUTES };
enum { SJ_BUY_WEB, SJ_BUY_APP, SJ_BUY_SHOP, SJ_BUY_CALL, SJ_N_BUYS };
enum { SJ_COLOUR_BLUE, SJ_COLOUR_ORANGE, SJ_N_COLOURS };
enum { SJ_ARM_CONTROL, SJ_ARM_REMINDER, SJ_N_ARMS };
enum { SJ_OS_ANDROID, SJ_OS_IOS, SJ_N_PHONE_OS };

/* A kind of customer. Chances are per mille. */
struct sj_persona {
    const char *name;
    struct sj_str segment;
    uint16_t share;
    uint16_t app, ios;            /* uses the app; on ios */
    uint16_t visits[2], pages[2]; /* before buying: fewest and most; pages of a visit */
    uint16_t buys[SJ_N_BUYS];     /* weights: where it buys */
    uint16_t routes[SJ_N_ROUTES]; /* weights: where it asks for help first */
    uint16_t issue;               /* chance of a question in a month */
    uint16_t looks;               /* looks at app or account a month, in tenths */
    uint16_t leave;               /* per ten thousand: chance to cancel in a month, before anything went wrong */
    int16_t mood;                 /* how content it is by nature, -50 to 50 */
    uint16_t answers;             /* chance to answer a survey */
    uint16_t plans[6], ages[6];   /* weights */
};
#define SJ_N_PERSONAS 6
extern const struct sj_persona sj_personas[SJ_N_PERSONAS];

struct sj_product {
    struct sj_str name;
    int64_t price; /* ten-thousandths; plans: a month */
};
#define SJ_N_PLANS 6
#define SJ_N_PRODUCTS 10
extern const struct sj_product sj_plans[SJ_N_PLANS], sj_products[SJ_N_PRODUCTS];

#define SJ_N_REGIONS 12
#define SJ_N_AGES 6
#define SJ_N_LANGUAGES 3
extern const struct sj_str sj_company_regions[SJ_N_REGIONS], sj_company_ages[SJ_N_AGES], sj_company_languages[SJ_N_LANGUAGES],
    sj_company_channels[SJ_N_CHANNELS], sj_company_topics[SJ_N_TOPICS], sj_company_helps[SJ_N_HELPS], sj_company_colours[SJ_N_COLOURS],
    sj_company_arms[SJ_N_ARMS], sj_company_phone_os[SJ_N_PHONE_OS];
extern const uint16_t sj_company_region_weights[SJ_N_REGIONS], sj_company_language_weights[SJ_N_LANGUAGES],
    sj_company_topic_weights[SJ_N_TOPICS];

/* Releases of the app, oldest first. A customer has a release some days after it is out. */
struct sj_release {
    struct sj_str version;
    int day; /* of the period; may lie before it */
    bool android_checkout_broken;
};
#define SJ_N_RELEASES 9
extern const struct sj_release sj_releases[SJ_N_RELEASES];

/* The parameters of the planted truths, in one place; chances per mille. */
#define SJ_PAYMENT_FAILS 40         /* chance that a payment fails */
#define SJ_PAYMENT_FAILS_BROKEN 620 /* on Android with a broken release */
#define SJ_LONG_WAIT_S 600
#define SJ_LONG_WAIT_LEAVES 50 /* tenths: the hazard of cancelling is multiplied by 5 … */
#define SJ_LONG_WAIT_DAYS 92   /* … in months that begin within so many days; and, at the end of a year, doubled */
#define SJ_RENEWS 560          /* chance to renew without a reminder … */
#define SJ_RENEWS_REMINDED 660 /* … and with one */
#define SJ_RENEWAL_WINDOW_DAYS 45
#define SJ_PAGE_CHANGE_DAY 140                                   /* 2024-11-18: a page that changes nothing, one week before the peak */
#define SJ_PEAK_WEEK_2024 21                                     /* Monday 2024-11-25 */
#define SJ_PEAK_WEEK_2025 73                                     /* Monday 2025-11-24 */
extern const uint16_t sj_chat_bounces[SJ_N_TOPICS];              /* chance that a chat ends in a call within 24 hours */
extern const uint16_t sj_help_resolves[SJ_N_TOPICS][SJ_N_HELPS]; /* chance that help on a page resolves the question */
extern const uint16_t sj_help_guided[SJ_N_TOPICS];               /* chance to be led to the guided kind */
