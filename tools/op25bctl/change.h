/* SPDX-License-Identifier: GPL-2.0 */
/* A command that changes the policy: parsed from words, encoded as a netlink message. */
#ifndef OP25BCTL_CHANGE_H
#define OP25BCTL_CHANGE_H

#include "address.h"
#include "keywords.h"
#include "message.h"
#include "names.h"
#include "words.h"

struct change_prefix {
	struct prefix prefix;
	uint32_t line;		/* of standard input, or 0 */
};

#define LOG_NOT_GIVEN	(OP25B_LOG_OFF - 1)

/**
 * struct change - a command that changes the policy, parsed
 * @command: OP25B_CMD_…
 * @force: OP25B_A_FORCE: adding what exists and deleting what does not succeed
 * @restore: OP25B_A_RESTORE: the kernel refuses it unless the socket has a restore under way
 * @pool: the pool's name, or all zeros
 * @mode: the pool's mode, or -1 if not given
 * @action: its action, or -1
 * @guard: its guards, or -1
 * @senders: whether its senders are recorded, 0 or 1, or -1
 * @subscriber: the length of its IPv6 subscribers' prefixes in bits, or -1
 * @log: the group of NFLOG that its senders are logged to, OP25B_LOG_OFF, or LOG_NOT_GIVEN
 * @vrf: the name of the VRF of a pool or session, or NULL; belongs to the words parsed
 * @exempt: the options of all exempts in @prefixes, or of a session; the comment belongs to the words
 *	    parsed
 * @commented: a comment was given, perhaps an empty one
 * @listed: the command is about @prefixes only: if there are none, there is nothing to do
 * @prefixes: allocated; freed by change_free()
 * @count: the number of prefixes
 * @size: the number of elements allocated
 *
 * A change can be reused for the next command, which saves allocations.
 */
struct change {
	uint8_t command;
	bool force;
	bool restore;
	struct name pool;
	int mode;
	int action;
	int guard;
	int senders;
	int subscriber;
	int log;
	const char *vrf;
	struct exempt_options exempt;
	bool commented;
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
int device_take(const char **device, const char *what, struct words *words);
int prefix_take(struct prefix *prefix, struct words *words);
int change_take_prefixes(struct change *change, struct words *words);
bool change_is_option(const char *word);
int change_take_option(struct change *change, const char *option, struct words *words);
int change_take_pool_prefixes(struct change *change, struct words *words);

void change_begin_message(const struct change *change, struct message *message);
void change_encode(const struct change *change, struct message *message);

#endif /* OP25BCTL_CHANGE_H */
