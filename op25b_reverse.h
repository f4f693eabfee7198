/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The reverse path check of the guard spoofed
 */
#ifndef _OP25B_REVERSE_H
#define _OP25B_REVERSE_H

#include <linux/rcupdate.h>

#include "op25b_policy.h"

struct nf_hook_state;
struct sk_buff;

bool op25b_reverse_uses_input(const struct sk_buff *skb, const struct nf_hook_state *state,
			      enum op25b_family family) __must_hold_shared(RCU);

#endif /* _OP25B_REVERSE_H */
