// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "message.h"

/* More than the attributes of one prefix take without its comment, in bytes. */
#define PREFIX_SPACE	64

static struct nlmsghdr *message_reserve(struct message *message, size_t space)
{
	size_t length = message_header(message)->nlmsg_len;

	message->data = memory_grow(message->data, &message->size, length + space, 1);
	return message_header(message);
}

/**
 * message_begin() - start a message
 * @message: the message, zeroed; or one that was sent, whose memory is reused
 * @command: OP25B_CMD_…
 * @flags: NLM_F_…, in addition to NLM_F_REQUEST
 */
void message_begin(struct message *message, uint8_t command, uint16_t flags)
{
	struct genlmsghdr *generic;
	struct nlmsghdr *header;

	message->data = memory_grow(message->data, &message->size, 256, 1);
	header = mnl_nlmsg_put_header(message->data);
	header->nlmsg_flags = NLM_F_REQUEST | flags;
	generic = mnl_nlmsg_put_extra_header(header, sizeof(*generic));
	generic->cmd = command;
	generic->version = OP25B_FAMILY_VERSION;
}

void message_put_flag(struct message *message, uint16_t type)
{
	mnl_attr_put(message_reserve(message, MNL_ATTR_HDRLEN), type, 0, NULL);
}

void message_put_u8(struct message *message, uint16_t type, uint8_t value)
{
	mnl_attr_put_u8(message_reserve(message, MNL_ATTR_HDRLEN + MNL_ALIGN(sizeof(value))), type,
			value);
}

void message_put_u16(struct message *message, uint16_t type, uint16_t value)
{
	mnl_attr_put_u16(message_reserve(message, MNL_ATTR_HDRLEN + MNL_ALIGN(sizeof(value))), type,
			 value);
}

void message_put_u32(struct message *message, uint16_t type, uint32_t value)
{
	mnl_attr_put_u32(message_reserve(message, MNL_ATTR_HDRLEN + sizeof(value)), type, value);
}

void message_put_string(struct message *message, uint16_t type, const char *value)
{
	size_t space = MNL_ATTR_HDRLEN + MNL_ALIGN(strlen(value) + 1);

	mnl_attr_put_strz(message_reserve(message, space), type, value);
}

/* Writes an attribute. Returns the place of the next one. */
static inline char *put(char *at, uint16_t type, const void *value, uint16_t length)
{
	struct nlattr *attribute = (struct nlattr *)at;

	attribute->nla_len = MNL_ATTR_HDRLEN + length;
	attribute->nla_type = type;
	memset(at + MNL_ALIGN(attribute->nla_len) - 4, 0, 4);
	memcpy(at + MNL_ATTR_HDRLEN, value, length);
	return at + MNL_ALIGN(attribute->nla_len);
}

/* Adds a prefix as a nest, with the options of an exempt unless they are NULL. */
void message_put_prefix(struct message *message, uint16_t type, const struct prefix *prefix,
			const struct exempt_options *options)
{
	size_t comment = options && options->comment ? strlen(options->comment) + 1 : 0;
	struct nlmsghdr *header = message_reserve(message, PREFIX_SPACE + comment);
	struct nlattr *nest = mnl_nlmsg_get_payload_tail(header);
	char *at = (char *)nest + MNL_ATTR_HDRLEN;

	if (prefix->family == AF_INET)
		at = put(at, OP25B_A_PREFIX_ADDR4, prefix->address, 4);
	else
		at = put(at, OP25B_A_PREFIX_ADDR6, prefix->address, 16);
	if (prefix->length != prefix_bits(prefix))
		at = put(at, OP25B_A_PREFIX_LEN, &prefix->length, sizeof(prefix->length));
	if (options && options->timeout)
		at = put(at, OP25B_A_PREFIX_TIMEOUT, &options->timeout, sizeof(options->timeout));
	if (comment)
		at = put(at, OP25B_A_PREFIX_COMMENT, options->comment, comment);
	nest->nla_type = type | NLA_F_NESTED;
	nest->nla_len = at - (char *)nest;
	header->nlmsg_len += nest->nla_len;
}

/* Begins a nest: what is put until message_nest_end() lies in it. Returns its place, for that. */
size_t message_nest_begin(struct message *message, uint16_t type)
{
	struct nlmsghdr *header = message_reserve(message, MNL_ATTR_HDRLEN);

	return (char *)mnl_attr_nest_start(header, type) - message->data;
}

/* Ends a nest. Returns false if it is too long. */
bool message_nest_end(struct message *message, size_t at)
{
	struct nlmsghdr *header = message_header(message);

	if (header->nlmsg_len - at > UINT16_MAX)
		return false;
	mnl_attr_nest_end(header, (struct nlattr *)(message->data + at));
	return true;
}

void message_free(struct message *message)
{
	free(message->data);
}

/**
 * message_attribute_at() - find the attribute at an offset
 * @message: the message
 * @offset: in bytes from the start of the message, as in NLMSGERR_ATTR_OFFS
 *
 * Return: the top-level attribute that the offset lies in, or NULL.
 */
const struct nlattr *message_attribute_at(const struct message *message, uint32_t offset)
{
	const struct nlmsghdr *header = message_header(message);
	const struct nlattr *attribute;

	mnl_attr_for_each(attribute, header, GENL_HDRLEN) {
		size_t start = (const char *)attribute - (const char *)header;

		if (offset >= start && offset < start + mnl_attr_get_len(attribute))
			return attribute;
	}
	return NULL;
}

/* The same within a nest: the attribute of the nest that the offset is the start of, or NULL. */
const struct nlattr *message_nested_at(const struct message *message, uint32_t offset)
{
	const struct nlattr *inner, *nest = message_attribute_at(message, offset);

	if (nest)
		mnl_attr_for_each_nested(inner, nest)
			if ((const char *)inner == message->data + offset)
				return inner;
	return NULL;
}

/**
 * message_prefix_at() - find which of the prefixes of a message is at an offset
 * @message: the message
 * @offset: in bytes from the start of the message, as in NLMSGERR_ATTR_OFFS
 *
 * Return: its number, from 0, or SIZE_MAX if there is none.
 */
size_t message_prefix_at(const struct message *message, uint32_t offset)
{
	const struct nlattr *attribute, *prefix = message_attribute_at(message, offset);
	size_t number = 0;

	if (!prefix || mnl_attr_get_type(prefix) != OP25B_A_PREFIX)
		return SIZE_MAX;
	mnl_attr_for_each(attribute, message_header(message), GENL_HDRLEN) {
		if (attribute == prefix)
			break;
		number += mnl_attr_get_type(attribute) == OP25B_A_PREFIX;
	}
	return number;
}

/**
 * message_attributes() - find the attributes of a message by their types
 * @header: the message
 * @table: the result, OP25B_A_MAX + 1 pointers into the message; the last one of a repeated type
 */
void message_attributes(const struct nlmsghdr *header, const struct nlattr **table)
{
	const struct nlattr *attribute;

	memset(table, 0, (OP25B_A_MAX + 1) * sizeof(struct nlattr *));
	mnl_attr_for_each(attribute, header, GENL_HDRLEN)
		if (mnl_attr_get_type(attribute) <= OP25B_A_MAX)
			table[mnl_attr_get_type(attribute)] = attribute;
}

/* Finds the attributes of a nest by their types, up to @max. NULL has none. */
void nest_attributes(const struct nlattr *nest, const struct nlattr **table, uint16_t max)
{
	const struct nlattr *attribute;

	memset(table, 0, (max + 1) * sizeof(struct nlattr *));
	if (!nest)
		return;
	mnl_attr_for_each_nested(attribute, nest)
		if (mnl_attr_get_type(attribute) <= max)
			table[mnl_attr_get_type(attribute)] = attribute;
}

/* These return 0 or NULL if the attribute is NULL. */
uint8_t attribute_u8(const struct nlattr *attribute)
{
	return attribute ? mnl_attr_get_u8(attribute) : 0;
}

uint16_t attribute_u16(const struct nlattr *attribute)
{
	return attribute ? mnl_attr_get_u16(attribute) : 0;
}

uint32_t attribute_u32(const struct nlattr *attribute)
{
	return attribute ? mnl_attr_get_u32(attribute) : 0;
}

uint64_t attribute_u64(const struct nlattr *attribute)
{
	return attribute ? mnl_attr_get_u64(attribute) : 0;
}

const char *attribute_string(const struct nlattr *attribute)
{
	return attribute ? mnl_attr_get_str(attribute) : NULL;
}

/**
 * attribute_prefix() - read a prefix
 * @nest: the attribute, or NULL
 * @prefix: the result
 * @options: the options of an exempt, or NULL; the comment points into the message
 *
 * Return: true if there is a prefix.
 */
bool attribute_prefix(const struct nlattr *nest, struct prefix *prefix,
		      struct exempt_options *options)
{
	const struct nlattr *table[OP25B_A_PREFIX_MAX + 1] = {}, *attribute;
	const char *end;
	uint16_t type;

	*prefix = (struct prefix) {};
	if (!nest)
		return false;
	end = (const char *)nest + nest->nla_len;
	for (attribute = attribute_at((const char *)nest + MNL_ATTR_HDRLEN, end); attribute;
	     attribute = attribute_after(attribute, end)) {
		type = attribute->nla_type & NLA_TYPE_MASK;
		if (type <= OP25B_A_PREFIX_MAX)
			table[type] = attribute;
	}
	if (table[OP25B_A_PREFIX_ADDR4]) {
		prefix->family = AF_INET;
		memcpy(prefix->address, table[OP25B_A_PREFIX_ADDR4] + 1, 4);
	} else if (table[OP25B_A_PREFIX_ADDR6]) {
		prefix->family = AF_INET6;
		memcpy(prefix->address, table[OP25B_A_PREFIX_ADDR6] + 1, 16);
	} else {
		return false;
	}
	prefix->length = table[OP25B_A_PREFIX_LEN] ?
				 *(const uint8_t *)(table[OP25B_A_PREFIX_LEN] + 1) :
				 prefix_bits(prefix);
	if (options) {
		options->timeout = attribute_u32(table[OP25B_A_PREFIX_TIMEOUT]);
		options->comment = attribute_string(table[OP25B_A_PREFIX_COMMENT]);
	}
	return true;
}
