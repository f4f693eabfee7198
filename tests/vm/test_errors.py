# SPDX-License-Identifier: GPL-2.0
"""Refused commands: their messages, and that they change nothing."""
import pytest

from conftest import sysfs

POLICY = """\
pool add east guard synack prefix 10.0.0.0/24 2001:db8:e::/48
pool add west mode observe
prefix add west 10.1.0.0/16
exempt add east 10.0.0.7
relay add 192.0.2.0/28
relay add 198.51.100.1 pool east
target add 203.0.113.0/24
target add 198.51.100.0/24 pool west
"""

REFUSED = {     # exit code 2: the command is valid, and the kernel refuses it
    "pool add east": 'pool "east" exists already',
    "pool add new prefix 10.0.0.0/24": 'prefix 10.0.0.0/24 is in pool "east"',
    "pool add new prefix 10.9.0.0/16 10.9.0.0/16": 'prefix 10.9.0.0/16 is in pool "new" already',
    "pool set eest mode off": 'pool "eest" does not exist',
    "pool del eest": 'pool "eest" does not exist',
    "pool show eest": 'pool "eest" does not exist',
    "pool reset eest": 'pool "eest" does not exist',
    "prefix add eest 10.9.0.0/16": 'pool "eest" does not exist',
    "prefix add east 10.9.0.0/16 10.1.0.0/16": 'prefix 10.1.0.0/16 is in pool "west"',
    "prefix add east 10.9.0.0/16 10.0.0.0/24": 'prefix 10.0.0.0/24 is in pool "east" already',
    "prefix add west 10.0.0.7": 'prefix 10.0.0.7/32 is an exempt of pool "east"',
    "prefix del east 10.0.0.0/24 10.9.0.0/16": "prefix 10.9.0.0/16 is not in the pool",
    "prefix del west 10.0.0.0/24": 'prefix 10.0.0.0/24 is in pool "east"',
    "prefix move west 10.9.0.0/16": "prefix 10.9.0.0/16 is in no pool",
    "prefix move east 10.0.0.0/24": 'prefix 10.0.0.0/24 is in pool "east" already',
    "prefix del east 10.0.0.7": "prefix 10.0.0.7/32 is not in the pool",
    "prefix show eest": 'pool "eest" does not exist',
    "exempt add east 10.0.0.7": 'exempt 10.0.0.7/32 is in pool "east" already',
    "exempt add west 10.0.0.7": 'exempt 10.0.0.7/32 is in pool "east"',
    "exempt add west 10.0.0.0/24": 'exempt 10.0.0.0/24 is in pool "east"',
    "exempt add eest 10.0.0.8": 'pool "eest" does not exist',
    "exempt add 10.0.0.7 10.0.0.8":
        'pool "10.0.0.7" does not exist: the name of a pool comes before the prefixes',
    "exempt del west 10.0.0.7": 'exempt 10.0.0.7/32 is in pool "east"',
    "exempt del east 10.0.0.8": "exempt 10.0.0.8/32 is not there",
    "exempt del east 10.0.0.0/24": "exempt 10.0.0.0/24 is not there",
    "exempt show eest": 'pool "eest" does not exist',
    "relay add 192.0.2.0/28": "relay 192.0.2.0/28 is there already",
    "relay add 198.51.100.1 pool eest": 'pool "eest" does not exist',
    "relay add 198.51.100.1 pool east": 'relay 198.51.100.1/32 is in pool "east" already',
    "relay del 198.51.100.1": 'relay 198.51.100.1/32 is one of pool "east", add "pool east"',
    "relay del 198.51.100.1 pool west": 'relay 198.51.100.1/32 is one of pool "east"',
    "relay del 192.0.2.0/28 pool east":
        'relay 192.0.2.0/28 is for all pools, leave out "pool east"',
    "relay del 192.0.2.1": "relay 192.0.2.1/32 is not there",
    "target add 203.0.113.0/24": "target 203.0.113.0/24 is there already",
    "target add 203.0.113.0/24 pool eest": 'pool "eest" does not exist',
    "target add 198.51.100.0/24 pool west": 'target 198.51.100.0/24 is in pool "west" already',
    "target del 198.51.100.0/24": 'target 198.51.100.0/24 is one of pool "west", add "pool west"',
    "target del 198.51.100.0/24 pool east": 'target 198.51.100.0/24 is one of pool "west"',
    "target del 203.0.113.0/24 pool east":
        'target 203.0.113.0/24 is for all pools, leave out "pool east"',
    "target del 192.0.2.0/28": "target 192.0.2.0/28 is not there",
    "sender show eest": 'pool "eest" does not exist',
    "sender show 10.0.0.7":
        'pool "10.0.0.7" does not exist: the name of a pool comes before the prefix',
    "sender reset eest 10.0.0.7": 'pool "eest" does not exist',
}

WRONG = {       # exit code 1: nothing was sent
    "pond add": 'unknown object "pond", expected one of: pool, prefix, exempt, relay, target, '
                'session, sender, test, status, save, restore, confirm, rollback, diff, monitor, metrics, flush, help',
    "p add": 'object "p" is ambiguous, expected one of: pool, prefix',
    "pool ade east": 'unknown command "pool ade", did you mean "pool add"?',
    "pool list": 'unknown command "pool list", did you mean "pool show"?',
    "pool set east": "a setting is missing, expected one of: mode, action, guard, senders, "
                     "subscriber, log",
    "prefix add 10.0.0.0/24": 'the name of a pool is missing before "10.0.0.0/24"',
    "pool add": "the name of a pool is missing",
    "pool add .east": None,
    "pool add -east": None,
    "pool add a/b": None,
    "pool add ": None,
    f"pool add {'n' * 32}": None,
    "pool add new mode on": None,
    "pool add new mode": None,
    "pool add new action reject": None,
    "pool add new guard door": None,
    "pool add new senders yes": None,
    "pool add new subscriber 0": None,
    "pool set east subscriber 129": None,
    "sender show east 10.0.0.1/24":
        "prefix 10.0.0.1/24 has host bits set, did you mean 10.0.0.0/24?",
    "sender reset 10.0.0.0/24": 'the name of a pool is missing before "10.0.0.0/24"',
    "pool add new mode off mode off": "mode is given twice",
    "pool add new prefix": "a prefix is missing",
    "pool set east guard none synack": None,
    "prefix add east": "a prefix is missing",
    "prefix add east 10.0.0.1/24":
        "prefix 10.0.0.1/24 has host bits set, did you mean 10.0.0.0/24?",
    "prefix add east ::ffff:10.0.1.0/120":
        "prefix ::ffff:10.0.1.0/120 is IPv4-mapped, did you mean 10.0.1.0/24?",
    "test ::ffff:10.0.0.5 2001:db8::1":
        "address ::ffff:10.0.0.5 is IPv4-mapped, did you mean 10.0.0.5?",
    "prefix add east 2001:db8::1/64":
        "prefix 2001:db8::1/64 has host bits set, did you mean 2001:db8::/64?",
    "prefix add east 10.0.0.0/33": "prefix 10.0.0.0/33 has a bad length, expected 0 to 32",
    "prefix add east 2001:db8::/129": "prefix 2001:db8::/129 has a bad length, expected 0 to 128",
    "prefix add east 10.0.0.0/": None,
    "prefix add east 10.0.0.0/255.255.255.0":
        "prefix 10.0.0.0/255.255.255.0 has a netmask, did you mean 10.0.0.0/24?",
    "prefix add east 10.0.0.0/24,10.0.1.0/24": None,
    "prefix add east 10.0.0.0/-1": None,
    "prefix add east 10.0.0/24": None,
    "prefix add east 010.0.0.0/8": None,
    "prefix add east 10.0.0.0/08": None,
    "prefix add east east": None,
    "prefix add east fe80::1%eth0": None,
    "exempt add east 10.0.0.8 timeout": None,
    "exempt add east 10.0.0.8 timeout 0": None,
    "exempt add east 10.0.0.8 timeout -5": None,
    "exempt add east 10.0.0.8 timeout 99999999999": None,
    "exempt add east 10.0.0.8 timeout soon": None,
    "exempt add east 10.0.0.8 comment": "comment takes a text",
    f"exempt add east 10.0.0.8 comment {'c' * 256}": "the comment is longer than 255 bytes",
    "relay add": "a prefix is missing",
    "relay add 10.9.9.9 pool": None,
    "test 10.0.0.1": None,
    "test 10.0.0.1 2001:db8::1": "one address is IPv4, the other IPv6",
    "test 10.0.0.0/24 192.0.2.1": None,
    "status now": '"now" is one word too many',
    "flush all": '"all" is one word too many',
    "restore /nonexistent": 'cannot open "/nonexistent": No such file or directory',
    "-b /nonexistent": 'cannot open "/nonexistent": No such file or directory',
    "-x status": 'unknown option "-x"',
}


def state(op25b):
    return op25b("save"), op25b.json("status"), op25b.counters()


@pytest.fixture(scope="class")
def policy(command):
    """A policy that no command of the tables below may change."""
    command.load(POLICY)
    before = state(command)
    yield command, sysfs("generation")
    assert state(command) == before


FILES = {   # the last line is the one at fault
    'prefix add eest 10.9.0.0/16': 'pool "eest" does not exist',
    'pool add north\nprefix add north 10.9.0.0/16\nprefix add eest 10.8.0.0/16':
        'pool "eest" does not exist',
    'pool add north\npool add north': 'pool "north" exists already',
    'pool add north prefix 10.9.0.0/16\npool add south prefix 10.9.0.0/16':
        'prefix 10.9.0.0/16 is in pool "north"',
    'pool add north\nexempt add north 10.9.0.7\npool add south\nprefix add south 10.9.0.7':
        'prefix 10.9.0.7/32 is an exempt of pool "north"',
    'pool add north prefix 10.9.0.7\npool add south\nexempt add south 10.9.0.8 10.9.0.7':
        'exempt 10.9.0.7/32 is in pool "north"',
    # in the policy in force, the prefix is in pool west
    'pool add north prefix 10.1.0.0/16\npool add west\nprefix add west 10.1.0.0/16':
        'prefix 10.1.0.0/16 is in pool "north"',
    'pool add north\nrelay add 192.0.2.7\nrelay add 192.0.2.7 pool north\n'
    'relay add 192.0.2.7 pool north': 'relay 192.0.2.7/32 is in pool "north" already',
    '# comment\n\npool add north\nprefix add north 10.9.0.1/16':
        'prefix 10.9.0.1/16 has host bits set, did you mean 10.9.0.0/16?',
    'pool add north\nexempt add north 10.9.0.7\nrelay add 192.0.2.7\nrelay add 192.0.2.7':
        'relay 192.0.2.7/32 is there already',
    'pool add north\nexempt add north 10.9.0.7\nexempt del north 10.9.0.8':
        'exempt 10.9.0.8/32 is not there',
    'pool add north\npool ad south': None,
    'pool add north\nstatus': None,
    'pool add north\nrestore other': None,
    'pool add north comment "': None,
}


class TestNothingChanges:
    @pytest.mark.parametrize("line", REFUSED)
    def test_refused(self, policy, line):
        op25b, generation = policy
        result = op25b.run(*line.split())
        assert (result.returncode, result.stdout, result.stderr) == \
            (2, "", f"Error: {REFUSED[line]}\n")
        assert sysfs("generation") == generation

    @pytest.mark.parametrize("line", WRONG)
    def test_wrong_usage(self, policy, line):
        op25b, generation = policy
        result = op25b.run(*line.split(" "))
        assert (result.returncode, result.stdout) == (1, "")
        assert result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1
        if WRONG[line]:
            assert result.stderr == f"Error: {WRONG[line]}\n"
        assert sysfs("generation") == generation

    @pytest.mark.parametrize("how", ["restore", "restore -n", "diff"])
    @pytest.mark.parametrize("text", FILES)
    def test_a_file_with_an_error(self, policy, tmp_path, how, text):
        op25b, generation = policy
        file = tmp_path / "site.conf"
        file.write_text(text + "\n")
        result = op25b.run(*how.split(), str(file))
        place = f"{file}:{text.count(chr(10)) + 1}: "
        assert result.returncode in (1, 2)
        assert result.stdout == ""
        assert result.stderr.startswith(place) and result.stderr.count("\n") == 1
        if FILES[text]:
            assert result.stderr == f"{place}{FILES[text]}\n"
        assert sysfs("generation") == generation

    @pytest.mark.parametrize("line, answer", [
        ("10.0.0.5 203.0.113.1",
         ("east", "10.0.0.0/24", False, None, "203.0.113.0/24", "blocked")),
        ("10.0.0.7 203.0.113.1",
         ("east", "10.0.0.7/32", True, None, "203.0.113.0/24", "exempted")),
        ("10.0.0.5 192.0.2.3", ("east", "10.0.0.0/24", False, "192.0.2.0/28", None, "relayed")),
        ("10.0.0.5 198.51.100.1",
         ("east", "10.0.0.0/24", False, "198.51.100.1/32", None, "relayed")),
        ("10.1.0.5 198.51.100.1",
         ("west", "10.1.0.0/16", False, None, "198.51.100.0/24", "blocked")),
        ("10.1.0.5 203.0.113.1",
         ("west", "10.1.0.0/16", False, None, "203.0.113.0/24", "blocked")),
        ("10.1.0.5 203.0.112.1", ("west", "10.1.0.0/16", False, None, None, "observed")),
        ("10.2.0.5 198.51.100.1", (None, None, False, None, None, "passed")),
        ("2001:db8:e::5 2001:db8::1", ("east", "2001:db8:e::/48", False, None, None, "blocked")),
    ])
    def test_test(self, policy, line, answer):
        op25b, _ = policy
        src, dst = line.split()
        assert op25b.json("test", src, dst) == {"vrf": None, "session": None, **dict(zip(
            ("src", "dst", "pool", "prefix", "exempt", "relay", "target", "verdict"),
            (src, dst, *answer)))}


def test_a_batch_stops_at_its_first_error(op25b, tmp_path):
    op25b.load(POLICY)
    file = tmp_path / "batch"
    file.write_text("pool add north\npool add east\npool add south\n")
    result = op25b.run("-b", str(file))
    assert (result.returncode, result.stderr) == \
        (2, f'{file}:2: pool "east" exists already\n')
    assert sorted(op25b.counters()) == ["east", "north", "west"]


def test_forced_commands_can_be_repeated(op25b):
    op25b.load(POLICY)
    for line in POLICY.splitlines():
        op25b("-f", *line.split())
    after_first = op25b("save")
    generation = op25b.json("status")["generation"]
    for line in POLICY.splitlines():
        op25b(*line.split(), "-f")
    assert op25b("save") == after_first
    assert op25b.json("status")["generation"] == generation

    for line in ("exempt del east 10.0.0.7", "prefix del east 10.0.0.0/24",
                 "relay del 192.0.2.0/28", "relay del 198.51.100.1 pool east",
                 "target del 203.0.113.0/24", "target del 198.51.100.0/24 pool west",
                 "pool del west"):
        op25b(*line.split())
        op25b("-f", *line.split())
    assert op25b.json("prefix", "show") == [{"pool": "east", "prefix": "2001:db8:e::/48"}]
    # Even with force, a prefix cannot be in two pools, and a missing pool cannot be changed.
    op25b("pool", "add", "west", "prefix", "10.1.0.0/16")
    result = op25b.run("-f", "prefix", "add", "east", "10.1.0.0/16")
    assert (result.returncode, result.stderr) == \
        (2, 'Error: prefix 10.1.0.0/16 is in pool "west"\n')
    assert op25b.run("-f", "prefix", "add", "eest", "10.2.0.0/16").returncode == 2


def test_each_change_is_one_generation(op25b):
    generation = op25b.json("status")["generation"]
    changes = POLICY + "pool set east mode off\nexempt del east 10.0.0.7\npool del west\nflush"
    for line in changes.splitlines():
        op25b(*line.split())
        generation += 1
        assert op25b.json("status")["generation"] == generation, line
    op25b("restore", input=POLICY)
    assert op25b.json("status")["generation"] == generation + 1
    for words in (["pool", "show"], ["pool", "reset"], ["save"], ["test", "10.0.0.1", "10.0.0.2"]):
        op25b(*words)
    op25b("restore", "-n", input="pool add other\n")
    op25b("diff", input=POLICY)
    assert op25b.json("status")["generation"] == generation + 1


def test_json_of_every_object(op25b):
    op25b.load(POLICY + 'exempt add east 10.0.0.9 timeout 3600 comment "ticket 4711"\n')
    assert op25b.json("prefix", "show") == [
        {"pool": "east", "prefix": "10.0.0.0/24"}, {"pool": "west", "prefix": "10.1.0.0/16"},
        {"pool": "east", "prefix": "2001:db8:e::/48"}]
    exempts = op25b.json("exempt", "show")
    assert exempts[0] == {"pool": "east", "prefix": "10.0.0.7/32", "expires": None, "comment": None}
    assert 3500 < exempts[1]["expires"] <= 3600
    assert exempts[1] == {"pool": "east", "prefix": "10.0.0.9/32",
                          "expires": exempts[1]["expires"], "comment": "ticket 4711"}
    assert op25b.json("relay", "show") == [
        {"prefix": "192.0.2.0/28", "pool": None}, {"prefix": "198.51.100.1/32", "pool": "east"}]
    status = op25b.json("status")
    assert {**status, "version": None, "generation": None, "applied": None} == {
        "version": None, "generation": None, "applied": None, "confirm": None, "pools": 2,
        "prefixes": {"ipv4": 2, "ipv6": 1}, "exempts": 2, "relays": 2, "targets": 2, "sessions": 0}
    east, = op25b.json("pool", "show", "east")
    assert {**east, "packets": None} == {
        "name": "east", "vrf": None, "mode": "enforce", "action": "drop", "guard": ["synack"],
        "log": None, "subscriber": 64, "prefixes": 2, "exempts": 2, "relays": 1, "targets": 0,
        "senders": None, "packets": None}
    assert op25b.json("target", "show") == [
        {"prefix": "203.0.113.0/24", "pool": None}, {"prefix": "198.51.100.0/24", "pool": "west"}]
    assert op25b.json("prefix", "show", "west") == [{"pool": "west", "prefix": "10.1.0.0/16"}]
    assert op25b.json("exempt", "show", "west") == []


WARNED = {      # what succeeds, and its warning
    "exempt add east 10.0.0.8": None,
    "exempt add east 10.9.0.7":
        'exempt 10.9.0.7/32 lies in no prefix of pool "east", and opens nothing until it does',
    "exempt add east 10.0.0.0/16":
        'exempt 10.0.0.0/16 lies in no prefix of pool "east", and opens nothing until it does',
    "exempt add east 10.1.0.7":
        'exempt 10.1.0.7/32 lies in no prefix of pool "east", but in 10.1.0.0/16 of pool "west"',
    "relay add 192.0.2.99": None,
    "relay add 10.0.0.7": None,
    "relay add 10.0.0.0/16": None,
    "relay add 10.1.0.16/28": 'relay 10.1.0.16/28 lies in prefix 10.1.0.0/16 of pool "west", and '
                              'cannot send mail itself unless it is exempt',
    "prefix add west 192.0.0.0/16": 'relay 192.0.2.0/28 lies in prefix 192.0.0.0/16 of pool "west", '
                                    'and cannot send mail itself unless it is exempt',
    "pool add north prefix 10.9.0.0/16": None,
}


@pytest.mark.parametrize("line", WARNED)
def test_warnings(op25b, line):
    """The same from one command, from a batch and from a restore, which all succeed."""
    warning = f"Warning: {WARNED[line]}\n" if WARNED[line] else ""
    op25b.load(POLICY)
    result = op25b.run("-j", *line.split())
    assert (result.returncode, result.stdout, result.stderr) == (0, "", warning)
    op25b.load(POLICY)
    result = op25b.run("-b", "-", input=line)
    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr == (warning and f"-:1: {warning}")
    for how in (["restore"], ["restore", "-n"]):
        result = op25b.run(*how, input=POLICY + line)
        assert (result.returncode, result.stdout, result.stderr) == (0, "", warning)
    # the kernel is asked for what deletions leave
    result = op25b.run("restore", input=f"{POLICY}{line}\nrelay del -f 192.0.2.99\n")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", warning)


def test_an_exempt_with_a_warning_opens_nothing(op25b):
    """What the warning says is what the kernel does."""
    op25b.load(POLICY)
    assert op25b.run("exempt", "add", "east", "10.0.0.0/16").stderr.startswith("Warning: ")
    assert op25b.json("test", "10.0.0.5", "203.0.113.1")["verdict"] == "blocked"
    op25b("prefix", "add", "east", "10.0.0.0/8")
    assert op25b.json("test", "10.0.0.5", "203.0.113.1")["verdict"] == "blocked"
    assert op25b.json("test", "10.0.1.5", "203.0.113.1")["verdict"] == "exempted"


def test_shortened_words(op25b):
    op25b("po", "a", "east", "prefix", "10.0.0.0/24")
    op25b("ex", "a", "east", "10.0.0.7", "timeout", "2h")
    assert 7100 < op25b.json("e", "s")[0]["expires"] <= 7200
    result = op25b.run("-b", "-", input="po add west\n")
    assert (result.returncode, result.stderr) == \
        (1, '-:1: unknown object "po", did you mean "pool"?\n')


def test_a_byte_order_mark(op25b):
    op25b("restore", input="\ufeff" + POLICY)
    assert sorted(op25b.counters()) == ["east", "west"]
    op25b("-b", "-", input="\ufeffflush\n")
    assert op25b.counters() == {}


def test_a_file_without_lines(op25b):
    result = op25b.run("restore", "/dev/zero")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("/dev/zero:1: the line is longer than ")
