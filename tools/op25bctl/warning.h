/* SPDX-License-Identifier: GPL-2.0 */
/* Warnings of exempts and relays that are probably mistakes. */
#ifndef OP25BCTL_WARNING_H
#define OP25BCTL_WARNING_H

#include <net/if.h>

#include "change.h"
#include "transport.h"

/**
 * struct concern - an exempt or relay that may deserve a warning
 * @prefix: its prefix
 * @pool: the pool of an exempt
 * @held_by: the most specific prefix that holds it, for an exempt of another pool; without a
 *	     family: none
 * @holder: the pool of @held_by
 * @settled: there is nothing to warn of
 */
struct concern {
	struct prefix prefix;
	struct name pool;
	struct prefix held_by;
	struct name holder;
	bool settled;
};

/**
 * struct gap - where there are no items, by the first 64 bits of addresses
 * @family: of the addresses; 0: there is no gap
 * @above: the last item before the gap
 * @below: the first item after it
 */
struct gap {
	uint8_t family;
	uint64_t above;
	uint64_t below;
};

/**
 * struct concerns - exempts or relays
 * @item: sorted by prefix, once all are collected; freed by warnings_free()
 * @count: the number of items
 * @size: the number of elements allocated
 * @gap: the gap in which the last search ended: most prefixes hold nothing
 */
struct concerns {
	struct concern *item;
	size_t count;
	size_t size;
	struct gap gap;
};

/* A pool that belongs to a VRF */
struct member {
	struct name pool;
	char vrf[IF_NAMESIZE];
};

/**
 * struct members - the pools that belong to VRFs
 * @item: sorted by name, once all are collected; freed by warnings_free()
 * @count: the number of items
 * @size: the number of elements allocated
 */
struct members {
	struct member *item;
	size_t count;
	size_t size;
};

/**
 * struct warnings - what may have to be warned of
 * @exempts: exempts: one that lies in no prefix of its pool opens nothing
 * @relays: relays: one within a pool cannot send mail itself, unless it is exempt
 * @members: the pools that belong to VRFs
 * @unsure: it takes a dump of the prefixes to know
 * @ask: the kernel has to be asked about the relays
 * @request: a message for all questions, allocated before the change
 *
 * All zeros are no warnings. If memory runs out or the kernel does not answer, fewer are given.
 */
struct warnings {
	struct concerns exempts;
	struct concerns relays;
	struct members members;
	bool unsure;
	bool ask;
	struct message request;
};

void warnings_before(struct warnings *warnings, struct transport *transport,
		     const struct change *change);
void warnings_after(struct warnings *warnings, struct transport *transport,
		    const struct change *change);
void warnings_staged(struct warnings *warnings, struct transport *transport,
		     const struct message *messages, size_t count, bool dry_run);
void warnings_restored(struct warnings *warnings, struct transport *transport);
void warnings_free(struct warnings *warnings);

#endif /* OP25BCTL_WARNING_H */
