/* SPDX-License-Identifier: GPL-2.0 */
/* linux/gfp.h for user space */
#ifndef _SHIM_LINUX_GFP_H
#define _SHIM_LINUX_GFP_H

#include <linux/slab.h>

#endif /* _SHIM_LINUX_GFP_H */
