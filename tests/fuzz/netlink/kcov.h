/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The code of the module that a system call executes, according to KCOV
 */
#ifndef FUZZ_KCOV_H
#define FUZZ_KCOV_H

#include <stdbool.h>

bool kcov_open(void);
void kcov_begin(void);
unsigned int kcov_end(void);
unsigned int kcov_blocks(void);

#endif /* FUZZ_KCOV_H */
