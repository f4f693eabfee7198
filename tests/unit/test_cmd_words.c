// SPDX-License-Identifier: GPL-2.0
/* Splitting lines into words. */
#include "test_cmd.h"
#include "words.h"

/* Reads a file to its end or to an error. Returns "1:[word][word]3:[word]", with line numbers. */
static char *read_words(const char *text, bool keep, int *status)
{
	static char result[4096];
	struct words words = {};
	struct lines lines;
	char *end = result;
	size_t i;

	*end = '\0';
	write_file("site.conf", text);
	assert_int_equal(lines_open(&lines, "site.conf", keep), DONE);
	while (!(*status = lines_next(&lines, &words))) {
		end += sprintf(end, "%u:", lines.number);
		for (i = 0; i < words.count; i++)
			end += sprintf(end, "[%s]", words.word[i]);
	}
	lines_close(&lines);
	words_free(&words);
	return result;
}

static void test_good(void **state)
{
	static const struct {
		const char *text;
		const char *words;
	} rows[] = {
		{ "", "" },
		{ "\n\n", "" },
		{ "a", "1:[a]" },
		{ "a\n", "1:[a]" },
		{ "a b\tc  d \n", "1:[a][b][c][d]" },
		{ "  a\n\n# x\n b # c d\n", "1:[a]4:[b]" },
		{ "a\r\nb\r\n", "1:[a]2:[b]" },
		{ "a#b c", "1:[a]" },
		{ "#a", "" },
		{ "\"a b\" c", "1:[a b][c]" },
		{ "\"\"", "1:[]" },
		{ "\"\" \"\"", "1:[][]" },
		{ "\"# \\\" \\\\\"# x", "1:[# \" \\]" },
		{ "a\\b", "1:[a\\b]" },
		{ "\"\303\274\" \303\274", "1:[\303\274][\303\274]" },
		{ "a 'b'", "1:[a]['b']" },
		/* a byte order mark */
		{ "\357\273\277a b\nc", "1:[a][b]2:[c]" },
		{ "\357\273\277", "" },
		{ "\357\273\277#a\nb", "2:[b]" },
		{ "\n\357\273\277a", "2:[\357\273\277a]" },
		{ "a\357\273\277", "1:[a\357\273\277]" },
		{ "\357\273a", "1:[\357\273a]" },
	};
	int status;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_string_equal(read_words(rows[i].text, false, &status), rows[i].words);
		assert_int_equal(status, LINES_END);
		assert_string_equal(read_words(rows[i].text, true, &status), rows[i].words);
		assert_int_equal(status, LINES_END);
	}
}

static void test_bad(void **state)
{
	static const struct {
		const char *text;
		const char *error;
	} rows[] = {
		{ "flush\n\"b\n", "site.conf:2: a quote is not closed\n" },
		{ "flush\n\n \"b\\", "site.conf:3: within quotes, a backslash can only escape a quote or a backslash\n" },
		{ "\"b\\n\"", "site.conf:1: within quotes, a backslash can only escape a quote or a backslash\n" },
		{ "\"a\"b", "site.conf:1: a blank is missing after a quote\n" },
		{ "\"a\"\"b\"", "site.conf:1: a blank is missing after a quote\n" },
		{ "a\"b\"", "site.conf:1: a blank is missing before a quote\n" },
		{ "a\001", "site.conf:1: the line contains a control character\n" },
		{ "\033[31m", "site.conf:1: the line contains a control character\n" },
		{ "\"a\tb\177\"", "site.conf:1: a word contains a control character\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		write_file("site.conf", rows[i].text);
		op25bctl("restore site.conf");
		assert_int_equal(run.code, USAGE);
		assert_string_equal(run.err, rows[i].error);
	}
	assert_string_equal(kernel.log, "");
}

/* Reads the file of test_long(), twice. */
static void read_long(const char *name)
{
	struct words words = {};
	struct lines lines;
	int i, pass;

	assert_int_equal(lines_open(&lines, name, true), DONE);
	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < 9000; i++) {
			assert_int_equal(lines_next(&lines, &words), DONE);
			assert_int_equal(words.count, 2);
			assert_int_equal(atoi(words.word[1]), i);
			assert_int_equal(lines.number, i + 1);
		}
		assert_int_equal(lines_next(&lines, &words), DONE);
		assert_int_equal(strlen(words.word[0]), 200000);
		assert_int_equal(lines_next(&lines, &words), DONE);
		assert_string_equal(words.word[0], "last");
		assert_int_equal(lines_next(&lines, &words), LINES_END);
		assert_int_equal(lines_next(&lines, &words), LINES_END);
		assert_int_equal(lines_rewind(&lines), DONE);
	}
	lines_close(&lines);
	words_free(&words);
}

/*
 * Lines that cross the pieces in which a file is read, and a line longer than a piece; from a file,
 * which can be read again, and from a pipe, which cannot.
 */
static void test_long(void **state)
{
	char *text = malloc(400000), *end = text, name[32];
	FILE *pipe;
	int i;

	(void)state;
	for (i = 0; i < 9000; i++)
		end += sprintf(end, "line %d%s\n", i, i % 7 ? "" : " # seven");
	memset(end, 'x', 200000);
	strcpy(end + 200000, "\nlast");
	write_file("site.conf", text);
	free(text);

	read_long("site.conf");
	pipe = popen("cat site.conf", "r");
	sprintf(name, "/dev/fd/%d", fileno(pipe));
	read_long(name);
	pclose(pipe);
}

/* What cannot be seen, or looks like something else, is escaped in an error. */
static void test_escapes(void **state)
{
	static const char *const rows[][2] = {
		{ "\357\273\277flush x", "site.conf:1: \"x\" is one word too many\n" },
		{ "flush \342\200\213", "site.conf:1: \"\\xe2\\x80\\x8b\" is one word too many\n" },
		{ "flush a\302\240b", "site.conf:1: \"a\\xc2\\xa0b\" is one word too many\n" },
		{ "flush \303\274\377", "site.conf:1: \"\\xc3\\xbc\\xff\" is one word too many\n" },
		{ "flush \"a\\\\ ~\"", "site.conf:1: \"a\\ ~\" is one word too many\n" },
	};
	char *long_line = malloc(10001);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		write_file("site.conf", rows[i][0]);
		op25bctl("restore site.conf");
		assert_int_equal(run.code, USAGE);
		assert_string_equal(run.err, rows[i][1]);
		op25bctl("-j -b site.conf");
		assert_int_equal(run.code, USAGE);
		assert_string_equal(run.err, rows[i][1]);
		assert_int_equal(strncmp(run.out, "{\"line\":1,\"ok\":false,\"error\":\"", 30), 0);
	}
	/* on the command line, and in the name of a file, there may be any */
	op25bctl("flush '\033[31m\n\177'");
	assert_string_equal(run.err, "Error: \"\\x1b[31m\\x0a\\x7f\" is one word too many\n");
	op25bctl("restore '\342\200\213'");
	assert_string_equal(run.err,
			    "Error: cannot open \"\\xe2\\x80\\x8b\": No such file or directory\n");

	memset(long_line, 'x', 10000);
	memcpy(long_line, "flush ", 6);
	long_line[10000] = '\0';
	op25bctl(long_line);
	free(long_line);
	assert_int_equal(strlen(run.err), strlen("Error: ") + 4095 + strlen("...\n"));
	assert_string_equal(strchr(run.err, '\0') - 5, "x...\n");
	assert_string_equal(kernel.log, "");
}

#define LINE_LIMIT	(1024 * 1024)
#define TOO_LONG	"the line is longer than 1048576 bytes, expected a text file with one command or prefix a line\n"

/* A file without lines is refused before it takes all memory. */
static void test_endless_line(void **state)
{
	static const char *const commands[] = { "restore /dev/zero", "diff /dev/zero", "-b /dev/zero" };
	char *text = malloc(LINE_LIMIT + 4);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		op25bctl(commands[i]);
		assert_string_equal(run.err, "/dev/zero:1: " TOO_LONG);
		assert_int_equal(run.code, i == 1 ? 2 : USAGE);
		assert_string_equal(run.out, "");
	}

	strcpy(text, "#\n");
	memset(text + 2, '#', LINE_LIMIT + 1);
	text[LINE_LIMIT + 3] = '\0';
	/* one byte less: the line is too short to be refused for its length */
	write_file("site.conf", text + 3);
	op25bctl("restore site.conf");
	assert_string_equal(run.err, "Error: \"site.conf\" holds no command; use flush to remove everything\n");
	assert_int_equal(run.code, USAGE);
	*kernel.log = '\0';
	write_file("site.conf", text);
	op25bctl("restore site.conf");
	assert_string_equal(run.err, "site.conf:2: " TOO_LONG);
	assert_int_equal(run.code, USAGE);
	op25bctl_with("prefix add east -", text);
	assert_string_equal(run.err, "-:2: " TOO_LONG);
	op25bctl_with("-b -", text);
	assert_string_equal(run.err, "-:2: " TOO_LONG);
	free(text);

	op25bctl("restore /");
	assert_string_equal(run.err, "Error: cannot read \"/\": Is a directory\n");
	assert_int_equal(run.code, USAGE);
	assert_string_equal(kernel.log, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_good),
		TEST(test_bad),
		TEST(test_long),
		TEST(test_escapes),
		TEST(test_endless_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
