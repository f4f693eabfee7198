// SPDX-License-Identifier: GPL-2.0
/* restore: a file becomes the whole policy in one step. */
#include "staging.h"
#include "wait.h"

static int commit(struct control *control, uint32_t confirm)
{
	struct message request = {};
	int status;

	message_begin(&request, OP25B_CMD_RESTORE_COMMIT, NLM_F_ACK);
	if (confirm)
		message_put_u32(&request, OP25B_A_CONFIRM, confirm);
	status = control_ask(control, &request, NULL, NULL);
	message_free(&request);
	return status;
}

static int run(struct control *control, struct words *words)
{
	struct control own = {
		.force = control->force,
		.dry_run = control->dry_run,
		.wait = control->wait,
	};
	struct warnings warnings = {};
	const char *file;
	int status;

	status = words_last_file(words, &file);
	if (!status)
		status = wait_check(control, file);
	/* What waits is in a hurry then, and was in force before. */
	if (!status)
		status = stage_file(&own, file, control->wait ? NULL : &warnings);
	if (!status && !control->dry_run)
		status = commit(&own, control->confirm);
	if (!status && !control->wait)
		warnings_restored(&warnings, own.transport);
	warnings_free(&warnings);
	transport_close(own.transport);
	return status;
}

static const struct command commands[] = {
	{ .run = run, .waits = true },
	{}
};

const struct object restore_object = {
	.name = "restore",
	.commands = commands,
	.grammar =
		"  restore [-n|--dry-run] [--confirm TIME] [FILE]\n"
		"  restore [--confirm TIME] --wait FILE\n",
	.help =
		"FILE            commands that change the policy, one a line, as save prints\n"
		"                them: pool add|set|del, prefix add|del|move, exempt add|del,\n"
		"                relay add|del, target add|del, flush.\n"
		"                Without it, standard input.\n"
		"--confirm TIME  for a trial: unless \"op25bctl confirm\" comes within this time,\n"
		"                seconds or 45s, 30m, 2h or 1d, the kernel puts the policy before\n"
		"                back into force. \"op25bctl rollback\" does so at once.\n"
		"--wait          reads the file, prints \"ready\", and goes on when a line comes on\n"
		"                standard input, without warnings. Until then the kernel is not asked\n"
		"                for anything: op25b-reload replaces the module meanwhile.\n"
		"\n"
		"They start from an empty policy, and the result replaces the policy in force\n"
		"in one step. Pools that keep their name keep their counters and senders. On an\n"
		"error, and with --dry-run, nothing changes; CAP_NET_ADMIN is needed all the same.\n"
		"A file without any command is refused: it may be what a failed save has left.\n"
		"The command flush alone makes an empty policy. A saved file is refused if its\n"
		"last line is missing.\n"
		"\n"
		"While a policy waits to be confirmed, other changes of it are refused, except for\n"
		"another restore with --confirm: a rollback still goes to the last policy that\n"
		"was confirmed. Counters go on.\n"
		"\n"
		"In a file, # starts a comment. A text with blanks goes in double quotes, where\n"
		"a backslash goes before a double quote and before a backslash.\n"
		"\n"
		"Example:\n"
		"  op25bctl restore --dry-run site.conf && op25bctl restore site.conf\n"
		"  op25bctl restore --confirm 10m site.conf\n",
};
