// Touch MB megabytes at RATE MB/s for ever, one byte per 4 KiB page: gives CPU load, and gives a
// live migration something to send again.
// usage: dirty MB RATE        prints "dirtied N MiB" every 5 s on stdout
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, BURSTS_PER_SECOND = 50, REPORT_SECONDS = 5 };

int main(int argc, char **argv) {
    long megabytes = argc > 1 ? atol(argv[1]) : 32;
    long rate = argc > 2 ? atol(argv[2]) : 16;
    if (megabytes < 1 || rate < 1) {
        fprintf(stderr, "usage: dirty MB RATE\n");
        return 2;
    }
    size_t size = (size_t)megabytes << 20;
    size_t burst = ((size_t)rate << 20) / BURSTS_PER_SECOND;
    volatile unsigned char *memory = malloc(size);
    if (!memory) {
        perror("dirty");
        return 1;
    }
    memset((void *)memory, 1, size);

    size_t offset = 0;
    unsigned char value = 0;
    unsigned long written = 0;
    struct timespec since, now;
    clock_gettime(CLOCK_MONOTONIC, &since);
    for (;;) {
        for (size_t done = 0; done < burst; done += PAGE) {
            memory[offset] = ++value;
            offset += PAGE;
            if (offset >= size) offset = 0;
        }
        written += burst;
        usleep(1000000 / BURSTS_PER_SECOND);
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec - since.tv_sec >= REPORT_SECONDS) {
            printf("dirtied %lu MiB\n", written >> 20);
            fflush(stdout);
            since = now;
            written = 0;
        }
    }
}
