// SPDX-License-Identifier: GPL-2.0
/* prefix: the prefixes of pools. */
#include "listing.h"

static int parse_add(struct change *change, struct words *words)
{
	change_begin(change, OP25B_CMD_PREFIX_ADD);
	return change_take_pool_prefixes(change, words);
}

static int parse_del(struct change *change, struct words *words)
{
	change_begin(change, OP25B_CMD_PREFIX_DEL);
	return change_take_pool_prefixes(change, words);
}

static int parse_move(struct change *change, struct words *words)
{
	change_begin(change, OP25B_CMD_PREFIX_MOVE);
	return change_take_pool_prefixes(change, words);
}

static json_t *prefix_json(const struct policy *policy, const struct entry *entry)
{
	return json_pack("{ss so}",
			 "pool", entry_pool(policy, entry),
			 "prefix", json_prefix(&entry->prefix));
}

static int run_show(struct control *control, struct words *words)
{
	return listing_show(control, words, PREFIXES, prefix_json);
}

static const struct command commands[] = {
	{ "add", .parse = parse_add },
	{ "del", .parse = parse_del },
	{ "move", .parse = parse_move },
	{ "show", .run = run_show },
	{}
};

const struct object prefix_object = {
	.name = "prefix",
	.commands = commands,
	.grammar =
		"  prefix add NAME PREFIX…\n"
		"  prefix del NAME PREFIX…\n"
		"  prefix move NAME PREFIX…\n"
		"  prefix show [NAME]\n",
	.help =
		"NAME    the pool\n"
		"PREFIX  an IPv4 or IPv6 prefix, or an address alone, which is a /32 or /128;\n"
		"        \"-\": a list on standard input, one a line, with # comments\n"
		"\n"
		"All prefixes of one command are added, deleted or moved in one step. An address\n"
		"is in the pool with the most specific prefix. No two pools of one VRF, or of\n"
		"none, can have the same prefix.\n"
		"\n"
		"move: to this pool, from the one that has the prefix. The exempts in the prefix\n"
		"go along; those in a more specific prefix stay with that one.\n"
		"\n"
		"Example:\n"
		"  op25bctl prefix add east 10.0.0.0/24 2001:db8:1::/48\n"
		"  op25bctl prefix add east - < prefixes.txt\n"
		"  op25bctl prefix move west 10.0.0.0/24\n",
};
