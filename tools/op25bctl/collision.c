// SPDX-License-Identifier: GPL-2.0
/*
 * Since Linux 6.2 an extended ACK can have formatted text, and the module says
 * which pool has the prefix: 'prefix is in pool "east"'. On older kernels it
 * says 'prefix is in another pool'. Here that text becomes the newer one, with
 * the name from a dump of prefixes and exempts. Where the pool is that of the
 * request itself, nothing needs to be dumped.
 *
 * What cannot be deleted because the pool of the request does not have it may be
 * in another pool. The text then says in which. In the same way it says which VRF
 * a pool belongs to that is to be added with another one.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collision.h"
#include "memory.h"
#include "names.h"

/* A text of older kernels, and the parts of the newer text before and after 'pool "NAME"'. */
static const struct collision {
	const char *text;
	const char *before;
	const char *after;
	bool other_pool;
} collisions[] = {
	{ "prefix is in another pool", "prefix is in", "", true },
	{ "prefix is an exempt of another pool", "prefix is an exempt of", "", true },
	{ "exempt is in another pool", "exempt is in", "", true },
	{ "prefix is in the pool already", "prefix is in", " already", false },
	{ "exempt is there already", "exempt is in", " already", false },
	{ "relay is there already", "relay is in", " already", false },
	{ "target is there already", "target is in", " already", false },
};

static const struct collision *find_collision(const struct transport_error *error, bool other_pool)
{
	size_t i;

	for (i = 0; i < sizeof(collisions) / sizeof(collisions[0]); i++)
		if (collisions[i].other_pool == other_pool &&
		    !strcmp(collisions[i].text, error->text))
			return &collisions[i];
	return NULL;
}

static void write_text(struct transport_error *error, const struct collision *collision,
		       const char *pool)
{
	snprintf(error->text, sizeof(error->text), "%s pool \"%s\"%s", collision->before, pool,
		 collision->after);
}

/* A text about what cannot be deleted, and the noun that it starts with. */
static const struct absence {
	const char *text;
	const char *noun;
	uint8_t get;		/* the dump that shows where it is */
} absences[] = {
	{ "prefix is not in the pool", "prefix", OP25B_CMD_PREFIX_GET },
	{ "exempt is not there", "exempt", OP25B_CMD_EXEMPT_GET },
	{ "relay is not there", "relay", OP25B_CMD_RELAY_GET },
	{ "target is not there", "target", OP25B_CMD_TARGET_GET },
};

static const struct absence *find_absence(const struct transport_error *error)
{
	size_t i;

	for (i = 0; i < sizeof(absences) / sizeof(absences[0]); i++)
		if (!strcmp(absences[i].text, error->text))
			return &absences[i];
	return NULL;
}

/* The text about a pool that belongs to another VRF, and the beginning of the newer one */
#define OTHER_VRF	"VRF is not that of the pool, which cannot change"
#define OTHER_VRF_IS	"VRF is not that of the pool"

/* Is something of another pool or VRF, and does the text not say of which? */
bool collision_needs_asking(const struct transport_error *error)
{
	return find_collision(error, true) || find_absence(error) ||
	       !strcmp(error->text, OTHER_VRF);
}

/* A pool that has the prefix, and its VRF or "" */
struct holder {
	struct name pool;
	char vrf[IF_NAMESIZE];
};

/**
 * struct search - the entries of a dump that have a prefix
 * @prefix: the prefix
 * @found: there is one
 * @holders: their pools, allocated; without those of relays and targets that have none
 * @count: the number of pools
 * @size: the number of elements allocated
 * @own: the pool of the request, and its VRF
 */
struct search {
	struct prefix prefix;
	bool found;
	struct holder *holders;
	size_t count;
	size_t size;
	struct holder own;
};

static void add_holder(struct search *search, const char *pool)
{
	search->holders = memory_enlarge(search->holders, &search->size, search->count + 1,
					 sizeof(*search->holders));
	search->holders[search->count++] = (struct holder) { .pool = name_make(pool) };
}

static void search_answer(const struct nlmsghdr *answer, void *data)
{
	const struct nlattr *table[OP25B_A_MAX + 1];
	struct search *search = data;
	const struct nlattr *attribute;
	struct prefix prefix;

	message_attributes(answer, table);
	mnl_attr_for_each(attribute, answer, GENL_HDRLEN) {
		if (mnl_attr_get_type(attribute) != OP25B_A_PREFIX ||
		    !attribute_prefix(attribute, &prefix, NULL) ||
		    prefix_compare(&prefix, &search->prefix))
			continue;
		search->found = true;
		if (table[OP25B_A_POOL])
			add_holder(search, attribute_string(table[OP25B_A_POOL]));
	}
}

/* A dump that fails, or during which the policy changes, may still have shown the prefix. */
static void search_list(struct transport *transport, bool staged, uint8_t command,
			struct search *search)
{
	struct message request = {};

	message_begin(&request, command, NLM_F_DUMP);
	if (staged)
		message_put_flag(&request, OP25B_A_RESTORE);
	transport_ask(transport, &request, search_answer, search);
	message_free(&request);
}

static void set_vrf(struct holder *holder, const struct name *pool, const char *vrf)
{
	if (!memcmp(&holder->pool, pool, sizeof(*pool)))
		strncpy(holder->vrf, vrf, sizeof(holder->vrf) - 1);
}

static void read_vrf(const struct nlmsghdr *answer, void *data)
{
	const struct nlattr *table[OP25B_A_MAX + 1];
	struct search *search = data;
	struct name pool;
	const char *vrf;
	size_t i;

	message_attributes(answer, table);
	if (!table[OP25B_A_POOL] || !table[OP25B_A_VRF])
		return;
	pool = name_make(attribute_string(table[OP25B_A_POOL]));
	vrf = attribute_string(table[OP25B_A_VRF]);
	set_vrf(&search->own, &pool, vrf);
	for (i = 0; i < search->count; i++)
		set_vrf(&search->holders[i], &pool, vrf);
}

/* Asks for the VRFs of the pools found, and of that of the request. Returns false if it fails. */
static bool ask_vrfs(struct transport *transport, bool staged, const struct message *request,
		     struct search *search)
{
	const struct nlattr *table[OP25B_A_MAX + 1];
	struct message dump = {};
	int ret;

	message_attributes(message_header(request), table);
	search->own = (struct holder) {};
	if (table[OP25B_A_POOL])
		search->own.pool = name_make(attribute_string(table[OP25B_A_POOL]));
	message_begin(&dump, OP25B_CMD_POOL_GET, NLM_F_DUMP);
	if (staged)
		message_put_flag(&dump, OP25B_A_RESTORE);
	ret = transport_ask(transport, &dump, read_vrf, search);
	message_free(&dump);
	return !ret || ret == -EINTR;
}

/*
 * Of the pools found, the one that belongs to the VRF of the request's own: one of another VRF does
 * not collide with it. NULL: none, or the kernel does not tell.
 */
static const char *find_in_own_vrf(struct transport *transport, bool staged,
				   const struct message *request, struct search *search)
{
	const struct nlattr *table[OP25B_A_MAX + 1];
	size_t i;

	if (!search->count || !ask_vrfs(transport, staged, request, search))
		return NULL;
	/* the request adds its pool */
	message_attributes(message_header(request), table);
	if (table[OP25B_A_VRF])
		set_vrf(&search->own, &search->own.pool, attribute_string(table[OP25B_A_VRF]));
	for (i = 0; i < search->count; i++)
		if (!strcmp(search->holders[i].vrf, search->own.vrf))
			return search->holders[i].pool.text;
	return NULL;
}

/* Says where it is instead. A relay or target is deleted with the pool that it was added with. */
static void write_place(struct transport_error *error, const struct absence *absence,
			struct transport *transport, bool staged, struct search *search,
			const struct message *request)
{
	const struct nlattr *table[OP25B_A_MAX + 1];
	bool one_of_several = absence->get == OP25B_CMD_RELAY_GET ||
			      absence->get == OP25B_CMD_TARGET_GET;
	const char *own, *found;

	message_attributes(message_header(request), table);
	own = attribute_string(table[OP25B_A_POOL]);
	/* relays and targets belong to no VRF, and the prefix may be in another one */
	found = one_of_several ? NULL : find_in_own_vrf(transport, staged, request, search);
	if (!found && search->count)
		found = search->holders[search->count - 1].pool.text;
	if (!found)
		snprintf(error->text, sizeof(error->text),
			 "%s is for all pools, leave out \"pool %s\"", absence->noun, own ? own : "");
	else if (!own)
		snprintf(error->text, sizeof(error->text),
			 "%s is one of pool \"%s\", add \"pool %s\"", absence->noun,
			 found, found);
	else
		snprintf(error->text, sizeof(error->text), "%s is %s pool \"%s\"", absence->noun,
			 one_of_several ? "one of" : "in", found);
}

/**
 * collision_ask() - have a refusal name the pool that the prefix at fault is in, or the VRF of the pool
 * @transport: the socket, which may be that of the request
 * @staged: search what the socket's restore has staged, not the policy in force
 * @request: the request that was refused
 * @error: the refusal, one for which collision_needs_asking(), and not @transport's own; keeps its
 *	   text if that is not found
 */
void collision_ask(struct transport *transport, bool staged, const struct message *request,
		   struct transport_error *error)
{
	const struct nlattr *attribute = message_attribute_at(request, error->offset);
	const struct absence *absence = find_absence(error);
	struct search search = {};
	const char *pool;

	if (!strcmp(error->text, OTHER_VRF)) {
		if (ask_vrfs(transport, staged, request, &search) && *search.own.vrf)
			snprintf(error->text, sizeof(error->text), OTHER_VRF_IS ", \"%s\"",
				 search.own.vrf);
		return;
	}
	if (!attribute || mnl_attr_get_type(attribute) != OP25B_A_PREFIX ||
	    !attribute_prefix(attribute, &search.prefix, NULL))
		return;
	if (absence) {
		search_list(transport, staged, absence->get, &search);
		if (search.found)
			write_place(error, absence, transport, staged, &search, request);
		goto free;
	}
	/* A prefix and an exempt of the same addresses are always in the same pool. */
	search_list(transport, staged, OP25B_CMD_PREFIX_GET, &search);
	pool = find_in_own_vrf(transport, staged, request, &search);
	if (!pool) {
		search_list(transport, staged, OP25B_CMD_EXEMPT_GET, &search);
		pool = find_in_own_vrf(transport, staged, request, &search);
	}
	if (pool)
		write_text(error, find_collision(error, true), pool);
free:
	free(search.holders);
}

/* Where a pool has something already, it is the pool of the request; a relay or target may have none. */
void collision_name_own_pool(const struct message *request, struct transport_error *error)
{
	const struct collision *collision = find_collision(error, false);
	const struct nlattr *table[OP25B_A_MAX + 1];

	message_attributes(message_header(request), table);
	if (collision && table[OP25B_A_POOL])
		write_text(error, collision, attribute_string(table[OP25B_A_POOL]));
}
