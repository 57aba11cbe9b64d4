#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "base/random.h"

/* The first numbers of the authors' xoshiro256starstar.c from the state 1, 2, 3, 4. */
static void numbers_are_those_of_the_reference(void **state) {
    (void)state;
    static const uint64_t expected[] = {11520,
                                        0,
                                        1509978240,
                                        1215971899390074240,
                                        1216172134540287360,
                                        607988272756665600,
                                        UINT64_C(16172922978634559625),
                                        8476171486693032832,
                                        UINT64_C(10595114339597558777),
                                        2904607092377533576};
    struct sj_random random = {{1, 2, 3, 4}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        assert_true(sj_random_u64(&random) == expected[i]);
}

/* The first numbers of the authors' splitmix64.c for the seed 1234567. */
static void seed_is_spread_by_splitmix(void **state) {
    (void)state;
    struct sj_random random;
    sj_random_init(&random, 1234567);
    assert_true(random.s[0] == 6457827717110365317 && random.s[1] == 3203168211198807973);
    assert_true(random.s[2] == UINT64_C(9817491932198370423) && random.s[3] == 4593380528125082431);
}

static void below_is_below_and_even(void **state) {
    (void)state;
    struct sj_random random;
    sj_random_init(&random, 7);
    unsigned counts[10] = {0};
    for (unsigned i = 0; i < 100000; i++)
        counts[sj_random_below(&random, 10)]++;
    for (unsigned i = 0; i < 10; i++)
        assert_in_range(counts[i], 9600, 10400); /* four standard deviations and more */
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(sj_random_below(&random, 1), 0);
}

/* With a bound of 3/4 of 2^64 a plain multiplication would give every third result twice as often as the others. */
static void below_has_no_bias_for_a_large_bound(void **state) {
    (void)state;
    const uint64_t bound = UINT64_C(3) << 62;
    struct sj_random random;
    sj_random_init(&random, 8);
    unsigned n_rest[3] = {0};
    for (unsigned i = 0; i < 90000; i++) {
        uint64_t number = sj_random_below(&random, bound);
        assert_true(number < bound);
        n_rest[number % 3]++;
    }
    for (unsigned i = 0; i < 3; i++)
        assert_in_range(n_rest[i], 29300, 30700);
}

static void unit_is_in_its_range(void **state) {
    (void)state;
    struct sj_random random;
    sj_random_init(&random, 9);
    double sum = 0;
    for (unsigned i = 0; i < 100000; i++) {
        double x = sj_random_unit(&random);
        assert_true(x >= 0 && x < 1);
        sum += x;
    }
    assert_true(sum > 49500 && sum < 50500);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_those_of_the_reference),
        cmocka_unit_test(seed_is_spread_by_splitmix),
        cmocka_unit_test(below_is_below_and_even),
        cmocka_unit_test(below_has_no_bias_for_a_large_bound),
        cmocka_unit_test(unit_is_in_its_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
