// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "listing.h"
#include "read.h"

enum { POOL, PREFIX, EXPIRES, COMMENT, CELLS };

/* Returns the name of an entry's pool, or NULL for a relay or target of every pool. */
const char *entry_pool(const struct policy *policy, const struct entry *entry)
{
	return entry->pool == NO_NAME ? NULL : policy->names->name[entry->pool].text;
}

static void print_json(const struct policy *policy, const struct entries *entries,
		       listing_json json)
{
	size_t i;

	for (i = 0; i < entries->count; i++)
		json_print_element(json(policy, &entries->entry[i]), !i);
	json_print_end(!entries->count);
}

/* At a terminal, a header tells an empty table from a command that did nothing. */
bool listing_is_shown(size_t rows)
{
	return rows || isatty(STDOUT_FILENO);
}

/* The first pass fits the columns, the second one prints. */
static void print_table(const struct policy *policy, enum policy_list list)
{
	static const char *const titles[CELLS] = { "POOL", "PREFIX", "EXPIRES", "COMMENT" };
	const struct entries *entries = &policy->lists[list];
	int count = list == EXEMPTS ? CELLS : EXPIRES;
	struct column columns[CELLS] = { [EXPIRES].right = true };
	int passes;
	size_t i;

	if (!listing_is_shown(entries->count))
		return;
	row_fit(columns, count, titles);
	for (passes = 0; passes < 2; passes++) {
		if (passes) {
			row_print(columns, count, titles);
			columns[POOL].colour = POOL_COLOUR;
		}
		for (i = 0; i < entries->count; i++) {
			const struct entry *entry = &entries->entry[i];
			const char *pool = entry_pool(policy, entry);
			char prefix[PREFIX_TEXT_MAX], expires[16] = "-";
			const char *comment = entry->options.comment;
			const char *const cells[] = {
				pool ? pool : "*",
				prefix_format(&entry->prefix, prefix),
				expires,
				comment ? comment : "",
			};

			if (entry->options.timeout)
				sprintf(expires, "%" PRIu32 "s", entry->options.timeout);
			if (!passes) {
				row_fit(columns, count, cells);
				continue;
			}
			columns[PREFIX].colour = prefix_colour(&entry->prefix);
			row_print(columns, count, cells);
		}
	}
}

/**
 * listing_show() - run "show" for prefixes, exempts, relays or targets
 * @control: the run
 * @words: the words: the name of a pool, or nothing to show all
 * @list: which list
 * @json: makes the JSON of an entry, which is then released here
 *
 * Return: DONE, USAGE or REFUSED.
 */
int listing_show(struct control *control, struct words *words, enum policy_list list,
		 listing_json json)
{
	struct names names = {};
	struct policy policy = { .names = &names };
	struct name name = {};
	int status = DONE;

	if (words_peek(words))
		status = pool_name_parse(&name, words);
	if (!status)
		status = words_end(words);
	if (!status)
		status = read_list(control, &policy, list, &name);
	if (!status && control->json)
		print_json(&policy, &policy.lists[list], json);
	else if (!status)
		print_table(&policy, list);
	policy_free(&policy);
	names_free(&names);
	return status;
}
