/* SPDX-License-Identifier: GPL-2.0 */
/* The whole command in one process, with a fake kernel. */
#ifndef TEST_CMD_H
#define TEST_CMD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <cmocka.h>

#include "message.h"

/**
 * struct kernel - the settings and the state of the fake kernel
 * @open_code: the errno of transport_open(), or 0
 * @open_limit: the number of sockets that can be opened, or 0: any number
 * @opened: the number of sockets that were opened
 * @log: the requests, one per line
 * @largest: the size of the largest request
 * @prefixes: the number of prefixes in all requests
 * @interrupted: a change interrupts dumps, as in a module older than the command
 * @inner: of a prefix that is refused, this attribute is at fault; 0: the whole prefix
 * @absent: a refusal is due to the module, which was removed
 * @listen_code: what transport_listen() returns
 * @only_senders: only for the events of senders
 * @hear_codes: what transport_hear() returns after the events, up to one that is 0: then SIGINT comes
 * @heard: how many of these it has returned
 * @sockets: the number of open sockets
 * @outdated: another module is installed than the loaded one
 */
struct kernel {
	int open_code;
	int open_limit;
	int opened;
	char log[16384];
	size_t largest;
	size_t prefixes;
	bool interrupted;
	uint16_t inner;
	bool absent;
	int listen_code;
	bool only_senders;
	int hear_codes[4];
	unsigned int heard;
	int sockets;
	bool outdated;
};

extern struct kernel kernel;

/* Called instead of the command's fsync(), if it is set. */
extern int (*instead_of_fsync)(int fd);

/* How many times faster than the real one the command's clock is, by which it waits for files, too. */
extern int clock_speed;

/**
 * struct allocations - those of the command, jansson's included
 * @count: how many there were
 * @failing: the number of the one that fails, from 1; 0: none does
 */
extern struct allocations {
	unsigned int count;
	unsigned int failing;
} allocations;

void kernel_reset(void);
void kernel_refuse(uint8_t command, const char *value, int code, const char *text);
struct message *kernel_answer(uint8_t command);

/**
 * struct run - the result of the last run of the command
 * @code: its exit code
 * @out: its standard output
 * @err: its standard error
 */
struct run {
	int code;
	char *out;
	char *err;
};

extern struct run run;

void op25bctl(const char *line);
void op25bctl_on_terminal(const char *line);
void op25bctl_with(const char *line, const char *input);
void op25bctl_on(const char *line, int in, int out, int err);
char *without_times(const char *prefix);
void write_file(const char *name, const char *text);
void expect_answer(int line, const char *error);

int test_cmd_setup(void **state);
int test_cmd_teardown(void **state);

/* Each test starts with an empty kernel, in a directory of its own. */
#define TEST(function)	\
	cmocka_unit_test_setup_teardown(function, test_cmd_setup, test_cmd_teardown)

#endif /* TEST_CMD_H */
