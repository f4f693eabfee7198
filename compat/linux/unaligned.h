/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _OP25B_COMPAT_LINUX_UNALIGNED_H
#define _OP25B_COMPAT_LINUX_UNALIGNED_H

/* Linux 6.12 moved <asm/unaligned.h> here. */
#ifdef OP25B_HAVE_LINUX_UNALIGNED
#include_next <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

#endif /* _OP25B_COMPAT_LINUX_UNALIGNED_H */
