/* SPDX-License-Identifier: GPL-2.0 */
/* Requests that the loaded module is too old for. */
#ifndef OP25BCTL_OUTDATED_H
#define OP25BCTL_OUTDATED_H

#include "transport.h"

bool outdated(struct transport *transport, const struct message *request,
	      const struct transport_error *error);

#endif /* OP25BCTL_OUTDATED_H */
