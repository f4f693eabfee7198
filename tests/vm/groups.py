# SPDX-License-Identifier: GPL-2.0
"""Control groups, which say how much memory the kernel has allocated for whom."""
import os

import hosts

ROOT = "/sys/fs/cgroup"


class Group:
    """A control group of its own, with `with`."""

    def __init__(self, name):
        self.path = f"{ROOT}/{name}"

    def __enter__(self):
        with open(f"{ROOT}/cgroup.subtree_control", "w", encoding="ascii") as file:
            file.write("+memory")
        os.mkdir(self.path)
        return self

    def __exit__(self, *_):
        hosts.until(lambda: "populated 0" in self.read("cgroup.events"))
        # What is still charged is charged to the parent from now on.
        os.rmdir(self.path)

    def write(self, name, value):
        with open(f"{self.path}/{name}", "w", encoding="ascii") as file:
            file.write(str(value))

    def read(self, name):
        with open(f"{self.path}/{name}", encoding="ascii") as file:
            return file.read()

    def table(self, name):
        return {key: int(value) for key, value in map(str.split, self.read(name).splitlines())}

    def add(self, pid):
        self.write("cgroup.procs", pid)

    def kernel(self):
        """How many bytes of objects the kernel has allocated for this group."""
        stat = self.table("memory.stat")
        return stat["slab_unreclaimable"] + stat["percpu"]
