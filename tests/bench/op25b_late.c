// SPDX-License-Identifier: GPL-2.0
/*
 * How long packets would wait: a timer that measures how late softirqs run
 *
 * Network packets are received in softirqs. A timer expires every 100 microseconds, and its
 * function is called in a softirq, too. When that is late, something on this processor has kept
 * interrupts or softirqs off: packets would have waited as long.
 *
 * The file op25b_late in debugfs has the longest delay so far, in nanoseconds. Any write resets it.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/module.h>

#define PERIOD	(100 * NSEC_PER_USEC)

static struct hrtimer timer;
static struct dentry *file;
static u64 longest;

static enum hrtimer_restart measure(struct hrtimer *expired)
{
	s64 late = ktime_to_ns(ktime_sub(ktime_get(), hrtimer_get_expires(expired)));

	if (late > 0 && late > READ_ONCE(longest))
		WRITE_ONCE(longest, late);
	hrtimer_forward_now(expired, ns_to_ktime(PERIOD));
	return HRTIMER_RESTART;
}

static int longest_get(void *data, u64 *value)
{
	*value = READ_ONCE(longest);
	return 0;
}

static int longest_set(void *data, u64 value)
{
	WRITE_ONCE(longest, 0);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(longest_fops, longest_get, longest_set, "%llu\n");

static int __init late_init(void)
{
	file = debugfs_create_file("op25b_late", 0600, NULL, NULL, &longest_fops);
	hrtimer_init(&timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_SOFT);
	timer.function = measure;
	hrtimer_start(&timer, ns_to_ktime(PERIOD), HRTIMER_MODE_REL_SOFT);
	return 0;
}

static void __exit late_exit(void)
{
	hrtimer_cancel(&timer);
	debugfs_remove(file);
}

module_init(late_init);
module_exit(late_exit);

MODULE_DESCRIPTION("Measures how late softirqs run");
MODULE_AUTHOR("The op25b authors");
MODULE_LICENSE("GPL");
