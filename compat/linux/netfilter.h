/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _OP25B_COMPAT_LINUX_NETFILTER_H
#define _OP25B_COMPAT_LINUX_NETFILTER_H

#include_next <linux/netfilter.h>

/* Linux 6.7 lets a hook free the packet that it drops: the place of the drop is the hook's then. */
#ifndef OP25B_HAVE_NF_DROP_REASON
#ifdef NF_DROP_REASON
#error "this kernel has NF_DROP_REASON, which Kbuild has not seen"
#endif
enum { NF_DROP_REASON }; /* an error if this kernel has that function, which Kbuild has not seen */
#define NF_DROP_REASON(skb, reason, err) NF_DROP
#endif

#endif /* _OP25B_COMPAT_LINUX_NETFILTER_H */
