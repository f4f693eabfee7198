// SPDX-License-Identifier: GPL-2.0
/*
 * A policy: all that a packet is judged by
 */
#include <linux/slab.h>

#include "core/pause.h"
#include "op25b_policy.h"

/**
 * op25b_policy_next() - find the first pool from an id on
 * @policy: the policy
 * @id: the id
 *
 * Return: the pool's configuration, or NULL if no pool has this id or a greater one.
 */
const struct op25b_pool_conf *op25b_policy_next(const struct op25b_policy *policy, u32 id)
{
	const struct op25b_pool_conf *conf;

	while (id < OP25B_POOL_IDS) {
		conf = op25b_policy_conf(policy, id);
		if (conf)
			return conf;
		if (policy->page[id / OP25B_PAGE_POOLS])
			id++;
		else
			id = (id / OP25B_PAGE_POOLS + 1) * OP25B_PAGE_POOLS;
	}
	return NULL;
}

/**
 * op25b_policy_for_each_added() - iterate over the pools that one policy has and another has not
 * @policy: the policy that has them
 * @old: the policy that has not, whose pools still have references; NULL is one without pools
 * @visit: called for each pool; may sleep, and may not free what @policy and @old consist of
 * @arg: its second argument
 *
 * The cost depends on what differs: pages that both policies share are skipped, and so are pools of
 * both, which are the same if they have the same id.
 *
 * Return: 0, or what @visit returned to end the iteration.
 */
int op25b_policy_for_each_added(const struct op25b_policy *policy, const struct op25b_policy *old,
				int (*visit)(const struct op25b_pool_conf *conf, void *arg),
				void *arg)
{
	const struct op25b_page *page, *old_page;
	unsigned int i, j;
	int err;

	for (i = 0; i < ARRAY_SIZE(policy->page); i++) {
		page = policy->page[i];
		old_page = old ? old->page[i] : NULL;
		if (!page || page == old_page)
			continue;
		for (j = 0; j < ARRAY_SIZE(page->conf); j++) {
			if (!page->conf[j] || (old_page && old_page->conf[j]))
				continue;
			op25b_pause();
			err = visit(page->conf[j], arg);
			if (err)
				return err;
		}
	}
	return 0;
}

/**
 * op25b_policy_size() - estimate the memory that a policy takes
 * @policy: the policy
 *
 * Return: its size in bytes, about: a prefix takes 25 in a large table (docs/benchmarks.md).
 */
size_t op25b_policy_size(const struct op25b_policy *policy)
{
	size_t entries = policy->prefixes[OP25B_IPV4] + policy->prefixes[OP25B_IPV6] +
			 policy->exempts + policy->destinations[OP25B_RELAY] +
			 policy->destinations[OP25B_TARGET];

	return sizeof(*policy) + 32 * entries +
	       policy->pools * (sizeof(struct op25b_pool) + sizeof(struct op25b_pool_conf));
}

/**
 * op25b_policy_each_destination() - call a function for each table of relays and targets
 * @destination: the tables, of a policy or of a pool
 * @visit: the function
 */
void op25b_policy_each_destination(struct op25b_lpm destination[][OP25B_FAMILIES],
				   void (*visit)(struct op25b_lpm lpm))
{
	unsigned int kind, family;

	for (kind = 0; kind < OP25B_DESTINATIONS; kind++)
		for (family = 0; family < OP25B_FAMILIES; family++)
			visit(destination[kind][family]);
}

/**
 * op25b_policy_free() - free a policy and all that it consists of, except its pools and exempts
 * @policy: the policy, which no reader can see any more
 */
void op25b_policy_free(struct op25b_policy *policy)
{
	unsigned int i, j, family;
	struct op25b_pool_conf *conf;
	struct op25b_page *page;

	for (family = 0; family < OP25B_FAMILIES; family++)
		op25b_lpm_free(policy->entry[family]);
	op25b_domain_free(policy->vrfs);
	op25b_policy_each_destination(policy->destination, op25b_lpm_free);
	for (i = 0; i < ARRAY_SIZE(policy->page); i++) {
		page = policy->page[i];
		if (!page)
			continue;
		for (j = 0; j < ARRAY_SIZE(page->conf); j++) {
			conf = page->conf[j];
			if (!conf)
				continue;
			op25b_policy_each_destination(conf->destination, op25b_lpm_free);
			kfree(conf);
		}
		kfree(page);
		op25b_pause();
	}
	kfree(policy);
}
