// SPDX-License-Identifier: GPL-2.0
/* session: customers for whom a BRAS has opened port 25. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "comment.h"
#include "listing.h"
#include "memory.h"
#include "refusal.h"
#include "session.h"
#include "wait.h"

/* --- as the kernel sends them --- */

static bool session_read_nest(const struct nlattr *whole, struct session *session)
{
	const struct nlattr *nest[OP25B_A_SESSION_MAX + 1], *attribute;
	const char *id, *comment;

	nest_attributes(whole, nest, OP25B_A_SESSION_MAX);
	id = attribute_string(nest[OP25B_A_SESSION_ID]);
	if (!id || (*session->id && strncmp(id, session->id, OP25B_SESSION_ID_MAX)))
		return false;
	strncpy(session->id, id, OP25B_SESSION_ID_MAX);
	if (nest[OP25B_A_SESSION_DEV]) {
		strncpy(session->dev, attribute_string(nest[OP25B_A_SESSION_DEV]),
			IF_NAMESIZE - 1);
		/* like that of a comment, its name may have any bytes */
		comment_clean(session->dev);
	}
	if (nest[OP25B_A_SESSION_VRF]) {
		strncpy(session->vrf, attribute_string(nest[OP25B_A_SESSION_VRF]),
			IF_NAMESIZE - 1);
		comment_clean(session->vrf);
	}
	session->timeout = attribute_u32(nest[OP25B_A_SESSION_TIMEOUT]);
	comment = attribute_string(nest[OP25B_A_SESSION_COMMENT]);
	if (comment && *comment && !session->comment) {
		session->comment = memory_copy(comment);
		comment_clean(session->comment);
	}
	mnl_attr_for_each_nested(attribute, whole) {
		if (mnl_attr_get_type(attribute) != OP25B_A_SESSION_PREFIX)
			continue;
		session->prefix = memory_grow(session->prefix, &session->size, session->count + 1,
					      sizeof(*session->prefix));
		if (attribute_prefix(attribute, &session->prefix[session->count], NULL))
			session->count++;
	}
	return true;
}

/**
 * session_read() - read a session from a message
 * @message: the message
 * @session: the result; all zeros, or the same session before: then the prefixes are added
 *
 * Return: false if it has none, or another one than before.
 */
bool session_read(const struct nlmsghdr *message, struct session *session)
{
	const struct nlattr *table[OP25B_A_MAX + 1];

	message_attributes(message, table);
	return table[OP25B_A_SESSION] && session_read_nest(table[OP25B_A_SESSION], session);
}

/* Returns a session as a JSON object. */
json_t *session_json(const struct session *session)
{
	json_t *prefixes = json_array();
	size_t i;

	for (i = 0; i < session->count; i++)
		json_array_append_new(prefixes, json_prefix(&session->prefix[i]));
	return json_pack("{ss so so so so so}",
			 "id", session->id,
			 "prefixes", prefixes,
			 "dev", json_text(*session->dev ? session->dev : NULL),
			 "vrf", json_text(*session->vrf ? session->vrf : NULL),
			 "expires", session->timeout ? json_integer(session->timeout) : json_null(),
			 "comment", json_text(session->comment));
}

/* Frees what a session owns. */
void session_free(struct session *session)
{
	free(session->prefix);
	free(session->comment);
}

struct sessions {
	struct session *session;
	size_t count;
	size_t size;		/* elements allocated */
};

static void sessions_add(struct sessions *sessions, const struct session *session)
{
	sessions->session = memory_grow(sessions->session, &sessions->size, sessions->count + 1,
					sizeof(*sessions->session));
	sessions->session[sessions->count++] = *session;
}

/*
 * A session with many prefixes takes several messages. One without any has lost its device since
 * the dump began, and so has ended.
 */
static void add_session(const struct nlmsghdr *answer, void *data)
{
	struct sessions *sessions = data;
	struct session session = {};

	if (sessions->count && session_read(answer, &sessions->session[sessions->count - 1]))
		return;
	if (session_read(answer, &session) && (session.count || *session.dev))
		sessions_add(sessions, &session);
	else
		session_free(&session);
}

static void sessions_free(struct sessions *sessions)
{
	while (sessions->count)
		session_free(&sessions->session[--sessions->count]);
	free(sessions->session);
}

/* --- requests --- */

/**
 * struct wish - a session as the words of a command ask for it
 * @id: its id; belongs to the words, as @dev does
 * @dev: the name of its device, or NULL
 * @change: its prefixes, VRF, timeout and comment
 */
struct wish {
	const char *id;
	const char *dev;
	struct change change;
};

static int take_id(const char **id, struct words *words)
{
	const char *word = words_next(words), *c;

	if (!word)
		return report_usage("the id of a session is missing");
	for (c = word; *c > ' ' && *c <= '~'; c++)
		;
	if (!*word || *c || c - word > OP25B_SESSION_ID_MAX)
		return report_usage("\"%s\" is not a session's id: 1 to %u printable ASCII characters, no blanks",
				    word, OP25B_SESSION_ID_MAX);
	*id = word;
	return DONE;
}

/* Takes ID {PREFIX… [vrf DEVICE] | dev DEVICE} [timeout TIME] [comment TEXT]. */
static int take_wish(struct wish *wish, struct words *words)
{
	struct change *change = &wish->change;
	const char *word;
	int status;

	change_begin(change, OP25B_CMD_SESSION_ADD);
	wish->dev = NULL;
	status = take_id(&wish->id, words);
	word = words_peek(words);
	if (!status && word && (prefix_looks_like(word) || !strcmp(word, "-")))
		status = change_take_prefixes(change, words);
	while (!status && (word = words_next(words))) {
		if (!strcmp(word, "dev"))
			status = device_take(&wish->dev, "dev", words);
		else if (!strcmp(word, "vrf"))
			status = device_take(&change->vrf, "vrf", words);
		else if (change_is_option(word))
			status = change_take_option(change, word, words);
		else if (address_is(word))
			status = report_usage("prefix %s comes too late: prefixes belong before vrf, timeout and comment",
					      word);
		else
			status = report_usage("unknown word \"%s\", expected a prefix or one of: dev, vrf, timeout, comment",
					      word);
	}
	if (!status && !change->count == !wish->dev)
		status = report_usage("a session has either prefixes or a device, which \"dev\" goes before");
	else if (!status && wish->dev && change->vrf)
		status = report_usage("a session with a device has no VRF of its own: the device may be in one");
	return status;
}

/* Adds a session to a message. */
static int put_wish(struct message *message, const struct wish *wish)
{
	size_t nest = message_nest_begin(message, OP25B_A_SESSION);
	const struct change *change = &wish->change;
	size_t i;

	message_put_string(message, OP25B_A_SESSION_ID, wish->id);
	for (i = 0; i < change->count; i++)
		message_put_prefix(message, OP25B_A_SESSION_PREFIX, &change->prefixes[i].prefix,
				   NULL);
	if (wish->dev)
		message_put_string(message, OP25B_A_SESSION_DEV, wish->dev);
	if (change->vrf)
		message_put_string(message, OP25B_A_SESSION_VRF, change->vrf);
	if (change->exempt.timeout)
		message_put_u32(message, OP25B_A_SESSION_TIMEOUT, change->exempt.timeout);
	if (change->exempt.comment)
		message_put_string(message, OP25B_A_SESSION_COMMENT, change->exempt.comment);
	if (!message_nest_end(message, nest))
		return report_usage("session \"%s\" has too many prefixes", wish->id);
	return DONE;
}

static void put_id(struct message *message, const char *id)
{
	size_t nest = message_nest_begin(message, OP25B_A_SESSION);

	message_put_string(message, OP25B_A_SESSION_ID, id);
	message_nest_end(message, nest);
}

/* --- refusals --- */

/* Before Linux 6.2, the kernel does not say which session has a prefix or device. */
static const struct {
	const char *text;
	const char *named;
} others[] = {
	{ "prefix is in another session", "prefix is in session" },
	{ "device is that of another session", "device is that of session" },
};

/* Does a session have a device, or a prefix in a VRF, or in none if @vrf is empty? */
static bool has(const struct session *session, const struct nlattr *attribute, const char *vrf)
{
	struct prefix prefix;
	size_t i;

	if (mnl_attr_get_type(attribute) == OP25B_A_SESSION_DEV)
		return !strcmp(session->dev, attribute_string(attribute));
	if (strcmp(session->vrf, vrf) || !attribute_prefix(attribute, &prefix, NULL))
		return false;
	for (i = 0; i < session->count; i++)
		if (!prefix_compare(&prefix, &session->prefix[i]))
			return true;
	return false;
}

/* Reads the sessions that a request asks for, without the one that the kernel has refused. */
static void read_request(const struct message *request, uint32_t offset, struct sessions *sessions)
{
	const struct nlattr *attribute, *refused = message_attribute_at(request, offset);
	struct session session;

	mnl_attr_for_each(attribute, message_header(request), GENL_HDRLEN) {
		session = (struct session) {};
		if (mnl_attr_get_type(attribute) == OP25B_A_SESSION && attribute != refused &&
		    session_read_nest(attribute, &session))
			sessions_add(sessions, &session);
	}
}

/*
 * Completes the text of a refusal with the id of the session that has the attribute at fault: one of
 * @sessions, or of the kernel's if there are none.
 */
static void name_other(struct transport *transport, const struct message *request,
		       struct sessions *sessions, struct transport_error *error)
{
	const struct nlattr *attribute = message_nested_at(request, error->offset);
	struct message question = {};
	struct session refused = {};
	size_t i, j;

	for (i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (!strcmp(error->text, others[i].text))
			break;
	if (i == sizeof(others) / sizeof(*others) || !attribute)
		return;
	session_read_nest(message_attribute_at(request, error->offset), &refused);
	message_begin(&question, OP25B_CMD_SESSION_GET, NLM_F_DUMP);
	if (!sessions->count)
		transport_ask(transport, &question, add_session, sessions);
	for (j = 0; j < sessions->count; j++)
		if (has(&sessions->session[j], attribute, refused.vrf))
			snprintf(error->text, sizeof(error->text), "%s \"%s\"", others[i].named,
				 sessions->session[j].id);
	session_free(&refused);
	message_free(&question);
}

static int ask(struct control *control, struct message *request, transport_reader reader,
	       void *data)
{
	struct sessions sessions = {};
	struct transport_error error;
	int status = control_connect(control);

	if (status || !transport_ask(control->transport, request, reader, data))
		return status;
	error = *transport_error(control->transport);
	name_other(control->transport, request, &sessions, &error);
	sessions_free(&sessions);
	return refusal(control->transport, &error, request, NULL);
}

/* --- commands --- */

static int run_add(struct control *control, struct words *words)
{
	struct message request = {};
	struct wish wish = {};
	int status;

	status = take_wish(&wish, words);
	if (!status) {
		message_begin(&request, OP25B_CMD_SESSION_ADD, NLM_F_ACK);
		if (control->force)
			message_put_flag(&request, OP25B_A_FORCE);
		status = put_wish(&request, &wish);
	}
	if (!status)
		status = ask(control, &request, NULL, NULL);
	message_free(&request);
	change_free(&wish.change);
	return status;
}

static int run_del(struct control *control, struct words *words)
{
	struct message request = {};
	const char *id;
	int status;

	status = take_id(&id, words);
	if (!status)
		status = words_end(words);
	if (status)
		return status;
	message_begin(&request, OP25B_CMD_SESSION_DEL, NLM_F_ACK);
	if (control->force)
		message_put_flag(&request, OP25B_A_FORCE);
	put_id(&request, id);
	status = ask(control, &request, NULL, NULL);
	message_free(&request);
	return status;
}

/* Reads the sessions, or the one of the id that is the last of the words. */
static int read_sessions(struct control *control, struct words *words, struct sessions *sessions)
{
	struct message request = {};
	const char *id = NULL;
	int status = DONE;

	if (words_peek(words))
		status = take_id(&id, words);
	if (!status)
		status = words_end(words);
	if (status)
		return status;
	message_begin(&request, OP25B_CMD_SESSION_GET, NLM_F_DUMP);
	if (id)
		put_id(&request, id);
	status = ask(control, &request, add_session, sessions);
	message_free(&request);
	return status;
}

static void print_json(const struct sessions *sessions)
{
	size_t i;

	for (i = 0; i < sessions->count; i++)
		json_print_element(session_json(&sessions->session[i]), !i);
	json_print_end(!sessions->count);
}

enum { SESSION, DEVICE, EXPIRES, PREFIX, COMMENT, CELLS };

/* A line for each session and, if it has several prefixes, for each of these. */
static void print_rows(const struct session *session, struct column *columns, bool fit)
{
	char prefix[PREFIX_TEXT_MAX], expires[16] = "-", vrf[IF_NAMESIZE + 4];
	const char *cells[CELLS] = {
		session->id, *session->dev ? session->dev : "-", expires, "-",
		session->comment ? session->comment : "",
	};
	size_t i = 0;

	if (*session->vrf) {
		sprintf(vrf, "vrf %s", session->vrf);
		cells[DEVICE] = vrf;
	}

	if (session->timeout)
		sprintf(expires, "%" PRIu32 "s", session->timeout);
	do {
		columns[PREFIX].colour = NO_COLOUR;
		if (i < session->count) {
			cells[PREFIX] = prefix_format(&session->prefix[i], prefix);
			columns[PREFIX].colour = prefix_colour(&session->prefix[i]);
		}
		if (fit)
			row_fit(columns, CELLS, cells);
		else
			row_print(columns, CELLS, cells);
		cells[SESSION] = cells[DEVICE] = cells[EXPIRES] = cells[COMMENT] = "";
	} while (++i < session->count);
}

static void print_table(const struct sessions *sessions)
{
	static const char *const titles[CELLS] = {
		"SESSION", "DEVICE", "EXPIRES", "PREFIX", "COMMENT",
	};
	struct column columns[CELLS] = { [EXPIRES].right = true };
	size_t i;

	if (!listing_is_shown(sessions->count))
		return;
	row_fit(columns, CELLS, titles);
	for (i = 0; i < sessions->count; i++)
		print_rows(&sessions->session[i], columns, true);
	columns[PREFIX].colour = NO_COLOUR;
	row_print(columns, CELLS, titles);
	for (i = 0; i < sessions->count; i++)
		print_rows(&sessions->session[i], columns, false);
}

static int run_show(struct control *control, struct words *words)
{
	struct sessions sessions = {};
	int status = read_sessions(control, words, &sessions);

	if (!status && control->json)
		print_json(&sessions);
	else if (!status)
		print_table(&sessions);
	sessions_free(&sessions);
	return status;
}

/* Prints what "session add" takes. A "#" would start a comment, and a quote a quoted word. */
static void print_line(const struct session *session)
{
	char prefix[PREFIX_TEXT_MAX];
	size_t i;

	words_print(session->id);
	for (i = 0; i < session->count; i++)
		printf(" %s", prefix_format(&session->prefix[i], prefix));
	if (*session->dev)
		printf(" dev ");
	words_print(session->dev);
	if (*session->vrf)
		printf(" vrf ");
	words_print(session->vrf);
	if (session->timeout)
		printf(" timeout %" PRIu32, session->timeout);
	if (session->comment) {
		printf(" comment ");
		words_print(session->comment);
	}
	putchar('\n');
}

static int run_save(struct control *control, struct words *words)
{
	struct sessions sessions = {};
	int status = words_end(words);
	size_t i;

	if (!status)
		status = read_sessions(control, words, &sessions);
	for (i = 0; !status && i < sessions.count; i++)
		print_line(&sessions.session[i]);
	sessions_free(&sessions);
	return status;
}

/**
 * struct sync - a synchronisation
 * @file: the name of its file
 * @request: the message, with a nest for each session
 * @line: the line of each session; freed with it
 * @count: how many sessions there are
 * @size: the number of elements allocated for @line
 */
struct sync {
	const char *file;
	struct message request;
	unsigned int *line;
	size_t count;
	size_t size;
};

static int read_lines(struct sync *sync)
{
	struct words words = {};
	struct wish wish = {};
	struct lines lines;
	int status;

	status = lines_open(&lines, sync->file, false);
	if (status)
		return status;
	while (!(status = lines_next(&lines, &words))) {
		status = take_wish(&wish, &words);
		if (!status)
			status = put_wish(&sync->request, &wish);
		if (status)
			break;
		sync->line = memory_grow(sync->line, &sync->size, sync->count + 1,
					 sizeof(*sync->line));
		sync->line[sync->count++] = lines.number;
	}
	lines_close(&lines);
	words_free(&words);
	change_free(&wish.change);
	return status == LINES_END ? DONE : status;
}

struct outcome {
	uint32_t added;
	uint32_t changed;
	uint32_t deleted;
	uint32_t kept;
};

static void read_outcome(const struct nlmsghdr *answer, void *data)
{
	const struct nlattr *table[OP25B_A_MAX + 1];

	message_attributes(answer, table);
	*(struct outcome *)data = (struct outcome) {
		.added = attribute_u32(table[OP25B_A_ADDED_COUNT]),
		.changed = attribute_u32(table[OP25B_A_CHANGED_COUNT]),
		.deleted = attribute_u32(table[OP25B_A_DELETED_COUNT]),
		.kept = attribute_u32(table[OP25B_A_KEPT_COUNT]),
	};
}

/* The line of the session that the kernel has refused; 0 if it is not known. */
static unsigned int refused_line(const struct sync *sync, uint32_t offset)
{
	const struct nlattr *attribute, *bad = message_attribute_at(&sync->request, offset);
	size_t i = 0;

	mnl_attr_for_each(attribute, message_header(&sync->request), GENL_HDRLEN) {
		if (mnl_attr_get_type(attribute) != OP25B_A_SESSION)
			continue;
		if (attribute == bad)
			return sync->line[i];
		i++;
	}
	return 0;
}

static int send_sync(struct control *control, struct sync *sync, struct outcome *outcome)
{
	struct sessions sessions = {};
	struct transport_error error;
	struct place outer = report_place();
	int status = control_connect(control);
	unsigned int line;

	if (status || !transport_ask(control->transport, &sync->request, read_outcome, outcome))
		return status;
	error = *transport_error(control->transport);
	read_request(&sync->request, error.offset, &sessions);
	name_other(control->transport, &sync->request, &sessions, &error);
	sessions_free(&sessions);
	line = refused_line(sync, error.offset);
	if (line)
		report_at((struct place) { sync->file, line });
	status = refusal(control->transport, &error, &sync->request, NULL);
	report_at(outer);
	return status;
}

static int run_sync(struct control *control, struct words *words)
{
	struct outcome outcome = {};
	struct sync sync = {};
	int status;

	status = words_last_file(words, &sync.file);
	if (!status)
		status = wait_check(control, sync.file);
	if (status)
		return status;
	message_begin(&sync.request, OP25B_CMD_SESSION_SYNC, NLM_F_ACK);
	if (control->force)
		message_put_flag(&sync.request, OP25B_A_FORCE);
	status = read_lines(&sync);
	if (!status && !sync.count && !control->force)
		status = report_usage("there is no session in \"%s\": with --force, all sessions end",
				      sync.file);
	if (!status)
		status = wait_for_line(control);
	if (!status)
		status = send_sync(control, &sync, &outcome);
	if (!status && control->json)
		json_print(json_pack("{sI sI sI sI}", "added", (json_int_t)outcome.added,
				     "changed", (json_int_t)outcome.changed,
				     "deleted", (json_int_t)outcome.deleted,
				     "kept", (json_int_t)outcome.kept));
	else if (!status)
		printf("%" PRIu32 " added, %" PRIu32 " changed, %" PRIu32 " deleted, %" PRIu32
		       " kept\n", outcome.added, outcome.changed, outcome.deleted, outcome.kept);
	message_free(&sync.request);
	free(sync.line);
	return status;
}

static const struct command commands[] = {
	{ "add", .run = run_add },
	{ "del", .run = run_del },
	{ "show", .run = run_show },
	{ "save", .run = run_save },
	{ "sync", .run = run_sync, .waits = true },
	{}
};

const struct object session_object = {
	.name = "session",
	.commands = commands,
	.grammar =
		"  session add ID {PREFIX… [vrf DEVICE]|dev DEVICE} [timeout TIME]\n"
		"           [comment TEXT]\n"
		"  session del ID\n"
		"  session show [ID]\n"
		"  session save\n"
		"  session sync [FILE]\n"
		"  session sync --wait FILE\n",
	.help =
		"ID      1 to 63 printable ASCII characters without blanks, such as ppp0\n"
		"PREFIX  an IPv4 or IPv6 prefix or address; \"-\": a list on standard input\n"
		"DEVICE  behind dev: all that comes in by this device; the session ends when it\n"
		"        goes down. Behind vrf: the VRF that the prefixes belong to, by the name\n"
		"        of its device, which need not exist yet.\n"
		"TIME    the session ends after so many seconds; or 45s, 30m, 2h, 1d\n"
		"TEXT    one line of up to 255 bytes\n"
		"FILE    sessions, one a line, each as the arguments of session add, as session\n"
		"        save prints them. Without it, standard input.\n"
		"\n"
		"Customers of a pool are not filtered while they have a session: their packets are\n"
		"counted as exempted. Sessions are no part of the policy: save, restore, flush and\n"
		"the rest leave them alone. A prefix, of one VRF or of none, or a device belongs\n"
		"to one session; with --force, the newest has it.\n"
		"\n"
		"sync: afterwards exactly these sessions are there. Those that are the same keep\n"
		"their timeouts. A file without any is refused without --force; with it, sessions\n"
		"whose device is gone are left out. With --wait, it reads the file, prints\n"
		"\"ready\", and goes on when a line comes on standard input.\n"
		"\n"
		"All of this takes CAP_NET_ADMIN, since it is about people.\n"
		"\n"
		"Example:\n"
		"  op25bctl session add --force ppp0 dev ppp0 comment \"by RADIUS\"\n"
		"  op25bctl session add 4711 10.0.0.7 2001:db8:7::/56 timeout 1d\n",
};
