/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A change of the sessions: begin, steps, commit, abort
 */
#ifndef _OP25B_SESSION_CHANGE_H
#define _OP25B_SESSION_CHANGE_H

#include <linux/netlink.h>
#include <linux/op25b.h>
#include <linux/rbtree.h>
#include <linux/workqueue.h>

#include "core/garbage.h"
#include "op25b_session.h"
#include "op25b_table.h"

/**
 * struct op25b_session_change - a change of the sessions of a namespace
 * @table: its table
 * @map: the new map
 * @base: the map that @map was copied from; NULL if there were no sessions
 * @garbage: the parts of @base that @map does not share any more
 * @ids: the sessions that are new, by their ids
 * @gone: those in force that the change ends or replaces
 * @unused: those that were new and do not come into force
 * @loser: after -EEXIST: the session that cannot have ...
 * @wanted: ... this prefix, or its device if this is NULL, because ...
 * @owner: ... this session has it
 * @work: frees what is not in force any more, after a grace period
 */
struct op25b_session_change {
	struct op25b_table *table;
	struct op25b_session_map *map;
	const struct op25b_session_map *base;
	struct op25b_garbage garbage;
	struct rb_root ids;
	struct op25b_session *gone;
	struct op25b_session *unused;
	const struct op25b_session *loser;
	const struct op25b_prefix *wanted;
	const struct op25b_session *owner;
	struct rcu_work work;
};

/**
 * struct op25b_session_request - what a session is to be
 * @id: its id
 * @prefix: its prefixes
 * @prefixes: how many
 * @vrf: the name of the VRF that they belong to, NULL if to none
 * @ifindex: the index of its device; 0 if it has prefixes instead
 * @timeout: it ends after so many seconds; 0 if it does not
 * @comment: its comment, empty if it has none
 */
struct op25b_session_request {
	const char *id;
	struct op25b_prefix *prefix;
	unsigned int prefixes;
	const char *vrf;
	int ifindex;
	u32 timeout;
	const char *comment;
};

/**
 * struct op25b_session_collision - why sessions cannot be there side by side
 * @id: the id of the session that cannot have what another one has; NULL if there is no collision
 * @prefix: the prefix that another one has
 * @ifindex: the index of its device, if it is that
 */
struct op25b_session_collision {
	const char *id;
	struct op25b_prefix prefix;
	int ifindex;
};

/**
 * struct op25b_session_counts - what a synchronisation has done
 * @added: how many sessions are new
 * @changed: are others, of the same id
 * @deleted: are gone
 * @kept: are the same
 */
struct op25b_session_counts {
	u32 added;
	u32 changed;
	u32 deleted;
	u32 kept;
};

struct op25b_session_change *op25b_session_change_begin(struct op25b_table *table, bool empty);
int op25b_session_add(struct op25b_session_change *change,
		      const struct op25b_session_request *request, bool force,
		      struct op25b_session_collision *collision, struct netlink_ext_ack *extack);
int op25b_session_del(struct op25b_session_change *change, const char *id, bool force,
		      struct netlink_ext_ack *extack);
int op25b_session_sync_add(struct op25b_session_change *change,
			   const struct op25b_session_request *request, bool force,
			   struct op25b_session_collision *collision,
			   struct netlink_ext_ack *extack);
int op25b_session_sync_end(struct op25b_session_change *change,
			   struct op25b_session_counts *counts);
void op25b_session_change_commit(struct op25b_session_change *change, enum op25b_event kind);
void op25b_session_change_abort(struct op25b_session_change *change);
int op25b_session_leave(struct op25b_session_change *change, struct op25b_session *session);

#endif /* _OP25B_SESSION_CHANGE_H */
