/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Domains: what belongs to a VRF, of a policy or of the sessions
 *
 * The same address may be there once in each VRF, and once in none. So a policy, and the map of the
 * sessions, has two tables of prefixes for what belongs to no VRF, and two for each VRF that
 * something belongs to.
 */
#ifndef _OP25B_DOMAIN_H
#define _OP25B_DOMAIN_H

#include <linux/op25b.h>
#include <linux/types.h>

#include "core/garbage.h"
#include "core/lpm.h"
#include "op25b_vrf.h"

/* The index of what exists once for each address family */
enum op25b_family {
	OP25B_IPV4,
	OP25B_IPV6,
	OP25B_FAMILIES
};

/**
 * struct op25b_domain - what belongs to one VRF
 * @vrf: the VRF; whatever belongs to it holds references
 * @entry: the tables of prefixes
 * @users: how many pools, or sessions, belong to it; there is no domain without any
 * @fresh: made by the change under way, which alone sees it and may write to it
 */
struct op25b_domain {
	const struct op25b_vrf *vrf;
	struct op25b_lpm entry[OP25B_FAMILIES];
	u32 users;
	bool fresh;
};

/**
 * struct op25b_domains - the domains of all VRFs
 * @size: the number of places in @domain
 * @used: how many of them are in use, never 0
 * @fresh: made by the change under way, which alone sees it and may write to it
 * @domain: the domains, by the ids of their VRFs; NULL where there is none
 */
struct op25b_domains {
	u32 size;
	u32 used;
	bool fresh;
	struct op25b_domain *domain[];
};

/**
 * op25b_domain_find() - find the domain of a VRF
 * @domains: the domains, NULL if there are none
 * @vrf: the VRF
 *
 * An id may have been given to another VRF since @domains was published.
 *
 * Return: the domain, as long-lived as @domains, or NULL.
 */
static inline const struct op25b_domain *op25b_domain_find(const struct op25b_domains *domains,
							   const struct op25b_vrf *vrf)
{
	const struct op25b_domain *domain;

	if (!domains || vrf->id >= domains->size)
		return NULL;
	domain = domains->domain[vrf->id];
	return domain && domain->vrf == vrf ? domain : NULL;
}

const struct op25b_domain *op25b_domain_find_name(const struct op25b_domains *domains,
						  const char *name);
bool op25b_domain_has_room(const struct op25b_domains *domains, const char *name);
struct op25b_domain *op25b_domain_cow(struct op25b_domains **domains,
				      struct op25b_garbage *garbage, const struct op25b_vrf *vrf);
int op25b_domain_enter(struct op25b_domains **domains, struct op25b_garbage *garbage,
		       const struct op25b_vrf *vrf);
int op25b_domain_leave(struct op25b_domains **domains, struct op25b_garbage *garbage,
		       const struct op25b_vrf *vrf);
void op25b_domain_seal(struct op25b_domains *domains);
void op25b_domain_discard(struct op25b_domains *domains);
void op25b_domain_free(struct op25b_domains *domains);

#endif /* _OP25B_DOMAIN_H */
