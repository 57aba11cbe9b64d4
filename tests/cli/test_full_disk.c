/* Commands on a disk that is full: what they say, and that they leave nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include "cli/cli.h"

struct world {
    char folder[64], store[96], input[96];
    struct sj_os os;
    struct sj_cli cli;
    struct sj_error err;
};

static enum sj_status write_nothing(void *ctx, sj_file file, const void *bytes, size_t n, struct sj_error *err) {
    (void)ctx, (void)file, (void)bytes, (void)n;
    return sj_fail(err, SJ_E_FULL, "cannot write: No space left on device");
}

static int start(void **state) {
    static struct world world;
    static char *no_environment[] = {NULL};
    world = (struct world){.folder = "/tmp/sojourn-full-XXXXXX", .os = *sj_os_real()};
    if (mkdtemp(world.folder) == NULL)
        return 1;
    snprintf(world.store, sizeof world.store, "%s/s.sojourn", world.folder);
    snprintf(world.input, sizeof world.input, "%s/events.csv", world.folder);
    world.os.write = write_nothing;
    world.cli = (struct sj_cli){.os = &world.os, .mem = sj_alloc_libc(), .environment = no_environment};
    sj_arena_init(&world.cli.arena, world.cli.mem);
    *state = &world;
    return 0;
}

static int stop(void **state) {
    struct world *world = *state;
    sj_arena_done(&world->cli.arena);
    unlink(world->input);
    return rmdir(world->folder); /* fails where anything is left */
}

static void write_input(const struct world *world, const char *text) {
    FILE *file = fopen(world->input, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static enum sj_status run(struct world *world, const struct sj_command *command, const char *const *words, size_t n_words) {
    struct sj_call call = {.cli = &world->cli, .command = command};
    assert_int_equal(sj_args_parse(command->sets, SJ_FLAG_SETS_MAX, words, n_words, &world->cli.arena, &call.args, &world->err), SJ_OK);
    return command->run(&call, &world->err);
}

static void assert_says(const struct world *world, const char *text) {
    if (strstr(world->err.message, text) == NULL)
        fail_msg("\"%s\" is not in: %s", text, world->err.message);
}

static void test_import_names_the_store_and_leaves_none(void **state) {
    struct world *world = *state;
    write_input(world, "customer,time,touchpoint\n1,2026-01-01T10:00:00Z,visit\n");
    assert_int_equal(run(world, &sj_command_import, (const char *const[]){world->store, world->input}, 2), SJ_E_FULL);
    assert_says(world, "s.sojourn: the disk of the store is full. Nothing of ");
    assert_false(world->os.exists(world->os.ctx, world->store));
}

static void test_a_full_disk_for_rejects_is_not_that_of_the_store(void **state) {
    struct world *world = *state;
    char rejects[96];
    struct sj_buf text;
    snprintf(rejects, sizeof rejects, "%s/r.csv", world->folder);
    sj_buf_init(&text, sj_alloc_libc(), SIZE_MAX);
    assert_int_equal(sj_buf_print(&text, NULL, "customer,time,touchpoint\n1,2026-01-01T10:00:00Z,visit\n2,2026-01-01T11:00:00Z,visit\n"),
                     SJ_OK);
    for (int i = 0; i < 2000; i++) /* more than is kept before it is written */
        assert_int_equal(sj_buf_print(&text, NULL, ",2026-01-01T10:00:00Z,visit without a customer %d\n", i), SJ_OK);
    assert_int_equal(sj_buf_append(&text, "", 1, NULL), SJ_OK);
    write_input(world, (const char *)text.data);
    sj_buf_done(&text);
    const char *words[] = {world->store, world->input, "--rejects", rejects, "--max-rejects", "100%", "--dry-run"};
    assert_int_equal(run(world, &sj_command_import, words, 7), SJ_E_FULL);
    assert_says(world, "--rejects FILE");
    assert_says(world, "/r.csv");
    assert_null(strstr(world->err.message, ".part-"));
}

static void test_demo_leaves_no_store(void **state) {
    struct world *world = *state;
    assert_int_equal(run(world, &sj_command_demo, (const char *const[]){world->store, "--customers", "20"}, 3), SJ_E_FULL);
    assert_says(world, "s.sojourn: the disk of the store is full, and no store was made");
    assert_false(world->os.exists(world->os.ctx, world->store));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_import_names_the_store_and_leaves_none, start, stop),
        cmocka_unit_test_setup_teardown(test_a_full_disk_for_rejects_is_not_that_of_the_store, start, stop),
        cmocka_unit_test_setup_teardown(test_demo_leaves_no_store, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
