// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include <linux/memcontrol.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/notifier.h>
#include <linux/skbuff.h>
#include <net/l3mdev.h>
#include <net/netfilter/nf_conntrack.h>

#include "check.h"
#include "harness.h"
#include "op25b_address.h"
#include "op25b_confirm.h"
#include "op25b_reverse.h"
#include "op25b_expire.h"
#include "op25b_hook.h"
#include "op25b_judge.h"
#include "op25b_log.h"
#include "op25b_directory.h"
#include "op25b_reject.h"
#include "op25b_recorder.h"
#include "op25b_session.h"
#include "op25b_session_event.h"
#include "op25b_skb.h"
#include "op25b_step.h"
#include "op25b_trace.h"
#include "op25b_vrf.h"
#include "op25b_workqueue.h"

/* Of the packets that write_packet() makes */
#define SOURCE_PORT 0xd431

/* The functions that the sources under test call */

unsigned int op25b_net_id;

struct op25b_net pernet;
struct net net = { .generic = &pernet };
struct op25b_table *const table = &pernet.table;

struct stubs stubs;

int nf_register_net_hooks(struct net *to, const struct nf_hook_ops *ops, unsigned int n)
{
	CHECK(to == &net && !stubs.hooks && ops == table->hooks && n == 2);
	stubs.hooks_memory = kmalloc(1, GFP_KERNEL);
	if (!stubs.hooks_memory)
		return -ENOMEM;
	stubs.hooks = ops;
	return 0;
}

void nf_unregister_net_hooks(struct net *from, const struct nf_hook_ops *ops, unsigned int n)
{
	CHECK(from == &net && stubs.hooks == ops && n == 2);
	stubs.hooks = NULL;
	kfree(stubs.hooks_memory);
}

int op25b_sysfs_pool_add(struct op25b_table *to, struct op25b_pool *pool)
{
	CHECK(to == table && !pool->sysfs);
	if (stubs.directory_error)
		return stubs.directory_error;
	pool->sysfs = kmalloc(1, GFP_KERNEL);
	if (!pool->sysfs)
		return -ENOMEM;
	stubs.directories++;
	stubs.directories_made++;
	return 0;
}

void op25b_sysfs_pool_del(struct op25b_pool *pool)
{
	CHECK(pool->sysfs);
	stubs.directories--;
	kfree(pool->sysfs);
	pool->sysfs = NULL;
}

void op25b_reject(struct sk_buff *skb, const struct nf_hook_state *state, enum op25b_family family,
		  enum op25b_action action)
{
	stubs.rejects++;
	stubs.action = action;
}

/* The policy of each event is in force, and the one before is still whole. */
void op25b_event_send(struct op25b_table *of, const struct op25b_change_event *event,
		      const struct op25b_policy *policy, const struct op25b_policy *old)
{
	CHECK(of == table && policy == table->policy && old != policy);
	if (old)
		CHECK(policy->generation == old->generation + 1);
	stubs.events++;
	stubs.event = *event;
}

void op25b_session_events_begin(struct op25b_session_events *events)
{
	CHECK(events->table == table);
}

void op25b_session_event(struct op25b_session_events *events, enum op25b_event kind,
			 const struct op25b_session *session)
{
	stubs.session_events[kind]++;
}

void op25b_session_events_end(struct op25b_session_events *events)
{
}

/* The module asks whether there are any recorders. */
static void count_recorders(int n)
{
	stubs.recorders += n;
	table->senders = stubs.recorders ? (struct op25b_senders *)&stubs : NULL;
}

struct op25b_recorder *op25b_recorder_alloc(struct op25b_table *of, struct op25b_pool *pool,
					    u8 subscriber)
{
	struct op25b_recorder *recorder = kzalloc(sizeof(*recorder), GFP_KERNEL);

	CHECK(of == table);
	if (!recorder)
		return NULL;
	recorder->pool = pool;
	recorder->subscriber = subscriber;
	recorder->fresh = true;
	count_recorders(1);
	return recorder;
}

void op25b_recorder_free(struct op25b_recorder *recorder)
{
	kfree(recorder);
}

void op25b_recorder_discard(struct op25b_table *of, struct op25b_recorder *recorder)
{
	CHECK(of == table && recorder->fresh);
	kfree(recorder);
	count_recorders(-1);
}

void op25b_recorder_enter(struct op25b_recorder *recorder)
{
	CHECK(recorder->fresh);
	recorder->fresh = false;
	recorder->number = ++stubs.recorder_number;
	stubs.recorders_in_force++;
}

void op25b_recorder_leave(struct op25b_table *of, struct op25b_recorder *recorder)
{
	CHECK(of == table && recorder->number);
	recorder->number = 0;
	stubs.recorders_in_force--;
	count_recorders(-1);
}

size_t op25b_recorder_size(const struct op25b_recorder *recorder)
{
	return sizeof(*recorder);
}

static void count_sender(const struct op25b_pool_conf *conf, const struct sk_buff *skb,
			 enum op25b_family family)
{
	const struct op25b_recorder *recorder = conf->recorder;

	CHECK(!recorder->fresh && recorder->number);
	stubs.recorded++;
	stubs.recorder = recorder;
	stubs.src = op25b_skb_src(skb, family);
	stubs.dst = op25b_skb_dst(skb, family);
}

void op25b_recorder_count(const struct op25b_pool_conf *conf, const struct sk_buff *skb,
			  enum op25b_family family)
{
	count_sender(conf, skb, family);
}

void op25b_recorder_count_softwire(const struct op25b_pool_conf *conf, const struct sk_buff *skb,
				   unsigned int inner)
{
	count_sender(conf, skb, OP25B_IPV6);
	CHECK(op25b_skb_inner_dst(skb, inner, &stubs.dst));
}

static void count_ordinary(const struct op25b_pool_conf *conf, const struct sk_buff *skb,
			   enum op25b_family family)
{
	unsigned int n = family == OP25B_IPV4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);

	/* the source port may be read without further ado */
	CHECK(skb_headlen(skb) >= n + 2);
	CHECK(skb->data[n] << 8 == (SOURCE_PORT & 0xff00) &&
	      skb->data[n + 1] == (SOURCE_PORT & 0xff));
	count_sender(conf, skb, family);
}

void op25b_recorder_count_ipv4(const struct op25b_pool_conf *conf, const struct sk_buff *skb)
{
	count_ordinary(conf, skb, OP25B_IPV4);
}

void op25b_recorder_count_ipv6(const struct op25b_pool_conf *conf, const struct sk_buff *skb)
{
	count_ordinary(conf, skb, OP25B_IPV6);
}

void op25b_log_packet(const struct op25b_pool_conf *conf, const struct sk_buff *skb,
		      const struct nf_hook_state *state, enum op25b_family family,
		      enum op25b_verdict verdict)
{
	CHECK(conf->settings.log && conf->recorder == stubs.recorder);
	CHECK(!op25b_key_compare(op25b_skb_src(skb, family), stubs.src));
	CHECK(verdict == stubs.trace.verdict);
	CHECK(++stubs.logged <= stubs.recorded);
	stubs.log_group = conf->settings.log_group;
}

void trace_op25b_verdict(const struct op25b_pool *pool, enum op25b_class class,
			 enum op25b_verdict verdict, const struct sk_buff *skb,
			 const struct nf_hook_state *state, enum op25b_family family)
{
	stubs.traced++;
	stubs.trace.pool = pool;
	stubs.trace.class = class;
	stubs.trace.verdict = verdict;
}

static bool is_own(enum op25b_family family, struct op25b_key key)
{
	struct op25b_prefix own;

	if (!stubs.own)
		return false;
	own = prefix(stubs.own);
	return own.family == family && address_of(own.key) == address_of(key);
}

enum op25b_address op25b_address_find(struct net *of, const struct net_device *dev,
				      enum op25b_family family, const void *addr)
{
	const u8 *byte = addr;
	address at = 0;
	int i;

	CHECK(of == &net);
	for (i = 0; i < (family ? 16 : 4); i++)
		at |= (address)byte[i] << (120 - 8 * i);
	return is_own(family, key_of(at)) ? OP25B_ADDRESS_OWN : OP25B_ADDRESS_HOST;
}

bool op25b_reverse_uses_input(const struct sk_buff *skb, const struct nf_hook_state *state,
			      enum op25b_family family)
{
	return !stubs.spoofed;
}

/* Devices */

const char *shim_vrf_name;
struct notifier_block *harness_notifiers[2];

int register_netdevice_notifier(struct notifier_block *block)
{
	int i = !!harness_notifiers[0];

	CHECK(!harness_notifiers[i]);
	harness_notifiers[i] = block;
	return 0;
}

int unregister_netdevice_notifier(struct notifier_block *block)
{
	int i = harness_notifiers[0] != block;

	CHECK(harness_notifiers[i] == block);
	harness_notifiers[i] = NULL;
	return 0;
}

bool harness_device_stays;

void harness_device_event(unsigned long event, int ifindex)
{
	struct net_device dev = { .ifindex = ifindex, .net = &net,
				  .reg_state = NETREG_REGISTERED };
	unsigned int i;

	if (event == NETDEV_UNREGISTER && !harness_device_stays)
		dev.reg_state = NETREG_UNREGISTERING;

	if (ifindex == SHIM_VRF && shim_vrf_name)
		strcpy(dev.name, shim_vrf_name);
	for (i = 0; i < ARRAY_SIZE(harness_notifiers); i++)
		if (harness_notifiers[i])
			CHECK(harness_notifiers[i]->notifier_call(harness_notifiers[i], event, &dev) ==
			      NOTIFY_DONE);
}

struct model in_force;
ktime_t trial;
struct model confirmed;

int harness_domain(void)
{
	int vrf;

	for (vrf = VRFS - 1; vrf > NO_VRF; vrf--)
		if (stubs.from == FROM_VRF && shim_vrf_name &&
		    !strcmp(model_vrf_names[vrf], shim_vrf_name))
			break;
	return model_domain(&in_force, vrf);
}

/* Random input */

struct op25b_key random_key(enum op25b_family family)
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

/* Changes */

static u32 id_of(const struct op25b_change *change, int pool)
{
	const struct op25b_pool_conf *conf = op25b_step_find_pool(change, model_names[pool]);

	CHECK(conf && !strcmp(conf->pool->name, model_names[pool]));
	return conf->pool->id;
}

static int change_apply(struct op25b_change *change, const struct op *op)
{
	struct netlink_ext_ack extack = { 0 };
	const u32 *destination_id = NULL;
	int err = -EINVAL;
	u32 id;

	if (op->kind == POOL_ADD) {
		CHECK(!op25b_step_find_pool(change, model_names[op->pool]));
		err = op25b_step_pool_add(change, model_names[op->pool],
					  model_vrf_names[model_vrfs[op->pool]], op->settings, &extack);
		CHECK(err < 0 || (u32)err == id_of(change, op->pool));
		return err < 0 ? err : 0;
	}
	CHECK(op->pool != EVERY_POOL || op->kind >= RELAY_ADD);
	if (op->pool != EVERY_POOL) {
		id = id_of(change, op->pool);
		destination_id = &id;
	}
	switch (op->kind) {
	case POOL_SET:
		err = op25b_step_pool_set(change, id, op->settings);
		break;
	case POOL_DEL:
		err = op25b_step_pool_del(change, id);
		CHECK(err || !op25b_step_find_pool(change, model_names[op->pool]));
		break;
	case PREFIX_ADD:
		err = op25b_step_prefix_add(change, id, &op->prefix, op->force, &extack);
		break;
	case PREFIX_DEL:
		err = op25b_step_prefix_del(change, id, &op->prefix, op->force, &extack);
		break;
	case PREFIX_MOVE:
		err = op25b_step_prefix_move(change, id, &op->prefix, op->force, &extack);
		break;
	case EXEMPT_ADD:
		err = op25b_step_exempt_add(change, id, &op->prefix, op->timeout, op->comment,
					    op->force, &extack);
		break;
	case EXEMPT_DEL:
		err = op25b_step_exempt_del(change, id, &op->prefix, op->force, &extack);
		break;
	case RELAY_ADD:
		err = op25b_step_destination_add(change, OP25B_RELAY, destination_id, &op->prefix,
						 op->force, &extack);
		break;
	case RELAY_DEL:
		err = op25b_step_destination_del(change, OP25B_RELAY, destination_id, &op->prefix,
						 op->force, &extack);
		break;
	case TARGET_ADD:
		err = op25b_step_destination_add(change, OP25B_TARGET, destination_id, &op->prefix,
						 op->force, &extack);
		break;
	case TARGET_DEL:
		err = op25b_step_destination_del(change, OP25B_TARGET, destination_id, &op->prefix,
						 op->force, &extack);
		break;
	case POOL_ADD:	/* above */
	case KINDS:
		break;
	}
	/* the extack has a message for each refusal */
	CHECK((err == -EEXIST || err == -ENOENT) == (extack._msg && *extack._msg),
	      "%d: %s", err, extack._msg);
	return err;
}

/* Comparing a policy with a model */

static void check_count(u32 n, u32 expected, const char *what)
{
	CHECK(n == expected, "%s: %u, not %u", what, n, expected);
}

struct collected {
	unsigned int n;
	enum op25b_family family;
	int vrf;
	const struct op25b_policy *policy;
	struct model *model;
	unsigned int comments;	/* entries with a struct op25b_exempt */
	unsigned int timeouts;
	int pool;		/* whose destinations are walked */
	enum op25b_destination kind;
};

static int check_entry(void *arg, struct op25b_key key, unsigned int len, unsigned long value)
{
	struct collected *c = arg;
	struct op25b_prefix p = { .family = c->family, .len = len, .key = key };
	const struct entry *expected = model_entry(c->model, c->vrf, &p);
	struct op25b_entry entry = op25b_entry(value);
	const struct op25b_pool_conf *conf = op25b_policy_conf(c->policy, entry.pool);

	CHECK(expected && conf);
	CHECK(!strcmp(conf->pool->name, model_names[expected->pool]));
	CHECK(entry.is_prefix == expected->is_prefix && entry.is_exempt == expected->is_exempt);
	CHECK(!entry.exempt == !(expected->expires || *expected->comment));
	if (entry.exempt) {
		CHECK(same_prefix(&entry.exempt->prefix, &p) && !entry.exempt->fresh);
		CHECK(entry.exempt->has_timeout == !!expected->expires);
		CHECK(!expected->expires || entry.exempt->expiry.expires == expected->expires);
		CHECK(!strcmp(entry.exempt->comment, expected->comment));
		c->comments++;
		c->timeouts += entry.exempt->has_timeout;
	}
	c->n++;
	return 0;
}

static int check_destination(void *arg, struct op25b_key key, unsigned int len, unsigned long value)
{
	struct collected *c = arg;
	struct op25b_prefix p = { .family = c->family, .len = len, .key = key };

	CHECK(value && model_destination(c->model, c->kind, &p, c->pool));
	c->n++;
	return 0;
}

/* The domain of a VRF, which may be gone itself */
static const struct op25b_domain *domain_of(const struct op25b_policy *policy, int vrf)
{
	const struct op25b_pool_conf *conf;

	op25b_policy_for_each(conf, policy)
		if (vrf && !strcmp(conf->vrf_name, model_vrf_names[vrf]))
			return policy->vrfs->domain[conf->vrf_id];
	return NULL;
}

static void check_judgements(const struct op25b_policy *policy, const struct model *model,
			     unsigned int times)
{
	const struct op25b_domain *domain;
	struct op25b_judgement judgement;
	const struct entry *entry;
	struct op25b_lpm_match match;
	struct verdict expected;
	enum op25b_family family;
	struct op25b_key src, dst;
	enum op25b_pkt_type type;
	int vrf;

	while (times--) {
		vrf = model_domain(model, chance_below(VRFS));
		domain = domain_of(policy, vrf);
		family = chance_below(2);
		type = chance_below(OP25B_PKT_UNDECIDED);
		src = random_key(family);
		dst = random_key(family);
		expected = model_judge(model, vrf, type, family, src, dst);
		rcu_read_lock();
		judgement = op25b_judge(table, policy, domain, type, family, src, dst);
		rcu_read_unlock();
		CHECK(judgement.verdict == expected.verdict, "%d, not %d", judgement.verdict,
		      expected.verdict);
		entry = model_lookup(model, vrf, family, src);
		match = op25b_judge_find_entry(policy, domain, family, src);
		CHECK(!match.value == !entry);
		if (entry) {
			CHECK(match.len == entry->prefix.len);
			CHECK(op25b_entry(match.value).is_prefix == entry->is_prefix);
			CHECK(op25b_entry(match.value).is_exempt == model_exempts(entry));
		}
		if (expected.verdict == OP25B_VERDICT_PASSED)
			continue;
		CHECK(judgement.class == expected.class);
		CHECK(!strcmp(judgement.conf->pool->name, model_names[expected.pool]));
	}
}

/* The number of the last recorder that had come into force when the table was checked */
static u32 seen_recorder;

static void check_recorder(const struct op25b_pool_conf *conf, struct model *model, int pool)
{
	const struct op25b_recorder *recorder = conf->recorder;

	CHECK(!recorder == !model->settings[pool].senders);
	if (!recorder)
		return;
	CHECK(!recorder->fresh && recorder->pool == conf->pool);
	CHECK(recorder->subscriber == model->settings[pool].subscriber);
	if (model != &in_force)
		return;
	/* a pool that goes on recording keeps its recorder */
	CHECK(model->recorder[pool] ? recorder->number == model->recorder[pool] :
				      recorder->number > seen_recorder);
	model->recorder[pool] = recorder->number;
}

/*
 * The recorders that only the policy to go back to has. Their numbers were seen before it was
 * replaced.
 */
static unsigned int recorders_kept(void)
{
	unsigned int n = 0;
	int pool;

	for (pool = 0; pool < POOLS; pool++)
		n += confirmed.exists[pool] && confirmed.settings[pool].senders &&
		     (!in_force.exists[pool] || !in_force.settings[pool].senders ||
		      in_force.recorder[pool] != confirmed.recorder[pool]);
	return n;
}

/* The domains of VRFs: there is one for each that has pools, and it has all of these. */
static void check_domains(const struct op25b_policy *policy, struct collected *c)
{
	unsigned int users, used = 0, i;
	const struct op25b_domain *domain;
	struct op25b_key none = { 0 };
	int pool;

	for (c->vrf = RED; c->vrf < VRFS; c->vrf++) {
		for (users = 0, pool = 0; pool < POOLS; pool++)
			users += c->model->exists[pool] && model_vrfs[pool] == c->vrf;
		domain = domain_of(policy, c->vrf);
		CHECK(!domain == !users);
		if (!domain)
			continue;
		used++;
		CHECK(domain->users == users && !domain->fresh);
		CHECK(policy != table->policy ||
		      op25b_domain_find_name(policy->vrfs, model_vrf_names[c->vrf]) == domain);
		for (i = 0; i < OP25B_FAMILIES; i++) {
			c->family = i;
			op25b_lpm_walk(domain->entry[i], none, 0, check_entry, c);
		}
	}
	CHECK(!policy->vrfs == !used);
	CHECK(!used || (policy->vrfs->used == used && !policy->vrfs->fresh));
}

static void check_policy(const struct op25b_policy *policy, struct model *model)
{
	const struct op25b_pool_conf *conf[POOLS] = { NULL }, *next = op25b_policy_next(policy, 0);
	u32 prefixes, exempts, destinations, pools = 0, guards[3] = { 0 };
	enum op25b_destination kind;
	struct collected c = { .policy = policy, .model = model };
	struct op25b_key none = { 0 };
	unsigned int i, j;
	int pool;

	/* a new guard has to be counted here, too */
	/* packets look for the guard spoofed in the pool's settings only */
	static_assert(OP25B_GUARD_MASK ==
		      (OP25B_GUARD_SYNACK | OP25B_GUARD_INBOUND | OP25B_GUARD_SPOOFED |
		       OP25B_GUARD_SOFTWIRE));
	check_count(policy->generation, model->generation, "generation");
	for (i = 0; i < OP25B_PAGES; i++) {
		for (j = 0; policy->page[i] && j < OP25B_PAGE_POOLS; j++) {
			const struct op25b_pool_conf *found = policy->page[i]->conf[j];

			if (!found)
				continue;
			CHECK(!found->fresh && found->pool->id == i * OP25B_PAGE_POOLS + j);
			for (pool = 0; strcmp(model_names[pool], found->pool->name); pool++)
				CHECK(pool < POOLS - 1);
			CHECK(!conf[pool]);
			conf[pool] = found;
			CHECK(found == next);
			next = op25b_policy_next(policy, found->pool->id + 1);
		}
	}
	CHECK(!next);
	for (pool = 0; pool < POOLS; pool++) {
		CHECK(!conf[pool] == !model->exists[pool], "%s", model_names[pool]);
		if (!conf[pool])
			continue;
		pools++;
		CHECK(!conf[pool]->vrf == !model_vrfs[pool]);
		CHECK(!strcmp(conf[pool]->vrf_name, model_vrf_names[model_vrfs[pool]] ?: ""));
		CHECK(model_same_settings(conf[pool]->settings, model->settings[pool]));
		check_recorder(conf[pool], model, pool);
		guards[0] += !!(model->settings[pool].guard & OP25B_GUARD_SYNACK);
		guards[1] += !!(model->settings[pool].guard & OP25B_GUARD_INBOUND);
		guards[2] += !!(model->settings[pool].guard & OP25B_GUARD_SOFTWIRE);
		for (prefixes = exempts = 0, i = 0; i < model->entries; i++) {
			prefixes += model->entry[i].pool == pool && model->entry[i].is_prefix;
			exempts += model->entry[i].pool == pool && model->entry[i].is_exempt;
		}
		check_count(conf[pool]->prefixes, prefixes, "prefixes of a pool");
		check_count(conf[pool]->exempts, exempts, "exempts of a pool");
		for (kind = 0; kind < OP25B_DESTINATIONS; kind++) {
			for (destinations = 0, i = 0; i < model->destinations; i++)
				destinations += model->destination[i].kind == kind &&
						model->destination[i].pool == pool;
			check_count(conf[pool]->destinations[kind], destinations,
				    "destinations of a pool");
		}
	}
	check_count(policy->pools, pools, "pools");
	check_count(policy->synack, guards[0], "guards synack");
	check_count(policy->inbound, guards[1], "guards inbound");
	check_count(policy->softwire, guards[2], "guards softwire");
	for (kind = 0; kind < OP25B_DESTINATIONS; kind++) {
		for (destinations = 0, i = 0; i < model->destinations; i++)
			destinations += model->destination[i].kind == kind;
		check_count(policy->destinations[kind], destinations, "destinations");
	}

	for (i = 0; i < OP25B_FAMILIES; i++) {
		for (prefixes = 0, j = 0; j < model->entries; j++)
			prefixes += model->entry[j].is_prefix && model->entry[j].prefix.family == i;
		check_count(policy->prefixes[i], prefixes, "prefixes");
		c.family = i;
		op25b_lpm_walk(policy->entry[i], none, 0, check_entry, &c);
	}
	check_domains(policy, &c);
	for (exempts = 0, j = 0; j < model->entries; j++)
		exempts += model->entry[j].is_exempt;
	check_count(policy->exempts, exempts, "exempts");
	CHECK(c.n == model->entries, "%u, not %u", c.n, model->entries);

	for (c.n = 0, i = 0; i < OP25B_FAMILIES * OP25B_DESTINATIONS; i++) {
		c.family = i % OP25B_FAMILIES;
		c.kind = i / OP25B_FAMILIES;
		c.pool = EVERY_POOL;
		op25b_lpm_walk(policy->destination[c.kind][c.family], none, 0, check_destination,
			       &c);
		for (pool = 0; pool < POOLS; pool++) {
			c.pool = pool;
			if (conf[pool])
				op25b_lpm_walk(conf[pool]->destination[c.kind][c.family], none, 0,
					       check_destination, &c);
		}
	}
	CHECK(c.n == model->destinations, "%u, not %u", c.n, model->destinations);
	check_judgements(policy, model, 10);
}

void check_table(void)
{
	unsigned int listed = 0, queued = 0, expected = 0, timeouts = 0, i, pools = 0, recorders = 0;
	unsigned int kept_timeouts, kept_pools = 0;
	const struct timerqueue_node *node;
	struct op25b_exempt *exempt;
	struct op25b_totals totals;
	struct op25b_pool *found;
	int pool;

	check_policy(table->policy, &in_force);
	seen_recorder = stubs.recorder_number;
	list_for_each_entry(exempt, &table->exempts, list)
		listed++;
	for (node = table->expiries.first; node; node = node->next)
		queued++;
	for (i = 0; i < in_force.entries; i++) {
		expected += in_force.entry[i].expires || *in_force.entry[i].comment;
		timeouts += !!in_force.entry[i].expires;
	}
	check_count(listed, expected, "exempts in the list");
	check_count(queued, timeouts, "exempts in the queue");
	for (i = 0, kept_timeouts = 0; trial && i < confirmed.entries; i++)
		kept_timeouts += !!confirmed.entry[i].expires;
	check_count(shim_memcg.refs, !!timeouts + !!kept_timeouts,
		    "references to a control group");
	CHECK(!trial == !table->rollback);

	for (pool = 0; pool < POOLS; pool++) {
		if (trial && confirmed.exists[pool]) {
			kept_pools++;
			found = op25b_table_pool_find(table, model_names[pool]);
			CHECK(found);
			op25b_stats_read(&found->stats, &totals);
			CHECK(in_force.exists[pool] ||
			      !memcmp(totals.packets, confirmed.packets[pool],
				      sizeof(totals.packets)));
		}
		if (!in_force.exists[pool])
			continue;
		pools++;
		recorders += in_force.settings[pool].senders;
		found = op25b_table_pool_find(table, model_names[pool]);
		CHECK(found);
		op25b_stats_read(&found->stats, &totals);
		CHECK(!memcmp(totals.packets, in_force.packets[pool], sizeof(totals.packets)), "%s",
		      model_names[pool]);
	}
	check_count(stubs.directories, pools, "directories");
	check_count(stubs.recorders_in_force, recorders + (trial ? recorders_kept() : 0),
		    "recorders");
	CHECK(!stubs.hooks == (!pools && !kept_pools));
}

/* Policies that readers may still see */
static struct {
	unsigned int n;
	struct {
		const struct op25b_policy *policy;
		struct model model;
	} of[4];
} past;

void grace_period(void)
{
	while (past.n) {
		past.n--;
		check_policy(past.of[past.n].policy, &past.of[past.n].model);
	}
	rcu_barrier();
}

static void remember_policy(void)
{
	if (past.n == 4)
		grace_period();
	past.of[past.n].policy = table->policy;
	past.of[past.n++].model = in_force;
}

/* The commit under way, if any: others see its policy as soon as that is in force. */
static struct {
	bool releases;			/* the table's lock is released by the code under test */
	const struct op25b_policy *policy;
	const struct model *model;	/* of @policy; NULL once it was in force */
	bool whole;
	unsigned int seconds;		/* that it waits to be confirmed */
	bool back;			/* it is the one to go back to */
	bool late;			/* after exempts that expire at the same time, or before */
} committing;

/* Note the numbers of the recorders of a policy. */
static void see_recorders(const struct op25b_policy *policy, struct model *model)
{
	const struct op25b_pool_conf *conf;
	int pool;

	op25b_policy_for_each(conf, policy)
		for (pool = 0; pool < POOLS; pool++)
			if (conf->recorder && !strcmp(model_names[pool], conf->pool->name))
				model->recorder[pool] = conf->recorder->number;
}

/* Exempts have expired, in one change or several, each of which deletes at least one. */
static void expect_expired(u64 generation)
{
	u64 before = in_force.generation;
	unsigned int expired = model_expire(&in_force);

	CHECK(generation >= before + !!expired && generation <= before + expired,
	      "generation: %llu after %llu, %u expired", (unsigned long long)generation,
	      (unsigned long long)before, expired);
	in_force.generation = generation;
}

/* The policy under way is in force now: so is its model. */
static void came_into_force(void)
{
	const struct model *model = committing.model;

	committing.model = NULL;
	if (committing.back) {
		if (committing.late && table->policy->generation > in_force.generation + 1)
			expect_expired(table->policy->generation - 1);
		model_rollback(&in_force, model);
		trial = 0;
		return;
	}
	if (committing.seconds && !trial) {
		confirmed = in_force;
		see_recorders(table->rollback->policy, &confirmed);
	}
	if (committing.seconds)
		trial = shim_clock + SECONDS(committing.seconds);
	model_commit(&in_force, model, committing.whole, trial ? &confirmed : NULL);
}

void (*others)(void);

static void lock_released(void)
{
	void (*come)(void) = others;
	typeof(committing) outer;

	/* the lock of VRFs is taken within those of the table and of sessions */
	if (!committing.releases || table->lock.locked || table->sessions.lock.locked)
		return;
	if (committing.model && table->policy == committing.policy)
		came_into_force();
	if (!come)
		return;
	outer = committing;
	memset(&committing, 0, sizeof(committing));
	others = NULL;
	come();
	others = come;
	committing = outer;
}

/*
 * @model is that of the policy to commit; it goes into force, unless it is NULL or this fails.
 * @seconds: for a trial, unless 0
 */
static int commit_change(struct op25b_change *change, const struct model *model, bool whole,
			 unsigned int seconds)
{
	int err;

	committing.releases = true;
	committing.policy = change->policy;
	committing.model = model;
	committing.whole = whole;
	committing.seconds = seconds;
	err = seconds ? op25b_change_commit_trial(change, seconds) : op25b_change_commit(change);
	if (!err && committing.model)
		came_into_force();
	memset(&committing, 0, sizeof(committing));
	return err;
}

static void abort_change(struct op25b_change *change)
{
	committing.releases = true;
	op25b_change_abort(change);
	committing.releases = false;
}

static int apply_all(struct op25b_change *change, const struct op *ops, unsigned int n)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < n && !err; i++)
		err = change_apply(change, &ops[i]);
	return err;
}

static int change_with(const struct op *ops, unsigned int n, const struct model *model)
{
	struct op25b_change *change;
	int err = -ENOMEM;

	mutex_lock(&table->lock);
	change = op25b_change_begin(table);
	if (change) {
		err = apply_all(change, ops, n);
		if (err)
			abort_change(change);
		else
			err = commit_change(change, model, false, 0);
	}
	mutex_unlock(&table->lock);
	return err;
}

int change_once(const struct op *ops, unsigned int n)
{
	return change_with(ops, n, NULL);
}

/* Do the operations in one change with each allocation failing in turn, until none fails. */
static int change_failing(const struct op *ops, unsigned int n, const struct model *model)
{
	unsigned long at;
	long live;
	int err;

	grace_period();
	live = shim_slab.live;
	for (at = 1;; at++) {
		shim_slab_fail(at, chance() & 1);
		err = change_with(ops, n, model);
		CHECK((err == -ENOMEM) == (shim_slab.calls >= at), "%d at %lu of %lu", err, at,
		      shim_slab.calls);
		shim_slab_fail(0, false);
		if (err != -ENOMEM)
			return err;
		rcu_barrier();
		CHECK(shim_slab.live == live, "%ld more", shim_slab.live - live);
		check_table();
	}
}

void change(const struct op *ops, unsigned int n, int expected, bool failing)
{
	struct model model = in_force;
	unsigned int i;
	int err = 0;

	for (i = 0; i < n && !err; i++)
		err = model_apply(&model, &ops[i]);
	CHECK(err == expected, "the model gives %d", err);

	if (!failing && chance_below(3))
		remember_policy();
	err = failing ? change_failing(ops, n, &model) : change_with(ops, n, &model);
	CHECK(err == expected, "%d, not %d", err, expected);
}

void do_op(struct op op, int expected)
{
	if (!op.comment)
		op.comment = "";
	change(&op, 1, expected, false);
}

/* Restores */

void stage_begin(struct staged *staged)
{
	memset(staged, 0, sizeof(*staged));
	mutex_lock(&table->lock);
	staged->change = op25b_change_begin_empty(table);
	mutex_unlock(&table->lock);
	CHECK(staged->change);
}

/* A restore fails at the first operation that is refused, so none is refused here. */
void stage(struct staged *staged, struct op op)
{
	if (!op.comment)
		op.comment = "";
	CHECK(model_apply(&staged->model, &op) == 0);
	/* a restore begins with an empty policy, so that a deleted pool may be added again */
	memset(staged->model.deleted, 0, sizeof(staged->model.deleted));
	mutex_lock(&table->lock);
	CHECK(change_apply(staged->change, &op) == 0);
	mutex_unlock(&table->lock);
}

void stage_end(struct staged *staged, bool commit)
{
	mutex_lock(&table->lock);
	if (commit) {
		remember_policy();
		CHECK(commit_change(staged->change, &staged->model, true, 0) == 0);
	} else {
		abort_change(staged->change);
	}
	staged->change = NULL;
	mutex_unlock(&table->lock);
}

void stage_trial(struct staged *staged, unsigned int seconds)
{
	mutex_lock(&table->lock);
	remember_policy();
	CHECK(commit_change(staged->change, &staged->model, true, seconds) == 0);
	staged->change = NULL;
	mutex_unlock(&table->lock);
}

static struct netlink_ext_ack no_extack;

void confirm_trial(void)
{
	mutex_lock(&table->lock);
	committing.releases = true;
	trial = 0;
	CHECK(op25b_confirm(table, &no_extack) == 0);
	committing.releases = false;
	mutex_unlock(&table->lock);
}

/* What a rollback that follows does to the model */
static void expect_rollback(void)
{
	committing.releases = true;
	committing.policy = table->rollback->policy;
	committing.model = &confirmed;
	committing.back = true;
}

static void rolled_back(void)
{
	if (committing.model)
		came_into_force();
	memset(&committing, 0, sizeof(committing));
}

void roll_back(void)
{
	mutex_lock(&table->lock);
	remember_policy();
	expect_rollback();
	CHECK(op25b_confirm_rollback(table, &no_extack) == 0);
	rolled_back();
	mutex_unlock(&table->lock);
}

/* Pins */

void pin_get(struct pinned *pinned)
{
	pinned->pin = op25b_pin_get(table, false);
	CHECK(pinned->pin);
	pinned->model = in_force;
}

bool pin_check(struct pinned *pinned)
{
	const struct op25b_policy *policy;

	/* unlike packets, a dump comes back to its policy after many grace periods */
	rcu_read_lock();
	policy = op25b_pin_read(pinned->pin);
	rcu_read_unlock();
	if (policy)
		check_policy(policy, &pinned->model);
	return policy;
}

void pin_put(struct pinned *pinned)
{
	op25b_pin_put(table, pinned->pin);
	pinned->pin = NULL;
}

/* Time */

/* The trial ends by itself. Its exempts expire before, in an unknown number of changes. */
static void advance_to_rollback(void)
{
	void (*come)(void) = others;

	others = NULL;
	if (trial > shim_clock)
		shim_clock_advance(trial - 1);
	in_force.generation = table->policy->generation;
	expect_rollback();
	committing.late = true;
	shim_clock_advance(trial > shim_clock ? trial : shim_clock);
	rolled_back();
	others = come;
}

void advance_time(unsigned int seconds)
{
	ktime_t until = shim_clock + SECONDS(seconds);

	if (trial && trial <= until)
		advance_to_rollback();
	shim_clock_advance(until);
	expect_expired(table->policy->generation);
}

void suspend_time(unsigned int seconds)
{
	shim_clock_suspend(shim_clock + SECONDS(seconds));
}

/* Packets */

/* Store in @judged where the flags end. */
static unsigned int write_packet(u8 *p, enum op25b_pkt_type type, enum op25b_family family,
				 struct op25b_key src, struct op25b_key dst, int *judged)
{
	static const u8 tcp[20] = { SOURCE_PORT >> 8, SOURCE_PORT & 0xff, 0xd4, 0x32, [12] = 0x50, 0x10 };
	u8 addresses[2][16];
	unsigned int i, n, end;
	bool options = false;

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
		options = chance() & 1;
		if (options) {
			static const u8 padding[8] = { 6, 0, 1, 4 };

			p[6] = 60;
			memcpy(p + n, padding, sizeof(padding));
			n += sizeof(padding);
		}
	}
	memcpy(p + n, tcp, sizeof(tcp));
	if (type == OP25B_PKT_SYN || type == OP25B_PKT_MALFORMED) {
		p[n + 2] = 0;
		p[n + 3] = 25;
		p[n + 13] = 0x02;
	} else if (type == OP25B_PKT_SYNACK) {
		p[n] = 0;
		p[n + 1] = 25;
		p[n + 13] = 0x12;
	}
	*judged = n + 14;
	end = type == OP25B_PKT_MALFORMED ? n + 13 : n + 20;
	if (family == OP25B_IPV6)
		p[5] = end - 40;
	/*
	 * seg6_local does not trim the inner packet as ip6_rcv() does: add bytes after its end,
	 * which look harmless and have to be ignored
	 */
	if (options && chance() & 1) {
		memset(p + end, 0x10, 7);
		end += 7;
	} else if (family == OP25B_IPV6 && chance() & 1) {
		/* as jumbograms have it: it says nothing of the end */
		p[5] = 0;
	}
	return end;
}

/*
 * The same with an IPv4 packet of this type inside, or for INSIDE_LATER a later fragment. Stores in
 * @chain where the chain of IPv6 headers ends.
 */
static unsigned int write_softwire(u8 *p, enum op25b_pkt_type type, struct op25b_key src,
				   struct op25b_key dst, int *judged, int *chain)
{
	u8 inner[40], fragment[8] = { 4, 0, 0, chance() & 1, [7] = 1 };
	unsigned int n, inner_len;
	bool first;
	u8 *next;

	write_packet(p, OP25B_PKT_NONE, OP25B_IPV6, src, dst, judged);
	n = *judged - 14;
	next = p + (n == 40 ? 6 : 40);
	first = stubs.inside == INSIDE && chance() & 1;
	*next = 4;
	if (first || stubs.inside == INSIDE_LATER) {
		*next = 44;
		if (!first) {
			fragment[3] |= 8 * (1 + chance_below(9));
			stubs.inside_at_8 = fragment[3] >> 3 == 1;
		}
		memcpy(p + n, fragment, sizeof(fragment));
		n += sizeof(fragment);
	}
	*chain = n;
	inner_len = write_packet(inner, type, OP25B_IPV4, (struct op25b_key){ 0 }, stubs.inner,
				 judged);
	*judged = stubs.inside == INSIDE_LATER ? (int)n : *judged + (int)n;
	if (chance() & 1)
		inner[3] = inner_len;
	memcpy(p + n, inner, inner_len);
	n += inner_len;
	if (inner[3] && chance() & 1) {
		/* behind the end of what is inside */
		memset(p + n, 0x10, 7);
		n += 7;
	}
	p[5] = n - 40;
	return n;
}

/* Have the checksum filled in at @at, or anywhere. */
static void set_checksum(struct sk_buff *skb, int at)
{
	skb->ip_summed = CHECKSUM_PARTIAL;
	if (at == ANYWHERE)
		at = (int)chance_below(128) - 24;
	skb->csum_offset = chance() & 1 ? 16 : chance_below(0x10000);
	skb->csum_start = at - skb->csum_offset;
}

void (*judge_sessions)(struct verdict *verdict, enum op25b_family family, struct op25b_key src,
		       struct op25b_key dst);

struct verdict send_packet(enum op25b_pkt_type type, enum op25b_family family, struct op25b_key src,
			   struct op25b_key dst)
{
	return send_checksum(type, family, src, dst, chance_below(4) ? NOWHERE : ANYWHERE);
}

struct verdict send_checksum(enum op25b_pkt_type type, enum op25b_family family,
			     struct op25b_key src, struct op25b_key dst, int at)
{
	struct net_device in = { 0 };
	struct nf_hook_state state = { .in = &in, .net = &net };
	unsigned int got, rejects = stubs.rejects, recorded = stubs.recorded, head, len, column;
	unsigned int logged = stubs.logged, traced = stubs.traced;
	bool records, logs;
	const struct nf_hook_ops *ops;
	struct sk_buff skb = { 0 };
	bool answered, tracked, overwritten = false;
	bool softwire = family == OP25B_IPV6 && stubs.inside;
	u8 bytes[160], *rest;
	struct verdict verdict;
	int judged, chain = 0, vrf = harness_domain();

	if (softwire)
		len = write_softwire(bytes, type, src, dst, &judged, &chain);
	else
		len = write_packet(bytes, type, family, src, dst, &judged);
	skb.ip_summed = chance_below(CHECKSUM_PARTIAL);
	if (at != NOWHERE) {
		set_checksum(&skb, at);
		at = skb.csum_start + skb.csum_offset;
		/* what is overwritten cannot be judged */
		overwritten = at >= -1 && at < judged;
		if (overwritten)
			type = OP25B_PKT_MALFORMED;
	}
	verdict = (struct verdict){ .verdict = OP25B_VERDICT_PASSED };
	/* while headers may change, so may what is inside */
	if (softwire || (family == OP25B_IPV6 && overwritten && at < judged - 14))
		verdict = model_softwire(&in_force, vrf, type, src, !softwire || overwritten ||
					 stubs.inside == INSIDE_LATER ? NULL : &stubs.inner);
	/* what the guard does not stop is judged by what is outside */
	if (verdict.verdict == OP25B_VERDICT_PASSED) {
		if (softwire)
			type = (overwritten && at < chain) ||
			       (stubs.inside == INSIDE_LATER && stubs.inside_at_8) ?
			       OP25B_PKT_MALFORMED : OP25B_PKT_NONE;
		verdict = model_judge(&in_force, vrf, type, family, src, dst);
	}
	if (judge_sessions)
		judge_sessions(&verdict, family, src, dst);
	/* the router is no customer of its own, neither as destination of others nor by itself */
	if (stubs.looped || (is_own(family, dst) && (verdict.class == OP25B_CLASS_SYNACK ||
						     verdict.class == OP25B_CLASS_INBOUND)))
		verdict.verdict = OP25B_VERDICT_PASSED;
	if (stubs.spoofed)
		model_spoofed(&in_force, &verdict);
	skb.dev = &in;
	if (stubs.looped == LOOPED)
		in.flags = IFF_LOOPBACK;
	else	/* VRFs are masters, and so are bonds */
		in.flags = stubs.looped == LOOPED_IN_VRF || chance() & 1 ? IFF_MASTER : 0;
	skb.pkt_type = stubs.looped == LOOPED_IN_VRF ? PACKET_LOOPBACK : PACKET_HOST;
	if (!stubs.hooks) {
		CHECK(verdict.verdict == OP25B_VERDICT_PASSED);
		return verdict;
	}
	for (ops = stubs.hooks; ops->pf != (family ? NFPROTO_IPV6 : NFPROTO_IPV4); ops++)
		CHECK(ops == stubs.hooks);
	CHECK(ops->hooknum == NF_INET_PRE_ROUTING && ops->priority < NF_IP_PRI_CONNTRACK_DEFRAG);

	/* ip_rcv() and ip6_rcv() have pulled the IP header; the rest may be in either part */
	head = family ? 40 : 20;
	if (chance() & 1)
		head += chance_below(len - head + 1);
	skb.data = memcpy(malloc(head), bytes, head);
	skb.rest = rest = memcpy(malloc(len - head), bytes + head, len - head);
	skb.len = len;
	skb.data_len = len - head;

	shim_cpu = chance_below(SHIM_CPUS);
	/*
	 * A packet received in a VRF passes the hook a second time, as received on the VRF device.
	 * The hook ignores it then, unless the verdict is to block it and it has no conntrack mark:
	 * SRv6 has decapsulated that one.
	 */
	rcu_read_lock();
	in.ifindex = SHIM_VRF;
	skb.cb.flags = true;
	tracked = chance() & 1;
	if (tracked && chance() & 1)
		skb.nfctinfo = IP_CT_UNTRACKED;
	else if (tracked)
		skb.nfct = &in_force;
	if (stubs.from != FROM_NO_VRF && !chance_below(4) &&
	    (tracked || verdict.verdict != OP25B_VERDICT_BLOCKED)) {
		skb.cb.iif = chance() & 1 ? SHIM_LINK_OF_VRF : SHIM_VRF;
		CHECK(ops->hook(ops->priv, &skb, &state) == NF_ACCEPT);
		CHECK(stubs.rejects == rejects);
	}
	/*
	 * The hook judges all others: one that SRv6 has decapsulated and that is to be blocked, one
	 * that enters the VRF from outside, one without input device, and one as received on a port
	 * of the VRF or on a device in no VRF.
	 */
	skb.cb.iif = SHIM_LINK;
	if (stubs.from != FROM_NO_VRF && verdict.verdict == OP25B_VERDICT_BLOCKED && !tracked &&
	    chance() & 1) {
		skb.cb.iif = SHIM_LINK_OF_VRF;
	} else if (stubs.from != FROM_VRF && !chance_below(3) && stubs.looped != LOOPED) {
		state.in = NULL;
		skb.cb.iif = SHIM_LINK_OF_VRF;
	} else if (stubs.from == FROM_NO_VRF || chance() & 1) {
		skb.cb.flags = false;
		in.ifindex = stubs.from == FROM_VRF || (!stubs.from && chance() & 1) ?
			     SHIM_LINK_OF_VRF : SHIM_LINK;
		skb.cb.iif = in.ifindex;
	}
	got = ops->hook(ops->priv, &skb, &state);
	rcu_read_unlock();
	free(skb.data);
	free(rest);

	CHECK(got == (verdict.verdict == OP25B_VERDICT_BLOCKED ? NF_DROP : NF_ACCEPT));
	answered = verdict.verdict == OP25B_VERDICT_BLOCKED && verdict.class == OP25B_CLASS_SYN &&
		   !softwire && in_force.settings[verdict.pool].action != OP25B_ACTION_DROP;
	CHECK(stubs.rejects == rejects + answered);
	CHECK(!answered || stubs.action == in_force.settings[verdict.pool].action);
	records = verdict.class == OP25B_CLASS_SYN && in_force.settings[verdict.pool].senders &&
		  (verdict.verdict == OP25B_VERDICT_BLOCKED ||
		   verdict.verdict == OP25B_VERDICT_OBSERVED);
	CHECK(stubs.recorded == recorded + records);
	if (records) {
		CHECK(!strcmp(stubs.recorder->pool->name, model_names[verdict.pool]));
		CHECK(!op25b_key_compare(stubs.src, src));
		CHECK(!op25b_key_compare(stubs.dst, softwire ? stubs.inner : dst));
	}
	logs = records && in_force.settings[verdict.pool].log;
	CHECK(stubs.logged == logged + logs);
	CHECK(!logs || stubs.log_group == in_force.settings[verdict.pool].log_group);
	CHECK(stubs.traced == traced + (verdict.verdict != OP25B_VERDICT_PASSED));
	if (verdict.verdict != OP25B_VERDICT_PASSED) {
		CHECK(!strcmp(stubs.trace.pool->name, model_names[verdict.pool]));
		CHECK(stubs.trace.class == verdict.class);
		CHECK(stubs.trace.verdict == verdict.verdict);
		column = op25b_stats_column(verdict.verdict);
		in_force.packets[verdict.pool][verdict.class][column]++;
	}
	return verdict;
}

void check_verdict(enum op25b_pkt_type type, const char *from, const char *to,
		  enum op25b_verdict verdict)
{
	struct op25b_prefix src = prefix(from), dst = prefix(to);
	/* if GRO has merged the packet, the checksum is to be filled in behind what is judged */
	int at = chance() & 1 ? NOWHERE : 100;

	CHECK(send_checksum(type, src.family, src.key, dst.key, at).verdict == verdict,
	      "%s to %s", from, to);
}

int harness_setup(void **state)
{
	CHECK(shim_slab.live == 0);
	memset(&pernet, 0, sizeof(pernet));
	memset(&in_force, 0, sizeof(in_force));
	trial = 0;
	memset(&stubs, 0, sizeof(stubs));
	seen_recorder = 0;
	others = NULL;
	memset(model_vrfs, 0, sizeof(model_vrfs));
	shim_vrf_name = model_vrf_names[RED];
	CHECK(op25b_vrf_register() == 0);
	judge_sessions = NULL;
	shim_mutex_unlocked = lock_released;
	CHECK(op25b_workqueue_init() == 0);
	CHECK(op25b_table_init(table, &net) == 0);
	op25b_pin_init(table);
	op25b_hook_init(table);
	op25b_expire_init(table);
	op25b_directory_init(table);
	op25b_confirm_init(table);
	check_table();
	return 0;
}

static int remove_directory(const struct op25b_pool_conf *conf, void *arg)
{
	op25b_sysfs_pool_del(conf->pool);
	op25b_table_pool_put(table, conf->pool);
	return 0;
}

/* In the order of op25b_mod.c, but for sysfs, whose functions are stubs here */
int harness_teardown(void **state)
{
	check_table();
	CHECK(list_empty(&table->pins.list) && !table->pins.held);
	op25b_confirm_stop(table);
	op25b_directory_stop(table);
	op25b_expire_stop(table);
	op25b_pin_stop(table);
	op25b_hook_stop(table);
	CHECK(!stubs.hooks);
	grace_period();
	op25b_policy_for_each_added(table->policy, NULL, remove_directory, NULL);
	CHECK(!stubs.directories);
	op25b_table_free(table);
	rcu_barrier();
	CHECK(!op25b_extra());
	op25b_vrf_unregister();
	op25b_workqueue_exit();
	CHECK(shim_slab.live == 0, "%ld allocations leaked", shim_slab.live);
	return 0;
}

