/* SPDX-License-Identifier: GPL-2.0 */
/* linux/err.h for user space */
#ifndef _SHIM_LINUX_ERR_H
#define _SHIM_LINUX_ERR_H

#include <linux/errno.h>
#include <linux/types.h>

static inline void *ERR_PTR(long err)
{
	return (void *)err;
}

static inline long PTR_ERR(const void *p)
{
	return (long)p;
}

static inline bool IS_ERR(const void *p)
{
	return (unsigned long)p >= (unsigned long)-4095;
}

static inline void *ERR_CAST(const void *p)
{
	return (void *)p;
}

#endif /* _SHIM_LINUX_ERR_H */
