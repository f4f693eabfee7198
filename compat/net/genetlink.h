/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _OP25B_COMPAT_NET_GENETLINK_H
#define _OP25B_COMPAT_NET_GENETLINK_H

#include_next <net/genetlink.h>

/* Since Linux 6.6, dumps have a struct genl_info. Before, genl_dumpit_info() has the attributes. */
#ifndef OP25B_HAVE_GENL_INFO_DUMP
#define genl_info_dump(cb) genl_dumpit_info(cb)
#endif

#endif /* _OP25B_COMPAT_NET_GENETLINK_H */
