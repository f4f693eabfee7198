// SPDX-License-Identifier: GPL-2.0
/*
 * Mutations of messages, at every level, one or several at a time
 */
#include <string.h>

#include "message.h"
#include "random.h"

#define DEPTH_MAX 16

/* An attribute, by its offset, and the nests that hold it, from the outermost on */
struct spot {
	size_t at;
	unsigned int depth;
	size_t nest[DEPTH_MAX];
};

static struct nlattr *attr_at(struct message *m, size_t at)
{
	return (struct nlattr *)(m->bytes + at);
}

/* Choose one of the well-formed attributes from @from to @end, including nested ones. */
static void choose(struct message *m, size_t from, size_t end, struct spot *spot,
		   unsigned int *seen, struct spot *chosen)
{
	size_t at, len;

	for (at = from; at + NLA_HDRLEN <= end; at += NLA_ALIGN(len)) {
		len = attr_at(m, at)->nla_len;
		if (len < NLA_HDRLEN || at + len > end)
			return;
		spot->at = at;
		if (one_in(++*seen))
			*chosen = *spot;
		if (attr_at(m, at)->nla_type & NLA_F_NESTED && spot->depth < DEPTH_MAX) {
			spot->nest[spot->depth++] = at;
			choose(m, at + NLA_HDRLEN, at + len, spot, seen, chosen);
			spot->depth--;
		}
	}
}

static bool any_attr(struct message *m, struct spot *spot)
{
	struct spot current = { 0 };
	unsigned int seen = 0;

	spot->at = 0;
	choose(m, HEADERS, m->len, &current, &seen, spot);
	return spot->at;
}

/* The length of an attribute, including its padding, if any */
static size_t attr_room(struct message *m, size_t at)
{
	size_t room = NLA_ALIGN(attr_at(m, at)->nla_len);

	return room < m->len - at ? room : m->len - at;
}

/* Replace the @old bytes at @spot by @n others, and adjust the lengths of nests and message. */
static void replace(struct message *m, const struct spot *spot, size_t old, const void *bytes,
		    size_t n)
{
	unsigned int i;

	if (m->len - old + n > MESSAGE_MAX)
		return;
	memmove(m->bytes + spot->at + n, m->bytes + spot->at + old, m->len - spot->at - old);
	memcpy(m->bytes + spot->at, bytes, n);
	for (i = 0; i < spot->depth; i++)
		attr_at(m, spot->nest[i])->nla_len += n - old;
	m->header.nlmsg_len += n - old;
	m->len += n - old;
}

/* Replace the @old bytes at @spot by an attribute of this type and payload. */
static void replace_attr(struct message *m, const struct spot *spot, size_t old, int type,
			 const void *payload, size_t n)
{
	static unsigned char bytes[NLA_HDRLEN + NLA_ALIGN(UINT16_MAX)];
	struct nlattr *attr = (struct nlattr *)bytes;

	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + n;
	memcpy(bytes + NLA_HDRLEN, payload, n);
	memset(bytes + NLA_HDRLEN + n, 0, NLA_ALIGN(n) - n);
	replace(m, spot, old, bytes, NLA_HDRLEN + NLA_ALIGN(n));
}

static uint64_t number(void)
{
	static const uint64_t bounds[] = {
		0, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, UINT16_MAX, INT32_MAX,
		1ull << 31, UINT32_MAX, 1ull << 32, INT64_MAX, 1ull << 63, UINT64_MAX
	};

	if (one_in(4))
		return random_bits();
	if (one_in(2))
		return below(8);
	return bounds[below(sizeof(bounds) / sizeof(*bounds))];
}

/* --- headers --- */

static void change_command(struct message *m)
{
	message_generic(m)->cmd = one_in(4) ? number() : below(OP25B_CMD_MAX + 2);
}

static void change_generic_header(struct message *m)
{
	if (one_in(2))
		message_generic(m)->version = number();
	else
		message_generic(m)->reserved = number();
}

static void change_flags(struct message *m)
{
	m->header.nlmsg_flags ^= 1 << below(16);
}

/* To the types of netlink's control messages, and that of nlctrl */
static void change_type(struct message *m)
{
	m->header.nlmsg_type = below(GENL_ID_CTRL + 1);
}

static void change_sender(struct message *m)
{
	m->header.nlmsg_pid = number();
}

static void change_length(struct message *m)
{
	m->header.nlmsg_len = one_in(4) ? number() : m->len + below(41) - 20;
}

/* --- attributes: headers --- */

static void change_attr_type(struct message *m)
{
	struct spot spot;

	if (!any_attr(m, &spot))
		return;
	attr_at(m, spot.at)->nla_type &= ~NLA_TYPE_MASK;
	attr_at(m, spot.at)->nla_type |=
		(one_in(4) ? number() : below(OP25B_A_MAX + 3)) & NLA_TYPE_MASK;
}

static void change_attr_flags(struct message *m)
{
	struct spot spot;

	if (any_attr(m, &spot))
		attr_at(m, spot.at)->nla_type ^= one_in(3) ? NLA_F_NET_BYTEORDER : NLA_F_NESTED;
}

static void change_attr_length(struct message *m)
{
	struct spot spot;

	if (any_attr(m, &spot))
		attr_at(m, spot.at)->nla_len = one_in(2) ? number() :
			attr_at(m, spot.at)->nla_len + below(17) - 8;
}

/* --- attributes: payloads --- */

static void change_payload(struct message *m)
{
	uint64_t value = number();
	size_t room, start, n;
	struct spot spot;

	if (!any_attr(m, &spot))
		return;
	room = attr_room(m, spot.at) - NLA_HDRLEN;
	n = 1 << below(4);
	if (room < n)
		return;
	start = one_in(2) ? 0 : below(room - n + 1);
	memcpy(m->bytes + spot.at + NLA_HDRLEN + start, &value, n);
}

static void change_bit(struct message *m)
{
	if (m->len > HEADERS)
		m->bytes[HEADERS + below(m->len - HEADERS)] ^= 1 << below(8);
}

/* Make a payload longer or shorter; a string may lose its NUL, or get more of them. */
static void resize_payload(struct message *m)
{
	unsigned char payload[512];
	struct spot spot;
	size_t room;

	if (!any_attr(m, &spot))
		return;
	memset(payload, one_in(2) ? 'a' : number(), sizeof(payload));
	room = attr_room(m, spot.at);
	if (one_in(2))
		memcpy(payload, m->bytes + spot.at + NLA_HDRLEN,
		       room < sizeof(payload) ? room - NLA_HDRLEN : sizeof(payload));
	replace_attr(m, &spot, room, attr_at(m, spot.at)->nla_type, payload,
		     one_in(2) ? below(sizeof(payload)) : below(40));
}

/* --- attributes: deleted, copied, moved and nested --- */

static void drop_attr(struct message *m)
{
	struct spot spot;

	if (any_attr(m, &spot))
		replace(m, &spot, attr_room(m, spot.at), "", 0);
}

static unsigned char taken[MESSAGE_MAX];

/* Insert a copy of an attribute somewhere else. */
static void copy_attr(struct message *m)
{
	struct spot from, to;
	size_t n;

	if (!any_attr(m, &from) || !any_attr(m, &to))
		return;
	n = attr_room(m, from.at);
	memcpy(taken, m->bytes + from.at, n);
	replace(m, &to, 0, taken, n);
}

static void move_attr(struct message *m)
{
	struct spot from, to;
	size_t n;

	if (!any_attr(m, &from))
		return;
	n = attr_room(m, from.at);
	memcpy(taken, m->bytes + from.at, n);
	replace(m, &from, n, "", 0);
	if (any_attr(m, &to))
		replace(m, &to, 0, taken, n);
}

static void wrap_attr(struct message *m)
{
	unsigned int levels = one_in(2) ? 1 : below(64);
	struct spot spot;
	size_t n;

	if (!any_attr(m, &spot))
		return;
	while (levels--) {
		n = attr_room(m, spot.at);
		if (n + NLA_HDRLEN > UINT16_MAX)
			return;
		memcpy(taken, m->bytes + spot.at, n);
		replace_attr(m, &spot, n, NLA_F_NESTED | below(OP25B_A_MAX + 1), taken, n);
	}
}

/* Make huge messages, and nests longer than nla_len can express: rarely, because they take long. */
static void repeat_attr(struct message *m)
{
	unsigned int i, times = one_in(16) ? below(20000) : below(300);
	struct spot spot;
	size_t n;

	if (!one_in(64) || !any_attr(m, &spot))
		return;
	n = attr_room(m, spot.at);
	if (times * n > sizeof(taken))
		times = sizeof(taken) / n;
	for (i = 0; i < times; i++)
		memcpy(taken + i * n, m->bytes + spot.at, n);
	replace(m, &spot, 0, taken, times * n);
}

/* --- bytes --- */

static void cut(struct message *m)
{
	m->len = NLMSG_HDRLEN + below(m->len - NLMSG_HDRLEN + 1);
	if (!one_in(4))
		m->header.nlmsg_len = m->len;
}

static void lengthen(struct message *m)
{
	size_t n = 1 + below(40);

	if (m->len + n > MESSAGE_MAX)
		return;
	memset(m->bytes + m->len, number(), n);
	m->len += n;
	if (!one_in(4))
		m->header.nlmsg_len = m->len;
}

static void (* const mutations[])(struct message *m) = {
	change_command, change_generic_header, change_flags, change_type, change_sender,
	change_length, change_attr_type, change_attr_flags, change_attr_length, change_payload,
	change_payload, change_payload, change_bit, resize_payload, resize_payload, drop_attr,
	copy_attr, copy_attr, move_attr, wrap_attr, repeat_attr, cut, lengthen,
};

/* Insert an attribute of another message, before an attribute or instead of it. */
static void splice(struct message *m, const struct message *other)
{
	static struct message copy;
	struct spot from, to;

	copy.len = other->len;
	memcpy(copy.bytes, other->bytes, other->len);
	if (any_attr(&copy, &from) && any_attr(m, &to))
		replace(m, &to, one_in(2) ? attr_room(m, to.at) : 0, copy.bytes + from.at,
			attr_room(&copy, from.at));
}

/**
 * message_mutate() - apply one or several mutations to a message
 * @m: the message
 * @other: another message, from which attributes may be inserted
 */
void message_mutate(struct message *m, const struct message *other)
{
	do {
		if (m->len < HEADERS)
			return;
		if (one_in(8))
			splice(m, other);
		else
			mutations[below(sizeof(mutations) / sizeof(*mutations))](m);
	} while (one_in(2));
}

/**
 * message_append() - append a message, so that both are sent at once
 * @m: the message
 * @other: the message to append
 */
void message_append(struct message *m, const struct message *other)
{
	size_t start = NLMSG_ALIGN(m->len);

	if (start + other->len > MESSAGE_MAX)
		return;
	memset(m->bytes + m->len, 0, start - m->len);
	memcpy(m->bytes + start, other->bytes, other->len);
	m->len = start + other->len;
}
