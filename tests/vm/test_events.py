# SPDX-License-Identifier: GPL-2.0
"""Events: what op25bctl monitor prints as it happens."""
import contextlib
import json
import os
import select
import signal
import subprocess
import time

import hosts
from conftest import sysfs


class Monitor:
    """op25bctl monitor on a host; its events, as they come."""

    def __init__(self, op25b, *words, host=None):
        with host or op25b.host:
            self.process = subprocess.Popen(["strace", "-qq", "-o", "/run/monitor", "-e",
                                             "trace=recvfrom,recvmsg", op25b.PATH, "-j", "monitor",
                                             *words],
                                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                            text=True, bufsize=1, start_new_session=True)
        self.wait_for_listening()

    @staticmethod
    def wait_for_listening():
        """It listens once it waits in its last recv(), whose line strace has not ended yet."""
        def waits():
            with contextlib.suppress(FileNotFoundError), open("/run/monitor", encoding="utf-8") as file:
                return "nlctrl" in (text := file.read()) and not text.endswith("\n")
            return False
        hosts.until(waits)

    def next(self):
        return json.loads(self.process.stdout.readline())

    def end(self, number=signal.SIGINT):
        """Ends it; what it has printed since."""
        os.killpg(self.process.pid, number)
        out, err = self.process.communicate(timeout=60)
        assert (self.process.returncode, err) == (0, "")
        return [json.loads(line) for line in out.splitlines()]


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
        expect(monitor, event("expired", count=2, uid=None))
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
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_lost_events_are_said(op25b):
    """More events than a socket holds, while nobody reads: the monitor says so, and goes on."""
    with monitored(op25b) as monitor:
        os.killpg(monitor.process.pid, signal.SIGSTOP)
        names = [f"pool-{n}" for n in range(900)]
        many = "".join(f"pool add {name}\n" for name in names)
        op25b("-b", "-", input=f"restore {write(many)}\nflush\n" * 3)
        os.killpg(monitor.process.pid, signal.SIGCONT)
        seen = [monitor.next()]
        while select.select([monitor.process.stdout], [], [], 3)[0]:
            seen.append(monitor.next())
        assert seen[0]["event"] == "lost"
        assert len(seen) < 3 * 1802
        op25b("pool", "add", "last")
        expect(monitor, event("pool add", pool="last"), event("pool new", pool="last"))
        assert monitor.end() == []


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


def test_no_listener_no_work(op25b):
    """Without a listener a change makes no message. One that was made would be dropped unseen, so
    this asks for the pools that a restore brings: 1,024 messages take long."""
    many = write("".join(f"pool add pool-{n}\n" for n in range(1024)))

    def seconds():
        start = time.monotonic()
        op25b("-b", "-", input=f"restore {many}\nflush\n")
        return time.monotonic() - start
    seconds()
    alone = min(seconds() for _ in range(3))
    with monitored(op25b) as monitor:
        heard = min(seconds() for _ in range(3))
        monitor.end()
    assert alone < heard, (alone, heard)
