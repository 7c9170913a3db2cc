// Touch MB megabytes at RATE MB/s for ever, one byte per 4 KiB page: gives CPU load, and gives a
// live migration something to send again.
// usage: dirty MB RATE [FILE]   prints "dirtied N MiB" every 5 s on stdout
// FILE: when somebody writes "MB RATE" into it, that holds from then on (MB up to the first one; RATE 0 rests).
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, BURSTS_PER_SECOND = 50, REPORT_SECONDS = 5, MANY_PAGES = 64 };

static void reread(const char *file, long most, long *megabytes, long *rate) {
    long told_megabytes, told_rate;
    FILE *orders = fopen(file, "r");
    if (!orders) return;
    if (fscanf(orders, "%ld %ld", &told_megabytes, &told_rate) == 2 && told_megabytes > 0 && told_rate >= 0) {
        *megabytes = told_megabytes < most ? told_megabytes : most;
        *rate = told_rate;
    }
    fclose(orders);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

// Makes the kernel forget all translations of addresses. QEMU's TCG, at least 7.2, misses writes to pages whose
// translation it has at hand: a guest that hardly ever changes them arrives at its new host with stale memory.
static void forget_translations(void) {
    static void *area;
    if (!area) area = mmap(NULL, MANY_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(area, 1, MANY_PAGES * PAGE);
    mprotect(area, MANY_PAGES * PAGE, PROT_READ);
    mprotect(area, MANY_PAGES * PAGE, PROT_READ | PROT_WRITE);
}

int main(int argc, char **argv) {
    const long most = argc > 1 ? atol(argv[1]) : 32;
    long megabytes = most;
    long rate = argc > 2 ? atol(argv[2]) : 16;
    if (megabytes < 1 || rate < 0) {
        fprintf(stderr, "usage: dirty MB RATE [FILE]\n");
        return 2;
    }
    volatile unsigned char *memory = malloc((size_t)most << 20);
    if (!memory) {
        perror("dirty");
        return 1;
    }
    memset((void *)memory, 1, (size_t)most << 20);

    size_t offset = 0;
    unsigned char value = 0;
    unsigned long written = 0;
    double reported = now(), last = reported;
    for (;;) {
        usleep(1000000 / BURSTS_PER_SECOND);
        if (argc > 3) reread(argv[3], most, &megabytes, &rate);
        // What could not be written while the host let us wait is made up for, up to a second's worth.
        const double passed = now() - last;
        const size_t size = (size_t)megabytes << 20;
        const size_t burst = (size_t)((passed < 1 ? passed : 1) * rate * (1 << 20));
        last += passed;
        for (size_t done = 0; done < burst; done += PAGE) {
            if (offset >= size) offset = 0;
            memory[offset] = ++value;
            offset += PAGE;
        }
        forget_translations();
        written += burst;
        if (last - reported >= REPORT_SECONDS) {
            printf("dirtied %lu MiB\n", written >> 20);
            fflush(stdout);
            reported = last;
            written = 0;
        }
    }
}
