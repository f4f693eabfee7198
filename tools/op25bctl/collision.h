/* SPDX-License-Identifier: GPL-2.0 */
/* The name of the pool that a refused prefix, exempt, relay or target is in. */
#ifndef OP25BCTL_COLLISION_H
#define OP25BCTL_COLLISION_H

#include "transport.h"

bool collision_needs_asking(const struct transport_error *error);
void collision_ask(struct transport *transport, bool staged, const struct message *request,
		   struct transport_error *error);
void collision_name_own_pool(const struct message *request, struct transport_error *error);

#endif /* OP25BCTL_COLLISION_H */
