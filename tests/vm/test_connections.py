# SPDX-License-Identifier: GPL-2.0
"""Connections of real hosts through the router, and the answers to blocked packets."""
import errno
import socket
import struct
import time

import pytest

import hosts
import packets
from conftest import ACTIONS, ANSWERS, assert_counted
from packets import ACK, ICMP, ICMPV6, RST, SYN

SILENCE = errno.EINPROGRESS


def connect(net, src, dst, v, port=25, **options):
    return net.connect(src, dst, dst.address[v], port, **options)


def test_the_dynamic_customer_reaches_port_25_of_the_relay_only(net, op25b, ends, v):
    op25b.load(f"pool add east prefix {ends.pool}\nrelay add {ends.relay_net}")
    assert connect(net, net.customer, net.foreign, v) == SILENCE
    assert connect(net, net.customer, net.relay, v) == 0
    assert_counted(op25b, east={"syn": {"blocked": 1, "relayed": 1}})


def test_the_fixed_customer_and_the_relay_reach_port_25_everywhere(net, op25b, ends, v):
    op25b.load(f"pool add east prefix {ends.pool}\nrelay add {ends.relay_net}")
    assert connect(net, net.fixed, net.foreign, v) == 0
    assert connect(net, net.fixed, net.relay, v) == 0
    assert connect(net, net.relay, net.foreign, v) == 0
    assert_counted(op25b, east={})


def test_a_fixed_customer_within_the_pool(net, op25b, ends, v):
    op25b.load(f"pool add east prefix {ends.pool} {ends.fixed_net}\n"
               f"exempt add east {net.fixed.address[v]}")
    assert connect(net, net.fixed, net.foreign, v) == 0
    assert_counted(op25b, east={"syn": {"exempted": 1}})


@pytest.mark.parametrize("action", ACTIONS)
def test_other_ports_open(net, op25b, ends, v, action):
    op25b.load(f"pool add east action {action} guard synack inbound prefix {ends.pool}")
    for port in (26, 80, 465, 587, 2525):
        assert connect(net, net.customer, net.foreign, v, port) == 0, port
    assert_counted(op25b, east={})


def test_incoming_connections_pass_without_guard_inbound(net, op25b, ends, v):
    op25b.load(f"pool add east prefix {ends.pool}")
    assert connect(net, net.foreign, net.customer, v) == 0
    op25b("pool", "set", "east", "guard", "inbound")
    assert connect(net, net.foreign, net.customer, v) == SILENCE
    op25b("relay", "add", ends.foreign_net)
    assert connect(net, net.foreign, net.customer, v) == 0
    assert_counted(op25b, east={"inbound": {"blocked": 1, "relayed": 1}})


def test_guard_synack_against_triangular_spamming(net, op25b, ends, v):
    """Triangular spamming: a SYN with the customer's address is sent through another provider, and
    the SYN, ACK comes to the customer. With guard synack it is blocked."""
    op25b.load(f"pool add east prefix {ends.pool}")
    elsewhere = packets.syn(ends.customer, net.foreign.address[v])
    for guard, answers in (("none", 1), ("synack", 0)):
        op25b("pool", "set", "east", "guard", guard)
        net.customer.tap.drain()
        net.foreign.tap.drain()
        with net.bras:
            raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            raw.bind(("foreign", 0))
            header = net.foreign.tap.header
            kind = 0x86dd if v == 6 else 0x0800
            raw.send(header[6:12] + header[:6] + struct.pack("!H", kind) + elsewhere)
            raw.close()
        assert len(net.settle(net.foreign, net.customer).arrived) == answers, guard
    assert_counted(op25b, east={"synack": {"blocked": 1}})


def test_established_connections_go_on(net, op25b, ends, v):
    """Only packets that open a connection are judged."""
    op25b("flush")
    net.foreign.hang_up()
    family = socket.AF_INET6 if v == 6 else socket.AF_INET
    with net.customer.socket(family, socket.SOCK_STREAM) as connection:
        connection.settimeout(10)
        connection.connect((net.foreign.address[v], 25))
        op25b.load(f"pool add east guard synack inbound prefix {ends.pool}")
        connection.send(b"MAIL FROM:<>\r\n")
        net.settle(net.customer, net.foreign)
        assert net.foreign.accept(25) == (net.customer.address[v], b"MAIL FROM:<>\r\n")
    assert_counted(op25b, east={})


def test_tcp_fast_open(net, op25b, ends, v):
    """A SYN that carries the first line of an SMTP session."""
    for host in (net.customer, net.foreign):
        host.sysctl("ipv4/tcp_fastopen", 0x607)     # both ends, without cookies
    assert connect(net, net.customer, net.foreign, v, data=b"EHLO pc\r\n") == 0
    op25b.load(f"pool add east prefix {ends.pool}")
    assert connect(net, net.customer, net.foreign, v, data=b"EHLO pc\r\n") == SILENCE
    assert connect(net, net.customer, net.foreign, v, 587, data=b"EHLO pc\r\n") == 0
    assert_counted(op25b, east={"syn": {"blocked": 1}})


def test_action_tcp_reset(net, op25b, ends, v):
    """The client gets ECONNREFUSED at once, as if the port were closed."""
    op25b.load(f"pool add east action tcp-reset prefix {ends.pool}")
    assert connect(net, net.customer, net.foreign, v) == errno.ECONNREFUSED

    crossing = net.send(packets.syn(ends.customer, ends.foreign, seq=7777))
    assert crossing.arrived == []
    answer, = crossing.answers
    assert packets.tcp_of(answer) == (25, 40000, 0, 7778, RST | ACK)
    assert packets.addresses(answer) == (ends.foreign, ends.customer)
    assert_counted(op25b, east={"syn": {"blocked": 2}})


def test_action_tcp_reset_acknowledges_data(net, op25b, ends):
    op25b.load(f"pool add east action tcp-reset prefix {ends.pool}")
    answer, = net.send(packets.syn(ends.customer, ends.foreign, seq=7777, data=bytes(100))).answers
    assert packets.tcp_of(answer) == (25, 40000, 0, 7878, RST | ACK)


def test_action_tcp_reset_to_paged_packets(net, op25b, ends):
    op25b.load(f"pool add east action tcp-reset prefix {ends.pool}")
    answer, = net.send(packets.syn(ends.customer, ends.foreign, seq=7777),
                       tap=net.customer.paged_tap).answers
    assert packets.tcp_of(answer) == (25, 40000, 0, 7778, RST | ACK)


def test_action_tcp_reset_answers_no_reset(net, op25b, ends):
    """A SYN with RST is blocked, but not answered: RFC 9293 forbids answering a reset with one."""
    op25b.load(f"pool add east action tcp-reset prefix {ends.pool}")
    crossing = net.send(packets.syn(ends.customer, ends.foreign, flags=SYN | RST))
    assert (crossing.arrived, crossing.answers) == ([], [])
    assert_counted(op25b, east={"syn": {"blocked": 1}})


def test_action_admin_prohibited(net, op25b, ends, v):
    op25b.load(f"pool add east action admin-prohibited prefix {ends.pool}")
    sent = packets.syn(ends.customer, ends.foreign)
    crossing = net.send(sent)
    assert crossing.arrived == []
    answer, = crossing.answers
    protocol, message = packets.payload(answer)
    assert (protocol, message[:2]) == ((ICMP, b"\x03\x0d") if v == 4 else (ICMPV6, b"\x01\x01"))
    assert message[8:] == sent
    assert packets.addresses(answer)[1] == ends.customer
    assert_counted(op25b, east={"syn": {"blocked": 1}})


def test_action_admin_prohibited_tells_the_client(net, op25b, ends, v):
    op25b.load(f"pool add east action admin-prohibited prefix {ends.pool}")
    family = socket.AF_INET6 if v == 6 else socket.AF_INET
    net.foreign.tap.drain()
    with net.customer.socket(family, socket.SOCK_STREAM) as connection:
        connection.settimeout(10)
        start = time.monotonic()
        assert connection.connect_ex((net.foreign.address[v], 25)) == \
            (errno.EHOSTUNREACH if v == 4 else errno.EACCES)
        assert time.monotonic() - start < 5
    assert net.settle(net.customer, net.foreign).arrived == []
    # The first answer may arrive while connect() holds the socket; then the second one counts.
    assert op25b.counters()["east"]["syn"]["blocked"] in (1, 2)


@pytest.mark.parametrize("action", ANSWERS)
def test_only_class_syn_is_answered(net, op25b, ends, action):
    op25b.load(f"pool add east action {action} guard synack inbound prefix {ends.pool}")
    malformed = packets.fragments(packets.syn(ends.customer, ends.foreign), 8)
    crossing = net.send(*malformed)
    assert (crossing.arrived, crossing.answers) == ([], [])

    synack = packets.ip(ends.foreign, ends.customer,
                        packets.tcp(ends.foreign, ends.customer, 25, 40000, SYN | ACK))
    inbound = packets.syn(ends.foreign, ends.customer)
    crossing = net.send(synack, inbound, sender=net.foreign, receiver=net.customer)
    assert (crossing.arrived, crossing.answers) == ([], [])
    assert_counted(op25b, east={"malformed": {"blocked": 2}, "synack": {"blocked": 1},
                                "inbound": {"blocked": 1}})


@pytest.mark.parametrize("action", ANSWERS)
@pytest.mark.parametrize("verdict", ["observed", "relayed", "exempted", "passed"])
def test_only_what_is_blocked_is_answered(net, op25b, ends, action, verdict):
    op25b.load(f"pool add east action {action} prefix {ends.pool}\n" + {
        "observed": "pool set east mode observe",
        "relayed": f"relay add {ends.foreign_net}",
        "exempted": f"exempt add east {ends.pool}",
        "passed": "pool set east mode off"}[verdict])
    crossing = net.send(packets.syn(ends.customer, ends.foreign))
    assert (len(crossing.arrived), crossing.answers) == (1, [])


def test_an_action_loads_the_reject_modules(net, op25b, ends):
    """nf_reject_ipv4 and nf_reject_ipv6 are loaded on demand. Earlier tests have loaded them, so this
    checks that they are in use."""
    op25b.load(f"pool add east action tcp-reset prefix {ends.pool}")
    with open("/proc/modules", encoding="ascii") as file:
        users = {line.split()[0]: int(line.split()[2]) for line in file}
    assert users["nf_reject_ipv4"] > 0 and users["nf_reject_ipv6"] > 0


def test_port_25_of_the_router_itself_is_blocked(net, op25b, ends, v):
    """The hook is in PRE_ROUTING, where the router's own addresses are destinations like others."""
    net.bras.listen(25)
    own = {4: "198.51.100.1", 6: "2001:db8:f::1"}[v]
    assert net.connect(net.customer, net.bras, own, 25) == 0
    op25b.load(f"pool add east prefix {ends.pool}")
    assert net.connect(net.customer, net.bras, own, 25) == SILENCE
    assert_counted(op25b, east={"syn": {"blocked": 1}})


GATEWAY = {4: "10.0.0.1", 6: "2001:db8:c::1"}
# The router's addresses on the link of its customers; of IPv6 also that of RFC 4291, 2.6.1
OWN = {4: (GATEWAY[4],), 6: (GATEWAY[6], "2001:db8:c::")}
EVERYONE = {4: "0.0.0.0/0", 6: "::/0"}
# What reaches the hook and is no unicast address
NO_HOSTS = {4: ("0.0.0.0", "127.0.0.1", "224.0.0.1", "239.1.1.1", "10.0.0.255", "198.51.100.255",
                "255.255.255.255"),
            6: ("::", "ff02::1", "ff0e::1")}
NO_SOURCES = {4: ("0.0.0.0", "127.0.0.1", "224.0.0.1", "10.0.0.255", "255.255.255.255"), 6: ("::",)}


@pytest.mark.parametrize("action", ANSWERS)
def test_what_may_not_be_answered(net, op25b, ends, v, action):
    """RFC 1122, 3.2.2, and RFC 9293, MUST-57: to and from nobody's addresses, and what was sent to
    many by its frame. It is blocked all the same."""
    op25b.load(f"pool add all action {action} prefix {EVERYONE[v]}")
    sent = [packets.syn(ends.customer, dst) for dst in NO_HOSTS[v]] \
        + [packets.syn(src, ends.foreign) for src in NO_SOURCES[v]]
    for packet in sent:
        crossing = net.send(packet)
        assert (crossing.arrived, crossing.answers) == ([], []), packets.addresses(packet)
    own = net.customer.tap.header[6:12].hex(":")
    macs = "ff:ff:ff:ff:ff:ff", {4: "01:00:5e:00:00:01", 6: "33:33:00:00:00:01"}[v]
    for mac in macs:
        tap = hosts.Tap(net.customer, "eth0", mac, own)
        crossing = net.send(packets.syn(ends.customer, ends.foreign), tap=tap)
        assert (crossing.arrived, crossing.answers) == ([], []), mac
    assert_counted(op25b, all={"syn": {"blocked": len(sent) + len(macs)}})
    # but what is meant for the router alone is
    assert len(net.send(packets.syn(ends.customer, ends.foreign)).answers) == 1


@pytest.mark.parametrize("action", ANSWERS)
def test_the_router_gets_no_answer_for_what_others_send_in_its_name(net, op25b, ends, v, action):
    """A SYN with the router's address as its source: nothing goes to the router itself."""
    net.bras.ip("link set lo up\n")
    op25b.load(f"pool add all action {action} prefix {EVERYONE[v]}")
    with net.bras.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(hosts.ETH_P_ALL)) as looped:
        looped.bind(("lo", hosts.ETH_P_ALL))
        looped.setblocking(False)
        for own in OWN[v]:
            crossing = net.send(packets.syn(own, ends.foreign))
            assert (crossing.arrived, crossing.answers) == ([], []), own
            with pytest.raises(BlockingIOError):
                looped.recv(65536)
    assert_counted(op25b, all={"syn": {"blocked": len(OWN[v])}})


def connect_to(host, src, address):
    """Open port 25 from an address of the host's own, or any if src is None."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with host.socket(family, socket.SOCK_STREAM) as connection:
        connection.settimeout(hosts.SECONDS)
        if src:
            connection.bind((src, 0))
        connection.connect((address, 25))


def test_the_router_reaches_its_own_port_25(net, op25b, v):
    """By the loopback device, whatever the policy says: nothing of it is counted."""
    net.bras.ip("link set lo up\n")
    net.bras.listen(25)
    op25b.load(f"pool add all guard synack inbound prefix {EVERYONE[v]}")
    for address in ({4: "127.0.0.1", 6: "::1"}[v], GATEWAY[v], {4: "198.51.100.1",
                                                               6: "2001:db8:f::1"}[v]):
        connect_to(net.bras, None, address)
    net.bras.hang_up()
    assert_counted(op25b, all={})


def test_the_router_in_a_pool_with_guards_is_no_customer(net, op25b, ends, v):
    """Strangers reach its port 25, and mail servers answer it, though its address is in the pool."""
    net.bras.listen(25)
    op25b.load(f"pool add east guard synack inbound prefix {ends.pool}")
    connect_to(net.bras, GATEWAY[v], net.foreign.address[v])
    net.foreign.hang_up()

    def answers(packet):
        return [packets.tcp_of(answer) for answer in
                net.send(packet, sender=net.foreign, receiver=net.customer).answers]
    answer, = answers(packets.syn(ends.foreign, GATEWAY[v]))
    assert (answer[0], answer[4]) == (25, SYN | ACK)
    assert answers(packets.syn(ends.foreign, GATEWAY[v], flags=RST, seq=1001)) == []
    # not blocked, but no server answers by an anycast address
    for own in OWN[v][1:]:
        assert answers(packets.syn(ends.foreign, own)) == []
    # its neighbours are customers
    assert answers(packets.syn(ends.foreign, ends.customer)) == []
    assert_counted(op25b, east={"inbound": {"blocked": 1}})
