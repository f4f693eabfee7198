/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _OP25B_COMPAT_NET_GENETLINK_H
#define _OP25B_COMPAT_NET_GENETLINK_H

#include_next <net/genetlink.h>

/* Since Linux 6.6, dumps have a struct genl_info. Before, genl_dumpit_info() has the attributes. */
#ifndef OP25B_HAVE_GENL_INFO_DUMP
#define genl_info_dump(cb) genl_dumpit_info(cb)
#endif

/* Before Linux 6.7, unless it was backported, groups had the flags of operations. */
#ifndef GENL_MCAST_CAP_NET_ADMIN
#define GENL_MCAST_CAP_NET_ADMIN GENL_UNS_ADMIN_PERM
#endif

#endif /* _OP25B_COMPAT_NET_GENETLINK_H */
