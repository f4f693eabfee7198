// SPDX-License-Identifier: GPL-2.0
/* test: the verdict of a SYN to port 25. No packet is sent. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "output.h"
#include "report.h"
#include "keywords.h"

struct outcome {
	struct prefix src;
	struct prefix dst;
	char pool[OP25B_POOL_NAME_MAX + 1];	/* empty: none */
	struct prefix prefix;	/* the most specific one; without a family: none */
	bool exempt;		/* @prefix is an exempt */
	struct prefix relay;	/* without a family: none */
	struct prefix target;	/* likewise */
	uint32_t verdict;	/* enum op25b_verdict */
};

static void read_outcome(const struct nlmsghdr *answer, void *data)
{
	const struct nlattr *table[OP25B_A_MAX + 1];
	struct outcome *outcome = data;

	message_attributes(answer, table);
	if (table[OP25B_A_POOL])
		strncpy(outcome->pool, attribute_string(table[OP25B_A_POOL]), OP25B_POOL_NAME_MAX);
	attribute_prefix(table[OP25B_A_PREFIX], &outcome->prefix, NULL);
	attribute_prefix(table[OP25B_A_RELAY], &outcome->relay, NULL);
	attribute_prefix(table[OP25B_A_TARGET], &outcome->target, NULL);
	outcome->exempt = table[OP25B_A_EXEMPT];
	outcome->verdict = attribute_u32(table[OP25B_A_VERDICT]);
}

static const struct prefix *known(const struct prefix *prefix)
{
	return prefix->family ? prefix : NULL;
}

static void print_json(const struct outcome *outcome)
{
	char src[PREFIX_TEXT_MAX], dst[PREFIX_TEXT_MAX], verdict[KEYWORD_NUMBER_MAX];

	json_print(json_pack("{ss ss so so sb so so ss}",
			     "src", address_format(&outcome->src, src),
			     "dst", address_format(&outcome->dst, dst),
			     "pool", json_text(*outcome->pool ? outcome->pool : NULL),
			     "prefix", json_prefix(known(&outcome->prefix)),
			     "exempt", outcome->exempt,
			     "relay", json_prefix(known(&outcome->relay)),
			     "target", json_prefix(known(&outcome->target)),
			     "verdict", keyword_format(&verdict_keywords, outcome->verdict,
						       verdict)));
}

static void print_prefix(const char *what, const struct prefix *prefix)
{
	char text[PREFIX_TEXT_MAX];

	if (!prefix->family)
		return;
	printf("  %-7s ", what);
	output_coloured(prefix_colour(prefix), prefix_format(prefix, text));
	putchar('\n');
}

static void print_text(const struct outcome *outcome)
{
	char src[PREFIX_TEXT_MAX], dst[PREFIX_TEXT_MAX], verdict[KEYWORD_NUMBER_MAX];

	printf("%s to %s port 25: ", address_format(&outcome->src, src),
	       address_format(&outcome->dst, dst));
	output_coloured(outcome->verdict == OP25B_VERDICT_BLOCKED ? BAD_COLOUR : GOOD_COLOUR,
			keyword_format(&verdict_keywords, outcome->verdict, verdict));
	putchar('\n');
	if (*outcome->pool) {
		printf("  pool    ");
		output_coloured(POOL_COLOUR, outcome->pool);
		putchar('\n');
	}
	print_prefix(outcome->exempt ? "exempt" : "prefix", &outcome->prefix);
	print_prefix("relay", &outcome->relay);
	print_prefix("target", &outcome->target);
}

static int take_address(struct prefix *address, const char *what, struct words *words)
{
	const char *word = words_next(words);

	return word ? address_parse(address, word) : report_usage("%s is missing", what);
}

static int run(struct control *control, struct words *words)
{
	struct message request = {};
	struct outcome outcome = {};
	int status;

	status = take_address(&outcome.src, "the source address", words);
	if (!status)
		status = take_address(&outcome.dst, "the destination address", words);
	if (!status)
		status = words_end(words);
	if (!status && outcome.src.family != outcome.dst.family)
		status = report_usage("one address is IPv4, the other IPv6");
	if (status)
		return status;

	message_begin(&request, OP25B_CMD_TEST, NLM_F_ACK);
	message_put_prefix(&request, OP25B_A_SRC, &outcome.src, NULL);
	message_put_prefix(&request, OP25B_A_DST, &outcome.dst, NULL);
	status = control_ask(control, &request, read_outcome, &outcome);
	message_free(&request);
	if (!status && control->json)
		print_json(&outcome);
	else if (!status)
		print_text(&outcome);
	return status;
}

static const struct command commands[] = {
	{ .run = run },
	{}
};

const struct object test_object = {
	.name = "test",
	.commands = commands,
	.grammar =
		"  test SRC DST\n",
	.help =
		"SRC  the address of a customer\n"
		"DST  the address of a mail server\n"
		"\n"
		"Prints the verdict of a SYN from SRC to port 25 of DST, and the pool, prefix,\n"
		"exempt, relay and target that decide it. No packet is sent or counted.\n"
		"\n"
		"Example:\n"
		"  op25bctl test 10.0.0.5 192.0.2.3\n",
};
