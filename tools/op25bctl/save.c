// SPDX-License-Identifier: GPL-2.0
/* save: print the policy as a file for restore. */
#include <stdio.h>

#include "read.h"

static void print_list(const struct policy *policy, enum policy_list list)
{
	const struct entries *entries = &policy->lists[list];
	char text[COMMAND_TEXT_MAX];
	size_t i;

	for (i = 0; i < entries->count; i++)
		puts(entry_command(policy, list, &entries->entry[i], text));
}

static int run(struct control *control, struct words *words)
{
	struct names names = {};
	struct policy policy = { .names = &names };
	char text[COMMAND_TEXT_MAX];
	int status = words_end(words);
	uint32_t i;

	if (!status)
		status = read_policy(control, &policy);
	if (!status) {
		for (i = 0; i < policy.pool_count; i++)
			if (policy.pools[i].present)
				puts(pool_command(&policy, i, text));
		print_list(&policy, RELAYS);
		print_list(&policy, PREFIXES);
		print_list(&policy, EXEMPTS);
		/* restore refuses a file without any command. */
		if (!policy.pool_count && !policy.lists[RELAYS].count)
			puts("flush");
	}
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
		"  save\n",
	.help =
		"Prints the policy, as it was at one moment, as a file for restore. The timeout\n"
		"of an exempt is the time that was left. Counters are not saved. Of an empty\n"
		"policy, the file is the command flush.\n"
		"\n"
		"Example:\n"
		"  op25bctl save > site.conf.new && mv site.conf.new site.conf\n",
};
