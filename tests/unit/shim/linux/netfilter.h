/* SPDX-License-Identifier: GPL-2.0 */
/* linux/netfilter.h for user space */
#ifndef _SHIM_LINUX_NETFILTER_H
#define _SHIM_LINUX_NETFILTER_H

#include_next <linux/netfilter.h>

#include <linux/kernel.h>
#include <linux/types.h>

struct net;
struct net_device;
struct sk_buff;

struct nf_hook_state {
	u8 hook;
	u8 pf;
	struct net_device *in;
	struct net_device *out;
	struct net *net;
};

struct nf_hook_ops {
	unsigned int (*hook)(void *priv, struct sk_buff *skb, const struct nf_hook_state *state);
	void *priv;
	u8 pf;
	unsigned int hooknum;
	int priority;
};

/* The reason is only for the kernel's drop monitors. */
#define NF_DROP_REASON(skb, reason, err) ((void)(err), NF_DROP)

/* In harness.c */
int nf_register_net_hooks(struct net *net, const struct nf_hook_ops *ops, unsigned int n);
void nf_unregister_net_hooks(struct net *net, const struct nf_hook_ops *ops, unsigned int n);

#endif /* _SHIM_LINUX_NETFILTER_H */
