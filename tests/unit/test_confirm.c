// SPDX-License-Identifier: GPL-2.0
/*
 * Confirmed changes: policies that are rolled back unless they are confirmed in time
 */
#include <errno.h>

#include <linux/netlink.h>

#include "check.h"
#include "harness.h"
#include "op25b_change.h"
#include "op25b_confirm.h"
#include "op25b_step.h"

static struct staged staged;

/* What a packet of one pool's prefix makes of it */
static void send_from(const char *from, enum op25b_verdict verdict)
{
	check_verdict(OP25B_PKT_SYN, from, "198.51.100.1", verdict);
}

static void begin_east(void)
{
	ADD(0, .senders = true, .subscriber = 64);
	PREFIX(0, "10.0.0.0/24");
	EXEMPT(0, "10.0.0.7/32");
	do_op(OP(EXEMPT_ADD, 0, .prefix = prefix("10.0.0.8/32"), .timeout = 100, .comment = "x"), 0);
	RELAY(0, "192.0.2.0/28");
	send_from("10.0.0.1/32", OP25B_VERDICT_BLOCKED);
}

/* Stage a policy with the pool @pool alone, which has 10.0.1.0/24. */
static void stage_pool(int pool, bool senders)
{
	stage_begin(&staged);
	stage(&staged, OP(POOL_ADD, pool, .settings = { .senders = senders, .subscriber = 64 }));
	stage(&staged, OP(PREFIX_ADD, pool, .prefix = prefix("10.0.1.0/24")));
}

static void test_confirm(void **state)
{
	begin_east();
	stage_pool(1, false);
	stage_trial(&staged, 60);
	check_table();
	CHECK(op25b_confirm_left(table) == 60);
	send_from("10.0.0.1/32", OP25B_VERDICT_PASSED);
	send_from("10.0.1.1/32", OP25B_VERDICT_BLOCKED);
	shim_clock_advance(shim_clock + SECONDS(59) + 1);
	CHECK(op25b_confirm_left(table) == 1);
	confirm_trial();
	CHECK(op25b_confirm_left(table) == 0);
	grace_period();
	check_table();
	advance_time(1000);
	check_table();
	send_from("10.0.1.1/32", OP25B_VERDICT_BLOCKED);
}

static void test_rollback_in_time(void **state)
{
	begin_east();
	stage_pool(0, true);
	stage_trial(&staged, 60);
	send_from("10.0.1.1/32", OP25B_VERDICT_BLOCKED);
	send_from("10.0.0.1/32", OP25B_VERDICT_PASSED);
	advance_time(59);
	send_from("10.0.0.1/32", OP25B_VERDICT_PASSED);
	check_table();
	advance_time(1);
	CHECK(!trial);
	grace_period();
	check_table();
	send_from("10.0.0.1/32", OP25B_VERDICT_BLOCKED);
	send_from("10.0.1.1/32", OP25B_VERDICT_PASSED);
	/* one before, one during and one after the trial */
	CHECK(in_force.packets[0][OP25B_CLASS_SYN][op25b_stats_column(OP25B_VERDICT_BLOCKED)] == 3);
}

/* A pool that only the policy to go back to has comes back with its counters, recorder and directory. */
static void test_pool_comes_back(void **state)
{
	begin_east();
	stage_pool(1, true);
	stage_trial(&staged, 60);
	CHECK(stubs.directories == 1);
	roll_back();
	grace_period();
	check_table();
	send_from("10.0.0.1/32", OP25B_VERDICT_BLOCKED);
	CHECK(in_force.packets[0][OP25B_CLASS_SYN][op25b_stats_column(OP25B_VERDICT_BLOCKED)] == 2);

	/* it does so in a second trial, too, and the rollback still goes to the first policy */
	stage_pool(1, true);
	stage_trial(&staged, 60);
	stage_pool(0, true);
	stage_trial(&staged, 90);
	CHECK(op25b_confirm_left(table) == 90);
	check_table();
	send_from("10.0.1.1/32", OP25B_VERDICT_BLOCKED);
	CHECK(in_force.packets[0][OP25B_CLASS_SYN][op25b_stats_column(OP25B_VERDICT_BLOCKED)] == 3);
	advance_time(89);
	CHECK(trial);
	advance_time(1);
	CHECK(!trial);
	check_table();
	send_from("10.0.0.1/32", OP25B_VERDICT_BLOCKED);
	CHECK(in_force.packets[0][OP25B_CLASS_SYN][op25b_stats_column(OP25B_VERDICT_BLOCKED)] == 4);
}

static void test_exempts_expire_meanwhile(void **state)
{
	begin_east();
	send_from("10.0.0.8/32", OP25B_VERDICT_EXEMPTED);
	stage_pool(1, false);
	stage(&staged, OP(EXEMPT_ADD, 1, .prefix = prefix("10.0.1.8/32"), .timeout = 40, .comment = ""));
	stage_trial(&staged, 60);
	send_from("10.0.1.8/32", OP25B_VERDICT_EXEMPTED);
	advance_time(50);
	/* a change, which the trial does not refuse */
	send_from("10.0.1.8/32", OP25B_VERDICT_BLOCKED);
	advance_time(10);
	send_from("10.0.0.8/32", OP25B_VERDICT_EXEMPTED);
	advance_time(50);
	send_from("10.0.0.8/32", OP25B_VERDICT_BLOCKED);
	check_table();

	/* one that expires during the trial is gone when its policy is back */
	do_op(OP(EXEMPT_ADD, 0, .prefix = prefix("10.0.0.8/32"), .timeout = 30, .comment = ""), 0);
	stage_pool(1, false);
	stage_trial(&staged, 60);
	suspend_time(100);
	CHECK(op25b_confirm_left(table) == 1);
	advance_time(0);
	CHECK(!trial);
	send_from("10.0.0.8/32", OP25B_VERDICT_BLOCKED);
	advance_time(1);
	check_table();
	CHECK(table->policy->exempts == 1);
}

static void refused(int expected, int err, const struct netlink_ext_ack *extack)
{
	CHECK(err == expected && extack->_msg && *extack->_msg, "%d", err);
}

static void test_refusals(void **state)
{
	struct netlink_ext_ack extack = { 0 };

	begin_east();
	mutex_lock(&table->lock);
	CHECK(op25b_confirm_check(table, &extack) == 0 && !extack._msg);
	refused(-ENOENT, op25b_confirm(table, &extack), &extack);
	extack._msg = NULL;
	refused(-ENOENT, op25b_confirm_rollback(table, &extack), &extack);
	extack._msg = NULL;
	mutex_unlock(&table->lock);
	stage_pool(1, false);
	stage_trial(&staged, 60);
	stage_pool(0, false);
	mutex_lock(&table->lock);
	refused(-EBUSY, op25b_confirm_check(table, &extack), &extack);
	/* a restore that need not be confirmed, and a flush */
	CHECK(op25b_change_commit(staged.change) == -EBUSY);
	CHECK(op25b_change_commit(op25b_change_begin_empty(table)) == -EBUSY);
	mutex_unlock(&table->lock);
	staged.change = NULL;
	grace_period();
	check_table();
	confirm_trial();
	mutex_lock(&table->lock);
	extack._msg = NULL;
	CHECK(op25b_confirm_check(table, &extack) == 0 && !extack._msg);
	mutex_unlock(&table->lock);
}

/* The timer of a policy that was confirmed does not end a later trial. */
static void test_later_trial(void **state)
{
	begin_east();
	stage_pool(1, false);
	stage_trial(&staged, 60);
	/* it fires and queues the work, which comes late */
	shim_clock_suspend(shim_clock + SECONDS(61));
	queue_work((void *)1, &table->rollback_work);
	confirm_trial();
	stage_pool(2, false);
	stage_trial(&staged, 60);
	advance_time(30);
	CHECK(trial);
	check_table();
	advance_time(30);
	CHECK(!trial && in_force.exists[1]);
	check_table();
}

/* Neither pools nor hooks are there during the trial, and are back at once after it. */
static void test_empty(void **state)
{
	begin_east();
	stage_begin(&staged);
	stage_trial(&staged, 5);
	CHECK(!stubs.directories && stubs.hooks);
	check_table();
	send_from("10.0.0.1/32", OP25B_VERDICT_PASSED);
	advance_time(5);
	send_from("10.0.0.1/32", OP25B_VERDICT_BLOCKED);
	check_table();

	stage_begin(&staged);
	stage_trial(&staged, 5);
	confirm_trial();
	CHECK(!stubs.hooks);
	/* and the other way around */
	stage_pool(3, true);
	stage_trial(&staged, 5);
	CHECK(stubs.hooks && stubs.directories == 1);
	roll_back();
	CHECK(!stubs.hooks && !stubs.directories);
	grace_period();
	check_table();
}

/* A rollback of what packets see needs no memory. Directories follow. */
static void test_rollback_without_memory(void **state)
{
	begin_east();
	stage_pool(1, true);
	stage_trial(&staged, 5);
	grace_period();
	shim_slab_fail(1, true);
	advance_time(5);
	CHECK(!trial && !stubs.directories);
	send_from("10.0.0.1/32", OP25B_VERDICT_BLOCKED);
	CHECK(in_force.packets[0][OP25B_CLASS_SYN][op25b_stats_column(OP25B_VERDICT_BLOCKED)] == 2);
	grace_period();
	shim_clock_advance(shim_clock + SECONDS(5));
	CHECK(!stubs.directories);
	shim_slab_fail(0, false);
	shim_clock_advance(shim_clock + SECONDS(2));
	check_table();

	/* the same, and the pool goes before it has a directory */
	stage_pool(1, true);
	stage_trial(&staged, 5);
	shim_slab_fail(1, true);
	advance_time(5);
	shim_slab_fail(0, false);
	CHECK(!stubs.directories);
	do_op(OP(POOL_DEL, 0), 0);
	advance_time(5);
	check_table();

	/* and that of a namespace that goes: harness_teardown() */
	begin_east();
	stage_pool(1, true);
	stage_trial(&staged, 5);
}

/* A restore that has a pool which is in force, and still lacks its directory, leaves it alone. */
static void test_restore_before_directories_are_back(void **state)
{
	unsigned int round, made;

	for (round = 0; round < 3; round++) {
		begin_east();
		stage_pool(1, false);
		stage_trial(&staged, 5);
		shim_slab_fail(1, true);
		advance_time(5);
		shim_slab_fail(0, false);
		CHECK(!stubs.directories);
		made = stubs.directories_made;
		stage_pool(0, true);
		stage_end(&staged, round != 1);
		CHECK(stubs.directories_made == made);
		if (round == 2)
			do_op(OP(POOL_DEL, 0), 0);
		advance_time(5);
		grace_period();
		check_table();
		if (round < 2)
			do_op(OP(POOL_DEL, 0), 0);
		check_table();
	}
}

/* Commit a trial with each of its allocations failing in turn until it succeeds, and roll it back. */
static void trial_failing(bool senders)
{
	unsigned long at;
	long live;
	int err;

	for (at = 1;; at++) {
		grace_period();
		live = shim_slab.live;
		stage_pool(1, senders);
		/* one that fails once may be made up for */
		shim_slab_fail(at, true);
		mutex_lock(&table->lock);
		err = op25b_change_commit_trial(staged.change, 60);
		mutex_unlock(&table->lock);
		shim_slab_fail(0, false);
		if (!err)
			break;
		CHECK(err == -ENOMEM && !table->rollback && !op25b_confirm_left(table));
		grace_period();
		CHECK(shim_slab.live == live, "%ld more", shim_slab.live - live);
		check_table();
	}
	CHECK(at > 3, "%lu", at);
	mutex_lock(&table->lock);
	op25b_change_rollback(table);
	mutex_unlock(&table->lock);
	in_force.generation += 2;
	grace_period();
	check_table();
}

/* Each allocation of the commit fails in turn, and nothing has happened. */
static void test_trial_fails(void **state)
{
	begin_east();
	trial_failing(true);
	/* the first hooks */
	do_op(OP(POOL_DEL, 0), 0);
	trial_failing(false);
}

/* A dump that has begun with the policy that is gone back to reads it to its end. */
static void test_pins(void **state)
{
	static struct pinned before, during, after;
	long live;

	begin_east();
	grace_period();
	live = shim_slab.live;
	pin_get(&before);
	stage_pool(1, false);
	stage_trial(&staged, 60);
	pin_get(&during);
	grace_period();
	CHECK(pin_check(&before) && pin_check(&during));
	roll_back();
	pin_get(&after);
	grace_period();
	CHECK(pin_check(&before) && pin_check(&during) && pin_check(&after));
	do_op(OP(POOL_SET, 0, .settings = { .mode = OP25B_MODE_OFF }), 0);
	grace_period();
	CHECK(pin_check(&before) && pin_check(&during) && pin_check(&after));
	pin_put(&during);
	do_op(OP(POOL_DEL, 0), 0);
	grace_period();
	CHECK(pin_check(&before) && pin_check(&after));
	pin_put(&before);
	grace_period();
	CHECK(pin_check(&after));
	pin_put(&after);
	grace_period();
	check_table();
	CHECK(shim_slab.live < live);
}

/* A flood of pools: one policy to go back to, one on trial, and one that is being staged */
static void test_slow_many_pools(void **state)
{
	struct netlink_ext_ack extack = { 0 };
	const struct op25b_settings settings = { 0 };
	struct op25b_change *change;
	unsigned int i, round;
	char name[16];

	mutex_lock(&table->lock);
	for (round = 0; round < 3; round++) {
		change = op25b_change_begin_empty(table);
		for (i = 0; i < OP25B_POOL_MAX; i++) {
			snprintf(name, sizeof(name), "%u.%05u", round, i);
			CHECK(op25b_step_pool_add(change, name, NULL, settings, &extack) >= 0, "%s",
			      name);
		}
		if (round == 0)
			CHECK(op25b_change_commit(change) == 0);
		else if (round == 1)
			CHECK(op25b_change_commit_trial(change, 60) == 0);
	}
	CHECK(stubs.directories == OP25B_POOL_MAX);
	CHECK(op25b_change_commit_trial(change, 60) == 0);
	op25b_change_rollback(table);
	CHECK(stubs.directories == OP25B_POOL_MAX && op25b_table_pool_find(table, "0.00000") &&
	      !op25b_table_pool_find(table, "1.00000"));
	CHECK(op25b_change_commit(op25b_change_begin_empty(table)) == 0);
	mutex_unlock(&table->lock);
	grace_period();
	in_force.generation = table->policy->generation;
}

#define CONFIRM_TEST(f)	cmocka_unit_test_setup_teardown(f, harness_setup, harness_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONFIRM_TEST(test_confirm),
		CONFIRM_TEST(test_rollback_in_time),
		CONFIRM_TEST(test_pool_comes_back),
		CONFIRM_TEST(test_exempts_expire_meanwhile),
		CONFIRM_TEST(test_refusals),
		CONFIRM_TEST(test_later_trial),
		CONFIRM_TEST(test_empty),
		CONFIRM_TEST(test_rollback_without_memory),
		CONFIRM_TEST(test_restore_before_directories_are_back),
		CONFIRM_TEST(test_trial_fails),
		CONFIRM_TEST(test_pins),
		CONFIRM_TEST(test_slow_many_pools),
	};

	return CHECK_RUN("confirm", tests);
}
