/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _OP25B_COMPAT_LINUX_UNALIGNED_H
#define _OP25B_COMPAT_LINUX_UNALIGNED_H

/* Linux 6.12 moved it here. */
#if __has_include_next(<linux/unaligned.h>)
#include_next <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

#endif /* _OP25B_COMPAT_LINUX_UNALIGNED_H */
