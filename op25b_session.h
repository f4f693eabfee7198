/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sessions: customers for whom a BRAS has opened port 25
 */
#ifndef _OP25B_SESSION_H
#define _OP25B_SESSION_H

#include <linux/hrtimer.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/op25b.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/string.h>
#include <linux/timerqueue.h>
#include <linux/workqueue.h>

#include "core/lpm.h"
#include "op25b_policy.h"

struct mem_cgroup;
struct op25b_table;

/**
 * struct op25b_session_map - the sessions by what packets have: immutable once it is published
 * @prefix: those that belong to no VRF, by their prefixes
 * @vrfs: those that belong to one, by their prefixes; NULL if there are none
 * @device: by the indexes of their devices, which are the first 32 bits of the keys
 *
 * The values are pointers to struct op25b_session.
 */
struct op25b_session_map {
	struct op25b_lpm prefix[OP25B_FAMILIES];
	struct op25b_domains *vrfs;
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
 * @refs: one for being in force, one for each reader
 * @vrf: the VRF that its prefixes belong to, with a reference until the session has ended; NULL if
 *	 to none
 * @ifindex: the index of its device; 0 if it has prefixes instead
 * @prefixes: how many it has
 * @comment_offset: where its comment begins. Behind the last prefix are three strings: its id, its
 *		    comment at this offset from the id, and the name of its VRF, which is empty
 *		    if it has none
 * @has_timeout: it expires, and is the @session of a struct op25b_session_timed
 * @ended: its device is gone, but memory was short: it counts for nothing any more
 * @fresh: made by the change under way
 * @leaves: the change under way ends it or puts another one in its place; under the lock
 * @prefix: its prefixes, in order
 */
struct op25b_session {
	struct rb_node node;
	struct op25b_session *next;
	struct op25b_vrf *vrf;
	refcount_t refs;
	int ifindex;
	u16 prefixes;
	u16 comment_offset;
	bool has_timeout;
	bool ended;
	bool fresh : 1;
	bool leaves : 1;
	struct op25b_prefix prefix[];
};

/**
 * struct op25b_session_timed - a session that expires
 * @expiry: in the queue; under the lock. Its key is the time in ns, as ktime_get_boottime() counts
 *	    it, and is not written to
 * @session: the session
 */
struct op25b_session_timed {
	struct timerqueue_node expiry;
	struct op25b_session session;
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

/**
 * op25b_session_map() - the map in force
 * @sessions: the sessions, locked, so that no other map can take its place
 *
 * Return: the map, or NULL.
 */
static inline const struct op25b_session_map *op25b_session_map(struct op25b_sessions *sessions)
	__must_hold(&sessions->lock)
	__context_unsafe(/* the lock keeps the map as RCU does */)
{
	return rcu_dereference_protected(sessions->map, lockdep_is_held(&sessions->lock));
}

/* The session that a value of the map stands for */
static inline struct op25b_session *op25b_session_of(unsigned long value)
{
	return (struct op25b_session *)value;
}

#define OP25B_SESSION_DEVICE_BITS	32

/* The key of a device in the map, of that many bits */
static inline struct op25b_key op25b_session_device_key(int ifindex)
{
	return (struct op25b_key){ .hi = (u64)(u32)ifindex << 32 };
}

/**
 * op25b_session_timed() - get what a session has besides because it expires
 * @session: the session, which has a timeout
 *
 * Return: what it is a part of.
 */
static inline struct op25b_session_timed *op25b_session_timed(const struct op25b_session *session)
{
	/* not const, because the queue links it */
	return container_of((struct op25b_session *)session, struct op25b_session_timed, session);
}

/**
 * op25b_session_is_live() - whether a session counts
 * @session: the session
 *
 * Whoever finds a session asks this. Its end may come later.
 *
 * Return: true unless it has expired or lost its device.
 */
static inline bool op25b_session_is_live(const struct op25b_session *session)
{
	if (READ_ONCE(session->ended))
		return false;
	return !session->has_timeout ||
	       op25b_session_timed(session)->expiry.expires > ktime_get_coarse_boottime();
}

static inline const char *op25b_session_id(const struct op25b_session *session)
{
	return (const char *)&session->prefix[session->prefixes];
}

static inline const char *op25b_session_comment(const struct op25b_session *session)
{
	return op25b_session_id(session) + session->comment_offset;
}

static inline const char *op25b_session_vrf(const struct op25b_session *session)
{
	return op25b_session_comment(session) + strlen(op25b_session_comment(session)) + 1;
}

void op25b_session_init(struct op25b_sessions *sessions);
void op25b_session_close(struct op25b_sessions *sessions);
void op25b_session_exit(struct op25b_table *table);

/* packets */
const struct op25b_session *op25b_session_of_address(const struct op25b_session_map *map,
						     const struct op25b_domain *domain,
						     enum op25b_family family,
						     struct op25b_key key);
const struct op25b_session *op25b_session_of_device(const struct op25b_session_map *map,
						    int ifindex);

/* for op25b_session_change.c and op25b_session_end.c */
struct op25b_session *op25b_session_find(struct rb_root *ids, const char *id);
void op25b_session_insert(struct rb_root *ids, struct op25b_session *session);
void op25b_session_put(struct op25b_session *session);
void op25b_session_schedule(struct op25b_sessions *sessions, bool failed)
	__must_hold(&sessions->lock);

/* readers */
struct op25b_session_list *op25b_session_list_get(struct op25b_table *table, const char *id);
void op25b_session_list_put(struct op25b_session_list *list);

#endif /* _OP25B_SESSION_H */
