# SPDX-License-Identifier: GPL-2.0
"""The hooks: recorded calls, and what is difficult about them."""
import pytest

import daemon
from daemon import ETHERNET, GRE, Recording, Router, radattr

OPEN = {
    "accel-pppoe4-ip-up": "ppp0 dev ppp0",
    "accel-pppoe46-ip-up": "ppp0 dev ppp0",
    "accel-multi-ip-up": "ppp0 dev ppp0",
    "accel-pppoe6-ip-up": "ppp0 dev ppp0",
    "accel-vrf-ip-up": "ppp0 dev ppp0",
    "accel-renamed-ip-up": "cust1-home dev cust1-home",
    "accel-daemon-ip-up": "ppp0 dev ppp0",
    "accel-ipoe-dhcp-ip-up": "ipoe0 dev ipoe0",
    "accel-ipoe-start-ip-up": "ipoe0 dev ipoe0",
    "accel-ipoe-plain-ip-up": "ac3:100.64.1.15 100.64.1.15/32",
    "accel-coa1-ip-change": "ppp0 dev ppp0",
    "accel-coa4-ip-change": "ppp0 dev ppp0",
    "accel-coa5-ip-change": "ppp0 dev ppp0",
    "accel-coa6-ip-change": "ppp0 dev ppp0",
    "pppd4-ip-up": "ppp0 dev ppp0",
    "pppd46-ip-up": "ppp0 dev ppp0",
    "pppd46-ipv6-up": "ppp0 dev ppp0",
    "pppd46-dict-ip-up": "ppp1 dev ppp1",
    "pppd-multi-ip-up": "ppp0 dev ppp0",
    "pppd-debian-ip-up": "ppp0 dev ppp0",
    "pppd-debian-ipv6-up": "ppp0 dev ppp0",
}
CLOSED = {
    "accel-none-ip-up": "ppp0",
    "accel-restarted-ip-up": "ppp0",
    "accel-ipoe-dhcp-none-ip-up": "ipoe0",
    "accel-ipoe-start-none-ip-up": "ipoe0",
    "accel-coa2-ip-change": "ppp0",
    "accel-daemon-ip-change": "ppp0",
    "accel-ipoe-dhcp-ip-change": "ipoe0",
    "pppd-none-ip-up": "ppp0",
    "accel-pppoe4-ip-down": "ppp0",
    "accel-pppoe46-ip-down": "ppp0",
    "accel-multi-ip-down": "ppp0",
    "accel-pppoe6-ip-down": "ppp0",
    "accel-vrf-ip-down": "ppp0",
    "accel-renamed-ip-down": "cust1-home",
    "accel-daemon-ip-down": "ppp0",
    "accel-coa-ip-down": "ppp0",
    "accel-hard-ip-down": "ppp0",
    "accel-stopped-ip-down": "ppp0",
    "accel-ipoe-dhcp-ip-down": "ipoe0",
    "accel-ipoe-dhcp-none-ip-down": "ipoe0",
    "accel-ipoe-start-ip-down": "ipoe0",
    "accel-ipoe-start-none-ip-down": "ipoe0",
    "accel-ipoe-plain-ip-down": "ac3:100.64.1.15",
    "pppd4-ip-down": "ppp0",
    "pppd46-ip-down": "ppp0",
    "pppd46-ipv6-down": "ppp0",
    "pppd46-dict-ip-down": "ppp1",
    "pppd-none-ip-down": "ppp0",
    "pppd-debian-ip-down": "ppp0",
    "pppd-debian-ipv6-down": "ppp0",
}
UNCHANGED = ["accel-coa3-ip-change", "accel-coa7-ip-change", "accel-pppoe4-ip-pre-up",
             "accel-pppoe46-ip-pre-up", "accel-none-ip-pre-up", "accel-vrf-ip-pre-up",
             "accel-daemon-ip-pre-up", "accel-ipoe-dhcp-ip-pre-up", "pppd4-ip-pre-up"]
EXPECTED = ({name: [f"session add -f {session}"] for name, session in OPEN.items()} |
            {name: [f"session del -f {session}"] for name, session in CLOSED.items()} |
            {name: [] for name in UNCHANGED})


def blocked(name):
    """accel-ppp calls ip-change with all signals blocked."""
    return name.endswith("ip-change")


def test_all_recordings_are_replayed():
    """But for those of hooks that are not ours."""
    names = {path.name for path in daemon.RECORDINGS.iterdir() if (path / "argv").exists()}
    assert names - {"pppd4-auth-up", "pppd4-auth-down"} == EXPECTED.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_recording(router, name):
    router.call(name, blocked=blocked(name))
    assert router.done == EXPECTED[name]
    assert router.log == ""


@pytest.mark.parametrize("name", ["accel-multi-ip-up", "accel-coa2-ip-change",
                                  "accel-ipoe-plain-ip-up", "pppd46-dict-ip-down"])
def test_recording_with_bash(tmp_path, name):
    router = Router(tmp_path, "bash")
    router.configure(USE_DEVICE="no")
    router.call(name, blocked=blocked(name))
    assert len(router.done) == 1
    assert router.log == ""


ADDRESSES = {
    "accel-pppoe4-ip-up": "ppp0 203.0.113.11/32",
    # IPV6_PREFIX is the customer's address
    "accel-pppoe46-ip-up": "ppp0 203.0.113.12/32 2001:db8:1:b::/64 2001:db8:1:bb00::/56",
    # The environment has the first prefix only. 0.0.0.0 is no address.
    "accel-multi-ip-up": "ppp0 203.0.113.14/32 2001:db8:1:c::/64 2001:db8:1:cc00::/56 "
                         "2001:db8:1:d::/64 2001:db8:1:e:0:0:0:5/128 2001:db8:1:dd00::/56",
    "accel-pppoe6-ip-up": "ppp0 2001:db8:1:f::/64",
    "accel-vrf-ip-up": "ppp0 203.0.113.15/32 vrf red",
    "accel-coa1-ip-change": "ppp0 100.64.0.2/32",
    "accel-ipoe-start-ip-up": "ipoe0 100.64.2.11/32",
    "pppd46-dict-ip-up": "ppp1 203.0.113.12/32",
    "pppd-debian-ipv6-up": "ppp0:ipv6 2001:db8:1:b::/64 2001:db8:1:bb00::/56",
}


@pytest.mark.parametrize("name", ADDRESSES)
def test_addresses_and_prefixes(prefixes, name):
    prefixes.call(name, blocked=blocked(name))
    assert prefixes.done == [f"session add -f {ADDRESSES[name]}"]
    assert prefixes.log == ""


def test_ipv6_hooks_of_pppd_have_a_session_of_their_own(prefixes):
    """They run beside those of IPv4, in either order."""
    prefixes.call("pppd-debian-ipv6-up")
    prefixes.call("pppd-debian-ip-up")
    prefixes.call("pppd-debian-ipv6-down")
    assert prefixes.sessions == {"ppp0": ["203.0.113.12/32"]}
    prefixes.call("pppd-debian-ip-down")
    assert prefixes.sessions == {}


def test_ipv6_hook_of_pppd_without_prefixes(prefixes):
    """The stock dictionary has none; link-local addresses are nobody's."""
    prefixes.call("pppd46-ipv6-up")
    assert prefixes.done == ["session del -f ppp0:ipv6"]
    assert "no address and no prefix" in prefixes.log


# --- names of the hook ---

@pytest.mark.parametrize("path,arguments", [
    ("config/scripts/on-up", []), ("etc/ppp/ip-up.d/op25b-session", []),
    ("usr/lib/op25b/op25b-session", ["ip-up"]), ("usr/lib/op25b/op25b-session", ["on-up"])])
def test_name(router, path, arguments):
    router.call("accel-pppoe4-ip-up", argv=lambda argv: [path, *arguments, *argv[1:]])
    assert router.done == ["session add -f ppp0 dev ppp0"]


def test_vyos_radattr(router):
    recording = Recording("accel-pppoe4-ip-up")
    router.prepare(recording)
    (router.root / "run/radattr.ppp0").rename(router.root / "run/accel-pppd/radattr.ppp0")
    router.call("accel-pppoe4-ip-up", prepare=False, argv=lambda argv: ["config/on-up", *argv[1:]])
    assert router.sessions == {"ppp0": ["dev", "ppp0"]}


# --- whose device it is ---

def test_neighbour_on_the_access_interface_stays_closed(router):
    """shared=0: argv[1] is the device of all customers."""
    router.call("accel-ipoe-plain-ip-up")
    assert router.sessions == {"ac3:100.64.1.15": ["100.64.1.15/32"]}
    radattr(router, "Framed-IP-Address 100.64.1.16\n", "accel-ipoe-plain-ip-up",
            argv=lambda argv: [*argv[:5], "100.64.1.16", *argv[6:]])
    assert router.sessions == {"ac3:100.64.1.15": ["100.64.1.15/32"]}
    router.call("accel-ipoe-plain-ip-down",
                argv=lambda argv: [*argv[:5], "100.64.1.16", *argv[6:]])
    assert router.sessions == {"ac3:100.64.1.15": ["100.64.1.15/32"]}
    router.call("accel-ipoe-plain-ip-down")
    assert router.sessions == {}


def test_radattr_of_the_neighbour(router):
    """On that device, radattr is of who came last."""
    router.call("accel-ipoe-plain-ip-up", argv=lambda argv: [*argv[:5], "100.64.1.16", *argv[6:]])
    assert router.sessions == {}
    assert "radattr.ac3 is another session's" in router.log


def test_tunnel_with_several_customers(router):
    """It is point to point, but not the customer's."""
    recording = Recording("accel-ipoe-plain-ip-up")
    router.prepare(recording)
    router.device("ac3", ["POINTOPOINT", "NOARP", "UP"], type_=GRE)
    router.call("accel-ipoe-plain-ip-up", prepare=False)
    assert router.sessions == {"ac3:100.64.1.15": ["100.64.1.15/32"]}


def test_access_interface_that_is_gone(router):
    router.call("accel-ipoe-plain-ip-up")
    router.no_device("ac3")
    router.call("accel-ipoe-plain-ip-down", prepare=False)
    assert router.sessions == {}


def test_session_without_an_address_on_the_access_interface(router):
    router.call("accel-ipoe-plain-ip-up", argv=lambda argv: [*argv[:5], "0.0.0.0", *argv[6:]])
    assert router.done == []
    assert "this one no address" in router.log


def test_ipv6_on_the_access_interface(router):
    recording = Recording("accel-ipoe-plain-ip-up")
    router.prepare(recording)
    (router.root / "run/radattr.ac3").write_text(
        "Framed-IPv6-Prefix 2001:db8:1:f::/64\nFilter-Id port25-open\n")
    router.call("accel-ipoe-plain-ip-up", prepare=False,
                argv=lambda argv: [*argv[:4], "0.0.0.0", "0.0.0.0", *argv[6:]],
                env=lambda env: env | {"IPV6_PREFIX": "2001:db8:1:f::2/64"})
    assert router.sessions == {"ac3:2001:db8:1:f::": ["2001:db8:1:f::/64"]}


def test_vrf_of_the_access_interface(router):
    router.prepare(Recording("accel-ipoe-plain-ip-up"))
    router.device("red", ["NOARP", "MASTER", "UP"])
    router.device("ac3", ["BROADCAST", "MULTICAST", "UP"], 5, ETHERNET, "red")
    router.call("accel-ipoe-plain-ip-up", prepare=False)
    assert router.sessions == {"ac3:100.64.1.15": ["100.64.1.15/32", "vrf", "red"]}


def test_vrf_of_an_odd_name(router):
    """The addresses are not those of no VRF."""
    router.prepare(Recording("accel-ipoe-plain-ip-up"))
    router.device("isp(1)", ["NOARP", "MASTER", "UP"])
    router.device("ac3", ["BROADCAST", "MULTICAST", "UP"], 5, ETHERNET, "isp(1)")
    router.call("accel-ipoe-plain-ip-up", prepare=False)
    assert router.sessions == {}
    assert "in which VRF it is cannot be told" in router.log


def test_bridge_is_no_vrf(router):
    router.prepare(Recording("accel-ipoe-plain-ip-up"))
    router.device("br0", ["BROADCAST", "MULTICAST", "UP"])
    router.device("ac3", ["BROADCAST", "MULTICAST", "UP"], 5, ETHERNET, "br0")
    router.call("accel-ipoe-plain-ip-up", prepare=False)
    assert router.sessions == {"ac3:100.64.1.15": ["100.64.1.15/32"]}


# --- CoAs ---

def test_coas(router):
    """A CoA replaces radattr; what it does not mention does not change."""
    router.call("accel-none-ip-up")
    opened = []
    for number in range(1, 8):
        router.call(f"accel-coa{number}-ip-change", blocked=True)
        opened.append(bool(router.sessions))
    assert opened == [True, False, False, True, True, True, True]
    router.call("accel-coa-ip-down")
    assert router.sessions == {}


def test_radattr_old_of_another_session(router):
    """It stays when accel-ppp is killed."""
    router.call("accel-restarted-ip-up")
    assert router.sessions == {}


# --- senders, and who had the address before ---

def answer(pool="east", session=None):
    session = f'"{session}"' if session else "null"
    return (f'{{"src":"10.0.0.1","dst":"192.0.2.25","vrf":null,"pool":"{pool}","prefix":"10.0.0.0/8",'
            f'"exempt":false,"session":{session},"relay":null,"target":null,"verdict":"blocked"}}')


def test_senders_are_forgotten(router):
    """of each session that begins, whether port 25 is open for it or not."""
    router.write("test", f"100.64.0.2 {answer('west')}\n203.0.113.12 {answer()}\n"
                 f"2001:db8:1:b:: {answer()}\n2001:db8:1:bb00:: {answer('six')}\n")
    router.call("accel-none-ip-up")
    assert router.lines("done")[0] == "test 100.64.0.2 192.0.2.25 dev ppp0"
    assert router.done == ["sender reset west 100.64.0.2/32", "session del -f ppp0"]
    router.write("done", "")
    router.call("accel-pppoe46-ip-up")
    assert router.done == ["sender reset east 203.0.113.12/32", "sender reset east 2001:db8:1:b::/64",
                           "sender reset six 2001:db8:1:bb00::/56", "session add -f ppp0 dev ppp0"]
    router.write("done", "")
    router.call("accel-coa1-ip-change")
    router.call("accel-pppoe46-ip-down")
    assert not [line for line in router.done if "sender" in line]


def test_senders_are_kept_if_switched_off(router):
    router.configure(RESET_SENDERS="no")
    router.write("test", f"203.0.113.11 {answer()}\n")
    router.call("accel-pppoe4-ip-up")
    assert router.done == ["session add -f ppp0 dev ppp0"]


def test_pool_without_senders(router):
    """The reset is refused; that is nothing to report."""
    router.write("test", f"203.0.113.11 {answer()}\n")
    router.write("refuse", "sender*\n")
    router.call("accel-pppoe4-ip-up")
    assert router.sessions == {"ppp0": ["dev", "ppp0"]}
    assert router.log == ""


def test_address_of_a_session_whose_end_was_not_seen(router):
    """accel-ppp was killed; now another customer has the address. Only the prefix is taken away: the
    session may be somebody else's, with more."""
    router.write("test", f"100.64.0.2 {answer(session='ppp7')}\n")
    router.call("accel-none-ip-up")
    assert router.done == ["sender reset east 100.64.0.2/32", "session add -f ppp0 100.64.0.2/32",
                           "session del -f ppp0", "session del -f ppp0"]


# --- failures ---

@pytest.mark.parametrize("name", ["accel-pppoe4-ip-up", "accel-pppoe4-ip-down",
                                  "accel-coa1-ip-change", "accel-coa2-ip-change", "pppd4-ip-up"])
@pytest.mark.parametrize("program", ["op25bctl", "flock", "logger"])
def test_exits_with_0_whatever_fails(router, name, program):
    (router.bin / program).unlink(missing_ok=True)
    (router.bin / program).write_text("#!/bin/sh\necho broken >&2\nexit 3\n")
    (router.bin / program).chmod(0o755)
    router.call(name, blocked=blocked(name))


def test_what_failed_is_said(router):
    router.write("refuse", "session*\n")
    router.call("accel-pppoe4-ip-down")
    assert router.log == ('-t op25b-session -p daemon.err -- op25bctl session del -f ppp0: '
                          '"refused by the test"')


def test_no_command(router):
    (router.bin / "op25bctl").unlink()
    router.call("accel-pppoe4-ip-down")
    assert "op25bctl session del -f ppp0: " in router.log and "not found" in router.log


def test_no_lock(router):
    """ip-up opens nothing then, ip-down closes."""
    (router.root / "run/op25b-session").write_text("")
    router.call("accel-pppoe4-ip-up")
    assert router.done == []
    assert "cannot write to" in router.log
    router.call("accel-pppoe4-ip-down")
    assert router.done == ["session del -f ppp0"]


@pytest.mark.parametrize("text", ["", "if\n", "VALUE=$(", "exit 3\n", "PATH"])
def test_broken_configuration(router, text):
    """It is not executed."""
    path = router.root / "etc/default/op25b-session"
    path.write_text(f"PATH={router.settings['PATH']}\n{text}")
    router.call("accel-pppoe4-ip-down")
    assert router.done == ["session del -f ppp0"]


@pytest.mark.parametrize("value,is_open", [("yes", True), ('"yes"', True), ("no", False)])
def test_configured_attribute(router, value, is_open):
    router.configure(ATTRIBUTE="Op25b-Open", VALUE=value)
    radattr(router, "Filter-Id port25-open\nOp25b-Open yes\n")
    assert bool(router.sessions) == is_open


def test_unknown_hook(router):
    process = router.start(Recording("pppd4-auth-up"))
    process.communicate()
    assert process.returncode == 0
    assert router.done == []
