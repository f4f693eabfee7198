// SPDX-License-Identifier: GPL-2.0
/*
 * Domains: what belongs to a VRF, of a policy or of the sessions
 *
 * They are copied on write, as all that a change makes: what is not fresh is replaced by a fresh
 * copy, and goes into the garbage. A function that fails may have done half of its work, as the
 * change that it belongs to.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "core/memory.h"
#include "core/pause.h"
#include "op25b_domain.h"

/**
 * op25b_domain_find_name() - find the domain of a VRF by its name
 * @domains: the domains, read under RCU or the lock of what they belong to; NULL is none
 * @name: the name
 *
 * Return: the domain, as long-lived as @domains, or NULL.
 */
const struct op25b_domain *op25b_domain_find_name(const struct op25b_domains *domains,
						  const char *name)
{
	u32 id;

	for (id = 0; domains && id < domains->size; id++)
		if (domains->domain[id] && !strcmp(domains->domain[id]->vrf->name, name))
			return domains->domain[id];
	return NULL;
}

/**
 * op25b_domain_has_room() - whether something may come to belong to a VRF
 * @domains: the domains; NULL if there are none
 * @name: the name of the VRF
 *
 * Return: false if there are domains of OP25B_VRF_MAX others.
 */
bool op25b_domain_has_room(const struct op25b_domains *domains, const char *name)
{
	return !domains || domains->used < OP25B_VRF_MAX || op25b_domain_find_name(domains, name);
}

/* The places of an array come by so many at a time. */
#define PLACES 16

static struct op25b_domains *domains_alloc(u32 size)
{
	struct op25b_domains *domains = kzalloc(struct_size(domains, domain, size), OP25B_GFP);

	if (!domains)
		return NULL;
	domains->size = size;
	domains->fresh = true;
	return domains;
}

/* Drop what is replaced: at once if it is fresh, otherwise when no packet can see it any more. */
static int drop(struct op25b_garbage *garbage, void *p, bool fresh)
{
	if (p && !fresh)
		return op25b_garbage_add(garbage, p);
	kfree(p);
	return 0;
}

/* Get the array for writing, with a place for @id; NULL when out of memory. */
static struct op25b_domains *domains_cow(struct op25b_domains **domains,
					 struct op25b_garbage *garbage, u32 id)
{
	struct op25b_domains *copy, *old = *domains;
	u32 size = old ? old->size : 0;

	if (old && old->fresh && id < size)
		return old;
	copy = domains_alloc(max_t(u32, size, round_up(id + 1, PLACES)));
	if (!copy)
		return NULL;
	if (old) {
		copy->used = old->used;
		memcpy(copy->domain, old->domain, size * sizeof(old->domain[0]));
	}
	if (drop(garbage, old, old && old->fresh)) {
		kfree(copy);
		return NULL;
	}
	*domains = copy;
	return copy;
}

/**
 * op25b_domain_cow() - get the domain of a VRF for writing
 * @domains: the domains of the new policy, or of the new map of sessions; replaced if need be
 * @garbage: takes what is replaced
 * @vrf: the VRF, which has a domain
 *
 * Return: the domain, fresh; NULL when out of memory.
 */
struct op25b_domain *op25b_domain_cow(struct op25b_domains **domains,
				      struct op25b_garbage *garbage, const struct op25b_vrf *vrf)
{
	struct op25b_domains *array = domains_cow(domains, garbage, vrf->id);
	struct op25b_domain *copy, *old;

	if (!array)
		return NULL;
	old = array->domain[vrf->id];
	if (old->fresh)
		return old;
	copy = kmemdup(old, sizeof(*copy), OP25B_GFP);
	if (!copy)
		return NULL;
	if (op25b_garbage_add(garbage, old)) {
		kfree(copy);
		return NULL;
	}
	copy->fresh = true;
	array->domain[vrf->id] = copy;
	return copy;
}

/**
 * op25b_domain_enter() - note that something comes to belong to a VRF
 * @domains: as op25b_domain_cow()
 * @garbage: as op25b_domain_cow()
 * @vrf: the VRF, which gets a domain if it has none
 *
 * Return: 0 or -ENOMEM.
 */
int op25b_domain_enter(struct op25b_domains **domains, struct op25b_garbage *garbage,
		       const struct op25b_vrf *vrf)
{
	struct op25b_domains *array = domains_cow(domains, garbage, vrf->id);
	struct op25b_domain *domain;

	if (!array)
		return -ENOMEM;
	if (array->domain[vrf->id]) {
		domain = op25b_domain_cow(domains, garbage, vrf);
		if (!domain)
			return -ENOMEM;
		domain->users++;
		return 0;
	}
	domain = kzalloc(sizeof(*domain), OP25B_GFP);
	if (!domain)
		return -ENOMEM;
	domain->vrf = vrf;
	domain->users = 1;
	domain->fresh = true;
	array->domain[vrf->id] = domain;
	array->used++;
	return 0;
}

/**
 * op25b_domain_leave() - note that something does not belong to a VRF any more
 * @domains: as op25b_domain_cow(); NULL if nothing belongs to any VRF
 * @garbage: as op25b_domain_cow()
 * @vrf: the VRF. Its tables are empty if this was the last that belongs to it
 *
 * Return: 0 or -ENOMEM.
 */
int op25b_domain_leave(struct op25b_domains **domains, struct op25b_garbage *garbage,
		       const struct op25b_vrf *vrf)
{
	struct op25b_domain *domain = op25b_domain_cow(domains, garbage, vrf);
	struct op25b_domains *array = *domains;

	if (!domain)
		return -ENOMEM;
	if (--domain->users)
		return 0;
	kfree(domain);
	array->domain[vrf->id] = NULL;
	if (--array->used)
		return 0;
	kfree(array);
	*domains = NULL;
	return 0;
}

/* The first domain from the place @id on that is fresh, or NULL; @id becomes the next place. */
static struct op25b_domain *next_fresh(const struct op25b_domains *domains, u32 *id)
{
	struct op25b_domain *domain;

	while (*id < domains->size) {
		domain = domains->domain[(*id)++];
		if (domain && domain->fresh)
			return domain;
	}
	return NULL;
}

/**
 * op25b_domain_seal() - note that nothing of the domains is fresh any more
 * @domains: the domains, which are about to be published; NULL is none
 */
void op25b_domain_seal(struct op25b_domains *domains)
{
	struct op25b_domain *domain;
	u32 id = 0;

	if (!domains || !domains->fresh)
		return;
	while ((domain = next_fresh(domains, &id))) {
		op25b_lpm_seal(domain->entry[OP25B_IPV4]);
		op25b_lpm_seal(domain->entry[OP25B_IPV6]);
		domain->fresh = false;
		op25b_pause();
	}
	domains->fresh = false;
}

/**
 * op25b_domain_discard() - free what is fresh of domains that were not published
 * @domains: the domains; NULL is none
 */
void op25b_domain_discard(struct op25b_domains *domains)
{
	struct op25b_domain *domain;
	u32 id = 0;

	if (!domains || !domains->fresh)
		return;
	while ((domain = next_fresh(domains, &id))) {
		op25b_lpm_discard(domain->entry[OP25B_IPV4]);
		op25b_lpm_discard(domain->entry[OP25B_IPV6]);
		kfree(domain);
		op25b_pause();
	}
	kfree(domains);
}

/**
 * op25b_domain_free() - free domains and all that they consist of
 * @domains: the domains, which no packet can see any more; NULL is none
 */
void op25b_domain_free(struct op25b_domains *domains)
{
	struct op25b_domain *domain;
	u32 id;

	if (!domains)
		return;
	for (id = 0; id < domains->size; id++) {
		domain = domains->domain[id];
		if (!domain)
			continue;
		op25b_lpm_free(domain->entry[OP25B_IPV4]);
		op25b_lpm_free(domain->entry[OP25B_IPV6]);
		kfree(domain);
		op25b_pause();
	}
	kfree(domains);
}
