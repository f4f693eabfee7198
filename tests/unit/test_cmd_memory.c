// SPDX-License-Identifier: GPL-2.0
/* Memory that runs out: each allocation of each command fails in turn. */
#include <sanitizer/lsan_interface.h>

#include "report.h"
#include "test_cmd.h"

static void put_prefixes(uint8_t command, const char *pool, bool exempt)
{
	struct message *message = kernel_answer(command);
	struct prefix prefix = { .family = AF_INET, .address = { 10 }, .length = 32 };
	struct exempt_options options = { 60, "ticket" };
	int i;

	if (pool)
		message_put_string(message, OP25B_A_POOL, pool);
	/* more than an array has room for at first */
	for (i = 0; i < 9; i++) {
		prefix.address[3] = i;
		message_put_prefix(message, OP25B_A_PREFIX, &prefix, exempt ? &options : NULL);
	}
}

static void put_sender(void)
{
	struct prefix prefix = { .family = AF_INET, .address = { 10 }, .length = 32 };
	struct message *message = kernel_answer(OP25B_CMD_SENDER_GET);

	message_put_string(message, OP25B_A_POOL, "a");
	message_put_prefix(message, OP25B_A_PREFIX, &prefix, NULL);
}

static void put_policy(void)
{
	static const char *const names[] = { "a", "b" };
	struct prefix prefix = { .family = AF_INET, .address = { 10 }, .length = 24 };
	struct message *message;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		message = kernel_answer(OP25B_CMD_POOL_GET);
		message_put_string(message, OP25B_A_POOL, names[i]);
		message_put_u32(message, OP25B_A_GUARD, OP25B_GUARD_MASK);
		message_put_u8(message, OP25B_A_SENDERS, 1);
		mnl_attr_put_u64(message_header(message), OP25B_A_SENDER_COUNT, 12);
	}
	put_prefixes(OP25B_CMD_PREFIX_GET, "a", false);
	put_prefixes(OP25B_CMD_EXEMPT_GET, "b", true);
	put_prefixes(OP25B_CMD_RELAY_GET, NULL, false);
	put_prefixes(OP25B_CMD_TARGET_GET, "b", false);
	for (i = 0; i < 9; i++)
		put_sender();
	message = kernel_answer(OP25B_CMD_TEST);
	message_put_string(message, OP25B_A_POOL, "a");
	message_put_prefix(message, OP25B_A_PREFIX, &prefix, NULL);
	message_put_prefix(message, OP25B_A_RELAY, &prefix, NULL);
	message_put_prefix(message, OP25B_A_TARGET, &prefix, NULL);
	message = kernel_answer(OP25B_CMD_STATUS_GET);
	message_put_string(message, OP25B_A_VERSION, "0.1.0");
}

/* What the functions under way have when the command exits is no leak. */
static void run_failing(const char *line, const char *input, unsigned int failing)
{
	__lsan_disable();
	allocations = (struct allocations) { .failing = failing };
	op25bctl_with(line, input);
	allocations.failing = 0;
	__lsan_enable();
}

/* Has each line a warning? These come after a change that was made, and may get lost. */
static bool warns_only(const char *text)
{
	const char *end, *warning;

	for (; *text; text = end + 1) {
		end = strchr(text, '\n');
		warning = strstr(text, "Warning: ");
		if (!warning || warning > end)
			return false;
	}
	return true;
}

/* What was printed is complete, or the exit status says that it is not, and an error says why. */
static void sweep(const char *line, const char *input)
{
	unsigned int count, failing;
	char *out, *err;
	int code;

	allocations = (struct allocations) {};
	op25bctl_with(line, input);
	count = allocations.count;
	assert_true(count > 0);
	out = strdup(run.out);
	err = strdup(run.err);
	code = run.code;
	/* the first two are for streams, and nothing exits */
	for (failing = 1; failing < 3; failing++) {
		allocations = (struct allocations) { .failing = failing };
		op25bctl_with(line, input);
		assert_string_equal(run.err, "Error: out of memory\n");
		assert_int_equal(run.code, REFUSED);
	}
	for (; failing <= count; failing++) {
		bool same;

		run_failing(line, input, failing);
		same = run.code == code && !strcmp(run.out, out) &&
		       (!strcmp(run.err, err) || warns_only(run.err));
		if (same || (run.code == REFUSED && (strstr(run.err, "out of memory\n") ||
						     strstr(run.err, "Cannot allocate memory\n"))))
			continue;
		print_error("%s: allocation %u of %u failed, exit status %d: %s%s\n", line,
			    failing, count, run.code, run.out, run.err);
		fail();
	}
	free(out);
	free(err);
}

static void test_commands(void **state)
{
	static const char *const lines[] = {
		"", "help", "pool help", "-V", "pool ad",
		"pool show", "pool show a", "prefix show", "exempt show", "relay show", "target show",
		"-j pool show", "-j prefix show", "-j exempt show", "-j relay show", "-j target show",
		"sender show", "-j sender show", "sender show a 10.0.0.0/8", "sender reset a 10.0.0.1",
		"test 10.0.0.1 192.0.2.1", "-j test 10.0.0.1 192.0.2.1", "status", "-j status",
		"metrics",
		"pool reset", "pool add a prefix 10.0.0.0/24 10.0.1.0/24", "pool set a mode off",
		"pool set a senders on subscriber 56 log 5",
		"exempt add a 10.0.0.1 timeout 60 comment text", "relay del ::/0 pool a",
		"target add ::/0 pool a",
		"save", "diff site.conf", "-j diff site.conf", "restore site.conf", "restore -n",
		"-b site.conf", "-b -", "prefix add a - 10.0.0.0/24",
	};
	static const char input[] = "# no command\n";
	size_t i;

	(void)state;
	put_policy();
	write_file("site.conf",
		   "pool add a prefix 10.0.0.0/24\n"
		   "prefix add a 10.0.1.0/24\n"
		   "prefix add  a 10.0.2.0/24\n"
		   "exempt add b 10.0.0.7 comment \"a text\"\n"
		   "relay add 192.0.2.0/28\n"
		   "target add 192.0.2.0/28\n"
		   "pool set a mode off\n");
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		sweep(lines[i], input);
}

/* A session of nine prefixes, in two messages; or one of a device */
static void put_session(const char *id, const char *dev)
{
	struct prefix prefix = { .family = AF_INET, .address = { 10 }, .length = 32 };
	struct message *message;
	size_t nest;
	int i, part;

	for (part = 0; part < (dev ? 1 : 2); part++) {
		message = kernel_answer(OP25B_CMD_SESSION_GET);
		nest = message_nest_begin(message, OP25B_A_SESSION);
		message_put_string(message, OP25B_A_SESSION_ID, id);
		message_put_u32(message, OP25B_A_SESSION_TIMEOUT, 60);
		message_put_string(message, OP25B_A_SESSION_COMMENT, "a text");
		if (dev)
			message_put_string(message, OP25B_A_SESSION_DEV, dev);
		for (i = 4 * part; !dev && i < 4 + 5 * part; i++) {
			prefix.address[3] = i;
			message_put_prefix(message, OP25B_A_SESSION_PREFIX, &prefix, NULL);
		}
		message_nest_end(message, nest);
	}
}

static void test_sessions(void **state)
{
	static const char *const lines[] = {
		"session show", "-j session show", "session show a", "session save", "session del a",
		"session add a 10.0.0.1 2001:db8::/56 timeout 60 comment text", "session add a dev ppp0",
		"-b site.conf", "-j -b site.conf",
	};
	static const char list[] =
		"1 10.0.0.1\n2 10.0.0.2\n3 10.0.0.3\n4 10.0.0.4\n5 10.0.0.5\n6 10.0.0.6\n"
		"7 10.0.0.7 10.1.0.1 10.1.0.2 10.1.0.3 10.1.0.4 10.1.0.5 10.1.0.6 10.1.0.7 10.1.0.8\n"
		"8 dev ppp0 timeout 60\n9 dev ppp1 comment \"a text\"\n";
	char id[16];
	size_t i;

	(void)state;
	/* more than an array has room for at first */
	for (i = 0; i < 9; i++) {
		sprintf(id, "ppp%zu", i);
		put_session(id, i % 2 ? id : NULL);
	}
	write_file("site.conf", "session show\nsession add a 10.0.0.1\n");
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		sweep(lines[i], "");
	sweep("session add a -", "10.0.0.1\n10.0.0.2\n");
	sweep("session sync", list);
	sweep("-j session sync -", list);
	/* refusals ask the kernel for more */
	kernel_refuse(OP25B_CMD_SESSION_ADD, "10.0.0.1/32", EEXIST, "prefix is in another session");
	sweep("session add a 10.0.0.1", "");
	kernel_refuse(OP25B_CMD_SESSION_SYNC, "10.0.0.3/32", EEXIST, "prefix is in another session");
	sweep("session sync", list);
}

/* Refusals ask the kernel for more. */
static void test_refusals(void **state)
{
	(void)state;
	put_policy();
	kernel_refuse(OP25B_CMD_PREFIX_ADD, "10.0.0.1/32", EEXIST, "prefix is in another pool");
	sweep("prefix add b 10.0.0.1", "");
	write_file("site.conf", "pool add a\nprefix add b 10.0.0.1\n");
	sweep("restore site.conf", "");
	sweep("-b site.conf", "");
}

static void test_file(void **state)
{
	unsigned int count, failing;
	char text[4096];

	(void)state;
	put_policy();
	allocations.count = 0;
	op25bctl("save site.conf");
	assert_int_equal(run.code, DONE);
	count = allocations.count;
	for (failing = 1; failing <= count; failing++) {
		FILE *file;

		write_file("site.conf", "old");
		run_failing("save site.conf", "", failing);
		assert_int_equal(run.code, REFUSED);
		file = fopen("site.conf", "r");
		text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
		fclose(file);
		assert_string_equal(text, "old");
	}
	/* test_cmd_teardown() notices a file that was left behind */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_commands),
		TEST(test_sessions),
		TEST(test_refusals),
		TEST(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
