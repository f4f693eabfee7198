/* SPDX-License-Identifier: GPL-2.0 */
/* linux/bitmap.h for user space */
#ifndef _SHIM_LINUX_BITMAP_H
#define _SHIM_LINUX_BITMAP_H

#include <linux/bitops.h>

#define DECLARE_BITMAP(name, n)	unsigned long name[BITS_TO_LONGS(n)]

#endif /* _SHIM_LINUX_BITMAP_H */
