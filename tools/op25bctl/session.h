/* SPDX-License-Identifier: GPL-2.0 */
/* The sessions of a BRAS, as the kernel sends them. */
#ifndef OP25BCTL_SESSION_H
#define OP25BCTL_SESSION_H

#include <jansson.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "message.h"

/**
 * struct session - a session
 * @id: its id
 * @prefix: its prefixes; freed by session_free()
 * @count: how many
 * @size: the number of elements allocated
 * @dev: the name of its device, or empty
 * @vrf: the VRF that its prefixes belong to, or empty
 * @timeout: seconds until it ends; 0: it does not end by itself
 * @comment: free text, or NULL; freed by session_free()
 */
struct session {
	char id[OP25B_SESSION_ID_MAX + 1];
	struct prefix *prefix;
	size_t count;
	size_t size;
	char dev[IF_NAMESIZE];
	char vrf[IF_NAMESIZE];
	uint32_t timeout;
	char *comment;
};

bool session_read(const struct nlmsghdr *message, struct session *session);
json_t *session_json(const struct session *session);
void session_free(struct session *session);

#endif /* OP25BCTL_SESSION_H */
