/* SPDX-License-Identifier: GPL-2.0 */
/* Netmasks, which are refused with the prefix that was meant. */
#ifndef OP25BCTL_NETMASK_H
#define OP25BCTL_NETMASK_H

#include "words.h"

int netmask_length(const char *text);
const char *netmask_after(const char *address, const struct words *words);

#endif /* OP25BCTL_NETMASK_H */
