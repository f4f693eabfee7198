// SPDX-License-Identifier: GPL-2.0
/*
 * Restores: what a socket may do when, while others use the same socket and others are released. The
 * policies that they stage are the business of test_table.c.
 */
#include <errno.h>
#include <string.h>

#include <linux/netlink.h>
#include <linux/notifier.h>
#include <net/sock.h>

#include "check.h"
#include "harness.h"
#include "op25b_restore.h"
#include "op25b_step.h"

#define PORTID 7

static struct notifier_block *notifier;

int netlink_register_notifier(struct notifier_block *block)
{
	notifier = block;
	return 0;
}

int netlink_unregister_notifier(struct notifier_block *block)
{
	CHECK(notifier == block);
	notifier = NULL;
	return 0;
}

static struct sock sock, other;

/* As the operations do: find the restore with the table locked, and use it. */

static int begin(struct sock *sk)
{
	struct netlink_ext_ack extack = { 0 };
	int err;

	mutex_lock(&table->lock);
	err = op25b_restore_begin(&pernet, sk, PORTID, &extack);
	mutex_unlock(&table->lock);
	CHECK((err == -EALREADY) == !!extack._msg);
	return err;
}

static struct op25b_restore *find(struct sock *sk, int *err)
{
	struct netlink_ext_ack extack = { 0 };
	struct op25b_restore *restore;

	*err = op25b_restore_find(&pernet, sk, true, &restore, &extack);
	CHECK(!*err == !extack._msg);
	return *err ? NULL : restore;
}

/* Add pools from number @from to @to - 1; the step fails in the end if @fail. */
static int step(struct sock *sk, unsigned int from, unsigned int to, bool fail)
{
	const struct op25b_settings settings = { 0 };
	struct netlink_ext_ack extack = { 0 };
	struct op25b_restore *restore;
	char name[16];
	int err;

	mutex_lock(&table->lock);
	restore = find(sk, &err);
	if (restore) {
		op25b_restore_touch(&pernet, restore);
		for (; from < to; from++) {
			snprintf(name, sizeof(name), "%u", from);
			CHECK(op25b_step_pool_add(restore->change, name, NULL, settings, &extack) >= 0);
		}
		if (fail)
			op25b_restore_fail(restore);
	}
	mutex_unlock(&table->lock);
	return err;
}

static int clear(struct sock *sk)
{
	struct op25b_restore *restore;
	int err;

	mutex_lock(&table->lock);
	restore = find(sk, &err);
	if (restore)
		err = op25b_restore_clear(&pernet, restore);
	mutex_unlock(&table->lock);
	return err;
}

static int commit(struct sock *sk)
{
	struct op25b_restore *restore;
	int err;

	mutex_lock(&table->lock);
	restore = find(sk, &err);
	if (restore)
		err = op25b_restore_commit(restore, 0);
	mutex_unlock(&table->lock);
	return err;
}

static void release(struct sock *sk, u32 portid)
{
	struct netlink_notify notify = {
		.net = &net, .portid = portid, .protocol = NETLINK_GENERIC,
	};

	sk->dead = true;
	CHECK(notifier->notifier_call(notifier, NETLINK_URELEASE, &notify) == NOTIFY_DONE);
}

/* The number of pools that the staged policy has, or an error */
static int staged(struct sock *sk)
{
	struct op25b_restore *restore;
	int n;

	mutex_lock(&table->lock);
	restore = find(sk, &n);
	if (restore)
		n = restore->change->policy->pools;
	mutex_unlock(&table->lock);
	return n;
}

static void test_states(void **state)
{
	CHECK(step(&sock, 0, 1, false) == -EINVAL && commit(&sock) == -EINVAL);
	CHECK(begin(&sock) == 0);
	CHECK(begin(&sock) == -EALREADY);
	CHECK(step(&sock, 0, 3, false) == 0 && staged(&sock) == 3 && staged(&other) == -EINVAL);
	CHECK(clear(&sock) == 0 && staged(&sock) == 0);
	CHECK(step(&sock, 2, 4, true) == 0);
	CHECK(step(&sock, 0, 1, false) == -ECANCELED && staged(&sock) == -ECANCELED);
	CHECK(clear(&sock) == -ECANCELED && commit(&sock) == -ECANCELED);
	CHECK(begin(&sock) == 0 && step(&sock, 1, 3, false) == 0 && staged(&sock) == 2);
	CHECK(commit(&sock) == 0 && staged(&sock) == -EINVAL && table->policy->pools == 2);
	CHECK(begin(&sock) == 0 && commit(&sock) == 0 && !table->policy->pools);
}

static void test_out_of_memory(void **state)
{
	CHECK(begin(&other) == 0 && step(&other, 0, 5, false) == 0);
	shim_slab_fail(1, true);
	CHECK(begin(&sock) == -ENOMEM && staged(&sock) == -EINVAL);
	/* the policy that was staged is gone, and the restore with it */
	CHECK(clear(&other) == -ENOMEM);
	shim_slab_fail(2, true);
	CHECK(begin(&sock) == -ENOMEM);
	shim_slab_fail(0, false);
	CHECK(staged(&sock) == -ECANCELED && staged(&other) == -ECANCELED);
	CHECK(begin(&sock) == 0 && begin(&other) == 0);
	release(&sock, PORTID);
	CHECK(staged(&other) == 0);
	release(&other, PORTID);
	CHECK(list_empty(&pernet.restores));
}

/* Sockets that are not meant stay as they are. */
static void test_release(void **state)
{
	struct sock third = { 0 };

	CHECK(begin(&sock) == 0 && begin(&other) == 0 && begin(&third) == 0);
	CHECK(step(&sock, 0, 5, false) == 0 && step(&other, 0, 1, false) == 0);
	/* another protocol, another event, another port id, which may be that of a socket not released */
	sock.dead = true;
	CHECK(notifier->notifier_call(notifier, NETLINK_URELEASE,
				      &(struct netlink_notify){ &net, PORTID, 0 }) == NOTIFY_DONE);
	CHECK(notifier->notifier_call(notifier, 99, &(struct netlink_notify){
				      &net, PORTID, NETLINK_GENERIC }) == NOTIFY_DONE);
	release(&sock, PORTID + 1);
	CHECK(staged(&sock) == 5);
	release(&sock, PORTID);
	CHECK(staged(&sock) == -EINVAL && staged(&other) == 1);
	other.dead = true;
	release(&third, PORTID);
	CHECK(list_empty(&pernet.restores));
	release(&third, PORTID);
}

/* What another thread does at each release of the lock */
static unsigned int meanwhile_calls;
static int meanwhile_err;
static void (*meanwhile)(void);

static void lock_released(void)
{
	shim_mutex_unlocked = NULL;
	meanwhile_calls++;
	meanwhile();
	shim_mutex_unlocked = lock_released;
}

static void with_others(void (*f)(void))
{
	meanwhile = f;
	meanwhile_calls = 0;
	shim_mutex_unlocked = lock_released;
}

static unsigned int without_others(void)
{
	shim_mutex_unlocked = NULL;
	return meanwhile_calls;
}

static void try_all(void)
{
	if (staged(&sock) == -EINVAL)
		return;		/* it has ended: that was the caller's own release */
	CHECK(begin(&sock) == -EALREADY);
	CHECK(step(&sock, 0, 1, false) == meanwhile_err);
	CHECK(clear(&sock) == meanwhile_err && commit(&sock) == meanwhile_err);
	CHECK(staged(&sock) == meanwhile_err);
}

/* Nobody adds to a policy that is being committed, and no step of the restore goes elsewhere. */
static void test_others_during_a_commit(void **state)
{
	meanwhile_err = -EBUSY;
	CHECK(begin(&sock) == 0 && step(&sock, 0, 600, false) == 0);
	with_others(try_all);
	CHECK(commit(&sock) == 0);
	CHECK(without_others() > 10);
	CHECK(table->policy->pools == 600 && stubs.directories == 600);

	/* it fails in the end */
	CHECK(begin(&sock) == 0 && step(&sock, 500, 1200, false) == 0);
	stubs.directory_error = -ENOMEM;
	with_others(try_all);
	CHECK(commit(&sock) == -ENOMEM);
	CHECK(without_others() > 3);
	stubs.directory_error = 0;
	CHECK(staged(&sock) == -EINVAL);
	CHECK(table->policy->pools == 600 && stubs.directories == 600);
	CHECK(begin(&sock) == 0 && commit(&sock) == 0 && !stubs.directories);
}

static void begin_anew(void)
{
	int n = staged(&sock);

	/* one thread after the other begins a restore, and another ends it */
	if (n == -ECANCELED) {
		CHECK(begin(&sock) == 0);
	} else if (n >= 0 && n < 2000) {
		CHECK(step(&sock, n, n + 1, false) == 0 && commit(&sock) == 0);
		CHECK(table->policy->pools == (u32)n + 1);
	}
}

/* A restore that fails or is begun anew may be followed by another while it is being freed. */
static void test_others_during_an_abort(void **state)
{
	CHECK(begin(&sock) == 0 && step(&sock, 0, 600, false) == 0);
	with_others(begin_anew);
	CHECK(step(&sock, 600, 1200, true) == 0);
	CHECK(without_others() > 3);
	if (staged(&sock) == -EINVAL)
		CHECK(begin(&sock) == 0);
	CHECK(step(&sock, 3000, 3600, false) == 0);
	with_others(begin_anew);
	CHECK(clear(&sock) == 0);
	CHECK(without_others() > 3);
	CHECK(begin(&other) == 0 && commit(&other) == 0 && !table->policy->pools);
}

static struct sock dying[3];

static void die_too(void)
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		if (!dying[i].dead)
			release(&dying[i], PORTID);
}

/* Several sockets of one port id, one after the other, whose releases meet */
static void test_others_during_a_release(void **state)
{
	unsigned int i;

	memset(dying, 0, sizeof(dying));
	for (i = 0; i < 3; i++)
		CHECK(begin(&dying[i]) == 0 && step(&dying[i], 0, 600, false) == 0);
	CHECK(begin(&sock) == 0);
	with_others(die_too);
	release(&dying[1], PORTID);
	CHECK(without_others() > 3);
	/* only the one that was not released is left */
	CHECK(staged(&sock) == 0 && pernet.restores.next == pernet.restores.prev);
	release(&sock, PORTID);
}

static int setup(void **state)
{
	harness_setup(state);
	shim_mutex_unlocked = NULL;
	memset(&sock, 0, sizeof(sock));
	memset(&other, 0, sizeof(other));
	CHECK(op25b_restore_init() == 0 && notifier);
	op25b_restore_net_init(&net);
	return 0;
}

static int teardown(void **state)
{
	/* restores may be left */
	CHECK(begin(&(struct sock){ 0 }) == 0);
	op25b_restore_net_exit(&net);
	CHECK(list_empty(&pernet.restores));
	op25b_restore_exit();
	CHECK(!notifier);
	in_force.generation = table->policy->generation;
	return harness_teardown(state);
}

#define RESTORE_TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RESTORE_TEST(test_states),
		RESTORE_TEST(test_out_of_memory),
		RESTORE_TEST(test_release),
		RESTORE_TEST(test_others_during_a_commit),
		RESTORE_TEST(test_others_during_an_abort),
		RESTORE_TEST(test_others_during_a_release),
	};

	return CHECK_RUN("restore", tests);
}
