// SPDX-License-Identifier: GPL-2.0
/*
 * A policy: pools, prefixes, exempts, relays, as packets are judged by them
 */
#include <linux/sched.h>
#include <linux/slab.h>

#include "op25b_policy.h"

/**
 * op25b_policy_next() - the first of a policy's pools from an id on
 * @policy: the policy
 * @id: the id
 *
 * Return: the pool's terms, or NULL if no more pools come.
 */
struct op25b_terms *op25b_policy_next(const struct op25b_policy *policy, u32 id)
{
	struct op25b_terms *terms;

	while (id < OP25B_POOL_IDS) {
		terms = op25b_policy_terms(policy, id);
		if (terms)
			return terms;
		if (policy->page[id / OP25B_PAGE_TERMS])
			id++;
		else
			id = (id / OP25B_PAGE_TERMS + 1) * OP25B_PAGE_TERMS;
	}
	return NULL;
}

/**
 * op25b_policy_free() - free a policy and all that hangs off it, but for its pools and exempts
 * @policy: the policy; no reader can see it any more
 */
void op25b_policy_free(struct op25b_policy *policy)
{
	unsigned int i, j, family;
	struct op25b_terms *terms;
	struct op25b_page *page;

	for (family = 0; family < OP25B_FAMILIES; family++) {
		op25b_lpm_free(policy->entry[family]);
		op25b_lpm_free(policy->relay[family]);
	}
	for (i = 0; i < ARRAY_SIZE(policy->page); i++) {
		page = policy->page[i];
		if (!page)
			continue;
		for (j = 0; j < ARRAY_SIZE(page->terms); j++) {
			terms = page->terms[j];
			if (!terms)
				continue;
			for (family = 0; family < OP25B_FAMILIES; family++)
				op25b_lpm_free(terms->relay[family]);
			kfree(terms);
		}
		kfree(page);
		cond_resched();
	}
	kfree(policy);
}
