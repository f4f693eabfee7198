// SPDX-License-Identifier: GPL-2.0
/* The grammar: the message that each command sends, and the errors for wrong usage. */
#include "address.h"
#include "report.h"
#include "test_cmd.h"

#define NAME31 "a123456789b123456789c123456789d"
#define TIMES "timeout takes a time from 1 to 2147483647 seconds, such as 3600, 45s, 30m, 2h or 1d"
#define GROUPS "log takes a group of NFLOG from 0 to 65535, or off"
#define LENGTHS "subscriber takes a prefix length from 1 to 128, such as 56"
#define NAMES "1 to 31 of A-Z a-z 0-9 _ . -, not starting with . or -"

static void put_prefixes(uint8_t command, const char *pool, const char *first, const char *second)
{
	struct message *message = kernel_answer(command);
	struct prefix prefix;

	message_put_string(message, OP25B_A_POOL, pool);
	assert_int_equal(prefix_parse(&prefix, first), DONE);
	message_put_prefix(message, OP25B_A_PREFIX, &prefix, NULL);
	assert_int_equal(prefix_parse(&prefix, second), DONE);
	message_put_prefix(message, OP25B_A_PREFIX, &prefix, NULL);
}

/* Leaves changes in the log. What is asked for a warning is in test_cmd_warnings.c. */
static void forget_questions(void)
{
	char *line = kernel.log, *end;

	for (; *line; line = end) {
		end = strchr(line, '\n') + 1;
		if (!strncmp(line, "TEST ", 5) || !strncmp(line, "RELAY_GET", 9) ||
		    !strncmp(line, "POOL_GET ", 9)) {
			memmove(line, end, strlen(end) + 1);
			end = line;
		}
	}
}

static void test_changes(void **state)
{
	static const char *const rows[][2] = {
		{ "pool add east", "POOL_ADD pool=east\n" },
		{ "pool add " NAME31, "POOL_ADD pool=" NAME31 "\n" },
		{ "pool add _.-", "POOL_ADD pool=_.-\n" },
		{ "pool add mode mode off", "POOL_ADD pool=mode mode=2\n" },
		{ "pool add east mode enforce action drop", "POOL_ADD pool=east mode=0 action=0\n" },
		{ "pool add east action tcp-reset mode observe", "POOL_ADD pool=east mode=1 action=1\n" },
		{ "pool add east action admin-prohibited", "POOL_ADD pool=east action=2\n" },
		{ "pool add east guard synack", "POOL_ADD pool=east guard=1\n" },
		{ "pool add east guard inbound synack mode off", "POOL_ADD pool=east mode=2 guard=3\n" },
		{ "pool add east guard synack guard inbound", "POOL_ADD pool=east guard=3\n" },
		{ "pool add east guard softwire spoofed", "POOL_ADD pool=east guard=12\n" },
		{ "pool add east prefix 10.0.0.0/24 ::/0 mode off prefix 10.0.0.1",
		  "POOL_ADD pool=east mode=2 10.0.0.0/24 ::/0 10.0.0.1/32\n" },
		{ "pool add east senders on", "POOL_ADD pool=east senders=1\n" },
		{ "pool add east senders off subscriber 56 prefix ::/0",
		  "POOL_ADD pool=east senders=0 subscriber=56 ::/0\n" },
		{ "pool add east guard synack senders on subscriber 1",
		  "POOL_ADD pool=east guard=1 senders=1 subscriber=1\n" },
		{ "pool add subscriber subscriber 128", "POOL_ADD pool=subscriber subscriber=128\n" },
		{ "pool add east vrf red prefix ::/0 mode off", "POOL_ADD pool=east mode=2 vrf=red ::/0\n" },
		{ "pool add -f vrf vrf vrf", "POOL_ADD force pool=vrf vrf=vrf\n" },
		{ "pool add east senders on log 0", "POOL_ADD pool=east senders=1 log=0\n" },
		{ "pool add log log 65535 senders on", "POOL_ADD pool=log senders=1 log=65535\n" },
		{ "pool set east log off", "POOL_SET pool=east log=-1\n" },
		{ "pool add -f east", "POOL_ADD force pool=east\n" },
		{ "pool set east mode off", "POOL_SET pool=east mode=2\n" },
		{ "pool set east guard none", "POOL_SET pool=east guard=0\n" },
		{ "pool set east guard synack action drop", "POOL_SET pool=east action=0 guard=1\n" },
		{ "-f pool set east mode off", "POOL_SET pool=east mode=2\n" },
		{ "pool set east senders off", "POOL_SET pool=east senders=0\n" },
		{ "pool set east subscriber 60", "POOL_SET pool=east subscriber=60\n" },
		{ "pool del east", "POOL_DEL pool=east\n" },
		{ "pool del east --force", "POOL_DEL force pool=east\n" },
		{ "prefix add east 10.0.0.0/24 2001:db8::/32",
		  "PREFIX_ADD pool=east 10.0.0.0/24 2001:db8::/32\n" },
		{ "--force prefix add east 10.0.0.0/24", "PREFIX_ADD force pool=east 10.0.0.0/24\n" },
		{ "-force prefix add east 10.0.0.0/24", "PREFIX_ADD force pool=east 10.0.0.0/24\n" },
		{ "-j prefix add east 10.0.0.0/24", "PREFIX_ADD pool=east 10.0.0.0/24\n" },
		{ "prefix del east 10.0.0.0/24", "PREFIX_DEL pool=east 10.0.0.0/24\n" },
		{ "prefix move west 10.0.0.0/24 2001:db8::/32",
		  "PREFIX_MOVE pool=west 10.0.0.0/24 2001:db8::/32\n" },
		{ "prefix move -f west 127.0.0.0/8", "PREFIX_MOVE force pool=west 127.0.0.0/8\n" },
		{ "exempt add east 10.0.0.7", "EXEMPT_ADD pool=east 10.0.0.7/32\n" },
		{ "exempt add east 10.0.0.7 2001:db8::1 timeout 60 comment 'a # \"b\"'",
		  "EXEMPT_ADD pool=east 10.0.0.7/32(60s)(a # \"b\") 2001:db8::1/128(60s)(a # \"b\")\n" },
		{ "exempt add east 10.0.0.7 comment timeout timeout 2147483647",
		  "EXEMPT_ADD pool=east 10.0.0.7/32(2147483647s)(timeout)\n" },
		{ "exempt add east 10.0.0.7 timeout 45s", "EXEMPT_ADD pool=east 10.0.0.7/32(45s)\n" },
		{ "exempt add east 10.0.0.7 timeout 30m", "EXEMPT_ADD pool=east 10.0.0.7/32(1800s)\n" },
		{ "exempt add east 10.0.0.7 timeout 2h", "EXEMPT_ADD pool=east 10.0.0.7/32(7200s)\n" },
		{ "exempt add east 10.0.0.7 timeout 1d", "EXEMPT_ADD pool=east 10.0.0.7/32(86400s)\n" },
		{ "exempt add east 10.0.0.7 timeout 24855d",
		  "EXEMPT_ADD pool=east 10.0.0.7/32(2147472000s)\n" },
		{ "exempt add east 10.0.0.7 timeout 2147483647s",
		  "EXEMPT_ADD pool=east 10.0.0.7/32(2147483647s)\n" },
		{ "exempt add east 10.0.0.7 comment -f", "EXEMPT_ADD pool=east 10.0.0.7/32(-f)\n" },
		{ "exempt add east 10.0.0.7 comment -f -f",
		  "EXEMPT_ADD force pool=east 10.0.0.7/32(-f)\n" },
		{ "exempt add east 10.0.0.7 comment '\340\240\200 \360\237\230\200 \302\240'",
		  "EXEMPT_ADD pool=east 10.0.0.7/32(\340\240\200 \360\237\230\200 \302\240)\n" },
		{ "exempt add comment -f 10.0.0.7", "EXEMPT_ADD force pool=comment 10.0.0.7/32\n" },
		{ "exempt add east 10.0.0.7 comment ''", "EXEMPT_ADD pool=east 10.0.0.7/32\n" },
		{ "exempt del east 10.0.0.7 10.0.0.8", "EXEMPT_DEL pool=east 10.0.0.7/32 10.0.0.8/32\n" },
		{ "relay add 192.0.2.0/28 2001:db8:25::/64", "RELAY_ADD 192.0.2.0/28 2001:db8:25::/64\n" },
		{ "relay add 192.0.2.0/28 pool east", "RELAY_ADD pool=east 192.0.2.0/28\n" },
		{ "relay add 192.0.2.0/28 pool comment -f",
		  "RELAY_ADD force pool=comment 192.0.2.0/28\n" },
		{ "relay del 192.0.2.0/28", "RELAY_DEL 192.0.2.0/28\n" },
		{ "relay del 192.0.2.0/28 pool pool", "RELAY_DEL pool=pool 192.0.2.0/28\n" },
		{ "flush", "FLUSH\n" },
		{ "flush -f", "FLUSH\n" },
		{ "pool reset", "POOL_RESET\n" },
		{ "pool reset east", "POOL_RESET pool=east\n" },
		{ "pool", "POOL_GET\n" },
		{ "pool show", "POOL_GET\n" },
		{ "-j pool show east", "POOL_GET pool=east\n" },
		{ "prefix", "PREFIX_GET\n" },
		{ "prefix show east", "PREFIX_GET pool=east\n" },
		{ "exempt show", "EXEMPT_GET\n" },
		{ "exempt show east", "EXEMPT_GET pool=east\n" },
		{ "relay show", "RELAY_GET\n" },
		{ "target add 192.0.2.0/28 2001:db8:25::/64", "TARGET_ADD 192.0.2.0/28 2001:db8:25::/64\n" },
		{ "target add 192.0.2.0/28 pool east -f", "TARGET_ADD force pool=east 192.0.2.0/28\n" },
		{ "target del 192.0.2.0/28", "TARGET_DEL 192.0.2.0/28\n" },
		{ "target del 192.0.2.0/28 pool east", "TARGET_DEL pool=east 192.0.2.0/28\n" },
		{ "target show", "TARGET_GET\n" },
		{ "sender", "SENDER_GET\n" },
		{ "sender show", "SENDER_GET\n" },
		{ "sender show east", "SENDER_GET pool=east\n" },
		{ "-j sender show east 10.0.0.7", "SENDER_GET pool=east 10.0.0.7/32\n" },
		{ "sender show 10.0.0.7", "SENDER_GET pool=10.0.0.7\n" },
		{ "sender show 10.0.0.7 10.0.0.0/24", "SENDER_GET pool=10.0.0.7 10.0.0.0/24\n" },
		{ "sender reset", "SENDER_RESET\n" },
		{ "sender reset east", "SENDER_RESET pool=east\n" },
		{ "sender reset east 2001:db8::/56", "SENDER_RESET pool=east 2001:db8::/56\n" },
		{ "test 10.0.0.5 192.0.2.3", "TEST 10.0.0.5/32 192.0.2.3/32\n" },
		{ "status", "STATUS_GET\n" },
		{ "save", "POLICY_GET\n" },
		/* with "flush" on standard input */
		{ "restore", "RESTORE_BEGIN\nFLUSH\nEXEMPT_GET restore\nRELAY_GET restore\nRESTORE_COMMIT\n" },
		{ "restore -", "RESTORE_BEGIN\nFLUSH\nEXEMPT_GET restore\nRELAY_GET restore\nRESTORE_COMMIT\n" },
		{ "restore -n", "RESTORE_BEGIN\nFLUSH\nEXEMPT_GET restore\nRELAY_GET restore\n" },
		{ "--dry-run restore", "RESTORE_BEGIN\nFLUSH\nEXEMPT_GET restore\nRELAY_GET restore\n" },
		{ "restore --confirm 10m", "RESTORE_BEGIN\nFLUSH\nEXEMPT_GET restore\nRELAY_GET restore\n"
		  "RESTORE_COMMIT confirm=600\n" },
		{ "--confirm 1 restore -", "RESTORE_BEGIN\nFLUSH\nEXEMPT_GET restore\nRELAY_GET restore\n"
		  "RESTORE_COMMIT confirm=1\n" },
		{ "restore -n --confirm 10m", "RESTORE_BEGIN\nFLUSH\nEXEMPT_GET restore\nRELAY_GET restore\n" },
		{ "confirm", "CONFIRM\n" },
		{ "rollback", "ROLLBACK\n" },
		{ "monitor", "LISTEN policy senders sessions\n" },
		{ "monitor senders", "LISTEN senders\n" },
		{ "-j monitor policy", "LISTEN policy\n" },
		{ "mon pol", "LISTEN policy\n" },
		{ "diff", "RESTORE_BEGIN\nFLUSH\n"
		  "POLICY_GET restore\n"
		  "POLICY_GET\n" },
		{ "-b -", "FLUSH\n" },
		/* shortened */
		{ "po", "POOL_GET\n" },
		{ "po sh", "POOL_GET\n" },
		{ "po -f a east", "POOL_ADD force pool=east\n" },
		{ "po se east mode off", "POOL_SET pool=east mode=2\n" },
		{ "po d east", "POOL_DEL pool=east\n" },
		{ "po r", "POOL_RESET\n" },
		{ "pr a east ::/0", "PREFIX_ADD pool=east ::/0\n" },
		{ "rol", "ROLLBACK\n" },
		{ "c", "CONFIRM\n" },
		{ "e d east ::1", "EXEMPT_DEL pool=east ::1/128\n" },
		{ "ex a east 10.0.0.7 comment -f", "EXEMPT_ADD pool=east 10.0.0.7/32(-f)\n" },
		{ "rel s", "RELAY_GET\n" },
		{ "te ::5 ::1", "TEST ::5/128 ::1/128\n" },
		{ "sen r east", "SENDER_RESET pool=east\n" },
		{ "st", "STATUS_GET\n" },
		{ "res -n", "RESTORE_BEGIN\nFLUSH\nEXEMPT_GET restore\nRELAY_GET restore\n" },
		{ "-n res", "RESTORE_BEGIN\nFLUSH\nEXEMPT_GET restore\nRELAY_GET restore\n" },
		{ "f", "FLUSH\n" },
	};
	char pool[32];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		kernel_reset();
		/* An exempt outside its pool would be warned of. */
		if (sscanf(rows[i][1], "EXEMPT_ADD %*[force ]pool=%31[^ ]", pool) == 1 ||
		    sscanf(rows[i][1], "EXEMPT_ADD pool=%31[^ ]", pool) == 1)
			put_prefixes(OP25B_CMD_PREFIX_GET, pool, "0.0.0.0/0", "::/0");
		op25bctl_with(rows[i][0], "flush\n");
		assert_string_equal(run.err, "");
		assert_int_equal(run.code, DONE);
		if (strstr(rows[i][1], "_ADD"))
			forget_questions();
		assert_string_equal(kernel.log, rows[i][1]);
	}
}

static void test_wrong_usage(void **state)
{
	static const char *const rows[][2] = {
		{ "frob", "unknown object \"frob\", expected one of: pool, prefix, exempt, relay, target, session, sender, test, status, save, restore, confirm, rollback, diff, monitor, metrics, flush, help" },
		{ "''", "unknown object \"\", expected one of: pool, prefix, exempt, relay, target, session, sender, test, status, save, restore, confirm, rollback, diff, monitor, metrics, flush, help" },
		{ "pol", "unknown object \"pol\", did you mean \"pool\"?" },
		{ "pools show", "unknown object \"pools\", did you mean \"pool\"?" },
		{ "prefixes", "unknown object \"prefixes\", did you mean \"prefix\"?" },
		{ "exmept show", "unknown object \"exmept\", did you mean \"exempt\"?" },
		{ "abcdefghijklmnop", "unknown object \"abcdefghijklmnop\", expected one of: pool, prefix, exempt, relay, target, session, sender, test, status, save, restore, confirm, rollback, diff, monitor, metrics, flush, help" },
		{ "p", "object \"p\" is ambiguous, expected one of: pool, prefix" },
		{ "se", "object \"se\" is ambiguous, expected one of: session, sender" },
		{ "re", "object \"re\" is ambiguous, expected one of: relay, restore" },
		{ "t", "object \"t\" is ambiguous, expected one of: target, test" },
		{ "s", "object \"s\" is ambiguous, expected one of: session, sender, status, save" },
		{ "p --help", "object \"p\" is ambiguous, expected one of: pool, prefix" },
		{ "pool s east", "command \"pool s\" is ambiguous, expected one of: set, show" },
		{ "pool ''", "unknown command \"pool \", expected one of: add, set, del, show, reset, help" },
		{ "pool list", "unknown command \"pool list\", did you mean \"pool show\"?" },
		{ "pool ls", "unknown command \"pool ls\", did you mean \"pool show\"?" },
		{ "pool delete east", "unknown command \"pool delete\", did you mean \"pool del\"?" },
		{ "po rm east", "unknown command \"pool rm\", did you mean \"pool del\"?" },
		{ "pool remove east", "unknown command \"pool remove\", did you mean \"pool del\"?" },
		{ "pool create east", "unknown command \"pool create\", did you mean \"pool add\"?" },
		{ "pool new east", "unknown command \"pool new\", did you mean \"pool add\"?" },
		{ "pool shwo", "unknown command \"pool shwo\", did you mean \"pool show\"?" },
		{ "pool rset", "unknown command \"pool rset\", did you mean \"pool set\"?" },
		{ "pool dell east", "unknown command \"pool dell\", did you mean \"pool del\"?" },
		/* relays cannot be changed */
		{ "relay change", "unknown command \"relay change\", expected one of: add, del, show, help" },
		{ "pool frob", "unknown command \"pool frob\", expected one of: add, set, del, show, reset, help" },
		{ "prefix reset", "unknown command \"prefix reset\", expected one of: add, del, move, show, help" },
		{ "relay set", "unknown command \"relay set\", expected one of: add, del, show, help" },
		{ "-x", "unknown option \"-x\"" },
		{ "--forced flush", "unknown option \"--forced\"" },
		{ "-c=pink status", "unknown colour \"pink\", expected one of: auto, always, never" },
		{ "-b", "-b takes a file" },
		{ "-b /dev/null status", "--batch takes no command, found \"status\"" },
		{ "-n status", "--dry-run is for restore only" },
		{ "--confirm 5m status", "--confirm is for restore only" },
		{ "restore --confirm", "--confirm takes a time from 1 to 2147483647 seconds, such as 3600, 45s, 30m, 2h or 1d" },
		{ "restore --confirm soon", "--confirm takes a time from 1 to 2147483647 seconds, such as 3600, 45s, 30m, 2h or 1d, not \"soon\"" },
		{ "restore --confirm 0 -", "--confirm takes a time from 1 to 2147483647 seconds, such as 3600, 45s, 30m, 2h or 1d, not \"0\"" },
		{ "monitor pools", "unknown events \"pools\", expected one of: policy, senders, sessions, help" },
		{ "monitor policy all", "\"all\" is one word too many" },
		{ "confirm 5m", "\"5m\" is one word too many" },
		{ "pool add", "the name of a pool is missing" },
		{ "pool add .x", "\".x\" is not a pool's name: " NAMES },
		{ "pool add a/b", "\"a/b\" is not a pool's name: " NAMES },
		{ "pool add ''", "\"\" is not a pool's name: " NAMES },
		{ "pool add \303\274", "\"\\xc3\\xbc\" is not a pool's name: " NAMES },
		{ "pool add " NAME31 "x", "\"" NAME31 "x\" is not a pool's name: " NAMES },
		{ "pool add east mode", "mode takes one of: enforce, observe, off" },
		{ "pool add east mode on", "unknown mode \"on\", expected one of: enforce, observe, off" },
		{ "pool add east mode off mode off", "mode is given twice" },
		{ "pool add east action", "action takes one of: drop, tcp-reset, admin-prohibited" },
		{ "pool add east action Drop", "unknown action \"Drop\", expected one of: drop, tcp-reset, admin-prohibited" },
		{ "pool set east action drop action drop", "action is given twice" },
		{ "pool add east guard", "guard takes a word, expected one of: synack, inbound, spoofed, softwire" },
		{ "pool add east guard none", "unknown guard \"none\", expected one of: synack, inbound, spoofed, softwire" },
		{ "pool set east guard syn", "unknown guard \"syn\", expected one of: synack, inbound, spoofed, softwire, none" },
		{ "pool set east guard synack,inbound", "unknown guard \"synack,inbound\", expected blanks between guards, not commas" },
		{ "pool set east", "a setting is missing, expected one of: mode, action, guard, senders, subscriber, log" },
		{ "po se east", "a setting is missing, expected one of: mode, action, guard, senders, subscriber, log" },
		{ "pool set east guard none guard synack", "guard none contradicts the other guards" },
		{ "pool set east guard synack guard none", "guard none contradicts the other guards" },
		{ "pool add east senders", "senders takes one of: off, on" },
		{ "pool add east senders yes", "unknown senders \"yes\", expected one of: off, on" },
		{ "pool set east senders on senders on", "senders is given twice" },
		{ "pool add east subscriber", LENGTHS },
		{ "pool add east subscriber ''", LENGTHS ", not \"\"" },
		{ "pool add east subscriber 0", LENGTHS ", not \"0\"" },
		{ "pool add east subscriber 129", LENGTHS ", not \"129\"" },
		{ "pool add east subscriber 4294967297", LENGTHS ", not \"4294967297\"" },
		{ "pool set east subscriber /56", LENGTHS ", not \"/56\"" },
		{ "pool set east subscriber 56x", LENGTHS ", not \"56x\"" },
		{ "pool set east subscriber 56 subscriber 56", "subscriber is given twice" },
		{ "pool add east log", GROUPS },
		{ "pool add east log ''", GROUPS ", not \"\"" },
		{ "pool add east log -1", GROUPS ", not \"-1\"" },
		{ "pool set east log 65536", GROUPS ", not \"65536\"" },
		{ "pool set east log 4294967296", GROUPS ", not \"4294967296\"" },
		{ "pool set east log on", GROUPS ", not \"on\"" },
		{ "pool set east log off log 5", "log is given twice" },
		{ "pool add east prefix", "a prefix is missing" },
		{ "pool add east prefix mode off", "\"mode\" is not a prefix" },
		{ "pool add east 10.0.0.0/24", "unknown word \"10.0.0.0/24\", expected one of: mode, action, guard, senders, subscriber, log, vrf, prefix" },
		{ "pool set east prefix 10.0.0.0/24", "unknown word \"prefix\", expected one of: mode, action, guard, senders, subscriber, log" },
		{ "pool del", "the name of a pool is missing" },
		{ "pool del east west", "\"west\" is one word too many" },
		{ "pool show east west", "\"west\" is one word too many" },
		{ "pool reset east west", "\"west\" is one word too many" },
		{ "prefix add", "the name of a pool is missing" },
		{ "prefix add 10.0.0.0/24", "the name of a pool is missing before \"10.0.0.0/24\"" },
		{ "prefix add 10.0.0.0", "the name of a pool is missing before \"10.0.0.0\"" },
		{ "prefix add ::/0 ::/1", "the name of a pool is missing before \"::/0\"" },
		{ "prefix del ::1", "the name of a pool is missing before \"::1\"" },
		{ "prefix del -", "the name of a pool is missing before \"-\"" },
		{ "exempt add 10.0.0.7", "the name of a pool is missing before \"10.0.0.7\"" },
		{ "exempt add 10.0.0.7 timeout 5", "the name of a pool is missing before \"10.0.0.7\"" },
		{ "exempt del 10.0.0.7/32", "the name of a pool is missing before \"10.0.0.7/32\"" },
		{ "prefix add east pools.txt", "\"pools.txt\" is not a prefix" },
		{ "prefix add east 10.0.0.0 255.255.255.0", "prefix 10.0.0.0 has a netmask, did you mean 10.0.0.0/24?" },
		{ "relay add 10.0.0.9 0.0.0.255 pool east", "prefix 10.0.0.9 has a netmask, did you mean 10.0.0.0/24?" },
		{ "pool add east prefix 10.0.0.0 netmask 254.0.0.0", "prefix 10.0.0.0 has a netmask, did you mean 10.0.0.0/7?" },
		{ "exempt add east 10.0.0.0 mask 255.255.0.0", "prefix 10.0.0.0 has a netmask, did you mean 10.0.0.0/16?" },
		{ "exempt add east 10.0.0.0 mask", "unknown word \"mask\", expected one of: timeout, comment" },
		{ "prefix add east", "a prefix is missing" },
		{ "prefix del east", "a prefix is missing" },
		{ "prefix move east", "a prefix is missing" },
		{ "prefix add east 10.0.0.0/24 mode", "\"mode\" is one word too many" },
		{ "exempt add east 10.0.0.7 timeout", TIMES },
		{ "exempt add east 10.0.0.7 timeout 0", TIMES ", not \"0\"" },
		{ "exempt add east 10.0.0.7 timeout -1", TIMES ", not \"-1\"" },
		{ "exempt add east 10.0.0.7 timeout 2147483648", TIMES ", not \"2147483648\"" },
		{ "exempt add east 10.0.0.7 timeout 18446744073709551617", TIMES ", not \"18446744073709551617\"" },
		{ "exempt add east 10.0.0.7 timeout ''", TIMES ", not \"\"" },
		{ "exempt add east 10.0.0.7 timeout h", TIMES ", not \"h\"" },
		{ "exempt add east 10.0.0.7 timeout 1w", TIMES ", not \"1w\"" },
		{ "exempt add east 10.0.0.7 timeout 1h30m", TIMES ", not \"1h30m\"" },
		{ "exempt add east 10.0.0.7 timeout 1.5h", TIMES ", not \"1.5h\"" },
		{ "exempt add east 10.0.0.7 timeout 1H", TIMES ", not \"1H\"" },
		{ "exempt add east 10.0.0.7 timeout 0d", TIMES ", not \"0d\"" },
		{ "exempt add east 10.0.0.7 timeout 24856d", TIMES ", not \"24856d\"" },
		{ "exempt add east 10.0.0.7 timeout 596524h", TIMES ", not \"596524h\"" },
		{ "exempt add east 10.0.0.7 timeout 35791395m", TIMES ", not \"35791395m\"" },
		{ "exempt add east 10.0.0.7 timeout 2147483648s", TIMES ", not \"2147483648s\"" },
		{ "exempt add east 10.0.0.7 timeout 213503982334602d", TIMES ", not \"213503982334602d\"" },
		{ "exempt add east 10.0.0.7 timeout 1 timeout 1", "timeout is given twice" },
		{ "exempt add east 10.0.0.7 comment", "comment takes a text" },
		{ "exempt add east 10.0.0.7 comment a comment b", "comment is given twice" },
		{ "exempt add east 10.0.0.7 comment a b", "unknown word \"b\", expected one of: timeout, comment" },
		{ "exempt add east 10.0.0.7 comment 'a\nb'", "the comment contains a control character or is not UTF-8" },
		{ "exempt add east 10.0.0.7 comment 'a\302\233b'", "the comment contains a control character or is not UTF-8" },
		{ "exempt add east 10.0.0.7 comment 'a\300\257'", "the comment contains a control character or is not UTF-8" },
		{ "exempt add east 10.0.0.7 comment 'a\355\240\200'", "the comment contains a control character or is not UTF-8" },
		{ "exempt add east 10.0.0.7 comment 'a\340\237\277'", "the comment contains a control character or is not UTF-8" },
		{ "exempt add east 10.0.0.7 comment 'a\360\217\277\277'", "the comment contains a control character or is not UTF-8" },
		{ "exempt add east 10.0.0.7 comment 'a\364\220\200\200'", "the comment contains a control character or is not UTF-8" },
		{ "exempt add east 10.0.0.7 comment 'a\303'", "the comment contains a control character or is not UTF-8" },
		{ "exempt add east timeout 5", "\"timeout\" is not a prefix" },
		{ "exempt del east 10.0.0.7 timeout 5", "\"timeout\" is one word too many" },
		{ "relay add", "a prefix is missing" },
		{ "relay add pool east", "\"pool\" is not a prefix" },
		{ "relay add 192.0.2.1 east", "unknown word \"east\", expected: pool" },
		{ "relay add 192.0.2.1 pool", "the name of a pool is missing" },
		{ "relay add 192.0.2.1 pool a pool b", "pool is given twice" },
		{ "relay show east", "\"east\" is one word too many" },
		{ "target add", "a prefix is missing" },
		{ "target add 192.0.2.1 east", "unknown word \"east\", expected: pool" },
		{ "target del 192.0.2.1 pool", "the name of a pool is missing" },
		{ "target show east", "\"east\" is one word too many" },
		{ "sender show east 10.0.0.0/24 10.0.1.0/24", "\"10.0.1.0/24\" is one word too many" },
		{ "sender show east 10.0.0.1/24", "prefix 10.0.0.1/24 has host bits set, did you mean 10.0.0.0/24?" },
		{ "sender reset east 10.0.0.0 255.255.255.0", "prefix 10.0.0.0 has a netmask, did you mean 10.0.0.0/24?" },
		{ "sender show east west", "\"west\" is not a prefix" },
		{ "sender show east -", "\"-\" is not a prefix" },
		{ "sender show 10.0.0.0/24", "the name of a pool is missing before \"10.0.0.0/24\"" },
		{ "sender reset 2001:db8::1", "the name of a pool is missing before \"2001:db8::1\"" },
		{ "sender show -", "\"-\" is not a pool's name: " NAMES },
		{ "sender clear", "unknown command \"sender clear\", did you mean \"sender reset\"?" },
		{ "sender add east", "unknown command \"sender add\", expected one of: show, reset, help" },
		{ "test", "the source address is missing" },
		{ "test 10.0.0.5", "the destination address is missing" },
		{ "test 10.0.0.5 192.0.2.3 25", "unexpected word \"25\", expected vrf, dev or nothing" },
		{ "test 10.0.0.0/24 192.0.2.3", "\"10.0.0.0/24\" is not an address" },
		{ "test 10.0.0.5 east", "\"east\" is not an address" },
		{ "test 10.0.0.5 ::1", "one address is IPv4, the other IPv6" },
		{ "status x", "\"x\" is one word too many" },
		{ "save x y", "\"y\" is one word too many" },
		{ "flush x", "\"x\" is one word too many" },
		{ "restore a b", "\"b\" is one word too many" },
		{ "restore nowhere", "cannot open \"nowhere\": No such file or directory" },
		{ "restore /", "cannot read \"/\": Is a directory" },
		{ "-b nowhere", "cannot open \"nowhere\": No such file or directory" },
		{ "help pol", "unknown object \"pol\", did you mean \"pool\"?" },
		{ "help a b", "help takes one object" },
	};
	char expected[512], line[256];
	size_t i;
	int json;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(expected, sizeof(expected), "Error: %s\n", rows[i][1]);
		for (json = 0; json < 2; json++) {
			snprintf(line, sizeof(line), "%s%s", json ? "-j " : "", rows[i][0]);
			op25bctl(line);
			assert_string_equal(run.err, expected);
			assert_string_equal(run.out, "");
			assert_int_equal(run.code, USAGE);
		}
	}
	assert_string_equal(kernel.log, "");
}

/* What is short for something on the command line is an error in a file and in a batch. */
static void test_files_have_whole_words(void **state)
{
	static const char *const rows[][2] = {
		{ "po add east\n", "unknown object \"po\", did you mean \"pool\"?" },
		{ "pool a east\n", "unknown command \"pool a\", did you mean \"pool add\"?" },
		{ "p add east\n", "unknown object \"p\", expected one of: pool, prefix, exempt, relay, target, session, sender, test, status, save, restore, confirm, rollback, diff, monitor, metrics, flush, help" },
		{ "h\n", "unknown object \"h\", expected one of: pool, prefix, exempt, relay, target, session, sender, test, status, save, restore, confirm, rollback, diff, monitor, metrics, flush, help" },
		{ "pool h\n", "unknown command \"pool h\", expected one of: add, set, del, show, reset, help" },
		{ "pool list\n", "unknown command \"pool list\", did you mean \"pool show\"?" },
		{ "pool set east\n", "a setting is missing, expected one of: mode, action, guard, senders, subscriber, log" },
		{ "prefix add 10.0.0.0\n", "the name of a pool is missing before \"10.0.0.0\"" },
		{ "prefix add east 10.0.0.0 255.0.0.0\n", "prefix 10.0.0.0 has a netmask, did you mean 10.0.0.0/8?" },
		{ "prefix add east 10.0.0.0/8,11.0.0.0/8\n", "\"10.0.0.0/8,11.0.0.0/8\" is not a prefix, expected blanks between prefixes, not commas" },
		{ "prefix add east site.conf\n", "\"site.conf\" is not a prefix" },
		{ "exempt add east 10.0.0.7 timeout 2d1h\n", TIMES ", not \"2d1h\"" },
		{ "pool add east subscriber 200\n", LENGTHS ", not \"200\"" },
	};
	char expected[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		write_file("site.conf", rows[i][0]);
		snprintf(expected, sizeof(expected), "site.conf:1: %s\n", rows[i][1]);
		op25bctl("restore site.conf");
		assert_string_equal(run.err, expected);
		assert_int_equal(run.code, USAGE);
		op25bctl("-j -b site.conf");
		assert_string_equal(run.err, expected);
		expect_answer(1, rows[i][1]);
		assert_int_equal(run.code, USAGE);
	}
	assert_string_equal(kernel.log, "");

	write_file("site.conf", "exempt add east 10.0.0.7 timeout 2h\n");
	op25bctl("restore site.conf");
	assert_int_equal(run.code, DONE);
	assert_non_null(strstr(kernel.log, "EXEMPT_ADD pool=east 10.0.0.7/32(7200s)\n"));
	op25bctl("dif nowhere");
	assert_int_equal(run.code, 2);
	op25bctl("h");
	assert_int_equal(run.code, DONE);
	op25bctl("po h");
	assert_int_equal(run.code, DONE);
	assert_memory_equal(run.out, "Usage:\n  pool add", 17);
}

/* A list is read from standard input, not from a file that is named among the prefixes. */
static void test_file_among_prefixes(void **state)
{
	(void)state;
	write_file("site.conf", "10.0.0.0/24\n");
	op25bctl("prefix add east site.conf");
	assert_string_equal(run.err,
			    "Error: \"site.conf\" is not a prefix, did you mean the list: - < site.conf\n");
	assert_int_equal(run.code, USAGE);
	op25bctl("relay add 10.0.0.1 ./site.conf");
	assert_string_equal(run.err,
			    "Error: \"./site.conf\" is not a prefix, did you mean the list: - < ./site.conf\n");
	op25bctl("relay add /");
	assert_string_equal(run.err, "Error: \"/\" is not a prefix\n");
	assert_string_equal(kernel.log, "");
}

static void test_long_comment(void **state)
{
	char line[400], comment[300];

	(void)state;
	memset(comment, 'x', 256);
	comment[255] = '\0';
	sprintf(line, "exempt add east 10.0.0.7 comment %s", comment);
	op25bctl(line);
	assert_int_equal(run.code, DONE);
	strcat(line, "x");
	op25bctl(line);
	assert_string_equal(run.err, "Error: the comment is longer than 255 bytes\n");
}

static void test_list_on_stdin(void **state)
{
	(void)state;
	op25bctl_with("prefix add east - 10.9.0.0/16",
		      "# list\n10.0.0.0/24\n\n 2001:db8::/32 # two\n10.1.0.1");
	assert_int_equal(run.code, DONE);
	assert_string_equal(kernel.log,
			    "PREFIX_ADD pool=east 10.0.0.0/24 2001:db8::/32 10.1.0.1/32 10.9.0.0/16\n"
			    "RELAY_GET\n");

	kernel_reset();
	op25bctl_with("pool add east prefix - mode off", "10.0.0.0/24\n");
	assert_string_equal(kernel.log, "POOL_ADD pool=east mode=2 10.0.0.0/24\nRELAY_GET\n");

	kernel_reset();
	op25bctl_with("prefix add east -", "10.0.0.0/24\n# x\n10.0.0.1/24\n");
	assert_int_equal(run.code, USAGE);
	assert_string_equal(run.err,
			    "-:3: prefix 10.0.0.1/24 has host bits set, did you mean 10.0.0.0/24?\n");
	op25bctl_with("prefix add east -", "10.0.0.0/24\n10.0.0.0 255.255.255.0\n");
	assert_string_equal(run.err,
			    "-:2: prefix 10.0.0.0 has a netmask, did you mean 10.0.0.0/24?\n");
	op25bctl_with("relay add -", "10.0.0.0/24 10.1.0.0/24\n");
	assert_string_equal(run.err, "-:1: \"10.1.0.0/24\" is one word too many\n");
	/* After the list, errors name the command line again. */
	op25bctl_with("relay add - east", "10.0.0.0/24\n");
	assert_string_equal(run.err, "Error: unknown word \"east\", expected: pool\n");
	assert_string_equal(kernel.log, "");

	/* An empty list is not an error: scripts need not check. */
	op25bctl_with("prefix add east -", "# none today\n");
	assert_int_equal(run.code, DONE);
	assert_string_equal(kernel.log, "");
	op25bctl_with("pool add east prefix -", "");
	assert_string_equal(kernel.log, "POOL_ADD pool=east\n");
}

static void test_refusals(void **state)
{
	static const struct {
		const char *line;
		uint8_t command;
		const char *value;
		int code;
		const char *text;
		const char *error;
	} rows[] = {
		{ "prefix add eest 10.0.0.0/24", OP25B_CMD_PREFIX_ADD, "eest", ENOENT, "pool does not exist",
		  "pool \"eest\" does not exist" },
		{ "prefix add east 10.0.0.0/24 10.1.0.0/24 ::/0", OP25B_CMD_PREFIX_ADD, "10.1.0.0/24", EEXIST,
		  "prefix is in pool \"west\"", "prefix 10.1.0.0/24 is in pool \"west\"" },
		{ "prefix add east 10.0.0.7", OP25B_CMD_PREFIX_ADD, "10.0.0.7/32", EEXIST,
		  "prefix is an exempt of pool \"west\"", "prefix 10.0.0.7/32 is an exempt of pool \"west\"" },
		{ "exempt add east 10.0.0.7", OP25B_CMD_EXEMPT_ADD, "10.0.0.7/32", EEXIST,
		  "exempt is in pool \"east\" already", "exempt 10.0.0.7/32 is in pool \"east\" already" },
		{ "relay del ::1", OP25B_CMD_RELAY_DEL, "::1/128", ENOENT, "relay is not there",
		  "relay ::1/128 is not there" },
		{ "exempt add 10.0.0.7 10.0.0.8", OP25B_CMD_EXEMPT_ADD, "10.0.0.7", ENOENT,
		  "pool does not exist",
		  "pool \"10.0.0.7\" does not exist: the name of a pool comes before the prefixes" },
		{ "relay add 2001:db8::1 pool 10.0.0.7", OP25B_CMD_RELAY_ADD, "10.0.0.7", ENOENT,
		  "pool does not exist", "pool \"10.0.0.7\" does not exist" },
		{ "pool del 10.0.0.7", OP25B_CMD_POOL_DEL, "10.0.0.7", ENOENT,
		  "pool does not exist", "pool \"10.0.0.7\" does not exist" },
		{ "sender show 10.0.0.7", OP25B_CMD_SENDER_GET, NULL, ENOENT, NULL,
		  "pool \"10.0.0.7\" does not exist: the name of a pool comes before the prefix" },
		{ "sender reset eest", OP25B_CMD_SENDER_RESET, "eest", ENOENT, "pool does not exist",
		  "pool \"eest\" does not exist" },
		/* without the attribute at fault */
		{ "pool show eest", OP25B_CMD_POOL_GET, NULL, ENOENT, "pool does not exist",
		  "pool \"eest\" does not exist" },
		{ "prefix add east ::/0", OP25B_CMD_PREFIX_ADD, NULL, EINVAL, "prefix is missing",
		  "prefix is missing" },
		/* the reason has another noun */
		{ "prefix add east 10.0.0.0/24", OP25B_CMD_PREFIX_ADD, "10.0.0.0/24", ERANGE,
		  "integer out of range", "prefix 10.0.0.0/24: integer out of range" },
		{ "pool add east", OP25B_CMD_POOL_ADD, "east", EINVAL, "prefix of the name",
		  "pool \"east\": prefix of the name" },
		{ "pool add east action tcp-reset", OP25B_CMD_POOL_ADD, NULL, EOPNOTSUPP,
		  "action needs modules", "action needs modules" },
		{ "pool add east", OP25B_CMD_POOL_ADD, NULL, ENOSPC, "pools are full", "pools are full" },
		/* without a text */
		{ "pool add east", OP25B_CMD_POOL_ADD, "east", EEXIST, NULL, "pool \"east\": File exists" },
		{ "pool add east", OP25B_CMD_POOL_ADD, NULL, ENOMEM, NULL, "Cannot allocate memory" },
		{ "prefix show eest", OP25B_CMD_PREFIX_GET, NULL, ENOENT, NULL, "pool \"eest\" does not exist" },
		/* with advice */
		{ "sender show", OP25B_CMD_SENDER_GET, NULL, EPERM, NULL,
		  "this takes CAP_NET_ADMIN in the network namespace: use sudo, or be root there" },
		{ "flush", OP25B_CMD_FLUSH, NULL, EPERM, NULL,
		  "this takes CAP_NET_ADMIN in the network namespace: use sudo, or be root there" },
		{ "prefix add east ::/0", OP25B_CMD_PREFIX_ADD, NULL, EMSGSIZE, NULL,
		  "this is too much for one message (see net.core.wmem_max): use restore, or several commands" },
	};
	char expected[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		kernel_reset();
		kernel_refuse(rows[i].command, rows[i].value, rows[i].code, rows[i].text);
		op25bctl(rows[i].line);
		sprintf(expected, "Error: %s\n", rows[i].error);
		assert_string_equal(run.err, expected);
		assert_string_equal(run.out, "");
		assert_int_equal(run.code, REFUSED);
	}

	kernel_reset();
	kernel_refuse(OP25B_CMD_PREFIX_ADD, "10.1.0.0/24", EEXIST, "prefix is in pool \"west\"");
	op25bctl_with("prefix add east 10.9.0.0/16 -", "10.0.0.0/24\n\n10.1.0.0/24\n");
	assert_string_equal(run.err, "-:3: prefix 10.1.0.0/24 is in pool \"west\"\n");
	op25bctl_with("prefix add east 10.1.0.0/24 -", "10.0.0.0/24\n");
	assert_string_equal(run.err, "Error: prefix 10.1.0.0/24 is in pool \"west\"\n");
	assert_null(strstr(kernel.log, "GET"));
}

/* A module that is older than the command: what it does not know is named. */
static void test_outdated(void **state)
{
	static const struct {
		const char *line;
		uint8_t command;
		const char *value;
		int code;
		const char *text;
		const char *what;
	} rows[] = {
		{ "relay show", OP25B_CMD_RELAY_GET, NULL, EOPNOTSUPP, NULL, "\"relay show\"" },
		{ "restore -n site.conf", OP25B_CMD_RESTORE_BEGIN, NULL, EOPNOTSUPP, NULL, "\"restore\"" },
		{ "pool add -f a", OP25B_CMD_POOL_ADD, "force", EINVAL, "Unknown attribute type",
		  "\"--force\"" },
		{ "pool set a mode off", OP25B_CMD_POOL_SET, "mode=2", EINVAL, "Unsupported attribute",
		  "\"mode\"" },
		{ "pool set a mode off", OP25B_CMD_POOL_SET, "mode=2", ERANGE, "integer out of range",
		  "mode off" },
		{ "pool add a action tcp-reset", OP25B_CMD_POOL_ADD, "action=1", ERANGE,
		  "integer out of range", "action tcp-reset" },
		{ "sender show", OP25B_CMD_SENDER_GET, NULL, EOPNOTSUPP, NULL, "\"sender show\"" },
		{ "pool add a senders on", OP25B_CMD_POOL_ADD, "senders=1", EINVAL,
		  "Unknown attribute type", "\"senders\"" },
		{ "pool set a subscriber 56", OP25B_CMD_POOL_SET, "subscriber=56", EINVAL,
		  "Unknown attribute type", "\"subscriber\"" },
		{ "pool set a log 5", OP25B_CMD_POOL_SET, "log=5", EINVAL, "Unknown attribute type",
		  "\"log\"" },
		{ "pool add a vrf red", OP25B_CMD_POOL_ADD, "red", EINVAL,
		  "Unknown attribute type", "\"vrf\"" },
		{ "pool add a guard inbound synack", OP25B_CMD_POOL_ADD, "guard=3", EINVAL,
		  "reserved bit set", "all of guard synack inbound" },
	};
	char expected[256];
	size_t i;

	(void)state;
	write_file("site.conf", "flush\n");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		kernel_reset();
		message_put_string(kernel_answer(OP25B_CMD_STATUS_GET), OP25B_A_VERSION, "0.0.9");
		kernel_refuse(rows[i].command, rows[i].value, rows[i].code, rows[i].text);
		op25bctl(rows[i].line);
		sprintf(expected, "Error: the loaded module, version 0.0.9, does not know %s\n",
			rows[i].what);
		assert_string_equal(run.err, expected);
		assert_int_equal(run.code, REFUSED);
		/* a module that does not answer has no version */
		kernel_refuse(OP25B_CMD_STATUS_GET, NULL, EOPNOTSUPP, NULL);
		op25bctl(rows[i].line);
		sprintf(expected, "Error: the loaded module does not know %s\n", rows[i].what);
		assert_string_equal(run.err, expected);
	}

	kernel_reset();
	kernel.inner = OP25B_A_PREFIX_COMMENT;
	kernel_refuse(OP25B_CMD_EXEMPT_ADD, "10.0.0.7/32", EINVAL, "Unknown attribute type");
	op25bctl("exempt add a 10.0.0.7 timeout 5 comment text");
	assert_string_equal(run.err, "Error: the loaded module does not know \"comment\"\n");
}

/* Linux before 6.2 does not name the pool. The command prints what newer kernels say. */
static void test_collisions(void **state)
{
	static const struct {
		const char *line;
		uint8_t command;
		const char *value;
		const char *text;
		const char *error;
	} rows[] = {
		/* the pool has to be searched for */
		{ "prefix add east 10.0.0.0/24 10.1.0.0/24", OP25B_CMD_PREFIX_ADD, "10.1.0.0/24",
		  "prefix is in another pool", "prefix 10.1.0.0/24 is in pool \"west\"" },
		{ "pool add east prefix 10.1.0.0/24", OP25B_CMD_POOL_ADD, "10.1.0.0/24",
		  "prefix is in another pool", "prefix 10.1.0.0/24 is in pool \"west\"" },
		{ "prefix add east 2001:db8::/64", OP25B_CMD_PREFIX_ADD, "2001:db8::/64",
		  "prefix is an exempt of another pool",
		  "prefix 2001:db8::/64 is an exempt of pool \"north\"" },
		{ "exempt add east 2001:db8::/64", OP25B_CMD_EXEMPT_ADD, "2001:db8::/64",
		  "exempt is in another pool", "exempt 2001:db8::/64 is in pool \"north\"" },
		{ "exempt add east 10.1.0.0/24", OP25B_CMD_EXEMPT_ADD, "10.1.0.0/24",
		  "exempt is in another pool", "exempt 10.1.0.0/24 is in pool \"west\"" },
		/* the search finds nothing */
		{ "prefix add east 10.1.0.0/23", OP25B_CMD_PREFIX_ADD, "10.1.0.0/23",
		  "prefix is in another pool", "prefix 10.1.0.0/23 is in another pool" },
		/* without the attribute at fault */
		{ "prefix add east 10.1.0.0/24", OP25B_CMD_PREFIX_ADD, NULL,
		  "prefix is in another pool", "prefix is in another pool" },
		/* the pool is that of the command itself */
		{ "pool add east prefix ::/0 ::/0", OP25B_CMD_POOL_ADD, "::/0",
		  "prefix is in the pool already", "prefix ::/0 is in pool \"east\" already" },
		{ "prefix move east ::/0", OP25B_CMD_PREFIX_MOVE, "::/0",
		  "prefix is in the pool already", "prefix ::/0 is in pool \"east\" already" },
		{ "exempt add east 2001:db8::1", OP25B_CMD_EXEMPT_ADD, "2001:db8::1/128",
		  "exempt is there already", "exempt 2001:db8::1/128 is in pool \"east\" already" },
		{ "relay add 2001:db8::1 pool east", OP25B_CMD_RELAY_ADD, "2001:db8::1/128",
		  "relay is there already", "relay 2001:db8::1/128 is in pool \"east\" already" },
		{ "relay add 2001:db8::1", OP25B_CMD_RELAY_ADD, "2001:db8::1/128",
		  "relay is there already", "relay 2001:db8::1/128 is there already" },
		{ "target add 2001:db8::1 pool east", OP25B_CMD_TARGET_ADD, "2001:db8::1/128",
		  "target is there already", "target 2001:db8::1/128 is in pool \"east\" already" },
	};
	char expected[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		kernel_reset();
		put_prefixes(OP25B_CMD_PREFIX_GET, "west", "10.2.0.0/24", "10.1.0.0/24");
		put_prefixes(OP25B_CMD_PREFIX_GET, "other", "10.1.0.0/25", "::/0");
		put_prefixes(OP25B_CMD_EXEMPT_GET, "north", "2001:db8::/64", "2001:db8::/65");
		kernel_refuse(rows[i].command, rows[i].value, EEXIST, rows[i].text);
		op25bctl(rows[i].line);
		sprintf(expected, "Error: %s\n", rows[i].error);
		assert_string_equal(run.err, expected);
		assert_int_equal(run.code, REFUSED);
	}

	/* if the search fails, the kernel's text is printed */
	kernel_reset();
	kernel_refuse(OP25B_CMD_PREFIX_ADD, "10.1.0.0/24", EEXIST, "prefix is in another pool");
	kernel_refuse(OP25B_CMD_PREFIX_GET, NULL, ENOMEM, NULL);
	kernel_refuse(OP25B_CMD_EXEMPT_GET, NULL, ENOMEM, NULL);
	op25bctl_with("prefix add east -", "\n10.1.0.0/24\n");
	assert_string_equal(run.err, "-:2: prefix 10.1.0.0/24 is in another pool\n");
	assert_string_equal(kernel.log,
			    "PREFIX_ADD pool=east 10.1.0.0/24\nPREFIX_GET\nEXEMPT_GET\n");
}

/* What a pool does not have is named with the pool that has it. */
static void test_absences(void **state)
{
	static const struct {
		const char *line;
		uint8_t command;
		const char *text;
		const char *error;
	} rows[] = {
		{ "relay del 192.0.2.0/28", OP25B_CMD_RELAY_DEL, "relay is not there",
		  "relay 192.0.2.0/28 is one of pool \"east\", add \"pool east\"" },
		{ "relay del 192.0.2.0/28 pool west", OP25B_CMD_RELAY_DEL, "relay is not there",
		  "relay 192.0.2.0/28 is one of pool \"east\"" },
		{ "relay del ::1 pool west", OP25B_CMD_RELAY_DEL, "relay is not there",
		  "relay ::1/128 is for all pools, leave out \"pool west\"" },
		{ "target del 192.0.2.0/28", OP25B_CMD_TARGET_DEL, "target is not there",
		  "target 192.0.2.0/28 is one of pool \"east\", add \"pool east\"" },
		{ "target del 192.0.2.0/28 pool west", OP25B_CMD_TARGET_DEL, "target is not there",
		  "target 192.0.2.0/28 is one of pool \"east\"" },
		{ "target del ::1 pool west", OP25B_CMD_TARGET_DEL, "target is not there",
		  "target ::1/128 is for all pools, leave out \"pool west\"" },
		{ "relay del 192.0.2.0/29", OP25B_CMD_RELAY_DEL, "relay is not there",
		  "relay 192.0.2.0/29 is not there" },
		{ "prefix del east 10.1.0.0/24", OP25B_CMD_PREFIX_DEL, "prefix is not in the pool",
		  "prefix 10.1.0.0/24 is in pool \"west\"" },
		{ "prefix del east 10.1.0.0/23", OP25B_CMD_PREFIX_DEL, "prefix is not in the pool",
		  "prefix 10.1.0.0/23 is not in the pool" },
		{ "exempt del east 10.1.0.7", OP25B_CMD_EXEMPT_DEL, "exempt is not there",
		  "exempt 10.1.0.7/32 is in pool \"north\"" },
		{ "exempt del east 10.1.0.0/24", OP25B_CMD_EXEMPT_DEL, "exempt is not there",
		  "exempt 10.1.0.0/24 is not there" },
	};
	char expected[256];
	struct prefix all;
	size_t i;

	(void)state;
	assert_int_equal(prefix_parse(&all, "::1"), DONE);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *line = strdup(rows[i].line), *prefix = strpbrk(line, "1:"), value[64];

		prefix[strcspn(prefix, " ")] = '\0';
		sprintf(value, "%s%s", prefix, strchr(prefix, '/') ? "" :
			strchr(prefix, ':') ? "/128" : "/32");
		kernel_reset();
		put_prefixes(OP25B_CMD_PREFIX_GET, "west", "10.2.0.0/24", "10.1.0.0/24");
		put_prefixes(OP25B_CMD_EXEMPT_GET, "north", "10.1.0.7", "10.1.0.8");
		put_prefixes(OP25B_CMD_RELAY_GET, "east", "192.0.2.0/28", "192.0.2.16/28");
		message_put_prefix(kernel_answer(OP25B_CMD_RELAY_GET), OP25B_A_PREFIX, &all, NULL);
		put_prefixes(OP25B_CMD_TARGET_GET, "east", "192.0.2.0/28", "192.0.2.16/28");
		message_put_prefix(kernel_answer(OP25B_CMD_TARGET_GET), OP25B_A_PREFIX, &all, NULL);
		kernel_refuse(rows[i].command, value, ENOENT, rows[i].text);
		op25bctl(rows[i].line);
		sprintf(expected, "Error: %s\n", rows[i].error);
		assert_string_equal(run.err, expected);
		assert_int_equal(run.code, REFUSED);
		free(line);
	}
	/* only a refusal is looked into */
	kernel_reset();
	op25bctl("relay del ::1");
	assert_string_equal(kernel.log, "RELAY_DEL ::1/128\n");
	/* in a file, what the lines before it have made counts */
	kernel_reset();
	write_file("site.conf", "pool add east\nrelay add 192.0.2.1 pool east\nrelay del 192.0.2.1\n");
	kernel_refuse(OP25B_CMD_RELAY_DEL, "192.0.2.1/32", ENOENT, "relay is not there");
	op25bctl("restore site.conf");
	assert_string_equal(run.err,
			    "site.conf:3: relay 192.0.2.1/32 is one of pool \"east\", add \"pool east\"\n");
}

static void test_no_kernel(void **state)
{
	(void)state;
	kernel.open_code = ENOENT;
	op25bctl("status");
	assert_int_equal(run.code, REFUSED);
	assert_string_equal(run.err,
			    "Error: the kernel module op25b is not loaded: as root, \"modprobe op25b\" loads it or says why not\n");
	kernel.open_code = EPROTONOSUPPORT;
	op25bctl("flush");
	assert_int_equal(run.code, REFUSED);
	assert_string_equal(run.err, "Error: cannot open a netlink socket: Protocol not supported\n");
	/* it was removed while the socket was open */
	kernel.open_code = 0;
	kernel.absent = true;
	kernel_refuse(OP25B_CMD_PREFIX_GET, NULL, ENOENT, NULL);
	write_file("site.conf", "status\nprefix show\n");
	op25bctl("-b site.conf");
	assert_int_equal(run.code, REFUSED);
	assert_string_equal(run.err,
			    "site.conf:2: the kernel module op25b is not loaded: as root, \"modprobe op25b\" loads it or says why not\n");
	kernel.open_code = ENOENT;
	/* Wrong usage is reported first. */
	op25bctl("pool add");
	assert_int_equal(run.code, USAGE);
}

static void test_help(void **state)
{
	static const char *const objects[] = {
		"pool", "prefix", "exempt", "relay", "target", "sender", "test", "status",
		"save", "restore", "confirm", "rollback", "diff", "monitor", "flush",
	};
	char line[32], *whole;
	size_t i;

	(void)state;
	op25bctl("");
	assert_int_equal(run.code, USAGE);
	assert_string_equal(run.out, "");
	whole = strdup(run.err);
	assert_non_null(strstr(whole, "Usage: op25bctl"));

	op25bctl("help");
	assert_int_equal(run.code, DONE);
	assert_string_equal(run.out, whole);
	op25bctl("--help");
	assert_int_equal(run.code, DONE);
	assert_string_equal(run.out, whole);
	for (i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		char *first;

		sprintf(line, "%s help", objects[i]);
		op25bctl(line);
		assert_int_equal(run.code, DONE);
		assert_non_null(strstr(run.out, "Example:\n  op25bctl "));
		first = strdup(run.out);
		sprintf(line, "help %s", objects[i]);
		op25bctl(line);
		assert_string_equal(run.out, first);
		sprintf(line, "%s --help", objects[i]);
		op25bctl(line);
		assert_string_equal(run.out, first);
		free(first);
		sprintf(line, "  %s", objects[i]);
		assert_non_null(strstr(whole, line));
	}
	free(whole);
	op25bctl("-V");
	assert_string_equal(run.out, "op25bctl " VERSION "\n");
	op25bctl("--version");
	assert_string_equal(run.out, "op25bctl " VERSION "\n");
	assert_string_equal(kernel.log, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_changes),
		TEST(test_wrong_usage),
		TEST(test_files_have_whole_words),
		TEST(test_file_among_prefixes),
		TEST(test_long_comment),
		TEST(test_list_on_stdin),
		TEST(test_refusals),
		TEST(test_outdated),
		TEST(test_collisions),
		TEST(test_absences),
		TEST(test_no_kernel),
		TEST(test_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
