// SPDX-License-Identifier: GPL-2.0
/*
 * latency KIB...: measures the latency of memory, in picoseconds, one line for each size
 *
 * Follows a chain of pointers through all cache lines of the memory in random order. As in a
 * lookup, each read depends on the one before. Takes the median of many short parts, so that
 * occasional other load does not count.
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LINE	64
#define PARTS	301
#define READS	20000

static long long nanoseconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;

	return (x > y) - (x < y);
}

/* One cycle through all lines (S. Sattolo) */
static void chain(char *memory, size_t lines)
{
	size_t i, j, *next = malloc(lines * sizeof(*next)), swap;

	if (!next)
		err(1, "malloc");
	for (i = 0; i < lines; i++)
		next[i] = i;
	for (i = lines - 1; i; i--) {
		j = (size_t)random() % i;
		swap = next[i];
		next[i] = next[j];
		next[j] = swap;
	}
	for (i = 0; i < lines; i++)
		*(char **)(memory + i * LINE) = memory + next[i] * LINE;
	free(next);
}

static long long latency(size_t size)
{
	char *memory = aligned_alloc(4096, size), *volatile seen, *at = memory;
	long long took[PARTS], start;
	int part, i;

	if (!memory)
		err(1, "aligned_alloc");
	chain(memory, size / LINE);
	for (part = 0; part < PARTS; part++) {
		start = nanoseconds();
		for (i = 0; i < READS; i++)
			at = *(char **)at;
		took[part] = nanoseconds() - start;
		seen = at;
	}
	(void)seen;
	free(memory);
	qsort(took, PARTS, sizeof(*took), compare);
	return took[PARTS / 2] * 1000 / READS;
}

int main(int argc, char **argv)
{
	size_t kib;
	int i;

	for (i = 1; i < argc; i++) {
		kib = strtoul(argv[i], NULL, 10);
		if (kib < 4 || kib % 4)
			errx(2, "usage: latency KIB... (multiples of 4)");
		printf("%lld\n", latency(kib << 10));
	}
	return 0;
}
