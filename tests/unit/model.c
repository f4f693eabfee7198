// SPDX-License-Identifier: GPL-2.0
/*
 * The model that test_table.c compares the module with
 */
#include <errno.h>
#include <string.h>

#include "check.h"
#include "model.h"

const char *const model_names[POOLS] = {
	"east", "west", "a", "b-a", "1.a", "pool_with_31_bytes_in_its_name_",
};

const char *const model_vrf_names[VRFS] = { NULL, "red", "blue" };

int model_vrfs[POOLS];

/* The VRF that something of a pool, or of every pool, belongs to */
static int vrf_of(int pool)
{
	return pool == EVERY_POOL ? NO_VRF : model_vrfs[pool];
}

int model_domain(const struct model *model, int vrf)
{
	int pool;

	for (pool = 0; pool < POOLS; pool++)
		if (model->exists[pool] && model_vrfs[pool] == vrf)
			return vrf;
	return NO_VRF;
}

struct entry *model_entry(struct model *model, int vrf, const struct op25b_prefix *prefix)
{
	unsigned int i;

	for (i = 0; i < model->entries; i++) {
		if (vrf_of(model->entry[i].pool) == vrf &&
		    same_prefix(&model->entry[i].prefix, prefix))
			return &model->entry[i];
	}
	return NULL;
}

struct destination *model_destination(struct model *model, enum op25b_destination kind,
				      const struct op25b_prefix *prefix, int pool)
{
	unsigned int i;

	for (i = 0; i < model->destinations; i++) {
		struct destination *one = &model->destination[i];

		if (one->kind == kind && one->pool == pool && same_prefix(&one->prefix, prefix))
			return one;
	}
	return NULL;
}

/* Delete entries that are neither a prefix nor an exempt any more. */
static void model_tidy(struct model *model)
{
	unsigned int i = 0;

	while (i < model->entries) {
		if (model->entry[i].is_prefix || model->entry[i].is_exempt)
			i++;
		else
			model->entry[i] = model->entry[--model->entries];
	}
}

static struct entry *model_entry_make(struct model *model, const struct op *op)
{
	struct entry *entry = model_entry(model, vrf_of(op->pool), &op->prefix);

	if (entry)
		return entry;
	CHECK(model->entries < ENTRIES);
	entry = &model->entry[model->entries++];
	*entry = (struct entry){ .prefix = op->prefix, .pool = op->pool };
	return entry;
}

static void entry_unexempt(struct entry *entry)
{
	entry->is_exempt = false;
	entry->expires = 0;
	entry->comment[0] = '\0';
}

/* Whether the timeout of an exempt is over. It counts as deleted from then on. */
static bool entry_is_over(const struct entry *entry)
{
	return entry->expires && entry->expires <= shim_clock;
}

/* Delete exempts whose timeout is over, as the work does, and return their number. */
unsigned int model_expire(struct model *model)
{
	unsigned int i, expired = 0;

	for (i = 0; i < model->entries; i++) {
		if (!entry_is_over(&model->entry[i]))
			continue;
		entry_unexempt(&model->entry[i]);
		expired++;
	}
	model_tidy(model);
	return expired;
}

/* Whether an exempt counts */
bool model_exempts(const struct entry *entry)
{
	return entry->is_exempt && !entry_is_over(entry);
}

/* What adds to the entry of an exempt that is over, or deletes that exempt, deletes it first. */
static struct entry *model_forget(struct model *model, const struct op *op)
{
	struct entry *entry = model_entry(model, vrf_of(op->pool), &op->prefix);

	if (!entry || !entry_is_over(entry))
		return entry;
	entry_unexempt(entry);
	model_tidy(model);
	model->touched = true;
	return model_entry(model, vrf_of(op->pool), &op->prefix);
}

/* The longest prefix of any pool of its VRF that holds an entry, or NULL */
static struct entry *model_prefix_of(struct model *model, const struct entry *entry)
{
	struct entry *best = NULL;
	unsigned int i;

	for (i = 0; i < model->entries; i++) {
		if (model->entry[i].is_prefix && vrf_of(model->entry[i].pool) == vrf_of(entry->pool) &&
		    model->entry[i].prefix.len <= entry->prefix.len &&
		    prefix_holds(&model->entry[i].prefix, entry->prefix.family, entry->prefix.key) &&
		    (!best || model->entry[i].prefix.len > best->prefix.len))
			best = &model->entry[i];
	}
	return best;
}

/* Move a prefix to a pool, with the exempts of its pool that lie in it and in no longer prefix. */
static void model_move(struct model *model, struct entry *prefix, int pool)
{
	unsigned int i;

	for (i = 0; i < model->entries; i++) {
		if (model->entry[i].pool == prefix->pool && &model->entry[i] != prefix &&
		    model_prefix_of(model, &model->entry[i]) == prefix)
			model->entry[i].pool = pool;
	}
	prefix->pool = pool;
}

bool model_same_settings(struct op25b_settings a, struct op25b_settings b)
{
	/* a new setting has to be compared, too */
	static_assert(sizeof(struct op25b_settings) == 2 * sizeof(u32));
	return a.mode == b.mode && a.action == b.action && a.guard == b.guard &&
	       a.subscriber == b.subscriber && a.senders == b.senders && a.log == b.log &&
	       a.log_group == b.log_group;
}

/* Apply @op to @model, and return 0 or the error that the module has to return. */
int model_apply(struct model *model, const struct op *op)
{
	struct entry *entry = model_entry(model, vrf_of(op->pool), &op->prefix);
	enum op25b_destination kind = op->kind == TARGET_ADD || op->kind == TARGET_DEL ?
					      OP25B_TARGET : OP25B_RELAY;
	struct destination *destination = model_destination(model, kind, &op->prefix, op->pool);
	bool there = entry && (entry->is_prefix || model_exempts(entry));
	bool mine = there && entry->pool == op->pool;
	unsigned int i;

	switch (op->kind) {
	case POOL_ADD:
		model->exists[op->pool] = true;
		model->settings[op->pool] = op->settings;
		break;
	case POOL_SET:
		if (model_same_settings(model->settings[op->pool], op->settings))
			return 0;
		model->settings[op->pool] = op->settings;
		break;
	case POOL_DEL:
		model->exists[op->pool] = false;
		model->deleted[op->pool] = true;
		for (i = 0; i < model->entries; i++) {
			if (model->entry[i].pool == op->pool)
				model->entry[i].is_prefix = model->entry[i].is_exempt = false;
		}
		for (i = 0; i < model->destinations;) {
			if (model->destination[i].pool == op->pool)
				model->destination[i] = model->destination[--model->destinations];
			else
				i++;
		}
		break;
	case PREFIX_ADD:
		if (there && (!mine || (entry->is_prefix && !op->force)))
			return -EEXIST;
		entry = model_forget(model, op);
		if (entry && entry->is_prefix)
			return 0;
		model_entry_make(model, op)->is_prefix = true;
		break;
	case PREFIX_DEL:
		if (!mine || !entry->is_prefix)
			return op->force ? 0 : -ENOENT;
		entry->is_prefix = false;
		break;
	case PREFIX_MOVE:
		if (!entry || !entry->is_prefix)
			return -ENOENT;
		if (mine)
			return op->force ? 0 : -EEXIST;
		model_move(model, entry, op->pool);
		break;
	case EXEMPT_ADD:
		if (there && (!mine || (model_exempts(entry) && !op->force)))
			return -EEXIST;
		entry = model_forget(model, op);
		if (entry && entry->is_exempt && !entry->expires && !op->timeout &&
		    !strcmp(entry->comment, op->comment))
			return 0;
		entry = model_entry_make(model, op);
		entry->is_exempt = true;
		entry->expires = op->timeout ? shim_clock + SECONDS(op->timeout) : 0;
		strcpy(entry->comment, op->comment);
		break;
	case EXEMPT_DEL:
		if (!mine || !model_exempts(entry)) {
			if (!op->force)
				return -ENOENT;
			model_forget(model, op);
			return 0;
		}
		entry_unexempt(entry);
		break;
	case RELAY_ADD:
	case TARGET_ADD:
		if (destination)
			return op->force ? 0 : -EEXIST;
		CHECK(model->destinations < 256);
		model->destination[model->destinations++] =
			(struct destination){ op->prefix, op->pool, kind };
		break;
	case RELAY_DEL:
	case TARGET_DEL:
		if (!destination)
			return op->force ? 0 : -ENOENT;
		*destination = model->destination[--model->destinations];
		break;
	case KINDS:
		CHECK(false);
	}
	model_tidy(model);
	model->touched = true;
	return 0;
}

/*
 * Replace @in_force, the policy in force, with @model. @whole: by a restore, which is a new
 * generation even if nothing differs.
 */
static bool keeps_recorder(const struct model *old, const struct model *model, int pool)
{
	return old->exists[pool] && model->exists[pool] && old->settings[pool].senders &&
	       model->settings[pool].senders &&
	       old->settings[pool].subscriber == model->settings[pool].subscriber;
}

/* A pool of both policies goes on counting, and so does one that may come back. */
static void keep_packets(struct model *model, const struct model *old, int pool)
{
	if (old->exists[pool] && model->exists[pool])
		memcpy(model->packets[pool], old->packets[pool], sizeof(model->packets[pool]));
}

void model_commit(struct model *in_force, const struct model *model, bool whole,
		  struct model *kept)
{
	struct model old = *in_force;
	int pool;

	*in_force = *model;
	in_force->generation = old.generation + (whole || model->touched);
	in_force->touched = false;
	memset(in_force->deleted, 0, sizeof(in_force->deleted));
	for (pool = 0; pool < POOLS; pool++) {
		in_force->recorder[pool] = 0;
		memset(in_force->packets[pool], 0, sizeof(in_force->packets[pool]));
		if (kept) {
			keep_packets(kept, &old, pool);
			keep_packets(in_force, kept, pool);
		}
		keep_packets(in_force, &old, pool);
		if (keeps_recorder(&old, in_force, pool))
			in_force->recorder[pool] = old.recorder[pool];
		else if (kept && keeps_recorder(kept, in_force, pool))
			in_force->recorder[pool] = kept->recorder[pool];
	}
}

void model_rollback(struct model *in_force, const struct model *kept)
{
	struct model old = *in_force;
	int pool;

	*in_force = *kept;
	in_force->generation = old.generation + 1;
	for (pool = 0; pool < POOLS; pool++)
		keep_packets(in_force, &old, pool);
}

const struct entry *model_lookup(const struct model *model, int vrf, enum op25b_family family,
				 struct op25b_key key)
{
	const struct entry *best = NULL;
	unsigned int i;

	for (i = 0; i < model->entries; i++) {
		if (vrf_of(model->entry[i].pool) != vrf ||
		    (!model->entry[i].is_prefix && !model_exempts(&model->entry[i])))
			continue;
		if (prefix_holds(&model->entry[i].prefix, family, key) &&
		    (!best || model->entry[i].prefix.len > best->prefix.len))
			best = &model->entry[i];
	}
	return best;
}

/* Whether an address is a relay or target of every pool, or of this one */
static bool model_is(const struct model *model, enum op25b_destination kind, int pool,
		     enum op25b_family family, struct op25b_key key)
{
	unsigned int i;

	for (i = 0; i < model->destinations; i++) {
		const struct destination *one = &model->destination[i];

		if (one->kind == kind && prefix_holds(&one->prefix, family, key) &&
		    (one->pool == EVERY_POOL || one->pool == pool))
			return true;
	}
	return false;
}

/* Judge a packet as one of a class: the rules of op25b_judge_rules(), one by one. */
static struct verdict model_rules(const struct model *model, int vrf, enum op25b_class class,
				  u32 guard, enum op25b_family family, struct op25b_key side,
				  enum op25b_family other_family, struct op25b_key other)
{
	const struct entry *entry = model_lookup(model, vrf, family, side);
	struct verdict verdict = { .verdict = OP25B_VERDICT_PASSED };

	if (!entry || model->settings[entry->pool].mode == OP25B_MODE_OFF)
		return verdict;
	if (guard && !(model->settings[entry->pool].guard & guard))
		return verdict;
	verdict = (struct verdict){ OP25B_VERDICT_BLOCKED, class, entry->pool };
	if (model->settings[entry->pool].mode == OP25B_MODE_OBSERVE &&
	    !(class == OP25B_CLASS_SYN &&
	      model_is(model, OP25B_TARGET, entry->pool, other_family, other)))
		verdict.verdict = OP25B_VERDICT_OBSERVED;
	if (model_is(model, OP25B_RELAY, entry->pool, other_family, other))
		verdict.verdict = OP25B_VERDICT_RELAYED;
	if (model_exempts(entry))
		verdict.verdict = OP25B_VERDICT_EXEMPTED;
	return verdict;
}

void model_spoofed(const struct model *model, struct verdict *verdict)
{
	if (verdict->verdict != OP25B_VERDICT_BLOCKED && verdict->verdict != OP25B_VERDICT_OBSERVED)
		return;
	if ((verdict->class == OP25B_CLASS_SYN || verdict->class == OP25B_CLASS_MALFORMED) &&
	    model->settings[verdict->pool].guard & OP25B_GUARD_SPOOFED)
		verdict->class = OP25B_CLASS_SPOOFED;
}

struct verdict model_judge(const struct model *model, int vrf, enum op25b_pkt_type type,
			   enum op25b_family family, struct op25b_key src, struct op25b_key dst)
{
	struct verdict verdict = { .verdict = OP25B_VERDICT_PASSED };

	switch (type) {
	case OP25B_PKT_SYN:
	case OP25B_PKT_MALFORMED:
		verdict = model_rules(model, vrf, type == OP25B_PKT_SYN ? OP25B_CLASS_SYN :
							   OP25B_CLASS_MALFORMED,
				      0, family, src, family, dst);
		if (verdict.verdict == OP25B_VERDICT_PASSED)
			verdict = model_rules(model, vrf, OP25B_CLASS_INBOUND, OP25B_GUARD_INBOUND,
					      family, dst, family, src);
		return verdict;
	case OP25B_PKT_SYNACK:
		return model_rules(model, vrf, OP25B_CLASS_SYNACK, OP25B_GUARD_SYNACK, family, dst,
				   family, src);
	case OP25B_PKT_NONE:
	case OP25B_PKT_UNDECIDED:
		break;
	}
	return verdict;
}

struct verdict model_softwire(const struct model *model, int vrf, enum op25b_pkt_type type,
			      struct op25b_key src, const struct op25b_key *dst)
{
	struct verdict verdict = { .verdict = OP25B_VERDICT_PASSED };
	struct model without;

	if (type == OP25B_PKT_SYN)
		return model_rules(model, vrf, OP25B_CLASS_SYN, OP25B_GUARD_SOFTWIRE, OP25B_IPV6,
				   src, OP25B_IPV4, *dst);
	if (type != OP25B_PKT_MALFORMED)
		return verdict;
	if (dst)
		return model_rules(model, vrf, OP25B_CLASS_MALFORMED, OP25B_GUARD_SOFTWIRE,
				   OP25B_IPV6, src, OP25B_IPV4, *dst);
	/* as if there were no relays */
	without = *model;
	without.destinations = 0;
	return model_rules(&without, vrf, OP25B_CLASS_MALFORMED, OP25B_GUARD_SOFTWIRE, OP25B_IPV6,
			   src, OP25B_IPV4, (struct op25b_key){ 0 });
}
