// SPDX-License-Identifier: GPL-2.0
/* rollback: have the policy back that restore --confirm has replaced. */
#include "command.h"

static int run(struct control *control, struct words *words)
{
	return control_order(control, words, OP25B_CMD_ROLLBACK);
}

static const struct command commands[] = {
	{ .run = run },
	{}
};

const struct object rollback_object = {
	.name = "rollback",
	.commands = commands,
	.grammar =
		"  rollback\n",
	.help =
		"Puts the policy back into force that was there before \"op25bctl restore\n"
		"--confirm\", without waiting for the time to pass. Pools keep their counters.\n"
		"\n"
		"Example:\n"
		"  op25bctl rollback\n",
};
