/* SPDX-License-Identifier: GPL-2.0 */
/* linux/percpu.h for user space: some processors, on one of which we are */
#ifndef _SHIM_LINUX_PERCPU_H
#define _SHIM_LINUX_PERCPU_H

#include <linux/compiler.h>
#include <linux/preempt.h>
#include <linux/slab.h>

#define SHIM_CPUS	4

extern int shim_cpu;

#define alloc_percpu_gfp(type, gfp)	((type *)kzalloc(SHIM_CPUS * sizeof(type), gfp))
#define free_percpu(p)			kfree(p)
#define per_cpu_ptr(p, cpu)		((p) + (cpu))
#define this_cpu_ptr(p)			((p) + shim_cpu)

#define for_each_possible_cpu(cpu)	for ((cpu) = 0; (cpu) < SHIM_CPUS; (cpu)++)

#endif /* _SHIM_LINUX_PERCPU_H */
