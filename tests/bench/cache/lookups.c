// SPDX-License-Identifier: GPL-2.0
/*
 * lookups POLICY PACKETS SIZE: looks up the sources of all packets in a table of the policy's
 * prefixes; callgrind counts the cache misses of reach_table()
 *
 * POLICY is the output of op25bctl save, PACKETS has raw IP packets of SIZE bytes each. Memory is
 * laid out as by the kernel's allocator: objects of a few sizes, next to each other, each size in
 * pages of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

#include <linux/slab.h>

#include "lpm.h"
#include "pause.h"
#include "text.h"

#define CHUNK		(32 << 10)
#define KEYS_MAX	(1 << 20)
#define VALUE		8	/* the value of each prefix */

void op25b_pause(void)
{
}

/* --- memory: the sizes of kmalloc() in a 64-bit kernel --- */

static const size_t sizes[] = {
	8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192, 16384,
};

static struct {
	char *next;
	size_t left;
	void *freed;
} classes[ARRAY_SIZE(sizes)];

int shim_atomic_depth;

static size_t *class_of;	/* the index in sizes[] of each chunk */
static char *heap;
static size_t heap_used;
#define HEAP_SIZE	((size_t)1 << 30)

void *shim_slab_alloc(size_t size, gfp_t gfp)
{
	unsigned int class = 0;
	char *p;

	while (sizes[class] < size)
		if (++class == ARRAY_SIZE(sizes))
			abort();
	p = classes[class].freed;
	if (p) {
		classes[class].freed = *(void **)p;
	} else {
		if (classes[class].left < sizes[class]) {
			if (heap_used == HEAP_SIZE)
				abort();
			class_of[heap_used / CHUNK] = class;
			classes[class].next = heap + heap_used;
			classes[class].left = CHUNK;
			heap_used += CHUNK;
		}
		p = classes[class].next;
		classes[class].next += sizes[class];
		classes[class].left -= sizes[class];
	}
	return gfp & __GFP_ZERO ? memset(p, 0, size) : p;
}

void shim_slab_free(const void *p)
{
	size_t class;

	if (!p)
		return;
	class = class_of[((const char *)p - heap) / CHUNK];
	*(void **)p = classes[class].freed;
	classes[class].freed = (void *)p;
}

/* --- addresses and table --- */

static struct op25b_key keys[KEYS_MAX];
static unsigned int keys_count;
static struct op25b_lpm_jump jumps[OP25B_LPM_JUMPS];

static void load(const char *path, struct op25b_lpm *lpm)
{
	struct op25b_lpm_hint hint = { 0 };
	struct op25b_garbage garbage = { 0 };
	static char word[64];
	unsigned long old;
	FILE *file = fopen(path, "r");

	if (!file)
		abort();
	while (fscanf(file, "%63s", word) == 1) {
		struct text_prefix prefix;

		if (!strchr(word, '/'))
			continue;
		prefix = text_prefix(word);
		if (op25b_lpm_add(lpm, &hint, &garbage,
				  (struct op25b_key){ prefix.hi, prefix.lo }, prefix.len, VALUE, &old))
			abort();
	}
	fclose(file);
	op25b_lpm_seal(*lpm);
	op25b_garbage_free(&garbage);
	op25b_lpm_jump_build(*lpm, jumps);
}

static void read_packets(const char *path, size_t size)
{
	unsigned char packet[64];
	FILE *file = fopen(path, "r");

	if (!file || size > sizeof(packet))
		abort();
	while (keys_count < KEYS_MAX && fread(packet, size, 1, file) == 1) {
		struct op25b_key *key = &keys[keys_count++];
		uint32_t word[4] = { 0 };

		if (packet[0] >> 4 == 6)
			memcpy(word, packet + 8, 16);
		else
			memcpy(word, packet + 12, 4);
		key->hi = (u64)ntohl(word[0]) << 32 | ntohl(word[1]);
		key->lo = (u64)ntohl(word[2]) << 32 | ntohl(word[3]);
	}
	fclose(file);
}

/* The functions that are measured: the lookups, and for comparison only reading the addresses */

static noinline unsigned long reach_table(bool ipv6)
{
	unsigned long sum = 0;
	unsigned int i;

	for (i = 0; i < keys_count; i++)
		sum += ipv6 ? op25b_lpm_jump_lookup_ipv6(jumps, keys[i]) :
			      op25b_lpm_jump_lookup_ipv4(jumps, keys[i]);
	return sum;
}

static noinline unsigned long reach_none(void)
{
	unsigned long sum = 0;
	unsigned int i;

	for (i = 0; i < keys_count; i++)
		sum += keys[i].hi ^ keys[i].lo;
	return sum;
}

int main(int argc, char **argv)
{
	struct op25b_lpm lpm = { NULL };
	unsigned long found;
	size_t size;

	if (argc != 4)
		return 2;
	heap = aligned_alloc(CHUNK, HEAP_SIZE);
	class_of = calloc(HEAP_SIZE / CHUNK, sizeof(*class_of));
	if (!heap || !class_of)
		abort();
	size = strtoul(argv[3], NULL, 10);
	load(argv[1], &lpm);
	read_packets(argv[2], size);
	found = reach_table(size == 60) / VALUE;
	if (found != keys_count)	/* all sources are in the set */
		abort();
	printf("%u addresses, %zu bytes, %lu\n", keys_count, heap_used, reach_none() & 1);
	return 0;
}
