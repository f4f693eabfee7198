# SPDX-License-Identifier: GPL-2.0
"""tools/reload/op25b-reload, with stubs in the places of the programs that it calls.

Each test has a root directory of its own, with /run, /proc, /sys/module and /lib/modules as far as
the script looks at them. A network namespace is a file there.
"""
import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
SCRIPT = os.environ.get("OP25B_RELOAD", HERE.parent.parent / "tools/reload/op25b-reload")
PROGRAMS = ("op25bctl", "nsenter", "rmmod", "modprobe", "insmod", "modinfo", "nft", "id", "uname")
RELEASE = "9.9"
INSTALLED = f"lib/modules/{RELEASE}/updates/dkms/op25b.ko"
TABLE = "inet op25b_reload"
SECONDS = 300    # a machine may be busy


def until(condition):
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


class Router:
    """A machine with version 1 loaded, version 2 installed, a policy in two namespaces and sessions
    in one of them."""

    def __init__(self, root):
        self.root, self.stubs = root, root / "stubs"
        self.stubs.mkdir()
        for name in PROGRAMS:
            (self.stubs / name).symlink_to(HERE / "stub")
        for folder in ("proc/self/ns", "run/netns", "netns", "sys/module/op25b"):
            (root / folder).mkdir(parents=True)
        for name in ("this", "blue", "green", "pid"):
            (root / "netns" / name).touch()
        (root / "proc/self/ns/net").symlink_to(root / "netns/this")
        for name in ("blue", "green"):
            (root / "run/netns" / name).symlink_to(root / "netns" / name)
        for pid, name in ((1, "this"), (100, "blue"), (101, "blue")):
            self.process(pid, name)
        self.write("uid", "0")
        self.write("installed", str(root / INSTALLED))
        self.module(INSTALLED, 2)
        self.module("var/lib/op25b/op25b.ko", 1)
        self.loaded(1)
        self.status("this", pools=1)
        self.status("blue", relays=1, sessions=2, generation=4)
        self.status("green")
        self.status("pid")

    def write(self, name, text):
        (self.stubs / name).write_text(f"{text}\n")

    def process(self, pid, name):
        (self.root / f"proc/{pid}/ns").mkdir(parents=True)
        (self.root / f"proc/{pid}/ns/net").symlink_to(self.root / "netns" / name)

    def module(self, path, version, release=RELEASE):
        path = self.root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"srcversion=SRC{version}\nversion={version}\n"
                        f"vermagic={release} SMP mod_unload\n")
        return path

    def loaded(self, version):
        for key, value in (("srcversion", f"SRC{version}"), ("version", version)):
            (self.root / "sys/module/op25b" / key).write_text(f"{value}\n")

    def version(self):
        path = self.root / "sys/module/op25b/version"
        return path.read_text().strip() if path.exists() else None

    def status(self, name, file="status", **values):
        status = {"version": "1", "generation": 0, "applied": None, "confirm": None, "pools": 0,
                  "relays": 0, "targets": 0, "sessions": 0, **values}
        self.write(f"{file}.{name}", json.dumps(status, separators=(",", ":")))

    def start(self, *words, **env):
        # pylint: disable-next=consider-using-with,subprocess-popen-preexec-fn
        return subprocess.Popen(
            [SCRIPT, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
            stderr=subprocess.PIPE, start_new_session=True,
            # which whoever runs the tests may ignore
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            env={**os.environ, "PATH": f"{self.stubs}:{os.environ['PATH']}",
                 "OP25B_RELOAD_ROOT": str(self.root), **env})

    def run(self, *words, **env):
        return self.end(self.start(*words, **env))

    @staticmethod
    def end(process):
        """Its exit status, output and errors."""
        out, err = process.communicate(timeout=SECONDS)
        return process.returncode, out, err

    def calls(self):
        path = self.stubs / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def at(self, call):
        """Where a call is among the calls, of which it has to be one."""
        calls = self.calls()
        assert calls.count(call) == 1, (call, calls)
        return calls.index(call)

    def folders(self):
        return list((self.root / "run").glob("op25b-reload.*/"))

    def tables(self):
        return list(self.stubs.glob("table.*"))

    def restored(self):
        return sorted(line.removeprefix("restored ") for line in self.calls()
                      if line.startswith("restored "))

    def assert_untouched(self):
        assert self.version() == "1"
        assert self.tables() == self.folders() == []
        assert not [call for call in self.calls() if call.startswith(("modprobe", "insmod"))]
        assert self.restored() == []


ALL = ["policy of blue", "policy of this", "sessions of blue"]


@pytest.fixture
def router(tmp_path):
    return Router(tmp_path)


def test_reload(router):
    code, out, err = router.run()
    assert (code, err) == (0, "")
    assert re.fullmatch(r"op25b-reload: version 2 is loaded, before that 1\n"
                        r"op25b-reload: for \d+ ms nothing was blocked\n"
                        r"op25b-reload: counters and senders start anew\n", out)
    assert router.version() == "2"
    assert router.restored() == ALL
    assert router.folders() == []
    # the next reload can go back to it
    assert (router.root / "var/lib/op25b/op25b.ko").read_text().startswith("srcversion=SRC2\n")


def test_order(router):
    """All is saved, and all messages are built, before the module is removed; everything else comes
    after the new one is loaded."""
    assert router.run()[0] == 0
    calls = router.calls()
    removed, loaded = router.at("rmmod op25b"), router.at("modprobe op25b")
    assert loaded == removed + 1
    waiting = [call for call in calls[:removed] if " --wait " in call]
    assert [re.sub(r"--wait \S*/", "", call) for call in sorted(waiting)] == [
        "op25bctl restore 0.policy in this", "op25bctl restore 1.policy in blue",
        "op25bctl session sync -f 1.sessions in blue"]
    saved = [number for number, call in enumerate(calls) if " save" in call]
    assert len(saved) == 3 and max(saved) < min(map(calls.index, waiting))
    # once before it is saved, once just before the removal
    assert calls[:removed].count("op25bctl -j status in blue") == 2
    assert all(call.startswith("restored ") for call in calls[loaded + 1:])
    assert not any("save" in call and "green" in call for call in calls)


def test_namespaces(router):
    """Each is found once, by /run/netns and by its processes; a file there may be no namespace."""
    router.process(102, "pid")
    router.status("pid", targets=1)
    stale = pathlib.Path(f"/dev/shm/op25b-reload.{os.getpid()}")
    stale.touch()
    try:
        assert stale.stat().st_dev != router.root.stat().st_dev
        (router.root / "run/netns/stale").symlink_to(stale)
        router.write("fail", "nothing")
        assert router.run()[0] == 0
    finally:
        stale.unlink()
    assert router.restored() == sorted(ALL + ["policy of pid"])
    assert router.calls().count("op25bctl -j status in pid") == 2
    assert not any("stale" in call or "op25b-reload." + str(os.getpid()) in call
                   for call in router.calls())


def test_module_in_use(router):
    """A dump holds it for a moment."""
    router.write("fail", "rmmod *\nrmmod *\nrmmod *")
    assert router.run()[0] == 0
    assert router.calls().count("rmmod op25b") == 4
    assert router.restored() == ALL


def no_program(name):
    def prepare(router):
        path = router.root / "bash_env"
        path.write_text(f'command() {{ [ "$2" != {name} ] && builtin command "$@"; }}\n')
        return {"BASH_ENV": str(path)}
    return prepare


REFUSALS = {
    "user": (lambda router: router.write("uid", "1000"), "this takes root"),
    "not-loaded": (lambda router: (router.root / "sys/module/op25b/srcversion").unlink(),
                   "the module is not loaded"),
    "not-installed": (lambda router: (router.root / INSTALLED).unlink(),
                      "no module op25b is installed for Linux 9.9"),
    "other-kernel": (lambda router: router.module(INSTALLED, 2, "9.8"),
                     "was not built for Linux 9.9"),
    "unconfirmed": (lambda router: router.status("blue", relays=1, confirm=59),
                    "namespace blue: the policy waits to be confirmed"),
    "unconfirmed-empty": (lambda router: router.status("green", confirm=59),
                          "namespace green: the policy waits to be confirmed"),
    "status": (lambda router: router.write("fail", "*status in green"),
               "namespace green: op25bctl status: op25bctl: refused by the test"),
    "save": (lambda router: router.write("fail", "*save * in blue"),
             "namespace blue: op25bctl save: op25bctl: refused by the test"),
    "session-save": (lambda router: router.write("fail", "*session save in blue"),
                     "namespace blue: op25bctl session save: op25bctl: refused by the test"),
    "hold": (lambda router: router.write("fail", "op25bctl restore*this"),
             "this namespace: op25bctl: refused by the test"),
    "hold-sessions": (lambda router: router.write("fail", "op25bctl session sync*"),
                      "namespace blue: op25bctl: refused by the test"),
    "changed": (lambda router: router.status("blue", "then", relays=1, generation=5),
                "namespace blue: the policy has just been changed"),
    "changed-from-nothing": (lambda router: router.status("green", "then", pools=1, generation=1),
                             "namespace green: the policy has just been changed"),
    "unconfirmed-since": (lambda router: router.status("this", "then", pools=1, confirm=9),
                          "this namespace: the policy waits to be confirmed"),
    "in-use": (lambda router: router.write("fail", "\n".join(["rmmod *"] * 30)),
               "cannot remove the module: rmmod: Module op25b is in use"),
    "no-way-back": (lambda router: (router.root / "var/lib/op25b/op25b.ko").unlink(),
                    "--no-fallback does without"),
    "no-nft": (no_program("nft"), "nft is missing"),
    "nft": (lambda router: router.write("fail", "nft -f * blue"),
            "namespace blue: nft: nft: refused by the test"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusals(router, name):
    prepare, text = REFUSALS[name]
    env = prepare(router)
    code, out, err = router.run("--hold", **(env if isinstance(env, dict) else {}))
    assert (code, out) == (2, "")
    assert text in err and err.endswith("; nothing was changed\n")
    if name == "not-loaded":
        router.loaded(1)
    router.assert_untouched()
    # those that waited have ended, without a change
    waiting = sum(call.startswith("op25bctl ") and " --wait " in call for call in router.calls())
    assert sum(call.startswith("no line: ") for call in router.calls()) == \
        waiting - name.startswith("hold")
    assert waiting == 3 or name not in ("changed", "changed-from-nothing", "unconfirmed-since",
                                        "in-use", "nft")


def test_no_nft_is_needed_without_hold(router):
    assert router.run(**no_program("nft")(router))[0] == 0
    assert not any(call.startswith("nft") for call in router.calls())


def test_wrong_usage(router):
    code, out, err = router.run("--frob")
    assert (code, out, err) == (1, "", 'op25b-reload: unknown word "--frob", see --help\n')
    assert router.calls() == []
    code, out, err = router.run("--help")
    assert (code, err) == (0, "")
    assert "\n  op25b-reload [-f] [--hold] [--no-fallback]\n" in out and "Exit status" in out


def test_same_module(router):
    router.module(INSTALLED, 1)
    code, out, err = router.run()
    assert (code, err) == (0, "") and "is loaded already" in out
    router.assert_untouched()
    assert router.calls() == []
    assert router.run("-f")[0] == 0
    assert router.restored() == ALL


@pytest.mark.parametrize("path", [
    "var/lib/op25b/op25b.ko.xz", f"lib/modules/{RELEASE}/extra/op25b.ko",
    f"lib/modules/{RELEASE}/updates/op25b.ko.zst",
    f"var/lib/dkms/op25b/1/{RELEASE}/x86_64/module/op25b.ko.xz",
    f"var/lib/dkms/op25b/original_module/{RELEASE}/x86_64/op25b.ko",
    f"var/lib/dkms/op25b/original_module/{RELEASE}/x86_64/collisions/op25b.ko"])
def test_going_back(router, path):
    """The file may be gone once DKMS replaces it: a copy is loaded."""
    kept = router.root / "var/lib/op25b/op25b.ko"
    kept.unlink()
    router.module("var/lib/op25b/op25b.ko.gz", 3)
    router.module(path, 1)
    router.write("fail", "modprobe *")
    code, out, err = router.run("--hold")
    assert code == 3
    folder, = router.folders()
    assert f"insmod {folder}/{path.rsplit('/', 1)[-1]}" in router.calls()
    assert router.version() == "1" and router.restored() == ALL and router.tables() == []
    assert "THE NEW MODULE DOES NOT LOAD: the old one, version 1, is loaded again" in err
    assert "modprobe: modprobe: refused by the test" in err and str(folder) in err
    assert re.search(r"for \d+ ms only nft blocked", out)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "1.policy").read_text() == "policy of blue\n"
    assert (folder / "1.sessions").read_text() == "sessions of blue\n"
    assert "0: this namespace\n1: namespace blue\n" in err
    assert not kept.exists()


def test_old_module_of_another_kernel(router):
    router.module("var/lib/op25b/op25b.ko", 1, "9.8")
    assert router.run()[0] == 2
    router.assert_untouched()


@pytest.mark.parametrize("words", [(), ("--no-fallback",)])
def test_neither_module_loads(router, words):
    if words:
        (router.root / "var/lib/op25b/op25b.ko").unlink()
    router.write("fail", "modprobe *\ninsmod *")
    code, out, err = router.run("--hold", *words)
    assert (code, out) == (3, "")
    assert "THE MODULE IS NOT LOADED, AND NOTHING IS BLOCKED" in err
    assert ("insmod: insmod: refused" in err) == (not words)
    assert router.version() is None and router.restored() == [] and router.tables() == []
    folder, = router.folders()
    assert str(folder) in err and (folder / "0.policy").exists()
    assert sum(call.startswith("no line: ") for call in router.calls()) == 3


def test_no_fallback(router):
    (router.root / "var/lib/op25b/op25b.ko").unlink()
    assert router.run("--no-fallback")[0] == 0
    assert router.restored() == ALL


@pytest.mark.parametrize("what, text, done", [
    ("restore*blue", "namespace blue: ITS POLICY COULD NOT BE RESTORED: op25bctl: refused",
     ["policy of this", "sessions of blue"]),
    ("session sync*blue", "namespace blue: ITS SESSIONS COULD NOT BE RESTORED: op25bctl: refused",
     ["policy of blue", "policy of this"])])
def test_failing_restore(router, what, text, done):
    router.write("fail", f"after op25bctl {what}")
    code, _, err = router.run("--hold")
    assert code == 3 and text in err
    assert router.version() == "2" and router.restored() == done and router.tables() == []
    folder, = router.folders()
    assert str(folder) in err and (folder / "1.policy").exists()


def test_hold(router):
    """It blocks from before the removal until all is restored, and only where there is a policy."""
    code, out, err = router.run("--hold")
    assert (code, err) == (0, "")
    assert re.search(r": for \d+ ms only nft blocked SYNs to port 25\n", out)
    removed = router.at("rmmod op25b")
    for name in ("this", "blue"):
        assert router.at(f"nft -f - in {name}") < removed
        gone = router.at(f"nft delete table {TABLE} in {name}")
        assert all(router.calls().index(f"restored {what}") < gone for what in ALL)
    assert not any(call.startswith("nft") and "green" in call for call in router.calls())
    assert router.tables() == []


def test_hold_that_cannot_be_removed(router):
    router.write("fail", "nft delete * blue")
    code, _, err = router.run("--hold")
    assert code == 3
    assert "namespace blue: nft still drops SYNs to port 25, by the table inet op25b_reload" in err
    assert [path.name for path in router.tables()] == ["table.blue"]


def test_rules_of_nft(router):
    """The real nft takes the rules, in a namespace of its own."""
    router.write("slow", "rmmod *")
    process = router.start("--hold")
    until(lambda: "rmmod op25b" in router.calls())
    table, = {path.read_text() for path in router.tables()}
    assert router.end(process)[0] == 0
    answer = subprocess.run(["unshare", "-rn", "nft", "-c", "-f", "-"], input=table, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert (answer.returncode, answer.stdout) == (0, "")


@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_interrupted_before(router, number, code):
    router.write("slow", "nft -f * blue")
    process = router.start("--hold")
    until(lambda: "nft -f - in blue" in router.calls())
    process.send_signal(number)
    assert router.end(process)[0] == code
    router.assert_untouched()
    assert sum(call.startswith("no line: ") for call in router.calls()) == 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE])
def test_not_interrupted_within(router, number):
    router.write("slow", "modprobe *")
    process = router.start("--hold")
    until(lambda: "modprobe op25b" in router.calls())
    os.killpg(process.pid, number)
    assert router.end(process)[0] == 0
    assert router.restored() == ALL and router.tables() == [] and router.folders() == []


def test_killed(router):
    """Those that wait see that nobody is left who could write to them."""
    router.write("slow", "rmmod *")
    process = router.start()
    until(lambda: "rmmod op25b" in router.calls())
    process.kill()
    router.end(process)
    until(lambda: sum(call.startswith("no line: ") for call in router.calls()) == 3)
    assert router.restored() == []


def test_reader_that_goes_away(router):
    router.write("slow", "modprobe *")
    process = router.start()
    until(lambda: "modprobe op25b" in router.calls())
    process.stdout.close()
    process.stderr.close()
    process.wait(SECONDS)
    assert router.version() == "2" and router.restored() == ALL


def test_two_at_once(router):
    router.write("slow", "modprobe *")
    first = router.start()
    until(lambda: "modprobe op25b" in router.calls())
    code, _, err = router.run()
    assert code == 2 and err.startswith("op25b-reload: another op25b-reload is running; ")
    assert router.end(first)[0] == 0
    assert router.calls().count("modprobe op25b") == 1 and router.restored() == ALL


def test_hooks_of_a_bras_wait(router):
    (router.root / "run/op25b-session").mkdir()
    assert router.run()[0] == 0
    assert "hooks run" not in router.calls()
    assert (router.root / "run/op25b-session/sync").exists()
    # the stub sees whether they could run
    subprocess.run(["modprobe", "op25b"], check=True,
                   env={**os.environ, "PATH": f"{router.stubs}:{os.environ['PATH']}",
                        "OP25B_RELOAD_ROOT": str(router.root)})
    assert "hooks run" in router.calls()


def test_keep(router):
    kept = router.root / "var/lib/op25b"
    assert router.run("--keep") == (0, "", "")
    assert [path.name for path in kept.iterdir()] == ["op25b.ko"]
    assert "SRC1" in (kept / "op25b.ko").read_text()
    # the one that is loaded is installed, by a name with another suffix
    router.write("installed", str(router.module(INSTALLED + ".xz", 1)))
    (kept / "op25b.ko").write_text("older\n")
    assert router.run("--keep") == (0, "", "")
    assert [path.name for path in kept.iterdir()] == ["op25b.ko.xz"]
    assert "SRC1" in (kept / "op25b.ko.xz").read_text()
    # nothing is loaded
    (router.root / "sys/module/op25b/srcversion").unlink()
    assert router.run("--keep") == (0, "", "")
    assert router.calls() == []
