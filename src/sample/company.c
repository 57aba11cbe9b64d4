/* See company.h. Figures are of the size that the field knows: a fifth of the people answer a survey, a tenth of the calls wait
 * over ten minutes, a talk costs about five euros, two thirds renew. */
#include "sample/company.h"

#define TEXT(literal) \
    { (literal), sizeof(literal) - 1 }

const struct sj_str sj_company_channels[SJ_N_CHANNELS] = {
#define X(code, name) TEXT(name),
    SJ_CHANNELS(X)
#undef X
};

const struct sj_sample_touchpoint sj_sample_touchpoints[] = {
#define X(code, name, stage, channel) {TEXT(name), TEXT(stage), TEXT(channel)},
    SJ_TOUCHPOINTS(X)
#undef X
};
const size_t sj_sample_n_touchpoints = SJ_N_TOUCHPOINTS;

const struct sj_sample_column sj_sample_columns[] = {
#define X(code, name, kind, meaning) {TEXT(name), SJ_SAMPLE_##kind, meaning},
    SJ_COLUMNS(X)
#undef X
};
const size_t sj_sample_n_columns = SJ_N_COLUMNS;

const struct sj_persona sj_personas[SJ_N_PERSONAS] = {
    {.name = "digital native",
     .segment = TEXT("consumer"),
     .share = 240,
     .app = 920,
     .ios = 450,
     .visits = {1, 3},
     .pages = {2, 5},
     .buys = {35, 58, 5, 2},
     .routes = {58, 30, 8, 4},
     .issue = 110,
     .looks = 32,
     .leave = 110,
     .mood = 2,
     .answers = 190,
     .plans = {20, 35, 25, 3, 1, 16},
     .ages = {45, 40, 12, 3, 0, 0}},
    {.name = "careful comparer",
     .segment = TEXT("consumer"),
     .share = 190,
     .app = 620,
     .ios = 400,
     .visits = {3, 7},
     .pages = {3, 8},
     .buys = {66, 20, 10, 4},
     .routes = {50, 24, 20, 6},
     .issue = 100,
     .looks = 20,
     .leave = 90,
     .mood = 0,
     .answers = 300,
     .plans = {28, 30, 12, 4, 1, 25},
     .ages = {8, 28, 30, 22, 10, 2}},
    {.name = "busy family",
     .segment = TEXT("family"),
     .share = 220,
     .app = 740,
     .ios = 480,
     .visits = {2, 4},
     .pages = {2, 5},
     .buys = {45, 25, 22, 8},
     .routes = {36, 26, 28, 10},
     .issue = 170,
     .looks = 24,
     .leave = 70,
     .mood = 1,
     .answers = 210,
     .plans = {8, 18, 10, 58, 2, 4},
     .ages = {2, 26, 44, 24, 4, 0}},
    {.name = "small business",
     .segment = TEXT("business"),
     .share = 100,
     .app = 680,
     .ios = 550,
     .visits = {1, 4},
     .pages = {2, 5},
     .buys = {44, 12, 14, 30},
     .routes = {22, 24, 48, 6},
     .issue = 190,
     .looks = 26,
     .leave = 60,
     .mood = -4,
     .answers = 150,
     .plans = {3, 10, 16, 2, 67, 2},
     .ages = {4, 24, 34, 28, 10, 0}},
    {.name = "senior on the phone",
     .segment = TEXT("senior"),
     .share = 130,
     .app = 220,
     .ios = 300,
     .visits = {1, 3},
     .pages = {1, 3},
     .buys = {16, 4, 46, 34},
     .routes = {8, 6, 64, 22},
     .issue = 180,
     .looks = 6,
     .leave = 50,
     .mood = 8,
     .answers = 360,
     .plans = {42, 14, 3, 4, 0, 37},
     .ages = {0, 0, 2, 14, 38, 46}},
    {.name = "bargain hunter",
     .segment = TEXT("consumer"),
     .share = 120,
     .app = 600,
     .ios = 280,
     .visits = {2, 6},
     .pages = {2, 6},
     .buys = {58, 34, 6, 2},
     .routes = {48, 34, 14, 4},
     .issue = 130,
     .looks = 18,
     .leave = 210,
     .mood = -6,
     .answers = 170,
     .plans = {30, 18, 6, 2, 0, 44},
     .ages = {24, 34, 24, 12, 5, 1}},
};

const struct sj_product sj_plans[SJ_N_PLANS] = {
    {TEXT("Start 5 GB"), 140000},  {TEXT("Plus 20 GB"), 215000},    {TEXT("Unlimited"), 325000},
    {TEXT("Family pack"), 580000}, {TEXT("Business line"), 395000}, {TEXT("SIM only 2 GB"), 95000},
};

const struct sj_product sj_products[SJ_N_PRODUCTS] = {
    {TEXT("Data bundle 5 GB"), 75000},  {TEXT("Roaming week"), 120000},    {TEXT("Phone case"), 199500},     {TEXT("Fast charger"), 295000},
    {TEXT("Wireless earbuds"), 799500}, {TEXT("Phone A12"), 2690000},      {TEXT("Phone A12 Pro"), 5990000}, {TEXT("Tablet T8"), 3290000},
    {TEXT("Smart watch W1"), 1790000},  {TEXT("Home router R2"), 1290000},
};

const struct sj_str sj_company_regions[SJ_N_REGIONS] = {
    TEXT("Groningen"), TEXT("Friesland"),     TEXT("Drenthe"),      TEXT("Overijssel"), TEXT("Flevoland"),     TEXT("Gelderland"),
    TEXT("Utrecht"),   TEXT("Noord-Holland"), TEXT("Zuid-Holland"), TEXT("Zeeland"),    TEXT("Noord-Brabant"), TEXT("Limburg"),
};
const uint16_t sj_company_region_weights[SJ_N_REGIONS] = {34, 37, 28, 66, 25, 120, 78, 167, 217, 22, 148, 64};
const struct sj_str sj_company_ages[SJ_N_AGES] = {TEXT("18-24"), TEXT("25-34"), TEXT("35-44"), TEXT("45-54"), TEXT("55-64"), TEXT("65+")};
const struct sj_str sj_company_languages[SJ_N_LANGUAGES] = {TEXT("nl"), TEXT("en"), TEXT("zh")};
const uint16_t sj_company_language_weights[SJ_N_LANGUAGES] = {60, 28, 12};
const struct sj_str sj_company_topics[SJ_N_TOPICS] = {TEXT("billing"), TEXT("network"),  TEXT("device"),
                                                      TEXT("account"), TEXT("delivery"), TEXT("contract")};
const uint16_t sj_company_topic_weights[SJ_N_TOPICS] = {26, 22, 18, 20, 3, 11};
const struct sj_str sj_company_helps[SJ_N_HELPS] = {TEXT("articles"), TEXT("guided")};
const struct sj_str sj_company_colours[SJ_N_COLOURS] = {TEXT("blue"), TEXT("orange")};
const struct sj_str sj_company_arms[SJ_N_ARMS] = {TEXT("control"), TEXT("reminder")};
const struct sj_str sj_company_phone_os[SJ_N_PHONE_OS] = {TEXT("android"), TEXT("ios")};

const struct sj_release sj_releases[SJ_N_RELEASES] = {
    {TEXT("5.0.0"), -40, false}, /* 2024-05-22 */
    {TEXT("5.0.4"), 50, false},  /* 2024-08-20 */
    {TEXT("5.1.0"), 127, false}, /* 2024-11-05 */
    {TEXT("5.1.2"), 197, false}, /* 2025-01-14 */
    {TEXT("5.2.0"), 246, true},  /* 2025-03-04 */
    {TEXT("5.2.1"), 260, true},  /* 2025-03-18: mends other things */
    {TEXT("5.2.3"), 288, false}, /* 2025-04-15: mends the checkout */
    {TEXT("5.3.0"), 358, false}, /* 2025-06-24 */
    {TEXT("5.4.0"), 463, false}, /* 2025-10-07 */
};

const uint16_t sj_chat_bounces[SJ_N_TOPICS] = {440, 60, 60, 60, 60, 60};
/* Guided help is better for every topic, but is offered where the questions are hard: overall it looks worse. */
const uint16_t sj_help_resolves[SJ_N_TOPICS][SJ_N_HELPS] = {{750, 830}, {390, 490}, {430, 530}, {820, 900}, {700, 790}, {620, 710}};
const uint16_t sj_help_guided[SJ_N_TOPICS] = {200, 800, 750, 150, 300, 350};
