// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "choices.h"
#include "collision.h"
#include "command.h"
#include "duration.h"
#include "output.h"
#include "refusal.h"
#include "report.h"
#include "keywords.h"
#include "warning.h"

static const struct object *const objects[] = {
	&pool_object,
	&prefix_object,
	&exempt_object,
	&relay_object,
	&target_object,
	&session_object,
	&sender_object,
	&test_object,
	&status_object,
	&save_object,
	&restore_object,
	&confirm_object,
	&rollback_object,
	&diff_object,
	&monitor_object,
	&metrics_object,
	&flush_object,
};

#define OBJECTS		(sizeof(objects) / sizeof(objects[0]))

static const char options_help[] =
	"Options, before or after a command:\n"
	"  -j, --json           print JSON\n"
	"  -f, --force          adding what exists, and deleting what does not, succeeds\n"
	"  -n, --dry-run        restore: check the file, but change nothing\n"
	"      --confirm TIME   restore: go back unless \"op25bctl confirm\" comes in time\n"
	"      --wait           restore, session sync: read the file, print \"ready\", and go on\n"
	"                       when a line comes on standard input\n"
	"  -b, --batch FILE     run the commands in FILE, one a line, up to the first error;\n"
	"                       with --json, print an object for each line\n"
	"  -k, --keep-going     run the other lines of a batch, too\n"
	"  -c, --color[=WHEN]   use colours; WHEN is always, auto or never\n"
	"  -V, --version        print the version of this command\n"
	"  -h, --help           print this help\n";

/* Is a word this option? A long name may have a single dash, as in ip(8). */
static bool is_option(const char *word, char letter, const char *name)
{
	if (word[1] == letter && !word[2])
		return true;
	return !strcmp(word + 1 + (word[1] == '-'), name);
}

static int take_option(struct control *control, const char *word, struct words *words)
{
	const char *when = strchrnul(word, '=');

	if (is_option(word, 'j', "json")) {
		control->json = true;
	} else if (is_option(word, 'f', "force")) {
		control->force = true;
	} else if (is_option(word, 'n', "dry-run")) {
		control->dry_run = true;
	} else if (is_option(word, '\0', "confirm")) {
		return duration_parse(&control->confirm, "--confirm", words_next(words));
	} else if (is_option(word, '\0', "wait")) {
		if (words->in_file)
			return report_usage("--wait is for the command line");
		control->wait = true;
	} else if ((!strncmp(word, "-c", 2) || !strncmp(word, "--c", 3)) && !words->in_file) {
		char name[16] = "";

		strncpy(name, word, when - word < 15 ? when - word : 15);
		if (!is_option(name, 'c', "color") && !is_option(name, 'c', "colour"))
			return report_usage("unknown option \"%s\"", word);
		return output_colour_option(*when ? when + 1 : NULL);
	} else if (is_option(word, 'b', "batch") && !words->in_file) {
		control->batch = words_next(words);
		if (!control->batch)
			return report_usage("%s takes a file", word);
	} else if (is_option(word, 'k', "keep-going") && !words->in_file) {
		control->keep_going = true;
	} else if (is_option(word, 'V', "version") && !words->in_file) {
		control->show_version = true;
	} else if (is_option(word, 'h', "help") && !words->in_file) {
		control->show_help = true;
	} else {
		return report_usage("unknown option \"%s\"", word);
	}
	return DONE;
}

/*
 * Is the next word the text of a comment, as in: exempt add NAME PREFIX comment TEXT? An object that
 * is shortened so much that it could be another one too is refused later.
 */
static bool before_comment(char *const *word, size_t count)
{
	return count > 4 && !strcmp(word[count - 1], "comment") &&
	       (choices_is_short(word[0], "exempt") || choices_is_short(word[0], "session")) &&
	       choices_is_short(word[1], "add");
}

/*
 * Takes the options out of the words and leaves the others. The text after "comment" is never an
 * option, and neither are "-" and what starts like a negative number.
 */
int command_options(struct control *control, struct words *words)
{
	size_t kept = 0;
	const char *word;
	int status;

	/* Most lines of a file have no options. */
	while (kept < words->count && words->word[kept][0] != '-')
		kept++;
	if (kept == words->count)
		return DONE;

	kept = 0;
	while ((word = words_next(words))) {
		if (word[0] == '-' && word[1] && !(word[1] >= '0' && word[1] <= '9')) {
			status = take_option(control, word, words);
			if (status)
				return status;
			continue;
		}
		words->word[kept++] = (char *)word;
		if (before_comment(words->word, kept) && words_peek(words))
			words->word[kept++] = (char *)words_next(words);
	}
	words->count = kept;
	words->at = 0;
	return DONE;
}

/* Comparing the first character inline is faster, and a file may have a million words. */
static bool same(const char *a, const char *b)
{
	return *a == *b && !strcmp(a, b);
}

/* Returns NULL if there is no such object, which is reported. */
static const struct object *find_object(const char *name, bool shorten)
{
	struct choices choices = { .what = "object" };
	size_t i;
	int found;

	for (i = 0; i < OBJECTS; i++)
		if (same(objects[i]->name, name))
			return objects[i];
	for (i = 0; i < OBJECTS; i++)
		choices_add(&choices, objects[i]->name);
	found = choices_find(&choices, name, shorten);
	return found < 0 ? NULL : objects[found];
}

static bool command_exists(const struct command *command)
{
	return command->parse || command->run;
}

/* Returns NULL if the object has no such command, which is reported. */
static const struct command *find_verb(const struct object *object, const char *name, bool shorten)
{
	struct choices choices = { .what = "command", .object = object->name };
	const struct command *command;
	int found;

	for (command = object->commands; command_exists(command); command++)
		if (same(command->name, name))
			return command;
	for (command = object->commands; command_exists(command); command++)
		choices_add(&choices, command->name);
	found = choices_find(&choices, name, shorten);
	return found < 0 ? NULL : &object->commands[found];
}

/*
 * On the command line, objects and commands can be shortened. In a file they cannot: it has to mean
 * the same when there are more of them. An object alone means "show", if it has commands. Returns
 * NULL if the words are not those of a command, which is reported.
 */
static const struct command *find_command(const struct object **object, struct words *words)
{
	const char *name = words_next(words);
	const char *verb = "show";

	if (!name) {
		report_usage("a command is missing, see \"op25bctl help\"");
		return NULL;
	}
	*object = find_object(name, !words->in_file);
	if (!*object)
		return NULL;
	if (!(*object)->commands->name)
		return (*object)->commands;
	if (words_peek(words))
		verb = words_next(words);
	return find_verb(*object, verb, !words->in_file);
}

static int parse(const struct command *command, struct change *change, struct words *words,
		 bool force)
{
	int status = command->parse(change, words);

	change->force = force;
	return status ? status : words_end(words);
}

/**
 * command_parse_change() - parse a line of a file that may only change the policy
 * @change: the result
 * @words: the words of the line, with its options
 * @force: as if the line had --force
 *
 * Return: DONE or USAGE, also for a command that does not change the policy.
 */
int command_parse_change(struct change *change, struct words *words, bool force)
{
	struct control control = { .force = force };
	const struct command *command;
	const struct object *object;
	int status;

	status = command_options(&control, words);
	if (status)
		return status;
	command = find_command(&object, words);
	if (!command)
		return USAGE;
	if (control.dry_run || control.confirm)
		return report_usage("%s is for the command line",
				    control.dry_run ? "--dry-run" : "--confirm");
	if (!command->parse)
		return report_usage("\"%s%s%s\" does not change the policy", object->name,
				    command->name ? " " : "", command->name ? command->name : "");
	return parse(command, change, words, control.force);
}

/* A refused change has changed nothing, so what it collides with is in force. */
static int refuse_change(struct transport *transport, const struct message *request,
			 const struct change *change)
{
	struct transport_error error = *transport_error(transport);

	if (collision_needs_asking(&error))
		collision_ask(transport, false, request, &error);
	return refusal(transport, &error, request, change);
}

static int run_change(struct control *control, const struct command *command,
		      struct words *words)
{
	struct warnings warnings = {};
	struct message request = {};
	struct change change = {};
	int status;

	status = parse(command, &change, words, control->force);
	if (!status)
		status = control_connect(control);
	if (!status && !change_is_empty(&change)) {
		warnings_before(&warnings, control->transport, &change);
		change_encode(&change, &request);
		if (transport_ask(control->transport, &request, NULL, NULL))
			status = refuse_change(control->transport, &request, &change);
		else
			warnings_after(&warnings, control->transport, &change);
	}
	warnings_free(&warnings);
	message_free(&request);
	change_free(&change);
	return status;
}

/* Prints the grammar of all commands. */
void command_usage(FILE *stream)
{
	size_t i;

	fputs("Usage: op25bctl [OPTIONS] OBJECT COMMAND …\n"
	      "       op25bctl [OPTIONS] -b FILE\n\n", stream);
	for (i = 0; i < OBJECTS; i++)
		fputs(objects[i]->grammar, stream);
	fputs("  help [OBJECT]\n\n", stream);
	fputs(options_help, stream);
	fputs("\n\"op25bctl OBJECT help\" prints more help, with an example.\n", stream);
}

/* Prints the help for an object, or the grammar of all commands for NULL. */
int command_help(const char *name, bool shorten)
{
	const struct object *object = name ? find_object(name, shorten) : NULL;

	if (name && !object)
		return USAGE;
	if (object)
		printf("Usage:\n%s\n%s", object->grammar, object->help);
	else
		command_usage(stdout);
	return DONE;
}

static bool is_help(const char *word, bool shorten)
{
	return shorten ? choices_is_short(word, "help") : !strcmp(word, "help");
}

/* Runs "help", "help OBJECT" or "OBJECT help". Returns false if it is none of them. */
static bool run_help(struct words *words, int *status)
{
	const char *first = words->count > 0 ? words->word[0] : "";
	const char *second = words->count > 1 ? words->word[1] : NULL;
	bool shorten = !words->in_file;

	if (is_help(first, shorten))
		*status = words->count > 2 ? report_usage("help takes one object") :
					     command_help(second, shorten);
	else if (words->count == 2 && is_help(second, shorten))
		*status = command_help(first, shorten);
	else
		return false;
	return true;
}

/* Runs one command, whose options were taken. */
int command_run(struct control *control, struct words *words)
{
	const struct command *command;
	const struct object *object;
	int status;

	if (run_help(words, &status))
		return status;
	command = find_command(&object, words);
	if (!command)
		return USAGE;
	if ((control->dry_run || control->confirm) && object != &restore_object)
		return report_usage("%s is for restore only",
				    control->dry_run ? "--dry-run" : "--confirm");
	if (control->wait && !command->waits)
		return report_usage("--wait is for restore and session sync only");
	if (command->parse)
		return run_change(control, command, words);
	return command->run(control, words);
}

/* Opens the socket, if it is not open yet. */
int control_connect(struct control *control)
{
	int code;

	if (!control->transport)
		control->transport = transport_open(&code);
	return control->transport ? DONE : refusal_to_connect(code);
}

/**
 * control_ask() - send a request and read its answer; opens the socket if necessary
 * @control: the run
 * @request: a dump, or with NLM_F_ACK
 * @reader: called with each message of the answer, or NULL
 * @data: passed to @reader
 *
 * Return: DONE or REFUSED.
 */
int control_ask(struct control *control, struct message *request, transport_reader reader,
		void *data)
{
	int status = control_connect(control);

	if (!status && transport_ask(control->transport, request, reader, data))
		status = refusal(control->transport, transport_error(control->transport), request,
				 NULL);
	return status;
}

/**
 * control_order() - run a command that has no arguments and no answer
 * @control: the run
 * @words: the words after the command
 * @command: OP25B_CMD_…
 *
 * Return: DONE, USAGE or REFUSED.
 */
int control_order(struct control *control, struct words *words, uint8_t command)
{
	struct message request = {};
	int status = words_end(words);

	if (status)
		return status;
	message_begin(&request, command, NLM_F_ACK);
	status = control_ask(control, &request, NULL, NULL);
	message_free(&request);
	return status;
}
