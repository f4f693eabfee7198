/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _OP25B_COMPAT_LINUX_NETFILTER_H
#define _OP25B_COMPAT_LINUX_NETFILTER_H

#include_next <linux/netfilter.h>

/*
 * Since Linux 6.7, a hook can free the packet that it drops. Drop monitors then report the hook as
 * the location of the drop.
 */
#ifndef OP25B_HAVE_NF_DROP_REASON
#ifdef NF_DROP_REASON
#error "this kernel has NF_DROP_REASON, but Kbuild has missed it"
#endif
enum { NF_DROP_REASON }; /* conflicts with the kernel's function if Kbuild has missed it */
#define NF_DROP_REASON(skb, reason, err) NF_DROP
#endif

#endif /* _OP25B_COMPAT_LINUX_NETFILTER_H */
