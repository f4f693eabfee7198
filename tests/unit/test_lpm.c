// SPDX-License-Identifier: GPL-2.0
/*
 * core/lpm.c and core/garbage.c against a list that is searched from end to end, with random
 * prefixes and with those of the Internet, including changes, old versions and failing allocations
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/slab.h>

#include "check.h"
#include "lpm.h"
#include "naive.h"
#include "text.h"

/* The addresses that a test uses: they differ from @base in the @width bits from @bit on */
struct universe {
	bool ipv6;
	unsigned int bits;
	address base;
	unsigned int bit;
	unsigned int width;
};

/* The last address of a prefix. In an IPv4 address, the bits after the 32nd are zero. */
static address last_of(const struct universe *u, address at, unsigned int len)
{
	return at | (~mask(len) & mask(u->bits));
}

/* Walks */

/* Check that a walk from @at and @len on visits the @n entries at @expected. */
static void check_walk(struct op25b_lpm lpm, address at, unsigned int len,
		       const struct entry *expected, unsigned int n)
{
	struct walked walked = { .expected = expected, .left = n };

	CHECK(op25b_lpm_walk(lpm, key_of(at), len, visit, &walked) == 0);
	CHECK(!walked.left, "%u were not visited", walked.left);

	if (!n)
		return;
	walked = (struct walked){ .expected = expected, .left = n, .stop = 1 + chance_below(n) };
	CHECK(op25b_lpm_walk(lpm, key_of(at), len, visit, &walked) == 42);
	CHECK(walked.visits == walked.stop);
}

/* The index of the first entry of @sorted that is not before @at and @len */
static unsigned int lower_bound(const struct entry *sorted, unsigned int n, address at,
				unsigned int len)
{
	const struct entry entry = { .at = at, .len = len };
	unsigned int low = 0, high = n, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (compare(&sorted[middle], &entry) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Random input */

static address random_address(const struct universe *u)
{
	address at = (address)chance() << 64 | chance();
	address window = mask(u->bit + u->width > 128 ? 128 : u->bit + u->width) & ~mask(u->bit);

	return ((at & window) | (u->base & ~window)) & mask(u->bits);
}

static unsigned int random_len(const struct universe *u)
{
	unsigned int len = u->bit + chance_below(u->width + 2);

	if (!chance_below(8))
		len = chance_below(u->bits + 1);
	return len > u->bits ? u->bits : len;
}

static const struct entry *random_entry(const struct list *list)
{
	return list->n ? &list->entry[chance_below(list->n)] : NULL;
}

/* An address in a prefix of @list, at one of its ends, just outside of it, or anywhere */
static address random_probe(const struct universe *u, const struct list *list)
{
	const struct entry *entry = random_entry(list);
	address one = (address)1 << (128 - u->bits);

	if (!entry)
		return random_address(u);
	switch (chance_below(7)) {
	case 0:
		return entry->at;
	case 1:
		return last_of(u, entry->at, entry->len);
	case 2:
		return entry->at - one;
	case 3:
		return last_of(u, entry->at, entry->len) + one;
	case 4:
		return entry->at | (random_address(u) & ~mask(entry->len));
	case 5:
		return entry->at ^ (one << chance_below(u->bits));
	default:
		return random_address(u);
	}
}

/*
 * Check that lookups that begin in the table of jumps, or in a table without jumps, find the same, at
 * the edges of all entries.
 */
static void check_jumps(const struct universe *u, struct op25b_lpm lpm, const struct list *list)
{
	address one = (address)1 << (128 - u->bits);
	static const struct op25b_lpm_jump none[OP25B_LPM_JUMPS];
	struct op25b_lpm_jump jump[OP25B_LPM_JUMPS];
	const struct entry *expected;
	unsigned int i, j;

	op25b_lpm_jump_build(lpm, jump);
	for (i = 0; i < list->n; i++) {
		address first = list->entry[i].at, last = last_of(u, first, list->entry[i].len);
		address edges[] = { first, last, first - one, last + one };

		for (j = 0; j < 4; j++) {
			struct op25b_key key = key_of(edges[j]);
			unsigned long value = u->ipv6 ? op25b_lpm_jump_lookup_ipv6(jump, key) :
							op25b_lpm_jump_lookup_ipv4(jump, key);

			expected = list_lookup(list, edges[j]);
			CHECK(value == (expected ? expected->value : 0));
			CHECK(op25b_lpm_either_lookup(NULL, jump, key, u->ipv6) == value);
			CHECK(op25b_lpm_either_lookup(&lpm, none, key, u->ipv6) == value);
		}
	}
}

/* Check that @lpm has the entries of @list, and finds and walks them alike. */
static void check_same(const struct universe *u, struct op25b_lpm lpm, struct list *list)
{
	address at, one = (address)1 << (128 - u->bits);
	struct shape shape = check_tree(lpm);
	unsigned int i, len, first;
	struct list sorted;

	CHECK(shape.prefixes == list->n, "%u, not %u", shape.prefixes, list->n);
	CHECK(!list->n == !lpm.root);
	for (i = 0; i < list->n; i++) {
		const struct entry *entry = &list->entry[i];

		CHECK(op25b_lpm_get(lpm, key_of(entry->at), entry->len) == entry->value);
		at = last_of(u, entry->at, entry->len);
		check_lookup(lpm, u->ipv6, entry->at, list_lookup(list, entry->at));
		check_lookup(lpm, u->ipv6, at, list_lookup(list, at));
		check_lookup(lpm, u->ipv6, entry->at - one, list_lookup(list, entry->at - one));
		check_lookup(lpm, u->ipv6, at + one, list_lookup(list, at + one));
		check_lookup_shorter(lpm, list, at, entry->len);
	}
	check_jumps(u, lpm, list);
	for (i = 0; i < 20; i++) {
		at = random_probe(u, list);
		check_lookup(lpm, u->ipv6, at, list_lookup(list, at));
		len = random_len(u);
		check_lookup_shorter(lpm, list, at, len);
		at &= mask(len);
		CHECK(op25b_lpm_get(lpm, key_of(at), len) ==
		      (list_get(list, at, len) ? list_get(list, at, len)->value : 0));
	}

	sorted = *list;
	qsort(sorted.entry, sorted.n, sizeof(sorted.entry[0]), compare);
	check_walk(lpm, 0, 0, sorted.entry, sorted.n);
	for (i = 0; i < 12; i++) {
		at = random_probe(u, list);
		len = random_len(u);
		if (i < 8 && list->n) {
			/* as a dump does: resume at an entry, or after it */
			at = random_entry(list)->at;
			len = list_lookup(list, at)->len + (i & 1);
		}
		len = i == 11 ? 129 : len;
		first = lower_bound(sorted.entry, sorted.n, at, len);
		check_walk(lpm, at, len, sorted.entry + first, sorted.n - first);
	}
}

/* Changes */

struct op {
	address at;
	unsigned int len;
	unsigned long value;	/* 0 to delete */
};

static struct op random_op(const struct universe *u, const struct list *list, unsigned int grow)
{
	const struct entry *entry = random_entry(list);
	struct op op = { .len = random_len(u), .value = chance() | 1 };

	op.at = random_address(u) & mask(op.len);
	if (entry && chance_below(100) >= grow) {
		/* delete an existing entry, or replace its value */
		op.at = entry->at;
		op.len = entry->len;
		if (chance_below(4))
			op.value = 0;
	} else if (!chance_below(10)) {
		op.value = 0;	/* delete an entry that most likely does not exist */
	} else if (entry && !chance_below(3)) {
		/* set one next to or within an existing one */
		op.at = entry->at ^ ((address)1 << (128 - 1 - chance_below(u->bits)));
		op.at &= mask(op.len);
	}
	return op;
}

static int lpm_apply(struct op25b_lpm *lpm, struct op25b_garbage *garbage,
		     struct op25b_lpm_hint *hint, const struct op *op)
{
	unsigned long old;
	int err;

	if (op->value & 1) {
		err = op25b_lpm_add(lpm, hint, garbage, key_of(op->at), op->len, op->value, &old);
		if (err || !old)
			return err;
		/* it is there, and only op25b_lpm_set() replaces its value */
	}
	hint->link = NULL;
	if (op->value)
		return op25b_lpm_set(lpm, garbage, key_of(op->at), op->len, op->value);
	return op25b_lpm_del(lpm, garbage, key_of(op->at), op->len);
}

static void list_apply(struct list *list, const struct op *op)
{
	if (op->value)
		list_set(list, op->at, op->len, op->value);
	else
		list_del(list, op->at, op->len);
}

/* Versions: readers may still hold the last few. */

#define VERSIONS 5

struct version {
	struct op25b_lpm lpm;
	struct op25b_garbage garbage;	/* the nodes that the next version replaced */
	struct list list;
};

struct history {
	struct universe u;
	unsigned int n;
	struct version version[VERSIONS];
};

static struct version *newest(struct history *history)
{
	return &history->version[history->n - 1];
}

/* End the grace period of the oldest version, which has to be unchanged up to now. */
static void retire_oldest(struct history *history)
{
	struct version *oldest = &history->version[0];

	check_same(&history->u, oldest->lpm, &oldest->list);
	op25b_garbage_free(&oldest->garbage);
	memmove(oldest, oldest + 1, --history->n * sizeof(*oldest));
}

static void history_start(struct history *history, struct universe u)
{
	CHECK(shim_slab.live == 0);
	memset(history, 0, sizeof(*history));
	history->u = u;
	history->n = 1;
}

static void history_end(struct history *history)
{
	while (history->n > 1)
		retire_oldest(history);
	check_same(&history->u, newest(history)->lpm, &newest(history)->list);
	op25b_lpm_free(newest(history)->lpm);
	CHECK(shim_slab.live == 0, "%ld allocations leaked", shim_slab.live);
}

/* Make a change of @n operations, and publish or discard it. */
static void history_change(struct history *history, unsigned int n, unsigned int grow, bool publish)
{
	struct version *old = newest(history), *new = old + 1;
	struct op25b_garbage garbage = { 0 };
	struct op25b_lpm_hint hint = { NULL };
	struct op25b_lpm lpm = old->lpm;
	struct list list = old->list;
	long live = shim_slab.live;
	struct op op;

	while (n--) {
		op = random_op(&history->u, &list, grow);
		CHECK(lpm_apply(&lpm, &garbage, &hint, &op) == 0);
		list_apply(&list, &op);
		CHECK(op25b_lpm_get(lpm, key_of(op.at), op.len) == op.value);
		check_lookup(lpm, history->u.ipv6, op.at, list_lookup(&list, op.at));
	}
	if (!publish) {
		check_same(&history->u, lpm, &list);
		op25b_lpm_discard(lpm);
		op25b_garbage_forget(&garbage);
		CHECK(shim_slab.live == live, "%ld more than before", shim_slab.live - live);
		CHECK(check_tree(old->lpm).fresh == 0);
		return;
	}
	op25b_lpm_seal(lpm);
	CHECK(check_tree(lpm).fresh == 0);
	if (history->n == VERSIONS) {
		retire_oldest(history);
		old--;
		new--;
	}
	old->garbage = garbage;
	new->lpm = lpm;
	new->list = list;
	new->garbage = (struct op25b_garbage){ 0 };
	history->n++;
}

static void play(struct universe u, unsigned int rounds, unsigned int size)
{
	static struct history history;
	unsigned int i, grow;

	history_start(&history, u);
	for (i = 0; i < rounds; i++) {
		grow = newest(&history)->list.n < size ? 80 : 20;
		if (i > rounds * 3 / 4)
			grow = 0;
		history_change(&history, 1 + (chance_below(3) ? 0 : chance_below(60)), grow,
			       chance_below(4));
		if (!chance_below(8))
			check_same(&history.u, newest(&history)->lpm, &newest(&history)->list);
	}
	history_end(&history);
}

static struct universe universe(bool ipv6, unsigned int bit, unsigned int width)
{
	struct universe u = { .ipv6 = ipv6, .bits = ipv6 ? 128 : 32, .bit = bit, .width = width };

	u.base = (address)chance() << 64 | chance();
	if (!chance_below(4))
		u.base = chance() & 1 ? 0 : ~(address)0;
	u.base &= mask(u.bits);
	return u;
}

static void test_random_ipv4(void **state)
{
	unsigned int bit;

	(void)state;
	for (bit = 0; bit <= 25; bit += 5)
		play(universe(false, bit, 7), 120, 40);
	play(universe(false, 0, 32), 120, 120);
	play(universe(false, 14, 18), 120, 200);
}

static void test_random_ipv6(void **state)
{
	unsigned int bit;

	(void)state;
	for (bit = 0; bit <= 121; bit += 11)
		play(universe(true, bit, 7), 120, 40);
	/* across the two halves of a key, with every start there */
	for (bit = 50; bit < 70; bit += 2)
		play(universe(true, bit, 8), 60, 40);
	play(universe(true, 0, 128), 120, 120);
	play(universe(true, 20, 44), 120, 200);
}

/*
 * Prefixes of all lengths, each within the previous one. An address that differs from @at first in
 * bit n is in the prefixes of up to n bits.
 */
static void nest(struct op25b_lpm *lpm, struct op25b_garbage *garbage, bool ipv6, address at)
{
	unsigned int bits = ipv6 ? 128 : 32, len, i;
	struct op25b_lpm_match shorter;
	struct entry expected;

	at &= mask(bits);
	for (i = 0; i <= bits; i++) {
		/* each length once, but not in order */
		len = i * 50 % (bits + 1);
		CHECK(op25b_lpm_set(lpm, garbage, key_of(at & mask(len)), len, 1000 + len) == 0);
	}
	for (len = 0; len <= bits; len++) {
		CHECK(op25b_lpm_get(*lpm, key_of(at & mask(len)), len) == 1000 + len);
		expected = (struct entry){ .len = len, .value = 1000 + len };
		check_lookup(*lpm, ipv6, len < bits ? at ^ ((address)1 << (127 - len)) : at,
			     &expected);
		shorter = op25b_lpm_lookup_shorter(*lpm, key_of(at), len + 1);
		CHECK(shorter.value == 1000 + len && shorter.len == len);
	}
	CHECK(check_tree(*lpm).prefixes == bits + 1);
	for (len = bits; len > 0; len--) {
		CHECK(op25b_lpm_del(lpm, garbage, key_of(at & mask(len)), len) == 0);
		CHECK(op25b_lpm_get(*lpm, key_of(at & mask(len)), len) == 0);
		expected = (struct entry){ .len = len - 1, .value = 1000 + len - 1 };
		check_lookup(*lpm, ipv6, at, &expected);
		CHECK(check_tree(*lpm).prefixes == len);
	}
	check_lookup(*lpm, ipv6, ~at & mask(bits), &expected);
	CHECK(op25b_lpm_del(lpm, garbage, key_of(0), 0) == 0);
	CHECK(!lpm->root);
	check_lookup(*lpm, ipv6, at, NULL);
}

static void test_nested(void **state)
{
	struct op25b_garbage garbage = { 0 };
	struct op25b_lpm lpm = { 0 };
	unsigned int i;

	(void)state;
	for (i = 0; i < 40; i++) {
		nest(&lpm, &garbage, i & 1, i < 2 ? 0 : i < 4 ? ~(address)0 :
		     (address)chance() << 64 | chance());
		CHECK(!garbage.head);	/* all nodes are fresh: nothing was published */
		CHECK(shim_slab.live == 0);
	}
}

/* Nodes with all 63 prefixes and all 64 children, at every start */
static void test_full_nodes(void **state)
{
	struct op25b_garbage garbage = { 0 };
	struct op25b_lpm lpm = { 0 };
	address base, at, one;
	unsigned int len, i, value;
	struct entry expected;
	int start;

	(void)state;
	for (start = 1; start <= 121; start += 6) {
		base = ((address)chance() << 64 | chance()) & mask(start);
		one = (address)1 << (128 - start - 6);
		for (value = 0; value < 2; value++) {
			for (len = start; len <= (unsigned int)start + 6; len++) {
				for (i = 0; i < 1U << (len - start); i++) {
					at = base | ((address)i << (128 - len));
					CHECK(op25b_lpm_set(&lpm, &garbage, key_of(at), len,
							    1 + value + len) == 0);
				}
			}
			CHECK(check_tree(lpm).prefixes == 127 && check_tree(lpm).nodes == 65);
			for (i = 0; i < 64; i++) {
				expected.len = start + 6;
				expected.value = 1 + value + start + 6;
				check_lookup(lpm, true, base + i * one, &expected);
				check_lookup(lpm, true, base + i * one + one - 1, &expected);
			}
			check_lookup(lpm, true, base - 1, NULL);
			check_lookup(lpm, true, base + 64 * one, NULL);
		}
		for (len = start + 6; len >= (unsigned int)start; len--) {
			for (i = 0; i < 1U << (len - start); i++) {
				at = base | ((address)i << (128 - len));
				CHECK(op25b_lpm_del(&lpm, &garbage, key_of(at), len) == 0);
				expected.len = len - 1;
				expected.value = 2 + len - 1;
				check_lookup(lpm, true, at,
					     len == (unsigned int)start ? NULL : &expected);
			}
		}
		CHECK(!lpm.root && !garbage.head && shim_slab.live == 0);
	}
}

static void test_empty(void **state)
{
	struct op25b_garbage garbage = { 0 };
	struct op25b_lpm lpm = { 0 };
	struct walked walked = { 0 };

	(void)state;
	check_lookup(lpm, false, 0, NULL);
	check_lookup(lpm, true, ~(address)0, NULL);
	CHECK(op25b_lpm_get(lpm, key_of(0), 0) == 0);
	CHECK(op25b_lpm_get(lpm, key_of(0), 128) == 0);
	CHECK(op25b_lpm_del(&lpm, &garbage, key_of(0), 0) == 0);
	CHECK(op25b_lpm_walk(lpm, key_of(0), 0, visit, &walked) == 0);
	op25b_lpm_seal(lpm);
	op25b_lpm_discard(lpm);
	op25b_lpm_free(lpm);
	op25b_garbage_forget(&garbage);
	op25b_garbage_free(&garbage);
	CHECK(!lpm.root && !garbage.head && shim_slab.live == 0);
}

/* If any allocation of a change fails, nothing leaks, and the previous version is unchanged. */
static void fail_everywhere(struct universe u, unsigned int size, unsigned int ops)
{
	struct op25b_lpm_hint hint = { NULL };
	struct op25b_garbage garbage = { 0 };
	struct op25b_lpm lpm = { 0 }, next;
	struct list list = { 0 }, changed;
	unsigned long needed, n;
	struct op op[128];
	unsigned int i;
	long live;
	int err;

	CHECK(shim_slab.live == 0 && ops <= 128);
	while (list.n < size) {
		op[0] = random_op(&u, &list, 100);
		CHECK(lpm_apply(&lpm, &garbage, &hint, &op[0]) == 0);
		list_apply(&list, &op[0]);
	}
	op25b_lpm_seal(lpm);
	changed = list;
	for (i = 0; i < ops; i++) {
		op[i] = random_op(&u, &changed, 50);
		list_apply(&changed, &op[i]);
	}

	live = shim_slab.live;
	for (n = 1;; n++) {
		shim_slab_fail(n, chance() & 1);
		next = lpm;
		hint.link = NULL;
		for (err = 0, i = 0; i < ops && !err; i++)
			err = lpm_apply(&next, &garbage, &hint, &op[i]);
		needed = shim_slab.calls;
		shim_slab_fail(0, false);
		CHECK(err == (needed < n ? 0 : -ENOMEM), "%d", err);
		if (!err)
			break;
		op25b_lpm_discard(next);
		op25b_garbage_forget(&garbage);
		CHECK(shim_slab.live == live, "%ld more than before", shim_slab.live - live);
		CHECK(check_tree(lpm).fresh == 0);
		check_same(&u, lpm, &list);
	}
	CHECK(n > 1);
	op25b_lpm_seal(next);
	check_same(&u, lpm, &list);
	check_same(&u, next, &changed);
	op25b_garbage_free(&garbage);
	check_same(&u, next, &changed);
	op25b_lpm_free(next);
	CHECK(shim_slab.live == 0);
}

static void test_out_of_memory(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 12; i++) {
		fail_everywhere(universe(false, 5 * (i % 6), 7), 20, 1 + i);
		fail_everywhere(universe(true, 11 * i, 7), 20, 1 + i);
	}
	/* more than one chunk of garbage */
	fail_everywhere(universe(false, 0, 32), 150, 100);
	fail_everywhere(universe(true, 30, 60), 150, 100);
}

/* op25b_lpm_clear() in a change, before and after other operations, published or discarded */
static void test_clear(void **state)
{
	struct op25b_lpm_hint hint = { NULL };
	struct op25b_garbage garbage = { 0 };
	struct op25b_lpm lpm = { 0 }, next;
	struct list list = { 0 }, changed;
	unsigned int i, round;
	unsigned long n;
	struct universe u;
	struct op op;
	long live;
	int err;

	(void)state;
	CHECK(op25b_lpm_clear(&lpm, &garbage) == 0 && !lpm.root && !garbage.head);
	for (round = 0; round < 20; round++) {
		hint.link = NULL;
		u = universe(round & 1, chance_below(20), 20);
		while (list.n < 60) {
			op = random_op(&u, &list, 100);
			CHECK(lpm_apply(&lpm, &garbage, &hint, &op) == 0);
			list_apply(&list, &op);
		}
		op25b_lpm_seal(lpm);
		live = shim_slab.live;

		for (n = 1;; n++) {
			next = lpm;
			hint.link = NULL;
			for (i = 0; i < round; i++) {
				op = random_op(&u, &list, 50);
				CHECK(lpm_apply(&next, &garbage, &hint, &op) == 0);
			}
			shim_slab_fail(n, chance() & 1);
			err = op25b_lpm_clear(&next, &garbage);
			CHECK(err == (shim_slab.calls < n ? 0 : -ENOMEM));
			shim_slab_fail(0, false);
			if (!err)
				break;
			op25b_lpm_discard(next);
			op25b_garbage_forget(&garbage);
			CHECK(shim_slab.live == live);
			check_same(&u, lpm, &list);
		}
		CHECK(!next.root);
		memset(&changed, 0, sizeof(changed));
		hint.link = NULL;
		for (i = 0; i < 10; i++) {
			op = random_op(&u, &changed, 100);
			CHECK(lpm_apply(&next, &garbage, &hint, &op) == 0);
			list_apply(&changed, &op);
		}
		check_same(&u, lpm, &list);
		check_same(&u, next, &changed);
		if (round % 4 == 3) {
			op25b_lpm_discard(next);
			op25b_garbage_forget(&garbage);
			CHECK(shim_slab.live == live);
			check_same(&u, lpm, &list);
			op25b_lpm_free(lpm);
		} else {
			op25b_lpm_seal(next);
			op25b_garbage_free(&garbage);
			check_same(&u, next, &changed);
			op25b_lpm_free(next);
		}
		CHECK(shim_slab.live == 0);
		lpm.root = NULL;
		list.n = 0;
	}
}

/* What op25b_lpm_del_if() is to delete: the prefixes of an owner, who is part of their values */
struct owned {
	unsigned int owner;
	unsigned int chosen;
};

static unsigned int owner_of(unsigned long value)
{
	return value >> 1 & 3;
}

static bool choose_owned(void *arg, unsigned long value)
{
	struct owned *owned = arg;

	if (owner_of(value) != owned->owner)
		return false;
	owned->chosen++;
	return true;
}

/* Delete the prefixes of an owner from @list, and set @first and @last to the range they were in. */
static unsigned int list_del_owned(struct list *list, unsigned int owner, struct op25b_key *first,
				   struct op25b_key *last)
{
	unsigned int i, n = 0;

	*first = key_of(~(address)0);
	*last = key_of(0);
	for (i = 0; i < list->n;) {
		struct entry *entry = &list->entry[i];

		if (owner_of(entry->value) != owner) {
			i++;
			continue;
		}
		if (entry->at < address_of(*first))
			*first = key_of(entry->at);
		if (entry->at > address_of(*last))
			*last = key_of(entry->at);
		list_del(list, entry->at, entry->len);
		n++;
	}
	return n;
}

/* A table with @size prefixes in which nothing is fresh */
static struct op25b_lpm random_table(const struct universe *u, struct list *list, unsigned int size)
{
	struct op25b_lpm_hint hint = { NULL };
	struct op25b_garbage garbage = { 0 };
	struct op25b_lpm lpm = { 0 };
	struct op op;

	list->n = 0;
	while (list->n < size) {
		op = random_op(u, list, 100);
		CHECK(lpm_apply(&lpm, &garbage, &hint, &op) == 0);
		list_apply(list, &op);
	}
	op25b_lpm_seal(lpm);
	return lpm;
}

/*
 * op25b_lpm_del_if() in a change, after other operations, if @fresh in nodes that are all fresh; with
 * each allocation failing in turn, and then published or discarded
 */
static void del_if(const struct universe *u, unsigned int size, unsigned int ops, bool fresh)
{
	struct op25b_lpm_hint hint = { NULL };
	struct op25b_garbage garbage = { 0 };
	struct op25b_key first, last;
	struct op25b_lpm lpm, next;
	struct list list, changed;
	unsigned int i, n;
	struct owned owned;
	unsigned long at;
	struct op op;
	long live;
	int err;

	CHECK(shim_slab.live == 0);
	lpm = random_table(u, &list, fresh ? 0 : size);
	live = shim_slab.live;
	for (at = 1;; at++) {
		next = lpm;
		changed = list;
		hint.link = NULL;
		for (i = 0; i < (fresh ? size : ops); i++) {
			op = random_op(u, &changed, fresh ? 100 : 50);
			CHECK(lpm_apply(&next, &garbage, &hint, &op) == 0);
			list_apply(&changed, &op);
		}
		owned = (struct owned){ .owner = chance_below(4) };
		n = list_del_owned(&changed, owned.owner, &first, &last);
		if (!chance_below(3))
			first = key_of(0);
		if (!chance_below(3))
			last = key_of(mask(u->bits));
		shim_slab_fail(at, chance() & 1);
		err = op25b_lpm_del_if(&next, &garbage, first, last, choose_owned, &owned);
		CHECK(err == (shim_slab.calls < at ? 0 : -ENOMEM));
		/* with nothing but fresh nodes, nothing is allocated */
		CHECK(!fresh || !shim_slab.calls);
		shim_slab_fail(0, false);
		CHECK(owned.chosen <= n);
		if (!err)
			break;
		op25b_lpm_discard(next);
		op25b_garbage_forget(&garbage);
		CHECK(shim_slab.live == live, "%ld more", shim_slab.live - live);
		CHECK(check_tree(lpm).fresh == 0);
		check_same(u, lpm, &list);
	}
	CHECK(owned.chosen == n, "%u, not %u", owned.chosen, n);
	check_same(u, lpm, &list);
	check_same(u, next, &changed);
	if (!chance_below(3)) {
		op25b_lpm_discard(next);
		op25b_garbage_forget(&garbage);
		CHECK(shim_slab.live == live);
		check_same(u, lpm, &list);
		op25b_lpm_free(lpm);
	} else {
		op25b_lpm_seal(next);
		op25b_garbage_free(&garbage);
		check_same(u, next, &changed);
		op25b_lpm_free(next);
	}
	CHECK(shim_slab.live == 0);
}

static void test_del_if(void **state)
{
	struct op25b_garbage garbage = { 0 };
	struct owned owned = { 0 };
	struct op25b_lpm lpm = { 0 };
	struct universe u;
	unsigned int i;

	(void)state;
	CHECK(op25b_lpm_del_if(&lpm, &garbage, key_of(0), key_of(~(address)0), choose_owned, &owned) ==
	      0);
	CHECK(!lpm.root && !owned.chosen);
	for (i = 0; i < 60; i++) {
		u = universe(i & 1, chance_below(i & 1 ? 120 : 28), 4 + chance_below(20));
		del_if(&u, 1 + chance_below(60), chance_below(20), i % 4 == 3);
	}
	u = universe(false, 0, 32);
	del_if(&u, 300, 0, false);
	u = universe(true, 0, 128);
	del_if(&u, 300, 30, false);
}

/* A table of @n IPv4 addresses from @at on, all of the same owner, in which nothing is fresh */
static void add_addresses(struct op25b_lpm *lpm, struct op25b_garbage *garbage, address at,
			  unsigned int n)
{
	struct op25b_lpm_hint hint = { NULL };
	unsigned long old;

	while (n--) {
		CHECK(op25b_lpm_add(lpm, &hint, garbage, key_of(at), 32, 1, &old) == 0 && !old);
		at += (address)1 << 96;
	}
	op25b_lpm_seal(*lpm);
}

static address ipv4(unsigned int a, unsigned int b, unsigned int c, unsigned int d)
{
	return (address)(a << 24 | b << 16 | c << 8 | d) << 96;
}

/* Delete the addresses from @first to @last, and return the number of nodes that were visited. */
static unsigned long cost_of_del_if(struct op25b_lpm *lpm, struct op25b_garbage *garbage,
				    address first, address last, unsigned int n)
{
	struct owned owned = { .owner = 0 };
	unsigned long before = shim_loops;

	shim_slab_fail(0, false);
	CHECK(op25b_lpm_del_if(lpm, garbage, key_of(first), key_of(last), choose_owned, &owned) == 0);
	CHECK(owned.chosen == n, "%u, not %u", owned.chosen, n);
	op25b_lpm_seal(*lpm);
	return shim_loops - before;
}

/* Only nodes at and between the ends of the range are visited, and only what remains is copied. */
static void test_cost_of_del_if(void **state)
{
	struct op25b_garbage garbage = { 0 };
	struct op25b_lpm lpm = { 0 };
	unsigned int i, n = 4096;
	struct shape shape;
	unsigned long cost;
	address at;

	(void)state;
	/* ranges of 16 addresses, in no particular order */
	add_addresses(&lpm, &garbage, ipv4(0, 0, 0, 0), 16 * n);
	for (i = 0; i < n; i++) {
		at = ipv4(0, 0, 0, 0) + ((address)(i * 7 % n) << 100);
		cost = cost_of_del_if(&lpm, &garbage, at, at + ((address)15 << 96), 16);
		CHECK(cost < 20, "%lu", cost);
		op25b_garbage_free(&garbage);
	}
	CHECK(!lpm.root && shim_slab.live == 0);

	/* nodes before and behind it, for the same six bits as an end of it */
	add_addresses(&lpm, &garbage, ipv4(10, 0, 0, 0), 64);
	add_addresses(&lpm, &garbage, ipv4(10, 0, 255, 255), 1);
	cost = cost_of_del_if(&lpm, &garbage, ipv4(10, 0, 16, 0), ipv4(10, 0, 255, 255), 1);
	CHECK(cost < 5, "%lu", cost);
	add_addresses(&lpm, &garbage, ipv4(10, 0, 255, 192), 64);
	cost = cost_of_del_if(&lpm, &garbage, ipv4(10, 0, 224, 0), ipv4(10, 0, 239, 0), 0);
	CHECK(cost < 5, "%lu", cost);
	op25b_garbage_free(&garbage);

	/* nothing remains: nothing is copied, and 30 nodes fit in a chunk of garbage */
	shape = check_tree(lpm);
	cost_of_del_if(&lpm, &garbage, ipv4(0, 0, 0, 0), ~(address)0, 128);
	CHECK(!lpm.root && shim_slab.calls == (shape.nodes + 29) / 30);
	op25b_garbage_free(&garbage);
	CHECK(shim_slab.live == 0);
}

/* The prefixes of the Internet: a sorted array with the index of the prefix that holds each */

struct world {
	struct universe u;
	struct entry *sorted;
	unsigned int *around;	/* index of the next shorter prefix around it, plus 1; 0: none */
	unsigned int n;
};

static const char *geo_dir;

static void world_load(struct world *world, bool ipv6)
{
	struct text_prefix text;
	unsigned int i, n = 0, kept = 0, room = 1 << 21;
	char name[256], line[256];
	struct entry *entry;
	FILE *file;

	memset(world, 0, sizeof(*world));
	world->u = universe(ipv6, 0, ipv6 ? 64 : 32);
	snprintf(name, sizeof(name), "%s/ipv%c", geo_dir, ipv6 ? '6' : '4');
	file = fopen(name, "r");
	CHECK(file, "%s: %s; make check-unit builds it", name, strerror(errno));

	entry = calloc(room, sizeof(*entry));
	while (fgets(line, sizeof(line), file)) {
		CHECK(n + 1 < room);
		text = text_prefix(line);
		CHECK(text.ipv6 == ipv6, "%s: %s", name, line);
		entry[n].at = (address)text.hi << 64 | text.lo;
		entry[n++].len = text.len;
		/* the prefixes of the file do not overlap: add shorter ones around some of them */
		if (n % 16 == 0) {
			entry[n].len = text.len - chance_below(text.len + 1) / 2;
			entry[n].at = entry[n - 1].at & mask(entry[n].len);
			n++;
		}
	}
	CHECK(feof(file));
	fclose(file);
	CHECK(n > 100000, "%s: only %u prefixes", name, n);

	qsort(entry, n, sizeof(*entry), compare);
	for (i = 0; i < n; i++) {
		if (!kept || compare(&entry[kept - 1], &entry[i]))
			entry[kept++] = entry[i];
	}
	world->n = kept;
	world->sorted = entry;
	world->around = calloc(kept, sizeof(*world->around));
	for (i = 0; i < kept; i++) {
		entry[i].value = i + 1;
		n = i;
		while (n && !holds(&entry[n - 1], entry[i].at))
			n = world->around[n - 1];
		world->around[i] = n;
	}
}

static const struct entry *world_lookup(const struct world *world, address at)
{
	unsigned int i = lower_bound(world->sorted, world->n, at, 129);

	while (i && !holds(&world->sorted[i - 1], at))
		i = world->around[i - 1];
	return i ? &world->sorted[i - 1] : NULL;
}

static void check_world_lookup(const struct world *world, struct op25b_lpm lpm, address at)
{
	check_lookup(lpm, world->u.ipv6, at, world_lookup(world, at));
}

static void play_world(bool ipv6)
{
	const struct entry *entry, *expected;
	struct op25b_garbage garbage = { 0 };
	struct op25b_lpm lpm = { 0 }, next;
	unsigned int i, j, *order, around;
	struct world world;
	struct shape shape;
	address one, at;
	long live;

	CHECK(shim_slab.live == 0);
	world_load(&world, ipv6);
	one = (address)1 << (128 - world.u.bits);
	order = calloc(world.n, sizeof(*order));
	for (i = 0; i < world.n; i++) {
		j = chance_below(i + 1);
		order[i] = order[j];
		order[j] = i;
	}
	for (i = 0; i < world.n; i++) {
		entry = &world.sorted[order[i]];
		CHECK(op25b_lpm_set(&lpm, &garbage, key_of(entry->at), entry->len,
				    entry->value) == 0);
	}
	CHECK(!garbage.head);
	op25b_lpm_seal(lpm);
	shape = check_tree(lpm);
	CHECK(shape.prefixes == world.n && !shape.fresh);
	CHECK(shape.nodes == shim_slab.live);
	print_message("%u prefixes of IPv%c in %u nodes\n", world.n, ipv6 ? '6' : '4', shape.nodes);

	for (i = 0; i < world.n; i++) {
		entry = &world.sorted[i];
		CHECK(op25b_lpm_get(lpm, key_of(entry->at), entry->len) == entry->value);
		at = last_of(&world.u, entry->at, entry->len);
		check_world_lookup(&world, lpm, entry->at);
		check_world_lookup(&world, lpm, at);
		if (i % 4)
			continue;
		check_world_lookup(&world, lpm, entry->at - one);
		check_world_lookup(&world, lpm, at + one);
	}
	for (i = 0; i < 300000; i++) {
		entry = &world.sorted[chance_below(world.n)];
		at = ((address)chance() << 64 | chance()) & mask(world.u.bits);
		if (i & 1)
			at = entry->at | (at & ~mask(entry->len - chance_below(5) % entry->len));
		check_world_lookup(&world, lpm, at);
	}
	check_walk(lpm, 0, 0, world.sorted, world.n);
	for (i = 0; i < 10; i++) {
		j = chance_below(world.n);
		check_walk(lpm, world.sorted[j].at, world.sorted[j].len, world.sorted + j,
			   world.n - j);
	}

	/* as sessions that begin and end: each change of one prefix is a version of its own */
	for (i = 0; i < 20000; i++) {
		entry = &world.sorted[order[i]];
		around = world.around[order[i]];
		expected = world_lookup(&world, entry->at);
		if (expected == entry)
			expected = around ? &world.sorted[around - 1] : NULL;
		next = lpm;
		live = shim_slab.live;
		CHECK(op25b_lpm_del(&next, &garbage, key_of(entry->at), entry->len) == 0);
		/* only the nodes of one path are copied */
		CHECK(shim_slab.live - live <= 25);
		op25b_lpm_seal(next);
		check_lookup(next, ipv6, entry->at, expected);
		check_world_lookup(&world, lpm, entry->at);
		op25b_garbage_free(&garbage);
		lpm = next;
		CHECK(op25b_lpm_set(&next, &garbage, key_of(entry->at), entry->len,
				    entry->value) == 0);
		op25b_lpm_seal(next);
		check_lookup(lpm, ipv6, entry->at, expected);
		op25b_garbage_free(&garbage);
		lpm = next;
		check_world_lookup(&world, lpm, entry->at);
	}
	check_walk(lpm, 0, 0, world.sorted, world.n);
	CHECK(check_tree(lpm).nodes == shape.nodes);
	CHECK(shape.nodes == shim_slab.live);

	op25b_lpm_free(lpm);
	CHECK(shim_slab.live == 0);
	free(order);
	free(world.around);
	free(world.sorted);
}

static void test_slow_world_ipv4(void **state)
{
	(void)state;
	play_world(false);
}

static void test_slow_world_ipv6(void **state)
{
	(void)state;
	play_world(true);
}

/* The folder with the files ipv4 and ipv6 is the argument, OP25B_GEO, or build/geo. */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_full_nodes),
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test(test_random_ipv4),
		cmocka_unit_test(test_random_ipv6),
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_del_if),
		cmocka_unit_test(test_cost_of_del_if),
		cmocka_unit_test(test_slow_world_ipv4),
		cmocka_unit_test(test_slow_world_ipv6),
	};

	geo_dir = argc > 1 ? argv[1] : getenv("OP25B_GEO");
	if (!geo_dir)
		geo_dir = "build/geo";
	return CHECK_RUN("lpm", tests);
}
