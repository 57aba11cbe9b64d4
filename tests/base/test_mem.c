#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "base/failing_alloc.h"
#include "base/mem.h"

static void new_memory_is_zero(void **state) {
    (void)state;
    uint64_t *items = NULL;
    assert_int_equal(sj_mem_new(sj_alloc_libc(), 1000, sizeof *items, &items, NULL), SJ_OK);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(items[i], 0);
    sj_mem_free(sj_alloc_libc(), items);
    sj_mem_free(sj_alloc_libc(), NULL);
}

static void no_items_have_an_address(void **state) {
    (void)state;
    char *none = NULL;
    assert_int_equal(sj_mem_new(sj_alloc_libc(), 0, 8, &none, NULL), SJ_OK);
    assert_non_null(none);
    sj_mem_free(sj_alloc_libc(), none);
}

static void too_much_is_an_error(void **state) {
    (void)state;
    char untouched, *ptr = &untouched;
    struct sj_error err = {0};
    assert_int_equal(sj_mem_new(sj_alloc_libc(), SIZE_MAX / 2, 3, &ptr, &err), SJ_E_MEMORY);
    assert_int_equal(err.status, SJ_E_MEMORY);
    struct failing_alloc failing = {0};
    struct sj_alloc mem = failing_alloc(&failing);
    assert_int_equal(sj_mem_new(&mem, 10, 10, &ptr, &err), SJ_E_MEMORY);
    assert_non_null(strstr(err.message, "100 bytes"));
    assert_ptr_equal(ptr, &untouched);
}

/* Pieces of all sizes, each filled with its own byte and read again at the end: none overlaps another. */
static void arena_pieces_are_apart_aligned_and_zero(void **state) {
    (void)state;
    enum { N = 3000 };
    static unsigned char *pieces[N];
    static size_t sizes[N];
    struct failing_alloc counting = {.n_until_failure = SIZE_MAX};
    struct sj_alloc mem = failing_alloc(&counting);
    struct sj_arena arena;
    sj_arena_init(&arena, &mem);
    for (size_t i = 0; i < N; i++) {
        sizes[i] = i % 100 == 99 ? i * 37 : i * 7 % 300;
        assert_int_equal(sj_arena_new(&arena, sizes[i], 1, &pieces[i], NULL), SJ_OK);
        assert_int_equal((uintptr_t)pieces[i] % 16, 0);
        for (size_t j = 0; j < sizes[i]; j++)
            assert_int_equal(pieces[i][j], 0);
        memset(pieces[i], (int)(i % 251), sizes[i]);
    }
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < sizes[i]; j++)
            assert_int_equal(pieces[i][j], i % 251);
    assert_in_range(counting.n_alive, 2, 100);
    sj_arena_done(&arena);
    assert_int_equal(counting.n_alive, 0);
}

static void arena_survives_failure_and_is_used_again(void **state) {
    (void)state;
    struct failing_alloc failing = {.n_until_failure = 1};
    struct sj_alloc mem = failing_alloc(&failing);
    struct sj_arena arena;
    struct sj_error err = {0};
    sj_arena_init(&arena, &mem);
    char untouched, *ptr = NULL;
    assert_int_equal(sj_arena_new(&arena, 100, 1, &ptr, &err), SJ_OK);
    ptr = &untouched;
    assert_int_equal(sj_arena_new(&arena, 1 << 20, 1, &ptr, &err), SJ_E_MEMORY);
    assert_int_equal(sj_arena_new(&arena, 4090, 1, &ptr, &err), SJ_E_MEMORY);
    assert_int_equal(sj_arena_new(&arena, SIZE_MAX, 1, &ptr, &err), SJ_E_MEMORY);
    assert_int_equal(sj_arena_new(&arena, SIZE_MAX / 2, 4, &ptr, &err), SJ_E_MEMORY);
    assert_int_equal(sj_arena_new(&arena, SIZE_MAX - 20, 1, &ptr, &err), SJ_E_MEMORY);
    assert_ptr_equal(ptr, &untouched);
    assert_int_equal(sj_arena_new(&arena, 100, 1, &ptr, &err), SJ_OK); /* there is room in the first chunk */
    sj_arena_done(&arena);
    assert_int_equal(failing.n_alive, 0);
    failing.n_until_failure = 10;
    assert_int_equal(sj_arena_new(&arena, 1 << 20, 1, &ptr, &err), SJ_OK); /* a large piece first */
    assert_int_equal(sj_arena_new(&arena, 1, 1, &ptr, &err), SJ_OK);
    sj_arena_done(&arena);
    assert_int_equal(failing.n_alive, 0);
}

static void arena_prints(void **state) {
    (void)state;
    struct sj_arena arena;
    sj_arena_init(&arena, sj_alloc_libc());
    const char *text = NULL, *empty = NULL;
    assert_int_equal(sj_arena_print(&arena, &text, NULL, "%d-%s", 12, "abc"), SJ_OK);
    assert_int_equal(sj_arena_print(&arena, &empty, NULL, "%s", ""), SJ_OK);
    assert_string_equal(text, "12-abc");
    assert_string_equal(empty, "");
    sj_arena_done(&arena);
}

static void sizes_are_checked(void **state) {
    (void)state;
    size_t result;
    assert_true(sj_mul_overflows(SIZE_MAX, 2, &result));
    assert_false(sj_mul_overflows(SIZE_MAX / 2, 2, &result));
    assert_true(sj_add_overflows(SIZE_MAX, 1, &result));
    assert_false(sj_add_overflows(SIZE_MAX, 0, &result));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_memory_is_zero),
        cmocka_unit_test(no_items_have_an_address),
        cmocka_unit_test(too_much_is_an_error),
        cmocka_unit_test(arena_pieces_are_apart_aligned_and_zero),
        cmocka_unit_test(arena_survives_failure_and_is_used_again),
        cmocka_unit_test(arena_prints),
        cmocka_unit_test(sizes_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
