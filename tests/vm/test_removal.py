# SPDX-License-Identifier: GPL-2.0
"""Removing the module, whatever else is going on, and loading it again."""
import contextlib
import errno
import json
import os
import subprocess

import pytest

import hosts
import packets
from client import CMD, PROGRAM, Client
from conftest import MODULE, SYSFS, Command, Ends, assert_counted, syn_to
from traffic import Meanwhile, paced, sender


def is_loaded():
    return os.path.exists("/sys/module/op25b")


@pytest.fixture(autouse=True)
def loaded_again():
    yield
    if not is_loaded():
        hosts.run("insmod", MODULE)


def remove():
    """Remove the module. A dump under way holds a reference to it for a moment."""
    hosts.until(lambda: subprocess.run(["rmmod", "op25b"], stderr=subprocess.DEVNULL,
                                       check=False).returncode == 0)


@contextlib.contextmanager
def no_modules_on_demand():
    """The kernel loads no module meanwhile, whoever asks for one."""
    with open("/proc/sys/kernel/modprobe", "r+", encoding="ascii") as file:
        program = file.read()
        file.seek(0)
        file.write("/bin/false")
        file.flush()
        try:
            yield
        finally:
            file.seek(0)
            file.write(program)


def test_without_the_module_the_command_says_what_to_do(op25b):
    remove()
    result = op25b.run("pool", "show")
    assert (result.returncode, result.stdout, result.stderr) == \
        (2, "", 'Error: the kernel module op25b is not loaded: as root, "modprobe op25b" loads it '
                'or says why not\n')
    assert not os.path.exists(f"{SYSFS}/kernel/op25b")


def test_a_batch_goes_on_with_a_new_module(net):
    """Its socket stays open, and the family has another number."""
    with net.bras, subprocess.Popen([Command.PATH, "-b", "-"], stdin=subprocess.PIPE, bufsize=1,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                    text=True) as batch:
        def ask(lines):
            batch.stdin.write(f"{lines}\n-j status\n")
            return json.loads(batch.stdout.readline())

        assert ask("flush\npool add east\npool add west")["pools"] == 2
        for _ in range(2):
            remove()
            hosts.run("insmod", MODULE)
            assert ask("pool add east")["pools"] == 1
        remove()
        _, errors = batch.communicate("pool add west\n", timeout=60)
        assert (batch.returncode, errors.splitlines()) == \
            (2, ["-:9: the kernel module op25b is not loaded: as root, \"modprobe op25b\" loads it "
                 "or says why not"])


def test_loading_and_removal(net, op25b, ends4):
    """Each time, the module starts without a policy, and after its removal nothing is blocked."""
    for _ in range(3):
        op25b.load(f"pool add east prefix {ends4.pool}\nrelay add {ends4.relay} pool east\n"
                   f"exempt add east {ends4.neighbour} timeout 100")
        assert not net.passes(syn_to(ends4))
        assert_counted(op25b, east={"syn": {"blocked": 1}})
        remove()
        assert net.passes(syn_to(ends4))
        hosts.run("insmod", MODULE)
        assert op25b.json("pool", "show") == []


def test_removal_drops_the_restores_under_way(net, op25b):
    """Their sockets do not hold the module, and the next module knows nothing of them."""
    clients = [Client(net.bras, PROGRAM) for _ in range(2)]
    try:
        for client in clients:
            client.do("RESTORE_BEGIN")
            client.do("POOL_ADD", "RESTORE:x: POOL:s:east PREFIX[ ADDR4:x:0a000000 LEN:u8:24 ]")
        remove()
        hosts.run("insmod", MODULE)
        # the family has another id now
        assert [client(f"do {CMD['RESTORE_COMMIT']}")["error"] for client in clients] == \
            [errno.ENOENT] * 2
        assert op25b.json("pool", "show") == []
    finally:
        for client in clients:
            client.end()


def test_removal_releases_the_reject_modules(op25b):
    op25b.load("pool add east action tcp-reset")
    remove()
    hosts.run("rmmod", "nf_reject_ipv4", "nf_reject_ipv6")


def read_sysfs(top=f"{SYSFS}/kernel/op25b"):
    for folder, _, files in os.walk(top):
        for name in files:
            with contextlib.suppress(OSError), open(f"{folder}/{name}", encoding="ascii") as file:
                file.read()
                file.seek(0)
                file.read()


def test_removal_with_traffic_readers_and_short_lived_namespaces(net, op25b):
    ends, ends6 = Ends(net, 4), Ends(net, 6)
    many = "".join(f"prefix add east 10.{n >> 8}.{n & 255}.0/26\n" for n in range(2000))
    policy = (f"pool add east action tcp-reset guard synack inbound\n"
              f"prefix add east {ends.pool} {ends6.pool}\n{many}"
              f"exempt add east {ends.neighbour} timeout 1\n")

    def dump():
        for words in (("save",), ("pool", "show"), ("restore", "/dev/stdin")):
            op25b.run(*words, input=policy)

    def churn():
        with contextlib.suppress(subprocess.CalledProcessError):
            host = hosts.Host("fleeting")
            Command(host).run("-b", "-", input=policy)
            host.remove()

    malformed = packets.fragments(syn_to(ends), 8)
    traffic = sender(net.customer.tap, syn_to(ends), syn_to(ends6), *malformed)
    with Meanwhile(paced(traffic)), Meanwhile(read_sysfs), Meanwhile(dump), Meanwhile(churn):
        for _ in range(6):
            op25b.run("restore", input=policy)
            remove()
            hosts.run("insmod", MODULE)
    op25b("flush")


def test_a_file_of_sysfs_that_stays_open(op25b):
    op25b.load("pool add east")
    with open(f"{SYSFS}/kernel/op25b/pools/east/blocked", encoding="ascii") as file, \
            open(f"{SYSFS}/kernel/op25b/generation", encoding="ascii") as other:
        file.read()
        remove()
        for open_file in (file, other):
            with pytest.raises(OSError):
                open_file.seek(0)
                open_file.read()
