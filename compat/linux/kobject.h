/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _OP25B_COMPAT_LINUX_KOBJECT_H
#define _OP25B_COMPAT_LINUX_KOBJECT_H

#include_next <linux/kobject.h>

/* Linux 6.2 made constant what the callbacks of a type of objects get. */
#ifdef OP25B_HAVE_CONST_KOBJECT
typedef const struct kobject op25b_const_kobject;
#else
typedef struct kobject op25b_const_kobject;
#endif

#endif /* _OP25B_COMPAT_LINUX_KOBJECT_H */
