// SPDX-License-Identifier: GPL-2.0
/*
 * Which packets are logged, and counted for whom: op25b_log.c and op25b_recorder.c, with a table of
 * senders for each of a few processors
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include <linux/kmod.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <linux/percpu.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <net/netfilter/nf_log.h>

#include "check.h"
#include "op25b_log.h"
#include "op25b_recorder.h"
#include "op25b_sender_table.h"
#include "op25b_workqueue.h"

#define MINUTE	(60 * NSEC_PER_SEC)

struct workqueue_struct *op25b_workqueue;

static struct op25b_table table;
static struct op25b_pool pool = { .name = "east" };
static struct op25b_pool_conf conf = {
	.pool = &pool,
	.settings = { .senders = true, .log = true, .log_group = 5, .subscriber = 64 },
};

/* What has been logged, and references to the loggers */
static unsigned int logged;
static struct nf_loginfo info;
static char prefix[64];
static u8 family_logged;
static int loggers[2], requests;
static bool loaded, loadable, lacks_ipv6;

int request_module(const char *name)
{
	CHECK(!strcmp(name, "nfnetlink_log"));
	requests++;
	loaded = loadable;
	return 0;
}

int nf_logger_find_get(int pf, enum nf_log_type type)
{
	CHECK(type == NF_LOG_TYPE_ULOG && (pf == NFPROTO_IPV4 || pf == NFPROTO_IPV6));
	if (!loaded || (lacks_ipv6 && pf == NFPROTO_IPV6))
		return -ENOENT;
	loggers[pf == NFPROTO_IPV6]++;
	return 0;
}

void nf_logger_put(int pf, enum nf_log_type type)
{
	CHECK(type == NF_LOG_TYPE_ULOG && loggers[pf == NFPROTO_IPV6] > 0);
	loggers[pf == NFPROTO_IPV6]--;
}

void nf_log_packet(struct net *net, u8 pf, unsigned int hooknum, const struct sk_buff *skb,
		   const struct net_device *in, const struct net_device *out,
		   const struct nf_loginfo *by, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	vsnprintf(prefix, sizeof(prefix), format, values);
	va_end(values);
	family_logged = pf;
	info = *by;
	logged++;
}

/* The tables, which op25b_sender_table.c makes in the kernel */

struct op25b_senders *op25b_senders_alloc(void)
{
	struct op25b_senders *senders = kzalloc(sizeof(*senders), GFP_KERNEL);
	int cpu;

	if (!senders)
		return NULL;
	senders->hash = op25b_siphash_init(chance(), chance());
	senders->multiplier[0] = senders->multiplier[1] = 1;
	senders->cpu = alloc_percpu_gfp(struct op25b_sender_cpu, GFP_KERNEL);
	for_each_possible_cpu(cpu)
		per_cpu_ptr(senders->cpu, cpu)->table =
			kzalloc(sizeof(struct op25b_sender_table), GFP_KERNEL);
	return senders;
}

void op25b_senders_release(struct op25b_senders *senders)
{
	int cpu;

	for_each_possible_cpu(cpu)
		kfree(per_cpu_ptr(senders->cpu, cpu)->table);
	free_percpu(senders->cpu);
	kfree(senders);
}

void op25b_senders_purge(struct op25b_senders *senders)
{
}

/* A SYN that is counted, and logged if it is due. Returns whether it was logged. */
static bool send_packet(u8 *bytes, unsigned int len, enum op25b_family family,
			enum op25b_verdict verdict, int cpu)
{
	struct sk_buff skb = { .data = bytes, .len = len };
	struct nf_hook_state state = { 0 };
	unsigned int before = logged;

	shim_cpu = cpu;
	rcu_read_lock();
	if (family == OP25B_IPV4)
		op25b_recorder_count_ipv4(&conf, &skb);
	else
		op25b_recorder_count_ipv6(&conf, &skb);
	op25b_log_packet(&conf, &skb, &state, family, verdict);
	rcu_read_unlock();
	return logged != before;
}

static bool send_ipv4(u32 src, int cpu)
{
	u8 bytes[40] = { 0x45, [9] = 6, [12] = src >> 24, src >> 16, src >> 8, src, [20] = 0x12, 0x34 };

	return send_packet(bytes, sizeof(bytes), OP25B_IPV4, OP25B_VERDICT_BLOCKED, cpu);
}

static bool send_ipv6(u8 subscriber, u8 host, int cpu)
{
	u8 bytes[60] = { 0x60, [6] = 6, [8] = 0x20, [15] = subscriber, [23] = host, [40] = 0x12, 0x34 };

	return send_packet(bytes, sizeof(bytes), OP25B_IPV6, OP25B_VERDICT_OBSERVED, cpu);
}

/* When a processor believes that a sender was logged */
static u32 marked(u32 src, int cpu)
{
	struct op25b_sender_table *own = per_cpu_ptr(conf.recorder->senders->cpu, cpu)->table;
	unsigned int set, i;

	for (set = 0; set < OP25B_SENDER_SETS; set++)
		for (i = 0; i < OP25B_SENDER_ROWS; i++)
			if (own->set[set].row[i].subscriber.hi == (u64)src << 32 &&
			    own->set[set].row[i].logged)
				return own->logged[set][i];
	return 0;
}

static int setup(void **state)
{
	(void)state;
	/* the middle of a second */
	shim_clock += NSEC_PER_SEC - shim_clock % NSEC_PER_SEC + NSEC_PER_SEC / 2;
	conf.recorder = op25b_recorder_alloc(&table, &pool, 64);
	CHECK(conf.recorder);
	op25b_recorder_enter(conf.recorder);
	return 0;
}

static int teardown(void **state)
{
	struct op25b_recorder *recorder = conf.recorder;

	(void)state;
	op25b_recorder_leave(&table, recorder);
	op25b_recorder_free(recorder);
	CHECK(shim_slab.live == 0);
	return 0;
}

/* The first packet of a sender, then at most one a minute */
static void test_once_a_minute(void **state)
{
	(void)state;
	CHECK(send_ipv4(0x0a000001, 0));
	CHECK(!strcmp(prefix, "op25b east blocked") && family_logged == NFPROTO_IPV4);
	CHECK(info.type == NF_LOG_TYPE_ULOG && info.u.ulog.group == 5);
	CHECK(!send_ipv4(0x0a000001, 0));
	CHECK(send_ipv4(0x0a000002, 0));
	shim_clock += MINUTE - NSEC_PER_SEC;
	CHECK(!send_ipv4(0x0a000001, 0) && !send_ipv4(0x0a000002, 0));
	shim_clock += NSEC_PER_SEC;
	CHECK(send_ipv4(0x0a000001, 0) && !send_ipv4(0x0a000001, 0));
	shim_clock += 5 * MINUTE;
	CHECK(send_ipv4(0x0a000001, 0) && send_ipv4(0x0a000002, 0));
}

/* One of IPv6 is a prefix, of the length that the pool says. */
static void test_subscribers(void **state)
{
	(void)state;
	CHECK(send_ipv6(1, 1, 0));
	CHECK(!strcmp(prefix, "op25b east observed") && family_logged == NFPROTO_IPV6);
	CHECK(!send_ipv6(1, 2, 0));
	CHECK(send_ipv6(2, 1, 0));
}

/*
 * Of a packet inside of another one, the sender is the outer source; destination and source port are
 * those inside, behind options
 */
static void test_softwire(void **state)
{
	struct op25b_sender_table *own = per_cpu_ptr(conf.recorder->senders->cpu, 0)->table;
	const struct op25b_sender_row *row = NULL;
	unsigned int set, i, head, passes;
	u8 bytes[84] = { 0x60, [6] = 4, [8] = 0x20, [23] = 9, [24] = 0x20, [40] = 0x46, [49] = 6,
			 [64] = 0x43, 0x21 };
	struct sk_buff skb = { .data = bytes, .len = sizeof(bytes), .rest = bytes };

	(void)state;
	conf.recorder->senders->multiplier[0] = 0x9e3779b97f4a7c15;
	shim_cpu = 0;
	for (passes = 1; passes <= 3; passes++) {
		/* another destination each time, once with its addresses in the second piece */
		bytes[59] = passes == 3 ? 1 : passes;
		head = passes == 2 ? 40 : sizeof(bytes);
		skb.data_len = skb.len - head;
		skb.rest = bytes + head;
		rcu_read_lock();
		op25b_recorder_count_softwire(&conf, &skb, 40);
		rcu_read_unlock();
		for (set = 0; set < OP25B_SENDER_SETS && !row; set++)
			for (i = 0; i < OP25B_SENDER_ROWS && !row; i++)
				if (own->set[set].row[i].subscriber.hi == 0x20ULL << 56)
					row = &own->set[set].row[i];
		CHECK(row && row->packets == passes && row->port == 0x4321);
	}
	CHECK(__builtin_popcountll(row->seen[0]) + __builtin_popcountll(row->seen[1]) == 2);
}

/* Packets of a sender may come to any processor. */
static void test_processors(void **state)
{
	int cpu;

	(void)state;
	CHECK(send_ipv4(0x0a000001, 2));
	for (cpu = 0; cpu < SHIM_CPUS; cpu++) {
		CHECK(!send_ipv4(0x0a000001, cpu));
		/* it need not look elsewhere again */
		CHECK(marked(0x0a000001, cpu) == op25b_sender_now());
	}
	CHECK(send_ipv4(0x0a000002, 0) && !send_ipv4(0x0a000002, 3));
	/* that is when it was logged, not when it was looked for */
	shim_clock += MINUTE / 2;
	CHECK(!send_ipv4(0x0a000002, 1));
	CHECK(marked(0x0a000002, 1) == op25b_sender_now() - 30);
	shim_clock -= MINUTE / 2;
	shim_clock += MINUTE;
	CHECK(send_ipv4(0x0a000001, 1));
	for (cpu = 0; cpu < SHIM_CPUS; cpu++)
		CHECK(!send_ipv4(0x0a000001, cpu));
}

/* Each processor logs a hundred packets of a pool in a second. */
static void test_limit(void **state)
{
	unsigned int i, n = 0;

	(void)state;
	for (i = 0; i < 300; i++)
		n += send_ipv4(0x0a000000 + i, 0);
	CHECK(n == 100);
	/* who was not logged is as soon as there is room, and others are not again */
	CHECK(send_ipv4(0x0a000000 + 150, 1));
	shim_clock += NSEC_PER_SEC;
	for (i = 0; i < 300; i++)
		n += send_ipv4(0x0a000000 + i, 0);
	CHECK(n == 200);
	shim_clock += NSEC_PER_SEC;
	for (i = 0; i < 300; i++)
		n += send_ipv4(0x0a000000 + i, 0);
	CHECK(n == 299);
}

/* Whoever takes the place of a sender that was logged, or comes again, is new. */
static void test_rows_that_begin(void **state)
{
	struct op25b_sender_table *own = per_cpu_ptr(conf.recorder->senders->cpu, 0)->table;
	unsigned int set, i;

	(void)state;
	CHECK(send_ipv4(0x0a000001, 0) && !send_ipv4(0x0a000001, 0));
	for (set = 0; set < OP25B_SENDER_SETS; set++)
		for (i = OP25B_SENDER_ROWS; i--;)	/* the first one is taken again */
			op25b_sender_end(&own->set[set], i);
	CHECK(send_ipv4(0x0a000001, 0) && !send_ipv4(0x0a000001, 0));
}

/* A sender without a row is not logged: there, others send more. */
static void test_no_row(void **state)
{
	struct op25b_sender_table *own = per_cpu_ptr(conf.recorder->senders->cpu, 0)->table;
	unsigned int set, i;

	(void)state;
	for (set = 0; set < OP25B_SENDER_SETS; set++)
		for (i = 0; i < OP25B_SENDER_ROWS; i++) {
			own->set[set].weight[i] = 2;
			own->set[set].row[i].pool = 1;
		}
	CHECK(!send_ipv4(0x0a000001, 0));
}

/* --- what is counted --- */

#define SENDERS		8000

/* A SYN of one of SENDERS; half of them are of IPv6, some packets have options */
static void count_packet(unsigned int sender, u16 port)
{
	u8 bytes[64] = { 0 }, *tcp;
	struct sk_buff skb = { .data = bytes, .len = sizeof(bytes) };
	enum op25b_family family = sender & 1 ? OP25B_IPV6 : OP25B_IPV4;
	bool options = !chance_below(4);

	if (family == OP25B_IPV4) {
		bytes[0] = options ? 0x46 : 0x45;
		bytes[9] = 6;
		bytes[12] = 10;
		bytes[14] = sender >> 8;
		bytes[15] = sender;
		tcp = bytes + (options ? 24 : 20);
	} else {
		bytes[0] = 0x60;
		bytes[6] = 6;
		bytes[8] = 0x20;
		bytes[14] = sender >> 8;
		bytes[15] = sender;
		bytes[23] = chance();
		options = false;
		tcp = bytes + 40;
	}
	tcp[0] = port >> 8;
	tcp[1] = port;
	if (options)
		op25b_recorder_count(&conf, &skb, family);
	else if (family == OP25B_IPV4)
		op25b_recorder_count_ipv4(&conf, &skb);
	else
		op25b_recorder_count_ipv6(&conf, &skb);
}

/* More senders than there are rows, some of which send often: those have a row, and one only */
static void test_counts(void **state)
{
	struct op25b_sender_table *own = per_cpu_ptr(conf.recorder->senders->cpu, 0)->table;
	static u64 exact[SENDERS], error[SENDERS], packets[SENDERS];
	static u16 port[SENDERS];
	const struct op25b_sender_row *row;
	unsigned int set, i, n, sender, often = 0, rows = 0;
	u64 lost = 0;

	(void)state;
	shim_cpu = 0;
	for (n = 0; n < 400000; n++) {
		sender = chance_below(1 + chance_below(1 + chance_below(SENDERS)));
		port[sender] = chance();
		exact[sender]++;
		count_packet(sender, port[sender]);
	}
	for (set = 0; set < OP25B_SENDER_SETS; set++) {
		lost = own->set[set].lost > lost ? own->set[set].lost : lost;
		for (i = 0; i < OP25B_SENDER_ROWS; i++) {
			row = &own->set[set].row[i];
			if (!row->pool)
				continue;
			sender = row->subscriber.hi >> (row->pool & 1 ? 0 : 32) & 0xffff;
			CHECK(!row->subscriber.lo && (sender & 1) == (row->pool & 1));
			CHECK(sender < SENDERS && !packets[sender], "%u", sender);
			CHECK(row->port == port[sender], "%u", sender);
			packets[sender] = row->packets;
			error[sender] = row->error;
			rows++;
		}
	}
	CHECK(rows > OP25B_SENDER_SETS * OP25B_SENDER_ROWS * 3 / 4, "%u", rows);
	for (i = 0; i < SENDERS; i++) {
		CHECK(packets[i] <= exact[i], "%u: %llu of %llu", i, packets[i], exact[i]);
		CHECK(exact[i] <= packets[i] + (packets[i] ? error[i] : lost), "%u", i);
		often += i < 100 && packets[i] > exact[i] / 2;
	}
	CHECK(often > 95, "%u", often);
	n = op25b_recorder_estimate(conf.recorder);
	for (sender = 0, i = 0; i < SENDERS; i++)
		sender += !!exact[i];
	CHECK(n > sender * 19 / 20 && n < sender * 21 / 20, "%u, not %u", n, sender);
}

static void test_loggers(void **state)
{
	struct netlink_ext_ack extack = { 0 };

	(void)state;
	CHECK(op25b_log_require(&extack) == -EOPNOTSUPP && requests == 1);
	CHECK(!strcmp(extack._msg, "log needs the module nfnetlink_log: load it first"));
	loadable = lacks_ipv6 = true;
	CHECK(op25b_log_require(&extack) == -EOPNOTSUPP);
	CHECK(!loggers[0] && !loggers[1]);
	lacks_ipv6 = false;
	loaded = false;
	requests = 0;
	CHECK(op25b_log_require(&extack) == 0 && requests == 1);
	CHECK(op25b_log_require(&extack) == 0 && requests == 1);
	CHECK(loggers[0] == 1 && loggers[1] == 1);
	op25b_log_exit();
	CHECK(!loggers[0] && !loggers[1]);
}

/* Each allocation fails in turn. */
static void test_out_of_memory(void **state)
{
	struct op25b_recorder *recorder;
	long live = shim_slab.live;
	unsigned long fail_at;

	(void)state;
	for (fail_at = 1;; fail_at++) {
		shim_slab_fail(fail_at, false);
		recorder = op25b_recorder_alloc(&table, &pool, 64);
		shim_slab_fail(0, false);
		if (recorder)
			break;
		CHECK(shim_slab.live == live);
	}
	CHECK(fail_at == 4);
	op25b_recorder_discard(&table, recorder);
	CHECK(shim_slab.live == live);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_once_a_minute, setup, teardown),
		cmocka_unit_test_setup_teardown(test_subscribers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_softwire, setup, teardown),
		cmocka_unit_test_setup_teardown(test_processors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rows_that_begin, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_row, setup, teardown),
		cmocka_unit_test_setup_teardown(test_counts, setup, teardown),
		cmocka_unit_test(test_loggers),
		cmocka_unit_test_setup_teardown(test_out_of_memory, setup, teardown),
	};

	return CHECK_RUN("log", tests);
}
