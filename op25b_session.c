// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions: customers for whom a BRAS has opened port 25
 *
 * They are no part of the policy: a restore leaves them alone, and a change of one session copies
 * nothing of the policy. Packets reach them through one pointer, op25b_sessions.map, under RCU.
 * op25b_session_change.c changes them, and op25b_session_end.c ends those whose time or device is
 * gone.
 */
#include <linux/errno.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "core/memory.h"
#include "core/pause.h"
#include "op25b_extra.h"
#include "op25b_session.h"
#include "op25b_table.h"
#include "op25b_vrf.h"

/* When to try again if memory is short, in seconds */
#define RETRY_SECONDS	1

/* --- packets --- */

/* The tables of prefixes for packets that are judged in a domain; NULL if they are empty */
static const struct op25b_lpm *domain_prefixes(const struct op25b_session_map *map,
					       const struct op25b_domain *domain)
{
	if (!domain)
		return map->prefix;
	domain = op25b_domain_find(map->vrfs, domain->vrf);
	return domain ? domain->entry : NULL;
}

static struct op25b_lpm_match lookup_prefix(const struct op25b_lpm *prefix,
					    enum op25b_family family, struct op25b_key key)
{
	if (family == OP25B_IPV4)
		return op25b_lpm_lookup_ipv4(prefix[OP25B_IPV4], key);
	return op25b_lpm_lookup_ipv6(prefix[OP25B_IPV6], key);
}

/**
 * op25b_session_of_address() - find a session that has an address
 * @map: the map, read under RCU; NULL is none
 * @domain: the domain of the policy that the packet is judged in, see op25b_judge_domain()
 * @family: of the address
 * @key: the address
 *
 * Return: the session with the most specific prefix that holds it, as long-lived as the RCU read
 * lock, or NULL.
 */
const struct op25b_session *op25b_session_of_address(const struct op25b_session_map *map,
						     const struct op25b_domain *domain,
						     enum op25b_family family,
						     struct op25b_key key)
{
	const struct op25b_lpm *prefix = map ? domain_prefixes(map, domain) : NULL;
	struct op25b_lpm_match match = { 0 };

	if (prefix)
		match = lookup_prefix(prefix, family, key);
	while (match.value && !op25b_session_is_live(op25b_session_of(match.value)))
		match = op25b_lpm_lookup_shorter(prefix[family], key, match.len);
	return op25b_session_of(match.value);
}

/**
 * op25b_session_of_device() - find the session that has a device
 * @map: the map, read under RCU; NULL is none
 * @ifindex: the index of the device; 0 is none
 *
 * Return: the session, as long-lived as the RCU read lock, or NULL.
 */
const struct op25b_session *op25b_session_of_device(const struct op25b_session_map *map,
						    int ifindex)
{
	struct op25b_session *session;
	struct op25b_lpm_match match;

	if (!map || !ifindex)
		return NULL;
	match = op25b_lpm_lookup_ipv4(map->device, op25b_session_device_key(ifindex));
	session = op25b_session_of(match.value);
	return session && op25b_session_is_live(session) ? session : NULL;
}

/* --- by id --- */

/* Find the session of an id. NULL if there is none; @link is then where it would be. */
static struct op25b_session *find_in(struct rb_root *ids, const char *id, struct rb_node **parent,
				     struct rb_node ***link)
{
	struct op25b_session *session;
	int order;

	*parent = NULL;
	*link = &ids->rb_node;
	while (**link) {
		*parent = **link;
		session = rb_entry(*parent, struct op25b_session, node);
		order = strcmp(id, op25b_session_id(session));
		if (!order)
			return session;
		*link = order < 0 ? &(*parent)->rb_left : &(*parent)->rb_right;
	}
	return NULL;
}

/**
 * op25b_session_find() - find the session of an id
 * @ids: where to
 * @id: the id
 *
 * Return: the session, or NULL.
 */
struct op25b_session *op25b_session_find(struct rb_root *ids, const char *id)
{
	struct rb_node *parent, **link;

	return find_in(ids, id, &parent, &link);
}

/**
 * op25b_session_insert() - add a session to those that are found by their ids
 * @ids: where to; none of them has its id
 * @session: the session
 */
void op25b_session_insert(struct rb_root *ids, struct op25b_session *session)
{
	struct rb_node *parent, **link;

	find_in(ids, op25b_session_id(session), &parent, &link);
	rb_link_node(&session->node, parent, link);
	rb_insert_color(&session->node, ids);
}

/**
 * op25b_session_put() - drop a reference to a session
 * @session: the session, which has ended, and which no packet can see any more if this is the last
 *	     one
 */
void op25b_session_put(struct op25b_session *session)
{
	if (!refcount_dec_and_test(&session->refs))
		return;
	if (session->has_timeout)
		kvfree(op25b_session_timed(session));
	else
		kvfree(session);
}

/**
 * op25b_session_schedule() - set the timer of the work that ends sessions
 * @sessions: the sessions, locked
 * @failed: memory was short: the work is to try again soon what was due
 *
 * The work also has to try again as long as there are orphans.
 */
void op25b_session_schedule(struct op25b_sessions *sessions, bool failed)
{
	struct timerqueue_node *next = timerqueue_getnext(&sessions->expiries);
	ktime_t at = ktime_add(ktime_get_boottime(), ktime_set(RETRY_SECONDS, 0));

	if (next && !failed && (!sessions->orphans || ktime_after(at, next->expires)))
		at = next->expires;
	if (next || sessions->orphans)
		hrtimer_start(&sessions->expiry_timer, at, HRTIMER_MODE_ABS);
}

/* --- readers --- */

static void list_add_live(struct op25b_session_list *list, struct op25b_session *session)
{
	if (!session || !op25b_session_is_live(session))
		return;
	refcount_inc(&session->refs);
	list->session[list->count++] = session;
}

/**
 * op25b_session_list_get() - get sessions as they are now
 * @table: the table, not locked
 * @id: the id of the only session to get; NULL for all
 *
 * Return: the list, for op25b_session_list_put(), or an error pointer: -ENOENT, -ENOMEM.
 */
struct op25b_session_list *op25b_session_list_get(struct op25b_table *table, const char *id)
{
	struct op25b_sessions *sessions = &table->sessions;
	struct op25b_session_list *list;
	struct rb_node *node;

	mutex_lock(&sessions->lock);
	list = kvzalloc(struct_size(list, session, id ? 1 : sessions->count), OP25B_GFP);
	if (!list)
		goto out;
	if (id)
		list_add_live(list, op25b_session_find(&sessions->ids, id));
	for (node = id ? NULL : rb_first(&sessions->ids); node; node = rb_next(node))
		list_add_live(list, rb_entry(node, struct op25b_session, node));
out:
	mutex_unlock(&sessions->lock);
	if (!list)
		return ERR_PTR(-ENOMEM);
	if (!id || list->count)
		return list;
	kvfree(list);
	return ERR_PTR(-ENOENT);
}

/**
 * op25b_session_list_put() - drop a list of sessions
 * @list: the list, which is gone afterwards
 */
void op25b_session_list_put(struct op25b_session_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		op25b_session_put(list->session[i]);
		op25b_pause();
	}
	kvfree(list);
}

/* --- init and exit --- */

/**
 * op25b_session_init() - initialize the sessions of a namespace
 * @sessions: the sessions; op25b_session_end_init() does the rest
 */
void op25b_session_init(struct op25b_sessions *sessions)
	__context_unsafe(/* nobody else has them yet */)
{
	mutex_init(&sessions->lock);
	sessions->ids = RB_ROOT;
	timerqueue_init_head(&sessions->expiries);
}

/**
 * op25b_session_close() - end all sessions of a namespace that goes away
 * @sessions: the sessions, which no command changes any more; devices may still go away
 */
void op25b_session_close(struct op25b_sessions *sessions)
{
	mutex_lock(&sessions->lock);
	/* not const, because op25b_session_exit() frees it */
	sessions->closed = (struct op25b_session_map *)op25b_session_map(sessions);
	RCU_INIT_POINTER(sessions->map, NULL);
	timerqueue_init_head(&sessions->expiries);
	mem_cgroup_put(sessions->memcg);
	sessions->memcg = NULL;
	mutex_unlock(&sessions->lock);
	if (sessions->closed)
		op25b_extra_dec();
}

/**
 * op25b_session_exit() - free the sessions of a namespace
 * @table: its table, whose sessions were closed a grace period ago
 */
void op25b_session_exit(struct op25b_table *table)
	__context_unsafe(/* nothing finds them any more */)
{
	struct op25b_sessions *sessions = &table->sessions;
	struct op25b_session *session;
	struct rb_node *node;

	if (sessions->closed) {
		op25b_lpm_free(sessions->closed->prefix[OP25B_IPV4]);
		op25b_lpm_free(sessions->closed->prefix[OP25B_IPV6]);
		op25b_domain_free(sessions->closed->vrfs);
		op25b_lpm_free(sessions->closed->device);
		kfree(sessions->closed);
	}
	while ((node = rb_first(&sessions->ids))) {
		session = rb_entry(node, struct op25b_session, node);
		rb_erase(node, &sessions->ids);
		op25b_vrf_put(table, session->vrf);
		op25b_session_put(session);
		op25b_pause();
	}
}
