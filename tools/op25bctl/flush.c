// SPDX-License-Identifier: GPL-2.0
/* flush: delete the whole policy. */
#include "command.h"

static int parse(struct change *change, struct words *words)
{
	(void)words;
	change_begin(change, OP25B_CMD_FLUSH);
	return DONE;
}

static const struct command commands[] = {
	{ .parse = parse },
	{}
};

const struct object flush_object = {
	.name = "flush",
	.commands = commands,
	.grammar =
		"  flush\n",
	.help =
		"Deletes all pools with their prefixes, exempts and counters, relays and targets.\n"
		"\n"
		"Example:\n"
		"  op25bctl flush\n",
};
