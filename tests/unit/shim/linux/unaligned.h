/* SPDX-License-Identifier: GPL-2.0 */
/* linux/unaligned.h for user space */
#ifndef _SHIM_LINUX_UNALIGNED_H
#define _SHIM_LINUX_UNALIGNED_H

#include <string.h>

#include <linux/types.h>
#include <asm/byteorder.h>

static inline u64 get_unaligned_be64(const void *p)
{
	__be64 value;

	memcpy(&value, p, sizeof(value));
	return be64_to_cpu(value);
}

#endif /* _SHIM_LINUX_UNALIGNED_H */
