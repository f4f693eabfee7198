/* SPDX-License-Identifier: GPL-2.0 */
/* A whole policy, read from the kernel. */
#ifndef OP25BCTL_POLICY_H
#define OP25BCTL_POLICY_H

#include <net/if.h>

#include "message.h"
#include "names.h"
#include "keywords.h"

enum policy_list { PREFIXES, EXEMPTS, RELAYS, TARGETS, LISTS };

/* The words and commands for each list. */
struct list_kind {
	const char *noun;	/* the object on the command line */
	uint8_t add;		/* OP25B_CMD_… */
	uint8_t get;
};

struct pool {
	bool present;		/* other policies may have a pool of this number */
	uint32_t mode;		/* enum op25b_mode, or a number that only a newer kernel knows */
	uint32_t action;	/* likewise */
	uint32_t guard;		/* likewise */
	uint32_t senders;	/* whether they are recorded: 0 or 1 */
	uint32_t subscriber;	/* bits of an IPv6 subscriber's prefix */
	int32_t log;		/* group of NFLOG that senders are logged to, or OP25B_LOG_OFF */
	char vrf[IF_NAMESIZE];	/* the VRF that it belongs to, or empty */
	uint32_t counts[LISTS];	/* the lengths of its lists, as the kernel reports them */
	bool sender_counted;	/* the kernel has counted senders */
	uint64_t sender_count;	/* about how many */
	uint64_t packets[CLASSES][VERDICTS];
};

struct entry {
	struct prefix prefix;
	uint32_t pool;		/* the number of its name, or NO_NAME */
	struct exempt_options options;	/* the entry owns the comment */
};

struct entries {
	struct entry *entry;
	size_t count;
	size_t size;		/* elements allocated */
};

struct policy {
	struct names *names;	/* of the pools; policies that are compared share them */
	struct pool *pools;	/* by the number of their name */
	size_t pool_count;
	size_t pool_size;	/* elements allocated */
	struct entries lists[LISTS];
	bool staged;		/* read what the socket's restore has staged, not what is in force */
	char unknown[128];	/* something in it that this command does not know, or empty */
};

#define COMMAND_TEXT_MAX	1024

extern const struct list_kind list_kinds[LISTS];

struct pool *policy_pool(struct policy *policy, uint32_t number);
struct entry *policy_add_entry(struct policy *policy, enum policy_list list);
void policy_free(struct policy *policy);

void policy_sort(struct policy *policy);
bool list_is_of_destinations(enum policy_list list);
int entry_compare(enum policy_list list, const struct policy *of_a, const struct entry *a,
		  const struct policy *of_b, const struct entry *b);

const char *pool_command(const struct policy *policy, uint32_t number, char text[COMMAND_TEXT_MAX]);
const char *entry_command(const struct policy *policy, enum policy_list list,
			  const struct entry *entry, char text[COMMAND_TEXT_MAX]);

#endif /* OP25BCTL_POLICY_H */
