/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A model of a policy, its changes and its verdicts, made of arrays and loops: test_table.c
 * compares the module with it
 */
#ifndef _MODEL_H
#define _MODEL_H

#include "core/classify.h"
#include "keys.h"
#include "op25b_policy.h"
#include "text.h"

#define SECONDS(n)	((n) * NSEC_PER_SEC)

static inline bool same_prefix(const struct op25b_prefix *a, const struct op25b_prefix *b)
{
	return a->family == b->family && a->len == b->len &&
	       address_of(a->key) == address_of(b->key);
}

static inline bool prefix_holds(const struct op25b_prefix *prefix, enum op25b_family family,
				struct op25b_key key)
{
	return prefix->family == family &&
	       !((address_of(prefix->key) ^ address_of(key)) & mask(prefix->len));
}

static inline struct op25b_prefix prefix(const char *text)
{
	struct text_prefix p = text_prefix(text);

	return (struct op25b_prefix){
		.family = p.ipv6 ? OP25B_IPV6 : OP25B_IPV4,
		.len = p.len,
		.key = { .hi = p.hi, .lo = p.lo },
	};
}

#define POOLS		6
#define ENTRIES		2048
#define EVERY_POOL	(-1)

/* The VRFs that pools may belong to: none, the one that packets come in, and another one */
enum { NO_VRF, RED, BLUE, VRFS };

struct entry {
	struct op25b_prefix prefix;
	int pool;
	bool is_prefix;
	bool is_exempt;
	s64 expires;	/* in ns of ktime_get_boottime(); 0: never */
	char comment[16];
};

struct destination {
	struct op25b_prefix prefix;
	int pool;
	enum op25b_destination kind;
};

struct model {
	bool touched;		/* the change under way has changed it */
	u64 generation;
	bool exists[POOLS];
	bool deleted[POOLS];	/* by the change under way, which cannot add it again */
	struct op25b_settings settings[POOLS];
	u32 recorder[POOLS];	/* its number, 0 if it records none or is yet to be seen */
	u64 packets[POOLS][OP25B_CLASSES][OP25B_STATS_COLUMNS];
	unsigned int entries;
	unsigned int destinations;
	struct entry entry[ENTRIES];
	struct destination destination[256];
};

/* The operations that a change consists of */
enum op_kind {
	POOL_ADD, POOL_SET, POOL_DEL, PREFIX_ADD, PREFIX_DEL, PREFIX_MOVE, EXEMPT_ADD, EXEMPT_DEL,
	RELAY_ADD, RELAY_DEL, TARGET_ADD, TARGET_DEL, KINDS
};

struct op {
	enum op_kind kind;
	int pool;
	struct op25b_settings settings;
	struct op25b_prefix prefix;
	unsigned int timeout;
	const char *comment;
	bool force;
};

/* The verdict on a packet, and the class and the pool that it is counted in */
struct verdict {
	enum op25b_verdict verdict;
	enum op25b_class class;
	int pool;
};

extern const char *const model_names[POOLS];
extern const char *const model_vrf_names[VRFS];

/* The VRF of each pool */
extern int model_vrfs[POOLS];

/* The VRF whose pools judge what comes in this VRF */
int model_domain(const struct model *model, int vrf);

/* The entry at a prefix that is of a pool of this VRF */
struct entry *model_entry(struct model *model, int vrf, const struct op25b_prefix *prefix);
struct destination *model_destination(struct model *model, enum op25b_destination kind,
				      const struct op25b_prefix *prefix, int pool);
unsigned int model_expire(struct model *model);
bool model_same_settings(struct op25b_settings a, struct op25b_settings b);
int model_apply(struct model *model, const struct op *op);

/* @kept: that of a policy to go back to, NULL if there is none */
void model_commit(struct model *in_force, const struct model *model, bool whole,
		  struct model *kept);
/* Put the policy to go back to into force. */
void model_rollback(struct model *in_force, const struct model *kept);

bool model_exempts(const struct entry *entry);
/* @vrf: what model_domain() returns, here and below */
const struct entry *model_lookup(const struct model *model, int vrf, enum op25b_family family,
				 struct op25b_key key);
/*
 * A packet from a pool with the guard softwire, by the type and destination of the IPv4 packet inside;
 * NULL if that is not known
 */
struct verdict model_softwire(const struct model *model, int vrf, enum op25b_pkt_type type,
			      struct op25b_key src, const struct op25b_key *dst);

/* The guard spoofed, for a packet that came by a device by which its source is not reached. */
void model_spoofed(const struct model *model, struct verdict *verdict);

struct verdict model_judge(const struct model *model, int vrf, enum op25b_pkt_type type,
			   enum op25b_family family, struct op25b_key src, struct op25b_key dst);

#endif /* _MODEL_H */
