// SPDX-License-Identifier: GPL-2.0
/*
 * Intentional bugs, of which the parameter selects one. The debug kernel has to report each of
 * them; otherwise, that it reports none in op25b would prove nothing.
 */
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

static char *bug = "none";
module_param(bug, charp, 0);

/* Volatile, so that the compiler cannot detect or remove the bugs */
static volatile unsigned int six = 6;
static volatile u8 sink;

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);
static DEFINE_SPINLOCK(spin);
static int __rcu *protected;

static void none(void)
{
}

static void use_after_free(void)
{
	u8 *bytes = kzalloc(64, GFP_KERNEL);

	kfree(bytes);
	sink = ((volatile u8 *)bytes)[six];
}

static void out_of_bounds(void)
{
	u8 *bytes = kzalloc(64, GFP_KERNEL);

	sink = ((volatile u8 *)bytes)[64 + six];
	kfree(bytes);
}

static void out_of_stack(void)
{
	volatile u8 bytes[8] = {};
	volatile u8 *start = bytes;

	sink = start[six + 2];
}

static void out_of_global(void)
{
	static volatile u8 bytes[8];
	volatile u8 *start = bytes;

	sink = start[six + 2];
}

static void locks_in_both_orders(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);

	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
}

static void lock_kept(void)
{
	mutex_lock(&first);
}

static void rcu_unprotected(void)
{
	sink = !rcu_dereference(protected);
}

static void sleep_in_atomic(void)
{
	spin_lock(&spin);
	mutex_lock(&first);
	mutex_unlock(&first);
	spin_unlock(&spin);
}

/* Several allocations, because a register or a stack may still have the address of one */
static void leak(void)
{
	int i;

	for (i = 0; i < 20; i++)
		if (!kmalloc(120 + i * 8, GFP_KERNEL))
			return;
}

static void shift(void)
{
	sink = 1U << (six + 26);
}

static void array_index(void)
{
	static volatile u8 bytes[6];

	sink = bytes[six];
}

struct with_timer {
	struct timer_list timer;
};

static void never(struct timer_list *timer)
{
}

static void free_active_timer(void)
{
	struct with_timer *object = kzalloc(sizeof(*object), GFP_KERNEL);

	if (!object)
		return;
	timer_setup(&object->timer, never, 0);
	mod_timer(&object->timer, jiffies + 600 * HZ);
	kfree(object);
}

struct with_work {
	struct work_struct work;
};

static void nothing(struct work_struct *work)
{
}

static void free_active_work(void)
{
	struct with_work *object = kzalloc(sizeof(*object), GFP_KERNEL);

	if (!object)
		return;
	INIT_WORK(&object->work, nothing);
	/* This processor's workers cannot run meanwhile. */
	preempt_disable();
	schedule_work(&object->work);
	kfree(object);
	preempt_enable();
}

static void after_grace(struct rcu_head *head)
{
}

static void rcu_head_twice(void)
{
	static struct rcu_head head;

	call_rcu(&head, after_grace);
	call_rcu(&head, after_grace);
	rcu_barrier();
}

static void list_twice(void)
{
	static LIST_HEAD(list);
	static struct list_head entry;

	list_add(&entry, &list);
	list_add(&entry, &list);
}

static void reference_too_many(void)
{
	static refcount_t references = REFCOUNT_INIT(1);

	refcount_dec(&references);
	refcount_dec(&references);
}

#define BUG_OF(name) { #name, name }
static const struct {
	const char *name;
	void (*plant)(void);
} bugs[] = {
	BUG_OF(none), BUG_OF(use_after_free), BUG_OF(out_of_bounds), BUG_OF(out_of_stack),
	BUG_OF(out_of_global), BUG_OF(locks_in_both_orders), BUG_OF(lock_kept),
	BUG_OF(rcu_unprotected), BUG_OF(sleep_in_atomic), BUG_OF(leak), BUG_OF(shift),
	BUG_OF(array_index), BUG_OF(free_active_timer), BUG_OF(free_active_work),
	BUG_OF(rcu_head_twice), BUG_OF(list_twice), BUG_OF(reference_too_many),
};

static int __init planted_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bugs); i++) {
		if (!strcmp(bug, bugs[i].name)) {
			bugs[i].plant();
			return 0;
		}
	}
	return -EINVAL;
}

static void __exit planted_exit(void)
{
}

module_init(planted_init);
module_exit(planted_exit);
MODULE_DESCRIPTION("intentional bugs, for the tests");
MODULE_LICENSE("GPL");
