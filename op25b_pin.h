/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pins: dumps keep the policy that they began with
 */
#ifndef _OP25B_PIN_H
#define _OP25B_PIN_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct op25b_policy;
struct op25b_table;

/**
 * struct op25b_pin - one dump's hold on the policy that it began with, or a change's on its base
 * @list: in op25b_pins.list while it holds that policy
 * @policy: the policy; NULL once it was taken away from the dump
 * @generation: its generation
 * @read: when the dump was last read from, in jiffies
 * @firm: the policy is never taken away
 */
struct op25b_pin {
	struct list_head list;
	const struct op25b_policy __rcu *policy;
	u64 generation;
	unsigned long read;
	bool firm;
};

/**
 * struct op25b_retired - something that policies in force do not have any more, but older ones may
 * @list: in op25b_pins.retired until no pin holds a policy that has it
 * @without: the generation of a policy that does not have it: older ones may
 * @size: its size in bytes, about
 * @free: frees it after a grace period
 */
struct op25b_retired {
	struct list_head list;
	u64 without;
	size_t size;
	void (*free)(struct op25b_retired *retired);
};

/**
 * struct op25b_pins - the pins of one namespace, and what they hold back
 * @lock: held while anything below is read or written, and while the policy in force is replaced
 * @list: the pins, that of the oldest policy first
 * @retired: what was retired and may still be pinned, the first to be retired first
 * @held: the sum of its sizes
 * @expire: the work that takes policies away from dumps that nobody reads on
 */
struct op25b_pins {
	spinlock_t lock;
	struct list_head list;
	struct list_head retired;
	size_t held;
	struct delayed_work expire;
};

void op25b_pin_init(struct op25b_table *table);
void op25b_pin_stop(struct op25b_table *table);

struct op25b_pin *op25b_pin_get(struct op25b_table *table, bool firm);
void op25b_pin_put(struct op25b_table *table, struct op25b_pin *pin);
const struct op25b_policy *op25b_pin_read(struct op25b_pin *pin) __must_hold_shared(RCU);

void op25b_pin_replace_policy(struct op25b_table *table, struct op25b_policy *policy);
bool op25b_pin_any(const struct op25b_table *table);
void op25b_pin_retire(struct op25b_table *table, struct op25b_retired *retired);

#endif /* _OP25B_PIN_H */
