# SPDX-License-Identifier: GPL-2.0
"""Changes at full speed during lookups on both processors: addresses that no change concerns have to
get the same verdicts as before."""
import ipaddress
import random
import time

import hosts
import packets
from conftest import Ends, assert_counted, sysfs, syn_to
from memory import Memory
from rounds import rounds
from torture_restore import start
from traffic import Meanwhile, sender

CHANGES = rounds(5000)      # by each of two clients
WAVES, WAVE = 8, 1000


class Steady:
    """A policy that blocks the customer, exempts its neighbour and has a relay, and a step that sends
    a packet of each kind, of IPv4 and IPv6."""

    def __init__(self, net, op25b):
        ends = [Ends(net, 4), Ends(net, 6)]
        self.op25b = op25b
        op25b.load("pool add east\npool add west\n" + "".join(
            f"prefix add east {end.customer} {end.neighbour}\nexempt add east {end.neighbour}\n"
            f"relay add {end.relay}\n" for end in ends))
        self.sender = sender(net.customer.tap, *(packet for end in ends for packet in (
            syn_to(end), packets.syn(end.neighbour, end.foreign), syn_to(end, end.relay))))
        self.ends = ends

    def assert_counted(self, sent, **others):
        assert sent > 100
        assert_counted(self.op25b, **others, east={"syn": dict.fromkeys(
            ("blocked", "exempted", "relayed"), 2 * sent)})


def around(end):
    """All prefixes that hold the customer, and those that differ from one of them in the last bit
    only; without those of the policy."""
    address = ipaddress.ip_address(end.customer)
    bits = address.max_prefixlen
    for length in range(bits):
        yield str(ipaddress.ip_network((address, length), strict=False))
        if length:
            sibling = int(address) ^ 1 << (bits - length)
            yield str(ipaddress.ip_network((type(address)(sibling), length), strict=False))


def churn(chance, kind, pool, these):
    """Commands that add and delete these prefixes or exempts in random order. In the end, all that
    were added are deleted."""
    there = set()
    for _ in range(CHANGES - len(these)):
        prefix = chance.choice(these)
        verb = "del" if prefix in there else "add"
        there ^= {prefix}
        often = " timeout 1000 comment here" if kind == "exempt" and chance.random() < .5 else ""
        yield f"{kind} {verb} {pool} {prefix}{often if verb == 'add' else ''}\n"
    for prefix in sorted(there):
        yield f"{kind} del {pool} {prefix}\n"


def test_prefixes_and_exempts_come_and_go_beside_lookups(net, op25b, tmp_path):
    steady = Steady(net, op25b)
    near = [prefix for end in steady.ends for prefix in around(end)]
    chance = random.Random(25)
    prefixes, exempts = tmp_path / "prefixes", tmp_path / "exempts"
    prefixes.write_text("".join(churn(chance, "prefix", "west", near[::2])))
    exempts.write_text("".join(churn(chance, "exempt", "east", near[1::2])))
    op25b("-b", str(prefixes))      # the first run allocates memory that is kept for reuse
    op25b("pool", "reset")
    before, memory = op25b("save"), Memory(net)

    def read():
        for words in (("save",), ("test", steady.ends[0].customer, steady.ends[0].foreign)):
            op25b.run(*words)

    with Meanwhile(steady.sender, 0) as one, Meanwhile(steady.sender, 1) as other, Meanwhile(read):
        both = [start(op25b, "-b", str(file), processor=processor)
                for processor, file in enumerate((prefixes, exempts))]
        # it may warn: this policy is not meant to make sense
        assert [[line for line in process.communicate()[0].splitlines() if "Warning: " not in line]
                for process in both] == [[], []]
        assert [process.returncode for process in both] == [0, 0]

    steady.assert_counted(one.result + other.result, west={})
    assert op25b("save") == before
    # less than a tenth of an object per change
    memory.assert_is_back(CHANGES // 5)


def test_exempts_expire_by_the_thousand(net, op25b):
    """Meanwhile, others are added and deleted. An address whose exempt has expired is blocked."""
    steady = Steady(net, op25b)
    guests = [Ends(net, v).neighbour.replace("129", "200").replace("8001", "8040") for v in (4, 6)]
    op25b("prefix", "add", "east", *guests)
    memory = Memory(net)
    generation = int(sysfs("generation"))
    waves = "".join(
        "exempt add east " + " ".join(f"10.{100 + wave}.{n >> 8}.{n & 255}" for n in range(WAVE)) +
        f" timeout {1 + wave % 3}{' comment wave' if wave % 2 else ''}\n"
        f"exempt del east 10.{100 + wave}.0.0 10.{100 + wave}.1.1\n"
        for wave in range(WAVES))
    again = "exempt add east " + " ".join(f"10.107.{n >> 8}.{n & 255}" for n in range(2, 200)) + \
        " timeout 4\n"
    to_guests = sender(net.customer.tap, *(packets.syn(guest, end.foreign) for guest, end in
                                           zip(guests, steady.ends)))
    with Meanwhile(steady.sender, 0) as one, Meanwhile(to_guests, 1) as other:
        op25b("exempt", "add", "east", *guests, "timeout", "8")
        op25b("-f", "-b", "-", input=waves + again)
        hosts.until(lambda: op25b.json("status")["exempts"] == 2, 120)
        time.sleep(2)       # what the guests send is blocked now
    assert int(sysfs("generation")) > generation + 2 * WAVES + 4

    counters = op25b.counters()["east"]["syn"]
    sent = 2 * one.result
    assert (counters["relayed"], counters["blocked"] + counters["exempted"]) == \
        (sent, 2 * sent + 2 * other.result)
    assert counters["exempted"] - sent > 10 and counters["blocked"] - sent > 10
    op25b("pool", "reset")
    assert not net.passes(packets.syn(guests[0], steady.ends[0].foreign))
    assert net.passes(packets.syn(steady.ends[0].neighbour, steady.ends[0].foreign))
    memory.assert_is_back(WAVES * WAVE // 10)
