/* SPDX-License-Identifier: GPL-2.0 */
/* The tables of objects and their commands. */
#ifndef OP25BCTL_COMMAND_H
#define OP25BCTL_COMMAND_H

#include <stdio.h>

#include "change.h"
#include "transport.h"
#include "words.h"

/**
 * struct control - one run of op25bctl: its options and its socket
 * @json: print JSON
 * @force: adding what exists and deleting what does not succeed
 * @dry_run: restore: check only
 * @confirm: restore: seconds in which the policy has to be confirmed; 0 if it need not be
 * @wait: a command that waits: send nothing before a line has come
 * @show_version: print the version and exit
 * @show_help: print the help and exit
 * @batch: the file to read commands from, or NULL
 * @keep_going: go on after a command of @batch that has failed
 * @transport: the socket, or NULL until control_connect(); closed by the owner of the struct
 */
struct control {
	bool json;
	bool force;
	bool dry_run;
	uint32_t confirm;
	bool wait;
	bool show_version;
	bool show_help;
	const char *batch;
	bool keep_going;
	struct transport *transport;
};

/**
 * struct command - what can be done with an object
 * @name: the command's word, or NULL if the object is the command
 * @parse: for a command that changes the policy: make the change from the words; else NULL
 * @run: for any other command: run it
 * @waits: it takes --wait
 *
 * Both return an exit code and report errors.
 */
struct command {
	const char *name;
	int (*parse)(struct change *change, struct words *words);
	int (*run)(struct control *control, struct words *words);
	bool waits;
};

/**
 * struct object - an object of the command line, such as "pool"
 * @name: its word
 * @commands: its commands; the array ends with one that has neither function
 * @grammar: the grammar of the commands, a line for each
 * @help: more help, with an example
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
extern const struct object target_object;
extern const struct object session_object;
extern const struct object sender_object;
extern const struct object test_object;
extern const struct object metrics_object;
extern const struct object status_object;
extern const struct object save_object;
extern const struct object restore_object;
extern const struct object confirm_object;
extern const struct object rollback_object;
extern const struct object diff_object;
extern const struct object monitor_object;
extern const struct object flush_object;

int command_options(struct control *control, struct words *words);
int command_parse_change(struct change *change, struct words *words, bool force);
int command_run(struct control *control, struct words *words);
void command_usage(FILE *stream);
int command_help(const char *name, bool shorten);

int control_connect(struct control *control);
int control_order(struct control *control, struct words *words, uint8_t command);
int control_ask(struct control *control, struct message *request, transport_reader reader,
		void *data);

#endif /* OP25BCTL_COMMAND_H */
