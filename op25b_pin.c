// SPDX-License-Identifier: GPL-2.0
/*
 * Pins: dumps keep the policy that they began with
 *
 * A dump takes many calls, each for as much as the client has room for, and is to be of one policy
 * however often that is replaced meanwhile. So it pins the policy in force when it begins. What a
 * commit replaces (memory, or a pool that has gone) is retired: only policies of a generation
 * before its @without have it, so it is freed once the oldest pinned generation is @without or
 * later. A grace period follows, as packets know nothing of pins.
 *
 * Anyone may read, so what pins hold back is bounded. Beyond the limit, and if a dump is not read
 * from for some time, the policy is taken away from the dump of the oldest one, which then fails.
 * Pins of the policy in force hold nothing back.
 *
 * A change that releases the lock pins its base, too. From that pin nothing is taken away, for it
 * ends soon.
 */
#include <linux/jiffies.h>
#include <linux/slab.h>

#include "core/pause.h"
#include "op25b_pin.h"
#include "op25b_policy.h"
#include "op25b_table.h"
#include "op25b_workqueue.h"

/* For how many seconds a dump may leave a policy unread that was replaced */
#define IDLE_SECONDS	30

/* In bytes: what pins may hold back in addition to the sizes of two policies */
#define HELD_MIN	(1UL << 20)

static const struct op25b_policy *policy_in_force(struct op25b_table *table)
	__context_unsafe(/* op25b_pins.lock keeps the policy as RCU does */)
{
	return rcu_dereference_protected(table->policy, lockdep_is_held(&table->pins.lock));
}

static const struct op25b_policy *policy_pinned(struct op25b_table *table,
						const struct op25b_pin *pin)
	__context_unsafe(/* op25b_pins.lock keeps the policy as RCU does */)
{
	return rcu_dereference_protected(pin->policy, lockdep_is_held(&table->pins.lock));
}

/* Move what no pin holds any more to the list @unpinned. */
static void collect_unpinned(struct op25b_pins *pins, struct list_head *unpinned)
{
	struct op25b_retired *retired, *next;
	u64 oldest = ~0ULL;

	lockdep_assert_held(&pins->lock);
	if (!list_empty(&pins->list))
		oldest = list_first_entry(&pins->list, struct op25b_pin, list)->generation;
	list_for_each_entry_safe(retired, next, &pins->retired, list) {
		if (retired->without > oldest)
			break;
		list_move_tail(&retired->list, unpinned);
		pins->held -= retired->size;
	}
}

static void free_unpinned(struct list_head *unpinned)
{
	struct op25b_retired *retired, *next;

	list_for_each_entry_safe(retired, next, unpinned, list) {
		retired->free(retired);
		op25b_pause();
	}
}

/* Take the policy away from a dump, which has not ended yet and still owns the pin. */
static void take_away(struct op25b_pins *pins, struct op25b_pin *pin)
{
	lockdep_assert_held(&pins->lock);
	RCU_INIT_POINTER(pin->policy, NULL);
	list_del_init(&pin->list);
}

static void pins_schedule(struct op25b_pins *pins)
{
	mod_delayed_work(op25b_workqueue, &pins->expire, msecs_to_jiffies(IDLE_SECONDS * 1000 / 2));
}

static void pins_expire(struct work_struct *work)
{
	struct op25b_pins *pins = container_of(to_delayed_work(work), struct op25b_pins, expire);
	struct op25b_table *table = container_of(pins, struct op25b_table, pins);
	unsigned long idle = msecs_to_jiffies(IDLE_SECONDS * 1000);
	struct op25b_pin *pin, *next;
	LIST_HEAD(unpinned);
	bool left;

	spin_lock(&pins->lock);
	list_for_each_entry_safe(pin, next, &pins->list, list)
		if (!pin->firm && policy_pinned(table, pin) != policy_in_force(table) &&
		    time_after(jiffies, READ_ONCE(pin->read) + idle))
			take_away(pins, pin);
	collect_unpinned(pins, &unpinned);
	left = !list_empty(&pins->list);
	spin_unlock(&pins->lock);
	free_unpinned(&unpinned);
	if (left)
		pins_schedule(pins);
}

/**
 * op25b_pin_init() - initialize the pins of a table
 * @table: the table
 */
void op25b_pin_init(struct op25b_table *table)
{
	struct op25b_pins *pins = &table->pins;

	spin_lock_init(&pins->lock);
	INIT_LIST_HEAD(&pins->list);
	INIT_LIST_HEAD(&pins->retired);
	INIT_DELAYED_WORK(&pins->expire, pins_expire);
}

/**
 * op25b_pin_stop() - stop the work of a table's pins
 * @table: the table; no dump reads it any more
 */
void op25b_pin_stop(struct op25b_table *table)
{
	cancel_delayed_work_sync(&table->pins.expire);
}

/**
 * op25b_pin_get() - pin the policy in force
 * @table: its table; need not be locked
 * @firm: never take it away from the pin, which ends soon
 *
 * Return: the pin, for op25b_pin_put(); NULL when out of memory.
 */
struct op25b_pin *op25b_pin_get(struct op25b_table *table, bool firm)
{
	struct op25b_pin *pin = kzalloc(sizeof(*pin), GFP_KERNEL_ACCOUNT);
	struct op25b_pins *pins = &table->pins;
	bool first;

	if (!pin)
		return NULL;
	pin->read = jiffies;
	pin->firm = firm;
	spin_lock(&pins->lock);
	pin->generation = policy_in_force(table)->generation;
	rcu_assign_pointer(pin->policy, policy_in_force(table));
	first = list_empty(&pins->list);
	list_add_tail(&pin->list, &pins->list);
	spin_unlock(&pins->lock);
	if (first)
		pins_schedule(pins);
	return pin;
}

/**
 * op25b_pin_put() - end a pin
 * @table: the table of its policy; need not be locked
 * @pin: the pin, which is gone afterwards
 */
void op25b_pin_put(struct op25b_table *table, struct op25b_pin *pin)
{
	struct op25b_pins *pins = &table->pins;
	LIST_HEAD(unpinned);

	spin_lock(&pins->lock);
	list_del(&pin->list);
	collect_unpinned(pins, &unpinned);
	spin_unlock(&pins->lock);
	free_unpinned(&unpinned);
	kfree(pin);
}

/**
 * op25b_pin_read() - the policy that a dump reads
 * @pin: its pin
 *
 * Return: the policy, under RCU; NULL if it was taken away from the dump.
 */
const struct op25b_policy *op25b_pin_read(struct op25b_pin *pin)
{
	WRITE_ONCE(pin->read, jiffies);
	return rcu_dereference(pin->policy);
}

/**
 * op25b_pin_replace_policy() - put a policy into force
 * @table: its table, locked
 * @policy: the policy
 *
 * A pin is of a policy that is in force, or of one whose parts are not retired yet.
 */
void op25b_pin_replace_policy(struct op25b_table *table, struct op25b_policy *policy)
{
	spin_lock(&table->pins.lock);
	rcu_assign_pointer(table->policy, policy);
	spin_unlock(&table->pins.lock);
	WRITE_ONCE(table->published, get_state_synchronize_rcu());
}

/**
 * op25b_pin_any() - whether something that is retired now may be held back
 * @table: its table, locked, and the policy that does not have it any more is in force
 *
 * Return: false if there is no pin, and so the size of what is retired does not matter.
 */
bool op25b_pin_any(const struct op25b_table *table)
{
	return !list_empty_careful(&table->pins.list);
}

/**
 * op25b_pin_retire() - free something once nobody can see it any more
 * @table: its table, locked, and a policy that does not have it is in force
 * @retired: its @size and @free are set
 */
void op25b_pin_retire(struct op25b_table *table, struct op25b_retired *retired)
{
	struct op25b_pins *pins = &table->pins;
	const struct op25b_policy *policy;
	struct op25b_pin *pin;
	LIST_HEAD(unpinned);

	spin_lock(&pins->lock);
	policy = policy_in_force(table);
	retired->without = policy->generation;
	list_add_tail(&retired->list, &pins->retired);
	pins->held += retired->size;
	collect_unpinned(pins, &unpinned);
	while (pins->held) {
		pin = list_first_entry(&pins->list, struct op25b_pin, list);
		if (pin->firm ||
		    pins->held <= HELD_MIN + op25b_policy_size(policy) +
				  op25b_policy_size(policy_pinned(table, pin)))
			break;
		take_away(pins, pin);
		collect_unpinned(pins, &unpinned);
	}
	spin_unlock(&pins->lock);
	free_unpinned(&unpinned);
}
