// SPDX-License-Identifier: GPL-2.0
/* Sessions: what is sent, shown, saved and synchronised, and what the kernel refuses. */
#include <jansson.h>

#include "address.h"
#include "report.h"
#include "test_cmd.h"

#define ID63 "a23456789b123456789c123456789d123456789e123456789f123456789g123"
#define IDS "1 to 63 printable ASCII characters, no blanks"
#define EITHER "a session has either prefixes or a device, which \"dev\" goes before"
#define TIMES "timeout takes a time from 1 to 2147483647 seconds, such as 3600, 45s, 30m, 2h or 1d"

static void put_prefix(struct message *message, uint16_t type, const char *text)
{
	struct prefix prefix;

	assert_int_equal(prefix_parse(&prefix, text), DONE);
	message_put_prefix(message, type, &prefix, NULL);
}

/* Adds a session to a message: @prefixes are separated by blanks, @dev and @comment may be NULL. */
static void put_nest(struct message *message, const char *id, const char *prefixes,
		     const char *dev, uint32_t timeout, const char *comment)
{
	size_t nest = message_nest_begin(message, OP25B_A_SESSION);
	char *copy = strdup(prefixes), *rest = copy, *prefix;

	message_put_string(message, OP25B_A_SESSION_ID, id);
	if (dev)
		message_put_string(message, OP25B_A_SESSION_DEV, dev);
	if (timeout)
		message_put_u32(message, OP25B_A_SESSION_TIMEOUT, timeout);
	if (comment)
		message_put_string(message, OP25B_A_SESSION_COMMENT, comment);
	while ((prefix = strsep(&rest, " ")))
		if (*prefix)
			put_prefix(message, OP25B_A_SESSION_PREFIX, prefix);
	assert_true(message_nest_end(message, nest));
	free(copy);
}

/* A session, or a part of one, as the kernel dumps it. */
static void put_session(const char *id, const char *prefixes, const char *dev, uint32_t timeout,
			const char *comment)
{
	put_nest(kernel_answer(OP25B_CMD_SESSION_GET), id, prefixes, dev, timeout, comment);
}

static void put_counts(uint32_t added, uint32_t changed, uint32_t deleted, uint32_t kept)
{
	struct message *message = kernel_answer(OP25B_CMD_SESSION_SYNC);

	message_put_u32(message, OP25B_A_ADDED_COUNT, added);
	message_put_u32(message, OP25B_A_CHANGED_COUNT, changed);
	message_put_u32(message, OP25B_A_DELETED_COUNT, deleted);
	message_put_u32(message, OP25B_A_KEPT_COUNT, kept);
}

static void expect(const char *line, const char *output)
{
	op25bctl(line);
	assert_string_equal(run.err, "");
	assert_string_equal(run.out, output);
	assert_int_equal(run.code, DONE);
}

static void expect_error(const char *line, int code, const char *error)
{
	op25bctl(line);
	assert_string_equal(run.err, error);
	assert_string_equal(run.out, "");
	assert_int_equal(run.code, code);
}

static void test_messages(void **state)
{
	static const char *const rows[][2] = {
		{ "session add a 10.0.0.7", "SESSION_ADD {a 10.0.0.7/32}\n" },
		{ "session add a 10.0.0.7 2001:db8:7::/56 10.0.1.0/24",
		  "SESSION_ADD {a 10.0.0.7/32 2001:db8:7::/56 10.0.1.0/24}\n" },
		{ "session add ppp0 dev ppp0", "SESSION_ADD {ppp0 dev=ppp0}\n" },
		{ "session add a dev a23456789b12345", "SESSION_ADD {a dev=a23456789b12345}\n" },
		{ "session add a 10.0.0.7 timeout 1d comment 'by \"RADIUS\" # 1'",
		  "SESSION_ADD {a 10.0.0.7/32 timeout=86400 comment=by \"RADIUS\" # 1}\n" },
		{ "session add a comment x timeout 60 dev ppp0",
		  "SESSION_ADD {a dev=ppp0 timeout=60 comment=x}\n" },
		{ "session add a dev ppp0 comment ''", "SESSION_ADD {a dev=ppp0}\n" },
		{ "session add a dev ppp0 comment -f", "SESSION_ADD {a dev=ppp0 comment=-f}\n" },
		{ "session add -f a 10.0.0.7", "SESSION_ADD force {a 10.0.0.7/32}\n" },
		{ "session add a 10.0.0.7 --force", "SESSION_ADD force {a 10.0.0.7/32}\n" },
		{ "session add a 10.0.0.7 ::/0 vrf red timeout 60",
		  "SESSION_ADD {a 10.0.0.7/32 ::/0 vrf=red timeout=60}\n" },
		{ "session add vrf 10.0.0.7 comment x vrf vrf",
		  "SESSION_ADD {vrf 10.0.0.7/32 vrf=vrf comment=x}\n" },
		/* these are ids */
		{ "session add " ID63 " 10.0.0.7", "SESSION_ADD {" ID63 " 10.0.0.7/32}\n" },
		{ "session add 10.0.0.7 10.0.0.7", "SESSION_ADD {10.0.0.7 10.0.0.7/32}\n" },
		{ "session add dev dev dev", "SESSION_ADD {dev dev=dev}\n" },
		{ "session add comment -f 10.0.0.7", "SESSION_ADD force {comment 10.0.0.7/32}\n" },
		{ "session add - 10.0.0.7", "SESSION_ADD {- 10.0.0.7/32}\n" },
		{ "session add '#\"\\~!' 10.0.0.7", "SESSION_ADD {#\"\\~! 10.0.0.7/32}\n" },
		{ "session del a", "SESSION_DEL {a}\n" },
		{ "-f session del a", "SESSION_DEL force {a}\n" },
		{ "session", "SESSION_GET\n" },
		{ "session show", "SESSION_GET\n" },
		{ "-j session show a", "SESSION_GET {a}\n" },
		{ "session save", "SESSION_GET\n" },
		/* shortened */
		{ "ses a a 10.0.0.7", "SESSION_ADD {a 10.0.0.7/32}\n" },
		{ "ses sh", "SESSION_GET\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		kernel_reset();
		op25bctl(rows[i][0]);
		assert_string_equal(run.err, "");
		assert_int_equal(run.code, DONE);
		assert_string_equal(kernel.log, rows[i][1]);
	}
}

static void test_wrong_words(void **state)
{
	static const char *const rows[][2] = {
		{ "session frob", "unknown command \"session frob\", expected one of: add, del, show, save, sync, help" },
		{ "ses s", "command \"session s\" is ambiguous, expected one of: show, save, sync" },
		{ "session add", "the id of a session is missing" },
		{ "session add ''", "\"\" is not a session's id: " IDS },
		{ "session add 'a b' 10.0.0.7", "\"a b\" is not a session's id: " IDS },
		{ "session add a\tb 10.0.0.7", "\"a\\x09b\" is not a session's id: " IDS },
		{ "session add a\177 10.0.0.7", "\"a\\x7f\" is not a session's id: " IDS },
		{ "session add \303\274 10.0.0.7", "\"\\xc3\\xbc\" is not a session's id: " IDS },
		{ "session add " ID63 "x 10.0.0.7", "\"" ID63 "x\" is not a session's id: " IDS },
		{ "session add a", EITHER },
		{ "session add a timeout 60", EITHER },
		{ "session add a 10.0.0.7 dev ppp0", EITHER },
		{ "session add a dev", "dev takes the name of a device" },
		{ "session add a dev ''", "dev takes the name of a device, not \"\"" },
		{ "session add a dev a23456789b123456",
		  "dev takes the name of a device, not \"a23456789b123456\"" },
		{ "session add a dev ppp0 dev ppp1", "dev is given twice" },
		{ "session add a 10.0.0.7 timeout 1m timeout 1m", "timeout is given twice" },
		{ "session add a 10.0.0.7 timeout", TIMES },
		{ "session add a 10.0.0.7 timeout 0", TIMES ", not \"0\"" },
		{ "session add a 10.0.0.7 comment '' comment x", "comment is given twice" },
		{ "session add a 10.0.0.7 comment", "comment takes a text" },
		{ "session add a 10.0.0.7 comment '\033[31m'",
		  "the comment contains a control character or is not UTF-8" },
		{ "session add a 10.0.0.7/24", "prefix 10.0.0.7/24 has host bits set, did you mean 10.0.0.0/24?" },
		{ "session add a 10.0.0.0 255.255.255.0",
		  "prefix 10.0.0.0 has a netmask, did you mean 10.0.0.0/24?" },
		{ "session add a 10.0.0.7 vrf red vrf red", "vrf is given twice" },
		{ "session add a 10.0.0.7 vrf", "vrf takes the name of a device" },
		{ "session add a 10.0.0.7 vrf a23456789b123456",
		  "vrf takes the name of a device, not \"a23456789b123456\"" },
		{ "session add a dev ppp0 vrf red",
		  "a session with a device has no VRF of its own: the device may be in one" },
		{ "session add a vrf red", EITHER },
		{ "session add a ppp0",
		  "unknown word \"ppp0\", expected a prefix or one of: dev, vrf, timeout, comment" },
		{ "session add a timeout 60 10.0.0.7",
		  "prefix 10.0.0.7 comes too late: prefixes belong before vrf, timeout and comment" },
		{ "session add a dev ppp0 10.0.0.0/24",
		  "prefix 10.0.0.0/24 comes too late: prefixes belong before vrf, timeout and comment" },
		{ "session add a -", EITHER },
		{ "session del", "the id of a session is missing" },
		{ "session del a b", "\"b\" is one word too many" },
		{ "session show a b", "\"b\" is one word too many" },
		{ "session show ''", "\"\" is not a session's id: " IDS },
		{ "session save site.conf", "\"site.conf\" is one word too many" },
		{ "session sync a b", "\"b\" is one word too many" },
		{ "session sync nowhere", "cannot open \"nowhere\": No such file or directory" },
		{ "session sync -n", "--dry-run is for restore only" },
		{ "test 10.0.0.1 192.0.2.1 dev", "dev takes the name of a device" },
		{ "test 10.0.0.1 192.0.2.1 dev a23456789b123456",
		  "dev takes the name of a device, not \"a23456789b123456\"" },
		{ "test 10.0.0.1 192.0.2.1 dev ppp0 ppp1", "\"ppp1\" is one word too many" },
	};
	char error[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(error, sizeof(error), "Error: %s\n", rows[i][1]);
		expect_error(rows[i][0], USAGE, error);
	}
	assert_string_equal(kernel.log, "");
}

/* Prefixes from standard input, which is not for a line of a file. */
static void test_list_on_stdin(void **state)
{
	(void)state;
	op25bctl_with("session add a 10.1.0.0/24 - timeout 60", "# list\n10.0.0.7\n\n2001:db8:7::/56\n");
	assert_int_equal(run.code, DONE);
	assert_string_equal(kernel.log,
			    "SESSION_ADD {a 10.1.0.0/24 10.0.0.7/32 2001:db8:7::/56 timeout=60}\n");
	kernel_reset();
	op25bctl_with("session add a -", "10.0.0.7\nppp0\n");
	assert_int_equal(run.code, USAGE);
	assert_string_equal(run.err, "-:2: \"ppp0\" is not a prefix\n");

	write_file("site.conf", "b 10.0.0.8\na -\n");
	expect_error("session sync site.conf", USAGE,
		     "site.conf:2: standard input can only be used on the command line, not in a file\n");
	write_file("site.conf", "session add a -\n");
	expect_error("-b site.conf", USAGE,
		     "site.conf:1: standard input can only be used on the command line, not in a file\n");
	write_file("site.conf", "session sync\n");
	expect_error("-b site.conf", USAGE,
		     "site.conf:1: standard input can only be used on the command line, not in a file\n");
	assert_string_equal(kernel.log, "");
}

static void put_sessions(void)
{
	put_session("ppp0", "", "ppp0", 0, "by RADIUS");
	/* one that did not fit into a message */
	put_session("4711", "10.0.0.7 2001:db8:7::/56", NULL, 3599, "a \"b\" # \\ \303\274");
	put_session("4711", "10.0.1.0/24", NULL, 3599, "a \"b\" # \\ \303\274");
	put_session("47", "10.0.0.8", NULL, 0, NULL);
	/* no session */
	kernel_answer(OP25B_CMD_SESSION_GET);
	message_put_string(kernel_answer(OP25B_CMD_SESSION_GET), OP25B_A_POOL, "east");
}

static void test_show(void **state)
{
	json_t *json;

	(void)state;
	expect("session show", "");
	expect("-j session show", "[]\n");
	put_sessions();
	expect("session show",
	       "SESSION  DEVICE  EXPIRES  PREFIX           COMMENT\n"
	       "ppp0     ppp0          -  -                by RADIUS\n"
	       "4711     -         3599s  10.0.0.7/32      a \"b\" # \\ \303\274\n"
	       "                          2001:db8:7::/56\n"
	       "                          10.0.1.0/24\n"
	       "47       -             -  10.0.0.8/32\n");
	expect("-c session show",
	       "SESSION  DEVICE  EXPIRES  PREFIX           COMMENT\n"
	       "ppp0     ppp0          -  -                by RADIUS\n"
	       "4711     -         3599s  \033[35m10.0.0.7/32\033[0m      a \"b\" # \\ \303\274\n"
	       "                          \033[34m2001:db8:7::/56\033[0m\n"
	       "                          \033[35m10.0.1.0/24\033[0m\n"
	       "47       -             -  \033[35m10.0.0.8/32\033[0m\n");
	expect("-j -c=never session show",
	       "[{\"id\":\"ppp0\",\"prefixes\":[],\"dev\":\"ppp0\",\"vrf\":null,\"expires\":null,"
	       "\"comment\":\"by RADIUS\"},"
	       "{\"id\":\"4711\",\"prefixes\":[\"10.0.0.7/32\",\"2001:db8:7::/56\",\"10.0.1.0/24\"],"
	       "\"dev\":null,\"vrf\":null,\"expires\":3599,\"comment\":\"a \\\"b\\\" # \\\\ \303\274\"},"
	       "{\"id\":\"47\",\"prefixes\":[\"10.0.0.8/32\"],\"dev\":null,\"vrf\":null,"
	       "\"expires\":null,\"comment\":null}]\n");
	json = json_loads(run.out, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	json_decref(json);
	op25bctl_on_terminal("session show");
	assert_memory_equal(run.out, "SESSION  DEVICE", 15);

	kernel_reset();
	op25bctl_on_terminal("session show");
	assert_string_equal(run.out, "SESSION  DEVICE  EXPIRES  PREFIX  COMMENT\n");
	op25bctl_on_terminal("-j session show");
	assert_string_equal(run.out, "[]\n");
}

/* A device or a comment may have any bytes, and a device may go while sessions are read. */
static void test_odd_answers(void **state)
{
	char comment[301], line[512];

	(void)state;
	put_session("a", "", "e\033[31m\377", 0, "a\nb\033\377\302\233");
	put_session("gone", "", NULL, 0, NULL);
	put_session("b", "::/0", NULL, 1, "");
	expect("session show",
	       "SESSION  DEVICE   EXPIRES  PREFIX  COMMENT\n"
	       "a        e?[31m?        -  -       a?b????\n"
	       "b        -             1s  ::/0\n");
	expect("-j session show",
	       "[{\"id\":\"a\",\"prefixes\":[],\"dev\":\"e?[31m?\",\"vrf\":null,\"expires\":null,"
	       "\"comment\":\"a?b????\"},"
	       "{\"id\":\"b\",\"prefixes\":[\"::/0\"],\"dev\":null,\"vrf\":null,\"expires\":1,"
	       "\"comment\":null}]\n");
	expect("session save", "a dev e?[31m? comment a?b????\nb ::/0 timeout 1\n");

	/* from a newer kernel, with longer names and comments */
	kernel_reset();
	sprintf(comment, "%0300d", 0);
	put_session(ID63 "456", "", "a23456789b123456789", UINT32_MAX, comment);
	sprintf(line, ID63 " dev a23456789b12345 timeout 4294967295 comment %s\n", comment);
	expect("session save", line);
	op25bctl("session show");
	assert_non_null(strstr(run.out, "4294967295s"));
}

/* What save prints is what sync and add take. */
static void test_save(void **state)
{
	static const char *const words[] = {
		"a", "#", "\"", "\\", "a#b", "a\"b\\\\c\"", "\\\"", "dev", "comment", "-f", "-", "~!$'",
	};
	char expected[4096] = "SESSION_SYNC", line[256], *saved;
	size_t i;

	(void)state;
	expect("session save", "");
	put_sessions();
	expect("session save",
	       "ppp0 dev ppp0 comment \"by RADIUS\"\n"
	       "4711 10.0.0.7/32 2001:db8:7::/56 10.0.1.0/24 timeout 3599 comment \"a \\\"b\\\" # \\\\ \303\274\"\n"
	       "47 10.0.0.8/32\n");
	/* which nothing colours, and which is no JSON */
	expect("-j -c session save", strcpy(expected, run.out));
	expect("-c=never session save", expected);

	kernel_reset();
	strcpy(expected, "SESSION_SYNC");
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		put_session(words[i], "", words[i], 60, words[i]);
		sprintf(line, " {%s dev=%s timeout=60 comment=%s}", words[i], words[i], words[i]);
		strcat(expected, line);
	}
	op25bctl("session save");
	assert_int_equal(run.code, DONE);
	saved = strdup(run.out);
	*kernel.log = '\0';
	op25bctl_with("session sync", saved);
	assert_string_equal(run.err, "");
	assert_int_equal(run.code, DONE);
	assert_string_equal(kernel.log, strcat(expected, "\n"));
	free(saved);
}

static void test_sync(void **state)
{
	(void)state;
	put_counts(1, 2, 3, 4000000000);
	write_file("site.conf", "# sessions\n\n  ppp0 dev ppp0 # comment\r\n"
		   "4711 10.0.0.7 2001:db8:7::/56 timeout 2h comment \"by # RADIUS\"");
	expect("session sync site.conf", "1 added, 2 changed, 3 deleted, 4000000000 kept\n");
	assert_string_equal(kernel.log, "SESSION_SYNC {ppp0 dev=ppp0} "
			    "{4711 10.0.0.7/32 2001:db8:7::/56 timeout=7200 comment=by # RADIUS}\n");
	expect("-j session sync site.conf",
	       "{\"added\":1,\"changed\":2,\"deleted\":3,\"kept\":4000000000}\n");
	*kernel.log = '\0';
	op25bctl_with("session sync -f -", "a dev ppp0\na 10.0.0.7\n");
	assert_int_equal(run.code, DONE);
	assert_string_equal(kernel.log, "SESSION_SYNC force {a dev=ppp0} {a 10.0.0.7/32}\n");
}

/* A file without a session is a failed command more often than a wish. */
static void test_empty_sync(void **state)
{
	(void)state;
	write_file("site.conf", "# none\n\n");
	expect_error("session sync site.conf", USAGE,
		     "Error: there is no session in \"site.conf\": with --force, all sessions end\n");
	expect_error("session sync", USAGE,
		     "Error: there is no session in \"-\": with --force, all sessions end\n");
	assert_string_equal(kernel.log, "");
	put_counts(0, 0, 7, 0);
	expect("session sync -f site.conf", "0 added, 0 changed, 7 deleted, 0 kept\n");
	assert_string_equal(kernel.log, "SESSION_SYNC force\n");
}

/* One wrong line, and nothing is sent. */
static void test_wrong_lines(void **state)
{
	static const char *const rows[][2] = {
		{ "a 10.0.0.7\n\nb\n", "site.conf:3: " EITHER "\n" },
		{ "a 10.0.0.7\nb 10.0.0.7/8\n",
		  "site.conf:2: prefix 10.0.0.7/8 has host bits set, did you mean 10.0.0.0/8?\n" },
		{ "a dev ppp0 comment \"x\n", "site.conf:1: a quote is not closed\n" },
		{ "\"a b\" dev ppp0\n", "site.conf:1: \"a b\" is not a session's id: " IDS "\n" },
		{ "session add a dev ppp0\n",
		  "site.conf:1: unknown word \"add\", expected a prefix or one of: dev, vrf, timeout, comment\n" },
		{ "a dev ppp0 -f\n",
		  "site.conf:1: unknown word \"-f\", expected a prefix or one of: dev, vrf, timeout, comment\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		write_file("site.conf", rows[i][0]);
		expect_error("session sync site.conf", USAGE, rows[i][1]);
	}
	assert_string_equal(kernel.log, "");
}

/* Makes @count lines of addresses. */
static char *list_of(unsigned int count)
{
	char *list = malloc(count * 16 + 1), *end = list;
	unsigned int i;

	for (i = 0; i < count; i++)
		end += sprintf(end, "10.%u.%u.%u\n", i >> 16, i >> 8 & 255, i & 255);
	return list;
}

/* A nest of a message has less than 64 KiB, which are 5460 addresses, and a message any number of nests. */
static void test_many_prefixes(void **state)
{
	char *list = list_of(5461), *line;
	unsigned int i;
	FILE *file;

	(void)state;
	list[strlen(list) - strlen("10.0.21.84\n")] = '\0';
	op25bctl_with("session add a -", list);
	assert_string_equal(run.err, "");
	assert_int_equal(run.code, DONE);
	assert_in_range(kernel.largest, 65500, 65535 + 32);
	kernel_reset();
	strcat(list, "10.0.21.84\n");
	op25bctl_with("session add a -", list);
	assert_int_equal(run.code, USAGE);
	assert_string_equal(run.err, "Error: session \"a\" has too many prefixes\n");

	file = fopen("site.conf", "w");
	for (i = 0; i < 2; i++) {
		fprintf(file, "%u", i);
		for (line = list; *line; line = strchr(line, '\n') + 1)
			if (i || line != list)
				fprintf(file, " %.*s", (int)strcspn(line, "\n"), line);
		fputc('\n', file);
	}
	fclose(file);
	expect_error("session sync site.conf", USAGE,
		     "site.conf:2: session \"1\" has too many prefixes\n");
	assert_string_equal(kernel.log, "");
	free(list);

	file = fopen("site.conf", "w");
	for (i = 0; i < 10000; i++)
		fprintf(file, "%u 10.0.%u.%u\n", i, i >> 8, i & 255);
	fclose(file);
	expect("session sync site.conf", "0 added, 0 changed, 0 deleted, 0 kept\n");
	assert_true(kernel.largest > 200000);
	kernel_refuse(OP25B_CMD_SESSION_SYNC, "10.0.39.15/32", EEXIST, "prefix is in session \"x\"");
	expect_error("session sync site.conf", REFUSED,
		     "site.conf:10000: prefix 10.0.39.15/32 is in session \"x\"\n");
}

static void test_refusals(void **state)
{
	static const struct {
		const char *line;
		uint8_t command;
		const char *value;
		int code;
		const char *text;
		const char *error;
	} rows[] = {
		{ "session add b 10.0.0.8 10.0.0.7", OP25B_CMD_SESSION_ADD, "10.0.0.7/32", EEXIST,
		  "prefix is in session \"a\"", "prefix 10.0.0.7/32 is in session \"a\"" },
		{ "session add b dev ppp0", OP25B_CMD_SESSION_ADD, "ppp0", EEXIST,
		  "device is that of session \"a\"", "device \"ppp0\" is that of session \"a\"" },
		{ "session add b dev ppp7", OP25B_CMD_SESSION_ADD, "ppp7", ENODEV,
		  "device does not exist", "device \"ppp7\" does not exist" },
		{ "session add b dev ppp7", OP25B_CMD_SESSION_ADD, "ppp7", ENETDOWN,
		  "device is down", "device \"ppp7\" is down" },
		{ "session add a 10.0.0.7", OP25B_CMD_SESSION_ADD, "a", EEXIST,
		  "session exists already", "session \"a\" exists already" },
		{ "session add " ID63 " 10.0.0.7", OP25B_CMD_SESSION_ADD, ID63, EEXIST,
		  "session exists already", "session \"" ID63 "\" exists already" },
		{ "session del a", OP25B_CMD_SESSION_DEL, "a", ENOENT, "session does not exist",
		  "session \"a\" does not exist" },
		/* a dump is refused without the attribute, and on Linux 6.1 without a text */
		{ "session show a", OP25B_CMD_SESSION_GET, NULL, ENOENT, "session does not exist",
		  "session \"a\" does not exist" },
		{ "-j session show a", OP25B_CMD_SESSION_GET, NULL, ENOENT, NULL,
		  "session \"a\" does not exist" },
		/* the reason has another noun, or none */
		{ "session add a 10.0.0.7", OP25B_CMD_SESSION_ADD, "10.0.0.7/32", ERANGE,
		  "integer out of range", "prefix 10.0.0.7/32: integer out of range" },
		{ "session add a dev ppp0", OP25B_CMD_SESSION_ADD, "a", EINVAL, NULL,
		  "session \"a\": Invalid argument" },
		{ "session add a dev ppp0", OP25B_CMD_SESSION_ADD, NULL, ENOMEM, NULL,
		  "Cannot allocate memory" },
		{ "session show", OP25B_CMD_SESSION_GET, NULL, EPERM, NULL,
		  "this takes CAP_NET_ADMIN in the network namespace: use sudo, or be root there" },
		{ "session sync -f", OP25B_CMD_SESSION_SYNC, NULL, EPERM, NULL,
		  "this takes CAP_NET_ADMIN in the network namespace: use sudo, or be root there" },
		{ "session add a 10.0.0.7", OP25B_CMD_SESSION_ADD, NULL, EMSGSIZE, NULL,
		  "this is too much for one message (see net.core.wmem_max)" },
		{ "test 10.0.0.1 192.0.2.1 dev ppp7", OP25B_CMD_TEST, "ppp7", ENODEV,
		  "device does not exist", "device \"ppp7\" does not exist" },
	};
	char error[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		kernel_reset();
		kernel_refuse(rows[i].command, rows[i].value, rows[i].code, rows[i].text);
		snprintf(error, sizeof(error), "Error: %s\n", rows[i].error);
		expect_error(rows[i].line, REFUSED, error);
		/* nothing more is asked for */
		assert_ptr_equal(strchr(kernel.log, '\n'), strrchr(kernel.log, '\n'));
	}
	kernel_reset();
	kernel.open_code = ENOENT;
	expect_error("session add a 10.0.0.7", REFUSED,
		     "Error: the kernel module op25b is not loaded: as root, \"modprobe op25b\" loads it or says why not\n");
	expect_error("session sync -f", REFUSED,
		     "Error: the kernel module op25b is not loaded: as root, \"modprobe op25b\" loads it or says why not\n");
}

/* Before Linux 6.2, the kernel does not say which session has a prefix or device. */
static void test_named_by_dump(void **state)
{
	(void)state;
	put_session("c", "10.0.0.0/24 2001:db8::/56", NULL, 0, NULL);
	put_session("a", "10.0.0.9", NULL, 0, NULL);
	put_session("a", "10.0.0.7", NULL, 0, NULL);
	put_session("b", "", "ppp0", 0, NULL);
	put_session("d", "", "ppp", 0, NULL);
	kernel_refuse(OP25B_CMD_SESSION_ADD, "10.0.0.7/32", EEXIST, "prefix is in another session");
	kernel_refuse(OP25B_CMD_SESSION_ADD, "ppp0", EEXIST, "device is that of another session");
	expect_error("session add x 10.0.0.8 10.0.0.7", REFUSED,
		     "Error: prefix 10.0.0.7/32 is in session \"a\"\n");
	assert_string_equal(kernel.log, "SESSION_ADD {x 10.0.0.8/32 10.0.0.7/32}\nSESSION_GET\n");
	expect_error("session add x dev ppp0", REFUSED,
		     "Error: device \"ppp0\" is that of session \"b\"\n");

	/* it has ended meanwhile, or the dump is refused */
	kernel_reset();
	put_session("a", "10.0.0.9", NULL, 0, NULL);
	kernel_refuse(OP25B_CMD_SESSION_ADD, "10.0.0.7/32", EEXIST, "prefix is in another session");
	expect_error("session add x 10.0.0.7", REFUSED,
		     "Error: prefix 10.0.0.7/32 is in another session\n");
	put_session("a", "10.0.0.7", NULL, 0, NULL);
	kernel_refuse(OP25B_CMD_SESSION_GET, NULL, EPERM, NULL);
	expect_error("session add x 10.0.0.7", REFUSED,
		     "Error: prefix 10.0.0.7/32 is in another session\n");
	/* without the attribute at fault */
	kernel_reset();
	put_session("a", "10.0.0.7", NULL, 0, NULL);
	kernel_refuse(OP25B_CMD_SESSION_ADD, NULL, EEXIST, "prefix is in another session");
	expect_error("session add x 10.0.0.7", REFUSED, "Error: prefix is in another session\n");
}

/* The line of the session at fault is named. */
static void test_refused_lines(void **state)
{
	static const struct {
		const char *value;
		int code;
		const char *text;
		const char *error;
	} rows[] = {
		{ "10.0.0.7/32", EEXIST, "prefix is in session \"c\"",
		  "site.conf:4: prefix 10.0.0.7/32 is in session \"c\"\n" },
		/* before Linux 6.2; the other one is in the file, too */
		{ "10.0.0.7/32", EEXIST, "prefix is in another session",
		  "site.conf:4: prefix 10.0.0.7/32 is in session \"c\"\n" },
		{ "10.0.0.8/32", EEXIST, "prefix is in another session",
		  "site.conf:4: prefix 10.0.0.8/32 is in another session\n" },
		{ "b", EEXIST, "prefix is in another session",
		  "site.conf:4: session \"b\": prefix is in another session\n" },
		{ "ppp7", EEXIST, "device is that of another session",
		  "site.conf:2: device \"ppp7\" is that of session \"d\"\n" },
		{ "ppp7", ENODEV, "device does not exist",
		  "site.conf:2: device \"ppp7\" does not exist\n" },
		{ "c", EEXIST, "session is given twice", "site.conf:5: session \"c\" is given twice\n" },
		{ "force", EINVAL, "no", "Error: no\n" },
		{ NULL, ENOMEM, NULL, "Error: Cannot allocate memory\n" },
	};
	size_t i;

	(void)state;
	write_file("site.conf", "# sessions\na dev ppp7\n\nb 10.0.0.8 10.0.0.7\nc 10.0.0.9 10.0.0.7\n"
		   "d dev ppp7\ne 10.0.0.8/31 10.0.0.80\n");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		kernel_reset();
		kernel_refuse(OP25B_CMD_SESSION_SYNC, rows[i].value, rows[i].code, rows[i].text);
		expect_error("session sync site.conf -f", REFUSED, rows[i].error);
	}
	kernel_reset();
	kernel_refuse(OP25B_CMD_SESSION_SYNC, "10.0.0.7/32", EEXIST, "prefix is in session \"c\"");
	op25bctl_with("session sync", "a 10.0.0.8\nb 10.0.0.7\n");
	assert_string_equal(run.err, "-:2: prefix 10.0.0.7/32 is in session \"c\"\n");
	assert_int_equal(run.code, REFUSED);
}

static void put_event(uint32_t kind, const char *prefixes, const char *dev, uint32_t timeout,
		      bool process)
{
	struct message *message = kernel_answer(OP25B_CMD_SESSION_NTF);

	message_put_u32(message, OP25B_A_EVENT, kind);
	if (process) {
		message_put_u32(message, OP25B_A_UID, 1000);
		message_put_u32(message, OP25B_A_PID, 4711);
	}
	put_nest(message, "a", prefixes, dev, timeout, "text");
}

static void put_events(void)
{
	put_event(OP25B_EVENT_SESSION_NEW, "10.0.0.7 2001:db8:7::/56", NULL, 60, true);
	put_event(OP25B_EVENT_SESSION_CHANGED, "", "ppp\033", 0, true);
	put_event(OP25B_EVENT_SESSION_DELETED, "10.0.0.7", NULL, 0, true);
	put_event(OP25B_EVENT_SESSION_EXPIRED, "10.0.0.7", NULL, 0, false);
	/* its device has gone */
	put_event(OP25B_EVENT_SESSION_DOWN, "", NULL, 0, false);
	/* no event */
	kernel_answer(OP25B_CMD_SESSION_NTF);
}

#define EVENT "{\"time\":\"T\",\"event\":\"session\",\"change\":"

static void test_monitor(void **state)
{
	(void)state;
	put_events();
	op25bctl("monitor sessions");
	assert_string_equal(run.err, "");
	assert_int_equal(run.code, DONE);
	assert_string_equal(kernel.log, "LISTEN sessions\n");
	assert_string_equal(without_times(""),
			    "T session new: a 10.0.0.7/32 2001:db8:7::/56 timeout 60, by uid 1000 pid 4711\n"
			    "T session changed: a dev ppp?, by uid 1000 pid 4711\n"
			    "T session deleted: a 10.0.0.7/32, by uid 1000 pid 4711\n"
			    "T session expired: a 10.0.0.7/32\n"
			    "T session down: a\n");
	kernel_reset();
	put_events();
	op25bctl("-j monitor");
	assert_string_equal(run.err, "");
	assert_int_equal(run.code, DONE);
	assert_string_equal(without_times("{\"time\":\""),
			    EVENT "\"new\",\"uid\":1000,\"pid\":4711,\"id\":\"a\","
			    "\"prefixes\":[\"10.0.0.7/32\",\"2001:db8:7::/56\"],\"dev\":null,\"vrf\":null,"
			    "\"expires\":60,\"comment\":\"text\"}\n"
			    EVENT "\"changed\",\"uid\":1000,\"pid\":4711,\"id\":\"a\",\"prefixes\":[],"
			    "\"dev\":\"ppp?\",\"vrf\":null,\"expires\":null,\"comment\":\"text\"}\n"
			    EVENT "\"deleted\",\"uid\":1000,\"pid\":4711,\"id\":\"a\","
			    "\"prefixes\":[\"10.0.0.7/32\"],\"dev\":null,\"vrf\":null,"
			    "\"expires\":null,\"comment\":\"text\"}\n"
			    EVENT "\"expired\",\"uid\":null,\"pid\":null,\"id\":\"a\","
			    "\"prefixes\":[\"10.0.0.7/32\"],\"dev\":null,\"vrf\":null,"
			    "\"expires\":null,\"comment\":\"text\"}\n"
			    EVENT "\"down\",\"uid\":null,\"pid\":null,\"id\":\"a\",\"prefixes\":[],"
			    "\"dev\":null,\"vrf\":null,\"expires\":null,\"comment\":\"text\"}\n");

	kernel_reset();
	kernel.listen_code = -EPERM;
	expect_error("monitor sessions", REFUSED, "Error: cannot listen: Operation not permitted\n");
}

static void test_test(void **state)
{
	struct message *message = kernel_answer(OP25B_CMD_TEST);

	(void)state;
	message_put_string(message, OP25B_A_POOL, "east");
	put_prefix(message, OP25B_A_PREFIX, "10.0.0.0/24");
	message_put_u32(message, OP25B_A_VERDICT, OP25B_VERDICT_EXEMPTED);
	put_nest(message, ID63 "45", "", NULL, 0, NULL);
	expect("test 10.0.0.5 192.0.2.3 dev ppp7",
	       "10.0.0.5 to 192.0.2.3 port 25: exempted\n"
	       "  pool    east\n"
	       "  prefix  10.0.0.0/24\n"
	       "  session " ID63 "\n");
	assert_string_equal(kernel.log, "TEST 10.0.0.5/32 192.0.2.3/32 dev=ppp7\n");
	expect("-j test 10.0.0.5 192.0.2.3",
	       "{\"src\":\"10.0.0.5\",\"dst\":\"192.0.2.3\",\"vrf\":null,\"pool\":\"east\","
	       "\"prefix\":\"10.0.0.0/24\",\"exempt\":false,\"session\":\"" ID63 "\",\"relay\":null,"
	       "\"target\":null,\"verdict\":\"exempted\"}\n");
}

/* Sessions are no part of the policy. */
static void test_policy_files(void **state)
{
	(void)state;
	write_file("site.conf", "pool add east\nsession add a 10.0.0.7\n");
	expect_error("restore site.conf", USAGE,
		     "site.conf:2: \"session add\" does not change the policy\n");
	op25bctl("diff site.conf");
	assert_int_equal(run.code, 2);
	assert_string_equal(run.err, "site.conf:2: \"session add\" does not change the policy\n");
	put_sessions();
	op25bctl("save");
	assert_null(strstr(run.out, "4711"));
	assert_null(strstr(kernel.log, "SESSION"));
	assert_null(strstr(kernel.log, "COMMIT"));
}

static void test_batch(void **state)
{
	(void)state;
	put_session("a", "10.0.0.7", NULL, 60, NULL);
	put_counts(1, 0, 0, 0);
	kernel_refuse(OP25B_CMD_SESSION_DEL, "b", ENOENT, "session does not exist");
	kernel_refuse(OP25B_CMD_SESSION_SYNC, "10.0.0.9/32", EEXIST, "prefix is in session \"a\"");
	write_file("site.conf", "a 10.0.0.7\nb 10.0.0.9\n");
	op25bctl_with("-j -k -b -",
		      "session add -f a 10.0.0.7 comment \"-f # x\"\n"
		      "session del b\n"
		      "session show\n"
		      "session save\n"
		      "session sync site.conf\n"
		      "session sync -f /dev/null\n"
		      "ses show\n");
	assert_int_equal(run.code, REFUSED);
	assert_string_equal(run.out,
			    "{\"line\":1,\"ok\":true}\n"
			    "{\"line\":2,\"ok\":false,\"error\":\"session \\\"b\\\" does not exist\"}\n"
			    "{\"line\":3,\"ok\":true,\"result\":[{\"id\":\"a\",\"prefixes\":[\"10.0.0.7/32\"],"
			    "\"dev\":null,\"vrf\":null,\"expires\":60,\"comment\":null}]}\n"
			    "{\"line\":4,\"ok\":true,\"result\":\"a 10.0.0.7/32 timeout 60\\n\"}\n"
			    "{\"line\":5,\"ok\":false,\"error\":\"site.conf:2: prefix 10.0.0.9/32 is in session \\\"a\\\"\"}\n"
			    "{\"line\":6,\"ok\":true,\"result\":{\"added\":1,\"changed\":0,\"deleted\":0,\"kept\":0}}\n"
			    "{\"line\":7,\"ok\":false,\"error\":\"unknown object \\\"ses\\\", did you mean \\\"session\\\"?\"}\n");
	assert_string_equal(kernel.log,
			    "SESSION_ADD force {a 10.0.0.7/32 comment=-f # x}\n"
			    "SESSION_DEL {b}\n"
			    "SESSION_GET\n"
			    "SESSION_GET\n"
			    "SESSION_SYNC {a 10.0.0.7/32} {b 10.0.0.9/32}\n"
			    "SESSION_SYNC force\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_messages),
		TEST(test_wrong_words),
		TEST(test_list_on_stdin),
		TEST(test_show),
		TEST(test_odd_answers),
		TEST(test_save),
		TEST(test_sync),
		TEST(test_empty_sync),
		TEST(test_wrong_lines),
		TEST(test_many_prefixes),
		TEST(test_refusals),
		TEST(test_named_by_dump),
		TEST(test_refused_lines),
		TEST(test_monitor),
		TEST(test_test),
		TEST(test_policy_files),
		TEST(test_batch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
