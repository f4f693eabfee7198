// SPDX-License-Identifier: GPL-2.0
/* op25bctl - configure the netfilter module op25b and read its counters */
#include <stdio.h>
#include <string.h>

#include "batch.h"
#include "choices.h"
#include "command.h"
#include "memory.h"
#include "report.h"
#include "special.h"
#include "streams.h"

static int run(struct control *control, struct words *words)
{
	int status = command_options(control, words);

	if (status)
		return status;
	if (control->show_version) {
		puts("op25bctl " VERSION);
		return DONE;
	}
	if (control->show_help)
		return command_help(words_next(words), true);
	if (control->batch && words->count)
		return report_usage("--batch takes no command, found \"%s\"", words->word[0]);
	if (control->batch && control->wait)
		return report_usage("--wait is not for --batch");
	if (control->batch)
		return batch_run(control);
	if (control->keep_going)
		return report_usage("--keep-going is for --batch");
	if (!words->count) {
		command_usage(stderr);
		return USAGE;
	}
	return command_run(control, words);
}

static bool is_diff(const struct words *words)
{
	size_t i = 0;

	/* options are still there if one of them was wrong */
	while (i < words->count && words->word[i][0] == '-')
		i++;
	return i < words->count && choices_is_short(words->word[i], diff_object.name);
}

/* diff uses the exit codes of diff(1): 1 means a difference, so wrong usage is 2. */
static int exit_code(int status, const struct words *words)
{
	if (status == DIFFERS)
		return 1;
	return status == USAGE && is_diff(words) ? 2 : status;
}

int main(int argc, char **argv)
{
	struct words words = { .word = argv + 1, .count = argc ? argc - 1 : 0 };
	struct control control = {};
	int status;

	memory_begin();
	special_begin();
	status = streams_begin();
	if (!status)
		status = run(&control, &words);
	transport_close(control.transport);
	return exit_code(streams_end(status), &words);
}
