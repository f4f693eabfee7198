// SPDX-License-Identifier: GPL-2.0
/*
 * The steps of a change: what is added and deleted
 *
 * Each function says why it refuses. One that fails may have done half of its work; op25b_change.c
 * says what that means.
 *
 * The text of a refusal that concerns an attribute starts with its noun, so that a client can put
 * the value behind it: `prefix is in pool "east"` becomes `prefix 10.0.0.0/24 is in pool "east"`.
 */
#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "core/memory.h"
#include "core/pause.h"
#include "op25b_recording.h"
#include "op25b_step.h"

/* The name of a pool that the new policy has */
static const char *pool_name(const struct op25b_change *change, u32 id)
{
	return op25b_policy_conf(change->policy, id)->pool->name;
}

/* --- pools --- */

/* Add @n to the number of pools for each guard in @settings. */
static void count_guards(struct op25b_policy *policy, struct op25b_settings settings, int n)
{
	/* a new guard has to be counted, too, unless packets look for it in the settings only */
	static_assert(OP25B_GUARD_MASK ==
		      (OP25B_GUARD_SYNACK | OP25B_GUARD_INBOUND | OP25B_GUARD_SPOOFED |
		       OP25B_GUARD_SOFTWIRE));
	if (settings.guard & OP25B_GUARD_SYNACK)
		policy->synack += n;
	if (settings.guard & OP25B_GUARD_INBOUND)
		policy->inbound += n;
	if (settings.guard & OP25B_GUARD_SOFTWIRE)
		policy->softwire += n;
}

/**
 * op25b_step_find_pool() - find a pool of the new policy by its name
 * @change: the change
 * @name: the pool's name
 *
 * Return: its configuration, valid until the next step, or NULL if there is no such pool.
 */
const struct op25b_pool_conf *op25b_step_find_pool(const struct op25b_change *change,
						   const char *name)
{
	const struct op25b_pool *pool;

	lockdep_assert_held(&change->table->lock);
	pool = op25b_table_pool_find(change->table, name);
	return pool ? op25b_policy_conf(change->policy, pool->id) : NULL;
}

/*
 * Make the configuration of a pool, with references to the pool and to the VRF of the name @vrf, or
 * to none if that is NULL. Returns an error pointer if it fails.
 */
static struct op25b_pool_conf *conf_make(struct op25b_table *table, const char *name,
					 const char *vrf, struct netlink_ext_ack *extack)
	__must_hold(&table->lock)
{
	struct op25b_pool_conf *conf = kzalloc(sizeof(*conf), OP25B_GFP);
	int err;

	if (!conf)
		return ERR_PTR(-ENOMEM);
	if (vrf) {
		conf->vrf = op25b_vrf_get(table, vrf);
		if (IS_ERR(conf->vrf)) {
			err = PTR_ERR(conf->vrf);
			if (err == -ENOSPC)
				NL_SET_ERR_MSG(extack,
					       "too many VRFs, counting those of restores under way");
			goto err_conf;
		}
		conf->vrf_id = conf->vrf->id;
		strscpy(conf->vrf_name, vrf, sizeof(conf->vrf_name));
	}
	conf->pool = op25b_table_pool_get(table, name, extack);
	if (!IS_ERR(conf->pool))
		return conf;
	err = PTR_ERR(conf->pool);
	op25b_vrf_put(table, conf->vrf);
err_conf:
	kfree(conf);
	return ERR_PTR(err);
}

/**
 * op25b_step_pool_add() - add a pool
 * @change: the change
 * @name: its name, a valid one; neither the new policy nor its base has a pool of this name
 * @vrf: the name of the VRF that it belongs to, NULL if to none
 * @settings: its settings
 * @extack: takes the reason of a failure
 *
 * Return: its id, or -ENOSPC or -ENOMEM.
 */
int op25b_step_pool_add(struct op25b_change *change, const char *name, const char *vrf,
			struct op25b_settings settings, struct netlink_ext_ack *extack)
{
	struct op25b_pool_conf *conf;
	struct op25b_page *page;
	u32 id;

	lockdep_assert_held(&change->table->lock);
	if (change->policy->pools == OP25B_POOL_MAX) {
		NL_SET_ERR_MSG(extack, "there are 65535 pools, which is the limit");
		return -ENOSPC;
	}
	if (vrf && !op25b_domain_has_room(change->policy->vrfs, vrf)) {
		NL_SET_ERR_MSG(extack, "there are pools of 4096 VRFs, which is the limit");
		return -ENOSPC;
	}
	conf = conf_make(change->table, name, vrf, extack);
	if (IS_ERR(conf))
		return PTR_ERR(conf);
	id = conf->pool->id;
	page = op25b_change_cow_page(change, id);
	if (!page) {
		op25b_table_conf_put(change->table, conf);
		kfree(conf);
		return -ENOMEM;
	}
	conf->settings = settings;
	conf->fresh = true;
	page->conf[id % OP25B_PAGE_POOLS] = conf;
	if (op25b_recording_set(change->table, conf))
		return -ENOMEM;
	if (conf->vrf && op25b_domain_enter(&change->policy->vrfs, &change->garbage, conf->vrf))
		return -ENOMEM;

	count_guards(change->policy, settings, 1);
	change->policy->pools++;
	change->changed = true;
	change->pools_changed = true;
	return id;
}

/**
 * op25b_step_pool_set() - change the settings of a pool
 * @change: the change
 * @id: the pool's id; the new policy has the pool
 * @settings: its new settings
 *
 * Return: 0 or -ENOMEM.
 */
int op25b_step_pool_set(struct op25b_change *change, u32 id, struct op25b_settings settings)
{
	struct op25b_pool_conf *conf;

	lockdep_assert_held(&change->table->lock);
	if (op25b_settings_equal(&op25b_policy_conf(change->policy, id)->settings, &settings))
		return 0;
	conf = op25b_change_cow_conf(change, id);
	if (!conf)
		return -ENOMEM;
	count_guards(change->policy, conf->settings, -1);
	conf->settings = settings;
	count_guards(change->policy, settings, 1);
	change->changed = true;
	return op25b_recording_set(change->table, conf);
}

/* --- prefixes and exempts, which are entries of one table --- */

/* What a pool has at @prefix, or another pool of its VRF */
static unsigned long entry_get(const struct op25b_change *change, u32 id,
			       const struct op25b_prefix *prefix)
{
	const struct op25b_policy *policy = change->policy;
	const struct op25b_lpm *entries =
		op25b_policy_entries(policy, op25b_policy_conf(policy, id));

	return op25b_lpm_get(entries[prefix->family], prefix->key, prefix->len);
}

/* Get the entries of a pool, and of all others of its VRF, for writing. NULL when out of memory. */
static struct op25b_lpm *entries_cow(struct op25b_change *change, u32 id)
{
	const struct op25b_vrf *vrf = op25b_policy_conf(change->policy, id)->vrf;
	struct op25b_lpm *entries = change->policy->entry;
	struct op25b_domain *domain;
	unsigned int family;

	if (vrf) {
		domain = op25b_domain_cow(&change->policy->vrfs, &change->garbage, vrf);
		if (!domain)
			return NULL;
		entries = domain->entry;
	}
	if (entries != change->hinted) {
		for (family = 0; family < OP25B_FAMILIES; family++)
			change->hint[family].link = NULL;
		change->hinted = entries;
	}
	return entries;
}

/* Note that a pool has something at @prefix. */
static void widen(struct op25b_pool *pool, const struct op25b_prefix *prefix)
{
	struct op25b_key *first = &pool->first[prefix->family], *last = &pool->last[prefix->family];

	if (op25b_key_compare(prefix->key, *first) < 0)
		*first = prefix->key;
	if (op25b_key_compare(prefix->key, *last) > 0)
		*last = prefix->key;
}

/*
 * Account for a change of an entry: at @prefix there was @old, or none, and is @entry now, or none,
 * perhaps of another pool.
 */
static int entry_account(struct op25b_change *change, const struct op25b_prefix *prefix,
			 struct op25b_entry old, struct op25b_entry entry)
{
	struct op25b_pool_conf *conf = op25b_change_cow_conf(change, old.pool);
	struct op25b_policy *policy = change->policy;

	if (!conf)
		return -ENOMEM;
	conf->prefixes -= old.is_prefix;
	conf->exempts -= old.is_exempt;
	if (entry.pool != old.pool)
		conf = op25b_change_cow_conf(change, entry.pool);
	if (!conf)
		return -ENOMEM;
	conf->prefixes += entry.is_prefix;
	conf->exempts += entry.is_exempt;
	widen(conf->pool, prefix);
	policy->prefixes[prefix->family] += entry.is_prefix - old.is_prefix;
	policy->exempts += entry.is_exempt - old.is_exempt;
	change->changed = true;
	return 0;
}

/*
 * Get an exempt for writing: itself if it is fresh, otherwise a copy, which is not an entry yet.
 * NULL when out of memory.
 */
static struct op25b_exempt *exempt_cow(struct op25b_change *change,
				       const struct op25b_exempt *exempt)
{
	struct op25b_exempt *copy;

	if (exempt->fresh)
		return (struct op25b_exempt *)exempt;
	copy = op25b_change_alloc_exempt(change, &exempt->prefix, exempt->comment);
	if (!copy)
		return NULL;
	copy->has_timeout = exempt->has_timeout;
	copy->expiry.expires = exempt->expiry.expires;
	return copy;
}

/* Replace the entry at @prefix, which is @old, or none, by @entry, or none. */
static int entry_write(struct op25b_change *change, const struct op25b_prefix *prefix,
		       struct op25b_entry old, struct op25b_entry entry)
{
	struct op25b_lpm *entries = entries_cow(change, entry.pool);
	unsigned long value = op25b_entry_word(entry);
	struct op25b_exempt *exempt;
	struct op25b_lpm *lpm;
	int err;

	if (!entries)
		return -ENOMEM;
	lpm = &entries[prefix->family];
	if (entry.exempt && entry.exempt->word != value) {
		exempt = exempt_cow(change, entry.exempt);
		if (!exempt)
			return -ENOMEM;
		exempt->word = value;
		entry.exempt = exempt;
	}
	if (entry.exempt)
		value = (unsigned long)entry.exempt;

	change->hint[prefix->family].link = NULL;
	if (entry.is_prefix || entry.is_exempt)
		err = op25b_lpm_set(lpm, &change->garbage, prefix->key, prefix->len, value);
	else
		err = op25b_lpm_del(lpm, &change->garbage, prefix->key, prefix->len);
	if (err)
		return err;
	if (old.exempt && old.exempt != entry.exempt)
		op25b_change_drop_exempt(change, old.exempt);
	return entry_account(change, prefix, old, entry);
}

/**
 * op25b_step_exempt_expire() - delete an exempt because its timeout is over
 * @change: the change
 * @exempt: the exempt, which the new policy has; the caller must not use it any more
 *
 * Return: 0 or -ENOMEM.
 */
int op25b_step_exempt_expire(struct op25b_change *change, const struct op25b_exempt *exempt)
{
	struct op25b_entry entry, old = op25b_entry((unsigned long)exempt);
	struct op25b_prefix prefix = exempt->prefix;

	entry = old;
	entry.is_exempt = false;
	entry.exempt = NULL;
	return entry_write(change, &prefix, old, entry);
}

/*
 * Set @entry to the entry at @prefix: without is_prefix and is_exempt, and of pool @id, if there is
 * none. An exempt that has expired is deleted first, as if the work had come to it in time.
 */
static int entry_get_live(struct op25b_change *change, u32 id, const struct op25b_prefix *prefix,
			  struct op25b_entry *entry)
{
	unsigned long value = entry_get(change, id, prefix);
	int err;

	*entry = (struct op25b_entry){ .pool = id };
	if (value)
		*entry = op25b_entry(value);
	if (!entry->exempt || !op25b_exempt_has_expired(entry->exempt))
		return 0;
	err = op25b_step_exempt_expire(change, entry->exempt);
	entry->is_exempt = false;
	entry->exempt = NULL;
	if (!entry->is_prefix)
		entry->pool = id;
	return err;
}

/**
 * op25b_step_prefix_add() - add a prefix to a pool
 * @change: the change
 * @id: the pool's id; the new policy has the pool
 * @prefix: the prefix
 * @force: the pool may have it already
 * @extack: takes the reason of a failure
 *
 * Return: 0, -EEXIST or -ENOMEM.
 */
int op25b_step_prefix_add(struct op25b_change *change, u32 id, const struct op25b_prefix *prefix,
			  bool force, struct netlink_ext_ack *extack)
{
	struct op25b_entry entry = { .pool = id, .is_prefix = true }, old = { .pool = id };
	struct op25b_lpm *entries = entries_cow(change, id);
	unsigned long value;
	int err;

	if (!entries)
		return -ENOMEM;
	err = op25b_lpm_add(&entries[prefix->family], &change->hint[prefix->family],
			    &change->garbage, prefix->key, prefix->len, op25b_entry_word(entry),
			    &value);
	if (err)
		return err;
	if (!value)
		return entry_account(change, prefix, old, entry);

	err = entry_get_live(change, id, prefix, &old);
	if (err)
		return err;
	if (old.pool != id) {
		if (old.is_prefix)
			op25b_err_msg(extack, "prefix is in another pool",
				      "prefix is in pool \"%s\"", pool_name(change, old.pool));
		else
			op25b_err_msg(extack, "prefix is an exempt of another pool",
				      "prefix is an exempt of pool \"%s\"",
				      pool_name(change, old.pool));
		return -EEXIST;
	}
	if (old.is_prefix) {
		if (force)
			return 0;
		op25b_err_msg(extack, "prefix is in the pool already",
			      "prefix is in pool \"%s\" already", pool_name(change, id));
		return -EEXIST;
	}
	entry = old;
	entry.is_prefix = true;
	return entry_write(change, prefix, old, entry);
}

/**
 * op25b_step_prefix_del() - delete a prefix from a pool
 * @change: the change
 * @id: the pool's id; the new policy has the pool
 * @prefix: the prefix
 * @force: the pool need not have it
 * @extack: takes the reason of a failure
 *
 * Return: 0, -ENOENT or -ENOMEM.
 */
int op25b_step_prefix_del(struct op25b_change *change, u32 id, const struct op25b_prefix *prefix,
			  bool force, struct netlink_ext_ack *extack)
{
	unsigned long value = entry_get(change, id, prefix);
	struct op25b_entry entry, old = { 0 };

	if (value)
		old = op25b_entry(value);
	if (!old.is_prefix || old.pool != id) {
		if (force)
			return 0;
		NL_SET_ERR_MSG(extack, "prefix is not in the pool");
		return -ENOENT;
	}
	entry = old;
	entry.is_prefix = false;
	return entry_write(change, prefix, old, entry);
}

/**
 * op25b_step_exempt_add() - add an exempt to a pool
 * @change: the change
 * @id: the pool's id; the new policy has the pool
 * @prefix: the exempt's prefix
 * @timeout: it expires after so many seconds; 0 if it does not
 * @comment: its comment, empty if it has none
 * @force: the pool may have it already; it then gets this timeout and comment
 * @extack: takes the reason of a failure
 *
 * Return: 0, -EEXIST or -ENOMEM.
 */
int op25b_step_exempt_add(struct op25b_change *change, u32 id, const struct op25b_prefix *prefix,
			  u32 timeout, const char *comment, bool force,
			  struct netlink_ext_ack *extack)
{
	struct op25b_exempt *exempt;
	struct op25b_entry entry, old;
	int err;

	err = entry_get_live(change, id, prefix, &old);
	if (err)
		return err;
	if (old.pool != id) {
		op25b_err_msg(extack, "exempt is in another pool", "exempt is in pool \"%s\"",
			      pool_name(change, old.pool));
		return -EEXIST;
	}
	if (old.is_exempt && !force) {
		op25b_err_msg(extack, "exempt is there already",
			      "exempt is in pool \"%s\" already", pool_name(change, id));
		return -EEXIST;
	}
	if (old.is_exempt && !timeout) {
		/* the same again? */
		if (!old.exempt && !*comment)
			return 0;
		if (old.exempt && !old.exempt->has_timeout && !strcmp(old.exempt->comment, comment))
			return 0;
	}

	entry = old;
	entry.is_exempt = true;
	entry.exempt = NULL;
	if (timeout || *comment) {
		exempt = op25b_change_alloc_exempt(change, prefix, comment);
		if (!exempt)
			return -ENOMEM;
		exempt->has_timeout = timeout;
		exempt->expiry.expires = ktime_add(ktime_get_boottime(), ktime_set(timeout, 0));
		entry.exempt = exempt;
	}
	return entry_write(change, prefix, old, entry);
}

/**
 * op25b_step_exempt_del() - delete an exempt from a pool
 * @change: the change
 * @id: the pool's id; the new policy has the pool
 * @prefix: the exempt's prefix
 * @force: the pool need not have it
 * @extack: takes the reason of a failure
 *
 * Return: 0, -ENOENT or -ENOMEM.
 */
int op25b_step_exempt_del(struct op25b_change *change, u32 id, const struct op25b_prefix *prefix,
			  bool force, struct netlink_ext_ack *extack)
{
	struct op25b_entry entry, old;
	int err;

	err = entry_get_live(change, id, prefix, &old);
	if (err)
		return err;
	if (!old.is_exempt || old.pool != id) {
		if (force)
			return 0;
		NL_SET_ERR_MSG(extack, "exempt is not there");
		return -ENOENT;
	}
	entry = old;
	entry.is_exempt = false;
	entry.exempt = NULL;
	return entry_write(change, prefix, old, entry);
}

/* --- destinations --- */

/* In pool *@id, or for every pool if @id is NULL */
static bool destination_exists(const struct op25b_change *change, enum op25b_destination kind,
			       const u32 *id, const struct op25b_prefix *prefix)
{
	const struct op25b_lpm *table = change->policy->destination[kind];

	if (id)
		table = op25b_policy_conf(change->policy, *id)->destination[kind];
	return op25b_lpm_get(table[prefix->family], prefix->key, prefix->len);
}

/* Add a destination, or delete it if @add is false. Returns 0 or -ENOMEM. */
static int destination_write(struct op25b_change *change, enum op25b_destination kind,
			     const u32 *id, const struct op25b_prefix *prefix, bool add)
{
	struct op25b_lpm *table = change->policy->destination[kind];
	struct op25b_pool_conf *conf;
	int n = add ? 1 : -1;

	if (id) {
		conf = op25b_change_cow_conf(change, *id);
		if (!conf)
			return -ENOMEM;
		conf->destinations[kind] += n;
		table = conf->destination[kind];
	}
	change->policy->destinations[kind] += n;
	change->changed = true;
	table += prefix->family;
	if (add)
		return op25b_lpm_set(table, &change->garbage, prefix->key, prefix->len, 1);
	return op25b_lpm_del(table, &change->garbage, prefix->key, prefix->len);
}

static void refuse_to_add(const struct op25b_change *change, enum op25b_destination kind,
			  const u32 *id, struct netlink_ext_ack *extack)
{
	switch (kind) {
	case OP25B_RELAY:
		if (id)
			op25b_err_msg(extack, "relay is there already",
				      "relay is in pool \"%s\" already", pool_name(change, *id));
		else
			NL_SET_ERR_MSG(extack, "relay is there already");
		break;
	case OP25B_TARGET:
		if (id)
			op25b_err_msg(extack, "target is there already",
				      "target is in pool \"%s\" already", pool_name(change, *id));
		else
			NL_SET_ERR_MSG(extack, "target is there already");
		break;
	case OP25B_DESTINATIONS:
		break;
	}
}

static void refuse_to_del(enum op25b_destination kind, struct netlink_ext_ack *extack)
{
	switch (kind) {
	case OP25B_RELAY:
		NL_SET_ERR_MSG(extack, "relay is not there");
		break;
	case OP25B_TARGET:
		NL_SET_ERR_MSG(extack, "target is not there");
		break;
	case OP25B_DESTINATIONS:
		break;
	}
}

/**
 * op25b_step_destination_add() - add a relay or target
 * @change: the change
 * @kind: which of them
 * @id: the id of its pool, which the new policy has; NULL if it is for every pool
 * @prefix: its prefix
 * @force: it may be there already
 * @extack: takes the reason of a failure
 *
 * Return: 0, -EEXIST or -ENOMEM.
 */
int op25b_step_destination_add(struct op25b_change *change, enum op25b_destination kind,
			       const u32 *id, const struct op25b_prefix *prefix, bool force,
			       struct netlink_ext_ack *extack)
{
	if (destination_exists(change, kind, id, prefix)) {
		if (force)
			return 0;
		refuse_to_add(change, kind, id, extack);
		return -EEXIST;
	}
	return destination_write(change, kind, id, prefix, true);
}

/**
 * op25b_step_destination_del() - delete a relay or target
 * @change: the change
 * @kind: which of them
 * @id: the id of its pool, which the new policy has; NULL if it is for every pool
 * @prefix: its prefix
 * @force: it need not be there
 * @extack: takes the reason of a failure
 *
 * Return: 0, -ENOENT or -ENOMEM.
 */
int op25b_step_destination_del(struct op25b_change *change, enum op25b_destination kind,
			       const u32 *id, const struct op25b_prefix *prefix, bool force,
			       struct netlink_ext_ack *extack)
{
	if (!destination_exists(change, kind, id, prefix)) {
		if (force)
			return 0;
		refuse_to_del(kind, extack);
		return -ENOENT;
	}
	return destination_write(change, kind, id, prefix, false);
}

/* --- move --- */

/* A walk may not change the table: collect some exempts, move these, and go on from there. */
#define COLLECT_MAX 64

/* What ends a walk */
enum { COLLECT_FULL = 1, COLLECT_END };

/**
 * struct collection - some of the exempts that a pool has within a prefix
 * @id: the pool's id
 * @family: the address family
 * @outer: the prefix
 * @inner: the last longer prefix that the walk has met, if its length is not 0
 * @n: the number of exempts
 * @prefix: their prefixes
 */
struct collection {
	u32 id;
	enum op25b_family family;
	struct op25b_prefix outer;
	struct op25b_prefix inner;
	unsigned int n;
	struct op25b_prefix prefix[COLLECT_MAX];
};

static int collect(struct collection *found, struct op25b_key key, unsigned int len)
{
	found->prefix[found->n++] = (struct op25b_prefix){
		.family = found->family,
		.len = len,
		.key = key,
	};
	return found->n == COLLECT_MAX ? COLLECT_FULL : 0;
}

static bool is_within(struct op25b_key key, unsigned int len, const struct op25b_prefix *prefix)
{
	struct op25b_key head = op25b_key_head(key, prefix->len);

	return len >= prefix->len && head.hi == prefix->key.hi && head.lo == prefix->key.lo;
}

static int collect_exempt(void *arg, struct op25b_key key, unsigned int len, unsigned long value)
{
	struct collection *found = arg;
	struct op25b_entry entry = op25b_entry(value);

	op25b_pause();
	if (!is_within(key, len, &found->outer))
		return COLLECT_END;
	if (found->inner.len && is_within(key, len, &found->inner))
		return 0;
	if (!entry.is_prefix)
		return entry.pool == found->id ? collect(found, key, len) : 0;
	if (len > found->outer.len)
		found->inner = (struct op25b_prefix){ .len = len, .key = key };
	return 0;
}

/* The entry at @prefix, which is there, goes to another pool. */
static int entry_move(struct op25b_change *change, const struct op25b_prefix *prefix, u32 id)
{
	struct op25b_entry old = op25b_entry(entry_get(change, id, prefix)), entry = old;

	entry.pool = id;
	return entry_write(change, prefix, old, entry);
}

static int move_exempts(struct op25b_change *change, struct collection *found, u32 id)
{
	const struct op25b_policy *policy = change->policy;
	struct op25b_prefix from = found->outer;
	int err, end = COLLECT_FULL;
	const struct op25b_lpm *entries;
	unsigned int i;

	while (end == COLLECT_FULL) {
		found->n = 0;
		entries = op25b_policy_entries(policy, op25b_policy_conf(policy, id));
		end = op25b_lpm_walk(entries[found->family], from.key, from.len, collect_exempt,
				     found);
		for (i = 0; i < found->n; i++) {
			from = found->prefix[i];
			err = entry_move(change, &from, id);
			if (err)
				return err;
		}
	}
	return 0;
}

/* Say that no pool has a prefix that is to be moved, or none between which it can be. */
static void refuse_to_move(const struct op25b_change *change, u32 id,
			   struct netlink_ext_ack *extack)
{
	const struct op25b_pool_conf *conf = op25b_policy_conf(change->policy, id);

	if (conf->vrf)
		op25b_err_msg(extack, "prefix is in no pool of this VRF",
			      "prefix is in no pool of VRF \"%s\"", conf->vrf_name);
	else if (change->policy->vrfs)
		NL_SET_ERR_MSG(extack, "prefix is in no pool without a VRF");
	else
		NL_SET_ERR_MSG(extack, "prefix is in no pool");
}

/**
 * op25b_step_prefix_move() - move a prefix to a pool from the one that has it
 * @change: the change
 * @id: the pool's id; the new policy has the pool
 * @prefix: the prefix
 * @force: the pool may have it already
 * @extack: takes the reason of a failure
 *
 * The exempts that the other pool has within the prefix go with it, except for those that lie in a
 * longer prefix, of whatever pool: that one decides about its addresses, and stays. Pools of other
 * VRFs are not looked at.
 *
 * Return: 0, -ENOENT, -EEXIST or -ENOMEM.
 */
int op25b_step_prefix_move(struct op25b_change *change, u32 id, const struct op25b_prefix *prefix,
			   bool force, struct netlink_ext_ack *extack)
{
	unsigned long value = entry_get(change, id, prefix);
	struct op25b_entry old = { 0 };
	struct collection *found;
	int err;

	if (value)
		old = op25b_entry(value);
	if (!old.is_prefix) {
		refuse_to_move(change, id, extack);
		return -ENOENT;
	}
	if (old.pool == id) {
		if (force)
			return 0;
		op25b_err_msg(extack, "prefix is in the pool already",
			      "prefix is in pool \"%s\" already", pool_name(change, id));
		return -EEXIST;
	}
	found = kzalloc(sizeof(*found), OP25B_GFP);
	if (!found)
		return -ENOMEM;
	found->id = old.pool;
	found->family = prefix->family;
	found->outer = *prefix;
	err = entry_move(change, prefix, id);
	if (!err)
		err = move_exempts(change, found, id);
	kfree(found);
	return err;
}

/* --- deletion of a pool --- */

/* How many prefixes and exempts a pool may have for the lock to be held while they are deleted */
#define DELETED_LOCKED 4096

/**
 * struct deletion - the deletion of what a pool has
 * @id: the pool's id
 * @family: of the addresses that are being looked at
 * @first: the pool has nothing before these addresses, ...
 * @last: ... and nothing after these
 * @prefixes: the number of its prefixes that were found
 * @exempts: the number of its exempts that were found
 * @listed: how many of them have a timeout or comment
 */
struct deletion {
	u32 id;
	enum op25b_family family;
	struct op25b_key first[OP25B_FAMILIES];
	struct op25b_key last[OP25B_FAMILIES];
	u32 prefixes[OP25B_FAMILIES];
	u32 exempts;
	u32 listed;
};

/* Whether an entry is one of the pool's: it is deleted then. */
static bool delete_entry(void *arg, unsigned long value)
{
	struct op25b_entry entry = op25b_entry(value);
	struct deletion *found = arg;

	if (entry.pool != found->id)
		return false;
	found->prefixes[found->family] += entry.is_prefix;
	found->exempts += entry.is_exempt;
	found->listed += !!entry.exempt;
	return true;
}

/*
 * The cost is that of a walk from the first entry of the pool to its last: pools mostly have ranges
 * of their own.
 */
static int delete_found(struct op25b_change *change, struct deletion *found,
			struct op25b_lpm *entries)
{
	unsigned int family;
	int err = 0;

	for (family = 0; !err && family < OP25B_FAMILIES; family++) {
		found->family = family;
		err = op25b_lpm_del_if(&entries[family], &change->garbage, found->first[family],
				       found->last[family], delete_entry, found);
	}
	return err;
}

/* The same, but others may change the policy meanwhile: then it fails with -EAGAIN. */
static int delete_found_unlocked(struct op25b_change *change, struct deletion *found,
				 struct op25b_lpm *entries)
	__must_hold(&change->table->lock)
{
	int err = op25b_change_keep_base(change);

	if (err)
		return err;
	mutex_unlock(&change->table->lock);
	err = delete_found(change, found, entries);
	mutex_lock(&change->table->lock);
	return err ?: op25b_change_check_base(change);
}

/* Drop the first @n exempts of a pool in a list. Returns how many there were less. */
static u32 drop_exempts(struct op25b_change *change, struct list_head *exempts, u32 id, u32 n)
{
	struct op25b_exempt *exempt, *next;

	list_for_each_entry_safe(exempt, next, exempts, list) {
		if (!n)
			break;
		if (op25b_entry((unsigned long)exempt).pool != id)
			continue;
		op25b_change_drop_exempt(change, exempt);
		n--;
	}
	return n;
}

static int delete_entries(struct op25b_change *change, const struct op25b_pool_conf *conf)
	__must_hold(&change->table->lock)
{
	struct op25b_lpm *entries = entries_cow(change, conf->pool->id);
	struct deletion found = { .id = conf->pool->id };
	struct op25b_policy *policy = change->policy;
	unsigned int family;
	int err;

	if (!entries)
		return -ENOMEM;
	for (family = 0; family < OP25B_FAMILIES; family++) {
		change->hint[family].link = NULL;
		found.first[family] = conf->pool->first[family];
		found.last[family] = conf->pool->last[family];
	}
	if (change->may_release && conf->prefixes + conf->exempts > DELETED_LOCKED)
		err = delete_found_unlocked(change, &found, entries);
	else
		err = delete_found(change, &found, entries);
	if (err)
		return err;
	found.listed = drop_exempts(change, &change->exempts, found.id, found.listed);
	if (change->base)
		drop_exempts(change, &change->table->exempts, found.id, found.listed);
	for (family = 0; family < OP25B_FAMILIES; family++)
		policy->prefixes[family] -= found.prefixes[family];
	policy->exempts -= found.exempts;
	return 0;
}

/**
 * op25b_step_pool_del() - delete a pool with its prefixes, exempts, relays and targets
 * @change: the change
 * @id: the pool's id; the new policy has the pool
 *
 * The lock may be released and taken again if @change says so, and if the pool has much.
 *
 * Return: 0 or -ENOMEM; -EAGAIN if the policy in force was replaced while the lock was released.
 */
int op25b_step_pool_del(struct op25b_change *change, u32 id)
{
	struct op25b_policy *policy = change->policy;
	struct op25b_pool_conf *conf;
	struct op25b_page *page;
	unsigned int kind, family;
	int err;

	lockdep_assert_held(&change->table->lock);
	page = op25b_change_cow_page(change, id);
	conf = op25b_change_cow_conf(change, id);
	if (!page || !conf)
		return -ENOMEM;
	err = delete_entries(change, conf);
	for (kind = 0; kind < OP25B_DESTINATIONS; kind++) {
		for (family = 0; !err && family < OP25B_FAMILIES; family++)
			err = op25b_lpm_clear(&conf->destination[kind][family], &change->garbage);
		policy->destinations[kind] -= conf->destinations[kind];
	}
	if (!err && conf->vrf)
		err = op25b_domain_leave(&policy->vrfs, &change->garbage, conf->vrf);
	if (err)
		return err;
	change->hinted = NULL;

	policy->pools--;
	count_guards(policy, conf->settings, -1);
	page->conf[id % OP25B_PAGE_POOLS] = NULL;
	op25b_recording_drop(change->table, conf);
	if (!op25b_change_base_has(change, conf->pool))
		op25b_table_conf_put(change->table, conf);
	kfree(conf);
	change->changed = true;
	change->pools_changed = true;
	return 0;
}
