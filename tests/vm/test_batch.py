# SPDX-License-Identifier: GPL-2.0
"""A batch that another program keeps running: it writes commands to a pipe, and reads what became of
each."""
import json
import select
import subprocess

import hosts
from conftest import MODULE
from test_removal import loaded_again, remove     # noqa: F401 (a fixture)


class CoProcess:
    """op25bctl -j -k -b - on a host."""

    def __init__(self, op25b):
        with op25b.host:
            self.process = subprocess.Popen([op25b.PATH, "-j", "-k", "-b", "-"],
                                            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=subprocess.DEVNULL, text=True)
        self.line = 0

    def __call__(self, line):
        """The answer to a line, which comes before another line is written."""
        self.line += 1
        print(line, file=self.process.stdin, flush=True)
        assert select.select([self.process.stdout], [], [], hosts.SECONDS)[0], "no answer"
        answer = json.loads(self.process.stdout.readline())
        assert answer.pop("line") == self.line
        return answer

    def end(self):
        self.process.stdin.close()
        assert self.process.stdout.read() == ""
        return self.process.wait(60)


OK = {"ok": True}


def test_each_line_is_answered_at_once(op25b):
    run = CoProcess(op25b)
    assert run("pool add east prefix 10.0.0.0/24") == OK
    assert run("") == run("# nothing") == OK
    assert run("exempt add east 10.0.0.7 timeout 1h comment \"ppp0, a customer\"") == OK
    refused = run("exempt add east 10.0.0.7")
    assert not refused["ok"] and refused["error"].startswith("exempt 10.0.0.7/32 ")
    assert not run("exempt ad east 10.0.0.8")["ok"]
    shown = run("exempt show east")
    assert [row["prefix"] for row in shown["result"]] == ["10.0.0.7/32"]
    assert run("-f exempt add east 10.0.0.7") == OK
    assert run("exempt show east")["result"][0]["expires"] is None
    assert run.end() == 2
    assert op25b.json("exempt", "show")[0]["prefix"] == "10.0.0.7/32"


def test_without_an_error_it_ends_with_0(op25b):
    run = CoProcess(op25b)
    assert run("pool add east") == OK
    assert run.end() == 0


def test_it_outlives_the_module(op25b):
    run = CoProcess(op25b)
    assert run("pool add east") == OK
    remove()
    assert "is not loaded" in run("pool add west")["error"]
    hosts.run("insmod", MODULE)
    assert run("pool add west") == OK
    assert [row["name"] for row in run("pool show")["result"]] == ["west"]
    assert run.end() == 2
