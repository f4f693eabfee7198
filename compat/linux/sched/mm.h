/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _OP25B_COMPAT_LINUX_SCHED_MM_H
#define _OP25B_COMPAT_LINUX_SCHED_MM_H

#include_next <linux/sched/mm.h>

/*
 * In interrupts, set_active_memcg() uses the per-CPU variable int_active_memcg, which kernels
 * before 5.14 do not export to modules. This one is for task context only.
 */
#if defined(CONFIG_MEMCG) && !defined(OP25B_HAVE_INT_ACTIVE_MEMCG)
static inline struct mem_cgroup *op25b_set_active_memcg(struct mem_cgroup *memcg)
{
	struct mem_cgroup *old = current->active_memcg;

	current->active_memcg = memcg;
	return old;
}

#define set_active_memcg op25b_set_active_memcg
#endif

#endif /* _OP25B_COMPAT_LINUX_SCHED_MM_H */
