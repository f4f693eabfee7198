// SPDX-License-Identifier: GPL-2.0
/* monitor: prints what happens as it happens. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "choices.h"
#include "command.h"
#include "keywords.h"
#include "output.h"
#include "report.h"
#include "sender.h"
#include "session.h"
#include "timestamp.h"

/* What anybody may listen to comes first. */
static const char *const groups[] = { OP25B_GROUP_POLICY, OP25B_GROUP_SENDERS,
				     OP25B_GROUP_SESSIONS };

#define GROUPS	(sizeof(groups) / sizeof(groups[0]))

/**
 * struct monitor - a monitor under way
 * @control: its socket, and whether it prints JSON
 * @mask: the signals that are blocked while it waits to hear or to be read, but not in between
 */
struct monitor {
	struct control control;
	sigset_t mask;
};

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

/* The word for an event; a newer module may have others, which are numbers here. */
static const char *change_word(const struct nlattr *const *table, char text[KEYWORD_NUMBER_MAX])
{
	if (attribute_u32(table[OP25B_A_EVENT]) == OP25B_EVENT_CHANGED)
		return keyword_format(&command_keywords, attribute_u32(table[OP25B_A_COMMAND]),
				      text);
	return keyword_format(&event_keywords, attribute_u32(table[OP25B_A_EVENT]), text);
}

static json_t *json_number(const struct nlattr *attribute)
{
	return attribute ? json_integer(attribute_u32(attribute)) : json_null();
}

static void print_policy_json(const char *time, const struct nlattr *const *table)
{
	char word[KEYWORD_NUMBER_MAX];

	json_print(json_pack("{ss ss sI ss ss? so so so so}",
			     "time", time,
			     "event", "policy",
			     "generation", (json_int_t)attribute_u64(table[OP25B_A_GENERATION]),
			     "change", change_word(table, word),
			     "pool", attribute_string(table[OP25B_A_POOL]),
			     "count", json_number(table[OP25B_A_CHANGE_COUNT]),
			     "confirm", json_number(table[OP25B_A_CONFIRM]),
			     "uid", json_number(table[OP25B_A_UID]),
			     "pid", json_number(table[OP25B_A_PID])));
}

static void print_policy(const char *time, const struct nlattr *const *table)
{
	char word[KEYWORD_NUMBER_MAX];

	printf("%s policy %" PRIu64 ": %s", time, attribute_u64(table[OP25B_A_GENERATION]),
	       change_word(table, word));
	if (table[OP25B_A_POOL]) {
		putchar(' ');
		output_coloured(POOL_COLOUR, attribute_string(table[OP25B_A_POOL]));
	}
	if (table[OP25B_A_CHANGE_COUNT])
		printf(" (%" PRIu32 ")", attribute_u32(table[OP25B_A_CHANGE_COUNT]));
	if (table[OP25B_A_CONFIRM])
		printf(", to be confirmed within %" PRIu32 " s",
		       attribute_u32(table[OP25B_A_CONFIRM]));
	if (table[OP25B_A_PID])
		printf(", by uid %" PRIu32 " pid %" PRIu32, attribute_u32(table[OP25B_A_UID]),
		       attribute_u32(table[OP25B_A_PID]));
	putchar('\n');
}

static void print_sender_json(const char *time, const char *change, const struct sender *sender)
{
	json_t *json = json_pack("{ss ss ss}", "time", time, "event", "sender", "change", change);
	json_t *more = sender_json(sender);

	if (json && more)
		json_object_update(json, more);
	json_decref(more);
	json_print(json);
}

static void print_sender(const char *time, const char *change, const struct sender *sender)
{
	char subscriber[PREFIX_TEXT_MAX];

	printf("%s sender %s: ", time, change);
	output_coloured(POOL_COLOUR, sender->pool.text);
	putchar(' ');
	output_coloured(prefix_colour(&sender->subscriber),
			prefix_format(&sender->subscriber, subscriber));
	printf(", %" PRIu64 " packets to %" PRIu32 "%s destinations, port %" PRIu16 "\n",
	       sender->packets, sender->destinations,
	       sender->destinations < DESTINATIONS_MAX ? "" : "+", sender->port);
}

static void print_session_json(const char *time, const struct nlattr *const *table,
			       const struct session *session)
{
	char word[KEYWORD_NUMBER_MAX];
	json_t *json = json_pack("{ss ss ss so so}",
				 "time", time,
				 "event", "session",
				 "change", change_word(table, word),
				 "uid", json_number(table[OP25B_A_UID]),
				 "pid", json_number(table[OP25B_A_PID]));
	json_t *more = session_json(session);

	if (json && more)
		json_object_update(json, more);
	json_decref(more);
	json_print(json);
}

static void print_session(const char *time, const struct nlattr *const *table,
			  const struct session *session)
{
	char word[KEYWORD_NUMBER_MAX], prefix[PREFIX_TEXT_MAX];
	size_t i;

	printf("%s session %s: %s", time, change_word(table, word), session->id);
	if (*session->dev)
		printf(" dev %s", session->dev);
	for (i = 0; i < session->count; i++) {
		putchar(' ');
		output_coloured(prefix_colour(&session->prefix[i]),
				prefix_format(&session->prefix[i], prefix));
	}
	if (*session->vrf)
		printf(" vrf %s", session->vrf);
	if (session->timeout)
		printf(" timeout %" PRIu32, session->timeout);
	if (table[OP25B_A_PID])
		printf(", by uid %" PRIu32 " pid %" PRIu32, attribute_u32(table[OP25B_A_UID]),
		       attribute_u32(table[OP25B_A_PID]));
	putchar('\n');
}

/*
 * Print a line. While nobody reads, a signal ends the wait, and the line stays unprinted. Where there
 * is room at all in a pipe, there is room for a line.
 */
static void flush_line(const struct monitor *monitor)
{
	struct pollfd file = { .fd = STDOUT_FILENO, .events = POLLOUT };

	while (!interrupted && ppoll(&file, 1, NULL, &monitor->mask) < 0 && errno == EINTR)
		;
	if (interrupted)
		__fpurge(stdout);
	else
		fflush(stdout);
}

static void print_event(const struct nlmsghdr *event, void *data)
{
	const struct genlmsghdr *generic = mnl_nlmsg_get_payload(event);
	const struct nlattr *table[OP25B_A_MAX + 1];
	const struct monitor *monitor = data;
	bool json = monitor->control.json;
	char text[TIMESTAMP_TEXT_MAX], word[KEYWORD_NUMBER_MAX];
	struct session session = {};
	struct sender sender;

	message_attributes(event, table);
	timestamp_format(time(NULL), text);
	if (generic->cmd == OP25B_CMD_POLICY_NTF && json)
		print_policy_json(text, table);
	else if (generic->cmd == OP25B_CMD_POLICY_NTF)
		print_policy(text, table);
	else if (generic->cmd == OP25B_CMD_SENDER_NTF && sender_read(event, &sender) && json)
		print_sender_json(text, change_word(table, word), &sender);
	else if (generic->cmd == OP25B_CMD_SENDER_NTF && sender_read(event, &sender))
		print_sender(text, change_word(table, word), &sender);
	else if (generic->cmd == OP25B_CMD_SESSION_NTF && session_read(event, &session) && json)
		print_session_json(text, table, &session);
	else if (*session.id)
		print_session(text, table, &session);
	session_free(&session);
	flush_line(monitor);
}

static void print_lost(const struct monitor *monitor)
{
	char text[TIMESTAMP_TEXT_MAX];

	timestamp_format(time(NULL), text);
	if (monitor->control.json)
		json_print(json_pack("{ss ss}", "time", text, "event", "lost"));
	else
		printf("%s some events were lost\n", text);
	flush_line(monitor);
}

/**
 * struct signals - what SIGINT and SIGTERM did before
 * @mask: the signals that were blocked
 * @interrupt: what SIGINT did
 * @terminate: what SIGTERM did
 */
struct signals {
	sigset_t mask;
	struct sigaction interrupt;
	struct sigaction terminate;
};

/* Both end the monitor with 0, and come only while it waits, to hear or to be read. */
static void catch_signals(struct signals *before)
{
	struct sigaction action = { .sa_handler = interrupt };
	sigset_t both;

	interrupted = 0;
	sigemptyset(&both);
	sigaddset(&both, SIGINT);
	sigaddset(&both, SIGTERM);
	sigprocmask(SIG_BLOCK, &both, &before->mask);
	sigaction(SIGINT, &action, &before->interrupt);
	sigaction(SIGTERM, &action, &before->terminate);
}

static void release_signals(const struct signals *before)
{
	sigaction(SIGINT, &before->interrupt, NULL);
	sigaction(SIGTERM, &before->terminate, NULL);
	sigprocmask(SIG_SETMASK, &before->mask, NULL);
}

static int start(struct control *control, const char *group)
{
	int status = control_connect(control);
	int code;

	if (status)
		return status;
	code = transport_listen(control->transport, group ? &group : groups, group ? 1 : GROUPS);
	if (code == -EPERM && !group) {
		report_warning("events of senders and sessions take CAP_NET_ADMIN, so there are none of them");
		code = transport_listen(control->transport, groups, 1);
	}
	if (code == -EOPNOTSUPP)
		return report_refusal("the module has no such events: is it older than this command?");
	return code ? report_refusal("cannot listen: %s", strerror(-code)) : DONE;
}

static int hear(struct monitor *monitor)
{
	int code;

	while (!interrupted && !ferror(stdout)) {
		code = transport_hear(monitor->control.transport, &monitor->mask, print_event,
				      monitor);
		if (code == -ENOBUFS)
			print_lost(monitor);
		else if (code == -ENOENT)
			return report_refusal("the kernel module op25b was removed");
		else if (code && code != -EINTR)
			return report_refusal("cannot listen: %s", strerror(-code));
	}
	return DONE;
}

static int run(struct control *control, struct words *words)
{
	const char *word = words_next(words), *group = NULL;
	/* a socket of its own, for what comes after it in a batch */
	struct monitor own = { .control = { .json = control->json } };
	struct choices choices = { .what = "events" };
	struct signals before;
	int status, found;
	size_t i;

	for (i = 0; i < GROUPS; i++)
		choices_add(&choices, groups[i]);
	if (word) {
		found = choices_find(&choices, word, !words->in_file);
		if (found < 0)
			return USAGE;
		group = groups[found];
	}
	status = words_end(words);
	if (status)
		return status;
	catch_signals(&before);
	own.mask = before.mask;
	status = start(&own.control, group);
	if (!status)
		status = hear(&own);
	release_signals(&before);
	transport_close(own.control.transport);
	return status;
}

static const struct command commands[] = {
	{ .run = run },
	{}
};

const struct object monitor_object = {
	.name = "monitor",
	.commands = commands,
	.grammar =
		"  monitor [policy|sessions|senders]\n",
	.help =
		"Prints what happens as it happens, a line each, until it is interrupted:\n"
		"\n"
		"policy   each change of the policy: its generation, which command or what else,\n"
		"         how many prefixes, by whose process; pools that come and go; exempts that\n"
		"         expire; a policy that waits to be confirmed, is confirmed or rolled back.\n"
		"sessions a session begins, changes or ends, and why; it takes CAP_NET_ADMIN.\n"
		"senders  a sender is new, or its packets have one digit more, looked at once a\n"
		"         second; it takes CAP_NET_ADMIN. Only pools with senders on have them.\n"
		"\n"
		"Without any of these, all. Events that were lost, because too many came at once, are\n"
		"said to be.\n"
		"\n"
		"Example:\n"
		"  op25bctl -j monitor policy\n",
};
