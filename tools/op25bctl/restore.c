// SPDX-License-Identifier: GPL-2.0
/* restore: a file becomes the whole policy in one step. */
#include "staging.h"

static int commit(struct control *control)
{
	struct message request = {};
	int status;

	message_begin(&request, OP25B_CMD_RESTORE_COMMIT, NLM_F_ACK);
	status = control_ask(control, &request, NULL, NULL);
	message_free(&request);
	return status;
}

static int run(struct control *control, struct words *words)
{
	struct control own = { .force = control->force, .dry_run = control->dry_run };
	struct warnings warnings = {};
	const char *file;
	int status;

	status = words_last_file(words, &file);
	if (!status)
		status = stage_file(&own, file, &warnings);
	if (!status && !control->dry_run)
		status = commit(&own);
	if (!status)
		warnings_restored(&warnings, own.transport);
	warnings_free(&warnings);
	transport_close(own.transport);
	return status;
}

static const struct command commands[] = {
	{ .run = run },
	{}
};

const struct object restore_object = {
	.name = "restore",
	.commands = commands,
	.grammar =
		"  restore [-n|--dry-run] [FILE]\n",
	.help =
		"FILE  commands that change the policy, one a line, as save prints them:\n"
		"      pool add|set|del, prefix add|del|move, exempt add|del, relay add|del,\n"
		"      target add|del, flush.\n"
		"      Without it, standard input.\n"
		"\n"
		"They start from an empty policy, and the result replaces the policy in force\n"
		"in one step. Pools that keep their name keep their counters and senders. On an\n"
		"error, and with --dry-run, nothing changes; CAP_NET_ADMIN is needed all the same.\n"
		"A file without any command is refused: it may be what a failed save has left.\n"
		"The command flush alone makes an empty policy. A saved file is refused if its\n"
		"last line is missing.\n"
		"\n"
		"In a file, # starts a comment. A text with blanks goes in double quotes, where\n"
		"a backslash goes before a double quote and before a backslash.\n"
		"\n"
		"Example:\n"
		"  op25bctl restore --dry-run site.conf && op25bctl restore site.conf\n",
};
