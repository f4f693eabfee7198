/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _OP25B_COMPAT_LINUX_KOBJECT_H
#define _OP25B_COMPAT_LINUX_KOBJECT_H

#include_next <linux/kobject.h>

/* Linux 6.2 made constant what the callbacks of a type of objects get. */
#ifdef OP25B_HAVE_CONST_KOBJECT
#define op25b_const_kobject const struct kobject
#else
#define op25b_const_kobject struct kobject
#endif

/* Linux 7.0 tags files with the part that all kinds of namespaces have in common. */
#ifdef OP25B_HAVE_NS_COMMON_TAG
#define op25b_ns_tag struct ns_common
#define op25b_net_tag(net) (&(net)->ns)
#else
#define op25b_ns_tag void
#define op25b_net_tag(net) (net)
#endif

#endif /* _OP25B_COMPAT_LINUX_KOBJECT_H */
