/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _OP25B_COMPAT_LINUX_KOBJECT_H
#define _OP25B_COMPAT_LINUX_KOBJECT_H

#include_next <linux/kobject.h>

/* Since Linux 6.2, the callbacks of a struct kobj_type take a pointer to const. */
#ifdef OP25B_HAVE_CONST_KOBJECT
#define op25b_const_kobject const struct kobject
#else
#define op25b_const_kobject struct kobject
#endif

/* Since Linux 7.0, the namespace tag of a file is a struct ns_common. */
#ifdef OP25B_HAVE_NS_COMMON_TAG
#define op25b_ns_tag struct ns_common
#define op25b_net_tag(net) (&(net)->ns)
#else
#define op25b_ns_tag void
#define op25b_net_tag(net) (net)
#endif

#endif /* _OP25B_COMPAT_LINUX_KOBJECT_H */
