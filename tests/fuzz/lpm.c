// SPDX-License-Identifier: GPL-2.0
/*
 * core/lpm.c and core/garbage.c against a naive implementation, including changes, old versions and
 * failing allocations
 *
 * Input: one byte, odd for IPv6, then operations of STEP bytes: the action, the length of the
 * prefix, the index of an earlier prefix, the position from which on the new one differs from it,
 * and the 16 bits that it differs by. A few bytes make neighbours, parents and children of others.
 */
#include <string.h>

#include <linux/slab.h>

#include "fuzz.h"
#include "naive.h"

#define STEP		6
#define STEPS_MAX	100
#define VERSIONS	4

enum { SET, ADD, DEL, LOOKUP, WALK, CLEAR, RUN_OUT, PUBLISH, DISCARD, ACTIONS };

/* A version of the table, and a list with the same entries */
struct version {
	struct op25b_lpm lpm;
	struct op25b_garbage garbage;	/* the nodes that the next version replaced */
	struct list list;
};

struct game {
	bool ipv6;
	unsigned int bits;
	address used[STEPS_MAX];
	unsigned int uses;
	unsigned int n;			/* of versions; the last one is the change under way */
	struct version version[VERSIONS];
	struct op25b_lpm_hint hint;
	struct op25b_lpm_jump jump[OP25B_LPM_JUMPS];
};

static void check_jump_lookup(struct game *game, address at, const struct entry *expected)
{
	unsigned long value = game->ipv6 ? op25b_lpm_jump_lookup_ipv6(game->jump, key_of(at)) :
					   op25b_lpm_jump_lookup_ipv4(game->jump, key_of(at));

	CHECK(value == (expected ? expected->value : 0), "%lu", value);
}

static void check_walk(const struct version *version, address at, unsigned int len)
{
	const struct entry from = { .at = at, .len = len };
	struct list sorted = version->list;
	struct walked walked = { .expected = sorted.entry };
	unsigned int i;

	qsort(sorted.entry, sorted.n, sizeof(sorted.entry[0]), compare);
	for (i = 0; i < sorted.n && compare(&sorted.entry[i], &from) < 0; i++)
		walked.expected++;
	walked.left = sorted.n - i;
	CHECK(op25b_lpm_walk(version->lpm, key_of(at), len, visit, &walked) == 0);
	CHECK(!walked.left, "%u were not visited", walked.left);
}

/* Check that the version has the entries of its list, and finds and walks them alike. */
static void check_same(struct game *game, const struct version *version)
{
	address at, edges[4], one = (address)1 << (game->ipv6 ? 0 : 96);
	struct list list = version->list;
	const struct entry *entry;
	unsigned int i, j;

	CHECK(check_tree(version->lpm).prefixes == list.n);
	op25b_lpm_jump_build(version->lpm, game->jump);
	for (i = 0; i < list.n; i++) {
		at = list.entry[i].at;
		CHECK(op25b_lpm_get(version->lpm, key_of(at), list.entry[i].len) ==
		      list.entry[i].value);
		edges[0] = at;
		edges[1] = at - one;
		edges[2] = at | (~mask(list.entry[i].len) & mask(game->bits));
		edges[3] = edges[2] + one;
		for (j = 0; j < 4; j++) {
			entry = list_lookup(&list, edges[j]);
			check_lookup(version->lpm, game->ipv6, edges[j], entry);
			check_jump_lookup(game, edges[j], entry);
		}
	}
	check_walk(version, 0, 0);
}

static struct version *under_way(struct game *game)
{
	return &game->version[game->n - 1];
}

/* A change starts from the newest version. */
static void change_begin(struct game *game)
{
	struct version *new = &game->version[game->n++];

	new->lpm = new[-1].lpm;
	new->list = new[-1].list;
	game->hint.link = NULL;
}

static void retire_oldest(struct game *game)
{
	check_same(game, game->version);
	op25b_garbage_free(&game->version[0].garbage);
	memmove(game->version, game->version + 1, --game->n * sizeof(game->version[0]));
	memset(&game->version[game->n], 0, sizeof(game->version[0]));
}

static void change_publish(struct game *game)
{
	op25b_lpm_seal(under_way(game)->lpm);
	CHECK(check_tree(under_way(game)->lpm).fresh == 0);
	if (game->n == VERSIONS)
		retire_oldest(game);
	change_begin(game);
}

static void change_discard(struct game *game)
{
	op25b_lpm_discard(under_way(game)->lpm);
	game->n--;
	op25b_garbage_forget(&under_way(game)->garbage);
	CHECK(check_tree(under_way(game)->lpm).fresh == 0);
	change_begin(game);
}

static address address_like(struct game *game, const uint8_t *step)
{
	unsigned int shift = step[3] % 128;
	address at = 0;

	if (game->uses && step[2])
		at = game->used[step[2] % game->uses];
	at ^= (address)(step[4] << 8 | step[5]) << 112 >> shift;
	return at & mask(game->bits);
}

static void play(struct game *game, const uint8_t *step)
{
	struct version *version = under_way(game);
	struct op25b_garbage *garbage = &version[-1].garbage;
	unsigned int action = step[0] % ACTIONS;
	unsigned int len = step[1] % (game->bits + 1);
	unsigned long old, value = game->uses + 1;
	address at = address_like(game, step);
	struct op25b_key key = key_of(at & mask(len));
	const struct entry *entry;
	int err = 0;

	game->used[game->uses++] = at;
	if (action == SET || action == DEL || action == CLEAR)
		game->hint.link = NULL;
	switch (action) {
	case SET:
		err = op25b_lpm_set(&version->lpm, garbage, key, len, value);
		if (!err)
			list_set(&version->list, at & mask(len), len, value);
		break;
	case ADD:
		err = op25b_lpm_add(&version->lpm, &game->hint, garbage, key, len, value, &old);
		if (err)
			break;
		entry = list_get(&version->list, at & mask(len), len);
		CHECK(old == (entry ? entry->value : 0), "%lu", old);
		if (!old)
			list_set(&version->list, at & mask(len), len, value);
		break;
	case DEL:
		err = op25b_lpm_del(&version->lpm, garbage, key, len);
		if (!err)
			list_del(&version->list, at & mask(len), len);
		break;
	case LOOKUP:
		check_lookup(version->lpm, game->ipv6, at, list_lookup(&version->list, at));
		check_lookup_shorter(version->lpm, &version->list, at, len);
		break;
	case WALK:
		check_walk(version, at, len);
		break;
	case CLEAR:
		err = op25b_lpm_clear(&version->lpm, garbage);
		if (!err)
			version->list.n = 0;
		break;
	case RUN_OUT:
		shim_slab_fail(1 + step[1] % 8, step[2] & 1);
		return;
	case PUBLISH:
		change_publish(game);
		return;
	case DISCARD:
		change_discard(game);
		return;
	}
	if (err) {
		CHECK(shim_slab.fail_at && shim_slab.calls >= shim_slab.fail_at, "%d", err);
		shim_slab_fail(0, false);
		change_discard(game);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct game game;
	size_t i;

	if (!size || size > 1 + STEP * STEPS_MAX)
		return -1;
	memset(&game, 0, sizeof(game));
	game.ipv6 = data[0] & 1;
	game.bits = game.ipv6 ? 128 : 32;
	game.n = 1;
	change_begin(&game);
	for (i = 1; i + STEP <= size; i += STEP)
		play(&game, data + i);

	shim_slab_fail(0, false);
	check_same(&game, under_way(&game));
	change_publish(&game);
	while (game.n > 1)
		retire_oldest(&game);
	check_same(&game, game.version);
	op25b_lpm_free(game.version[0].lpm);
	CHECK(shim_slab.live == 0, "%ld allocations leaked", shim_slab.live);
	return 0;
}
