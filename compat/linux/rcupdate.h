/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _OP25B_COMPAT_LINUX_RCUPDATE_H
#define _OP25B_COMPAT_LINUX_RCUPDATE_H

#include_next <linux/rcupdate.h>

/* Since Linux 7.0, clang checks at compile time that locks and the RCU read lock are held. */
#ifndef __guarded_by
#define __guarded_by(...)
#define __must_hold_shared(...)
#define __context_unsafe(comment)
#endif

#endif /* _OP25B_COMPAT_LINUX_RCUPDATE_H */
