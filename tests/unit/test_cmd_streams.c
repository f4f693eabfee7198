// SPDX-License-Identifier: GPL-2.0
/* Standard input, output and error that are closed, full or non-blocking. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"
#include "test_cmd.h"

static char text[4096];

/* Runs the command, and returns what has been written to @from, one of its descriptors. */
static const char *read_from(int from, const char *line, int in, int out, int err)
{
	ssize_t got;

	op25bctl_on(line, in, out, err);
	got = pread(from, text, sizeof(text) - 1, 0);
	assert_true(got >= 0);
	text[got] = '\0';
	assert_int_equal(ftruncate(from, 0), 0);
	assert_int_equal(lseek(from, 0, SEEK_SET), 0);
	return text;
}

/* The fake kernel sees that the socket takes the place of none of them. */
static void test_closed(void **state)
{
	int null = open("/dev/null", O_RDWR), file = memfd_create("file", 0);

	(void)state;
	assert_string_equal(read_from(file, "status", null, -1, file),
			    "Error: cannot write: Bad file descriptor\n");
	assert_int_equal(run.code, REFUSED);
	assert_string_equal(read_from(file, "-j pool show", -1, -1, file),
			    "Error: cannot write: Bad file descriptor\n");
	assert_int_equal(run.code, REFUSED);
	op25bctl_on("status", -1, -1, -1);
	assert_int_equal(run.code, REFUSED);
	assert_string_equal(read_from(file, "-b -", -1, null, file),
			    "Error: cannot read \"-\": Bad file descriptor\n");
	assert_int_equal(run.code, USAGE);
	op25bctl_on("status", null, null, -1);
	assert_int_equal(run.code, DONE);
	op25bctl_on("pool add", null, null, -1);
	assert_int_equal(run.code, USAGE);

	/* what prints nothing needs none of them */
	*kernel.log = '\0';
	op25bctl_on("pool add east", -1, -1, -1);
	assert_int_equal(run.code, DONE);
	assert_string_equal(kernel.log, "POOL_ADD pool=east\n");
	close(null);
	close(file);
}

static void test_full(void **state)
{
	int null = open("/dev/null", O_RDWR), full = open("/dev/full", O_RDWR);
	int file = memfd_create("file", 0);

	(void)state;
	assert_string_equal(read_from(file, "status", null, full, file),
			    "Error: cannot write: No space left on device\n");
	assert_int_equal(run.code, REFUSED);
	/* an error that was reported already remains the only one */
	write_file("site.conf", "status\npool ad\n");
	assert_string_equal(read_from(file, "-b site.conf", null, full, file),
			    "site.conf:2: unknown command \"pool ad\", did you mean \"pool add\"?\n");
	assert_int_equal(run.code, USAGE);
	op25bctl_on("pool add", null, null, full);
	assert_int_equal(run.code, USAGE);
	close(null);
	close(full);
	close(file);
}

/* Starts a process for the other ends of pipes. */
static pid_t begin(void)
{
	fflush(NULL);
	return fork();
}

static void end(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void wait_a_little(void)
{
	usleep(30000);
}

/* -b goes on after an empty moment, which is no end. */
static void test_input_that_does_not_block(void **state)
{
	static const char *const lines[] = { "pool add a\n", "pool add", " b\npool add c\n" };
	int null = open("/dev/null", O_RDWR), pipes[2];
	size_t i;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(pipes, O_NONBLOCK | O_CLOEXEC), 0);
	pid = begin();
	if (!pid) {
		for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
			wait_a_little();
			if (write(pipes[1], lines[i], strlen(lines[i])) < 0)
				_exit(1);
		}
		_exit(0);
	}
	close(pipes[1]);
	op25bctl_on("-b -", pipes[0], null, null);
	assert_int_equal(run.code, DONE);
	assert_string_equal(kernel.log, "POOL_ADD pool=a\nPOOL_ADD pool=b\nPOOL_ADD pool=c\n");
	end(pid);
	close(pipes[0]);
	close(null);
}

/* Reads a pipe to its end, slowly, and compares with a text. */
static void compare_slowly(int fd, const char *expected)
{
	size_t left = strlen(expected);
	ssize_t got;

	wait_a_little();
	while ((got = read(fd, text, sizeof(text)))) {
		if (got < 0 && errno == EAGAIN) {
			usleep(1000);
			continue;
		}
		if (got < 0 || (size_t)got > left || memcmp(text, expected, got))
			_exit(1);
		expected += got;
		left -= got;
	}
	_exit(!!left);
}

/* A pipe that holds one page. */
static void open_pipe(int pipes[2])
{
	assert_int_equal(pipe2(pipes, O_NONBLOCK | O_CLOEXEC), 0);
	assert_true(fcntl(pipes[1], F_SETPIPE_SZ, 4096) >= 4096);
}

static void test_output_that_does_not_block(void **state)
{
	struct prefix prefix = { .family = AF_INET, .address = { 10 }, .length = 32 };
	int null = open("/dev/null", O_RDWR), pipes[2];
	struct message *message;
	char *expected;
	pid_t pid;
	int i;

	(void)state;
	message = kernel_answer(OP25B_CMD_PREFIX_GET);
	message_put_string(message, OP25B_A_POOL, "east");
	for (i = 0; i < 5000; i++) {
		prefix.address[2] = i >> 8;
		prefix.address[3] = i;
		message_put_prefix(message, OP25B_A_PREFIX, &prefix, NULL);
	}
	op25bctl("save");
	expected = strdup(run.out);
	assert_true(strlen(expected) > 100000);

	open_pipe(pipes);
	pid = begin();
	if (!pid) {
		close(pipes[1]);
		compare_slowly(pipes[0], expected);
	}
	op25bctl_on("save", null, pipes[1], null);
	assert_int_equal(run.code, DONE);
	close(pipes[1]);
	end(pid);
	close(pipes[0]);
	close(null);
	free(expected);
}

static void test_errors_that_do_not_block(void **state)
{
	int null = open("/dev/null", O_RDWR), pipes[2];
	char expected[4200];
	pid_t pid;

	(void)state;
	open_pipe(pipes);
	memset(expected, 'x', 4096);
	assert_int_equal(write(pipes[1], expected, 4096), 4096);
	strcpy(expected + 4096, "Error: the name of a pool is missing\n");
	pid = begin();
	if (!pid) {
		close(pipes[1]);
		compare_slowly(pipes[0], expected);
	}
	op25bctl_on("pool add", null, null, pipes[1]);
	assert_int_equal(run.code, USAGE);
	close(pipes[1]);
	end(pid);
	close(pipes[0]);
	close(null);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_closed),
		TEST(test_full),
		TEST(test_input_that_does_not_block),
		TEST(test_output_that_does_not_block),
		TEST(test_errors_that_do_not_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
