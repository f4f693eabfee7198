// SPDX-License-Identifier: GPL-2.0
/*
 * A change of the policy: step by step where nobody sees it
 *
 * A change works on a policy of its own. It shares with the one it started from whatever it has not
 * touched; what it touches is copied first, once, and marked fresh. So it can be thrown away at any
 * point, and it takes effect all at once (op25b_table_commit()).
 *
 * Every function here is called with the table's lock held. One that fails may have done half of
 * its work: the change is good for op25b_change_abort() only, and then nothing has happened.
 */
#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "core/memory.h"
#include "op25b_change.h"

static struct op25b_change *change_alloc(struct op25b_table *table,
					 const struct op25b_policy *base)
{
	struct op25b_change *change = kzalloc(sizeof(*change), OP25B_GFP);

	if (!change)
		return NULL;
	change->policy = base ? kmemdup(base, sizeof(*base), OP25B_GFP) :
				kzalloc(sizeof(*base), OP25B_GFP);
	if (!change->policy) {
		kfree(change);
		return NULL;
	}
	change->table = table;
	change->base = base;
	change->pools_changed = !base;
	INIT_LIST_HEAD(&change->exempts);
	INIT_LIST_HEAD(&change->gone);
	return change;
}

/**
 * op25b_change_begin() - begin a change of the policy in force
 * @table: its table, locked until the change has ended
 *
 * Return: the change, owned by the caller until op25b_change_abort() or op25b_table_commit(); NULL
 * when out of memory.
 */
struct op25b_change *op25b_change_begin(struct op25b_table *table)
{
	return change_alloc(table, op25b_table_policy(table));
}

/**
 * op25b_change_begin_empty() - begin a policy from nothing
 * @table: its table; the lock may be released and taken again before the change has ended
 *
 * Return: as for op25b_change_begin().
 */
struct op25b_change *op25b_change_begin_empty(struct op25b_table *table)
{
	return change_alloc(table, NULL);
}

static bool base_has(const struct op25b_change *change, const struct op25b_pool *pool)
{
	const struct op25b_terms *terms;

	if (!change->base)
		return false;
	terms = op25b_policy_terms(change->base, pool->id);
	return terms && terms->pool == pool;
}

static void discard_terms(struct op25b_change *change, struct op25b_terms *terms)
{
	unsigned int family;

	if (!terms || !terms->fresh)
		return;
	for (family = 0; family < OP25B_FAMILIES; family++)
		op25b_lpm_discard(terms->relay[family]);
	if (!base_has(change, terms->pool))
		op25b_table_pool_put(change->table, terms->pool);
	kfree(terms);
}

/**
 * op25b_change_abort() - end a change: nothing has happened
 * @change: the change, which is gone then
 */
void op25b_change_abort(struct op25b_change *change)
{
	struct op25b_table *table = change->table;
	struct op25b_exempt *exempt, *next;
	struct op25b_page *page;
	unsigned int i, j;

	for (i = 0; i < OP25B_FAMILIES; i++) {
		op25b_lpm_discard(change->policy->entry[i]);
		op25b_lpm_discard(change->policy->relay[i]);
	}
	for (i = 0; i < ARRAY_SIZE(change->policy->page); i++) {
		if (!test_bit(i, change->fresh_pages))
			continue;
		page = change->policy->page[i];
		for (j = 0; j < ARRAY_SIZE(page->terms); j++)
			discard_terms(change, page->terms[j]);
		kfree(page);
		cond_resched();
	}
	list_for_each_entry_safe(exempt, next, &change->exempts, list) {
		kfree(exempt);
		cond_resched();
	}
	lockdep_assert_held(&table->lock);
	list_for_each_entry_safe(exempt, next, &change->gone, list) {
		list_move(&exempt->list, &table->exempts);
		if (exempt->expires)
			timerqueue_add(&table->expiries, &exempt->expiry);
		cond_resched();
	}
	op25b_garbage_forget(&change->garbage);
	kfree(change->policy);
	kfree(change);
}

/* The page with the terms of pool @id, fresh; NULL when out of memory. */
static struct op25b_page *page_own(struct op25b_change *change, u32 id)
{
	struct op25b_page *copy, **link = &change->policy->page[id / OP25B_PAGE_TERMS];

	if (test_bit(id / OP25B_PAGE_TERMS, change->fresh_pages))
		return *link;
	copy = *link ? kmemdup(*link, sizeof(*copy), OP25B_GFP) :
		       kzalloc(sizeof(*copy), OP25B_GFP);
	if (!copy)
		return NULL;
	if (*link && op25b_garbage_add(&change->garbage, *link)) {
		kfree(copy);
		return NULL;
	}
	__set_bit(id / OP25B_PAGE_TERMS, change->fresh_pages);
	*link = copy;
	return copy;
}

/* The terms of pool @id, which the policy has, fresh; NULL when out of memory. */
static struct op25b_terms *terms_own(struct op25b_change *change, u32 id)
{
	struct op25b_terms *copy, **link, *terms = op25b_policy_terms(change->policy, id);
	struct op25b_page *page;

	if (terms->fresh)
		return terms;
	page = page_own(change, id);
	if (!page)
		return NULL;
	link = &page->terms[id % OP25B_PAGE_TERMS];
	copy = kmemdup(*link, sizeof(*copy), OP25B_GFP);
	if (!copy)
		return NULL;
	if (op25b_garbage_add(&change->garbage, *link)) {
		kfree(copy);
		return NULL;
	}
	copy->fresh = true;
	*link = copy;
	return copy;
}

/* Add @sign times what @settings has of guards. */
static void count_guards(struct op25b_policy *policy, struct op25b_settings settings, int sign)
{
	if (settings.guard & OP25B_GUARD_SYNACK)
		policy->synack += sign;
	if (settings.guard & OP25B_GUARD_INBOUND)
		policy->inbound += sign;
}

/**
 * op25b_change_pool() - find a pool in the policy that is being made
 * @change: the change
 * @name: the pool's name
 *
 * Return: its terms, or NULL if there is no such pool.
 */
struct op25b_terms *op25b_change_pool(const struct op25b_change *change, const char *name)
{
	const struct op25b_pool *pool;

	lockdep_assert_held(&change->table->lock);
	pool = op25b_table_pool_find(change->table, name);
	return pool ? op25b_policy_terms(change->policy, pool->id) : NULL;
}

/**
 * op25b_pool_add() - add a pool
 * @change: the change
 * @name: its name, a valid one, that no pool of the policy has
 * @settings: its settings
 * @extack: takes the reason of a failure
 *
 * Return: its id, or -ENOSPC or -ENOMEM.
 */
int op25b_pool_add(struct op25b_change *change, const char *name, struct op25b_settings settings,
		   struct netlink_ext_ack *extack)
{
	struct op25b_terms *terms;
	struct op25b_page *page;
	struct op25b_pool *pool;

	if (change->policy->pools == OP25B_POOL_MAX) {
		NL_SET_ERR_MSG(extack, "there are 65535 pools, which is all there can be");
		return -ENOSPC;
	}
	terms = kzalloc(sizeof(*terms), OP25B_GFP);
	if (!terms)
		return -ENOMEM;
	lockdep_assert_held(&change->table->lock);
	pool = op25b_table_pool_get(change->table, name, extack);
	if (IS_ERR(pool)) {
		kfree(terms);
		return PTR_ERR(pool);
	}
	page = page_own(change, pool->id);
	if (!page) {
		op25b_table_pool_put(change->table, pool);
		kfree(terms);
		return -ENOMEM;
	}
	/* deleted and added again by the same change: what the base holds will do */
	if (base_has(change, pool))
		pool->refs--;
	terms->pool = pool;
	terms->settings = settings;
	terms->fresh = true;
	page->terms[pool->id % OP25B_PAGE_TERMS] = terms;

	count_guards(change->policy, settings, 1);
	change->policy->pools++;
	change->changed = true;
	change->pools_changed = true;
	return pool->id;
}

/**
 * op25b_pool_set() - change a pool's settings
 * @change: the change
 * @id: the pool's id, which the policy has
 * @settings: its new settings
 *
 * Return: 0 or -ENOMEM.
 */
int op25b_pool_set(struct op25b_change *change, u32 id, struct op25b_settings settings)
{
	struct op25b_terms *terms = op25b_policy_terms(change->policy, id);

	if (terms->settings.mode == settings.mode && terms->settings.action == settings.action &&
	    terms->settings.guard == settings.guard)
		return 0;

	terms = terms_own(change, id);
	if (!terms)
		return -ENOMEM;
	count_guards(change->policy, terms->settings, -1);
	terms->settings = settings;
	count_guards(change->policy, settings, 1);
	change->changed = true;
	return 0;
}

/* Take an exempt out of the lists and of the queue, if it is there. */
static void exempt_drop(struct op25b_change *change, struct op25b_exempt *exempt)
{
	if (!exempt)
		return;
	if (exempt->fresh) {
		list_del(&exempt->list);
		kfree(exempt);
		return;
	}
	lockdep_assert_held(&change->table->lock);
	list_move(&exempt->list, &change->gone);
	if (exempt->expires)
		timerqueue_del(&change->table->expiries, &exempt->expiry);
}

static struct op25b_exempt *exempt_alloc(struct op25b_change *change, u32 id,
					 const struct op25b_prefix *prefix, const char *comment)
{
	size_t size = strlen(comment) + 1;
	struct op25b_exempt *exempt;

	exempt = kzalloc(sizeof(*exempt) + size, OP25B_GFP);
	if (!exempt)
		return NULL;
	timerqueue_init(&exempt->expiry);
	exempt->prefix = *prefix;
	exempt->pool = id;
	exempt->fresh = true;
	strscpy(exempt->comment, comment, size);
	list_add_tail(&exempt->list, &change->exempts);
	return exempt;
}

static unsigned long entry_get(const struct op25b_change *change, const struct op25b_prefix *prefix)
{
	return op25b_lpm_get(change->policy->entry[prefix->family], prefix->key, prefix->len);
}

static unsigned long entry_value(struct op25b_entry entry)
{
	if (entry.exempt)
		return (unsigned long)entry.exempt;
	return OP25B_ENTRY_WORD | (entry.is_prefix ? OP25B_ENTRY_PREFIX : 0) |
	       (entry.is_exempt ? OP25B_ENTRY_EXEMPT : 0) |
	       (unsigned long)entry.pool << OP25B_ENTRY_POOL_SHIFT;
}

/* What is at @prefix has become @entry; it was @old. */
static int entry_written(struct op25b_change *change, const struct op25b_prefix *prefix,
			 struct op25b_entry old, struct op25b_entry entry)
{
	struct op25b_terms *terms = terms_own(change, entry.pool);
	struct op25b_policy *policy = change->policy;

	if (!terms)
		return -ENOMEM;
	terms->prefixes += entry.is_prefix - old.is_prefix;
	terms->exempts += entry.is_exempt - old.is_exempt;
	policy->prefixes[prefix->family] += entry.is_prefix - old.is_prefix;
	policy->exempts += entry.is_exempt - old.is_exempt;
	change->changed = true;
	return 0;
}

/* What is at @prefix becomes @entry; it was @old, which may be nothing, as may @entry. */
static int entry_write(struct op25b_change *change, const struct op25b_prefix *prefix,
		       struct op25b_entry old, struct op25b_entry entry)
{
	struct op25b_lpm *lpm = &change->policy->entry[prefix->family];
	struct op25b_exempt *exempt = entry.exempt;
	int err;

	if (exempt && exempt->is_prefix != entry.is_prefix) {
		/* what readers see is not written to */
		if (!exempt->fresh) {
			exempt = exempt_alloc(change, entry.pool, prefix, exempt->comment);
			if (!exempt)
				return -ENOMEM;
			exempt->expires = entry.exempt->expires;
			exempt->expiry.expires = entry.exempt->expiry.expires;
			entry.exempt = exempt;
		}
		exempt->is_prefix = entry.is_prefix;
	}

	change->hint[prefix->family].link = NULL;
	if (entry.is_prefix || entry.is_exempt)
		err = op25b_lpm_set(lpm, &change->garbage, prefix->key, prefix->len,
				    entry_value(entry));
	else
		err = op25b_lpm_del(lpm, &change->garbage, prefix->key, prefix->len);
	if (err)
		return err;
	if (old.exempt != entry.exempt)
		exempt_drop(change, old.exempt);
	return entry_written(change, prefix, old, entry);
}

/**
 * op25b_prefix_add() - add a prefix to a pool
 * @change: the change
 * @id: the pool's id, which the policy has
 * @prefix: the prefix
 * @force: it may be there already
 * @extack: takes the reason of a failure
 *
 * Return: 0, -EEXIST or -ENOMEM.
 */
int op25b_prefix_add(struct op25b_change *change, u32 id, const struct op25b_prefix *prefix,
		     bool force, struct netlink_ext_ack *extack)
{
	struct op25b_entry entry = { .pool = id, .is_prefix = true }, old = { .pool = id };
	unsigned long value;
	int err;

	err = op25b_lpm_add(&change->policy->entry[prefix->family], &change->hint[prefix->family],
			    &change->garbage, prefix->key, prefix->len, entry_value(entry), &value);
	if (err)
		return err;
	if (!value)
		return entry_written(change, prefix, old, entry);

	entry = op25b_entry(value);
	old = entry;
	if (old.pool != id) {
		NL_SET_ERR_MSG(extack, "prefix is in another pool");
		if (!old.is_prefix)
			NL_SET_ERR_MSG(extack, "prefix is an exempt of another pool");
		return -EEXIST;
	}
	if (old.is_prefix) {
		if (force)
			return 0;
		NL_SET_ERR_MSG(extack, "prefix is in the pool already");
		return -EEXIST;
	}
	entry.is_prefix = true;
	return entry_write(change, prefix, old, entry);
}

/**
 * op25b_prefix_del() - take a prefix out of a pool
 * @change: the change
 * @id: the pool's id, which the policy has
 * @prefix: the prefix
 * @force: it need not be there
 * @extack: takes the reason of a failure
 *
 * Return: 0, -ENOENT or -ENOMEM.
 */
int op25b_prefix_del(struct op25b_change *change, u32 id, const struct op25b_prefix *prefix,
		     bool force, struct netlink_ext_ack *extack)
{
	unsigned long value = entry_get(change, prefix);
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
 * op25b_exempt_add() - add an exempt to a pool
 * @change: the change
 * @id: the pool's id, which the policy has
 * @prefix: the exempt's prefix
 * @timeout: it expires after so many seconds; 0 if it does not
 * @comment: its comment, empty if it has none
 * @force: it may be there already, and takes the timeout and comment given
 * @extack: takes the reason of a failure
 *
 * Return: 0, -EEXIST or -ENOMEM.
 */
int op25b_exempt_add(struct op25b_change *change, u32 id, const struct op25b_prefix *prefix,
		     u32 timeout, const char *comment, bool force, struct netlink_ext_ack *extack)
{
	unsigned long value = entry_get(change, prefix);
	struct op25b_entry entry, old = { .pool = id };
	struct op25b_exempt *exempt;

	if (value)
		old = op25b_entry(value);
	if (old.pool != id) {
		NL_SET_ERR_MSG(extack, "exempt is in another pool");
		return -EEXIST;
	}
	if (old.is_exempt && !force) {
		NL_SET_ERR_MSG(extack, "exempt is there already");
		return -EEXIST;
	}
	if (old.is_exempt && !timeout) {
		/* the same again? */
		if (!old.exempt && !*comment)
			return 0;
		if (old.exempt && !old.exempt->expires && !strcmp(old.exempt->comment, comment))
			return 0;
	}

	entry = old;
	entry.is_exempt = true;
	entry.exempt = NULL;
	if (timeout || *comment) {
		exempt = exempt_alloc(change, id, prefix, comment);
		if (!exempt)
			return -ENOMEM;
		exempt->is_prefix = entry.is_prefix;
		exempt->expires = timeout;
		exempt->expiry.expires = ktime_add(ktime_get_boottime(), ktime_set(timeout, 0));
		entry.exempt = exempt;
	}
	return entry_write(change, prefix, old, entry);
}

/**
 * op25b_exempt_del() - take an exempt out of a pool
 * @change: the change
 * @id: the pool's id, which the policy has
 * @prefix: the exempt's prefix
 * @force: it need not be there
 * @extack: takes the reason of a failure
 *
 * Return: 0, -ENOENT or -ENOMEM.
 */
int op25b_exempt_del(struct op25b_change *change, u32 id, const struct op25b_prefix *prefix,
		     bool force, struct netlink_ext_ack *extack)
{
	unsigned long value = entry_get(change, prefix);
	struct op25b_entry entry, old = { 0 };

	if (value)
		old = op25b_entry(value);
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

/* The relays of pool *@id, to be changed; of every pool where @id is NULL; NULL without memory. */
static struct op25b_lpm *relays_own(struct op25b_change *change, const u32 *id, int more)
{
	struct op25b_terms *terms;

	if (!id) {
		change->policy->relays += more;
		return change->policy->relay;
	}
	terms = terms_own(change, *id);
	if (!terms)
		return NULL;
	change->policy->relays += more;
	terms->relays += more;
	return terms->relay;
}

static bool has_relay(const struct op25b_change *change, const u32 *id,
		      const struct op25b_prefix *prefix)
{
	const struct op25b_lpm *relay = change->policy->relay;

	if (id)
		relay = op25b_policy_terms(change->policy, *id)->relay;
	return op25b_lpm_get(relay[prefix->family], prefix->key, prefix->len);
}

/**
 * op25b_relay_add() - add a relay
 * @change: the change
 * @id: the id of the pool it is for, which the policy has; NULL: for every pool
 * @prefix: the relay's prefix
 * @force: it may be there already
 * @extack: takes the reason of a failure
 *
 * Return: 0, -EEXIST or -ENOMEM.
 */
int op25b_relay_add(struct op25b_change *change, const u32 *id, const struct op25b_prefix *prefix,
		    bool force, struct netlink_ext_ack *extack)
{
	struct op25b_lpm *relay;

	if (has_relay(change, id, prefix)) {
		if (force)
			return 0;
		NL_SET_ERR_MSG(extack, "relay is there already");
		return -EEXIST;
	}
	relay = relays_own(change, id, 1);
	if (!relay)
		return -ENOMEM;
	change->changed = true;
	return op25b_lpm_set(&relay[prefix->family], &change->garbage, prefix->key, prefix->len, 1);
}

/**
 * op25b_relay_del() - take a relay out
 * @change: the change
 * @id: the id of the pool it is for, which the policy has; NULL: for every pool
 * @prefix: the relay's prefix
 * @force: it need not be there
 * @extack: takes the reason of a failure
 *
 * Return: 0, -ENOENT or -ENOMEM.
 */
int op25b_relay_del(struct op25b_change *change, const u32 *id, const struct op25b_prefix *prefix,
		    bool force, struct netlink_ext_ack *extack)
{
	struct op25b_lpm *relay;

	if (!has_relay(change, id, prefix)) {
		if (force)
			return 0;
		NL_SET_ERR_MSG(extack, "relay is not there");
		return -ENOENT;
	}
	relay = relays_own(change, id, -1);
	if (!relay)
		return -ENOMEM;
	change->changed = true;
	return op25b_lpm_del(&relay[prefix->family], &change->garbage, prefix->key, prefix->len);
}

#define COLLECT_MAX 64

/* Entries of one pool */
struct collect {
	u32 id;
	enum op25b_family family;
	unsigned int n;
	struct op25b_prefix prefix[COLLECT_MAX];
};

static int collect_entry(void *arg, struct op25b_key key, unsigned int len, unsigned long value)
{
	struct collect *collect = arg;

	cond_resched();
	if (op25b_entry(value).pool != collect->id)
		return 0;
	collect->prefix[collect->n++] = (struct op25b_prefix){
		.family = collect->family,
		.len = len,
		.key = key,
	};
	return collect->n == COLLECT_MAX;
}

/* Take the pool's prefixes and exempts out. */
static int delete_entries(struct op25b_change *change, struct collect *collect)
{
	const struct op25b_terms *terms = op25b_policy_terms(change->policy, collect->id);
	struct op25b_prefix from = { 0 };
	struct op25b_entry old, none;
	unsigned int i;
	int more = 1, err;

	while (more && terms->prefixes + terms->exempts) {
		collect->n = 0;
		more = op25b_lpm_walk(change->policy->entry[collect->family], from.key, from.len,
				      collect_entry, collect);
		for (i = 0; i < collect->n; i++) {
			from = collect->prefix[i];
			old = op25b_entry(entry_get(change, &from));
			none = (struct op25b_entry){ .pool = old.pool };
			err = entry_write(change, &from, old, none);
			if (err)
				return err;
		}
	}
	return 0;
}

/**
 * op25b_pool_del() - take a pool out, with its prefixes, exempts and relays
 * @change: the change
 * @id: the pool's id, which the policy has
 *
 * Return: 0 or -ENOMEM.
 */
int op25b_pool_del(struct op25b_change *change, u32 id)
{
	struct op25b_policy *policy = change->policy;
	struct op25b_terms *terms = terms_own(change, id);
	struct collect *collect;
	unsigned int family;
	int err = 0;

	collect = kmalloc(sizeof(*collect), OP25B_GFP);
	if (!terms || !collect) {
		kfree(collect);
		return -ENOMEM;
	}
	collect->id = id;
	for (family = 0; !err && family < OP25B_FAMILIES; family++) {
		collect->family = family;
		err = delete_entries(change, collect);
	}
	kfree(collect);
	for (family = 0; !err && family < OP25B_FAMILIES; family++)
		err = op25b_lpm_clear(&terms->relay[family], &change->garbage);
	if (err)
		return err;

	policy->relays -= terms->relays;
	policy->pools--;
	count_guards(policy, terms->settings, -1);
	policy->page[id / OP25B_PAGE_TERMS]->terms[id % OP25B_PAGE_TERMS] = NULL;
	if (!base_has(change, terms->pool))
		op25b_table_pool_put(change->table, terms->pool);
	kfree(terms);
	change->changed = true;
	change->pools_changed = true;
	return 0;
}
