/* Pauses: where a run of times breaks. For cutting histories into sessions; nothing here that a processor could guess wrong. */
#pragma once
#include <stdint.h>

/* begins[i] becomes 1 where times_us[i] comes more than gap_us after times_us[i - 1], else 0; begins[0] becomes 1. */
void sj_pauses_mark(const int64_t *times_us, uint32_t n, int64_t gap_us, uint8_t *begins);

/* The places of the ones, and n behind them: ret_starts has room for n + 1. Returns how many ones. begins[0] is 1 where n > 0. */
uint32_t sj_pauses_list(const uint8_t *begins, uint32_t n, uint32_t *ret_starts);
