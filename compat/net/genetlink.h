/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _OP25B_COMPAT_NET_GENETLINK_H
#define _OP25B_COMPAT_NET_GENETLINK_H

#include_next <net/genetlink.h>

/* Linux 6.6 lets dumps have a struct genl_info; before, another structure had its attributes. */
#ifndef OP25B_HAVE_GENL_INFO_DUMP
#define genl_info_dump(cb) genl_dumpit_info(cb)
#endif

#endif /* _OP25B_COMPAT_NET_GENETLINK_H */
