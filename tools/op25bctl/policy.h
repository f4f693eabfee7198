/* SPDX-License-Identifier: GPL-2.0 */
/* A whole policy, read from the kernel. */
#ifndef OP25BCTL_POLICY_H
#define OP25BCTL_POLICY_H

#include "message.h"
#include "names.h"
#include "keywords.h"

/* The lists that a policy has besides its pools. */
enum policy_list { PREFIXES, EXEMPTS, RELAYS, LISTS };

/**
 * struct list_kind - what is to be known about a list
 * @noun: the object of its commands
 * @add: the command that adds to it
 * @get: the command that reads it
 */
struct list_kind {
	const char *noun;
	uint8_t add;
	uint8_t get;
};

/**
 * struct pool - a pool
 * @present: it exists
 * @mode: enum op25b_mode
 * @action: enum op25b_action
 * @guard: flags of enum op25b_guard
 * @counts: how many entries it has in each list, as the kernel says
 * @packets: its counters by class and verdict
 */
struct pool {
	bool present;
	uint32_t mode;
	uint32_t action;
	uint32_t guard;
	uint32_t counts[LISTS];
	uint64_t packets[CLASSES][VERDICTS];
};

/**
 * struct entry - an entry of a list
 * @prefix: its prefix
 * @pool: the number of its pool, NO_NAME for a relay of every pool
 * @options: what an exempt has besides; the comment is ours
 */
struct entry {
	struct prefix prefix;
	uint32_t pool;
	struct exempt_options options;
};

/**
 * struct entries - a list
 * @entry: the entries
 * @count: how many there are
 * @size: room in @entry
 */
struct entries {
	struct entry *entry;
	size_t count;
	size_t size;
};

/**
 * struct policy - a policy
 * @names: the names of its pools; policies that are compared share them
 * @pools: the pools, by the number of their name
 * @pool_count: how many numbers @pools covers
 * @pool_size: room in @pools
 * @lists: prefixes, exempts and relays
 * @staged: it is what the socket's restore has staged, not the policy in force
 */
struct policy {
	struct names *names;
	struct pool *pools;
	size_t pool_count;
	size_t pool_size;
	struct entries lists[LISTS];
	bool staged;
};

#define COMMAND_TEXT_MAX	1024

extern const struct list_kind list_kinds[LISTS];

struct pool *policy_pool(struct policy *policy, uint32_t number);
struct entry *policy_add_entry(struct policy *policy, enum policy_list list);
void policy_clear_list(struct policy *policy, enum policy_list list);
void policy_free(struct policy *policy);

void policy_sort(struct policy *policy);
int entry_compare(const struct entry *a, const struct entry *b);

const char *pool_command(const struct policy *policy, uint32_t number, char text[COMMAND_TEXT_MAX]);
const char *entry_command(const struct policy *policy, enum policy_list list,
			  const struct entry *entry, char text[COMMAND_TEXT_MAX]);

#endif /* OP25BCTL_POLICY_H */
