/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Messages: valid ones (generate.c), and mutations of them (mutate.c)
 */
#ifndef FUZZ_MESSAGE_H
#define FUZZ_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/op25b.h>

#define MESSAGE_MAX	(1 << 20)
#define HEADERS		(NLMSG_HDRLEN + GENL_HDRLEN)

/* One or several messages: @len bytes are sent, whatever the headers say. */
struct message {
	size_t len;
	union {
		struct nlmsghdr header;
		unsigned char bytes[MESSAGE_MAX];
	};
};

static inline struct genlmsghdr *message_generic(struct message *m)
{
	return mnl_nlmsg_get_payload(&m->header);
}

bool operation_reads(unsigned int command);
void message_begin(struct message *m, int family, int command, int flags);
void message_generate(struct message *m, int family);
void message_mutate(struct message *m, const struct message *other);
void message_append(struct message *m, const struct message *other);

#endif /* FUZZ_MESSAGE_H */
