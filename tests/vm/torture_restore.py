# SPDX-License-Identifier: GPL-2.0
"""Many restores by two clients at once, and restores that are killed, with traffic on both
processors."""
import os
import random
import signal
import subprocess
import time

from conftest import sysfs
from memory import Memory
from rounds import rounds
from test_restore import AlphaOrBeta
from traffic import Meanwhile

RESTORES = rounds(1000)
KILLS = rounds(100)


def start(op25b, *words, processor=0, **options):
    """Start op25bctl without waiting for its end."""
    with op25b.host:
        return subprocess.Popen([op25b.PATH, *words], stdout=subprocess.PIPE, text=True,
                                stderr=subprocess.STDOUT,
                                preexec_fn=lambda: os.sched_setaffinity(0, {processor}), **options)


def test_restores_by_two_at_once(net, op25b, tmp_path):
    policy = AlphaOrBeta(net, op25b, tmp_path)
    batch = tmp_path / "batch"
    batch.write_text(f"restore {policy.b}\nrestore {policy.a}\n" * (RESTORES // 4))
    # the first restores allocate memory that is kept for reuse
    op25b("-b", "-", input=f"restore {policy.b}\nrestore {policy.a}\n" * 20)
    op25b("pool", "reset")
    memory = Memory(net)
    generation = int(sysfs("generation"))

    with Meanwhile(policy.sender, 0) as one, Meanwhile(policy.sender, 1) as other:
        both = [start(op25b, "-b", str(batch), processor=processor) for processor in (0, 1)]
        assert [(process.communicate()[0], process.returncode) for process in both] == [("", 0)] * 2

    assert int(sysfs("generation")) == generation + RESTORES
    op25b("restore", str(policy.a))
    policy.assert_no_mixture(2 * (one.result + other.result))
    # less than half an object per restore
    memory.assert_is_back(RESTORES // 2)


def test_clients_killed_at_random(net, op25b, tmp_path):
    """Restores, saves and batches, each killed at a random time."""
    policy = AlphaOrBeta(net, op25b, tmp_path, step=1 << 12)
    batch = tmp_path / "batch"
    batch.write_text("".join(f"pool add p{n} prefix 172.16.{n}.0/24\npool del p{n}\n"
                             for n in range(200)))
    jobs = {"a": ("restore", str(policy.a)), "b": ("restore", str(policy.b)), "save": ("save",),
            "batch": ("-f", "-b", str(batch))}
    lasts = {}
    for name, words in jobs.items():
        begin = time.monotonic()
        op25b(*words)
        lasts[name] = time.monotonic() - begin
    op25b("restore", str(policy.a))
    op25b("pool", "reset")
    memory = Memory(net)
    generation = int(sysfs("generation"))
    chance = random.Random(25)
    killed = dict.fromkeys(jobs, 0)

    with Meanwhile(policy.sender, 0) as one, Meanwhile(policy.sender, 1) as other:
        for turn in range(KILLS):
            pair = [(name, start(op25b, *jobs[name], processor=turn & 1))
                    for name in chance.sample(sorted(jobs), 2)]
            # two at once, with traffic, take longer than each alone
            time.sleep(chance.uniform(0, 2 * max(lasts[name] for name, _ in pair)))
            for name, process in pair:
                process.kill()
                text = process.communicate()[0]
                assert process.returncode in (0, -signal.SIGKILL), text
                killed[name] += process.returncode == -signal.SIGKILL
    print(f"killed: {killed}, {int(sysfs('generation')) - generation} changes done")
    # a save has mostly ended before it is killed: the others take longer
    assert min(killed[name] for name in ("a", "b", "batch")) > KILLS / 20
    assert int(sysfs("generation")) > generation

    op25b("restore", str(policy.a))
    policy.assert_no_mixture(2 * (one.result + other.result))
    # a leak of one killed restore would be hundreds of objects
    memory.assert_is_back(KILLS)
