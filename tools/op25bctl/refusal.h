/* SPDX-License-Identifier: GPL-2.0 */
/* Reporting the kernel's refusals. */
#ifndef OP25BCTL_REFUSAL_H
#define OP25BCTL_REFUSAL_H

#include "change.h"
#include "transport.h"

int refusal(struct transport *transport, const struct transport_error *error,
	    const struct message *request, const struct change *change);
int refusal_to_connect(int code);

#endif /* OP25BCTL_REFUSAL_H */
