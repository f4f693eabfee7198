// SPDX-License-Identifier: GPL-2.0
/*
 * The whole file is parsed before anything is sent, so that a syntax error is
 * found first. Lines that add prefixes, exempts or relays are merged into large
 * messages, one for each pool and kind. The order of such additions does not
 * matter, so a file sorted by address, where each line names another pool, is
 * merged as well as one sorted by pool. Additions with and without force are
 * not merged with each other, and no addition moves across another command.
 *
 * A merged message does not record which lines it was made from. If the kernel
 * refuses one, the restore has failed. Another restore begins, with a message
 * for each line, in the order of the file: the first message that is refused
 * then belongs to the first line at fault.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "collision.h"
#include "mark.h"
#include "memory.h"
#include "names.h"
#include "policy.h"
#include "refusal.h"
#include "report.h"
#include "staging.h"

/*
 * A message of this length in bytes takes no more prefixes. 128 KiB fit in the default buffer of a
 * socket; 512 bytes are enough for one more prefix with its comment.
 */
#define MESSAGE_FULL	(128 * 1024 - 512)

/* The message that further additions to one list of a pool are merged into. */
struct merge_target {
	size_t message;		/* 1 + its index, or 0: there is none */
	bool force;
};

/* The messages that make a policy, in the order in which they are sent. */
struct plan {
	struct message *messages;
	size_t count;
	size_t size;		/* elements allocated */
	size_t fence;		/* nothing is merged into the messages before this one */
	struct names names;	/* of pools, and one of all zeros for relays of every pool */
	struct merge_target (*targets)[LISTS];	/* by the number of the pool's name */
	size_t target_count;
	size_t target_size;
};

static void plan_free(struct plan *plan)
{
	while (plan->count)
		message_free(&plan->messages[--plan->count]);
	free(plan->messages);
	free(plan->targets);
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

/* The list that a change adds to; LISTS: it does something else. */
static enum policy_list list_added_to(const struct change *change)
{
	enum policy_list list = 0;

	while (list < LISTS && list_kinds[list].add != change->command)
		list++;
	return list;
}

static struct merge_target *plan_target(struct plan *plan, const struct change *change,
					enum policy_list list)
{
	uint32_t number = names_number(&plan->names, &change->pool);

	while (number >= plan->target_count) {
		plan->targets = memory_grow(plan->targets, &plan->target_size, number + 1,
					    sizeof(*plan->targets));
		memset(plan->targets[plan->target_count++], 0, sizeof(*plan->targets));
	}
	return &plan->targets[number][list];
}

static void plan_add(struct plan *plan, const struct change *change)
{
	enum policy_list list = list_added_to(change);
	struct merge_target *target;
	struct message *message;
	size_t i;

	if (list == LISTS) {
		change_encode(change, plan_new_message(plan));
		plan->fence = plan->count;
		return;
	}
	target = plan_target(plan, change, list);
	message = target->message > plan->fence && target->force == change->force ?
			  &plan->messages[target->message - 1] : NULL;
	for (i = 0; i < change->count; i++) {
		if (!message || message_header(message)->nlmsg_len >= MESSAGE_FULL) {
			message = plan_new_message(plan);
			change_begin_message(change, message);
			*target = (struct merge_target) { plan->count, change->force };
		}
		message_put_prefix(message, OP25B_A_PREFIX, &change->prefixes[i].prefix,
				   &change->exempt);
	}
}

static int plan_read(struct plan *plan, struct lines *lines, bool force)
{
	struct change change = {};
	struct words words = {};
	struct mark mark = {};
	bool empty = true;
	const char *text;
	size_t length;
	int status;

	while (!(status = lines_next_text(lines, &text, &length))) {
		if (change_read_plain(&change, text, length)) {
			change.force = force;
		} else {
			status = mark_read(&mark, lines, text, length);
			if (!status)
				status = words_split(&words, text, length);
			if (!status && !words.count)
				continue;
			if (!status)
				status = command_parse_change(&change, &words, force);
			if (status)
				break;
		}
		change.restore = true;
		plan_add(plan, &change);
		empty = false;
	}
	if (status == LINES_END && mark_finish(&mark))
		status = USAGE;
	report_at(lines->outer);
	/* Such a file is more often what a failed command has left than a wish. */
	if (status == LINES_END && empty)
		status = report_usage("\"%s\" holds no command; use flush to remove everything",
				      lines->name);
	change_free(&change);
	words_free(&words);
	return status == LINES_END ? DONE : status;
}

/*
 * Begins a restore on a new socket: closing the old one drops the restore that it may have. Returns
 * DONE or REFUSED, which is not reported if @quiet.
 */
static int begin(struct control *control, bool quiet)
{
	struct message request = {};
	int status, code;

	transport_close(control->transport);
	control->transport = transport_open(&code);
	if (!control->transport)
		return quiet ? REFUSED : refusal_to_connect(code);
	message_begin(&request, OP25B_CMD_RESTORE_BEGIN, NLM_F_ACK);
	status = transport_ask(control->transport, &request, NULL, NULL) ? REFUSED : DONE;
	if (status && !quiet)
		refusal(control->transport, transport_error(control->transport), &request, NULL);
	message_free(&request);
	return status;
}

/*
 * Stages the lines before line @end one by one. Returns DONE; USAGE, reported; or REFUSED, not
 * reported, and then errors speak of the line and @request is what was refused.
 */
static int stage_lines(struct control *control, struct lines *lines, unsigned int end,
		       struct message *request)
{
	struct change change = {};
	struct words words = {};
	int status = lines_rewind(lines);

	while (!status && !(status = lines_next(lines, &words)) && lines->number < end) {
		status = command_parse_change(&change, &words, control->force);
		if (status)
			break;
		change.restore = true;
		change_encode(&change, request);
		if (transport_ask(control->transport, request, NULL, NULL))
			status = REFUSED;
	}
	change_free(&change);
	words_free(&words);
	return status == LINES_END ? DONE : status;
}

/*
 * Reports what the last line read was refused for. The refusal has dropped all that was staged: to
 * find the pool that the line collides with, the lines before it are staged again.
 */
static int refuse_line(struct control *control, struct lines *lines, const struct message *request)
{
	struct transport_error error = *transport_error(control->transport);
	struct place place = report_place();
	struct message earlier = {};
	int status = DONE;

	if (collision_needs_asking(&error) && !begin(control, true)) {
		status = stage_lines(control, lines, place.line, &earlier);
		if (!status)
			collision_ask(control->transport, true, request, &error);
	}
	message_free(&earlier);
	if (status == USAGE)
		return status;
	report_at(place);
	return refusal(control->transport, &error, request, NULL);
}

/* Stages the lines one by one, to find the first that is refused. */
static int stage_by_line(struct control *control, struct lines *lines)
{
	struct message request = {};
	int status;

	status = begin(control, false);
	if (!status) {
		status = stage_lines(control, lines, UINT_MAX, &request);
		if (status == REFUSED)
			status = refuse_line(control, lines, &request);
	}
	message_free(&request);
	return status;
}

/* Returns 0 or a negative errno, which is not reported. */
static int stage_plan(struct transport *transport, struct plan *plan)
{
	int ret = 0;
	size_t i;

	for (i = 0; !ret && i < plan->count; i++)
		ret = transport_ask(transport, &plan->messages[i], NULL, NULL);
	return ret;
}

/**
 * stage_file() - stage the policy that a file of commands makes
 * @control: a run without a socket; on success, its new socket has the restore, which closing the
 *	     socket drops
 * @name: the file's name, "-" for standard input
 * @warnings: all zeros; on success, what to warn of; NULL if nobody wants to know
 *
 * Return: DONE or, reported with the line at fault, USAGE or REFUSED.
 */
int stage_file(struct control *control, const char *name, struct warnings *warnings)
{
	struct plan plan = {};
	struct lines lines;
	int status;

	status = lines_open(&lines, name, true);
	if (status)
		return status;
	status = plan_read(&plan, &lines, control->force);
	if (!status)
		status = begin(control, false);
	if (!status && stage_plan(control->transport, &plan))
		status = stage_by_line(control, &lines);
	if (!status && warnings)
		warnings_staged(warnings, control->transport, plan.messages, plan.count,
				control->dry_run);
	lines_close(&lines);
	plan_free(&plan);
	return status;
}
