/* SPDX-License-Identifier: GPL-2.0 */
/* linux/build_bug.h for user space: static_assert() */
#include <assert.h>
