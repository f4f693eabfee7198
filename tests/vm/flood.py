# SPDX-License-Identifier: GPL-2.0
"""A flood of SYNs from both processors at once, sent by tests/vm/flood.c. Every SYN has to be counted,
the memory in use has to stay constant, and other traffic has to go on."""
import itertools
import json
import os
import select
import socket
import subprocess
import time

import hosts
import memory
import packets
from conftest import BUILD, VERDICTS, Command, table
from groups import Group
from traffic import Meanwhile

PROGRAM = os.path.abspath(f"{BUILD}/flood")
POOLS = ("enforce", "observe", "exempts", "own-relay")
PORTS = (443, 587)
SECONDS = 60    # a transfer that makes no progress for that long is stuck


class Network(hosts.Network):
    """A network without taps, which would capture the flood."""

    def __init__(self):
        super().__init__("flood-")
        for host in self.hosts:
            # a handshake takes longer in a flood
            host.sysctl("ipv4/tcp_synack_retries", 5)
            for tap in host.taps:
                tap.close()
        for port in PORTS:
            self.foreign.listen(port)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()


def load(network, group, prefixes):
    """Load the policy, charged to the group."""
    with subprocess.Popen([PROGRAM, "policy", str(prefixes)], stdout=subprocess.PIPE) as policy, \
            network.bras:
        subprocess.run([Command.PATH, "restore"], stdin=policy.stdout, check=True,
                       preexec_fn=lambda: group.add(os.getpid()))
    assert policy.returncode == 0


def backlog(column):
    """A column of /proc/net/softnet_stat for each processor: 0, the packets processed; 1, dropped
    because the backlog queue was full."""
    with open("/proc/net/softnet_stat", encoding="ascii") as file:
        return [int(line.split()[column], 16) for line in file]


def interface(network, name):
    """The number of packets that an interface of the router has received."""
    text = network.bras.run("ip", "-j", "-s", "link", "show", "dev", name)
    return json.loads(text)[0]["stats64"]["rx"]["packets"]


class Transfers:
    """TCP transfers of a customer during the flood, on ports that are not filtered: each call sends
    data, which has to arrive unchanged, and returns the times at which all transfers ended."""
    SIZE = 256 << 10

    def __init__(self, network):
        self.network = network
        self.ends = itertools.cycle(itertools.product(PORTS, network.foreign.address.values()))
        self.times = []

    def __call__(self):
        port, address = next(self.ends)
        family = socket.AF_INET6 if packets.is_ipv6(address) else socket.AF_INET
        data = os.urandom(self.SIZE)
        with self.network.customer.socket(family, socket.SOCK_STREAM) as out:
            out.settimeout(SECONDS)
            out.connect((address, port))
            listener = self.network.foreign.listeners[port]
            assert select.select([listener], [], [], SECONDS)[0]
            incoming, _ = listener.accept()
            with incoming:
                assert self.carry(data, out, incoming) == data
        self.times.append(time.monotonic())
        return self.times

    @staticmethod
    def carry(data, out, incoming):
        """Send data, and return the data that arrives."""
        out.setblocking(False)
        rest, received = memoryview(data), b""
        while len(received) < len(data):
            readable, writable, _ = select.select([incoming], [out] if rest else [], [], SECONDS)
            assert readable or writable, f"stuck after {len(received)} bytes"
            if writable:
                rest = rest[out.send(rest):]
            if readable:
                received += incoming.recv(1 << 16)
        return received


class Flood:
    """A flood: the packets that were sent, and measurements before, during and after it."""

    def __init__(self, network, group, prefixes, seconds):
        self.network = network
        self.group = group
        self.policy, self.memory = [], []
        self.measure()
        before = self.received()
        with Meanwhile(Transfers(network)) as transfers:
            senders = [self.start(host, cpu, prefixes, seconds)
                       for cpu, host in enumerate(self.sending_hosts())]
            while any(sender.poll() is None for sender in senders):
                time.sleep(0.2)
                self.measure()
        self.senders = [json.loads(sender.communicate()[0]) for sender in senders]
        assert not any(sender.returncode for sender in senders)
        self.transfers = transfers.result
        # wait for the packets under way, and then for any that are wrongly counted twice
        hosts.until(lambda: total(self.counted()) >= total(self.sent()))
        time.sleep(0.5)
        self.processed, self.dropped, self.arrived = (
            [now - then for now, then in zip(*both)] for both in zip(self.received(), before))
        self.measure()

    def sending_hosts(self):
        return self.network.customer, self.network.fixed

    def start(self, host, cpu, prefixes, seconds):
        with host:
            return subprocess.Popen([PROGRAM, "send", str(prefixes), "eth0", str(cpu), str(seconds)],
                                    stdout=subprocess.PIPE, text=True)

    def measure(self):
        """Measure the bytes charged to the policy's group, and all that the kernel has allocated."""
        self.policy.append(self.group.kernel())
        self.memory.append(memory.kernel())

    def received(self):
        """The packets that each processor has processed, those that it has dropped, and those received
        from each sender."""
        return backlog(0), backlog(1), [interface(self.network, name) for name in ("customer", "fixed")]

    def sent(self):
        """The packets that the kernel accepted for sending, by pool and expected verdict."""
        return {pool: {verdict: sum(sender["sent"][pool][verdict] for sender in self.senders)
                       for verdict in VERDICTS} for pool in POOLS}

    def counted(self):
        """The packets that the module has counted. All of them are of class syn."""
        counters = Command(self.network.bras).counters()
        for cells in counters.values():
            assert cells == table(syn=cells["syn"])
        return {pool: cells["syn"] for pool, cells in counters.items()}

    def report(self):
        seconds = max(sender["end"] - sender["start"] for sender in self.senders)
        print(f"{total(self.sent())} SYNs in {seconds:.1f} seconds, by processor "
              f"{[total(sender['sent']) for sender in self.senders]}; "
              f"{len(self.transfers)} transfers of {Transfers.SIZE >> 10} KiB")
        print("counted:", self.counted())
        for name, values in ("policy", self.policy), ("kernel", self.memory):
            print(f"{name}'s memory in bytes: before {values[0]}, during {min(values[1:-1])} to "
                  f"{max(values[1:-1])}, after {values[-1]}")

    def check(self, seconds):
        sent, counted = self.sent(), self.counted()
        # no packet was lost on the way, and both processors were busy at the same time
        assert self.dropped == [0, 0]
        for sender, arrived, processed in zip(self.senders, self.arrived, self.processed):
            assert total(sender["sent"]) <= arrived
            assert total(sender["sent"]) <= processed
        overlap = min(one["end"] for one in self.senders) - max(one["start"] for one in self.senders)
        assert overlap > 0.8 * seconds
        assert min(total(sender["sent"]) for sender in self.senders) > 50 * seconds
        # every counter of every pool, summed over the processors
        assert counted == sent
        assert all(counted[pool][verdict] for pool, verdict in (
            ("enforce", "blocked"), ("enforce", "relayed"), ("observe", "observed"),
            ("exempts", "exempted"), ("own-relay", "relayed")))
        # other traffic went on
        start, end = (max(one["start"] for one in self.senders),
                      min(one["end"] for one in self.senders))
        assert sum(start < time < end for time in self.transfers) >= 2
        # the memory in use stayed constant
        assert max(self.policy) - min(self.policy) <= 16 << 10
        assert max(self.memory) - self.memory[0] < 8 << 20
        assert self.memory[-1] - self.memory[0] < 2 << 20


def total(table_of_counters):
    return sum(sum(row.values()) for row in table_of_counters.values())


def flood(prefixes, seconds):
    """Load this number of prefixes, flood the router, and check the results."""
    with Network() as network, Group("flood") as group:
        load(network, group, prefixes)
        one = Flood(network, group, prefixes, seconds)
        one.report()
        one.check(seconds)
        return one
