/* SPDX-License-Identifier: GPL-2.0 */
/* A moment, such as 2026-11-28T04:00:00Z. */
#ifndef OP25BCTL_TIMESTAMP_H
#define OP25BCTL_TIMESTAMP_H

#include <stdint.h>

#define TIMESTAMP_TEXT_MAX	32

const char *timestamp_format(uint64_t seconds, char text[TIMESTAMP_TEXT_MAX]);

#endif /* OP25BCTL_TIMESTAMP_H */
