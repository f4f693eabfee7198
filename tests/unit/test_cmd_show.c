// SPDX-License-Identifier: GPL-2.0
/* The JSON documents and the tables, byte by byte. */
#include <jansson.h>

#include "address.h"
#include "report.h"
#include "test_cmd.h"

static void put_prefix(struct message *message, uint16_t type, const char *text,
		       const struct exempt_options *options)
{
	struct prefix prefix;

	assert_int_equal(prefix_parse(&prefix, text), DONE);
	message_put_prefix(message, type, &prefix, options);
}

/* One entry of a list, as the kernel sends it. */
static void put_entry(uint8_t command, const char *pool, const char *prefix, uint32_t timeout,
		      const char *comment)
{
	struct exempt_options options = { timeout, comment };
	struct message *message = kernel_answer(command);

	if (pool)
		message_put_string(message, OP25B_A_POOL, pool);
	put_prefix(message, OP25B_A_PREFIX, prefix, &options);
}

/* A pool whose counters are @base + 10 * class + verdict. */
static void put_pool(const char *name, uint32_t mode, uint32_t action, uint32_t guard,
		     uint32_t count, uint64_t base)
{
	struct message *message = kernel_answer(OP25B_CMD_POOL_GET);
	struct nlattr *packets, *verdicts;
	struct nlmsghdr *header;
	int class, verdict;

	message_put_string(message, OP25B_A_POOL, name);
	message_put_u32(message, OP25B_A_MODE, mode);
	message_put_u32(message, OP25B_A_ACTION, action);
	message_put_u32(message, OP25B_A_GUARD, guard);
	message_put_u32(message, OP25B_A_PREFIX_COUNT, count);
	message_put_u32(message, OP25B_A_EXEMPT_COUNT, count + 1);
	message_put_u32(message, OP25B_A_RELAY_COUNT, count + 2);
	message_put_u32(message, OP25B_A_TARGET_COUNT, count + 3);
	message->data = realloc(message->data, 4096);
	message->size = 4096;
	header = message_header(message);
	packets = mnl_attr_nest_start(header, OP25B_A_PACKETS);
	for (class = OP25B_A_PACKETS_SYN; class <= OP25B_A_PACKETS_MAX; class++) {
		verdicts = mnl_attr_nest_start(header, class);
		for (verdict = OP25B_A_VERDICTS_BLOCKED; verdict <= OP25B_A_VERDICTS_EXEMPTED;
		     verdict++)
			mnl_attr_put_u64(header, verdict, base + 10ULL * class + verdict);
		mnl_attr_nest_end(header, verdicts);
	}
	mnl_attr_nest_end(header, packets);
}

/* A sender, with a first and a last packet 1000 seconds apart. */
static void put_sender(const char *pool, const char *subscriber, uint64_t packets, uint64_t error,
		       uint32_t destinations, uint16_t port, uint64_t first)
{
	struct message *message = kernel_answer(OP25B_CMD_SENDER_GET);
	struct nlmsghdr *header;
	struct nlattr *nest;

	message_put_string(message, OP25B_A_POOL, pool);
	put_prefix(message, OP25B_A_PREFIX, subscriber, NULL);
	header = message_header(message);
	nest = mnl_attr_nest_start(header, OP25B_A_SENDER);
	mnl_attr_put_u64(header, OP25B_A_SENDER_PACKET_COUNT, packets);
	mnl_attr_put_u64(header, OP25B_A_SENDER_ERROR, error);
	mnl_attr_put_u32(header, OP25B_A_SENDER_DESTINATION_COUNT, destinations);
	mnl_attr_put_u16(header, OP25B_A_SENDER_PORT, port);
	mnl_attr_put_u64(header, OP25B_A_SENDER_FIRST, first);
	mnl_attr_put_u64(header, OP25B_A_SENDER_LAST, first + 1000);
	mnl_attr_nest_end(header, nest);
}

static void expect(const char *line, const char *output)
{
	op25bctl(line);
	assert_string_equal(run.err, "");
	assert_string_equal(run.out, output);
	assert_int_equal(run.code, DONE);
}

/* Compares the JSON byte by byte, with the members in documented order, and parses it. */
static void expect_json(const char *line, const char *document)
{
	char output[4096];
	json_t *json;

	snprintf(output, sizeof(output), "%s\n", document);
	expect(line, output);
	json = json_loads(run.out, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	json_decref(json);
}

static void test_pools(void **state)
{
	(void)state;
	expect_json("-j pool show", "[]");
	expect("pool show", "");

	put_pool("east", OP25B_MODE_ENFORCE, OP25B_ACTION_DROP, OP25B_GUARD_SYNACK, 2, 100);
	put_pool("wholesale.isp", OP25B_MODE_OFF, OP25B_ACTION_ADMIN_PROHIBITED,
		 OP25B_GUARD_SYNACK | OP25B_GUARD_INBOUND, 0, 1000000000000);
	expect_json("--json pool",
		    "[{\"name\":\"east\",\"vrf\":null,\"mode\":\"enforce\",\"action\":\"drop\",\"guard\":[\"synack\"],\"log\":null,\"subscriber\":64,"
		    "\"prefixes\":2,\"exempts\":3,\"relays\":4,\"targets\":5,\"senders\":null,\"packets\":{"
		    "\"syn\":{\"blocked\":112,\"observed\":113,\"relayed\":114,\"exempted\":115},"
		    "\"malformed\":{\"blocked\":122,\"observed\":123,\"relayed\":124,\"exempted\":125},"
		    "\"synack\":{\"blocked\":132,\"observed\":133,\"relayed\":134,\"exempted\":135},"
		    "\"inbound\":{\"blocked\":142,\"observed\":143,\"relayed\":144,\"exempted\":145},"
		    "\"spoofed\":{\"blocked\":152,\"observed\":153,\"relayed\":154,\"exempted\":155}}},"
		    "{\"name\":\"wholesale.isp\",\"vrf\":null,\"mode\":\"off\",\"action\":\"admin-prohibited\","
		    "\"guard\":[\"synack\",\"inbound\"],\"log\":null,\"subscriber\":64,"
		    "\"prefixes\":0,\"exempts\":1,\"relays\":2,\"targets\":3,\"senders\":null,\"packets\":{"
		    "\"syn\":{\"blocked\":1000000000012,\"observed\":1000000000013,"
		    "\"relayed\":1000000000014,\"exempted\":1000000000015},"
		    "\"malformed\":{\"blocked\":1000000000022,\"observed\":1000000000023,"
		    "\"relayed\":1000000000024,\"exempted\":1000000000025},"
		    "\"synack\":{\"blocked\":1000000000032,\"observed\":1000000000033,"
		    "\"relayed\":1000000000034,\"exempted\":1000000000035},"
		    "\"inbound\":{\"blocked\":1000000000042,\"observed\":1000000000043,"
		    "\"relayed\":1000000000044,\"exempted\":1000000000045},"
		    "\"spoofed\":{\"blocked\":1000000000052,\"observed\":1000000000053,"
		    "\"relayed\":1000000000054,\"exempted\":1000000000055}}}]");
	expect("pool",
	       "POOL           MODE     ACTION            GUARD           PREFIXES  EXEMPTS  RELAYS  TARGETS  SENDERS"
	       "        BLOCKED       OBSERVED        RELAYED       EXEMPTED\n"
	       "east           enforce  drop              synack                 2        3       4        5        -"
	       "            660            665            670            675\n"
	       "wholesale.isp  off      admin-prohibited  synack,inbound         0        1       2        3        -"
	       "  5000000000160  5000000000165  5000000000170  5000000000175\n");

	kernel_reset();
	put_pool("east", OP25B_MODE_OBSERVE, OP25B_ACTION_TCP_RESET, 0, 2, 0);
	expect_json("pool show east -j",
		    "[{\"name\":\"east\",\"vrf\":null,\"mode\":\"observe\",\"action\":\"tcp-reset\",\"guard\":[],\"log\":null,\"subscriber\":64,"
		    "\"prefixes\":2,\"exempts\":3,\"relays\":4,\"targets\":5,\"senders\":null,\"packets\":{"
		    "\"syn\":{\"blocked\":12,\"observed\":13,\"relayed\":14,\"exempted\":15},"
		    "\"malformed\":{\"blocked\":22,\"observed\":23,\"relayed\":24,\"exempted\":25},"
		    "\"synack\":{\"blocked\":32,\"observed\":33,\"relayed\":34,\"exempted\":35},"
		    "\"inbound\":{\"blocked\":42,\"observed\":43,\"relayed\":44,\"exempted\":45},"
		    "\"spoofed\":{\"blocked\":52,\"observed\":53,\"relayed\":54,\"exempted\":55}}}]");
	expect("pool show east",
	       "east  mode observe  action tcp-reset  guard none  subscriber 64  log off\n"
	       "    prefixes 2  exempts 3  relays 4  targets 5  senders off\n"
	       "    packets         blocked      observed       relayed      exempted\n"
	       "    syn                  12            13            14            15\n"
	       "    malformed            22            23            24            25\n"
	       "    synack               32            33            34            35\n"
	       "    inbound              42            43            44            45\n"
	       "    spoofed              52            53            54            55\n");
}

/* A pool that records senders has their number, which may be 0. */
static void test_pools_with_senders(void **state)
{
	struct message *message = kernel_answer(OP25B_CMD_POOL_GET);

	(void)state;
	message_put_string(message, OP25B_A_POOL, "east");
	message_put_u8(message, OP25B_A_SENDERS, 1);
	message_put_u8(message, OP25B_A_SUBSCRIBER, 56);
	message_put_u32(message, OP25B_A_LOG, OP25B_LOG_MAX);
	mnl_attr_put_u64(message_header(message), OP25B_A_SENDER_COUNT, 1234567890123);
	message = kernel_answer(OP25B_CMD_POOL_GET);
	message_put_string(message, OP25B_A_POOL, "west");
	message_put_u8(message, OP25B_A_SENDERS, 1);
	message_put_u8(message, OP25B_A_SUBSCRIBER, 128);
	mnl_attr_put_u64(message_header(message), OP25B_A_SENDER_COUNT, 0);
	op25bctl("-j pool show");
	assert_non_null(strstr(run.out, "\"guard\":[],\"log\":65535,\"subscriber\":56,\"prefixes\":0,\"exempts\":0,"
				       "\"relays\":0,\"targets\":0,\"senders\":1234567890123,\"packets\""));
	assert_non_null(strstr(run.out, "\"subscriber\":128,\"prefixes\":0,\"exempts\":0,"
				       "\"relays\":0,\"targets\":0,\"senders\":0,\"packets\""));
	expect("pool show",
	       "POOL  MODE     ACTION  GUARD  PREFIXES  EXEMPTS  RELAYS  TARGETS        SENDERS"
	       "  BLOCKED  OBSERVED  RELAYED  EXEMPTED\n"
	       "east  enforce  drop    -             0        0       0        0  1234567890123"
	       "        0         0        0         0\n"
	       "west  enforce  drop    -             0        0       0        0              0"
	       "        0         0        0         0\n");
	op25bctl("pool show east");
	assert_ptr_equal(strstr(run.out, "east  mode enforce  action drop  guard none  subscriber 56  log 65535\n"
			 "    prefixes 0  exempts 0  relays 0  targets 0  senders 1234567890123\n"),
			 run.out);
}

static void test_prefixes(void **state)
{
	(void)state;
	expect_json("-j prefix show", "[]");
	expect("prefix show", "");
	put_entry(OP25B_CMD_PREFIX_GET, "east", "10.0.0.0/24", 0, NULL);
	put_entry(OP25B_CMD_PREFIX_GET, "wholesale", "10.0.1.7", 0, NULL);
	put_entry(OP25B_CMD_PREFIX_GET, "east", "2001:db8::/32", 0, NULL);
	expect_json("-j prefix show", "[{\"pool\":\"east\",\"prefix\":\"10.0.0.0/24\"},"
		    "{\"pool\":\"wholesale\",\"prefix\":\"10.0.1.7/32\"},"
		    "{\"pool\":\"east\",\"prefix\":\"2001:db8::/32\"}]");
	expect("prefix show",
	       "POOL       PREFIX\n"
	       "east       10.0.0.0/24\n"
	       "wholesale  10.0.1.7/32\n"
	       "east       2001:db8::/32\n");
	expect("-c prefix show",
	       "POOL       PREFIX\n"
	       "\033[36meast\033[0m       \033[35m10.0.0.0/24\033[0m\n"
	       "\033[36mwholesale\033[0m  \033[35m10.0.1.7/32\033[0m\n"
	       "\033[36meast\033[0m       \033[34m2001:db8::/32\033[0m\n");
	/* JSON is never coloured. */
	expect_json("-j -c=always prefix show", "[{\"pool\":\"east\",\"prefix\":\"10.0.0.0/24\"},"
		    "{\"pool\":\"wholesale\",\"prefix\":\"10.0.1.7/32\"},"
		    "{\"pool\":\"east\",\"prefix\":\"2001:db8::/32\"}]");
	op25bctl("-c=never status");
}

static void test_exempts(void **state)
{
	char comment[301];

	(void)state;
	put_entry(OP25B_CMD_EXEMPT_GET, "east", "10.0.0.7", 3599, "ticket \"4711\" # \\ \303\274");
	put_entry(OP25B_CMD_EXEMPT_GET, "east", "10.0.0.8", 0, NULL);
	put_entry(OP25B_CMD_EXEMPT_GET, "east", "2001:db8::/64", 5, "");
	/* from another client, which may write any bytes */
	put_entry(OP25B_CMD_EXEMPT_GET, "east", "2001:db8:1::/64", 0, "a\nb\033[31m\377\302\233\303");
	expect_json("-j exempt show",
		    "[{\"pool\":\"east\",\"prefix\":\"10.0.0.7/32\",\"expires\":3599,"
		    "\"comment\":\"ticket \\\"4711\\\" # \\\\ \303\274\"},"
		    "{\"pool\":\"east\",\"prefix\":\"10.0.0.8/32\",\"expires\":null,\"comment\":null},"
		    "{\"pool\":\"east\",\"prefix\":\"2001:db8::/64\",\"expires\":5,\"comment\":null},"
		    "{\"pool\":\"east\",\"prefix\":\"2001:db8:1::/64\",\"expires\":null,"
		    "\"comment\":\"a?b?[31m????\"}]");
	expect("exempt show",
	       "POOL  PREFIX           EXPIRES  COMMENT\n"
	       "east  10.0.0.7/32        3599s  ticket \"4711\" # \\ \303\274\n"
	       "east  10.0.0.8/32            -\n"
	       "east  2001:db8::/64         5s\n"
	       "east  2001:db8:1::/64        -  a?b?[31m????\n");

	/* from a newer kernel, with longer comments */
	kernel_reset();
	sprintf(comment, "%0255d\303\274%040d", 0, 0);
	put_entry(OP25B_CMD_EXEMPT_GET, "e", "::/64", 0, comment);
	comment[255] = '\0';
	op25bctl("exempt show");
	assert_string_equal(strstr(run.out, "-  0") + 3, strcat(comment, "\n"));
}

static void test_relays(void **state)
{
	(void)state;
	put_entry(OP25B_CMD_RELAY_GET, NULL, "192.0.2.0/28", 0, NULL);
	put_entry(OP25B_CMD_RELAY_GET, "east", "2001:db8:25::/64", 0, NULL);
	expect_json("-j relay show", "[{\"prefix\":\"192.0.2.0/28\",\"pool\":null},"
		    "{\"prefix\":\"2001:db8:25::/64\",\"pool\":\"east\"}]");
	expect("relay show",
	       "POOL  PREFIX\n"
	       "*     192.0.2.0/28\n"
	       "east  2001:db8:25::/64\n");
}

static void test_targets(void **state)
{
	(void)state;
	put_entry(OP25B_CMD_TARGET_GET, NULL, "198.51.100.0/24", 0, NULL);
	put_entry(OP25B_CMD_TARGET_GET, "east", "2001:db8:cafe::/48", 0, NULL);
	put_entry(OP25B_CMD_RELAY_GET, NULL, "192.0.2.0/28", 0, NULL);
	expect_json("-j target show", "[{\"prefix\":\"198.51.100.0/24\",\"pool\":null},"
		    "{\"prefix\":\"2001:db8:cafe::/48\",\"pool\":\"east\"}]");
	expect("target show",
	       "POOL  PREFIX\n"
	       "*     198.51.100.0/24\n"
	       "east  2001:db8:cafe::/48\n");
}

/* The most packets first; then by pool and by prefix, in whatever order the kernel has them. */
static void test_senders(void **state)
{
	struct message *message;

	(void)state;
	expect_json("-j sender show", "[]");
	expect("sender show", "");

	put_sender("west", "10.1.0.9", 57, 0, 1, 587, 1795651200);
	put_sender("east", "2001:db8:7::/56", 57, 3, 200, 1024, 1795651200);
	put_sender("east", "10.0.0.70", 57, 0, 2, 65535, 951782399);
	put_sender("east", "10.0.0.8", 57, 0, 3, 40001, 1795823999);
	put_sender("east", "10.0.0.7", 1000000000000, 120, 199, 40123, 0);
	put_sender("east", "10.0.0.9", 56, 0, 1, 1, 4107542400);
	/* what has no pool or subscriber is no sender */
	message_put_string(kernel_answer(OP25B_CMD_SENDER_GET), OP25B_A_POOL, "east");
	put_prefix(kernel_answer(OP25B_CMD_SENDER_GET), OP25B_A_PREFIX, "10.0.0.1", NULL);
	expect_json("-j sender show",
		    "[{\"pool\":\"east\",\"subscriber\":\"10.0.0.7/32\",\"packets\":1000000000000,"
		    "\"error\":120,\"destinations\":199,\"port\":40123,"
		    "\"first\":\"1970-01-01T00:00:00Z\",\"last\":\"1970-01-01T00:16:40Z\"},"
		    "{\"pool\":\"east\",\"subscriber\":\"10.0.0.8/32\",\"packets\":57,"
		    "\"error\":0,\"destinations\":3,\"port\":40001,"
		    "\"first\":\"2026-11-27T23:59:59Z\",\"last\":\"2026-11-28T00:16:39Z\"},"
		    "{\"pool\":\"east\",\"subscriber\":\"10.0.0.70/32\",\"packets\":57,"
		    "\"error\":0,\"destinations\":2,\"port\":65535,"
		    "\"first\":\"2000-02-28T23:59:59Z\",\"last\":\"2000-02-29T00:16:39Z\"},"
		    "{\"pool\":\"east\",\"subscriber\":\"2001:db8:7::/56\",\"packets\":57,"
		    "\"error\":3,\"destinations\":200,\"port\":1024,"
		    "\"first\":\"2026-11-26T00:00:00Z\",\"last\":\"2026-11-26T00:16:40Z\"},"
		    "{\"pool\":\"west\",\"subscriber\":\"10.1.0.9/32\",\"packets\":57,"
		    "\"error\":0,\"destinations\":1,\"port\":587,"
		    "\"first\":\"2026-11-26T00:00:00Z\",\"last\":\"2026-11-26T00:16:40Z\"},"
		    "{\"pool\":\"east\",\"subscriber\":\"10.0.0.9/32\",\"packets\":56,"
		    "\"error\":0,\"destinations\":1,\"port\":1,"
		    "\"first\":\"2100-03-01T00:00:00Z\",\"last\":\"2100-03-01T00:16:40Z\"}]");
	expect("sender show",
	       "POOL  SUBSCRIBER             PACKETS  ERROR  DESTINATIONS   PORT  FIRST                 LAST\n"
	       "east  10.0.0.7/32      1000000000000    120           199  40123  1970-01-01T00:00:00Z  1970-01-01T00:16:40Z\n"
	       "east  10.0.0.8/32                 57      0             3  40001  2026-11-27T23:59:59Z  2026-11-28T00:16:39Z\n"
	       "east  10.0.0.70/32                57      0             2  65535  2000-02-28T23:59:59Z  2000-02-29T00:16:39Z\n"
	       "east  2001:db8:7::/56             57      3          200+   1024  2026-11-26T00:00:00Z  2026-11-26T00:16:40Z\n"
	       "west  10.1.0.9/32                 57      0             1    587  2026-11-26T00:00:00Z  2026-11-26T00:16:40Z\n"
	       "east  10.0.0.9/32                 56      0             1      1  2100-03-01T00:00:00Z  2100-03-01T00:16:40Z\n");

	/* a number that is no time, and no nest at all */
	kernel_reset();
	put_sender("east", "10.0.0.7", 1, 0, 1, 40123, INT64_MAX - 1000);
	op25bctl("-c sender show");
	assert_non_null(strstr(run.out, "\033[36meast\033[0m  \033[35m10.0.0.7/32\033[0m "));
	assert_non_null(strstr(run.out, "40123  -      -\n"));
	op25bctl("-c=never status");
	kernel_reset();
	message = kernel_answer(OP25B_CMD_SENDER_GET);
	message_put_string(message, OP25B_A_POOL, "east");
	put_prefix(message, OP25B_A_PREFIX, "2001:db8::/48", NULL);
	expect_json("-j sender show",
		    "[{\"pool\":\"east\",\"subscriber\":\"2001:db8::/48\",\"packets\":0,"
		    "\"error\":0,\"destinations\":0,\"port\":0,"
		    "\"first\":\"1970-01-01T00:00:00Z\",\"last\":\"1970-01-01T00:00:00Z\"}]");
	/* what was refused is not printed */
	kernel_refuse(OP25B_CMD_SENDER_GET, NULL, EPERM, NULL);
	op25bctl("-j sender show");
	assert_string_equal(run.out, "");
	assert_int_equal(run.code, REFUSED);
}

static void test_test(void **state)
{
	struct message *message;

	(void)state;
	message = kernel_answer(OP25B_CMD_TEST);
	message_put_string(message, OP25B_A_POOL, "east");
	put_prefix(message, OP25B_A_PREFIX, "10.0.0.0/24", NULL);
	put_prefix(message, OP25B_A_RELAY, "192.0.2.0/28", NULL);
	put_prefix(message, OP25B_A_TARGET, "192.0.0.0/16", NULL);
	message_put_u32(message, OP25B_A_VERDICT, OP25B_VERDICT_RELAYED);
	expect_json("-j test 10.0.0.5 192.0.2.3",
		    "{\"src\":\"10.0.0.5\",\"dst\":\"192.0.2.3\",\"vrf\":null,\"pool\":\"east\","
		    "\"prefix\":\"10.0.0.0/24\",\"exempt\":false,\"session\":null,\"relay\":\"192.0.2.0/28\","
		    "\"target\":\"192.0.0.0/16\",\"verdict\":\"relayed\"}");
	expect("test 10.0.0.5 192.0.2.3",
	       "10.0.0.5 to 192.0.2.3 port 25: relayed\n"
	       "  pool    east\n"
	       "  prefix  10.0.0.0/24\n"
	       "  relay   192.0.2.0/28\n"
	       "  target  192.0.0.0/16\n");

	kernel_reset();
	message = kernel_answer(OP25B_CMD_TEST);
	message_put_string(message, OP25B_A_POOL, "east");
	put_prefix(message, OP25B_A_PREFIX, "2001:db8::5", NULL);
	message_put_flag(message, OP25B_A_EXEMPT);
	message_put_u32(message, OP25B_A_VERDICT, OP25B_VERDICT_EXEMPTED);
	expect_json("-j test 2001:DB8::5 ::1",
		    "{\"src\":\"2001:db8::5\",\"dst\":\"::1\",\"vrf\":null,\"pool\":\"east\","
		    "\"prefix\":\"2001:db8::5/128\",\"exempt\":true,\"session\":null,\"relay\":null,\"target\":null,"
		    "\"verdict\":\"exempted\"}");
	expect("test 2001:DB8::5 ::1",
	       "2001:db8::5 to ::1 port 25: exempted\n"
	       "  pool    east\n"
	       "  exempt  2001:db8::5/128\n");

	kernel_reset();
	message = kernel_answer(OP25B_CMD_TEST);
	message_put_u32(message, OP25B_A_VERDICT, OP25B_VERDICT_PASSED);
	expect_json("-j test 10.0.0.5 192.0.2.3",
		    "{\"src\":\"10.0.0.5\",\"dst\":\"192.0.2.3\",\"vrf\":null,\"pool\":null,\"prefix\":null,"
		    "\"exempt\":false,\"session\":null,\"relay\":null,\"target\":null,\"verdict\":\"passed\"}");
	expect("test 10.0.0.5 192.0.2.3", "10.0.0.5 to 192.0.2.3 port 25: passed\n");

	kernel_reset();
	message_put_u32(kernel_answer(OP25B_CMD_TEST), OP25B_A_VERDICT, OP25B_VERDICT_BLOCKED);
	expect("test 10.0.0.5 192.0.2.3", "10.0.0.5 to 192.0.2.3 port 25: blocked\n");
	kernel_reset();
	message_put_u32(kernel_answer(OP25B_CMD_TEST), OP25B_A_VERDICT, OP25B_VERDICT_OBSERVED);
	expect("test 10.0.0.5 192.0.2.3", "10.0.0.5 to 192.0.2.3 port 25: observed\n");
	kernel_reset();
	message_put_u32(kernel_answer(OP25B_CMD_TEST), OP25B_A_VERDICT, 99);
	expect("test 10.0.0.5 192.0.2.3", "10.0.0.5 to 192.0.2.3 port 25: 99\n");
}

/* The samples of a metric, in its order */
static void expect_samples(const char *name, const char *type, const char *samples)
{
	char start[128], *help, *end;
	size_t length = strlen(samples);

	snprintf(start, sizeof(start), "# HELP %s ", name);
	help = strstr(run.out, start);
	assert_non_null(help);
	snprintf(start, sizeof(start), "# TYPE %s %s\n", name, type);
	end = strchr(help, '\n') + 1;
	assert_ptr_equal(strstr(help, start), end);
	end += strlen(start);
	assert_int_equal(strncmp(end, samples, length), 0);
	assert_true(!end[length] || !strncmp(end + length, "# HELP ", 7));
}

static void test_metrics(void **state)
{
	struct message *message;

	(void)state;
	kernel.outdated = true;
	put_pool("east", OP25B_MODE_ENFORCE, OP25B_ACTION_DROP, OP25B_GUARD_SYNACK, 2, 100);
	message = kernel_answer(OP25B_CMD_POOL_GET);
	message_put_string(message, OP25B_A_POOL, "west");
	message_put_u32(message, OP25B_A_MODE, OP25B_MODE_OBSERVE);
	message_put_u8(message, OP25B_A_SENDERS, 1);
	mnl_attr_put_u64(message_header(message), OP25B_A_SENDER_COUNT, 1234567890123);
	message = kernel_answer(OP25B_CMD_STATUS_GET);
	message_put_string(message, OP25B_A_VERSION, "1.2\"\\\n3");
	mnl_attr_put_u64(message_header(message), OP25B_A_GENERATION, 7);
	message_put_u32(message, OP25B_A_RELAY_COUNT, 5);
	message_put_u32(message, OP25B_A_TARGET_COUNT, 6);
	message_put_u32(message, OP25B_A_SESSION_COUNT, 9);
	mnl_attr_put_u64(message_header(message), OP25B_A_LOST_COUNT, 8);
	op25bctl("metrics");
	assert_int_equal(run.code, DONE);
	assert_string_equal(run.err, "");
	expect_samples("op25b_info", "gauge", "op25b_info{version=\"1.2\\\"\\\\\\n3\"} 1\n");
	expect_samples("op25b_module_outdated", "gauge", "op25b_module_outdated 1\n");
	expect_samples("op25b_policy_generation", "gauge", "op25b_policy_generation 7\n");
	expect_samples("op25b_policy_unconfirmed", "gauge", "op25b_policy_unconfirmed 0\n");
	expect_samples("op25b_relays", "gauge", "op25b_relays 5\n");
	expect_samples("op25b_targets", "gauge", "op25b_targets 6\n");
	expect_samples("op25b_sessions", "gauge", "op25b_sessions 9\n");
	expect_samples("op25b_events_lost_total", "counter", "op25b_events_lost_total 8\n");
	expect_samples("op25b_pool_info", "gauge",
		       "op25b_pool_info{pool=\"east\",vrf=\"\",mode=\"enforce\",action=\"drop\"} 1\n"
		       "op25b_pool_info{pool=\"west\",vrf=\"\",mode=\"observe\",action=\"drop\"} 1\n");
	expect_samples("op25b_pool_prefixes", "gauge",
		       "op25b_pool_prefixes{pool=\"east\"} 2\nop25b_pool_prefixes{pool=\"west\"} 0\n");
	expect_samples("op25b_pool_exempts", "gauge",
		       "op25b_pool_exempts{pool=\"east\"} 3\nop25b_pool_exempts{pool=\"west\"} 0\n");
	expect_samples("op25b_pool_relays", "gauge",
		       "op25b_pool_relays{pool=\"east\"} 4\nop25b_pool_relays{pool=\"west\"} 0\n");
	expect_samples("op25b_pool_targets", "gauge",
		       "op25b_pool_targets{pool=\"east\"} 5\nop25b_pool_targets{pool=\"west\"} 0\n");
	expect_samples("op25b_pool_senders", "gauge",
		       "op25b_pool_senders{pool=\"west\"} 1234567890123\n");
	/* without the guard, a class that has counted, and one that has not */
	assert_non_null(strstr(run.out, "op25b_packets_total{pool=\"east\",class=\"spoofed\","
			       "verdict=\"exempted\"} 155\n"));
	assert_non_null(strstr(run.out, "op25b_packets_total{pool=\"east\",class=\"synack\","
			       "verdict=\"blocked\"} 132\n"));
	assert_non_null(strstr(run.out, "op25b_packets_total{pool=\"west\",class=\"malformed\","
			       "verdict=\"relayed\"} 0\n"));
	assert_null(strstr(run.out, "pool=\"west\",class=\"synack\""));
	assert_null(strstr(run.out, "op25b_policy_applied_timestamp_seconds"));

	/* with the guard, it is there from the beginning */
	kernel.outdated = false;
	message_put_u32(message, OP25B_A_CONFIRM, 599);
	mnl_attr_put_u64(message_header(message), OP25B_A_APPLIED, 1764302400);
	message = kernel_answer(OP25B_CMD_POOL_GET);
	message_put_string(message, OP25B_A_POOL, "south");
	message_put_u32(message, OP25B_A_GUARD, OP25B_GUARD_INBOUND);
	op25bctl("metrics");
	assert_non_null(strstr(run.out, "{pool=\"south\",class=\"inbound\",verdict=\"blocked\"} 0\n"));
	expect_samples("op25b_module_outdated", "gauge", "op25b_module_outdated 0\n");
	expect_samples("op25b_policy_unconfirmed", "gauge", "op25b_policy_unconfirmed 1\n");
	expect_samples("op25b_policy_applied_timestamp_seconds", "gauge",
		       "op25b_policy_applied_timestamp_seconds 1764302400\n");

	op25bctl("-j metrics");
	assert_int_equal(run.code, USAGE);
	assert_string_equal(run.out, "");
	op25bctl("metrics show east");
	assert_int_equal(run.code, USAGE);
	assert_string_equal(run.out, "");
}

static void test_status(void **state)
{
	struct message *message = kernel_answer(OP25B_CMD_STATUS_GET);

	(void)state;
	message_put_string(message, OP25B_A_VERSION, "1.2.3");
	mnl_attr_put_u64(message_header(message), OP25B_A_GENERATION, 7);
	message_put_u32(message, OP25B_A_POOL_COUNT, 2);
	message_put_u32(message, OP25B_A_PREFIX4_COUNT, 3);
	message_put_u32(message, OP25B_A_PREFIX6_COUNT, 1);
	message_put_u32(message, OP25B_A_EXEMPT_COUNT, 4);
	message_put_u32(message, OP25B_A_RELAY_COUNT, 5);
	message_put_u32(message, OP25B_A_TARGET_COUNT, 6);
	message_put_u32(message, OP25B_A_SESSION_COUNT, 9);
	expect_json("-j status", "{\"version\":\"1.2.3\",\"generation\":7,\"applied\":null,\"confirm\":null,"
		    "\"pools\":2,\"prefixes\":{\"ipv4\":3,\"ipv6\":1},\"exempts\":4,\"relays\":5,\"targets\":6,\"sessions\":9}");
	expect("status",
	       "version     1.2.3\n"
	       "generation  7\n"
	       "pools       2\n"
	       "prefixes    3 IPv4, 1 IPv6\n"
	       "exempts     4\n"
	       "relays      5\n"
	       "targets     6\n"
	       "sessions    9\n");
	kernel.outdated = true;
	expect("status",
	       "version     1.2.3, and another module is installed: see op25b-reload\n"
	       "generation  7\n"
	       "pools       2\n"
	       "prefixes    3 IPv4, 1 IPv6\n"
	       "exempts     4\n"
	       "relays      5\n"
	       "targets     6\n"
	       "sessions    9\n");
	kernel.outdated = false;
	/* a command has changed the policy, and it waits to be confirmed */
	mnl_attr_put_u64(message_header(message), OP25B_A_APPLIED, 1764302400);
	message_put_u32(message, OP25B_A_CONFIRM, 599);
	expect_json("-j status", "{\"version\":\"1.2.3\",\"generation\":7,"
		    "\"applied\":\"2025-11-28T04:00:00Z\",\"confirm\":599,\"pools\":2,"
		    "\"prefixes\":{\"ipv4\":3,\"ipv6\":1},\"exempts\":4,\"relays\":5,\"targets\":6,\"sessions\":9}");
	expect("status",
	       "version     1.2.3\n"
	       "generation  7\n"
	       "applied     2025-11-28T04:00:00Z\n"
	       "confirm     within 599 s, or the policy before comes back\n"
	       "pools       2\n"
	       "prefixes    3 IPv4, 1 IPv6\n"
	       "exempts     4\n"
	       "relays      5\n"
	       "targets     6\n"
	       "sessions    9\n");
}

static void put_event(uint32_t kind, uint32_t command, const char *pool, uint32_t count,
		      uint32_t confirm, bool process)
{
	struct message *message = kernel_answer(OP25B_CMD_POLICY_NTF);

	message_put_u32(message, OP25B_A_EVENT, kind);
	mnl_attr_put_u64(message_header(message), OP25B_A_GENERATION, 8);
	if (command)
		message_put_u32(message, OP25B_A_COMMAND, command);
	if (pool)
		message_put_string(message, OP25B_A_POOL, pool);
	if (count)
		message_put_u32(message, OP25B_A_CHANGE_COUNT, count);
	if (confirm)
		message_put_u32(message, OP25B_A_CONFIRM, confirm);
	if (process) {
		message_put_u32(message, OP25B_A_UID, 1000);
		message_put_u32(message, OP25B_A_PID, 4711);
	}
}

static void put_events(void)
{
	put_event(OP25B_EVENT_CHANGED, OP25B_CMD_PREFIX_ADD, "east", 3, 0, true);
	put_event(OP25B_EVENT_PENDING, 0, NULL, 0, 600, true);
	put_event(OP25B_EVENT_ROLLED_BACK, 0, NULL, 0, 0, false);
	put_event(OP25B_EVENT_EXPIRED, 0, NULL, 2, 0, false);
	put_event(OP25B_EVENT_POOL_GONE, 0, "west", 0, 0, false);
	/* of a newer module */
	put_event(99, 0, NULL, 0, 0, false);
	put_event(OP25B_EVENT_CHANGED, 99, NULL, 0, 0, false);
}

static void test_monitor(void **state)
{
	(void)state;
	put_events();
	kernel.hear_codes[0] = -ENOBUFS;
	op25bctl("monitor");
	assert_int_equal(run.code, DONE);
	assert_string_equal(run.err, "");
	assert_string_equal(without_times(""),
			    "T policy 8: prefix add east (3), by uid 1000 pid 4711\n"
			    "T policy 8: pending, to be confirmed within 600 s, by uid 1000 pid 4711\n"
			    "T policy 8: rolled back\n"
			    "T policy 8: expired (2)\n"
			    "T policy 8: pool gone west\n"
			    "T policy 8: 99\n"
			    "T policy 8: 99\n"
			    "T some events were lost\n");
	kernel_reset();
	put_events();
	kernel.hear_codes[0] = -ENOBUFS;
	op25bctl("-j monitor policy");
	assert_int_equal(run.code, DONE);
	assert_string_equal(without_times("{\"time\":\""),
			    "{\"time\":\"T\",\"event\":\"policy\",\"generation\":8,\"change\":\"prefix add\","
			    "\"pool\":\"east\",\"count\":3,\"confirm\":null,\"uid\":1000,\"pid\":4711}\n"
			    "{\"time\":\"T\",\"event\":\"policy\",\"generation\":8,\"change\":\"pending\","
			    "\"pool\":null,\"count\":null,\"confirm\":600,\"uid\":1000,\"pid\":4711}\n"
			    "{\"time\":\"T\",\"event\":\"policy\",\"generation\":8,\"change\":\"rolled back\","
			    "\"pool\":null,\"count\":null,\"confirm\":null,\"uid\":null,\"pid\":null}\n"
			    "{\"time\":\"T\",\"event\":\"policy\",\"generation\":8,\"change\":\"expired\","
			    "\"pool\":null,\"count\":2,\"confirm\":null,\"uid\":null,\"pid\":null}\n"
			    "{\"time\":\"T\",\"event\":\"policy\",\"generation\":8,\"change\":\"pool gone\","
			    "\"pool\":\"west\",\"count\":null,\"confirm\":null,\"uid\":null,\"pid\":null}\n"
			    "{\"time\":\"T\",\"event\":\"policy\",\"generation\":8,\"change\":\"99\","
			    "\"pool\":null,\"count\":null,\"confirm\":null,\"uid\":null,\"pid\":null}\n"
			    "{\"time\":\"T\",\"event\":\"policy\",\"generation\":8,\"change\":\"99\","
			    "\"pool\":null,\"count\":null,\"confirm\":null,\"uid\":null,\"pid\":null}\n"
			    "{\"time\":\"T\",\"event\":\"lost\"}\n");
}

static void put_sender_event(uint32_t kind)
{
	struct message *message = kernel_answer(OP25B_CMD_SENDER_NTF);
	struct nlmsghdr *header;
	struct nlattr *nest;

	message_put_u32(message, OP25B_A_EVENT, kind);
	message_put_string(message, OP25B_A_POOL, "east");
	put_prefix(message, OP25B_A_PREFIX, "10.0.0.7", NULL);
	message->data = realloc(message->data, 4096);
	message->size = 4096;
	header = message_header(message);
	nest = mnl_attr_nest_start(header, OP25B_A_SENDER);
	mnl_attr_put_u64(header, OP25B_A_SENDER_PACKET_COUNT, 120);
	mnl_attr_put_u64(header, OP25B_A_SENDER_ERROR, 2);
	mnl_attr_put_u32(header, OP25B_A_SENDER_DESTINATION_COUNT, 200);
	mnl_attr_put_u16(header, OP25B_A_SENDER_PORT, 40123);
	mnl_attr_put_u64(header, OP25B_A_SENDER_FIRST, 1764302400);
	mnl_attr_put_u64(header, OP25B_A_SENDER_LAST, 1764303000);
	mnl_attr_nest_end(header, nest);
}

static void test_monitor_senders(void **state)
{
	(void)state;
	put_sender_event(OP25B_EVENT_SENDER_NEW);
	put_sender_event(OP25B_EVENT_SENDER_GROWN);
	op25bctl("monitor senders");
	assert_int_equal(run.code, DONE);
	assert_string_equal(without_times(""),
			    "T sender new: east 10.0.0.7/32, 120 packets to 200+ destinations, port 40123\n"
			    "T sender grown: east 10.0.0.7/32, 120 packets to 200+ destinations, port 40123\n");
	kernel_reset();
	put_sender_event(OP25B_EVENT_SENDER_NEW);
	/* a message without a sender is no event */
	kernel_answer(OP25B_CMD_SENDER_NTF);
	op25bctl("-j monitor");
	assert_string_equal(run.err, "");
	assert_string_equal(without_times("{\"time\":\""),
			    "{\"time\":\"T\",\"event\":\"sender\",\"change\":\"new\",\"pool\":\"east\","
			    "\"subscriber\":\"10.0.0.7/32\",\"packets\":120,\"error\":2,\"destinations\":200,"
			    "\"port\":40123,\"first\":\"2025-11-28T04:00:00Z\","
			    "\"last\":\"2025-11-28T04:10:00Z\"}\n");
	/* without privileges: what anybody may listen to */
	kernel_reset();
	kernel.listen_code = -EPERM;
	kernel.only_senders = true;
	op25bctl("monitor");
	assert_int_equal(run.code, DONE);
	assert_string_equal(run.err,
			    "Warning: events of senders and sessions take CAP_NET_ADMIN, so there are none of them\n");
	assert_string_equal(kernel.log, "LISTEN policy senders sessions\nLISTEN policy\n");
	op25bctl("monitor senders");
	assert_int_equal(run.code, REFUSED);
}

static void test_monitor_ends(void **state)
{
	static const struct {
		int listen_code, hear_code;
		const char *error;
	} ends[] = {
		{ -EPERM, 0, "Error: cannot listen: Operation not permitted\n" },
		{ -EOPNOTSUPP, 0, "Error: the module has no such events: is it older than this command?\n" },
		{ 0, -ENOENT, "Error: the kernel module op25b was removed\n" },
		{ 0, -EBADF, "Error: cannot listen: Bad file descriptor\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		kernel_reset();
		kernel.listen_code = ends[i].listen_code;
		kernel.hear_codes[0] = ends[i].hear_code;
		op25bctl("monitor policy");
		assert_int_equal(run.code, REFUSED);
		assert_string_equal(run.out, "");
		assert_string_equal(run.err, ends[i].error);
	}
}

/* What is no whole policy is not printed. */
static void test_interrupted(void **state)
{
	static const char *const commands[] = { "prefix show", "-j pool show", "save" };
	size_t i;

	(void)state;
	put_entry(OP25B_CMD_PREFIX_GET, "east", "10.0.0.0/24", 0, NULL);
	put_pool("east", OP25B_MODE_ENFORCE, OP25B_ACTION_DROP, 0, 0, 0);
	kernel.interrupted = true;
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		op25bctl(commands[i]);
		assert_int_equal(run.code, REFUSED);
		assert_string_equal(run.out, "");
		assert_string_equal(run.err,
				    "Error: the policy changed while it was read, try again\n");
	}
}

/* On a terminal, an empty table has a header. A script gets no line. */
static void test_empty_tables(void **state)
{
	static const char *const rows[][2] = {
		{ "pool show", "POOL  MODE  ACTION  GUARD  PREFIXES  EXEMPTS  RELAYS  TARGETS  SENDERS  BLOCKED  OBSERVED  RELAYED  EXEMPTED\n" },
		{ "prefix show", "POOL  PREFIX\n" },
		{ "prefix show east", "POOL  PREFIX\n" },
		{ "exempt show", "POOL  PREFIX  EXPIRES  COMMENT\n" },
		{ "relay show", "POOL  PREFIX\n" },
		{ "target show", "POOL  PREFIX\n" },
		{ "sender show", "POOL  SUBSCRIBER  PACKETS  ERROR  DESTINATIONS  PORT  FIRST  LAST\n" },
		{ "sender show east 10.0.0.7", "POOL  SUBSCRIBER  PACKETS  ERROR  DESTINATIONS  PORT  FIRST  LAST\n" },
		{ "-j sender show", "[]\n" },
		{ "-j pool show", "[]\n" },
		{ "-j relay show", "[]\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		op25bctl_on_terminal(rows[i][0]);
		assert_string_equal(run.out, rows[i][1]);
		assert_string_equal(run.err, "");
		assert_int_equal(run.code, DONE);
		expect(rows[i][0], *rows[i][1] == '[' ? "[]\n" : "");
	}
	kernel_refuse(OP25B_CMD_POOL_GET, "eest", ENOENT, "pool does not exist");
	op25bctl_on_terminal("pool show eest");
	assert_string_equal(run.out, "");
	assert_int_equal(run.code, REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_pools),
		TEST(test_pools_with_senders),
		TEST(test_prefixes),
		TEST(test_exempts),
		TEST(test_relays),
		TEST(test_targets),
		TEST(test_senders),
		TEST(test_test),
		TEST(test_metrics),
		TEST(test_status),
		TEST(test_monitor),
		TEST(test_monitor_senders),
		TEST(test_monitor_ends),
		TEST(test_interrupted),
		TEST(test_empty_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
