/* Load for a collector: so many connections send batches as fast as they are answered, each event with a message id of its own, and how long each answer
 * took is counted.
 *
 * usage: load PORT KEY CONNECTIONS EVENTS_IN_A_BATCH SECONDS [EVENTS_A_SECOND]
 *
 * EVENTS_A_SECOND, where given, is how many all connections together send; else as many as are answered. Prints one JSON object. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BODY_MAX = 512000, CONNECTIONS_MAX = 1024, MS_MAX = 20000 };

static struct {
    int port, batch;
    const char *key;
    double seconds, rate;
    int64_t begin_ns;
    atomic_ulong n_events, n_requests, n_failed;
    atomic_ulong by_tenth_ms[MS_MAX]; /* answers, by how long they took */
} load;

static int64_t now_ns(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int dial(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)load.port)};
    const int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("load: connect");
        exit(1);
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static size_t write_body(char *out, int thread, uint64_t first) {
    size_t n = 0;
    n += (size_t)sprintf(out + n, "{\"batch\":[");
    for (int i = 0; i < load.batch; i++) {
        const uint64_t number = first + (uint64_t)i, dice = number * UINT64_C(0x9e3779b97f4a7c15) >> 20;
        n += (size_t)sprintf(
            out + n,
            "%s{\"type\":\"track\",\"event\":\"event %d\",\"userId\":\"u%llu\",\"anonymousId\":\"a%llu\",\"messageId\":\"m%d-%llu\","
            "\"timestamp\":\"2026-01-%02dT%02d:%02d:%02d.%03dZ\",\"properties\":{\"price\":%d.25,\"plan\":\"plan %d\",\"ok\":true},"
            "\"context\":{\"page\":{\"path\":\"/page/%d\"},\"library\":{\"name\":\"load\",\"version\":\"1\"}}}",
            i > 0 ? "," : "", (int)(dice % 40), (unsigned long long)(dice % 100000), (unsigned long long)(dice % 100000), thread,
            (unsigned long long)number, 1 + (int)(dice % 28), (int)(dice % 24), (int)(dice % 60), (int)(dice / 60 % 60), (int)(dice % 1000),
            (int)(dice % 500), (int)(dice % 4), (int)(dice % 200));
    }
    n += (size_t)sprintf(out + n, "],\"sentAt\":null}");
    return n;
}

static void send_all(int fd, const char *bytes, size_t n) {
    while (n > 0) {
        const ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);
        if (sent <= 0) {
            perror("load: send");
            exit(1);
        }
        bytes += sent;
        n -= (size_t)sent;
    }
}

/* The status of an answer whose body has a Content-Length; 0: the connection is over. */
static int read_answer(int fd) {
    char text[65536];
    size_t n = 0;
    for (;;) {
        const ssize_t got = recv(fd, text + n, sizeof text - 1 - n, 0);
        if (got <= 0)
            return 0;
        n += (size_t)got;
        text[n] = '\0';
        const char *end = strstr(text, "\r\n\r\n"), *length = strcasestr(text, "Content-Length:");
        if (end && length && n >= (size_t)(end + 4 - text) + strtoul(length + 15, NULL, 10))
            return atoi(text + 9);
    }
}

static void wait_until(int64_t at_ns) {
    const int64_t wait_ns = at_ns - now_ns();
    const struct timespec t = {wait_ns / 1000000000, wait_ns % 1000000000};
    if (wait_ns > 0)
        (void)nanosleep(&t, NULL);
}

struct sender {
    int number, n;
};

static void *send_batches(void *ctx) {
    const struct sender *sender = ctx;
    static _Thread_local char body[BODY_MAX + 4096], head[512];
    const int64_t end_ns = load.begin_ns + (int64_t)(load.seconds * 1e9);
    int fd = dial();
    for (uint64_t round = 0; now_ns() < end_ns; round++) {
        if (load.rate > 0)
            wait_until(load.begin_ns + (int64_t)(((double)round * sender->n + sender->number) * load.batch / load.rate * 1e9));
        const size_t n = write_body(body, sender->number, round * (uint64_t)load.batch);
        const int n_head =
            snprintf(head, sizeof head,
                     "POST /v1/batch HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"
                     "Content-Length: %zu\r\n\r\n",
                     load.key, n);
        const int64_t sent_ns = now_ns();
        send_all(fd, head, (size_t)n_head);
        send_all(fd, body, n);
        const int status = read_answer(fd);
        const int64_t tenths = (now_ns() - sent_ns) / 100000;
        atomic_fetch_add(&load.by_tenth_ms[tenths < MS_MAX ? tenths : MS_MAX - 1], 1);
        atomic_fetch_add(&load.n_requests, 1);
        atomic_fetch_add(status == 200 ? &load.n_events : &load.n_failed, status == 200 ? (unsigned long)load.batch : 1);
        if (status == 0) {
            (void)close(fd);
            fd = dial();
        }
    }
    (void)close(fd);
    return NULL;
}

static double percentile(double share) {
    const unsigned long wanted = (unsigned long)(share * (double)atomic_load(&load.n_requests));
    unsigned long n = 0;
    int i = 0;
    while (i < MS_MAX - 1 && (n += atomic_load(&load.by_tenth_ms[i])) <= wanted)
        i++;
    return (double)i / 10;
}

int main(int argc, char **argv) {
    static pthread_t threads[CONNECTIONS_MAX];
    static struct sender senders[CONNECTIONS_MAX];
    if (argc < 6) {
        (void)fprintf(stderr, "usage: load PORT KEY CONNECTIONS EVENTS_IN_A_BATCH SECONDS [EVENTS_A_SECOND]\n");
        return 2;
    }
    const int n = atoi(argv[3]);
    load.port = atoi(argv[1]);
    load.key = argv[2];
    load.batch = atoi(argv[4]);
    load.seconds = atof(argv[5]);
    load.rate = argc > 6 ? atof(argv[6]) : 0;
    if (n < 1 || n > CONNECTIONS_MAX || load.batch < 1 || load.batch > 1000)
        return 2;
    load.begin_ns = now_ns();
    for (int i = 0; i < n; i++) {
        senders[i] = (struct sender){i, n};
        if (pthread_create(&threads[i], NULL, send_batches, &senders[i]) != 0)
            return 1;
    }
    for (int i = 0; i < n; i++)
        (void)pthread_join(threads[i], NULL);
    const double seconds = (double)(now_ns() - load.begin_ns) / 1e9;
    (void)printf("{\"events\": %lu, \"events_per_second\": %.0f, \"requests_per_second\": %.0f, \"failed\": %lu, \"p50_ms\": %.1f, "
                 "\"p99_ms\": %.1f, \"max_ms\": %.1f}\n",
                 atomic_load(&load.n_events), (double)atomic_load(&load.n_events) / seconds,
                 (double)atomic_load(&load.n_requests) / seconds, atomic_load(&load.n_failed), percentile(0.5), percentile(0.99),
                 percentile(0.999999));
    return 0;
}
