/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The verdict of a policy on a packet
 */
#ifndef _OP25B_JUDGE_H
#define _OP25B_JUDGE_H

#include <linux/netdevice.h>
#include <net/l3mdev.h>

#include "core/classify.h"
#include "op25b_extra.h"
#include "op25b_policy.h"
#include "op25b_session.h"
#include "op25b_table.h"
#include "op25b_vrf.h"

/*
 * op25b_judge_rules() has not decided: call op25b_judge(). No verdict on a packet, and not counted:
 * only judge_syn() of the hook sees it.
 */
#define OP25B_VERDICT_UNDECIDED	((enum op25b_verdict)(OP25B_VERDICT_MAX + 1))

/**
 * struct op25b_judgement - the verdict on a packet
 * @verdict: the verdict
 * @class: the class that the packet is counted in, unless @verdict is OP25B_VERDICT_PASSED
 * @conf: the pool that it is counted for, unless @verdict is OP25B_VERDICT_PASSED; as long-lived as
 *	  the policy
 * @sessions: the sessions that were in force, if op25b_extra()
 * @domain: the domain that it was judged in, NULL: that of the pools without a VRF
 */
struct op25b_judgement {
	enum op25b_verdict verdict;
	enum op25b_class class;
	const struct op25b_pool_conf *conf;
	const struct op25b_session_map *sessions;
	const struct op25b_domain *domain;
};

struct op25b_lpm_match op25b_judge_find_entry(const struct op25b_policy *policy,
					      const struct op25b_domain *domain,
					      enum op25b_family family, struct op25b_key key);
struct op25b_lpm_match op25b_judge_find_destination(const struct op25b_policy *policy,
						    const struct op25b_pool_conf *conf,
						    enum op25b_destination kind,
						    enum op25b_family family, struct op25b_key key);
struct op25b_lpm_match op25b_judge_exempt(const struct op25b_policy *policy,
					  struct op25b_key key, unsigned long value);
enum op25b_verdict op25b_judge_observing(const struct op25b_policy *policy,
					 const struct op25b_pool_conf *conf,
					 enum op25b_family family, struct op25b_key key);
bool op25b_judge_is_own_relay(const struct op25b_pool_conf *conf, enum op25b_family family,
			      struct op25b_key key);
struct op25b_judgement op25b_judge(const struct op25b_table *table,
				   const struct op25b_policy *policy,
				   const struct op25b_domain *domain, enum op25b_pkt_type type,
				   enum op25b_family family, struct op25b_key src,
				   struct op25b_key dst)
	__must_hold_shared(RCU);
struct op25b_judgement op25b_judge_softwire(const struct op25b_table *table,
					    const struct op25b_policy *policy,
					    const struct op25b_domain *domain,
					    enum op25b_pkt_type type, struct op25b_key src,
					    const struct op25b_key *dst)
	__must_hold_shared(RCU);
const struct op25b_session *op25b_judge_device(struct op25b_judgement *judgement, int ifindex);
bool op25b_judge_checks_source(const struct op25b_judgement *judgement);

/**
 * op25b_judge_domain() - find the domain that a packet is to be judged in
 * @table: the table of the namespace
 * @policy: the policy, read under RCU
 * @dev: the device by which the packet came, NULL if there is none
 *
 * Return: the domain of the VRF of @dev, if the policy has pools in it, as long-lived as @policy;
 * otherwise NULL: that of the pools without a VRF.
 */
static __always_inline const struct op25b_domain *
op25b_judge_domain(const struct op25b_table *table, const struct op25b_policy *policy,
		   const struct net_device *dev)
	__must_hold_shared(RCU)
{
	const struct op25b_vrf *vrf;

	if (!policy->vrfs || !dev || likely(!netif_is_l3_slave(dev) && !netif_is_l3_master(dev)))
		return NULL;
	vrf = op25b_vrf_of_device(table, dev);
	return vrf ? op25b_domain_find(policy->vrfs, vrf) : NULL;
}

/**
 * op25b_judge_rules() - judge a packet as one of a class
 * @table: the table of the namespace, which has its sessions
 * @policy: the policy, read under RCU or the table's lock
 * @domain: the domain to judge it in, see op25b_judge_domain()
 * @class: the class
 * @guard: the guard that the pool has to have; 0 if none
 * @family: of the address on the pool's side
 * @side: that address
 * @other_family: of the other address
 * @other: that address
 * @quick: leave it undecided if an exempt with a timeout decides, or a target might: a call in the
 *	   middle would make it slower for all packets
 * @extra: there may be sessions or VRFs
 *
 * Inline, because it is what most packets to port 25 need.
 *
 * Return: the judgement.
 */
static __always_inline struct op25b_judgement
op25b_judge_rules(const struct op25b_table *table, const struct op25b_policy *policy,
		  const struct op25b_domain *domain, enum op25b_class class, u32 guard,
		  enum op25b_family family, struct op25b_key side, enum op25b_family other_family,
		  struct op25b_key other, const bool quick, const bool extra)
	__must_hold_shared(RCU)
{
	struct op25b_judgement judgement = {
		.verdict = OP25B_VERDICT_PASSED,
		.class = class,
		.domain = domain,
	};
	const struct op25b_lpm *relays = policy->destination[OP25B_RELAY];
	const struct op25b_pool_conf *conf;
	const struct op25b_exempt *exempt;
	unsigned long value;
	bool relay;
	u32 id;

	if (extra)
		value = op25b_lpm_either_lookup(domain ? &domain->entry[family] : NULL,
						policy->jump[family], side, family == OP25B_IPV6);
	else if (family == OP25B_IPV4)
		value = op25b_lpm_jump_lookup_ipv4(policy->jump[OP25B_IPV4], side);
	else
		value = op25b_lpm_jump_lookup_ipv6(policy->jump[OP25B_IPV6], side);
	if (!value)
		return judgement;
	if (unlikely(!(value & OP25B_ENTRY_WORD))) {
		exempt = (const struct op25b_exempt *)value;
		if (quick && exempt->has_timeout) {
			judgement.verdict = OP25B_VERDICT_UNDECIDED;
			return judgement;
		}
		value = exempt->has_timeout ? op25b_judge_exempt(policy, side, value).value :
					      exempt->word;
		if (!value)
			return judgement;
	}
	id = value >> OP25B_ENTRY_POOL_SHIFT;
	/* no NULL checks: the policy has each pool that an entry names */
	conf = policy->page[id / OP25B_PAGE_POOLS]->conf[id % OP25B_PAGE_POOLS];
	judgement.conf = conf;
	if (conf->settings.mode == OP25B_MODE_OFF || (conf->settings.guard & guard) != guard)
		return judgement;

	if (extra && op25b_extra()) {
		judgement.sessions = rcu_dereference(table->sessions.map);
		if (judgement.sessions &&
		    op25b_session_of_address(judgement.sessions, domain, family, side))
			value |= OP25B_ENTRY_EXEMPT;
	}
	if (value & OP25B_ENTRY_EXEMPT) {
		judgement.verdict = OP25B_VERDICT_EXEMPTED;
		return judgement;
	}
	if (other_family == OP25B_IPV4)
		relay = op25b_lpm_lookup_ipv4(relays[OP25B_IPV4], other).value;
	else
		relay = op25b_lpm_lookup_ipv6(relays[OP25B_IPV6], other).value;
	if (relay || (conf->destinations[OP25B_RELAY] &&
		      op25b_judge_is_own_relay(conf, other_family, other)))
		judgement.verdict = OP25B_VERDICT_RELAYED;
	else if (conf->settings.mode != OP25B_MODE_OBSERVE)
		judgement.verdict = OP25B_VERDICT_BLOCKED;
	else if (class == OP25B_CLASS_SYN && unlikely(policy->destinations[OP25B_TARGET]))
		judgement.verdict = quick ? OP25B_VERDICT_UNDECIDED :
				    op25b_judge_observing(policy, conf, other_family, other);
	else
		judgement.verdict = OP25B_VERDICT_OBSERVED;
	return judgement;
}

/* The same, always decided */
static __always_inline struct op25b_judgement
op25b_judge_class(const struct op25b_table *table, const struct op25b_policy *policy,
		  const struct op25b_domain *domain, enum op25b_class class, u32 guard,
		  enum op25b_family family, struct op25b_key side, struct op25b_key other)
	__must_hold_shared(RCU)
{
	return op25b_judge_rules(table, policy, domain, class, guard, family, side, family, other,
				 false, true);
}

#endif /* _OP25B_JUDGE_H */
