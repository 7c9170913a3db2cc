// Watches memory and a disk for differences that nobody made: half of each is written once, the other half is
// compared with what was written to it last, and written anew, in every lap.
// usage: witness MB DISK DISKMB
// After each lap it prints: WITNESS lap=N memory=SUM memory_wrong=PAGES disk=SUM disk_wrong=BLOCKS
// The sums are of the halves written once and never change; the counts are of the other halves and stay 0.
// SIGUSR1 changes one byte in each half of the memory behind its back, to show that it would be seen.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGE = 4096, BLOCK = 65536, REST_EVERY = 64, REST_US = 20000 };

static volatile sig_atomic_t spoil;
static void asked_to_spoil(int number) { spoil = number; }

// What the unit `number` holds after it was written `generation` times.
static void fill(uint64_t *words, size_t bytes, uint64_t number, uint64_t generation) {
    uint64_t x = (number + 1) * 0x9e3779b97f4a7c15u ^ (generation + 1) * 0xbf58476d1ce4e5b9u;
    for (size_t i = 0; i < bytes / sizeof *words; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        words[i] = x;
    }
}

static uint64_t summed(uint64_t sum, const uint64_t *words, size_t bytes) {
    for (size_t i = 0; i < bytes / sizeof *words; i++) sum = (sum ^ words[i]) * 0x100000001b3u;
    return sum;
}

static void rest(size_t done) {
    if (done % REST_EVERY == 0) usleep(REST_US);
}

static uint8_t *aligned(size_t bytes) {
    void *memory;
    if (posix_memalign(&memory, PAGE, bytes)) {
        perror("witness");
        exit(1);
    }
    return memory;
}

static void must(ssize_t moved, const char *what) {
    if (moved == BLOCK) return;
    printf("WITNESS cannot %s the disk\n", what);
    fflush(stdout);
    exit(1);
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: witness MB DISK DISKMB\n");
        return 2;
    }
    signal(SIGUSR1, asked_to_spoil);
    const size_t half = (size_t)atol(argv[1]) * (1 << 20) / PAGE / 2;
    const size_t disk_half = (size_t)atol(argv[3]) * (1 << 20) / BLOCK / 2;
    uint8_t *kept = aligned(half * PAGE), *changing = aligned(half * PAGE);
    uint64_t *wanted = (uint64_t *)aligned(BLOCK), *found = (uint64_t *)aligned(BLOCK);
    uint64_t generation = 0;

    for (size_t i = 0; i < half; i++) {
        fill((uint64_t *)(kept + i * PAGE), PAGE, i, 0);
        fill((uint64_t *)(changing + i * PAGE), PAGE, half + i, 0);
    }
    const int disk = disk_half ? open(argv[2], O_RDWR | O_DIRECT) : -1;
    if (disk_half && disk < 0) {
        perror(argv[2]);
        return 1;
    }
    for (size_t i = 0; i < 2 * disk_half; i++) {
        fill(wanted, BLOCK, i, 0);
        must(pwrite(disk, wanted, BLOCK, (off_t)i * BLOCK), "write");
    }

    unsigned long memory_wrong = 0, disk_wrong = 0;
    for (unsigned lap = 1;; lap++) {
        uint64_t memory_sum = 0, disk_sum = 0;
        if (spoil) {
            spoil = 0;
            kept[half / 2 * PAGE + 17] ^= 1;
            changing[half / 2 * PAGE + 17] ^= 1;
        }
        for (size_t i = 0; i < half; i++) {
            uint64_t *page = (uint64_t *)(changing + i * PAGE);
            memory_sum = summed(memory_sum, (uint64_t *)(kept + i * PAGE), PAGE);
            fill(wanted, PAGE, half + i, generation);
            memory_wrong += memcmp(page, wanted, PAGE) != 0;
            fill(page, PAGE, half + i, generation + 1);
            rest(i);
        }
        for (size_t i = 0; i < disk_half; i++) {
            const off_t place = (off_t)(disk_half + i) * BLOCK;
            must(pread(disk, found, BLOCK, (off_t)i * BLOCK), "read");
            disk_sum = summed(disk_sum, found, BLOCK);
            must(pread(disk, found, BLOCK, place), "read");
            fill(wanted, BLOCK, disk_half + i, generation);
            disk_wrong += memcmp(found, wanted, BLOCK) != 0;
            fill(wanted, BLOCK, disk_half + i, generation + 1);
            must(pwrite(disk, wanted, BLOCK, place), "write");
            rest(i);
        }
        generation++;
        printf("WITNESS lap=%u memory=%016llx memory_wrong=%lu disk=%016llx disk_wrong=%lu\n", lap,
               (unsigned long long)memory_sum, memory_wrong, (unsigned long long)disk_sum, disk_wrong);
        fflush(stdout);
    }
}
