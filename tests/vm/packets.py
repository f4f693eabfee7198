# SPDX-License-Identifier: GPL-2.0
"""Packets, built byte by byte, as a malicious customer would build them."""
import itertools
import socket
import struct

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = (1 << n for n in range(8))

# IP protocols and IPv6 extension headers
HOPOPTS, ICMP, TCP, UDP, ROUTING, FRAGMENT, ESP, AUTH, ICMPV6, NONE, DSTOPTS = (
    0, 1, 6, 17, 43, 44, 50, 51, 58, 59, 60)
MOBILITY, HIP, SHIM6 = 135, 139, 140

# Each fragmented packet has an identification of its own.
IDENTS = itertools.count(1)


class Unfinished(bytes):
    """A packet that lacks a checksum. Who sends it asks for the checksum of what begins at `start`, to
    be filled in at the two bytes at `at`, which need not be where a checksum belongs."""

    def __new__(cls, packet, start, at):
        unfinished = super().__new__(cls, packet)
        unfinished.start, unfinished.at = start, at
        return unfinished


def version(packet):
    return packet[0] >> 4


def is_ipv6(address):
    return ":" in address


def pack_address(address):
    return socket.inet_pton(socket.AF_INET6 if is_ipv6(address) else socket.AF_INET, address)


def checksum(data):
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def transport_checksum(src, dst, protocol, data):
    pseudo = pack_address(src) + pack_address(dst) + struct.pack("!II", len(data), protocol)
    return checksum(pseudo + data)


def tcp(src, dst, sport, dport, flags, data=b"", seq=1000, ack=0, options=b"", words=None):
    """A TCP segment with a correct checksum. flags: twelve bits, the reserved ones included; words:
    the data offset, if it is not to be the true one."""
    if words is None:
        words = 5 + len(options) // 4

    def header(check):
        return struct.pack("!HHIIHHHH", sport, dport, seq, ack, words << 12 | flags, 64240, check,
                           0) + options
    return header(transport_checksum(src, dst, TCP, header(0) + data)) + data


def udp(src, dst, sport, dport, data=b""):
    """A UDP datagram."""
    def header(check):
        return struct.pack("!HHHH", sport, dport, 8 + len(data), check)
    return header(transport_checksum(src, dst, UDP, header(0) + data)) + data


def echo_request(src, dst, data=b"ping"):
    """An echo request of ICMP or ICMPv6, as an IP packet."""
    kind = 128 if is_ipv6(src) else 8
    message = struct.pack("!BBHHH", kind, 0, 0, 1, 1) + data
    check = transport_checksum(src, dst, ICMPV6, message) if is_ipv6(src) else checksum(message)
    return ip(src, dst, message[:2] + struct.pack("!H", check) + message[4:],
              ICMPV6 if is_ipv6(src) else ICMP)


def ipv4(src, dst, payload, protocol=TCP, *, options=b"", offset=0, more=False, bits=0, ident=1,
         ttl=64, length=None, header_words=None):
    """An IPv4 packet. length and header_words: the total length and the IHL, if not the true ones."""
    words = 5 + len(options) // 4
    header = struct.pack("!BBHHHBBH", 0x40 | (words if header_words is None else header_words), 0,
                         words * 4 + len(payload) if length is None else length, ident,
                         bits | (0x2000 if more else 0) | offset // 8, ttl, protocol, 0)
    header += pack_address(src) + pack_address(dst) + options
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def ipv6(src, dst, payload, protocol=TCP, *, chain=(), hops=64, length=None):
    """An IPv6 packet, with a chain of extension headers, each a pair (type, header)."""
    first, rest = link(chain, protocol)
    payload = rest + payload
    return struct.pack("!IHBB", 6 << 28, len(payload) if length is None else length, first, hops) \
        + pack_address(src) + pack_address(dst) + payload


def link(chain, protocol):
    """The type of the first header of a chain, and the chain's bytes. protocol follows the chain."""
    types = [kind for kind, _ in chain] + [protocol]
    return types[0], b"".join(bytes([following]) + header[1:]
                              for (_, header), following in zip(chain, types[1:]))


def ip(src, dst, payload, protocol=TCP, **fields):
    return (ipv6 if is_ipv6(src) else ipv4)(src, dst, payload, protocol, **fields)


def extension(kind, size=8):
    """An extension header of this size, filled with as few options as possible. Their type is
    unknown, and receivers skip it (RFC 8200, section 4.2)."""
    options = b""
    while (left := size - 2 - len(options)) > 0:
        data = min(left - 2, 255)
        options += b"\x1e" + bytes([data]) + bytes(data)
    return kind, bytes([0, size // 8 - 1]) + options


def many_options(kind, count):
    """An extension header with this number of empty PadN options."""
    options = b"\x01\x00" * count
    options += bytes(-(len(options) + 2) % 8)
    return kind, bytes([0, (len(options) + 2) // 8 - 1]) + options


def routing(kind=253, left=0, *segments):
    """A routing header with these segments, of which left is the number left."""
    return ROUTING, bytes([0, 2 * len(segments), kind, left, max(len(segments) - 1, 0)]) \
        + bytes(3) + b"".join(map(pack_address, segments))


def auth(size=24):
    return AUTH, bytes([0, size // 4 - 2]) + bytes(size - 2)


def esp(packet, spi, seq):
    """The payload of ESP (RFC 4303) in tunnel mode, neither encrypted (RFC 2410) nor authenticated."""
    padding = bytes(range(1, 1 + -(len(packet) + 2) % 4))
    inner = 41 if version(packet) == 6 else 4
    return struct.pack("!II", spi, seq) + packet + padding + bytes([len(padding), inner])


def fragment_header(offset, more, ident=1):
    return FRAGMENT, struct.pack("!BBHI", 0, 0, offset | more, ident)


def fragments(packet, *cuts):
    """Split the payload of a packet at these offsets into fragments, in order."""
    ident = next(IDENTS)
    head = 40 if version(packet) == 6 else (packet[0] & 15) * 4
    payload = packet[head:]
    bounds = [0, *cuts, len(payload)]
    return [fragment(packet, payload[start:end], start, end < len(payload), ident)
            for start, end in zip(bounds, bounds[1:])]


def fragment(packet, data, offset, more, ident):
    """One fragment with the addresses and the protocol of packet, and this data."""
    src, dst = addresses(packet)
    if version(packet) == 6:
        return ipv6(src, dst, data, packet[6], chain=[fragment_header(offset, more, ident)])
    return ipv4(src, dst, data, packet[9], offset=offset, more=more, ident=ident)


def forwarded(packet):
    """The packet as a router forwards it: the TTL or hop limit is one less."""
    if version(packet) == 6:
        return packet[:7] + bytes([packet[7] - 1]) + packet[8:]
    head = (packet[0] & 15) * 4
    header = packet[:8] + bytes([packet[8] - 1]) + packet[9:10] + b"\0\0" + packet[12:head]
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + packet[head:]


def tcp_of(packet):
    """(sport, dport, seq, ack, flags) of a packet without extension headers, or None."""
    protocol, segment = payload(packet)
    if protocol != TCP or len(segment) < 20:
        return None
    sport, dport, seq, ack, _, flags = struct.unpack_from("!HHIIBB", segment)
    return sport, dport, seq, ack, flags


def syn(src, dst, dport=25, sport=40000, flags=SYN, data=b"", seq=1000):
    """An IP packet that opens a connection."""
    return ip(src, dst, tcp(src, dst, sport, dport, flags, data, seq))


def addresses(packet):
    """(source, destination)"""
    if version(packet) == 6:
        return tuple(socket.inet_ntop(socket.AF_INET6, packet[n:n + 16]) for n in (8, 24))
    return tuple(socket.inet_ntop(socket.AF_INET, packet[n:n + 4]) for n in (12, 16))


def payload(packet):
    """(protocol, payload) of a packet without extension headers."""
    if version(packet) == 6:
        return packet[6], packet[40:]
    return packet[9], packet[(packet[0] & 15) * 4:]
