// SPDX-License-Identifier: GPL-2.0
/* relay: destinations that customers may reach on port 25. */
#include <string.h>

#include "listing.h"

static int take_relays(struct change *change, struct words *words)
{
	const char *word;
	int status;

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

static int parse_add(struct change *change, struct words *words)
{
	change_begin(change, OP25B_CMD_RELAY_ADD);
	return take_relays(change, words);
}

static int parse_del(struct change *change, struct words *words)
{
	change_begin(change, OP25B_CMD_RELAY_DEL);
	return take_relays(change, words);
}

static json_t *relay_json(const struct policy *policy, const struct entry *entry)
{
	return json_pack("{so so}",
			 "prefix", json_prefix(&entry->prefix),
			 "pool", json_text(entry_pool(policy, entry)));
}

static int run_show(struct control *control, struct words *words)
{
	int status = words_end(words);

	return status ? status : listing_show(control, words, RELAYS, relay_json);
}

static const struct command commands[] = {
	{ "add", .parse = parse_add },
	{ "del", .parse = parse_del },
	{ "show", .run = run_show },
	{}
};

const struct object relay_object = {
	.name = "relay",
	.commands = commands,
	.grammar =
		"  relay add PREFIX… [pool NAME]\n"
		"  relay del PREFIX… [pool NAME]\n"
		"  relay show\n",
	.help =
		"PREFIX  an IPv4 or IPv6 prefix or address; \"-\": a list on standard input\n"
		"NAME    the relay is for this pool only; without it, for every pool\n"
		"\n"
		"Customers may open port 25 of a relay.\n"
		"\n"
		"Example:\n"
		"  op25bctl relay add 192.0.2.0/28 2001:db8:25::/64\n"
		"  op25bctl relay add 198.51.100.25 pool wholesale\n",
};
