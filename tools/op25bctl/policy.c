// SPDX-License-Identifier: GPL-2.0
#include <assert.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "policy.h"

const struct list_kind list_kinds[] = {
	[PREFIXES] = {
		.noun = "prefix",
		.add = OP25B_CMD_PREFIX_ADD,
		.get = OP25B_CMD_PREFIX_GET,
	},
	[EXEMPTS] = {
		.noun = "exempt",
		.add = OP25B_CMD_EXEMPT_ADD,
		.get = OP25B_CMD_EXEMPT_GET,
	},
	[RELAYS] = {
		.noun = "relay",
		.add = OP25B_CMD_RELAY_ADD,
		.get = OP25B_CMD_RELAY_GET,
	},
	[TARGETS] = {
		.noun = "target",
		.add = OP25B_CMD_TARGET_ADD,
		.get = OP25B_CMD_TARGET_GET,
	},
};

/*
 * Returns the pool with the number of this name, which may be absent. The pointer is valid until
 * the next call.
 */
struct pool *policy_pool(struct policy *policy, uint32_t number)
{
	if (number >= policy->pool_count) {
		policy->pools = memory_grow(policy->pools, &policy->pool_size, number + 1,
					    sizeof(*policy->pools));
		memset(policy->pools + policy->pool_count, 0,
		       (number + 1 - policy->pool_count) * sizeof(*policy->pools));
		policy->pool_count = number + 1;
	}
	return &policy->pools[number];
}

/* Returns a new, zeroed entry. The pointer is valid until the next call. */
struct entry *policy_add_entry(struct policy *policy, enum policy_list list)
{
	struct entries *entries = &policy->lists[list];
	struct entry *entry;

	entries->entry = memory_grow(entries->entry, &entries->size, entries->count + 1,
				     sizeof(*entries->entry));
	entry = &entries->entry[entries->count++];
	*entry = (struct entry) {};
	return entry;
}

static void entries_free(struct entries *entries)
{
	while (entries->count)
		free((char *)entries->entry[--entries->count].options.comment);
	free(entries->entry);
}

/* Frees a policy, except for the names, which other policies may share. */
void policy_free(struct policy *policy)
{
	enum policy_list list;

	for (list = 0; list < LISTS; list++)
		entries_free(&policy->lists[list]);
	free(policy->pools);
}

/* Those of such a list may be in several pools, or in none: then they are for every pool. */
bool list_is_of_destinations(enum policy_list list)
{
	return list == RELAYS || list == TARGETS;
}

/* The VRF that an entry belongs to. A relay or target belongs to none, whatever its pool does. */
static const char *entry_vrf(const struct policy *policy, enum policy_list list,
			     const struct entry *entry)
{
	return list_is_of_destinations(list) ? "" : policy->pools[entry->pool].vrf;
}

/**
 * entry_compare() - order entries by what identifies them
 * @list: the list that both are of
 * @of_a: the policy of @a
 * @a: an entry
 * @of_b: the policy of @b
 * @b: another one
 *
 * A prefix or exempt is in one pool of a VRF, which may change. A relay or target may be in several
 * pools; those of every pool come first.
 *
 * Return: less than 0, 0 or more than 0.
 */
int entry_compare(enum policy_list list, const struct policy *of_a, const struct entry *a,
		  const struct policy *of_b, const struct entry *b)
{
	int order = prefix_compare(&a->prefix, &b->prefix);

	if (order)
		return order;
	if (!list_is_of_destinations(list))
		return strcmp(entry_vrf(of_a, list, a), entry_vrf(of_b, list, b));
	/* NO_NAME, every pool, comes first. */
	return (a->pool + 1 > b->pool + 1) - (a->pool + 1 < b->pool + 1);
}

struct sorting {
	enum policy_list list;
	const struct policy *policy;
};

static int compare(const void *a, const void *b, void *data)
{
	const struct sorting *sorting = data;

	return entry_compare(sorting->list, sorting->policy, a, sorting->policy, b);
}

static void sort_list(struct policy *policy, enum policy_list list)
{
	struct entries *entries = &policy->lists[list];
	struct sorting sorting = { list, policy };
	size_t i;

	/* The kernel dumps prefixes and exempts in this order, as far as they are of one VRF. */
	for (i = 1; i < entries->count; i++)
		if (compare(&entries->entry[i - 1], &entries->entry[i], &sorting) > 0) {
			qsort_r(entries->entry, entries->count, sizeof(*entries->entry), compare,
				&sorting);
			return;
		}
}

/* Sorts all lists by entry_compare(). */
void policy_sort(struct policy *policy)
{
	enum policy_list list;

	for (list = 0; list < LISTS; list++)
		sort_list(policy, list);
}

/* Writes a text so that it is read as one word. Returns its end. */
static char *quote(char *end, const char *text)
{
	*end++ = '"';
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			*end++ = '\\';
		*end++ = *text;
	}
	return stpcpy(end, "\"");
}

/* Writes the command that adds a pool. Returns @text. */
const char *pool_command(const struct policy *policy, uint32_t number, char text[COMMAND_TEXT_MAX])
{
	const struct pool *pool = &policy->pools[number];
	char *end = text;
	unsigned int bit;

	/* A new setting has to be saved, too. */
	static_assert(offsetof(struct pool, counts) == 7 * sizeof(uint32_t) + IF_NAMESIZE,
		      "settings");
	end += sprintf(end, "pool add %s mode %s action %s", policy->names->name[number].text,
		       keyword_name(&mode_keywords, pool->mode),
		       keyword_name(&action_keywords, pool->action));
	if (pool->guard)
		end += sprintf(end, " guard");
	for (bit = 0; bit < guard_keywords.count; bit++)
		if (pool->guard & 1 << bit)
			end += sprintf(end, " %s", keyword_name(&guard_keywords, bit));
	if (pool->senders)
		end += sprintf(end, " senders on");
	if (pool->subscriber != OP25B_SUBSCRIBER_DEFAULT)
		end += sprintf(end, " subscriber %u", pool->subscriber);
	if (pool->log != OP25B_LOG_OFF)
		end += sprintf(end, " log %" PRId32, pool->log);
	if (*pool->vrf) {
		end = stpcpy(end, " vrf ");
		if (pool->vrf[strcspn(pool->vrf, "#\"\\")])
			quote(end, pool->vrf);
		else
			stpcpy(end, pool->vrf);
	}
	return text;
}

/* Writes the command that adds an entry. Returns @text. */
const char *entry_command(const struct policy *policy, enum policy_list list,
			  const struct entry *entry, char text[COMMAND_TEXT_MAX])
{
	const char *pool = entry->pool == NO_NAME ? NULL : policy->names->name[entry->pool].text;
	char prefix[PREFIX_TEXT_MAX];
	char *end = text;

	prefix_format(&entry->prefix, prefix);
	if (list_is_of_destinations(list))
		end += sprintf(end, "%s add %s%s%s", list_kinds[list].noun, prefix,
			       pool ? " pool " : "", pool ? pool : "");
	else
		end += sprintf(end, "%s add %s %s", list_kinds[list].noun, pool, prefix);
	if (entry->options.timeout)
		end += sprintf(end, " timeout %u", entry->options.timeout);
	if (entry->options.comment)
		quote(stpcpy(end, " comment "), entry->options.comment);
	return text;
}
