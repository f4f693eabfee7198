# SPDX-License-Identifier: GPL-2.0
"""op25b-reload with the real module: what is in force in two namespaces survives, from one build of
the module to another.

The other build is the same with another srcversion. tests/reload has all that can go wrong.
"""
import os
import re
import shutil
import subprocess

import pytest

import hosts
import packets
from conftest import MODULE, Command, assert_counted, syn_to
from test_dkms import MODULES, RELEASE, done, few_modules, loaded   # noqa: F401 (a fixture)
from traffic import Meanwhile, paced, sender

SCRIPT = os.path.abspath("tools/reload/op25b-reload")
INSTALLED = f"{MODULES}/updates/op25b.ko"
KEPT = "/var/lib/op25b"
SRCVERSION = "0123456789ABCDEF01234567"
PREFIXES = 10000
# On an emulated processor; on a real one it is below 50 ms.
GAP_MAX_MS = 5000

with open(MODULE, "rb") as module_file:
    OLD = module_file.read()
NEW, FOUND = re.subn(rb"srcversion=([0-9A-F]{23,24})\0",
                     lambda found: b"srcversion=%s\0" % SRCVERSION.encode()[:len(found[1])], OLD)
assert FOUND == 1
# The kernel has no such function.
BROKEN = NEW.replace(b"nf_register_net_hooks", b"nf_register_net_hookz")
assert BROKEN != NEW


def install(data):
    """Have modprobe find this module."""
    os.makedirs(os.path.dirname(INSTALLED), exist_ok=True)
    with open(INSTALLED, "wb") as file:
        file.write(data)
    # depmod names symbols that it does not find, and succeeds.
    done("depmod", RELEASE)


def srcversion():
    with open("/sys/module/op25b/srcversion", encoding="ascii") as file:
        return file.read().strip()


def reload(*words, code=0):
    """Run op25b-reload; its output and errors."""
    path = f"{os.path.dirname(Command.PATH)}:{os.environ['PATH']}"
    result = subprocess.run([SCRIPT, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env={**os.environ, "PATH": path}, text=True, check=False, timeout=300)
    assert result.returncode == code, result
    return result.stdout, result.stderr


def gap(text, what="nothing was blocked"):
    """For how many milliseconds, as it says."""
    return int(re.search(rf"^op25b-reload: for (\d+) ms {what}", text, re.M)[1])


def tables(host):
    return host.run("nft", "list", "tables")


@pytest.fixture(scope="module")
def nft(net):
    """Load what nft takes, before the other modules are hidden."""
    net.bras.run("nft", "-f", "-", input="table inet first { chain forward { type filter hook "
                 "forward priority filter; tcp dport 25 tcp flags & (syn | ack) == syn counter "
                 "drop\n}\n}\n")
    net.bras.run("nft", "delete", "table", "inet", "first")


@pytest.fixture
def upgrade(nft, request, op25b):
    """The new module is installed, the old one is loaded, and its file is kept."""
    request.getfixturevalue("few_modules")
    before = srcversion()
    install(OLD)
    reload("--keep")
    install(NEW)
    yield before
    if loaded():
        done("rmmod", "op25b")
    os.unlink(INSTALLED)
    shutil.rmtree(KEPT)
    done("depmod", RELEASE)
    done("insmod", MODULE)


@pytest.fixture
def other():
    """Another router, in a namespace of its own."""
    host = hosts.Host("other")
    yield Command(host)
    host.remove()


def settings(ends4):
    return (f"pool add east action tcp-reset guard inbound senders on prefix {ends4.pool}\n"
            f"exempt add east {ends4.neighbour} comment \"ticket 1\"\n"
            f"relay add {ends4.relay}\n")


def test_reload(net, op25b, ends4, upgrade, other):
    op25b.load(settings(ends4))
    other.load(f"pool add west mode observe vrf red prefix {ends4.pool}\n"
               f"exempt add west {ends4.customer} timeout 1h\n")
    saved = op25b("save")
    assert not net.passes(syn_to(ends4))
    op25b("session", "add", "a", ends4.customer)
    assert net.passes(syn_to(ends4))
    assert_counted(op25b, east={"syn": {"blocked": 1, "exempted": 1}})
    assert len(op25b.json("sender", "show")) == 1

    out, errors = reload()
    assert errors == "" and gap(out) < GAP_MAX_MS
    assert srcversion() != upgrade and SRCVERSION.startswith(srcversion())
    assert op25b("save") == saved
    session, = op25b.json("session", "show")
    assert (session["id"], session["prefixes"]) == ("a", [f"{ends4.customer}/32"])
    exempt, = other.json("exempt", "show")
    assert 3000 < exempt["expires"] <= 3600
    assert other.json("pool", "show")[0]["vrf"] == "red"
    # counters and senders start anew
    assert_counted(op25b, east={})
    assert op25b.json("sender", "show") == []
    assert net.passes(syn_to(ends4))
    op25b("session", "del", "a")
    assert not net.passes(syn_to(ends4))
    assert_counted(op25b, east={"syn": {"blocked": 1, "exempted": 1}})
    # the new one is kept now, and is the one that is installed
    assert done("modinfo", "-F", "srcversion", f"{KEPT}/op25b.ko").strip() == srcversion()
    assert "is loaded already" in reload()[0]
    assert not [name for name in os.listdir("/run") if name.startswith("op25b-reload.")
                and name != "op25b-reload.lock"]


def test_sessions_with_devices(net, op25b, ends4, upgrade):
    """They are found by the name again."""
    op25b.load(settings(ends4))
    op25b("session", "add", "b", "dev", "customer", "timeout", "1h")
    reload()
    session, = op25b.json("session", "show")
    assert (session["id"], session["dev"]) == ("b", "customer")
    assert 3000 < session["expires"] <= 3600
    assert net.passes(syn_to(ends4))
    op25b("session", "del", "b")
    assert not net.passes(syn_to(ends4))


def test_unconfirmed(net, op25b, ends4, upgrade, other, tmp_path):
    op25b.load(settings(ends4))
    (tmp_path / "site.conf").write_text("pool add west\n")
    other("restore", "--confirm", "1d", str(tmp_path / "site.conf"))
    assert not net.passes(syn_to(ends4))
    out, errors = reload(code=2)
    assert out == "" and "namespace other: the policy waits to be confirmed" in errors
    assert srcversion() == upgrade
    # it was not even removed for a moment
    assert_counted(op25b, east={"syn": {"blocked": 1}})
    other("rollback")
    reload()
    assert srcversion() != upgrade


def test_module_that_does_not_load(net, op25b, ends4, upgrade):
    op25b.load(settings(ends4))
    op25b("session", "add", "a", "10.99.0.1")
    saved = op25b("save")
    install(BROKEN)
    out, errors = reload("--hold", code=3)
    assert "THE NEW MODULE DOES NOT LOAD: the old one," in errors and "Unknown symbol" in errors
    assert gap(out, "only nft blocked") < GAP_MAX_MS
    assert srcversion() == upgrade
    assert op25b("save") == saved and op25b.json("session", "show")[0]["id"] == "a"
    assert not net.passes(syn_to(ends4))
    assert "op25b_reload" not in tables(net.bras)
    folder = re.search(r"/run/op25b-reload\.\w+", errors)[0]
    assert os.stat(folder).st_mode & 0o777 == 0o700
    shutil.rmtree(folder)


def test_file_that_is_cut(net, op25b, ends4, upgrade):
    op25b.load(settings(ends4))
    with open(INSTALLED, "wb") as file:
        file.write(NEW[:len(NEW) // 2])
    assert not net.passes(syn_to(ends4))
    out, errors = reload(code=2)
    assert out == "" and "nothing was changed" in errors
    assert_counted(op25b, east={"syn": {"blocked": 1}})


def count_during_reload(net, ends4, *words):
    """How many SYNs of steady traffic arrive while the module is replaced; the output."""
    net.foreign.tap.drain()
    with Meanwhile(paced(sender(net.customer.tap, syn_to(ends4)))) as other:
        out, errors = reload("-f", *words)
    assert errors == "" and other.result > 100
    arrived = net.settle(net.customer, net.foreign).arrived
    assert all(packet == packets.forwarded(syn_to(ends4)) for packet in arrived)
    return len(arrived), out


def test_hold(net, op25b, ends4, upgrade):
    """Under steady traffic no SYN passes; without --hold some do."""
    op25b.load(f"pool add east prefix {ends4.pool}\n")
    passed, out = count_during_reload(net, ends4)
    print(f"without --hold: {passed} SYNs passed in {gap(out)} ms")
    assert passed > 0
    passed, out = count_during_reload(net, ends4, "--hold")
    assert gap(out, "only nft blocked") < GAP_MAX_MS
    assert passed == 0
    assert "op25b_reload" not in tables(net.bras)
    assert not net.passes(syn_to(ends4))


def test_gap(op25b, upgrade):
    """Its length hardly depends on the number of prefixes: messages are built before."""
    gaps = {}
    for count in (1, PREFIXES):
        op25b("restore", input="pool add east\n" + "".join(
            f"prefix add east 10.{n >> 8}.{n & 255}.0/26\n" for n in range(count)))
        gaps[count] = gap(reload("-f")[0])
        assert op25b.json("status")["prefixes"]["ipv4"] == count
    for count, milliseconds in gaps.items():
        print(f"{count} prefixes: nothing was blocked for {milliseconds} ms, emulated")
    assert max(gaps.values()) < GAP_MAX_MS
