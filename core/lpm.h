/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Longest-prefix match; lpm.c explains how it works
 */
#ifndef _OP25B_LPM_H
#define _OP25B_LPM_H

#include <linux/types.h>
#include <linux/bitops.h>
#include <linux/compiler.h>

#include "garbage.h"

/**
 * struct op25b_key - an address in host byte order
 * @hi: its first 64 bits; an IPv4 address is in the upper 32 of these, and all other bits are zero
 * @lo: its last 64 bits
 */
struct op25b_key {
	u64 hi;
	u64 lo;
};

/**
 * struct op25b_lpm_node - the prefixes of up to six consecutive lengths below one path
 * @internal: bit 2^r + i: there is a prefix of length @start + r whose last r bits are i
 * @external: bit i: there is a child for the six bits i
 * @hi: the first @start bits of all keys below, the rest zero; in a deep node the very first bit is
 *	inverted
 * @start: the length of the path, 6k - 5
 * @shift: 58 - @start; 0 in a deep node
 * @deep: some of the six bits are in the low half of the key. The low half of the path, a u64,
 *	  comes before the slots. All nodes below are deep, too.
 * @room: the number of slots that there is memory for
 * @fresh: made by the change under way, which alone sees it and may write to it
 *
 * The slots follow: first the children, then the values of the prefixes, both in the order of their
 * bits.
 */
struct op25b_lpm_node {
	u64 internal;
	u64 external;
	u64 hi;
	s16 start;
	u8 shift;
	bool deep;
	u8 room;
	bool fresh;
};

/**
 * struct op25b_lpm - a table of prefixes with a value for each
 * @root: its first node; NULL if it is empty
 *
 * May be copied: once op25b_lpm_seal() was called, the nodes are replaced, but never written to.
 */
struct op25b_lpm {
	struct op25b_lpm_node *root;
};

/**
 * struct op25b_lpm_hint - where the last prefix was added
 * @link: the link to its node; NULL if there is no hint
 *
 * Prefixes mostly come in order, so that the next one often belongs to the same node. Any other
 * change of the table invalidates the hint.
 */
struct op25b_lpm_hint {
	struct op25b_lpm_node **link;
};

/* A lookup can skip the nodes before the second start, which is at bit 7. */
#define OP25B_LPM_JUMP_BITS	7
#define OP25B_LPM_JUMPS		(1 << OP25B_LPM_JUMP_BITS)

/**
 * struct op25b_lpm_jump - the state of a lookup after the first seven bits of an address
 * @node: the node to go on with; NULL if there is none
 * @value: the value of the longest prefix before that node, or 0
 */
struct op25b_lpm_jump {
	const struct op25b_lpm_node *node;
	unsigned long value;
};

/**
 * struct op25b_lpm_match - the result of a lookup
 * @value: the value of the longest prefix that holds the address, or 0 if there is none
 * @len: the length of that prefix in bits
 */
struct op25b_lpm_match {
	unsigned long value;
	unsigned int len;
};

/**
 * typedef op25b_lpm_visit - called for each prefix of a walk
 * @arg: the argument of op25b_lpm_walk()
 * @key: the address of the prefix
 * @len: its length in bits
 * @value: its value
 *
 * Return: 0 to go on; anything else ends the walk.
 */
typedef int (*op25b_lpm_visit)(void *arg, struct op25b_key key, unsigned int len,
			       unsigned long value);

/**
 * typedef op25b_lpm_choose - called for prefixes that may be deleted
 * @arg: the argument of op25b_lpm_del_if()
 * @value: the value of the prefix
 *
 * Return: true to delete it.
 */
typedef bool (*op25b_lpm_choose)(void *arg, unsigned long value);

struct op25b_key op25b_key_head(struct op25b_key key, int n);
int op25b_key_compare(struct op25b_key a, struct op25b_key b);

unsigned long op25b_lpm_get(struct op25b_lpm lpm, struct op25b_key key, unsigned int len);
struct op25b_lpm_match op25b_lpm_lookup_shorter(struct op25b_lpm lpm, struct op25b_key key,
						unsigned int len);
int op25b_lpm_add(struct op25b_lpm *lpm, struct op25b_lpm_hint *hint,
		  struct op25b_garbage *garbage, struct op25b_key key, unsigned int len,
		  unsigned long value, unsigned long *old);
int op25b_lpm_set(struct op25b_lpm *lpm, struct op25b_garbage *garbage, struct op25b_key key,
		  unsigned int len, unsigned long value);
int op25b_lpm_del(struct op25b_lpm *lpm, struct op25b_garbage *garbage, struct op25b_key key,
		  unsigned int len);
int op25b_lpm_del_if(struct op25b_lpm *lpm, struct op25b_garbage *garbage, struct op25b_key first,
		     struct op25b_key last, op25b_lpm_choose choose, void *arg);
int op25b_lpm_clear(struct op25b_lpm *lpm, struct op25b_garbage *garbage);
int op25b_lpm_walk(struct op25b_lpm lpm, struct op25b_key from, unsigned int from_len,
		   op25b_lpm_visit visit, void *arg);
void op25b_lpm_seal(struct op25b_lpm lpm);
void op25b_lpm_jump_build(struct op25b_lpm lpm, struct op25b_lpm_jump jump[OP25B_LPM_JUMPS]);
void op25b_lpm_discard(struct op25b_lpm lpm);
void op25b_lpm_free(struct op25b_lpm lpm);

/* Implementation, which is here for the inline lookups */
extern const u64 op25b_lpm_covers[64];

unsigned int op25b_lpm_index(struct op25b_key key, int start);

static inline unsigned long *op25b_lpm_slots(const struct op25b_lpm_node *node)
{
	return (void *)((u64 *)(node + 1) + node->deep);
}

/* Where the first deep node and the last one start */
#define OP25B_LPM_DEEP_START	61
#define OP25B_LPM_LAST_START	127

/* @hi of a deep node is combined with this by exclusive or */
#define OP25B_LPM_DEEP_HI	BIT_ULL(63)

/*
 * The six bits of @key that follow the path of @node, which is not deep. More than 63 if @key is on
 * another path, because any difference in the path is above the six bits. Always more than 63 if
 * @node is deep, because its first bit is inverted: the lookup loop ends there.
 */
static __always_inline u64 op25b_lpm_shallow_index(const struct op25b_lpm_node *node,
						   struct op25b_key key)
{
	return (key.hi ^ node->hi) >> node->shift;
}

/* The same for a deep node. */
static __always_inline u64 op25b_lpm_deep_index(const struct op25b_lpm_node *node,
						struct op25b_key key)
{
	u64 hi = key.hi ^ node->hi ^ OP25B_LPM_DEEP_HI, lo = key.lo ^ *(const u64 *)(node + 1);

	if (node->start == OP25B_LPM_DEEP_START)
		return hi < 8 ? hi << 3 | lo >> 61 : ~0ULL;
	if (hi)
		return ~0ULL;
	if (node->start < OP25B_LPM_LAST_START)
		return lo >> (122 - node->start);
	return lo < 2 ? lo << 5 : ~0ULL;
}

/* The last node with prefixes that hold the address, and these prefixes */
struct op25b_lpm_found {
	const struct op25b_lpm_node *node;
	u64 bits;
};

/*
 * Record the prefixes of @node that hold the six bits @i, and return the child for them, or NULL.
 */
static __always_inline const struct op25b_lpm_node *
op25b_lpm_step(const struct op25b_lpm_node *node, unsigned long *slots, u64 i,
	       struct op25b_lpm_found *found)
{
	u64 bits = node->internal & op25b_lpm_covers[i];

	if (bits) {
		found->node = node;
		found->bits = bits;
	}
	if (!(node->external >> i & 1))
		return NULL;
	return (void *)slots[hweight64(node->external << (63 - i)) - 1];
}

static __always_inline struct op25b_lpm_match op25b_lpm_descend(const struct op25b_lpm_node *node,
								struct op25b_key key, bool ipv6)
{
	struct op25b_lpm_found found = { 0 };
	struct op25b_lpm_match match = { 0 };
	unsigned long *slots;
	unsigned int bit, n;
	u64 i;

	if (ipv6 && node && unlikely(node->deep))
		goto deep;
	while (node) {
		i = op25b_lpm_shallow_index(node, key);
		if (i > 63)
			break;
		node = op25b_lpm_step(node, (void *)(node + 1), i, &found);
	}
	if (ipv6 && node && node->deep) {
deep:
		while (node) {
			i = op25b_lpm_deep_index(node, key);
			if (i > 63)
				break;
			node = op25b_lpm_step(node, op25b_lpm_slots(node), i, &found);
		}
	}
	if (!found.node)
		return match;

	bit = fls64(found.bits) - 1;
	n = hweight64(found.node->external) +
	    hweight64(found.node->internal & (BIT_ULL(bit) - 1));
	slots = ipv6 ? op25b_lpm_slots(found.node) : (void *)(found.node + 1);
	match.value = slots[n];
	match.len = found.node->start + fls(bit) - 1;
	return match;
}

/**
 * op25b_lpm_lookup_ipv4() - find the longest prefix that holds an IPv4 address
 * @lpm: a table of IPv4 prefixes, read under RCU or owned
 * @key: the address
 *
 * Return: the match; what its value refers to lives as long as @lpm.
 */
static __always_inline struct op25b_lpm_match op25b_lpm_lookup_ipv4(struct op25b_lpm lpm,
								    struct op25b_key key)
{
	return op25b_lpm_descend(lpm.root, key, false);
}

/**
 * op25b_lpm_lookup_ipv6() - find the longest prefix that holds an IPv6 address
 * @lpm: a table of IPv6 prefixes, read under RCU or owned
 * @key: the address
 *
 * Return: the match; what its value refers to lives as long as @lpm.
 */
static __always_inline struct op25b_lpm_match op25b_lpm_lookup_ipv6(struct op25b_lpm lpm,
								    struct op25b_key key)
{
	return op25b_lpm_descend(lpm.root, key, true);
}

/* Go on with a lookup, inline for one family. */
static __always_inline unsigned long op25b_lpm_go_on(const struct op25b_lpm_jump *from,
						     struct op25b_key key, const bool ipv6)
{
	return op25b_lpm_descend(from->node, key, ipv6).value ?: from->value;
}

/**
 * op25b_lpm_jump_lookup_ipv4() - find the value of the longest prefix that holds an IPv4 address
 * @jump: built by op25b_lpm_jump_build() from a table of IPv4 prefixes that is read under RCU or
 *	  owned
 * @key: the address
 *
 * Return: the value that op25b_lpm_lookup_ipv4() finds, found a few nodes quicker.
 */
static __always_inline unsigned long
op25b_lpm_jump_lookup_ipv4(const struct op25b_lpm_jump *jump, struct op25b_key key)
{
	return op25b_lpm_go_on(&jump[key.hi >> (64 - OP25B_LPM_JUMP_BITS)], key, false);
}

/**
 * op25b_lpm_jump_lookup_ipv6() - find the value of the longest prefix that holds an IPv6 address
 * @jump: built by op25b_lpm_jump_build() from a table of IPv6 prefixes that is read under RCU or
 *	  owned
 * @key: the address
 *
 * Return: the value that op25b_lpm_lookup_ipv6() finds, found a few nodes quicker.
 */
static __always_inline unsigned long
op25b_lpm_jump_lookup_ipv6(const struct op25b_lpm_jump *jump, struct op25b_key key)
{
	return op25b_lpm_go_on(&jump[key.hi >> (64 - OP25B_LPM_JUMP_BITS)], key, true);
}

/**
 * op25b_lpm_either_lookup() - find the value of the longest prefix that holds an address, in one of
 *			       two tables
 * @lpm: a table without jumps; NULL to look into the other one
 * @jump: built by op25b_lpm_jump_build() from the other one
 * @key: the address
 * @ipv6: they are tables of IPv6 prefixes
 *
 * Both are read under RCU or owned. Inline once for both.
 *
 * Return: the value, or 0 if there is none.
 */
static __always_inline unsigned long
op25b_lpm_either_lookup(const struct op25b_lpm *lpm, const struct op25b_lpm_jump *jump,
			struct op25b_key key, const bool ipv6)
{
	struct op25b_lpm_jump from = { 0 };

	if (unlikely(lpm))
		from.node = lpm->root;
	else
		from = jump[key.hi >> (64 - OP25B_LPM_JUMP_BITS)];
	return op25b_lpm_go_on(&from, key, ipv6);
}

#endif /* _OP25B_LPM_H */
