/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Flags for allocations
 */
#ifndef _OP25B_MEMORY_H
#define _OP25B_MEMORY_H

#include <linux/gfp.h>

/*
 * The flags for all that policies and sessions consist of. It is charged to the memory control
 * group of the process that makes the change, which may be root of a user namespace only. If memory
 * is short, the change fails and its client is told: no OOM killer, which would not free a policy,
 * and no warning in the log.
 */
#define OP25B_GFP (GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

#endif /* _OP25B_MEMORY_H */
