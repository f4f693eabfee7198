/* SPDX-License-Identifier: GPL-2.0 */
/* linux/minmax.h for user space */
#ifndef _SHIM_LINUX_MINMAX_H
#define _SHIM_LINUX_MINMAX_H

#define min_t(type, a, b)	({ type _a = (a); type _b = (b); _a < _b ? _a : _b; })
#define max_t(type, a, b)	({ type _a = (a); type _b = (b); _a > _b ? _a : _b; })
#define clamp_t(type, x, low, high)	min_t(type, max_t(type, x, low), high)

#endif /* _SHIM_LINUX_MINMAX_H */
