// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family: attributes that several operations have
 *
 * The text of a refusal starts with the noun of the attribute that it is about, so that a client
 * can put its value behind it.
 */
#include <linux/ctype.h>
#include <linux/ktime.h>
#include <linux/netdevice.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <net/genetlink.h>
#include <net/netlink.h>

#include "op25b_netlink.h"
#include "op25b_sender.h"
#include "op25b_session.h"

static bool name_is_valid(const char *name)
{
	if (!*name || *name == '.' || *name == '-')
		return false;
	for (; *name; name++)
		if (!isascii(*name) || (!isalnum(*name) && !strchr("_.-", *name)))
			return false;
	return true;
}

/**
 * op25b_nl_pool_name() - get the name of the pool that a message is about
 * @attrs: the message's attributes
 * @extack: takes the reason of a failure
 *
 * Return: the name, a valid one, or an error pointer.
 */
const char *op25b_nl_pool_name(struct nlattr * const *attrs, struct netlink_ext_ack *extack)
{
	const struct nlattr *attr = attrs[OP25B_A_POOL];

	if (!attr) {
		NL_SET_ERR_MSG(extack, "pool is missing");
		NL_SET_ERR_ATTR_MISS(extack, NULL, OP25B_A_POOL);
		return ERR_PTR(-EINVAL);
	}
	if (!name_is_valid(nla_data(attr))) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "pool needs a name of 1 to 31 of A-Z a-z 0-9 _ . -, not starting with . or -");
		return ERR_PTR(-EINVAL);
	}
	return nla_data(attr);
}

/**
 * op25b_nl_vrf_name() - get the name of a VRF
 * @attr: the attribute; NULL is none
 * @name: set to the name, a valid one of a device, or to NULL
 * @extack: takes the reason of a failure
 *
 * Return: 0 or -EINVAL.
 */
int op25b_nl_vrf_name(const struct nlattr *attr, const char **name,
		      struct netlink_ext_ack *extack)
{
	const char *c;

	*name = attr ? nla_data(attr) : NULL;
	if (!attr)
		return 0;
	for (c = *name; *c && !iscntrl(*c); c++)
		;
	if (!*c && dev_valid_name(*name))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "VRF needs the name of a device");
	return -EINVAL;
}

/**
 * op25b_nl_no_such_pool() - refuse a message because its pool does not exist
 * @attrs: the message's attributes
 * @extack: takes the reason
 *
 * Return: -ENOENT.
 */
int op25b_nl_no_such_pool(struct nlattr * const *attrs, struct netlink_ext_ack *extack)
{
	NL_SET_ERR_MSG_ATTR(extack, attrs[OP25B_A_POOL], "pool does not exist");
	return -ENOENT;
}

static bool has_host_bits(const struct op25b_prefix *prefix)
{
	struct op25b_key key = prefix->key;

	if (prefix->len >= 64)
		return prefix->len < 128 && key.lo << (prefix->len - 64);
	return key.lo || (prefix->len ? key.hi << prefix->len : key.hi);
}

/*
 * An IPv4-mapped IPv6 prefix (RFC 4291, section 2.5.5.2): such addresses are used in the
 * socket API, never on the wire.
 */
static bool is_ipv4_mapped(const struct op25b_prefix *prefix)
{
	return prefix->family == OP25B_IPV6 && prefix->len >= 96 && !prefix->key.hi &&
	       prefix->key.lo >> 32 == 0xffff;
}

/**
 * op25b_nl_parse_prefix() - parse a nest of prefix attributes
 * @nest: the nest, which the policy has accepted
 * @attrs: set to its contents
 * @extack: takes the reason of a failure
 *
 * Return: 0 or -EINVAL.
 */
int op25b_nl_parse_prefix(const struct nlattr *nest, struct op25b_nl_prefix *attrs,
			  struct netlink_ext_ack *extack)
{
	struct op25b_prefix *prefix = &attrs->prefix;
	unsigned int addresses = 0, max = 0;
	const struct nlattr *attr;
	const char *comment;
	int rem, len = -1;
	__be32 ipv4;

	attrs->timeout = 0;
	attrs->comment = "";
	nla_for_each_nested(attr, nest, rem) {
		switch (nla_type(attr)) {
		case OP25B_A_PREFIX_ADDR4:
			prefix->family = OP25B_IPV4;
			prefix->key.hi = (u64)be32_to_cpu(nla_get_be32(attr)) << 32;
			prefix->key.lo = 0;
			max = 32;
			addresses++;
			break;
		case OP25B_A_PREFIX_ADDR6:
			prefix->family = OP25B_IPV6;
			prefix->key.hi = get_unaligned_be64(nla_data(attr));
			prefix->key.lo = get_unaligned_be64(nla_data(attr) + 8);
			max = 128;
			addresses++;
			break;
		case OP25B_A_PREFIX_LEN:
			len = nla_get_u8(attr);
			break;
		case OP25B_A_PREFIX_TIMEOUT:
			attrs->timeout = nla_get_u32(attr);
			break;
		case OP25B_A_PREFIX_COMMENT:
			attrs->comment = nla_data(attr);
			break;
		}
	}
	if (addresses != 1) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "prefix needs one address, IPv4 or IPv6");
		return -EINVAL;
	}
	prefix->len = len < 0 ? max : len;
	if (prefix->len > max) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "prefix is longer than its address");
		return -EINVAL;
	}
	for (comment = attrs->comment; *comment; comment++) {
		if (iscntrl(*comment)) {
			NL_SET_ERR_MSG_ATTR(extack, nest,
					    "exempt has a control character in its comment");
			return -EINVAL;
		}
	}
	if (has_host_bits(prefix)) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "prefix has host bits set");
		return -EINVAL;
	}
	if (is_ipv4_mapped(prefix)) {
		ipv4 = cpu_to_be32(prefix->key.lo);
		NL_SET_BAD_ATTR(extack, nest);
		op25b_err_msg(extack, "prefix is IPv4-mapped, and would match no packet",
			      "prefix is IPv4-mapped, did you mean %pI4/%u?", &ipv4,
			      prefix->len - 96);
		return -EINVAL;
	}
	return 0;
}

/* How many seconds are left of a timeout that ends at @expires: at least one */
static u32 seconds_left(ktime_t expires)
{
	s64 left = ktime_ms_delta(expires, ktime_get_boottime());

	return clamp_t(s64, DIV_ROUND_UP_ULL(max_t(s64, left, 0), MSEC_PER_SEC), 1,
		       OP25B_TIMEOUT_MAX);
}

/**
 * op25b_nl_put_prefix() - put a nest of prefix attributes into a message
 * @skb: the message
 * @type: the type of the nest
 * @prefix: the prefix
 * @exempt: the exempt whose timeout and comment belong to it; NULL if none
 *
 * Return: 0 or -EMSGSIZE; the caller then cancels the message.
 */
int op25b_nl_put_prefix(struct sk_buff *skb, int type, const struct op25b_prefix *prefix,
			const struct op25b_exempt *exempt)
{
	struct nlattr *nest = nla_nest_start(skb, type);
	struct in6_addr addr;

	if (!nest)
		return -EMSGSIZE;
	if (prefix->family == OP25B_IPV4) {
		if (nla_put_be32(skb, OP25B_A_PREFIX_ADDR4, cpu_to_be32(prefix->key.hi >> 32)))
			return -EMSGSIZE;
	} else {
		put_unaligned_be64(prefix->key.hi, &addr.s6_addr[0]);
		put_unaligned_be64(prefix->key.lo, &addr.s6_addr[8]);
		if (nla_put(skb, OP25B_A_PREFIX_ADDR6, sizeof(addr), &addr))
			return -EMSGSIZE;
	}
	if (nla_put_u8(skb, OP25B_A_PREFIX_LEN, prefix->len))
		return -EMSGSIZE;
	if (exempt && exempt->has_timeout &&
	    nla_put_u32(skb, OP25B_A_PREFIX_TIMEOUT, seconds_left(exempt->expiry.expires)))
		return -EMSGSIZE;
	if (exempt && *exempt->comment &&
	    nla_put_string(skb, OP25B_A_PREFIX_COMMENT, exempt->comment))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * op25b_nl_put_sender() - put the attributes of a sender into a message
 * @skb: the message
 * @sender: the sender
 *
 * Return: 0 or -EMSGSIZE; the caller then cancels the message.
 */
int op25b_nl_put_sender(struct sk_buff *skb, const struct op25b_sender *sender)
{
	struct nlattr *nest;

	if (nla_put_string(skb, OP25B_A_POOL, sender->pool) ||
	    op25b_nl_put_prefix(skb, OP25B_A_PREFIX, &sender->subscriber, NULL))
		return -EMSGSIZE;
	nest = nla_nest_start(skb, OP25B_A_SENDER);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u64_64bit(skb, OP25B_A_SENDER_PACKET_COUNT, sender->row.packets,
			      OP25B_A_SENDER_PAD) ||
	    nla_put_u64_64bit(skb, OP25B_A_SENDER_ERROR, sender->row.error, OP25B_A_SENDER_PAD) ||
	    nla_put_u32(skb, OP25B_A_SENDER_DESTINATION_COUNT,
			op25b_sender_destinations(&sender->row)) ||
	    nla_put_u16(skb, OP25B_A_SENDER_PORT, sender->row.port) ||
	    nla_put_u64_64bit(skb, OP25B_A_SENDER_FIRST, sender->first, OP25B_A_SENDER_PAD) ||
	    nla_put_u64_64bit(skb, OP25B_A_SENDER_LAST, sender->last, OP25B_A_SENDER_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* The device of a session may be about to go away. */
static int put_device_name(struct sk_buff *skb, struct net *net, int ifindex)
{
	const struct net_device *dev;
	int err = 0;

	rcu_read_lock();
	dev = dev_get_by_index_rcu(net, ifindex);
	if (dev)
		err = nla_put_string(skb, OP25B_A_SESSION_DEV, dev->name);
	rcu_read_unlock();
	return err;
}

/**
 * op25b_nl_put_session() - put a session into a message, or the first part of one
 * @skb: the message
 * @net: the namespace
 * @session: the session
 * @at: the number of its first prefix to put; set to that of the first one that there is no room
 *	for, or to their number
 *
 * Return: 0 or -EMSGSIZE, without @at changed; the caller then cancels the message.
 */
int op25b_nl_put_session(struct sk_buff *skb, struct net *net, const struct op25b_session *session,
			 unsigned int *at)
{
	struct nlattr *nest = nla_nest_start(skb, OP25B_A_SESSION);
	unsigned char *end;
	u32 timeout = 0;
	unsigned int i;

	if (session->has_timeout)
		timeout = seconds_left(op25b_session_timed(session)->expiry.expires);
	if (!nest || nla_put_string(skb, OP25B_A_SESSION_ID, op25b_session_id(session)) ||
	    (session->ifindex && put_device_name(skb, net, session->ifindex)) ||
	    (timeout && nla_put_u32(skb, OP25B_A_SESSION_TIMEOUT, timeout)) ||
	    (*op25b_session_comment(session) &&
	     nla_put_string(skb, OP25B_A_SESSION_COMMENT, op25b_session_comment(session))) ||
	    (*op25b_session_vrf(session) &&
	     nla_put_string(skb, OP25B_A_SESSION_VRF, op25b_session_vrf(session))))
		return -EMSGSIZE;
	for (i = *at; i < session->prefixes; i++) {
		end = skb_tail_pointer(skb);
		if (!op25b_nl_put_prefix(skb, OP25B_A_SESSION_PREFIX, &session->prefix[i], NULL))
			continue;
		nlmsg_trim(skb, end);
		break;
	}
	if (i == *at && i < session->prefixes)
		return -EMSGSIZE;
	*at = i;
	nla_nest_end(skb, nest);
	return 0;
}
