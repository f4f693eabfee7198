/* SPDX-License-Identifier: GPL-2.0 */
/* linux/sched/mm.h for user space */
#include <linux/memcontrol.h>
