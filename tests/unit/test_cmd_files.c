// SPDX-License-Identifier: GPL-2.0
/* Files of commands: restore, diff, save and batches. */
#include <unistd.h>

#include "address.h"
#include "report.h"
#include "test_cmd.h"

static void expect(const char *line, int code, const char *out, const char *err, const char *log)
{
	*kernel.log = '\0';
	op25bctl(line);
	assert_string_equal(run.err, err);
	assert_string_equal(run.out, out);
	assert_int_equal(run.code, code);
	if (log)
		assert_string_equal(kernel.log, log);
}

/* Additions are merged for each pool, but not moved across changes that they may depend on. */
static void test_restore_merges(void **state)
{
	(void)state;
	write_file("site.conf",
		   "# a site\n"
		   "pool add east mode observe\n"
		   "pool add west\n"
		   "prefix add east 10.0.0.0/24\n"
		   "prefix add west 10.0.1.0/24\n"
		   "prefix  add east 10.0.2.0/24 # blanks\n"
		   "exempt add east 10.0.0.7 timeout 60\n"
		   "prefix add west 2001:db8::/32 10.0.3.0/24\n"
		   "relay add 192.0.2.0/28\n"
		   "exempt add east 10.0.0.8 comment \"a # \\\"b\\\"\"\n"
		   "relay add 192.0.2.16/28 pool east\n"
		   "relay add 192.0.2.32/28\n"
		   "prefix add -f east 10.0.2.0/24\n"
		   "prefix del east 10.0.2.0/24\n"
		   "prefix add east 10.0.4.0/24\n"
		   "pool set west mode off\n"
		   "prefix add east 10.0.5.0/24");
	expect("restore site.conf", DONE, "", "",
	       "RESTORE_BEGIN\n"
	       "POOL_ADD pool=east mode=1\n"
	       "POOL_ADD pool=west\n"
	       "PREFIX_ADD pool=east 10.0.0.0/24 10.0.2.0/24\n"
	       "PREFIX_ADD pool=west 10.0.1.0/24 2001:db8::/32 10.0.3.0/24\n"
	       "EXEMPT_ADD pool=east 10.0.0.7/32(60s) 10.0.0.8/32(a # \"b\")\n"
	       "RELAY_ADD 192.0.2.0/28 192.0.2.32/28\n"
	       "RELAY_ADD pool=east 192.0.2.16/28\n"
	       "PREFIX_ADD force pool=east 10.0.2.0/24\n"
	       "PREFIX_DEL pool=east 10.0.2.0/24\n"
	       "PREFIX_ADD pool=east 10.0.4.0/24\n"
	       "POOL_SET pool=west mode=2\n"
	       "PREFIX_ADD pool=east 10.0.5.0/24\n"
	       "EXEMPT_GET restore\nRELAY_GET restore\nPOOL_GET restore\nPREFIX_GET restore\n"
	       "RESTORE_COMMIT\n");
	op25bctl("restore -n site.conf");
	assert_int_equal(run.code, DONE);
	assert_null(strstr(strstr(kernel.log, "RESTORE_COMMIT") + 1, "RESTORE_COMMIT"));

	write_file("site.conf", "prefix add east 10.0.0.0/24\nprefix add  east 10.0.1.0/24\n");
	expect("-f restore site.conf", DONE, "", "",
	       "RESTORE_BEGIN\nPREFIX_ADD force pool=east 10.0.0.0/24 10.0.1.0/24\nRESTORE_COMMIT\n");

	/* the order of forced and unforced additions matters */
	write_file("site.conf",
		   "exempt add east 10.0.0.1\n"
		   "exempt add -f east 10.0.0.7 comment x\n"
		   "prefix add east 10.0.0.0/24\n"
		   "exempt add -f east 10.0.0.8\n"
		   "exempt add east 10.0.0.7\n"
		   "prefix add east 10.0.1.0/24\n");
	expect("restore site.conf", DONE, "", "",
	       "RESTORE_BEGIN\n"
	       "EXEMPT_ADD pool=east 10.0.0.1/32\n"
	       "EXEMPT_ADD force pool=east 10.0.0.7/32(x) 10.0.0.8/32\n"
	       "PREFIX_ADD pool=east 10.0.0.0/24 10.0.1.0/24\n"
	       "EXEMPT_ADD pool=east 10.0.0.7/32\n"
	       "RESTORE_COMMIT\n");
}

/* change_read_plain() must not change the meaning of a line. */
static void test_restore_plain_lines(void **state)
{
	static const char *const rows[][2] = {
		{ "prefix add east 10.0.0.0/24", "PREFIX_ADD pool=east 10.0.0.0/24\n" },
		{ "prefix add east 10.0.0.7", "PREFIX_ADD pool=east 10.0.0.7/32\n" },
		{ "prefix add e 2001:db8::/32", "PREFIX_ADD pool=e 2001:db8::/32\n" },
		{ "prefix add a123456789b123456789c123456789d ::/0",
		  "PREFIX_ADD pool=a123456789b123456789c123456789d ::/0\n" },
		{ "prefix add e 64:ff9b::192.0.2.1", "PREFIX_ADD pool=e 64:ff9b::c000:201/128\n" },
		{ "prefix add e ::ffff:192.0.2.1", "site.conf:1: prefix ::ffff:192.0.2.1 is IPv4-mapped, did you mean 192.0.2.1/32?\n" },
		{ "prefix add e ::ffff:c000:200/120", "site.conf:1: prefix ::ffff:c000:200/120 is IPv4-mapped, did you mean 192.0.2.0/24?\n" },
		{ "prefix add east 10.0.0.0/24 ", "PREFIX_ADD pool=east 10.0.0.0/24\n" },
		{ "prefix add east 10.0.0.0/24\r", "PREFIX_ADD pool=east 10.0.0.0/24\n" },
		{ "prefix add east 10.0.0.0/24#x", "PREFIX_ADD pool=east 10.0.0.0/24\n" },
		{ "prefix add east 10.0.0.0/24 -f", "PREFIX_ADD force pool=east 10.0.0.0/24\n" },
		{ "prefix add \"east\" \"10.0.0.0/24\"", "PREFIX_ADD pool=east 10.0.0.0/24\n" },
		{ "prefix add east 10.0.0.1/24",
		  "site.conf:1: prefix 10.0.0.1/24 has host bits set, did you mean 10.0.0.0/24?\n" },
		{ "prefix add east 10.0.0.0/33",
		  "site.conf:1: prefix 10.0.0.0/33 has a bad length, expected 0 to 32\n" },
		{ "prefix add east 10.0.0.0/", "site.conf:1: prefix 10.0.0.0/ has a bad length, expected 0 to 32\n" },
		{ "prefix add east 10.0.0.0/8 x", "site.conf:1: \"x\" is one word too many\n" },
		{ "prefix add east 10.0.0", "site.conf:1: \"10.0.0\" is not a prefix\n" },
		{ "prefix add east ", "site.conf:1: a prefix is missing\n" },
		{ "prefix add east", "site.conf:1: a prefix is missing\n" },
		{ "prefix add ", "site.conf:1: the name of a pool is missing\n" },
		{ "prefix add -", "site.conf:1: the name of a pool is missing before \"-\"\n" },
		{ "prefix add .east 10.0.0.0/8", "site.conf:1: \".east\" is not a pool's name: 1 to 31 of A-Z a-z 0-9 _ . -, not starting with . or -\n" },
		{ "prefix add a123456789b123456789c123456789de ::", "site.conf:1: \"a123456789b123456789c123456789de\" is not a pool's name: 1 to 31 of A-Z a-z 0-9 _ . -, not starting with . or -\n" },
		{ "prefix", "site.conf:1: \"prefix show\" does not change the policy\n" },
	};
	char expected[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool good = !strncmp(rows[i][1], "PREFIX_ADD", 10);

		write_file("site.conf", rows[i][0]);
		sprintf(expected, "RESTORE_BEGIN\n%sRESTORE_COMMIT\n", rows[i][1]);
		expect("restore site.conf", good ? DONE : USAGE, "", good ? "" : rows[i][1],
		       good ? expected : "");
	}
}

#define SPECIAL(noun, prefix, what) \
	noun " " prefix " has only " what " addresses, which no connection through a router has\n"

/* The other warning that an exempt gets which lies in no prefix */
#define IDLE(prefix) \
	"Warning: exempt " prefix " lies in no prefix of pool \"east\", and opens nothing until it does\n"

/* Prefixes that no connection has are accepted, with a warning. */
static void test_special(void **state)
{
	static const char *const rows[][2] = {
		{ "prefix add east 127.0.0.0/8", SPECIAL("prefix", "127.0.0.0/8", "loopback") },
		{ "prefix add east ::1", SPECIAL("prefix", "::1/128", "loopback") },
		{ "pool add east prefix 224.1.0.0/16", SPECIAL("prefix", "224.1.0.0/16", "multicast") },
		{ "pool add east prefix 239.255.255.255", SPECIAL("prefix", "239.255.255.255/32", "multicast") },
		{ "exempt add east ff05::1", SPECIAL("exempt", "ff05::1/128", "multicast") IDLE("ff05::1/128") },
		{ "exempt add east 169.254.0.0/16",
		  SPECIAL("exempt", "169.254.0.0/16", "link-local") IDLE("169.254.0.0/16") },
		{ "relay add febf::/16", SPECIAL("relay", "febf::/16", "link-local") },
		{ "relay add 0.0.0.0", SPECIAL("relay", "0.0.0.0/32", "unspecified") },
		{ "relay add ::", SPECIAL("relay", "::/128", "unspecified") },
		{ "target add ff02::1", SPECIAL("target", "ff02::1/128", "multicast") },
		{ "relay add 255.255.255.255 pool east", SPECIAL("relay", "255.255.255.255/32", "broadcast") },
	}, *const good[] = {
		"prefix add east 0.0.0.0/0 ::/0 ::/127 126.0.0.0/7 128.0.0.0/1 169.254.0.0/15 223.0.0.0/8 240.0.0.0/4",
		"prefix add east fec0::/10 fe00::/9 fe00::/8 1::1 255.255.255.254 100.64.0.0/10",
		"prefix del east 127.0.0.0/8", "exempt del east ::1", "relay del ff00::/8",
	};
	char expected[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sprintf(expected, "Warning: %s", rows[i][1]);
		op25bctl(rows[i][0]);
		assert_string_equal(run.err, expected);
		assert_int_equal(run.code, DONE);
	}
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		op25bctl(good[i]);
		assert_string_equal(run.err, "");
		assert_int_equal(run.code, DONE);
	}
	/* with the line, also one that was read plainly; once, though the file is read again */
	write_file("site.conf", "pool add east prefix 10.0.0.0/24\nprefix add east ::1\nrelay add 192.0.2.1 ff02::1\n"
		   "exempt add east 10.0.0.7\n");
	op25bctl("restore site.conf");
	assert_string_equal(run.err,
			    "site.conf:2: Warning: " SPECIAL("prefix", "::1/128", "loopback")
			    "site.conf:3: Warning: " SPECIAL("relay", "ff02::1/128", "multicast"));
	assert_int_equal(run.code, DONE);
	kernel_refuse(OP25B_CMD_EXEMPT_ADD, "10.0.0.7/32", EEXIST, "exempt is there already");
	op25bctl("restore site.conf");
	assert_string_equal(run.err,
			    "site.conf:2: Warning: " SPECIAL("prefix", "::1/128", "loopback")
			    "site.conf:3: Warning: " SPECIAL("relay", "ff02::1/128", "multicast")
			    "site.conf:4: exempt 10.0.0.7/32 is in pool \"east\" already\n");
	assert_int_equal(run.code, REFUSED);
	kernel_reset();
	/* a handful */
	op25bctl("prefix add east 127.0.0.1 127.0.0.2 127.0.0.3 127.0.0.4 127.0.0.5 127.0.0.6 127.0.0.7");
	assert_string_equal(run.err,
			    "Warning: " SPECIAL("prefix", "127.0.0.1/32", "loopback")
			    "Warning: " SPECIAL("prefix", "127.0.0.2/32", "loopback")
			    "Warning: " SPECIAL("prefix", "127.0.0.3/32", "loopback")
			    "Warning: " SPECIAL("prefix", "127.0.0.4/32", "loopback")
			    "Warning: " SPECIAL("prefix", "127.0.0.5/32", "loopback")
			    "Warning: further prefixes of this kind are not named\n");
	assert_int_equal(run.code, DONE);
}

/* No message is too large for the default buffer of a socket. */
static void test_restore_large(void **state)
{
	char *text = malloc(2000000), *end = text;
	int i;

	(void)state;
	for (i = 0; i < 20000; i++)
		end += sprintf(end, "prefix add east 10.%d.%d.0/24\n", i >> 8, i & 255);
	for (i = 0; i < 2000; i++)
		end += sprintf(end, "exempt add east 10.%d.%d.0/24 comment %0255d\n", i >> 8, i & 255, i);
	end += sprintf(end, "relay add");
	for (i = 0; i < 20000; i++)
		end += sprintf(end, " 2001:db8:%x::/48", i);
	write_file("site.conf", text);
	op25bctl("restore site.conf");
	assert_int_equal(run.code, DONE);
	assert_int_equal(kernel.prefixes, 42000);
	assert_in_range(kernel.largest, 100 * 1024, 128 * 1024);
	free(text);
}

static void test_bad_text(void **state)
{
	static const char *const rows[][2] = {
		{ "pool add east\n\nprefix add east 10.0.0.1/24\nfrob",
		  "site.conf:3: prefix 10.0.0.1/24 has host bits set, did you mean 10.0.0.0/24?\n" },
		{ "pool add east\npool show\n", "site.conf:2: \"pool show\" does not change the policy\n" },
		{ "pool reset east\n", "site.conf:1: \"pool reset\" does not change the policy\n" },
		{ "status\n", "site.conf:1: \"status\" does not change the policy\n" },
		{ "restore other.conf\n", "site.conf:1: \"restore\" does not change the policy\n" },
		{ "op25bctl pool add east\n", "site.conf:1: unknown object \"op25bctl\", expected one of: pool, prefix, exempt, relay, target, session, sender, test, status, save, restore, confirm, rollback, diff, monitor, metrics, flush, help\n" },
		{ "prefix add east -\n", "site.conf:1: standard input can only be used on the command line, not in a file\n" },
		{ "pool add east -b x\n", "site.conf:1: unknown option \"-b\"\n" },
		{ "pool add east -n\n", "site.conf:1: --dry-run is for the command line\n" },
		{ "pool add east --confirm 5m\n", "site.conf:1: --confirm is for the command line\n" },
		{ "confirm\n", "site.conf:1: \"confirm\" does not change the policy\n" },
		{ "rollback\n", "site.conf:1: \"rollback\" does not change the policy\n" },
		{ "exempt add east 10.0.0.7 comment \"x", "site.conf:1: a quote is not closed\n" },
	};
	size_t i;

	(void)state;
	/* Syntax errors are reported before anything is sent. */
	kernel.open_code = ENOENT;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		write_file("site.conf", rows[i][0]);
		expect("restore site.conf", USAGE, "", rows[i][1], "");
		expect("restore -n site.conf", USAGE, "", rows[i][1], "");
		expect("diff site.conf", 2, "", rows[i][1], "");
	}
}

/* A save that failed may leave such files. They would remove everything. */
static void test_no_command(void **state)
{
	static const char *const texts[] = { "", "\n\n", "# a site\n", " \t# pool add east" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		static const char error[] =
			"Error: \"site.conf\" holds no command; use flush to remove everything\n";

		write_file("site.conf", texts[i]);
		expect("restore site.conf", USAGE, "", error, "");
		expect("restore -f -n site.conf", USAGE, "", error, "");
		expect("diff site.conf", 2, "", error, "");
	}
	expect("restore", USAGE, "",
	       "Error: \"-\" holds no command; use flush to remove everything\n", "");
	write_file("site.conf", "flush\n");
	expect("restore site.conf", DONE, "", "",
	       "RESTORE_BEGIN\nFLUSH\nEXEMPT_GET restore\nRELAY_GET restore\nRESTORE_COMMIT\n");
	/* a batch without a command does nothing, and may */
	expect("-b -", DONE, "", "", "");
}

/* A refusal names the first line at fault, although messages are merged from many lines. */
static void test_restore_refused(void **state)
{
	(void)state;
	write_file("site.conf",
		   "pool add east\n"
		   "prefix add east 10.0.0.0/24\n"
		   "prefix add west 10.0.1.0/24\n"
		   "\n"
		   "prefix add east 10.0.2.0/24\n"
		   "prefix add eest 10.0.3.0/24\n");
	kernel_refuse(OP25B_CMD_PREFIX_ADD, "eest", ENOENT, "pool does not exist");
	expect("restore site.conf", REFUSED, "", "site.conf:6: pool \"eest\" does not exist\n",
	       "RESTORE_BEGIN\n"
	       "POOL_ADD pool=east\n"
	       "PREFIX_ADD pool=east 10.0.0.0/24 10.0.2.0/24\n"
	       "PREFIX_ADD pool=west 10.0.1.0/24\n"
	       "PREFIX_ADD pool=eest 10.0.3.0/24\n"
	       "RESTORE_BEGIN\n"
	       "POOL_ADD pool=east\n"
	       "PREFIX_ADD pool=east 10.0.0.0/24 10.0.2.0/24\n"
	       "PREFIX_ADD pool=west 10.0.1.0/24\n"
	       "PREFIX_ADD pool=eest 10.0.3.0/24\n");
	kernel_reset();
	/* one of the prefixes of a message: with the lines before it, and then by itself */
	kernel_refuse(OP25B_CMD_PREFIX_ADD, "10.0.2.0/24", EEXIST, "prefix is in pool \"west\"");
	expect("restore site.conf", REFUSED, "",
	       "site.conf:5: prefix 10.0.2.0/24 is in pool \"west\"\n",
	       "RESTORE_BEGIN\n"
	       "POOL_ADD pool=east\n"
	       "PREFIX_ADD pool=east 10.0.0.0/24 10.0.2.0/24\n"
	       "RESTORE_BEGIN\n"
	       "POOL_ADD pool=east\n"
	       "PREFIX_ADD pool=east 10.0.0.0/24\n"
	       "PREFIX_ADD pool=west 10.0.1.0/24\n"
	       "PREFIX_ADD pool=east 10.0.2.0/24\n");
	kernel_reset();
	/* no line is at fault: that of the message is named, and nothing is sent again */
	kernel_refuse(OP25B_CMD_PREFIX_ADD, NULL, ENOMEM, NULL);
	expect("restore site.conf", REFUSED, "", "site.conf:2: Cannot allocate memory\n",
	       "RESTORE_BEGIN\n"
	       "POOL_ADD pool=east\n"
	       "PREFIX_ADD pool=east 10.0.0.0/24 10.0.2.0/24\n");
	kernel_reset();
	kernel_refuse(OP25B_CMD_PREFIX_ADD, "10.0.2.0/24", EEXIST, "prefix is in pool \"west\"");
	/* The first message that is refused is not the one with the first line at fault. */
	kernel_refuse(OP25B_CMD_PREFIX_ADD, "west", ENOENT, "pool does not exist");
	expect("restore -n site.conf", REFUSED, "", "site.conf:3: pool \"west\" does not exist\n",
	       "RESTORE_BEGIN\n"
	       "POOL_ADD pool=east\n"
	       "PREFIX_ADD pool=east 10.0.0.0/24 10.0.2.0/24\n"
	       "RESTORE_BEGIN\n"
	       "POOL_ADD pool=east\n"
	       "PREFIX_ADD pool=east 10.0.0.0/24\n"
	       "PREFIX_ADD pool=west 10.0.1.0/24\n"
	       "RESTORE_BEGIN\n"
	       "POOL_ADD pool=east\n"
	       "PREFIX_ADD pool=east 10.0.0.0/24\n"
	       "PREFIX_ADD pool=west 10.0.1.0/24\n");

	kernel_reset();
	kernel_refuse(OP25B_CMD_RESTORE_BEGIN, NULL, EPERM, NULL);
	expect("restore site.conf", REFUSED, "",
	       "Error: this takes CAP_NET_ADMIN in the network namespace: use sudo, or be root there\n",
	       "RESTORE_BEGIN\n");
	kernel_reset();
	kernel_refuse(OP25B_CMD_RESTORE_COMMIT, NULL, ENOMEM, NULL);
	expect("restore site.conf", REFUSED, "", "Error: Cannot allocate memory\n", NULL);
}

static void test_batch(void **state)
{
	(void)state;
	write_file("site.conf",
		   "pool add east\n"
		   "-f prefix add east 10.0.0.0/24 # forced alone\n"
		   "prefix add east 10.0.1.0/24\n"
		   "-j prefix show\n"
		   "status help\n"
		   "restore -n empty.conf\n"
		   "pool del nowhere\n"
		   "flush\n");
	write_file("empty.conf", "flush\n");
	kernel_refuse(OP25B_CMD_POOL_DEL, "nowhere", ENOENT, "pool does not exist");
	op25bctl("-b site.conf");
	assert_int_equal(unlink("empty.conf"), 0);
	assert_string_equal(run.err, "site.conf:7: pool \"nowhere\" does not exist\n");
	assert_int_equal(run.code, REFUSED);
	assert_string_equal(kernel.log,
			    "POOL_ADD pool=east\n"
			    "PREFIX_ADD force pool=east 10.0.0.0/24\n"
			    "RELAY_GET\n"
			    "PREFIX_ADD pool=east 10.0.1.0/24\n"
			    "RELAY_GET\n"
			    "PREFIX_GET\n"
			    "RESTORE_BEGIN\n"
			    "FLUSH\n"
			    "EXEMPT_GET restore\n"
			    "RELAY_GET restore\n"
			    "POOL_DEL pool=nowhere\n");
	assert_int_equal(strncmp(run.out, "[]\nUsage:", 9), 0);

	*kernel.log = '\0';
	op25bctl_with("-f --batch -", "flush\nprefix add east ::/0\nprefix add east 1.2.3/4\nflush");
	assert_int_equal(run.code, USAGE);
	assert_string_equal(run.err, "-:3: \"1.2.3/4\" is not a prefix\n");
	assert_string_equal(kernel.log, "FLUSH\nPREFIX_ADD force pool=east ::/0\nRELAY_GET\n");

	write_file("site.conf", "prefix add east -\n");
	expect("-b site.conf", USAGE, "",
	       "site.conf:1: standard input can only be used on the command line, not in a file\n", "");
	write_file("site.conf", "restore\n");
	expect("-b site.conf", USAGE, "",
	       "site.conf:1: standard input can only be used on the command line, not in a file\n", "");
	write_file("site.conf", "diff -\n");
	expect("-b site.conf", USAGE, "",
	       "site.conf:1: standard input can only be used on the command line, not in a file\n", "");
}

/* With -k, a batch goes on after each error; with -j, each line has an answer, empty ones too. */
static void test_batch_goes_on(void **state)
{
	static const char batch[] =
		"pool add east\n"
		"\n"
		"pool ad west\n"
		"pool del nowhere\n"
		"# a comment\n"
		"pool \"east\n"
		"diff empty.conf\n"
		"-j prefix show\n"
		"restore bad.conf\n"
		"flush\n";
	const char *end;

	(void)state;
	write_file("site.conf", batch);
	write_file("empty.conf", "flush\n");
	write_file("bad.conf", "flush\npools\n");
	kernel_refuse(OP25B_CMD_POOL_DEL, "nowhere", ENOENT, "pool does not exist");
	op25bctl("-k -b site.conf");
	assert_int_equal(run.code, REFUSED);
	assert_string_equal(run.out, "[]\n");
	assert_string_equal(run.err,
			    "site.conf:3: unknown command \"pool ad\", did you mean \"pool add\"?\n"
			    "site.conf:4: pool \"nowhere\" does not exist\n"
			    "site.conf:6: a quote is not closed\n"
			    "bad.conf:2: unknown object \"pools\", did you mean \"pool\"?\n");
	end = strrchr(kernel.log, 'F');
	assert_string_equal(end, "FLUSH\n");

	op25bctl("--json --keep-going --batch site.conf");
	assert_int_equal(run.code, REFUSED);
	assert_string_equal(run.out,
			    "{\"line\":1,\"ok\":true}\n"
			    "{\"line\":2,\"ok\":true}\n"
			    "{\"line\":3,\"ok\":false,\"error\":\"unknown command \\\"pool ad\\\", did you mean \\\"pool add\\\"?\"}\n"
			    "{\"line\":4,\"ok\":false,\"error\":\"pool \\\"nowhere\\\" does not exist\"}\n"
			    "{\"line\":5,\"ok\":true}\n"
			    "{\"line\":6,\"ok\":false,\"error\":\"a quote is not closed\"}\n"
			    "{\"line\":7,\"ok\":true,\"result\":[]}\n"
			    "{\"line\":8,\"ok\":true,\"result\":[]}\n"
			    "{\"line\":9,\"ok\":false,\"error\":\"bad.conf:2: unknown object \\\"pools\\\", did you mean \\\"pool\\\"?\"}\n"
			    "{\"line\":10,\"ok\":true}\n");

	/* without -k, the same up to the first error */
	op25bctl("-j -b site.conf");
	assert_int_equal(run.code, USAGE);
	assert_non_null(strstr(run.out, "{\"line\":3,\"ok\":false,"));
	assert_null(strstr(run.out, "\"line\":4"));

	assert_int_equal(unlink("empty.conf"), 0);
	assert_int_equal(unlink("bad.conf"), 0);

	/* what is no JSON is a string, and what is not UTF-8 is escaped */
	op25bctl_with("-j -k -b -", "status help\nfrob\377\nmonitor\nsave\n");
	assert_int_equal(run.code, REFUSED);
	assert_int_equal(strncmp(run.out, "{\"line\":1,\"ok\":true,\"result\":\"Usage:\\n", 38), 0);
	assert_non_null(strstr(run.out, "{\"line\":2,\"ok\":false,\"error\":\"unknown object \\\"frob\\\\xff\\\", "));
	assert_non_null(strstr(run.out, "{\"line\":3,\"ok\":false,\"error\":\"monitor does not end, and so cannot be answered\"}\n"));
	assert_non_null(strstr(run.out, "{\"line\":4,\"ok\":true,\"result\":\"# begin of op25bctl save\\n"));

	write_file("site.conf", "flush\n");
	expect("-k -b site.conf", DONE, "", "", "FLUSH\n");
	expect("-k flush", USAGE, "", "Error: --keep-going is for --batch\n", "");
	expect("-k -b nowhere", USAGE, "", "Error: cannot open \"nowhere\": No such file or directory\n",
	       "");
}

static void put_prefix(uint8_t command, const char *pool, const char *text, uint32_t timeout,
		       const char *comment)
{
	struct exempt_options options = { timeout, comment };
	struct message *message = kernel_answer(command);
	struct prefix prefix;

	if (pool)
		message_put_string(message, OP25B_A_POOL, pool);
	assert_int_equal(prefix_parse(&prefix, text), DONE);
	message_put_prefix(message, OP25B_A_PREFIX, &prefix, &options);
}

static void put_pool(const char *name, uint32_t mode, uint32_t action, uint32_t guard)
{
	struct message *message = kernel_answer(OP25B_CMD_POOL_GET);

	message_put_string(message, OP25B_A_POOL, name);
	message_put_u32(message, OP25B_A_MODE, mode);
	message_put_u32(message, OP25B_A_ACTION, action);
	message_put_u32(message, OP25B_A_GUARD, guard);
}

/* The kernel sends both settings, and how many senders there are. */
static void put_recorded_pool(const char *name, uint8_t senders, uint8_t subscriber)
{
	struct message *message = kernel_answer(OP25B_CMD_POOL_GET);

	message_put_string(message, OP25B_A_POOL, name);
	message_put_u32(message, OP25B_A_MODE, OP25B_MODE_ENFORCE);
	message_put_u8(message, OP25B_A_SENDERS, senders);
	message_put_u8(message, OP25B_A_SUBSCRIBER, subscriber);
	message_put_u32(message, OP25B_A_LOG, senders == 1 ? 5 : OP25B_LOG_OFF);
	if (senders)
		mnl_attr_put_u64(message_header(message), OP25B_A_SENDER_COUNT, 12);
}

/* A policy with one of everything. */
static void put_policy(void)
{
	put_pool("west", OP25B_MODE_OBSERVE, OP25B_ACTION_TCP_RESET, 3);
	put_recorded_pool("south", 1, 56);
	put_pool("east", OP25B_MODE_ENFORCE, OP25B_ACTION_DROP, 0);
	put_prefix(OP25B_CMD_PREFIX_GET, "east", "10.0.0.0/24", 0, NULL);
	put_prefix(OP25B_CMD_PREFIX_GET, "west", "10.0.0.0/25", 0, NULL);
	put_prefix(OP25B_CMD_PREFIX_GET, "east", "2001:db8::/32", 0, NULL);
	put_prefix(OP25B_CMD_EXEMPT_GET, "east", "10.0.0.7", 3599, "a # \"b\" \\ \303\274");
	put_prefix(OP25B_CMD_EXEMPT_GET, "east", "10.0.0.8", 0, NULL);
	put_prefix(OP25B_CMD_RELAY_GET, NULL, "192.0.2.0/28", 0, NULL);
	put_prefix(OP25B_CMD_RELAY_GET, NULL, "198.51.100.0/24", 0, NULL);
	put_prefix(OP25B_CMD_RELAY_GET, "east", "192.0.2.0/28", 0, NULL);
	put_prefix(OP25B_CMD_TARGET_GET, NULL, "203.0.113.0/24", 0, NULL);
	put_prefix(OP25B_CMD_TARGET_GET, "west", "203.0.113.0/24", 0, NULL);
}

static const char saved[] =
	"# begin of op25bctl save\n"
	"pool add west mode observe action tcp-reset guard synack inbound\n"
	"pool add south mode enforce action drop senders on subscriber 56 log 5\n"
	"pool add east mode enforce action drop\n"
	"relay add 192.0.2.0/28\n"
	"relay add 198.51.100.0/24\n"
	"relay add 192.0.2.0/28 pool east\n"
	"target add 203.0.113.0/24\n"
	"target add 203.0.113.0/24 pool west\n"
	"prefix add east 10.0.0.0/24\n"
	"prefix add west 10.0.0.0/25\n"
	"prefix add east 2001:db8::/32\n"
	"exempt add east 10.0.0.7/32 timeout 3599 comment \"a # \\\"b\\\" \\\\ \303\274\"\n"
	"exempt add east 10.0.0.8/32\n"
	"# end of op25bctl save\n";

/* The error of a saved file that was cut behind a line. */
static void expect_cut(unsigned int begin, unsigned int last, const char *where)
{
	char error[256];

	sprintf(error, "site.conf:%u: the saved policy that begins in line %u was cut off: "
		"expected the line \"# end of op25bctl save\" %s this one\n", last, begin, where);
	expect("restore site.conf", USAGE, "", error, "");
	expect("restore -n site.conf", USAGE, "", error, "");
	expect("diff site.conf", 2, "", error, "");
}

/* A saved file that was cut is refused, wherever that was. A file written by hand needs no marks. */
static void test_marks(void **state)
{
	static const char *const good[] = {
		"%s# with a comment behind\n",
		"# and before\n%s",
		"%spool add north\n",
		"%1$s%1$s",
		"pool add north # begin of op25bctl save\n# # end of op25bctl save\n# end\n",
		" # begin of op25bctl save\nflush\n",
	};
	char text[2 * sizeof(saved) + 64];
	unsigned int lines = 0;
	const char *end;
	size_t i;

	(void)state;
	for (end = strchr(saved, '\n') + 1; *end; end = strchr(end, '\n') + 1) {
		sprintf(text, "%.*s", (int)(end - saved), saved);
		write_file("site.conf", text);
		expect_cut(1, ++lines, "after");
	}
	assert_int_equal(lines, 14);
	/* somewhere in a line, the line itself may be what is refused */
	for (end = saved + strlen("# begin of op25bctl save"); end < saved + sizeof(saved) - 2; end++) {
		sprintf(text, "%.*s", (int)(end - saved), saved);
		write_file("site.conf", text);
		op25bctl("restore site.conf");
		assert_int_equal(run.code, USAGE);
	}
	/* without the last newline nothing is lost */
	sprintf(text, "%.*s", (int)sizeof(saved) - 2, saved);
	write_file("site.conf", text);
	expect("restore -n site.conf", DONE, "", "", NULL);

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		sprintf(text, good[i], saved);
		write_file("site.conf", text);
		expect("restore site.conf", DONE, "", "", NULL);
	}
	write_file("site.conf", "# begin of op25bctl save \t\r\nflush\r\n# end of op25bctl save\r\n");
	expect("restore site.conf", DONE, "", "", NULL);

	/* one saved file after another, the first or second of which was cut */
	sprintf(text, "# begin of op25bctl save\nflush\n%s", saved);
	write_file("site.conf", text);
	expect_cut(1, 3, "before");
	sprintf(text, "%s\n# begin of op25bctl save\nflush\n\n", saved);
	write_file("site.conf", text);
	expect_cut(17, 19, "after");
	write_file("site.conf", "flush\n# end of op25bctl save\n");
	expect("restore site.conf", USAGE, "",
	       "site.conf:2: the beginning of this saved policy is missing: expected the line "
	       "\"# begin of op25bctl save\" before this one\n", "");
}

static void test_save(void **state)
{
	(void)state;
	expect("save", DONE, "# begin of op25bctl save\nflush\n# end of op25bctl save\n", "", NULL);
	put_policy();
	expect("save", DONE, saved, "",
	       "POLICY_GET\n");

	write_file("site.conf", saved);
	expect("diff site.conf", 0, "", "", NULL);
	expect("restore site.conf", DONE, "", "",
	       "RESTORE_BEGIN\n"
	       "POOL_ADD pool=west mode=1 action=1 guard=3\n"
	       "POOL_ADD pool=south mode=0 action=0 senders=1 subscriber=56 log=5\n"
	       "POOL_ADD pool=east mode=0 action=0\n"
	       "RELAY_ADD 192.0.2.0/28 198.51.100.0/24\n"
	       "RELAY_ADD pool=east 192.0.2.0/28\n"
	       "TARGET_ADD 203.0.113.0/24\n"
	       "TARGET_ADD pool=west 203.0.113.0/24\n"
	       "PREFIX_ADD pool=east 10.0.0.0/24 2001:db8::/32\n"
	       "PREFIX_ADD pool=west 10.0.0.0/25\n"
	       "EXEMPT_ADD pool=east 10.0.0.7/32(3599s)(a # \"b\" \\ \303\274) 10.0.0.8/32\n"
	       "RESTORE_COMMIT\n");
}

/* What this command does not know would get lost. A module of another version may have it. */
static void test_unknown(void **state)
{
	static const struct {
		uint32_t mode, action, guard;
		const char *what;
	} rows[] = {
		{ 7, 0, 0, "mode 7 of pool \"east\"" },
		{ 0, 9, 0, "action 9 of pool \"east\"" },
		{ 0, 0, 49, "guard 48 of pool \"east\"" },
		{ 0, 0, 0, "attribute 77 of pool \"east\"" },
		{ 0, 0, 0, "a part of the policy" },
		{ 0, 0, 0, "attribute 9 of exempt 10.0.0.7/32" },
		{ 0, 0, 0, "senders 2 of pool \"east\"" },
	};
	char error[256];
	size_t i;

	(void)state;
	write_file("site.conf", "pool add east\n");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct prefix prefix = { .family = AF_INET, .address = { 10, 0, 0, 7 }, .length = 32 };
		struct message *message;

		kernel_reset();
		message_put_string(kernel_answer(OP25B_CMD_STATUS_GET), OP25B_A_VERSION, "9.9");
		put_pool("east", rows[i].mode, rows[i].action, rows[i].guard);
		if (i == 3) {
			message = kernel_answer(OP25B_CMD_POOL_GET);
			message_put_string(message, OP25B_A_POOL, "east");
			message_put_u32(message, 77, 1);
		} else if (i == 4) {
			message_put_u32(kernel_answer(OP25B_CMD_RELAY_GET), 77, 1);
		} else if (i == 5) {
			struct nlattr *nest;

			message = kernel_answer(OP25B_CMD_EXEMPT_GET);
			message_put_string(message, OP25B_A_POOL, "east");
			nest = mnl_nlmsg_get_payload_tail(message_header(message));
			message_put_prefix(message, OP25B_A_PREFIX, &prefix, NULL);
			message_put_u32(message, 9, 1);
			nest->nla_len += MNL_ATTR_HDRLEN + sizeof(uint32_t);
		} else if (i == 6) {
			put_recorded_pool("east", 2, 64);
		}
		sprintf(error, "Error: this command does not know %s, and would lose it: "
			"use the op25bctl of the module's version, 9.9\n", rows[i].what);
		expect("save", REFUSED, "", error, NULL);
		expect("diff site.conf", 2, "", error, NULL);
		op25bctl("-j pool show");
		assert_int_equal(run.code, DONE);
		if (i < 3)
			assert_non_null(strstr(run.out, ((const char *[]) {
				"\"mode\":\"7\",\"action\":\"drop\",\"guard\":[]",
				"\"mode\":\"enforce\",\"action\":\"9\",\"guard\":[]",
				"\"guard\":[\"synack\",\"48\"]" })[i]));
		op25bctl("pool show east");
		if (i < 3)
			assert_non_null(strstr(run.out, ((const char *[]) {
				"mode 7  action drop  guard none", "mode enforce  action 9",
				"guard synack,48" })[i]));
	}
}

static void test_diff(void **state)
{
	(void)state;
	put_policy();
	/* another order, other words, the same policy */
	write_file("site.conf",
		   "pool add east senders off subscriber 64\n"
		   "pool add south subscriber 56 log 5 senders on\n"
		   "prefix add east 2001:db8::/32 10.0.0.0/24\n"
		   "pool add west guard synack mode observe action tcp-reset guard inbound prefix 10.0.0.0/25\n"
		   "exempt add east 10.0.0.8\n"
		   "exempt add east 10.0.0.7 comment \"a # \\\"b\\\" \\\\ \303\274\" timeout 5\n"
		   "relay add 192.0.2.0/28 pool east\n"
		   "target add 203.0.113.0/24 pool west\n"
		   "target add 203.0.113.0/24\n"
		   "relay add 198.51.100.0/24 192.0.2.0/28\n");
	expect("diff site.conf", 0, "", "", NULL);
	expect("-j diff site.conf", 0, "[]\n", "", NULL);
	expect("-c diff site.conf", 0, "", "", NULL);
	write_file("site.conf", "pool add east\n");
	op25bctl("-c diff site.conf");
	assert_ptr_equal(strstr(run.out, "\033[31m- pool add west mode observe action tcp-reset guard"
				" synack inbound\033[0m\n\033[31m- "), run.out);
	op25bctl("-c=never status");

	write_file("site.conf",
		   "pool add north\n"
		   "pool add east action tcp-reset\n"
		   "pool add south senders off subscriber 56\n"
		   "prefix add east 2001:db8::/32\n"
		   "prefix add north 10.0.0.0/24\n"
		   "prefix add east 10.0.0.0/23\n"
		   "exempt add east 10.0.0.7 timeout 1 comment other\n"
		   "exempt add east 10.0.0.8 timeout 60\n"
		   "relay add 192.0.2.0/28 pool east\n"
		   "relay add 192.0.2.0/28 pool north\n"
		   "target add 203.0.113.0/24 pool north\n");
	expect("diff site.conf", 1,
	       "+ pool add north mode enforce action drop\n"
	       "- pool add east mode enforce action drop\n"
	       "+ pool add east mode enforce action tcp-reset\n"
	       "- pool add south mode enforce action drop senders on subscriber 56 log 5\n"
	       "+ pool add south mode enforce action drop subscriber 56\n"
	       "- pool add west mode observe action tcp-reset guard synack inbound\n"
	       "+ prefix add east 10.0.0.0/23\n"
	       "- prefix add east 10.0.0.0/24\n"
	       "+ prefix add north 10.0.0.0/24\n"
	       "- prefix add west 10.0.0.0/25\n"
	       "- exempt add east 10.0.0.7/32 timeout 3599 comment \"a # \\\"b\\\" \\\\ \303\274\"\n"
	       "+ exempt add east 10.0.0.7/32 timeout 1 comment \"other\"\n"
	       "- exempt add east 10.0.0.8/32\n"
	       "+ exempt add east 10.0.0.8/32 timeout 60\n"
	       "- relay add 192.0.2.0/28\n"
	       "+ relay add 192.0.2.0/28 pool north\n"
	       "- relay add 198.51.100.0/24\n"
	       "- target add 203.0.113.0/24\n"
	       "+ target add 203.0.113.0/24 pool north\n"
	       "- target add 203.0.113.0/24 pool west\n", "", NULL);

	write_file("site.conf", saved);
	kernel_reset();
	put_pool("west", OP25B_MODE_OBSERVE, OP25B_ACTION_TCP_RESET, OP25B_GUARD_SYNACK);
	put_recorded_pool("south", 1, 48);
	put_pool("east", OP25B_MODE_ENFORCE, OP25B_ACTION_DROP, 0);
	put_prefix(OP25B_CMD_PREFIX_GET, "west", "10.0.0.0/25", 0, NULL);
	put_prefix(OP25B_CMD_PREFIX_GET, "west", "2001:db8::/32", 0, NULL);
	put_prefix(OP25B_CMD_RELAY_GET, NULL, "198.51.100.0/24", 0, NULL);
	put_prefix(OP25B_CMD_RELAY_GET, "east", "192.0.2.0/28", 0, NULL);
	expect("diff site.conf", 1,
	       "- pool add west mode observe action tcp-reset guard synack\n"
	       "+ pool add west mode observe action tcp-reset guard synack inbound\n"
	       "- pool add south mode enforce action drop senders on subscriber 48 log 5\n"
	       "+ pool add south mode enforce action drop senders on subscriber 56 log 5\n"
	       "+ prefix add east 10.0.0.0/24\n"
	       "- prefix add west 2001:db8::/32\n"
	       "+ prefix add east 2001:db8::/32\n"
	       "+ exempt add east 10.0.0.7/32 timeout 3599 comment \"a # \\\"b\\\" \\\\ \303\274\"\n"
	       "+ exempt add east 10.0.0.8/32\n"
	       "+ relay add 192.0.2.0/28\n"
	       "+ target add 203.0.113.0/24\n"
	       "+ target add 203.0.113.0/24 pool west\n", "", NULL);

	write_file("site.conf", "flush\n");
	kernel_reset();
	put_pool("east", OP25B_MODE_ENFORCE, OP25B_ACTION_DROP, 0);
	expect("diff site.conf -j", 1,
	       "[{\"change\":\"del\",\"command\":\"pool add east mode enforce action drop\"}]\n", "", NULL);
	/* in a batch, a difference is not an error */
	write_file("empty.conf", "flush\n");
	write_file("site.conf", "diff empty.conf\nstatus help\n");
	op25bctl("-b site.conf");
	assert_int_equal(unlink("empty.conf"), 0);
	assert_int_equal(run.code, DONE);
	assert_string_equal(run.err, "");
	assert_int_equal(strncmp(run.out, "- pool add east mode enforce action drop\nUsage:", 47), 0);

	write_file("site.conf", "flush\n");
	kernel_refuse(OP25B_CMD_POLICY_GET, NULL, ENOMEM, NULL);
	expect("diff site.conf", 2, "", "Error: Cannot allocate memory\n", NULL);
	expect("diff -n site.conf", 2, "", "Error: --dry-run is for restore only\n", "");
	expect("diff --confirm 5m site.conf", 2, "", "Error: --confirm is for restore only\n", "");
	expect("diff --bogus", 2, "", "Error: unknown option \"--bogus\"\n", "");
	expect("-j --bogus diff", 2, "", "Error: unknown option \"--bogus\"\n", "");
	expect("diff a b", 2, "", "Error: \"b\" is one word too many\n", "");
	expect("diff nowhere", 2, "", "Error: cannot open \"nowhere\": No such file or directory\n", "");
}

/* The kernel judges the file: diff shows what is staged, and names the line that is refused. */
static void test_diff_stages(void **state)
{
	(void)state;
	write_file("site.conf",
		   "pool add east\n"
		   "prefix add east 10.0.0.0/24\n"
		   "pool del west\n"
		   "prefix add east 10.0.1.0/24\n"
		   "prefix del east 10.0.1.0/24\n"
		   "flush\n");
	expect("diff site.conf", 1,
	       "+ pool add east mode enforce action drop\n"
	       "+ prefix add east 10.0.0.0/24\n"
	       "+ prefix add east 10.0.1.0/24\n", "",
	       "RESTORE_BEGIN\n"
	       "POOL_ADD pool=east\n"
	       "PREFIX_ADD pool=east 10.0.0.0/24\n"
	       "POOL_DEL pool=west\n"
	       "PREFIX_ADD pool=east 10.0.1.0/24\n"
	       "PREFIX_DEL pool=east 10.0.1.0/24\n"
	       "FLUSH\n"
	       "POLICY_GET restore\n"
	       "POLICY_GET\n");
	op25bctl("-f diff site.conf");
	assert_non_null(strstr(kernel.log, "PREFIX_ADD force pool=east 10.0.0.0/24\n"));

	kernel_refuse(OP25B_CMD_POOL_DEL, "west", ENOENT, "pool does not exist");
	expect("diff site.conf", 2, "", "site.conf:3: pool \"west\" does not exist\n", NULL);
	kernel_refuse(OP25B_CMD_PREFIX_ADD, "10.0.0.0/24", EEXIST, "prefix is in pool \"west\"");
	expect("diff site.conf", 2, "", "site.conf:2: prefix 10.0.0.0/24 is in pool \"west\"\n",
	       "RESTORE_BEGIN\n"
	       "POOL_ADD pool=east\n"
	       "PREFIX_ADD pool=east 10.0.0.0/24\n"
	       "RESTORE_BEGIN\n"
	       "POOL_ADD pool=east\n"
	       "PREFIX_ADD pool=east 10.0.0.0/24\n");
	kernel_refuse(OP25B_CMD_RESTORE_BEGIN, NULL, EPERM, NULL);
	expect("diff site.conf", 2, "",
	       "Error: this takes CAP_NET_ADMIN in the network namespace: use sudo, or be root there\n",
	       "RESTORE_BEGIN\n");
}

/*
 * A restore that was refused has nothing staged. To find the pool, the lines before the one at fault
 * are staged again.
 */
static void test_staged_collisions(void **state)
{
	static const char *const commands[] = { "restore", "restore -n", "diff" };
	char line[64];
	size_t i;

	(void)state;
	/* This prefix is in force, not staged. */
	put_prefix(OP25B_CMD_PREFIX_GET, "old", "10.0.2.0/24", 0, NULL);
	write_file("site.conf",
		   "pool add north prefix 10.0.1.0/24 10.0.2.0/24\n"
		   "pool add west\n"
		   "\n"
		   "prefix add west 10.0.3.0/24 10.0.2.0/24\n"
		   "pool del west\n");
	kernel_refuse(OP25B_CMD_PREFIX_ADD, "10.0.2.0/24", EEXIST, "prefix is in another pool");
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		sprintf(line, "%s site.conf", commands[i]);
		expect(line, REFUSED, "", "site.conf:4: prefix 10.0.2.0/24 is in pool \"north\"\n",
		       "RESTORE_BEGIN\n"
		       "POOL_ADD pool=north 10.0.1.0/24 10.0.2.0/24\n"
		       "POOL_ADD pool=west\n"
		       "PREFIX_ADD pool=west 10.0.3.0/24 10.0.2.0/24\n"
		       "RESTORE_BEGIN\n"
		       "POOL_ADD pool=north 10.0.1.0/24 10.0.2.0/24\n"
		       "POOL_ADD pool=west\n"
		       "PREFIX_ADD pool=west 10.0.3.0/24 10.0.2.0/24\n"
		       "RESTORE_BEGIN\n"
		       "POOL_ADD pool=north 10.0.1.0/24 10.0.2.0/24\n"
		       "POOL_ADD pool=west\n"
		       "PREFIX_GET restore\nPOOL_GET restore\n");
	}
	op25bctl_with("-f restore", "pool add north prefix 10.0.2.0/24\nprefix add west 10.0.2.0/24\n");
	assert_string_equal(run.err, "-:2: prefix 10.0.2.0/24 is in pool \"north\"\n");

	write_file("site.conf", "exempt add north 10.0.2.0/24\nprefix add west 10.0.2.0/24\n");
	kernel_reset();
	kernel_refuse(OP25B_CMD_PREFIX_ADD, "10.0.2.0/24", EEXIST,
		      "prefix is an exempt of another pool");
	expect("diff site.conf", 2, "",
	       "site.conf:2: prefix 10.0.2.0/24 is an exempt of pool \"north\"\n", NULL);
	write_file("site.conf", "prefix add north 10.0.2.0/24\nexempt add west 10.0.2.0/24\n");
	kernel_reset();
	kernel_refuse(OP25B_CMD_EXEMPT_ADD, "10.0.2.0/24", EEXIST, "exempt is in another pool");
	expect("restore site.conf", REFUSED, "",
	       "site.conf:2: exempt 10.0.2.0/24 is in pool \"north\"\n", NULL);

	/* if the search fails, the kernel's text is printed */
	kernel_refuse(OP25B_CMD_PREFIX_GET, NULL, ENOMEM, NULL);
	expect("restore site.conf", REFUSED, "",
	       "site.conf:2: exempt 10.0.2.0/24 is in another pool\n", NULL);
	kernel.opened = 0;
	kernel.open_limit = 2;
	expect("restore site.conf", REFUSED, "",
	       "site.conf:2: exempt 10.0.2.0/24 is in another pool\n", NULL);
	kernel.opened = 0;
	kernel.open_limit = 1;
	expect("restore site.conf", REFUSED, "",
	       "Error: cannot open a netlink socket: Too many open files\n", NULL);
	/* the pool is that of the line itself */
	kernel_reset();
	kernel_refuse(OP25B_CMD_EXEMPT_ADD, "10.0.2.0/24", EEXIST, "exempt is there already");
	expect("restore site.conf", REFUSED, "",
	       "site.conf:2: exempt 10.0.2.0/24 is in pool \"west\" already\n", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_restore_merges),
		TEST(test_restore_plain_lines),
		TEST(test_special),
		TEST(test_restore_large),
		TEST(test_bad_text),
		TEST(test_no_command),
		TEST(test_restore_refused),
		TEST(test_batch),
		TEST(test_batch_goes_on),
		TEST(test_marks),
		TEST(test_save),
		TEST(test_unknown),
		TEST(test_diff),
		TEST(test_diff_stages),
		TEST(test_staged_collisions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
