# SPDX-License-Identifier: GPL-2.0
"""Answers to blocked packets are routed like those of a reject rule in forward: each routing below is
tried with both."""
import contextlib
import subprocess

import pytest

import hosts
import packets
from conftest import ANSWERS, Command

# A customer's network behind another router, and the routers that can be its next hop
NETWORK = {4: "10.9.0.0/24", 6: "2001:db8:99::/64"}
SOURCE = {4: "10.9.0.5", 6: "2001:db8:99::5"}
BY_CUSTOMER = {4: "via 10.0.0.2 dev customer", 6: "via 2001:db8:c::2 dev customer"}
BY_FIXED = {4: "via 10.0.1.2 dev fixed", 6: "via 2001:db8:1::2 dev fixed"}
GATEWAY = "10.0.0.1"    # of the link customer
REJECT = {"tcp-reset": "reject with tcp reset",
          "admin-prohibited": "reject with icmpx type admin-prohibited"}
assert set(REJECT) == set(ANSWERS)


class Routing:
    """What has to be set up on the router: its commands are undone in reverse."""

    def __init__(self, net, v):
        self.bras, self.v = net.bras, v
        self.table = "10" if net.vrf else "main"
        self.stack = contextlib.ExitStack()

    def ip(self, command):
        def run(*words):
            self.bras.run("ip", f"-{self.v}", *words)
        words = command.split()
        run(*words)
        self.stack.callback(run, *(word.replace("add", "del") for word in words))

    def sysctl(self, name):
        name = f"ipv{self.v}/{name}"
        self.bras.sysctl(name, 1)
        self.stack.callback(self.bras.sysctl, name, 0)

    def mark(self):
        """Mark what comes from customers."""
        self.bras.run("nft", "-f", "-", input="table netdev marks { chain ingress { type filter hook "
                      "ingress device customer priority 0; meta mark set 7; }\n}\n")
        self.stack.callback(self.bras.run, "nft", "delete", "table", "netdev", "marks")


def by_customer(routing, v):
    routing.ip(f"route add {NETWORK[v]} {BY_CUSTOMER[v]} table {routing.table}")


def by_another_device(routing, v):
    routing.ip(f"route add {NETWORK[v]} {BY_FIXED[v]} table {routing.table}")


def by_table_of_the_address(routing, v):
    """Customers' routes in a table of their own, and an unreachable default in the main one."""
    routing.ip("route add unreachable default metric 4000")
    routing.ip(f"route add {NETWORK[v]} {BY_FIXED[v]} table 77")
    routing.ip(f"rule add to {NETWORK[v]} table 77 priority 77")


def by_table_of_the_mark(routing, v):
    """The same, in the table of a mark that the answer takes over."""
    routing.ip("route add unreachable default metric 4000")
    routing.ip(f"route add {NETWORK[v]} {BY_CUSTOMER[v]} table 77")
    routing.ip("rule add fwmark 7 table 77 priority 77")
    routing.sysctl("fwmark_reflect")
    routing.mark()


def by_table_of_a_mark_that_is_not_reflected(routing, v):
    routing.ip(f"route add {NETWORK[v]} {BY_FIXED[v]} table {routing.table}")
    routing.ip(f"route add {NETWORK[v]} {BY_CUSTOMER[v]} table 77")
    routing.ip("rule add fwmark 7 table 77 priority 77")
    routing.mark()


def by_two_tables(routing, v):
    """The first of two tables has no route to the customer."""
    routing.ip(f"route add {NETWORK[v].replace('9', '8')} {BY_FIXED[v]} table 76")
    routing.ip("rule add from all table 76 priority 76")
    routing.ip(f"route add {NETWORK[v]} {BY_CUSTOMER[v]} table 77")
    routing.ip("rule add from all table 77 priority 77")


def nowhere(routing, v):
    routing.ip(f"route add unreachable {NETWORK[v]} table {routing.table}")


def from_the_inbound_address(routing, v):
    """ICMP errors come from the address of the device by which the packet came."""
    by_another_device(routing, v)
    if v == 4:
        routing.sysctl("icmp_errors_use_inbound_ifaddr")


WAYS = [by_customer, by_another_device, nowhere, by_table_of_the_address, by_table_of_the_mark,
        by_table_of_a_mark_that_is_not_reflected, by_two_tables, from_the_inbound_address]
# The other ones are rules that come before the VRF's own.
WAYS_OF_VRF = WAYS[:3]


@pytest.fixture(scope="module")
def net(module, request):
    network = hosts.Network("routes-", vrf=request.param)
    network.vrf = request.param
    yield network
    network.remove()
    # nft frees a rule a moment after it is deleted
    hosts.until(lambda: subprocess.run(["rmmod", "nft_reject_inet", "nft_reject"], check=False,
                                       stderr=subprocess.DEVNULL).returncode == 0)


def answers(net, v):
    """What a SYN from the customer's network brings: for each host the packets that arrive there."""
    sent = packets.syn(SOURCE[v], net.foreign.ghosts[v][0])
    for host in net.hosts:
        host.tap.drain()
    net.customer.tap.send(sent)
    arrived = {"foreign": net.pass_marker(net.customer, net.foreign)}
    for name in ("customer", "fixed", "relay"):
        arrived[name] = net.pass_marker(net.foreign, getattr(net, name))
    return {name: [(packets.addresses(packet), packets.payload(packet)[0],
                    packets.tcp_of(packet) or packets.payload(packet)[1][:2]) for packet in found]
            for name, found in arrived.items()}


def answers_of_forward(net, v, action):
    """The same, given by a rule in forward."""
    net.bras.run("nft", "-f", "-", input="table inet refuse { chain forward { type filter hook "
                 f"forward priority 0; tcp dport 25 {REJECT[action]}; }}\n}}\n")
    try:
        return answers(net, v)
    finally:
        net.bras.run("nft", "delete", "table", "inet", "refuse")


@pytest.mark.parametrize("action", ANSWERS)
@pytest.mark.parametrize("net, way", [pytest.param(vrf, way, id=f"{vrf}-{way.__name__}")
                                      for vrf, ways in ((None, WAYS), ("red", WAYS_OF_VRF))
                                      for way in ways], indirect=["net"])
def test_an_answer_is_routed_like_that_of_a_rule_in_forward(net, v, way, action):
    op25b = Command(net.bras)
    op25b("flush")
    routing = Routing(net, v)
    with routing.stack:
        way(routing, v)
        expected = answers_of_forward(net, v, action)
        op25b.load(f"pool add east action {action} prefix {NETWORK[v]}")
        assert answers(net, v) == expected
        count = sum(map(len, expected.values()))
        assert (count, expected["foreign"]) == (0 if way is nowhere else 1, [])
        if way is from_the_inbound_address and v == 4 and action != "tcp-reset":
            assert expected["fixed"][0][0] == (GATEWAY, SOURCE[v])
        assert op25b.counters()["east"]["syn"]["blocked"] == 1
