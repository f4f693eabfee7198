// SPDX-License-Identifier: GPL-2.0
/* save FILE: the file is replaced whole or not at all. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"
#include "test_cmd.h"

static const char saved[] =
	"# begin of op25bctl save\n"
	"pool add east mode enforce action drop\n"
	"# end of op25bctl save\n";

static void put_pool(void)
{
	message_put_string(kernel_answer(OP25B_CMD_POOL_GET), OP25B_A_POOL, "east");
}

static void expect(const char *line, int code, const char *err)
{
	op25bctl(line);
	assert_string_equal(run.err, err);
	assert_string_equal(run.out, "");
	assert_int_equal(run.code, code);
}

static void expect_file(const char *name, const char *text)
{
	char found[1024] = "";
	FILE *file = fopen(name, "r");

	assert_non_null(file);
	assert_in_range(fread(found, 1, sizeof(found) - 1, file), strlen(text), strlen(text));
	fclose(file);
	assert_string_equal(found, text);
}

/* Check that no new file was left behind. */
static void expect_files(int expected)
{
	DIR *directory = opendir(".");
	struct dirent *entry;
	int count = 0;

	while ((entry = readdir(directory)))
		count += entry->d_name[0] != '.';
	closedir(directory);
	assert_int_equal(count, expected);
}

static mode_t mode_of(const char *name)
{
	struct stat status;

	assert_int_equal(lstat(name, &status), 0);
	return status.st_mode;
}

static void test_replaces(void **state)
{
	mode_t mask = umask(027);

	(void)state;
	put_pool();
	expect("save site.conf", DONE, "");
	expect_file("site.conf", saved);
	assert_int_equal(mode_of("site.conf"), S_IFREG | 0640);
	/* the mode of an old file stays, and so does its owner */
	write_file("site.conf", "old");
	assert_int_equal(chmod("site.conf", 0604), 0);
	if (!geteuid())
		assert_int_equal(chown("site.conf", 1234, 5678), 0);
	expect("save ./site.conf", DONE, "");
	expect_file("site.conf", saved);
	assert_int_equal(mode_of("site.conf"), S_IFREG | 0604);
	if (!geteuid()) {
		struct stat status;

		assert_int_equal(stat("site.conf", &status), 0);
		assert_int_equal(status.st_uid, 1234);
		assert_int_equal(status.st_gid, 5678);
	}
	expect_files(1);
	umask(mask);

	op25bctl("save -");
	assert_string_equal(run.out, saved);
	op25bctl("save /dev/stdout");
	assert_string_equal(run.out, saved);
	expect("save a b", USAGE, "Error: \"b\" is one word too many\n");
	expect_files(1);
}

static void test_follows_links(void **state)
{
	char path[64], *here = getcwd(NULL, 0);

	(void)state;
	put_pool();
	assert_int_equal(mkdir("sub", 0700), 0);
	assert_int_equal(symlink("sub/link", "link"), 0);
	assert_int_equal(symlink("../site.conf", "sub/link"), 0);
	/* to a file that does not exist yet, and to one that does */
	expect("save link", DONE, "");
	expect_file("site.conf", saved);
	write_file("site.conf", "old");
	expect("save link", DONE, "");
	expect_file("site.conf", saved);
	assert_true(S_ISLNK(mode_of("link")));
	assert_true(S_ISLNK(mode_of("sub/link")));
	expect_files(3);

	assert_int_equal(unlink("link"), 0);
	sprintf(path, "%s/site.conf", here);
	free(here);
	assert_int_equal(symlink(path, "link"), 0);
	write_file("site.conf", "old");
	expect("save link", DONE, "");
	expect_file("site.conf", saved);

	assert_int_equal(unlink("link"), 0);
	assert_int_equal(symlink("link", "link"), 0);
	expect("save link", REFUSED,
	       "Error: cannot write \"link\": Too many levels of symbolic links\n");
	assert_int_equal(unlink("link"), 0);
	assert_int_equal(unlink("sub/link"), 0);
	assert_int_equal(rmdir("sub"), 0);
}

static int fail_with_eio(int fd)
{
	(void)fd;
	errno = EIO;
	return -1;
}

/* The file is synced, and then its directory. */
static int fail_for_a_directory(int fd)
{
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	return S_ISDIR(status.st_mode) ? fail_with_eio(fd) : 0;
}

/* Whatever fails, the old file stays as it is. */
static void test_failures(void **state)
{
	struct rlimit limit, small;
	char line[400] = "save ", error[500];

	(void)state;
	put_pool();
	expect("save .", REFUSED, "Error: cannot write \".\": Is a directory\n");
	expect("save nowhere/site.conf", REFUSED,
	       "Error: cannot write \"nowhere/site.conf\": No such file or directory\n");
	expect("save ''", REFUSED, "Error: cannot write \"\": No such file or directory\n");
	expect("save /dev/null", REFUSED,
	       "Error: cannot replace \"/dev/null\": it is not a file; print to it, as in: save > /dev/null\n");
	memset(line + 5, 'n', 300);
	op25bctl(line);
	sprintf(error, "Error: cannot write \"%s\": File name too long\n", line + 5);
	assert_string_equal(run.err, error);
	assert_int_equal(run.code, REFUSED);
	line[5 + 250] = '\0';
	sprintf(error, "Error: cannot write \"%s\": File name too long\n", line + 5);
	expect(line, REFUSED, error);
	expect_files(0);

	write_file("site.conf", "old");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	small = limit;
	small.rlim_cur = strlen(saved) - 1;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	expect("save site.conf", REFUSED, "Error: cannot write \"site.conf\": File too large\n");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	(void)signal(SIGXFSZ, SIG_DFL);
	expect_file("site.conf", "old");

	instead_of_fsync = fail_with_eio;
	expect("save site.conf", REFUSED, "Error: cannot write \"site.conf\": Input/output error\n");
	expect_file("site.conf", "old");
	kernel_refuse(OP25B_CMD_POLICY_GET, NULL, ENOMEM, NULL);
	expect("save site.conf", REFUSED, "Error: Cannot allocate memory\n");
	expect_file("site.conf", "old");
	expect_files(1);

	kernel_reset();
	put_pool();
	instead_of_fsync = fail_for_a_directory;
	expect("save site.conf", REFUSED,
	       "Error: \"site.conf\" was written, but may not survive a power failure: Input/output error\n");
	expect_file("site.conf", saved);
	expect_files(1);
}

static int killed_by;

static int raise_signal(int fd)
{
	(void)fd;
	raise(killed_by);
	return 0;
}

/* A signal waits until the new file has taken the place of the old one. */
static void test_signals(void **state)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	int status;
	size_t i;

	(void)state;
	put_pool();
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		pid_t pid;

		write_file("site.conf", "old");
		killed_by = signals[i];
		pid = fork();
		if (!pid) {
			struct rlimit none = {};

			setrlimit(RLIMIT_CORE, &none);
			(void)signal(killed_by, SIG_DFL);
			instead_of_fsync = raise_signal;
			op25bctl("save site.conf");
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), signals[i]);
		expect_file("site.conf", saved);
		expect_files(1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_replaces),
		TEST(test_follows_links),
		TEST(test_failures),
		TEST(test_signals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
