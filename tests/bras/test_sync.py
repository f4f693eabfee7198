# SPDX-License-Identifier: GPL-2.0
"""op25b-session sync: the sessions that a daemon has now."""
import os
import threading
import time

import pytest

import daemon
from daemon import ETHERNET, Recording

PPP_UP = ["POINTOPOINT", "MULTICAST", "NOARP", "UP"]
HEADER = " ifname | state  |      ip      | ip6 | ip6-dp \n--------+--------+--------------+-----+--------\n"
OPEN, GOLD, OTHER = "Filter-Id port25-open\n", "Filter-Id gold\n", "Session-Timeout 86400\n"


@pytest.fixture
def bras(router):
    """A router with accel-ppp and no sessions."""
    router.write("list", HEADER)
    router.write("save", "# begin of op25bctl session save\n# end of op25bctl session save\n")
    return router


def listed(bras, *rows):
    """What accel-cmd prints, as in recordings/sessions."""
    bras.write("list", HEADER + "".join(
        f" {name} | {state} | {ip} | {ip6} | {ip6_dp} \n" for name, state, ip, ip6, ip6_dp in rows))


def session(bras, name, text, old=False, **options):
    bras.device(name, PPP_UP, **options)
    (bras.root / f"run/radattr.{name}").write_text(text)
    if old:
        (bras.root / f"run/radattr_old.{name}").write_text(OPEN)


def row(name, state="active", ip="203.0.113.11", ip6="", ip6_dp=""):
    return name, state, ip, ip6, ip6_dp


def test_sessions_that_are_open(bras):
    for name, text in ("ppp0", OPEN), ("ppp1", GOLD), ("ppp2", OTHER), ("ppp3", OPEN):
        session(bras, name, text)
    listed(bras, *map(row, ("ppp0", "ppp1", "ppp2", "ppp3", "ppp4")))
    assert bras.sync().returncode == 0
    assert bras.synced == ["ppp0 dev ppp0", "ppp3 dev ppp3"]
    assert bras.lines("asked") == ["show sessions ifname,state,ip,ip6,ip6-dp"]


def test_prefixes(bras):
    bras.configure(USE_DEVICE="no")
    session(bras, "ppp0", OPEN + "Framed-IPv6-Prefix 2001:db8:1:d::/64\n")
    session(bras, "ppp1", OPEN)
    bras.device("red", ["NOARP", "MASTER", "UP"])
    bras.device("ppp1", PPP_UP, master="red")
    listed(bras, row("ppp0", "active", "203.0.113.14", "2001:db8:1:c::7/64", "2001:db8:1:cc00::/56"),
           row("ppp1", "active", "2001:db8:1:f::2/64", "2001:db8:1:f::2/64"))
    assert bras.sync().returncode == 0
    assert bras.synced == [
        "ppp0 203.0.113.14/32 2001:db8:1:c::/64 2001:db8:1:cc00::/56 2001:db8:1:d::/64",
        "ppp1 2001:db8:1:f::/64 vrf red"]


def test_sessions_that_begin_or_end(bras):
    """Their hooks come, or have come."""
    for name in "ppp0", "ppp1", "ppp2":
        session(bras, name, OPEN)
    bras.device("ppp2", PPP_UP[:-1])
    listed(bras, row("ppp0", "start"), row("ppp1", "finish"), row("ppp2"), row("", "start", ""))
    assert bras.sync().returncode == 0
    assert bras.synced == []


@pytest.mark.parametrize("name", ["pppoe4", "pppoe46", "multi", "renamed", "ipoe-plain"])
def test_columns(bras, name):
    """The columns look as in the recordings."""
    text = (daemon.RECORDINGS / f"sessions/accel-{name}.txt").read_text().split("$ ")[1]
    _, header, line, *rows = text.splitlines()
    wanted = ["ifname", "ip", "ip6", "ip6-dp"]
    names = [title.strip() for title in header.split("|")]
    columns = [[cells[names.index(title)] for title in wanted]
               for cells in (row.split("|") for row in rows)]
    table = [[title, " state ", *titles] for title, *titles in
             [[header.split("|")[names.index(title)] for title in wanted]]]
    table += [[cells[0], " active ", *cells[1:]] for cells in columns]
    bras.write("list", "\n".join(["|".join(table[0]), line, *("|".join(row) for row in table[1:]), ""]))
    bras.prepare(Recording(f"accel-{name}-ip-up"))
    bras.configure(USE_DEVICE="no")
    assert bras.sync().returncode == 0
    bras.call(f"accel-{name}-ip-up")
    hook = " ".join(bras.done[-1].split()[3:])
    # accel-cmd prints the first of several prefixes only, radattr has them all, as for the hook
    assert bras.synced == [hook]


def test_lines_that_end_as_in_telnet(bras):
    session(bras, "ppp0", OPEN)
    listed(bras, row("ppp0"))
    bras.write("list", (bras.bin / "list").read_text().replace("\n", "\r\n"))
    assert bras.sync().returncode == 0
    assert bras.synced == ["ppp0 dev ppp0"]


def test_no_sessions(bras):
    """The list was read, and is empty: -f says so."""
    assert bras.sync().returncode == 0
    assert bras.synced == []
    assert bras.done[0].startswith("session sync -f ")


@pytest.mark.parametrize("output,status", [
    ("Impossible to get address of localhost:2001\n", 0), ("", 0), (HEADER, 1), ("error\n", 1),
    (" ifname | username \n--------+----------\n", 0), ("invalid column\n", 0)])
def test_failed_accel_cmd_changes_nothing(bras, output, status):
    bras.write("list", output)
    bras.write("list.status", str(status))
    assert bras.sync().returncode == 1
    assert bras.done == []
    assert "nothing was changed" in bras.log


def test_ports_of_several_daemons(bras):
    """VyOS has a daemon for each service. If one fails, nothing is changed."""
    bras.configure(ACCEL_PORTS="2001 2002")
    session(bras, "ppp0", OPEN)
    listed(bras, row("ppp0"))
    assert bras.sync().returncode == 0
    assert [line.split()[:2] for line in bras.lines("asked")] == [["-p", "2001"], ["-p", "2002"]]
    (bras.bin / "accel-cmd").write_text('#!/bin/sh\n[ "$2" = 2001 ] && cat "${0%/*}/list"\n')
    bras.write("done", "")
    assert bras.sync().returncode == 1
    assert bras.done == []


def test_after_a_coa(bras):
    """that did not mention it, what is open stays open, with its timeout, and what is closed closed."""
    bras.write("save", "ppp0 dev ppp0 timeout 60\nppp00 10.0.0.1/32\n# end\n")
    coa = "Acct-Session-Id 0ab96bd9efb4eaf1\nUser-Name cust1\n"
    session(bras, "ppp0", coa, old=True)
    session(bras, "ppp1", coa, old=True)
    session(bras, "ppp2", OPEN, old=True)
    session(bras, "ppp3", GOLD, old=True)
    listed(bras, *map(row, ("ppp0", "ppp1", "ppp2", "ppp3")))
    assert bras.sync().returncode == 0
    assert bras.synced == ["ppp0 dev ppp0 timeout 60", "ppp2 dev ppp2"]


def test_without_the_attribute_a_session_that_was_open_is_closed(bras):
    bras.write("save", "ppp0 dev ppp0\n")
    session(bras, "ppp0", OTHER)
    listed(bras, row("ppp0"))
    assert bras.sync().returncode == 0
    assert bras.synced == []


def test_access_interface(bras):
    """radattr is of the last customer: for the others, what is open stays."""
    bras.device("ac3", ["BROADCAST", "MULTICAST", "UP"], type_=ETHERNET)
    (bras.root / "run/radattr.ac3").write_text("Framed-IP-Address 100.64.1.15\n" + OPEN)
    bras.write("save", "ac3:100.64.1.16 100.64.1.16/32\nac3:100.64.1.18 100.64.1.18/32\n")
    listed(bras, *(row("ac3", "active", f"100.64.1.{host}") for host in (15, 16, 17)))
    assert bras.sync().returncode == 0
    assert bras.synced == ["ac3:100.64.1.15 100.64.1.15/32", "ac3:100.64.1.16 100.64.1.16/32"]


def test_killed_accel_ppp(bras):
    """Files of sessions that are no more, and of one that begins, are left."""
    for name in "ppp0", "ppp1", "dyx7AD":
        (bras.root / f"run/radattr.{name}").write_text(OPEN)
    listed(bras, row("ppp7", "active", "100.64.0.2"))
    session(bras, "ppp7", OPEN)
    assert bras.sync().returncode == 0
    assert bras.synced == ["ppp7 dev ppp7"]


@pytest.mark.parametrize("refused", ["session sync*"])
def test_refused(bras, refused):
    bras.write("refuse", refused + "\n")
    assert bras.sync().returncode == 1
    assert len([line for line in bras.lines("argv") if line.startswith("session sync")]) == 3
    assert "refused by the test" in bras.log


def test_no_module(bras):
    (bras.bin / "save").unlink()
    assert bras.sync().returncode == 1
    assert bras.done == []


def test_search_that_fails(bras):
    """is not a search that finds nothing."""
    session(bras, "ppp0", OPEN)
    listed(bras, row("ppp0"))
    (bras.bin / "xargs").write_text("#!/bin/sh\nexit 127\n")
    (bras.bin / "xargs").chmod(0o755)
    assert bras.sync().returncode == 1
    assert bras.done == []


def test_hooks_wait_for_sync(bras):
    """A session that ends while the list is made must not be opened again."""
    session(bras, "ppp0", OPEN)
    listed(bras, row("ppp0"))
    bras.write("list.slow", "")
    thread = threading.Thread(target=bras.sync)
    thread.start()
    while not bras.lines("asked"):
        time.sleep(0.02)
    hook = bras.start(Recording("accel-pppoe4-ip-down"))
    hook.wait(10)
    thread.join()
    assert [line.split()[1] for line in bras.done] == ["sync", "del"]


# --- pppd ---

@pytest.fixture
def pppd(bras):
    """A router with pppd only."""
    (bras.bin / "accel-cmd").unlink()
    return bras


def test_pppd(pppd):
    """Files may be left of sessions that have ended."""
    session(pppd, "ppp0", OPEN)
    session(pppd, "ppp1", GOLD)
    session(pppd, "ppp2", OPEN)
    pppd.device("ppp2", PPP_UP[:-1])
    pppd.device("eth0", ["BROADCAST", "UP"], type_=ETHERNET)
    for name in "ppp3", "dyx7AD", "eth0":
        (pppd.root / f"run/radattr.{name}").write_text(OPEN)
    (pppd.root / "run/radattr.ppp*").write_text(OPEN)
    assert pppd.sync().returncode == 0
    assert pppd.synced == ["ppp0 dev ppp0"]


def test_pppd_with_prefixes(pppd):
    pppd.configure(USE_DEVICE="no")
    session(pppd, "ppp0", OPEN + "Delegated-IPv6-Prefix 2001:db8:1:bb00::/56\n")
    pppd.write("address", "4: ppp0    inet 100.64.0.1 peer 203.0.113.14/32 scope global ppp0\\n")
    assert pppd.sync().returncode == 0
    assert pppd.synced == ["ppp0 203.0.113.14/32", "ppp0:ipv6 2001:db8:1:bb00::/56"]


def test_pppd_without_radattr(pppd):
    """The plugin is missing, or its files are elsewhere: that does not mean no sessions."""
    pppd.device("ppp0", PPP_UP)
    assert pppd.sync().returncode == 1
    assert pppd.done == []
    pppd.no_device("ppp0")
    assert pppd.sync().returncode == 0
    assert pppd.done[0].startswith("session sync -f ")


def test_daemon_is_configured(pppd):
    pppd.configure(DAEMON="accel-ppp", PATH=f"{pppd.bin}:/usr/bin:/bin")
    assert pppd.sync().returncode == 1
    assert "accel-cmd has failed" in pppd.log
    assert os.path.exists(pppd.root / "run/op25b-session/sync")
