/* The bytes of a segment, version 1. docs/format.md says the same in words and is normative.
 *
 *   file     [header 64][block]…[block][directory entry]…[footer 64]        blocks begin at multiples of 64
 *   block    [block header 40][section entry 56]…[section bytes, each at a multiple of 8]…
 *   section  one part of one column of the block: packed integers (store/pack.h) or raw bytes, with a checksum of its own
 *
 * All numbers are little-endian. Checksums are XXH3 with 64 bits and seed 0. Every byte of the file is under a checksum or must be
 * zero (padding). A reader refuses a file with a flag in `incompatible` that it does not know; flags in `compatible` may be ignored.
 */
#pragma once
#include <assert.h>
#include <stdint.h>

#define SJ_SEGMENT_MAGIC UINT64_C(0x314e52554f4a4f53) /* "SOJOURN1" */
#define SJ_BLOCK_MAGIC UINT32_C(0x4b4c424a)           /* "JBLK" */
#define SJ_SEGMENT_VERSION 1
#define SJ_BLOCK_EVENTS 32768 /* a block holds whole customers, about this many events; more only when one customer has more */
#define SJ_BLOCK_TEXT_BYTES ((size_t)8 << 20) /* fewer events where their texts would be much more than this */
#define SJ_BLOCK_ALIGN 64
#define SJ_SECTION_ALIGN 8

struct sj_disk_header {
    uint64_t magic;
    uint32_t version, compatible, incompatible, reserved;
    uint64_t zero[4];
    uint64_t checksum; /* of the bytes before it */
};
static_assert(sizeof(struct sj_disk_header) == 64, "no padding reaches the disk");

struct sj_disk_block {
    uint32_t magic, n_sections, n_events, n_customers;
    uint64_t bytes; /* of the whole block, padding to the next block not included */
    uint64_t zero;
    uint64_t checksum; /* of the header before it, then of the section entries */
};
static_assert(sizeof(struct sj_disk_block) == 40, "no padding reaches the disk");

/* Columns that every row has; codes of the store's named columns are below 1024. */
enum sj_disk_column {
    SJ_DISK_KEY = 0x8000, /* RAW: 16 bytes a customer, hi then lo */
    SJ_DISK_IDENTITY,     /* LENGTHS and BYTES, a text for each customer */
    SJ_DISK_COUNT,        /* VALUES: events of each customer */
    SJ_DISK_TOUCHPOINT,   /* VALUES */
    SJ_DISK_CHANNEL,      /* VALUES */
    SJ_DISK_TIME,         /* VALUES, microseconds */
};

enum sj_disk_part {
    SJ_PART_VALUES,  /* packed: integers; for a text its place in the dictionary; for a number value * 10^scale */
    SJ_PART_RAW,     /* raw: 16-byte keys, or 8-byte doubles where no scale fits */
    SJ_PART_ROWS,    /* packed: which events have a value (a column without ROWS and BITS has one for every event) */
    SJ_PART_BITS,    /* raw: the same as a bit set, 64-bit words, lowest bit first */
    SJ_PART_LENGTHS, /* packed: bytes of each text */
    SJ_PART_BYTES,   /* raw: the texts, one after the other; those of a dictionary are sorted and distinct */
};
#define SJ_N_PARTS 6

struct sj_disk_section {
    uint16_t column;
    uint8_t part;  /* enum sj_disk_part */
    uint8_t kind;  /* enum sj_kind; 0 for the fixed columns */
    uint8_t width; /* packed: bits a value */
    uint8_t scale; /* of numbers in VALUES: 0 to 6 */
    uint8_t zero[2];
    uint64_t count;  /* values */
    uint64_t offset; /* from the start of the block */
    uint64_t bytes;
    int64_t base; /* packed */
    uint64_t unit;
    uint64_t checksum; /* of the section's bytes */
};
static_assert(sizeof(struct sj_disk_section) == 56, "no padding reaches the disk");

struct sj_disk_entry { /* of the directory: one for each block, in order */
    uint64_t offset, bytes;
    uint64_t n_events, n_customers;
    uint64_t first_key_hi, first_key_lo, last_key_hi, last_key_lo;
    int64_t min_time_us, max_time_us;
};
static_assert(sizeof(struct sj_disk_entry) == 80, "no padding reaches the disk");

struct sj_disk_footer {
    uint64_t directory_offset, n_blocks;
    uint64_t n_events, n_customers;
    uint64_t directory_checksum;
    uint64_t file_bytes;
    uint64_t checksum; /* of the footer before it */
    uint64_t magic;
};
static_assert(sizeof(struct sj_disk_footer) == 64, "no padding reaches the disk");
