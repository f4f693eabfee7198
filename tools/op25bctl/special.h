/* SPDX-License-Identifier: GPL-2.0 */
/* Prefixes whose addresses no customer and no mail server has. */
#ifndef OP25BCTL_SPECIAL_H
#define OP25BCTL_SPECIAL_H

#include <stdint.h>

#include "address.h"

void special_begin(void);
void special_warn(uint8_t command, const struct prefix *prefix);

#endif /* OP25BCTL_SPECIAL_H */
