// SPDX-License-Identifier: GPL-2.0
/*
 * Longest-prefix match
 *
 * The table is a tree bitmap (W. Eatherton, G. Varghese, Z. Dittia, "Tree Bitmap: Hardware/Software
 * IP Lookups with Incremental Updates", ACM SIGCOMM CCR 34(2), 2004) with strides of six bits, with
 * its paths compressed, and with every version persistent.
 *
 * A node stands for the path of @start bits that leads to it. It holds the prefixes that continue
 * this path by 0 to 5 bits. There can be 63 of them, with one bit each in @internal, numbered as in
 * a heap: 1 is the path itself, 2 and 3 are the path and one more bit, and so on (D. Knuth's
 * allotment routing table numbers them the same way). The next six bits of an address select one of
 * 64 children in @external. Children and values are packed after the node; the index of one is the
 * number of bits that are set before its own. A lookup visits one node for each six bits of the
 * address. It keeps the bits of @internal that cover the address from the last node that has any:
 * the highest of these bits is the longest prefix, whose value is read once, at the end.
 *
 *	10.0.0.0/24 (value A) and 10.0.0.128/26 (value B), both 0a0000.. in hexadecimal:
 *
 *	node with start 19: path 0000101000000000000, shared by both
 *	   internal: bit 32, for length 24 (19 + 5), the five bits 00000      -> A
 *	   external: bit 1, for the six bits 000001 (the last is the first of 128)
 *	   child: node with start 25: path 0000101000000000000000001
 *	      internal: bit 2, for length 26 (25 + 1), the one bit 0          -> B
 *
 *	Lookup of 10.0.0.130: the six bits at 19 are 000001, which bit 32 covers: keep A. Go to the
 *	child: the six bits at 25 are 000001, which bit 2 covers: B.
 *	Lookup of 10.0.0.255: the six bits at 25 are 111111, which nothing covers: A.
 *
 * A node with one child and no prefix is left out. So a child may be more than six bits further
 * down, and the lookup has to check that the skipped bits are the same: one exclusive or with @hi
 * yields the next six bits and, above them, any difference. Starts are 6k - 5, so that the most
 * common lengths (16, 24, 32, 48; 18, 30, 36 and so on) are not at the start of a node, where each
 * prefix would need a node of its own.
 *
 * Alternatives:
 * - Poptrie (H. Asai, Y. Ohara, SIGCOMM 2015) is a little faster, because it pushes values down
 *   into leaves. But a change of a short prefix then rewrites many leaves, and needs a second tree
 *   of all prefixes to know what to write. Here one tree serves lookups, changes and dumps.
 * - DXR (M. Zec, L. Rizzo, M. Mikuc, 2012) is smaller, but a change rebuilds a chunk of its ranges,
 *   and there is no suitable first table for IPv6.
 * - A stride of eight bits, as in the Go package bart, visits fewer nodes. But a bitmap then takes
 *   four words, and 8, 16, 24, 32, 48, 56 and 64 are all at the start of a node.
 *
 * Versions: readers walk the tree under RCU and see a version that does not change. A change copies
 * the nodes from the root to the place of the change, once each (@fresh), and puts the originals
 * into the garbage. Nobody sees the new version until its root is published, so that
 * op25b_lpm_discard() can undo the change. op25b_lpm_seal() has to be called before the root is
 * published. All functions that change a table are called under the same lock, or by who alone has
 * the new version.
 */
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "lpm.h"
#include "memory.h"
#include "pause.h"

#define STRIDE		6
#define FIRST_START	(-5)

/* The bits of @internal that cover the six bits i: one of each length */
#define COVER(i)	(BIT_ULL(1) | BIT_ULL(2 + ((i) >> 5)) | BIT_ULL(4 + ((i) >> 4)) | \
			 BIT_ULL(8 + ((i) >> 3)) | BIT_ULL(16 + ((i) >> 2)) | \
			 BIT_ULL(32 + ((i) >> 1)))
#define COVER8(i)	COVER(i), COVER((i) + 1), COVER((i) + 2), COVER((i) + 3), \
			COVER((i) + 4), COVER((i) + 5), COVER((i) + 6), COVER((i) + 7)

const u64 op25b_lpm_covers[64] = {
	COVER8(0), COVER8(8), COVER8(16), COVER8(24),
	COVER8(32), COVER8(40), COVER8(48), COVER8(56),
};

/* The start of the node for prefixes of length @bit, and for bit number @bit of a key */
static int start_of(unsigned int bit)
{
	return STRIDE * ((bit - FIRST_START) / STRIDE) + FIRST_START;
}

/**
 * op25b_lpm_index() - the six bits of a key at the start of a node
 * @key: the key
 * @start: the start, from -5 to 127; bits before and after the key are 0
 *
 * Return: 0 to 63.
 */
unsigned int op25b_lpm_index(struct op25b_key key, int start)
{
	if (start <= 58)
		return key.hi >> (58 - start) & 63;
	if (start < 64)
		return (key.hi << (start - 58) | key.lo >> (122 - start)) & 63;
	if (start <= 122)
		return key.lo >> (122 - start) & 63;
	return key.lo << (start - 122) & 63;
}

/*
 * The number of the bit in @internal of the prefix of length @len, in the node that it belongs to
 */
static unsigned int heap_of(struct op25b_key key, unsigned int len)
{
	int start = start_of(len);
	unsigned int row = len - start;

	return (1U << row) + (op25b_lpm_index(key, start) >> (STRIDE - row));
}

static struct op25b_key key_of(const struct op25b_lpm_node *node)
{
	return (struct op25b_key){
		.hi = node->deep ? node->hi ^ OP25B_LPM_DEEP_HI : node->hi,
		.lo = node->deep ? *(const u64 *)(node + 1) : 0,
	};
}

/**
 * op25b_key_head() - get the first bits of a key
 * @key: the key
 * @n: the number of bits; less than 0 is 0
 *
 * Return: @key with all other bits cleared.
 */
struct op25b_key op25b_key_head(struct op25b_key key, int n)
{
	if (n <= 0)
		return (struct op25b_key){ 0 };
	if (n <= 64)
		return (struct op25b_key){ .hi = key.hi & ~0ULL << (64 - n) };
	return (struct op25b_key){ .hi = key.hi, .lo = key.lo & ~0ULL << (128 - n) };
}

/**
 * op25b_key_compare() - compare keys as numbers
 * @a: a key
 * @b: another key
 *
 * Return: less than 0 if @a is less than @b, 0 if they are equal, more than 0 if @a is greater.
 */
int op25b_key_compare(struct op25b_key a, struct op25b_key b)
{
	if (a.hi != b.hi)
		return a.hi < b.hi ? -1 : 1;
	if (a.lo != b.lo)
		return a.lo < b.lo ? -1 : 1;
	return 0;
}

/* The number of leading bits that two keys have in common */
static unsigned int key_common(struct op25b_key a, struct op25b_key b)
{
	if (a.hi != b.hi)
		return 64 - fls64(a.hi ^ b.hi);
	return 128 - fls64(a.lo ^ b.lo);
}

/* The six bits of @key at the start of @node; more than 63 if @key is on another path */
static inline u64 index_in(const struct op25b_lpm_node *node, struct op25b_key key)
{
	if (unlikely(node->deep))
		return op25b_lpm_deep_index(node, key);
	return op25b_lpm_shallow_index(node, key);
}

static inline unsigned int child_rank(const struct op25b_lpm_node *node, unsigned int i)
{
	return hweight64(node->external & (BIT_ULL(i) - 1));
}

static inline unsigned int value_rank(const struct op25b_lpm_node *node, unsigned int bit)
{
	return hweight64(node->external) + hweight64(node->internal & (BIT_ULL(bit) - 1));
}

static inline unsigned int slots_used(const struct op25b_lpm_node *node)
{
	return hweight64(node->external) + hweight64(node->internal);
}

static bool has_child(const struct op25b_lpm_node *node, unsigned int i)
{
	return node->external >> i & 1;
}

static bool has_value(const struct op25b_lpm_node *node, unsigned int bit)
{
	return node->internal >> bit & 1;
}

static struct op25b_lpm_node **child_link(const struct op25b_lpm_node *node, unsigned int i)
{
	return (struct op25b_lpm_node **)&op25b_lpm_slots(node)[child_rank(node, i)];
}

/*
 * Allocate an empty node with at least @slots slots, or as many as its kmalloc() size has room for.
 */
static struct op25b_lpm_node *node_alloc(struct op25b_key key, int start, unsigned int slots)
{
	static const u16 sizes[] = { 64, 96, 128, 192, 256, 512, 1024, 2048 };
	bool deep = start >= OP25B_LPM_DEEP_START;
	size_t head = sizeof(struct op25b_lpm_node) + deep * sizeof(u64);
	struct op25b_lpm_node *node;
	unsigned int i = 0;

	while (head + slots * sizeof(unsigned long) > sizes[i])
		i++;
	node = kmalloc(sizes[i], OP25B_GFP);
	if (!node)
		return NULL;

	key = op25b_key_head(key, start);
	node->internal = 0;
	node->external = 0;
	node->hi = deep ? key.hi ^ OP25B_LPM_DEEP_HI : key.hi;
	node->start = start;
	node->shift = deep ? 0 : 58 - start;
	node->deep = deep;
	node->room = min_t(size_t, (sizes[i] - head) / sizeof(unsigned long), 128);
	node->fresh = true;
	if (deep)
		*(u64 *)(node + 1) = key.lo;
	return node;
}

/* The version under way does not need @node any more. */
static int node_retire(struct op25b_garbage *garbage, struct op25b_lpm_node *node)
{
	if (!node->fresh)
		return op25b_garbage_add(garbage, node);
	kfree(node);
	return 0;
}

/*
 * Get the node at @link for writing, with room for @more slots: itself, or a copy that takes its
 * place. @link is the root or belongs to a fresh node. Returns NULL when out of memory.
 */
static struct op25b_lpm_node *node_cow(struct op25b_lpm_node **link, struct op25b_garbage *garbage,
				       unsigned int more)
{
	struct op25b_lpm_node *copy, *node = *link;
	unsigned int used;

	if (node->fresh && !more)
		return node;
	used = slots_used(node);
	if (node->fresh && node->room >= used + more)
		return node;

	copy = node_alloc(key_of(node), node->start, used + more);
	if (!copy)
		return NULL;
	copy->internal = node->internal;
	copy->external = node->external;
	memcpy(op25b_lpm_slots(copy), op25b_lpm_slots(node), used * sizeof(unsigned long));
	if (node_retire(garbage, node)) {
		kfree(copy);
		return NULL;
	}
	*link = copy;
	return copy;
}

static void slot_insert(struct op25b_lpm_node *node, unsigned int rank, unsigned long slot)
{
	unsigned long *slots = op25b_lpm_slots(node);

	memmove(slots + rank + 1, slots + rank, (slots_used(node) - rank) * sizeof(*slots));
	slots[rank] = slot;
}

static void slot_remove(struct op25b_lpm_node *node, unsigned int rank)
{
	unsigned long *slots = op25b_lpm_slots(node);

	memmove(slots + rank, slots + rank + 1, (slots_used(node) - rank - 1) * sizeof(*slots));
}

/* @node is fresh and has room. */
static void child_insert(struct op25b_lpm_node *node, unsigned int i, struct op25b_lpm_node *child)
{
	slot_insert(node, child_rank(node, i), (unsigned long)child);
	node->external |= BIT_ULL(i);
}

static void child_remove(struct op25b_lpm_node *node, unsigned int i)
{
	slot_remove(node, child_rank(node, i));
	node->external &= ~BIT_ULL(i);
}

static void value_insert(struct op25b_lpm_node *node, unsigned int bit, unsigned long value)
{
	slot_insert(node, value_rank(node, bit), value);
	node->internal |= BIT_ULL(bit);
}

static void value_remove(struct op25b_lpm_node *node, unsigned int bit)
{
	slot_remove(node, value_rank(node, bit));
	node->internal &= ~BIT_ULL(bit);
}

/**
 * op25b_lpm_get() - get the value of a prefix
 * @lpm: the table
 * @key: the address of the prefix; the bits after the first @len are zero
 * @len: its length in bits
 *
 * Return: its value, or 0 if the table does not have this very prefix.
 */
unsigned long op25b_lpm_get(struct op25b_lpm lpm, struct op25b_key key, unsigned int len)
{
	const struct op25b_lpm_node *node = lpm.root;
	int start = start_of(len);
	unsigned int bit;
	u64 i;

	while (node && node->start <= start) {
		i = index_in(node, key);
		if (i > 63)
			return 0;
		if (node->start == start) {
			bit = heap_of(key, len);
			if (!has_value(node, bit))
				return 0;
			return op25b_lpm_slots(node)[value_rank(node, bit)];
		}
		if (!has_child(node, i))
			return 0;
		node = *child_link(node, i);
	}
	return 0;
}

/**
 * op25b_lpm_lookup_shorter() - find the longest prefix that holds an address and is shorter than
 *				another one
 * @lpm: the table, read under RCU or owned
 * @key: the address
 * @len: the length of that other prefix
 *
 * Return: the match; what its value refers to lives as long as @lpm.
 */
struct op25b_lpm_match op25b_lpm_lookup_shorter(struct op25b_lpm lpm, struct op25b_key key,
						unsigned int len)
{
	const struct op25b_lpm_node *node = lpm.root;
	struct op25b_lpm_match match = { 0 };
	unsigned int bit, rows;
	u64 bits, i;

	while (node && node->start < (int)len) {
		i = index_in(node, key);
		if (i > 63)
			break;
		/* the bits for the lengths from start to start + rows - 1 are below 2^rows */
		rows = min_t(unsigned int, len - node->start, STRIDE);
		bits = node->internal & op25b_lpm_covers[i] & (~0ULL >> (64 - (1U << rows)));
		if (bits) {
			bit = fls64(bits) - 1;
			match.value = op25b_lpm_slots(node)[value_rank(node, bit)];
			match.len = node->start + fls(bit) - 1;
		}
		node = has_child(node, i) ? *child_link(node, i) : NULL;
	}
	return match;
}

/* Put a node before the node at @link, from which the path of @key to @start branches off there. */
static int node_branch(struct op25b_lpm_node **link, struct op25b_key key, int start)
{
	struct op25b_lpm_node *fork, *node = *link;
	unsigned int common = key_common(key_of(node), key);

	if ((int)common < start)
		start = start_of(common);
	fork = node_alloc(key, start, 2);
	if (!fork)
		return -ENOMEM;
	child_insert(fork, op25b_lpm_index(key_of(node), start), node);
	*link = fork;
	return 0;
}

/**
 * op25b_lpm_add() - add a prefix unless the table has it
 * @lpm: the table
 * @hint: where the last prefix was added to @lpm; updated
 * @garbage: takes the nodes that are replaced
 * @key: the address of the prefix; the bits after the first @len are zero
 * @len: its length in bits
 * @value: its value, not 0
 * @old: set to the value that the prefix has already, and keeps; 0 if it was added
 *
 * Return: 0, or -ENOMEM; op25b_lpm_discard() is then all that may be done with the table.
 */
int op25b_lpm_add(struct op25b_lpm *lpm, struct op25b_lpm_hint *hint,
		  struct op25b_garbage *garbage, struct op25b_key key, unsigned int len,
		  unsigned long value, unsigned long *old)
{
	struct op25b_lpm_node *child, *node, **link = &lpm->root;
	int err, start = start_of(len);
	unsigned int bit;
	u64 i;

	if (hint->link && (*hint->link)->start == start && index_in(*hint->link, key) < 64)
		link = hint->link;
	while ((node = *link)) {
		i = index_in(node, key);
		if (node->start > start || i > 63) {
			err = node_branch(link, key, start);
			if (err)
				return err;
			continue;
		}
		if (node->start == start)
			break;

		if (!node->fresh || !has_child(node, i)) {
			node = node_cow(link, garbage, !has_child(node, i));
			if (!node)
				return -ENOMEM;
		}
		if (!has_child(node, i)) {
			child = node_alloc(key, start, 1);
			if (!child)
				return -ENOMEM;
			child_insert(node, i, child);
		}
		link = child_link(node, i);
	}
	if (!*link) {
		*link = node_alloc(key, start, 1);
		if (!*link)
			return -ENOMEM;
	}

	hint->link = link;
	bit = heap_of(key, len);
	if (has_value(*link, bit)) {
		*old = op25b_lpm_slots(*link)[value_rank(*link, bit)];
		return 0;
	}
	node = node_cow(link, garbage, 1);
	if (!node)
		return -ENOMEM;
	value_insert(node, bit, value);
	*old = 0;
	return 0;
}

/**
 * op25b_lpm_set() - add a prefix or replace its value
 * @lpm: the table
 * @garbage: takes the nodes that are replaced
 * @key: the address of the prefix; the bits after the first @len are zero
 * @len: its length in bits
 * @value: its new value, not 0
 *
 * Return: 0, or -ENOMEM; op25b_lpm_discard() is then all that may be done with the table.
 */
int op25b_lpm_set(struct op25b_lpm *lpm, struct op25b_garbage *garbage, struct op25b_key key,
		  unsigned int len, unsigned long value)
{
	struct op25b_lpm_hint hint = { NULL };
	struct op25b_lpm_node *node;
	unsigned long old;
	int err;

	err = op25b_lpm_add(lpm, &hint, garbage, key, len, value, &old);
	if (err || !old)
		return err;

	node = node_cow(hint.link, garbage, 0);
	if (!node)
		return -ENOMEM;
	op25b_lpm_slots(node)[value_rank(node, heap_of(key, len))] = value;
	return 0;
}

/* The node at @link, which is fresh, has lost a value or a child: leave it out if it can be. */
static void node_prune(struct op25b_lpm_node **link)
{
	struct op25b_lpm_node *node = *link;

	if (node->internal || hweight64(node->external) > 1)
		return;
	*link = node->external ? (void *)op25b_lpm_slots(node)[0] : NULL;
	kfree(node);
}

static int node_del(struct op25b_lpm_node **link, struct op25b_garbage *garbage,
		    struct op25b_key key, unsigned int len)
{
	struct op25b_lpm_node **child, *node;
	unsigned int i;
	int err;

	node = node_cow(link, garbage, 0);
	if (!node)
		return -ENOMEM;

	if (node->start == start_of(len)) {
		value_remove(node, heap_of(key, len));
	} else {
		i = op25b_lpm_index(key, node->start);
		child = child_link(node, i);
		err = node_del(child, garbage, key, len);
		if (err)
			return err;
		if (!*child)
			child_remove(node, i);
	}
	node_prune(link);
	return 0;
}

/**
 * op25b_lpm_del() - delete a prefix if the table has it
 * @lpm: the table
 * @garbage: takes the nodes that are replaced
 * @key: the address of the prefix; the bits after the first @len are zero
 * @len: its length in bits
 *
 * Return: 0, or -ENOMEM; op25b_lpm_discard() is then all that may be done with the table.
 */
int op25b_lpm_del(struct op25b_lpm *lpm, struct op25b_garbage *garbage, struct op25b_key key,
		  unsigned int len)
{
	if (!op25b_lpm_get(*lpm, key, len))
		return 0;
	return node_del(&lpm->root, garbage, key, len);
}

struct choice {
	struct op25b_garbage *garbage;
	struct op25b_key first;
	struct op25b_key last;
	op25b_lpm_choose choose;
	void *arg;
};

/* The bits of @internal, among @bits, of the prefixes to delete */
static u64 choose_values(const struct choice *choice, const struct op25b_lpm_node *node, u64 bits)
{
	u64 rest = node->internal & bits, chosen = 0;
	unsigned int bit;

	for (; rest; rest &= rest - 1) {
		bit = __ffs64(rest);
		if (choice->choose(choice->arg, op25b_lpm_slots(node)[value_rank(node, bit)]))
			chosen |= BIT_ULL(bit);
	}
	return chosen;
}

/*
 * Have the node at @link lead to @child for the six bits @i. If this fails, nothing leads to
 * @child, and what is fresh of it is freed.
 */
static int child_replace(struct op25b_lpm_node **link, struct op25b_garbage *garbage,
			 unsigned int i, struct op25b_lpm_node *child)
{
	struct op25b_lpm_node *node = node_cow(link, garbage, 0);

	if (!node) {
		op25b_lpm_discard((struct op25b_lpm){ .root = child });
		return -ENOMEM;
	}
	*child_link(node, i) = child;
	return 0;
}

/* Remove children and values, given by their bits, and the node at @link if nothing remains. */
static int slots_remove(struct op25b_lpm_node **link, struct op25b_garbage *garbage, u64 children,
			u64 values)
{
	struct op25b_lpm_node *node = *link;
	unsigned long *from, *to;
	u64 rest;
	int err;

	if (children == node->external && values == node->internal) {
		err = node_retire(garbage, node);
		if (!err)
			*link = NULL;
		return err;
	}
	node = node_cow(link, garbage, 0);
	if (!node)
		return -ENOMEM;
	from = op25b_lpm_slots(node);
	to = from;
	for (rest = node->external; rest; rest &= rest - 1, from++)
		if (!(rest & -rest & children))
			*to++ = *from;
	for (rest = node->internal; rest; rest &= rest - 1, from++)
		if (!(rest & -rest & values))
			*to++ = *from;
	node->external &= ~children;
	node->internal &= ~values;
	node_prune(link);
	return 0;
}

/*
 * @link is the root, or a copy of the link to the node: that link itself is in the node above,
 * which is copied and written to only if this one is replaced.
 */
static int node_del_if(const struct choice *choice, struct op25b_lpm_node **link)
{
	struct op25b_lpm_node *child, *node = *link;
	u64 first = index_in(node, choice->first), last = index_in(node, choice->last);
	u64 rest, values, children = 0;
	unsigned int i;
	int err = 0;

	op25b_pause();
	/* if an end of the range is on another path, the whole node is on one side of it */
	if (first > 63) {
		if (op25b_key_compare(key_of(node), choice->first) < 0)
			return 0;
		first = 0;
	}
	if (last > 63) {
		if (op25b_key_compare(key_of(node), choice->last) > 0)
			return 0;
		last = 63;
	}

	/* for each length: the bit that covers @first, the one that covers @last, those between */
	values = choose_values(choice, node,
			       2 * op25b_lpm_covers[last] - op25b_lpm_covers[first]);
	for (rest = node->external & ~0ULL << first & ~0ULL >> (63 - last); rest && !err;
	     rest &= rest - 1) {
		i = __ffs64(rest);
		child = *child_link(*link, i);
		err = node_del_if(choice, &child);
		if (!child)
			children |= BIT_ULL(i);
		else if (child != *child_link(*link, i) &&
			 child_replace(link, choice->garbage, i, child))
			err = -ENOMEM;
	}
	/* even after an error, because children that were fresh have been freed */
	if ((children || values) && slots_remove(link, choice->garbage, children, values))
		err = -ENOMEM;
	return err;
}

/**
 * op25b_lpm_del_if() - delete the prefixes that a function chooses, in one walk
 * @lpm: the table
 * @garbage: takes the nodes that are replaced
 * @first: the address of the first prefix that may be chosen; what is before it is not visited, but
 *	   for some prefixes of the same nodes
 * @last: the address of the last one, likewise; if it is before @first, nothing is deleted
 * @choose: called once for each prefix that is visited, in no particular order
 * @arg: its first argument
 *
 * A node is copied once, and only if some of it remains: that is much quicker than op25b_lpm_del()
 * for each of many prefixes.
 *
 * Return: 0, or -ENOMEM; op25b_lpm_discard() is then all that may be done with the table. Prefixes
 * that were chosen may still be in it.
 */
int op25b_lpm_del_if(struct op25b_lpm *lpm, struct op25b_garbage *garbage, struct op25b_key first,
		     struct op25b_key last, op25b_lpm_choose choose, void *arg)
{
	struct choice choice = {
		.garbage = garbage,
		.first = first,
		.last = last,
		.choose = choose,
		.arg = arg,
	};

	if (!lpm->root || op25b_key_compare(first, last) > 0)
		return 0;
	return node_del_if(&choice, &lpm->root);
}

static int node_retire_all(struct op25b_lpm_node *node, struct op25b_garbage *garbage)
{
	unsigned int i, n = hweight64(node->external);
	int err;

	for (i = 0; i < n; i++) {
		err = node_retire_all((void *)op25b_lpm_slots(node)[i], garbage);
		if (err)
			return err;
	}
	op25b_pause();
	return node->fresh ? 0 : op25b_garbage_add(garbage, node);
}

/**
 * op25b_lpm_clear() - delete all prefixes
 * @lpm: the table
 * @garbage: takes the nodes that are replaced
 *
 * Return: 0, or -ENOMEM; op25b_lpm_discard() is then all that may be done with the table.
 */
int op25b_lpm_clear(struct op25b_lpm *lpm, struct op25b_garbage *garbage)
{
	int err = lpm->root ? node_retire_all(lpm->root, garbage) : 0;

	if (err)
		return err;
	op25b_lpm_discard(*lpm);
	lpm->root = NULL;
	return 0;
}

/* @key with the six bits from @start set to @i. */
static struct op25b_key key_extend(struct op25b_key key, int start, u64 i)
{
	if (start <= 58) {
		key.hi |= i << (58 - start);
	} else if (start < 64) {
		key.hi |= i >> (start - 58);
		key.lo |= i << (122 - start);
	} else if (start <= 122) {
		key.lo |= i << (122 - start);
	} else {
		key.lo |= i >> (start - 122);
	}
	return key;
}

struct walk {
	struct op25b_key from;
	unsigned int from_len;
	op25b_lpm_visit visit;
	void *arg;
};

/* Bit i: a prefix starts at the six bits i, or there is a child for them. */
static u64 places(const struct op25b_lpm_node *node)
{
	u64 places = node->external, internal;
	unsigned int bit, row;

	for (internal = node->internal; internal; internal &= internal - 1) {
		bit = __ffs64(internal);
		row = __fls(bit);
		places |= BIT_ULL((bit - (1U << row)) << (STRIDE - row));
	}
	return places;
}

/* @edge: prefixes before walk->from may be in or below @node, and are to be skipped. */
static int walk_node(const struct walk *walk, const struct op25b_lpm_node *node, bool edge)
{
	unsigned int bit, first, i = 0, row, len;
	struct op25b_key key;
	int err, order;
	u64 rest;

	if (edge && index_in(node, walk->from) > 63) {
		if (op25b_key_compare(key_of(node), walk->from) < 0)
			return 0;
		edge = false;
	}
	if (edge)
		i = op25b_lpm_index(walk->from, node->start);

	for (rest = places(node) >> i << i; rest; rest &= rest - 1) {
		first = i;
		i = __ffs64(rest);
		edge = edge && i == first;
		/* the prefixes that start here, the shortest first, then those below the child */
		key = key_extend(key_of(node), node->start, i);
		for (row = 0; row < STRIDE; row++) {
			bit = (1U << row) + (i >> (STRIDE - row));
			if (!has_value(node, bit) || i & (63U >> row))
				continue;
			len = node->start + row;
			order = edge ? op25b_key_compare(key, walk->from) : 1;
			if (order < 0 || (order == 0 && len < walk->from_len))
				continue;
			err = walk->visit(walk->arg, key, len,
					  op25b_lpm_slots(node)[value_rank(node, bit)]);
			if (err)
				return err;
		}
		if (!has_child(node, i))
			continue;
		err = walk_node(walk, *child_link(node, i), edge);
		if (err)
			return err;
	}
	return 0;
}

/**
 * op25b_lpm_walk() - visit prefixes in the order of their addresses, the shorter one first
 * @lpm: the table, read under RCU or owned
 * @from: the address of the prefix to begin with, which need not be in the table
 * @from_len: the length of that prefix
 * @visit: called for each prefix; must not change the table
 * @arg: its first argument
 *
 * Return: 0, or what @visit returned to end the walk.
 */
int op25b_lpm_walk(struct op25b_lpm lpm, struct op25b_key from, unsigned int from_len,
		   op25b_lpm_visit visit, void *arg)
{
	struct walk walk = { .from = from, .from_len = from_len, .visit = visit, .arg = arg };

	return lpm.root ? walk_node(&walk, lpm.root, true) : 0;
}

static void node_seal(struct op25b_lpm_node *node)
{
	unsigned int i, n;

	/* all nodes below one that is not fresh are not fresh */
	if (!node->fresh)
		return;
	node->fresh = false;
	op25b_pause();
	n = hweight64(node->external);
	for (i = 0; i < n; i++)
		node_seal((void *)op25b_lpm_slots(node)[i]);
}

/**
 * op25b_lpm_seal() - end a change, so that no node is written to any more
 * @lpm: the table, which is about to be published
 */
void op25b_lpm_seal(struct op25b_lpm lpm)
{
	if (lpm.root)
		node_seal(lpm.root);
}

/**
 * op25b_lpm_jump_build() - compute where lookups begin
 * @lpm: the table, read under RCU or owned
 * @jump: set to the state of a lookup for each value of the first bits
 */
void op25b_lpm_jump_build(struct op25b_lpm lpm, struct op25b_lpm_jump jump[OP25B_LPM_JUMPS])
{
	const struct op25b_lpm_node *node;
	struct op25b_key key = { 0 };
	unsigned int bit, i;
	u64 covers, n;

	for (i = 0; i < OP25B_LPM_JUMPS; i++) {
		key.hi = (u64)i << (64 - OP25B_LPM_JUMP_BITS);
		jump[i].value = 0;
		node = lpm.root;
		while (node && node->start < OP25B_LPM_JUMP_BITS) {
			n = index_in(node, key);
			if (n > 63) {
				node = NULL;
				break;
			}
			covers = node->internal & op25b_lpm_covers[n];
			if (covers) {
				bit = fls64(covers) - 1;
				jump[i].value = op25b_lpm_slots(node)[value_rank(node, bit)];
			}
			node = has_child(node, n) ? *child_link(node, n) : NULL;
		}
		jump[i].node = node;
	}
}

static void node_free_all(struct op25b_lpm_node *node, bool only_fresh)
{
	unsigned int i, n;

	if (only_fresh && !node->fresh)
		return;
	n = hweight64(node->external);
	for (i = 0; i < n; i++)
		node_free_all((void *)op25b_lpm_slots(node)[i], only_fresh);
	kfree(node);
	op25b_pause();
}

/**
 * op25b_lpm_discard() - undo a change by freeing the nodes that it made
 * @lpm: the changed table, gone afterwards; the table that it was made from is as before
 */
void op25b_lpm_discard(struct op25b_lpm lpm)
{
	if (lpm.root)
		node_free_all(lpm.root, true);
}

/**
 * op25b_lpm_free() - free a table
 * @lpm: the table; no reader can see it any more
 */
void op25b_lpm_free(struct op25b_lpm lpm)
{
	if (lpm.root)
		node_free_all(lpm.root, false);
}
