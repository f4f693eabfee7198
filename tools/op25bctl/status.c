// SPDX-License-Identifier: GPL-2.0
/* status: the version of the module, the generation and the size of the policy. */
#include <inttypes.h>
#include <stdio.h>

#include "output.h"
#include "read.h"

static void print_json(const struct status *status)
{
	json_print(json_pack("{ss sI sI s{sI sI} sI sI sI}",
			     "version", status->version,
			     "generation", (json_int_t)status->generation,
			     "pools", (json_int_t)status->pools,
			     "prefixes",
				"ipv4", (json_int_t)status->prefixes4,
				"ipv6", (json_int_t)status->prefixes6,
			     "exempts", (json_int_t)status->exempts,
			     "relays", (json_int_t)status->relays,
			     "targets", (json_int_t)status->targets));
}

static void print_text(const struct status *status)
{
	printf("version     %s\n", status->version);
	printf("generation  %" PRIu64 "\n", status->generation);
	printf("pools       %" PRIu32 "\n", status->pools);
	printf("prefixes    %" PRIu32 " IPv4, %" PRIu32 " IPv6\n", status->prefixes4,
	       status->prefixes6);
	printf("exempts     %" PRIu32 "\n", status->exempts);
	printf("relays      %" PRIu32 "\n", status->relays);
	printf("targets     %" PRIu32 "\n", status->targets);
}

static int run(struct control *control, struct words *words)
{
	struct status status;
	int ret = words_end(words);

	if (!ret)
		ret = read_status(control, &status);
	if (!ret && control->json)
		print_json(&status);
	else if (!ret)
		print_text(&status);
	return ret;
}

static const struct command commands[] = {
	{ .run = run },
	{}
};

const struct object status_object = {
	.name = "status",
	.commands = commands,
	.grammar =
		"  status\n",
	.help =
		"Shows the version of the module, the generation, which is the number of the\n"
		"policy in force and grows by one with each change, and how many pools,\n"
		"prefixes, exempts, relays and targets there are.\n"
		"\n"
		"Example:\n"
		"  op25bctl -j status\n",
};
