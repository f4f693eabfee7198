/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _OP25B_COMPAT_LINUX_RCUPDATE_H
#define _OP25B_COMPAT_LINUX_RCUPDATE_H

#include_next <linux/rcupdate.h>

/* Linux 7.0 has the compiler look whether locks are held, and RCU; clang does. */
#ifndef __guarded_by
#define __guarded_by(...)
#define __must_hold_shared(...)
#define __context_unsafe(comment)
#endif

#endif /* _OP25B_COMPAT_LINUX_RCUPDATE_H */
