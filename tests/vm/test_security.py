# SPDX-License-Identifier: GPL-2.0
"""The statements of docs/security.md about the module that no other test file covers."""
import os
import socket
import struct
import subprocess

import pytest

from conftest import MODULE, SYSFS, syn_to
from header import NUMBERS
from rounds import DEBUG

GENL_ID_CTRL, CTRL_CMD_GETFAMILY = 16, 3
CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME, CTRL_ATTR_OPS = 1, 2, 6
CTRL_ATTR_OP_ID, CTRL_ATTR_OP_FLAGS = 1, 2
GENL_ADMIN_PERM, GENL_UNS_ADMIN_PERM = 1, 0x10
NLM_F_REQUEST, NLM_F_DUMP = 1, 0x300
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLA_F_NESTED = 0x8000
NLA_TYPE_MASK = 0x3fff
NESTS = ("PREFIX", "PACKETS", "RELAY", "TARGET", "SENDER")

COMMANDS = {name.removeprefix("OP25B_CMD_"): number for name, number in NUMBERS.items()
            if name.startswith("OP25B_CMD_")}


def aligned(length):
    return (length + 3) & ~3


def attributes(data):
    """The attributes in data: type and payload. Their padding has to be zero."""
    while data:
        length, kind = struct.unpack_from("=HH", data)
        assert 4 <= length <= len(data)
        assert not any(data[length:aligned(length)])
        yield kind & NLA_TYPE_MASK, data[4:length]
        data = data[aligned(length):]


def attribute(name, data, flag=0):
    kind = NUMBERS[f"OP25B_A_{name}"] | flag
    return struct.pack("=HH", 4 + len(data), kind) + data.ljust(aligned(len(data)), b"\0")


def nested(name, address):
    """A nested attribute: a prefix of one IPv4 address."""
    return attribute(name, attribute("PREFIX_ADDR4", socket.inet_aton(address)), NLA_F_NESTED)


def assert_string(data):
    """Check that the only NUL is the last byte."""
    assert data.index(b"\0") == len(data) - 1


class Netlink:
    """A generic netlink socket on the router, whose messages are built and parsed byte by byte."""

    def __init__(self, host):
        self.socket = host.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
        self.family = GENL_ID_CTRL
        name = struct.pack("=HH", 10, CTRL_ATTR_FAMILY_NAME) + b"op25b\0\0\0"
        answer, = self.ask(CTRL_CMD_GETFAMILY, name)
        self.about = dict(attributes(answer))
        self.family, = struct.unpack("=H", self.about[CTRL_ATTR_FAMILY_ID])

    def ask(self, command, data=b"", flags=0):
        """The answers, without their headers."""
        message = struct.pack("=BBH", command, 1, 0) + data
        self.socket.send(struct.pack("=IHHII", 16 + len(message), self.family,
                                     NLM_F_REQUEST | flags, 1, 0) + message)
        answers = []
        while True:
            received = self.socket.recv(1 << 16)
            while received:
                length, kind = struct.unpack_from("=IH", received)
                assert kind != NLMSG_ERROR
                if kind == NLMSG_DONE:
                    return answers
                # struct genlmsghdr: command, version, and a reserved field, which is zero
                assert received[18:20] == b"\0\0"
                answers.append(received[20:length])
                received = received[aligned(length):]
            if not flags:
                return answers


def test_every_operation_that_changes_something_asks_for_the_right(net):
    """Operations that change something, or read about people, have GENL_UNS_ADMIN_PERM; others that
    read have not."""
    operations = Netlink(net.bras).about[CTRL_ATTR_OPS]
    flags = {}
    for _, operation in attributes(operations):
        fields = {kind: struct.unpack("=I", data)[0] for kind, data in attributes(operation)}
        flags[fields[CTRL_ATTR_OP_ID]] = fields[CTRL_ATTR_OP_FLAGS]
    for name, number in COMMANDS.items():
        if name not in ("UNSPEC", "MAX") and not name.endswith("_NTF"):
            reads = name == "TEST" or (name.endswith("_GET") and
                                       name not in ("SENDER_GET", "SESSION_GET"))
            assert (flags[number] & (GENL_ADMIN_PERM | GENL_UNS_ADMIN_PERM)) == \
                (0 if reads else GENL_UNS_ADMIN_PERM), name


def test_answers_say_what_they_say_and_nothing_else(net, op25b, ends):
    """No kernel memory leaks: replies consist of attributes, with zeros as padding."""
    names = [f"{'n' * length}" for length in range(1, 32)]
    op25b.load("".join(
        f"pool add {name} senders on prefix 10.{n}.0.0/24 2001:db8:{n}::/48\n"
        f"exempt add {name} 10.{n}.0.{n} timeout 1000 comment {'c' * (n + 1)}\n"
        f"relay add 192.0.2.{n} pool {name}\n"
        f"target add 192.0.2.{n} pool {name}\n" for n, name in enumerate(names)))
    op25b("prefix", "add", "-f", "n", ends.pool)
    net.send(syn_to(ends))
    netlink = Netlink(net.bras)
    nests = [NUMBERS[f"OP25B_A_{name}"] for name in NESTS]
    seen = comments = 0
    requests = [(f"{what}_GET", b"", NLM_F_DUMP) for what in
                ("POOL", "PREFIX", "EXEMPT", "RELAY", "TARGET", "SENDER", "POLICY")]
    requests += [("STATUS_GET", b"", 0), ("POOL_GET", attribute("POOL", b"nnn\0"), 0)]
    requests += [("TEST", nested("SRC", src) + nested("DST", "192.0.2.7"), 0)
                 for src in ("10.7.0.7", "10.6.0.7", "172.16.0.1")]
    for command, attrs, flags in requests:
        answers = netlink.ask(COMMANDS[command], attrs, flags)
        assert answers
        for answer in answers:
            for kind, data in attributes(answer):
                if kind == NUMBERS["OP25B_A_POOL"]:
                    assert_string(data)
                    assert data[:-1].decode() in names
                elif kind in nests:
                    for inner_kind, inner in attributes(data):
                        if kind == NUMBERS["OP25B_A_PACKETS"]:
                            assert list(attributes(inner))
                        elif kind == NUMBERS["OP25B_A_PREFIX"] and \
                                inner_kind == NUMBERS["OP25B_A_PREFIX_COMMENT"]:
                            assert_string(inner)
                            comments += 1
                seen += 1
    assert seen > 5 * len(names) and comments >= len(names)


def test_nobody_writes_to_sysfs(op25b):
    """Not even root can."""
    op25b.load("pool add east")
    files = [f"{folder}/{name}" for folder, _, names in os.walk(f"{SYSFS}/kernel/op25b")
             for name in names]
    assert len(files) == 9
    for path in files:
        with pytest.raises(OSError), open(path, "w", encoding="ascii") as file:
            file.write("1\n")


def test_there_is_nothing_to_set_when_it_is_loaded(module):
    assert os.path.exists("/sys/module/op25b")
    assert not os.path.exists("/sys/module/op25b/parameters")


def test_it_writes_nothing_to_the_log(module):
    """No packet and no message can make it do so: it calls no function that writes there. Of
    nf_log_packet() it asks for NFLOG (test_log.py), which never does."""
    names = subprocess.check_output(("nm", "--undefined-only", "--format=just-symbols", MODULE),
                                    text=True).split()
    if DEBUG:   # without CONFIG_JUMP_LABEL, static keys warn if they are used too early
        names.remove("__warn_printk")
    assert "kfree" in names
    assert not set(names) & {"printk", "_printk", "net_ratelimit", "__dynamic_pr_debug",
                             "__warn_printk", "dev_printk"}
