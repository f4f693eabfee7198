// SPDX-License-Identifier: GPL-2.0
/*
 * The whole file is parsed before anything is sent, so that a syntax error is
 * found first. Lines that add prefixes, exempts, relays or targets are merged into
 * large messages, one for each pool and kind. The order of such additions does not
 * matter, so a file sorted by address, where each line names another pool, is
 * merged as well as one sorted by pool. Additions with and without force are
 * not merged with each other, and no addition moves across another command.
 *
 * If the kernel refuses a message, the restore has failed, and the extended ACK
 * tells the prefix, whose line was noted. What is to be reported is the first
 * line at fault in the order of the file, which merging does not keep: of two
 * lines that collide, the message may have had the first one. So another restore
 * begins, with all lines before the one noted: if these are accepted and that
 * one is not, it is the first. That takes as long as the restore. Otherwise,
 * which is rare, each line is sent by itself.
 */
#include <errno.h>
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
#include "wait.h"

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

/* The lines of the file that the prefixes of a message were in; for what is not merged, its line. */
struct numbers {
	uint32_t *line;
	size_t count;
	size_t size;		/* elements allocated */
};

/* The messages that make a policy, in the order in which they are sent. */
struct plan {
	struct message *messages;
	struct numbers *numbers;	/* of each message */
	size_t count;
	size_t size;		/* elements allocated */
	size_t numbers_size;
	size_t fence;		/* nothing is merged into the messages before this one */
	struct names names;	/* of pools, and one of all zeros for what is of every pool */
	struct merge_target (*targets)[LISTS];	/* by the number of the pool's name */
	size_t target_count;
	size_t target_size;
};

static void plan_free(struct plan *plan)
{
	while (plan->count) {
		message_free(&plan->messages[--plan->count]);
		free(plan->numbers[plan->count].line);
	}
	free(plan->messages);
	free(plan->numbers);
	free(plan->targets);
	names_free(&plan->names);
}

static struct message *plan_new_message(struct plan *plan)
{
	struct message *message;

	plan->messages = memory_grow(plan->messages, &plan->size, plan->count + 1,
				     sizeof(*plan->messages));
	plan->numbers = memory_grow(plan->numbers, &plan->numbers_size, plan->count + 1,
				    sizeof(*plan->numbers));
	plan->numbers[plan->count] = (struct numbers) {};
	message = &plan->messages[plan->count++];
	*message = (struct message) {};
	return message;
}

/* Notes the line of what was added to a message. */
static void plan_number(struct plan *plan, const struct message *message, uint32_t line)
{
	struct numbers *numbers = &plan->numbers[message - plan->messages];

	numbers->line = memory_grow(numbers->line, &numbers->size, numbers->count + 1,
				    sizeof(*numbers->line));
	numbers->line[numbers->count++] = line;
}

/* The line that a message was refused for: that of the prefix at fault, or the first one. */
static uint32_t plan_line_at_fault(const struct plan *plan, size_t index, uint32_t offset)
{
	const struct numbers *numbers = &plan->numbers[index];
	size_t prefix = message_prefix_at(&plan->messages[index], offset);

	return numbers->line[prefix < numbers->count ? prefix : 0];
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

static void plan_add(struct plan *plan, const struct change *change, uint32_t line)
{
	enum policy_list list = list_added_to(change);
	struct merge_target *target;
	struct message *message;
	size_t i;

	if (list == LISTS) {
		message = plan_new_message(plan);
		change_encode(change, message);
		plan_number(plan, message, line);
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
		plan_number(plan, message, line);
	}
}

/* Reads the file, but for line @end and what follows; UINT_MAX: all of it */
static int plan_read(struct plan *plan, struct lines *lines, bool force, unsigned int end)
{
	struct change change = {};
	struct words words = {};
	struct mark mark = {};
	bool empty = true;
	const char *text;
	size_t length;
	int status;

	while (!(status = lines_next_text(lines, &text, &length)) && lines->number < end) {
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
		plan_add(plan, &change, lines->number);
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
 * Stages the lines @first to @last one by one. Returns DONE; USAGE, reported; or REFUSED, not
 * reported, and then errors speak of the line and @request is what was refused.
 */
static int stage_lines(struct control *control, struct lines *lines, unsigned int first,
		       unsigned int last, struct message *request)
{
	struct change change = {};
	struct words words = {};
	int status = lines_rewind(lines);
	const char *text;
	size_t length;

	while (!status && lines->number < last &&
	       !(status = lines_next_text(lines, &text, &length))) {
		if (lines->number < first)
			continue;
		status = words_split(&words, text, length);
		if (!status && !words.count)
			continue;
		if (!status)
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

/* Sends the messages. Returns the number of those that the kernel has accepted. */
static size_t stage_plan(struct transport *transport, struct plan *plan)
{
	size_t i = 0;

	while (i < plan->count && !transport_ask(transport, &plan->messages[i], NULL, NULL))
		i++;
	return i;
}

/*
 * Begins another restore, and stages the lines before line @end. Returns DONE; USAGE, reported; or
 * REFUSED, not reported.
 */
static int stage_before(struct control *control, struct lines *lines, unsigned int end)
{
	struct plan plan = {};
	int status = lines_rewind(lines);

	if (!status)
		status = plan_read(&plan, lines, control->force, end);
	if (!status)
		status = begin(control, true);
	if (!status && stage_plan(control->transport, &plan) < plan.count)
		status = REFUSED;
	plan_free(&plan);
	return status;
}

/*
 * Reports what the last line read was refused for. The refusal has dropped all that was staged: to
 * find the pool that the line collides with, the lines before it are staged again.
 */
static int refuse_line(struct control *control, struct lines *lines, const struct message *request)
{
	struct transport_error error = *transport_error(control->transport);
	struct place place = report_place();
	int status = DONE;

	if (collision_needs_asking(&error)) {
		status = stage_before(control, lines, place.line);
		if (!status)
			collision_ask(control->transport, true, request, &error);
	}
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
		status = stage_lines(control, lines, 1, UINT_MAX, &request);
		if (status == REFUSED)
			status = refuse_line(control, lines, &request);
	}
	message_free(&request);
	return status;
}

/*
 * Reports the first line that is refused, after message @index was. Returns DONE if, this time, none
 * is, and all is staged.
 */
static int find_line(struct control *control, struct lines *lines, const struct plan *plan,
		     size_t index)
{
	struct transport_error error = *transport_error(control->transport);
	uint32_t line = plan_line_at_fault(plan, index, error.offset);
	struct message request = {};
	int status;

	/* no line is at fault, and each further attempt would fail elsewhere */
	if (error.code == ENOMEM) {
		report_at((struct place) { lines->name, line });
		return refusal(control->transport, &error, &plan->messages[index], NULL);
	}
	status = stage_before(control, lines, line);
	if (!status)
		status = stage_lines(control, lines, line, line, &request);
	else if (status == REFUSED)
		status = DONE;
	if (status == REFUSED)
		status = refuse_line(control, lines, &request);
	else if (!status)
		status = stage_by_line(control, lines);
	message_free(&request);
	return status;
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
	size_t accepted;
	int status;

	status = lines_open(&lines, name, true);
	if (status)
		return status;
	status = plan_read(&plan, &lines, control->force, UINT_MAX);
	if (!status)
		status = wait_for_line(control);
	if (!status)
		status = begin(control, false);
	if (!status) {
		accepted = stage_plan(control->transport, &plan);
		if (accepted < plan.count)
			status = find_line(control, &lines, &plan, accepted);
	}
	if (!status && warnings)
		warnings_staged(warnings, control->transport, plan.messages, plan.count,
				control->dry_run);
	lines_close(&lines);
	plan_free(&plan);
	return status;
}
