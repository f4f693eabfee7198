// SPDX-License-Identifier: GPL-2.0
/*
 * A change of the sessions: begin, steps, commit, abort
 *
 * A change makes another map, which shares with the one before all that it has not touched
 * (core/lpm.c). It has a session leave the map, or enter it, as a whole: a session is never written
 * to, but replaced by another one. What may fail comes first; then the map is published, and the
 * tables that only changes read follow.
 *
 * The text of a refusal starts with its noun, so that a client can put the value behind it:
 * `prefix is in session "ppp0"` becomes `prefix 10.0.0.7/32 is in session "ppp0"`.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "core/memory.h"
#include "core/pause.h"
#include "op25b_extra.h"
#include "op25b_session_change.h"
#include "op25b_session_event.h"
#include "op25b_vrf.h"
#include "op25b_workqueue.h"

/* After how many prefixes others may run */
#define RESCHED_PREFIXES 64

/* The session of an id, as the change has it until now, or NULL */
static struct op25b_session *find_changed(struct op25b_session_change *change, const char *id)
{
	struct op25b_session *session;

	lockdep_assert_held(&change->table->sessions.lock);
	session = op25b_session_find(&change->ids, id);
	if (session)
		return session;
	session = op25b_session_find(&change->table->sessions.ids, id);
	return session && !session->leaves ? session : NULL;
}

/* --- making a session --- */

static int compare_prefixes(const void *left, const void *right)
{
	const struct op25b_prefix *a = left, *b = right;
	int order;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	order = op25b_key_compare(a->key, b->key);
	return order ?: (int)a->len - (int)b->len;
}

/* Sort the prefixes of a request; those that are given twice are left out. */
static unsigned int sort_prefixes(struct op25b_prefix *prefix, unsigned int n)
{
	unsigned int i, kept = 0;

	sort(prefix, n, sizeof(*prefix), compare_prefixes, NULL);
	for (i = 0; i < n; i++)
		if (!kept || !op25b_prefix_equal(&prefix[kept - 1], &prefix[i]))
			prefix[kept++] = prefix[i];
	return kept;
}

/* Takes over a reference to @vrf, which may be NULL, unless it returns NULL. */
static struct op25b_session *session_alloc(const char *id, const struct op25b_prefix *prefix,
					   unsigned int prefixes, struct op25b_vrf *vrf,
					   const char *comment, bool has_timeout)
{
	size_t offset = has_timeout ? offsetof(struct op25b_session_timed, session) : 0;
	const char *vrf_name = vrf ? vrf->name : "";
	size_t id_size = strlen(id) + 1, comment_size = strlen(comment) + 1;
	size_t vrf_size = strlen(vrf_name) + 1;
	struct op25b_session *session;
	char *text;
	void *p;

	p = kvzalloc(offset + struct_size(session, prefix, prefixes) + id_size + comment_size +
		     vrf_size, OP25B_GFP);
	if (!p)
		return NULL;
	session = p + offset;
	refcount_set(&session->refs, 1);
	session->has_timeout = has_timeout;
	if (has_timeout)
		timerqueue_init(&op25b_session_timed(session)->expiry);
	session->fresh = true;
	session->vrf = vrf;
	session->prefixes = prefixes;
	if (prefixes)
		memcpy(session->prefix, prefix, prefixes * sizeof(*prefix));
	session->comment_offset = id_size;
	text = (char *)&session->prefix[prefixes];
	memcpy(text, id, id_size);
	memcpy(text + id_size, comment, comment_size);
	memcpy(text + id_size + comment_size, vrf_name, vrf_size);
	return session;
}

/* Returns an error pointer if it fails. */
static struct op25b_session *session_make(struct op25b_table *table,
					  const struct op25b_session_request *request)
{
	unsigned int prefixes = sort_prefixes(request->prefix, request->prefixes);
	struct op25b_session *session;
	struct op25b_vrf *vrf = NULL;

	if (request->vrf) {
		vrf = op25b_vrf_get(table, request->vrf);
		if (IS_ERR(vrf))
			return ERR_CAST(vrf);
	}
	session = session_alloc(request->id, request->prefix, prefixes, vrf, request->comment,
				request->timeout);
	if (!session) {
		op25b_vrf_put(table, vrf);
		return ERR_PTR(-ENOMEM);
	}
	session->ifindex = request->ifindex;
	if (session->has_timeout)
		op25b_session_timed(session)->expiry.expires =
			ktime_add(ktime_get_boottime(), ktime_set(request->timeout, 0));
	return session;
}

/* Drop a fresh session, which is in no table. */
static void session_release(struct op25b_table *table, struct op25b_session *session)
{
	op25b_vrf_put(table, session->vrf);
	op25b_session_put(session);
}

/* Whether they are the same but for the time that is left */
static bool is_same(const struct op25b_session *a, const struct op25b_session *b)
{
	unsigned int i;

	if (a->prefixes != b->prefixes || a->vrf != b->vrf || a->ifindex != b->ifindex ||
	    a->has_timeout != b->has_timeout ||
	    strcmp(op25b_session_comment(a), op25b_session_comment(b)))
		return false;
	for (i = 0; i < a->prefixes; i++)
		if (!op25b_prefix_equal(&a->prefix[i], &b->prefix[i]))
			return false;
	return true;
}

/* --- the steps of a change --- */

/* Free what is fresh of a map that was not published. */
static void map_discard(const struct op25b_session_map *map)
{
	op25b_lpm_discard(map->prefix[OP25B_IPV4]);
	op25b_lpm_discard(map->prefix[OP25B_IPV6]);
	op25b_domain_discard(map->vrfs);
	op25b_lpm_discard(map->device);
}

/* Get the tables for the prefixes of a session for writing; NULL when out of memory. */
static struct op25b_lpm *prefixes_cow(struct op25b_session_change *change,
				      const struct op25b_session *session)
{
	struct op25b_domain *domain;

	if (!session->vrf)
		return change->map->prefix;
	domain = op25b_domain_cow(&change->map->vrfs, &change->garbage, session->vrf);
	return domain ? domain->entry : NULL;
}

static int leave_prefixes(struct op25b_session_change *change,
			  const struct op25b_session *session)
{
	struct op25b_lpm *prefixes = prefixes_cow(change, session);
	const struct op25b_prefix *prefix;
	unsigned int i;
	int err = 0;

	if (!prefixes)
		return -ENOMEM;
	for (i = 0; i < session->prefixes && !err; i++) {
		if (i % RESCHED_PREFIXES == RESCHED_PREFIXES - 1)
			op25b_pause();
		prefix = &session->prefix[i];
		err = op25b_lpm_del(&prefixes[prefix->family], &change->garbage, prefix->key,
				    prefix->len);
	}
	if (!err && session->vrf)
		err = op25b_domain_leave(&change->map->vrfs, &change->garbage, session->vrf);
	return err;
}

/**
 * op25b_session_leave() - take a session out of the new map
 * @change: the change
 * @session: the session, in force or new, which the change still has
 *
 * Return: 0 or -ENOMEM.
 */
int op25b_session_leave(struct op25b_session_change *change, struct op25b_session *session)
{
	int err = 0;

	if (session->fresh) {
		rb_erase(&session->node, &change->ids);
		session->next = change->unused;
		change->unused = session;
	} else {
		session->leaves = true;
		session->next = change->gone;
		change->gone = session;
	}
	if (session->prefixes)
		err = leave_prefixes(change, session);
	if (!err && session->ifindex)
		err = op25b_lpm_del(&change->map->device, &change->garbage,
				    op25b_session_device_key(session->ifindex),
				    OP25B_SESSION_DEVICE_BITS);
	return err;
}

static int enter(struct op25b_session_change *change, struct op25b_session *session, bool force);

/* A fresh session, which nobody else sees, loses one of its prefixes. */
static void drop_prefix(struct op25b_session *session, const struct op25b_prefix *prefix)
{
	const char *end = op25b_session_vrf(session) + strlen(op25b_session_vrf(session));
	struct op25b_prefix *gone = session->prefix;

	while (!op25b_prefix_equal(gone, prefix))
		gone++;
	/* the texts follow the prefixes */
	memmove(gone, gone + 1, end + 1 - (const char *)(gone + 1));
	session->prefixes--;
}

/* A fresh one in the place of a session in force; NULL when out of memory. */
static struct op25b_session *session_copy(const struct op25b_session *session)
{
	struct op25b_session *copy = session_alloc(op25b_session_id(session), session->prefix,
						   session->prefixes, session->vrf,
						   op25b_session_comment(session),
						   session->has_timeout);

	if (!copy)
		return NULL;
	op25b_vrf_hold(session->vrf);
	copy->ifindex = session->ifindex;
	if (copy->has_timeout)
		op25b_session_timed(copy)->expiry.expires =
			op25b_session_timed(session)->expiry.expires;
	return copy;
}

/*
 * Take a prefix from a session, which ends if it was the last. The prefix is still in the map, for
 * the caller to write another value there.
 */
static int take_prefix(struct op25b_session_change *change, struct op25b_session *owner,
		       const struct op25b_prefix *prefix)
{
	struct op25b_session *copy;
	int err;

	if (owner->prefixes == 1)
		return op25b_session_leave(change, owner);
	if (!owner->fresh) {
		copy = session_copy(owner);
		if (!copy)
			return -ENOMEM;
		err = op25b_session_leave(change, owner);
		if (err) {
			session_release(change->table, copy);
			return err;
		}
		drop_prefix(copy, prefix);
		return enter(change, copy, true);
	}
	drop_prefix(owner, prefix);
	return 0;
}

/*
 * Make room for a fresh session at a prefix, or at its device if @prefix is NULL, that @owner has.
 * A session that has ended does not collide. -EEXIST: without force, notes the collision.
 */
static int displace(struct op25b_session_change *change, const struct op25b_session *session,
		    const struct op25b_prefix *prefix, struct op25b_session *owner, bool force)
{
	if (!op25b_session_is_live(owner) || (force && !prefix))
		return op25b_session_leave(change, owner);
	if (force)
		return take_prefix(change, owner, prefix);
	change->loser = session;
	change->owner = owner;
	change->wanted = prefix;
	return -EEXIST;
}

static int enter_prefix(struct op25b_session_change *change, struct op25b_session *session,
			const struct op25b_prefix *prefix, bool force)
{
	/* it stays where it is: the session has entered the domain */
	struct op25b_lpm *prefixes = prefixes_cow(change, session);
	struct op25b_lpm *lpm;
	unsigned long value;
	int err = 0;

	if (!prefixes)
		return -ENOMEM;
	lpm = &prefixes[prefix->family];
	value = op25b_lpm_get(*lpm, prefix->key, prefix->len);
	if (value)
		err = displace(change, session, prefix, op25b_session_of(value), force);
	if (err)
		return err;
	return op25b_lpm_set(lpm, &change->garbage, prefix->key, prefix->len,
			     (unsigned long)session);
}

static int enter_device(struct op25b_session_change *change, struct op25b_session *session,
			bool force)
{
	struct op25b_key key = op25b_session_device_key(session->ifindex);
	struct op25b_lpm *lpm = &change->map->device;
	unsigned long value = op25b_lpm_get(*lpm, key, OP25B_SESSION_DEVICE_BITS);
	int err = 0;

	if (value)
		err = displace(change, session, NULL, op25b_session_of(value), force);
	if (err)
		return err;
	return op25b_lpm_set(lpm, &change->garbage, key, OP25B_SESSION_DEVICE_BITS,
			     (unsigned long)session);
}

/*
 * Put a fresh session into the new map. It belongs to the change from now on, whatever is returned.
 */
static int enter(struct op25b_session_change *change, struct op25b_session *session, bool force)
{
	unsigned int i;
	int err = 0;

	op25b_session_insert(&change->ids, session);
	if (session->vrf)
		err = op25b_domain_enter(&change->map->vrfs, &change->garbage, session->vrf);
	for (i = 0; i < session->prefixes && !err; i++) {
		if (i % RESCHED_PREFIXES == RESCHED_PREFIXES - 1)
			op25b_pause();
		err = enter_prefix(change, session, &session->prefix[i], force);
	}
	if (!err && session->ifindex)
		err = enter_device(change, session, force);
	return err;
}

/* The longest id that there is room for in a formatted text, which has up to 79 bytes */
#define OWNER_MAX 50

/* Say what has collided. The id is the request's, which outlives the session. */
static void report_collision(const struct op25b_session_change *change, const char *id,
			     struct op25b_session_collision *collision,
			     struct netlink_ext_ack *extack)
{
	const char *owner = op25b_session_id(change->owner);

	collision->id = id;
	collision->ifindex = change->loser->ifindex;
	if (change->wanted)
		collision->prefix = *change->wanted;
	if (change->wanted && strlen(owner) > OWNER_MAX) {
		NL_SET_ERR_MSG(extack, "prefix is in another session");
	} else if (change->wanted) {
		op25b_err_msg(extack, "prefix is in another session",
			      "prefix is in session \"%s\"", owner);
	} else if (strlen(owner) > OWNER_MAX) {
		NL_SET_ERR_MSG(extack, "device is that of another session");
	} else {
		op25b_err_msg(extack, "device is that of another session",
			      "device is that of session \"%s\"", owner);
	}
}

/* Put what is asked for into the place of @old, or of none if that is NULL. */
static int put_in_place(struct op25b_session_change *change, struct op25b_session *old,
			const struct op25b_session_request *request, bool force,
			struct op25b_session_collision *collision, struct netlink_ext_ack *extack)
{
	struct op25b_session *session;
	int err;

	if (request->vrf && !op25b_domain_has_room(change->map->vrfs, request->vrf)) {
		NL_SET_ERR_MSG(extack, "there are sessions of 4096 VRFs, which is the limit");
		return -ENOSPC;
	}
	session = session_make(change->table, request);
	if (IS_ERR(session)) {
		if (PTR_ERR(session) == -ENOSPC)
			NL_SET_ERR_MSG(extack,
				       "too many VRFs, counting those of restores under way");
		return PTR_ERR(session);
	}
	err = old ? op25b_session_leave(change, old) : 0;
	if (err) {
		session_release(change->table, session);
		return err;
	}
	err = enter(change, session, force);
	if (err == -EEXIST)
		report_collision(change, request->id, collision, extack);
	return err;
}

/**
 * op25b_session_add() - add a session
 * @change: the change
 * @request: what it is to be; its prefixes are sorted
 * @force: it may be there already: it becomes what is asked for. What other sessions have of its
 *	   prefixes or its device, it takes from them
 * @collision: set to what another one has, if that is the failure
 * @extack: takes the reason of a failure
 *
 * Return: 0, -EEXIST or -ENOMEM.
 */
int op25b_session_add(struct op25b_session_change *change,
		      const struct op25b_session_request *request, bool force,
		      struct op25b_session_collision *collision, struct netlink_ext_ack *extack)
{
	struct op25b_session *old = find_changed(change, request->id);

	if (old && op25b_session_is_live(old) && !force) {
		NL_SET_ERR_MSG(extack, "session exists already");
		return -EEXIST;
	}
	return put_in_place(change, old, request, force, collision, extack);
}

/**
 * op25b_session_del() - end a session
 * @change: the change
 * @id: its id
 * @force: it need not be there
 * @extack: takes the reason of a failure
 *
 * Return: 0, -ENOENT or -ENOMEM.
 */
int op25b_session_del(struct op25b_session_change *change, const char *id, bool force,
		      struct netlink_ext_ack *extack)
{
	struct op25b_session *session = find_changed(change, id);
	bool live = session && op25b_session_is_live(session);
	int err = session ? op25b_session_leave(change, session) : 0;

	if (err || live || force)
		return err;
	NL_SET_ERR_MSG(extack, "session does not exist");
	return -ENOENT;
}

/**
 * op25b_session_sync_add() - name a session that is to be there after a synchronisation
 * @change: the change, which does nothing else
 * @request: what it is to be; its prefixes are sorted
 * @force: what an earlier one has of its id, prefixes or device, it takes from that one
 * @collision: set to what an earlier one has, if that is the failure
 * @extack: takes the reason of a failure
 *
 * Return: 0, -EEXIST or -ENOMEM.
 */
int op25b_session_sync_add(struct op25b_session_change *change,
			   const struct op25b_session_request *request, bool force,
			   struct op25b_session_collision *collision,
			   struct netlink_ext_ack *extack)
{
	struct op25b_session *named = op25b_session_find(&change->ids, request->id);

	if (named && !force) {
		NL_SET_ERR_MSG(extack, "session is given twice");
		return -EEXIST;
	}
	return put_in_place(change, named, request, force, collision, extack);
}

/*
 * Have a session that was named be there: as it is already, or as a new one. What other sessions in
 * force have of it was not named, and has left.
 */
static int sync_one(struct op25b_session_change *change, struct op25b_session *named,
		    struct op25b_session_counts *counts)
{
	struct op25b_session *old;

	lockdep_assert_held(&change->table->sessions.lock);
	old = op25b_session_find(&change->table->sessions.ids, op25b_session_id(named));
	if (old && !old->leaves) {
		session_release(change->table, named);
		counts->kept++;
		return 0;
	}
	if (old && op25b_session_is_live(old))
		counts->changed++;
	else
		counts->added++;
	return enter(change, named, false);
}

/**
 * op25b_session_sync_end() - make a synchronisation's change of what was named
 * @change: the change
 * @counts: set to what it has done
 *
 * What was named has been entered into a map that began without any session, so that none of it
 * collides. This now becomes the change of the map in force.
 *
 * Return: 0 or -ENOMEM.
 */
int op25b_session_sync_end(struct op25b_session_change *change,
			   struct op25b_session_counts *counts)
{
	struct rb_root named = change->ids;
	struct op25b_session *session, *wish;
	struct rb_node *node;
	int err = 0;

	lockdep_assert_held(&change->table->sessions.lock);
	*counts = (struct op25b_session_counts){ 0 };
	change->ids = RB_ROOT;
	map_discard(change->map);
	memset(change->map, 0, sizeof(*change->map));
	if (change->base)
		*change->map = *change->base;
	for (node = rb_first(&change->table->sessions.ids); node && !err; node = rb_next(node)) {
		session = rb_entry(node, struct op25b_session, node);
		wish = op25b_session_find(&named, op25b_session_id(session));
		if (wish && op25b_session_is_live(session) && is_same(session, wish))
			continue;
		counts->deleted += !wish && op25b_session_is_live(session);
		err = op25b_session_leave(change, session);
		op25b_pause();
	}
	while ((node = rb_first(&named))) {
		session = rb_entry(node, struct op25b_session, node);
		rb_erase(node, &named);
		if (err)
			session_release(change->table, session);
		else
			err = sync_one(change, session, counts);
		op25b_pause();
	}
	return err;
}

/* --- begin, commit, abort --- */

/**
 * op25b_session_change_begin() - begin a change of the sessions
 * @table: the table of the namespace; its lock of sessions is held until the change has ended
 * @empty: a synchronisation: begin with no sessions, until op25b_session_sync_end()
 *
 * Return: the change, or NULL when out of memory.
 */
struct op25b_session_change *op25b_session_change_begin(struct op25b_table *table, bool empty)
{
	struct op25b_session_change *change = kzalloc(sizeof(*change), OP25B_GFP);
	struct op25b_sessions *sessions = &table->sessions;

	lockdep_assert_held(&sessions->lock);
	if (!change)
		return NULL;
	change->table = table;
	change->ids = RB_ROOT;
	change->base = op25b_session_map(sessions);
	change->map = kzalloc(sizeof(*change->map), OP25B_GFP);
	if (!change->map) {
		kfree(change);
		return NULL;
	}
	if (change->base && !empty)
		*change->map = *change->base;
	return change;
}

/* Drop the sessions that were new and have not come into force. */
static void release_unused(struct op25b_session_change *change)
{
	struct op25b_session *session, *next;

	for (session = change->unused; session; session = next) {
		next = session->next;
		session_release(change->table, session);
		op25b_pause();
	}
}

static void free_change(struct work_struct *work)
{
	struct op25b_session_change *change =
		container_of(to_rcu_work(work), struct op25b_session_change, work);
	struct op25b_session *session, *next;

	/* the namespace may be gone, and its table with it */
	for (session = change->gone; session; session = next) {
		next = session->next;
		op25b_session_put(session);
		op25b_pause();
	}
	op25b_garbage_free(&change->garbage);
	kfree(change->base);
	kfree(change);
}

static void map_seal(const struct op25b_session_map *map)
{
	op25b_lpm_seal(map->prefix[OP25B_IPV4]);
	op25b_lpm_seal(map->prefix[OP25B_IPV6]);
	op25b_domain_seal(map->vrfs);
	op25b_lpm_seal(map->device);
}

static bool map_is_empty(const struct op25b_session_map *map)
{
	return !map->prefix[OP25B_IPV4].root && !map->prefix[OP25B_IPV6].root && !map->vrfs &&
	       !map->device.root;
}

/* A session that had expired or lost its device before was not ended by the command. */
static enum op25b_event kind_of_end(const struct op25b_session *session, enum op25b_event kind)
{
	if (session->ended)
		return OP25B_EVENT_SESSION_DOWN;
	return op25b_session_is_live(session) ? kind : OP25B_EVENT_SESSION_EXPIRED;
}

/* Take those that are gone out of the tables; the packets' map is another one already. */
static void drop_gone(struct op25b_session_change *change, enum op25b_event kind,
		      struct op25b_session_events *events)
	__must_hold(&change->table->sessions.lock)
{
	struct op25b_sessions *sessions = &change->table->sessions;
	struct op25b_session *session;

	for (session = change->gone; session; session = session->next) {
		rb_erase(&session->node, &sessions->ids);
		if (session->has_timeout)
			timerqueue_del(&sessions->expiries, &op25b_session_timed(session)->expiry);
		WRITE_ONCE(sessions->count, sessions->count - 1);
		sessions->orphans -= session->ended;
		if (!op25b_session_find(&change->ids, op25b_session_id(session)))
			op25b_session_event(events, kind_of_end(session, kind), session);
		else	/* for the event of the one that takes its place */
			op25b_session_find(&change->ids, op25b_session_id(session))->leaves = true;
		op25b_vrf_put(change->table, session->vrf);
		op25b_pause();
	}
}

/* Put those that are new into the tables. */
static void take_new(struct op25b_session_change *change, struct op25b_session_events *events)
	__must_hold(&change->table->sessions.lock)
{
	struct op25b_sessions *sessions = &change->table->sessions;
	struct op25b_session *session;
	struct rb_node *node;

	while ((node = rb_first(&change->ids))) {
		session = rb_entry(node, struct op25b_session, node);
		rb_erase(node, &change->ids);
		op25b_session_event(events, session->leaves ? OP25B_EVENT_SESSION_CHANGED :
							      OP25B_EVENT_SESSION_NEW, session);
		session->leaves = false;
		session->fresh = false;
		op25b_session_insert(&sessions->ids, session);
		if (session->has_timeout)
			timerqueue_add(&sessions->expiries, &op25b_session_timed(session)->expiry);
		WRITE_ONCE(sessions->count, sessions->count + 1);
		op25b_pause();
	}
}

/* Charge what op25b_session_end_due() allocates to the process's control group, or to none. */
static void set_memcg(struct op25b_sessions *sessions, bool process)
	__must_hold(&sessions->lock)
{
	mem_cgroup_put(sessions->memcg);
	sessions->memcg = process ? get_mem_cgroup_from_mm(current->mm) : NULL;
}

/**
 * op25b_session_change_commit() - put the sessions of a change into force
 * @change: the change, which is gone afterwards
 * @kind: the kind of the events of those that are gone
 *
 * Nothing of this can fail.
 */
void op25b_session_change_commit(struct op25b_session_change *change, enum op25b_event kind)
{
	struct op25b_sessions *sessions = &change->table->sessions;
	struct op25b_session_events events = { .table = change->table };
	u32 count = sessions->count;

	lockdep_assert_held(&sessions->lock);
	op25b_session_events_begin(&events);
	map_seal(change->map);
	if (map_is_empty(change->map)) {
		kfree(change->map);
		change->map = NULL;
	}
	rcu_assign_pointer(sessions->map, change->map);
	drop_gone(change, kind, &events);
	if (change->ids.rb_node)
		set_memcg(sessions, true);
	take_new(change, &events);
	if (!sessions->count)
		set_memcg(sessions, false);
	if (!count && sessions->count)
		op25b_extra_inc();
	if (count && !sessions->count)
		op25b_extra_dec();
	op25b_session_schedule(sessions, false);
	op25b_session_events_end(&events);
	release_unused(change);
	INIT_RCU_WORK(&change->work, free_change);
	queue_rcu_work(op25b_workqueue, &change->work);
}

/**
 * op25b_session_change_abort() - end a change so that nothing has happened
 * @change: the change, which is gone afterwards
 */
void op25b_session_change_abort(struct op25b_session_change *change)
{
	struct op25b_sessions *sessions = &change->table->sessions;
	struct op25b_session *session;
	struct rb_node *node;

	lockdep_assert_held(&sessions->lock);
	for (session = change->gone; session; session = session->next)
		session->leaves = false;
	while ((node = rb_first(&change->ids))) {
		rb_erase(node, &change->ids);
		session_release(change->table, rb_entry(node, struct op25b_session, node));
	}
	release_unused(change);
	map_discard(change->map);
	op25b_garbage_forget(&change->garbage);
	kfree(change->map);
	kfree(change);
}
