#include "ingest/csv_index.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define BLOCK 64

static bool is_end(const struct sj_csv_index *index, char c) { return c == index->delimiter || c == '\n' || c == '\r'; }

static enum sj_csv_state next_state(const struct sj_csv_index *index, enum sj_csv_state state, char c) {
    bool quote = index->has_quote && c == index->quote;
    switch (state) {
    case SJ_CSV_QUOTED: return quote ? SJ_CSV_CLOSED : SJ_CSV_QUOTED;
    case SJ_CSV_BEGIN:
    case SJ_CSV_CLOSED:
        if (quote)
            return SJ_CSV_QUOTED;
        break;
    case SJ_CSV_BARE: break;
    }
    return is_end(index, c) ? SJ_CSV_BEGIN : SJ_CSV_BARE;
}

/* There must be room for n positions. */
static void scan_plain(struct sj_csv_index *index, const char *text, size_t from, size_t n, struct sj_buf *positions) {
    uint32_t *out = (uint32_t *)(void *)(positions->data + positions->n);
    enum sj_csv_state state = index->state;
    size_t n_out = 0;
    for (size_t i = from; i < from + n; i++) {
        state = next_state(index, state, text[i]);
        if (state == SJ_CSV_BEGIN)
            out[n_out++] = (uint32_t)i;
        index->seen_high |= (uint8_t)text[i];
        index->seen_nul |= text[i] == '\0';
        index->seen_quote |= text[i] == index->quote;
    }
    index->state = state;
    positions->n += n_out * sizeof *out;
}

#if defined(__x86_64__)

/* The masks of quotes and of separators in 64 bytes; gives the bytes' top bits, or-ed, as the top bit. */
static uint8_t classify_sse2(struct sj_csv_index *index, const char *block, uint64_t *ret_quotes, uint64_t *ret_ends) {
    const __m128i quote = _mm_set1_epi8(index->quote), delimiter = _mm_set1_epi8(index->delimiter);
    const __m128i lf = _mm_set1_epi8('\n'), cr = _mm_set1_epi8('\r');
    __m128i high = _mm_setzero_si128(), nul = _mm_setzero_si128();
    uint64_t quotes = 0, ends = 0;
    for (unsigned i = 0; i < BLOCK; i += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(block + i));
        __m128i end = _mm_or_si128(_mm_cmpeq_epi8(bytes, delimiter), _mm_or_si128(_mm_cmpeq_epi8(bytes, lf), _mm_cmpeq_epi8(bytes, cr)));
        quotes |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, quote)) << i;
        ends |= (uint64_t)(uint32_t)_mm_movemask_epi8(end) << i;
        high = _mm_or_si128(high, bytes);
        nul = _mm_or_si128(nul, _mm_cmpeq_epi8(bytes, _mm_setzero_si128()));
    }
    index->seen_nul |= _mm_movemask_epi8(nul) != 0;
    *ret_quotes = index->has_quote ? quotes : 0;
    *ret_ends = ends;
    return _mm_movemask_epi8(high) != 0 ? 0x80 : 0;
}

__attribute__((target("avx2"))) static uint8_t classify_avx2(struct sj_csv_index *index, const char *block, uint64_t *ret_quotes,
                                                             uint64_t *ret_ends) {
    const __m256i quote = _mm256_set1_epi8(index->quote), delimiter = _mm256_set1_epi8(index->delimiter);
    const __m256i lf = _mm256_set1_epi8('\n'), cr = _mm256_set1_epi8('\r');
    __m256i high = _mm256_setzero_si256(), nul = _mm256_setzero_si256();
    uint64_t quotes = 0, ends = 0;
    for (unsigned i = 0; i < BLOCK; i += 32) {
        __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)(block + i));
        __m256i line = _mm256_or_si256(_mm256_cmpeq_epi8(bytes, lf), _mm256_cmpeq_epi8(bytes, cr));
        __m256i end = _mm256_or_si256(_mm256_cmpeq_epi8(bytes, delimiter), line);
        quotes |= (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, quote)) << i;
        ends |= (uint64_t)(uint32_t)_mm256_movemask_epi8(end) << i;
        high = _mm256_or_si256(high, bytes);
        nul = _mm256_or_si256(nul, _mm256_cmpeq_epi8(bytes, _mm256_setzero_si256()));
    }
    index->seen_nul |= _mm256_movemask_epi8(nul) != 0;
    *ret_quotes = index->has_quote ? quotes : 0;
    *ret_ends = ends;
    return _mm256_movemask_epi8(high) != 0 ? 0x80 : 0;
}

#endif

/* Bit i of the result: the xor of bits 0 … i. Between an opening quote (included) and its closing one (not included) all bits are 1. */
static uint64_t prefix_xor(uint64_t bits) {
    for (unsigned shift = 1; shift < BLOCK; shift *= 2)
        bits ^= bits << shift;
    return bits;
}

static enum sj_csv_state state_after(uint64_t inside, uint64_t quotes, uint64_t ends) {
    const uint64_t last = UINT64_C(1) << (BLOCK - 1);
    return inside & last ? SJ_CSV_QUOTED : quotes & last ? SJ_CSV_CLOSED : ends & last ? SJ_CSV_BEGIN : SJ_CSV_BARE;
}

/* There must be room for 64 positions. */
static void put_positions(struct sj_buf *positions, size_t base, uint64_t bits) {
    uint32_t *out = (uint32_t *)(void *)(positions->data + positions->n), *first = out;
    for (; bits != 0; bits &= bits - 1)
        *out++ = (uint32_t)(base + (unsigned)__builtin_ctzll(bits));
    positions->n += (size_t)(out - first) * sizeof *out;
}

/* False when a quote opens after something that is neither a separator nor a quote: the caller takes the plain way. */
static bool scan_block(struct sj_csv_index *index, const char *text, size_t at, struct sj_buf *positions) {
    uint64_t quotes, ends;
    index->seen_high |= index->classify(index, text + at, &quotes, &ends);
    uint64_t inside = index->state == SJ_CSV_QUOTED ? ~UINT64_C(0) : 0;
    if (quotes != 0) {
        index->seen_quote = true;
        inside ^= prefix_xor(quotes);
        bool may_open_first = index->state == SJ_CSV_BEGIN || index->state == SJ_CSV_CLOSED;
        uint64_t may_open = ((ends & ~inside) | quotes) << 1 | (may_open_first ? 1 : 0);
        if ((quotes & inside & ~may_open) != 0)
            return false;
    }
    ends &= ~inside;
    index->state = state_after(inside, quotes, ends);
    put_positions(positions, at, ends);
    return true;
}

bool sj_csv_scan_is_available(enum sj_csv_scan scan) {
#if defined(__x86_64__)
    return scan != SJ_CSV_SCAN_AVX2 || __builtin_cpu_supports("avx2");
#else
    return scan == SJ_CSV_SCAN_BEST || scan == SJ_CSV_SCAN_PLAIN;
#endif
}

void sj_csv_index_init(struct sj_csv_index *index, char delimiter, char quote, enum sj_csv_scan scan) {
    *index = (struct sj_csv_index){.delimiter = delimiter, .quote = quote, .has_quote = quote != SJ_CSV_NO_QUOTE};
#if defined(__x86_64__)
    if (scan == SJ_CSV_SCAN_BEST)
        scan = sj_csv_scan_is_available(SJ_CSV_SCAN_AVX2) ? SJ_CSV_SCAN_AVX2 : SJ_CSV_SCAN_SSE2;
    index->classify = scan == SJ_CSV_SCAN_AVX2 ? classify_avx2 : scan == SJ_CSV_SCAN_SSE2 ? classify_sse2 : NULL;
#else
    (void)scan;
#endif
}

enum sj_status sj_csv_index_scan(struct sj_csv_index *index, struct sj_str text, size_t from, struct sj_buf *positions,
                                 struct sj_error *err) {
    SJ_TRY(sj_buf_reserve(positions, (text.n - from + BLOCK) * sizeof(uint32_t), err));
    size_t at = from;
    for (; index->classify != NULL && text.n - at >= BLOCK; at += BLOCK)
        if (!scan_block(index, text.p, at, positions))
            scan_plain(index, text.p, at, BLOCK, positions);
    scan_plain(index, text.p, at, text.n - at, positions);
    return SJ_OK;
}
