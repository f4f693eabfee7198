// SPDX-License-Identifier: GPL-2.0
/* pool: named sets of prefixes, each with its settings and counters. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "listing.h"
#include "output.h"
#include "read.h"

/* Takes one or more guards; or "none", if @none allows it. */
static int take_guards(struct change *change, bool none, struct words *words)
{
	const char *word = words_peek(words);
	int bit = word ? keyword_number(&guard_keywords, word) : -1;
	char expected[80];

	if (none && word && !strcmp(word, "none")) {
		words_next(words);
		if (change->guard > 0)
			return report_usage("guard none contradicts the other guards");
		change->guard = 0;
		return DONE;
	}
	if (bit < 0) {
		keywords_list(&guard_keywords, expected, sizeof(expected));
		if (word && strchr(word, ','))
			return report_usage("unknown guard \"%s\", expected blanks between guards, not commas",
					    word);
		return report_usage("%s%s%s, expected one of: %s%s",
				    word ? "unknown guard \"" : "guard takes a word",
				    word ? word : "", word ? "\"" : "", expected,
				    none ? ", none" : "");
	}
	if (!change->guard)
		return report_usage("guard none contradicts the other guards");
	if (change->guard < 0)
		change->guard = 0;
	do {
		change->guard |= 1 << bit;
		words_next(words);
		word = words_peek(words);
		bit = word ? keyword_number(&guard_keywords, word) : -1;
	} while (bit >= 0);
	return DONE;
}

/* Reads a number. Returns -1 if the word, which may be NULL, is none, or one above @max. */
static int read_number(const char *word, int max)
{
	int number = 0;

	if (!word || !*word)
		return -1;
	for (; *word >= '0' && *word <= '9' && number <= max; word++)
		number = number * 10 + (*word - '0');
	return *word || number > max ? -1 : number;
}

/* Takes the length of an IPv6 subscriber's prefix. */
static int take_subscriber(struct change *change, struct words *words)
{
	const char *word = words_next(words);
	int length = read_number(word, OP25B_SUBSCRIBER_MAX);

	if (change->subscriber >= 0)
		return report_usage("subscriber is given twice");
	if (length < OP25B_SUBSCRIBER_MIN)
		return report_usage("subscriber takes a prefix length from %d to %d, such as 56%s%s%s",
				    OP25B_SUBSCRIBER_MIN, OP25B_SUBSCRIBER_MAX,
				    word ? ", not \"" : "", word ? word : "", word ? "\"" : "");
	change->subscriber = length;
	return DONE;
}

/* Takes the group of NFLOG that senders are logged to, or "off". */
static int take_log(struct change *change, struct words *words)
{
	const char *word = words_next(words);
	int group = read_number(word, OP25B_LOG_MAX);

	if (change->log != LOG_NOT_GIVEN)
		return report_usage("log is given twice");
	if (word && !strcmp(word, "off"))
		group = OP25B_LOG_OFF;
	else if (group < 0)
		return report_usage("log takes a group of NFLOG from 0 to %d, or off%s%s%s",
				    OP25B_LOG_MAX, word ? ", not \"" : "", word ? word : "",
				    word ? "\"" : "");
	change->log = group;
	return DONE;
}

#define SETTINGS	"mode, action, guard, senders, subscriber, log"

static int take_settings(struct change *change, bool add, struct words *words)
{
	const char *word;
	int status;

	status = pool_name_parse(&change->pool, words);
	while (!status && (word = words_next(words))) {
		if (!strcmp(word, "mode"))
			status = change_take_keyword(&change->mode, "mode", &mode_keywords, words);
		else if (!strcmp(word, "action"))
			status = change_take_keyword(&change->action, "action", &action_keywords,
						     words);
		else if (!strcmp(word, "guard"))
			status = take_guards(change, !add, words);
		else if (!strcmp(word, "senders"))
			status = change_take_keyword(&change->senders, "senders", &switch_keywords,
						     words);
		else if (!strcmp(word, "subscriber"))
			status = take_subscriber(change, words);
		else if (!strcmp(word, "log"))
			status = take_log(change, words);
		else if (!strcmp(word, "vrf") && add)
			status = device_take(&change->vrf, "vrf", words);
		else if (!strcmp(word, "vrf"))
			status = report_usage("the VRF of a pool cannot change: delete the pool and add it, or restore a file");
		else if (!strcmp(word, "prefix") && add)
			status = change_take_prefixes(change, words);
		else
			status = report_usage("unknown word \"%s\", expected one of: " SETTINGS "%s",
					      word, add ? ", vrf, prefix" : "");
	}
	return status;
}

static int parse_add(struct change *change, struct words *words)
{
	change_begin(change, OP25B_CMD_POOL_ADD);
	return take_settings(change, true, words);
}

static int parse_set(struct change *change, struct words *words)
{
	int status;

	change_begin(change, OP25B_CMD_POOL_SET);
	status = take_settings(change, false, words);
	if (!status && change->mode < 0 && change->action < 0 && change->guard < 0 &&
	    change->senders < 0 && change->subscriber < 0 && change->log == LOG_NOT_GIVEN)
		return report_usage("a setting is missing, expected one of: " SETTINGS);
	return status;
}

static int parse_del(struct change *change, struct words *words)
{
	change_begin(change, OP25B_CMD_POOL_DEL);
	return pool_name_parse(&change->pool, words);
}

static json_t *packets_json(const struct pool *pool)
{
	json_t *packets = json_object();
	int class, verdict;

	for (class = 0; class < CLASSES; class++) {
		json_t *counts = json_object();

		for (verdict = OP25B_VERDICT_BLOCKED; verdict < VERDICTS; verdict++)
			json_object_set_new(counts, keyword_name(&verdict_keywords, verdict),
					    json_integer(pool->packets[class][verdict]));
		json_object_set_new(packets, keyword_name(&class_keywords, class), counts);
	}
	return packets;
}

static json_t *pool_json(const char *name, const struct pool *pool)
{
	char mode[KEYWORD_NUMBER_MAX], action[KEYWORD_NUMBER_MAX];
	json_t *guard = json_array();
	unsigned int bit;

	for (bit = 0; bit < guard_keywords.count; bit++)
		if (pool->guard & 1 << bit)
			json_array_append_new(guard, json_string(keyword_name(&guard_keywords, bit)));
	if (pool->guard & ~OP25B_GUARD_MASK)
		json_array_append_new(guard, json_sprintf("%u", pool->guard & ~OP25B_GUARD_MASK));
	return json_pack("{ss so ss ss so so si si si si si so so}",
			 "name", name,
			 "vrf", json_text(*pool->vrf ? pool->vrf : NULL),
			 "mode", keyword_format(&mode_keywords, pool->mode, mode),
			 "action", keyword_format(&action_keywords, pool->action, action),
			 "guard", guard,
			 "log", pool->log == OP25B_LOG_OFF ? json_null() : json_integer(pool->log),
			 "subscriber", pool->subscriber,
			 "prefixes", pool->counts[PREFIXES],
			 "exempts", pool->counts[EXEMPTS],
			 "relays", pool->counts[RELAYS],
			 "targets", pool->counts[TARGETS],
			 "senders", pool->sender_counted ? json_integer(pool->sender_count) :
							   json_null(),
			 "packets", packets_json(pool));
}

static void print_json(const struct policy *policy)
{
	bool first = true;
	size_t i;

	for (i = 0; i < policy->pool_count; i++) {
		if (!policy->pools[i].present)
			continue;
		json_print_element(pool_json(policy->names->name[i].text, &policy->pools[i]),
				   first);
		first = false;
	}
	json_print_end(first);
}

/* The columns: COUNTS is the first of the lists' lengths, SUMS of the verdicts' sums. */
enum {
	NAME, MODE, ACTION, GUARD,
	COUNTS, SENDERS = COUNTS + LISTS, SUMS, VRF = SUMS + VERDICTS - OP25B_VERDICT_BLOCKED, CELLS
};

static const char *const titles[] = {
	"POOL", "MODE", "ACTION", "GUARD", "PREFIXES", "EXEMPTS", "RELAYS", "TARGETS", "SENDERS",
	"BLOCKED", "OBSERVED", "RELAYED", "EXEMPTED", "VRF",
};

static_assert(sizeof(titles) == CELLS * sizeof(*titles), "titles");

/* A row of the table: the cells point to keywords, to the name, or to @text. */
struct row {
	char text[CELLS][40];
	const char *cells[CELLS];
};

static void make_row(struct row *row, const char *name, const struct pool *pool)
{
	int list, class, verdict;
	unsigned int bit;

	row->cells[NAME] = name;
	row->cells[MODE] = keyword_format(&mode_keywords, pool->mode, row->text[MODE]);
	row->cells[ACTION] = keyword_format(&action_keywords, pool->action, row->text[ACTION]);
	row->cells[GUARD] = pool->guard ? row->text[GUARD] : "-";
	*row->text[GUARD] = '\0';
	for (bit = 0; bit < guard_keywords.count; bit++)
		if (pool->guard & 1 << bit)
			list_append(row->text[GUARD], sizeof(row->text[GUARD]), ",",
				    keyword_name(&guard_keywords, bit));
	if (pool->guard & ~OP25B_GUARD_MASK) {
		char number[KEYWORD_NUMBER_MAX];

		sprintf(number, "%u", pool->guard & ~OP25B_GUARD_MASK);
		list_append(row->text[GUARD], sizeof(row->text[GUARD]), ",", number);
	}
	for (list = 0; list < LISTS; list++) {
		row->cells[COUNTS + list] = row->text[COUNTS + list];
		sprintf(row->text[COUNTS + list], "%" PRIu32, pool->counts[list]);
	}
	row->cells[SENDERS] = pool->sender_counted ? row->text[SENDERS] : "-";
	sprintf(row->text[SENDERS], "%" PRIu64, pool->sender_count);
	for (verdict = OP25B_VERDICT_BLOCKED; verdict < VERDICTS; verdict++) {
		int cell = SUMS + verdict - OP25B_VERDICT_BLOCKED;
		uint64_t sum = 0;

		for (class = 0; class < CLASSES; class++)
			sum += pool->packets[class][verdict];
		row->cells[cell] = row->text[cell];
		sprintf(row->text[cell], "%" PRIu64, sum);
	}
	row->cells[VRF] = *pool->vrf ? pool->vrf : "-";
}

static bool has_vrf(const struct policy *policy)
{
	size_t i;

	for (i = 0; i < policy->pool_count; i++)
		if (*policy->pools[i].vrf)
			return true;
	return false;
}

/*
 * All pools, one a line, with the sums of their counters over the classes. The last column is only
 * there if a pool has something in it.
 */
static void print_table(const struct policy *policy)
{
	int cells = has_vrf(policy) ? CELLS : VRF;
	struct column columns[CELLS] = {};
	struct row row;
	int passes, cell;
	size_t i;

	for (cell = COUNTS; cell < VRF; cell++)
		columns[cell].right = true;
	row_fit(columns, cells, titles);
	for (passes = 0; passes < 2; passes++) {
		if (passes) {
			row_print(columns, cells, titles);
			columns[NAME].colour = POOL_COLOUR;
		}
		for (i = 0; i < policy->pool_count; i++) {
			if (!policy->pools[i].present)
				continue;
			make_row(&row, policy->names->name[i].text, &policy->pools[i]);
			if (passes)
				row_print(columns, cells, row.cells);
			else
				row_fit(columns, cells, row.cells);
		}
	}
}

/* One pool: its settings, and its counters by class and verdict. */
static void print_pool(const char *name, const struct pool *pool)
{
	char log[KEYWORD_NUMBER_MAX] = "off";
	struct row row;
	int class, verdict;

	if (pool->log != OP25B_LOG_OFF)
		sprintf(log, "%" PRId32, pool->log);
	make_row(&row, name, pool);
	output_coloured(POOL_COLOUR, name);
	if (*pool->vrf)
		printf("  vrf %s", pool->vrf);
	printf("  mode %s  action %s  guard %s  subscriber %" PRIu32 "  log %s\n", row.cells[MODE],
	       row.cells[ACTION], pool->guard ? row.cells[GUARD] : "none", pool->subscriber, log);
	printf("    prefixes %s  exempts %s  relays %s  targets %s  senders %s\n",
	       row.cells[COUNTS + PREFIXES], row.cells[COUNTS + EXEMPTS],
	       row.cells[COUNTS + RELAYS], row.cells[COUNTS + TARGETS],
	       pool->sender_counted ? row.cells[SENDERS] : "off");
	printf("    %-9s", "packets");
	for (verdict = OP25B_VERDICT_BLOCKED; verdict < VERDICTS; verdict++)
		printf("  %12s", keyword_name(&verdict_keywords, verdict));
	putchar('\n');
	for (class = 0; class < CLASSES; class++) {
		printf("    %-9s", keyword_name(&class_keywords, class));
		for (verdict = OP25B_VERDICT_BLOCKED; verdict < VERDICTS; verdict++)
			printf("  %12" PRIu64, pool->packets[class][verdict]);
		putchar('\n');
	}
}

static int run_show(struct control *control, struct words *words)
{
	struct names names = {};
	struct policy policy = { .names = &names };
	struct name name = {};
	int status = DONE;

	if (words_peek(words))
		status = pool_name_parse(&name, words);
	if (!status)
		status = words_end(words);
	if (!status)
		status = read_pools(control, &policy, &name);
	if (!status && control->json)
		print_json(&policy);
	else if (!status && *name.text && policy.pool_count)
		print_pool(name.text, &policy.pools[0]);
	else if (!status && !*name.text && listing_is_shown(policy.pool_count))
		print_table(&policy);
	policy_free(&policy);
	names_free(&names);
	return status;
}

static int run_reset(struct control *control, struct words *words)
{
	struct message request = {};
	struct name name = {};
	int status = DONE;

	if (words_peek(words))
		status = pool_name_parse(&name, words);
	if (!status)
		status = words_end(words);
	if (status)
		return status;
	message_begin(&request, OP25B_CMD_POOL_RESET, NLM_F_ACK);
	if (*name.text)
		message_put_string(&request, OP25B_A_POOL, name.text);
	status = control_ask(control, &request, NULL, NULL);
	message_free(&request);
	return status;
}

static const struct command commands[] = {
	{ "add", .parse = parse_add },
	{ "set", .parse = parse_set },
	{ "del", .parse = parse_del },
	{ "show", .run = run_show },
	{ "reset", .run = run_reset },
	{}
};

const struct object pool_object = {
	.name = "pool",
	.commands = commands,
	.grammar =
		"  pool add NAME [mode MODE] [action ACTION] [guard GUARD…]… [vrf DEVICE]\n"
		"           [senders on|off] [subscriber LEN] [log GROUP|off] [prefix PREFIX…]…\n"
		"  pool set NAME [mode MODE] [action ACTION] [guard GUARD…|guard none]…\n"
		"           [senders on|off] [subscriber LEN] [log GROUP|off]\n"
		"  pool del NAME\n"
		"  pool show [NAME]\n"
		"  pool reset [NAME]\n",
	.help =
		"NAME    1 to 31 of A-Z a-z 0-9 _ . -, not starting with . or -\n"
		"MODE    enforce: block; observe: let pass, and count what would be blocked; off:\n"
		"        neither block nor count\n"
		"ACTION  how a SYN is blocked: drop, tcp-reset or admin-prohibited\n"
		"GUARD   also block packets to the pool: synack: SYN-ACKs from port 25;\n"
		"        inbound: SYNs to port 25, and what could still become one. Or spoofed:\n"
		"        count apart, and never answer, what fails the reverse path check; softwire:\n"
		"        look into IPv4 inside IPv6 (DS-Lite, MAP-E)\n"
		"DEVICE  the VRF that the pool belongs to, by the name of its device, which need\n"
		"        not exist yet: the pool then has only what comes in this VRF\n"
		"LEN     the prefix length that a customer gets of IPv6: 1 to 128, such as 56; of\n"
		"        IPv4, each address is a subscriber\n"
		"GROUP   0 to 65535: log senders to this group of NFLOG, for ulogd2 and others: the\n"
		"        first packet of each, then at most one a minute; needs senders on\n"
		"PREFIX  an IPv4 or IPv6 prefix or address; \"-\": a list on standard input\n"
		"\n"
		"A new pool has the mode enforce, the action drop, no guard, no VRF, senders off,\n"
		"subscriber 64 and log off, unless given. senders on: record which subscribers\n"
		"try to open port 25, see \"op25bctl sender help\". reset sets counters to zero.\n"
		"\n"
		"Example:\n"
		"  op25bctl pool add east mode observe prefix 10.0.0.0/24 2001:db8:1::/48\n"
		"  op25bctl pool set east mode enforce guard synack\n",
};
