/* SPDX-License-Identifier: GPL-2.0 */
/* Macros and functions for proofs with CBMC */
#ifndef _PROOF_H
#define _PROOF_H

#include <linux/types.h>

#define ASSUME(condition)	__CPROVER_assume(condition)
#define PROVE(condition, what)	__CPROVER_assert(condition, what)

/* Any value: CBMC recognizes functions without a body by the prefix nondet_. */
bool nondet_bool(void);
unsigned int nondet_uint(void);
u64 nondet_u64(void);

#endif /* _PROOF_H */
