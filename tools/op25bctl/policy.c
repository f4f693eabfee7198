// SPDX-License-Identifier: GPL-2.0
/*
 * A file of commands is a series of steps. What they add and delete is only
 * noted as it comes; policy_settle() sorts the steps by prefix, and then goes
 * through those of each prefix in their order, to see which of them would be
 * refused and what is left.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "policy.h"
#include "report.h"

const struct list_kind list_kinds[] = {
	[PREFIXES] = {
		.noun = "prefix",
		.there = "is in the pool already",
		.missing = "is not in the pool",
		.add = OP25B_CMD_PREFIX_ADD,
		.del = OP25B_CMD_PREFIX_DEL,
		.get = OP25B_CMD_PREFIX_GET,
	},
	[EXEMPTS] = {
		.noun = "exempt",
		.there = "is there already",
		.missing = "is not there",
		.add = OP25B_CMD_EXEMPT_ADD,
		.del = OP25B_CMD_EXEMPT_DEL,
		.get = OP25B_CMD_EXEMPT_GET,
	},
	[RELAYS] = {
		.noun = "relay",
		.there = "is there already",
		.missing = "is not there",
		.add = OP25B_CMD_RELAY_ADD,
		.del = OP25B_CMD_RELAY_DEL,
		.get = OP25B_CMD_RELAY_GET,
	},
};

/**
 * policy_pool() - find a pool by the number of its name
 * @policy: the policy
 * @number: the number
 *
 * Return: the pool, which may not be present; valid until another is asked for.
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

/**
 * policy_add_entry() - add an entry to a list
 * @policy: the policy
 * @list: the list
 *
 * Return: the entry, to be filled in; valid until another is added.
 */
struct entry *policy_add_entry(struct policy *policy, enum policy_list list)
{
	struct entries *entries = &policy->lists[list];
	struct entry *entry;

	entries->entry = memory_grow(entries->entry, &entries->size, entries->count + 1,
				     sizeof(*entries->entry));
	entry = &entries->entry[entries->count];
	*entry = (struct entry) { .order = entries->count++ };
	return entry;
}

static void entry_free(struct entry *entry)
{
	free((char *)entry->terms.comment);
}

/**
 * policy_clear_list() - empty a list
 * @policy: the policy
 * @list: the list
 */
void policy_clear_list(struct policy *policy, enum policy_list list)
{
	struct entries *entries = &policy->lists[list];

	while (entries->count)
		entry_free(&entries->entry[--entries->count]);
}

/**
 * policy_clear() - empty a policy
 * @policy: the policy
 */
void policy_clear(struct policy *policy)
{
	enum policy_list list;

	for (list = 0; list < LISTS; list++)
		policy_clear_list(policy, list);
	policy->pool_count = 0;
}

/**
 * policy_free() - free what a policy holds, except the names
 * @policy: the policy
 */
void policy_free(struct policy *policy)
{
	enum policy_list list;

	policy_clear(policy);
	for (list = 0; list < LISTS; list++)
		free(policy->lists[list].entry);
	free(policy->pools);
}

/**
 * entry_compare() - order the entries of a list: by prefix, then by pool
 * @a: an entry
 * @b: another of the same list
 *
 * Return: less than, equal to or greater than zero, as for memcmp().
 */
int entry_compare(const struct entry *a, const struct entry *b)
{
	int order = prefix_compare(&a->prefix, &b->prefix);

	/* NO_NAME, every pool, comes first. */
	return order ? order : (a->pool + 1 > b->pool + 1) - (a->pool + 1 < b->pool + 1);
}

static int step_compare(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	int order = prefix_compare(&a->prefix, &b->prefix);

	return order ? order : (a->order > b->order) - (a->order < b->order);
}

/* A relay can be of several pools, each on its own. */
static int relay_step_compare(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	int order = entry_compare(a, b);

	return order ? order : (a->order > b->order) - (a->order < b->order);
}

static void sort_list(struct policy *policy, enum policy_list list)
{
	int (*compare)(const void *a, const void *b) = list == RELAYS ? relay_step_compare :
									step_compare;
	struct entries *entries = &policy->lists[list];
	size_t i;

	/* Files often are sorted already, and the kernel's lists always. */
	for (i = 1; i < entries->count; i++)
		if (compare(&entries->entry[i - 1], &entries->entry[i]) > 0) {
			qsort(entries->entry, entries->count, sizeof(*entries->entry), compare);
			return;
		}
}

/**
 * policy_sort() - sort all lists
 * @policy: the policy
 */
void policy_sort(struct policy *policy)
{
	enum policy_list list;

	for (list = 0; list < LISTS; list++)
		sort_list(policy, list);
}

/**
 * struct fault - the first step that would be refused
 * @reason: why, or NULL: none was found
 * @noun: what the step is about
 * @prefix: its prefix
 * @line: its line
 */
struct fault {
	const char *reason;
	const char *noun;
	struct prefix prefix;
	uint32_t line;
};

/*
 * Takes a step from what the lists have @held of a prefix, which is of one pool, be it prefix or
 * exempt. Returns why it would be refused, or NULL.
 */
static const char *entry_step(struct entry *held[LISTS], enum policy_list list, struct entry *step)
{
	const struct list_kind *kind = &list_kinds[list];
	const struct entry *other = list == RELAYS ? NULL :
						     held[list == PREFIXES ? EXEMPTS : PREFIXES];
	struct entry **own = &held[list];
	bool mine = *own && (*own)->pool == step->pool;

	if (step->del) {
		if (!mine)
			return step->force ? NULL : kind->missing;
		entry_free(*own);
		*own = NULL;
		return NULL;
	}
	if ((*own && !mine) || (other && other->pool != step->pool))
		return "is in another pool";
	if (mine && !step->force)
		return kind->there;
	if (mine)
		entry_free(*own);
	*own = step;
	return NULL;
}

/**
 * struct settling - lists that are settled side by side
 * @policy: whose they are
 * @first: the first of them
 * @last: the last
 * @at: the next step in each
 * @kept: how many entries each has in the end
 */
struct settling {
	struct policy *policy;
	enum policy_list first, last;
	size_t at[LISTS];
	size_t kept[LISTS];
};

static struct entry *next_step(const struct settling *settling, enum policy_list list)
{
	const struct entries *entries = &settling->policy->lists[list];

	return settling->at[list] < entries->count ? &entries->entry[settling->at[list]] : NULL;
}

/* The list that has the first of the next steps, by prefix and then by line; LISTS: none has any. */
static enum policy_list next_list(const struct settling *settling)
{
	enum policy_list list, found = LISTS;
	const struct entry *best = NULL;

	for (list = settling->first; list <= settling->last; list++) {
		const struct entry *step = next_step(settling, list);
		int order = !step ? 1 : !best ? -1 : prefix_compare(&step->prefix, &best->prefix);

		if (order < 0 || (!order && step->line < best->line)) {
			best = step;
			found = list;
		}
	}
	return found;
}

/* Goes through the steps of one prefix. */
static void settle_prefix(struct settling *settling, struct fault *fault)
{
	enum policy_list list = next_list(settling);
	const struct entry first = *next_step(settling, list);
	struct entry *held[LISTS] = {};

	do {
		struct entry *step = next_step(settling, list);
		const char *reason;

		if (prefix_compare(&first.prefix, &step->prefix) ||
		    (list == RELAYS && first.pool != step->pool))
			break;
		reason = entry_step(held, list, step);
		if (reason && (!fault->reason || step->line < fault->line))
			*fault = (struct fault) { reason, list_kinds[list].noun, step->prefix,
						  step->line };
		if (held[list] != step)
			entry_free(step);
		settling->at[list]++;
	} while ((list = next_list(settling)) != LISTS);

	for (list = settling->first; list <= settling->last; list++)
		if (held[list]) {
			held[list]->order = 0;
			settling->policy->lists[list].entry[settling->kept[list]++] = *held[list];
		}
}

static void settle_lists(struct policy *policy, enum policy_list first, enum policy_list last,
			 struct fault *fault)
{
	struct settling settling = { .policy = policy, .first = first, .last = last };
	enum policy_list list;

	for (list = first; list <= last; list++)
		sort_list(policy, list);
	while (next_list(&settling) != LISTS)
		settle_prefix(&settling, fault);
	for (list = first; list <= last; list++)
		policy->lists[list].count = settling.kept[list];
}

/**
 * policy_settle() - come from steps to what they make
 * @policy: the policy; its lists are sorted then, and each entry is in its list once
 *
 * Return: DONE or, reported with the line of the first step that would be refused, REFUSED.
 */
int policy_settle(struct policy *policy)
{
	struct place place = report_place();
	char text[PREFIX_TEXT_MAX];
	struct fault fault = {};

	settle_lists(policy, PREFIXES, EXEMPTS, &fault);
	settle_lists(policy, RELAYS, RELAYS, &fault);
	if (!fault.reason)
		return DONE;
	report_at((struct place) { place.file, fault.line });
	return report_refusal("%s %s %s", fault.noun, prefix_format(&fault.prefix, text),
			      fault.reason);
}

static void apply_settings(struct pool *pool, const struct change *change)
{
	if (change->mode >= 0)
		pool->mode = change->mode;
	if (change->action >= 0)
		pool->action = change->action;
	if (change->guard >= 0)
		pool->guard = change->guard;
}

static void apply_prefixes(struct policy *policy, enum policy_list list, bool del,
			   const struct change *change)
{
	bool has_pool = *change->pool.text;
	uint32_t pool = has_pool ? names_number(policy->names, &change->pool) : NO_NAME;
	size_t i;

	for (i = 0; i < change->count; i++) {
		struct entry *entry = policy_add_entry(policy, list);

		entry->prefix = change->prefixes[i].prefix;
		entry->pool = pool;
		entry->terms = change->exempt;
		entry->terms.comment = memory_copy(change->exempt.comment);
		entry->line = report_place().line;
		entry->del = del;
		entry->force = change->force;
	}
}

/* Deletes a pool with all that is its. */
static int apply_pool_del(struct policy *policy, uint32_t number)
{
	int status = policy_settle(policy);
	enum policy_list list;

	if (status)
		return status;
	for (list = 0; list < LISTS; list++) {
		struct entries *entries = &policy->lists[list];
		size_t kept = 0, i;

		for (i = 0; i < entries->count; i++) {
			if (entries->entry[i].pool == number)
				entry_free(&entries->entry[i]);
			else
				entries->entry[kept++] = entries->entry[i];
		}
		entries->count = kept;
	}
	*policy_pool(policy, number) = (struct pool) {};
	return DONE;
}

static int apply_flush(struct policy *policy)
{
	int status = policy_settle(policy);

	if (!status)
		policy_clear(policy);
	return status;
}

/* Refuses a step about a pool, unless one before it is to be refused first. */
static int refuse_pool(struct policy *policy, const struct name *name, const char *reason)
{
	int status = policy_settle(policy);

	return status ? status : report_refusal("pool \"%s\" %s", name->text, reason);
}

/* A step for a list, if it is one. */
static int apply_to_lists(struct policy *policy, const struct change *change)
{
	enum policy_list list;

	for (list = 0; list < LISTS; list++)
		if (change->command == list_kinds[list].add ||
		    change->command == list_kinds[list].del)
			apply_prefixes(policy, list, change->command == list_kinds[list].del,
				       change);
	return DONE;
}

static bool deletes(const struct change *change)
{
	enum policy_list list;

	for (list = 0; list < LISTS; list++)
		if (change->command == list_kinds[list].del)
			return true;
	return change->command == OP25B_CMD_POOL_DEL;
}

/**
 * policy_apply() - take a step, as the kernel would
 * @policy: the policy
 * @change: the step; its line is the place that errors speak of
 *
 * Return: DONE or, reported, REFUSED.
 */
int policy_apply(struct policy *policy, const struct change *change)
{
	struct pool *pool;
	uint32_t number;

	if (change->command == OP25B_CMD_FLUSH)
		return apply_flush(policy);
	if (!*change->pool.text)
		return apply_to_lists(policy, change);
	number = names_number(policy->names, &change->pool);
	pool = policy_pool(policy, number);
	if (!pool->present && change->command != OP25B_CMD_POOL_ADD) {
		if (change->force && deletes(change))
			return DONE;
		return refuse_pool(policy, &change->pool, "does not exist");
	}
	switch (change->command) {
	case OP25B_CMD_POOL_ADD:
		if (pool->present && !change->force)
			return refuse_pool(policy, &change->pool, "exists already");
		pool->present = true;
		apply_settings(pool, change);
		apply_prefixes(policy, PREFIXES, false, change);
		return DONE;
	case OP25B_CMD_POOL_SET:
		apply_settings(pool, change);
		return DONE;
	case OP25B_CMD_POOL_DEL:
		return apply_pool_del(policy, number);
	default:
		return apply_to_lists(policy, change);
	}
}

/**
 * pool_command() - the command that makes a pool
 * @policy: its policy
 * @number: the number of its name
 * @text: room for the command
 *
 * Return: @text.
 */
const char *pool_command(const struct policy *policy, uint32_t number, char text[COMMAND_TEXT_MAX])
{
	const struct pool *pool = &policy->pools[number];
	char *end = text;
	int bit;

	end += sprintf(end, "pool add %s mode %s action %s", policy->names->name[number].text,
		       term_name(mode_terms, TERMS(mode_terms), pool->mode),
		       term_name(action_terms, TERMS(action_terms), pool->action));
	if (pool->guard)
		end += sprintf(end, " guard");
	for (bit = 0; bit < TERMS(guard_terms); bit++)
		if (pool->guard & 1 << bit)
			end += sprintf(end, " %s", guard_terms[bit]);
	return text;
}

/**
 * entry_command() - the command that makes an entry
 * @policy: its policy
 * @list: its list
 * @entry: the entry
 * @text: room for the command
 *
 * Return: @text.
 */
const char *entry_command(const struct policy *policy, enum policy_list list,
			  const struct entry *entry, char text[COMMAND_TEXT_MAX])
{
	const char *pool = entry->pool == NO_NAME ? NULL : policy->names->name[entry->pool].text;
	const char *c = entry->terms.comment;
	char prefix[PREFIX_TEXT_MAX];
	char *end = text;

	prefix_format(&entry->prefix, prefix);
	if (list == RELAYS)
		end += sprintf(end, "relay add %s%s%s", prefix, pool ? " pool " : "",
			       pool ? pool : "");
	else
		end += sprintf(end, "%s add %s %s", list_kinds[list].noun, pool, prefix);
	if (entry->terms.timeout)
		end += sprintf(end, " timeout %u", entry->terms.timeout);
	if (c) {
		end = stpcpy(end, " comment \"");
		for (; *c; c++) {
			if (*c == '"' || *c == '\\')
				*end++ = '\\';
			*end++ = *c;
		}
		stpcpy(end, "\"");
	}
	return text;
}
