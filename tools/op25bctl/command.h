/* SPDX-License-Identifier: GPL-2.0 */
/* The command as a table: objects, and what can be done with each. */
#ifndef OP25BCTL_COMMAND_H
#define OP25BCTL_COMMAND_H

#include <stdio.h>

#include "change.h"
#include "transport.h"
#include "words.h"

/**
 * struct control - one run of op25bctl
 * @json: print JSON
 * @force: adding what is there and deleting what is not succeeds
 * @dry_run: restore: check only
 * @show_version: print the version, and nothing else
 * @show_help: print the grammar, and nothing else
 * @batch: read commands from this file, or NULL
 * @transport: the socket, opened when it is first needed
 */
struct control {
	bool json;
	bool force;
	bool dry_run;
	bool show_version;
	bool show_help;
	const char *batch;
	struct transport *transport;
};

/**
 * struct command - what can be done with an object
 * @name: the word, or NULL: the object itself is the command
 * @parse: a change of the policy: make it from the words; NULL for others
 * @run: anything else: do it
 *
 * Both return an exit code, and report what is wrong.
 */
struct command {
	const char *name;
	int (*parse)(struct change *change, struct words *words);
	int (*run)(struct control *control, struct words *words);
};

/**
 * struct object - a thing that commands are about
 * @name: its word
 * @commands: what can be done with it, up to one without functions
 * @grammar: the grammar of its commands, a line each
 * @help: what else is to be said, with an example
 */
struct object {
	const char *name;
	const struct command *commands;
	const char *grammar;
	const char *help;
};

extern const struct object pool_object;
extern const struct object prefix_object;
extern const struct object exempt_object;
extern const struct object relay_object;
extern const struct object test_object;
extern const struct object status_object;
extern const struct object save_object;
extern const struct object restore_object;
extern const struct object diff_object;
extern const struct object flush_object;

int command_options(struct control *control, struct words *words);
int command_parse_change(struct change *change, struct words *words, bool force);
int command_run(struct control *control, struct words *words);
void command_usage(FILE *stream);
int command_help(const char *name);

int control_connect(struct control *control);
int control_ask(struct control *control, struct message *request, transport_reader reader,
		void *data);

#endif /* OP25BCTL_COMMAND_H */
