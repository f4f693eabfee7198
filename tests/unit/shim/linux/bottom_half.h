/* SPDX-License-Identifier: GPL-2.0 */
/* linux/bottom_half.h for user space: packets come in bottom halves, which nothing interrupts */
#ifndef _SHIM_LINUX_BOTTOM_HALF_H
#define _SHIM_LINUX_BOTTOM_HALF_H

#define local_bh_disable()	((void)0)
#define local_bh_enable()	((void)0)
#define in_softirq()		true

#endif /* _SHIM_LINUX_BOTTOM_HALF_H */
