# SPDX-License-Identifier: GPL-2.0
"""The guard spoofed: packets that came by a device by which the router would not send to their source."""
import contextlib
import re
import struct

import pytest

import hosts
import packets
from conftest import ANSWERS, Command, syn_to, sysfs

# A network that only the routes of a test reach, with enough addresses for each next hop to be chosen
AWAY = {4: ("10.9.0.0/24", [f"10.9.0.{n}" for n in range(1, 33)]),
        6: ("2001:db8:99::/64", [f"2001:db8:99::{n:x}" for n in range(1, 33)])}


@contextlib.contextmanager
def routing(host, *commands):
    """Commands of ip that are undone at the end."""
    with host:
        for command in commands:
            hosts.run("ip", *command.split())
    try:
        yield
    finally:
        with host:
            for command in reversed(commands):
                command = re.sub(r"(nexthop del id \d+).*", r"\1", command.replace(" add ", " del "))
                hosts.run("ip", *command.split())


def blocked(op25b, kind, pool="east"):
    return op25b.counters()[pool][kind]["blocked"]


def with_tos(packet, tos):
    """A packet with another type of service or, of IPv6, traffic class."""
    if packets.version(packet) == 6:
        return struct.pack("!BB", 0x60 | tos >> 4, tos << 4 & 0xff) + packet[2:]
    header = packet[:1] + bytes([tos]) + packet[2:10] + bytes(2) + packet[12:20]
    return header[:10] + struct.pack("!H", packets.checksum(header)) + header[12:] + packet[20:]


def spoofs(net, op25b, sender, *sources, v, dst=None, tos=0):
    """Whether packets from the sender with these sources count as spoofed: all, or none of them."""
    before = op25b.counters()["east"]
    receiver = net.foreign if sender is net.relay else net.relay
    sent = [with_tos(packets.syn(src, dst or receiver.ghosts[v][0]), tos) for src in sources]
    assert net.send(*sent, sender=sender, receiver=receiver).arrived == []
    after = op25b.counters()["east"]
    spoofed, syn = (after[kind]["blocked"] - before[kind]["blocked"] for kind in ("spoofed", "syn"))
    assert (spoofed, syn) in ((len(sources), 0), (0, len(sources)))
    return spoofed > 0


@pytest.mark.parametrize("action", ANSWERS)
def test_packets_from_the_uplink_count_apart_and_are_not_answered(net, op25b, ends, action):
    def answers(sender):
        net.customer.tap.drain()
        crossing = net.send(syn_to(ends, ends.relay), sender=sender, receiver=net.relay)
        assert crossing.arrived == []
        return crossing.answers + net.pass_marker(net.relay, net.customer)

    op25b.load(f"pool add east action {action} prefix {ends.pool}")
    # without the guard, a customer who did nothing is answered and blamed
    assert len(answers(net.foreign)) == 1
    assert (blocked(op25b, "syn"), blocked(op25b, "spoofed")) == (1, 0)
    op25b("pool", "set", "east", "guard", "spoofed")
    assert answers(net.foreign) == []
    assert (blocked(op25b, "syn"), blocked(op25b, "spoofed")) == (1, 1)
    assert len(answers(net.customer)) == 1
    assert (blocked(op25b, "syn"), blocked(op25b, "spoofed")) == (2, 1)


def test_each_verdict_with_the_guard(net, op25b, ends):
    fragments = packets.fragments(syn_to(ends), 8)
    ends_of = {"sender": net.foreign, "receiver": net.fixed}
    op25b.load(f"pool add east guard spoofed inbound prefix {ends.pool}\n"
               f"exempt add east {ends.neighbour}\nrelay add {ends.relay_net}")
    assert not net.send(syn_to(ends, ends.fixed), *fragments, **ends_of).arrived
    # what passes is counted as ever, and so is what another guard blocks
    passes = [syn_to(ends, ends.relay), packets.syn(ends.neighbour, ends.relay)]
    assert len(net.send(*passes, sender=net.foreign, receiver=net.relay).arrived) == 2
    assert not net.send(packets.syn(ends.fixed, ends.customer), sender=net.foreign,
                        receiver=net.customer).arrived
    counters = op25b.counters()["east"]
    assert counters["spoofed"] == {"blocked": 3, "observed": 0, "relayed": 0, "exempted": 0}
    assert counters["syn"] == {"blocked": 0, "observed": 0, "relayed": 1, "exempted": 1}
    assert counters["malformed"]["blocked"] == 0
    assert counters["inbound"]["blocked"] == 1
    op25b("pool", "set", "east", "mode", "observe")
    assert len(net.send(syn_to(ends, ends.fixed), **ends_of).arrived) == 1
    assert op25b.counters()["east"]["spoofed"]["observed"] == 1
    assert sysfs("pools/east/observed") == "1"


def test_sources_without_a_way_back_are_spoofed(net, op25b, v):
    network, sources = AWAY[v]
    own = {4: "10.0.0.1", 6: "2001:db8:c::1"}[v]
    op25b.load(f"pool add east guard spoofed prefix {network} {own}")
    assert spoofs(net, op25b, net.customer, sources[0], v=v)
    for kind in ("blackhole", "unreachable", "prohibit"):
        with routing(net.bras, f"-{v} route add {kind} {network}"):
            assert spoofs(net, op25b, net.customer, sources[0], v=v)
    # nobody else has the router's own address
    assert spoofs(net, op25b, net.customer, own, v=v)


@pytest.mark.parametrize("objects", [False, True], ids=["routes", "nexthops"])
def test_each_of_several_next_hops_will_do(net, op25b, v, objects):
    network, sources = AWAY[v]
    hops = [f"via {host.address[v]} dev {link}"
            for link, host in (("customer", net.customer), ("fixed", net.fixed))]
    if objects:
        commands = [f"-{v} nexthop add id 1 {hops[0]}", f"-{v} nexthop add id 2 {hops[1]}",
                    "nexthop add id 3 group 1/2", f"-{v} route add {network} nhid 3"]
    else:
        commands = [f"-{v} route add {network} nexthop {hops[0]} nexthop {hops[1]}"]
    op25b.load(f"pool add east guard spoofed prefix {network}")
    with routing(net.bras, *commands):
        assert not spoofs(net, op25b, net.customer, *sources, v=v)
        assert not spoofs(net, op25b, net.fixed, *sources, v=v)
        assert spoofs(net, op25b, net.foreign, *sources, v=v)


def test_a_route_of_last_resort_is_not_the_way_back(net, op25b, v):
    """Neither a shorter prefix nor a greater metric: the router would not send by it."""
    network, sources = AWAY[v]
    via = {host: f"via {host.address[v]} dev {link}"
           for link, host in (("customer", net.customer), ("foreign", net.foreign))}
    op25b.load(f"pool add east guard spoofed prefix {network}")
    for other in (f"-{v} route add default {via[net.foreign]}",
                  f"-{v} route add {network} {via[net.foreign]} metric 2000"):
        with routing(net.bras, f"-{v} route add {network} {via[net.customer]} metric 1000", other):
            assert not spoofs(net, op25b, net.customer, sources[0], v=v)
            assert spoofs(net, op25b, net.foreign, sources[0], v=v)
    # but without a better one they are
    with routing(net.bras, f"-{v} route add default {via[net.foreign]}"):
        assert spoofs(net, op25b, net.customer, sources[0], v=v)
        assert not spoofs(net, op25b, net.foreign, sources[0], v=v)


def test_routing_rules_choose_the_table(net, op25b, v):
    network, sources = AWAY[v]
    dst = net.relay.ghosts[v]
    way = [f"-{v} route add {network} via {net.foreign.address[v]} dev foreign",
           f"-{v} route add {network} via {net.customer.address[v]} dev customer table 77"]
    op25b.load(f"pool add east guard spoofed prefix {network}")
    #                     applies to the way back of packets to the first destination, and the second
    for rule, first, second in ((f"to {network}", True, True), (f"from {dst[0]}", True, False),
                                ("tos 0x10", False, False)):
        with routing(net.bras, *way, f"-{v} rule add {rule} table 77 priority 77"):
            for to, applies in zip(dst, (first, second)):
                assert spoofs(net, op25b, net.customer, sources[0], v=v, dst=to) == (not applies)
                assert spoofs(net, op25b, net.foreign, sources[0], v=v, dst=to) == applies
    with routing(net.bras, *way, f"-{v} rule add tos 0x10 table 77 priority 77"):
        assert not spoofs(net, op25b, net.customer, sources[0], v=v, tos=0x10)
        assert spoofs(net, op25b, net.foreign, sources[0], v=v, tos=0x10)


def test_the_mark_counts_if_the_device_says_so(net, op25b, v):
    network, sources = AWAY[v]
    way = [f"-{v} route add {network} via {net.foreign.address[v]} dev foreign",
           f"-{v} route add {network} via {net.customer.address[v]} dev customer table 77",
           f"-{v} rule add fwmark 7 table 77 priority 77"]
    op25b.load(f"pool add east guard spoofed prefix {network}")
    net.bras.run("nft", "-f", "-", input="table netdev marks { chain ingress { type filter hook "
                 "ingress device customer priority 0; meta mark set 7; }\n}\n")
    try:
        with routing(net.bras, *way):
            assert spoofs(net, op25b, net.customer, sources[0], v=v)
            net.bras.sysctl("ipv4/conf/customer/src_valid_mark", 1)
            assert not spoofs(net, op25b, net.customer, sources[0], v=v)
            assert not spoofs(net, op25b, net.foreign, sources[0], v=v)
    finally:
        net.bras.sysctl("ipv4/conf/customer/src_valid_mark", 0)
        net.bras.run("nft", "delete", "table", "netdev", "marks")


def test_a_customer_behind_a_device_of_their_own(net, op25b, v):
    """As sessions have: a route to the device, without a next hop."""
    network, sources = AWAY[v]
    device = hosts.MachineTap(net.bras, "ppp7", "02:00:00:00:07:01", "02:00:00:00:07:02")
    try:
        op25b.load(f"pool add east guard spoofed prefix {network}")
        with routing(net.bras, f"-{v} route add {sources[0]} dev ppp7"):
            for src in sources[:2]:
                device.send(packets.syn(src, net.relay.ghosts[v][0]))
            net.settle(net.customer, net.relay)
            assert (blocked(op25b, "syn"), blocked(op25b, "spoofed")) == (1, 1)
    finally:
        device.device.close()


def test_what_ipsec_has_decapsulated_is_not_spoofed(net, op25b, v):
    network, sources = AWAY[v]
    src, dst = net.customer.address[v], {4: "10.0.0.1", 6: "2001:db8:c::1"}[v]
    inner = packets.syn(sources[0], net.relay.ghosts[v][0])
    association = ["src", src, "dst", dst, "proto", "esp", "spi", "0x1000"]
    op25b.load(f"pool add east guard spoofed prefix {network}")
    net.bras.run("ip", "xfrm", "state", "add", *association, "mode", "tunnel",
                 "enc", "ecb(cipher_null)", "")
    try:
        net.send(packets.ip(src, dst, packets.esp(inner, 0x1000, 1), packets.ESP), receiver=net.relay)
        assert (blocked(op25b, "syn"), blocked(op25b, "spoofed")) == (1, 0)
    finally:
        net.bras.run("ip", "xfrm", "state", "delete", *association)
    assert spoofs(net, op25b, net.customer, sources[0], v=v)


@pytest.fixture(scope="module")
def vrf():
    network = hosts.Network("w", ["customer", "relay", "foreign"], vrf="vrf-isp")
    yield network
    network.remove()


def test_the_way_back_within_a_vrf(vrf, v):
    op25b = Command(vrf.bras)
    op25b.load(f"pool add east guard spoofed prefix {vrf.customer.network[v]} {AWAY[v][0]}")
    # first as received on the port of the VRF, and only then as received on the VRF device
    assert not spoofs(vrf, op25b, vrf.customer, vrf.customer.ghosts[v][0], v=v)
    assert spoofs(vrf, op25b, vrf.foreign, vrf.customer.ghosts[v][0], v=v)
    network, sources = AWAY[v]
    here = f"via {vrf.customer.address[v]} dev customer"
    there = f"via {vrf.foreign.address[v]} dev foreign"
    with routing(vrf.bras, f"-{v} route add {network} {here} vrf vrf-isp"):
        assert not spoofs(vrf, op25b, vrf.customer, sources[0], v=v)
    with routing(vrf.bras, f"-{v} route add vrf vrf-isp {network} nexthop {here} nexthop {there}"):
        assert not spoofs(vrf, op25b, vrf.customer, *sources, v=v)
        assert not spoofs(vrf, op25b, vrf.foreign, *sources, v=v)
        assert spoofs(vrf, op25b, vrf.relay, *sources, v=v)
