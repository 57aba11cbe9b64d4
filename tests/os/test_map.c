/* Maps of files that the disk cannot give whole: the page reads as zeros, the map says which, and nothing else of the program notices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "os/os.h"

enum { PAGES = 70 }; /* more than one word of notes */

static const struct sj_os *os(void) { return sj_os_real(); }

static size_t page(void) { return (size_t)sysconf(_SC_PAGESIZE); }

/* A file of PAGES pages whose every byte is its page's number plus 1, without a name. */
static int make_file(void) {
    char path[] = "/tmp/sojourn-map-XXXXXX";
    const int file = mkostemp(path, O_CLOEXEC);
    uint8_t *bytes = malloc(page());
    assert_true(file >= 0);
    assert_non_null(bytes);
    assert_int_equal(unlink(path), 0);
    for (int i = 0; i < PAGES; i++) {
        memset(bytes, i + 1, page());
        assert_int_equal(write(file, bytes, page()), page());
    }
    free(bytes);
    return file;
}

static struct sj_map map_file(int file) {
    struct sj_map map = {0};
    assert_int_equal(os()->map(NULL, file, &map, NULL), SJ_OK);
    assert_int_equal(map.n, PAGES * page());
    return map;
}

static struct sj_map page_of(struct sj_map map, size_t i) { return (struct sj_map){map.data + i * page(), page()}; }

static uint8_t read_page(struct sj_map map, size_t i) { return *(const volatile uint8_t *)(map.data + i * page() + 100); }

static void test_lost_pages(void **state) {
    (void)state;
    const int file = make_file();
    const struct sj_map map = map_file(file), other = map_file(file);
    for (size_t i = 0; i < PAGES; i++)
        assert_int_equal(read_page(map, i), i + 1);
    assert_false(os()->lost(NULL, map));
    assert_int_equal(ftruncate(file, (off_t)(66 * page())), 0);
    assert_int_equal(read_page(map, 65), 66);
    assert_int_equal(read_page(map, 67), 0);
    assert_int_equal(read_page(map, 67), 0);
    assert_true(os()->lost(NULL, map));
    for (size_t i = 0; i < PAGES; i++)
        assert_int_equal(os()->lost(NULL, page_of(map, i)), i == 67);
    assert_true(os()->lost(NULL, (struct sj_map){map.data + 67 * page() + 10, 1}));
    assert_true(os()->lost(NULL, (struct sj_map){map.data + 67 * page() - 1, 2}));
    assert_false(os()->lost(NULL, (struct sj_map){map.data + 67 * page() - 1, 1}));
    assert_false(os()->lost(NULL, (struct sj_map){map.data + 67 * page(), 0}));
    assert_false(os()->lost(NULL, other)); /* what another reader met is nothing to this one */
    assert_false(os()->lost(NULL, (struct sj_map){(const uint8_t *)&map, sizeof map}));
    os()->forget(NULL, map);
    assert_int_equal(read_page(map, 67), 0);
    assert_true(os()->lost(NULL, map));
    os()->unmap(NULL, map);
    /* The file is whole again, and so is whoever maps it anew. */
    assert_int_equal(ftruncate(file, (off_t)(PAGES * page())), 0);
    const struct sj_map again = map_file(file);
    assert_int_equal(read_page(again, 65), 66);
    assert_int_equal(read_page(again, 67), 0);
    assert_false(os()->lost(NULL, again));
    os()->unmap(NULL, again);
    os()->unmap(NULL, other);
    close(file);
}

/* ---- many threads ---- */

enum { THREADS = 4, ROUNDS = 200 };

struct shared {
    int file, empty;
    struct sj_map map; /* read by all */
};

/* From page `first` on the map shows a file that has no bytes. */
static bool cover(struct sj_map map, size_t first, int empty) {
    uint8_t *at = (uint8_t *)(uintptr_t)map.data + first * page();
    return mmap(at, map.n - first * page(), PROT_READ, MAP_SHARED | MAP_FIXED, empty, 0) == at;
}

/* Maps, loses and gives back pages of its own, beside a map that all threads read. The file is as long as it was, but for the time
 * of the map: pages from 8 on are put over by those of an empty file, which the disk cannot give. */
static void *lose_pages(void *arg) {
    const struct shared *shared = arg;
    size_t n_wrong = 0;
    for (size_t round = 0; round < ROUNDS; round++) {
        struct sj_map map = {0};
        const size_t good = round % 8, bad = 8 + round % (PAGES - 8);
        if (os()->map(NULL, shared->file, &map, NULL) != SJ_OK)
            return arg;
        n_wrong += cover(map, 8, shared->empty) ? 0 : 1;
        n_wrong += read_page(map, good) != good + 1 || os()->lost(NULL, map);
        n_wrong += read_page(map, bad) != 0 || !os()->lost(NULL, page_of(map, bad));
        n_wrong += os()->lost(NULL, page_of(map, good)) || os()->lost(NULL, page_of(map, bad == 8 ? 9 : bad - 1));
        n_wrong += read_page(shared->map, bad) != 0 || !os()->lost(NULL, page_of(shared->map, bad));
        os()->unmap(NULL, map);
    }
    return n_wrong > 0 ? arg : NULL;
}

static void test_threads(void **state) {
    (void)state;
    struct shared shared = {.file = make_file(), .empty = make_file()};
    pthread_t threads[THREADS];
    shared.map = map_file(shared.file);
    assert_int_equal(ftruncate(shared.empty, 0), 0);
    assert_true(cover(shared.map, 8, shared.empty));
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, lose_pages, &shared), 0);
    for (int i = 0; i < THREADS; i++) {
        void *wrong = NULL;
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
    os()->unmap(NULL, shared.map);
    close(shared.file);
    close(shared.empty);
}

/* ---- what is not ours ---- */

/* Reads a page of a map that is not ours and has no file under it. */
static void read_elsewhere(void) {
    const int file = make_file();
    const volatile uint8_t *data = mmap(NULL, page(), PROT_READ, MAP_SHARED, file, 0);
    if (data == MAP_FAILED || ftruncate(file, 0) != 0)
        _exit(9);
    _exit(data[0] == 0 ? 8 : 7);
}

static void end_with_3(int signal_number) {
    (void)signal_number;
    _exit(3);
}

static void end_with_4(int signal_number, siginfo_t *info, void *context) {
    (void)signal_number, (void)context;
    _exit(info->si_code == BUS_ADRERR ? 4 : 5);
}

/* How a child ends in which `before` had the signal, and that then does `what`. */
static int end_of_child(const struct sigaction *before, void (*what)(void)) {
    int status = 0;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (sigaction(SIGBUS, before, NULL) != 0)
            _exit(9);
        sj_os_catch_disk_errors();
        sj_os_catch_disk_errors(); /* a second time does nothing */
        what();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void send_one(void) { (void)kill(getpid(), SIGBUS); }

static void read_lost_page(void) {
    const int file = make_file();
    struct sj_map map = {0};
    if (os()->map(NULL, file, &map, NULL) != SJ_OK || ftruncate(file, 0) != 0 || read_page(map, 3) != 0)
        _exit(9);
    _exit(os()->lost(NULL, map) ? 6 : 7);
}

static void test_others_signals(void **state) {
    (void)state;
    const struct sigaction none = {.sa_handler = SIG_DFL}, ignored = {.sa_handler = SIG_IGN}, plain = {.sa_handler = end_with_3};
    const struct sigaction full = {.sa_sigaction = end_with_4, .sa_flags = SA_SIGINFO};
    int status = end_of_child(&none, read_elsewhere);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
    status = end_of_child(&none, send_one);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
    status = end_of_child(&ignored, read_elsewhere); /* the system does not let that be ignored */
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
    status = end_of_child(&ignored, send_one);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    status = end_of_child(&plain, read_elsewhere);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    status = end_of_child(&plain, send_one);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    status = end_of_child(&full, read_elsewhere);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 4);
    status = end_of_child(&full, read_lost_page);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 6);
}

/* In the order of a process: the children of the first one must find the signal free. */
static void test_in_this_process(void **state) {
    sj_os_catch_disk_errors();
    test_lost_pages(state);
    test_threads(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_others_signals),
        cmocka_unit_test(test_in_this_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
