// SPDX-License-Identifier: GPL-2.0
/*
 * The policy of a namespace, its changes, its counters and the packet path: the module's sources,
 * unmodified, against a naive model that is lists and loops
 */
#include <errno.h>
#include <string.h>

#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/skbuff.h>
#include <net/l3mdev.h>

#include "check.h"
#include "model.h"
#include "op25b_change.h"
#include "op25b_hook.h"
#include "op25b_net.h"
#include "op25b_reject.h"
#include "op25b_table.h"

/* What the sources under test call, and the tests look at */

unsigned int op25b_net_id;

static struct op25b_net on;
static struct net net = { .generic = &on };
#define table (&on.table)

static struct {
	const struct nf_hook_ops *hooks;
	void *hooks_memory;
	unsigned int directories;
	int directory_error;	/* instead of making one */
	unsigned int rejects;
	enum op25b_action action;
} seen;

int nf_register_net_hooks(struct net *to, const struct nf_hook_ops *ops, unsigned int n)
{
	CHECK(to == &net && !seen.hooks && ops == table->hooks && n == 2);
	seen.hooks_memory = kmalloc(1, GFP_KERNEL);
	if (!seen.hooks_memory)
		return -ENOMEM;
	seen.hooks = ops;
	return 0;
}

void nf_unregister_net_hooks(struct net *from, const struct nf_hook_ops *ops, unsigned int n)
{
	CHECK(from == &net && seen.hooks == ops && n == 2);
	seen.hooks = NULL;
	kfree(seen.hooks_memory);
}

int op25b_sysfs_pool_add(struct op25b_table *to, struct op25b_pool *pool)
{
	CHECK(to == table && !pool->sysfs);
	if (seen.directory_error)
		return seen.directory_error;
	pool->sysfs = kmalloc(1, GFP_KERNEL);
	if (!pool->sysfs)
		return -ENOMEM;
	seen.directories++;
	return 0;
}

void op25b_sysfs_pool_del(struct op25b_pool *pool)
{
	if (!pool->sysfs)
		return;
	seen.directories--;
	kfree(pool->sysfs);
	pool->sysfs = NULL;
}

void op25b_reject(struct sk_buff *skb, const struct nf_hook_state *state, enum op25b_family family,
		  enum op25b_action action)
{
	seen.rejects++;
	seen.action = action;
}

/* What is in force, according to the model */
static struct model now;

/* Chance */

/* Few addresses, in a block of customers and one of servers */
static struct op25b_key random_key(enum op25b_family family)
{
	static const char *const blocks[2][2] = {
		{ "10.0.0.0", "192.0.2.0" }, { "2001:db8::", "2001:db9:a::" },
	};
	address at = address_of(prefix(blocks[family][chance_below(3) == 0]).key);

	if (family == OP25B_IPV4)
		at |= (address)(chance_below(8) << 5 | chance_below(4)) << 96;
	else
		at |= (address)chance_below(8) << 66 | chance_below(4);
	return key_of(at);
}

static struct op25b_prefix random_prefix(void)
{
	static const unsigned int lens[2][8] = {
		{ 0, 8, 24, 25, 26, 27, 31, 32 }, { 0, 32, 59, 60, 62, 64, 127, 128 },
	};
	struct op25b_prefix p = { .family = chance_below(2) };

	p.len = lens[p.family][chance_below(chance_below(4) ? 8 : 2)];
	p.key = key_of(address_of(random_key(p.family)) & mask(p.len));
	return p;
}

static struct op25b_settings random_settings(void)
{
	return (struct op25b_settings){
		.mode = chance_below(3) ? OP25B_MODE_ENFORCE : chance_below(3),
		.action = chance_below(3),
		.guard = chance_below(4),
	};
}

/* Something to do to @model */
static struct op random_op(struct model *model)
{
	static const char *const comments[] = { "", "fixed", "ticket 7" };
	struct op op = { .comment = "" };

	do {
		op.kind = chance_below(4) ? PREFIX_ADD + chance_below(6) : chance_below(3);
		if (op.kind == POOL_DEL && chance_below(3))
			op.kind = POOL_SET;
		op.pool = chance_below(POOLS);
		if (op.kind >= RELAY_ADD && chance() & 1)
			op.pool = EVERY_POOL;
	} while (op.pool != EVERY_POOL &&
		 model->exists[op.pool] == (op.kind == POOL_ADD));

	op.settings = random_settings();
	op.prefix = random_prefix();
	op.timeout = chance_below(3) ? 0 : 1 + chance_below(40);
	op.comment = comments[chance_below(3)];
	op.force = chance() & 1;
	/* most of what is deleted is there */
	if (op.kind >= RELAY_ADD) {
		if (op.kind == RELAY_DEL && model->relays && chance_below(4)) {
			struct relay *relay = &model->relay[chance_below(model->relays)];

			op.prefix = relay->prefix;
			op.pool = relay->pool;
		}
	} else if (op.kind != PREFIX_ADD && model->entries && chance_below(4)) {
		struct entry *entry = &model->entry[chance_below(model->entries)];

		op.prefix = entry->prefix;
		if (chance_below(8) && op.kind > POOL_DEL)
			op.pool = entry->pool;
	}
	return op;
}

/* Changes */

static u32 id_of(const struct op25b_change *change, int pool)
{
	const struct op25b_terms *terms = op25b_change_pool(change, model_names[pool]);

	CHECK(terms && !strcmp(terms->pool->name, model_names[pool]));
	return terms->pool->id;
}

static int change_apply(struct op25b_change *change, const struct op *op)
{
	struct netlink_ext_ack extack = { 0 };
	const u32 *relay_id = NULL;
	int err;
	u32 id;

	if (op->kind == POOL_ADD) {
		CHECK(!op25b_change_pool(change, model_names[op->pool]));
		err = op25b_pool_add(change, model_names[op->pool], op->settings, &extack);
		CHECK(err < 0 || (u32)err == id_of(change, op->pool));
		return err < 0 ? err : 0;
	}
	CHECK(op->pool != EVERY_POOL || op->kind == RELAY_ADD || op->kind == RELAY_DEL);
	if (op->pool != EVERY_POOL) {
		id = id_of(change, op->pool);
		relay_id = &id;
	}
	switch (op->kind) {
	case POOL_SET:
		err = op25b_pool_set(change, id, op->settings);
		break;
	case POOL_DEL:
		err = op25b_pool_del(change, id);
		CHECK(err || !op25b_change_pool(change, model_names[op->pool]));
		break;
	case PREFIX_ADD:
		err = op25b_prefix_add(change, id, &op->prefix, op->force, &extack);
		break;
	case PREFIX_DEL:
		err = op25b_prefix_del(change, id, &op->prefix, op->force, &extack);
		break;
	case EXEMPT_ADD:
		err = op25b_exempt_add(change, id, &op->prefix, op->timeout, op->comment, op->force,
				       &extack);
		break;
	case EXEMPT_DEL:
		err = op25b_exempt_del(change, id, &op->prefix, op->force, &extack);
		break;
	case RELAY_ADD:
		err = op25b_relay_add(change, relay_id, &op->prefix, op->force, &extack);
		break;
	case RELAY_DEL:
		err = op25b_relay_del(change, relay_id, &op->prefix, op->force, &extack);
		break;
	default:
		err = -EINVAL;
	}
	/* each refusal says why */
	CHECK((err == -EEXIST || err == -ENOENT) == (extack._msg && *extack._msg),
	      "%d: %s", err, extack._msg);
	return err;
}

/* What is in force is what the model says. */

static void count_is(u32 n, u32 expected, const char *what)
{
	CHECK(n == expected, "%s: %u, not %u", what, n, expected);
}

struct collected {
	unsigned int n;
	enum op25b_family family;
	const struct op25b_policy *policy;
	struct model *model;
	unsigned int comments;	/* entries with a struct op25b_exempt */
	unsigned int timeouts;
	int relays_of;
};

static int see_entry(void *arg, struct op25b_key key, unsigned int len, unsigned long value)
{
	struct collected *c = arg;
	struct op25b_prefix p = { .family = c->family, .len = len, .key = key };
	const struct entry *expected = model_entry(c->model, &p);
	struct op25b_entry entry = op25b_entry(value);
	const struct op25b_terms *terms = op25b_policy_terms(c->policy, entry.pool);

	CHECK(expected && terms);
	CHECK(!strcmp(terms->pool->name, model_names[expected->pool]));
	CHECK(entry.is_prefix == expected->is_prefix && entry.is_exempt == expected->is_exempt);
	CHECK(!entry.exempt == !(expected->expires || *expected->comment));
	if (entry.exempt) {
		CHECK(same_prefix(&entry.exempt->prefix, &p) && !entry.exempt->fresh);
		CHECK(entry.exempt->expires == !!expected->expires);
		CHECK(!expected->expires || entry.exempt->expiry.expires == expected->expires);
		CHECK(!strcmp(entry.exempt->comment, expected->comment));
		c->comments++;
		c->timeouts += entry.exempt->expires;
	}
	c->n++;
	return 0;
}

static int see_relay(void *arg, struct op25b_key key, unsigned int len, unsigned long value)
{
	struct collected *c = arg;
	struct op25b_prefix p = { .family = c->family, .len = len, .key = key };

	CHECK(value && model_relay(c->model, &p, c->relays_of));
	c->n++;
	return 0;
}

static void judges_as(const struct op25b_policy *policy, const struct model *model,
		      unsigned int times)
{
	struct op25b_judgement judgement;
	struct verdict expected;
	enum op25b_family family;
	struct op25b_key src, dst;
	enum op25b_shape shape;

	while (times--) {
		family = chance_below(2);
		shape = chance_below(4);
		src = random_key(family);
		dst = random_key(family);
		expected = model_judge(model, shape, family, src, dst);
		judgement = op25b_judge(policy, shape, family, src, dst);
		CHECK(judgement.verdict == expected.verdict, "%d, not %d", judgement.verdict,
		      expected.verdict);
		if (expected.verdict == OP25B_VERDICT_PASSED)
			continue;
		CHECK(judgement.class == expected.class);
		CHECK(!strcmp(judgement.terms->pool->name, model_names[expected.pool]));
	}
}

static void policy_is(const struct op25b_policy *policy, struct model *model)
{
	const struct op25b_terms *terms[POOLS] = { NULL }, *next = op25b_policy_next(policy, 0);
	u32 prefixes, exempts, relays, pools = 0, guards[2] = { 0 };
	struct collected c = { .policy = policy, .model = model };
	struct op25b_key none = { 0 };
	unsigned int i, j;
	int pool;

	count_is(policy->generation, model->generation, "generation");
	for (i = 0; i < OP25B_PAGES; i++) {
		for (j = 0; policy->page[i] && j < OP25B_PAGE_TERMS; j++) {
			const struct op25b_terms *t = policy->page[i]->terms[j];

			if (!t)
				continue;
			CHECK(!t->fresh && t->pool->id == i * OP25B_PAGE_TERMS + j);
			for (pool = 0; strcmp(model_names[pool], t->pool->name); pool++)
				CHECK(pool < POOLS - 1);
			CHECK(!terms[pool]);
			terms[pool] = t;
			CHECK(t == next);
			next = op25b_policy_next(policy, t->pool->id + 1);
		}
	}
	CHECK(!next);
	for (pool = 0; pool < POOLS; pool++) {
		CHECK(!terms[pool] == !model->exists[pool], "%s", model_names[pool]);
		if (!terms[pool])
			continue;
		pools++;
		CHECK(!memcmp(&terms[pool]->settings, &model->settings[pool],
			      sizeof(terms[pool]->settings)));
		guards[0] += !!(model->settings[pool].guard & OP25B_GUARD_SYNACK);
		guards[1] += !!(model->settings[pool].guard & OP25B_GUARD_INBOUND);
		for (prefixes = exempts = 0, i = 0; i < model->entries; i++) {
			prefixes += model->entry[i].pool == pool && model->entry[i].is_prefix;
			exempts += model->entry[i].pool == pool && model->entry[i].is_exempt;
		}
		for (relays = 0, i = 0; i < model->relays; i++)
			relays += model->relay[i].pool == pool;
		count_is(terms[pool]->prefixes, prefixes, "prefixes of a pool");
		count_is(terms[pool]->exempts, exempts, "exempts of a pool");
		count_is(terms[pool]->relays, relays, "relays of a pool");
	}
	count_is(policy->pools, pools, "pools");
	count_is(policy->synack, guards[0], "guards synack");
	count_is(policy->inbound, guards[1], "guards inbound");
	count_is(policy->relays, model->relays, "relays");

	for (i = 0; i < OP25B_FAMILIES; i++) {
		for (prefixes = 0, j = 0; j < model->entries; j++)
			prefixes += model->entry[j].is_prefix && model->entry[j].prefix.family == i;
		count_is(policy->prefixes[i], prefixes, "prefixes");
		c.family = i;
		op25b_lpm_walk(policy->entry[i], none, 0, see_entry, &c);
	}
	for (exempts = 0, j = 0; j < model->entries; j++)
		exempts += model->entry[j].is_exempt;
	count_is(policy->exempts, exempts, "exempts");
	CHECK(c.n == model->entries, "%u, not %u", c.n, model->entries);

	for (c.n = 0, i = 0; i < OP25B_FAMILIES; i++) {
		c.family = i;
		c.relays_of = EVERY_POOL;
		op25b_lpm_walk(policy->relay[i], none, 0, see_relay, &c);
		for (pool = 0; pool < POOLS; pool++) {
			c.relays_of = pool;
			if (terms[pool])
				op25b_lpm_walk(terms[pool]->relay[i], none, 0, see_relay, &c);
		}
	}
	CHECK(c.n == model->relays, "%u, not %u", c.n, model->relays);
	judges_as(policy, model, 10);
}

static void in_force(void)
{
	unsigned int listed = 0, queued = 0, expected = 0, timeouts = 0, i, pools = 0;
	const struct timerqueue_node *node;
	struct op25b_exempt *exempt;
	struct op25b_totals totals;
	struct op25b_pool *found;
	int pool;

	policy_is(table->policy, &now);
	list_for_each_entry(exempt, &table->exempts, list)
		listed++;
	for (node = table->expiries.first; node; node = node->next)
		queued++;
	for (i = 0; i < now.entries; i++) {
		expected += now.entry[i].expires || *now.entry[i].comment;
		timeouts += !!now.entry[i].expires;
	}
	count_is(listed, expected, "exempts in the list");
	count_is(queued, timeouts, "exempts in the queue");

	for (pool = 0; pool < POOLS; pool++) {
		if (!now.exists[pool])
			continue;
		pools++;
		found = op25b_table_pool_find(table, model_names[pool]);
		CHECK(found);
		op25b_stats_read(&found->stats, &totals);
		CHECK(!memcmp(totals.packets, now.packets[pool], sizeof(totals.packets)), "%s",
		      model_names[pool]);
	}
	count_is(seen.directories, pools, "directories");
	CHECK(!seen.hooks == !pools);
}

/* Policies that readers may still see */
static struct {
	unsigned int n;
	struct {
		const struct op25b_policy *policy;
		struct model model;
	} of[4];
} past;

static void grace_period(void)
{
	while (past.n) {
		past.n--;
		policy_is(past.of[past.n].policy, &past.of[past.n].model);
	}
	rcu_barrier();
}

static void remember(void)
{
	if (past.n == 4)
		grace_period();
	past.of[past.n].policy = table->policy;
	past.of[past.n++].model = now;
}

static int apply_all(struct op25b_change *change, const struct op *ops, unsigned int n)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < n && !err; i++)
		err = change_apply(change, &ops[i]);
	return err;
}

static int change_once(const struct op *ops, unsigned int n)
{
	struct op25b_change *change;
	int err = -ENOMEM;

	mutex_lock(&table->lock);
	change = op25b_change_begin(table);
	if (change) {
		err = apply_all(change, ops, n);
		if (err)
			op25b_change_abort(change);
		else
			err = op25b_table_commit(table, change, NULL);
	}
	mutex_unlock(&table->lock);
	return err;
}

/* The same change, with each allocation failing in turn; then it is done. */
static int change_failing(const struct op *ops, unsigned int n)
{
	unsigned long at;
	long live;
	int err;

	grace_period();
	live = shim_slab.live;
	for (at = 1;; at++) {
		shim_slab_fail(at, chance() & 1);
		err = change_once(ops, n);
		CHECK((err == -ENOMEM) == (shim_slab.calls >= at), "%d at %lu of %lu", err, at,
		      shim_slab.calls);
		shim_slab_fail(0, false);
		if (err != -ENOMEM)
			return err;
		rcu_barrier();
		CHECK(shim_slab.live == live, "%ld more", shim_slab.live - live);
		in_force();
	}
}

/* Do @n operations in one change, that gives @expected. */
static void change(const struct op *ops, unsigned int n, int expected, bool failing)
{
	static struct model model;
	unsigned int i;
	int err = 0;

	model = now;
	for (i = 0; i < n && !err; i++)
		err = model_apply(&model, &ops[i]);
	CHECK(err == expected, "the model gives %d", err);

	if (!failing && chance_below(3))
		remember();
	err = failing ? change_failing(ops, n) : change_once(ops, n);
	CHECK(err == expected, "%d, not %d", err, expected);
	if (!err)
		model_commit(&now, &model, false);
}

static void change_random(unsigned int n, bool failing)
{
	static struct model model;
	struct op ops[200];
	unsigned int i;
	int err = 0;

	CHECK(n <= 200);
	model = now;
	for (i = 0; i < n && !err; i++) {
		ops[i] = random_op(&model);
		/* most changes succeed */
		if (n > 3 && chance_below(16))
			ops[i].force = true;
		err = model_apply(&model, &ops[i]);
		if (err && n > 3 && chance_below(16)) {
			err = 0;
			i--;
			continue;
		}
	}
	change(ops, i, err, failing);
}

static void one(struct op op, int expected)
{
	if (!op.comment)
		op.comment = "";
	change(&op, 1, expected, false);
}

/* Restores */

struct staged {
	struct op25b_change *change;
	struct model model;
};

static void stage_begin(struct staged *staged)
{
	memset(staged, 0, sizeof(*staged));
	mutex_lock(&table->lock);
	staged->change = op25b_change_begin_empty(table);
	mutex_unlock(&table->lock);
	CHECK(staged->change);
}

/* A restore ends with the first refusal, so there is none here. */
static void stage(struct staged *staged, struct op op)
{
	if (!op.comment)
		op.comment = "";
	CHECK(model_apply(&staged->model, &op) == 0);
	mutex_lock(&table->lock);
	CHECK(change_apply(staged->change, &op) == 0);
	mutex_unlock(&table->lock);
}

static void stage_random(struct staged *staged, unsigned int n)
{
	static struct model model;
	struct op op;

	while (n--) {
		op = random_op(&staged->model);
		op.force = true;
		model = staged->model;
		if (!model_apply(&model, &op))
			stage(staged, op);
	}
}

static void stage_end(struct staged *staged, bool commit)
{
	mutex_lock(&table->lock);
	if (commit) {
		remember();
		CHECK(op25b_table_commit(table, staged->change, NULL) == 0);
		model_commit(&now, &staged->model, true);
	} else {
		op25b_change_abort(staged->change);
	}
	staged->change = NULL;
	mutex_unlock(&table->lock);
}

/* Time */

static void pass_time(unsigned int seconds)
{
	u64 generation = now.generation;
	unsigned int expired;

	shim_clock_advance(shim_clock + SECONDS(seconds));
	expired = model_expire(&now);
	/* one change or several, but none that changes nothing */
	CHECK(table->policy->generation >= generation + !!expired);
	CHECK(table->policy->generation <= generation + expired);
	now.generation = table->policy->generation;
}

/* Packets */

static unsigned int write_packet(u8 *p, enum op25b_shape shape, enum op25b_family family,
				 struct op25b_key src, struct op25b_key dst)
{
	static const u8 tcp[20] = { 0xd4, 0x31, 0xd4, 0x32, [12] = 0x50, 0x10 };
	u8 addresses[2][16];
	unsigned int i, n;

	for (i = 0; i < 16; i++) {
		addresses[0][i] = address_of(src) >> (120 - 8 * i);
		addresses[1][i] = address_of(dst) >> (120 - 8 * i);
	}
	if (family == OP25B_IPV4) {
		n = 20;
		memset(p, 0, n);
		p[0] = 0x45;
		p[9] = 6;
		memcpy(p + 12, addresses[0], 4);
		memcpy(p + 16, addresses[1], 4);
	} else {
		n = 40;
		memset(p, 0, n);
		p[0] = 0x60;
		p[6] = 6;
		memcpy(p + 8, addresses, 32);
	}
	memcpy(p + n, tcp, sizeof(tcp));
	if (shape == OP25B_SHAPE_SYN || shape == OP25B_SHAPE_MALFORMED) {
		p[n + 2] = 0;
		p[n + 3] = 25;
		p[n + 13] = 0x02;
	} else if (shape == OP25B_SHAPE_SYNACK) {
		p[n] = 0;
		p[n + 1] = 25;
		p[n + 13] = 0x12;
	}
	return shape == OP25B_SHAPE_MALFORMED ? n + 13 : n + 20;
}

/* Have the hook see a packet, and the model count it. */
static struct verdict send(enum op25b_shape shape, enum op25b_family family, struct op25b_key src,
			   struct op25b_key dst)
{
	struct verdict verdict = model_judge(&now, shape, family, src, dst);
	static const enum op25b_counted counted[] = {
		[OP25B_VERDICT_BLOCKED] = OP25B_BLOCKED,
		[OP25B_VERDICT_OBSERVED] = OP25B_OBSERVED,
		[OP25B_VERDICT_RELAYED] = OP25B_RELAYED,
		[OP25B_VERDICT_EXEMPTED] = OP25B_EXEMPTED,
	};
	struct net_device in = { 0 };
	struct nf_hook_state state = { .in = &in, .net = &net };
	unsigned int got, rejects = seen.rejects, head, len;
	const struct nf_hook_ops *ops;
	struct sk_buff skb = { 0 };
	u8 bytes[128], *rest;
	bool answered;

	if (!seen.hooks) {
		CHECK(verdict.verdict == OP25B_VERDICT_PASSED);
		return verdict;
	}
	for (ops = seen.hooks; ops->pf != (family ? NFPROTO_IPV6 : NFPROTO_IPV4); ops++)
		CHECK(ops == seen.hooks);
	CHECK(ops->hooknum == NF_INET_PRE_ROUTING && ops->priority < NF_IP_PRI_CONNTRACK_DEFRAG);

	/* the stack has read the IP header; the rest lies anywhere */
	len = write_packet(bytes, shape, family, src, dst);
	head = family ? 40 : 20;
	if (chance() & 1)
		head += chance_below(len - head + 1);
	skb.data = memcpy(malloc(head), bytes, head);
	skb.rest = rest = memcpy(malloc(len - head), bytes + head, len - head);
	skb.len = len;
	skb.data_len = len - head;

	shim_cpu = chance_below(SHIM_CPUS);
	/* what a VRF has from its devices, or once more from itself, was seen before */
	rcu_read_lock();
	in.ifindex = SHIM_VRF;
	skb.cb.flags = true;
	if (!chance_below(4)) {
		skb.cb.iif = chance() & 1 ? SHIM_LINK_OF_VRF : SHIM_VRF;
		CHECK(ops->hook(ops->priv, &skb, &state) == NF_ACCEPT);
		CHECK(seen.rejects == rejects);
	}
	/* what it has from elsewhere was not, nor what is its device's */
	skb.cb.iif = SHIM_LINK;
	if (chance() & 1) {
		skb.cb.flags = false;
		in.ifindex = chance() & 1 ? SHIM_LINK_OF_VRF : SHIM_LINK;
		skb.cb.iif = in.ifindex;
	}
	got = ops->hook(ops->priv, &skb, &state);
	rcu_read_unlock();
	free(skb.data);
	free(rest);

	CHECK(got == (verdict.verdict == OP25B_VERDICT_BLOCKED ? NF_DROP : NF_ACCEPT));
	answered = verdict.verdict == OP25B_VERDICT_BLOCKED && verdict.class == OP25B_CLASS_SYN &&
		   now.settings[verdict.pool].action != OP25B_ACTION_DROP;
	CHECK(seen.rejects == rejects + answered);
	CHECK(!answered || seen.action == now.settings[verdict.pool].action);
	if (verdict.verdict != OP25B_VERDICT_PASSED)
		now.packets[verdict.pool][verdict.class][counted[verdict.verdict]]++;
	return verdict;
}

static void send_random(unsigned int n)
{
	enum op25b_family family;

	while (n--) {
		family = chance_below(2);
		send(chance_below(4), family, random_key(family), random_key(family));
	}
}

static void sends(enum op25b_shape shape, const char *from, const char *to,
		  enum op25b_verdict verdict)
{
	struct op25b_prefix src = prefix(from), dst = prefix(to);

	CHECK(send(shape, src.family, src.key, dst.key).verdict == verdict, "%s to %s", from, to);
}

/* A table for each test */

static int setup(void **state)
{
	CHECK(shim_slab.live == 0);
	memset(&on, 0, sizeof(on));
	memset(&now, 0, sizeof(now));
	memset(&seen, 0, sizeof(seen));
	CHECK(op25b_table_workqueue_init() == 0);
	CHECK(op25b_table_init(table, &net) == 0);
	in_force();
	return 0;
}

/* In the order of op25b_mod.c */
static int teardown(void **state)
{
	in_force();
	op25b_table_stop(table);
	CHECK(!seen.hooks);
	grace_period();
	op25b_table_free(table);
	CHECK(!seen.directories);
	op25b_table_workqueue_exit();
	CHECK(shim_slab.live == 0, "%ld allocations leaked", shim_slab.live);
	return 0;
}

/* Tests */

#define OP(k, p, ...)	((struct op){ .kind = k, .pool = p, __VA_ARGS__ })
#define ADD(p, ...)	one(OP(POOL_ADD, p, .settings = { __VA_ARGS__ }), 0)
#define PREFIX(p, text)	one(OP(PREFIX_ADD, p, .prefix = prefix(text)), 0)
#define EXEMPT(p, text)	one(OP(EXEMPT_ADD, p, .prefix = prefix(text)), 0)
#define RELAY(p, text)	one(OP(RELAY_ADD, p, .prefix = prefix(text)), 0)

static void test_pools(void **state)
{
	CHECK(!seen.hooks);
	ADD(0);
	in_force();
	CHECK(seen.hooks);
	ADD(1, .mode = OP25B_MODE_OBSERVE);
	in_force();
	one(OP(POOL_SET, 1, .settings = { .guard = OP25B_GUARD_SYNACK }), 0);
	CHECK(table->policy->synack == 1 && table->policy->generation == 3);
	/* nothing new */
	one(OP(POOL_SET, 1, .settings = { .guard = OP25B_GUARD_SYNACK }), 0);
	CHECK(table->policy->generation == 3);
	in_force();
	PREFIX(0, "10.0.0.0/24");
	EXEMPT(0, "10.0.0.7");
	RELAY(0, "192.0.2.0/28");
	one(OP(POOL_DEL, 0), 0);
	CHECK(table->policy->prefixes[OP25B_IPV4] == 0 && table->policy->relays == 0);
	in_force();
	one(OP(POOL_DEL, 1), 0);
	CHECK(!seen.hooks);
	in_force();
	/* a pool of a name that was there starts from nothing */
	ADD(0);
	in_force();
}

static void test_errors(void **state)
{
	const struct op25b_prefix p = prefix("10.0.0.0/24");

	ADD(0);
	ADD(1);
	one(OP(PREFIX_DEL, 0, .prefix = p), -ENOENT);
	one(OP(PREFIX_DEL, 0, .prefix = p, .force = true), 0);
	one(OP(EXEMPT_DEL, 0, .prefix = p), -ENOENT);
	one(OP(EXEMPT_DEL, 0, .prefix = p, .force = true), 0);
	one(OP(RELAY_DEL, 0, .prefix = p), -ENOENT);
	one(OP(RELAY_DEL, 0, .prefix = p, .force = true), 0);
	one(OP(RELAY_DEL, EVERY_POOL, .prefix = p), -ENOENT);
	CHECK(table->policy->generation == 2);

	PREFIX(0, "10.0.0.0/24");
	one(OP(PREFIX_ADD, 0, .prefix = p), -EEXIST);
	one(OP(PREFIX_ADD, 0, .prefix = p, .force = true), 0);
	/* the same prefix in two pools is refused, whatever it is there */
	one(OP(PREFIX_ADD, 1, .prefix = p), -EEXIST);
	one(OP(PREFIX_ADD, 1, .prefix = p, .force = true), -EEXIST);
	one(OP(EXEMPT_ADD, 1, .prefix = p), -EEXIST);
	one(OP(EXEMPT_ADD, 1, .prefix = p, .force = true), -EEXIST);
	one(OP(PREFIX_DEL, 1, .prefix = p), -ENOENT);
	/* a prefix is no exempt, but may be both */
	one(OP(EXEMPT_DEL, 0, .prefix = p), -ENOENT);
	EXEMPT(0, "10.0.0.0/24");
	one(OP(EXEMPT_ADD, 0, .prefix = p), -EEXIST);
	one(OP(EXEMPT_ADD, 0, .prefix = p, .force = true), 0);
	one(OP(PREFIX_DEL, 0, .prefix = p), 0);
	one(OP(PREFIX_DEL, 0, .prefix = p), -ENOENT);
	one(OP(PREFIX_ADD, 1, .prefix = p), -EEXIST);
	in_force();
	/* relays of every pool and of each one are apart */
	RELAY(0, "10.0.0.0/24");
	RELAY(1, "10.0.0.0/24");
	RELAY(EVERY_POOL, "10.0.0.0/24");
	one(OP(RELAY_ADD, 0, .prefix = p), -EEXIST);
	one(OP(RELAY_ADD, EVERY_POOL, .prefix = p), -EEXIST);
	one(OP(RELAY_ADD, 1, .prefix = p, .force = true), 0);
	one(OP(RELAY_DEL, 1, .prefix = p), 0);
	one(OP(RELAY_DEL, 1, .prefix = p), -ENOENT);
	in_force();
	/* a message that fails half way */
	{
		struct op ops[] = {
			OP(PREFIX_ADD, 1, .prefix = prefix("10.0.1.0/24"), .comment = ""),
			OP(EXEMPT_ADD, 0, .prefix = prefix("10.0.1.1"), .timeout = 5,
			   .comment = "x"),
			OP(RELAY_ADD, 1, .prefix = prefix("::/0"), .comment = ""),
			OP(EXEMPT_DEL, 0, .prefix = p, .comment = ""),
			OP(PREFIX_ADD, 0, .prefix = prefix("10.0.1.0/24"), .comment = ""),
		};

		change(ops, 5, -EEXIST, false);
	}
	in_force();
}

/* Each class and verdict, in the order of the contract */
static void test_verdicts(void **state)
{
	static const enum op25b_shape shapes[] = {
		OP25B_SHAPE_SYN, OP25B_SHAPE_MALFORMED, OP25B_SHAPE_SYNACK, OP25B_SHAPE_SYN,
	};
	const char *in, *exempt, *server, *relay, *own, *other;
	unsigned int i, family, rejects;
	bool towards;

	ADD(0, .guard = OP25B_GUARD_SYNACK | OP25B_GUARD_INBOUND, .action = OP25B_ACTION_TCP_RESET);
	ADD(1);
	PREFIX(0, "10.0.0.0/24");
	EXEMPT(0, "10.0.0.7");
	PREFIX(0, "2001:db8::/32");
	EXEMPT(0, "2001:db8::7");
	PREFIX(1, "10.0.1.0/24");
	PREFIX(1, "2001:db9::/32");
	RELAY(EVERY_POOL, "192.0.2.0/28");
	RELAY(EVERY_POOL, "2001:dba::/32");
	RELAY(0, "192.0.2.32");
	RELAY(0, "2001:dbb::1");
	RELAY(1, "192.0.2.33");
	RELAY(1, "2001:dbb::2");

	for (family = 0; family < 2; family++) {
		in = family ? "2001:db8::5" : "10.0.0.5";
		exempt = family ? "2001:db8::7" : "10.0.0.7";
		server = family ? "2001:dbf::1" : "203.0.113.1";
		relay = family ? "2001:dba::1" : "192.0.2.3";
		own = family ? "2001:dbb::1" : "192.0.2.32";
		other = family ? "2001:dbb::2" : "192.0.2.33";
		for (i = 0; i < 4; i++) {
			towards = i >= 2;	/* the pool is the destination */
#define SENDS(a, b, verdict) sends(shapes[i], towards ? b : a, towards ? a : b, verdict)
			one(OP(POOL_SET, 0, .settings = { .guard = 3 }), 0);
			SENDS(in, server, OP25B_VERDICT_BLOCKED);
			SENDS(in, relay, OP25B_VERDICT_RELAYED);
			SENDS(in, own, OP25B_VERDICT_RELAYED);
			SENDS(in, other, OP25B_VERDICT_BLOCKED);
			SENDS(exempt, server, OP25B_VERDICT_EXEMPTED);
			SENDS(exempt, relay, OP25B_VERDICT_EXEMPTED);
			sends(shapes[i], server, server, OP25B_VERDICT_PASSED);
			one(OP(POOL_SET, 0, .settings = { .mode = OP25B_MODE_OBSERVE,
							  .guard = 3 }), 0);
			SENDS(in, server, OP25B_VERDICT_OBSERVED);
			SENDS(in, relay, OP25B_VERDICT_RELAYED);
			SENDS(exempt, server, OP25B_VERDICT_EXEMPTED);
			one(OP(POOL_SET, 0, .settings = { .mode = OP25B_MODE_OFF, .guard = 3 }), 0);
			SENDS(in, server, OP25B_VERDICT_PASSED);
			SENDS(in, relay, OP25B_VERDICT_PASSED);
			SENDS(exempt, server, OP25B_VERDICT_PASSED);
			one(OP(POOL_SET, 0, .settings = { .guard = 0 }), 0);
			SENDS(in, server, towards ? OP25B_VERDICT_PASSED : OP25B_VERDICT_BLOCKED);
			/* one guard is not the other */
			one(OP(POOL_SET, 0, .settings = { .guard = i == 2 ? OP25B_GUARD_INBOUND :
							  OP25B_GUARD_SYNACK }), 0);
			SENDS(in, server, towards ? OP25B_VERDICT_PASSED : OP25B_VERDICT_BLOCKED);
			in_force();
		}
	}
	/* the sender's pool first */
	one(OP(POOL_SET, 0, .settings = { .guard = OP25B_GUARD_INBOUND }), 0);
	sends(OP25B_SHAPE_SYN, "10.0.1.1", "10.0.0.5", OP25B_VERDICT_BLOCKED);
	CHECK(now.packets[1][OP25B_CLASS_SYN][OP25B_BLOCKED] == 1);
	in_force();
	/* each action, and only for a SYN */
	rejects = seen.rejects;
	for (i = 0; i < 3; i++) {
		one(OP(POOL_SET, 0, .settings = { .action = i, .guard = 3 }), 0);
		sends(OP25B_SHAPE_SYN, "10.0.0.5", "203.0.113.1", OP25B_VERDICT_BLOCKED);
		CHECK(seen.rejects == rejects + (i != OP25B_ACTION_DROP));
		CHECK(i == OP25B_ACTION_DROP || seen.action == i);
		rejects = seen.rejects;
		sends(OP25B_SHAPE_SYN, "203.0.113.1", "10.0.0.5", OP25B_VERDICT_BLOCKED);
		sends(OP25B_SHAPE_SYNACK, "203.0.113.1", "10.0.0.5", OP25B_VERDICT_BLOCKED);
		sends(OP25B_SHAPE_MALFORMED, "10.0.0.5", "203.0.113.1", OP25B_VERDICT_BLOCKED);
		CHECK(seen.rejects == rejects);
	}
	in_force();
}

static void test_specific(void **state)
{
	ADD(0);
	ADD(1, .mode = OP25B_MODE_OBSERVE);
	PREFIX(0, "10.0.0.0/8");
	PREFIX(1, "10.1.0.0/16");
	PREFIX(0, "10.1.1.0/24");
	EXEMPT(0, "10.1.1.0/25");
	PREFIX(0, "10.1.1.0/26");
	sends(OP25B_SHAPE_SYN, "10.2.0.1", "203.0.113.1", OP25B_VERDICT_BLOCKED);
	sends(OP25B_SHAPE_SYN, "10.1.0.1", "203.0.113.1", OP25B_VERDICT_OBSERVED);
	sends(OP25B_SHAPE_SYN, "10.1.1.128", "203.0.113.1", OP25B_VERDICT_BLOCKED);
	sends(OP25B_SHAPE_SYN, "10.1.1.64", "203.0.113.1", OP25B_VERDICT_EXEMPTED);
	sends(OP25B_SHAPE_SYN, "10.1.1.1", "203.0.113.1", OP25B_VERDICT_BLOCKED);
	/* an exempt wins over a prefix of the same length, in any order */
	EXEMPT(0, "10.1.1.0/26");
	sends(OP25B_SHAPE_SYN, "10.1.1.1", "203.0.113.1", OP25B_VERDICT_EXEMPTED);
	EXEMPT(1, "10.1.2.0/24");
	PREFIX(1, "10.1.2.0/24");
	sends(OP25B_SHAPE_SYN, "10.1.2.1", "203.0.113.1", OP25B_VERDICT_EXEMPTED);
	one(OP(EXEMPT_DEL, 1, .prefix = prefix("10.1.2.0/24")), 0);
	sends(OP25B_SHAPE_SYN, "10.1.2.1", "203.0.113.1", OP25B_VERDICT_OBSERVED);
	in_force();
}

static void test_restore(void **state)
{
	struct staged staged;

	ADD(0);
	ADD(1);
	PREFIX(0, "10.0.0.0/24");
	one(OP(EXEMPT_ADD, 0, .prefix = prefix("10.0.0.8"), .timeout = 9, .comment = "old"), 0);
	PREFIX(1, "10.0.1.0/24");
	RELAY(1, "192.0.2.1");
	sends(OP25B_SHAPE_SYN, "10.0.0.5", "203.0.113.1", OP25B_VERDICT_BLOCKED);
	sends(OP25B_SHAPE_SYN, "10.0.1.5", "203.0.113.1", OP25B_VERDICT_BLOCKED);

	stage_begin(&staged);
	stage(&staged, OP(POOL_ADD, 0, .settings = { .mode = OP25B_MODE_OBSERVE }));
	stage(&staged, OP(POOL_ADD, 2));
	stage(&staged, OP(PREFIX_ADD, 0, .prefix = prefix("10.0.1.0/24")));
	stage(&staged, OP(EXEMPT_ADD, 0, .prefix = prefix("10.0.1.7"), .timeout = 5));
	stage(&staged, OP(PREFIX_ADD, 2, .prefix = prefix("10.0.0.0/24")));
	/* meanwhile: nothing of it is in force, and packets and changes go on */
	in_force();
	sends(OP25B_SHAPE_SYN, "10.0.0.5", "203.0.113.1", OP25B_VERDICT_BLOCKED);
	one(OP(POOL_DEL, 1), 0);
	ADD(1);
	PREFIX(1, "10.0.1.0/24");
	sends(OP25B_SHAPE_SYN, "10.0.1.5", "203.0.113.1", OP25B_VERDICT_BLOCKED);
	in_force();
	stage(&staged, OP(RELAY_ADD, 2, .prefix = prefix("192.0.2.2")));
	stage(&staged, OP(RELAY_ADD, EVERY_POOL, .prefix = prefix("192.0.2.3")));
	stage_end(&staged, true);
	in_force();
	/* kept: east's counters; gone: west; zero: the new one's */
	CHECK(now.packets[0][OP25B_CLASS_SYN][OP25B_BLOCKED] == 2);
	sends(OP25B_SHAPE_SYN, "10.0.1.5", "203.0.113.1", OP25B_VERDICT_OBSERVED);
	sends(OP25B_SHAPE_SYN, "10.0.0.5", "203.0.113.1", OP25B_VERDICT_BLOCKED);
	sends(OP25B_SHAPE_SYN, "10.0.0.5", "192.0.2.2", OP25B_VERDICT_RELAYED);
	CHECK(now.packets[2][OP25B_CLASS_SYN][OP25B_BLOCKED] == 1);
	in_force();
	grace_period();
	/* the old exempt does not expire any more, the new one does */
	pass_time(20);
	CHECK(table->policy->exempts == 0);
	in_force();

	/* a client that dies */
	stage_begin(&staged);
	stage_random(&staged, 100);
	stage_end(&staged, false);
	in_force();
	/* a pool deleted while a restore has it: its counters start again */
	stage_begin(&staged);
	stage(&staged, OP(POOL_ADD, 0));
	one(OP(POOL_DEL, 0), 0);
	in_force();
	stage_end(&staged, true);
	CHECK(now.packets[0][OP25B_CLASS_SYN][OP25B_BLOCKED] == 0);
	in_force();
	/* and one that empties the table */
	stage_begin(&staged);
	stage_end(&staged, true);
	CHECK(!seen.hooks && !table->policy->pools);
	in_force();
}

/* What a commit needs besides memory may fail too. */
static void test_commit_fails(void **state)
{
	struct op ops[] = {
		OP(POOL_ADD, 1), OP(POOL_ADD, 2), OP(POOL_DEL, 0),
		OP(PREFIX_ADD, 1, .prefix = prefix("10.0.0.0/8")),
		OP(EXEMPT_ADD, 1, .prefix = prefix("10.0.0.1"), .timeout = 3, .comment = "x"),
	};
	struct staged staged;

	ADD(0);
	one(OP(EXEMPT_ADD, 0, .prefix = prefix("10.0.0.7"), .timeout = 9, .comment = "x"), 0);
	grace_period();
	seen.directory_error = -EEXIST;
	CHECK(change_once(ops, 5) == -EEXIST);
	in_force();

	stage_begin(&staged);
	stage(&staged, OP(POOL_ADD, 3));
	mutex_lock(&table->lock);
	CHECK(op25b_table_commit(table, staged.change, NULL) == -EEXIST);
	mutex_unlock(&table->lock);
	in_force();
	seen.directory_error = 0;
	change(ops, 5, 0, false);
	in_force();
}

static void test_expiry(void **state)
{
	struct op ops[100], *op;
	unsigned int i;

	ADD(0);
	PREFIX(0, "10.0.0.0/24");
	one(OP(EXEMPT_ADD, 0, .prefix = prefix("10.0.0.1"), .timeout = 10), 0);
	one(OP(EXEMPT_ADD, 0, .prefix = prefix("10.0.0.2"), .timeout = 20, .comment = "x"), 0);
	one(OP(EXEMPT_ADD, 0, .prefix = prefix("10.0.0.0/24"), .timeout = 20), 0);
	one(OP(EXEMPT_ADD, 0, .prefix = prefix("10.0.0.3"), .comment = "stays"), 0);
	in_force();
	pass_time(9);
	in_force();
	sends(OP25B_SHAPE_SYN, "10.0.0.1", "203.0.113.1", OP25B_VERDICT_EXEMPTED);
	/* later: by force; and sooner */
	one(OP(EXEMPT_ADD, 0, .prefix = prefix("10.0.0.1"), .timeout = 30), -EEXIST);
	one(OP(EXEMPT_ADD, 0, .prefix = prefix("10.0.0.1"), .timeout = 30, .force = true), 0);
	pass_time(2);
	in_force();
	CHECK(table->policy->exempts == 4);
	pass_time(10);
	in_force();
	CHECK(table->policy->exempts == 2 && table->policy->prefixes[OP25B_IPV4] == 1);
	sends(OP25B_SHAPE_SYN, "10.0.0.2", "203.0.113.1", OP25B_VERDICT_BLOCKED);
	one(OP(EXEMPT_ADD, 0, .prefix = prefix("10.0.0.1"), .timeout = 1, .force = true), 0);
	pass_time(2);
	in_force();
	CHECK(table->policy->exempts == 1);

	/* days: more than the worker waits at once */
	one(OP(EXEMPT_ADD, 0, .prefix = prefix("10.0.0.1"), .timeout = OP25B_TIMEOUT_MAX), 0);
	one(OP(EXEMPT_ADD, 0, .prefix = prefix("10.0.0.2"), .timeout = 10 * 24 * 3600), 0);
	pass_time(10 * 24 * 3600 - 1);
	CHECK(table->policy->exempts == 3);
	pass_time(2);
	CHECK(table->policy->exempts == 2);
	in_force();

	/* more than go in one change */
	for (i = 0; i < 1500; i++) {
		op = &ops[i % 100];
		*op = OP(EXEMPT_ADD, 0, .timeout = 5, .comment = "");
		op->prefix = prefix("10.128.0.0");
		op->prefix.key.hi += (u64)i << 32;
		if (i % 100 == 99)
			change(ops, 100, 0, false);
	}
	/* without memory, they stay for a while */
	shim_slab_fail(1, true);
	shim_clock_advance(shim_clock + SECONDS(6));
	shim_slab_fail(0, false);
	CHECK(table->policy->exempts == 1502);
	grace_period();
	pass_time(2);
	CHECK(table->policy->exempts == 2);
	in_force();
}

static void test_random(void **state)
{
	struct staged staged = { 0 };
	unsigned int i;

	for (i = 0; i < 15000; i++) {
		switch (chance_below(12)) {
		case 0:
			if (staged.change)
				stage_end(&staged, chance_below(3));
			else
				stage_begin(&staged);
			break;
		case 1:
			pass_time(1 + chance_below(20));
			break;
		case 2:
			change_random(1 + chance_below(60), false);
			break;
		case 3:
			grace_period();
			break;
		default:
			change_random(1 + chance_below(3), false);
		}
		if (staged.change)
			stage_random(&staged, chance_below(6));
		send_random(5);
		if (!chance_below(3))
			in_force();
	}
	if (staged.change)
		stage_end(&staged, false);
}

static void test_out_of_memory(void **state)
{
	unsigned int i, j;
	struct op op;

	for (i = 0; i < 500; i++) {
		change_random(1 + chance_below(8), true);
		if (!chance_below(8))
			pass_time(1 + chance_below(10));
		send_random(5);
		in_force();
	}
	/* a pool with many entries and relays of both families goes */
	if (!now.exists[0])
		ADD(0);
	for (j = 0; j < 200; j++) {
		op = OP(j & 1 ? PREFIX_ADD : EXEMPT_ADD, 0, .comment = "");
		op.timeout = j & 2 ? 9 : 0;
		op.prefix = prefix(j & 4 ? "2001:dbf::" : "10.200.0.0");
		op.prefix.key.hi += (u64)j << 32;
		change(&op, 1, 0, false);
		op.kind = RELAY_ADD;
		if (j < 40)
			change(&op, 1, 0, false);
	}
	op = OP(POOL_DEL, 0, .comment = "");
	change(&op, 1, 0, true);
	in_force();
}

/* As many pools as there can be */
static void test_many_pools(void **state)
{
	struct netlink_ext_ack extack = { 0 };
	const struct op25b_settings settings = { 0 };
	const struct op25b_terms *terms;
	struct op25b_change *change;
	unsigned int i, round;
	long live;
	char name[16];
	int id;

	live = shim_slab.live;
	/* made, kept by a restore, and gone with the next */
	for (round = 0; round < 2; round++) {
		mutex_lock(&table->lock);
		change = op25b_change_begin_empty(table);
		for (i = 0; i < OP25B_POOL_MAX; i++) {
			snprintf(name, sizeof(name), "%05u", i);
			id = op25b_pool_add(change, name, settings, &extack);
			CHECK(id == (int)i && !extack._msg, "%d", id);
		}
		CHECK(op25b_pool_add(change, "more", settings, &extack) == -ENOSPC);
		CHECK(extack._msg && *extack._msg);
		extack._msg = NULL;
		CHECK(op25b_table_commit(table, change, &extack) == 0);
		CHECK(table->policy->pools == OP25B_POOL_MAX);
		CHECK(seen.directories == OP25B_POOL_MAX);
		mutex_unlock(&table->lock);
		grace_period();
	}
	mutex_lock(&table->lock);
	i = 0;
	op25b_policy_for_each(terms, table->policy)
		CHECK(terms->pool->id == i++);
	CHECK(i == OP25B_POOL_MAX);

	/* only the last one, far behind the first pages, and none */
	change = op25b_change_begin_empty(table);
	CHECK(op25b_pool_add(change, name, settings, &extack) == OP25B_POOL_MAX - 1);
	CHECK(op25b_table_commit(table, change, &extack) == 0);
	terms = op25b_policy_next(table->policy, 0);
	CHECK(terms && terms->pool->id == OP25B_POOL_MAX - 1);
	CHECK(!op25b_policy_next(table->policy, terms->pool->id + 1));
	change = op25b_change_begin_empty(table);
	CHECK(op25b_table_commit(table, change, &extack) == 0);
	mutex_unlock(&table->lock);
	grace_period();
	CHECK(shim_slab.live == live, "%ld more", shim_slab.live - live);
	now.generation = 4;
}

static void test_stats(void **state)
{
	struct op25b_stats stats = { 0 };
	u64 expected[OP25B_CLASSES][OP25B_COUNTED] = { 0 };
	struct op25b_totals totals;
	unsigned int i;

	shim_slab_fail(1, false);
	CHECK(op25b_stats_init(&stats) == -ENOMEM);
	shim_slab_fail(0, false);
	CHECK(op25b_stats_init(&stats) == 0);
	for (i = 0; i < 20000; i++) {
		enum op25b_class class = chance_below(OP25B_CLASSES);
		enum op25b_counted counted = chance_below(OP25B_COUNTED);

		shim_cpu = chance_below(SHIM_CPUS);
		op25b_stats_count(&stats, class, counted);
		expected[class][counted]++;
		if (!chance_below(500)) {
			op25b_stats_reset(&stats);
			memset(expected, 0, sizeof(expected));
		}
		if (chance_below(10))
			continue;
		op25b_stats_read(&stats, &totals);
		CHECK(!memcmp(totals.packets, expected, sizeof(expected)));
	}
	op25b_stats_free(&stats);
}

static void test_init_fails(void **state)
{
	struct op25b_table other;

	shim_slab_fail(1, false);
	CHECK(op25b_table_init(&other, &net) == -ENOMEM);
	shim_slab_fail(0, false);
}

#define TABLE_TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TABLE_TEST(test_init_fails),
		TABLE_TEST(test_pools),
		TABLE_TEST(test_errors),
		TABLE_TEST(test_verdicts),
		TABLE_TEST(test_specific),
		TABLE_TEST(test_restore),
		TABLE_TEST(test_commit_fails),
		TABLE_TEST(test_expiry),
		TABLE_TEST(test_out_of_memory),
		TABLE_TEST(test_random),
		TABLE_TEST(test_many_pools),
		cmocka_unit_test(test_stats),
	};

	return CHECK_RUN("table", tests);
}
