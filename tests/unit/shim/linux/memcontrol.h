/* SPDX-License-Identifier: GPL-2.0 */
/* linux/memcontrol.h for user space: all processes are in one control group */
#ifndef _SHIM_LINUX_MEMCONTROL_H
#define _SHIM_LINUX_MEMCONTROL_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

struct mm_struct;

struct mem_cgroup {
	int refs;
};

extern struct mem_cgroup shim_memcg;

/*
 * What work allocates is charged to the control group that is active, as it has no process. The
 * allocator asserts that there is one.
 */
extern struct mem_cgroup *shim_active_memcg;
extern bool shim_in_work;

static inline struct mem_cgroup *get_mem_cgroup_from_mm(struct mm_struct *mm)
{
	shim_memcg.refs++;
	return &shim_memcg;
}

static inline void mem_cgroup_put(struct mem_cgroup *memcg)
{
	if (!memcg)
		return;
	assert(memcg->refs > 0 && memcg != shim_active_memcg);
	memcg->refs--;
}

static inline struct mem_cgroup *set_active_memcg(struct mem_cgroup *memcg)
{
	struct mem_cgroup *old = shim_active_memcg;

	shim_active_memcg = memcg;
	return old;
}

#endif /* _SHIM_LINUX_MEMCONTROL_H */
