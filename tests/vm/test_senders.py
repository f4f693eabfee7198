# SPDX-License-Identifier: GPL-2.0
"""Senders: the subscribers whose SYNs were blocked or observed, as the command shows them."""
import calendar
import collections
import random
import time

import pytest

import hosts
import packets
from client import CMD, PROGRAM, Client
from conftest import Command, syn_to
from nfnetlink import Queue
from packets import ACK, DSTOPTS, SYN, extension
from traffic import Meanwhile

NOBODY = 65534
NO_RIGHT = ("Error: this takes CAP_NET_ADMIN in the network namespace: use sudo, or be root "
            "there\n")
WIDE = "10.0.0.0/8 2001:db8:c::/48"     # many subscribers beside the customer


def seconds(text):
    """Seconds since 1970 of a time as the command prints it."""
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


def found(op25b, *words):
    """The senders, in order: subscriber and packets."""
    return [(row["subscriber"], row["packets"]) for row in op25b.json("sender", "show", *words)]


def pool(op25b, name="east"):
    return op25b.json("pool", "show", name)[0]


def assert_about(op25b, **counts):
    """Check how many senders pools have had; None: they do not record any. Two may be taken for
    one, with a chance of 1 in 8192."""
    for name, count in counts.items():
        estimate = pool(op25b, name)["senders"]
        assert estimate == count or estimate == (count or 0) - 1 > 0, (name, estimate)


def send_from(net, *sources, dst=None):
    """Send a SYN from each source."""
    ghosts = net.foreign.ghosts
    net.send(*(packets.syn(src, dst or ghosts[6 if packets.is_ipv6(src) else 4][0])
               for src in sources))


def own(address):
    """The subscriber that an IPv4 address is."""
    return f"{address}/32"


def test_nothing_is_recorded_unless_asked_for(net, op25b, ends):
    op25b.load(f"pool add east prefix {ends.pool}")
    net.send(syn_to(ends))
    assert (pool(op25b)["senders"], pool(op25b)["subscriber"]) == (None, 64)
    assert op25b.json("sender", "show") == op25b.json("sender", "show", "east") == []
    op25b("sender", "reset", "east")
    assert "senders" not in op25b("save") and "subscriber" not in op25b("save")
    # from now on, and not what came before
    op25b("pool", "set", "east", "senders", "on")
    assert pool(op25b)["senders"] == 0
    assert found(op25b) == []
    net.send(syn_to(ends))
    assert [count for _, count in found(op25b)] == [1]
    assert pool(op25b)["senders"] == 1
    assert op25b.counters()["east"]["syn"]["blocked"] == 2


@pytest.mark.parametrize("mode, counted", [("enforce", 1), ("observe", 1), ("off", 0)])
def test_what_is_known_of_a_sender(net, op25b, ends, v, mode, counted):
    op25b.load(f"pool add east mode {mode} senders on prefix {ends.pool}")
    before = int(time.time())
    net.send(syn_to(ends, sport=40001), syn_to(ends, sport=40123))
    between = int(time.time()) + 1
    if not counted:
        assert op25b.json("sender", "show") == [] and pool(op25b)["senders"] == 0
        return
    pause = 2.1 if mode == "enforce" else 0
    time.sleep(pause)
    net.send(syn_to(ends, sport=65535, flags=SYN | packets.ECE, data=b"HELO"))
    row, = op25b.json("sender", "show")
    assert list(row) == ["pool", "subscriber", "packets", "error", "destinations", "port", "first",
                         "last"]
    first, last = seconds(row.pop("first")), seconds(row.pop("last"))
    # the kernel counts whole seconds of another clock
    assert before - 1 <= first <= between + 1
    assert last - first >= int(pause) and last <= time.time() + 1
    assert row == {"pool": "east", "packets": 3, "error": 0, "destinations": 1, "port": 65535,
                   "subscriber": own(ends.customer) if v == 4 else "2001:db8:c::/64"}
    assert pool(op25b)["senders"] == 1
    client = Client(net.bras, PROGRAM)
    same, = client("senders")
    client.end()
    assert abs(same.pop("first") - first) <= 1 and abs(same.pop("last") - last) <= 1
    assert same == row
    assert found(op25b) == [(row["subscriber"], 3)]     # reading changes nothing


def test_the_port_behind_options(net, op25b, ends, v):
    """Of IPv4, or behind an extension header of IPv6"""
    op25b.load(f"pool add east senders on prefix {ends.pool}")
    fields = {"options": bytes([1] * 8)} if v == 4 else {"chain": [extension(DSTOPTS)]}
    for count, port in enumerate((40001, 40002, 40003), 1):
        tcp = packets.tcp(ends.customer, ends.foreign, port, 25, SYN)
        assert not net.passes(packets.ip(ends.customer, ends.foreign, tcp, **fields))
        row, = op25b.json("sender", "show")
        assert (row["packets"], row["port"], row["destinations"]) == (count, port, 1)


@pytest.mark.parametrize("v, sources, chain", [
    (4, ("10.0.0.1", "10.0.4.0"), []), (6, ("2001:db8:c:1::1", "2001:db8:c:400::1"), []),
    (6, ("2001:db8:c:1::1", "2001:db8:c:400::1"), [extension(DSTOPTS)])])
def test_senders_that_are_expected_in_one_place(net, op25b, v, sources, chain):
    """A processor remembers where one of them has its row: each packet makes it forget the other."""
    op25b.load(f"pool add east senders on prefix {WIDE}")
    dst = net.foreign.ghosts[v][0]
    fields = {"chain": chain} if chain else {}
    for port in range(40001, 40006):
        net.send(*(packets.ip(src, dst, packets.tcp(src, dst, port, 25, SYN), **fields)
                   for src in sources))
    rows = op25b.json("sender", "show")
    assert {(row["packets"], row["port"], row["destinations"]) for row in rows} == {(5, 40005, 1)}
    assert len(rows) == 2
    assert_about(op25b, east=2)


QUEUE = """\
table inet waiting {
    chain before { type filter hook prerouting priority -460; tcp dport 25 queue num 25; }
}
"""


def test_a_packet_that_comes_back_from_a_queue(net, op25b, ends):
    """It is judged during the system call of the program then, not in a softirq."""
    op25b.load(f"pool add east senders on prefix {ends.pool}")
    queue = Queue(net.bras, 25)
    net.bras.run("nft", "-f", "-", input=QUEUE)
    try:
        for count in range(1, 4):
            net.send(syn_to(ends, sport=40000 + count))
            assert op25b.counters()["east"]["syn"]["blocked"] == count - 1
            assert queue.accept() == 1
            row, = op25b.json("sender", "show")
            assert (row["packets"], row["port"]) == (count, 40000 + count)
    finally:
        net.bras.run("nft", "delete", "table", "inet", "waiting")
        queue.close()


def test_about_how_many_destinations(net, op25b, ends4):
    op25b.load(f"pool add east senders on prefix {ends4.pool}")
    few, many, more = net.customer.ghosts[4][:3]
    network = [f"203.0.113.{n}" for n in range(200)]
    net.send(*(packets.syn(few, dst) for dst in network[:3] * 20))
    net.send(*(packets.syn(many, dst) for dst in network[:60]))
    net.send(*(packets.syn(more, f"203.0.{n}.{n % 199}") for n in range(200)),
             *(packets.syn(more, f"192.88.{n}.{n % 199}") for n in range(200)),
             *(packets.syn(more, f"198.51.{n}.{n % 199}") for n in range(200)))
    rows = {row["subscriber"]: row for row in op25b.json("sender", "show")}
    assert [rows[own(src)]["packets"] for src in (few, many, more)] == [60, 60, 600]
    assert 1 <= rows[own(few)]["destinations"] <= 3
    assert 35 <= rows[own(many)]["destinations"] <= 90
    assert rows[own(more)]["destinations"] == 200
    assert "  200+  " in op25b("sender", "show")


def test_what_is_not_blocked_or_observed_makes_no_sender(net, op25b, ends):
    """Nor does anything but a SYN, however it is blocked."""
    op25b.load(f"pool add east guard synack inbound senders on prefix {ends.pool}\n"
               f"exempt add east {ends.neighbour}\nrelay add {ends.relay}")
    net.send(syn_to(ends, ends.relay), receiver=net.relay)
    net.send(packets.syn(ends.neighbour, ends.foreign), syn_to(ends, dport=587),
             *packets.fragments(syn_to(ends), 8), packets.syn(ends.fixed, ends.foreign))
    net.send(packets.syn(ends.foreign, ends.customer),
             packets.ip(ends.foreign, ends.customer,
                        packets.tcp(ends.foreign, ends.customer, 25, 40000, SYN | ACK)),
             sender=net.foreign, receiver=net.customer)
    counters = op25b.counters()["east"]
    assert (counters["syn"]["relayed"], counters["syn"]["exempted"]) == (1, 1)
    assert all(counters[kind]["blocked"] for kind in ("malformed", "synack", "inbound"))
    assert op25b.json("sender", "show") == [] and pool(op25b)["senders"] == 0
    net.send(syn_to(ends))
    assert len(op25b.json("sender", "show")) == 1


def test_who_is_spoofed_is_no_sender(net, op25b, ends):
    op25b.load(f"pool add east guard spoofed senders on prefix {ends.pool}")
    net.send(syn_to(ends, ends.relay), sender=net.foreign, receiver=net.relay)
    assert op25b.counters()["east"]["spoofed"]["blocked"] == 1
    assert op25b.json("sender", "show") == [] and pool(op25b)["senders"] == 0
    net.send(syn_to(ends))
    assert len(op25b.json("sender", "show")) == 1


def test_a_target_of_a_pool_that_observes(net, op25b, ends):
    """What is blocked and what is observed adds up."""
    op25b.load(f"pool add east mode observe senders on prefix {ends.pool}\n"
               f"target add {ends.foreign}")
    net.send(syn_to(ends), syn_to(ends, net.foreign.ghosts[6 if ":" in ends.foreign else 4][1]))
    counters = op25b.counters()["east"]["syn"]
    assert (counters["blocked"], counters["observed"]) == (1, 1)
    assert [count for _, count in found(op25b)] == [2]


@pytest.mark.parametrize("length, subscribers", [
    (64, {"2001:db8:c::/64": 2, "2001:db8:c:1::/64": 1, "2001:db8:c:100::/64": 1}),
    (60, {"2001:db8:c::/60": 3, "2001:db8:c:100::/60": 1}),
    (56, {"2001:db8:c::/56": 3, "2001:db8:c:100::/56": 1}),
    (48, {"2001:db8:c::/48": 4}),
    (128, {"2001:db8:c::7/128": 1, "2001:db8:c:0:ffff:ffff:ffff:ffff/128": 1,
           "2001:db8:c:1::7/128": 1, "2001:db8:c:100::7/128": 1})])
def test_a_subscriber_of_ipv6_is_a_prefix(net, op25b, length, subscribers):
    """And one of IPv4 an address, whatever that length."""
    op25b.load(f"pool add east senders on subscriber {length} prefix {WIDE}")
    send_from(net, "2001:db8:c::7", "2001:db8:c:0:ffff:ffff:ffff:ffff", "2001:db8:c:1::7",
              "2001:db8:c:100::7", "10.0.0.200", "10.0.0.201")
    rows = dict(found(op25b))
    assert (rows.pop("10.0.0.200/32"), rows.pop("10.0.0.201/32")) == (1, 1)
    assert rows == subscribers
    assert pool(op25b)["subscriber"] == length
    assert_about(op25b, east=len(subscribers) + 2)


def test_the_most_packets_come_first(net, op25b):
    op25b.load("pool add west senders on prefix 10.1.0.0/24\n"
               f"pool add east senders on prefix {WIDE}")
    send_from(net, *["10.1.0.9"] * 3, *["10.0.0.9"] * 5, *["10.0.0.70"] * 3, *["10.0.0.8"] * 3,
              *["2001:db8:c::7"] * 3, "10.0.0.11")
    assert [(row["pool"], row["subscriber"], row["packets"])
            for row in op25b.json("sender", "show")] == [
                ("east", "10.0.0.9/32", 5), ("east", "10.0.0.8/32", 3), ("east", "10.0.0.70/32", 3),
                ("east", "2001:db8:c::/64", 3), ("west", "10.1.0.9/32", 3),
                ("east", "10.0.0.11/32", 1)]
    lines = op25b("sender", "show").splitlines()
    assert lines[0].split() == ["POOL", "SUBSCRIBER", "PACKETS", "ERROR", "DESTINATIONS", "PORT",
                                "FIRST", "LAST"]
    assert [line.split()[1] for line in lines[1:3]] == ["10.0.0.9/32", "10.0.0.8/32"]


@pytest.fixture(name="senders")
def fixture_senders(net, op25b):
    """Two pools with senders of both families, one without, and one that does not record any."""
    op25b.load(f"pool add east senders on prefix {WIDE}\n"
               "pool add west senders on subscriber 56 prefix 10.1.0.0/24 2001:db8:cc::/48\n"
               "pool add quiet senders on prefix 10.2.0.0/24\n"
               "pool add off prefix 10.3.0.0/24\n")
    send_from(net, *EAST, *WEST, "10.3.0.1")
    return op25b


EAST = ["10.0.0.11", "10.0.0.12", "10.0.1.11", "2001:db8:c:5::1"]
WEST = ["10.1.0.1", "2001:db8:cc:100::1"]
EAST_ROWS = [("10.0.0.11/32", 1), ("10.0.0.12/32", 1), ("10.0.1.11/32", 1),
             ("2001:db8:c:5::/64", 1)]
WEST_ROWS = [("10.1.0.1/32", 1), ("2001:db8:cc:100::/56", 1)]

# The rows of a pool that a prefix is about: those within it, and the one around it
ABOUT = {
    ("east", "0.0.0.0/0"): EAST_ROWS[:3],
    ("east", "::/0"): EAST_ROWS[3:],
    ("east", "10.0.0.0/24"): EAST_ROWS[:2],
    ("east", "10.0.0.12"): EAST_ROWS[1:2],
    ("east", "10.0.0.13"): [],
    ("east", "10.1.0.0/24"): [],
    ("east", "2001:db8:c:5::/64"): EAST_ROWS[3:],
    ("east", "2001:db8:c:5::77"): EAST_ROWS[3:],
    ("east", "2001:db8:c::/56"): EAST_ROWS[3:],
    ("east", "2001:db8:c:4::/64"): [],
    ("west", "2001:db8:cc:1ff::/64"): WEST_ROWS[1:],
    ("west", "2001:db8:cc:200::/64"): [],
    ("west", "10.0.0.0/8"): WEST_ROWS[:1],
    ("quiet", "0.0.0.0/0"): [],
    ("off", "0.0.0.0/0"): [],
}


def test_senders_of_a_pool_and_of_a_prefix(senders):
    assert found(senders) == EAST_ROWS + WEST_ROWS
    assert found(senders, "east") == EAST_ROWS
    assert found(senders, "west") == WEST_ROWS
    assert found(senders, "quiet") == found(senders, "off") == []
    for (name, prefix), rows in ABOUT.items():
        assert found(senders, name, prefix) == rows, (name, prefix)
    for verb in ("show", "reset"):
        result = senders.run("sender", verb, "eest")
        assert (result.returncode, result.stdout, result.stderr) == \
            (2, "", 'Error: pool "eest" does not exist\n')
    assert_about(senders, east=4, west=2, quiet=0, off=None)


@pytest.mark.parametrize("name, prefix", [
    ("east", "0.0.0.0/0"), ("east", "10.0.0.12"), ("east", "10.0.0.13"),
    ("east", "2001:db8:c:5::77"), ("west", "2001:db8:cc:1ff::/64"), ("off", "0.0.0.0/0")])
def test_reset_of_a_prefix(senders, name, prefix):
    before = found(senders)
    estimates = [pool(senders, one)["senders"] for one in ("east", "west")]
    senders("sender", "reset", name, prefix)
    assert found(senders) == [row for row in before if row not in ABOUT[name, prefix]]
    # one of them cannot be taken out of the estimate
    assert [pool(senders, one)["senders"] for one in ("east", "west")] == estimates


def test_reset_of_a_pool_and_of_all(net, senders):
    generation = senders.json("status")["generation"]
    senders("sender", "reset", "west")
    assert found(senders) == EAST_ROWS
    assert_about(senders, east=4, west=0)
    # it begins at nothing
    send_from(net, "10.1.0.1", "10.1.0.1", "10.0.0.11")
    assert found(senders, "west") == [("10.1.0.1/32", 2)]
    assert pool(senders, "west")["senders"] == 1
    senders("sender", "reset", "quiet")
    senders("sender", "reset", "off")
    senders("sender", "reset")
    assert senders.json("sender", "show") == []
    assert_about(senders, east=0, west=0, quiet=0, off=None)
    assert senders.json("status")["generation"] == generation
    send_from(net, "10.0.0.11")
    assert found(senders) == [("10.0.0.11/32", 1)]
    # the counters are another matter, in both directions
    assert senders.counters()["east"]["syn"]["blocked"] == 6
    senders("pool", "reset")
    assert senders.counters()["east"]["syn"]["blocked"] == 0
    assert found(senders) == [("10.0.0.11/32", 1)]
    assert pool(senders, "east")["senders"] == 1


@pytest.mark.parametrize("others", ["", "pool add quiet\n"])
def test_reset_of_the_one_pool_that_records(net, op25b, others):
    """The sets begin at nothing, too: what they lost is no new sender's error."""
    op25b.load(f"{others}pool add east senders on prefix 10.0.0.0/8")
    crowd = [f"10.{n >> 8}.{n & 255}.1" for n in range(10000)]
    late = [f"10.200.{n}.1" for n in range(20)]
    send_from(net, *crowd, *late * 20)
    assert any(row["error"] for row in op25b.json("sender", "show"))
    op25b("sender", "reset", "east")
    assert op25b.json("sender", "show") == []
    send_from(net, *late)
    rows = op25b.json("sender", "show")
    assert {row["subscriber"] for row in rows} == set(map(own, late))
    assert {row["error"] for row in rows} == {0}


def test_reset_of_one_of_two_pools_that_record(net, op25b):
    """What a set has lost may be of the other one, which goes on."""
    op25b.load("pool add east senders on prefix 10.0.0.0/10\npool add west senders on prefix 10.64.0.0/10\n")
    other = [f"10.{64 + (n >> 8)}.{n & 255}.1" for n in range(1000)]
    send_from(net, *(f"10.{n >> 8}.{n & 255}.1" for n in range(9000)), *other)
    op25b("sender", "reset", "east")
    send_from(net, *other)
    rows = op25b.json("sender", "show", "west")
    assert len(rows) > 500 and op25b.json("sender", "show", "east") == []
    assert [row for row in rows if not row["packets"] <= 2 <= row["packets"] + row["error"]] == []


def tables_of_senders():
    """How many of the kernel's areas of memory are tables of senders."""
    with open("/proc/vmallocinfo", encoding="ascii") as file:
        return sum("op25b_senders_alloc" in line for line in file)


def test_a_namespace_goes_with_its_senders(net, op25b, ends4):
    op25b.load(f"pool add east senders on prefix {ends4.pool}")
    before = tables_of_senders()
    assert before
    other = hosts.Host("other")
    Command(other).load("pool add east senders on\npool add west senders on\npool add quiet\n")
    assert tables_of_senders() == 2 * before
    other.remove()
    hosts.until(lambda: tables_of_senders() == before)
    op25b("flush")
    hosts.until(lambda: not tables_of_senders())


def test_a_restore_keeps_the_senders_of_pools_that_keep_their_name(net, senders):
    saved = senders("save")
    assert "pool add east mode enforce action drop senders on\n" in saved
    assert "pool add west mode enforce action drop senders on subscriber 56\n" in saved
    assert "pool add off mode enforce action drop\n" in saved
    senders("restore", input=saved)
    assert senders("diff", input=saved) == ""
    assert found(senders) == EAST_ROWS + WEST_ROWS
    # with other prefixes and settings, beside a new pool
    senders("restore", input="pool add new senders on prefix 10.0.0.0/24\n"
            "pool add east mode observe senders on prefix 10.9.0.0/24\n"
            "pool add west senders on subscriber 56 prefix 10.1.0.0/24\n")
    assert found(senders) == EAST_ROWS + WEST_ROWS
    assert_about(senders, east=4, west=2, new=0)
    send_from(net, "10.0.0.11")
    assert found(senders, "new") == [("10.0.0.11/32", 1)]
    assert found(senders, "east") == EAST_ROWS
    # one is gone, and one does not record any more
    senders("restore", input="pool add east senders on prefix 10.0.0.0/24\n"
            "pool add west subscriber 56 prefix 10.1.0.0/24\n")
    assert found(senders) == EAST_ROWS
    assert_about(senders, east=4, west=None)
    senders("restore", input="pool add east senders on subscriber 63 prefix 10.0.0.0/24\n")
    assert found(senders) == [] and pool(senders)["senders"] == 0


@pytest.mark.parametrize("change", [
    "pool set east senders off", "pool set east subscriber 60",
    "pool add -f east senders off", "pool del east"])
def test_what_forgets_the_senders_of_a_pool(net, senders, change):
    senders(*change.split())
    assert found(senders) == WEST_ROWS
    if "del" in change:
        senders(*f"pool add east prefix {WIDE}".split())
    senders("pool", "set", "east", "senders", "on", "subscriber", "64")
    assert found(senders) == WEST_ROWS and pool(senders)["senders"] == 0
    send_from(net, EAST[0])
    assert found(senders, "east") == EAST_ROWS[:1]
    assert senders.json("sender", "show", "east")[0]["error"] == 0


@pytest.mark.parametrize("change", [
    "pool set east mode observe guard synack", "pool set east senders on",
    "pool set east subscriber 64", f"prefix del east {WIDE}", "prefix move west 10.0.0.0/8",
    "exempt add east 10.0.0.11"])
def test_what_does_not(senders, change):
    senders(*change.split())
    assert found(senders) == EAST_ROWS + WEST_ROWS
    assert_about(senders, east=4)


def test_a_new_pool_of_an_old_name_begins_at_nothing(net, op25b, ends4):
    policy = f"pool add east senders on prefix {ends4.pool}"
    for _ in range(2):
        op25b.load(policy)      # flushes first
        assert op25b.json("sender", "show") == [] and pool(op25b)["senders"] == 0
        net.send(syn_to(ends4))
        assert found(op25b) == [(own(ends4.customer), 1)]
    op25b("restore", input="pool add other senders on\n")
    op25b("restore", input=policy)
    assert op25b.json("sender", "show") == [] and pool(op25b)["senders"] == 0


def test_senders_are_about_people(net, senders):
    """Without the right, nobody reads or resets them, however they ask. Their number is public."""
    for words in ("sender show", "sender show east", "sender show east 10.0.0.11", "sender reset",
                  "-j sender show", "pool set east senders off"):
        result = senders.run(*words.split(), user=NOBODY)
        assert (result.returncode, result.stdout, result.stderr) == (2, "", NO_RIGHT), words
    nobody = Client(net.bras, PROGRAM)
    nobody("drop")
    for socket in ("main", "another"):      # the first one was opened with the right
        nobody(f"socket {socket}")
        nobody(f"start {CMD['SENDER_GET']}")
        answer = nobody("more")
        assert (answer["error"], answer["messages"], answer["done"]) == (1, 0, True)
    assert nobody("pool east")[0]["senders"] == pool(senders)["senders"] > 0
    nobody.end()
    assert found(senders) == EAST_ROWS + WEST_ROWS


def test_about_how_many_senders(net, op25b):
    """Within 5 %, also of sources that were never seen again."""
    draw = random.Random(25)
    sources = [f"10.{n >> 8}.{n & 255}.{draw.randrange(256)}" for n in range(1500)]
    op25b.load("pool add east senders on prefix 10.0.0.0/8")
    for _ in range(2):
        send_from(net, *sources)
        assert 1425 <= pool(op25b)["senders"] <= 1575
    rows = op25b.json("sender", "show")
    assert {row["subscriber"] for row in rows} <= set(map(own, sources))
    for row in rows:
        assert row["packets"] <= 2 <= row["packets"] + row["error"]


@pytest.mark.parametrize("spoofed", [0.9, 0.99])
def test_a_flood_of_spoofed_sources(net, op25b, spoofed):
    """From both processors at once. Every count is exact within its bounds, and those of customers who
    sent before the flood are close."""
    customers = [f"10.1.0.{n}" for n in range(30)]
    op25b.load("pool add east senders on prefix 10.0.0.0/8")

    def mixture(seed):
        """A step that sends the next packet, and returns how many came from each source."""
        chance = random.Random(seed)
        sent = collections.Counter()

        def step():
            for _ in range(100):
                if chance.random() < spoofed:
                    src = f"10.{chance.randrange(128, 256)}.{chance.randrange(256)}.9"
                else:
                    src = chance.choice(customers)
                net.customer.tap.send(packets.syn(src, net.foreign.ghosts[4][0]))
                sent[src] += 1
            return sent
        return step

    send_from(net, *customers * 10)
    with Meanwhile(mixture(1), 0) as one, Meanwhile(mixture(2), 1) as other:
        hosts.until(lambda: op25b.counters()["east"]["syn"]["blocked"] > 20000, 300)
    sent = collections.Counter(customers * 10) + one.result + other.result
    rows = {row["subscriber"].removesuffix("/32"): row for row in op25b.json("sender", "show")}
    assert sum(sent.values()) == op25b.counters()["east"]["syn"]["blocked"]
    for src, row in rows.items():
        assert row["packets"] <= sent[src] <= row["packets"] + row["error"], src
    assert set(customers) <= set(rows)
    assert abs(pool(op25b)["senders"] / len(sent) - 1) < 0.05
    if spoofed == 0.9:
        for src in list(rows)[:20]:
            assert src in customers and rows[src]["error"] < rows[src]["packets"] / 10


def test_pools_share_no_senders(net, op25b):
    """The same subscriber in two pools, one after the other, is two senders."""
    op25b.load("pool add east senders on prefix 10.0.0.0/24\npool add west senders on\n")
    send_from(net, "10.0.0.11", "10.0.0.11")
    op25b("prefix", "move", "west", "10.0.0.0/24")
    send_from(net, "10.0.0.11")
    assert [(row["pool"], row["packets"]) for row in op25b.json("sender", "show")] == \
        [("east", 2), ("west", 1)]
    op25b("sender", "reset", "east", "10.0.0.11")
    assert [(row["pool"], row["packets"]) for row in op25b.json("sender", "show")] == [("west", 1)]
    op25b("pool", "del", "east")
    assert found(op25b, "west") == [("10.0.0.11/32", 1)]


def test_a_restore_that_is_under_way_records_nothing(net, op25b, ends4):
    op25b.load(f"pool add east prefix {ends4.pool}")
    client = Client(net.bras, PROGRAM)
    client.do("RESTORE_BEGIN")
    client.do("POOL_ADD", "POOL:s:east SENDERS:u8:1 SUBSCRIBER:u8:56")
    assert client(f"staged {CMD['POOL_GET']}")[0]["subscriber"] == 56
    net.send(syn_to(ends4))
    assert op25b.json("sender", "show") == [] and pool(op25b)["senders"] is None
    client("close")
    client("socket main")
    client.end()
    assert op25b.json("sender", "show") == [] and pool(op25b)["senders"] is None
