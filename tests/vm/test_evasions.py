# SPDX-License-Identifier: GPL-2.0
"""Packets made to slip past a filter that matches SYNs to port 25.

Each is sent past no filter, to see what a real host makes of it; past rules of nft that match such
SYNs, to see whether they leak; and past the module, which stops them all.
"""
import pytest

import packets
from conftest import CLASSES, VERDICTS
from packets import (DSTOPTS, HIP, HOPOPTS, IDENTS, MOBILITY, PSH, SHIM6, SYN, UDP, URG, auth,
                     extension, fragment, fragment_header, fragments, ipv4, ipv6, many_options,
                     routing, syn)

# What a careful administrator would write
RULES = """
table ip guard {
	set pool { type ipv4_addr; flags interval; elements = { 10.0.0.0/24 } }
	chain prerouting {
		type filter hook prerouting priority raw
		ip saddr @pool tcp flags & (syn|ack) == syn tcp dport 25 drop
	}
}
table ip6 guard {
	set pool { type ipv6_addr; flags interval; elements = { 2001:db8:c::/64 } }
	chain prerouting {
		type filter hook prerouting priority raw
		ip6 saddr @pool tcp flags & (syn|ack) == syn tcp dport 25 drop
	}
}
"""
# Connection tracking puts fragments together before anyone looks, but op25b.
TRACKING = """
table inet tracking {
	chain prerouting {
		type filter hook prerouting priority filter
		ct state established accept
	}
}
"""


class Evasion:
    """Packets, and what to expect of them.

    make(src, dst, segment): the packets, of a SYN segment
    opens: they open a connection with a host that has this kernel; others may see it otherwise
    leaks: they get past the rules of nft, all of them
    arrive: how many packets get past the module: without the others they are useless
    counted: how many packets the module counts as blocked, by class
    """

    def __init__(self, make, opens=False, leaks=False, arrive=0, **counted):
        self.make = make
        self.opens = opens
        self.leaks = leaks
        self.arrive = arrive
        self.counted = counted


def cut(*cuts, order=slice(None)):
    """A SYN in fragments, cut at these offsets, sent in this order."""
    return lambda src, dst, segment: fragments(packets.ip(src, dst, segment), *cuts)[order]


def whole(*chain, **fields):
    """A SYN behind a chain of extension headers."""
    return lambda src, dst, segment: [ipv6(src, dst, segment, chain=chain, **fields)]


def cut_chain(*chain, at):
    """A SYN behind a chain of extension headers that is cut at this offset: the first fragment ends
    in the chain, or before the flags of TCP."""
    return lambda src, dst, segment: fragments(ipv6(src, dst, segment, chain=chain), at)


def options(data):
    return lambda src, dst, segment: [ipv4(src, dst, segment, options=data)]


def bits(value):
    return lambda src, dst, segment: [ipv4(src, dst, segment, bits=value)]


def overlap():
    """A harmless first fragment, then one at offset 8 that lays the true flags over it, then the
    rest."""
    def make(src, dst, segment):
        harmless = segment[:13] + bytes([packets.ACK]) + segment[14:]
        packet, ident = packets.ip(src, dst, harmless), next(IDENTS)
        return [fragment(packet, harmless[:16], 0, True, ident),
                fragment(packet, segment[8:16], 8, True, ident),
                fragment(packet, harmless[16:], 16, False, ident)]
    return make


def forged(flags=None, dport=None):
    """A first fragment that shows another port or other flags, then one of the same place that
    shows the true ones, then the rest."""
    def make(src, dst, segment):
        shown = segment
        if dport:
            shown = shown[:2] + dport.to_bytes(2, "big") + shown[4:]
        if flags is not None:
            shown = shown[:13] + bytes([flags]) + shown[14:]
        packet, ident = packets.ip(src, dst, segment), next(IDENTS)
        return [fragment(packet, shown[:16], 0, True, ident),
                fragment(packet, segment[:16], 0, True, ident),
                fragment(packet, segment[16:], 16, False, ident)]
    return make


def short(size):
    """A SYN that ends too early."""
    return lambda src, dst, segment: [packets.ip(src, dst, segment[:size])]


def says_less(size):
    """A SYN that is all there, of which the IP header says that it ends too early."""
    def make(src, dst, segment):
        if packets.is_ipv6(src):
            return [ipv6(src, dst, segment, length=size)]
        return [ipv4(src, dst, segment, length=20 + size)]
    return make


def cut_off(kind, rest):
    """A packet that ends within its first extension header."""
    return lambda src, dst, segment: [ipv6(src, dst, rest, kind)]


IPV4 = {
    "SYN with other flags": Evasion(
        lambda src, dst, segment: [syn(src, dst, sport=40001, flags=SYN | PSH | URG)],
        opens=True, syn=1),
    "first fragment of 8 bytes": Evasion(cut(8), opens=True, leaks=True, malformed=2),
    "first fragment of 8 bytes, sent last": Evasion(
        cut(8, order=slice(None, None, -1)), opens=True, leaks=True, malformed=2),
    "three fragments of 8 bytes": Evasion(
        cut(8, 16), opens=True, leaks=True, malformed=2, arrive=1),
    "first fragment of 16 bytes": Evasion(cut(16), opens=True, syn=1, arrive=1),
    "offset 8 laid over other flags": Evasion(
        overlap(), leaks=True, malformed=1,
        arrive=2),
    "second first fragment with other flags": Evasion(forged(flags=packets.ACK), syn=1, arrive=2),
    "second first fragment with another port": Evasion(forged(dport=80), syn=1, arrive=2),
    "no-operation options": Evasion(options(b"\x01" * 40), opens=True, syn=1),
    "record route option": Evasion(
        options(b"\x07\x27\x04" + bytes(36) + b"\x00"), opens=True, syn=1),
    "router alert option": Evasion(options(b"\x94\x04\x00\x00"), opens=True, syn=1),
    "options and a first fragment of 8 bytes": Evasion(
        lambda src, dst, segment: [
            ipv4(src, dst, segment[:8], options=b"\x01" * 40, more=True, ident=5),
            ipv4(src, dst, segment[8:], options=b"\x01" * 40, offset=8, ident=5)],
        opens=True, leaks=True, malformed=2),
    "do not fragment": Evasion(bits(0x4000), opens=True, syn=1),
    "reserved bit": Evasion(bits(0x8000), opens=True, syn=1),
    "ends before the flags": Evasion(short(13), leaks=True, malformed=1),
    "ends within the ports": Evasion(short(3), leaks=True, malformed=1),
    "without any TCP": Evasion(short(0), leaks=True, malformed=1),
    "says that it ends before the flags": Evasion(says_less(13), leaks=True, malformed=1),
    "ends behind the flags": Evasion(short(14), syn=1),
}

IPV6 = {
    "SYN with other flags": IPV4["SYN with other flags"],
    "hop-by-hop options": Evasion(whole(extension(HOPOPTS)), opens=True, syn=1),
    "destination options": Evasion(whole(extension(DSTOPTS)), opens=True, syn=1),
    "large destination options": Evasion(whole(extension(DSTOPTS, 256)), opens=True, syn=1),
    "many options": Evasion(whole(many_options(DSTOPTS, 100)), syn=1),
    "routing header": Evasion(whole(routing()), opens=True, syn=1),
    "chain of three": Evasion(
        whole(extension(HOPOPTS), extension(DSTOPTS), routing()), opens=True, syn=1),
    "chain of forty": Evasion(whole(*[extension(DSTOPTS, 16)] * 40), opens=True, syn=1),
    "chain of a hundred": Evasion(whole(*[extension(DSTOPTS)] * 100), opens=True, syn=1),
    "authentication header": Evasion(whole(auth()), leaks=True, syn=1),
    "destination options, authentication, destination options": Evasion(
        whole(extension(DSTOPTS), auth(16), extension(DSTOPTS)), leaks=True, syn=1),
    "mobility header": Evasion(whole(extension(MOBILITY)), leaks=True, syn=1),
    "host identity header": Evasion(whole(extension(HIP)), leaks=True, syn=1),
    "shim6 header": Evasion(whole(extension(SHIM6)), leaks=True, syn=1),
    "atomic fragment": Evasion(whole(fragment_header(0, False)), opens=True, syn=1),
    "options and an atomic fragment and options": Evasion(
        whole(extension(HOPOPTS), extension(DSTOPTS), fragment_header(0, False),
              extension(DSTOPTS)),
        opens=True, syn=1),
    "atomic fragment within an atomic fragment": Evasion(
        whole(fragment_header(0, False), fragment_header(0, False)), syn=1),
    "first fragment of 8 bytes": Evasion(cut(8), leaks=True, malformed=2),
    "first fragment of 8 bytes, sent last": Evasion(
        cut(8, order=slice(None, None, -1)), leaks=True, malformed=2),
    "three fragments of 8 bytes": Evasion(cut(8, 16), leaks=True, malformed=2, arrive=1),
    "first fragment of 16 bytes": Evasion(cut(16), syn=1, arrive=1),
    "first fragment of 24 bytes": Evasion(
        lambda src, dst, segment: fragments(syn(src, dst, sport=40001, data=bytes(8)), 24),
        opens=True, syn=1, arrive=1),
    "offset 8 laid over other flags": Evasion(
        overlap(), leaks=True, malformed=1, arrive=2),
    "offset 8 that says it is of UDP": Evasion(
        lambda src, dst, segment: [
            ipv6(src, dst, segment[8:16], UDP, chain=[fragment_header(8, True)])],
        leaks=True, malformed=1),
    "second first fragment with other flags": Evasion(forged(flags=packets.ACK), syn=1, arrive=2),
    "first fragment that ends with its options": Evasion(
        cut_chain(extension(DSTOPTS, 16), at=16), leaks=True, malformed=1, arrive=1),
    "first fragment that ends within its options": Evasion(
        cut_chain(extension(DSTOPTS, 64), at=16), leaks=True, malformed=1, arrive=1),
    "first fragment that ends 8 bytes into TCP": Evasion(
        cut_chain(extension(DSTOPTS, 16), at=24), leaks=True, malformed=1, arrive=1),
    "first fragment of a chain in which TCP is whole": Evasion(
        lambda src, dst, segment: fragments(
            ipv6(src, dst, packets.tcp(src, dst, 40001, 25, SYN, bytes(8)),
                 chain=[extension(DSTOPTS, 16)]), 40),
        opens=True, syn=1, arrive=1),
    "ends before the flags": Evasion(short(13), leaks=True, malformed=1),
    "without any TCP": Evasion(short(0), leaks=True, malformed=1),
    "says that it ends before the flags": Evasion(says_less(13), leaks=True, malformed=1),
    "says that it is empty": Evasion(says_less(0), leaks=True, malformed=1),
    "ends within its options": Evasion(
        cut_off(DSTOPTS, b"\x06\x01\x01\x04" + bytes(4)), leaks=True, malformed=1),
    "ends before its options": Evasion(
        cut_off(DSTOPTS, b""), leaks=True, malformed=1),
}


def parameters(evasions, v):
    return [pytest.param(v, evasion, id=f"ipv{v}: {name}") for name, evasion in evasions.items()]


ALL = parameters(IPV4, 4) + parameters(IPV6, 6)

each = pytest.mark.parametrize("v, evasion", ALL)


def attack(net, v, evasion, tap=None):
    """What came of it: a Crossing that tells whether a connection was opened, and how many packets
    were sent."""
    src, dst = net.customer.ghosts[v][0], net.foreign.address[v]
    sent = evasion.make(src, dst, packets.tcp(src, dst, 40001, 25, SYN))
    return net.knock(sent, src, dst, tap=tap), len(sent)


class TestUnfiltered:
    @each
    def test_opens_a_connection(self, net, op25b, v, evasion):
        """There is something to stop: all arrives, and where it is said so, a host takes it."""
        crossing, sent = attack(net, v, evasion)
        assert len(crossing.arrived) == sent
        assert crossing.opened == evasion.opens


@pytest.fixture(scope="class")
def nft(net, command):
    command("flush")
    net.bras.run("nft", "-f", "-", input=RULES)
    yield
    net.bras.run("nft", "-f", "-", input="delete table ip guard\ndelete table ip6 guard")


@pytest.fixture(scope="class")
def tracking(net):
    net.bras.run("nft", "-f", "-", input=TRACKING)
    yield
    net.bras.run("nft", "delete", "table", "inet", "tracking")


@pytest.mark.usefixtures("nft")
class TestNft:
    @each
    def test_leaks_or_not(self, net, v, evasion):
        crossing, sent = attack(net, v, evasion)
        leaked = crossing.opened if evasion.opens else len(crossing.arrived) == sent
        assert leaked == evasion.leaks


@pytest.mark.usefixtures("nft", "tracking")
class TestNftWithConnectionTracking:
    def test_sees_whole_packets(self, net):
        """Tracking does put fragments together, in the tests below as well."""
        for v, evasions in ((4, IPV4), (6, IPV6)):
            evasion = evasions["first fragment of 8 bytes"]
            crossing, sent = attack(net, v, evasion)
            assert evasion.leaks and len(crossing.arrived) < sent


class Guard:
    """The module, and by how much its counters grow."""

    def __init__(self, command, network):
        command.load(f"pool add east prefix {network[4]} {network[6]}")
        self.command = command
        self.last = command.counters()["east"]

    def counted(self):
        now, last = self.command.counters()["east"], self.last
        self.last = now
        return {(kind, verdict): now[kind][verdict] - last[kind][verdict]
                for kind in CLASSES for verdict in VERDICTS
                if now[kind][verdict] != last[kind][verdict]}


@pytest.fixture(scope="class")
def guard(net, command):
    return Guard(command, net.customer.network)


class TestOp25b:
    @each
    def test_stops(self, net, guard, v, evasion):
        """Packets that are linear in memory, and paged ones."""
        for tap in (net.customer.tap, net.customer.paged_tap):
            crossing, _ = attack(net, v, evasion, tap)
            assert not crossing.opened
            assert len(crossing.arrived) == evasion.arrive
        assert guard.counted() == {(kind, "blocked"): 2 * n for kind, n in evasion.counted.items()}


@pytest.mark.usefixtures("tracking")
class TestOp25bWithConnectionTracking:
    @each
    def test_stops(self, net, guard, v, evasion):
        """Whatever is put together behind the module."""
        crossing, _ = attack(net, v, evasion)
        assert not crossing.opened
        assert not any(tcp and tcp[4] & SYN for tcp in map(packets.tcp_of, crossing.arrived))
        assert guard.counted() == {(kind, "blocked"): n for kind, n in evasion.counted.items()}
