/* SPDX-License-Identifier: GPL-2.0 */
/* linux/percpu.h for user space: SHIM_CPUS processors, of which shim_cpu is the current one */
#ifndef _SHIM_LINUX_PERCPU_H
#define _SHIM_LINUX_PERCPU_H

#include <assert.h>

#include <linux/compiler.h>
#include <linux/preempt.h>
#include <linux/slab.h>

#define SHIM_CPUS	4

extern int shim_cpu;

/* The distance in bytes between the copies of two processors in an allocation */
#define SHIM_CPU_STRIDE	1024UL

#define alloc_percpu_gfp(type, gfp)						\
	({									\
		static_assert(sizeof(type) <= SHIM_CPU_STRIDE, "");		\
		(type *)kzalloc(SHIM_CPUS * SHIM_CPU_STRIDE, gfp);		\
	})
#define free_percpu(p)		kfree(p)
#define per_cpu_ptr(p, cpu)	((typeof(p))((char *)(p) + (cpu) * SHIM_CPU_STRIDE))
#define this_cpu_ptr(p)		per_cpu_ptr(p, shim_cpu)
#define __this_cpu_read(x)	(*this_cpu_ptr(&(x)))
#define smp_processor_id()	shim_cpu
#define num_possible_cpus()	SHIM_CPUS
#define this_cpu_inc(x)		((*this_cpu_ptr(&(x)))++)

#define for_each_possible_cpu(cpu)	for ((cpu) = 0; (cpu) < SHIM_CPUS; (cpu)++)

#endif /* _SHIM_LINUX_PERCPU_H */
