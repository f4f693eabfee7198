# SPDX-License-Identifier: GPL-2.0
"""Hosts, which are network namespaces, and the network of an access provider made of them:

    customer ──┐           ┌── relay        the provider's own mail server
               ├── bras ───┤
    fixed ─────┘           └── foreign      a mail server in the world

Every host has an address of each family, and ghosts: addresses that are routed to the host but not
configured on it, so that its kernel does not answer packets to them.
"""
import contextlib
import ctypes
import errno
import fcntl
import mmap
import os
import socket
import struct
import subprocess
import time

import packets

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
ETH_P_ALL, ETH_P_IP, ETH_P_IPV6 = 3, 0x0800, 0x86dd
SOL_PACKET, PACKET_TX_RING, PACKET_VNET_HDR = 263, 13, 15
SO_RCVBUFFORCE = 33
SIOCETHTOOL, ETHTOOL_STXCSUM = 0x8946, 0x17
TUNSETIFF, IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x400454ca, 0x0002, 0x1000, 0x4000
IFREQ = 40      # bytes of struct ifreq
MARKER_PORT = 9
SECONDS = 20    # longer than anything takes here: a test that waits that long has failed


def libc(result):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def run(*words, **options):
    """Run a program that has to succeed; its output."""
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def until(condition, seconds=SECONDS):
    """Wait until a condition is true; its value then."""
    end = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
    return result


class Host:
    """A network namespace. In a `with host:` block, sockets are opened and programs run in it."""
    stack = []

    def __init__(self, name):
        self.name = name
        run("ip", "netns", "add", name)
        self.fd = os.open(f"/run/netns/{name}", os.O_RDONLY | os.O_CLOEXEC)
        self.listeners = {}

    def remove(self):
        os.close(self.fd)
        run("ip", "netns", "del", self.name)

    def __enter__(self):
        if not Host.stack:
            Host.stack.append(os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC))
        libc(LIBC.setns(self.fd, CLONE_NEWNET))
        Host.stack.append(self.fd)
        return self

    def __exit__(self, *_):
        Host.stack.pop()
        libc(LIBC.setns(Host.stack[-1], CLONE_NEWNET))

    def run(self, *words, **options):
        with self:
            return run(*words, **options)

    def ip(self, commands):
        """Run commands of ip(8), one per line."""
        with self:
            run("ip", "-batch", "-", input=commands)

    def sysctl(self, name, value):
        with self, open(f"/proc/sys/net/{name}", "w", encoding="ascii") as file:
            file.write(str(value))

    def socket(self, family, kind, protocol=0):
        with self:
            return socket.socket(family, kind, protocol)

    @contextlib.contextmanager
    def without_checksum_offload(self, link):
        """The kernel, not the device, fills in checksums of what is sent by this link."""
        def offload(on):
            value = ctypes.create_string_buffer(struct.pack("II", ETHTOOL_STXCSUM, on))
            with self.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
                fcntl.ioctl(control, SIOCETHTOOL, struct.pack(
                    "16sP", link.encode(), ctypes.addressof(value)).ljust(IFREQ, b"\0"))
        offload(0)
        yield
        offload(1)

    def mount_sysfs(self, path):
        """Mount a sysfs that shows this namespace."""
        os.makedirs(path)
        with self:
            libc(LIBC.mount(b"sysfs", path.encode(), b"sysfs", 0, None))

    def listen(self, port):
        """Open a TCP port for both families, and leave it open."""
        if port not in self.listeners:
            listener = self.socket(socket.AF_INET6, socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            listener.bind(("::", port))
            listener.listen(1024)
            listener.setblocking(False)
            self.listeners[port] = listener

    def accept(self, port):
        """Accept a connection on an open port: the peer's address and the data received so far;
        None if there is no connection."""
        try:
            connection, peer = self.listeners[port].accept()
        except BlockingIOError:
            return None
        with connection:
            connection.setblocking(False)
            # Close it with a single reset, not with FIN and its retransmissions.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            try:
                said = connection.recv(65536)
            except BlockingIOError:
                said = b""
        return peer[0].removeprefix("::ffff:"), said

    def hang_up(self):
        """Accept and close all pending connections."""
        for port in self.listeners:
            while self.accept(port):
                pass


class Tap:
    """A packet socket on one end of a link: sends and captures IP packets as they are.

    tags: VLAN tags, in hexadecimal, between the addresses and the Ethertype of sent frames
    kind: the Ethertype of sent frames, if it is not that of the packet
    """

    def __init__(self, host, interface, peer_mac, own_mac, tags="", kind=None):
        self.header = bytes.fromhex((peer_mac + own_mac).replace(":", "") + tags)
        self.kind = kind
        self.socket = host.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
        self.socket.bind((interface, ETH_P_ALL))
        self.socket.setblocking(False)

    def frame(self, packet):
        kind = self.kind or (ETH_P_IPV6 if packets.version(packet) == 6 else ETH_P_IP)
        return self.header + struct.pack("!H", kind) + packet

    def send(self, packet):
        while True:
            try:
                self.socket.send(self.frame(packet))
                break
            except BlockingIOError:     # the send buffer is full
                time.sleep(0.001)

    def receive(self):
        """The next IP packet received, or None. Neighbour discovery and multicast are skipped."""
        while True:
            try:
                frame, address = self.socket.recvfrom(65536)
            except BlockingIOError:
                return None
            packet = frame[14:]
            if address[2] == socket.PACKET_OUTGOING or address[1] not in (ETH_P_IP, ETH_P_IPV6):
                continue
            if address[1] == ETH_P_IPV6 and (packet[8:10] == b"\xfe\x80" or packet[24] == 0xff):
                continue
            return packet

    def drain(self):
        while self.receive():
            pass

    def close(self):
        self.socket.close()


class PagedTap(Tap):
    """A tap whose packets reach the kernel in pages: by default, the linear part of the socket
    buffer ends after the Ethernet header, as with drivers that receive into pages."""
    FRAMES, SIZE = 2, 16384
    HEADER = 32     # TPACKET_ALIGN(sizeof(struct tpacket_hdr))
    VNET_HEADER = "BBHHHH"      # struct virtio_net_hdr
    SEND_REQUEST = 1

    def __init__(self, host, interface, peer_mac, own_mac):
        super().__init__(host, interface, peer_mac, own_mac)
        size = self.FRAMES * self.SIZE
        self.socket.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        self.socket.setsockopt(SOL_PACKET, PACKET_TX_RING,
                               struct.pack("IIII", size, 1, self.SIZE, self.FRAMES))
        self.ring = mmap.mmap(self.socket.fileno(), size)
        self.turn = 0

    def send(self, packet, linear=0):
        """linear: the number of bytes of the packet in the linear part."""
        copied = len(self.header) + 2 + linear
        self.put(packet, struct.pack(self.VNET_HEADER, 0, 0, copied, 0, 0, 0))

    def put(self, packet, vnet_header):
        data = vnet_header + self.frame(packet)
        at = self.turn * self.SIZE
        self.turn = (self.turn + 1) % self.FRAMES
        until(lambda: struct.unpack_from("L", self.ring, at) == (0,))
        self.ring[at + self.HEADER:at + self.HEADER + len(data)] = data
        struct.pack_into("LII", self.ring, at, self.SEND_REQUEST, len(data), 0)
        self.socket.send(b"")
        self.drain()    # this socket captures packets, too, and nothing reads them

    def close(self):
        self.ring.close()   # else the mapping keeps the socket open
        super().close()


class SegmentsTap(PagedTap):
    """A tap whose packets are GSO segments, which the kernel splits later, like those that a driver
    has merged (LRO) or that a virtual machine sends."""
    SEGMENT = 1000
    NEEDS_CSUM = 1
    GSO = {4: 1, 6: 4}
    TCP_CHECKSUM = 16   # its offset in the TCP header

    def send(self, packet, linear=0):
        version, ethernet = packets.version(packet), len(self.header) + 2
        head = ethernet + (40 if version == 6 else 20)
        self.put(packet, struct.pack(self.VNET_HEADER, self.NEEDS_CSUM, self.GSO[version],
                                     head + 20, self.SEGMENT, head, self.TCP_CHECKSUM))


def virtio_header(packet, ethernet=14):
    """struct virtio_net_hdr of a packet, which says where a checksum is to be filled in."""
    if not isinstance(packet, packets.Unfinished):
        return bytes(struct.calcsize(PagedTap.VNET_HEADER))
    return struct.pack(PagedTap.VNET_HEADER, SegmentsTap.NEEDS_CSUM, 0,
                       ethernet + max(packet.at, packet.start) + 2, 0,
                       ethernet + packet.start, packet.at - packet.start)


class UnfinishedTap(PagedTap):
    """A tap whose packets lack a checksum, like those that the kernel has merged (GRO): it is filled
    in by the device that sends them on, if at all."""

    def send(self, packet, linear=0):
        self.put(packet, virtio_header(packet, len(self.header) + 2))


class MachineTap:
    """A virtual machine's network device: a tap device of the host's, whose frames have a virtio
    header. Nothing is received by it."""

    def __init__(self, host, interface, mac, machine_mac):
        run("modprobe", "tun")
        self.header = bytes.fromhex((mac + machine_mac).replace(":", ""))
        request = struct.pack("16sH", interface.encode(), IFF_TAP | IFF_NO_PI | IFF_VNET_HDR)
        with host:
            # pylint: disable-next=consider-using-with
            self.device = open("/dev/net/tun", "r+b", buffering=0)
            fcntl.ioctl(self.device, TUNSETIFF, request.ljust(IFREQ, b"\0"))
        host.ip(f"link set {interface} address {mac}\nlink set {interface} up\n")

    def send(self, packet):
        kind = ETH_P_IPV6 if packets.version(packet) == 6 else ETH_P_IP
        self.device.write(virtio_header(packet) + self.header + struct.pack("!H", kind) + packet)


class Crossing:
    """The packets that arrived after some were sent, and the answers that the sender received."""

    def __init__(self, arrived, answers):
        self.arrived = arrived
        self.answers = answers


class Network:
    """The hosts, with links and addresses. If vrf is given, the router's interfaces are its ports,
    except those in outside."""
    #         link      prefixes of its IPv4 and IPv6 network
    LINKS = {"customer": ("10.0.0", "2001:db8:c:"),
             "fixed": ("10.0.1", "2001:db8:1:"),
             "relay": ("192.0.2", "2001:db8:25:"),
             "foreign": ("198.51.100", "2001:db8:f:")}

    def __init__(self, prefix="", links=("customer", "fixed", "relay", "foreign"), vrf=None,
                 outside=()):
        self.bras = Host(prefix + "bras")
        self.hosts = []
        self.markers = 0
        self.bras.sysctl("ipv4/ip_forward", 1)
        self.bras.sysctl("ipv6/conf/all/forwarding", 1)
        if vrf:
            self.bras.ip(f"link add {vrf} type vrf table 10\nlink set {vrf} up\n")
        for number, link in enumerate(links, 1):
            self.wire(Host(prefix + link), link, number, None if link in outside else vrf)

    def wire(self, host, link, number, vrf):
        net4, net6 = self.LINKS[link]
        router_mac, host_mac = f"02:00:00:00:0{number}:01", f"02:00:00:00:0{number}:02"
        master = f"link set {link} master {vrf}\n" if vrf else ""
        table = f"vrf {vrf}" if vrf else ""
        self.bras.ip(
            f"link add {link} address {router_mac} type veth "
            f"peer name eth0 netns {host.name} address {host_mac}\n"
            f"{master}"
            f"link set {link} up\n"
            f"addr add {net4}.1/24 dev {link}\n"
            f"addr add {net6}:1/64 dev {link} nodad\n")
        host.ip(
            "link set lo up\n"
            "link set eth0 up\n"
            f"addr add {net4}.2/24 dev eth0\n"
            f"addr add {net6}:2/64 dev eth0 nodad\n"
            f"neigh replace {net4}.1 lladdr {router_mac} dev eth0 nud permanent\n"
            f"neigh replace {net6}:1 lladdr {router_mac} dev eth0 nud permanent\n"
            f"route add default via {net4}.1\n"
            f"route add default via {net6}:1\n")
        self.bras.ip(
            f"neigh replace {net4}.2 lladdr {host_mac} dev {link} nud permanent\n"
            f"neigh replace {net6}:2 lladdr {host_mac} dev {link} nud permanent\n"
            f"route add {net4}.128/25 via {net4}.2 dev {link} {table}\n"
            f"route add {net6}:8000/113 via {net6}:2 dev {link} {table}\n")
        host.address = {4: f"{net4}.2", 6: f"{net6}:2"}
        host.network = {4: f"{net4}.0/24", 6: f"{net6}:/64"}
        host.ghosts = {4: [f"{net4}.{n}" for n in range(128, 255)],
                       6: [f"{net6}:{n:x}" for n in range(0x8000, 0x8080)]}
        host.tap = Tap(host, "eth0", router_mac, host_mac)
        host.paged_tap = PagedTap(host, "eth0", router_mac, host_mac)
        host.unfinished_tap = UnfinishedTap(host, "eth0", router_mac, host_mac)
        host.taps = [host.tap, host.paged_tap, host.unfinished_tap]
        # The receiver of markers.
        host.sink = host.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        host.sink.bind(("::", MARKER_PORT))
        # No retransmissions of unanswered SYN, ACKs, which would disturb later tests.
        host.sysctl("ipv4/tcp_synack_retries", 0)
        setattr(self, link, host)
        self.hosts.append(host)

    def remove(self):
        for host in self.hosts + [self.bras]:
            host.remove()

    def marker(self, sender, receiver):
        self.markers += 1
        src, dst = sender.address[4], receiver.address[4]
        text = b"marker %d" % self.markers
        return packets.ip(src, dst, packets.udp(src, dst, MARKER_PORT, MARKER_PORT, text),
                          packets.UDP)

    def pass_marker(self, sender, receiver):
        """Send a packet that is never blocked, and return the packets that arrived before it. All
        earlier packets have arrived or were dropped by then: they share one processor's queue."""
        marker = self.marker(sender, receiver)
        sender.tap.send(marker)
        arrived = []
        while (packet := until(receiver.tap.receive)) != packets.forwarded(marker):
            arrived.append(packet)
        return arrived

    def settle(self, sender, receiver):
        """Wait for all packets under way from sender to receiver, and for the answers to them."""
        arrived = self.pass_marker(sender, receiver)
        return Crossing(arrived, self.pass_marker(receiver, sender))

    def send(self, *sent, sender=None, receiver=None, tap=None):
        """Send packets from sender (the customer) to receiver (the foreign host)."""
        sender, receiver = sender or self.customer, receiver or self.foreign
        sender.tap.drain()
        receiver.tap.drain()
        for packet in sent:
            (tap or sender.tap).send(packet)
        return self.settle(sender, receiver)

    def passes(self, packet, **ends):
        """Whether a packet arrives, unchanged except by routing; no other packet may arrive."""
        arrived = self.send(packet, **ends).arrived
        assert arrived in ([], [packets.forwarded(packet)])
        return bool(arrived)

    def connect(self, src, dst, address, port, data=None):
        """Open a TCP connection from src to dst: 0 if dst has accepted it, EINPROGRESS if there was
        no answer, else the error. data: sent with the SYN (TCP Fast Open)."""
        dst.hang_up()
        end = self.foreign if dst is self.bras else dst
        family = socket.AF_INET6 if packets.is_ipv6(address) else socket.AF_INET
        with src.socket(family, socket.SOCK_STREAM) as connection:
            connection.setblocking(False)
            if data:
                with contextlib.suppress(BlockingIOError):
                    connection.sendto(data, socket.MSG_FASTOPEN, (address, port))
            else:
                assert connection.connect_ex((address, port)) == errno.EINPROGRESS
            self.settle(src, end)
            error = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            try:
                connection.getpeername()
            except OSError:
                return error or errno.EINPROGRESS
            self.settle(src, end)
            took = dst.accept(port)
            assert took and took[0] == connection.getsockname()[0]
            assert not data or took[1] == data
            return 0
