// SPDX-License-Identifier: GPL-2.0
/* confirm: keep the policy that restore --confirm has put into force. */
#include "command.h"

static int run(struct control *control, struct words *words)
{
	return control_order(control, words, OP25B_CMD_CONFIRM);
}

static const struct command commands[] = {
	{ .run = run },
	{}
};

const struct object confirm_object = {
	.name = "confirm",
	.commands = commands,
	.grammar =
		"  confirm\n",
	.help =
		"Keeps the policy that \"op25bctl restore --confirm\" has put into force. Anybody\n"
		"may confirm it, not only who has restored it.\n"
		"\n"
		"Example:\n"
		"  op25bctl restore --confirm 10m site.conf\n"
		"  op25bctl confirm\n",
};
