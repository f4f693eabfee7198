# SPDX-License-Identifier: GPL-2.0
"""Verdicts: each class with each verdict, and packets of no class."""
import itertools
import struct

import pytest

import packets
from conftest import ANSWERS, CLASSES, assert_counted, syn_to
from packets import ACK, CWR, DSTOPTS, ECE, FIN, PSH, RST, SYN, TCP, UDP, URG, Unfinished

# The classes that the packet itself tells; for the other one, see test_spoofed.py.
KINDS = [kind for kind in CLASSES if kind != "spoofed"]


def packet_of(kind, ends):
    """A packet of a class for the customer's pool: from the customer, or to the customer."""
    if kind == "syn":
        return packets.syn(ends.customer, ends.foreign)
    if kind == "malformed":
        return packets.fragments(packets.syn(ends.customer, ends.foreign), 8)[0]
    if kind == "synack":
        return packets.ip(ends.foreign, ends.customer,
                          packets.tcp(ends.foreign, ends.customer, 25, 40000, SYN | ACK))
    assert kind == "inbound"
    return packets.syn(ends.foreign, ends.customer)


def send(net, kind, packet, tap="tap"):
    """Send a packet from the host that packets of its class come from; whether it passed."""
    sender, receiver = net.customer, net.foreign
    if kind in ("synack", "inbound"):
        sender, receiver = receiver, sender
    return net.passes(packet, sender=sender, receiver=receiver, tap=getattr(sender, tap))


# Policies by the verdict on the packets of packet_of()
POLICIES = {
    "blocked": "pool add east guard synack inbound prefix {0.pool}",
    "observed": "pool add east mode observe guard synack inbound prefix {0.pool}",
    "relayed": "pool add east guard synack inbound prefix {0.pool}\n"
               "relay add {0.foreign}",
    "relayed for this pool": "pool add east guard synack inbound prefix {0.pool}\n"
                             "relay add {0.foreign} pool east",
    "relayed when observed": "pool add east mode observe guard synack inbound prefix {0.pool}\n"
                             "relay add {0.foreign_net}",
    "relayed before a target": "pool add east mode observe guard synack inbound prefix {0.pool}\n"
                               "relay add {0.foreign}\ntarget add {0.foreign_net}",
    "exempted": "pool add east guard synack inbound prefix {0.pool}\n"
                "exempt add east {0.customer}",
    "exempted before a target": "pool add east mode observe guard synack inbound prefix {0.pool}\n"
                                "exempt add east {0.customer}\ntarget add {0.foreign_net}",
    "blocked: enforce, another target": "pool add east guard synack inbound prefix {0.pool}\n"
                                        "target add {0.fixed_net}",
    "passed: mode off, target": "pool add east mode off guard synack inbound prefix {0.pool}\n"
                                "target add {0.foreign}",
    "exempted before relayed": "pool add east guard synack inbound prefix {0.pool}\n"
                               "exempt add east {0.customer}\n"
                               "relay add {0.foreign}",
    "exempted when observed": "pool add east mode observe guard synack inbound prefix {0.pool}\n"
                              "exempt add east {0.customer}",
    "passed: mode off": "pool add east mode off guard synack inbound prefix {0.pool}",
    "passed: mode off, exempt": "pool add east mode off guard synack inbound prefix {0.pool}\n"
                                "exempt add east {0.customer}",
    "passed: mode off, relay": "pool add east mode off guard synack inbound prefix {0.pool}\n"
                               "relay add {0.foreign}",
    "passed: in no pool": "pool add east guard synack inbound prefix {0.fixed_net}",
}


@pytest.mark.parametrize("policy", POLICIES)
def test_verdict(net, op25b, ends, policy):
    """A packet of each class, in the linear part of the socket buffer and in pages."""
    op25b.load(POLICIES[policy].format(ends))
    verdict = policy.split()[0].removesuffix(":")
    for kind in KINDS:
        for tap in ("tap", "paged_tap"):
            assert send(net, kind, packet_of(kind, ends), tap) == (verdict != "blocked"), kind
    assert_counted(op25b, east={} if verdict == "passed" else
                   {kind: {verdict: 2} for kind in KINDS})


def test_a_relay_of_another_pool_does_not_count(net, op25b, ends):
    op25b.load(f"pool add east guard synack inbound prefix {ends.pool}\n"
               f"pool add west guard synack inbound prefix {ends.fixed_net}\n"
               f"relay add {ends.foreign} pool west")
    for kind in KINDS:
        assert not send(net, kind, packet_of(kind, ends)), kind
    assert_counted(op25b, east={kind: {"blocked": 1} for kind in KINDS}, west={})


@pytest.mark.parametrize("target, counts", [
    ("target add {0.foreign}", True), ("target add {0.foreign_net}", True),
    ("target add {0.foreign} pool east", True), ("target add {0.foreign} pool west", False),
    ("target add {0.relay_net}", False)])
def test_a_pool_that_observes_blocks_a_syn_to_a_target(net, op25b, ends, target, counts):
    """And nothing else: what is malformed, a SYN-ACK or a stranger's SYN knows no targets."""
    op25b.load(f"pool add east mode observe guard synack inbound prefix {ends.pool}\n"
               f"pool add west mode observe prefix {ends.fixed_net}\n{target.format(ends)}")
    for kind in KINDS:
        assert send(net, kind, packet_of(kind, ends)) == (kind != "syn" or not counts), kind
    assert_counted(op25b, west={}, east={
        kind: {"blocked" if kind == "syn" and counts else "observed": 1} for kind in KINDS})


@pytest.mark.parametrize("action", ANSWERS)
def test_what_is_blocked_for_its_target_is_answered(net, op25b, ends, action):
    op25b.load(f"pool add east mode observe action {action} prefix {ends.pool}\n"
               f"target add {ends.foreign}")
    assert len(net.send(syn_to(ends)).answers) == 1


@pytest.mark.parametrize("guard", ["synack", "inbound"])
def test_a_guard_guards_its_class_only(net, op25b, ends, guard):
    op25b.load(f"pool add east guard {guard} prefix {ends.pool}\n"
               f"pool add other guard synack inbound prefix {ends.fixed_net}")
    for kind in ("synack", "inbound"):
        assert send(net, kind, packet_of(kind, ends)) == (guard != kind), kind
    assert_counted(op25b, east={guard: {"blocked": 1}}, other={})


def test_guards_are_off_unless_asked_for(net, op25b, ends):
    op25b.load(f"pool add east prefix {ends.pool}")
    assert send(net, "synack", packet_of("synack", ends))
    assert send(net, "inbound", packet_of("inbound", ends))
    assert_counted(op25b, east={})


def test_a_syn_between_two_pools_is_of_class_syn(net, op25b, ends):
    op25b.load(f"pool add east mode observe prefix {ends.pool}\n"
               f"pool add west guard inbound prefix {ends.foreign_net}")
    assert net.passes(syn_to(ends))
    assert_counted(op25b, east={"syn": {"observed": 1}}, west={})


def test_guard_inbound_applies_to_a_sender_in_a_pool_that_is_off(net, op25b, ends):
    op25b.load(f"pool add east mode off prefix {ends.pool}\n"
               f"pool add west guard inbound prefix {ends.foreign_net}")
    assert not net.passes(syn_to(ends))
    assert_counted(op25b, east={}, west={"inbound": {"blocked": 1}})


def test_malformed_packets_to_a_pool(net, op25b, ends):
    """They pass, unless the pool has guard inbound: they could open a customer's port 25."""
    fragments = packets.fragments(packet_of("inbound", ends), 8)
    whole = [packets.forwarded(fragment) for fragment in fragments]

    def arrived():
        return net.send(*fragments, sender=net.foreign, receiver=net.customer).arrived
    op25b.load(f"pool add east guard synack prefix {ends.pool}\n"
               f"pool add other guard inbound prefix {ends.fixed_net}")
    assert arrived() == whole
    op25b("pool", "set", "east", "guard", "inbound")
    assert arrived() == []
    op25b("relay", "add", ends.foreign_net)
    assert arrived() == whole
    assert_counted(op25b, east={"inbound": {"blocked": 2, "relayed": 2}}, other={})


def test_a_malformed_packet_between_two_pools_is_of_class_malformed(net, op25b, ends):
    op25b.load(f"pool add east mode observe prefix {ends.pool}\n"
               f"pool add west guard inbound prefix {ends.foreign_net}")
    assert net.passes(packet_of("malformed", ends))
    assert_counted(op25b, east={"malformed": {"observed": 1}}, west={})


def test_a_strangers_syn_in_tiny_fragments(net, op25b, ends):
    """Guard inbound against every cut of a SYN: no combination opens the port."""
    segment = packet_of("inbound", ends)
    op25b.load(f"pool add east guard inbound prefix {ends.pool}")
    cuts = ((8,), (16,), (8, 16))
    blocked = 0
    for at in cuts:
        fragments = packets.fragments(segment, *at)
        arrived = net.send(*fragments, sender=net.foreign, receiver=net.customer).arrived
        # The first one never arrives, and the others are useless without it.
        assert packets.forwarded(fragments[0]) not in arrived
        blocked += len(fragments) - len(arrived)
    assert_counted(op25b, east={"inbound": {"blocked": blocked}})


OTHER_FLAGS = (FIN, RST, PSH, URG, ECE, CWR)
NAMES = dict(zip((FIN, SYN, RST, PSH, ACK, URG, ECE, CWR), "FSRPAUEC"))


def test_every_combination_of_flags(net, op25b, ends):
    """A packet with SYN and without ACK is of class syn, whatever its other flags; others pass."""
    op25b.load(f"pool add east prefix {ends.pool}")
    for flags in range(256):
        name = "".join(letter for flag, letter in NAMES.items() if flags & flag)
        assert net.passes(syn_to(ends, flags=flags)) == (flags & (SYN | ACK) != SYN), name
    assert_counted(op25b, east={"syn": {"blocked": 64}})


def test_every_combination_of_flags_from_port_25(net, op25b, ends):
    """A packet with SYN and ACK is of class synack, whatever its other flags; others pass."""
    op25b.load(f"pool add east guard synack inbound prefix {ends.pool}")
    for flags in range(256):
        segment = packets.tcp(ends.foreign, ends.customer, 25, 40000, flags)
        name = "".join(letter for flag, letter in NAMES.items() if flags & flag)
        assert net.passes(packets.ip(ends.foreign, ends.customer, segment), sender=net.foreign,
                          receiver=net.customer) == (flags & (SYN | ACK) != SYN | ACK), name
    assert_counted(op25b, east={"synack": {"blocked": 64}})


def test_a_syn_with_data(net, op25b, ends):
    op25b.load(f"pool add east prefix {ends.pool}")
    assert not net.passes(syn_to(ends, data=b"EHLO pc\r\n"))
    assert_counted(op25b, east={"syn": {"blocked": 1}})


def test_other_ports_are_not_touched(net, op25b, ends):
    op25b.load(f"pool add east guard synack inbound prefix {ends.pool}")
    for port in (0, 1, 24, 26, 80, 110, 143, 443, 465, 587, 993, 2525, 25 << 8, 65535):
        assert net.passes(syn_to(ends, dport=port)), port
    assert_counted(op25b, east={})


def test_source_port_25_of_the_customer_is_not_touched(net, op25b, ends):
    op25b.load(f"pool add east prefix {ends.pool}")
    assert net.passes(syn_to(ends, sport=25, dport=80))
    assert_counted(op25b, east={})


def test_udp_and_icmp_are_not_touched(net, op25b, ends):
    op25b.load(f"pool add east guard synack inbound prefix {ends.pool}")
    datagram = packets.udp(ends.customer, ends.foreign, 40000, 25, bytes(16))
    datagram = packets.ip(ends.customer, ends.foreign, datagram, packets.UDP)
    assert net.passes(datagram)
    assert net.passes(packets.echo_request(ends.customer, ends.foreign))
    cut = packets.fragments(datagram, 16)
    assert net.send(*cut).arrived == [packets.forwarded(fragment) for fragment in cut]
    assert_counted(op25b, east={})


SCTP, GRE, IPV4_IN, IPV6_IN, VXLAN_PORT = 132, 47, 4, 41, 4789
INNER = {4: ("172.16.0.1", "172.16.0.2"), 6: ("2001:db8:ffff::1", "2001:db8:ffff::2")}
TCP_CHECKSUM, UDP_CHECKSUM, SCTP_CHECKSUM = 16, 6, 8    # where they are in their headers


def inner(v, dport=443):
    """A packet for a tunnel, and where its checksum begins."""
    packet = packets.syn(*INNER[v], dport=dport, flags=ACK, data=b"mail")
    return packet, len(packet) - 24


def carried(before, packet, start):
    """What a tunnel's header and the packet in it are, and where its checksum begins and is."""
    return before + packet, len(before) + start, len(before) + start + TCP_CHECKSUM


def merged(src, dst):
    """What GRO makes: payload, where its checksum begins, where it is, protocol; by name."""
    ethernet = bytes(12)
    vxlan = struct.pack("!HHHH", 40000, VXLAN_PORT, 8 + 8 + 14 + len(inner(4)[0]), 0) \
        + b"\x08" + bytes(7) + ethernet + b"\x08\0"
    return {
        "TCP": (packets.tcp(src, dst, 40000, 443, ACK, bytes(64)), 0, TCP_CHECKSUM, TCP),
        "SMTP": (packets.tcp(src, dst, 40000, 25, ACK, bytes(64)), 0, TCP_CHECKSUM, TCP),
        "UDP": (packets.udp(src, dst, 40000, 443, bytes(64)), 0, UDP_CHECKSUM, UDP),
        "SCTP": (struct.pack("!HHII", 40000, 36412, 1, 0) + bytes(16), 0, SCTP_CHECKSUM, SCTP),
        "IPv4 in IP": (*carried(b"", *inner(4)), IPV4_IN),
        "IPv6 in IP": (*carried(b"", *inner(6)), IPV6_IN),
        "GRE": (*carried(struct.pack("!HH", 0, 0x0800), *inner(4)), GRE),
        "GRE of IPv6": (*carried(struct.pack("!HH", 0, 0x86dd), *inner(6)), GRE),
        "VXLAN": (*carried(vxlan, *inner(4)), UDP),
    }


MERGED = list(merged(*INNER[4]))


@pytest.mark.parametrize("name", MERGED)
def test_a_checksum_to_be_filled_in_where_it_belongs(net, op25b, ends, name):
    """GRO leaves the checksum of what it has merged to the device that sends it on. That is behind
    what the verdict was read from: such packets pass."""
    op25b.load(f"pool add east guard synack inbound prefix {ends.pool}")
    data, start, at, protocol = merged(ends.customer, ends.foreign)[name]
    packet = packets.ip(ends.customer, ends.foreign, data, protocol)
    head = len(packet) - len(data)
    assert net.passes(Unfinished(packet, head + start, head + at),
                      tap=net.customer.unfinished_tap)
    assert_counted(op25b, east={})


def heads(ends):
    """Packets that pass, and how many of their bytes that is read from."""
    src, dst = ends.customer, ends.foreign
    segment = packets.tcp(src, dst, 40000, 80, SYN, bytes(8))
    datagram = packets.udp(src, dst, 40000, 25, bytes(8))
    variants = [{}, {"chain": [packets.extension(DSTOPTS, 16)]} if ":" in src else
                {"options": b"\x01" * 8}]
    for fields in variants:
        for payload, protocol, judged in ((segment, TCP, 14), (datagram, UDP, 0)):
            packet = packets.ip(src, dst, payload, protocol, **fields)
            yield packet, len(packet) - len(payload) + judged


def test_a_checksum_to_be_filled_in_over_what_is_judged(net, op25b, ends):
    """Wherever it begins, and whatever the port is: what will be overwritten cannot be judged."""
    op25b.load(f"pool add east guard synack inbound prefix {ends.pool}")
    tap, blocked = net.customer.unfinished_tap, 0
    for packet, judged in heads(ends):
        # Newer kernels take nothing that begins before. test_table.c has the other places.
        for at in range(6, len(packet) - 1):
            for start in {6, at, min(at, judged)}:
                assert net.passes(Unfinished(packet, start, at), tap=tap) == (at >= judged), \
                    (at, start)
                blocked += at < judged
    assert_counted(op25b, east={"malformed": {"blocked": blocked}})


def test_a_checksum_to_be_filled_in_by_others_than_customers(net, op25b, ends):
    op25b.load(f"pool add east prefix {ends.fixed_net}")
    packet = packets.syn(ends.customer, ends.foreign)
    head = len(packet) - 20
    assert net.passes(Unfinished(packet, head, head + 2), tap=net.customer.unfinished_tap)
    assert_counted(op25b, east={})


def test_addresses_in_no_pool_are_not_touched(net, op25b, ends):
    op25b.load(f"pool add east guard synack inbound prefix {ends.fixed_net}")
    for kind in KINDS:
        assert send(net, kind, packet_of(kind, ends)), kind
    assert_counted(op25b, east={})


def test_the_most_specific_prefix_wins_across_pools(net, op25b, ends):
    wide, narrow = ("10.0.0.0/8", "10.0.0.128/30") if "." in ends.pool else \
        ("2001:db8::/32", "2001:db8:c::8000/126")
    op25b.load(f"pool add wide mode observe prefix {wide}\n"
               f"pool add middle mode off prefix {ends.pool}\n"
               f"pool add narrow prefix {narrow}")
    assert not net.passes(syn_to(ends))
    op25b("prefix", "del", "narrow", narrow)
    assert net.passes(syn_to(ends))
    assert_counted(op25b, wide={}, middle={}, narrow={"syn": {"blocked": 1}})
    op25b("pool", "del", "middle")
    assert net.passes(syn_to(ends))
    assert_counted(op25b, wide={"syn": {"observed": 1}}, narrow={"syn": {"blocked": 1}})


def test_prefix_and_exempt_within_each_other(net, op25b, ends):
    """The most specific of all prefixes and exempts counts; at the same length, the exempt."""
    op25b.load(f"pool add east prefix {ends.pool} {ends.customer}\n"
               f"exempt add east {ends.pool}")
    assert not net.passes(syn_to(ends))
    op25b("exempt", "add", "east", ends.customer)
    assert net.passes(syn_to(ends))
    op25b("prefix", "del", "east", ends.customer)
    op25b("exempt", "del", "east", ends.customer)
    assert net.passes(syn_to(ends))
    op25b("exempt", "del", "east", ends.pool)
    assert not net.passes(syn_to(ends))
    assert_counted(op25b, east={"syn": {"blocked": 2, "exempted": 2}})


def test_an_exempt_of_one_pool_in_a_prefix_of_another(net, op25b, ends):
    """The exempt is more specific: its packets are counted for its own pool."""
    op25b.load(f"pool add east prefix {ends.pool}\n"
               f"pool add vip\n"
               f"exempt add vip {ends.customer}")
    assert net.passes(syn_to(ends))
    assert_counted(op25b, east={}, vip={"syn": {"exempted": 1}})


def test_a_prefix_of_one_address_and_of_all(net, op25b, ends):
    everyone = "0.0.0.0/0" if "." in ends.pool else "::/0"
    op25b.load(f"pool add one prefix {ends.customer}\npool add all mode observe prefix {everyone}")
    assert not net.passes(syn_to(ends))
    assert net.passes(packets.syn(ends.neighbour, ends.foreign))
    assert_counted(op25b, one={"syn": {"blocked": 1}}, all={"syn": {"observed": 1}})


def test_a_pool_of_one_family_leaves_the_other_alone(net, op25b, v, ends):
    other = net.customer.network[10 - v]
    op25b.load(f"pool add east guard synack inbound prefix {other}\nrelay add {other}")
    for kind in KINDS:
        assert send(net, kind, packet_of(kind, ends))
    assert_counted(op25b, east={})


def test_new_modes_and_guards_apply_at_once(net, op25b, ends):
    op25b.load(f"pool add east mode observe prefix {ends.pool}")
    for mode, passes in (("observe", True), ("enforce", False), ("off", True), ("enforce", False)):
        op25b("pool", "set", "east", "mode", mode)
        assert net.passes(syn_to(ends)) == passes
    for guard, passes in (("inbound", False), ("none", True), ("synack", True)):
        op25b("pool", "set", "east", "guard", guard)
        assert send(net, "inbound", packet_of("inbound", ends)) == passes
    assert_counted(op25b, east={"syn": {"observed": 1, "blocked": 2}, "inbound": {"blocked": 1}})


def test_counters_are_exact(net, op25b, ends):
    """Each packet is counted once, in one counter."""
    op25b.load(f"pool add east guard synack inbound prefix {ends.pool}\n"
               f"exempt add east {ends.neighbour}\n"
               f"relay add {ends.relay}")
    malformed = packets.fragments(syn_to(ends), 8)
    mixture = itertools.chain([syn_to(ends)] * 300,
                              [packets.syn(ends.neighbour, ends.foreign)] * 200,
                              malformed * 100, [syn_to(ends, dport=587)] * 50)
    assert len(net.send(*mixture).arrived) == 250
    assert len(net.send(*[syn_to(ends, ends.relay)] * 70, receiver=net.relay).arrived) == 70
    assert net.send(*[packet_of("synack", ends)] * 30, *[packet_of("inbound", ends)] * 20,
                    sender=net.foreign, receiver=net.customer).arrived == []
    assert_counted(op25b, east={"syn": {"blocked": 300, "exempted": 200, "relayed": 70},
                                "malformed": {"blocked": 200},
                                "synack": {"blocked": 30}, "inbound": {"blocked": 20}})


def test_reset_sets_the_counters_of_one_pool_or_of_all_to_zero(net, op25b, ends):
    op25b.load(f"pool add east prefix {ends.pool}\npool add west prefix {ends.neighbour}")
    east, west = syn_to(ends), packets.syn(ends.neighbour, ends.foreign)
    net.send(east, east, west)
    op25b("pool", "reset", "east")
    assert_counted(op25b, east={}, west={"syn": {"blocked": 1}})
    net.send(east)
    assert_counted(op25b, east={"syn": {"blocked": 1}}, west={"syn": {"blocked": 1}})
    op25b("pool", "reset")
    assert_counted(op25b, east={}, west={})
    net.send(west)
    assert_counted(op25b, east={}, west={"syn": {"blocked": 1}})


def test_reset_of_many_pools(net, op25b, ends4):
    others = {f"p{n}": {} for n in range(150)}
    op25b.load("".join(f"pool add {name}\n" for name in others) +
               f"pool add last prefix {ends4.pool}")
    net.send(syn_to(ends4))
    assert_counted(op25b, **others, last={"syn": {"blocked": 1}})
    op25b("pool", "reset")
    assert_counted(op25b, **others, last={})
