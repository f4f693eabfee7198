# SPDX-License-Identifier: GPL-2.0
"""Sessions: customers for whom a BRAS has opened port 25."""
import errno
import json
import time

import pytest

import hosts
import memory
import packets
from client import CMD, LINUX, PROGRAM, Client, words
from conftest import Command, Ends, assert_counted, syn_to, sysfs
from test_events import monitored, silence
from traffic import Meanwhile, sender

NOBODY = 65534
NO_RIGHT = ("Error: this takes CAP_NET_ADMIN in the network namespace: use sudo, or be root "
            "there\n")


@pytest.fixture(name="op25b")
def fixture_op25b(op25b):
    """The command, on a router without policy or sessions."""
    op25b("-f", "session", "sync", input="")
    yield op25b
    op25b("-f", "session", "sync", input="")


def session(name, *prefixes, dev=None, expires=None, comment=None):
    """A session as the command shows it."""
    return {"id": name, "prefixes": list(prefixes), "dev": dev, "vrf": None, "expires": expires,
            "comment": comment}


def ids(op25b):
    return [one["id"] for one in op25b.json("session", "show")]


def without_times(op25b):
    return [{**one, "expires": None} for one in op25b.json("session", "show")]


def single(address):
    return f"{address}/{128 if ':' in address else 32}"


def refused(op25b, *words, text, code=2, **options):
    """Check that a command is refused with this text, and changes no session."""
    before = without_times(op25b)
    result = op25b.run(*words, **options)
    assert (result.returncode, result.stdout, result.stderr) == (code, "", f"Error: {text}\n")
    assert without_times(op25b) == before


def test_a_session_opens_port_25(net, op25b, ends):
    op25b.load(f"pool add east guard inbound prefix {ends.pool}\nrelay add {ends.relay}")
    generation, policy = sysfs("generation"), op25b("save")
    assert op25b.json("session", "show") == [] and op25b("session", "show") == ""
    assert op25b("session", "add", "ppp0", ends.customer) == ""
    assert net.passes(syn_to(ends))
    assert not net.passes(packets.syn(ends.neighbour, ends.foreign))
    # a session comes before a relay, and counts for what is sent to the customer, too
    assert net.passes(syn_to(ends, ends.relay), receiver=net.relay)
    assert net.passes(packets.syn(ends.foreign, ends.customer), sender=net.foreign,
                      receiver=net.customer)
    assert_counted(op25b, east={"syn": {"exempted": 2, "blocked": 1}, "inbound": {"exempted": 1}})
    assert op25b.json("session", "show") == [session("ppp0", single(ends.customer))]
    assert op25b.json("status")["sessions"] == 1
    # it is no part of the policy
    assert (sysfs("generation"), op25b("save")) == (generation, policy)
    assert op25b("session", "del", "ppp0") == ""
    assert not net.passes(syn_to(ends))
    assert op25b.json("status")["sessions"] == 0 and op25b.json("session", "show") == []


def test_outside_every_pool_it_does_nothing(net, op25b, ends):
    op25b.load(f"pool add east mode off prefix {ends.pool}\npool add west prefix {ends.fixed_net}")
    op25b("session", "add", "a", ends.pool, ends.foreign_net)
    assert net.passes(syn_to(ends))
    assert not net.passes(packets.syn(ends.fixed, ends.foreign), sender=net.fixed)
    assert_counted(op25b, east={}, west={"syn": {"blocked": 1}})


def test_prefixes_of_both_families_and_nested_ones(net, op25b):
    four, six = Ends(net, 4), Ends(net, 6)
    op25b.load(f"pool add east prefix {four.pool} {six.pool}")
    op25b("session", "add", "wide", six.pool, single(four.customer), four.pool, "comment",
          'a "#" in it')
    for end in four, six:
        assert net.passes(syn_to(end)) and net.passes(packets.syn(end.neighbour, end.foreign))
    assert op25b.json("session", "show", "wide") == [session(
        "wide", four.pool, single(four.customer), six.pool, comment='a "#" in it')]
    op25b("session", "add", "narrow", single(four.neighbour))
    op25b("session", "del", "wide")
    assert not net.passes(syn_to(four)) and not net.passes(syn_to(six))
    assert net.passes(packets.syn(four.neighbour, four.foreign))


def test_the_device_of_a_session(net, op25b):
    four, six = Ends(net, 4), Ends(net, 6)
    op25b.load(f"pool add east action tcp-reset guard spoofed inbound prefix {four.pool} {six.pool} "
               f"{four.fixed_net}\nrelay add {four.relay}")
    op25b("session", "add", "ppp0", "dev", "customer")
    for end in four, six:
        assert net.passes(syn_to(end))
        # that of another device does not matter, nor whose address it is
        assert net.passes(packets.syn(end.neighbour, end.foreign))
    assert not net.passes(packets.syn(four.fixed, four.foreign), sender=net.fixed)
    assert net.passes(syn_to(four, four.relay), receiver=net.relay)
    assert len(net.send(*packets.fragments(syn_to(four), 8)).arrived) == 2
    # towards the customer the device does not count
    assert not net.passes(packets.syn(four.foreign, four.customer), sender=net.foreign,
                          receiver=net.customer)
    assert_counted(op25b, east={
        "syn": {"exempted": 4, "blocked": 1, "relayed": 1}, "inbound": {"blocked": 1},
        "malformed": {"exempted": 2}})
    assert op25b.json("session", "show") == [session("ppp0", dev="customer")]
    op25b("session", "del", "ppp0")
    assert not net.passes(syn_to(four))


def test_it_ends_with_its_device(op25b):
    host = hosts.Host("devices")
    command = Command(host)
    host.ip("link add ppp7 type dummy\nlink set ppp7 up\nlink add ppp8 type dummy\n")
    refused(command, "session", "add", "a", "dev", "ppp9", text='device "ppp9" does not exist')
    refused(command, "session", "add", "a", "dev", "ppp8", text='device "ppp8" is down')
    command("session", "add", "a", "dev", "ppp7", "timeout", "1d")
    command("session", "add", "b", "10.0.0.7")
    host.ip("link set ppp8 up\n")
    if LINUX >= (6, 2):     # before, a device has to go down for a new name
        host.ip("link set ppp7 name ppp70\n")
        assert command.json("session", "show", "a")[0]["dev"] == "ppp70"
    command("session", "add", "c", "dev", "ppp8")
    assert ids(command) == ["a", "b", "c"]
    host.ip("link set ppp8 down\nlink set ppp8 up\n")
    assert ids(command) == ["a", "b"]
    host.ip(f"link del {command.json('session', 'show', 'a')[0]['dev']}\n")
    assert ids(command) == ["b"]
    # in another namespace it is gone from this one
    command("session", "add", "c", "dev", "ppp8")
    other = hosts.Host("devices2")
    host.ip("link set ppp8 netns devices2\n")
    assert ids(command) == ["b"] and ids(Command(other)) == []
    other.remove()
    host.remove()


def test_it_expires(net, op25b, ends):
    op25b.load(f"pool add east prefix {ends.pool}")
    op25b("session", "add", "wide", ends.pool)
    op25b("session", "add", "short", ends.customer, "timeout", "2")
    assert 1 <= op25b.json("session", "show", "short")[0]["expires"] <= 2
    hosts.until(lambda: ids(op25b) == ["wide"])
    assert net.passes(syn_to(ends))     # the prefix around it still is a session's
    op25b("session", "del", "wide")
    op25b("session", "add", "short", ends.customer, "timeout", "3")
    assert net.passes(syn_to(ends))
    hosts.until(lambda: not net.passes(syn_to(ends)))
    assert op25b.json("session", "show") == []
    hosts.until(lambda: op25b.json("status")["sessions"] == 0)
    op25b("session", "add", "short", ends.customer)


def test_with_force_the_newest_has_it(op25b):
    op25b("session", "add", "a", "10.0.0.1", "10.0.0.2", "timeout", "1000", "comment", "first")
    op25b("session", "add", "b", "10.0.0.3")
    refused(op25b, "session", "add", "a", "10.0.0.9", text='session "a" exists already')
    refused(op25b, "session", "add", "c", "10.0.0.9", "10.0.0.2",
            text='prefix 10.0.0.2/32 is in session "a"')
    op25b("-f", "session", "add", "c", "10.0.0.2", "10.0.0.3", "10.0.0.2")
    a, c = op25b.json("session", "show")
    assert 990 <= a.pop("expires") <= 1000
    assert a == {"id": "a", "prefixes": ["10.0.0.1/32"], "dev": None, "vrf": None, "comment": "first"}
    assert c == session("c", "10.0.0.2/32", "10.0.0.3/32")
    # one that is there becomes exactly what is given
    op25b("session", "add", "-f", "a", "2001:db8::/64")
    assert op25b.json("session", "show", "a") == [session("a", "2001:db8::/64")]
    op25b("session", "add", "a2", "10.0.0.1")
    op25b("session", "add", "d", "dev", "fixed")
    refused(op25b, "session", "add", "e", "dev", "fixed",
            text='device "fixed" is that of session "d"')
    op25b("-f", "session", "add", "e", "dev", "fixed")
    assert ids(op25b) == ["a", "a2", "c", "e"]
    refused(op25b, "session", "del", "d", text='session "d" does not exist')
    refused(op25b, "session", "show", "d", text='session "d" does not exist')
    op25b("-f", "session", "del", "d")


def test_a_long_id_is_named_too(op25b):
    """There is no room for it in what the kernel itself says."""
    owner, tunnel = "o" * 63, "t" * 63
    op25b("session", "add", owner, "10.0.0.1")
    op25b("session", "add", tunnel, "dev", "fixed")
    refused(op25b, "session", "add", "a", "10.0.0.1", text=f'prefix 10.0.0.1/32 is in session "{owner}"')
    refused(op25b, "session", "add", "a", "dev", "fixed",
            text=f'device "fixed" is that of session "{tunnel}"')


@pytest.mark.parametrize("words, text", [
    ("add", "the id of a session is missing"),
    ("add a", 'a session has either prefixes or a device, which "dev" goes before'),
    ("add a 10.0.0.1 dev lo", 'a session has either prefixes or a device, which "dev" goes before'),
    ("add a dev", "dev takes the name of a device"),
    ("add a 10.0.0.1 speed 7",
     'unknown word "speed", expected a prefix or one of: dev, vrf, timeout, comment'),
    ("add a 10.0.0.7/24", "prefix 10.0.0.7/24 has host bits set, did you mean 10.0.0.0/24?"),
    (f"add {'x' * 64} 10.0.0.1", f'"{"x" * 64}" is not a session\'s id: 1 to 63 printable ASCII '
     "characters, no blanks"),
    ("del", "the id of a session is missing")])
def test_wrong_words(op25b, words, text):
    refused(op25b, "session", *words.split(), text=text, code=1)


LINES = ("ppp0 10.0.0.1/32 2001:db8:1::/56\n"
         'ppp1 10.0.0.2/32 timeout 1000 comment "some # text"\n'
         "tunnel dev customer\n")


def test_save_and_sync(op25b):
    def sync(text, *options):
        return op25b.run(*options, "session", "sync", input=text)

    assert json.loads(op25b("-j", "session", "sync", input=LINES)) == \
        {"added": 3, "changed": 0, "deleted": 0, "kept": 0}
    saved = op25b("session", "save")
    assert saved.replace("timeout 999", "timeout 1000") == LINES
    time.sleep(2.1)
    # what stays keeps its timeout
    assert sync("# a comment\n\n" + LINES + "new 10.0.0.3\n").stdout == \
        "1 added, 0 changed, 0 deleted, 3 kept\n"
    assert op25b.json("session", "show", "ppp1")[0]["expires"] < 999
    assert sync("ppp0 10.0.0.1\nppp1 10.0.0.3 timeout 1000\nother 10.0.0.2\n").stdout == \
        "1 added, 2 changed, 2 deleted, 0 kept\n"
    assert [(one["id"], one["prefixes"]) for one in op25b.json("session", "show")] == [
        ("other", ["10.0.0.2/32"]), ("ppp0", ["10.0.0.1/32"]), ("ppp1", ["10.0.0.3/32"])]
    before = ids(op25b)
    for text, error, code in [
            ("", 'there is no session in "-": with --force, all sessions end', 1),
            ("# nothing\n", 'there is no session in "-": with --force, all sessions end', 1),
            ("a 10.0.0.1\nb\n", '-:2: a session has either prefixes or a device, which "dev" goes before',
             1),
            ("a 10.0.0.1\nb 10.0.0.2\na 10.0.0.3\n", '-:3: session "a" is given twice', 2),
            ("a 10.0.0.1\nb 10.0.0.2 10.0.0.1\n", '-:2: prefix 10.0.0.1/32 is in session "a"', 2),
            ("a 10.0.0.1\nb dev ppp99\n", '-:2: device "ppp99" does not exist', 2)]:
        result = sync(text)
        error = error if error.startswith("-:") else f"Error: {error}"
        assert (result.returncode, result.stdout, result.stderr) == (code, "", f"{error}\n")
        assert ids(op25b) == before
    assert sync("a 10.0.0.1\nb dev ppp99\n", "-f").stdout == "1 added, 0 changed, 3 deleted, 0 kept\n"
    assert sync("", "-f").stdout == "0 added, 0 changed, 1 deleted, 0 kept\n"


def test_sync_is_one_step(net, op25b, ends, tmp_path):
    """A customer that all lists have is never blocked."""
    op25b.load(f"pool add east prefix {ends.pool}")
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text(f"a {ends.customer}\nb 10.1.0.0/16\n")
    two.write_text(f"c 10.2.0.1\nb {ends.customer} 10.1.0.0/17\n")
    op25b("session", "sync", str(one))
    with Meanwhile(sender(net.customer.tap, syn_to(ends))) as traffic:
        for _ in range(100):
            op25b("session", "sync", str(two))
            op25b("session", "sync", str(one))
    assert_counted(op25b, east={"syn": {"exempted": traffic.result}})
    assert traffic.result > 100


def test_policies_leave_sessions_alone(net, op25b, ends):
    op25b.load(f"pool add east prefix {ends.pool}")
    op25b("session", "add", "a", ends.customer)
    shown = op25b.json("session", "show")
    policy = f"pool add west prefix {ends.pool}\n"
    for words, text in [(("restore",), policy), (("restore", "--confirm", "1h"), policy),
                        (("confirm",), None), (("restore", "--confirm", "1h"), policy),
                        (("rollback",), None), (("flush",), None), (("restore",), policy)]:
        op25b(*words, input=text)
        assert op25b.json("session", "show") == shown
        assert net.passes(syn_to(ends))
    # while a policy waits, sessions go on
    op25b("restore", "--confirm", "1h", input=policy)
    op25b("session", "add", "b", ends.neighbour)
    assert net.passes(packets.syn(ends.neighbour, ends.foreign))
    op25b("rollback")
    result = op25b.run("restore", input="pool add east\nsession add c 10.0.0.9\n")
    assert (result.returncode, result.stderr) == \
        (1, '-:2: "session add" does not change the policy\n')


def test_events(op25b):
    with monitored(op25b, "sessions") as monitor:
        def expect(change, one, by_process=True):
            found = monitor.next()
            assert (found.pop("pid") is not None) == by_process
            assert (found.pop("event"), found.pop("change"), found.pop("uid")) == \
                ("session", change, 0 if by_process else None)
            del found["time"]
            assert found == one
        op25b("session", "add", "a", "10.0.0.1", "10.0.0.2")
        expect("new", session("a", "10.0.0.1/32", "10.0.0.2/32"))
        op25b("-f", "session", "add", "b", "10.0.0.2")
        expect("changed", session("a", "10.0.0.1/32"))
        expect("new", session("b", "10.0.0.2/32"))
        op25b("-f", "session", "add", "c", "10.0.0.2", "timeout", "2")
        expect("deleted", session("b", "10.0.0.2/32"))
        expect("new", session("c", "10.0.0.2/32", expires=2))
        expect("expired", session("c", "10.0.0.2/32", expires=1), by_process=False)
        op25b("session", "sync", input="a 10.0.0.1\n")
        op25b("pool", "add", "east")
        assert silence(monitor, 1)
        op25b("session", "del", "a")
        expect("deleted", session("a", "10.0.0.1/32"))
        assert monitor.end() == []


def test_sessions_are_about_people(net, op25b, ends):
    op25b.load(f"pool add east prefix {ends.pool}")
    op25b("session", "add", "a", ends.customer)
    for words in ("session show", "session save", "session show a", "session add b 10.0.0.9",
                  "session del a", "monitor sessions"):
        result = op25b.run(*words.split(), user=NOBODY)
        assert (result.returncode, result.stdout) == (2, ""), words
    assert op25b.run("session", "show", user=NOBODY).stderr == NO_RIGHT
    public = json.loads(op25b.run("-j", "test", ends.customer, ends.foreign, user=NOBODY).stdout)
    assert (public["session"], public["verdict"]) == (None, "exempted")
    assert json.loads(op25b.run("-j", "status", user=NOBODY).stdout)["sessions"] == 1
    assert ids(op25b) == ["a"]


def test_test_names_the_session(op25b, ends):
    op25b.load(f"pool add east prefix {ends.pool}\nrelay add {ends.relay}")
    op25b("session", "add", "a", ends.customer)
    op25b("session", "add", "ppp0", "dev", "customer")

    def verdict(*words):
        answer = op25b.json("test", *words)
        return answer["session"], answer["verdict"], answer["exempt"]

    assert verdict(ends.customer, ends.foreign) == ("a", "exempted", False)
    assert verdict(ends.customer, ends.relay) == ("a", "exempted", False)
    assert verdict(ends.neighbour, ends.foreign) == (None, "blocked", False)
    assert verdict(ends.neighbour, ends.foreign, "dev", "customer") == ("ppp0", "exempted", False)
    assert verdict(ends.neighbour, ends.foreign, "dev", "fixed") == (None, "blocked", False)
    assert verdict(ends.neighbour, ends.relay, "dev", "customer") == (None, "relayed", False)
    assert verdict(ends.fixed, ends.foreign, "dev", "customer") == (None, "passed", False)
    assert "session a\n" in op25b("test", ends.customer, ends.foreign)
    result = op25b.run("test", ends.customer, ends.foreign, "dev", "ppp99")
    assert (result.returncode, result.stderr) == (2, 'Error: device "ppp99" does not exist\n')


def test_many_sessions_and_prefixes(op25b):
    lines = "".join(f"s{n:05} 10.{n >> 8}.{n & 255}.1 2001:db8:{n:x}::/56\n" for n in range(5000))
    many = " ".join(f"172.16.{n >> 8}.{n & 255}" for n in range(3000))
    op25b("session", "sync", input=lines + f"zz {many}\n")
    shown = op25b.json("session", "show")
    assert len(shown) == 5001 and op25b.json("status")["sessions"] == 5001
    assert shown[-1]["id"] == "zz" and shown[-1]["prefixes"] == [f"{one}/32" for one in many.split()]
    assert op25b("session", "sync", input=op25b("session", "save")) == \
        "0 added, 0 changed, 0 deleted, 5001 kept\n"


def test_a_batch_of_sessions(op25b):
    answers = op25b.run("-j", "-k", "-b", "-", input=(
        "session add a 10.0.0.1\nsession add a 10.0.0.2\nsession add b 10.0.0.1 timeout 1h\n"
        "session show a\n"))
    assert answers.returncode == 2
    lines = [json.loads(line) for line in answers.stdout.splitlines()]
    assert [line["ok"] for line in lines] == [True, False, False, True]
    assert lines[1]["error"] == 'session "a" exists already'
    assert lines[3]["result"] == [session("a", "10.0.0.1/32")]


@pytest.fixture(scope="module")
def vrf():
    """A network whose router has its interfaces in a VRF."""
    network = hosts.Network("s", ["customer", "foreign"], vrf="vrf-isp")
    yield network
    network.remove()


@pytest.mark.parametrize("tracked", [False, True], ids=["untracked", "conntrack"])
def test_the_device_within_a_vrf(vrf, v, tracked):
    """A packet comes a second time, by the device of the VRF. That of its first time is meant."""
    op25b = Command(vrf.bras)
    src, dst = vrf.customer.ghosts[v][0], vrf.foreign.ghosts[v][0]
    op25b.load(f"pool add east prefix {vrf.customer.network[v]}")
    if tracked:
        vrf.bras.run("nft", "add table inet t; add chain inet t c { type filter hook forward "
                     "priority 0; }; add rule inet t c ct state new accept")
    assert not vrf.passes(packets.syn(src, dst))
    op25b("-f", "session", "add", "a", "dev", "customer")
    assert vrf.passes(packets.syn(src, dst, seq=2000))
    assert_counted_in(op25b, {"blocked": 1, "exempted": 1})
    op25b("session", "del", "a")
    op25b("session", "add", "a", "dev", "foreign")
    assert not vrf.passes(packets.syn(src, dst, sport=40001))
    op25b("session", "del", "a")
    if tracked:
        vrf.bras.run("nft", "delete", "table", "inet", "t")


def assert_counted_in(op25b, cells):
    counters = op25b.counters()["east"]["syn"]
    assert {verdict: count for verdict, count in counters.items() if count} == cells


def test_a_namespace_goes_with_its_sessions(module):
    """Its memory is given back."""
    def cycle():
        host = hosts.Host("sessions")
        host.ip("link add d0 type dummy\nlink set d0 up\n")
        command = Command(host)
        command("session", "sync", input="".join(f"s{n} 10.0.{n}.1\n" for n in range(50)) +
                "d dev d0\nt 10.9.0.1 timeout 1000\n")
        host.remove()

    net = hosts.Network("m")
    memory.assert_no_growth(net, cycle)
    net.remove()


def test_a_list_that_is_refused_leaves_no_memory(net, op25b):
    """By force, too, when the kernel reads what it refuses a second time, to say why."""
    client = Client(net.bras, PROGRAM)
    attributes = words("FORCE:x: SESSION[ ID:s:a PREFIX[ ADDR4:x:0a000001 ] "
                       "PREFIX[ ADDR4:x:0a000001 LEN:u8:24 ] ]")[0]

    def cycle():
        for _ in range(10):
            assert client(f"do {CMD['SESSION_SYNC']} {attributes}")["error"] == errno.EINVAL

    memory.assert_no_growth(net, cycle)
    client.end()


def test_changes_leave_no_memory(net, op25b):
    def cycle():
        op25b("session", "sync", input="".join(f"s{n} 10.0.{n}.1 10.1.{n}.0/24\n" for n in range(50)))
        op25b("-f", "session", "add", "s7", "10.0.8.1", "timeout", "1000", "comment", "x" * 200)
        op25b("session", "add", "d", "dev", "customer")
        op25b("session", "del", "s9")
        op25b.run("session", "add", "e", "10.7.0.1", "10.1.1.0/24")
        op25b.run("-k", "-b", "-", input="session del none\n" * 10)
        op25b("session", "show")
        op25b("-f", "session", "sync", input="")

    memory.assert_no_growth(net, cycle)
