# SPDX-License-Identifier: GPL-2.0
"""Sessions of real daemons: pppoe-server and pppd, with radius.so and radattr.so, against a FreeRADIUS, and
op25b-session as the hook. Two customers, of whom RADIUS lets one use port 25."""
import errno
import os
import shutil
import socket
import subprocess

import pytest

import hosts

TOP = os.path.realpath(f"{os.path.dirname(__file__)}/../..")
ROOT = "/run/radius"
HOOKS = ("ip-up", "ip-down", "ipv6-up", "ipv6-down")
SECONDS = 120
USERS = """{name} Cleartext-Password := "p"
\tService-Type = Framed-User, Framed-Protocol = PPP, Framed-IP-Address = {address}{more}

"""
OPEN = ', Filter-Id = "gold", Filter-Id += "port25-open"'


class Radius:
    """The RADIUS server, on the router's loopback device."""

    def __init__(self, router):
        shutil.copytree(f"{TOP}/tests/bras/radius", ROOT)
        self.router = router
        self.server = None
        for name, text in (("servers", "127.0.0.1 secret\n"), ("port-id-map", ""), ("issue", "")):
            self.write(name, text)
        with open(f"{ROOT}/radiusclient.conf", encoding="ascii") as file:
            text = file.read()
        self.write("radiusclient.conf", text.replace("ROOT", ROOT))

    @staticmethod
    def write(name, text):
        with open(f"{ROOT}/{name}", "w", encoding="ascii") as file:
            file.write(text)

    def start(self, **more):
        """Have it answer for these customers: the attributes of each beside the address."""
        self.stop()
        self.write("users", "".join(
            USERS.format(name=name, address=f"203.0.113.{number}", more=attributes)
            for number, (name, attributes) in enumerate(more.items(), 11)))
        with self.router:
            self.server = subprocess.Popen(
                ["freeradius", "-f", "-l", f"{ROOT}/log", "-d", ROOT, "-n", "radiusd"],
                env={**os.environ, "ROOT": ROOT})
        hosts.until(lambda: "1813" in self.router.run("ss", "-uln"), SECONDS)

    def stop(self):
        if self.server:
            self.server.terminate()
            self.server.wait()
            self.server = None


class Customer:
    """A host that dials in."""

    def __init__(self, host, name, address):
        self.host, self.name, self.address = host, name, address
        self.process = None

    def dial(self):
        with self.host:
            self.process = subprocess.Popen(
                ["pppd", "plugin", "pppoe.so", "eth0", "user", self.name, "password", "p",
                 "nodetach", "noauth", "noipdefault", "nodefaultroute", "noccp", "noipv6",
                 "lcp-echo-interval", "0", "ifname", "line", "logfile", f"/run/{self.name}.log"])
        hosts.until(lambda: self.address in self.host.run("ip", "-4", "-o", "address", "show", "up"),
                    SECONDS)
        self.host.ip("route add 198.51.100.0/24 dev line\n")

    def hang_up(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process = None


@pytest.fixture(name="radius")
def fixture_radius(net):
    """The daemons, set up as docs/bras.md says."""
    hosts.run("modprobe", "--all", "pppoe", "ppp_async")
    net.bras.ip("link set lo up\n")
    shutil.copy(f"{TOP}/tools/bras/op25b-session", "/usr/local/lib/op25b-session")
    links = [f"/etc/ppp/{hook}.d/op25b-session" for hook in HOOKS]
    for link in links:
        os.symlink("/usr/local/lib/op25b-session", link)
    # There is no syslog here.
    with open("/usr/local/sbin/logger", "w", encoding="ascii") as file:
        file.write(f'#!/bin/sh\necho "$*" >>{ROOT}/syslog\n')
    os.chmod("/usr/local/sbin/logger", 0o755)
    radius = Radius(net.bras)
    radius.write("options", "require-pap\nplugin radius.so\nradius-config-file "
                            f"{ROOT}/radiusclient.conf\nplugin radattr.so\nnoipdefault\nnoccp\n"
                            f"noipv6\nlcp-echo-interval 0\nlogfile {ROOT}/pppd.log\n")
    with net.bras:
        # netns exec, so that /sys has the devices of the namespace, which the hook looks for
        server = subprocess.Popen(
            ["ip", "netns", "exec", net.bras.name, "pppoe-server", "-F", "-I", "customer",
             "-I", "fixed", "-L", "203.0.113.1", "-R", "203.0.113.100", "-O", f"{ROOT}/options"])
    yield radius
    server.terminate()
    server.wait()
    radius.stop()
    for log in (f"{ROOT}/log", f"{ROOT}/pppd.log", f"{ROOT}/syslog", "/run/cust1.log",
                "/run/cust2.log"):
        if os.path.exists(log):     # pytest shows it if the test has failed
            with open(log, encoding="utf-8", errors="replace") as file:
                print(f"--- {log}\n{file.read()}")
    for link in links:
        os.unlink(link)
    shutil.rmtree(ROOT)
    os.unlink("/usr/local/sbin/logger")
    net.bras.ip("link set lo down\n")


@pytest.fixture(name="customers")
def fixture_customers(net):
    """The one whom RADIUS lets use port 25, and the other."""
    customers = (Customer(net.customer, "cust1", "203.0.113.11"),
                 Customer(net.fixed, "cust2", "203.0.113.12"))
    yield customers
    for customer in customers:
        customer.hang_up()


def is_connected(connection):
    try:
        connection.getpeername()
    except OSError:
        return False
    return True


def reaches(net, op25b, customer):
    """Whether the customer can open port 25 of the foreign mail server. Packets take their time on the
    way through pppoe-server: the router says when it has seen the SYN."""
    def counted():
        return op25b.counters()["east"]["syn"]

    before = counted()
    net.foreign.hang_up()
    with customer.host.socket(socket.AF_INET, socket.SOCK_STREAM) as connection:
        connection.setblocking(False)
        assert connection.connect_ex((net.foreign.address[4], 25)) == errno.EINPROGRESS
        hosts.until(lambda: counted() != before, SECONDS)
        after = counted()
        if after["blocked"] > before["blocked"]:
            assert not is_connected(connection)
            return False
        assert after["exempted"] > before["exempted"]
        hosts.until(lambda: is_connected(connection), SECONDS)
        return True


def sessions(op25b):
    """The devices of the sessions"""
    return [row["dev"] for row in op25b.json("session", "show")]


def device(net, customer):
    """The router's device of a customer"""
    return net.bras.run("ip", "-o", "route", "get", customer.address).split("dev ")[1].split()[0]


def test_radius_opens_port_25(net, op25b, radius, customers, tmp_path):
    one, other = customers
    op25b.load("pool add east senders on prefix 203.0.113.0/24")
    radius.start(cust1=OPEN, cust2="")
    one.dial()
    hosts.until(lambda: sessions(op25b) == [device(net, one)], SECONDS)
    other.dial()
    assert reaches(net, op25b, one) and not reaches(net, op25b, other)
    assert [row["subscriber"] for row in op25b.json("sender", "show")] == [f"{other.address}/32"]

    # a restore in between changes nothing
    site = tmp_path / "site.conf"
    site.write_text("pool add east mode enforce prefix 203.0.113.0/24\n")
    op25b("restore", str(site))
    assert sessions(op25b) == [device(net, one)]
    assert reaches(net, op25b, one) and not reaches(net, op25b, other)

    # who hangs up closes it
    one.hang_up()
    hosts.until(lambda: sessions(op25b) == [], SECONDS)


def test_a_reconnection_changes_it(net, op25b, radius, customers):
    one, _ = customers
    op25b.load("pool add east prefix 203.0.113.0/24")
    for attributes, opens in ((OPEN, True), (', Filter-Id = "gold"', False), (OPEN, True)):
        radius.start(cust1=attributes)
        one.dial()
        if opens:
            hosts.until(lambda: sessions(op25b) == [device(net, one)], SECONDS)
        assert reaches(net, op25b, one) == opens
        one.hang_up()
        hosts.until(lambda: sessions(op25b) == [], SECONDS)


def test_a_daemon_that_is_killed_leaves_nothing_open(net, op25b, radius, customers):
    """The session ends with its device; the next customer with the device, and the address, is blocked."""
    one, _ = customers
    op25b.load("pool add east prefix 203.0.113.0/24")
    radius.start(cust1=OPEN)
    one.dial()
    hosts.until(lambda: sessions(op25b) == [device(net, one)], SECONDS)
    with net.bras:
        subprocess.run(["pkill", "-KILL", "-f", f"pppd .*{ROOT}/options"], check=True)
    hosts.until(lambda: sessions(op25b) == [], SECONDS)
    one.hang_up()
    radius.start(cust1="")
    one.dial()
    assert not reaches(net, op25b, one) and sessions(op25b) == []
