/* Maps of files, and what the disk cannot give of them.
 *
 * Reading a page that the disk cannot give, or that lies beyond the end of a file which was cut short, raises SIGBUS in the thread that
 * reads. The handler puts a page of zeros in its place and notes which page that is, so that the thread goes on, finds that checksums
 * do not match, and is told why by sj_map_lost(). Each map has its notes right behind it:
 *
 *   [pages of the file …][struct book][a bit for each page: lost]
 *
 * The books of all maps are one list, the only state of the program that a signal handler can reach. Its lock is a flag that is held for
 * some instructions: never while a map is read, so the thread in the handler does not hold it. */
#include "os/map.h"
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

struct book {
    struct book *next;
    uintptr_t lo, hi, page_bytes; /* of the file's pages: [lo, hi) */
    uint64_t lost[];
};

static struct {
    atomic_flag lock;
    struct book *first;
    atomic_size_t n_lost; /* pages of all maps, so that a look costs nothing as long as all is well */
    atomic_flag is_catching;
    struct sigaction before; /* who had the signal before us */
} state = {.lock = ATOMIC_FLAG_INIT, .is_catching = ATOMIC_FLAG_INIT};

static void lock(void) {
    while (atomic_flag_test_and_set_explicit(&state.lock, memory_order_acquire))
        (void)sched_yield();
}

static void unlock(void) { atomic_flag_clear_explicit(&state.lock, memory_order_release); }

static uintptr_t round_up(uintptr_t n, uintptr_t page_bytes) { return (n + page_bytes - 1) / page_bytes * page_bytes; }

static size_t book_bytes(uintptr_t file_bytes, uintptr_t page_bytes) {
    return round_up(sizeof(struct book) + (file_bytes / page_bytes + 63) / 64 * sizeof(uint64_t), page_bytes);
}

static size_t page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }

bool sj_map_open(int file, size_t n, struct sj_map *ret_map) {
    const size_t page_bytes = page_size();
    if (n > SIZE_MAX / 2) {
        errno = ENOMEM;
        return false;
    }
    const size_t file_bytes = round_up(n, page_bytes), more = book_bytes(file_bytes, page_bytes);
    uint8_t *data = mmap(NULL, file_bytes + more, PROT_READ, MAP_SHARED, file, 0);
    if (data == MAP_FAILED)
        return false;
    struct book *book = mmap(data + file_bytes, more, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (book == MAP_FAILED) {
        const int error = errno;
        (void)munmap(data, file_bytes + more);
        errno = error;
        return false;
    }
    book->lo = (uintptr_t)data;
    book->hi = (uintptr_t)data + file_bytes;
    book->page_bytes = page_bytes;
    lock();
    book->next = state.first;
    state.first = book;
    unlock();
    *ret_map = (struct sj_map){data, n};
    return true;
}

/* Under the lock. */
static struct book **find(uintptr_t address) {
    struct book **at = &state.first;
    while (*at && (address < (*at)->lo || address >= (*at)->hi))
        at = &(*at)->next;
    return at;
}

static size_t count_lost(const struct book *book) {
    size_t n = 0;
    for (size_t word = 0; word < ((book->hi - book->lo) / book->page_bytes + 63) / 64; word++)
        n += (size_t)__builtin_popcountll(book->lost[word]);
    return n;
}

void sj_map_close(struct sj_map map) {
    lock();
    struct book **at = find((uintptr_t)map.data), *book = *at;
    *at = book->next;
    if (state.n_lost > 0)
        state.n_lost -= count_lost(book);
    unlock();
    const size_t file_bytes = book->hi - book->lo;
    (void)munmap((void *)(uintptr_t)map.data, file_bytes + book_bytes(file_bytes, book->page_bytes));
}

void sj_map_forget(struct sj_map part) {
    const uintptr_t page_bytes = page_size(), at = (uintptr_t)part.data;
    const uintptr_t lo = round_up(at, page_bytes), hi = (at + part.n) / page_bytes * page_bytes;
    if (lo < hi)
        (void)madvise((void *)lo, hi - lo, MADV_DONTNEED);
}

bool sj_map_lost(struct sj_map part) {
    if (part.n == 0 || atomic_load_explicit(&state.n_lost, memory_order_relaxed) == 0)
        return false;
    bool lost = false;
    lock();
    const struct book *book = *find((uintptr_t)part.data);
    if (book) {
        const size_t first = ((uintptr_t)part.data - book->lo) / book->page_bytes;
        const size_t last = ((uintptr_t)part.data + part.n - 1 - book->lo) / book->page_bytes;
        for (size_t page = first; page <= last && !lost; page++)
            lost = book->lost[page / 64] >> page % 64 & 1;
    }
    unlock();
    return lost;
}

/* ---- the signal ---- */

/* Zeros in place of the page, if it belongs to a map. mmap() is not among the calls that POSIX allows in a handler; on Linux it is a
 * plain system call. */
static bool give_zeros(uintptr_t address) {
    bool given = false;
    lock();
    struct book *book = *find(address);
    if (book) {
        const uintptr_t at = address / book->page_bytes * book->page_bytes;
        const size_t page = (at - book->lo) / book->page_bytes;
        const uint64_t bit = UINT64_C(1) << page % 64;
        state.n_lost += !(book->lost[page / 64] & bit); /* two threads may have met it */
        book->lost[page / 64] |= bit;                   /* before another thread can read the zeros */
        given = mmap((void *)at, book->page_bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
    }
    unlock();
    return given;
}

/* As if we were not there. */
static void pass_on(int signal_number, siginfo_t *info, void *context) {
    const bool is_sent = info->si_code <= 0; /* by a process: nobody waits for a page */
    if (state.before.sa_flags & SA_SIGINFO) {
        state.before.sa_sigaction(signal_number, info, context);
    } else if (state.before.sa_handler != SIG_DFL && state.before.sa_handler != SIG_IGN) {
        state.before.sa_handler(signal_number);
    } else if (state.before.sa_handler == SIG_DFL || !is_sent) {
        (void)signal(signal_number, SIG_DFL);
        (void)raise(signal_number);
    }
}

static void on_bus_error(int signal_number, siginfo_t *info, void *context) {
    const int error = errno;
    const bool is_page = info->si_code == BUS_ADRERR || info->si_code == BUS_MCEERR_AR;
    if (!is_page || !give_zeros((uintptr_t)info->si_addr))
        pass_on(signal_number, info, context);
    errno = error;
}

void sj_os_catch_disk_errors(void) {
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_RESTART};
    if (atomic_flag_test_and_set(&state.is_catching))
        return;
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGBUS, NULL, &state.before);
    (void)sigaction(SIGBUS, &action, NULL);
}
