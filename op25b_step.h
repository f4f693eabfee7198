/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The steps of a change: what is added and deleted
 */
#ifndef _OP25B_STEP_H
#define _OP25B_STEP_H

#include <linux/netlink.h>

#include "op25b_change.h"

/* All are called with the lock of the change's table held. */
const struct op25b_pool_conf *op25b_step_find_pool(const struct op25b_change *change,
						   const char *name);
int op25b_step_pool_add(struct op25b_change *change, const char *name, const char *vrf,
			struct op25b_settings settings, struct netlink_ext_ack *extack);
int op25b_step_pool_set(struct op25b_change *change, u32 id, struct op25b_settings settings);
int op25b_step_pool_del(struct op25b_change *change, u32 id);

int op25b_step_prefix_add(struct op25b_change *change, u32 id, const struct op25b_prefix *prefix,
			  bool force, struct netlink_ext_ack *extack);
int op25b_step_prefix_del(struct op25b_change *change, u32 id, const struct op25b_prefix *prefix,
			  bool force, struct netlink_ext_ack *extack);
int op25b_step_prefix_move(struct op25b_change *change, u32 id, const struct op25b_prefix *prefix,
			   bool force, struct netlink_ext_ack *extack);
int op25b_step_exempt_add(struct op25b_change *change, u32 id, const struct op25b_prefix *prefix,
			  u32 timeout, const char *comment, bool force,
			  struct netlink_ext_ack *extack);
int op25b_step_exempt_del(struct op25b_change *change, u32 id, const struct op25b_prefix *prefix,
			  bool force, struct netlink_ext_ack *extack);
int op25b_step_exempt_expire(struct op25b_change *change, const struct op25b_exempt *exempt);
int op25b_step_destination_add(struct op25b_change *change, enum op25b_destination kind,
			       const u32 *id, const struct op25b_prefix *prefix, bool force,
			       struct netlink_ext_ack *extack);
int op25b_step_destination_del(struct op25b_change *change, enum op25b_destination kind,
			       const u32 *id, const struct op25b_prefix *prefix, bool force,
			       struct netlink_ext_ack *extack);

#endif /* _OP25B_STEP_H */
