/* SPDX-License-Identifier: GPL-2.0 */
/* The generic netlink socket. The unit tests have an implementation of their own. */
#ifndef OP25BCTL_TRANSPORT_H
#define OP25BCTL_TRANSPORT_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "message.h"

/**
 * struct transport_error - why the kernel refused a message
 * @code: the errno, positive
 * @offset: where in the message the attribute at fault starts, in bytes; 0: not known
 * @text: the extended ACK's text, or empty
 * @absent: there is no such family any more: the module was removed
 */
struct transport_error {
	int code;
	uint32_t offset;
	char text[256];
	bool absent;
};

struct transport;

typedef void (*transport_reader)(const struct nlmsghdr *answer, void *data);

struct transport *transport_open(int *code);
void transport_close(struct transport *transport);
int transport_ask(struct transport *transport, struct message *request, transport_reader reader,
		  void *data);
int transport_listen(struct transport *transport, const char *const *groups, size_t count);
int transport_hear(struct transport *transport, const sigset_t *signals, transport_reader reader,
		   void *data);
const struct transport_error *transport_error(const struct transport *transport);

#endif /* OP25BCTL_TRANSPORT_H */
