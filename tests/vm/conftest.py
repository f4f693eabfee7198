# SPDX-License-Identifier: GPL-2.0
"""Fixtures that all tests share: one network, one module, and the command on its router."""
import json
import os
import shutil
import subprocess

import pytest

import hosts
import packets

BUILD = os.environ["OP25B_BUILD"]   # the folder that tests/vm/check has built in for this kernel
MODULE = f"{BUILD}/op25b.ko"
CLASSES = ("syn", "malformed", "synack", "inbound", "spoofed")
ACTIONS = ("drop", "tcp-reset", "admin-prohibited")
ANSWERS = ACTIONS[1:]       # actions that answer
VERDICTS = ("blocked", "observed", "relayed", "exempted")
SYSFS = "/run/sysfs"    # of the router's namespace


class Command:
    """op25bctl on a host."""
    PATH = "/usr/local/bin/op25bctl"

    def __init__(self, host):
        self.host = host

    def run(self, *words, **options):
        """Run a command; its exit code, output and errors."""
        with self.host:
            return subprocess.run([self.PATH, *words], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True, check=False, **options)

    def __call__(self, *words, **options):
        """The output of a command that has to succeed. It may warn: many policies here are not
        meant to make sense."""
        result = self.run(*words, **options)
        errors = [line for line in result.stderr.splitlines() if "Warning: " not in line]
        assert (result.returncode, errors) == (0, [])
        return result.stdout

    def json(self, *words):
        return json.loads(self("-j", *words))

    def load(self, policy):
        """Replace the policy by this one: commands, one per line."""
        self("-b", "-", input="flush\n" + policy)

    def counters(self):
        return {pool["name"]: pool["packets"] for pool in self.json("pool", "show")}


def table(**packets_of):
    """A pool's counters: those given, such as syn={"blocked": 1}, and zero in every other cell."""
    return {name: {verdict: packets_of.get(name, {}).get(verdict, 0) for verdict in VERDICTS}
            for name in CLASSES}


def sysfs(path, root=SYSFS):
    with open(f"{root}/kernel/op25b/{path}", encoding="ascii") as file:
        return file.read().removesuffix("\n")


def assert_counted(op25b, **pools):
    """Check every counter of all pools, as read by the command and in sysfs."""
    pools = {name: table(**cells) for name, cells in pools.items()}
    assert op25b.counters() == pools
    assert sorted(os.listdir(f"{SYSFS}/kernel/op25b/pools")) == sorted(pools)
    for name, cells in pools.items():
        for verdict in VERDICTS:
            assert int(sysfs(f"pools/{name}/{verdict}")) == \
                sum(cells[name_of_class][verdict] for name_of_class in CLASSES)


@pytest.fixture(scope="session", autouse=True)
def module():
    """The module, loaded before anything else: it depends on no other netfilter module."""
    # Packets are processed on the processor that sends them. With one sender they keep their order.
    os.sched_setaffinity(0, {0})
    for program in ("tools/op25bctl/op25bctl", "nl-client"):
        path = f"/usr/local/bin/{os.path.basename(program)}"
        shutil.copy(f"{BUILD}/{program}", path)
        os.chmod(path, 0o755)
    # Home folders often are only for their owners: what other users run in a test must not be here.
    os.chmod(BUILD, 0o700)
    with open("/proc/modules", encoding="ascii") as file:
        assert not any(line.startswith(("nf_", "x_tables", "nft")) for line in file)
    hosts.run("insmod", MODULE)


@pytest.fixture(scope="session")
def net(module):
    network = hosts.Network()
    network.bras.mount_sysfs(SYSFS)
    for port in (25, 26, 80, 465, 587, 2525):
        network.foreign.listen(port)
    network.relay.listen(25)
    network.customer.listen(25)
    return network


@pytest.fixture(scope="session")
def command(net):
    return Command(net.bras)


@pytest.fixture
def op25b(command):
    """The command, on a router without a policy."""
    command.run("rollback")     # unless no policy waits to be confirmed
    command("flush")
    return command


@pytest.fixture(params=[4, 6], ids=["ipv4", "ipv6"])
def v(request):
    """The version of IP."""
    return request.param


class Ends:
    """The addresses of a test, of one IP version: ghosts of the hosts, which answer nothing, and the
    hosts' networks."""

    def __init__(self, net, v):
        self.customer, self.fixed, self.relay, self.foreign = (
            host.ghosts[v][0] for host in (net.customer, net.fixed, net.relay, net.foreign))
        self.pool, self.fixed_net, self.relay_net, self.foreign_net = (
            host.network[v] for host in (net.customer, net.fixed, net.relay, net.foreign))
        self.neighbour = net.customer.ghosts[v][1]


@pytest.fixture
def ends(net, v):
    return Ends(net, v)


@pytest.fixture
def ends4(net):
    return Ends(net, 4)


def syn_to(ends, dst=None, **options):
    """A SYN from the customer to port 25."""
    return packets.syn(ends.customer, dst or ends.foreign, **options)
