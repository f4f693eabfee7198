/* SPDX-License-Identifier: GPL-2.0 */
/* A sender, as the kernel tells of it. */
#ifndef OP25BCTL_SENDER_H
#define OP25BCTL_SENDER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "address.h"
#include "message.h"
#include "names.h"

/* The kernel counts no more destinations than this. */
#define DESTINATIONS_MAX	200

struct sender {
	struct name pool;
	struct prefix subscriber;
	uint64_t packets;
	uint64_t error;		/* how many more there may have been */
	uint32_t destinations;
	uint16_t port;
	uint64_t first;		/* in seconds since 1970 */
	uint64_t last;
};

bool sender_read(const struct nlmsghdr *message, struct sender *sender);
json_t *sender_json(const struct sender *sender);

#endif /* OP25BCTL_SENDER_H */
