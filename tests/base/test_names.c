#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/failing_alloc.h"
#include "base/names.h"

#define N_MANY 100000U

static struct sj_str many(char text[32], unsigned i) { return (struct sj_str){text, (size_t)snprintf(text, 32, "name-%u", i * 7919U)}; }

static void codes_are_dense_and_stay(void **state) {
    (void)state;
    struct sj_names names;
    char text[32];
    uint32_t code;
    sj_names_init(&names, sj_alloc_libc(), 42);
    for (unsigned i = 0; i < N_MANY; i++) {
        assert_false(sj_names_find(&names, many(text, i), &code));
        assert_int_equal(sj_names_add(&names, many(text, i), &code, NULL), SJ_OK);
        assert_int_equal(code, i);
    }
    assert_int_equal(sj_names_count(&names), N_MANY);
    assert_true((size_t)2 * N_MANY <= names.n_slots);
    const char *address = sj_names_at(&names, 0).p;
    for (unsigned i = 0; i < N_MANY; i++) {
        struct sj_str name = many(text, i);
        assert_int_equal(sj_names_add(&names, name, &code, NULL), SJ_OK);
        assert_int_equal(code, i);
        assert_true(sj_str_eq(sj_names_at(&names, i), name));
    }
    assert_ptr_equal(sj_names_at(&names, 0).p, address);
    assert_false(sj_names_find(&names, SJ_LIT("name"), &code));
    sj_names_done(&names);
}

static void empty_and_binary_texts_are_names(void **state) {
    (void)state;
    struct sj_names names;
    uint32_t code = 77;
    sj_names_init(&names, sj_alloc_libc(), 0);
    assert_false(sj_names_find(&names, SJ_LIT(""), &code));
    assert_int_equal(code, 77);
    assert_int_equal(sj_names_add(&names, (struct sj_str){NULL, 0}, &code, NULL), SJ_OK);
    assert_int_equal(sj_names_add(&names, (struct sj_str){"a\0b", 3}, &code, NULL), SJ_OK);
    assert_int_equal(sj_names_add(&names, (struct sj_str){"a\0c", 3}, &code, NULL), SJ_OK);
    assert_int_equal(code, 2);
    assert_true(sj_names_find(&names, SJ_LIT(""), &code));
    assert_int_equal(code, 0);
    sj_names_done(&names);
    assert_int_equal(sj_names_count(&names), 0);
}

/* Whichever allocation fails, what was there stays right and the same call succeeds later. */
static void no_memory_leaves_a_good_dictionary(void **state) {
    (void)state;
    for (size_t n = 0; n < 30; n++) {
        struct failing_alloc failing = {.n_until_failure = n};
        struct sj_alloc mem = failing_alloc(&failing);
        struct sj_names names;
        char text[32];
        uint32_t code;
        sj_names_init(&names, &mem, n);
        unsigned added = 0;
        while (added < 2000 && sj_names_add(&names, many(text, added), &code, NULL) == SJ_OK)
            added++;
        assert_int_equal(sj_names_count(&names), added);
        assert_false(sj_names_find(&names, many(text, added), &code));
        failing.n_until_failure = SIZE_MAX;
        assert_int_equal(sj_names_add(&names, many(text, added), &code, NULL), SJ_OK);
        assert_int_equal(code, added);
        for (unsigned i = 0; i <= added; i++) {
            assert_true(sj_names_find(&names, many(text, i), &code));
            assert_int_equal(code, i);
        }
        sj_names_done(&names);
        assert_int_equal(failing.n_alive, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_dense_and_stay),
        cmocka_unit_test(empty_and_binary_texts_are_names),
        cmocka_unit_test(no_memory_leaves_a_good_dictionary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
