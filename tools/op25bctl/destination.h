/* SPDX-License-Identifier: GPL-2.0 */
/* What relay and target have in common: destinations, of one pool or of every pool. */
#ifndef OP25BCTL_DESTINATION_H
#define OP25BCTL_DESTINATION_H

#include "command.h"
#include "policy.h"

int destination_parse(struct change *change, uint8_t command, struct words *words);
int destination_show(struct control *control, struct words *words, enum policy_list list);

#endif /* OP25BCTL_DESTINATION_H */
