// SPDX-License-Identifier: GPL-2.0
/* test: the verdict of a SYN to port 25. No packet is sent. */
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "comment.h"
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
	char session[OP25B_SESSION_ID_MAX + 1];	/* empty: none, or not to be read by this user */
	char vrf[IF_NAMESIZE];	/* that the SYN comes in; empty: none */
	uint32_t verdict;	/* enum op25b_verdict */
};

static void read_outcome(const struct nlmsghdr *answer, void *data)
{
	const struct nlattr *table[OP25B_A_MAX + 1], *nest[OP25B_A_SESSION_MAX + 1];
	struct outcome *outcome = data;

	message_attributes(answer, table);
	if (table[OP25B_A_POOL])
		strncpy(outcome->pool, attribute_string(table[OP25B_A_POOL]), OP25B_POOL_NAME_MAX);
	attribute_prefix(table[OP25B_A_PREFIX], &outcome->prefix, NULL);
	attribute_prefix(table[OP25B_A_RELAY], &outcome->relay, NULL);
	attribute_prefix(table[OP25B_A_TARGET], &outcome->target, NULL);
	nest_attributes(table[OP25B_A_SESSION], nest, OP25B_A_SESSION_MAX);
	if (nest[OP25B_A_SESSION_ID])
		strncpy(outcome->session, attribute_string(nest[OP25B_A_SESSION_ID]),
			OP25B_SESSION_ID_MAX);
	if (table[OP25B_A_VRF]) {
		strncpy(outcome->vrf, attribute_string(table[OP25B_A_VRF]), IF_NAMESIZE - 1);
		/* the name of a device may have any bytes */
		comment_clean(outcome->vrf);
	}
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

	json_print(json_pack("{ss ss so so so sb so so so ss}",
			     "src", address_format(&outcome->src, src),
			     "dst", address_format(&outcome->dst, dst),
			     "vrf", json_text(*outcome->vrf ? outcome->vrf : NULL),
			     "pool", json_text(*outcome->pool ? outcome->pool : NULL),
			     "prefix", json_prefix(known(&outcome->prefix)),
			     "exempt", outcome->exempt,
			     "session", json_text(*outcome->session ? outcome->session : NULL),
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
	if (*outcome->vrf)
		printf("  vrf     %s\n", outcome->vrf);
	if (*outcome->pool) {
		printf("  pool    ");
		output_coloured(POOL_COLOUR, outcome->pool);
		putchar('\n');
	}
	print_prefix(outcome->exempt ? "exempt" : "prefix", &outcome->prefix);
	if (*outcome->session)
		printf("  session %s\n", outcome->session);
	print_prefix("relay", &outcome->relay);
	print_prefix("target", &outcome->target);
}

static int take_address(struct prefix *address, const char *what, struct words *words)
{
	const char *word = words_next(words);

	return word ? address_parse(address, word) : report_usage("%s is missing", what);
}

/* Takes [vrf DEVICE | dev DEVICE]. */
static int take_origin(const char **vrf, const char **dev, struct words *words)
{
	const char *word = words_peek(words);

	if (!word)
		return DONE;
	if (strcmp(word, "vrf") && strcmp(word, "dev"))
		return report_usage("unexpected word \"%s\", expected vrf, dev or nothing", word);
	words_next(words);
	return device_take(!strcmp(word, "vrf") ? vrf : dev, word, words);
}

static int run(struct control *control, struct words *words)
{
	struct message request = {};
	struct outcome outcome = {};
	const char *vrf = NULL, *dev = NULL;
	int status;

	status = take_address(&outcome.src, "the source address", words);
	if (!status)
		status = take_address(&outcome.dst, "the destination address", words);
	if (!status)
		status = take_origin(&vrf, &dev, words);
	if (!status)
		status = words_end(words);
	if (!status && outcome.src.family != outcome.dst.family)
		status = report_usage("one address is IPv4, the other IPv6");
	if (status)
		return status;

	message_begin(&request, OP25B_CMD_TEST, NLM_F_ACK);
	message_put_prefix(&request, OP25B_A_SRC, &outcome.src, NULL);
	message_put_prefix(&request, OP25B_A_DST, &outcome.dst, NULL);
	if (vrf)
		message_put_string(&request, OP25B_A_VRF, vrf);
	if (dev)
		message_put_string(&request, OP25B_A_DEV, dev);
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
		"  test SRC DST [vrf DEVICE|dev DEVICE]\n",
	.help =
		"SRC  the address of a customer\n"
		"DST  the address of a mail server\n"
		"DEVICE  behind dev: the device by which the SYN comes in, which may be in a VRF,\n"
		"        and which a session may have. Behind vrf: the VRF that it comes in.\n"
		"\n"
		"Prints the verdict of a SYN from SRC to port 25 of DST, and the pool, prefix,\n"
		"exempt, session, relay and target that decide it. Whose session it is, only\n"
		"those with CAP_NET_ADMIN are told. No packet is sent or counted.\n"
		"\n"
		"Example:\n"
		"  op25bctl test 10.0.0.5 192.0.2.3\n",
};
