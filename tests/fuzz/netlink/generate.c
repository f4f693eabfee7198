// SPDX-License-Identifier: GPL-2.0
/*
 * Valid messages, of every operation
 *
 * Names and prefixes are chosen from small sets, so that messages concern objects of earlier ones.
 */
#include <arpa/inet.h>
#include <string.h>

#include "message.h"
#include "random.h"

#define A(name) (1ull << OP25B_A_##name)
#define SETTINGS (A(MODE) | A(ACTION) | A(GUARD) | A(SENDERS) | A(SUBSCRIBER) | A(LOG))

/* The attributes that an operation requires and may have, and how often it is chosen */
static const struct operation {
	unsigned long long needs;
	unsigned long long may;
	unsigned int weight;
	bool reads;		/* requires no privilege and changes nothing */
	bool dumps;
	bool no_do;
} operations[OP25B_CMD_MAX + 1] = {
	[OP25B_CMD_POOL_ADD] = {
		.needs = A(POOL), .may = SETTINGS | A(VRF) | A(PREFIX) | A(FORCE),
		.weight = 10
	},
	[OP25B_CMD_POOL_SET] = { A(POOL), SETTINGS, .weight = 4 },
	[OP25B_CMD_POOL_DEL] = { A(POOL), A(FORCE), .weight = 2 },
	[OP25B_CMD_POOL_GET] = { A(POOL), 0, .weight = 4, .reads = true, .dumps = true },
	[OP25B_CMD_POOL_RESET] = { 0, A(POOL), .weight = 2 },
	[OP25B_CMD_PREFIX_ADD] = { A(POOL) | A(PREFIX), A(FORCE), .weight = 8 },
	[OP25B_CMD_PREFIX_DEL] = { A(POOL) | A(PREFIX), A(FORCE), .weight = 5 },
	[OP25B_CMD_PREFIX_GET] = {
		.may = A(POOL), .weight = 2, .reads = true, .dumps = true, .no_do = true
	},
	[OP25B_CMD_EXEMPT_ADD] = { A(POOL) | A(PREFIX), A(FORCE), .weight = 8 },
	[OP25B_CMD_EXEMPT_DEL] = { A(POOL) | A(PREFIX), A(FORCE), .weight = 5 },
	[OP25B_CMD_EXEMPT_GET] = {
		.may = A(POOL), .weight = 2, .reads = true, .dumps = true, .no_do = true
	},
	[OP25B_CMD_RELAY_ADD] = { A(PREFIX), A(POOL) | A(FORCE), .weight = 6 },
	[OP25B_CMD_RELAY_DEL] = { A(PREFIX), A(POOL) | A(FORCE), .weight = 4 },
	[OP25B_CMD_RELAY_GET] = { .weight = 2, .reads = true, .dumps = true, .no_do = true },
	[OP25B_CMD_TEST] = { A(SRC) | A(DST), A(DEV) | A(VRF), .weight = 6, .reads = true },
	[OP25B_CMD_STATUS_GET] = { .weight = 1, .reads = true },
	[OP25B_CMD_POLICY_GET] = { .weight = 2, .reads = true, .dumps = true, .no_do = true },
	[OP25B_CMD_FLUSH] = { .weight = 1 },
	[OP25B_CMD_RESTORE_BEGIN] = { .weight = 1 },
	[OP25B_CMD_RESTORE_COMMIT] = { .may = A(CONFIRM), .weight = 2 },
	[OP25B_CMD_PREFIX_MOVE] = { A(POOL) | A(PREFIX), A(FORCE), .weight = 5 },
	[OP25B_CMD_TARGET_ADD] = { A(PREFIX), A(POOL) | A(FORCE), .weight = 6 },
	[OP25B_CMD_TARGET_DEL] = { A(PREFIX), A(POOL) | A(FORCE), .weight = 4 },
	[OP25B_CMD_TARGET_GET] = { .weight = 2, .reads = true, .dumps = true, .no_do = true },
	[OP25B_CMD_SENDER_GET] = {	/* changes nothing, but requires a privilege */
		.may = A(POOL) | A(PREFIX), .weight = 2, .dumps = true, .no_do = true
	},
	[OP25B_CMD_SENDER_RESET] = { .may = A(POOL) | A(PREFIX), .weight = 2 },
	[OP25B_CMD_SESSION_ADD] = { A(SESSION), A(FORCE), .weight = 8 },
	[OP25B_CMD_SESSION_DEL] = { A(SESSION), A(FORCE), .weight = 4 },
	[OP25B_CMD_SESSION_GET] = {	/* changes nothing, but requires a privilege */
		.may = A(SESSION), .weight = 2, .dumps = true, .no_do = true
	},
	[OP25B_CMD_SESSION_SYNC] = { .may = A(SESSION) | A(FORCE), .weight = 3 },
	[OP25B_CMD_CONFIRM] = { .weight = 2 },
	[OP25B_CMD_ROLLBACK] = { .weight = 2 },
};

/**
 * operation_reads() - whether an operation requires no privilege and changes nothing
 * @command: OP25B_CMD_…
 *
 * Return: true if so.
 */
bool operation_reads(unsigned int command)
{
	return command <= OP25B_CMD_MAX && operations[command].reads;
}

static void put_name(struct nlmsghdr *header)
{
	static const char * const names[] = {
		"a", "b", "east", "west", "fixed", "x.y_z-1", "0123456789abcdefghijklmnopqrst-"
	};

	mnl_attr_put_strz(header, OP25B_A_POOL, names[below(sizeof(names) / sizeof(*names))]);
}

/* An address whose bits after the first @len are zero */
static void random_address(unsigned char *address, unsigned int bits, unsigned int len)
{
	static const unsigned char bases[][16] = {
		{ 10 }, { 10, 1 }, { 192, 0, 2 }, { 198, 18 }, { 0x20, 0x01, 0x0d, 0xb8 }, { 0xff, 0xff }
	};
	unsigned int i, flips = below(4);

	memcpy(address, bases[below(sizeof(bases) / sizeof(*bases))], bits / 8);
	while (flips--) {
		i = below(bits);
		address[i / 8] ^= 0x80 >> i % 8;
	}
	for (i = len; i < bits; i++)
		address[i / 8] &= ~(0x80 >> i % 8);
}

static void put_prefix(struct nlmsghdr *header, int type, unsigned int bits, bool whole,
		       bool exempt)
{
	static const char comment[] = "a customer who asked for it, and whose ticket says so: 4711";
	struct nlattr *nest = mnl_attr_nest_start(header, type);
	unsigned int len = whole || one_in(4) ? bits : below(bits + 1);
	unsigned char address[16];

	random_address(address, bits, len);
	mnl_attr_put(header, bits == 32 ? OP25B_A_PREFIX_ADDR4 : OP25B_A_PREFIX_ADDR6, bits / 8,
		     address);
	if (len < bits || one_in(2))
		mnl_attr_put_u8(header, OP25B_A_PREFIX_LEN, len);
	if (exempt && one_in(3))
		mnl_attr_put_u32(header, OP25B_A_PREFIX_TIMEOUT,
				 one_in(32) ? 1 : OP25B_TIMEOUT_MAX - below(OP25B_TIMEOUT_MAX / 2));
	if (exempt && one_in(3))
		mnl_attr_put_strz(header, OP25B_A_PREFIX_COMMENT, comment + below(sizeof(comment)));
	mnl_attr_nest_end(header, nest);
}

static unsigned int random_bits_of_family(void)
{
	return one_in(2) ? 32 : 128;
}

/* The name of a device or VRF, of which there may be none */
static void put_device(struct nlmsghdr *header, int type)
{
	static const char * const names[] = { "lo", "ppp0", "customer" };

	mnl_attr_put_strz(header, type, names[below(sizeof(names) / sizeof(*names))]);
}

static void put_session(struct nlmsghdr *header)
{
	static const char * const ids[] = { "a", "b", "ppp0", "ppp1", "4711", "~!" };
	struct nlattr *nest = mnl_attr_nest_start(header, OP25B_A_SESSION);
	unsigned int n = one_in(4) ? 0 : one_in(4) ? below(40) : 1 + below(3);

	mnl_attr_put_strz(header, OP25B_A_SESSION_ID, ids[below(sizeof(ids) / sizeof(*ids))]);
	if (!n)
		put_device(header, OP25B_A_SESSION_DEV);
	else if (one_in(3))
		put_device(header, OP25B_A_SESSION_VRF);
	for (; n; n--)
		put_prefix(header, OP25B_A_SESSION_PREFIX, random_bits_of_family(), false, false);
	if (one_in(3))
		mnl_attr_put_u32(header, OP25B_A_SESSION_TIMEOUT,
				 one_in(32) ? 1 : OP25B_TIMEOUT_MAX - below(OP25B_TIMEOUT_MAX / 2));
	if (one_in(3))
		mnl_attr_put_strz(header, OP25B_A_SESSION_COMMENT, "by RADIUS");
	mnl_attr_nest_end(header, nest);
}

/* Put attributes of a type. @bits: 32 or 128, the length of addresses in SRC and DST */
static void put_attribute(struct nlmsghdr *header, int command, int type, unsigned int bits)
{
	unsigned int n;

	switch (type) {
	case OP25B_A_POOL:
		put_name(header);
		break;
	case OP25B_A_MODE:
		mnl_attr_put_u32(header, type, below(OP25B_MODE_MAX + 1));
		break;
	case OP25B_A_ACTION:
		mnl_attr_put_u32(header, type, below(OP25B_ACTION_MAX + 1));
		break;
	case OP25B_A_GUARD:
		mnl_attr_put_u32(header, type, below(OP25B_GUARD_MASK + 1));
		break;
	case OP25B_A_SENDERS:
		mnl_attr_put_u8(header, type, below(2));
		break;
	case OP25B_A_SUBSCRIBER:
		mnl_attr_put_u8(header, type, OP25B_SUBSCRIBER_MIN + below(OP25B_SUBSCRIBER_MAX));
		break;
	case OP25B_A_LOG:
		mnl_attr_put_u32(header, type,
				 one_in(4) ? (uint32_t)OP25B_LOG_OFF : below(OP25B_LOG_MAX + 1));
		break;
	case OP25B_A_CONFIRM:
		mnl_attr_put_u32(header, type,
				 one_in(32) ? 1 : OP25B_TIMEOUT_MAX - below(OP25B_TIMEOUT_MAX / 2));
		break;
	case OP25B_A_PREFIX:
		n = one_in(4) ? below(40) : 1 + below(3);
		if (command == OP25B_CMD_SENDER_GET || command == OP25B_CMD_SENDER_RESET)
			n = 1;
		for (; n; n--)
			put_prefix(header, type, random_bits_of_family(), false,
				   command == OP25B_CMD_EXEMPT_ADD);
		break;
	case OP25B_A_SESSION:
		for (n = command == OP25B_CMD_SESSION_SYNC ? below(6) : 1; n; n--)
			put_session(header);
		break;
	case OP25B_A_DEV:
	case OP25B_A_VRF:
		put_device(header, type);
		break;
	case OP25B_A_FORCE:
		mnl_attr_put(header, type, 0, NULL);
		break;
	case OP25B_A_SRC:
	case OP25B_A_DST:
		put_prefix(header, type, bits, true, false);
		break;
	}
}

/**
 * message_begin() - start a message
 * @m: the message
 * @family: the id of the family
 * @command: OP25B_CMD_…
 * @flags: NLM_F_… besides NLM_F_REQUEST
 */
void message_begin(struct message *m, int family, int command, int flags)
{
	static uint32_t sequence;
	struct genlmsghdr *generic;

	mnl_nlmsg_put_header(m->bytes);
	m->header.nlmsg_type = family;
	m->header.nlmsg_flags = NLM_F_REQUEST | flags;
	m->header.nlmsg_seq = ++sequence;
	generic = mnl_nlmsg_put_extra_header(&m->header, sizeof(*generic));
	generic->cmd = command;
	generic->version = OP25B_FAMILY_VERSION;
	m->len = m->header.nlmsg_len;
}

static int random_operation(void)
{
	unsigned int command, sum = 0;

	for (command = 1; command <= OP25B_CMD_MAX; command++)
		sum += operations[command].weight;
	sum = below(sum);
	for (command = 1; sum >= operations[command].weight; command++)
		sum -= operations[command].weight;
	return command;
}

/**
 * message_generate() - make a valid message
 * @m: where to
 * @family: the id of the family
 */
void message_generate(struct message *m, int family)
{
	int command = random_operation(), type, flags = NLM_F_ACK;
	const struct operation *operation = &operations[command];
	unsigned int bits = random_bits_of_family();

	if (operation->no_do || (operation->dumps && one_in(2)))
		flags = NLM_F_DUMP;
	message_begin(m, family, command, flags);
	for (type = 1; type <= OP25B_A_MAX; type++)
		if (operation->needs >> type & 1 || (operation->may >> type & 1 && one_in(2)))
			put_attribute(&m->header, command, type, bits);
	m->len = m->header.nlmsg_len;
}
