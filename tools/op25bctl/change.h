/* SPDX-License-Identifier: GPL-2.0 */
/* A change of the policy, between its words and its message. */
#ifndef OP25BCTL_CHANGE_H
#define OP25BCTL_CHANGE_H

#include "address.h"
#include "keywords.h"
#include "message.h"
#include "names.h"
#include "words.h"

/**
 * struct change_prefix - a prefix of a change
 * @prefix: the prefix
 * @line: its line on standard input, or 0
 */
struct change_prefix {
	struct prefix prefix;
	uint32_t line;
};

/**
 * struct change - one change of the policy
 * @command: OP25B_CMD_…
 * @force: adding what is there and deleting what is not succeeds
 * @restore: it may only happen within a restore of the socket's
 * @pool: the pool's name, or none
 * @mode: the pool's mode, or -1 if not given
 * @action: its action, or -1
 * @guard: its guards, or -1
 * @exempt: what exempts have besides their prefix; the comment is in the words
 * @listed: without prefixes, there is nothing to do
 * @prefixes: the prefixes; ours
 * @count: how many there are
 * @size: room in @prefixes
 *
 * A change is used again for the next command.
 */
struct change {
	uint8_t command;
	bool force;
	bool restore;
	struct name pool;
	int mode;
	int action;
	int guard;
	struct exempt_options exempt;
	bool listed;
	struct change_prefix *prefixes;
	size_t count;
	size_t size;
};

void change_begin(struct change *change, uint8_t command);
bool change_is_empty(const struct change *change);
void change_free(struct change *change);

bool change_read_plain(struct change *change, const char *text, size_t length);
int pool_name_parse(struct name *name, struct words *words);
int change_take_keyword(int *number, const char *what, const struct keywords *keywords,
			struct words *words);
int change_take_prefixes(struct change *change, struct words *words);
int change_take_pool_prefixes(struct change *change, struct words *words);

void change_begin_message(const struct change *change, struct message *message);
void change_encode(const struct change *change, struct message *message);

#endif /* OP25BCTL_CHANGE_H */
