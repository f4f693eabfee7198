/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The static key for sessions and VRFs: while no namespace has any, packets execute a no-op
 */
#ifndef _OP25B_EXTRA_H
#define _OP25B_EXTRA_H

#include <linux/compiler.h>
#include <linux/jump_label.h>
#include <linux/types.h>

DECLARE_STATIC_KEY_FALSE(op25b_extra_key);

/**
 * op25b_extra() - whether any namespace has sessions or VRFs
 *
 * Return: true if one has.
 */
static __always_inline bool op25b_extra(void)
{
	return static_branch_unlikely(&op25b_extra_key);
}

void op25b_extra_inc(void);
void op25b_extra_dec(void);

#endif /* _OP25B_EXTRA_H */
