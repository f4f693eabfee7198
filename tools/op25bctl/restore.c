// SPDX-License-Identifier: GPL-2.0
/*
 * restore: a file becomes the whole policy in one step.
 *
 * All lines are read first, so that bad text is found before anything is sent.
 * What they add is gathered into large messages, one for each pool at a time:
 * prefixes, exempts and relays may be added in any order, so that lines sorted
 * by address, with another pool on each, gather as well as lines sorted by
 * pool. What is forced and what is not keeps its order, and all else its place
 * among them.
 *
 * A gathered message does not know its lines. If the kernel refuses something,
 * which ends the restore, another one starts with a message for each line, in
 * their order: the first that is refused is the first that is at fault.
 */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "memory.h"
#include "names.h"
#include "refusal.h"
#include "report.h"

/*
 * A message that is this long takes no more prefixes: 128 KiB, which a socket's usual buffer
 * holds, less one prefix with its comment.
 */
#define MESSAGE_FULL	(128 * 1024 - 512)

enum { ADD_PREFIX, ADD_EXEMPT, ADD_RELAY, GATHERED };

/**
 * struct gathering - the messages that take more of what is added to a pool
 * @message: 1 + the index of the message, 0 for none
 * @force: what is in the message is forced
 */
struct gathering {
	size_t message;
	bool force;
};

/**
 * struct plan - the messages that make a policy
 * @messages: the messages, in the order to send them
 * @count: how many
 * @size: room in @messages
 * @fence: messages before this one are closed: what follows may depend on them
 * @names: the pools' names; none for relays of every pool
 * @gatherings: the messages by the number of the pool's name, and by kind
 * @gathering_count: how many numbers @gatherings covers
 * @gathering_size: room in @gatherings
 */
struct plan {
	struct message *messages;
	size_t count;
	size_t size;
	size_t fence;
	struct names names;
	struct gathering (*gatherings)[GATHERED];
	size_t gathering_count;
	size_t gathering_size;
};

static void plan_free(struct plan *plan)
{
	while (plan->count)
		message_free(&plan->messages[--plan->count]);
	free(plan->messages);
	free(plan->gatherings);
	names_free(&plan->names);
}

static struct message *plan_new_message(struct plan *plan)
{
	struct message *message;

	plan->messages = memory_grow(plan->messages, &plan->size, plan->count + 1,
				     sizeof(*plan->messages));
	message = &plan->messages[plan->count++];
	*message = (struct message) {};
	return message;
}

static int gathered_kind(const struct change *change)
{
	switch (change->command) {
	case OP25B_CMD_PREFIX_ADD:
		return ADD_PREFIX;
	case OP25B_CMD_EXEMPT_ADD:
		return ADD_EXEMPT;
	case OP25B_CMD_RELAY_ADD:
		return ADD_RELAY;
	default:
		return -1;
	}
}

/* Where the message is that takes what a change adds. */
static struct gathering *plan_gathering(struct plan *plan, const struct change *change, int kind)
{
	uint32_t number = names_number(&plan->names, &change->pool);

	while (number >= plan->gathering_count) {
		plan->gatherings = memory_grow(plan->gatherings, &plan->gathering_size, number + 1,
					       sizeof(*plan->gatherings));
		memset(plan->gatherings[plan->gathering_count++], 0, sizeof(*plan->gatherings));
	}
	return &plan->gatherings[number][kind];
}

static void plan_add(struct plan *plan, const struct change *change)
{
	int kind = gathered_kind(change);
	struct message *message;
	struct gathering *gathering;
	size_t i;

	if (kind < 0) {
		change_encode(change, plan_new_message(plan));
		plan->fence = plan->count;
		return;
	}
	gathering = plan_gathering(plan, change, kind);
	message = gathering->message > plan->fence && gathering->force == change->force ?
			  &plan->messages[gathering->message - 1] : NULL;
	for (i = 0; i < change->count; i++) {
		if (!message || message_header(message)->nlmsg_len >= MESSAGE_FULL) {
			message = plan_new_message(plan);
			change_begin_message(change, message);
			*gathering = (struct gathering) { plan->count, change->force };
		}
		message_put_prefix(message, OP25B_A_PREFIX, &change->prefixes[i].prefix,
				   &change->exempt);
	}
}

static int plan_read(struct plan *plan, struct lines *lines, bool force)
{
	struct change change = {};
	struct words words = {};
	const char *text;
	size_t length;
	int status;

	while (!(status = lines_next_text(lines, &text, &length))) {
		if (change_read_plain(&change, text, length)) {
			change.force = force;
			plan_add(plan, &change);
			continue;
		}
		status = words_split(&words, text, length);
		if (!status && words.count)
			status = command_parse_change(&change, &words, force);
		if (status)
			break;
		if (words.count)
			plan_add(plan, &change);
	}
	report_at(lines->outer);
	change_free(&change);
	words_free(&words);
	return status == LINES_END ? DONE : status;
}

/* Sends a message without content and waits for its answer. */
static int send_step(struct control *control, uint8_t command)
{
	struct message request = {};
	int status;

	message_begin(&request, command, NLM_F_ACK);
	status = control_ask(control, &request, NULL, NULL);
	message_free(&request);
	return status;
}

/* Sends the lines one by one. */
static int send_lines(struct control *control, struct lines *lines)
{
	struct message request = {};
	struct change change = {};
	struct words words = {};
	int status = lines_rewind(lines);

	while (!status && !(status = lines_next(lines, &words))) {
		status = command_parse_change(&change, &words, control->force);
		if (status)
			break;
		change_encode(&change, &request);
		if (transport_ask(control->transport, &request, NULL, NULL)) {
			status = refusal(transport_error(control->transport), &request, NULL);
			break;
		}
	}
	report_at(lines->outer);
	message_free(&request);
	change_free(&change);
	words_free(&words);
	return status == LINES_END ? DONE : status;
}

/* Sends a plan. Returns 0 or a negative errno. */
static int send_plan(struct transport *transport, struct plan *plan)
{
	int ret = 0;
	size_t i;

	for (i = 0; !ret && i < plan->count; i++)
		ret = transport_ask(transport, &plan->messages[i], NULL, NULL);
	return ret;
}

/* Makes the new policy, on a socket of its own: what is not committed goes with the socket. */
static int send_all(struct control *control, struct lines *lines, struct plan *plan)
{
	int status = send_step(control, OP25B_CMD_RESTORE_BEGIN);

	if (status)
		return status;
	if (send_plan(control->transport, plan)) {
		transport_close(control->transport);
		control->transport = NULL;
		status = send_step(control, OP25B_CMD_RESTORE_BEGIN);
		if (!status)
			status = send_lines(control, lines);
	}
	if (!status && !control->dry_run)
		status = send_step(control, OP25B_CMD_RESTORE_COMMIT);
	return status;
}

static int run(struct control *control, struct words *words)
{
	struct control own = { .force = control->force, .dry_run = control->dry_run };
	struct plan plan = {};
	struct lines lines;
	const char *file;
	int status;

	status = words_last_file(words, &file);
	if (!status)
		status = lines_open(&lines, file, true);
	if (status)
		return status;
	status = plan_read(&plan, &lines, control->force);
	if (!status)
		status = send_all(&own, &lines, &plan);
	transport_close(own.transport);
	lines_close(&lines);
	plan_free(&plan);
	return status;
}

static const struct command commands[] = {
	{ .run = run },
	{}
};

const struct object restore_object = {
	.name = "restore",
	.commands = commands,
	.grammar =
		"  restore [-n|--dry-run] [FILE]\n",
	.help =
		"FILE  commands that change the policy, one a line, as save prints them:\n"
		"      pool add|set|del, prefix add|del, exempt add|del, relay add|del, flush.\n"
		"      Without it, standard input.\n"
		"\n"
		"They start from nothing, and what they make takes the place of the policy in\n"
		"force in one step. Pools of the same name keep their counters. On an error,\n"
		"and with --dry-run, nothing changes. In a file, # starts a comment, and a text\n"
		"with blanks goes in double quotes, with a backslash before \" and \\.\n"
		"\n"
		"Example:\n"
		"  op25bctl restore --dry-run site.conf && op25bctl restore site.conf\n",
};
