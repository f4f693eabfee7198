/* SPDX-License-Identifier: GPL-2.0 */
/* Reading the policy from the kernel: each answer is of one policy. */
#ifndef OP25BCTL_READ_H
#define OP25BCTL_READ_H

#include "command.h"
#include "policy.h"

struct status {
	char version[64];	/* of the module */
	uint64_t generation;
	uint64_t applied;	/* seconds since 1970; 0: no command has changed the policy */
	uint32_t confirm;	/* seconds left to confirm it; 0: it need not be */
	uint32_t pools;
	uint32_t prefixes4;
	uint32_t prefixes6;
	uint32_t exempts;
	uint32_t relays;
	uint32_t targets;
	uint32_t sessions;
	uint64_t lost;		/* events that were sent to nobody */
};

int read_status(struct control *control, struct status *status);
int read_pools(struct control *control, struct policy *policy, const struct name *name);
int read_list(struct control *control, struct policy *policy, enum policy_list list,
	      const struct name *name);
int read_policy(struct control *control, struct policy *policy);

#endif /* OP25BCTL_READ_H */
