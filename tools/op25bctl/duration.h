/* SPDX-License-Identifier: GPL-2.0 */
/* A time, such as 3600, 45s, 30m, 2h or 1d. */
#ifndef OP25BCTL_DURATION_H
#define OP25BCTL_DURATION_H

#include <stdint.h>

int duration_parse(uint32_t *seconds, const char *what, const char *word);

#endif /* OP25BCTL_DURATION_H */
