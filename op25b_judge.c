// SPDX-License-Identifier: GPL-2.0
/*
 * The verdict of a policy on a packet
 *
 * From the type of a packet (core/classify.h) and its addresses to its class, its pool and its
 * verdict. The hook and the operation `test` both use it: no skb, and nothing is counted.
 */
#include "op25b_judge.h"

static struct op25b_lpm_match lookup(const struct op25b_lpm *lpm, enum op25b_family family,
				     struct op25b_key key)
{
	if (family == OP25B_IPV4)
		return op25b_lpm_lookup_ipv4(lpm[OP25B_IPV4], key);
	return op25b_lpm_lookup_ipv6(lpm[OP25B_IPV6], key);
}

/**
 * op25b_judge_is_own_relay() - whether an address is a relay of one pool
 * @conf: the pool's configuration
 * @family: of the address
 * @key: the address
 *
 * Not inline, because few pools have relays of their own.
 *
 * Return: true if it is.
 */
bool op25b_judge_is_own_relay(const struct op25b_pool_conf *conf, enum op25b_family family,
			      struct op25b_key key)
{
	return lookup(conf->destination[OP25B_RELAY], family, key).value;
}

/*
 * What the value of a prefix means now, as a word: an exempt that has expired is none. 0 if
 * nothing is left.
 */
static unsigned long value_now(unsigned long value)
{
	struct op25b_entry entry = op25b_entry(value);

	if (!entry.exempt)
		return value;
	entry.is_exempt = !op25b_exempt_has_expired(entry.exempt);
	return entry.is_prefix || entry.is_exempt ? op25b_entry_word(entry) : 0;
}

/**
 * op25b_judge_exempt() - see whether an exempt that a lookup has found has expired
 * @policy: the policy, read under RCU or the table's lock
 * @key: the address that was looked up
 * @value: what the lookup has found: a pointer to a struct op25b_exempt
 *
 * Not inline, because few exempts have a timeout.
 *
 * Return: the match for @value as a word, unless it has expired; otherwise that for the most
 * specific prefix or exempt around it that has not.
 */
struct op25b_lpm_match op25b_judge_exempt(const struct op25b_policy *policy,
					  struct op25b_key key, unsigned long value)
{
	const struct op25b_exempt *exempt = (const struct op25b_exempt *)value;
	struct op25b_lpm_match match = { .value = value, .len = exempt->prefix.len };
	const struct op25b_pool_conf *conf =
		op25b_policy_conf(policy, exempt->word >> OP25B_ENTRY_POOL_SHIFT);
	struct op25b_lpm lpm = op25b_policy_entries(policy, conf)[exempt->prefix.family];

	while (match.value) {
		/* read the clock once for each: two readings could disagree */
		value = value_now(match.value);
		if (value) {
			match.value = value;
			break;
		}
		match = op25b_lpm_lookup_shorter(lpm, key, match.len);
	}
	return match;
}

/**
 * op25b_judge_find_entry() - find the most specific prefix or exempt that holds an address
 * @policy: the policy, read under RCU or the table's lock
 * @domain: the domain to look in, see op25b_judge_domain()
 * @family: of the address
 * @key: the address
 *
 * Return: the match, whose value is a word that op25b_entry() decodes.
 */
struct op25b_lpm_match op25b_judge_find_entry(const struct op25b_policy *policy,
					      const struct op25b_domain *domain,
					      enum op25b_family family, struct op25b_key key)
{
	struct op25b_lpm_match match = lookup(domain ? domain->entry : policy->entry, family, key);

	if (!match.value || match.value & OP25B_ENTRY_WORD)
		return match;
	return op25b_judge_exempt(policy, key, match.value);
}

/**
 * op25b_judge_find_destination() - find the relay or target that holds an address
 * @policy: the policy, read under RCU or the table's lock
 * @conf: the pool whose own ones count, too; NULL if none
 * @kind: which of them
 * @family: of the address
 * @key: the address
 *
 * Return: the match among those of every pool; if there is none, among those of @conf.
 */
struct op25b_lpm_match op25b_judge_find_destination(const struct op25b_policy *policy,
						    const struct op25b_pool_conf *conf,
						    enum op25b_destination kind,
						    enum op25b_family family, struct op25b_key key)
{
	struct op25b_lpm_match match = lookup(policy->destination[kind], family, key);

	if (!match.value && conf)
		match = lookup(conf->destination[kind], family, key);
	return match;
}

/**
 * op25b_judge_observing() - judge a SYN from a pool that observes, and to no relay
 * @policy: the policy, read under RCU or the table's lock
 * @conf: the pool
 * @family: of the address
 * @key: the destination
 *
 * Return: OP25B_VERDICT_BLOCKED if it is a target, otherwise OP25B_VERDICT_OBSERVED.
 */
enum op25b_verdict op25b_judge_observing(const struct op25b_policy *policy,
					 const struct op25b_pool_conf *conf,
					 enum op25b_family family, struct op25b_key key)
{
	if (op25b_judge_find_destination(policy, conf, OP25B_TARGET, family, key).value)
		return OP25B_VERDICT_BLOCKED;
	return OP25B_VERDICT_OBSERVED;
}

/**
 * op25b_judge() - judge a packet
 * @table: the table of the namespace, which has its sessions
 * @policy: the policy, read under RCU or the table's lock
 * @domain: the domain to judge it in, see op25b_judge_domain()
 * @type: the packet's type, not OP25B_PKT_UNDECIDED
 * @family: of its addresses
 * @src: its source
 * @dst: its destination
 *
 * Return: the judgement.
 */
struct op25b_judgement op25b_judge(const struct op25b_table *table,
				   const struct op25b_policy *policy,
				   const struct op25b_domain *domain, enum op25b_pkt_type type,
				   enum op25b_family family, struct op25b_key src,
				   struct op25b_key dst)
{
	struct op25b_judgement judgement = { .verdict = OP25B_VERDICT_PASSED };

	switch (type) {
	case OP25B_PKT_NONE:
	case OP25B_PKT_UNDECIDED:
		break;
	case OP25B_PKT_SYN:
	case OP25B_PKT_MALFORMED:
		judgement = op25b_judge_class(table, policy, domain,
					      type == OP25B_PKT_SYN ? OP25B_CLASS_SYN :
								      OP25B_CLASS_MALFORMED,
					      0, family, src, dst);
		/* a SYN in tiny fragments opens port 25 of a customer, too */
		if (judgement.verdict == OP25B_VERDICT_PASSED && policy->inbound)
			judgement = op25b_judge_class(table, policy, domain, OP25B_CLASS_INBOUND,
						      OP25B_GUARD_INBOUND, family, dst, src);
		break;
	case OP25B_PKT_SYNACK:
		if (policy->synack)
			judgement = op25b_judge_class(table, policy, domain, OP25B_CLASS_SYNACK,
						      OP25B_GUARD_SYNACK, family, dst, src);
		break;
	}
	return judgement;
}

/**
 * op25b_judge_device() - let a packet pass that came by the device of a session
 * @judgement: the judgement; changed if that is so, and the packet is to be blocked or observed for
 *	       its source
 * @ifindex: the index of the device; 0 if there is none
 *
 * Return: the session, as long-lived as the RCU read lock, or NULL.
 */
const struct op25b_session *op25b_judge_device(struct op25b_judgement *judgement, int ifindex)
{
	const struct op25b_session *session;

	if (!op25b_judge_checks_source(judgement))
		return NULL;
	session = op25b_session_of_device(judgement->sessions, ifindex);
	if (session)
		judgement->verdict = OP25B_VERDICT_EXEMPTED;
	return session;
}

/**
 * op25b_judge_softwire() - judge an IPv6 packet from a pool with the guard softwire
 * @table: the table of the namespace, which has its sessions
 * @policy: the policy, read under RCU or the table's lock
 * @domain: the domain to judge it in, see op25b_judge_domain()
 * @type: the type of the IPv4 packet inside: what op25b_classify_softwire() has returned
 * @src: the source of the IPv6 packet
 * @dst: the destination of the IPv4 packet; NULL if it cannot be read
 *
 * Return: the judgement; OP25B_VERDICT_PASSED if the guard has nothing to say.
 */
struct op25b_judgement op25b_judge_softwire(const struct op25b_table *table,
					    const struct op25b_policy *policy,
					    const struct op25b_domain *domain,
					    enum op25b_pkt_type type, struct op25b_key src,
					    const struct op25b_key *dst)
{
	struct op25b_judgement judgement = { .verdict = OP25B_VERDICT_PASSED };

	if (type != OP25B_PKT_SYN && type != OP25B_PKT_MALFORMED)
		return judgement;
	judgement = op25b_judge_rules(table, policy, domain,
				      type == OP25B_PKT_SYN ? OP25B_CLASS_SYN :
							      OP25B_CLASS_MALFORMED,
				      OP25B_GUARD_SOFTWIRE, OP25B_IPV6, src, OP25B_IPV4,
				      dst ? *dst : (struct op25b_key){ 0 }, false, true);
	/* a destination that is not known is no relay */
	if (!dst && judgement.verdict == OP25B_VERDICT_RELAYED)
		judgement.verdict = judgement.conf->settings.mode == OP25B_MODE_OBSERVE ?
				    OP25B_VERDICT_OBSERVED : OP25B_VERDICT_BLOCKED;
	return judgement;
}

/**
 * op25b_judge_checks_source() - whether the guard spoofed, OP25B_GUARD_SPOOFED, applies to a packet
 * @judgement: the judgement, for a pool that has the guard
 *
 * If it does, and the packet did not come by a device by which the router would send to its source,
 * the class of the packet is OP25B_CLASS_SPOOFED.
 *
 * Return: true if it does: the packet is to be blocked or observed for its source.
 */
bool op25b_judge_checks_source(const struct op25b_judgement *judgement)
{
	if (judgement->class != OP25B_CLASS_SYN && judgement->class != OP25B_CLASS_MALFORMED)
		return false;
	return judgement->verdict == OP25B_VERDICT_BLOCKED ||
	       judgement->verdict == OP25B_VERDICT_OBSERVED;
}
