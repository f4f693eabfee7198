# SPDX-License-Identifier: GPL-2.0
"""A daemon that calls tools/bras/op25b-session as real ones have been recorded to do.

Each test has a root directory of its own, with /run, /sys/class/net and /etc/default as the hook finds
them. Fakes take the places of op25bctl, accel-cmd, ip and logger.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
RECORDINGS = HERE / "recordings"
SCRIPT = pathlib.Path(os.environ.get("OP25B_SESSION",
                                     HERE.parent.parent / "tools/bras/op25b-session"))
SHELLS = {"dash": ["dash"], "bash": ["bash", "--posix"]}
FLAGS = {"UP": 1, "BROADCAST": 2, "POINTOPOINT": 0x10, "NOARP": 0x80, "MASTER": 0x400,
         "MULTICAST": 0x1000, "LOWER_UP": 0x10000}
DEVICE = re.compile(r"^(\d+): ([^:@]*)(?:@\S*)?: <(.*?)>.*?(?: master (\S+))?(?: state .*)?$", re.M)
ETHERNET, PPP, GRE = 1, 512, 778

LOGGER = """#!/bin/sh
printf '%s\\n' "$*" >>"${0%/*}/log"
"""
ACCEL_CMD = """#!/bin/sh
printf '%s\\n' "$*" >>"${0%/*}/asked"
! [ -e "${0%/*}/list.slow" ] || sleep 1
cat "${0%/*}/list" || exit 1
exit "$(cat "${0%/*}/list.status" 2>/dev/null || echo 0)"
"""
IP = """#!/bin/sh
cat "${0%/*}/address"
"""


class Recording:
    """A call of a hook."""
    def __init__(self, name):
        self.folder = RECORDINGS / name
        *_, self.hook = self.folder.name.partition("-ip")
        self.hook = "ip" + self.hook
        self.argv = self.text("argv").split("\n")[:-1]
        self.env = dict(line.split("=", 1) for line in self.text("env").splitlines())
        self.radattr = self.file("radattr")
        self.radattr_old = self.file("radattr_old")

    def text(self, name):
        return (self.folder / name).read_text()

    def file(self, name):
        path = self.folder / name
        return path.read_bytes() if path.exists() else None


class Router:
    """The machine that the hook is called on."""
    def __init__(self, root, shell="dash"):
        self.root = root
        self.shell = SHELLS[shell]
        self.bin = root / "bin"
        self.settings = {"PATH": f"{self.bin}:/usr/bin:/bin"}
        for folder in ("bin", "run/accel-pppd", "sys/class/net", "etc/default"):
            (root / folder).mkdir(parents=True)
        shutil.copy(HERE / "op25bctl", self.bin)
        for name, text in ("logger", LOGGER), ("accel-cmd", ACCEL_CMD), ("ip", IP):
            (self.bin / name).write_text(text)
            (self.bin / name).chmod(0o755)
        self.write("test", "")
        self.configure()

    def configure(self, **settings):
        self.settings |= settings
        (self.root / "etc/default/op25b-session").write_text(
            "".join(f"{name}={value}\n" for name, value in self.settings.items()))

    def write(self, name, text):
        """Write a file that a fake reads."""
        (self.bin / name).write_text(text)

    def lines(self, name):
        path = self.bin / name
        return path.read_text().splitlines() if path.exists() else []

    @property
    def done(self):
        """What op25bctl has done, without questions."""
        return [line for line in self.lines("done") if not line.startswith("test ")]

    @property
    def log(self):
        return "\n".join(self.lines("log"))

    @property
    def sessions(self):
        """What is open, after all that was done."""
        sessions = {}
        for line in self.done:
            object_, command, *words = line.split()
            if object_ == "session" and command in ("add", "del"):
                sessions.pop(words[1], None)
                if command == "add":
                    sessions[words[1]] = words[2:]
        return sessions

    def device(self, name, flags, index=7, type_=PPP, master=None):
        folder = self.root / "sys/class/net" / name
        folder.mkdir(exist_ok=True)
        (folder / "flags").write_text(f"{sum(FLAGS[flag] for flag in flags) & 0xffff:#x}\n")
        (folder / "ifindex").write_text(f"{index}\n")
        (folder / "type").write_text(f"{type_}\n")
        if master and not (folder / "master").exists():
            (folder / "master").symlink_to(f"../{master}")

    def no_device(self, name):
        shutil.rmtree(self.root / "sys/class/net" / name)

    def prepare(self, recording):
        """Files and devices as that hook has found them."""
        interface = recording.argv[1]
        for index, name, flags, master in DEVICE.findall(recording.text("state")):
            ethernet = name.startswith(("ipoe", "ac"))
            self.device(name, [flag for flag in flags.split(",") if flag in FLAGS], index,
                        ETHERNET if ethernet else PPP, master)
            if master:
                self.device(master, ["NOARP", "MASTER", "UP"], 3, ETHERNET)
        for name in "radattr", "radattr_old":
            path = self.root / "run" / f"{name}.{interface}"
            path.unlink(missing_ok=True)
            if getattr(recording, name) is not None:
                path.write_bytes(getattr(recording, name))

    def command(self, argv):
        """The hook at the path at which the daemon calls it."""
        path = self.root / argv[0].lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.symlink_to(SCRIPT)
        return [*self.shell, path, *argv[1:]]

    def start(self, recording, blocked=False, argv=None, env=None):
        """Call the hook, in the environment recorded. A pppd that has called is there still: this
        process takes its place."""
        env = dict(recording.env if env is None else env, OP25B_SESSION_ROOT=str(self.root))
        if env.get("PPPD_PID") == recording.env.get("PPPD_PID") and "PPPD_PID" in env:
            env["PPPD_PID"] = str(os.getpid())
        return subprocess.Popen(
            self.command(argv or recording.argv), env=env, cwd="/", stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            preexec_fn=block_signals if blocked else None)

    def call(self, name, prepare=True, **options):
        """Replay a call; it has to succeed, silently, and soon."""
        recording = Recording(name)
        if prepare:
            self.prepare(recording)
        for part in "argv", "env":
            if callable(options.get(part)):
                options[part] = options[part](getattr(recording, part))
        process = self.start(recording, **options)
        output, _ = process.communicate(timeout=20)
        assert (process.returncode, output) == (0, "")

    def sync(self):
        """Call `op25b-session sync` as its unit does."""
        return subprocess.run([*self.shell, SCRIPT, "sync"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False, timeout=20,
                              env={"OP25B_SESSION_ROOT": str(self.root)})

    @property
    def synced(self):
        return self.lines("synced")


def radattr(router, text, name="accel-pppoe4-ip-up", **options):
    """Replay a call whose radattr file has this text."""
    recording = Recording(name)
    router.prepare(recording)
    (router.root / f"run/radattr.{recording.argv[1]}").write_bytes(text.encode())
    router.call(name, prepare=False, **options)


def block_signals():
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
