# SPDX-License-Identifier: GPL-2.0
"""The guard softwire: IPv4 inside IPv6, as DS-Lite and MAP-E have it, with the kernel's ip6tnl.

    home1 ──┐
            ├── bras ──── aftr ──── foreign
    home2 ──┘
     IPv6 only up to here ┘  └ IPv4
"""
import contextlib
import errno
import fcntl
import hashlib
import os
import select
import socket
import struct
import threading

import pytest

import hosts
import packets
from conftest import ACTIONS, Command, table
from packets import ACK, DSTOPTS, HOPOPTS, SYN, UDP, extension, fragment_header, fragments, routing
from shapes import SHAPES, Knock

AFTR, AFTR_TUN = "2001:db8:a::2", "2001:db8:a::3"
FOREIGN, RELAY = "198.51.100.2", "198.51.100.25"
HOMES = "2001:db8:c::/48"
SHARED = "203.0.113.7"              # the IPv4 address of both homes, with MAP-E
PORTS = {1: (1024, 2047), 2: (2048, 3071)}      # and which of its ports each has
IPIP = 4
IFF_TUN = 0x0001
OBSERVED = {"syn": {"observed": 1}}
SYN_ACK = SYN | ACK


def mac(number, end):
    return f"02:00:00:00:1{number}:0{end}"


class Access:
    """The hosts, their links and their softwires. One home's ends have the header of a tunnel
    encapsulation limit, the other's do not."""

    def __init__(self):
        hosts.run("modprobe", "ip6_tunnel")
        self.bras, self.aftr, self.foreign, *self.homes = self.hosts = [
            hosts.Host(f"softwire-{name}") for name in ("bras", "aftr", "foreign", "home1", "home2")]
        self.markers = 0
        for host in (self.bras, self.aftr):
            host.sysctl("ipv4/ip_forward", 1)
            host.sysctl("ipv6/conf/all/forwarding", 1)
        self.wire(3, self.bras, "core", "2001:db8:a::1", self.aftr, "core", AFTR)
        self.wire(4, self.aftr, "world", "198.51.100.1", self.foreign, "eth0", FOREIGN)
        self.bras.ip(f"neigh replace {AFTR_TUN} lladdr {mac(3, 2)} dev core nud permanent\n")
        self.aftr.ip("route add 2001:db8:c::/48 via 2001:db8:a::1\n"
                     f"addr add {AFTR_TUN}/64 dev core nodad\n"
                     # for packets from addresses that are no end of a softwire
                     f"link add any type ip6tnl mode ipip6 local {AFTR} remote :: encaplimit none\n"
                     "link set any up\n")
        self.foreign.ip(f"addr add {RELAY}/24 dev eth0\nroute add default via 198.51.100.1\n")
        for n, home in enumerate(self.homes, 1):
            home.address = f"2001:db8:c:{n}::2"
            limit = "" if n == 1 else "encaplimit none"
            self.wire(n, self.bras, f"home{n}", f"2001:db8:c:{n}::1", home, "eth0", home.address)
            home.ip(f"route add default via 2001:db8:c:{n}::1\n"
                    f"link add sw type ip6tnl mode ipip6 local {home.address} remote {AFTR} {limit}\n"
                    f"link set sw up\naddr add 10.0.{n}.2/32 dev sw\naddr add {SHARED}/32 dev sw\n"
                    f"route add default dev sw src 10.0.{n}.2\n")
            first, last = PORTS[n]
            self.aftr.ip(
                f"link add sw{n} type ip6tnl mode ipip6 local {AFTR} remote {home.address} "
                "encaplimit none\n"
                f"link set sw{n} up\nroute add 10.0.{n}.0/24 dev sw{n}\n"
                f"route add {SHARED}/32 dev sw{n} table {100 + n}\n")
            for protocol in ("tcp", "udp"):
                self.aftr.run("ip", "rule", "add", "to", SHARED, "ipproto", protocol,
                              "dport", f"{first}-{last}", "lookup", str(100 + n))
            home.tap = hosts.Tap(home, "eth0", mac(n, 1), mac(n, 2))
            home.paged_tap = hosts.PagedTap(home, "eth0", mac(n, 1), mac(n, 2))
            home.unfinished_tap = hosts.UnfinishedTap(home, "eth0", mac(n, 1), mac(n, 2))
        self.core_tap = hosts.Tap(self.aftr, "core", mac(3, 1), mac(3, 2))
        self.foreign.tap = hosts.Tap(self.foreign, "eth0", mac(4, 1), mac(4, 2))
        self.foreign.sysctl("ipv4/tcp_synack_retries", 0)
        for port in (25, 80, 587):
            self.foreign.listen(port)
        self.sink = self.foreign.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sink.bind((FOREIGN, hosts.MARKER_PORT))
        self.sink.setblocking(False)

    @staticmethod
    def wire(number, host, link, address, other, other_link, other_address):
        size = 64 if packets.is_ipv6(address) else 24
        nodad = "nodad" if size == 64 else ""
        host.ip(f"link set lo up\n"
                f"link add {link} address {mac(number, 1)} type veth peer name {other_link} "
                f"netns {other.name} address {mac(number, 2)}\n"
                f"link set {link} up\naddr add {address}/{size} dev {link} {nodad}\n"
                f"neigh replace {other_address} lladdr {mac(number, 2)} dev {link} nud permanent\n")
        other.ip(f"link set lo up\nlink set {other_link} up\n"
                 f"addr add {other_address}/{size} dev {other_link} {nodad}\n"
                 f"neigh replace {address} lladdr {mac(number, 1)} dev {other_link} nud permanent\n")

    def remove(self):
        for host in self.hosts:
            host.remove()

    def settle(self, home, address=None, port=0):
        """Wait for what is under way from a home to the world, through its softwire, and back."""
        def received(end):
            with contextlib.suppress(BlockingIOError):
                return end.recvfrom(64)
        self.markers += 1
        word = b"marker %d" % self.markers
        with home.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            end.setblocking(False)
            end.bind((address or "", port))
            end.sendto(word, (FOREIGN, hosts.MARKER_PORT))
            said = peer = None
            while said != word:     # others are those of settle_tap()
                said, peer = hosts.until(lambda: received(self.sink))
            self.sink.sendto(word, peer)
            hosts.until(lambda: received(end))

    def connect(self, home, address, port, own=None, sport=0):
        """Open a connection: 0, EINPROGRESS if there is no answer, or the error."""
        self.foreign.hang_up()
        with home.socket(socket.AF_INET, socket.SOCK_STREAM) as connection:
            connection.setblocking(False)
            connection.bind((own or "", sport))
            assert connection.connect_ex((address, port)) == errno.EINPROGRESS
            self.settle(home, own, sport and sport + 1)
            error = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            try:
                connection.getpeername()
            except OSError:
                return error or errno.EINPROGRESS
            return 0


@pytest.fixture(scope="module")
def net(module):
    network = Access()
    yield network
    network.remove()


@pytest.fixture(scope="module")
def command(net):
    return Command(net.bras)


def counted(op25b, **pools):
    assert op25b.counters() == {name: table(**cells) for name, cells in pools.items()}


@contextlib.contextmanager
def translating(net):
    """The AFTR translates what leaves it (NAT44), as with DS-Lite."""
    net.aftr.run("nft", "-f", "-", input="table ip aftr { chain post { type nat hook postrouting "
                 "priority srcnat; oifname world masquerade; }\n}\n")
    try:
        yield
    finally:
        net.aftr.run("nft", "delete", "table", "ip", "aftr")


# --- on a BRAS in front of the AFTR ---

@pytest.mark.parametrize("action", ACTIONS)
def test_homes_behind_one_aftr(net, op25b, action):
    """What is blocked is never answered; other ports and the relay are open."""
    with translating(net):
        for home in net.homes:
            op25b.load(f"pool add east action {action} prefix {HOMES}")
            assert net.connect(home, FOREIGN, 25) == 0
            counted(op25b, east={})
            op25b.load(f"pool add east guard softwire action {action} prefix {HOMES}\n"
                       f"relay add {RELAY}")
            assert net.connect(home, FOREIGN, 25) == errno.EINPROGRESS
            assert net.connect(home, FOREIGN, 587) == 0
            assert net.connect(home, RELAY, 25) == 0
            counted(op25b, east={"syn": {"blocked": 1, "relayed": 1}})
        op25b("exempt", "add", "east", "2001:db8:c:2::/64")
        assert net.connect(net.homes[0], FOREIGN, 25) == errno.EINPROGRESS
        assert net.connect(net.homes[1], FOREIGN, 25) == 0
        counted(op25b, east={"syn": {"blocked": 2, "relayed": 1, "exempted": 1}})


def test_an_ipv4_address_that_homes_share(net, op25b):
    """As with MAP-E: the sender is the home, although both have the same IPv4 address."""
    op25b.load(f"pool add east guard softwire senders on prefix {HOMES}\n"
               f"pool add shared prefix {SHARED}")
    for n, home in enumerate(net.homes, 1):
        sport = PORTS[n][0] + 100
        assert net.connect(home, FOREIGN, 587, SHARED, sport) == 0
        for address in (FOREIGN, RELAY)[:n]:
            assert net.connect(home, address, 25, SHARED, sport + 10) == errno.EINPROGRESS
    counted(op25b, east={"syn": {"blocked": 3}}, shared={})
    rows = {row["subscriber"]: (row["packets"], row["destinations"], row["port"])
            for row in op25b.json("sender", "show")}
    assert rows == {"2001:db8:c:1::/64": (1, 1, PORTS[1][0] + 110),
                    "2001:db8:c:2::/64": (2, 2, PORTS[2][0] + 110)}


def test_a_pool_that_observes(net, op25b):
    op25b.load(f"pool add east mode observe guard softwire prefix {HOMES}\ntarget add {RELAY}")
    assert net.connect(net.homes[0], FOREIGN, 25) == 0
    assert net.connect(net.homes[0], RELAY, 25) == errno.EINPROGRESS
    counted(op25b, east={"syn": {"observed": 1, "blocked": 1}})


@pytest.mark.parametrize("mode, verdict", [("enforce", "blocked"), ("observe", "observed")])
def test_a_destination_that_is_not_there_is_no_relay(net, op25b, mode, verdict):
    """Whatever addresses are relays, the inner packet ends before its own."""
    op25b.load(f"pool add east mode {mode} guard softwire prefix {HOMES}\nrelay add 0.0.0.0/0")
    home = net.homes[0]
    home.tap.send(wrap(packets.syn("10.0.1.2", FOREIGN)[:18], home.address))
    settle_tap(net, home)
    counted(op25b, east={"malformed": {verdict: 1}})
    assert net.connect(home, FOREIGN, 25) == 0


def test_the_guard_looks_at_its_own_pools_only(net, op25b):
    op25b.load("pool add east guard softwire prefix 2001:db8:c:1::/64\n"
               "pool add west guard inbound prefix 2001:db8:c:2::/64")
    assert net.connect(net.homes[0], FOREIGN, 25) == errno.EINPROGRESS
    assert net.connect(net.homes[1], FOREIGN, 25) == 0
    counted(op25b, east={"syn": {"blocked": 1}}, west={})


def test_what_others_send_in_the_name_of_a_home(net, op25b):
    op25b.load(f"pool add east guard softwire spoofed senders on prefix {HOMES}")
    net.homes[1].tap.send(wrap(packets.syn("10.0.1.2", FOREIGN), net.homes[0].address))
    settle_tap(net, net.homes[0])
    counted(op25b, east={"spoofed": {"blocked": 1}})
    assert op25b.json("sender", "show") == []


# --- on the AFTR itself ---

def test_on_the_aftr_itself(net, op25b):
    """The inner packet comes again by itself: each pool that holds its side counts once."""
    inside = Command(net.aftr)
    wires = f"pool add wires mode observe guard softwire prefix {HOMES}\n"
    inside.load(wires + "pool add inner mode observe prefix 10.0.0.0/8")
    try:
        assert net.connect(net.homes[0], FOREIGN, 25) == 0
        counted(inside, wires=OBSERVED, inner=OBSERVED)
        inside.load(wires + "pool add inner prefix 10.0.0.0/8")
        assert net.connect(net.homes[0], FOREIGN, 25) == errno.EINPROGRESS
        counted(inside, wires=OBSERVED, inner={"syn": {"blocked": 1}})
        inside.load(f"pool add wires guard softwire prefix {HOMES}\n"
                    "pool add inner prefix 10.0.0.0/8")
        assert net.connect(net.homes[0], FOREIGN, 25) == errno.EINPROGRESS
        counted(inside, wires={"syn": {"blocked": 1}}, inner={})
    finally:
        inside("flush")


# --- what has to pass ---

class Fragmenter(threading.Thread):
    """An end of a softwire that fragments the outer packet (RFC 6333, 5.3), which ip6tnl does not."""

    def __init__(self, host, local, remote):
        super().__init__(daemon=True)
        hosts.run("modprobe", "tun")
        self.remote = remote
        with host:
            self.tun = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
            fcntl.ioctl(self.tun, hosts.TUNSETIFF, struct.pack(
                "16sH", b"tunnel", IFF_TUN | hosts.IFF_NO_PI).ljust(hosts.IFREQ, b"\0"))
        self.raw = host.socket(socket.AF_INET6, socket.SOCK_RAW, IPIP)
        self.raw.bind((local, 0))
        self.stopped, self.stop = os.pipe()
        host.ip("link set tunnel up mtu 1500\n")

    def run(self):
        while True:
            ready, _, _ = select.select([self.tun, self.raw, self.stopped], [], [])
            if self.stopped in ready:
                break
            if self.tun in ready:
                packet = os.read(self.tun, 65536)
                if packets.version(packet) == 4:
                    self.raw.sendto(packet, (self.remote, 0))
            if self.raw in ready:
                packet, (peer, *_) = self.raw.recvfrom(65536)
                if peer == self.remote:
                    os.write(self.tun, packet)
        for end in (self.tun, self.stopped):
            os.close(end)
        self.raw.close()

    def end(self):
        os.close(self.stop)
        self.join()


@contextlib.contextmanager
def fragmenting(net):
    """A softwire of a home's whose outer packets are fragments, on links of the smallest MTU. The
    home's address in it."""
    home = net.homes[0]
    own = "2001:db8:c:1::3"
    ends = [(net.bras, "core"), (net.aftr, "core"), (net.bras, "home1"), (home, "eth0")]
    for host, link in ends:
        host.ip(f"link set {link} mtu 1280\n")
    home.ip(f"addr add {own}/64 dev eth0 nodad\n")
    net.bras.ip(f"neigh replace {own} lladdr {mac(1, 2)} dev home1 nud permanent\n")
    wires = [Fragmenter(home, own, AFTR_TUN), Fragmenter(net.aftr, AFTR_TUN, own)]
    home.ip(f"addr add 10.0.9.2/32 dev tunnel\nroute add {FOREIGN}/32 dev tunnel src 10.0.9.2\n")
    net.aftr.ip("route add 10.0.9.0/24 dev tunnel\n")
    for wire in wires:
        wire.start()
    try:
        yield
    finally:
        for wire in wires:
            wire.end()
        home.ip(f"addr del {own}/64 dev eth0\n")
        for host, link in ends:
            host.ip(f"link set {link} mtu 1500\n")


def fragments_made(host):
    with host, open("/proc/net/snmp6", encoding="ascii") as file:
        return int(dict(line.split() for line in file)["Ip6FragCreates"])


def echo(net, home, data):
    """Send data to the foreign host, which sends back all that it has received."""
    server = net.foreign.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.bind((FOREIGN, 465))
    server.listen()
    server.settimeout(hosts.SECONDS)

    def received(connection):
        got = b""
        while part := connection.recv(65536):
            got += part
        return got

    def serve():
        connection, _ = server.accept()
        with connection:
            connection.settimeout(6 * hosts.SECONDS)
            connection.sendall(received(connection))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with server, home.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
        client.settimeout(6 * hosts.SECONDS)
        client.connect((FOREIGN, 465))
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        back = received(client)
        thread.join()
    return back


def bytes_of(n):
    """So many bytes that look random"""
    return b"".join(hashlib.sha256(b"%d" % i).digest() for i in range(n // 32))


def test_large_transfers_through_a_softwire(net, op25b):
    data = bytes_of(1 << 20)
    op25b.load(f"pool add east guard softwire synack inbound prefix {HOMES}")
    for home in net.homes:
        assert echo(net, home, data) == data
    counted(op25b, east={})


def test_large_transfers_in_fragments(net, op25b):
    home = net.homes[0]
    data = bytes_of(1 << 18)
    op25b.load(f"pool add east guard softwire synack inbound prefix {HOMES}")
    with fragmenting(net):
        before = [fragments_made(host) for host in (home, net.aftr)]
        assert echo(net, home, data) == data
        for host, made in zip((home, net.aftr), before):
            assert fragments_made(host) - made > len(data) // 1500
        counted(op25b, east={})
        assert net.connect(home, FOREIGN, 25) == errno.EINPROGRESS
        counted(op25b, east={"syn": {"blocked": 1}})


# --- shapes inside of softwires ---

def wrap(packet, src, chain=()):
    return packets.ipv6(src, AFTR, packet, IPIP, chain=chain)


def one_by_one(sent, src):
    return [wrap(packet, src) for packet in sent]


def behind(*chain):
    return lambda to, src: [wrap(to.syn(), src, chain)]


def outer_cuts(options, turn):
    """A SYN in two outer fragments, cut at each offset, with inner options or without"""
    def make(to, src):
        sent = []
        for at in range(8, 20 + len(options) + 40, 8):
            packet = to.again().syn(data=bytes(24))
            packet = to.ip(packet[20:], options=options)
            sent += fragments(wrap(packet, src), at)[::turn]
        return sent
    return make


def overlapping(at):
    """An outer first fragment without a flag that matters, the second one with it"""
    def make(to, src):
        packet, harmless = to.syn(data=bytes(24)), to.syn(ACK, data=bytes(24))
        first, *_ = fragments(wrap(harmless, src), 48)
        ident = struct.unpack_from("!I", first, 44)[0]
        return [first] + [packets.ipv6(src, AFTR, packet[start:end], IPIP,
                                       chain=[fragment_header(start, more, ident)])
                          for start, end, more in ((at, 48, True), (48, len(packet), False))]
    return make


def hidden(to, src):
    """The first fragment inside ends before the flags, and harmless ones follow behind its end."""
    segment = to.tcp(data=bytes(12))
    first = to.ip(segment[:8], length=28, more=True, ident=to.sport)
    return [wrap(first + to.tcp(ACK)[8:], src),
            wrap(to.ip(segment[8:], offset=8, ident=to.sport), src)]


SHAPES_INSIDE = {
    **{name: (lambda to, src, shape=shape: one_by_one(shape.make(to), src))
       for name, shape in SHAPES[4].items() if not shape.tap and not shape.meanwhile},
    "outer destination options": behind(extension(DSTOPTS)),
    "outer destination options of 256 bytes": behind(extension(DSTOPTS, 256)),
    "outer hop-by-hop options": behind(extension(HOPOPTS)),
    "outer routing header, no segments left": behind(routing()),
    "outer atomic fragment": behind(fragment_header(0, False)),
    "outer options, atomic fragment, options": behind(
        extension(DSTOPTS), fragment_header(0, False), extension(DSTOPTS)),
    "outer fragments, cut at each offset": outer_cuts(b"", 1),
    "outer fragments, cut at each offset, in reverse order": outer_cuts(b"", -1),
    "outer fragments, cut at each offset, with 40 bytes of inner options": outer_cuts(
        b"\x01" * 40, 1),
    "outer fragments with inner options, in reverse order": outer_cuts(b"\x01" * 40, -1),
    "overlapping outer fragment at offset 8": overlapping(8),
    "overlapping outer fragment at offset 32": overlapping(32),
    "harmless flags behind the end of an inner fragment": hidden,
    "IPv4 inside IPv4 inside IPv6": lambda to, src: [wrap(to.ip(to.syn(), protocol=IPIP), src)],
}


def marker(net, src, dst):
    net.markers += 1
    return packets.ip(src, dst, packets.udp(src, dst, 9, 9, b"marker %d" % net.markers), UDP)


def settle_tap(net, home):
    """The same as net.settle(), for what a tap sends. The TCP segments that came back inside."""
    there, back = marker(net, "10.0.1.200", FOREIGN), marker(net, FOREIGN, "10.0.1.200")
    home.tap.send(wrap(there, home.address))
    while hosts.until(net.foreign.tap.receive) != packets.forwarded(there):
        pass
    net.foreign.tap.send(back)
    segments = []
    while True:
        protocol, inner = packets.payload(hosts.until(home.tap.receive))
        if protocol != IPIP:
            continue
        if inner == packets.forwarded(back):
            return segments
        if packets.tcp_of(inner):
            segments.append(packets.tcp_of(inner))


def attack(net, op25b, tap, guard):
    """What came of each shape: (packets sent, packets that came to the AFTR, whether port 25 has
    answered to open a connection, packets blocked by class)"""
    home, outcomes = net.homes[0], {}
    knocks = {name: (Knock(f"10.0.1.{number + 3}", FOREIGN, "10.0.1.1"),
                     f"2001:db8:c:1::{number + 16:x}:1")
              for number, name in enumerate(SHAPES_INSIDE)}
    op25b.load("".join(f"pool add p{number} {guard} prefix {src}\n"
                       for number, (_, src) in enumerate(knocks.values())))
    for name, (to, src) in knocks.items():
        sent = SHAPES_INSIDE[name](to, src)
        home.tap.drain()
        net.foreign.tap.drain()
        net.core_tap.drain()
        for packet in sent:
            getattr(home, tap).send(packet)
        opened = any(sport == 25 and dport in to.sports and flags & SYN_ACK == SYN_ACK
                     for sport, dport, _, _, flags in settle_tap(net, home))
        arrived = 0
        while packet := net.core_tap.receive():
            arrived += packets.addresses(packet)[0] == src
        outcomes[name] = [len(sent), arrived, opened]
    for number, pool in enumerate(op25b.counters().values()):
        outcomes[list(knocks)[number]].append(
            {kind: count["blocked"] for kind, count in pool.items() if count["blocked"]})
    return outcomes


def test_shapes_inside_of_softwires(net, op25b):
    free = attack(net, op25b, "tap", "mode off")
    assert [name for name, (sent, arrived, _, blocked) in free.items()
            if sent != arrived or blocked] == []
    assert sum(opened for _, _, opened, _ in free.values()) >= 30
    guarded = {tap: attack(net, op25b, tap, "guard softwire") for tap in ("tap", "paged_tap")}
    for outcomes in guarded.values():
        assert [name for name, (_, _, opened, _) in outcomes.items() if opened] == []
        for name, (sent, arrived, _, blocked) in outcomes.items():
            assert sent - arrived == sum(blocked.values()), name
            assert {*blocked} <= {"syn", "malformed"}, name
            assert blocked or not free[name][2], name
    assert guarded["tap"] == guarded["paged_tap"]
    # one level only; and nobody processes this here
    assert guarded["tap"]["IPv4 inside IPv4 inside IPv6"][3] == {}


@pytest.mark.parametrize("dst, port, passes", [
    (FOREIGN, 80, True), (RELAY, 25, True), (FOREIGN, 25, False)])
def test_a_checksum_to_be_filled_in_inside_of_a_softwire(net, op25b, dst, port, passes):
    """Wherever the packet inside goes: what will be overwritten cannot be judged."""
    home = net.homes[0]
    op25b.load(f"pool add east guard softwire prefix {HOMES}\nrelay add {RELAY}")
    judged = 40 + 20 + 14
    # newer kernels take nothing that begins before
    places = [(start, at) for at in range(6, judged + 12) for start in {6, min(at, judged)}]
    net.core_tap.drain()
    for sport, place in enumerate(places, 1024):
        packet = packets.ip("10.0.1.2", dst, packets.tcp("10.0.1.2", dst, sport, port, SYN, bytes(16)))
        home.unfinished_tap.send(packets.Unfinished(wrap(packet, home.address), *place))
    settle_tap(net, home)
    arrived = set()
    while packet := net.core_tap.receive():
        protocol, inner = packets.payload(packet)
        if protocol == IPIP and packets.tcp_of(inner):
            arrived.add(packets.tcp_of(inner)[0])
    harmless = {sport for sport, (_, at) in enumerate(places, 1024) if at >= judged}
    assert harmless and arrived == (harmless if passes else set())
    blocked = {"malformed": {"blocked": len(places) - len(harmless)}}
    if not passes:
        blocked["syn"] = {"blocked": len(harmless)}
    elif port == 25:
        blocked["syn"] = {"relayed": len(harmless)}
    counted(op25b, east=blocked)


def test_later_outer_fragments(net, op25b):
    """Those that could have the flags inside are malformed, the others pass: they are useless without
    a first one."""
    src = net.homes[0].address
    op25b.load(f"pool add east guard softwire prefix {HOMES}")
    net.core_tap.drain()
    for at in range(8, 1232, 8):
        net.homes[0].tap.send(packets.ipv6(src, AFTR, bytes(8), IPIP,
                                           chain=[fragment_header(at, True, at)]))
    settle_tap(net, net.homes[0])
    counted(op25b, east={"malformed": {"blocked": 9}})
    # without the guard, only the one that can rewrite flags of TCP
    op25b("pool", "set", "east", "guard", "none")
    for at in range(8, 88, 8):
        net.homes[0].tap.send(packets.ipv6(src, AFTR, bytes(8), IPIP,
                                           chain=[fragment_header(at, True, at)]))
    settle_tap(net, net.homes[0])
    counted(op25b, east={"malformed": {"blocked": 10}})
