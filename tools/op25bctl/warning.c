// SPDX-License-Identifier: GPL-2.0
/*
 * An exempt that lies in no prefix of its pool opens nothing: addresses outside
 * are not filtered, and a prefix within the exempt is more specific. This is so
 * for the exempt as a whole, so one that prefixes cover in part, or in pieces,
 * deserves the warning, too.
 *
 * A relay within a pool is a customer: its own mail to other servers is blocked
 * unless it is exempt. Of a relay that lies only partly in the pool, or is partly
 * exempt, the servers may be in the other part, so there is no warning.
 *
 * The same addresses may be others in a VRF. So an exempt is looked for in the
 * prefixes of its own VRF, and a relay in those of no VRF.
 *
 * For one change, OP25B_CMD_TEST tells which prefix holds an address. That is
 * asked before exempts are added, because they would be found themselves. Only
 * where that is not enough are lists dumped. For restore, the messages that
 * stage the policy have it all, unless some of them delete something. Without
 * exempts there are only relays to ask about, which is faster than to look at a
 * million prefixes.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "warning.h"

/* More are only counted. */
#define PRINTED		5

static bool same_pool(const struct name *a, const struct name *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* Does a prefix hold another one, or is it the same? */
static bool holds(const struct prefix *outer, const struct prefix *inner)
{
	unsigned int bytes = outer->length / 8, bits = outer->length % 8;

	return outer->family == inner->family && outer->length <= inner->length &&
	       !memcmp(outer->address, inner->address, bytes) &&
	       (!bits || !((outer->address[bytes] ^ inner->address[bytes]) >> (8 - bits)));
}

static int compare_members(const void *a, const void *b)
{
	return memcmp(&((const struct member *)a)->pool, &((const struct member *)b)->pool,
		      sizeof(struct name));
}

/* The VRF that a pool belongs to, or "" */
static const char *vrf_of(const struct warnings *warnings, const struct name *pool)
{
	const struct members *members = &warnings->members;
	const struct member *found = NULL;

	if (members->count)
		found = bsearch(pool, members->item, members->count, sizeof(*members->item),
				compare_members);
	return found ? found->vrf : "";
}

/* Notes a pool, from a message that adds it or shows it, if it belongs to a VRF. */
static void collect_member(struct warnings *warnings, const struct nlmsghdr *message)
{
	struct members *members = &warnings->members;
	const struct nlattr *table[OP25B_A_MAX + 1];
	size_t size = members->size ? members->size * 2 : 8;
	struct member *item;

	message_attributes(message, table);
	if (!table[OP25B_A_POOL] || !table[OP25B_A_VRF])
		return;
	if (members->count == members->size) {
		item = reallocarray(members->item, size, sizeof(*item));
		if (!item)
			return;
		members->item = item;
		members->size = size;
	}
	item = &members->item[members->count++];
	*item = (struct member) { .pool = name_make(attribute_string(table[OP25B_A_POOL])) };
	strncpy(item->vrf, attribute_string(table[OP25B_A_VRF]), sizeof(item->vrf) - 1);
}

static void sort_members(struct members *members)
{
	if (members->count)
		qsort(members->item, members->count, sizeof(*members->item), compare_members);
}

static void read_member(const struct nlmsghdr *answer, void *data)
{
	collect_member(data, answer);
}

/* Asks which pools belong to VRFs; all of them, or one if @pool is not NULL. */
static void ask_for_members(struct warnings *warnings, struct transport *transport, bool staged,
			    const struct name *pool)
{
	struct message *request = &warnings->request;

	warnings->members.count = 0;
	message_begin(request, OP25B_CMD_POOL_GET, pool ? NLM_F_ACK : NLM_F_DUMP);
	if (pool)
		message_put_string(request, OP25B_A_POOL, pool->text);
	if (staged)
		message_put_flag(request, OP25B_A_RESTORE);
	transport_ask(transport, request, read_member, warnings);
	sort_members(&warnings->members);
}

/* The change may have been made, so a lack of memory is no error here. */
static void add(struct concerns *concerns, const struct concern *concern)
{
	size_t size = concerns->size ? concerns->size * 2 : 8;
	struct concern *grown;

	if (concerns->count == concerns->size) {
		grown = reallocarray(concerns->item, size, sizeof(*grown));
		if (!grown)
			return;
		concerns->item = grown;
		concerns->size = size;
	}
	concerns->item[concerns->count++] = *concern;
}

static int compare(const void *a, const void *b)
{
	const struct concern *left = a, *right = b;
	int order = prefix_compare(&left->prefix, &right->prefix);

	return order ? order : memcmp(&left->pool, &right->pool, sizeof(left->pool));
}

static void sort(struct concerns *concerns)
{
	if (concerns->count)
		qsort(concerns->item, concerns->count, sizeof(*concerns->item), compare);
	concerns->gap = (struct gap) {};
}

static uint64_t first_bits(const struct prefix *prefix)
{
	uint64_t bits;

	memcpy(&bits, prefix->address, sizeof(bits));
	return be64toh(bits);
}

/* Do addresses, by their first 64 bits, lie where there are no items? */
static inline bool in_gap(const struct concerns *concerns, uint8_t family, uint64_t first,
			  uint64_t last)
{
	const struct gap *gap = &concerns->gap;

	return !concerns->count ||
	       (gap->family == family && gap->above < first && last < gap->below);
}

static inline uint64_t last_bits(uint64_t first, uint8_t length)
{
	return length < 64 ? first | UINT64_MAX >> length : first;
}

static bool holds_nothing(const struct concerns *concerns, const struct prefix *prefix)
{
	uint64_t first = first_bits(prefix);

	return in_gap(concerns, prefix->family, first, last_bits(first, prefix->length));
}

/*
 * Of a million prefixes, which mostly come in their order, few hold anything. For the others, a
 * glance at the attribute is enough, if it is as message_put_prefix() and the kernel write it.
 */
static inline bool attribute_holds_nothing(const struct warnings *warnings,
					   const struct nlattr *nest)
{
	const char *end = (const char *)nest + nest->nla_len;
	const struct nlattr *address = attribute_at((const char *)(nest + 1), end), *length;
	uint8_t family, bits;
	uint64_t first;
	uint32_t half;

	if (!address)
		return false;
	if (address->nla_type == OP25B_A_PREFIX_ADDR4) {
		memcpy(&half, address + 1, sizeof(half));
		first = (uint64_t)be32toh(half) << 32;
		family = AF_INET;
		bits = 32;
	} else if (address->nla_type == OP25B_A_PREFIX_ADDR6) {
		memcpy(&first, address + 1, sizeof(first));
		first = be64toh(first);
		family = AF_INET6;
		bits = 128;
	} else {
		return false;
	}
	length = attribute_after(address, end);
	if (length && length->nla_type != OP25B_A_PREFIX_LEN)
		return false;
	if (length)
		bits = *(const uint8_t *)(length + 1);
	return in_gap(&warnings->exempts, family, first, last_bits(first, bits)) &&
	       in_gap(&warnings->relays, family, first, last_bits(first, bits));
}

/* Finds the first item that is not before a prefix. */
static size_t seek(struct concerns *concerns, const struct prefix *prefix)
{
	size_t low = 0, high = concerns->count, middle;
	const struct concern *item = concerns->item;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (prefix_compare(&item[middle].prefix, prefix) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	concerns->gap = (struct gap) { prefix->family, 0, UINT64_MAX };
	if (low && item[low - 1].prefix.family == prefix->family)
		concerns->gap.above = first_bits(&item[low - 1].prefix);
	if (low < concerns->count && item[low].prefix.family == prefix->family)
		concerns->gap.below = first_bits(&item[low].prefix);
	return low;
}

/* Notes a prefix of a pool with the items that it holds. Relays have no pool. */
static void note_prefix(const struct warnings *warnings, struct concerns *concerns,
			const struct prefix *prefix, const struct name *pool)
{
	const char *vrf;
	size_t i;

	if (holds_nothing(concerns, prefix))
		return;
	vrf = vrf_of(warnings, pool);
	for (i = seek(concerns, prefix); i < concerns->count; i++) {
		struct concern *item = &concerns->item[i];

		if (!holds(prefix, &item->prefix))
			break;
		if (same_pool(&item->pool, pool)) {
			item->settled = true;
		} else if (strcmp(vrf_of(warnings, &item->pool), vrf)) {
			continue;
		} else if (!item->held_by.family || item->held_by.length <= prefix->length) {
			item->held_by = *prefix;
			item->holder = *pool;
		}
	}
}

/* Settles the relays that an exempt holds, unless a more specific prefix takes them from it. */
static void note_exempt(struct concerns *relays, const struct prefix *exempt)
{
	size_t i;

	if (holds_nothing(relays, exempt))
		return;
	for (i = seek(relays, exempt); i < relays->count; i++) {
		struct concern *relay = &relays->item[i];

		if (!holds(exempt, &relay->prefix))
			break;
		if (exempt->length >= relay->held_by.length)
			relay->settled = true;
	}
}

/* Settles the relays that are exempt, wholly or partly. What holds them has to be known. */
static void settle_exempt_relays(struct warnings *warnings)
{
	struct concerns *exempts = &warnings->exempts, *relays = &warnings->relays;
	size_t i, inner;

	for (i = 0; i < exempts->count; i++)
		if (!*vrf_of(warnings, &exempts->item[i].pool))
			note_exempt(relays, &exempts->item[i].prefix);
	for (i = 0; i < relays->count; i++) {
		inner = seek(exempts, &relays->item[i].prefix);
		if (inner < exempts->count && !*vrf_of(warnings, &exempts->item[inner].pool) &&
		    holds(&relays->item[i].prefix, &exempts->item[inner].prefix))
			relays->item[i].settled = true;
	}
}

typedef void (*prefix_visitor)(struct warnings *warnings, const struct prefix *prefix,
			       const struct name *pool);

static void collect_exempt(struct warnings *warnings, const struct prefix *prefix,
			   const struct name *pool)
{
	add(&warnings->exempts, &(struct concern) { .prefix = *prefix, .pool = *pool });
}

static void collect_relay(struct warnings *warnings, const struct prefix *prefix,
			  const struct name *pool)
{
	(void)pool;
	add(&warnings->relays, &(struct concern) { .prefix = *prefix });
}

static void visit_prefix(struct warnings *warnings, const struct prefix *prefix,
			 const struct name *pool)
{
	note_prefix(warnings, &warnings->exempts, prefix, pool);
	note_prefix(warnings, &warnings->relays, prefix, pool);
}

/* Visits the prefixes of a message that adds them, or of one of a dump, which looks the same. */
static void visit(const struct nlmsghdr *message, struct warnings *warnings, prefix_visitor visitor)
{
	const char *start = (const char *)message + MNL_NLMSG_HDRLEN + GENL_HDRLEN;
	const char *end = (const char *)message + message->nlmsg_len;
	const struct nlattr *attribute;
	struct name pool = {};
	struct prefix prefix;

	for (attribute = attribute_at(start, end); attribute;
	     attribute = attribute_after(attribute, end))
		if (mnl_attr_get_type(attribute) == OP25B_A_POOL) {
			pool = name_make(attribute_string(attribute));
			break;
		}
	for (attribute = attribute_at(start, end); attribute;
	     attribute = attribute_after(attribute, end))
		if ((attribute->nla_type & NLA_TYPE_MASK) == OP25B_A_PREFIX &&
		    !(visitor == visit_prefix && attribute_holds_nothing(warnings, attribute)) &&
		    attribute_prefix(attribute, &prefix, NULL))
			visitor(warnings, &prefix, &pool);
}

struct dump {
	struct warnings *warnings;
	prefix_visitor visitor;
};

static void read_dump(const struct nlmsghdr *answer, void *data)
{
	const struct dump *dump = data;

	visit(answer, dump->warnings, dump->visitor);
}

/* Returns false if the dump failed. One during which the policy changes is good enough. */
static bool visit_list(struct warnings *warnings, struct transport *transport, uint8_t command,
		       bool staged, prefix_visitor visitor)
{
	struct dump dump = { warnings, visitor };
	int ret;

	message_begin(&warnings->request, command, NLM_F_DUMP);
	if (staged)
		message_put_flag(&warnings->request, OP25B_A_RESTORE);
	ret = transport_ask(transport, &warnings->request, read_dump, &dump);
	return !ret || ret == -EINTR;
}

/* What holds the first address of a prefix. */
struct finding {
	struct name pool;	/* all zeros: nothing does */
	struct prefix prefix;
	bool exempt;		/* @prefix is an exempt */
};

static void read_finding(const struct nlmsghdr *answer, void *data)
{
	const struct nlattr *table[OP25B_A_MAX + 1];
	struct finding *finding = data;

	message_attributes(answer, table);
	if (table[OP25B_A_POOL])
		finding->pool = name_make(attribute_string(table[OP25B_A_POOL]));
	attribute_prefix(table[OP25B_A_PREFIX], &finding->prefix, NULL);
	finding->exempt = table[OP25B_A_EXEMPT];
}

/* Returns false if the kernel does not tell. */
static bool find_first_address(struct warnings *warnings, struct transport *transport,
			       const struct prefix *prefix, const char *vrf,
			       struct finding *finding)
{
	struct message *request = &warnings->request;
	struct prefix address = *prefix;

	address.length = prefix_bits(prefix);
	*finding = (struct finding) {};
	message_begin(request, OP25B_CMD_TEST, NLM_F_ACK);
	message_put_prefix(request, OP25B_A_SRC, &address, NULL);
	message_put_prefix(request, OP25B_A_DST, &address, NULL);
	if (*vrf)
		message_put_string(request, OP25B_A_VRF, vrf);
	return !transport_ask(transport, request, read_finding, finding);
}

/**
 * warnings_before() - ask what holds the exempts that a change adds
 * @warnings: all zeros; warnings_after() has to be called if the change succeeds
 * @transport: the socket
 * @change: the change, which has not been sent
 */
void warnings_before(struct warnings *warnings, struct transport *transport,
		     const struct change *change)
{
	struct finding finding;
	const char *vrf;
	size_t i;

	message_begin(&warnings->request, OP25B_CMD_TEST, NLM_F_ACK);
	if (change->command != OP25B_CMD_EXEMPT_ADD || !change->count)
		return;
	ask_for_members(warnings, transport, false, &change->pool);
	vrf = vrf_of(warnings, &change->pool);
	for (i = 0; i < change->count; i++) {
		const struct prefix *exempt = &change->prefixes[i].prefix;

		if (!find_first_address(warnings, transport, exempt, vrf, &finding))
			break;
		if (*finding.pool.text && finding.prefix.length <= exempt->length &&
		    same_pool(&finding.pool, &change->pool))
			continue;
		/* A prefix of the pool may be less specific than what was found. */
		warnings->unsure |= *finding.pool.text;
		collect_exempt(warnings, exempt, &change->pool);
	}
	sort(&warnings->exempts);
}

/*
 * Asks which relays are customers of a pool. Returns true if some of them are more than an address:
 * then exempts may lie in them.
 */
static bool check_relays(struct warnings *warnings, struct transport *transport)
{
	struct finding finding;
	bool wide = false;
	size_t i;

	for (i = 0; i < warnings->relays.count; i++) {
		struct concern *relay = &warnings->relays.item[i];

		if (relay->settled)
			continue;
		relay->settled = !find_first_address(warnings, transport, &relay->prefix, "",
						     &finding) ||
				 !*finding.pool.text || finding.exempt;
		if (relay->settled)
			continue;
		if (finding.prefix.length <= relay->prefix.length) {
			relay->held_by = finding.prefix;
			relay->holder = finding.pool;
		} else if (!relay->held_by.family) {
			warnings->unsure = true;
		}
		wide |= relay->prefix.length < prefix_bits(&relay->prefix);
	}
	return wide;
}

static void print_exempt(const struct concern *exempt)
{
	char prefix[PREFIX_TEXT_MAX], held_by[PREFIX_TEXT_MAX];

	prefix_format(&exempt->prefix, prefix);
	if (exempt->held_by.family)
		report_warning("exempt %s lies in no prefix of pool \"%s\", but in %s of pool \"%s\"",
			       prefix, exempt->pool.text, prefix_format(&exempt->held_by, held_by),
			       exempt->holder.text);
	else
		report_warning("exempt %s lies in no prefix of pool \"%s\", and opens nothing until it does",
			       prefix, exempt->pool.text);
}

static void print_relay(const struct concern *relay)
{
	char prefix[PREFIX_TEXT_MAX], held_by[PREFIX_TEXT_MAX];

	report_warning("relay %s lies in prefix %s of pool \"%s\", and cannot send mail itself unless it is exempt",
		       prefix_format(&relay->prefix, prefix),
		       prefix_format(&relay->held_by, held_by), relay->holder.text);
}

/* Prints those that are not settled, each once, as far as @printed is less than PRINTED. */
static void print(const struct concerns *concerns, bool relays, size_t *printed)
{
	size_t i;

	for (i = 0; i < concerns->count; i++) {
		const struct concern *item = &concerns->item[i];

		if (item->settled || (relays && !item->held_by.family) ||
		    (i && !compare(item - 1, item)))
			continue;
		if ((*printed)++ >= PRINTED)
			continue;
		if (relays)
			print_relay(item);
		else
			print_exempt(item);
	}
}

static void print_all(const struct warnings *warnings)
{
	size_t printed = 0;

	print(&warnings->exempts, false, &printed);
	print(&warnings->relays, true, &printed);
	if (printed > PRINTED)
		report_warning("and %zu more", printed - PRINTED);
}

/* Asks what is not known yet, and prints the warnings. */
static void ask(struct warnings *warnings, struct transport *transport)
{
	bool wide = check_relays(warnings, transport);

	if (warnings->unsure || wide)
		ask_for_members(warnings, transport, false, NULL);
	if (warnings->unsure &&
	    !visit_list(warnings, transport, OP25B_CMD_PREFIX_GET, false, visit_prefix))
		return;
	if (wide) {
		if (!visit_list(warnings, transport, OP25B_CMD_EXEMPT_GET, false,
				collect_exempt))
			return;
		sort(&warnings->exempts);
		settle_exempt_relays(warnings);
		/* These were there before. */
		warnings->exempts.count = 0;
	}
	print_all(warnings);
}

/* Of the relays there are, leaves those that the prefixes of a change hold. */
static void find_relays_in(struct warnings *warnings, const struct change *change)
{
	size_t i;

	sort(&warnings->relays);
	for (i = 0; i < change->count; i++)
		note_prefix(warnings, &warnings->relays, &change->prefixes[i].prefix,
			    &change->pool);
	for (i = 0; i < warnings->relays.count; i++)
		warnings->relays.item[i].settled = !warnings->relays.item[i].held_by.family;
}

/**
 * warnings_after() - print the warnings of a change that has been made
 * @warnings: what warnings_before() has found
 * @transport: the socket
 * @change: the change
 */
void warnings_after(struct warnings *warnings, struct transport *transport,
		    const struct change *change)
{
	size_t i;

	switch (change->command) {
	case OP25B_CMD_RELAY_ADD:
		for (i = 0; i < change->count; i++)
			collect_relay(warnings, &change->prefixes[i].prefix, NULL);
		sort(&warnings->relays);
		break;
	case OP25B_CMD_POOL_ADD:
	case OP25B_CMD_PREFIX_ADD:
		if (!change->count || !visit_list(warnings, transport, OP25B_CMD_RELAY_GET,
						  false, collect_relay) ||
		    !warnings->relays.count)
			return;
		ask_for_members(warnings, transport, false, &change->pool);
		find_relays_in(warnings, change);
		break;
	}
	ask(warnings, transport);
}

static uint8_t command_of(const struct message *message)
{
	const struct genlmsghdr *generic = mnl_nlmsg_get_payload(message_header(message));

	return generic->cmd;
}

static bool deletes(uint8_t command)
{
	return command == OP25B_CMD_POOL_DEL || command == OP25B_CMD_PREFIX_DEL ||
	       command == OP25B_CMD_EXEMPT_DEL || command == OP25B_CMD_RELAY_DEL ||
	       command == OP25B_CMD_FLUSH;
}

/* Dumps what the messages have made. Returns false if that failed. */
static bool read_staged(struct warnings *warnings, struct transport *transport)
{
	bool done;

	done = visit_list(warnings, transport, OP25B_CMD_EXEMPT_GET, true, collect_exempt) &&
	       visit_list(warnings, transport, OP25B_CMD_RELAY_GET, true, collect_relay);
	sort(&warnings->exempts);
	sort(&warnings->relays);
	if (!done || (!warnings->exempts.count && !warnings->relays.count))
		return done;
	ask_for_members(warnings, transport, true, NULL);
	return visit_list(warnings, transport, OP25B_CMD_PREFIX_GET, true, visit_prefix);
}

static void read_messages(struct warnings *warnings, const struct message *messages, size_t count,
			  bool dry_run)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (command_of(&messages[i]) == OP25B_CMD_POOL_ADD)
			collect_member(warnings, message_header(&messages[i]));
		else if (command_of(&messages[i]) == OP25B_CMD_EXEMPT_ADD)
			visit(message_header(&messages[i]), warnings, collect_exempt);
		else if (command_of(&messages[i]) == OP25B_CMD_RELAY_ADD)
			visit(message_header(&messages[i]), warnings, collect_relay);
	}
	sort_members(&warnings->members);
	sort(&warnings->exempts);
	sort(&warnings->relays);
	warnings->ask = !warnings->exempts.count && !dry_run;
	if (warnings->ask || (!warnings->exempts.count && !warnings->relays.count))
		return;
	for (i = 0; i < count; i++)
		if (command_of(&messages[i]) == OP25B_CMD_POOL_ADD ||
		    command_of(&messages[i]) == OP25B_CMD_PREFIX_ADD)
			visit(message_header(&messages[i]), warnings, visit_prefix);
}

/**
 * warnings_staged() - find what to warn of in a policy that was staged
 * @warnings: all zeros; for warnings_restored()
 * @transport: the socket of the restore
 * @messages: the messages that staged the policy
 * @count: their number
 * @dry_run: the policy will not be in force
 */
void warnings_staged(struct warnings *warnings, struct transport *transport,
		     const struct message *messages, size_t count, bool dry_run)
{
	size_t i;

	message_begin(&warnings->request, OP25B_CMD_TEST, NLM_F_ACK);
	for (i = 0; i < count && !deletes(command_of(&messages[i])); i++)
		;
	if (i == count) {
		read_messages(warnings, messages, count, dry_run);
	} else if (!read_staged(warnings, transport)) {
		warnings->exempts.count = 0;
		warnings->relays.count = 0;
	}
	settle_exempt_relays(warnings);
}

/* Prints the warnings of a restore, which is in force now unless it was a dry run. */
void warnings_restored(struct warnings *warnings, struct transport *transport)
{
	if (warnings->ask && warnings->relays.count)
		ask(warnings, transport);
	else
		print_all(warnings);
}

void warnings_free(struct warnings *warnings)
{
	message_free(&warnings->request);
	free(warnings->exempts.item);
	free(warnings->relays.item);
	free(warnings->members.item);
}
