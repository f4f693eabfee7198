// SPDX-License-Identifier: GPL-2.0
/* sender: the subscribers who tried to open port 25. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "listing.h"
#include "memory.h"
#include "sender.h"
#include "timestamp.h"

struct senders {
	struct sender *sender;
	size_t count;
	size_t size;		/* elements allocated */
};

/* Which senders a command is about. */
struct selection {
	struct name pool;	/* all zeros: every pool */
	struct prefix prefix;	/* without a family: every subscriber */
};

/* Takes [NAME [PREFIX]]. */
static int take_selection(struct selection *selection, struct words *words)
{
	const char *word = words_peek(words);
	int status;

	*selection = (struct selection) {};
	if (!word)
		return DONE;
	/* An IPv4 address alone can be a name. */
	if (strpbrk(word, ":/") && address_is(word))
		return report_usage("the name of a pool is missing before \"%s\"", word);
	status = pool_name_parse(&selection->pool, words);
	if (!status && words_peek(words))
		status = prefix_take(&selection->prefix, words);
	return status ? status : words_end(words);
}

/* Sends a request for the senders that the words name. */
static int ask(struct control *control, struct words *words, uint8_t command, uint16_t flags,
	       transport_reader reader, void *data)
{
	struct message request = {};
	struct selection selection;
	int status;

	status = take_selection(&selection, words);
	if (status)
		return status;
	message_begin(&request, command, flags);
	if (*selection.pool.text)
		message_put_string(&request, OP25B_A_POOL, selection.pool.text);
	if (selection.prefix.family)
		message_put_prefix(&request, OP25B_A_PREFIX, &selection.prefix, NULL);
	status = control_ask(control, &request, reader, data);
	message_free(&request);
	return status;
}

/**
 * sender_read() - read a sender from a message
 * @message: the message
 * @sender: the result
 *
 * Return: false if it has none.
 */
bool sender_read(const struct nlmsghdr *message, struct sender *sender)
{
	const struct nlattr *table[OP25B_A_MAX + 1], *nest[OP25B_A_SENDER_MAX + 1];
	struct prefix subscriber;

	message_attributes(message, table);
	nest_attributes(table[OP25B_A_SENDER], nest, OP25B_A_SENDER_MAX);
	if (!table[OP25B_A_POOL] || !attribute_prefix(table[OP25B_A_PREFIX], &subscriber, NULL))
		return false;
	*sender = (struct sender) {
		.pool = name_make(attribute_string(table[OP25B_A_POOL])),
		.subscriber = subscriber,
		.packets = attribute_u64(nest[OP25B_A_SENDER_PACKET_COUNT]),
		.error = attribute_u64(nest[OP25B_A_SENDER_ERROR]),
		.destinations = attribute_u32(nest[OP25B_A_SENDER_DESTINATION_COUNT]),
		.port = attribute_u16(nest[OP25B_A_SENDER_PORT]),
		.first = attribute_u64(nest[OP25B_A_SENDER_FIRST]),
		.last = attribute_u64(nest[OP25B_A_SENDER_LAST]),
	};
	return true;
}

/* Returns a sender as a JSON object. */
json_t *sender_json(const struct sender *sender)
{
	char first[TIMESTAMP_TEXT_MAX], last[TIMESTAMP_TEXT_MAX];

	return json_pack("{ss so sI sI sI si ss ss}",
			 "pool", sender->pool.text,
			 "subscriber", json_prefix(&sender->subscriber),
			 "packets", (json_int_t)sender->packets,
			 "error", (json_int_t)sender->error,
			 "destinations", (json_int_t)sender->destinations,
			 "port", sender->port,
			 "first", timestamp_format(sender->first, first),
			 "last", timestamp_format(sender->last, last));
}

static void add_sender(const struct nlmsghdr *answer, void *data)
{
	struct senders *senders = data;
	struct sender sender;

	if (!sender_read(answer, &sender))
		return;
	senders->sender = memory_grow(senders->sender, &senders->size, senders->count + 1,
				      sizeof(*senders->sender));
	senders->sender[senders->count++] = sender;
}

/* Orders senders by their packets, the most first, then by pool and subscriber. */
static int compare(const void *left, const void *right)
{
	const struct sender *a = left, *b = right;
	int order = (a->packets < b->packets) - (a->packets > b->packets);

	if (!order)
		order = strcmp(a->pool.text, b->pool.text);
	return order ? order : prefix_compare(&a->subscriber, &b->subscriber);
}

static void print_json(const struct senders *senders)
{
	size_t i;

	for (i = 0; i < senders->count; i++)
		json_print_element(sender_json(&senders->sender[i]), !i);
	json_print_end(!senders->count);
}

enum { POOL, SUBSCRIBER, PACKETS, ERROR, DESTINATIONS, PORT, FIRST, LAST, CELLS };

/* The first pass fits the columns, the second one prints. */
static void print_table(const struct senders *senders)
{
	static const char *const titles[CELLS] = {
		"POOL", "SUBSCRIBER", "PACKETS", "ERROR", "DESTINATIONS", "PORT", "FIRST", "LAST",
	};
	struct column columns[CELLS] = {};
	int passes, cell;
	size_t i;

	if (!listing_is_shown(senders->count))
		return;
	for (cell = PACKETS; cell < FIRST; cell++)
		columns[cell].right = true;
	row_fit(columns, CELLS, titles);
	for (passes = 0; passes < 2; passes++) {
		if (passes) {
			row_print(columns, CELLS, titles);
			columns[POOL].colour = POOL_COLOUR;
		}
		for (i = 0; i < senders->count; i++) {
			const struct sender *sender = &senders->sender[i];
			char prefix[PREFIX_TEXT_MAX], packets[24], error[24], destinations[16];
			char port[8], first[TIMESTAMP_TEXT_MAX], last[TIMESTAMP_TEXT_MAX];
			const char *const cells[CELLS] = {
				sender->pool.text,
				prefix_format(&sender->subscriber, prefix),
				packets,
				error,
				destinations,
				port,
				timestamp_format(sender->first, first),
				timestamp_format(sender->last, last),
			};

			sprintf(packets, "%" PRIu64, sender->packets);
			sprintf(error, "%" PRIu64, sender->error);
			sprintf(destinations, "%" PRIu32 "%s", sender->destinations,
				sender->destinations < DESTINATIONS_MAX ? "" : "+");
			sprintf(port, "%" PRIu16, sender->port);
			if (!passes) {
				row_fit(columns, CELLS, cells);
				continue;
			}
			columns[SUBSCRIBER].colour = prefix_colour(&sender->subscriber);
			row_print(columns, CELLS, cells);
		}
	}
}

static int run_show(struct control *control, struct words *words)
{
	struct senders senders = {};
	int status;

	status = ask(control, words, OP25B_CMD_SENDER_GET, NLM_F_DUMP, add_sender, &senders);
	if (senders.count)
		qsort(senders.sender, senders.count, sizeof(*senders.sender), compare);
	if (!status && control->json)
		print_json(&senders);
	else if (!status)
		print_table(&senders);
	free(senders.sender);
	return status;
}

static int run_reset(struct control *control, struct words *words)
{
	return ask(control, words, OP25B_CMD_SENDER_RESET, NLM_F_ACK, NULL, NULL);
}

static const struct command commands[] = {
	{ "show", .run = run_show },
	{ "reset", .run = run_reset },
	{}
};

const struct object sender_object = {
	.name = "sender",
	.commands = commands,
	.grammar =
		"  sender show [NAME [PREFIX]]\n"
		"  sender reset [NAME [PREFIX]]\n",
	.help =
		"NAME    the pool; without it, all pools\n"
		"PREFIX  only subscribers within this prefix, or the one whose prefix holds it\n"
		"\n"
		"Shows the subscribers of whom a SYN to port 25 was blocked or observed, the one\n"
		"with the most packets first. Pools with senders on record them. A subscriber is\n"
		"an IPv4 address, or an IPv6 prefix of the pool's subscriber length.\n"
		"\n"
		"Since the last reset, PACKETS to PACKETS + ERROR were counted. DESTINATIONS is\n"
		"about how many; 200+: 200 or more. PORT is the source port of the last packet.\n"
		"Times are UTC.\n"
		"\n"
		"reset forgets senders. Without PREFIX, the estimate of their number, SENDERS in\n"
		"\"op25bctl pool show\", begins anew, too. Both commands take CAP_NET_ADMIN, since\n"
		"this is about people.\n"
		"\n"
		"Example:\n"
		"  op25bctl pool set east senders on subscriber 56\n"
		"  op25bctl sender show east 10.0.0.0/24\n",
};
