/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sessions: customers for whom a BRAS has opened port 25
 */
#ifndef _OP25B_SESSION_H
#define _OP25B_SESSION_H

#include <linux/hrtimer.h>
#include <linux/jump_label.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/op25b.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/timerqueue.h>
#include <linux/workqueue.h>

#include "core/lpm.h"
#include "op25b_policy.h"

struct mem_cgroup;
struct op25b_table;

/**
 * struct op25b_session_map - the sessions by what packets have: immutable once it is published
 * @prefix: by their prefixes
 * @device: by the indexes of their devices, which are the first 32 bits of the keys
 *
 * The values are pointers to struct op25b_session.
 */
struct op25b_session_map {
	struct op25b_lpm prefix[OP25B_FAMILIES];
	struct op25b_lpm device;
};

/**
 * struct op25b_sessions - the sessions of one namespace
 * @map: those that are in force; NULL if there are none
 * @lock: held while anything below is read or written, and while @map is replaced
 * @count: how many there are; read without @lock, too
 * @ids: the sessions by their ids
 * @expiries: those with a timeout, the next to expire first
 * @orphans: how many have lost their device, but are still there because memory was short
 * @expiry_timer: queues @expire when the next one expires
 * @expire: the work that ends sessions that have expired or whose device is gone, see
 *	    op25b_session_end.c
 * @memcg: the memory control group of the process whose change was the last to add one; @expire
 *	   charges its copies to it. NULL if there are none
 * @closed: the last map of a namespace that goes away
 */
struct op25b_sessions {
	struct op25b_session_map __rcu *map __guarded_by(RCU);
	struct mutex lock;
	u32 count;
	struct rb_root ids __guarded_by(&lock);
	struct timerqueue_head expiries __guarded_by(&lock);
	u32 orphans __guarded_by(&lock);
	struct hrtimer expiry_timer;
	struct work_struct expire;
	struct mem_cgroup *memcg __guarded_by(&lock);
	struct op25b_session_map *closed;
};

/**
 * struct op25b_session - a session: immutable once it is in force, but for what is said below
 * @node: its place in op25b_sessions.ids or op25b_session_change.ids; under the lock
 * @next: the next one in a list of a change; under the lock
 * @expiry: in the queue if it has a timeout; under the lock. Its key is the time in ns, as
 *	    ktime_get_boottime() counts it, and is not written to
 * @refs: one for being in force, one for each reader
 * @ifindex: the index of its device; 0 if it has prefixes instead
 * @prefixes: how many it has
 * @comment: where in @prefix its comment begins: a string, as the id behind the last prefix is
 * @has_timeout: it expires
 * @fresh: made by the change under way
 * @leaves: the change under way ends it or puts another one in its place; under the lock
 * @ended: its device is gone, but memory was short: it counts for nothing any more
 * @prefix: its prefixes, in order
 */
struct op25b_session {
	struct rb_node node;
	struct op25b_session *next;
	struct timerqueue_node expiry;
	refcount_t refs;
	int ifindex;
	u16 prefixes;
	u16 comment;
	bool has_timeout : 1;
	bool fresh : 1;
	bool leaves : 1;
	bool ended;
	struct op25b_prefix prefix[];
};

/**
 * struct op25b_session_request - what a session is to be
 * @id: its id
 * @prefix: its prefixes
 * @prefixes: how many
 * @ifindex: the index of its device; 0 if it has prefixes instead
 * @timeout: it ends after so many seconds; 0 if it does not
 * @comment: its comment, empty if it has none
 */
struct op25b_session_request {
	const char *id;
	struct op25b_prefix *prefix;
	unsigned int prefixes;
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

/**
 * struct op25b_session_list - sessions as they were at one moment
 * @count: how many
 * @session: the sessions, in the order of their ids, each with a reference
 */
struct op25b_session_list {
	size_t count;
	struct op25b_session *session[];
};

DECLARE_STATIC_KEY_FALSE(op25b_session_key);

/**
 * op25b_session_any() - whether any namespace has sessions
 *
 * Return: true if one has. While none has, this costs packets nothing but an instruction that does
 * nothing.
 */
static __always_inline bool op25b_session_any(void)
{
	return static_branch_unlikely(&op25b_session_key);
}

static inline const char *op25b_session_id(const struct op25b_session *session)
{
	return (const char *)&session->prefix[session->prefixes];
}

static inline const char *op25b_session_comment(const struct op25b_session *session)
{
	return op25b_session_id(session) + session->comment;
}

void op25b_session_init(struct op25b_sessions *sessions);
void op25b_session_close(struct op25b_sessions *sessions);
void op25b_session_exit(struct op25b_sessions *sessions);

/* packets */
const struct op25b_session *op25b_session_of_address(const struct op25b_session_map *map,
						     enum op25b_family family,
						     struct op25b_key key);
const struct op25b_session *op25b_session_of_device(const struct op25b_session_map *map,
						    int ifindex);

/* changes */
struct op25b_session_change;

struct op25b_session_change *op25b_session_change_begin(struct op25b_table *table, bool empty);
int op25b_session_add(struct op25b_session_change *change,
		      const struct op25b_session_request *request, bool force,
		      struct op25b_session_collision *collision, struct netlink_ext_ack *extack);
int op25b_session_del(struct op25b_session_change *change, const char *id, bool force,
		      struct netlink_ext_ack *extack);
int op25b_session_sync(struct op25b_session_change *change,
		       const struct op25b_session_request *request, bool force,
		       struct op25b_session_collision *collision, struct netlink_ext_ack *extack);
int op25b_session_sync_end(struct op25b_session_change *change,
			   struct op25b_session_counts *counts);
void op25b_session_change_commit(struct op25b_session_change *change, enum op25b_event kind);
void op25b_session_change_abort(struct op25b_session_change *change);

/* ends */
int op25b_session_end_device(struct op25b_table *table, int ifindex);
int op25b_session_end_due(struct op25b_table *table);

/* readers */
struct op25b_session_list *op25b_session_list_get(struct op25b_table *table, const char *id);
void op25b_session_list_put(struct op25b_session_list *list);

#endif /* _OP25B_SESSION_H */
