/* SPDX-License-Identifier: GPL-2.0 */
/* linux/compiler.h for user space */
#ifndef _SHIM_LINUX_COMPILER_H
#define _SHIM_LINUX_COMPILER_H

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)

#define noinline	__attribute__((noinline))
#define __cold		__attribute__((cold))

/* annotations for sparse, which does not check the tests */
#define __rcu
#define __force
#define __percpu

#define data_race(x)		(x)

/* of a kernel with no option set */
#define IS_ENABLED(option)	0
#define READ_ONCE(x)		(*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile typeof(x) *)&(x) = (v))

#define OPTIMIZER_HIDE_VAR(x)	__asm__("" : "=r" (x) : "0" (x))

#define barrier()	__asm__ __volatile__("" ::: "memory")
#define smp_rmb()	barrier()
#define smp_mb()	barrier()
#define smp_wmb()	barrier()

#endif /* _SHIM_LINUX_COMPILER_H */
