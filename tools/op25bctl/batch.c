// SPDX-License-Identifier: GPL-2.0
/*
 * A batch: commands from a file, one a line, each with its own options. All use the same socket.
 *
 * With --json, each line is answered by one line, at once, so that another program can write
 * commands to a pipe and read what became of each. What a command prints becomes part of the answer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "output.h"
#include "report.h"

/**
 * struct answer - the answer to a line
 * @output: the real standard output
 * @text: what the line has printed; allocated by open_memstream()
 * @size: its size in bytes, without a terminating NUL
 */
struct answer {
	FILE *output;
	char *text;
	size_t size;
};

/* From here on, what is printed goes to @answer. */
static void answer_begin(struct answer *answer)
{
	FILE *stream = open_memstream(&answer->text, &answer->size);

	if (!stream)
		exit(report_refusal("out of memory"));
	answer->output = stdout;
	stdout = stream;
	report_keep(true);
}

/* What a command has printed: JSON, or a text such as that of save. NULL if it is not UTF-8. */
static json_t *result(const struct answer *answer)
{
	json_t *json = json_loadb(answer->text, answer->size, JSON_DECODE_ANY, NULL);

	return json ? json : json_stringn(answer->text, answer->size);
}

/* Prints the answer, of which memory that ran out has not cut anything. */
static void answer_end(struct answer *answer, unsigned int line, int *status)
{
	bool failed = ferror(stdout);
	json_t *json, *more = NULL;
	bool ok;

	failed |= fclose(stdout) != 0;
	stdout = answer->output;
	if (failed)
		exit(report_refusal("out of memory"));
	if (answer->size) {
		more = result(answer);
		if (!more)
			*status = report_refusal("the module's answer is not UTF-8");
	}
	ok = *status == DONE || *status == DIFFERS;
	json = json_pack("{si sb}", "line", (int)line, "ok", ok);
	if (!ok)
		json_object_set_new(json, "error", json_string(report_kept()));
	if (more)
		json_object_set_new(json, "result", more);
	report_keep(false);
	json_print(json);
	free(answer->text);
}

/* An empty line is no command, and succeeds. */
static int run_line(struct control *control, struct words *words)
{
	struct control own = *control;
	int status;

	if (!words->count)
		return DONE;
	status = command_options(&own, words);
	if (!status && control->json && words->count &&
	    !strcmp(words->word[0], monitor_object.name))
		return report_usage("monitor does not end, and so cannot be answered");
	if (!status)
		status = command_run(&own, words);
	control->transport = own.transport;
	return status;
}

/* Runs the next line. Returns LINES_END after the last one, and sets @broken if none can follow. */
static int run_next(struct control *control, struct lines *lines, struct words *words,
		    bool *broken)
{
	struct answer answer;
	const char *text;
	size_t length;
	int status;

	status = lines_next_text(lines, &text, &length);
	*broken = status != DONE;
	if (*broken)
		return status;
	if (control->json)
		answer_begin(&answer);
	status = words_split(words, text, length);
	if (!status)
		status = run_line(control, words);
	if (control->json)
		answer_end(&answer, lines->number, &status);
	fflush(stdout);
	return status == DIFFERS ? DONE : status;
}

/**
 * batch_run() - run the commands of a file
 * @control: the run: @batch is the name of the file, @keep_going: go on after an error
 *
 * Return: DONE; what the first line that failed has returned; with @keep_going, REFUSED if any has
 * failed.
 */
int batch_run(struct control *control)
{
	struct words words = {};
	struct lines lines;
	bool failed = false, broken;
	int status;

	status = lines_open(&lines, control->batch, false);
	if (status)
		return status;
	do {
		status = run_next(control, &lines, &words, &broken);
		failed |= status > DONE;
	} while (!broken && (!status || control->keep_going));
	lines_close(&lines);
	words_free(&words);
	if (status != LINES_END)
		return status;
	return failed ? REFUSED : DONE;
}
