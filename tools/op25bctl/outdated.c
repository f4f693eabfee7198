// SPDX-License-Identifier: GPL-2.0
/*
 * Generic netlink refuses a command, attribute or value that the module does not
 * know before the module sees it, with a text that says little to a user. The
 * offset in the extended ACK says which attribute it was.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "keywords.h"
#include "outdated.h"
#include "report.h"

#define VERSION_MAX	64

/* What a user writes for an attribute of a request. */
static const char *const option_words[OP25B_A_MAX + 1] = {
	[OP25B_A_POOL] = "pool", [OP25B_A_MODE] = "mode", [OP25B_A_ACTION] = "action",
	[OP25B_A_GUARD] = "guard", [OP25B_A_PREFIX] = "prefix", [OP25B_A_FORCE] = "--force",
	[OP25B_A_RESTORE] = "restore", [OP25B_A_SENDERS] = "senders",
	[OP25B_A_SUBSCRIBER] = "subscriber", [OP25B_A_CONFIRM] = "--confirm",
	[OP25B_A_LOG] = "log", [OP25B_A_SESSION] = "session", [OP25B_A_DEV] = "dev",
	[OP25B_A_VRF] = "vrf", [OP25B_A_SRC] = "SRC", [OP25B_A_DST] = "DST",
};

static const char *const prefix_words[] = {
	[OP25B_A_PREFIX_TIMEOUT] = "timeout", [OP25B_A_PREFIX_COMMENT] = "comment",
};

static_assert(sizeof(prefix_words) == (OP25B_A_PREFIX_MAX + 1) * sizeof(*prefix_words), "prefix");

static bool one_of(const char *text, const char *const *texts, size_t count)
{
	while (count)
		if (!strcmp(text, texts[--count]))
			return true;
	return false;
}

/* The word for an attribute, which may lie in the nest of a prefix. */
static void name_attribute(const struct message *request, uint32_t offset,
			   const struct nlattr *attribute, char *what, size_t size)
{
	uint16_t type = mnl_attr_get_type(attribute);
	const char *word = type <= OP25B_A_MAX ? option_words[type] : NULL;
	const struct nlattr *inner;

	if (type == OP25B_A_PREFIX)
		mnl_attr_for_each_nested(inner, attribute)
			if ((const char *)inner == request->data + offset) {
				type = mnl_attr_get_type(inner);
				word = type <= OP25B_A_PREFIX_MAX ? prefix_words[type] : NULL;
			}
	if (word)
		snprintf(what, size, "\"%s\"", word);
	else
		snprintf(what, size, "attribute %u of the request", type);
}

/* The words for the value of a setting. Returns false for other attributes. */
static bool name_value(const struct nlattr *attribute, char *what, size_t size)
{
	char number[KEYWORD_NUMBER_MAX];
	uint32_t value;
	unsigned int bit;

	switch (mnl_attr_get_type(attribute)) {
	case OP25B_A_MODE:
		snprintf(what, size, "mode %s",
			 keyword_format(&mode_keywords, attribute_u32(attribute), number));
		return true;
	case OP25B_A_ACTION:
		snprintf(what, size, "action %s",
			 keyword_format(&action_keywords, attribute_u32(attribute), number));
		return true;
	case OP25B_A_GUARD:
		value = attribute_u32(attribute);
		snprintf(what, size, "all of guard");
		for (bit = 0; bit < guard_keywords.count; bit++)
			if (value & 1 << bit)
				list_append(what, size, " ", keyword_name(&guard_keywords, bit));
		return true;
	default:
		return false;
	}
}

/* Writes what of a request the module does not know. Returns false if it was not that. */
static bool find_unknown(const struct message *request, const struct transport_error *error,
			 char *what, size_t size)
{
	static const char *const attributes[] = { "Unknown attribute type", "Unsupported attribute" },
		*const values[] = { "integer out of range", "reserved bit set" };
	const struct nlattr *attribute = message_attribute_at(request, error->offset);
	const struct genlmsghdr *generic = mnl_nlmsg_get_payload(message_header(request));

	if (error->code == EOPNOTSUPP && !*error->text) {
		snprintf(what, size, "\"%s\"", keyword_name(&command_keywords, generic->cmd));
		return true;
	}
	if (!attribute)
		return false;
	if (one_of(error->text, values, sizeof(values) / sizeof(values[0])))
		return name_value(attribute, what, size);
	if (!one_of(error->text, attributes, sizeof(attributes) / sizeof(attributes[0])))
		return false;
	name_attribute(request, error->offset, attribute, what, size);
	return true;
}

static void read_version(const struct nlmsghdr *answer, void *data)
{
	const struct nlattr *table[OP25B_A_MAX + 1];
	char *version = data;

	message_attributes(answer, table);
	if (table[OP25B_A_VERSION])
		strncpy(version, attribute_string(table[OP25B_A_VERSION]), VERSION_MAX - 1);
}

/**
 * outdated() - report a refusal by a module that does not know something of the request
 * @transport: the socket; the module is asked for its version
 * @request: the request that was refused
 * @error: the refusal, not @transport's own
 *
 * Return: false if it was refused for another reason; then nothing is reported.
 */
bool outdated(struct transport *transport, const struct message *request,
	      const struct transport_error *error)
{
	struct message question = {};
	char what[128], version[VERSION_MAX] = "";

	if (!find_unknown(request, error, what, sizeof(what)))
		return false;
	message_begin(&question, OP25B_CMD_STATUS_GET, NLM_F_ACK);
	transport_ask(transport, &question, read_version, version);
	message_free(&question);
	report_refusal("the loaded module%s%s%s does not know %s", *version ? ", version " : "",
		       version, *version ? "," : "", what);
	return true;
}
