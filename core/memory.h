/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How memory is allocated
 */
#ifndef _OP25B_MEMORY_H
#define _OP25B_MEMORY_H

#include <linux/gfp.h>

/*
 * For all that a policy is made of: charged to the control group of whoever changes it, as root of
 * a user namespace may. Where memory is short, the change fails, and says so to its client: no
 * process is killed for it, which would not free a policy, and nothing is written to the log.
 */
#define OP25B_GFP (GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

#endif /* _OP25B_MEMORY_H */
