/* SPDX-License-Identifier: GPL-2.0 */
/* Building and parsing the messages of the family. */
#ifndef OP25BCTL_MESSAGE_H
#define OP25BCTL_MESSAGE_H

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/op25b.h>

#include "address.h"

/**
 * struct message - a request under construction
 * @data: the message, starting with its struct nlmsghdr; freed by message_free()
 * @size: the number of bytes allocated
 *
 * transport_ask() fills in the type and the sequence number.
 */
struct message {
	char *data;
	size_t size;
};

/**
 * struct exempt_options - the options of an exempt
 * @timeout: seconds until it expires; 0: it does not
 * @comment: free text, or NULL; the struct does not own it
 */
struct exempt_options {
	uint32_t timeout;
	const char *comment;
};

void message_begin(struct message *message, uint8_t command, uint16_t flags);
void message_put_flag(struct message *message, uint16_t type);
void message_put_u8(struct message *message, uint16_t type, uint8_t value);
void message_put_u16(struct message *message, uint16_t type, uint16_t value);
void message_put_u32(struct message *message, uint16_t type, uint32_t value);
void message_put_string(struct message *message, uint16_t type, const char *value);
void message_put_prefix(struct message *message, uint16_t type, const struct prefix *prefix,
			const struct exempt_options *options);
size_t message_nest_begin(struct message *message, uint16_t type);
bool message_nest_end(struct message *message, size_t at);
void message_free(struct message *message);

size_t message_prefix_at(const struct message *message, uint32_t offset);
const struct nlattr *message_attribute_at(const struct message *message, uint32_t offset);
const struct nlattr *message_nested_at(const struct message *message, uint32_t offset);
void message_attributes(const struct nlmsghdr *header, const struct nlattr **table);
void nest_attributes(const struct nlattr *nest, const struct nlattr **table, uint16_t max);
uint8_t attribute_u8(const struct nlattr *attribute);
uint16_t attribute_u16(const struct nlattr *attribute);
uint32_t attribute_u32(const struct nlattr *attribute);
uint64_t attribute_u64(const struct nlattr *attribute);
const char *attribute_string(const struct nlattr *attribute);
bool attribute_prefix(const struct nlattr *nest, struct prefix *prefix,
		      struct exempt_options *options);

/*
 * Returns the attribute at a place, or NULL if none fits before the end. For lists of a million
 * prefixes: libmnl's functions are calls.
 */
static inline const struct nlattr *attribute_at(const char *at, const char *end)
{
	const struct nlattr *attribute = (const struct nlattr *)at;
	const int header = sizeof(*attribute);

	if (end - at < header || attribute->nla_len < header || attribute->nla_len > end - at)
		return NULL;
	return attribute;
}

static inline const struct nlattr *attribute_after(const struct nlattr *attribute, const char *end)
{
	return attribute_at((const char *)attribute + MNL_ALIGN(attribute->nla_len), end);
}

/* The pointer is valid until something is added to the message. */
static inline struct nlmsghdr *message_header(const struct message *message)
{
	return (struct nlmsghdr *)message->data;
}

#endif /* OP25BCTL_MESSAGE_H */
