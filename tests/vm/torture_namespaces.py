# SPDX-License-Identifier: GPL-2.0
"""Create and remove many namespaces with pools, while dumps and sysfs are read."""
import json
import os
import subprocess

from conftest import Ends, sysfs, syn_to
from memory import Memory
from rounds import rounds
from test_netlink import CMD, PROGRAM, words
from test_removal import read_sysfs
from traffic import Meanwhile, paced, sender

NAMESPACES = rounds(1000)
FOLDERS = "/run/torture"

CHANGES = [
    ("POOL_ADD", "POOL:s:east GUARD:u32:3 SENDERS:u8:1 LOG:u32:5 "
     "PREFIX[ ADDR4:x:0a000000 LEN:u8:24 ] PREFIX[ ADDR6:x:20010db8000000000000000000000000 LEN:u8:48 ]"),
    ("POOL_ADD", "POOL:s:west MODE:u32:1 PREFIX[ ADDR4:x:0a010000 LEN:u8:16 ]"),
    ("POOL_ADD", "POOL:s:north"),
    ("POOL_DEL", "POOL:s:north"),
    ("EXEMPT_ADD", "POOL:s:east PREFIX[ ADDR4:x:0a000007 TIMEOUT:u32:1 COMMENT:s:short ] "
     "PREFIX[ ADDR4:x:0a000008 TIMEOUT:u32:1000 ]"),
    ("RELAY_ADD", "PREFIX[ ADDR4:x:c0000200 LEN:u8:28 ]"),
    ("RELAY_ADD", "POOL:s:west PREFIX[ ADDR4:x:c6336401 ]"),
    ("RESTORE_BEGIN", ""),
    ("POOL_ADD", "POOL:s:pending PREFIX[ ADDR4:x:0a020000 LEN:u8:16 ]"),
    ("EXEMPT_ADD", "POOL:s:pending PREFIX[ ADDR4:x:0a020001 TIMEOUT:u32:1 ]"),
]


def life(number, folder):
    """The commands of the client in one namespace. Some namespaces end with a restore that is not
    committed, some in the middle of a dump, and some with nothing under way."""
    yield "unshare"
    if number % 4 == 0:
        yield f"sysfs {folder}"
    yield "socket own"
    for command, attributes in CHANGES[:len(CHANGES) - 3 * (number % 2)]:
        yield f"do {CMD[command]} {words(attributes)[0]}"
    yield "status"
    if number % 3 == 0:
        yield f"start {CMD['POOL_GET']}"
    yield "close"


def work(net, worker, count, tmp_path):
    """Start a client that uses this number of namespaces, one after the other."""
    script, answers = tmp_path / f"script-{worker}", tmp_path / f"answers-{worker}"
    folders = [f"{FOLDERS}/{worker}-{n}" for n in range(4)]
    for folder in folders:
        os.makedirs(folder, exist_ok=True)
    script.write_text("".join(line + "\n" for number in range(count)
                              for line in life(number, folders[number // 4 % len(folders)])))
    with net.bras, open(script, "rb") as stdin, open(answers, "wb") as stdout:
        process = subprocess.Popen([PROGRAM], stdin=stdin, stdout=stdout,
                                   preexec_fn=lambda: os.sched_setaffinity(0, {worker}))
    return process, script, answers


def assert_all_went_well(process, script, answers):
    assert process.wait(timeout=3600) == 0
    answers = [json.loads(line) for line in answers.read_text().splitlines()]
    assert len(answers) == len(script.read_text().splitlines())
    assert not [answer for answer in answers if answer.get("error")]
    assert sum(answer.get("pools") == 2 for answer in answers) == \
        sum(line == "status" for line in script.read_text().splitlines())


def live(net, count, tmp_path):
    for one in [work(net, worker, count // 2, tmp_path) for worker in (0, 1)]:
        assert_all_went_well(*one)


def test_many_namespaces(net, op25b, tmp_path):
    ends = Ends(net, 4)
    op25b.load(f"pool add east prefix {ends.pool}\n" +
               "".join(f"prefix add east 10.100.{n}.0/24\n" for n in range(200)))
    before = op25b("save"), sysfs("generation")
    live(net, 20, tmp_path)     # the first ones allocate memory that is kept for reuse
    memory = Memory(net)

    def read_folders():
        for name in os.listdir(FOLDERS):
            read_sysfs(f"{FOLDERS}/{name}/kernel/op25b")

    # with pauses, because the readers take processor time from the clients
    send = paced(sender(net.customer.tap, syn_to(ends)))
    with Meanwhile(send, 0) as one, Meanwhile(send, 1) as other, \
            Meanwhile(paced(lambda: op25b("save"), 0.2), 0), \
            Meanwhile(paced(read_folders, 0.2), 0), Meanwhile(paced(read_sysfs, 0.2)):
        live(net, NAMESPACES, tmp_path)

    assert (op25b("save"), sysfs("generation")) == before
    assert op25b.counters()["east"]["syn"]["blocked"] == one.result + other.result
    assert min(one.result, other.result) > 100
    for folder in os.listdir(FOLDERS):
        subprocess.run(["umount", f"{FOLDERS}/{folder}"], check=True)
    # less than half an object per namespace
    memory.assert_is_back(NAMESPACES // 2)
