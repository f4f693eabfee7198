# SPDX-License-Identifier: GPL-2.0
"""Events: what op25bctl monitor prints as it happens."""
import contextlib
import errno
import fcntl
import json
import os
import re
import select
import signal
import socket
import struct
import subprocess
import tempfile
import time

import pytest

import hosts
import packets
from conftest import syn_to, sysfs
from rounds import DEBUG
from test_removal import loaded_again, remove     # noqa: F401 (a fixture)
from test_security import Netlink, attributes
from traffic import Meanwhile, sender

ENOUGH = 300 if DEBUG else 60       # seconds, for a monitor to print all that it has

CTRL_ATTR_MCAST_GROUPS, CTRL_ATTR_MCAST_GRP_NAME, CTRL_ATTR_MCAST_GRP_ID = 7, 1, 2
SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, SO_RCVBUFFORCE = 270, 1, 33


class Monitor:
    """op25bctl monitor on a host; its events, as they come."""

    def __init__(self, op25b, *words, host=None):
        with host or op25b.host:
            self.process = subprocess.Popen(["strace", "-qq", "-o", "/run/monitor", "-e",
                                             "trace=recvfrom,ppoll", op25b.PATH, "-j", "monitor",
                                             *words],
                                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                            text=True, start_new_session=True)
        self.buffer = ""
        self.wait_for_listening()

    @staticmethod
    def wait_for_listening():
        """It listens once it has come to its first ppoll()."""
        def waits():
            with contextlib.suppress(FileNotFoundError), open("/run/monitor", encoding="utf-8") as file:
                return "ppoll(" in file.read()
            return False
        hosts.until(waits, ENOUGH)

    def comes(self, seconds):
        """Wait for a line; False if there is none in this time."""
        fd = self.process.stdout.fileno()
        while "\n" not in self.buffer:
            if not select.select([fd], [], [], seconds)[0] or not (more := os.read(fd, 65536)):
                return False
            self.buffer += more.decode()
        return True

    def next(self):
        assert self.comes(hosts.SECONDS), "no event"
        line, self.buffer = self.buffer.split("\n", 1)
        return json.loads(line)

    def end(self, number=signal.SIGINT):
        """Ends it; what it has printed since."""
        os.killpg(self.process.pid, number)
        out, err = self.process.communicate(timeout=ENOUGH)
        assert (self.process.returncode, err) == (0, "")
        return [json.loads(line) for line in (self.buffer + out).splitlines()]


@contextlib.contextmanager
def monitored(op25b, *words):
    with contextlib.suppress(FileNotFoundError):
        os.unlink("/run/monitor")
    monitor = Monitor(op25b, *words)
    try:
        yield monitor
    finally:
        if monitor.process.poll() is None:
            os.killpg(monitor.process.pid, signal.SIGKILL)
            monitor.process.communicate()


def event(change, generation=None, **more):
    return {"event": "policy", "generation": int(generation or sysfs("generation")),
            "change": change, "pool": None, "count": None, "confirm": None, "uid": 0, **more}


def expect(monitor, *events):
    """Check that these events come next; the process of each is one that there was."""
    for expected in events:
        found = monitor.next()
        moment = time.strptime(found.pop("time"), "%Y-%m-%dT%H:%M:%SZ")
        assert abs(time.mktime(moment) - time.mktime(time.gmtime())) < 60
        pid = found.pop("pid")
        assert (pid is None) == (expected["uid"] is None)
        assert found == expected


def silence(monitor, seconds=3):
    """Whether no event comes for this time."""
    return not monitor.comes(seconds)


def test_changes(op25b, ends):
    with monitored(op25b) as monitor:
        op25b("pool", "add", "east", "prefix", ends.pool, ends.fixed_net)
        expect(monitor, event("pool add", pool="east", count=2), event("pool new", pool="east"))
        op25b("pool", "set", "east", "mode", "off")
        expect(monitor, event("pool set", pool="east"))
        op25b("exempt", "add", "east", ends.customer)
        expect(monitor, event("exempt add", pool="east", count=1))
        op25b("relay", "add", ends.relay, ends.relay_net)
        expect(monitor, event("relay add", count=2))
        # what changes nothing, or is refused, is no event
        op25b("-f", "relay", "add", ends.relay)
        assert op25b.run("pool", "del", "west").returncode == 2
        op25b("pool", "reset")
        op25b("pool", "del", "east")
        expect(monitor, event("pool del", pool="east"), event("pool gone", pool="east"))
        op25b("flush")
        expect(monitor, event("flush"))
        assert monitor.end() == []


def test_restores(op25b, ends):
    op25b.load(f"pool add east prefix {ends.pool}\npool add west\n")
    policy = "pool add west\npool add north\n"
    with monitored(op25b, "policy") as monitor:
        op25b("restore", input=policy)
        expect(monitor, event("restored"), event("pool new", pool="north"),
               event("pool gone", pool="east"))
        op25b("restore", "--confirm", "1h", input="pool add west\n")
        expect(monitor, event("pending", confirm=3600), event("pool gone", pool="north"))
        op25b("confirm")
        expect(monitor, event("confirmed"))
        op25b("restore", "--confirm", "1h", input=policy)
        expect(monitor, event("pending", confirm=3600), event("pool new", pool="north"))
        op25b("rollback")
        expect(monitor, event("rolled back"), event("pool gone", pool="north"))
        op25b("restore", "--confirm", "1", input=policy)
        generation = int(sysfs("generation"))
        # the kernel rolls back by itself
        first = [monitor.next() for _ in range(2)]
        assert [one["change"] for one in first] == ["pending", "pool new"]
        hosts.until(lambda: int(sysfs("generation")) > first[0]["generation"])
        expect(monitor, event("rolled back", uid=None), event("pool gone", pool="north", uid=None))
        assert int(sysfs("generation")) >= generation
        assert monitor.end(signal.SIGTERM) == []


def test_exempts_expire(op25b, ends):
    op25b.load(f"pool add east prefix {ends.pool}\n")
    with monitored(op25b) as monitor:
        op25b("exempt", "add", "east", ends.customer, ends.neighbour, "timeout", "1")
        assert monitor.next()["change"] == "exempt add"
        hosts.until(lambda: op25b.json("status")["exempts"] == 0)
        # in one change or two
        count = 0
        while count < 2:
            found = monitor.next()
            assert (found["change"], found["uid"], found["pid"]) == ("expired", None, None)
            count += found["count"]
        assert count == 2 and found["generation"] == int(sysfs("generation"))
        assert monitor.end() == []


def test_other_namespaces_hear_nothing(op25b):
    host = hosts.Host("elsewhere")
    with monitored(op25b) as monitor:
        with host:
            hosts.run(op25b.PATH, "pool", "add", "east")
        op25b("pool", "add", "west")
        expect(monitor, event("pool add", pool="west"), event("pool new", pool="west"))
        assert monitor.end() == []
    host.remove()


def test_the_uid_is_that_of_the_user_namespace(op25b):
    """Who is root there is 0 to those who listen there."""
    script = f"""
        {op25b.PATH} -j monitor policy >&3 &
        until [ -s "$0" ]; do
            {op25b.PATH} -f pool add east && {op25b.PATH} -f pool del east
        done
        kill $!; wait $!"""
    with tempfile.NamedTemporaryFile("w+", encoding="ascii") as file:
        os.chmod(file.name, 0o644)
        subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "unshare", "-r",
                        "-n", "sh", "-c", f"exec 3>&1; {script}", file.name], check=True, stdout=file,
                       timeout=ENOUGH)
        file.seek(0)
        assert json.loads(file.readline())["uid"] == 0


def test_anybody_may_listen(op25b):
    with monitored(op25b):
        pass
    with op25b.host:
        process = subprocess.Popen(["setpriv", "--reuid", "65534", "--clear-groups", op25b.PATH,
                                    "monitor", "policy"], stdout=subprocess.PIPE, text=True)
    # it listens at some time: until then, changes pass unseen
    line = None

    def heard():
        nonlocal line
        op25b("-f", "pool", "add", "east")
        op25b("-f", "pool", "del", "east")
        os.set_blocking(process.stdout.fileno(), False)
        line = process.stdout.readline()
        return line
    hosts.until(heard)
    assert " policy " in line and ("east" in line)
    process.send_signal(signal.SIGINT)
    os.set_blocking(process.stdout.fileno(), True)
    process.communicate(timeout=ENOUGH)
    assert process.returncode == 0


def more_than_fits(op25b):
    """Cause more events than pipe and socket hold, which is about 500. Returns how many."""
    pools = 900
    op25b("restore", write("".join(f"pool add pool-{n}\n" for n in range(pools))))
    op25b("flush")
    return 2 * (1 + pools)


def test_lost_events_are_said(op25b):
    """More events than pipe and socket hold, while nobody reads: the monitor says so, and goes on."""
    with monitored(op25b) as monitor:
        count = more_than_fits(op25b)
        seen = [monitor.next()]
        while not silence(monitor):
            seen.append(monitor.next())
        assert [one for one in seen if one["event"] == "lost"]
        assert len(seen) < count
        op25b("pool", "add", "last")
        expect(monitor, event("pool add", pool="last"), event("pool new", pool="last"))
        assert monitor.end() == []


def test_the_module_is_removed_while_events_are_lost(op25b):
    """The news that the family has gone is lost, too; the monitor ends nevertheless."""
    with monitored(op25b) as monitor:
        more_than_fits(op25b)
        remove()
        out, err = monitor.process.communicate(timeout=ENOUGH)
        assert [line for line in out.splitlines() if json.loads(line)["event"] == "lost"]
        assert (monitor.process.returncode, err) == (2, "Error: the kernel module op25b was removed\n")


def test_a_signal_ends_a_monitor_that_nobody_reads(op25b):
    def waits_for_a_reader():
        with open("/run/monitor", encoding="utf-8") as file:
            return "POLLOUT" in file.read().rsplit("\n", 1)[-1]
    with monitored(op25b) as monitor:
        fcntl.fcntl(monitor.process.stdout, fcntl.F_SETPIPE_SZ, 4096)
        more_than_fits(op25b)
        hosts.until(waits_for_a_reader)
        os.killpg(monitor.process.pid, signal.SIGTERM)
        assert monitor.process.wait(ENOUGH) == 0
        assert monitor.process.stderr.read() == ""


def lost(op25b):
    """How many events were lost since the module was loaded"""
    counts = re.findall(r"\nlost +(\d+) events\n", op25b("status"))
    return int(counts[0]) if counts else 0


def listen(host, name):
    """A socket that listens to a group, with room for all of its events."""
    netlink, groups = Netlink(host), {}
    for _, group in attributes(netlink.about[CTRL_ATTR_MCAST_GROUPS]):
        fields = dict(attributes(group))
        groups[fields[CTRL_ATTR_MCAST_GRP_NAME].rstrip(b"\0")] = \
            struct.unpack("=I", fields[CTRL_ATTR_MCAST_GRP_ID])[0]
    netlink.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
    netlink.socket.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, groups[name])
    netlink.socket.setblocking(False)
    return netlink.socket


def all_of(listener):
    """How many events have come, and whether some were lost."""
    count, lossy = 0, False
    while True:
        try:
            assert len(listener.recv(1 << 16)) > 20
            count += 1
        except BlockingIOError:
            return count, lossy
        except OSError as failure:
            assert failure.errno == errno.ENOBUFS
            lossy = True


def test_what_is_never_sent_is_lost_too(net, op25b):
    """More pools come with a change, or go, than there are events of: recv() says so, with room for
    all."""
    listener = listen(net.bras, b"policy")
    before = lost(op25b)
    op25b("restore", write("".join(f"pool add pool-{n}\n" for n in range(1100))))
    assert lost(op25b) == before + 1100 - 1024
    with pytest.raises(OSError) as failure:
        listener.recv(1 << 16)
    assert failure.value.errno == errno.ENOBUFS
    assert all_of(listener) == (1 + 1024, False)
    # of those that come, and of those that go
    op25b("restore", write("".join(f"pool add other-{n}\n" for n in range(1100))))
    assert lost(op25b) == before + 3 * (1100 - 1024)
    assert all_of(listener) == (1 + 2 * 1024, True)
    listener.close()


def test_more_sessions_than_there_are_events_of(op25b):
    listener = listen(op25b.host, b"sessions")
    before = lost(op25b)
    with monitored(op25b, "sessions") as monitor:
        op25b("session", "sync", input="".join(f"s{n} 10.0.{n >> 8}.{n & 255}\n" for n in range(1100)))
        assert lost(op25b) == before + 1100 - 1024
        hosts.until(lambda: monitor.next()["event"] == "lost", ENOUGH)
    assert all_of(listener) == (1024, True)
    listener.close()
    op25b("-f", "session", "sync", input="")


def write(text):
    path = "/run/many.conf"
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    return path


def test_a_reader_that_goes_away(op25b):
    """SIGPIPE ends the monitor at the next event."""
    with op25b.host:
        shell = subprocess.Popen(["sh", "-c", f"{op25b.PATH} monitor | head -n 1"],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def ended():
        op25b("-f", "pool", "add", "east")
        op25b("-f", "pool", "del", "east")
        return shell.poll() is not None
    hosts.until(ended)
    out, err = shell.communicate()
    assert len(out.splitlines()) == 1 and err == ""


def sender_event(monitor):
    """The next event, which is of a sender: what has changed, who it is, and its packets."""
    found = monitor.next()
    assert found["event"] == "sender"
    return found["change"], found["pool"], found["subscriber"].split("/")[0], found["packets"]


def test_senders(net, op25b, ends):
    op25b.load(f"pool add east senders on subscriber 128 prefix {ends.pool}\n")
    net.send(packets.syn(ends.neighbour, ends.foreign))     # before anybody listens
    time.sleep(2)
    with monitored(op25b, "senders") as monitor:
        assert silence(monitor)
        net.send(syn_to(ends))
        assert sender_event(monitor) == ("new", "east", ends.customer, 1)
        net.send(*[syn_to(ends, sport=port) for port in range(2000, 2008)])
        assert silence(monitor)
        net.send(syn_to(ends))
        assert sender_event(monitor) == ("grown", "east", ends.customer, 10)
        op25b("pool", "reset")
        net.send(syn_to(ends))
        assert silence(monitor)
        op25b("sender", "reset")
        net.send(syn_to(ends))
        assert sender_event(monitor) == ("new", "east", ends.customer, 1)
        # what a dump shows of it
        net.send(*[syn_to(ends, sport=3000 + n) for n in range(9)])
        found = monitor.next()
        assert {key: value for key, value in found.items() if key not in ("time", "event", "change")} \
            == op25b.json("sender", "show")[0]
        op25b("pool", "set", "east", "senders", "off")
        net.send(syn_to(ends))
        assert monitor.end() == []


def test_senders_that_a_rollback_brings_back(net, op25b, ends4):
    """Who was there when somebody began to listen is not new afterwards."""
    op25b.load(f"pool add east senders on prefix {ends4.pool}\n")
    net.send(syn_to(ends4))
    op25b("restore", "--confirm", "1h", input="pool add west senders on\n")
    with monitored(op25b, "senders") as monitor:
        assert silence(monitor)
        op25b("rollback")
        assert silence(monitor)
        net.send(packets.syn(ends4.neighbour, ends4.foreign))
        assert sender_event(monitor) == ("new", "east", ends4.neighbour, 1)
        assert monitor.end() == []


def test_a_sender_on_two_processors_is_one(net, op25b, ends):
    op25b.load(f"pool add east senders on subscriber 128 prefix {ends.pool}\n")
    with monitored(op25b, "senders") as monitor:
        assert silence(monitor, 2)
        with Meanwhile(sender(net.customer.tap, syn_to(ends)), processor=1):
            for _ in range(200):
                net.customer.tap.send(syn_to(ends))
                time.sleep(0.01)
        events = [sender_event(monitor)]
        while not silence(monitor):
            events.append(sender_event(monitor))
        changes = [one[0] for one in events]
        assert changes[0] == "new" and set(changes[1:]) <= {"grown"}
        sizes = [len(str(one[3])) for one in events]
        assert sizes == sorted(set(sizes))
        monitor.end()


def test_too_many_senders(net, op25b, ends4):
    """At most 1,000 events at once; the others are said to be lost, and do not follow."""
    op25b.load("pool add east senders on prefix 10.64.0.0/16\n")
    with monitored(op25b, "senders") as monitor:
        assert silence(monitor, 2)
        for n in range(6000):
            net.customer.tap.send(packets.syn(f"10.64.{n >> 8}.{n & 255}", ends4.foreign))
        events = [monitor.next()]
        while not silence(monitor):
            events.append(monitor.next())
        assert [one for one in events if one["event"] == "lost"]
        assert 10 < len(events) < 6000
        # where all rows are taken, a new sender gets one with its second packet
        net.send(*[packets.syn("10.64.255.1", ends4.foreign)] * 2)
        assert sender_event(monitor)[2] == "10.64.255.1"
        assert monitor.end() == []


def test_each_sender_is_heard_of_or_lost(net, op25b, ends4):
    """And one that has lost its row meanwhile is, too."""
    op25b.load("pool add east senders on prefix 10.64.0.0/16\n")
    listener = listen(net.bras, b"senders")
    time.sleep(2)
    before = lost(op25b)
    for n in range(4000):
        net.customer.tap.send(packets.syn(f"10.64.{n >> 8}.{n & 255}", ends4.foreign))
    net.settle(net.customer, net.foreign)
    time.sleep(3)
    count, lossy = all_of(listener)
    listener.close()
    assert count + lost(op25b) - before >= len(op25b.json("sender", "show")) > 1000
    assert lossy == (lost(op25b) > before)


def test_who_may_listen_to_senders(op25b):
    with op25b.host:
        nobody = ["setpriv", "--reuid", "65534", "--clear-groups", op25b.PATH, "monitor"]
        result = subprocess.run([*nobody, "senders"], stdout=subprocess.PIPE, check=False,
                                stderr=subprocess.PIPE, text=True)
        assert (result.returncode, result.stdout, result.stderr) == \
            (2, "", "Error: cannot listen: Operation not permitted\n")
        process = subprocess.Popen(nobody, stderr=subprocess.PIPE, text=True)
    assert process.stderr.readline() == \
        "Warning: events of senders and sessions take CAP_NET_ADMIN, so there are none of them\n"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=ENOUGH)
    assert process.returncode == 0
