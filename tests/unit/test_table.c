// SPDX-License-Identifier: GPL-2.0
/*
 * The policy of a namespace, its changes, its counters and the packet path: the module's unmodified
 * sources against a naive model
 */
#include <errno.h>
#include <string.h>

#include <linux/netdevice.h>
#include <net/l3mdev.h>

#include "check.h"
#include "harness.h"
#include "op25b_directory.h"
#include "op25b_step.h"
#include "op25b_extra.h"
#include "op25b_vrf.h"

/* Random input */

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
	struct op25b_settings settings = {
		.mode = chance_below(3) ? OP25B_MODE_ENFORCE : chance_below(OP25B_MODE_MAX + 1),
		.action = chance_below(OP25B_ACTION_MAX + 1),
		.guard = chance_below(OP25B_GUARD_MASK + 1),
		.subscriber = chance_below(4) ? OP25B_SUBSCRIBER_DEFAULT : 56,
		.senders = chance() & 1,
	};

	settings.log = settings.senders && chance() & 1;
	settings.log_group = settings.log ? chance_below(3) : 0;
	return settings;
}

/* An operation on @model */
static struct op random_op(struct model *model)
{
	static const char *const comments[] = { "", "fixed", "ticket 7" };
	struct op op = { .comment = "" };

	do {
		op.kind = chance_below(4) ? PREFIX_ADD + chance_below(KINDS - PREFIX_ADD) : chance_below(3);
		if (op.kind == POOL_DEL && chance_below(3))
			op.kind = POOL_SET;
		op.pool = chance_below(POOLS);
		if (op.kind >= RELAY_ADD && chance() & 1)
			op.pool = EVERY_POOL;
	} while (op.pool != EVERY_POOL &&
		 (model->exists[op.pool] == (op.kind == POOL_ADD) ||
		  (op.kind == POOL_ADD && model->deleted[op.pool])));

	op.settings = random_settings();
	op.prefix = random_prefix();
	op.timeout = chance_below(3) ? 0 : 1 + chance_below(40);
	op.comment = comments[chance_below(3)];
	op.force = chance() & 1;
	/* most deletions are of prefixes, exempts, relays and targets that exist */
	if (op.kind >= RELAY_ADD) {
		if ((op.kind == RELAY_DEL || op.kind == TARGET_DEL) && model->destinations &&
		    chance_below(4)) {
			struct destination *destination =
				&model->destination[chance_below(model->destinations)];

			op.kind = destination->kind == OP25B_RELAY ? RELAY_DEL : TARGET_DEL;
			op.prefix = destination->prefix;
			op.pool = destination->pool;
		}
	} else if (op.kind != PREFIX_ADD && model->entries && chance_below(4)) {
		struct entry *entry = &model->entry[chance_below(model->entries)];

		op.prefix = entry->prefix;
		if (chance_below(8) && op.kind > POOL_DEL && op.kind != PREFIX_MOVE)
			op.pool = entry->pool;
	}
	return op;
}

/* Changes */

static void change_random(unsigned int n, bool failing)
{
	static struct model model;
	struct op ops[200];
	unsigned int i;
	int err = 0;

	if (trial)
		return;		/* refused: op25b_confirm_check() */
	CHECK(n <= 200);
	model = in_force;
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

/* Others make changes and read whenever they can. */
static void others_random(void)
{
	if (chance() & 1)
		change_random(1 + chance_below(3), false);
	if (chance() & 1)
		grace_period();
	if (!chance_below(4))
		check_table();
}

static void send_random(unsigned int n)
{
	enum op25b_family family;

	while (n--) {
		family = chance_below(2);
		stubs.spoofed = chance() & 1;
		if (model_vrfs[1])
			stubs.from = chance() & 1 ? FROM_VRF : FROM_NO_VRF;
		stubs.inside = chance() & 1 ? NOT_INSIDE : chance() & 1 ? INSIDE : INSIDE_LATER;
		stubs.inner = random_key(OP25B_IPV4);
		send_packet(family && stubs.inside == INSIDE_LATER ? OP25B_PKT_MALFORMED :
			    chance_below(OP25B_PKT_UNDECIDED), family, random_key(family),
			    random_key(family));
	}
	stubs.spoofed = false;
	stubs.inside = NOT_INSIDE;
}

/* Tests */

static void test_pools(void **state)
{
	CHECK(!stubs.hooks);
	ADD(0);
	check_table();
	CHECK(stubs.hooks);
	ADD(1, .mode = OP25B_MODE_OBSERVE);
	check_table();
	do_op(OP(POOL_SET, 1, .settings = { .guard = OP25B_GUARD_SYNACK }), 0);
	CHECK(table->policy->synack == 1 && table->policy->generation == 3);
	/* the settings that the pool has: no new generation */
	do_op(OP(POOL_SET, 1, .settings = { .guard = OP25B_GUARD_SYNACK }), 0);
	CHECK(table->policy->generation == 3);
	check_table();
	PREFIX(0, "10.0.0.0/24");
	EXEMPT(0, "10.0.0.7");
	RELAY(0, "192.0.2.0/28");
	do_op(OP(POOL_DEL, 0), 0);
	CHECK(table->policy->prefixes[OP25B_IPV4] == 0 &&
	      table->policy->destinations[OP25B_RELAY] == 0 &&
	      table->policy->destinations[OP25B_TARGET] == 0);
	check_table();
	do_op(OP(POOL_DEL, 1), 0);
	CHECK(!stubs.hooks);
	check_table();
	/* a pool that is deleted and added again starts without prefixes and with zero counters */
	ADD(0);
	check_table();
}

static void test_errors(void **state)
{
	const struct op25b_prefix p = prefix("10.0.0.0/24");

	ADD(0);
	ADD(1);
	do_op(OP(PREFIX_DEL, 0, .prefix = p), -ENOENT);
	do_op(OP(PREFIX_DEL, 0, .prefix = p, .force = true), 0);
	do_op(OP(EXEMPT_DEL, 0, .prefix = p), -ENOENT);
	do_op(OP(EXEMPT_DEL, 0, .prefix = p, .force = true), 0);
	do_op(OP(RELAY_DEL, 0, .prefix = p), -ENOENT);
	do_op(OP(RELAY_DEL, 0, .prefix = p, .force = true), 0);
	do_op(OP(RELAY_DEL, EVERY_POOL, .prefix = p), -ENOENT);
	CHECK(table->policy->generation == 2);

	PREFIX(0, "10.0.0.0/24");
	do_op(OP(PREFIX_ADD, 0, .prefix = p), -EEXIST);
	do_op(OP(PREFIX_ADD, 0, .prefix = p, .force = true), 0);
	/* the same prefix in two pools is refused, as prefix or exempt of either */
	do_op(OP(PREFIX_ADD, 1, .prefix = p), -EEXIST);
	do_op(OP(PREFIX_ADD, 1, .prefix = p, .force = true), -EEXIST);
	do_op(OP(EXEMPT_ADD, 1, .prefix = p), -EEXIST);
	do_op(OP(EXEMPT_ADD, 1, .prefix = p, .force = true), -EEXIST);
	do_op(OP(PREFIX_DEL, 1, .prefix = p), -ENOENT);
	/* a pool may have the same prefix as prefix and as exempt, which are deleted separately */
	do_op(OP(EXEMPT_DEL, 0, .prefix = p), -ENOENT);
	EXEMPT(0, "10.0.0.0/24");
	do_op(OP(EXEMPT_ADD, 0, .prefix = p), -EEXIST);
	do_op(OP(EXEMPT_ADD, 0, .prefix = p, .force = true), 0);
	do_op(OP(PREFIX_DEL, 0, .prefix = p), 0);
	do_op(OP(PREFIX_DEL, 0, .prefix = p), -ENOENT);
	do_op(OP(PREFIX_ADD, 1, .prefix = p), -EEXIST);
	check_table();
	/* the relays of every pool and those of single pools are independent of each other, and of targets */
	TARGET(0, "10.0.0.0/24");
	TARGET(EVERY_POOL, "10.0.0.0/24");
	do_op(OP(TARGET_ADD, 0, .prefix = p), -EEXIST);
	do_op(OP(TARGET_ADD, EVERY_POOL, .prefix = p), -EEXIST);
	do_op(OP(TARGET_ADD, 0, .prefix = p, .force = true), 0);
	do_op(OP(TARGET_DEL, 1, .prefix = p), -ENOENT);
	do_op(OP(TARGET_DEL, 1, .prefix = p, .force = true), 0);
	do_op(OP(TARGET_DEL, EVERY_POOL, .prefix = p), 0);
	RELAY(0, "10.0.0.0/24");
	RELAY(1, "10.0.0.0/24");
	RELAY(EVERY_POOL, "10.0.0.0/24");
	do_op(OP(RELAY_ADD, 0, .prefix = p), -EEXIST);
	do_op(OP(RELAY_ADD, EVERY_POOL, .prefix = p), -EEXIST);
	do_op(OP(RELAY_ADD, 1, .prefix = p, .force = true), 0);
	do_op(OP(RELAY_DEL, 1, .prefix = p), 0);
	do_op(OP(RELAY_DEL, 1, .prefix = p), -ENOENT);
	check_table();
	/* a change whose last operation is refused: nothing of it is done */
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
	check_table();
}

static void test_move(void **state)
{
	struct op many[200], op;
	unsigned int i, n = 0;

	ADD(0);
	ADD(1, .mode = OP25B_MODE_OBSERVE);
	ADD(2, .mode = OP25B_MODE_OFF);
	PREFIX(0, "10.0.0.0/16");
	do_op(OP(EXEMPT_ADD, 0, .prefix = prefix("10.0.0.1"), .timeout = 10, .comment = "x"), 0);
	EXEMPT(0, "10.0.0.0/16");
	EXEMPT(0, "10.0.255.255");
	/* around, before and behind */
	EXEMPT(0, "10.0.0.0/15");
	EXEMPT(0, "9.255.255.255");
	EXEMPT(0, "10.1.0.0");
	/* in longer prefixes, of the same pool and of another */
	PREFIX(0, "10.0.1.0/24");
	EXEMPT(0, "10.0.1.0/24");
	EXEMPT(0, "10.0.1.1");
	PREFIX(2, "10.0.2.0/24");
	EXEMPT(0, "10.0.2.1");
	/* of another pool */
	EXEMPT(2, "10.0.3.1");
	for (i = 0; i < 150; i++) {
		many[n] = OP(EXEMPT_ADD, 0, .prefix = prefix("10.0.4.0"), .comment = "");
		many[n++].prefix.key.hi += (u64)i << 32;
	}
	change(many, n, 0, false);
	check_table();

	do_op(OP(PREFIX_MOVE, 0, .prefix = prefix("10.0.0.0/16")), -EEXIST);
	do_op(OP(PREFIX_MOVE, 0, .prefix = prefix("10.0.0.0/16"), .force = true), 0);
	do_op(OP(PREFIX_MOVE, 1, .prefix = prefix("10.0.0.0/17")), -ENOENT);
	do_op(OP(PREFIX_MOVE, 1, .prefix = prefix("10.0.0.0/17"), .force = true), -ENOENT);
	/* an exempt is no prefix */
	do_op(OP(PREFIX_MOVE, 1, .prefix = prefix("10.0.0.0/15")), -ENOENT);
	op = OP(PREFIX_MOVE, 1, .prefix = prefix("10.0.0.0/16"), .comment = "");
	change(&op, 1, 0, true);
	check_table();
	check_verdict(OP25B_PKT_SYN, "10.0.9.9", "203.0.113.1", OP25B_VERDICT_EXEMPTED);
	do_op(OP(EXEMPT_DEL, 1, .prefix = prefix("10.0.0.0/16")), 0);
	check_verdict(OP25B_PKT_SYN, "10.0.9.9", "203.0.113.1", OP25B_VERDICT_OBSERVED);
	check_verdict(OP25B_PKT_SYN, "10.0.0.1", "203.0.113.1", OP25B_VERDICT_EXEMPTED);
	check_verdict(OP25B_PKT_SYN, "10.0.1.1", "203.0.113.1", OP25B_VERDICT_EXEMPTED);
	do_op(OP(EXEMPT_DEL, 0, .prefix = prefix("10.0.1.1")), 0);
	do_op(OP(EXEMPT_DEL, 0, .prefix = prefix("10.0.2.1")), 0);
	do_op(OP(EXEMPT_DEL, 1, .prefix = prefix("10.0.255.255")), 0);
	/* what has moved expires in its time */
	advance_time(10);
	check_verdict(OP25B_PKT_SYN, "10.0.0.1", "203.0.113.1", OP25B_VERDICT_OBSERVED);
	check_table();
	/* the whole family, and back, in one change */
	PREFIX(1, "::/0");
	EXEMPT(1, "2001:db8::1");
	many[0] = OP(PREFIX_MOVE, 0, .prefix = prefix("::/0"), .comment = "");
	many[1] = OP(PREFIX_MOVE, 2, .prefix = prefix("::/0"), .comment = "");
	change(many, 2, 0, true);
	CHECK(op25b_policy_conf(table->policy, 2)->exempts == 2);
	check_table();
}

/* Each class with each verdict */
static void test_verdicts(void **state)
{
	static const enum op25b_pkt_type types[] = {
		OP25B_PKT_SYN, OP25B_PKT_MALFORMED, OP25B_PKT_SYNACK, OP25B_PKT_SYN,
		OP25B_PKT_MALFORMED,
	};
	const char *in, *exempt, *server, *relay, *own, *other;
	unsigned int i, family, rejects;
	enum op25b_verdict unguarded;
	bool to_pool;
	u64 blocked;

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
		for (i = 0; i < 5; i++) {
			to_pool = i >= 2;	/* the pool is the destination */
#define CHECK_VERDICT(a, b, verdict) \
	check_verdict(types[i], to_pool ? b : a, to_pool ? a : b, verdict)
			do_op(OP(POOL_SET, 0, .settings = { .guard = 3 }), 0);
			CHECK_VERDICT(in, server, OP25B_VERDICT_BLOCKED);
			CHECK_VERDICT(in, relay, OP25B_VERDICT_RELAYED);
			CHECK_VERDICT(in, own, OP25B_VERDICT_RELAYED);
			CHECK_VERDICT(in, other, OP25B_VERDICT_BLOCKED);
			CHECK_VERDICT(exempt, server, OP25B_VERDICT_EXEMPTED);
			CHECK_VERDICT(exempt, relay, OP25B_VERDICT_EXEMPTED);
			check_verdict(types[i], server, server, OP25B_VERDICT_PASSED);
			do_op(OP(POOL_SET, 0, .settings = { .mode = OP25B_MODE_OBSERVE,
							  .guard = 3 }), 0);
			CHECK_VERDICT(in, server, OP25B_VERDICT_OBSERVED);
			CHECK_VERDICT(in, relay, OP25B_VERDICT_RELAYED);
			CHECK_VERDICT(exempt, server, OP25B_VERDICT_EXEMPTED);
			do_op(OP(POOL_SET, 0, .settings = { .mode = OP25B_MODE_OFF,
							    .guard = 3 }), 0);
			CHECK_VERDICT(in, server, OP25B_VERDICT_PASSED);
			CHECK_VERDICT(in, relay, OP25B_VERDICT_PASSED);
			CHECK_VERDICT(exempt, server, OP25B_VERDICT_PASSED);
			do_op(OP(POOL_SET, 0, .settings = { .guard = 0 }), 0);
			unguarded = to_pool ? OP25B_VERDICT_PASSED : OP25B_VERDICT_BLOCKED;
			CHECK_VERDICT(in, server, unguarded);
			/* the guard of the other class has no effect */
			do_op(OP(POOL_SET, 0, .settings = { .guard = i == 2 ? OP25B_GUARD_INBOUND :
							  OP25B_GUARD_SYNACK }), 0);
			CHECK_VERDICT(in, server, unguarded);
			check_table();
		}
	}
	/* if both addresses are in pools, the packet is counted for the pool of its source */
	do_op(OP(POOL_SET, 0, .settings = { .guard = OP25B_GUARD_INBOUND }), 0);
	check_verdict(OP25B_PKT_SYN, "10.0.1.1", "10.0.0.5", OP25B_VERDICT_BLOCKED);
	CHECK(in_force.packets[1][OP25B_CLASS_SYN][op25b_stats_column(OP25B_VERDICT_BLOCKED)] == 1);
	check_verdict(OP25B_PKT_MALFORMED, "10.0.1.1", "10.0.0.5", OP25B_VERDICT_BLOCKED);
	CHECK(in_force.packets[1][OP25B_CLASS_MALFORMED][op25b_stats_column(OP25B_VERDICT_BLOCKED)] ==
	      1);
	/* from an address of no pool, it is of class inbound, as a SYN is */
	blocked = in_force.packets[0][OP25B_CLASS_INBOUND][op25b_stats_column(OP25B_VERDICT_BLOCKED)];
	check_verdict(OP25B_PKT_MALFORMED, "203.0.113.1", "10.0.0.5", OP25B_VERDICT_BLOCKED);
	CHECK(in_force.packets[0][OP25B_CLASS_INBOUND][op25b_stats_column(OP25B_VERDICT_BLOCKED)] ==
	      blocked + 1);
	check_table();
	/* each action; only packets of class syn are answered */
	rejects = stubs.rejects;
	for (i = 0; i <= OP25B_ACTION_MAX; i++) {
		do_op(OP(POOL_SET, 0, .settings = { .action = i, .guard = OP25B_GUARD_MASK }), 0);
		check_verdict(OP25B_PKT_SYN, "10.0.0.5", "203.0.113.1", OP25B_VERDICT_BLOCKED);
		CHECK(stubs.rejects == rejects + (i != OP25B_ACTION_DROP));
		CHECK(i == OP25B_ACTION_DROP || stubs.action == i);
		rejects = stubs.rejects;
		check_verdict(OP25B_PKT_SYN, "203.0.113.1", "10.0.0.5", OP25B_VERDICT_BLOCKED);
		check_verdict(OP25B_PKT_SYNACK, "203.0.113.1", "10.0.0.5", OP25B_VERDICT_BLOCKED);
		check_verdict(OP25B_PKT_MALFORMED, "10.0.0.5", "203.0.113.1",
			      OP25B_VERDICT_BLOCKED);
		CHECK(stubs.rejects == rejects);
	}
	check_table();
}

/* A checksum that is still to be filled in, wherever the sender of the packet wants it */
static void test_checksums(void **state)
{
	const struct op25b_key in = prefix("10.0.0.5").key, out = prefix("203.0.113.1").key;
	u64 malformed = 0;
	int at;

	ADD(0);
	PREFIX(0, "10.0.0.0/24");
	for (at = -40; at < 80; at++) {
		/* the IP header and TCP's first 14 bytes must not change, whatever the port is */
		bool judged = at >= -1 && at < 34;

		CHECK(send_checksum(OP25B_PKT_NONE, OP25B_IPV4, in, out, at).verdict ==
		      (judged ? OP25B_VERDICT_BLOCKED : OP25B_VERDICT_PASSED), "at %d", at);
		malformed += judged;
		/* a SYN is blocked either way, but not as one if it may become something else */
		CHECK(send_checksum(OP25B_PKT_SYN, OP25B_IPV4, in, out, at).class ==
		      (judged ? OP25B_CLASS_MALFORMED : OP25B_CLASS_SYN), "at %d", at);
		malformed += judged;
		/* traffic that is not a pool's passes */
		CHECK(send_checksum(OP25B_PKT_NONE, OP25B_IPV4, out, out, at).verdict ==
		      OP25B_VERDICT_PASSED);
	}
	CHECK(in_force.packets[0][OP25B_CLASS_MALFORMED][op25b_stats_column(OP25B_VERDICT_BLOCKED)] ==
	      malformed && malformed == 70);
	check_table();
}

/* The router's own addresses in a pool, with all guards, and what it sends to itself */
static void test_router(void **state)
{
	const enum op25b_pkt_type to_pool[] = {
		OP25B_PKT_SYN, OP25B_PKT_SYNACK, OP25B_PKT_MALFORMED,
	};
	const char *own, *customer, *server;
	unsigned int i, family;

	ADD(0, .guard = OP25B_GUARD_MASK);
	PREFIX(0, "10.0.0.0/24");
	PREFIX(0, "2001:db8::/32");
	for (family = 0; family < 2; family++) {
		own = family ? "2001:db8::1" : "10.0.0.1";
		customer = family ? "2001:db8::5" : "10.0.0.5";
		server = family ? "2001:dbf::1" : "203.0.113.1";
		for (i = 0; i < 3; i++) {
			stubs.own = NULL;
			check_verdict(to_pool[i], server, own, OP25B_VERDICT_BLOCKED);
			stubs.own = own;
			check_verdict(to_pool[i], server, own, OP25B_VERDICT_PASSED);
			check_verdict(to_pool[i], server, customer, OP25B_VERDICT_BLOCKED);
		}
		/* for a customer, the router's port 25 is one like others */
		check_verdict(OP25B_PKT_SYN, customer, own, OP25B_VERDICT_BLOCKED);
		check_verdict(OP25B_PKT_MALFORMED, customer, own, OP25B_VERDICT_BLOCKED);
		check_verdict(OP25B_PKT_SYN, own, server, OP25B_VERDICT_BLOCKED);
		for (i = 0; i < 3; i++) {
			for (stubs.looped = LOOPED; stubs.looped <= LOOPED_IN_VRF; stubs.looped++) {
				check_verdict(to_pool[i], own, own, OP25B_VERDICT_PASSED);
				check_verdict(to_pool[i], customer, customer, OP25B_VERDICT_PASSED);
			}
			stubs.looped = NOT_LOOPED;
		}
	}
	check_table();
}

/* IPv4 inside IPv6, which is judged for pools with the guard only */
static void test_softwires(void **state)
{
	static const enum op25b_pkt_type types[] = { OP25B_PKT_SYN, OP25B_PKT_MALFORMED };
	const u32 guard = OP25B_GUARD_SOFTWIRE;
	enum op25b_class class;
	unsigned int i;

	ADD(0, .action = OP25B_ACTION_TCP_RESET, .senders = true, .subscriber = 56);
	PREFIX(0, "2001:db8::/32");
	PREFIX(0, "10.0.0.0/24");
	EXEMPT(0, "2001:db8:7::/48");
	RELAY(0, "192.0.2.1");
	RELAY(0, "0.0.0.0/8");
	TARGET(0, "203.0.113.1");
	ADD(1);
	PREFIX(1, "2001:db9::/32");
	for (i = 0; i < 2; i++) {
		class = i ? OP25B_CLASS_MALFORMED : OP25B_CLASS_SYN;
		do_op(OP(POOL_SET, 0, .settings = { .action = OP25B_ACTION_TCP_RESET,
						    .senders = true, .subscriber = 56 }), 0);
		stubs.inside = INSIDE;
		stubs.inner = prefix("203.0.113.1").key;
		check_verdict(types[i], "2001:db8::5", "2001:dbf::1", OP25B_VERDICT_PASSED);
		do_op(OP(POOL_SET, 0, .settings = { .action = OP25B_ACTION_TCP_RESET, .guard = guard,
						    .senders = true, .subscriber = 56 }), 0);
		/* never answered, and recorded with the address inside: send_packet() checks that */
		check_verdict(types[i], "2001:db8::5", "2001:dbf::1", OP25B_VERDICT_BLOCKED);
		check_verdict(types[i], "2001:db8:7::5", "2001:dbf::1", OP25B_VERDICT_EXEMPTED);
		/* another pool does not look inside, and who is in none passes */
		check_verdict(types[i], "2001:db9::5", "2001:dbf::1", OP25B_VERDICT_PASSED);
		check_verdict(types[i], "2001:dbf::1", "2001:db8::5", OP25B_VERDICT_PASSED);
		stubs.inner = prefix("192.0.2.1").key;
		check_verdict(types[i], "2001:db8::5", "2001:dbf::1", OP25B_VERDICT_RELAYED);
		/* by itself, a SYN to the end of the softwire is one as before */
		stubs.inside = NOT_INSIDE;
		check_verdict(types[i], "2001:db8::5", "2001:dbf::1", OP25B_VERDICT_BLOCKED);
		CHECK(in_force.packets[0][class][0] == 2 && in_force.packets[0][class][2] == 1 &&
		      in_force.packets[0][class][3] == 1);
		do_op(OP(POOL_SET, 0, .settings = { .mode = OP25B_MODE_OBSERVE, .guard = guard }), 0);
		stubs.inside = INSIDE;
		check_verdict(types[i], "2001:db8::5", "2001:dbf::1", OP25B_VERDICT_RELAYED);
		/* the target is inside, too */
		stubs.inner = prefix("203.0.113.1").key;
		check_verdict(types[i], "2001:db8::5", "2001:dbf::1",
			      i ? OP25B_VERDICT_OBSERVED : OP25B_VERDICT_BLOCKED);
		do_op(OP(POOL_SET, 0, .settings = { .mode = OP25B_MODE_OFF, .guard = guard }), 0);
		check_verdict(types[i], "2001:db8::5", "2001:dbf::1", OP25B_VERDICT_PASSED);
	}
	/* a destination that is not known is no relay, whatever the address 0.0.0.0 is */
	do_op(OP(POOL_SET, 0, .settings = { .guard = guard }), 0);
	stubs.inside = INSIDE_LATER;
	check_verdict(OP25B_PKT_MALFORMED, "2001:db8::5", "2001:dbf::1", OP25B_VERDICT_BLOCKED);
	/* nor is one over which a checksum is filled in */
	stubs.inside = INSIDE;
	stubs.inner = prefix("192.0.2.1").key;
	CHECK(send_checksum(OP25B_PKT_NONE, OP25B_IPV6, prefix("2001:db8::5").key,
			    prefix("2001:dbf::1").key, 56).verdict == OP25B_VERDICT_BLOCKED);
	do_op(OP(POOL_SET, 0, .settings = { .mode = OP25B_MODE_OBSERVE, .guard = guard }), 0);
	stubs.inside = INSIDE_LATER;
	check_verdict(OP25B_PKT_MALFORMED, "2001:db8::5", "2001:dbf::1", OP25B_VERDICT_OBSERVED);
	/* the guard inbound has its own eyes: on the outside */
	do_op(OP(POOL_SET, 0, .settings = { .mode = OP25B_MODE_OFF, .guard = guard }), 0);
	do_op(OP(POOL_SET, 1, .settings = { .guard = OP25B_GUARD_INBOUND }), 0);
	stubs.inside = INSIDE;
	check_verdict(OP25B_PKT_SYN, "2001:db8::5", "2001:db9::5", OP25B_VERDICT_PASSED);
	stubs.inside = NOT_INSIDE;
	check_table();
}

/* Packets that came by a device by which the router would not send to their source */
static void test_spoofed(void **state)
{
	const u32 guards = OP25B_GUARD_INBOUND | OP25B_GUARD_SPOOFED;
	const char *customer, *server;
	unsigned int family;

	ADD(0, .action = OP25B_ACTION_TCP_RESET);
	PREFIX(0, "10.0.0.0/24");
	PREFIX(0, "2001:db8::/32");
	EXEMPT(0, "10.0.0.7");
	RELAY(0, "192.0.2.1");
	stubs.spoofed = true;
	for (family = 0; family < 2; family++) {
		customer = family ? "2001:db8::5" : "10.0.0.5";
		server = family ? "2001:dbf::1" : "203.0.113.1";
		do_op(OP(POOL_SET, 0, .settings = { .action = OP25B_ACTION_TCP_RESET }), 0);
		check_verdict(OP25B_PKT_SYN, customer, server, OP25B_VERDICT_BLOCKED);
		CHECK(in_force.packets[0][OP25B_CLASS_SYN][0] == 1 + family);
		/* the same verdict, counted apart, and not answered: the model and send_packet() */
		do_op(OP(POOL_SET, 0, .settings = { .action = OP25B_ACTION_TCP_RESET,
						    .guard = guards }), 0);
		check_verdict(OP25B_PKT_SYN, customer, server, OP25B_VERDICT_BLOCKED);
		check_verdict(OP25B_PKT_MALFORMED, customer, server, OP25B_VERDICT_BLOCKED);
		check_verdict(OP25B_PKT_SYN, server, customer, OP25B_VERDICT_BLOCKED);
		CHECK(in_force.packets[0][OP25B_CLASS_SPOOFED][0] == 2ULL * (1 + family));
		CHECK(in_force.packets[0][OP25B_CLASS_INBOUND][0] == 1 + family);
	}
	/* what passes is counted as ever */
	check_verdict(OP25B_PKT_SYN, "10.0.0.7", "203.0.113.1", OP25B_VERDICT_EXEMPTED);
	check_verdict(OP25B_PKT_SYN, "10.0.0.5", "192.0.2.1", OP25B_VERDICT_RELAYED);
	do_op(OP(POOL_SET, 0, .settings = { .mode = OP25B_MODE_OBSERVE, .guard = guards }), 0);
	check_verdict(OP25B_PKT_SYN, "10.0.0.5", "203.0.113.1", OP25B_VERDICT_OBSERVED);
	CHECK(in_force.packets[0][OP25B_CLASS_SPOOFED][1] == 1);
	stubs.spoofed = false;
	check_verdict(OP25B_PKT_SYN, "10.0.0.5", "203.0.113.1", OP25B_VERDICT_OBSERVED);
	CHECK(in_force.packets[0][OP25B_CLASS_SYN][1] == 1);
	check_table();
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
	check_verdict(OP25B_PKT_SYN, "10.2.0.1", "203.0.113.1", OP25B_VERDICT_BLOCKED);
	check_verdict(OP25B_PKT_SYN, "10.1.0.1", "203.0.113.1", OP25B_VERDICT_OBSERVED);
	check_verdict(OP25B_PKT_SYN, "10.1.1.128", "203.0.113.1", OP25B_VERDICT_BLOCKED);
	check_verdict(OP25B_PKT_SYN, "10.1.1.64", "203.0.113.1", OP25B_VERDICT_EXEMPTED);
	check_verdict(OP25B_PKT_SYN, "10.1.1.1", "203.0.113.1", OP25B_VERDICT_BLOCKED);
	/* an exempt has priority over the same prefix, whichever was added first */
	EXEMPT(0, "10.1.1.0/26");
	check_verdict(OP25B_PKT_SYN, "10.1.1.1", "203.0.113.1", OP25B_VERDICT_EXEMPTED);
	EXEMPT(1, "10.1.2.0/24");
	PREFIX(1, "10.1.2.0/24");
	check_verdict(OP25B_PKT_SYN, "10.1.2.1", "203.0.113.1", OP25B_VERDICT_EXEMPTED);
	do_op(OP(EXEMPT_DEL, 1, .prefix = prefix("10.1.2.0/24")), 0);
	check_verdict(OP25B_PKT_SYN, "10.1.2.1", "203.0.113.1", OP25B_VERDICT_OBSERVED);
	check_table();
}

/* A pool that observes blocks what goes to a target of every pool, or of this one. */
static void test_targets(void **state)
{
	ADD(0, .mode = OP25B_MODE_OBSERVE);
	ADD(1, .mode = OP25B_MODE_OBSERVE);
	ADD(2, .mode = OP25B_MODE_ENFORCE);
	ADD(3, .mode = OP25B_MODE_OFF);
	PREFIX(0, "10.0.0.0/24");
	PREFIX(0, "2001:db8::/48");
	PREFIX(1, "10.0.1.0/24");
	PREFIX(2, "10.0.2.0/24");
	PREFIX(3, "10.0.3.0/24");
	EXEMPT(0, "10.0.0.7");
	check_verdict(OP25B_PKT_SYN, "10.0.0.5", "198.51.100.1", OP25B_VERDICT_OBSERVED);
	TARGET(EVERY_POOL, "198.51.100.0/24");
	TARGET(EVERY_POOL, "2001:db9::/32");
	TARGET(0, "203.0.113.7");
	check_verdict(OP25B_PKT_SYN, "10.0.0.5", "198.51.100.1", OP25B_VERDICT_BLOCKED);
	check_verdict(OP25B_PKT_SYN, "10.0.1.5", "198.51.100.1", OP25B_VERDICT_BLOCKED);
	check_verdict(OP25B_PKT_SYN, "2001:db8::5", "2001:db9::1", OP25B_VERDICT_BLOCKED);
	check_verdict(OP25B_PKT_SYN, "10.0.0.5", "203.0.113.7", OP25B_VERDICT_BLOCKED);
	check_verdict(OP25B_PKT_SYN, "10.0.1.5", "203.0.113.7", OP25B_VERDICT_OBSERVED);
	check_verdict(OP25B_PKT_SYN, "10.0.0.5", "203.0.113.8", OP25B_VERDICT_OBSERVED);
	check_verdict(OP25B_PKT_SYN, "2001:db8::5", "2001:dba::1", OP25B_VERDICT_OBSERVED);
	/* what cannot be judged knows no targets */
	check_verdict(OP25B_PKT_MALFORMED, "10.0.0.5", "198.51.100.1", OP25B_VERDICT_OBSERVED);
	/* the other modes do not */
	check_verdict(OP25B_PKT_SYN, "10.0.2.5", "198.51.100.1", OP25B_VERDICT_BLOCKED);
	check_verdict(OP25B_PKT_SYN, "10.0.2.5", "203.0.113.8", OP25B_VERDICT_BLOCKED);
	check_verdict(OP25B_PKT_SYN, "10.0.3.5", "198.51.100.1", OP25B_VERDICT_PASSED);
	/* exempts and relays come first */
	check_verdict(OP25B_PKT_SYN, "10.0.0.7", "198.51.100.1", OP25B_VERDICT_EXEMPTED);
	RELAY(0, "198.51.100.25");
	check_verdict(OP25B_PKT_SYN, "10.0.0.5", "198.51.100.25", OP25B_VERDICT_RELAYED);
	check_verdict(OP25B_PKT_SYN, "10.0.1.5", "198.51.100.25", OP25B_VERDICT_BLOCKED);
	/* a pool's own targets go with it, those of every pool stay */
	do_op(OP(POOL_DEL, 0), 0);
	do_op(OP(TARGET_DEL, EVERY_POOL, .prefix = prefix("198.51.100.0/24")), 0);
	check_verdict(OP25B_PKT_SYN, "10.0.1.5", "198.51.100.1", OP25B_VERDICT_OBSERVED);
	CHECK(table->policy->destinations[OP25B_TARGET] == 1);
	check_table();
}

static void test_restore(void **state)
{
	struct staged staged;

	ADD(0);
	ADD(1);
	PREFIX(0, "10.0.0.0/24");
	do_op(OP(EXEMPT_ADD, 0, .prefix = prefix("10.0.0.8"), .timeout = 9, .comment = "old"), 0);
	PREFIX(1, "10.0.1.0/24");
	RELAY(1, "192.0.2.1");
	check_verdict(OP25B_PKT_SYN, "10.0.0.5", "203.0.113.1", OP25B_VERDICT_BLOCKED);
	check_verdict(OP25B_PKT_SYN, "10.0.1.5", "203.0.113.1", OP25B_VERDICT_BLOCKED);

	stage_begin(&staged);
	stage(&staged, OP(POOL_ADD, 0, .settings = { .mode = OP25B_MODE_OBSERVE }));
	stage(&staged, OP(POOL_ADD, 2));
	stage(&staged, OP(PREFIX_ADD, 0, .prefix = prefix("10.0.1.0/24")));
	stage(&staged, OP(EXEMPT_ADD, 0, .prefix = prefix("10.0.1.7"), .timeout = 5));
	stage(&staged, OP(PREFIX_ADD, 2, .prefix = prefix("10.0.0.0/24")));
	/* before the commit, packets and changes see the policy in force */
	check_table();
	check_verdict(OP25B_PKT_SYN, "10.0.0.5", "203.0.113.1", OP25B_VERDICT_BLOCKED);
	do_op(OP(POOL_DEL, 1), 0);
	ADD(1);
	PREFIX(1, "10.0.1.0/24");
	check_verdict(OP25B_PKT_SYN, "10.0.1.5", "203.0.113.1", OP25B_VERDICT_BLOCKED);
	check_table();
	stage(&staged, OP(RELAY_ADD, 2, .prefix = prefix("192.0.2.2")));
	stage(&staged, OP(RELAY_ADD, EVERY_POOL, .prefix = prefix("192.0.2.3")));
	stage_end(&staged, true);
	check_table();
	/* pool 0 keeps its counters, pool 1 is gone, and those of pool 2 start at zero */
	CHECK(in_force.packets[0][OP25B_CLASS_SYN][op25b_stats_column(OP25B_VERDICT_BLOCKED)] == 2);
	check_verdict(OP25B_PKT_SYN, "10.0.1.5", "203.0.113.1", OP25B_VERDICT_OBSERVED);
	check_verdict(OP25B_PKT_SYN, "10.0.0.5", "203.0.113.1", OP25B_VERDICT_BLOCKED);
	check_verdict(OP25B_PKT_SYN, "10.0.0.5", "192.0.2.2", OP25B_VERDICT_RELAYED);
	CHECK(in_force.packets[2][OP25B_CLASS_SYN][op25b_stats_column(OP25B_VERDICT_BLOCKED)] == 1);
	check_table();
	grace_period();
	/* the exempt of the old policy is gone and does not expire, that of the new one does */
	advance_time(20);
	CHECK(table->policy->exempts == 0);
	check_table();

	/* a restore that is aborted because its client died */
	stage_begin(&staged);
	stage_random(&staged, 100);
	stage_end(&staged, false);
	check_table();
	/* a pool that is deleted while a restore has it: its counters start at zero */
	stage_begin(&staged);
	stage(&staged, OP(POOL_ADD, 0));
	do_op(OP(POOL_DEL, 0), 0);
	check_table();
	stage_end(&staged, true);
	CHECK(in_force.packets[0][OP25B_CLASS_SYN][op25b_stats_column(OP25B_VERDICT_BLOCKED)] == 0);
	check_table();
	/* a restore of an empty policy */
	stage_begin(&staged);
	stage_end(&staged, true);
	CHECK(!stubs.hooks && !table->policy->pools);
	check_table();
}

/* Make directories before the commit of a restore, as RESTORE_COMMIT does. */
static void publish_early(struct staged *staged, struct list_head *early)
{
	u32 next = 0;

	mutex_lock(&table->lock);
	CHECK(!op25b_directory_make_early(table, staged->change->policy, &next, early));
	mutex_unlock(&table->lock);
}

static void settle(struct list_head *early)
{
	mutex_lock(&table->lock);
	op25b_directory_settle(table, early);
	mutex_unlock(&table->lock);
}

/* Other changes come between the directories of a restore and its commit. */
static void test_publish_early(void **state)
{
	struct staged staged, other;
	LIST_HEAD(early);
	LIST_HEAD(others);

	ADD(0);
	stage_begin(&staged);
	stage(&staged, OP(POOL_ADD, 0));
	stage(&staged, OP(POOL_ADD, 1));
	stage(&staged, OP(POOL_ADD, 2));
	stage(&staged, OP(POOL_ADD, 3));
	publish_early(&staged, &early);
	CHECK(stubs.directories == 4);
	/* one of the pools comes and goes, one comes and stays */
	ADD(1);
	do_op(OP(POOL_DEL, 1), 0);
	CHECK(stubs.directories == 3);
	ADD(2);
	CHECK(stubs.directories == 3);
	/* another restore of such a pool, which is given up */
	stage_begin(&other);
	stage(&other, OP(POOL_ADD, 3));
	stage(&other, OP(POOL_ADD, 4));
	publish_early(&other, &others);
	CHECK(stubs.directories == 4);
	stage_end(&other, false);
	settle(&others);
	CHECK(stubs.directories == 3);
	stage_end(&staged, true);
	settle(&early);
	check_table();
	grace_period();

	/* a restore that fails at last: nothing of it remains */
	INIT_LIST_HEAD(&early);
	stage_begin(&staged);
	stage(&staged, OP(POOL_ADD, 4));
	publish_early(&staged, &early);
	CHECK(stubs.directories == 5);
	stage_end(&staged, false);
	settle(&early);
	check_table();

	/* memory is short at first: the commit tries again */
	INIT_LIST_HEAD(&early);
	stage_begin(&staged);
	stage(&staged, OP(POOL_ADD, 0));
	stage(&staged, OP(POOL_ADD, 4));
	stubs.directory_error = -ENOMEM;
	publish_early(&staged, &early);
	CHECK(list_empty(&early));
	stubs.directory_error = 0;
	stage_end(&staged, true);
	settle(&early);
	check_table();
}

/* Stage many pools, named by @format and their number. */
static struct op25b_change *stage_pools(const char *format, unsigned int n)
{
	const struct op25b_settings settings = { 0 };
	struct netlink_ext_ack extack = { 0 };
	struct op25b_change *change;
	char name[16];
	unsigned int i;

	mutex_lock(&table->lock);
	change = op25b_change_begin_empty(table);
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), format, i);
		CHECK(op25b_step_pool_add(change, name, NULL, settings, &extack) >= 0);
	}
	mutex_unlock(&table->lock);
	return change;
}

static void commit_staged(struct op25b_change *change)
{
	mutex_lock(&table->lock);
	CHECK(op25b_change_commit(change) == 0);
	mutex_unlock(&table->lock);
}

/* A pool that is added each time the lock is released, until it is there */
static const char *coming_back;

static void come_back(void)
{
	const struct op25b_settings settings = { 0 };
	struct netlink_ext_ack extack = { 0 };
	struct op25b_change *change;
	struct op25b_pool *pool;

	shim_mutex_unlocked = NULL;
	mutex_lock(&table->lock);
	pool = op25b_table_pool_find(table, coming_back);
	if (!pool || !op25b_policy_conf(table->policy, pool->id)) {
		CHECK(pool && pool->sysfs);
		change = op25b_change_begin(table);
		CHECK(op25b_step_pool_add(change, coming_back, NULL, settings, &extack) >= 0);
		CHECK(op25b_change_commit(change) == 0);
		rcu_barrier();
	}
	mutex_unlock(&table->lock);
	shim_mutex_unlocked = come_back;
}

/*
 * A pool whose directory is still to be removed may come back. It begins at zero, and keeps the
 * directory.
 */
static void test_publish_again(void **state)
{
	struct op25b_change *change;

	change = stage_pools("%05u", 1000);
	commit_staged(change);
	CHECK(stubs.directories == 1000);
	/* directories are removed in batches: that of the last pool is not in the first */
	coming_back = "00999";
	change = stage_pools("", 0);
	shim_mutex_unlocked = come_back;
	commit_staged(change);
	shim_mutex_unlocked = NULL;
	CHECK(stubs.directories == 1 && table->policy->pools == 1);
	change = stage_pools("", 0);
	commit_staged(change);
	CHECK(!stubs.directories && !table->policy->pools);
	in_force.generation = 4;
	check_table();
}

/* Nobody waits for the lock while a whole restore is committed or aborted. */
static void test_lock_is_brief(void **state)
{
	const struct op25b_settings settings = { 0 };
	struct netlink_ext_ack extack = { 0 };
	struct op25b_prefix p = { .len = 32 };
	static struct pinned pinned;
	struct op25b_change *change;
	unsigned int i, round;
	int id;

	for (round = 0; round < 4; round++) {
		change = stage_pools("%05u", 1000);
		mutex_lock(&table->lock);
		id = op25b_step_pool_add(change, "with prefixes", NULL, settings, &extack);
		CHECK(id >= 0);
		for (i = 0; i < 20000; i++) {
			p.key.hi = (u64)i << 34;
			CHECK(op25b_step_prefix_add(change, id, &p, false, &extack) == 0);
		}
		for (i = 0; i < 2000; i++) {
			p.key.hi = BIT_ULL(63) | (u64)i << 34;
			CHECK(op25b_step_exempt_add(change, id, &p, 1000, "", false, &extack) == 0);
		}
		mutex_unlock(&table->lock);
		if (round == 1)
			pin_get(&pinned);
		shim_mutex_longest = 0;
		mutex_lock(&table->lock);
		/* the second one is replaced by the third, and pinned */
		if (round)
			CHECK(op25b_change_commit(change) == 0);
		else
			op25b_change_abort(change);
		mutex_unlock(&table->lock);
		/* only the pools that are new are visited with the lock held, twice each */
		CHECK(shim_mutex_longest < (round == 1 ? 2500 : 600), "%lu", shim_mutex_longest);
	}
	pin_put(&pinned);
	commit_staged(stage_pools("", 0));
	in_force.generation = 4;
	check_table();
}

/* A commit may also fail for another reason than memory: a directory in sysfs cannot be made. */
static void test_commit_fails(void **state)
{
	struct op ops[] = {
		OP(POOL_ADD, 1), OP(POOL_ADD, 2), OP(POOL_DEL, 0),
		OP(PREFIX_ADD, 1, .prefix = prefix("10.0.0.0/8")),
		OP(EXEMPT_ADD, 1, .prefix = prefix("10.0.0.1"), .timeout = 3, .comment = "x"),
	};
	struct staged staged;

	ADD(0);
	do_op(OP(EXEMPT_ADD, 0, .prefix = prefix("10.0.0.7"), .timeout = 9, .comment = "x"), 0);
	grace_period();
	stubs.directory_error = -EEXIST;
	CHECK(change_once(ops, 5) == -EEXIST);
	check_table();

	stage_begin(&staged);
	stage(&staged, OP(POOL_ADD, 3));
	mutex_lock(&table->lock);
	CHECK(op25b_change_commit(staged.change) == -EEXIST);
	mutex_unlock(&table->lock);
	check_table();
	stubs.directory_error = 0;
	change(ops, 5, 0, false);
	check_table();
}

static void test_expiry(void **state)
{
	struct op ops[100], *op;
	unsigned int i;

	ADD(0);
	PREFIX(0, "10.0.0.0/24");
	do_op(OP(EXEMPT_ADD, 0, .prefix = prefix("10.0.0.1"), .timeout = 10), 0);
	do_op(OP(EXEMPT_ADD, 0, .prefix = prefix("10.0.0.2"), .timeout = 20, .comment = "x"), 0);
	do_op(OP(EXEMPT_ADD, 0, .prefix = prefix("10.0.0.0/24"), .timeout = 20), 0);
	do_op(OP(EXEMPT_ADD, 0, .prefix = prefix("10.0.0.3"), .comment = "stays"), 0);
	check_table();
	advance_time(9);
	check_table();
	check_verdict(OP25B_PKT_SYN, "10.0.0.1", "203.0.113.1", OP25B_VERDICT_EXEMPTED);
	/* the timeout can be prolonged by force */
	do_op(OP(EXEMPT_ADD, 0, .prefix = prefix("10.0.0.1"), .timeout = 30), -EEXIST);
	do_op(OP(EXEMPT_ADD, 0, .prefix = prefix("10.0.0.1"), .timeout = 30, .force = true), 0);
	advance_time(2);
	check_table();
	CHECK(table->policy->exempts == 4);
	advance_time(10);
	check_table();
	CHECK(table->policy->exempts == 2 && table->policy->prefixes[OP25B_IPV4] == 1);
	check_verdict(OP25B_PKT_SYN, "10.0.0.2", "203.0.113.1", OP25B_VERDICT_BLOCKED);
	do_op(OP(EXEMPT_ADD, 0, .prefix = prefix("10.0.0.1"), .timeout = 1, .force = true), 0);
	advance_time(2);
	check_table();
	CHECK(table->policy->exempts == 1);

	/* long timeouts */
	do_op(OP(EXEMPT_ADD, 0, .prefix = prefix("10.0.0.1"), .timeout = OP25B_TIMEOUT_MAX), 0);
	do_op(OP(EXEMPT_ADD, 0, .prefix = prefix("10.0.0.2"), .timeout = 10 * 24 * 3600), 0);
	advance_time(10 * 24 * 3600 - 1);
	CHECK(table->policy->exempts == 3);
	advance_time(1);
	CHECK(table->policy->exempts == 2);
	check_table();

	/* more exempts than expire in one change */
	for (i = 0; i < 1500; i++) {
		op = &ops[i % 100];
		*op = OP(EXEMPT_ADD, 0, .timeout = 5, .comment = "");
		op->prefix = prefix("10.128.0.0");
		op->prefix.key.hi += (u64)i << 32;
		if (i % 100 == 99)
			change(ops, 100, 0, false);
	}
	/* if an allocation fails, they are over all the same, and deleted later */
	check_verdict(OP25B_PKT_SYN, "10.128.0.1", "203.0.113.1", OP25B_VERDICT_EXEMPTED);
	shim_slab_fail(1, true);
	shim_clock_advance(shim_clock + SECONDS(6));
	shim_slab_fail(0, false);
	CHECK(table->policy->exempts == 1502);
	check_verdict(OP25B_PKT_SYN, "10.128.0.1", "203.0.113.1", OP25B_VERDICT_PASSED);
	check_table();
	grace_period();
	advance_time(2);
	CHECK(table->policy->exempts == 2);
	check_table();
}

/* An exempt whose time is over, and which the work has not deleted yet */
static void test_over(void **state)
{
	const struct op25b_prefix p = prefix("10.0.0.1"), nested = prefix("10.0.0.0/24");

	ADD(0);
	ADD(1, .mode = OP25B_MODE_OBSERVE);
	PREFIX(0, "10.0.0.0/8");
	PREFIX(1, "10.0.0.0/16");
	/* around each other; the second is a prefix, too, and the first has a comment alone */
	do_op(OP(EXEMPT_ADD, 1, .prefix = prefix("10.0.0.0/23"), .comment = "stays"), 0);
	do_op(OP(EXEMPT_ADD, 0, .prefix = nested, .timeout = 20), 0);
	PREFIX(0, "10.0.0.0/24");
	do_op(OP(EXEMPT_ADD, 0, .prefix = prefix("10.0.0.0/28"), .timeout = 10), 0);
	do_op(OP(EXEMPT_ADD, 0, .prefix = p, .timeout = 10, .comment = "x"), 0);
	/* reached through the table of jumps */
	do_op(OP(EXEMPT_ADD, 1, .prefix = prefix("0.0.0.0/1"), .timeout = 10), 0);
	do_op(OP(EXEMPT_ADD, 0, .prefix = prefix("2001:db8::1"), .timeout = 10), 0);
	PREFIX(0, "2001:db8::/32");
	check_verdict(OP25B_PKT_SYN, "10.0.0.1", "203.0.113.1", OP25B_VERDICT_EXEMPTED);
	check_verdict(OP25B_PKT_SYN, "11.0.0.1", "203.0.113.1", OP25B_VERDICT_EXEMPTED);
	check_verdict(OP25B_PKT_SYN, "2001:db8::1", "2001:dbf::1", OP25B_VERDICT_EXEMPTED);

	suspend_time(10);
	check_verdict(OP25B_PKT_SYN, "10.0.0.1", "203.0.113.1", OP25B_VERDICT_EXEMPTED);
	check_verdict(OP25B_PKT_SYN, "11.0.0.1", "203.0.113.1", OP25B_VERDICT_PASSED);
	check_verdict(OP25B_PKT_SYN, "2001:db8::1", "2001:dbf::1", OP25B_VERDICT_BLOCKED);
	check_table();
	suspend_time(10);
	check_verdict(OP25B_PKT_SYN, "10.0.0.1", "203.0.113.1", OP25B_VERDICT_BLOCKED);
	check_verdict(OP25B_PKT_SYN, "10.0.1.1", "203.0.113.1", OP25B_VERDICT_EXEMPTED);
	CHECK(table->policy->exempts == 6);
	check_table();

	/* it can neither be deleted nor is it in the way, even of another pool */
	do_op(OP(EXEMPT_DEL, 0, .prefix = p), -ENOENT);
	check_table();
	do_op(OP(EXEMPT_DEL, 0, .prefix = p, .force = true), 0);
	CHECK(table->policy->exempts == 5);
	do_op(OP(EXEMPT_ADD, 1, .prefix = nested), -EEXIST);
	do_op(OP(EXEMPT_ADD, 0, .prefix = nested, .timeout = 5), 0);
	check_verdict(OP25B_PKT_SYN, "10.0.0.1", "203.0.113.1", OP25B_VERDICT_EXEMPTED);
	do_op(OP(PREFIX_ADD, 1, .prefix = prefix("10.0.0.0/28")), 0);
	check_verdict(OP25B_PKT_SYN, "10.0.0.1", "203.0.113.1", OP25B_VERDICT_OBSERVED);
	do_op(OP(EXEMPT_ADD, 0, .prefix = prefix("0.0.0.0/1"), .timeout = 5), 0);
	CHECK(table->policy->exempts == 4);
	check_table();

	/* after the suspend the work deletes at once what was due meanwhile, and the rest in time */
	advance_time(0);
	CHECK(table->policy->exempts == 3);
	advance_time(5);
	CHECK(table->policy->exempts == 1);
	check_table();
}

/* The device of the VRF gets another name, goes, or comes. */
static void rename_vrf(const char *name)
{
	bool was_there = shim_vrf_name;

	shim_vrf_name = name;
	if (name)
		harness_device_event(was_there ? NETDEV_CHANGENAME : NETDEV_REGISTER, SHIM_VRF);
	else
		harness_device_event(NETDEV_UNREGISTER, SHIM_VRF);
}

static void rename_random(void)
{
	static const char *const names[] = { NULL, "red", "blue", "green" };

	/* other events, and those of other devices, are none of its business */
	harness_device_event(chance() & 1 ? NETDEV_UP : NETDEV_DOWN, SHIM_VRF);
	harness_device_event(chance() & 1 ? NETDEV_REGISTER : NETDEV_UNREGISTER, SHIM_LINK);
	rename_vrf(names[chance_below(ARRAY_SIZE(names))]);
}

static void random_operations(void)
{
	static struct pinned pinned[3];
	struct staged staged = { 0 };
	struct pinned *one;
	unsigned int i;

	others = others_random;
	for (i = 0; i < 15000; i++) {
		one = &pinned[chance_below(ARRAY_SIZE(pinned))];
		if (!one->pin && !chance_below(8))
			pin_get(one);
		else if (one->pin && (!pin_check(one) || !chance_below(30)))
			pin_put(one);
		switch (chance_below(12)) {
		case 0:
			if (!staged.change)
				stage_begin(&staged);
			else if (trial || !chance_below(3))
				stage_trial(&staged, 1 + chance_below(60));
			else
				stage_end(&staged, chance_below(3));
			break;
		case 5:
			if (trial && chance() & 1)
				confirm_trial();
			else if (trial && chance() & 1)
				roll_back();
			break;
		case 1:
			advance_time(1 + chance_below(20));
			break;
		case 4:
			suspend_time(chance_below(20));
			break;
		case 2:
			change_random(1 + chance_below(60), false);
			break;
		case 3:
			grace_period();
			break;
		case 6:
			if (model_vrfs[1])
				rename_random();
			break;
		default:
			change_random(1 + chance_below(3), false);
		}
		if (staged.change)
			stage_random(&staged, chance_below(6));
		send_random(5);
		if (!chance_below(3))
			check_table();
	}
	if (staged.change)
		stage_end(&staged, false);
	for (one = pinned; one < pinned + ARRAY_SIZE(pinned); one++)
		if (one->pin)
			pin_put(one);
}

static void test_random(void **state)
{
	random_operations();
}

static void test_random_vrfs(void **state)
{
	static const int vrfs[POOLS] = { NO_VRF, RED, RED, BLUE, NO_VRF, BLUE };

	memcpy(model_vrfs, vrfs, sizeof(vrfs));
	random_operations();
}

/* The same addresses in VRFs and in none */
static void test_vrfs(void **state)
{
	struct op25b_vrf *vrf;
	struct op op;

	model_vrfs[1] = RED;
	model_vrfs[2] = RED;
	model_vrfs[3] = BLUE;
	ADD(0);
	ADD(1, .mode = OP25B_MODE_OBSERVE);
	ADD(2);
	ADD(3, .mode = OP25B_MODE_OFF);
	PREFIX(0, "10.0.0.0/24");
	PREFIX(1, "10.0.0.0/24");
	PREFIX(3, "10.0.0.0/24");
	PREFIX(1, "2001:db8::/32");
	do_op(OP(PREFIX_ADD, 2, .prefix = prefix("10.0.0.0/24")), -EEXIST);
	do_op(OP(EXEMPT_ADD, 1, .prefix = prefix("10.0.0.7"), .timeout = 10, .comment = "x"), 0);
	RELAY(1, "192.0.2.0/28");
	RELAY(EVERY_POOL, "192.0.2.128/28");
	check_table();

	stubs.from = FROM_NO_VRF;
	check_verdict(OP25B_PKT_SYN, "10.0.0.7", "203.0.113.1", OP25B_VERDICT_BLOCKED);
	check_verdict(OP25B_PKT_SYN, "10.0.0.1", "192.0.2.1", OP25B_VERDICT_BLOCKED);
	check_verdict(OP25B_PKT_SYN, "10.0.0.1", "192.0.2.129", OP25B_VERDICT_RELAYED);
	check_verdict(OP25B_PKT_SYN, "2001:db8::1", "2001:db9::1", OP25B_VERDICT_PASSED);
	stubs.from = FROM_VRF;
	check_verdict(OP25B_PKT_SYN, "10.0.0.7", "203.0.113.1", OP25B_VERDICT_EXEMPTED);
	check_verdict(OP25B_PKT_SYN, "10.0.0.1", "203.0.113.1", OP25B_VERDICT_OBSERVED);
	check_verdict(OP25B_PKT_SYN, "10.0.0.1", "192.0.2.1", OP25B_VERDICT_RELAYED);
	check_verdict(OP25B_PKT_SYN, "10.0.0.1", "192.0.2.129", OP25B_VERDICT_RELAYED);
	check_verdict(OP25B_PKT_SYN, "2001:db8::1", "2001:db9::1", OP25B_VERDICT_OBSERVED);
	advance_time(10);
	check_verdict(OP25B_PKT_SYN, "10.0.0.7", "203.0.113.1", OP25B_VERDICT_OBSERVED);

	/* a VRF is its name */
	rename_vrf("blue");
	check_verdict(OP25B_PKT_SYN, "10.0.0.1", "203.0.113.1", OP25B_VERDICT_PASSED);
	rename_vrf("green");
	check_verdict(OP25B_PKT_SYN, "10.0.0.1", "203.0.113.1", OP25B_VERDICT_BLOCKED);
	rename_vrf(NULL);
	check_verdict(OP25B_PKT_SYN, "10.0.0.1", "203.0.113.1", OP25B_VERDICT_BLOCKED);
	rename_vrf("red");
	check_verdict(OP25B_PKT_SYN, "10.0.0.1", "203.0.113.1", OP25B_VERDICT_OBSERVED);
	/* no other one is, and a VRF that is made in the middle of a renaming gets the device alone */
	vrf = op25b_vrf_get(table, SHIM_ALTNAME);
	CHECK(!vrf->ifindex);
	op25b_vrf_put(table, vrf);
	shim_vrf_name = "green";
	vrf = op25b_vrf_get(table, "green");
	harness_device_event(NETDEV_CHANGENAME, SHIM_VRF);
	CHECK(vrf->ifindex == SHIM_VRF);
	op25b_vrf_put(table, vrf);
	check_verdict(OP25B_PKT_SYN, "10.0.0.1", "203.0.113.1", OP25B_VERDICT_BLOCKED);
	rename_vrf("red");
	harness_device_stays = true;
	harness_device_event(NETDEV_UNREGISTER, SHIM_VRF);
	harness_device_stays = false;
	check_verdict(OP25B_PKT_SYN, "10.0.0.1", "203.0.113.1", OP25B_VERDICT_OBSERVED);

	/* between pools of a VRF prefixes can be moved, to those of another they cannot */
	do_op(OP(PREFIX_MOVE, 2, .prefix = prefix("10.0.0.0/24")), 0);
	check_verdict(OP25B_PKT_SYN, "10.0.0.1", "203.0.113.1", OP25B_VERDICT_BLOCKED);
	do_op(OP(PREFIX_MOVE, 0, .prefix = prefix("2001:db8::/32")), -ENOENT);
	do_op(OP(PREFIX_MOVE, 3, .prefix = prefix("2001:db8::/32"), .force = true), -ENOENT);

	/* the pools without a VRF judge what comes in one whose last pool is gone */
	op = OP(POOL_DEL, 1, .comment = "");
	change(&op, 1, 0, true);
	check_verdict(OP25B_PKT_SYN, "10.0.0.1", "203.0.113.1", OP25B_VERDICT_BLOCKED);
	check_verdict(OP25B_PKT_SYN, "10.0.9.1", "203.0.113.1", OP25B_VERDICT_PASSED);
	PREFIX(0, "10.0.9.0/24");
	check_verdict(OP25B_PKT_SYN, "10.0.9.1", "203.0.113.1", OP25B_VERDICT_PASSED);
	op = OP(POOL_DEL, 2, .comment = "");
	change(&op, 1, 0, true);
	check_verdict(OP25B_PKT_SYN, "10.0.9.1", "203.0.113.1", OP25B_VERDICT_BLOCKED);
	op = OP(POOL_DEL, 3, .comment = "");
	change(&op, 1, 0, true);
	CHECK(!table->policy->vrfs);
	grace_period();
	CHECK(!op25b_extra());
	/* and again: it is found at once, since its device is there */
	op = OP(POOL_ADD, 1, .comment = "");
	change(&op, 1, 0, true);
	check_verdict(OP25B_PKT_SYN, "10.0.9.1", "203.0.113.1", OP25B_VERDICT_PASSED);
	check_table();
}

/* As many VRFs as there may be, in a change that is thrown away */
static void test_many_vrfs(void **state)
{
	const struct op25b_settings settings = { 0 };
	struct netlink_ext_ack extack = { 0 };
	struct op25b_change *change;
	char name[32];
	int i, id, round;

	/* more often than there are ids: those of VRFs that are gone are given to others */
	for (round = 0; round < 5; round++) {
		mutex_lock(&table->lock);
		change = op25b_change_begin(table);
		for (i = 0; i < OP25B_VRF_MAX; i++) {
			sprintf(name, "v%d", i);
			id = op25b_step_pool_add(change, name, name, settings, &extack);
			CHECK(id >= 0);
			CHECK(!op25b_step_prefix_add(change, id, &(struct op25b_prefix){ 0 }, false,
						     &extack));
		}
		CHECK(op25b_step_pool_add(change, "more", "more", settings, &extack) == -ENOSPC);
		CHECK(extack._msg && strstr(extack._msg, "4096 VRFs"));
		/* another pool of one that is there */
		CHECK(op25b_step_pool_add(change, "more", "v7", settings, &extack) >= 0);
		op25b_change_abort(change);
		mutex_unlock(&table->lock);
		CHECK(!op25b_extra());
	}
	check_table();
}

static void test_out_of_memory(void **state)
{
	unsigned int i, j;
	struct op op;

	for (i = 0; i < 500; i++) {
		change_random(1 + chance_below(8), true);
		if (!chance_below(8))
			advance_time(1 + chance_below(10));
		send_random(5);
		check_table();
	}
	/* delete a pool that has many prefixes, exempts, relays and targets of both families */
	if (!in_force.exists[0])
		ADD(0);
	for (j = 0; j < 200; j++) {
		op = OP(j & 1 ? PREFIX_ADD : EXEMPT_ADD, 0, .comment = "");
		op.timeout = j & 2 ? 9 : 0;
		op.prefix = prefix(j & 4 ? "2001:dbf::" : "10.200.0.0");
		op.prefix.key.hi += (u64)j << 32;
		change(&op, 1, 0, false);
		op.kind = j & 1 ? RELAY_ADD : TARGET_ADD;
		if (j < 40)
			change(&op, 1, 0, false);
	}
	op = OP(POOL_DEL, 0, .comment = "");
	change(&op, 1, 0, true);
	check_table();
}

static void settings_change(unsigned int i)
{
	do_op(OP(POOL_SET, 0, .settings = { .mode = i & 1 }), 0);
}

/* A dump reads one policy to its end, whatever happens meanwhile. */
static void test_pins(void **state)
{
	static struct pinned first, second;
	struct staged staged = { 0 };
	size_t held;
	long live;

	ADD(0);
	PREFIX(0, "10.0.0.0/8");
	EXEMPT(0, "10.0.0.7/32");
	do_op(OP(EXEMPT_ADD, 0, .prefix = prefix("10.0.0.8/32"), .timeout = 5, .comment = "x"), 0);
	RELAY(0, "192.0.2.0/28");
	grace_period();
	live = shim_slab.live;

	pin_get(&first);
	do_op(OP(POOL_SET, 0, .settings = { .mode = OP25B_MODE_OFF }), 0);
	grace_period();
	CHECK(pin_check(&first));
	pin_get(&second);
	do_op(OP(POOL_DEL, 0), 0);
	ADD(1);
	grace_period();
	CHECK(pin_check(&first) && pin_check(&second));

	/* what the second one does not need goes with the first one */
	held = table->pins.held;
	pin_put(&first);
	CHECK(table->pins.held && table->pins.held < held);
	grace_period();
	CHECK(pin_check(&second));
	advance_time(6);
	stage_begin(&staged);
	stage(&staged, OP(POOL_ADD, 0));
	stage_end(&staged, true);
	grace_period();
	CHECK(pin_check(&second));
	CHECK(table->pins.held);
	pin_put(&second);
	CHECK(!table->pins.held);
	do_op(OP(POOL_DEL, 0), 0);
	grace_period();
	CHECK(shim_slab.live < live);
	shim_slab_fail(1, false);
	CHECK(!op25b_pin_get(table, false));
	shim_slab_fail(0, false);
}

/* A pool that a restore has as well is not freed before the dump has ended, whichever goes first. */
static void test_pinned_pool_of_a_restore(void **state)
{
	static struct pinned pinned;
	struct staged staged = { 0 };

	ADD(0);
	pin_get(&pinned);
	stage_begin(&staged);
	stage(&staged, OP(POOL_ADD, 0));
	do_op(OP(POOL_DEL, 0), 0);
	stage_end(&staged, false);
	grace_period();
	CHECK(pin_check(&pinned));
	pin_put(&pinned);
}

/* What dumps hold back is bounded: the oldest one loses its policy first. */
static void test_pins_hold_too_much(void **state)
{
	static struct pinned oldest, middle, newest;
	unsigned int i, lost;

	ADD(0);
	for (i = 0; i < 50; i++)
		do_op(OP(PREFIX_ADD, 0, .prefix = { .len = 32, .key.hi = (u64)i << 40 }), 0);
	pin_get(&oldest);
	settings_change(1);
	pin_get(&middle);
	for (lost = 0; !lost; i++) {
		settings_change(i);
		grace_period();
		lost = !pin_check(&oldest);
		CHECK(i < 1000);
	}
	/* a hundred changes or so */
	CHECK(i > 100, "%u", i);
	CHECK(table->pins.held <= (1 << 20) + 4 * op25b_policy_size(table->policy));
	for (lost = 0; !lost; i++) {
		settings_change(i);
		grace_period();
		lost = !pin_check(&middle);
		CHECK(i < 1000);
	}
	/* without a pin, nothing is held; that of the policy in force holds nothing */
	pin_get(&newest);
	CHECK(!table->pins.held);
	CHECK(pin_check(&newest) && !pin_check(&oldest));
	pin_put(&middle);
	pin_put(&newest);
	pin_put(&oldest);
}

/* A dump that nobody reads on loses its policy, once that was replaced. */
static void test_pins_idle(void **state)
{
	static struct pinned read, idle;
	unsigned int i;

	ADD(0);
	pin_get(&read);
	pin_get(&idle);
	advance_time(3600);
	CHECK(pin_check(&read) && pin_check(&idle));
	settings_change(1);
	for (i = 0; i < 10; i++) {
		advance_time(25);
		CHECK(pin_check(&read));
	}
	CHECK(!pin_check(&idle));
	grace_period();
	CHECK(pin_check(&read));
	pin_put(&read);
	pin_put(&idle);
}

/* A change needs its base, whatever that holds back, and however long. */
static void test_pins_firm(void **state)
{
	struct pinned pinned = { .pin = op25b_pin_get(table, true), .model = in_force };
	unsigned int i;

	CHECK(pinned.pin);
	ADD(0);
	for (i = 0; i < 1000; i++) {
		settings_change(i);
		grace_period();
	}
	CHECK(table->pins.held > 2 << 20);
	advance_time(3600);
	CHECK(pin_check(&pinned));
	pin_put(&pinned);
	CHECK(!table->pins.held);
}

/* The largest number of pools */
static void test_slow_many_pools(void **state)
{
	struct netlink_ext_ack extack = { 0 };
	const struct op25b_settings settings = { 0 };
	const struct op25b_pool_conf *conf;
	struct op25b_change *change;
	unsigned int i, round;
	long live;
	char name[16];
	int id;

	live = shim_slab.live;
	/* a first restore makes them, a second one keeps them */
	for (round = 0; round < 2; round++) {
		mutex_lock(&table->lock);
		change = op25b_change_begin_empty(table);
		for (i = 0; i < OP25B_POOL_MAX; i++) {
			snprintf(name, sizeof(name), "%05u", i);
			id = op25b_step_pool_add(change, name, NULL, settings, &extack);
			CHECK(id == (int)i && !extack._msg, "%d", id);
		}
		CHECK(op25b_step_pool_add(change, "more", NULL, settings, &extack) == -ENOSPC);
		CHECK(extack._msg && *extack._msg);
		extack._msg = NULL;
		CHECK(op25b_change_commit(change) == 0);
		CHECK(table->policy->pools == OP25B_POOL_MAX);
		CHECK(stubs.directories == OP25B_POOL_MAX);
		mutex_unlock(&table->lock);
		grace_period();
	}
	mutex_lock(&table->lock);
	i = 0;
	op25b_policy_for_each(conf, table->policy)
		CHECK(conf->pool->id == i++);
	CHECK(i == OP25B_POOL_MAX);

	/* then only the pool with the greatest id, in the last page, and then none */
	change = op25b_change_begin_empty(table);
	CHECK(op25b_step_pool_add(change, name, NULL, settings, &extack) == OP25B_POOL_MAX - 1);
	CHECK(op25b_change_commit(change) == 0);
	conf = op25b_policy_next(table->policy, 0);
	CHECK(conf && conf->pool->id == OP25B_POOL_MAX - 1);
	CHECK(!op25b_policy_next(table->policy, conf->pool->id + 1));
	change = op25b_change_begin_empty(table);
	CHECK(op25b_change_commit(change) == 0);
	mutex_unlock(&table->lock);
	grace_period();
	CHECK(shim_slab.live == live, "%ld more", shim_slab.live - live);
	in_force.generation = 4;
}

/* What it costs to delete a pool does not depend on how much others have. */
static void test_cost_of_deletion(void **state)
{
	const struct op25b_settings settings = { 0 };
	struct netlink_ext_ack extack = { 0 };
	const struct op25b_pool_conf *conf;
	struct op25b_change *change;
	unsigned int i, j, n = 1000;
	struct op25b_prefix p;
	unsigned long before;
	char name[16];
	int id;

	mutex_lock(&table->lock);
	change = op25b_change_begin(table);
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%u", i);
		id = op25b_step_pool_add(change, name, NULL, settings, &extack);
		CHECK(id >= 0);
		for (j = 0; j < 4; j++) {
			p = prefix(j & 1 ? "2001:db8::/48" : "16.0.0.0/24");
			p.key.hi += j & 1 ? (u64)i << 20 : (u64)i << 41;
			CHECK(!(j & 2 ? op25b_step_exempt_add(change, id, &p, 0, "", false, &extack) :
					op25b_step_prefix_add(change, id, &p, false, &extack)));
		}
	}
	CHECK(op25b_change_commit(change) == 0);
	for (i = 0; i < n; i++) {
		/* in no particular order */
		snprintf(name, sizeof(name), "%u", i * 7 % n);
		grace_period();
		before = shim_loops;
		change = op25b_change_begin(table);
		conf = op25b_step_find_pool(change, name);
		CHECK(conf && op25b_step_pool_del(change, conf->pool->id) == 0);
		CHECK(shim_loops - before < 10, "%lu", shim_loops - before);
		CHECK(op25b_change_commit(change) == 0);
	}
	CHECK(!table->policy->prefixes[OP25B_IPV4] && !table->policy->prefixes[OP25B_IPV6] &&
	      !table->policy->exempts);
	mutex_unlock(&table->lock);
	in_force.generation = table->policy->generation;
}

/* What others do while the lock is released: nothing, or another change of the policy */
static bool others_change;
static unsigned int releases;

static void released_by_deletion(void)
{
	struct op25b_prefix p = prefix("192.0.2.0/24");
	struct netlink_ext_ack extack = { 0 };
	struct op25b_change *change;

	if (table->lock.locked || !others_change)
		return;
	others_change = false;
	releases++;
	mutex_lock(&table->lock);
	change = op25b_change_begin(table);
	CHECK(op25b_step_destination_add(change, OP25B_RELAY, NULL, &p, true, &extack) == 0);
	CHECK(op25b_change_commit(change) == 0);
	mutex_unlock(&table->lock);
	/* its base is kept nevertheless */
	grace_period();
}

static int count_entry(void *arg, struct op25b_key key, unsigned int len, unsigned long value)
{
	++*(unsigned int *)arg;
	return 0;
}

/* Add a pool with @n prefixes and @n exempts with timeouts, beside a pool with one of each. */
static void add_large_pool(const char *vrf, unsigned int n)
{
	const struct op25b_settings settings = { 0 };
	struct netlink_ext_ack extack = { 0 };
	struct op25b_change *change;
	struct op25b_prefix p;
	unsigned int i, j;
	int id;

	mutex_lock(&table->lock);
	change = op25b_change_begin(table);
	for (i = 0; i < 2; i++) {
		id = op25b_step_pool_add(change, i ? "large" : "small", vrf, settings, &extack);
		CHECK(id >= 0);
		for (j = 0; j < (i ? n : 1); j++) {
			p = prefix("10.0.0.0/32");
			p.key.hi += (u64)(2 * j + i) << 32;
			CHECK(op25b_step_prefix_add(change, id, &p, false, &extack) == 0);
			p = prefix("2001:db8::/64");
			p.key.hi += 2 * j + i;
			CHECK(op25b_step_exempt_add(change, id, &p, 1000, "", false, &extack) == 0);
		}
	}
	CHECK(op25b_change_commit(change) == 0);
	mutex_unlock(&table->lock);
}

static int delete_large_pool(bool may_release)
{
	const struct op25b_pool_conf *conf;
	struct op25b_change *change;
	int err = -ENOMEM;

	mutex_lock(&table->lock);
	change = op25b_change_begin(table);
	if (change) {
		change->may_release = may_release;
		conf = op25b_step_find_pool(change, "large");
		CHECK(conf);
		err = op25b_step_pool_del(change, conf->pool->id);
		if (err)
			op25b_change_abort(change);
		else
			err = op25b_change_commit(change);
	}
	mutex_unlock(&table->lock);
	return err;
}

/* Check what the policy in force has, in its tables and by its own account. */
static void check_entries(const char *vrf, unsigned int n)
{
	const struct op25b_policy *policy = table->policy;
	const struct op25b_lpm *entries = policy->entry;
	unsigned int found = 0, listed = 0, family;
	struct op25b_exempt *exempt;

	if (vrf)
		entries = op25b_domain_find_name(policy->vrfs, vrf)->entry;
	for (family = 0; family < OP25B_FAMILIES; family++)
		op25b_lpm_walk(entries[family], (struct op25b_key){ 0 }, 0, count_entry, &found);
	list_for_each_entry(exempt, &table->exempts, list)
		listed++;
	CHECK(found == 2 * n && listed == n, "%u, %u", found, listed);
	CHECK(policy->prefixes[OP25B_IPV4] == n && policy->exempts == n);
	CHECK(list_empty(&table->pins.list) && !table->pins.held);
}

/* Others need not wait while a large pool is deleted, and may change the policy meanwhile. */
static void test_deletion_of_a_large_pool(void **state)
{
	const unsigned int n = 3000;
	const char *vrf;
	unsigned int i;

	shim_mutex_unlocked = released_by_deletion;
	for (i = 0; i < 2; i++) {
		vrf = i ? "red" : NULL;
		add_large_pool(vrf, n);
		check_entries(vrf, n + 1);

		releases = 0;
		others_change = true;
		CHECK(delete_large_pool(true) == -EAGAIN && releases == 1);
		check_entries(vrf, n + 1);

		/* once more, and nobody changes anything */
		shim_mutex_longest = 0;
		CHECK(delete_large_pool(true) == 0);
		CHECK(shim_mutex_longest < 200, "%lu", shim_mutex_longest);
		check_entries(vrf, 1);
		grace_period();

		/* the lock is not released unless that is expected */
		CHECK(!op25b_table_pool_find(table, "large"));
		commit_staged(stage_pools("", 0));
		add_large_pool(vrf, n);
		shim_mutex_longest = 0;
		CHECK(delete_large_pool(false) == 0);
		CHECK(shim_mutex_longest > n, "%lu", shim_mutex_longest);
		check_entries(vrf, 1);
		commit_staged(stage_pools("", 0));
		grace_period();
	}
	in_force.generation = table->policy->generation;
}

/* With each allocation failing in turn */
static void test_deletion_of_a_large_pool_without_memory(void **state)
{
	const unsigned int n = 2100;
	unsigned long at;
	int err;

	shim_mutex_unlocked = released_by_deletion;
	others_change = false;
	add_large_pool(NULL, n);
	grace_period();
	for (at = 1;; at++) {
		shim_slab_fail(at, at & 1);
		err = delete_large_pool(true);
		shim_slab_fail(0, false);
		if (!err)
			break;
		CHECK(err == -ENOMEM);
		if (!(at % 16))
			check_entries(NULL, n + 1);
	}
	CHECK(at > 50, "%lu", at);
	check_entries(NULL, 1);
	commit_staged(stage_pools("", 0));
	in_force.generation = table->policy->generation;
}

static void test_stats(void **state)
{
	struct op25b_stats stats = { 0 };
	u64 expected[OP25B_CLASSES][OP25B_STATS_COLUMNS] = { 0 };
	struct op25b_totals totals;
	unsigned int i;

	shim_slab_fail(1, false);
	CHECK(op25b_stats_init(&stats) == -ENOMEM);
	shim_slab_fail(0, false);
	CHECK(op25b_stats_init(&stats) == 0);
	for (i = 0; i < 20000; i++) {
		enum op25b_class class = chance_below(OP25B_CLASSES);
		enum op25b_verdict verdict = OP25B_VERDICT_BLOCKED + chance_below(OP25B_STATS_COLUMNS);

		shim_cpu = chance_below(SHIM_CPUS);
		op25b_stats_count(&stats, class, verdict);
		expected[class][op25b_stats_column(verdict)]++;
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

#define TABLE_TEST(f)	cmocka_unit_test_setup_teardown(f, harness_setup, harness_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TABLE_TEST(test_init_fails),
		TABLE_TEST(test_pools),
		TABLE_TEST(test_errors),
		TABLE_TEST(test_move),
		TABLE_TEST(test_verdicts),
		TABLE_TEST(test_checksums),
		TABLE_TEST(test_router),
		TABLE_TEST(test_softwires),
		TABLE_TEST(test_spoofed),
		TABLE_TEST(test_specific),
		TABLE_TEST(test_targets),
		TABLE_TEST(test_restore),
		TABLE_TEST(test_publish_early),
		TABLE_TEST(test_publish_again),
		TABLE_TEST(test_lock_is_brief),
		TABLE_TEST(test_commit_fails),
		TABLE_TEST(test_expiry),
		TABLE_TEST(test_over),
		TABLE_TEST(test_out_of_memory),
		TABLE_TEST(test_random),
		TABLE_TEST(test_random_vrfs),
		TABLE_TEST(test_vrfs),
		TABLE_TEST(test_many_vrfs),
		TABLE_TEST(test_pins),
		TABLE_TEST(test_pinned_pool_of_a_restore),
		TABLE_TEST(test_pins_hold_too_much),
		TABLE_TEST(test_pins_idle),
		TABLE_TEST(test_pins_firm),
		TABLE_TEST(test_slow_many_pools),
		TABLE_TEST(test_cost_of_deletion),
		TABLE_TEST(test_deletion_of_a_large_pool),
		TABLE_TEST(test_deletion_of_a_large_pool_without_memory),
		cmocka_unit_test(test_stats),
	};

	return CHECK_RUN("table", tests);
}
