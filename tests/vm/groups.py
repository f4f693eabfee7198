# SPDX-License-Identifier: GPL-2.0
"""Control groups, which account the memory that the kernel allocates for their processes."""
import os

import hosts

ROOT = "/sys/fs/cgroup"


class Group:
    """A control group, which exists during a `with` block."""

    def __init__(self, name):
        self.path = f"{ROOT}/{name}"

    def __enter__(self):
        with open(f"{ROOT}/cgroup.subtree_control", "w", encoding="ascii") as file:
            file.write("+memory")
        os.mkdir(self.path)
        return self

    def __exit__(self, *_):
        hosts.until(lambda: "populated 0" in self.read("cgroup.events"))
        # Memory that is still charged to it is charged to its parent from now on.
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
        """The bytes of kernel objects that are charged to this group."""
        stat = self.table("memory.stat")
        return stat["slab_unreclaimable"] + stat["percpu"]
