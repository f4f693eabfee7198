# SPDX-License-Identifier: GPL-2.0
"""The module installed by `make install` and by DKMS, and loaded by its name or its netlink family.

tests/guest/build-installs has compiled it. Compiling in the guest would take minutes.
"""
import contextlib
import errno
import json
import os
import re
import shutil
import subprocess
import tempfile

import pytest

from conftest import BUILD, MODULE, Command
from header import NUMBERS

INSTALLS = f"{BUILD}/installs"
NL_CLIENT = f"{BUILD}/nl-client"
RELEASE = os.uname().release
MODULES = f"/lib/modules/{RELEASE}"

with open("VERSION", encoding="ascii") as version_file:
    VERSION = version_file.read().strip()


def run(*words):
    """Run a program; its exit status, and its output."""
    result = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            check=False, timeout=300)
    return result.returncode, result.stdout


def done(*words):
    """Run a program that has to succeed; its output."""
    code, text = run(*words)
    assert code == 0, text
    return text


def loaded(name="op25b"):
    with open("/proc/modules", encoding="ascii") as file:
        return any(line.startswith(name + " ") for line in file)


@pytest.fixture(scope="module")
def few_modules(module):
    """Hide the kernel's modules, except those that op25b may request: depmod reads all of them, which
    takes minutes on an emulated processor."""
    few = [done("modinfo", "-F", "filename", name).strip()
           for name in ("nf_reject_ipv4", "nf_reject_ipv6")]
    few += [f"{MODULES}/{name}" for name in os.listdir(MODULES)
            if name in ("modules.order", "modules.builtin", "modules.builtin.modinfo")]
    with tempfile.TemporaryDirectory() as folder:
        for path in few:
            os.makedirs(os.path.dirname(folder + path), exist_ok=True)
            shutil.copy(path, folder + path)
        done("mount", "--bind", folder + MODULES, MODULES)
        done("depmod", RELEASE)
        yield
        done("umount", MODULES)


@pytest.fixture
def unloaded(few_modules):
    """Remove the module before the test, and load it again afterwards, for other tests."""
    done("rmmod", "op25b")
    yield
    if loaded():
        done("rmmod", "op25b")
    done("insmod", MODULE)


@contextlib.contextmanager
def forbidden():
    """The administrator has forbidden loading the module on demand, for its netlink family."""
    path = "/etc/modprobe.d/op25b-test.conf"
    with open(path, "w", encoding="ascii") as file:
        file.write("blacklist op25b\n")
    yield
    os.unlink(path)


def works():
    """Check that the module loads by its name, and on demand for its netlink family unless that is
    forbidden, and that it finds the modules that it requests."""
    nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    assert not loaded()
    with forbidden():
        assert run(*nobody, Command.PATH, "status")[0] == 2
        assert not loaded()
        done("modprobe", "op25b")
        assert loaded()
    done("rmmod", "op25b")

    status = done(*nobody, Command.PATH, "-j", "status")
    assert f'"version":"{VERSION}"' in status.replace(" ", "")
    assert loaded()
    done(Command.PATH, "pool", "add", "east", "action", "tcp-reset")
    assert loaded("nf_reject_ipv4") and loaded("nf_reject_ipv6")
    done("rmmod", "op25b")
    # This fails if an earlier test has left a user of them.
    run("rmmod", "nf_reject_ipv4", "nf_reject_ipv6")


def test_versions_agree():
    """dkms.conf, the module and the changelog have the version of VERSION."""
    with open("dkms.conf", encoding="ascii") as file:
        assert re.search(r'^PACKAGE_VERSION="(.*)"$', file.read(), re.M)[1] == VERSION
    assert done("modinfo", "-F", "version", MODULE).strip() == VERSION
    with open("CHANGELOG.md", encoding="utf-8") as file:
        assert re.search(r"^## \[?([0-9.]+)", file.read(), re.M)[1] == VERSION


def test_not_installed(unloaded):
    code, text = run("modprobe", "op25b")
    assert code != 0 and "not found" in text
    code, text = run(Command.PATH, "status")
    assert code == 2 and "module" in text and not loaded()


def test_make_install(unloaded):
    installed = f"{INSTALLS}/make/usr/local"
    assert done(f"{installed}/sbin/op25bctl", "--version").split()[-1] == VERSION
    for name in ("man/man8/op25bctl.8", "bash-completion/completions/op25bctl"):
        assert os.path.getsize(f"{installed}/share/{name}")
    with open(f"{installed}/lib/systemd/system/op25b.service", encoding="ascii") as file:
        assert "\nExecStart=/usr/local/sbin/op25bctl restore " in file.read()
    shutil.copytree(f"{INSTALLS}/make{MODULES}", MODULES, dirs_exist_ok=True)
    done("depmod", RELEASE)
    path = done("modinfo", "-F", "filename", "op25b").strip()
    assert path.startswith(MODULES)
    works()
    os.unlink(path)
    done("depmod", RELEASE)


def test_dkms(unloaded):
    name = f"op25b/{VERSION}"
    tree = f"/var/lib/dkms/{name}"
    for folder in ("usr/src", "var/lib/dkms"):
        shutil.copytree(f"{INSTALLS}/dkms/{folder}", f"/{folder}", symlinks=True,
                        dirs_exist_ok=True)
    os.unlink(f"{tree}/source")
    os.symlink(f"/usr/src/op25b-{VERSION}", f"{tree}/source")
    # On an emulated processor each call of dkms takes half a minute: call it no more than needed.
    assert "op25b.ko" in done("dkms", "install", name, "-k", RELEASE)
    assert done("modinfo", "-F", "filename", "op25b").strip() == f"{MODULES}/updates/dkms/op25b.ko"
    works()
    # signed by dkms as configured; the debug kernel does not support signatures
    assert done("modinfo", "-F", "signer", "op25b").strip() == \
        ("" if RELEASE.endswith("-debug") else "op25b test")
    done("dkms", "remove", name, "--all")
    assert done("dkms", "status", name) == ""
    assert run("modprobe", "op25b")[0] != 0
    assert not os.path.exists(f"{MODULES}/updates/dkms/op25b.ko")


def test_an_action_that_cannot_be_taken(unloaded):
    """Without the nf_reject modules, a pool with an action that needs them is refused, and a restore
    with such a pool fails."""
    if loaded("nf_reject_ipv4") and run("rmmod", "nf_reject_ipv4", "nf_reject_ipv6")[0]:
        pytest.fail("an earlier test has left a user of nf_reject")
    done("mount", "-t", "tmpfs", "none", MODULES)
    done("insmod", MODULE)
    try:
        code, text = run(Command.PATH, "pool", "add", "east", "action", "tcp-reset")
        assert code == 2 and "nf_reject_ipv4" in text
        done(Command.PATH, "pool", "add", "east")
        code, text = run(Command.PATH, "pool", "set", "east", "action", "admin-prohibited")
        assert code == 2 and "nf_reject_ipv4" in text

        steps = [f"do {NUMBERS[f'OP25B_CMD_{name}']} {attributes}" for name, attributes in (
            ("RESTORE_BEGIN", ""), ("POOL_ADD", f"{NUMBERS['OP25B_A_POOL']}:s:west "
                                    f"{NUMBERS['OP25B_A_ACTION']}:u32:1"), ("RESTORE_COMMIT", ""))]
        answers = subprocess.run([NL_CLIENT], input="\n".join(steps) + "\n", text=True, check=True,
                                 stdout=subprocess.PIPE).stdout.splitlines()
        assert [json.loads(answer)["error"] for answer in answers] == \
            [0, errno.EOPNOTSUPP, errno.ECANCELED]
        assert '"name":"east"' in done(Command.PATH, "-j", "pool", "show").replace(" ", "")
    finally:
        done("umount", MODULES)
