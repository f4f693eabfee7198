// SPDX-License-Identifier: GPL-2.0
/* relay: destinations that customers may reach on port 25. */
#include "destination.h"

static int parse_add(struct change *change, struct words *words)
{
	return destination_parse(change, OP25B_CMD_RELAY_ADD, words);
}

static int parse_del(struct change *change, struct words *words)
{
	return destination_parse(change, OP25B_CMD_RELAY_DEL, words);
}

static int run_show(struct control *control, struct words *words)
{
	return destination_show(control, words, RELAYS);
}

static const struct command commands[] = {
	{ "add", .parse = parse_add },
	{ "del", .parse = parse_del },
	{ "show", .run = run_show },
	{}
};

const struct object relay_object = {
	.name = "relay",
	.commands = commands,
	.grammar =
		"  relay add PREFIX… [pool NAME]\n"
		"  relay del PREFIX… [pool NAME]\n"
		"  relay show\n",
	.help =
		"PREFIX  an IPv4 or IPv6 prefix or address; \"-\": a list on standard input\n"
		"NAME    the relay is for this pool only; without it, for every pool\n"
		"\n"
		"Customers may open port 25 of a relay.\n"
		"\n"
		"Example:\n"
		"  op25bctl relay add 192.0.2.0/28 2001:db8:25::/64\n"
		"  op25bctl relay add 198.51.100.25 pool wholesale\n",
};
