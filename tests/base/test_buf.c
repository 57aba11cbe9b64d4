#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/failing_alloc.h"

static void bytes_are_appended_in_order(void **state) {
    (void)state;
    struct sj_buf buf;
    sj_buf_init(&buf, sj_alloc_libc(), SIZE_MAX);
    for (uint32_t i = 0; i < 10000; i++)
        assert_int_equal(sj_buf_append(&buf, &i, sizeof i, NULL), SJ_OK);
    assert_int_equal(buf.n, 40000);
    for (uint32_t i = 0; i < 10000; i++)
        assert_int_equal(((const uint32_t *)buf.data)[i], i);
    sj_buf_reset(&buf);
    assert_int_equal(buf.n, 0);
    assert_int_equal(sj_buf_append_str(&buf, SJ_LIT("abc"), NULL), SJ_OK);
    assert_true(sj_str_eq(sj_buf_str(&buf), SJ_LIT("abc")));
    sj_buf_done(&buf);
    sj_buf_done(&buf);
}

static void cap_is_reached_and_not_passed(void **state) {
    (void)state;
    struct sj_buf buf;
    struct sj_error err = {0};
    sj_buf_init(&buf, sj_alloc_libc(), 100);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(sj_buf_append(&buf, "0123456789", 10, &err), SJ_OK);
    assert_int_equal(sj_buf_append(&buf, "x", 1, &err), SJ_E_LIMIT);
    assert_int_equal(err.status, SJ_E_LIMIT);
    assert_int_equal(sj_buf_grow(&buf, SIZE_MAX, &err), SJ_E_LIMIT);
    assert_int_equal(buf.n, 100);
    assert_memory_equal(buf.data + 90, "0123456789", 10);
    sj_buf_done(&buf);
    sj_buf_init(&buf, sj_alloc_libc(), 0);
    assert_int_equal(sj_buf_append(&buf, "", 0, &err), SJ_OK);
    assert_int_equal(sj_buf_append(&buf, "x", 1, &err), SJ_E_LIMIT);
    sj_buf_done(&buf);
}

static void reserved_room_may_be_written(void **state) {
    (void)state;
    struct sj_buf buf;
    sj_buf_init(&buf, sj_alloc_libc(), 1 << 20);
    assert_int_equal(sj_buf_append(&buf, "a", 1, NULL), SJ_OK);
    assert_int_equal(sj_buf_reserve(&buf, 1000, NULL), SJ_OK);
    assert_true(buf.capacity - buf.n >= 1000);
    memset(buf.data + buf.n, 'b', 1000);
    assert_int_equal(buf.data[0], 'a');
    sj_buf_done(&buf);
}

static void printing_fills_the_buffer_to_its_cap(void **state) {
    (void)state;
    struct sj_buf buf;
    struct sj_error err = {0};
    sj_buf_init(&buf, sj_alloc_libc(), 8);
    assert_int_equal(sj_buf_print(&buf, &err, "%s", ""), SJ_OK);
    assert_int_equal(sj_buf_print(&buf, &err, "%d", 1234), SJ_OK);
    assert_int_equal(sj_buf_print(&buf, &err, "%s", "5678"), SJ_OK); /* full: its NUL stands behind the cap */
    assert_true(sj_str_eq(sj_buf_str(&buf), SJ_LIT("12345678")));
    assert_int_equal(sj_buf_print(&buf, &err, "%c", '9'), SJ_E_LIMIT);
    assert_int_equal(buf.n, 8);
    sj_buf_done(&buf);
}

static void no_memory_leaves_the_content(void **state) {
    (void)state;
    struct failing_alloc failing = {.n_until_failure = 1};
    struct sj_alloc mem = failing_alloc(&failing);
    struct sj_buf buf;
    struct sj_error err = {0};
    sj_buf_init(&buf, &mem, SIZE_MAX);
    assert_int_equal(sj_buf_append(&buf, "abc", 3, &err), SJ_OK);
    assert_int_equal(sj_buf_reserve(&buf, 1000, &err), SJ_E_MEMORY);
    assert_int_equal(sj_buf_print(&buf, &err, "%1000d", 1), SJ_E_MEMORY);
    assert_true(sj_str_eq(sj_buf_str(&buf), SJ_LIT("abc")));
    sj_buf_done(&buf);
    assert_int_equal(failing.n_alive, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_appended_in_order),  cmocka_unit_test(cap_is_reached_and_not_passed),
        cmocka_unit_test(reserved_room_may_be_written), cmocka_unit_test(printing_fills_the_buffer_to_its_cap),
        cmocka_unit_test(no_memory_leaves_the_content),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
