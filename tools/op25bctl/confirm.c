// SPDX-License-Identifier: GPL-2.0
/* confirm: keep the policy that restore --confirm has put into force. */
#include "command.h"

static int run(struct control *control, struct words *words)
{
	struct message request = {};
	int status = words_end(words);

	if (status)
		return status;
	message_begin(&request, OP25B_CMD_CONFIRM, NLM_F_ACK);
	status = control_ask(control, &request, NULL, NULL);
	message_free(&request);
	return status;
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
