# SPDX-License-Identifier: GPL-2.0
"""A listener to a group of NFLOG, as linux/netfilter/nfnetlink_log.h describes it."""
import select
import socket
import struct

NETLINK_NETFILTER = 12
SUBSYSTEM, PACKET, CONFIG = 4 << 8, 0, 1
REQUEST_AND_ACK = 5
COMMAND, MODE, THRESHOLD = 1, 2, 5          # NFULA_CFG_…
INDEV, PAYLOAD, PREFIX = 4, 9, 10           # NFULA_…
BIND, COPY_PACKET = 1, 2


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


class Listener:
    """What is logged to a group in a host's namespace."""

    def __init__(self, host, group):
        self.socket = host.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)     # SO_RCVBUFFORCE
        self.configure(group, attribute(COMMAND, bytes([BIND])))
        self.configure(group, attribute(MODE, struct.pack("!IBB", 0xffff, COPY_PACKET, 0)) +
                       attribute(THRESHOLD, struct.pack("!I", 1)))

    def configure(self, group, attributes):
        body = struct.pack("!BBH", socket.AF_UNSPEC, 0, group) + attributes
        self.socket.send(struct.pack("=IHHII", 16 + len(body), SUBSYSTEM | CONFIG,
                                     REQUEST_AND_ACK, 0, 0) + body)
        error, = struct.unpack_from("=i", self.socket.recv(65536), 16)
        assert not error, error

    def read(self, seconds=0):
        """What was logged: prefix, payload and input device of each packet. Waits for the first."""
        logged = []
        while select.select([self.socket], [], [], seconds)[0]:
            seconds = 0
            data = self.socket.recv(1 << 20)
            while len(data) >= 16:
                length, kind = struct.unpack_from("=IH", data)
                if kind == SUBSYSTEM | PACKET:
                    found = parse(data[20:length])
                    logged.append((found[PREFIX].rstrip(b"\0").decode(), found[PAYLOAD],
                                   struct.unpack("!I", found[INDEV])[0]))
                data = data[length + 3 & ~3:]
        return logged

    def close(self):
        self.socket.close()
