// SPDX-License-Identifier: GPL-2.0
/*
 * op25bctl's parsers for files: restore, diff and batches, with a fake kernel
 *
 * Input: one byte, whose bits select the messages that the kernel refuses, and the file.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "address.h"
#include "fuzz.h"
#include "report.h"
#include "test_cmd.h"
#include "command.h"

#define FILE_MAX	4096

static char file[sizeof("/proc/self/fd/") + 11];

static void write_input(const void *text, size_t size)
{
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("file", MFD_CLOEXEC);
		sprintf(file, "/proc/self/fd/%d", fd);
	}
	CHECK(!ftruncate(fd, 0), "");
	CHECK(pwrite(fd, text, size, 0) == (ssize_t)size, "");
}

static void command(const char *words)
{
	char line[64];

	snprintf(line, sizeof(line), "%s %s", words, file);
	*kernel.log = '\0';
	op25bctl(line);
}

/* Is a line a warning? That of one line of a file begins with its place. */
static bool is_warning(const char *line)
{
	size_t place = strcspn(line, " \n");
	const char *text = place && line[place] == ' ' && line[place - 1] == ':' ? line + place + 1 : line;

	return !strncmp(line, "Warning: ", 9) || !strncmp(text, "Warning: ", 9);
}

/*
 * Check that an error is reported in one line of printable ASCII, after warnings at most, and that
 * without an error there is none. Each of the two kinds of warnings has five, and one that sums up.
 */
static void check_error(int wrong_from)
{
	const char *c, *line, *next;
	int warnings = 0, errors = 0;

	for (c = run.err; *c; c++)
		CHECK(*c == '\n' || (*c >= ' ' && *c <= '~'), "%s", run.err);
	CHECK(run.code >= DONE && run.code <= REFUSED, "%d", run.code);
	for (line = run.err; *line; line = next) {
		next = strchr(line, '\n');
		CHECK(next, "%s", run.err);
		next++;
		if (is_warning(line))
			warnings++;
		else
			errors++;
		CHECK(!errors || !*next, "%s", run.err);
	}
	CHECK(errors == (run.code >= wrong_from), "%d: %s", run.code, run.err);
	CHECK(warnings <= 12, "%s", run.err);
}

/* Makes a file of commands from what diff printed; without a command, restore would refuse it. */
static size_t policy_of(const char *diff, char *text)
{
	size_t size = 0;

	if (!*diff)
		return sprintf(text, "flush\n");
	while (*diff) {
		const char *end = strchr(diff, '\n') + 1;

		CHECK(!strncmp(diff, "+ ", 2), "%s", diff);
		memcpy(text + size, diff + 2, end - diff - 2);
		size += end - diff - 2;
		diff = end;
	}
	return size;
}

/* Check that diff of its own output, as a file, prints the same, and that restore accepts it. */
static void check_diff_of_diff(void)
{
	char *before = strdup(run.out), *text = malloc(strlen(before) + sizeof("flush\n"));

	write_input(text, policy_of(before, text));
	command("diff");
	CHECK(!strcmp(run.out, before), "%s%s", run.out, run.err);
	check_error(REFUSED);
	command("restore");
	CHECK(run.code == DONE, "%s", run.err);
	free(before);
	free(text);
}

/* Check that change_read_plain() reads the lines that it accepts as the full parser does. */
static void check_plain_lines(const char *text, size_t size)
{
	struct change plain = {}, split = {};
	struct words words = {};
	const char *end;

	for (; size && (end = memchr(text, '\n', size)); size -= end + 1 - text, text = end + 1) {
		if (!change_read_plain(&plain, text, end - text))
			continue;
		CHECK(words_split(&words, text, end - text) == DONE, "%.*s", (int)(end - text),
		      text);
		CHECK(command_parse_change(&split, &words, false) == DONE, "");
		CHECK(plain.command == split.command && plain.count == 1 && split.count == 1, "");
		CHECK(!strcmp(plain.pool.text, split.pool.text), "");
		CHECK(!prefix_compare(&plain.prefixes->prefix, &split.prefixes->prefix), "");
	}
	change_free(&plain);
	change_free(&split);
	words_free(&words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t refuse;
	bool good;

	if (!size || size > FILE_MAX)
		return -1;
	refuse = *data++;
	size--;
	check_plain_lines((const char *)data, size);

	kernel_reset();
	write_input(data, size);
	command("diff");
	check_error(REFUSED);
	good = run.code != REFUSED;
	if (good)
		check_diff_of_diff();

	/* restore accepts what diff accepts, and sends nothing if the file does not parse */
	write_input(data, size);
	command("restore");
	check_error(USAGE);
	CHECK(!good || run.code == DONE, "%s", run.err);
	CHECK(run.code != USAGE || !*kernel.log, "%s", kernel.log);

	if (refuse & 1)
		kernel_refuse(OP25B_CMD_PREFIX_ADD, "east", ENOENT, "pool does not exist");
	if (refuse & 2)
		kernel_refuse(OP25B_CMD_EXEMPT_ADD, "10.0.0.7/32", EEXIST,
			      "exempt is in another pool");
	if (refuse & 4)
		kernel_refuse(OP25B_CMD_RELAY_ADD, NULL, ENOMEM, NULL);
	command("restore -n");
	check_error(USAGE);
	command("-b");
	CHECK(run.code >= DONE && run.code <= REFUSED, "%d", run.code);
	kernel_reset();
	return 0;
}
