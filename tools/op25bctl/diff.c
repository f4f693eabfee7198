// SPDX-License-Identifier: GPL-2.0
/*
 * diff: what restore would change
 *
 * The kernel stages the file as for restore, so no rule of the kernel needs to be known here. Then
 * the policy staged and the policy in force are dumped and compared.
 */
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "policy.h"
#include "read.h"
#include "report.h"
#include "staging.h"

struct printer {
	bool json;
	size_t count;		/* of the differences printed so far */
};

static void print(struct printer *printer, bool add, const char *command)
{
	char line[COMMAND_TEXT_MAX + 2];

	if (printer->json) {
		json_print_element(json_pack("{ss ss}", "change", add ? "add" : "del",
					     "command", command), !printer->count);
	} else {
		sprintf(line, "%c %s", add ? '+' : '-', command);
		output_coloured(add ? GOOD_COLOUR : BAD_COLOUR, line);
		putchar('\n');
	}
	printer->count++;
}

/* The command that makes a pool, or "" if the policy does not have the pool. */
static void pool_text(struct policy *policy, uint32_t number, char text[COMMAND_TEXT_MAX])
{
	*text = '\0';
	if (policy_pool(policy, number)->present)
		pool_command(policy, number, text);
}

/* Pools are equal if the same command makes them: it has all settings, as save needs them. */
static void compare_pools(struct printer *printer, struct policy *now, struct policy *then)
{
	char before[COMMAND_TEXT_MAX], after[COMMAND_TEXT_MAX];
	uint32_t i;

	for (i = 0; i < now->names->count; i++) {
		pool_text(now, i, before);
		pool_text(then, i, after);
		if (!strcmp(before, after))
			continue;
		if (*before)
			print(printer, false, before);
		if (*after)
			print(printer, true, after);
	}
}

/* The time left shrinks by itself, so only the presence of a timeout is compared. */
static bool options_equal(const struct exempt_options *a, const struct exempt_options *b)
{
	return !a->timeout == !b->timeout &&
	       !strcmp(a->comment ? a->comment : "", b->comment ? b->comment : "");
}

/* Merges two sorted lists. */
static void compare_lists(struct printer *printer, const struct policy *now,
			  const struct policy *then, enum policy_list list)
{
	const struct entries *a = &now->lists[list], *b = &then->lists[list];
	char text[COMMAND_TEXT_MAX];
	size_t i = 0, j = 0;

	while (i < a->count || j < b->count) {
		const struct entry *left = i < a->count ? &a->entry[i] : NULL;
		const struct entry *right = j < b->count ? &b->entry[j] : NULL;
		int order = !left ? 1 : !right ? -1 : entry_compare(list, now, left, then, right);

		if (order || left->pool != right->pool ||
		    !options_equal(&left->options, &right->options)) {
			if (order <= 0)
				print(printer, false, entry_command(now, list, left, text));
			if (order >= 0)
				print(printer, true, entry_command(then, list, right, text));
		}
		i += order <= 0;
		j += order >= 0;
	}
}

static int run(struct control *control, struct words *words)
{
	struct control own = { .force = control->force };
	struct names names = {};
	struct policy then = { .names = &names, .staged = true }, now = { .names = &names };
	struct printer printer = { .json = control->json };
	enum policy_list list;
	const char *file;
	int status;

	status = words_last_file(words, &file);
	if (!status)
		status = stage_file(&own, file, NULL);
	if (!status)
		status = read_policy(&own, &then);
	if (!status)
		status = read_policy(&own, &now);
	transport_close(own.transport);
	if (!status) {
		policy_sort(&now);
		policy_sort(&then);
		compare_pools(&printer, &now, &then);
		for (list = 0; list < LISTS; list++)
			compare_lists(&printer, &now, &then, list);
		if (printer.json)
			json_print_end(!printer.count);
	}
	policy_free(&now);
	policy_free(&then);
	names_free(&names);
	return !status && printer.count ? DIFFERS : status;
}

static const struct command commands[] = {
	{ .run = run },
	{}
};

const struct object diff_object = {
	.name = "diff",
	.commands = commands,
	.grammar =
		"  diff [FILE]\n",
	.help =
		"FILE  a file as for restore; without it, standard input\n"
		"\n"
		"Prints what restore would remove (-) and add (+), as commands that add it.\n"
		"An exempt with a timeout differs from one without, but not from one with\n"
		"another timeout.\n"
		"The kernel stages the file as for restore, which takes CAP_NET_ADMIN.\n"
		"Exits with 0 if nothing differs, 1 if something does, 2 on an error.\n"
		"\n"
		"Example:\n"
		"  op25bctl diff site.conf\n",
};
