// SPDX-License-Identifier: GPL-2.0
/* save: print the policy as a file for restore. */
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "mark.h"
#include "read.h"

static void write_list(FILE *stream, const struct policy *policy, enum policy_list list)
{
	const struct entries *entries = &policy->lists[list];
	char text[COMMAND_TEXT_MAX];
	size_t i;

	for (i = 0; i < entries->count; i++)
		fprintf(stream, "%s\n", entry_command(policy, list, &entries->entry[i], text));
}

static void write_policy(FILE *stream, const void *data)
{
	const struct policy *policy = data;
	char text[COMMAND_TEXT_MAX];
	uint32_t i;

	fprintf(stream, "%s\n", MARK_BEGIN);
	for (i = 0; i < policy->pool_count; i++)
		if (policy->pools[i].present)
			fprintf(stream, "%s\n", pool_command(policy, i, text));
	write_list(stream, policy, RELAYS);
	write_list(stream, policy, TARGETS);
	write_list(stream, policy, PREFIXES);
	write_list(stream, policy, EXEMPTS);
	/* restore refuses a file without any command. */
	if (!policy->pool_count && !policy->lists[RELAYS].count &&
	    !policy->lists[TARGETS].count)
		fprintf(stream, "flush\n");
	fprintf(stream, "%s\n", MARK_END);
}

static bool is_stdout(const char *name)
{
	return !name || !strcmp(name, "-") || !strcmp(name, "/dev/stdout");
}

static int run(struct control *control, struct words *words)
{
	struct names names = {};
	struct policy policy = { .names = &names };
	const char *name = words_next(words);
	int status = words_end(words);

	if (!status)
		status = read_policy(control, &policy);
	if (!status && is_stdout(name))
		write_policy(stdout, &policy);
	else if (!status)
		status = file_replace(name, write_policy, &policy);
	policy_free(&policy);
	names_free(&names);
	return status;
}

static const struct command commands[] = {
	{ .run = run },
	{}
};

const struct object save_object = {
	.name = "save",
	.commands = commands,
	.grammar =
		"  save [FILE]\n",
	.help =
		"FILE  the file to write; it is replaced whole, or not at all, and keeps its\n"
		"      mode. Without it, or for \"-\", standard output.\n"
		"\n"
		"Prints the policy, as it was at one moment, as a file for restore. The timeout\n"
		"of an exempt is the time that was left. Counters and senders are not saved. For\n"
		"an empty policy, the file contains the command flush.\n"
		"\n"
		"The first and the last line are comments by which restore notices that the file\n"
		"was cut. Lines may be added before, between and after them.\n"
		"\n"
		"Example:\n"
		"  op25bctl save site.conf\n",
};
