// SPDX-License-Identifier: GPL-2.0
#include <assert.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "address.h"
#include "report.h"
#include "streams.h"
#include "test_cmd.h"
#include "installed.h"
#include "transport.h"

/* While the command runs, the real standard descriptors are from here on. */
#define KEPT	32

/* The longest description of an attribute in the log, and the longest value that a rule can name */
#define WORD_SIZE	2048
#define VALUE_SIZE	128

int op25bctl_main(int argc, char **argv);

/* The command calls these in place of the functions of C. */
int cmd_fsync(int fd);
void *cmd_malloc(size_t size);
void *cmd_calloc(size_t count, size_t size);
void *cmd_realloc(void *memory, size_t size);
void *cmd_reallocarray(void *memory, size_t count, size_t size);
char *cmd_strdup(const char *text);
FILE *cmd_fopencookie(void *cookie, const char *mode, cookie_io_functions_t functions);
FILE *cmd_open_memstream(char **text, size_t *size);
FILE *cmd_fdopen(int fd, const char *mode);
int cmd_clock_gettime(clockid_t clock, struct timespec *time);
int cmd_poll(struct pollfd *files, nfds_t count, int timeout);
void cmd_exit(int code) __attribute__((noreturn));

/* --- the kernel --- */

struct rule {
	uint8_t command;
	const char *value;
	int code;
	const char *text;
};

struct transport {
	struct transport_error error;
	bool restore, failed;
	struct message *staged;
	size_t staged_count;
};

struct kernel kernel;
int (*instead_of_fsync)(int fd);

static struct rule rules[8];
static size_t rule_count;
static struct { uint8_t command; struct message message; } answers[32];
static size_t answer_count;

static const char *const command_names[] = {
	[OP25B_CMD_POOL_ADD] = "POOL_ADD", [OP25B_CMD_POOL_SET] = "POOL_SET",
	[OP25B_CMD_POOL_DEL] = "POOL_DEL", [OP25B_CMD_POOL_GET] = "POOL_GET",
	[OP25B_CMD_POOL_RESET] = "POOL_RESET", [OP25B_CMD_PREFIX_ADD] = "PREFIX_ADD",
	[OP25B_CMD_PREFIX_DEL] = "PREFIX_DEL", [OP25B_CMD_PREFIX_GET] = "PREFIX_GET",
	[OP25B_CMD_EXEMPT_ADD] = "EXEMPT_ADD", [OP25B_CMD_EXEMPT_DEL] = "EXEMPT_DEL",
	[OP25B_CMD_EXEMPT_GET] = "EXEMPT_GET", [OP25B_CMD_RELAY_ADD] = "RELAY_ADD",
	[OP25B_CMD_RELAY_DEL] = "RELAY_DEL", [OP25B_CMD_RELAY_GET] = "RELAY_GET",
	[OP25B_CMD_TEST] = "TEST", [OP25B_CMD_STATUS_GET] = "STATUS_GET",
	[OP25B_CMD_POLICY_GET] = "POLICY_GET",
	[OP25B_CMD_FLUSH] = "FLUSH", [OP25B_CMD_RESTORE_BEGIN] = "RESTORE_BEGIN",
	[OP25B_CMD_RESTORE_COMMIT] = "RESTORE_COMMIT", [OP25B_CMD_PREFIX_MOVE] = "PREFIX_MOVE",
	[OP25B_CMD_TARGET_ADD] = "TARGET_ADD", [OP25B_CMD_TARGET_DEL] = "TARGET_DEL",
	[OP25B_CMD_TARGET_GET] = "TARGET_GET", [OP25B_CMD_SENDER_GET] = "SENDER_GET",
	[OP25B_CMD_SENDER_RESET] = "SENDER_RESET", [OP25B_CMD_CONFIRM] = "CONFIRM",
	[OP25B_CMD_ROLLBACK] = "ROLLBACK", [OP25B_CMD_SESSION_ADD] = "SESSION_ADD",
	[OP25B_CMD_SESSION_DEL] = "SESSION_DEL", [OP25B_CMD_SESSION_GET] = "SESSION_GET",
	[OP25B_CMD_SESSION_SYNC] = "SESSION_SYNC", [OP25B_CMD_POLICY_NTF] = "POLICY_NTF",
	[OP25B_CMD_SENDER_NTF] = "SENDER_NTF", [OP25B_CMD_SESSION_NTF] = "SESSION_NTF",
};

static_assert(sizeof(command_names) == (OP25B_CMD_MAX + 1) * sizeof(*command_names), "operations");

bool installed_differs(void)
{
	return kernel.outdated;
}

void kernel_reset(void)
{
	assert_int_equal(kernel.sockets, 0);
	while (answer_count)
		message_free(&answers[--answer_count].message);
	kernel = (struct kernel) {};
	instead_of_fsync = NULL;
	clock_speed = 1;
	allocations = (struct allocations) {};
	rule_count = 0;
}

/*
 * Refuses a command with this pool or prefix, or with this flag or setting, as the log has it, which
 * is then the attribute at fault. A session is named by its id, or by a prefix or device in it, which
 * is then at fault. NULL: refuses every such command, and no attribute is at fault.
 */
void kernel_refuse(uint8_t command, const char *value, int code, const char *text)
{
	rules[rule_count++] = (struct rule) { command, value, code, text };
}

/* Adds a message to the answer to a command. */
struct message *kernel_answer(uint8_t command)
{
	answers[answer_count].command = command;
	answers[answer_count].message = (struct message) {};
	message_begin(&answers[answer_count].message, command, 0);
	return &answers[answer_count++].message;
}

static void log_text(const char *text)
{
	strncat(kernel.log, text, sizeof(kernel.log) - strlen(kernel.log) - 1);
}

/* Adds to a word. What does not fit is cut. */
static void __attribute__((format(printf, 2, 3))) add(char *word, const char *format, ...)
{
	size_t length = strlen(word);
	va_list values;

	va_start(values, format);
	vsnprintf(word + length, WORD_SIZE - length, format, values);
	va_end(values);
}

/* The same for an attribute of a session; its value is also that of a rule. */
static void describe_of_session(const struct nlattr *attribute, char *word, char *value)
{
	struct prefix prefix;

	*value = '\0';
	switch (mnl_attr_get_type(attribute)) {
	case OP25B_A_SESSION_ID:
		add(word, "%s", mnl_attr_get_str(attribute));
		break;
	case OP25B_A_SESSION_PREFIX:
		assert_true(attribute->nla_type & NLA_F_NESTED);
		assert_true(attribute_prefix(attribute, &prefix, NULL));
		add(word, " %s", prefix_format(&prefix, value));
		break;
	case OP25B_A_SESSION_DEV:
		strcpy(value, mnl_attr_get_str(attribute));
		add(word, " dev=%s", value);
		break;
	case OP25B_A_SESSION_VRF:
		strcpy(value, mnl_attr_get_str(attribute));
		add(word, " vrf=%s", value);
		break;
	case OP25B_A_SESSION_TIMEOUT:
		add(word, " timeout=%u", mnl_attr_get_u32(attribute));
		break;
	case OP25B_A_SESSION_COMMENT:
		add(word, " comment=%s", mnl_attr_get_str(attribute));
		break;
	default:
		fail();
	}
}

/* Describes a session as "{ID ...}"; its value is its id. */
static void describe_session(const struct nlattr *session, char *word, char *value)
{
	const struct nlattr *nest[OP25B_A_SESSION_MAX + 1], *attribute;
	char other[VALUE_SIZE];

	assert_true(session->nla_type & NLA_F_NESTED);
	strcpy(word, "{");
	mnl_attr_for_each_nested(attribute, session) {
		describe_of_session(attribute, word, other);
	}
	add(word, "}");
	nest_attributes(session, nest, OP25B_A_SESSION_MAX);
	strcpy(value, attribute_string(nest[OP25B_A_SESSION_ID]));
}

/* Describes an attribute by @word; @value is its value alone. */
static void describe(const struct nlattr *attribute, char *word, char *value)
{
	struct exempt_options options;
	struct prefix prefix;

	*value = '\0';
	switch (mnl_attr_get_type(attribute)) {
	case OP25B_A_POOL:
		strcpy(value, mnl_attr_get_str(attribute));
		sprintf(word, "pool=%s", value);
		break;
	case OP25B_A_MODE:
		sprintf(word, "mode=%u", mnl_attr_get_u32(attribute));
		break;
	case OP25B_A_ACTION:
		sprintf(word, "action=%u", mnl_attr_get_u32(attribute));
		break;
	case OP25B_A_GUARD:
		sprintf(word, "guard=%u", mnl_attr_get_u32(attribute));
		break;
	case OP25B_A_SENDERS:
		sprintf(word, "senders=%u", mnl_attr_get_u8(attribute));
		break;
	case OP25B_A_SUBSCRIBER:
		sprintf(word, "subscriber=%u", mnl_attr_get_u8(attribute));
		break;
	case OP25B_A_LOG:
		sprintf(word, "log=%d", (int)mnl_attr_get_u32(attribute));
		break;
	case OP25B_A_CONFIRM:
		sprintf(word, "confirm=%u", mnl_attr_get_u32(attribute));
		break;
	case OP25B_A_SESSION:
		describe_session(attribute, word, value);
		break;
	case OP25B_A_DEV:
		strcpy(value, mnl_attr_get_str(attribute));
		sprintf(word, "dev=%s", value);
		break;
	case OP25B_A_VRF:
		strcpy(value, mnl_attr_get_str(attribute));
		sprintf(word, "vrf=%s", value);
		break;
	case OP25B_A_FORCE:
		strcpy(word, "force");
		break;
	case OP25B_A_RESTORE:
		strcpy(word, "restore");
		break;
	case OP25B_A_SRC:
	case OP25B_A_DST:
	case OP25B_A_PREFIX:
		assert_true(attribute->nla_type & NLA_F_NESTED);
		assert_true(attribute_prefix(attribute, &prefix, &options));
		prefix_format(&prefix, value);
		word += sprintf(word, "%s", value);
		if (options.timeout)
			word += sprintf(word, "(%us)", options.timeout);
		if (options.comment)
			sprintf(word, "(%s)", options.comment);
		break;
	default:
		fail();
	}
}

static const struct rule *broken_rule(uint8_t command, const char *value)
{
	size_t i;

	for (i = 0; i < rule_count; i++)
		if (rules[i].command == command && (value && rules[i].value ?
		    !strcmp(rules[i].value, value) : rules[i].value == value))
			return &rules[i];
	return NULL;
}

static int refuse(struct transport *transport, const struct rule *rule, size_t offset)
{
	transport->error = (struct transport_error) { .code = rule->code, .offset = offset,
						       .absent = kernel.absent };
	if (rule->text)
		strcpy(transport->error.text, rule->text);
	return -rule->code;
}

struct transport *transport_open(int *code)
{
	int fd;

	/* Otherwise the socket could take the place of one of them. */
	for (fd = 0; fd < 3; fd++)
		assert_true(fcntl(fd, F_GETFD) >= 0);
	*code = kernel.open_limit && kernel.opened == kernel.open_limit ? EMFILE : kernel.open_code;
	if (*code)
		return NULL;
	kernel.opened++;
	kernel.sockets++;
	return calloc(1, sizeof(struct transport));
}

void transport_close(struct transport *transport)
{
	if (!transport)
		return;
	kernel.sockets--;
	while (transport->staged_count)
		message_free(&transport->staged[--transport->staged_count]);
	free(transport->staged);
	free(transport);
}

const struct transport_error *transport_error(const struct transport *transport)
{
	return &transport->error;
}

static bool is_change(uint8_t command)
{
	switch (command) {
	case OP25B_CMD_POOL_ADD:
	case OP25B_CMD_POOL_SET:
	case OP25B_CMD_POOL_DEL:
	case OP25B_CMD_PREFIX_ADD:
	case OP25B_CMD_PREFIX_DEL:
	case OP25B_CMD_PREFIX_MOVE:
	case OP25B_CMD_EXEMPT_ADD:
	case OP25B_CMD_EXEMPT_DEL:
	case OP25B_CMD_RELAY_ADD:
	case OP25B_CMD_RELAY_DEL:
	case OP25B_CMD_TARGET_ADD:
	case OP25B_CMD_TARGET_DEL:
	case OP25B_CMD_FLUSH:
		return true;
	default:
		return false;
	}
}

/* This kernel has no rules: it stages additions, and ignores deletions. */
static void stage(struct transport *transport, const struct nlmsghdr *header)
{
	struct message *message;

	transport->staged = realloc(transport->staged, (transport->staged_count + 1) *
				    sizeof(*transport->staged));
	message = &transport->staged[transport->staged_count++];
	message->size = header->nlmsg_len;
	message->data = malloc(message->size);
	memcpy(message->data, header, message->size);
}

static bool is_setting(uint16_t type)
{
	return type == OP25B_A_MODE || type == OP25B_A_ACTION || type == OP25B_A_GUARD ||
	       type == OP25B_A_SENDERS || type == OP25B_A_SUBSCRIBER || type == OP25B_A_LOG ||
	       type == OP25B_A_VRF;
}

static bool adds_to(uint8_t change, uint8_t get)
{
	switch (get) {
	case OP25B_CMD_POOL_GET:
		return change == OP25B_CMD_POOL_ADD;
	case OP25B_CMD_PREFIX_GET:
		return change == OP25B_CMD_POOL_ADD || change == OP25B_CMD_PREFIX_ADD;
	case OP25B_CMD_EXEMPT_GET:
		return change == OP25B_CMD_EXEMPT_ADD;
	case OP25B_CMD_RELAY_GET:
		return change == OP25B_CMD_RELAY_ADD;
	case OP25B_CMD_TARGET_GET:
		return change == OP25B_CMD_TARGET_ADD;
	default:
		return false;
	}
}

/* Makes a message of a dump of the policy from one of the dump of a part of it. */
static void answer_part(const struct nlmsghdr *header, uint8_t part, transport_reader reader,
			void *data)
{
	struct nlmsghdr *answer = calloc(1, header->nlmsg_len + 64);
	struct genlmsghdr *generic;
	const struct nlattr *attribute;
	bool mode = false, prefix = false;

	mnl_nlmsg_put_header(answer);
	generic = mnl_nlmsg_put_extra_header(answer, sizeof(*generic));
	generic->cmd = OP25B_CMD_POLICY_GET;
	mnl_attr_for_each(attribute, header, sizeof(*generic)) {
		uint16_t type = mnl_attr_get_type(attribute);

		/* what is staged adds a pool with its prefixes */
		if (type == OP25B_A_RESTORE || type == OP25B_A_FORCE ||
		    (type == OP25B_A_PREFIX && part == OP25B_CMD_POOL_GET) ||
		    (is_setting(type) && part != OP25B_CMD_POOL_GET))
			continue;
		mode |= type == OP25B_A_MODE;
		prefix |= type == OP25B_A_PREFIX;
		if (type == OP25B_A_PREFIX && part == OP25B_CMD_RELAY_GET)
			type = OP25B_A_RELAY;
		if (type == OP25B_A_PREFIX && part == OP25B_CMD_TARGET_GET)
			type = OP25B_A_TARGET;
		mnl_attr_put(answer, type | (attribute->nla_type & NLA_F_NESTED),
			     mnl_attr_get_payload_len(attribute), mnl_attr_get_payload(attribute));
	}
	if (part == OP25B_CMD_POOL_GET && !mode)
		mnl_attr_put_u32(answer, OP25B_A_MODE, OP25B_MODE_ENFORCE);
	if (part == OP25B_CMD_EXEMPT_GET)
		mnl_attr_put(answer, OP25B_A_EXEMPT, 0, NULL);
	/* a pool that is staged may have no prefix */
	if (part != OP25B_CMD_PREFIX_GET || prefix)
		reader(answer, data);
	free(answer);
}

/* The parts of a policy, in the order in which it is dumped */
static const uint8_t parts[] = {
	OP25B_CMD_POOL_GET, OP25B_CMD_RELAY_GET, OP25B_CMD_TARGET_GET, OP25B_CMD_PREFIX_GET,
	OP25B_CMD_EXEMPT_GET,
};

#define PARTS	(sizeof(parts) / sizeof(parts[0]))

/* A message that adds something has the same attributes as the answer of a dump. */
static void answer_staged(struct transport *transport, uint8_t command, transport_reader reader,
			  void *data)
{
	size_t i, part;

	for (part = 0; part < PARTS; part++) {
		if (command != parts[part] && command != OP25B_CMD_POLICY_GET)
			continue;
		for (i = 0; i < transport->staged_count; i++) {
			struct nlmsghdr *header = message_header(&transport->staged[i]);
			struct genlmsghdr *generic = mnl_nlmsg_get_payload(header);
			uint8_t added_by = generic->cmd;

			if (!adds_to(added_by, parts[part]))
				continue;
			generic->cmd = command;
			if (command == OP25B_CMD_POLICY_GET)
				answer_part(header, parts[part], reader, data);
			else
				reader(header, data);
			generic->cmd = added_by;
		}
	}
}

static bool holds(const struct prefix *outer, const struct prefix *address)
{
	int bit;

	if (outer->family != address->family)
		return false;
	for (bit = 0; bit < outer->length; bit++)
		if ((outer->address[bit / 8] ^ address->address[bit / 8]) & 0x80 >> bit % 8)
			return false;
	return true;
}

/* Finds the most specific of the prefixes and exempts in the answers to dumps of them. */
static void answer_test(const struct nlmsghdr *request, transport_reader reader, void *data)
{
	const struct nlattr *table[OP25B_A_MAX + 1], *attribute;
	struct prefix address, prefix, best = {};
	const char *pool = NULL;
	struct message found = {};
	bool exempt = false;
	size_t i;

	message_attributes(request, table);
	assert_true(attribute_prefix(table[OP25B_A_SRC], &address, NULL));
	for (i = 0; i < answer_count; i++) {
		const struct nlmsghdr *header = message_header(&answers[i].message);
		bool is_exempt = answers[i].command == OP25B_CMD_EXEMPT_GET;

		if (answers[i].command != OP25B_CMD_PREFIX_GET && !is_exempt)
			continue;
		message_attributes(header, table);
		mnl_attr_for_each(attribute, header, GENL_HDRLEN) {
			if (mnl_attr_get_type(attribute) != OP25B_A_PREFIX ||
			    !attribute_prefix(attribute, &prefix, NULL) ||
			    !holds(&prefix, &address) ||
			    (pool && prefix.length < best.length + !is_exempt))
				continue;
			best = prefix;
			pool = mnl_attr_get_str(table[OP25B_A_POOL]);
			exempt = is_exempt;
		}
	}
	message_begin(&found, OP25B_CMD_TEST, 0);
	if (pool) {
		message_put_string(&found, OP25B_A_POOL, pool);
		message_put_prefix(&found, OP25B_A_PREFIX, &best, NULL);
	}
	if (exempt)
		message_put_flag(&found, OP25B_A_EXEMPT);
	reader(message_header(&found), data);
	message_free(&found);
}

static void answer(const struct nlmsghdr *request, transport_reader reader, void *data)
{
	const struct genlmsghdr *generic = mnl_nlmsg_get_payload(request);
	uint8_t command = generic->cmd;
	const struct nlattr *table[OP25B_A_MAX + 1];
	const char *pool = NULL;
	bool known = false;
	size_t i, part;

	message_attributes(request, table);
	if (command == OP25B_CMD_POOL_GET && table[OP25B_A_POOL])
		pool = mnl_attr_get_str(table[OP25B_A_POOL]);
	for (i = 0; i < answer_count; i++) {
		if (answers[i].command != command)
			continue;
		message_attributes(message_header(&answers[i].message), table);
		if (pool && strcmp(pool, mnl_attr_get_str(table[OP25B_A_POOL])))
			continue;
		reader(message_header(&answers[i].message), data);
		known = true;
	}
	if (command == OP25B_CMD_TEST && !known)
		answer_test(request, reader, data);
	for (part = 0; command == OP25B_CMD_POLICY_GET && part < PARTS; part++)
		for (i = 0; i < answer_count; i++)
			if (answers[i].command == parts[part])
				answer_part(message_header(&answers[i].message), parts[part],
					    reader, data);
}

/* Finds the rule that a session breaks with a prefix or device, which is then @attribute. */
static const struct rule *find_session_rule(uint8_t command, const struct nlattr **attribute)
{
	const struct nlattr *inner, *session = *attribute;
	char value[VALUE_SIZE], word[WORD_SIZE] = "";
	const struct rule *rule;

	if (mnl_attr_get_type(session) != OP25B_A_SESSION)
		return NULL;
	mnl_attr_for_each_nested(inner, session) {
		describe_of_session(inner, word, value);
		rule = *value ? broken_rule(command, value) : NULL;
		if (!rule)
			continue;
		*attribute = inner;
		return rule;
	}
	return NULL;
}

/* Finds the rule that a request breaks, and the offset of the attribute at fault; 0: none. */
static const struct rule *find_rule(const struct transport *transport,
				    const struct nlmsghdr *header, bool restore, size_t *offset)
{
	static const struct rule no_restore = { 0, NULL, EINVAL, "no restore has begun on this socket" },
				 failed = { 0, NULL, ECANCELED, "the restore has failed" };
	const struct genlmsghdr *generic = mnl_nlmsg_get_payload(header);
	char value[VALUE_SIZE], word[WORD_SIZE];
	const struct nlattr *attribute, *inner;
	const struct rule *rule;

	*offset = 0;
	if (restore && !transport->restore)
		return &no_restore;
	if (restore && transport->failed)
		return &failed;
	rule = broken_rule(generic->cmd, NULL);
	if (rule)
		return rule;
	mnl_attr_for_each(attribute, header, sizeof(*generic)) {
		describe(attribute, word, value);
		rule = *value ? broken_rule(generic->cmd, value) : broken_rule(generic->cmd, word);
		inner = attribute;
		if (!rule)
			rule = find_session_rule(generic->cmd, &inner);
		*offset = (const char *)inner - (const char *)header;
		if (!rule)
			continue;
		if (kernel.inner)
			mnl_attr_for_each_nested(inner, attribute)
				if (mnl_attr_get_type(inner) == kernel.inner)
					*offset = (const char *)inner - (const char *)header;
		return rule;
	}
	return NULL;
}

int transport_listen(struct transport *transport, const char *const *groups, size_t count)
{
	int code = 0;

	(void)transport;
	log_text("LISTEN");
	for (; count; count--, groups++) {
		log_text(" ");
		log_text(*groups);
		if (!kernel.only_senders || !strcmp(*groups, OP25B_GROUP_SENDERS))
			code = kernel.listen_code;
	}
	log_text("\n");
	return code;
}

/* Hears the first of the events that are left. */
int transport_hear(struct transport *transport, const sigset_t *signals, transport_reader reader,
		   void *data)
{
	size_t i;

	(void)transport;
	for (i = 0; i < answer_count; i++) {
		if (answers[i].command != OP25B_CMD_POLICY_NTF &&
		    answers[i].command != OP25B_CMD_SENDER_NTF &&
		    answers[i].command != OP25B_CMD_SESSION_NTF)
			continue;
		answers[i].command = 0;
		reader(message_header(&answers[i].message), data);
		return 0;
	}
	if (kernel.hear_codes[kernel.heard])
		return kernel.hear_codes[kernel.heard++];
	/* it is blocked but for the time of waiting */
	raise(SIGINT);
	sigprocmask(SIG_SETMASK, signals, NULL);
	return -EINTR;
}

int transport_ask(struct transport *transport, struct message *request, transport_reader reader,
		  void *data)
{
	const struct nlmsghdr *header = message_header(request);
	const struct genlmsghdr *generic = mnl_nlmsg_get_payload(header);
	bool dump = (header->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	char value[VALUE_SIZE], word[WORD_SIZE];
	const struct nlattr *attribute;
	const struct rule *rule;
	bool restore = false;
	size_t offset;

	/* Without NLM_F_ACK or NLM_F_DUMP, the answer would have no end. */
	assert_true(dump != !!(header->nlmsg_flags & NLM_F_ACK));
	assert_int_equal(generic->version, OP25B_FAMILY_VERSION);
	log_text(command_names[generic->cmd]);
	if (kernel.largest < header->nlmsg_len)
		kernel.largest = header->nlmsg_len;
	mnl_attr_for_each(attribute, header, sizeof(*generic)) {
		restore |= mnl_attr_get_type(attribute) == OP25B_A_RESTORE;
		/* Only dumps log it. For changes it is checked below. */
		if (mnl_attr_get_type(attribute) == OP25B_A_RESTORE && !dump)
			continue;
		describe(attribute, word, value);
		log_text(" ");
		log_text(word);
		kernel.prefixes += mnl_attr_get_type(attribute) == OP25B_A_PREFIX;
	}
	log_text("\n");
	/* All changes within a restore have the flag, and no others. */
	if (is_change(generic->cmd))
		assert_int_equal(restore, transport->restore);

	rule = find_rule(transport, header, restore, &offset);
	if (rule) {
		transport->failed |= restore && !dump;
		return refuse(transport, rule, offset);
	}
	if (generic->cmd == OP25B_CMD_RESTORE_BEGIN) {
		assert_false(transport->restore);
		transport->restore = true;
	}
	if (restore && !dump)
		stage(transport, header);
	else if (restore)
		answer_staged(transport, generic->cmd, reader, data);
	else
		answer(header, reader, data);
	if (dump && kernel.interrupted)
		return -EINTR;
	return 0;
}

/* --- system calls --- */

int cmd_fsync(int fd)
{
	return instead_of_fsync ? instead_of_fsync(fd) : fsync(fd);
}

int clock_speed;

int cmd_clock_gettime(clockid_t clock, struct timespec *time)
{
	int64_t microseconds;

	/* no other one goes on when somebody sets the time */
	assert_int_equal(clock, CLOCK_MONOTONIC);
	assert_int_equal(clock_gettime(clock, time), 0);
	microseconds = (time->tv_sec * 1000000 + time->tv_nsec / 1000) * clock_speed;
	*time = (struct timespec) { microseconds / 1000000, microseconds % 1000000 * 1000 };
	return 0;
}

int cmd_poll(struct pollfd *files, nfds_t count, int timeout)
{
	return poll(files, count, timeout < 0 ? timeout : timeout / clock_speed);
}

struct allocations allocations;

static bool allocation_fails(void)
{
	if (++allocations.count != allocations.failing)
		return false;
	errno = ENOMEM;
	return true;
}

void *cmd_malloc(size_t size)
{
	return allocation_fails() ? NULL : malloc(size);
}

void *cmd_calloc(size_t count, size_t size)
{
	return allocation_fails() ? NULL : calloc(count, size);
}

void *cmd_realloc(void *memory, size_t size)
{
	return allocation_fails() ? NULL : realloc(memory, size);
}

void *cmd_reallocarray(void *memory, size_t count, size_t size)
{
	return allocation_fails() ? NULL : reallocarray(memory, count, size);
}

char *cmd_strdup(const char *text)
{
	return allocation_fails() ? NULL : strdup(text);
}

FILE *cmd_fopencookie(void *cookie, const char *mode, cookie_io_functions_t functions)
{
	return allocation_fails() ? NULL : fopencookie(cookie, mode, functions);
}

FILE *cmd_open_memstream(char **text, size_t *size)
{
	return allocation_fails() ? NULL : open_memstream(text, size);
}

FILE *cmd_fdopen(int fd, const char *mode)
{
	return allocation_fails() ? NULL : fdopen(fd, mode);
}

/* --- the command --- */

struct run run;

static jmp_buf exit_point;

void cmd_exit(int code)
{
	run.code = code;
	longjmp(exit_point, 1);
}

/* What an exit would do: write what was printed, and close all files. */
static void clean_up(int first)
{
	int fd;

	streams_end(run.code);
	report_at((struct place) {});
	kernel.sockets = 0;
	for (fd = first; fd < KEPT; fd++)
		close(fd);
}

static void run_main(int count, char **words)
{
	int first = open("/", O_PATH);

	close(first);
	if (setjmp(exit_point))
		clean_up(first);
	else
		run.code = op25bctl_main(count, words);
}

static char directory[] = "/tmp/test_cmd.XXXXXX";

/* Splits at blanks, except between single quotes. */
static int split(char *line, char **words)
{
	int count = 0;
	char *end;

	for (;;) {
		line += strspn(line, " ");
		if (!*line)
			break;
		if (*line == '\'')
			end = strchr(++line, '\'');
		else
			end = strchrnul(line, ' ');
		words[count++] = line;
		line = end + !!*end;
		*end = '\0';
	}
	words[count] = NULL;
	return count;
}

/* Runs the command with these words. A descriptor of -1: it is closed. */
void op25bctl_on(const char *line, int in, int out, int err)
{
	char *words[64] = { "op25bctl" }, *copy = strdup(line);
	int count = 1 + split(copy, words + 1);
	const int given[] = { in, out, err };
	int fd, kept[3];

	fflush(NULL);
	for (fd = 0; fd < 3; fd++) {
		kept[fd] = fcntl(fd, F_DUPFD_CLOEXEC, KEPT);
		close(fd);
	}
	for (fd = 0; fd < 3; fd++)
		if (given[fd] >= 0)
			(void)dup2(given[fd], fd);
	run_main(count, words);
	for (fd = 0; fd < 3; fd++) {
		(void)dup2(kept[fd], fd);
		close(kept[fd]);
	}
	free(copy);
	assert_int_equal(kernel.sockets, 0);
}

/* A file in memory with this text, at its beginning; not one of the three standard descriptors. */
static int open_text(const char *text)
{
	int fd = memfd_create("text", MFD_CLOEXEC);

	assert_true(fd > 2);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static char *close_text(int fd)
{
	size_t size = lseek(fd, 0, SEEK_END);
	char *text = malloc(size + 1);

	assert_int_equal(pread(fd, text, size, 0), size);
	text[size] = '\0';
	close(fd);
	return text;
}

/* Runs the command with these words, and this text on standard input. */
void op25bctl_with(const char *line, const char *input)
{
	int in = open_text(input), out = open_text(""), err = open_text("");

	free(run.out);
	free(run.err);
	op25bctl_on(line, in, out, err);
	run.out = close_text(out);
	run.err = close_text(err);
	close(in);
}

/* Runs the command with a terminal as its standard output. It may print up to 4 KiB. */
void op25bctl_on_terminal(const char *line)
{
	int in = open_text(""), err = open_text("");
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	struct termios raw;
	ssize_t size;
	int slave;

	assert_int_equal(grantpt(master) | unlockpt(master), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	assert_int_equal(tcgetattr(slave, &raw), 0);
	cfmakeraw(&raw);
	assert_int_equal(tcsetattr(slave, TCSANOW, &raw), 0);
	free(run.err);
	op25bctl_on(line, in, slave, err);
	run.err = close_text(err);
	close(in);
	/* A read from a terminal without anything to read would wait. */
	assert_int_equal(fcntl(master, F_SETFL, O_NONBLOCK), 0);
	run.out = realloc(run.out, 4097);
	size = read(master, run.out, 4096);
	run.out[size < 0 ? 0 : size] = '\0';
	close(slave);
	close(master);
}

void op25bctl(const char *line)
{
	op25bctl_with(line, "");
}

/* The only line of output says that a line of a batch has failed, and why. */
void expect_answer(int line, const char *error)
{
	json_t *answer = json_loads(run.out, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(answer);
	assert_int_equal(json_object_size(answer), 3);
	assert_int_equal(json_integer_value(json_object_get(answer, "line")), line);
	assert_true(json_is_false(json_object_get(answer, "ok")));
	assert_string_equal(json_string_value(json_object_get(answer, "error")), error);
	json_decref(answer);
}

/* Replaces the time at the start of each line of run.out, after @prefix, by T. Returns run.out. */
char *without_times(const char *prefix)
{
	char *from = run.out, *to = run.out;
	size_t skip = strlen(prefix);

	while (*from) {
		assert_int_equal(strncmp(from, prefix, skip), 0);
		memmove(to, from, skip);
		to += skip;
		from += skip;
		assert_true(from[4] == '-' && from[10] == 'T' && from[19] == 'Z');
		*to++ = 'T';
		from += strlen("2026-11-28T04:00:00Z");
		while (*from && (*to++ = *from++) != '\n')
			;
	}
	*to = '\0';
	return run.out;
}

void write_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	fputs(text, file);
	fclose(file);
}

int test_cmd_setup(void **state)
{
	(void)state;
	kernel_reset();
	strcpy(strrchr(directory, '.'), ".XXXXXX");
	return !mkdtemp(directory) || chdir(directory);
}

int test_cmd_teardown(void **state)
{
	(void)state;
	unlink("site.conf");
	free(run.out);
	free(run.err);
	run = (struct run) {};
	kernel_reset();
	return chdir("/") || rmdir(directory);
}
