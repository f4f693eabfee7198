// SPDX-License-Identifier: GPL-2.0
/*
 * core/lpm.c and core/garbage.c against a naive search: every sequence of up to three changes to
 * four prefixes. A change sets the first or another value of a prefix, or deletes the prefix.
 *
 * Each function without "static" is a proof of its own. It runs through the sequences one by one,
 * because a tree of unknown shape is too complex for CBMC. For the same reason there is a list of
 * addresses to look up: at least one in each prefix, and some that differ from these in a bit
 * before, in or after those that a node indexes. Deleting a prefix that does not exist changes
 * nothing, and is left out. CBMC also checks that no access is out of bounds or to freed memory,
 * and that every loop ends.
 */
#include <stdlib.h>

#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "lpm.h"
#include "pause.h"
#include "proof.h"

#ifndef CHANGES
#define CHANGES 3
#endif
#define PREFIXES 4
#define ADDRESSES 8

int shim_atomic_depth;

static unsigned int live, calls, fail_at;

void op25b_pause(void)
{
}

/* Allocations have the type of their content, so that CBMC handles their members separately. */

struct node {
	struct op25b_lpm_node head;
	unsigned long slots[4];
};

struct chunk {
	void *next;
	unsigned int n;
	void *item[30];
};

void *shim_slab_alloc(size_t size, gfp_t gfp)
{
	calls++;
	if (calls == fail_at)
		return NULL;
	live++;
	if (size == sizeof(struct node))
		return malloc(sizeof(struct node));
	PROVE(size == sizeof(struct chunk), "is a small node or a chunk of garbage");
	return malloc(sizeof(struct chunk));
}

void shim_slab_free(const void *p)
{
	if (p)
		live--;
	free((void *)p);
}

/* Both copy slots, word by word, so that CBMC still sees pointers. */

void *memcpy(void *to, const void *from, size_t n)
{
	unsigned long *target = to;
	size_t i;

	for (i = 0; i < n / sizeof(*target); i++)
		target[i] = ((const unsigned long *)from)[i];
	return to;
}

void *memmove(void *to, const void *from, size_t n)
{
	unsigned long *target = to;
	size_t i;

	if (to < from)
		return memcpy(to, from, n);
	for (i = n / sizeof(*target); i; i--)
		target[i - 1] = ((const unsigned long *)from)[i - 1];
	return to;
}

struct prefix {
	struct op25b_key key;
	unsigned int len;
};

struct universe {
	bool ipv6;
	struct prefix prefix[PREFIXES];
	struct op25b_key address[ADDRESSES];
};

/*
 * Nodes start at 7, 13 and 25: the node of the /8; below it a fork without a prefix, if there are
 * prefixes on both sides; below that, the node of the /25 and the first /26, and the node of the
 * other /26.
 */
static const struct universe ipv4 = {
	.prefix = {
		{ { .hi = 0x0b00000000000000 }, 8 },
		{ { .hi = 0x0b00008000000000 }, 25 },
		{ { .hi = 0x0b0000c000000000 }, 26 },
		{ { .hi = 0x0b01004000000000 }, 26 },
	},
	.address = {
		{ .hi = 0x0b0000c000000000 },	/* in the first /26 */
		{ .hi = 0x0b0000bf00000000 },	/* before it: in the /25 only */
		{ .hi = 0x0b01007f00000000 },	/* the last address of the other /26 */
		{ .hi = 0x0b01008000000000 },	/* after it: in the /8 only */
		{ .hi = 0x0bff00c000000000 },	/* differs from the first one in skipped bits */
		{ .hi = 0x0b0000e100000000 },	/* .. in bits after those of the /26 */
		{ .hi = 0x0a0000c000000000 },	/* .. in the last bit of the /8 */
		{ .hi = 0x8b0000c000000000 },	/* .. in the very first bit */
	},
};

/*
 * Nodes start at -5, 61 and 127: the node of ::/0; the node of the /64, which is the fork of both
 * /128, too, with or without the prefix; and the nodes of the /128. All but the first are deep.
 */
static const struct universe ipv6 = {
	.ipv6 = true,
	.prefix = {
		{ { .hi = 0 }, 0 },
		{ { .hi = 0x20010db800000005 }, 64 },
		{ { .hi = 0x20010db800000005, .lo = 1 }, 128 },
		{ { .hi = 0x20010db800000005, .lo = 0x8000000000000001 }, 128 },
	},
	.address = {
		{ .hi = 0 },					/* in ::/0 only */
		{ .hi = 0x20010db800000005 },			/* in the /64 */
		{ .hi = 0x20010db800000005, .lo = 1 },		/* the first /128 */
		{ .hi = 0x20010db800000005, .lo = 1ULL << 40 | 1 }, /* differs in skipped bits */
		{ .hi = 0x20010db800000004, .lo = 1 },		/* .. in bit 63 */
		{ .hi = 0xa0010db800000005, .lo = 1 },		/* .. in the very first bit */
		{ .hi = 0x20010db800000005, .lo = 0x8000000000000001 },
		{ .hi = 0x20010db800000005, .lo = 0x8000000000000000 },
	},
};

static bool holds(const struct prefix *prefix, struct op25b_key key)
{
	key = op25b_key_head(key, prefix->len);
	return key.hi == prefix->key.hi && key.lo == prefix->key.lo;
}

/* @value: the value of each prefix; 0 if it does not exist */
static void prove_lookups(const struct universe *u, struct op25b_lpm lpm,
			  const unsigned long *value)
{
	struct op25b_lpm_match match, expected;
	struct op25b_key key;
	unsigned int a, i;

	for (a = 0; a < ADDRESSES; a++) {
		key = u->address[a];
		match = u->ipv6 ? op25b_lpm_lookup_ipv6(lpm, key) :
				  op25b_lpm_lookup_ipv4(lpm, key);
		expected = (struct op25b_lpm_match){ 0 };
		/* the prefixes are sorted by length, so that the longest one counts */
		for (i = 0; i < PREFIXES; i++) {
			if (value[i] && holds(&u->prefix[i], key)) {
				expected.value = value[i];
				expected.len = u->prefix[i].len;
			}
		}
		PROVE(match.value == expected.value && match.len == expected.len,
		      "agrees with the naive search");
	}
}

struct change {
	unsigned int prefix;
	unsigned long value;	/* 0 to delete */
};

static int apply(struct op25b_lpm *lpm, struct op25b_garbage *garbage, const struct prefix *prefix,
		 unsigned long value)
{
	if (value)
		return op25b_lpm_set(lpm, garbage, prefix->key, prefix->len, value);
	return op25b_lpm_del(lpm, garbage, prefix->key, prefix->len);
}

/*
 * Each change makes a version. The last one is repeated with each of its allocations failing,
 * before it succeeds.
 */
static void prove_versions(const struct universe *u, const struct change *change, unsigned int n)
{
	unsigned long value[PREFIXES] = { 0 };
	struct op25b_garbage garbage = { NULL };
	struct op25b_lpm lpm = { NULL }, old;
	const struct prefix *prefix;
	unsigned int i;
	int err;

	for (i = 0; i < n; i++) {
		prefix = &u->prefix[change[i].prefix];
		old = lpm;
		calls = 0;
		fail_at = i == n - 1;
		while ((err = apply(&lpm, &garbage, prefix, change[i].value))) {
			PROVE(err == -ENOMEM && calls >= fail_at, "fails only without memory");
			op25b_lpm_discard(lpm);
			op25b_garbage_forget(&garbage);
			lpm = old;
			calls = 0;
			fail_at++;
		}
		if (i == n - 1)
			prove_lookups(u, old, value);
		op25b_lpm_seal(lpm);
		op25b_garbage_free(&garbage);
		value[change[i].prefix] = change[i].value;
	}
	prove_lookups(u, lpm, value);
	op25b_lpm_free(lpm);
	PROVE(!live, "all memory is freed");
}

/* All changes together make one version. New prefixes are added with a hint. */
static void prove_batch(const struct universe *u, const struct change *change, unsigned int n)
{
	unsigned long old = 0, value[PREFIXES] = { 0 };
	struct op25b_garbage garbage = { NULL };
	struct op25b_lpm_hint hint = { NULL };
	struct op25b_lpm lpm = { NULL };
	const struct prefix *prefix;
	unsigned int i;
	int err;

	for (i = 0; i < n; i++) {
		prefix = &u->prefix[change[i].prefix];
		if (change[i].value && !value[change[i].prefix]) {
			err = op25b_lpm_add(&lpm, &hint, &garbage, prefix->key, prefix->len,
					    change[i].value, &old);
		} else {
			err = apply(&lpm, &garbage, prefix, change[i].value);
			hint.link = NULL;
		}
		PROVE(!err && !old, "succeeds");
		value[change[i].prefix] = change[i].value;
	}
	prove_lookups(u, lpm, value);
	PROVE(!garbage.head, "no published node is replaced");
	op25b_lpm_discard(lpm);
	PROVE(!live, "all memory is freed");
}

typedef void (*proof_of)(const struct universe *u, const struct change *change, unsigned int n);

/*
 * Prove it for the sequence @change of @n changes, and for all sequences that extend it. @exist:
 * bit i is set if prefix i exists after the @n changes.
 */
static void extend(const struct universe *u, proof_of proof, struct change *change, unsigned int n,
		   unsigned int exist)
{
	unsigned int i;

	proof(u, change, n);
	if (n == CHANGES)
		return;
	for (i = 0; i < PREFIXES; i++) {
		change[n] = (struct change){ .prefix = i, .value = n + 1 };
		extend(u, proof, change, n + 1, exist | 1U << i);
		change[n].value = 0;
		if (exist & 1U << i)
			extend(u, proof, change, n + 1, exist & ~(1U << i));
	}
}

/* The first change sets a prefix, since none exists yet: another one in each part of the proof. */
static void every_sequence(const struct universe *u, proof_of proof)
{
	struct change change[CHANGES] = { { .prefix = PART, .value = 1 } };

	extend(u, proof, change, 1, 1U << PART);
}

void lpm_ipv4_versions(void)
{
	every_sequence(&ipv4, prove_versions);
}

void lpm_ipv4_batch(void)
{
	every_sequence(&ipv4, prove_batch);
}

void lpm_ipv6_versions(void)
{
	every_sequence(&ipv6, prove_versions);
}

void lpm_ipv6_batch(void)
{
	every_sequence(&ipv6, prove_batch);
}
