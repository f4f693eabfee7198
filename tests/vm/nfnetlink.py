# SPDX-License-Identifier: GPL-2.0
"""What netfilter passes to programs: a listener to a group of NFLOG, as linux/netfilter/nfnetlink_log.h
describes it, and a queue of NFQUEUE, as linux/netfilter/nfnetlink_queue.h does."""
import select
import socket
import struct

NETLINK_NETFILTER = 12
REQUEST, REQUEST_AND_ACK = 1, 5
NF_ACCEPT = 1
# of both, but for the number of the subsystem
PACKET, COMMAND, MODE = 0, 1, 2             # NFULNL_MSG_PACKET; NFULA_CFG_…
BIND, COPY_PACKET = 1, 2
# of NFLOG
THRESHOLD = 5                               # NFULA_CFG_QTHRESH
INDEV, PAYLOAD, PREFIX = 4, 9, 10           # NFULA_…
# of NFQUEUE
VERDICT = 1                                 # NFQNL_MSG_VERDICT
HEADER, VERDICT_HEADER = 1, 2               # NFQA_PACKET_HDR, NFQA_VERDICT_HDR


def attribute(kind, value):
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def parse(data):
    """The attributes in some bytes, by their types."""
    found = {}
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        found[kind & 0x3fff] = data[4:length]
        data = data[length + 3 & ~3:]
    return found


class Subsystem:
    """A socket to a group of NFLOG or a queue of NFQUEUE in a host's namespace."""
    NUMBER = CONFIG = COPY = None

    def __init__(self, host, group):
        self.group = group
        self.socket = host.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)     # SO_RCVBUFFORCE
        self.configure(attribute(COMMAND, struct.pack("!BxH", BIND, 0)))
        self.configure(attribute(MODE, self.COPY))

    def request(self, kind, flags, attributes):
        body = struct.pack("!BBH", socket.AF_UNSPEC, 0, self.group) + attributes
        self.socket.send(struct.pack("=IHHII", 16 + len(body), self.NUMBER << 8 | kind, flags, 0, 0) +
                         body)

    def configure(self, attributes):
        self.request(self.CONFIG, REQUEST_AND_ACK, attributes)
        error, = struct.unpack_from("=i", self.socket.recv(65536), 16)
        assert not error, error

    def packets(self, seconds):
        """The attributes of each packet that has come. Waits for the first."""
        while select.select([self.socket], [], [], seconds)[0]:
            seconds = 0
            data = self.socket.recv(1 << 20)
            while len(data) >= 16:
                length, kind = struct.unpack_from("=IH", data)
                if kind == self.NUMBER << 8 | PACKET:
                    yield parse(data[20:length])
                data = data[length + 3 & ~3:]

    def close(self):
        self.socket.close()


class Listener(Subsystem):
    NUMBER, CONFIG = 4, 1
    COPY = struct.pack("!IBB", 0xffff, COPY_PACKET, 0)

    def __init__(self, host, group):
        super().__init__(host, group)
        self.configure(attribute(THRESHOLD, struct.pack("!I", 1)))

    def read(self, seconds=0):
        """What was logged: prefix, payload and input device of each packet. Waits for the first."""
        return [(found[PREFIX].rstrip(b"\0").decode(), found[PAYLOAD],
                 struct.unpack("!I", found[INDEV])[0]) for found in self.packets(seconds)]


class Queue(Subsystem):
    NUMBER, CONFIG = 3, 2
    COPY = struct.pack("!IB", 0xffff, COPY_PACKET)

    def accept(self, seconds=60):
        """Let the packets that have come go on, and return how many. Waits for the first."""
        count = 0
        for found in self.packets(seconds):
            number, = struct.unpack_from("!I", found[HEADER])
            self.request(VERDICT, REQUEST,
                         attribute(VERDICT_HEADER, struct.pack("!II", NF_ACCEPT, number)))
            count += 1
        return count
