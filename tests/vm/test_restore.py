# SPDX-License-Identifier: GPL-2.0
"""Replacing the whole policy: save and restore, restores with traffic, and restores that are killed."""
import json
import os
import signal
import subprocess

import hosts
import memory
import packets
from conftest import Ends, assert_counted, sysfs, syn_to
from rounds import DEBUG
from traffic import Meanwhile, sender

POLICY = """\
pool add east mode observe action tcp-reset guard synack inbound
pool add off mode off action admin-prohibited
pool add empty senders on subscriber 56
relay add 192.0.2.0/28
relay add 2001:db8:25::/64
relay add 0.0.0.0/0 pool off
relay add 192.0.2.1 pool east
target add 198.51.100.0/24
target add 2001:db8:25::/64 pool off
prefix add east 10.0.0.0/8 10.0.0.0/24 10.0.0.1/32
prefix add off ::/0 2001:db8::/32 2001:db8::1/128
exempt add east 10.0.0.1/32
exempt add east 10.0.0.0/24 comment "a \\"word\\" and a \\\\ and # and ü"
exempt add off 2001:db8::1 timeout 4000
"""


def listing(op25b):
    """The policy in force, except counters and the remaining time of exempts."""
    exempts = [{**exempt, "expires": exempt["expires"] is not None}
               for exempt in op25b.json("exempt", "show")]
    pools = [{**pool, "packets": None} for pool in op25b.json("pool", "show")]
    return (pools, op25b.json("prefix", "show"), exempts, op25b.json("relay", "show"),
            op25b.json("target", "show"))


def test_restore_of_saved_policy(op25b, tmp_path):
    op25b.load(POLICY)
    saved, before = op25b("save"), listing(op25b)
    assert before[2][0]["comment"] == 'a "word" and a \\ and # and ü'
    file = tmp_path / "site.conf"
    file.write_text(saved)
    op25b("flush")
    empty = op25b("save")
    assert "flush" in empty.splitlines()
    op25b("restore", input=empty)
    op25b("restore", str(file))
    assert listing(op25b) == before
    op25b("restore", input=op25b("save"))
    assert listing(op25b) == before


def test_a_file_without_a_command_is_refused(op25b, tmp_path):
    op25b.load(POLICY.replace(" timeout 4000", ""))
    before, generation = op25b("save"), sysfs("generation")
    file = tmp_path / "site.conf"
    for text in ("", "# a site\n\n"):
        file.write_text(text)
        for words, code in ((("restore",), 1), (("restore", "-n"), 1), (("diff",), 2)):
            result = op25b.run(*words, str(file))
            assert (result.returncode, result.stdout, result.stderr) == \
                (code, "", f'Error: "{file}" holds no command; use flush to remove everything\n')
    assert (op25b("save"), sysfs("generation")) == (before, generation)
    op25b("restore", input="flush\n")
    assert listing(op25b) == ([], [], [], [], [])


def test_a_saved_file_that_was_cut_is_refused(op25b, tmp_path):
    op25b.load(POLICY.replace(" timeout 4000", ""))
    file = tmp_path / "site.conf"
    file.write_text("old")
    file.chmod(0o604)
    op25b("save", str(file))
    saved = op25b("save")
    assert (file.read_text(), file.stat().st_mode & 0o777) == (saved, 0o604)
    assert os.listdir(tmp_path) == ["site.conf"]
    generation = sysfs("generation")
    lines = saved.splitlines(keepends=True)
    for count in range(1, len(lines)):
        file.write_text("".join(lines[:count]))
        result = op25b.run("restore", str(file))
        assert (result.returncode, result.stdout) == (1, "")
        assert result.stderr.startswith(f"{file}:{count}: ") and "was cut off" in result.stderr
    assert (op25b("save"), sysfs("generation")) == (saved, generation)
    file.write_text(saved + "relay add 203.0.113.25\n")
    op25b("restore", str(file))
    assert len(op25b.json("relay", "show")) == 5


def test_diff_shows_what_restore_would_change(op25b, tmp_path):
    op25b.load("pool add east prefix 10.0.0.0/24\nrelay add 192.0.2.0/28\n")
    file = tmp_path / "site.conf"
    file.write_text(op25b("save"))
    assert op25b("diff", str(file)) == ""
    file.write_text("pool add east mode observe prefix 10.0.0.0/25\nrelay add 192.0.2.0/28\n")
    result = op25b.run("diff", str(file))
    assert (result.returncode, result.stderr) == (1, "")
    assert "10.0.0.0/24" in result.stdout and "10.0.0.0/25" in result.stdout
    assert "192.0.2.0/28" not in result.stdout
    op25b("restore", str(file))
    assert op25b("diff", str(file)) == ""


def test_diff_compares_the_policy_that_the_kernel_stages(op25b):
    op25b.load("""\
pool add west mode observe action tcp-reset guard synack inbound
pool add east
prefix add east 10.0.0.0/24 2001:db8::/32
prefix add west 10.0.0.0/25
exempt add east 10.0.0.7 comment "ticket 4711" timeout 4000
exempt add east 10.0.0.8
relay add 198.51.100.0/24 192.0.2.0/28
relay add 192.0.2.0/28 pool east
target add 203.0.113.0/24
target add 203.0.113.0/24 pool west
""")
    before = op25b.json("status")
    text = """\
pool add old prefix 10.9.0.0/24
relay add 192.0.2.99
flush
pool add east
pool add gone prefix 10.0.0.0/25
prefix add east 2001:db8::/32 10.0.0.0/24 10.7.0.0/16
exempt add gone 10.0.0.9
relay add 192.0.2.0/28 pool gone
pool del gone
pool add west guard synack mode observe
pool set -f west action tcp-reset guard inbound guard synack
prefix del east 10.7.0.0/16
prefix del -f east 10.7.0.0/16
prefix del -f nowhere 10.7.0.0/16
exempt del -f nowhere 10.7.0.0/16
relay del -f 10.7.0.0/16 pool nowhere
exempt add east 10.6.0.0/16
exempt del east 10.6.0.0/16
prefix add west 10.6.0.0/16
prefix del west 10.6.0.0/16
prefix add west 10.0.0.0/25
-f prefix add west 10.0.0.0/25
exempt add east 10.0.0.8 10.0.0.7
exempt add -f east 10.0.0.7 comment "ticket 4711" timeout 5
relay add 192.0.2.0/28 pool east
relay add 198.51.100.0/24 192.0.2.0/28
target add 203.0.113.0/24 pool west
target add 203.0.113.0/24 192.0.2.0/28
target del 192.0.2.0/28
"""
    assert op25b("diff", input=text) == ""
    result = op25b.run("-j", "diff", input=text + "prefix del east 2001:db8::/32\n"
                       "exempt add -f east 10.0.0.7\ntarget del 203.0.113.0/24 pool west\n")
    assert (result.returncode, result.stderr) == (1, "")
    changes = [(line["change"], line["command"].split(" timeout ")[0])
               for line in json.loads(result.stdout)]
    assert changes == [("del", "prefix add east 2001:db8::/32"),
                       ("del", "exempt add east 10.0.0.7/32"),
                       ("add", "exempt add east 10.0.0.7/32"),
                       ("del", "target add 203.0.113.0/24 pool west")]
    assert op25b.json("status") == before


def test_pools_that_keep_their_name_keep_their_counters(net, op25b, ends4):
    op25b.load(f"pool add east prefix {ends4.pool}\npool add west prefix {ends4.fixed_net}")
    net.send(syn_to(ends4), syn_to(ends4))
    op25b("restore", input=f"pool add east mode observe prefix {ends4.pool}\npool add north\n")
    assert_counted(op25b, east={"syn": {"blocked": 2}}, north={})
    net.send(syn_to(ends4))
    assert_counted(op25b, east={"syn": {"blocked": 2, "observed": 1}}, north={})
    op25b("restore", input=f"pool add north prefix {ends4.pool}\n")
    assert_counted(op25b, north={})
    op25b("restore", input="pool add east\n")
    assert_counted(op25b, east={})


class AlphaOrBeta:
    """Policies A and B, chosen so that the counters show a mixture of both:

        A: pool alpha has the customer's prefix, the destination is a relay:     alpha relayed
        B: pool beta has the prefix, the destination is not a relay:             beta blocked

    A packet judged by the prefixes of A and the relays of B would be counted as blocked for alpha;
    by the prefixes of B and the relays of A, as relayed for beta. Both policies have both pools,
    which keep their counters. Each has another pool, with one prefix per step of addresses from
    10.1.0.0 to 10.39.255.255."""

    def __init__(self, net, op25b, folder, step=1 << 16):
        four, six = Ends(net, 4), Ends(net, 6)
        some = "".join(f"prefix add {{0}} 10.{n >> 16}.{n >> 8 & 255}.0/{33 - step.bit_length()} "
                       f"2001:db8:1:{n >> 8:x}::/64\n" for n in range(1 << 16, 40 << 16, step))
        self.op25b = op25b
        self.a, self.b = folder / "a", folder / "b"
        self.a.write_text(
            f"pool add alpha prefix {four.pool} {six.pool}\npool add beta\npool add not-in-b\n"
            f"relay add {four.foreign} {six.foreign}\n" + some.format("not-in-b"))
        self.b.write_text(
            f"pool add not-in-a\npool add beta prefix {four.pool} {six.pool}\npool add alpha\n"
            f"relay add {four.relay} {six.relay}\n" + some.format("not-in-a"))
        op25b("restore", str(self.a))
        op25b("pool", "reset")
        self.sender = sender(net.customer.tap, syn_to(four), syn_to(six))

    def assert_no_mixture(self, sent, other="not-in-b"):
        """Check that each of the packets was judged by either A or B, and some by each."""
        counters = self.op25b.counters()
        relayed, blocked = counters["alpha"]["syn"]["relayed"], counters["beta"]["syn"]["blocked"]
        assert relayed > 100 and blocked > 100
        assert relayed + blocked == sent
        assert_counted(self.op25b, alpha={"syn": {"relayed": relayed}},
                       beta={"syn": {"blocked": blocked}}, **{other: {}})


def test_restore_is_atomic_under_traffic(net, op25b, tmp_path):
    policy = AlphaOrBeta(net, op25b, tmp_path)
    generation = int(sysfs("generation"))
    with Meanwhile(policy.sender) as traffic:
        op25b("-b", "-", input=f"restore {policy.b}\nrestore {policy.a}\n" * 150)
    assert int(sysfs("generation")) == generation + 300
    policy.assert_no_mixture(2 * traffic.result)


def test_a_restore_that_is_killed_leaves_nothing(net, op25b, ends4, tmp_path):
    """op25bctl is killed at its first message to the kernel, then at a later one, and so on, until it
    ends before."""
    op25b.load(f"pool add east prefix {ends4.pool}\nrelay add {ends4.relay}")
    net.send(syn_to(ends4))
    before = op25b("save"), op25b.json("status"), op25b.counters()
    file = tmp_path / "large"
    with open(file, "w", encoding="ascii") as out:
        out.write("pool add east mode off\n")
        for pool in range(10):
            out.write(f"pool add pool-{pool}\n")
            for n in range(3000):
                out.write(f"prefix add pool-{pool} 12.{pool * 12 + n // 256}.{n % 256}.0/24\n")

    def is_killed_at(message):
        inject = f"inject=sendto,sendmsg:signal=SIGKILL:when={message}"
        with op25b.host:
            status = subprocess.run(["strace", "-qq", "-o", "/dev/null", "-e", inject, op25b.PATH,
                                     "restore", str(file)], check=False).returncode
        assert status in (0, -signal.SIGKILL)
        return status != 0

    # The first restore allocates memory that is kept for reuse.
    op25b("restore", "-n", str(file))
    used = memory.kernel()
    message = 1
    while is_killed_at(message):
        assert sysfs("generation") == str(before[1]["generation"])
        message += 10 if DEBUG else 2
    assert message > 20
    assert int(sysfs("generation")) == before[1]["generation"] + 1
    op25b("restore", input=before[0])
    assert [pool["name"] for pool in op25b.json("pool", "show")] == ["east"]
    assert op25b("save") == before[0]
    # a leaked policy of this size would take more
    memory.wait_until(lambda: memory.kernel() < used + (2 << 20))


def test_exempts_expire(net, op25b, ends):
    op25b.load(f"pool add east prefix {ends.pool}\n"
               f"exempt add east {ends.customer} timeout 4\n"
               f"exempt add east {ends.neighbour}")
    assert net.passes(syn_to(ends))
    shown = {exempt["prefix"].split("/")[0]: exempt["expires"]
             for exempt in op25b.json("exempt", "show")}
    assert shown == {ends.customer: shown[ends.customer], ends.neighbour: None}
    assert shown[ends.customer] in (1, 2, 3, 4)
    generation = int(sysfs("generation"))
    hosts.until(lambda: int(sysfs("generation")) == generation + 1)
    assert not net.passes(syn_to(ends))
    assert [exempt["prefix"].split("/")[0] for exempt in op25b.json("exempt", "show")] == \
        [ends.neighbour]
    assert_counted(op25b, east={"syn": {"exempted": 1, "blocked": 1}})


def test_the_last_timeout_of_an_exempt_counts(op25b):
    op25b("-f", "-b", "-", input="pool add east\n" +
          "".join(f"exempt add east 10.0.0.{n} timeout 2\n" for n in (1, 2, 3, 4)) +
          "exempt add east 10.0.0.1 timeout 3600\nexempt add east 10.0.0.2\n"
          "exempt del east 10.0.0.3\n")
    hosts.until(lambda: op25b.json("status")["exempts"] == 2)
    last = {exempt["prefix"]: exempt["expires"] for exempt in op25b.json("exempt", "show")}
    assert last == {"10.0.0.1/32": last["10.0.0.1/32"], "10.0.0.2/32": None}
    assert last["10.0.0.1/32"] > 3000


def test_an_exempt_expires_after_a_restore(op25b):
    op25b.load("pool add east\nexempt add east 10.0.0.1 timeout 2")
    op25b("restore", input=op25b("save"))
    hosts.until(lambda: op25b.json("exempt", "show") == [])


def test_prefixes_move(net, op25b, ends):
    """In one step, from one pool to another: no packet passes meanwhile, and exempts go along."""
    op25b.load(f"pool add east prefix {ends.pool}\npool add west\n"
               f'exempt add east {ends.neighbour} timeout 3600 comment "ticket 4711"\n')
    generation = int(sysfs("generation"))
    op25b("prefix", "move", "west", ends.pool)
    assert int(sysfs("generation")) == generation + 1
    assert [one["pool"] for one in op25b.json("prefix", "show")] == ["west"]
    exempts = op25b.json("exempt", "show")
    assert [(one["pool"], one["comment"]) for one in exempts] == [("west", "ticket 4711")]
    assert 3500 < exempts[0]["expires"] <= 3600
    assert not net.passes(syn_to(ends))
    assert net.passes(packets.syn(ends.neighbour, ends.foreign))
    assert_counted(op25b, east={}, west={"syn": {"blocked": 1, "exempted": 1}})
    # and in a file
    op25b("restore", input=f"pool add east prefix {ends.pool}\nexempt add east {ends.neighbour}\n"
                           f"pool add west\nprefix move west {ends.pool}\n")
    assert {one["pool"] for one in op25b.json("prefix", "show") + op25b.json("exempt", "show")} == \
        {"west"}


def test_no_packet_passes_while_a_prefix_moves(net, op25b, ends, tmp_path):
    op25b.load(f"pool add east prefix {ends.pool}\npool add west\n")
    file = tmp_path / "moves"
    file.write_text(f"prefix move west {ends.pool}\nprefix move east {ends.pool}\n" * 2000)
    with Meanwhile(sender(net.customer.tap, syn_to(ends))) as sent:
        op25b("-b", str(file))
    blocked = [pool["syn"]["blocked"] for pool in op25b.counters().values()]
    assert sent.result > 100 and sum(blocked) == sent.result
    assert all(blocked)     # each pool had the prefix for some of the packets
