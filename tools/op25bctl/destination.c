// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "destination.h"
#include "listing.h"

/**
 * destination_parse() - parse the words after "add" or "del"
 * @change: the result
 * @command: OP25B_CMD_…
 * @words: PREFIX… [pool NAME]
 *
 * Return: DONE or USAGE.
 */
int destination_parse(struct change *change, uint8_t command, struct words *words)
{
	const char *word;
	int status;

	change_begin(change, command);
	change->listed = true;
	status = change_take_prefixes(change, words);
	while (!status && (word = words_next(words))) {
		if (strcmp(word, "pool"))
			status = report_usage("unknown word \"%s\", expected: pool", word);
		else if (*change->pool.text)
			status = report_usage("pool is given twice");
		else
			status = pool_name_parse(&change->pool, words);
	}
	return status;
}

static json_t *destination_json(const struct policy *policy, const struct entry *entry)
{
	return json_pack("{so so}",
			 "prefix", json_prefix(&entry->prefix),
			 "pool", json_text(entry_pool(policy, entry)));
}

/* Runs "show", which takes no words. */
int destination_show(struct control *control, struct words *words, enum policy_list list)
{
	int status = words_end(words);

	return status ? status : listing_show(control, words, list, destination_json);
}
