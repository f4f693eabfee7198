/* SPDX-License-Identifier: GPL-2.0 */
/* linux/jump_label.h for user space: a key is a counter */
#ifndef _SHIM_LINUX_JUMP_LABEL_H
#define _SHIM_LINUX_JUMP_LABEL_H

#include <assert.h>

#include <linux/sched.h>

struct static_key_false {
	int count;
};

#define DECLARE_STATIC_KEY_FALSE(name)	extern struct static_key_false name
#define DEFINE_STATIC_KEY_FALSE(name)	struct static_key_false name

#define static_branch_unlikely(key)	((key)->count > 0)

static inline void static_branch_inc(struct static_key_false *key)
{
	might_sleep();
	key->count++;
}

static inline void static_branch_dec(struct static_key_false *key)
{
	might_sleep();
	assert(key->count > 0);
	key->count--;
}

#endif /* _SHIM_LINUX_JUMP_LABEL_H */
