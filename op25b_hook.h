/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The packet path: from a packet to what becomes of it
 */
#ifndef _OP25B_HOOK_H
#define _OP25B_HOOK_H

#include <linux/netfilter.h>

#include "core/classify.h"
#include "op25b_policy.h"

struct op25b_table;

/**
 * struct op25b_judgement - what becomes of a packet
 * @verdict: the verdict; the rest says something only where it is not OP25B_VERDICT_PASSED
 * @class: the packet's class
 * @terms: those of the pool that it is counted for, protected as the policy is
 */
struct op25b_judgement {
	enum op25b_verdict verdict;
	enum op25b_class class;
	const struct op25b_terms *terms;
};

void op25b_hook_init(struct nf_hook_ops ops[OP25B_FAMILIES], struct op25b_table *table);

struct op25b_judgement op25b_judge(const struct op25b_policy *policy, enum op25b_shape shape,
				   enum op25b_family family, struct op25b_key src,
				   struct op25b_key dst);
struct op25b_lpm_match op25b_entry_find(const struct op25b_policy *policy,
					enum op25b_family family, struct op25b_key key);
struct op25b_lpm_match op25b_relay_find(const struct op25b_policy *policy,
					const struct op25b_terms *terms, enum op25b_family family,
					struct op25b_key key);

#endif /* _OP25B_HOOK_H */
