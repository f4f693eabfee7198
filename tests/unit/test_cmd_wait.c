// SPDX-License-Identifier: GPL-2.0
/* restore and session sync with --wait: nothing is asked of the kernel before the line has come. */
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"
#include "test_cmd.h"

#define POLICY "pool add east prefix 10.0.0.0/24\nrelay add 192.0.2.0/28\n"
#define RESTORED "RESTORE_BEGIN\nPOOL_ADD pool=east 10.0.0.0/24\nRELAY_ADD 192.0.2.0/28\nRESTORE_COMMIT"
#define SESSIONS "ppp0 dev ppp0\n4711 10.0.0.7 timeout 60\n"
#define SYNC "{ppp0 dev=ppp0} {4711 10.0.0.7/32 timeout=60}\n"
#define NO_LINE "Error: standard input has ended without a line: nothing was changed\n"

static void put_outcome(void)
{
	struct message *message = kernel_answer(OP25B_CMD_SESSION_SYNC);

	message_put_u32(message, OP25B_A_ADDED_COUNT, 2);
}

static void expect(const char *line, const char *input, int code, const char *out, const char *err)
{
	op25bctl_with(line, input);
	assert_string_equal(run.err, err);
	assert_string_equal(run.out, out);
	assert_int_equal(run.code, code);
}

static void test_waits(void **state)
{
	static const char *const inputs[] = { "\n", "now\n", "now\nand again\n" };
	size_t i;

	(void)state;
	write_file("site.conf", POLICY);
	write_file("sessions", SESSIONS);
	put_outcome();
	for (i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		*kernel.log = '\0';
		expect("restore --wait site.conf", inputs[i], DONE, "ready\n", "");
		assert_string_equal(kernel.log, RESTORED "\n");
		*kernel.log = '\0';
		expect("session sync --wait sessions", inputs[i], DONE,
		       "ready\n2 added, 0 changed, 0 deleted, 0 kept\n", "");
		assert_string_equal(kernel.log, "SESSION_SYNC " SYNC);
	}
	*kernel.log = '\0';
	expect("--wait restore --confirm 10m site.conf", "\n", DONE, "ready\n", "");
	assert_string_equal(kernel.log, RESTORED " confirm=600\n");
	*kernel.log = '\0';
	expect("session sync -f -wait sessions", "\n", DONE,
	       "ready\n2 added, 0 changed, 0 deleted, 0 kept\n", "");
	assert_string_equal(kernel.log, "SESSION_SYNC force " SYNC);
	assert_int_equal(unlink("sessions"), 0);
}

static void test_without_a_line(void **state)
{
	static const char *const inputs[] = { "", "now" };
	size_t i;

	(void)state;
	write_file("site.conf", POLICY);
	write_file("sessions", SESSIONS);
	for (i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		expect("restore --wait site.conf", inputs[i], REFUSED, "ready\n", NO_LINE);
		expect("session sync --wait sessions", inputs[i], REFUSED, "ready\n", NO_LINE);
	}
	assert_int_equal(unlink("sessions"), 0);
	/* not even the module was looked for, which may not be loaded */
	assert_int_equal(kernel.opened, 0);
	assert_string_equal(kernel.log, "");
}

/* What is wrong with the file is said at once. */
static void test_wrong_files(void **state)
{
	(void)state;
	write_file("site.conf", "pool add east\nfrob\n");
	op25bctl_with("restore --wait site.conf", "\n");
	assert_int_equal(run.code, USAGE);
	assert_string_equal(run.out, "");
	op25bctl_with("session sync --wait site.conf", "\n");
	assert_int_equal(run.code, USAGE);
	assert_string_equal(run.out, "");
	expect("restore --wait /dev/null", "\n", USAGE, "",
	       "Error: \"/dev/null\" holds no command; use flush to remove everything\n");
	assert_int_equal(kernel.opened, 0);
}

/* The line at fault is found as it is without --wait. */
static void test_refused(void **state)
{
	(void)state;
	write_file("site.conf", POLICY "prefix add east 10.0.0.0/25\n");
	kernel_refuse(OP25B_CMD_PREFIX_ADD, "10.0.0.0/25", EEXIST, "no");
	expect("restore --wait site.conf", "\n", REFUSED, "ready\n",
	       "site.conf:3: prefix 10.0.0.0/25: no\n");
	assert_null(strstr(kernel.log, "COMMIT"));
	kernel_reset();
	kernel.open_code = ENOENT;
	op25bctl_with("restore --wait site.conf", "\n");
	assert_int_equal(run.code, REFUSED);
	assert_string_equal(run.out, "ready\n");
	assert_non_null(strstr(run.err, "not loaded"));
}

/* Another process writes the line only after it has read "ready". */
static void test_ready_is_not_kept(void **state)
{
	int null = open("/dev/null", O_RDWR), in[2], out[2], status;
	struct pollfd answer;
	char text[16] = "";
	pid_t pid;

	(void)state;
	write_file("site.conf", POLICY);
	assert_int_equal(pipe2(in, O_CLOEXEC) | pipe2(out, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		close(in[0]);
		close(out[1]);
		answer = (struct pollfd) { .fd = out[0], .events = POLLIN };
		if (poll(&answer, 1, 10000) != 1 || read(out[0], text, sizeof(text)) != 6)
			_exit(1);
		_exit(strcmp(text, "ready\n") || write(in[1], "\n", 1) != 1);
	}
	close(in[1]);
	op25bctl_on("restore --wait site.conf", in[0], out[1], null);
	assert_int_equal(run.code, DONE);
	assert_string_equal(kernel.log, RESTORED "\n");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(in[0]);
	close(out[0]);
	close(out[1]);
	close(null);
}

static void test_wrong_usage(void **state)
{
	static const char *const rows[][2] = {
		{ "restore --wait", "Error: --wait takes a file: on standard input it waits for a line\n" },
		{ "session sync --wait -", "Error: --wait takes a file: on standard input it waits for a line\n" },
		{ "restore -n --wait site.conf", "Error: --wait and --dry-run exclude each other\n" },
		{ "session sync -n --wait site.conf", "Error: --dry-run is for restore only\n" },
		{ "status --wait", "Error: --wait is for restore and session sync only\n" },
		{ "session save --wait", "Error: --wait is for restore and session sync only\n" },
		{ "pool add east --wait", "Error: --wait is for restore and session sync only\n" },
		{ "diff --wait site.conf", "Error: --wait is for restore and session sync only\n" },
		{ "--wait -b batch", "Error: --wait is not for --batch\n" },
		{ "-b batch", "batch:1: --wait is for the command line\n" },
		{ "restore waits.conf", "waits.conf:1: --wait is for the command line\n" },
	};
	size_t i;

	(void)state;
	write_file("site.conf", POLICY);
	write_file("waits.conf", "pool add east --wait\n");
	write_file("batch", "restore --wait site.conf\n");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		op25bctl_with(rows[i][0], "\n");
		assert_string_equal(run.err, rows[i][1]);
		assert_string_equal(run.out, "");
		assert_int_equal(run.code, strncmp(rows[i][0], "diff", 4) ? USAGE : 2);
	}
	assert_int_equal(unlink("waits.conf") | unlink("batch"), 0);
	assert_int_equal(kernel.opened, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_waits),
		TEST(test_without_a_line),
		TEST(test_wrong_files),
		TEST(test_refused),
		TEST(test_ready_is_not_kept),
		TEST(test_wrong_usage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
