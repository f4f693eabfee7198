// SPDX-License-Identifier: GPL-2.0
/*
 * Recording: which recorder a pool has, from one policy to the next
 *
 * The configuration of a pool that records points to its recorder, and so does that of the same
 * pool in the policies that follow. A restore makes recorders of its own, because it does not know
 * yet which policy it will replace. Where a pool has one already, the new one is dropped.
 */
#include <linux/errno.h>
#include <linux/list.h>

#include "core/pause.h"
#include "op25b_recorder.h"
#include "op25b_recording.h"

/**
 * op25b_recording_drop() - drop the recorder of a pool, if it has one
 * @table: the table, locked
 * @conf: the pool's configuration in a change; a recorder that is fresh, too, is freed at once
 */
void op25b_recording_drop(struct op25b_table *table, struct op25b_pool_conf *conf)
{
	if (conf->recorder && conf->recorder->fresh)
		op25b_recorder_discard(table, conf->recorder);
	conf->recorder = NULL;
}

/**
 * op25b_recording_set() - give a pool the recorder that its settings ask for, or none
 * @table: the table, locked
 * @conf: the pool's configuration, in a change, fresh
 *
 * Return: 0 or -ENOMEM.
 */
int op25b_recording_set(struct op25b_table *table, struct op25b_pool_conf *conf)
{
	struct op25b_settings settings = conf->settings;

	if (conf->recorder && settings.senders && conf->recorder->subscriber == settings.subscriber)
		return 0;
	op25b_recording_drop(table, conf);
	if (!settings.senders)
		return 0;
	conf->recorder = op25b_recorder_alloc(table, conf->pool, settings.subscriber);
	return conf->recorder ? 0 : -ENOMEM;
}

/* The recorder of a pool in a policy, if it records subscribers of this length; @policy: or NULL */
static struct op25b_recorder *find_recorder(const struct op25b_policy *policy, u32 id,
					    u8 subscriber)
{
	const struct op25b_pool_conf *conf = policy ? op25b_policy_conf(policy, id) : NULL;

	if (!conf || !conf->recorder || conf->recorder->subscriber != subscriber)
		return NULL;
	return conf->recorder;
}

/**
 * op25b_recording_keep() - let pools that go on recording keep their recorders
 * @table: the table, locked
 * @policy: the policy that is to be put into force
 * @old: the one that is in force; a pool has its recorder in it, or
 * @kept: in the policy to go back to; NULL if there is none
 */
void op25b_recording_keep(struct op25b_table *table, struct op25b_policy *policy,
			  const struct op25b_policy *old, const struct op25b_policy *kept)
{
	struct op25b_recorder *recorder;
	struct op25b_pool_conf *conf;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(policy->page); i++) {
		if (policy->page[i] == old->page[i] || !policy->page[i])
			continue;
		for (j = 0; j < OP25B_PAGE_POOLS; j++) {
			conf = policy->page[i]->conf[j];
			if (!conf || !conf->recorder || !conf->recorder->fresh)
				continue;
			recorder = find_recorder(old, conf->pool->id, conf->recorder->subscriber);
			if (!recorder)
				recorder = find_recorder(kept, conf->pool->id,
							 conf->recorder->subscriber);
			if (!recorder) {
				op25b_recorder_enter(conf->recorder);
				continue;
			}
			op25b_recording_drop(table, conf);
			conf->recorder = recorder;
		}
		op25b_pause();
	}
}

/* Whether a policy, which may be NULL, has the recorder of a pool of another one */
static bool has_recorder(const struct op25b_policy *policy, const struct op25b_pool_conf *other)
{
	const struct op25b_pool_conf *conf;

	conf = policy ? op25b_policy_conf(policy, other->pool->id) : NULL;
	return conf && conf->recorder == other->recorder;
}

/**
 * op25b_recording_retire() - take the recorders out of force that only an old policy has
 * @table: the table, locked, with the policy that has followed
 * @old: the old policy
 * @kept: the policy to go back to, whose recorders stay; NULL if there is none
 * @retired: takes them, for op25b_recorder_free()
 */
void op25b_recording_retire(struct op25b_table *table, const struct op25b_policy *old,
			    const struct op25b_policy *kept, struct list_head *retired)
{
	const struct op25b_policy *policy = op25b_table_policy(table);
	const struct op25b_pool_conf *conf;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(old->page); i++) {
		if (policy->page[i] == old->page[i] || !old->page[i])
			continue;
		for (j = 0; j < OP25B_PAGE_POOLS; j++) {
			conf = old->page[i]->conf[j];
			if (!conf || !conf->recorder || has_recorder(policy, conf) ||
			    has_recorder(kept, conf))
				continue;
			op25b_recorder_leave(table, conf->recorder);
			list_add_tail(&conf->recorder->list, retired);
		}
		op25b_pause();
	}
}
