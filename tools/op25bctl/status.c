// SPDX-License-Identifier: GPL-2.0
/* status: the version of the module, the generation and the size of the policy. */
#include <inttypes.h>
#include <stdio.h>

#include "installed.h"
#include "output.h"
#include "read.h"
#include "timestamp.h"

/* Returns NULL if no command has changed the policy. */
static const char *applied(const struct status *status, char text[TIMESTAMP_TEXT_MAX])
{
	return status->applied ? timestamp_format(status->applied, text) : NULL;
}

static void print_json(const struct status *status)
{
	char text[TIMESTAMP_TEXT_MAX];

	json_print(json_pack("{ss sI ss? so sI s{sI sI} sI sI sI sI}",
			     "version", status->version,
			     "generation", (json_int_t)status->generation,
			     "applied", applied(status, text),
			     "confirm", status->confirm ? json_integer(status->confirm) :
							  json_null(),
			     "pools", (json_int_t)status->pools,
			     "prefixes",
				"ipv4", (json_int_t)status->prefixes4,
				"ipv6", (json_int_t)status->prefixes6,
			     "exempts", (json_int_t)status->exempts,
			     "relays", (json_int_t)status->relays,
			     "targets", (json_int_t)status->targets,
			     "sessions", (json_int_t)status->sessions));
}

static void print_text(const struct status *status)
{
	char text[TIMESTAMP_TEXT_MAX];

	printf("version     %s%s\n", status->version,
	       installed_differs() ? ", and another module is installed: see op25b-reload" : "");
	printf("generation  %" PRIu64 "\n", status->generation);
	if (status->applied)
		printf("applied     %s\n", applied(status, text));
	if (status->confirm)
		printf("confirm     within %" PRIu32 " s, or the policy before comes back\n",
		       status->confirm);
	printf("pools       %" PRIu32 "\n", status->pools);
	printf("prefixes    %" PRIu32 " IPv4, %" PRIu32 " IPv6\n", status->prefixes4,
	       status->prefixes6);
	printf("exempts     %" PRIu32 "\n", status->exempts);
	printf("relays      %" PRIu32 "\n", status->relays);
	printf("targets     %" PRIu32 "\n", status->targets);
	printf("sessions    %" PRIu32 "\n", status->sessions);
	if (status->lost)
		printf("lost        %" PRIu64 " events\n", status->lost);
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
		"Shows the version of the module, and whether another one is installed than the\n"
		"one that is loaded; the generation, which is the number of the policy in force and\n"
		"grows by one with each change; when a command changed the policy last; how much\n"
		"time is left to confirm it, if it waits for that; and how many pools, prefixes,\n"
		"exempts, relays, targets and sessions there are. If there were too many events to\n"
		"send to monitors, it says how many were lost.\n"
		"\n"
		"Example:\n"
		"  op25bctl -j status\n",
};
