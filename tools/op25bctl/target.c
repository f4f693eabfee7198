// SPDX-License-Identifier: GPL-2.0
/* target: destinations that are blocked already while a pool observes. */
#include "destination.h"

static int parse_add(struct change *change, struct words *words)
{
	return destination_parse(change, OP25B_CMD_TARGET_ADD, words);
}

static int parse_del(struct change *change, struct words *words)
{
	return destination_parse(change, OP25B_CMD_TARGET_DEL, words);
}

static int run_show(struct control *control, struct words *words)
{
	return destination_show(control, words, TARGETS);
}

static const struct command commands[] = {
	{ "add", .parse = parse_add },
	{ "del", .parse = parse_del },
	{ "show", .run = run_show },
	{}
};

const struct object target_object = {
	.name = "target",
	.commands = commands,
	.grammar =
		"  target add PREFIX… [pool NAME]\n"
		"  target del PREFIX… [pool NAME]\n"
		"  target show\n",
	.help =
		"PREFIX  an IPv4 or IPv6 prefix or address; \"-\": a list on standard input\n"
		"NAME    the target is for this pool only; without it, for every pool\n"
		"\n"
		"A pool in mode observe blocks port 25 of a target already, and passes all else.\n"
		"So port 25 can be closed towards some networks first, and later towards all.\n"
		"For pools in other modes, targets mean nothing. A relay is never blocked.\n"
		"\n"
		"Example:\n"
		"  op25bctl target add 198.51.100.0/24 2001:db8:cafe::/48\n",
};
