# SPDX-License-Identifier: GPL-2.0
"""Hostile packets: shapes that try to open port 25 from a pool, against a real TCP that listens
behind the router. What comes of each of them through this module, through nft and through
iptables is in docs/hostile-packets.md, which has to say what is measured here.
"""
import contextlib
import os
import re

import pytest

import hosts
import packets
from conftest import CLASSES, Command
from packets import ACK, DSTOPTS, PSH, SYN, extension
from shapes import SHAPES, Knock

DOCUMENT = "docs/hostile-packets.md"
SERIES = ".".join(os.uname().release.split(".")[:2])    # of the kernel

# What careful administrators would write: nft, iptables and ip6tables
NFT = """
table ip guard {
	set pool { type ipv4_addr; flags interval; elements = { 10.0.0.0/24 } }
	chain prerouting {
		type filter hook prerouting priority raw
		tcp dport 25 tcp flags & (syn | ack) == syn ip saddr @pool drop
	}
}
table ip6 guard {
	set pool { type ipv6_addr; flags interval; elements = { 2001:db8:c::/64 } }
	chain prerouting {
		type filter hook prerouting priority raw
		tcp dport 25 tcp flags & (syn | ack) == syn ip6 saddr @pool drop
	}
}
"""
IPTABLES = {"iptables-legacy": "10.0.0.0/24", "ip6tables-legacy": "2001:db8:c::/64"}
RULE = "-p tcp --dport 25 --tcp-flags SYN,ACK SYN -j DROP"

# Connection tracking puts fragments together before anyone looks, but op25b.
TRACKING = """
table inet tracking {
	chain prerouting {
		type filter hook prerouting priority filter
		ct state established accept
	}
}
"""

TAGS = {"vlan_tap": "81000064", "qinq_tap": "88a800c881000064", "priority_tap": "81000000"}
TRACKED = ", tracking"
TAPS = ("tap", "paged_tap", "vlan_tap", "qinq_tap")     # by which every shape is sent to op25b


@pytest.fixture(scope="module")
def net(module):
    """A network of its own, in which frames are large and tagged, and hosts take more than most."""
    network = hosts.Network("hostile-", ("customer", "foreign"))
    network.bras.ip("link add vlan link customer type vlan id 100\n"
                    "link add outer link customer type vlan proto 802.1ad id 200\n"
                    "link add inner link outer type vlan id 100\n"
                    + "".join(f"link set {link} mtu 9000\n" for link in ("customer", "foreign"))
                    + "".join(f"link set {link} up mtu 9000\n"
                              for link in ("vlan", "outer", "inner")))
    for host in network.hosts:
        host.ip("link set eth0 mtu 9000\n")
    for host in (network.bras, network.foreign):
        with host:
            interfaces = os.listdir("/proc/sys/net/ipv4/conf")
        for interface in interfaces:
            host.sysctl(f"ipv4/conf/{interface}/accept_source_route", 1)
            host.sysctl(f"ipv6/conf/{interface}/seg6_enabled", 1)
    network.foreign.sysctl("ipv4/tcp_fastopen", 0x602)      # for every listener, without cookies
    # Until the customer goes on, on a busy machine
    network.foreign.sysctl("ipv4/tcp_synack_retries", 3)
    network.foreign.listen(25)
    customer = network.customer
    macs = "02:00:00:00:01:01", "02:00:00:00:01:02"
    for name, tags in TAGS.items():
        setattr(customer, name, hosts.Tap(customer, "eth0", *macs, tags))
    customer.ipv4_tap = hosts.Tap(customer, "eth0", *macs, kind=hosts.ETH_P_IP)
    customer.ipv6_tap = hosts.Tap(customer, "eth0", *macs, kind=hosts.ETH_P_IPV6)
    customer.segments_tap = hosts.SegmentsTap(customer, "eth0", *macs)
    customer.machine_tap = hosts.MachineTap(network.bras, "machine", "02:00:00:00:09:01",
                                            "02:00:00:00:09:02")
    yield network
    network.remove()


@pytest.fixture(scope="module")
def command(net):
    return Command(net.bras)


class Outcome:
    """What came of a shape: the packets that were sent and those that arrived, whether they opened
    a connection, and how many of them the module blocked, by class."""

    def __init__(self, knock, sent):
        self.knock = knock
        self.sent = sent
        self.arrived = []
        self.opened = False
        self.blocked = {}


def knocks(net, v):
    """An outcome for each shape, of which nothing is known yet, by name."""
    router = net.LINKS["customer"][v == 6] + (":1" if v == 6 else ".1")
    outcomes = {}
    for number, (name, shape) in enumerate(SHAPES[v].items()):
        knock = Knock(net.customer.ghosts[v][number], net.foreign.address[v], router)
        outcomes[name] = Outcome(knock, shape.make(knock))
    return outcomes


def attack(net, v, outcomes, tap="tap"):
    """Send the packets of each shape, one after the other, and find out what comes of them. A shape at
    a time: hosts forget what is half-open after a second, which a slow one takes for a few."""
    net.foreign.hang_up()
    for name, outcome in outcomes.items():
        shape = SHAPES[v][name]
        heard = try_shape(net, shape, outcome, getattr(net.customer, shape.tap or tap))
        assert heard == ({outcome.knock.src} if outcome.opened else set()), name
    return outcomes


def try_shape(net, shape, outcome, tap):
    """Send its packets; go on with the handshake where it was begun, and say a word. From whom the
    other end has heard it."""
    customer, foreign, knock = net.customer, net.foreign, outcome.knock
    heard = set()
    customer.tap.drain()
    foreign.tap.drain()
    with contextlib.ExitStack() as stack:
        if shape.tap == "machine_tap":
            stack.enter_context(net.bras.without_checksum_offload("foreign"))
        if shape.meanwhile:
            connection = stack.enter_context(shape.meanwhile(foreign, knock))
        for packet in outcome.sent:
            tap.send(packet)
        crossing = net.settle(customer, foreign)
        # and not the router, with an error for an answer
        outcome.arrived += [packet for packet in crossing.arrived
                            if packets.addresses(packet)[0] == knock.src]
        for answer in crossing.answers:
            segment = packets.tcp_of(answer)
            if outcome.opened or packets.addresses(answer)[1] != knock.src or not segment:
                continue
            port, sport, seq, ack, flags = segment
            # What other tries left half-open is still answered, now and then.
            if port == 25 and sport in knock.sports and flags & (SYN | ACK) == SYN | ACK:
                outcome.opened = True
                customer.tap.send(knock.syn(ACK | PSH, b"HELO\r\n", sport=sport, seq=ack,
                                            ack=seq + 1))
        net.settle(customer, foreign)
        while took := foreign.accept(25):
            if took[1].endswith(b"HELO\r\n"):
                heard.add(took[0])
        if shape.meanwhile:
            with contextlib.suppress(BlockingIOError):
                heard.add(connection.recv(64) and knock.src)
    return heard


@contextlib.contextmanager
def tracking(net):
    net.bras.run("nft", "-f", "-", input=TRACKING)
    yield
    net.bras.run("nft", "delete", "table", "inet", "tracking")


@contextlib.contextmanager
def nft(net):
    net.bras.run("nft", "-f", "-", input=NFT)
    yield
    net.bras.run("nft", "-f", "-", input="delete table ip guard\ndelete table ip6 guard")


@contextlib.contextmanager
def iptables(net):
    for tool, pool in IPTABLES.items():
        net.bras.run(tool, "-t", "raw", "-A", "PREROUTING", "-s", pool, *RULE.split())
    yield
    for tool in IPTABLES:
        net.bras.run(tool, "-t", "raw", "-F", "PREROUTING")


def guarded(net, command, v, tap="tap"):
    """What comes of each shape where its source is a pool of its own."""
    outcomes = knocks(net, v)
    command.load("\n".join(f"pool add p{number} prefix {outcome.knock.src}"
                           for number, outcome in enumerate(outcomes.values())))
    attack(net, v, outcomes, tap)
    counters = command.counters()
    for number, outcome in enumerate(outcomes.values()):
        outcome.blocked = {kind: count["blocked"] for kind, count in counters[f"p{number}"].items()
                           if count["blocked"]}
    command("flush")
    return outcomes


def cell(outcome, free):
    """What came of a shape, compared with what comes of it without a filter."""
    sent, stopped = len(free.arrived), len(free.arrived) - len(outcome.arrived)
    if outcome.opened:
        return "**opens**"
    if outcome.blocked or stopped:
        some = f" {stopped} of {sent}" if outcome.arrived else ""
        kinds = ", ".join(kind for kind in CLASSES if kind in outcome.blocked)
        return f"stopped{some}" + (f": {kinds}" if kinds else "")
    return "arrives" if sent else "—"


def table(measured, v):
    columns = ["no filter", "op25b by tap", "nft", "iptables",
               *(system + TRACKED for system in ("no filter", "nft", "iptables"))]
    titles = [column.replace(" by tap", "") for column in columns]
    text = f"| IPv{v} | {' | '.join(titles)} |\n" + "| --- " * (len(columns) + 1) + "|\n"
    for name in SHAPES[v]:
        cells = [cell(measured[column, v][name],
                      measured["no filter" + (TRACKED if TRACKED in column else ""), v][name])
                 for column in columns]
        text += f"| {name} | {' | '.join(cells)} |\n"
    return text


def written():
    with open(DOCUMENT, encoding="utf-8") as file:
        return file.read()


def document(measured):
    """The document, with the tables of what was measured in it."""
    figures = f"Kernel {SERIES}:\n\n" + "\n".join(table(measured, v) for v in SHAPES)
    text, found = re.subn(r"(<!-- figures -->\n).*(<!-- end -->\n)",
                          lambda match: match[1] + figures + match[2], written(), flags=re.DOTALL)
    assert found
    return text


@pytest.fixture(scope="module")
def measured(net, command):
    """What came of all shapes, in all ways: by way and version of IP, by shape."""
    found = {}
    for suffix, context in (("", contextlib.nullcontext()), (TRACKED, tracking(net))):
        with context:
            for v in SHAPES:
                first = found["no filter" + suffix, v] = attack(net, v, knocks(net, v))
                command.load("pool add east guard synack inbound "
                             "prefix 203.0.113.0/24 2001:db8::/64")
                # The very same packets; but tracking may still hold fragments of those.
                others = knocks(net, v)
                if not suffix:
                    for name, outcome in others.items():
                        outcome.knock, outcome.sent = first[name].knock, first[name].sent
                found["others" + suffix, v] = attack(net, v, others)
                command("flush")
                for tap in TAPS[:1] if suffix else TAPS:
                    found["op25b by " + tap + suffix, v] = guarded(net, command, v, tap)
                for system in (nft, iptables):
                    with system(net):
                        found[system.__name__ + suffix, v] = attack(net, v, knocks(net, v))
    if os.path.isdir("/out"):
        with open("/out/hostile-packets.md", "w", encoding="utf-8") as file:
            file.write(document(found))
    return found


def ways_of_op25b(measured, v):
    return [outcomes for (way, version), outcomes in measured.items()
            if way.startswith("op25b") and version == v]


def test_no_shape_opens_port_25(measured):
    opened = [(way, name) for (way, _), outcomes in measured.items() if way.startswith("op25b")
              for name, outcome in outcomes.items() if outcome.opened]
    assert not opened


def test_most_shapes_would_open_it(measured):
    """There is something to stop: in either family, at least forty of them."""
    for v, shapes in SHAPES.items():
        assert sum(measured["no filter", v][name].opened for name in shapes) >= 40


def test_what_would_open_it_is_counted(measured):
    """Once for each packet that is missing, by whatever way it came."""
    for v, shapes in SHAPES.items():
        for name in shapes:
            free = [measured[way, v][name] for way in ("no filter", "no filter" + TRACKED)]
            first, *others = [outcomes[name] for outcomes in ways_of_op25b(measured, v)]
            if any(outcome.opened for outcome in free):
                assert first.blocked, name
            assert {*first.blocked} <= {"syn", "malformed"}, name
            if len(free[0].arrived) == len(free[0].sent):
                assert sum(first.blocked.values()) == len(first.sent) - len(first.arrived), name
            for other in others:
                assert other.blocked == first.blocked, name


def test_what_is_not_a_pools_passes(measured):
    """Byte for byte. Tracking puts packets together and gives the pieces numbers of its own."""
    for v, shapes in SHAPES.items():
        for name in shapes:
            free, others = measured["no filter", v][name], measured["others", v][name]
            assert others.arrived == free.arrived, name
            free, others = (measured[way + TRACKED, v][name] for way in ("no filter", "others"))
            assert list(map(len, others.arrived)) == list(map(len, free.arrived)), name
            assert others.opened == free.opened, name


def op25b_column(text):
    """What op25b does, in a document: rows of shape and cell."""
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [(row[0], row[2]) for row in rows if len(row) > 2]


def test_the_document_says_what_is_measured(measured):
    """`make hostile-table` writes it. Kernels differ in what they receive, and in what nft and
    iptables do there; op25b is the same on all of them."""
    there, here = written(), document(measured)
    if f"Kernel {SERIES}:" not in there:
        there, here = op25b_column(there), op25b_column(here)
    assert there == here


def test_wherever_it_is_cut_in_memory(net, command, v):
    """The first bytes of a packet in the linear part of its socket buffer, the others in pages."""
    src, dst = net.customer.ghosts[v][0], net.foreign.address[v]
    segment = packets.tcp(src, dst, 40000, 25, SYN)
    sent = [packets.ip(src, dst, segment)]
    if v == 6:
        sent.append(packets.ip(src, dst, segment, chain=[extension(DSTOPTS, 16)]))

    def arrived():
        count = 0
        for packet in sent:
            for linear in range(len(packet) + 1):
                net.customer.paged_tap.send(packet, linear)
                count += 1
        return count, len(net.settle(net.customer, net.foreign).arrived)

    command("flush")
    net.foreign.tap.drain()
    count, free = arrived()
    assert free == count
    command.load(f"pool add east prefix {src}")
    assert arrived() == (count, 0)
    assert command.counters()["east"]["syn"]["blocked"] == count
