# SPDX-License-Identifier: GPL-2.0
"""Hooks that come late, come side by side, or are ended half way."""
import os
import signal
import subprocess
import time

import pytest

from daemon import Recording

PPP_UP = ["POINTOPOINT", "MULTICAST", "NOARP", "UP"]


def stop(process):
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) in (0, -signal.SIGTERM)


def wait_for(condition):
    for _ in range(200):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("it did not happen")


@pytest.mark.parametrize("kill", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("names", ["accel-pppoe4-ip-up accel-pppoe4-ip-down",
                                   "accel-ipoe-plain-ip-up accel-ipoe-plain-ip-down",
                                   "pppd-debian-ip-up pppd-debian-ip-down"])
def test_ip_down_overtakes(prefixes, names, kill):
    """ip-up gets SIGTERM, and ip-down comes at once, while the command of ip-up still runs."""
    up, down = names.split()
    prefixes.write("slow", "session add*\n")
    prefixes.prepare(Recording(up))
    process = prefixes.start(Recording(up))
    wait_for(lambda: prefixes.lines("begun"))
    process.send_signal(kill)
    prefixes.call(down)
    process.wait(10)
    process.stdout.read()       # its last descendant has ended
    assert any(line.startswith("session add") for line in prefixes.done)
    assert prefixes.sessions == {}


@pytest.mark.parametrize("name", ["accel-pppoe4-ip-up", "accel-ipoe-plain-ip-up",
                                  "pppd-debian-ip-up"])
def test_ip_down_is_never_called(prefixes, name):
    """pppd ends an ip-up that is slow, and exits: ip-up has to undo what it has done."""
    prefixes.write("slow", "session add*\n")
    prefixes.prepare(Recording(name))
    process = prefixes.start(Recording(name))
    wait_for(lambda: prefixes.lines("begun"))
    stop(process)
    process.stdout.read()
    assert any(line.startswith("session add") for line in prefixes.done)
    assert prefixes.sessions == {}


def test_pppd_ends_while_ip_up_runs(prefixes):
    prefixes.write("slow", "session add*\n")
    prefixes.prepare(Recording("pppd-debian-ip-up"))
    process = prefixes.start(Recording("pppd-debian-ip-up"))
    wait_for(lambda: prefixes.lines("begun"))
    prefixes.no_device("ppp0")
    process.communicate(timeout=10)
    assert prefixes.sessions == {}


def test_terminated_while_it_waits(router):
    """for another hook of the session, an ip-up opens nothing."""
    router.write("slow", "session del*\n")
    down = router.start(Recording("accel-pppoe4-ip-down"))
    wait_for(lambda: router.lines("begun"))
    router.prepare(Recording("accel-pppoe4-ip-up"))
    up = router.start(Recording("accel-pppoe4-ip-up"))
    time.sleep(0.3)
    stop(up)
    down.wait(10)
    assert router.sessions == {}


@pytest.mark.parametrize("names", ["accel-pppoe4-ip-up accel-pppoe4-ip-down",
                                   "accel-ipoe-dhcp-ip-up accel-ipoe-dhcp-ip-down",
                                   "pppd-debian-ipv6-up pppd-debian-ipv6-down"])
def test_late_ip_up(prefixes, names):
    """that begins after ip-down, whose device is down."""
    up, down = names.split()
    prefixes.call(down)
    prefixes.call(up, prepare=False)
    assert prefixes.sessions == {}
    assert "the session has ended meanwhile" in prefixes.log


def test_late_ip_up_after_the_device(router):
    router.call("accel-pppoe4-ip-down")
    router.no_device("ppp0")
    router.call("accel-pppoe4-ip-up", prepare=False)
    assert router.done == ["session del -f ppp0"]


def test_late_ip_up_on_the_access_interface(router):
    """It is up as before, but accel-ppp has removed radattr."""
    router.call("accel-ipoe-plain-ip-down")
    (router.root / "run/radattr.ac3").unlink()
    router.call("accel-ipoe-plain-ip-up", prepare=False)
    assert router.sessions == {}


def ended_pppd(env):
    """The environment of a pppd that has ended."""
    process = subprocess.Popen(["true"])
    process.wait()
    return env | {"PPPD_PID": str(process.pid)}


def test_late_ip_up_of_a_pppd_that_has_ended(router):
    """The device is the next session's."""
    router.call("pppd-debian-ip-up", env=ended_pppd)
    assert router.done == []


def test_late_ip_up_when_another_pppd_has_the_device(router):
    (router.root / "run/ppp0.pid").write_text("1\nppp0\n")
    router.call("pppd-debian-ip-up")
    assert router.done == []
    (router.root / "run/ppp0.pid").write_text(f"{os.getpid()}\nppp0\n")
    router.call("pppd-debian-ip-up")
    assert router.sessions == {"ppp0": ["dev", "ppp0"]}


def test_device_is_another_one_after_waiting(router):
    """The first ppp0 has gone while ip-up waited."""
    router.write("slow", "session del*\n")
    down = router.start(Recording("pppd-debian-ip-down"))
    wait_for(lambda: router.lines("begun"))
    router.prepare(Recording("pppd-debian-ip-up"))
    up = router.start(Recording("pppd-debian-ip-up"))
    time.sleep(0.4)
    router.device("ppp0", PPP_UP, 99)
    up.wait(10)
    down.wait(10)
    assert router.sessions == {}


@pytest.mark.parametrize("name", ["pppd-debian-ip-down", "pppd-debian-ipv6-down"])
def test_late_ip_down_of_another_pppd(router, name):
    """ends nothing: the device is the next session's."""
    router.call("pppd-debian-ip-up")
    router.call(name, prepare=False, env=ended_pppd)
    assert router.sessions == {"ppp0": ["dev", "ppp0"]}
    router.call(name)
    assert router.sessions == {}


def test_hooks_side_by_side(router):
    """ip-down and ipv6-down of pppd"""
    router.call("pppd-debian-ip-up")
    router.write("slow", "session del*\n")
    processes = [router.start(Recording(name))
                 for name in ("pppd-debian-ip-down", "pppd-debian-ipv6-down")]
    for process in processes:
        assert process.wait(10) == 0
    assert router.sessions == {}


def test_coa_while_ip_up_runs(router):
    """ip-change waits, though no signal reaches it."""
    router.write("slow", "session add*\n")
    router.prepare(Recording("accel-pppoe4-ip-up"))
    up = router.start(Recording("accel-pppoe4-ip-up"))
    wait_for(lambda: router.lines("begun"))
    router.call("accel-daemon-ip-change", blocked=True)
    up.wait(10)
    assert router.sessions == {}


def test_ip_down_is_not_ended_half_way(prefixes):
    """pppd ends its scripts when it exits."""
    prefixes.call("pppd-debian-ip-up")
    prefixes.write("slow", "session add*\n")
    up = prefixes.start(Recording("pppd-debian-ip-up"))
    wait_for(lambda: prefixes.lines("begun"))
    down = prefixes.start(Recording("pppd-debian-ip-down"))
    time.sleep(0.2)
    down.send_signal(signal.SIGTERM)
    down.wait(10)
    up.wait(10)
    assert prefixes.sessions == {}
