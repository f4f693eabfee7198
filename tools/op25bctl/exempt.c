// SPDX-License-Identifier: GPL-2.0
/* exempt: customers of a pool who are not filtered. */
#include "listing.h"

static int parse_add(struct change *change, struct words *words)
{
	const char *word;
	int status;

	change_begin(change, OP25B_CMD_EXEMPT_ADD);
	status = change_take_pool_prefixes(change, words);
	while (!status && (word = words_next(words))) {
		if (change_is_option(word))
			status = change_take_option(change, word, words);
		else
			status = report_usage("unknown word \"%s\", expected one of: timeout, comment",
					      word);
	}
	return status;
}

static int parse_del(struct change *change, struct words *words)
{
	change_begin(change, OP25B_CMD_EXEMPT_DEL);
	return change_take_pool_prefixes(change, words);
}

static json_t *exempt_json(const struct policy *policy, const struct entry *entry)
{
	const struct exempt_options *options = &entry->options;

	return json_pack("{ss so so so}",
			 "pool", entry_pool(policy, entry),
			 "prefix", json_prefix(&entry->prefix),
			 "expires", options->timeout ? json_integer(options->timeout) : json_null(),
			 "comment", json_text(options->comment));
}

static int run_show(struct control *control, struct words *words)
{
	return listing_show(control, words, EXEMPTS, exempt_json);
}

static const struct command commands[] = {
	{ "add", .parse = parse_add },
	{ "del", .parse = parse_del },
	{ "show", .run = run_show },
	{}
};

const struct object exempt_object = {
	.name = "exempt",
	.commands = commands,
	.grammar =
		"  exempt add NAME PREFIX… [timeout TIME] [comment TEXT]\n"
		"  exempt del NAME PREFIX…\n"
		"  exempt show [NAME]\n",
	.help =
		"NAME     the pool\n"
		"PREFIX   an IPv4 or IPv6 prefix or address; \"-\": a list on standard input\n"
		"TIME     the exempt ends after so many seconds; or 45s, 30m, 2h, 1d\n"
		"TEXT     one line of up to 255 bytes\n"
		"\n"
		"Customers within an exempt are not filtered. Their packets are counted.\n"
		"\n"
		"Example:\n"
		"  op25bctl exempt add east 10.0.0.7 timeout 1d comment \"ticket 4711\"\n",
};
