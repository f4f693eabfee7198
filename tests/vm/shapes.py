# SPDX-License-Identifier: GPL-2.0
"""Shapes: packets that try to open port 25 past a filter that matches SYNs to it.

SHAPES has those of each version of IP, by what docs/hostile-packets.md calls them. Many open a
connection with a host that has this kernel; others are for receivers that see them otherwise.
"""
import contextlib
import errno
import itertools
import socket
import struct

import packets
from packets import (ACK, AUTH, CWR, DSTOPTS, ECE, ESP, FIN, HIP, HOPOPTS, IDENTS, MOBILITY, NONE,
                     PSH, RST, SHIM6, SYN, TCP, UDP, URG, Unfinished, auth, checksum, extension,
                     forwarded, fragment, fragment_header, fragments, many_options, routing)

ORDERS = list(itertools.permutations(range(3)))
RESERVED = 0xf00        # the bits between TCP's data offset and its flags
UNASSIGNED = 253        # a protocol, a header or an option for experiments
NOP, END = b"\x01", b"\x00"


class Knock:
    """A try to open port 25 of dst, from an address of the customer's that no other shape has, and
    from a port that no other try has. sports: those of all tries of a shape."""
    PORTS = itertools.cycle(range(1024, 65536))

    def __init__(self, src, dst, router, sports=None):
        self.src, self.dst, self.router = src, dst, router
        self.sport = next(self.PORTS)
        self.sports = set() if sports is None else sports

    def again(self):
        return Knock(self.src, self.dst, self.router, self.sports)

    def tcp(self, flags=SYN, data=b"", sport=None, dport=25, **fields):
        sport = sport or self.sport
        self.sports.add(sport)
        return packets.tcp(self.src, self.dst, sport, dport, flags, data, **fields)

    def ip(self, payload, protocol=TCP, dst=None, **fields):
        return packets.ip(self.src, dst or self.dst, payload, protocol, **fields)

    def syn(self, flags=SYN, data=b"", **fields):
        return self.ip(self.tcp(flags, data, **fields))


class Shape:
    """make(knock): the packets
    tap: the customer's tap that sends them, where it has to be this one. By machine_tap, the router
        fills in the checksum of what it forwards
    meanwhile(foreign, knock): what the foreign host does itself, a context; gives its socket"""

    def __init__(self, make, tap=None, meanwhile=None):
        self.make = make
        self.tap = tap
        self.meanwhile = meanwhile


def each(values, make):
    """One try for each value: make(to, value)."""
    return Shape(lambda to: [packet for value in values for packet in make(to.again(), value)])


def syn(flags=SYN, data=b"", **fields):
    return Shape(lambda to: [to.syn(flags, data, **fields)])


def ip(payload=None, **fields):
    """A SYN, or what payload(to) gives, in an IP packet with these fields."""
    return Shape(lambda to: [to.ip(payload(to) if payload else to.tcp(), **fields)])


def flip(packet, at):
    """The packet with one bit of one byte flipped."""
    changed = bytearray(packet)
    changed[at] ^= 1
    return bytes(changed)


# --- fragments ---

def reordered(sent, order):
    return [sent[n] for n in order]


def cut(*cuts, order=None, data=b""):
    """A SYN in fragments, cut at these offsets, sent in this order; a number twice: sent twice."""
    return Shape(lambda to: reordered(fragments(to.syn(data=data), *cuts),
                                      order or range(len(cuts) + 1)))


def pieces(make):
    """Fragments with one identification: (data, offset, more) each, or with fields that replace
    those of the packet. make(segment) gives them."""
    def sent(to):
        ident = next(IDENTS)
        return [fragment(to.ip(b"", **dict(*fields)), data, offset, more, ident)
                for data, offset, more, *fields in make(to.tcp(data=bytes(12)))]
    return Shape(sent)


def with_flags(segment, flags):
    return segment[:13] + bytes([flags]) + segment[14:]


def with_dport(segment, dport):
    return segment[:2] + struct.pack("!H", dport) + segment[4:]


def forged(change, value, order=(0, 1, 2)):
    """A first fragment that shows other flags or another port, then one of the same place that
    shows the true ones, then the rest."""
    def make(segment):
        return reordered([(change(segment[:16], value), 0, True), (segment[:16], 0, True),
                          (segment[16:], 16, False)], order)
    return pieces(make)


def other_idents(to):
    """Two halves that do not belong together."""
    return [first_or_last[n] for n, first_or_last in
            enumerate((fragments(to.syn(), 8), fragments(to.syn(), 8)))]


# --- checksums that are still to be filled in ---

SUMMED = 6      # where the sum begins: not before, since newer kernels take that for a wrong header


def with_word(packet, word):
    """The packet with another identification; for IPv6, with other bytes at the end of its first
    extension header, which mean nothing."""
    word = struct.pack("!H", word)
    if packets.version(packet) == 6:
        return packet[:46] + word + packet[48:]
    header = packet[:4] + word + packet[6:10] + b"\0\0" + packet[12:20]
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + packet[20:]


def overwritten(packet, at, harmless):
    """A SYN with other, harmless bytes at this offset: the router makes it a SYN, because the checksum
    that it fills in there is just what they were."""
    wanted, = struct.unpack_from("!H", packet, at)
    packet = with_word(packet[:at] + struct.pack("!H", harmless) + packet[at + 2:], 0)
    now = checksum(forwarded(packet)[SUMMED:])
    # The identification is not summed, but the checksum of the IP header is.
    word = now - wanted if packets.version(packet) == 6 else wanted - now
    packet = with_word(packet, word % 0xffff)
    assert checksum(forwarded(packet)[SUMMED:]) == wanted
    return Unfinished(packet, SUMMED, at)


def filled(harmless, tcp=None, ip6=None, header=extension(DSTOPTS)):
    """A SYN, for IPv6 behind a header, over which a checksum is filled in, where these bytes are now:
    at this offset of TCP, or from the IP header on."""
    def make(to):
        if not packets.is_ipv6(to.src):
            return [overwritten(to.syn(), 20 + tcp, harmless)]
        packet = to.ip(to.tcp(), chain=[header])
        return [overwritten(packet, ip6 if tcp is None else 48 + tcp, harmless)]
    return Shape(make, tap="machine_tap")


# --- lengths ---

def says_length(to, n):
    """A SYN of which the IP header says that n bytes of TCP are there."""
    return [to.ip(to.tcp(), length=n if packets.is_ipv6(to.src) else 20 + n)]


# --- at the other end ---

@contextlib.contextmanager
def connecting(foreign, to):
    """The foreign host itself opens a connection, from its port 25: a SYN that comes now is taken
    by it, a simultaneous open (RFC 9293, 3.5)."""
    family = socket.AF_INET6 if packets.is_ipv6(to.src) else socket.AF_INET
    with foreign.socket(family, socket.SOCK_STREAM) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.setblocking(False)
        connection.bind((to.dst, 25))
        assert connection.connect_ex((to.src, to.sport)) == errno.EINPROGRESS
        yield connection


BOTH = {
    "a SYN": syn(),
    "a SYN in a nonlinear skb": Shape(lambda to: [to.syn()], tap="paged_tap"),
    "a SYN with data, in a nonlinear GSO skb": Shape(
        lambda to: [to.syn(data=bytes(3000))], tap="segments_tap"),
    "a SYN in a VLAN": Shape(lambda to: [to.syn()], tap="vlan_tap"),
    "a SYN in a VLAN within a VLAN (QinQ)": Shape(lambda to: [to.syn()], tap="qinq_tap"),
    "a SYN with a priority tag (VLAN 0)": Shape(lambda to: [to.syn()], tap="priority_tap"),
    "first fragment of 8 bytes, in a VLAN": Shape(
        lambda to: fragments(to.syn(), 8), tap="vlan_tap"),
    "first fragment of 8 bytes, in QinQ": Shape(
        lambda to: fragments(to.syn(), 8), tap="qinq_tap"),

    "SYN, PSH, URG": syn(SYN | PSH | URG),
    "SYN, ECE, CWR": syn(SYN | ECE | CWR),
    "SYN, FIN": syn(SYN | FIN),
    "SYN, RST": syn(SYN | RST),
    "SYN, ACK": syn(SYN | ACK),
    "SYN with the reserved bits set": syn(SYN | RESERVED),
    "every combination of flags": each(range(256), lambda to, flags: [to.syn(flags)]),
    "every combination of reserved bits": each(
        range(0, 0x1000, 0x100), lambda to, bits: [to.syn(SYN | bits)]),
    "a SYN with data (TCP Fast Open)": syn(data=b"EHLO pc\r\n"),
    "a SYN with a Fast Open cookie": syn(
        data=b"EHLO pc\r\n", options=b"\x22\x0a" + bytes(8) + NOP * 2),
    "a SYN with 40 bytes of options": syn(options=NOP * 40),
    "a SYN with an option of length 0": syn(options=b"\xfd\x00" + NOP * 2),
    "from port 25 to port 25": syn(sport=25),
    "a RST, then a SYN": Shape(lambda to: [to.syn(RST), to.syn()]),
    "an ACK, then a SYN": Shape(lambda to: [to.syn(ACK, seq=1001), to.syn()]),
    "a SYN, sent twice": Shape(lambda to: [to.syn(), to.syn()]),
    "two SYNs with different sequence numbers": Shape(
        lambda to: [to.syn(), to.syn(seq=90000)]),
    "a SYN while the server connects from port 25 (simultaneous open)": Shape(
        lambda to: [to.syn()], meanwhile=connecting),
    "wrong TCP checksum": Shape(lambda to: [flip(to.syn(), -2)]),
    "TCP data offset of 16 bytes": syn(words=4),
    "TCP data offset of 0": syn(words=0),
    "TCP data offset beyond the end": syn(words=15),
    "every TCP data offset": each(range(16), lambda to, words: [to.syn(words=words)]),

    "first fragment of 8 bytes": cut(8),
    "first fragment of 8 bytes, sent last": cut(8, order=(1, 0)),
    "first fragment of 16 bytes": cut(16),
    "first fragment of 16 bytes, sent last": cut(16, order=(1, 0)),
    "first fragment of 24 bytes": cut(24, data=bytes(8)),
    "first fragment of 24 bytes, sent last": cut(24, data=bytes(8), order=(1, 0)),
    "two fragments, cut at each offset": each(
        range(8, 48, 8), lambda to, at: fragments(to.syn(data=bytes(28)), at)),
    "three fragments of 8 bytes": cut(8, 16),
    "three fragments of 8 bytes, in every order": each(
        ORDERS,
        lambda to, order: reordered(fragments(to.syn(), 8, 16), order)),
    "fragments of 24, 8 and 8 bytes, in every order": each(
        ORDERS,
        lambda to, order: reordered(fragments(to.syn(data=bytes(20)), 24, 32), order)),
    "fragments of 8 bytes, each sent twice": cut(8, 16, order=(0, 0, 1, 1, 2, 2)),
    "fragments of 24 bytes, each sent twice": cut(24, data=bytes(24), order=(0, 0, 1, 1)),
    "fragments of two different SYNs": Shape(other_idents),
    "second fragment with another protocol": pieces(
        lambda segment: [(segment[:24], 0, True), (segment[24:], 24, False, {"protocol": UDP})]),
    "second fragment at offset 8, with another protocol": pieces(
        lambda segment: [(segment[:8], 0, True), (segment[8:], 8, False, {"protocol": UDP})]),
    "first fragment with another protocol": pieces(
        lambda segment: [(segment[:8], 0, True, {"protocol": UDP}), (segment[8:], 8, False)]),
    "overlapping fragment at offset 8 with other flags": pieces(
        lambda segment: [(with_flags(segment, ACK)[:24], 0, True), (segment[8:16], 8, True),
                         (segment[24:], 24, False)]),
    "overlapping fragment at offset 8 with other flags, sent first": pieces(
        lambda segment: [(segment[8:16], 8, True), (with_flags(segment, ACK)[:24], 0, True),
                         (segment[24:], 24, False)]),
    "two first fragments with different flags": forged(with_flags, ACK),
    "two first fragments with different flags, the SYN first": forged(
        with_flags, ACK, (1, 0, 2)),
    "two first fragments with different flags, sent after the last fragment": forged(
        with_flags, ACK, (2, 0, 1)),
    "two first fragments with different ports": forged(with_dport, 80),
    "two first fragments with different ports, port 25 first": forged(
        with_dport, 80, (1, 0, 2)),
    "two first fragments, the shorter one with another port": pieces(
        lambda segment: [(with_dport(segment, 80)[:8], 0, True), (segment[:24], 0, True),
                         (segment[24:], 24, False)]),
    "an empty first fragment before the others": pieces(
        lambda segment: [(b"", 0, True), (segment[:24], 0, True), (segment[24:], 24, False)]),
    "an empty fragment in the middle": pieces(
        lambda segment: [(segment[:24], 0, True), (b"", 24, True), (segment[24:], 24, False)]),
    "a first fragment alone": pieces(lambda segment: [(segment, 0, True)]),
    "a fragment that ends beyond byte 65,535": pieces(
        lambda segment: [(segment[:24], 0, True), (segment[24:], 65528, False)]),

    "a checksum to be filled in over the port": filled(80, tcp=2),
    "a checksum to be filled in over the flags": filled(0x5000 | ACK, tcp=12),

    "packet that ends at each byte of TCP": each(range(20), lambda to, n: [to.ip(to.tcp()[:n])]),
    "IP length that ends at each byte of TCP": each(range(20), says_length),
    "bytes after the end of the IP packet": Shape(lambda to: [to.syn() + bytes(6)]),
    "IP length greater than the packet": Shape(lambda to: says_length(to, 21)),
    "authentication header without a key": ip(
        lambda to: bytes([TCP]) + auth()[1][1:] + to.tcp(), protocol=AUTH),
    "ESP with null encryption, without a key": ip(
        lambda to: struct.pack("!II", 256, 1) + to.tcp() + b"\x01\x02\x02\x06", protocol=ESP),
}


def options(data):
    return ip(options=data)


def source_route(kind, *stops, done=False):
    """A source route option."""
    size = 3 + 4 * len(stops)
    return bytes([kind, size, size + 1 if done else 4]) \
        + b"".join(map(packets.pack_address, stops)) + END


LSRR, SSRR = 131, 137

IPV4 = {
    **BOTH,
    "NOP options": options(NOP * 40),
    "end-of-options option, then other options": options(END + b"\x94\x04\x00\x00" + NOP * 3),
    "end-of-options option, then a harmless TCP header": Shape(
        lambda to: [to.ip(to.tcp(), options=END * 4 + to.tcp(ACK, dport=80))]),
    "record route": options(b"\x07\x27\x04" + bytes(36) + END),
    "timestamp option that is full": options(b"\x44\x08\x09\x00" + bytes(4)),
    "router alert": options(b"\x94\x04\x00\x00"),
    "security option": options(b"\x82\x0b" + bytes(9) + END),
    "an option longer than the header": options(b"\x1e\xff" + NOP * 2),
    "every type of option": each(range(256), lambda to, kind: [
        to.ip(to.tcp(), options=bytes([kind, 4, 4, 0]))]),
    "loose source route, completed": Shape(lambda to: [
        to.ip(to.tcp(), options=source_route(LSRR, to.router, done=True))]),
    "strict source route, completed": Shape(lambda to: [
        to.ip(to.tcp(), options=source_route(SSRR, to.router, done=True))]),
    "loose source route via the router": Shape(lambda to: [
        to.ip(to.tcp(), dst=to.router, options=source_route(LSRR, to.dst))]),
    "strict source route via the router": Shape(lambda to: [
        to.ip(to.tcp(), dst=to.router, options=source_route(SSRR, to.dst))]),
    "options and a first fragment of 8 bytes": Shape(lambda to: [
        to.ip(part, options=NOP * 40, offset=offset, more=not offset, ident=to.sport)
        for offset, part in ((0, to.tcp()[:8]), (8, to.tcp()[8:]))]),
    "DF bit set": ip(bits=0x4000),
    "reserved bit set": ip(bits=0x8000),
    "fragments with the DF bit set": Shape(lambda to: [
        to.ip(part, bits=0x4000, offset=offset, more=not offset, ident=to.sport)
        for offset, part in ((0, to.tcp()[:8]), (8, to.tcp()[8:]))]),
    "IP header length of 16 bytes": ip(header_words=4),
    "IP header length beyond the end": ip(header_words=15),
    "every IP header length": each(range(16), lambda to, words: [
        to.ip(to.tcp(), header_words=words)]),
    "total length of 19 bytes": ip(length=19),
    "total length of 0": ip(length=0),
    "IP version 6 in an IPv4 frame": Shape(
        lambda to: [b"\x65" + to.syn()[1:]], tap="ipv4_tap"),
    "wrong IP checksum": Shape(lambda to: [flip(to.syn(), 11)]),
    "TTL of 1": ip(ttl=1),
}


def chain(*headers, **fields):
    """A SYN behind a chain of extension headers."""
    return ip(chain=headers, **fields)


def cut_chain(*headers, at, order=None, data=b""):
    """A SYN behind a chain of extension headers, in fragments cut at these offsets."""
    return Shape(lambda to: reordered(
        fragments(to.ip(to.tcp(data=data), chain=headers), *at),
        order or range(len(at) + 1)))


def jumbo(size):
    """Hop-by-hop options that hold the true length (RFC 2675)."""
    return HOPOPTS, struct.pack("!BBBBI", 0, 0, 0xc2, 4, size)


OPTIONS = {"protocol": DSTOPTS}
ATOMIC = fragment_header(0, False)
# Headers of 2 KB, which no first fragment of an Ethernet frame holds two of
LARGE = [extension(DSTOPTS, 2048)] * 2

IPV6 = {
    **BOTH,
    "hop-by-hop options": chain(extension(HOPOPTS)),
    "hop-by-hop options, twice": chain(extension(HOPOPTS), extension(HOPOPTS)),
    "hop-by-hop options after destination options": chain(extension(DSTOPTS), extension(HOPOPTS)),
    "router alert": chain((HOPOPTS, b"\0\0\x05\x02\0\0\x01\0")),
    "destination options": chain(extension(DSTOPTS)),
    "destination options of 256 bytes": chain(extension(DSTOPTS, 256)),
    "destination options of 2,048 bytes": chain(extension(DSTOPTS, 2048)),
    "4 KB of extension headers": chain(*LARGE),
    "4 KB of extension headers, in fragments of 1,280 bytes": cut_chain(
        *LARGE, at=(1280, 2560, 3840)),
    "4 KB of extension headers, in fragments of 1,280 bytes, in reverse order": cut_chain(
        *LARGE, at=(1280, 2560, 3840), order=(3, 2, 1, 0)),
    "8 KB of extension headers": chain(*LARGE, *LARGE),
    "100 options": chain(many_options(DSTOPTS, 100)),
    "options of length 0": chain((DSTOPTS, b"\0\0\x1e\0\x1e\0\x1e\0")),
    "an option longer than its header": chain((DSTOPTS, b"\0\0\x1e\x20\0\0\0\0")),
    "an unknown option with the action to discard": chain((DSTOPTS, b"\0\0\xde\x04\0\0\0\0")),
    "3 extension headers": chain(extension(HOPOPTS), extension(DSTOPTS), routing()),
    "40 extension headers": chain(*[extension(DSTOPTS, 16)] * 40),
    "100 extension headers": chain(*[extension(DSTOPTS)] * 100),
    "every order of 4 extension headers": each(
        list(itertools.permutations((extension(HOPOPTS), extension(DSTOPTS), routing(), ATOMIC))),
        lambda to, headers: [to.ip(to.tcp(), chain=headers)]),
    "every next header value": each(range(256), lambda to, kind: [
        to.ip(to.tcp(), chain=[(kind, bytes(8))])]),
    "every type of routing header, no segments left": each(range(256), lambda to, kind: [
        to.ip(to.tcp(), chain=[routing(kind)])]),
    "routing header of type 0, no segments left": Shape(lambda to: [
        to.ip(to.tcp(), chain=[routing(0, 0, to.router)])]),
    "routing header of type 0, one segment left": Shape(lambda to: [
        to.ip(to.tcp(), chain=[routing(0, 1, to.dst)], dst=to.router)]),
    "routing header of type 2, no segments left": Shape(lambda to: [
        to.ip(to.tcp(), chain=[routing(2, 0, to.dst)])]),
    "segment routing header, no segments left": Shape(lambda to: [
        to.ip(to.tcp(), chain=[routing(4, 0, to.dst)])]),
    "segment routing via the router": Shape(lambda to: [
        to.ip(to.tcp(), chain=[routing(4, 1, to.dst, to.router)], dst=to.router)]),
    "authentication header": chain(auth()),
    "destination options, authentication, destination options": chain(
        extension(DSTOPTS), auth(16), extension(DSTOPTS)),
    "mobility header": chain(extension(MOBILITY)),
    "host identity header": chain(extension(HIP)),
    "shim6 header": chain(extension(SHIM6)),
    "an unknown next header": chain((UNASSIGNED, bytes(8))),
    "no next header, followed by TCP": chain((NONE, bytes(8))),
    "no next header after options": chain(extension(DSTOPTS), (NONE, bytes(8))),

    "atomic fragment": chain(ATOMIC),
    "atomic fragment with the reserved bits set": chain(
        (packets.FRAGMENT, b"\0\xff\0\x06\0\0\0\x01")),
    "atomic fragment, then options": chain(ATOMIC, extension(DSTOPTS)),
    "options, atomic fragment, options": chain(
        extension(HOPOPTS), extension(DSTOPTS), ATOMIC, extension(DSTOPTS)),
    "atomic fragment within an atomic fragment": chain(ATOMIC, ATOMIC),
    "atomic fragment in fragments": cut_chain(ATOMIC, at=(24,)),
    "first fragment ends after the options": cut_chain(extension(DSTOPTS, 16), at=(16,)),
    "first fragment ends within the options": cut_chain(extension(DSTOPTS, 64), at=(16,)),
    "first fragment ends 8 bytes into TCP": cut_chain(extension(DSTOPTS, 16), at=(24,)),
    "first fragment contains options and TCP": cut_chain(
        extension(DSTOPTS, 16), at=(40,), data=bytes(8)),
    "overlapping fragment at offset 24 with other flags, after options": pieces(
        lambda segment: [
            (b"\x06\x01\x1e\x0c" + bytes(12) + with_flags(segment, ACK)[:16], 0, True, OPTIONS),
            (segment[8:16], 24, True, OPTIONS),
            (segment[16:], 32, False, OPTIONS)]),
    "first fragment contains options and TCP, sent last": cut_chain(
        extension(DSTOPTS, 16), at=(40,), data=bytes(8), order=(1, 0)),
    "a fragment at offset 8 with next header UDP": Shape(lambda to: [
        to.ip(to.tcp()[8:16], UDP, chain=[fragment_header(8, True, next(IDENTS))])]),

    "a checksum to be filled in over the next header": filled(UDP << 8 | 64, ip6=6),
    "a checksum to be filled in over an option header": filled(UDP << 8, ip6=40),
    # The last bits are reserved: a checksum of 0 is never filled in.
    "a checksum to be filled in over a fragment's offset": filled(
        16, ip6=42, header=(packets.FRAGMENT, b"\0\0\0\x06" + bytes(4))),

    "payload length of 0": Shape(lambda to: says_length(to, 0)),
    "payload length of 0, with hop-by-hop options": chain(extension(HOPOPTS), length=0),
    "jumbogram": chain(jumbo(28), length=0),
    "jumbogram with a jumbo payload length of 65,536": chain(jumbo(65536), length=0),
    "packet that ends before the options": Shape(lambda to: [to.ip(b"", DSTOPTS)]),
    "packet that ends within the options": Shape(lambda to: [
        to.ip(bytes([TCP, 1, 1, 4]) + bytes(4), DSTOPTS)]),
    "options that extend beyond the end": Shape(lambda to: [
        to.ip(bytes([TCP, 255]) + bytes(6) + to.tcp(), DSTOPTS)]),
    "IP version 4 in an IPv6 frame": Shape(
        lambda to: [b"\x40" + to.syn()[1:]], tap="ipv6_tap"),
    "hop limit of 1": ip(hops=1),
}

SHAPES = {4: IPV4, 6: IPV6}
