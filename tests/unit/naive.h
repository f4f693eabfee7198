/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A naive implementation of longest-prefix match, a list that is searched from end to end, and how
 * core/lpm.c is compared with it. The unit tests and the fuzzer include this after their CHECK().
 */
#ifndef _NAIVE_H
#define _NAIVE_H

#include "keys.h"

struct entry {
	address at;
	unsigned int len;
	unsigned long value;
};

/* The naive implementation */
struct list {
	unsigned int n;
	struct entry entry[1024];
};

static inline bool holds(const struct entry *entry, address at)
{
	return ((entry->at ^ at) & mask(entry->len)) == 0;
}

static inline struct entry *list_get(struct list *list, address at, unsigned int len)
{
	unsigned int i;

	for (i = 0; i < list->n; i++) {
		if (list->entry[i].at == at && list->entry[i].len == len)
			return &list->entry[i];
	}
	return NULL;
}

static inline void list_set(struct list *list, address at, unsigned int len, unsigned long value)
{
	struct entry *entry = list_get(list, at, len);

	if (!entry) {
		CHECK(list->n < 1024);
		entry = &list->entry[list->n++];
	}
	*entry = (struct entry){ .at = at, .len = len, .value = value };
}

static inline void list_del(struct list *list, address at, unsigned int len)
{
	struct entry *entry = list_get(list, at, len);

	if (entry)
		*entry = list->entry[--list->n];
}

/* The longest prefix that holds @at and is shorter than @len */
static inline const struct entry *list_lookup_shorter(const struct list *list, address at,
						      unsigned int len)
{
	const struct entry *best = NULL;
	unsigned int i;

	for (i = 0; i < list->n; i++) {
		if (list->entry[i].len < len && holds(&list->entry[i], at) &&
		    (!best || list->entry[i].len > best->len))
			best = &list->entry[i];
	}
	return best;
}

static inline const struct entry *list_lookup(const struct list *list, address at)
{
	return list_lookup_shorter(list, at, 129);
}

static inline int compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return (int)x->len - (int)y->len;
}

static inline struct op25b_lpm_match lookup(struct op25b_lpm lpm, bool ipv6, address at)
{
	return ipv6 ? op25b_lpm_lookup_ipv6(lpm, key_of(at)) :
		      op25b_lpm_lookup_ipv4(lpm, key_of(at));
}

static inline void check_lookup(struct op25b_lpm lpm, bool ipv6, address at,
				const struct entry *expected)
{
	struct op25b_lpm_match match = lookup(lpm, ipv6, at);

	CHECK(match.value == (expected ? expected->value : 0) &&
	      match.len == (expected ? expected->len : 0),
	      "%016llx %016llx: %lu/%u, not %lu/%u", (u64)(at >> 64), (u64)at,
	      match.value, match.len, expected ? expected->value : 0, expected ? expected->len : 0);
}

static inline void check_lookup_shorter(struct op25b_lpm lpm, const struct list *list, address at,
					unsigned int len)
{
	const struct entry *expected = list_lookup_shorter(list, at, len);
	struct op25b_lpm_match match = op25b_lpm_lookup_shorter(lpm, key_of(at), len);

	CHECK(match.value == (expected ? expected->value : 0) &&
	      match.len == (expected ? expected->len : 0),
	      "%016llx %016llx below /%u: %lu/%u", (u64)(at >> 64), (u64)at, len, match.value,
	      match.len);
}

/* The invariants of the tree that core/lpm.c states, and that no node is superfluous */

struct shape {
	unsigned int nodes;
	unsigned int prefixes;
	unsigned int fresh;
};

/* The path of @node, followed by zeros */
static inline address path_of(const struct op25b_lpm_node *node)
{
	if (!node->deep)
		return (address)node->hi << 64;
	return (address)(node->hi ^ OP25B_LPM_DEEP_HI) << 64 | *(const u64 *)(node + 1);
}

static inline void check_node(const struct op25b_lpm_node *node,
			      const struct op25b_lpm_node *parent, unsigned int i,
			      struct shape *shape)
{
	unsigned int child, n = 0;
	int start = node->start;
	address at, path;

	shape->nodes++;
	shape->prefixes += hweight64(node->internal);
	shape->fresh += node->fresh;
	CHECK(start >= -5 && start <= 127 && (start + 5) % 6 == 0, "start %d", start);
	CHECK(node->deep == (start > 58), "start %d", start);
	CHECK(node->deep || node->shift == 58 - start, "start %d", start);
	CHECK(hweight64(node->external) + hweight64(node->internal) <= node->room);
	CHECK(!(node->internal & 1));
	CHECK(node->internal || hweight64(node->external) > 1, "idle node, start %d", start);
	at = path_of(node);
	path = start > 0 ? mask(start) : 0;
	CHECK(!(at & ~path), "start %d", start);
	if (parent) {
		CHECK(start >= parent->start + 6);
		CHECK(parent->fresh || !node->fresh, "fresh below a node that is not");
		CHECK(op25b_lpm_index(key_of(at), parent->start) == i);
		at ^= path_of(parent);
		CHECK(!(at & (parent->start > 0 ? mask(parent->start) : 0)));
	}
	for (child = 0; child < 64; child++) {
		if (node->external >> child & 1)
			check_node((void *)op25b_lpm_slots(node)[n++], node, child, shape);
	}
}

static inline struct shape check_tree(struct op25b_lpm lpm)
{
	struct shape shape = { 0 };

	if (lpm.root)
		check_node(lpm.root, NULL, 0, &shape);
	return shape;
}

/* Walks */

struct walked {
	const struct entry *expected;	/* the entry to be visited next */
	unsigned int left;		/* the number of entries not yet visited */
	unsigned int stop;		/* end the walk at this visit; 0 for never */
	unsigned int visits;
};

static inline int visit(void *arg, struct op25b_key key, unsigned int len, unsigned long value)
{
	struct walked *walked = arg;

	CHECK(walked->left, "unexpected visit: %016llx %016llx/%u", key.hi, key.lo, len);
	CHECK(address_of(key) == walked->expected->at && len == walked->expected->len &&
	      value == walked->expected->value, "%016llx %016llx/%u", key.hi, key.lo, len);
	walked->expected++;
	walked->left--;
	return ++walked->visits == walked->stop ? 42 : 0;
}

#endif /* _NAIVE_H */
