# SPDX-License-Identifier: GPL-2.0
"""The memory that the kernel has allocated, measured exactly enough to find a leak of one object in
each of many rounds."""
import glob
import os
import time

import hosts
from rounds import DEBUG

# Objects that others may have more of: in the debug kernel, up to 600 were seen after much traffic
OTHERS = 1000 if DEBUG else 0


def shrink():
    """Shrink the caches of kmalloc(): free their per-CPU slabs and, with KASAN, its quarantine. Returns
    the paths of the caches."""
    caches = {os.path.realpath(path) for path in glob.glob("/sys/kernel/slab/kmalloc-*")}
    for cache in caches:
        with open(f"{cache}/shrink", "w", encoding="ascii") as file:
            file.write("1")
    return caches


def kmalloc_objects():
    """The number of objects of kmalloc() in use."""
    total = 0
    for cache in shrink():
        with open(f"{cache}/objects", encoding="ascii") as file:
            total += int(file.read().split()[0])
    assert total
    return total


def meminfo(name):
    """A value of /proc/meminfo, in kB."""
    with open("/proc/meminfo", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(name + ":"))


def kmemleak():
    """The bytes in which kmemleak notes what others have allocated. They are in slabs that it rarely
    empties, and so cannot give back."""
    def read(name):
        with open(f"/sys/kernel/slab/kmemleak_object/{name}", encoding="ascii") as file:
            return int(file.read().split()[0])
    return read("slabs") * os.sysconf("SC_PAGESIZE") << read("order") if DEBUG else 0


def kernel():
    """The bytes that the kernel has allocated and cannot reclaim, charged to any group or none."""
    return ((meminfo("SUnreclaim") + meminfo("Percpu")) << 10) - kmemleak()


def wait_until(is_freed):
    """Wait until memory has been freed, which is when this condition is true."""
    def check():
        time.sleep(0.5)     # checking delays the freeing
        shrink()
        return is_freed()

    hosts.until(check, 400)     # the debug kernel takes minutes to free what others free at once


class Memory:
    """The memory in use now, to compare with later. Packets that taps have captured but nothing has
    read do not count."""

    def __init__(self, net):
        self.taps = [tap for host in net.hosts for tap in host.taps]
        self.before = self.used()

    def used(self):
        """The objects of kmalloc(), the kB of per-CPU memory, and the kB of vmalloc()."""
        for tap in self.taps:
            tap.drain()
        return kmalloc_objects(), meminfo("Percpu"), meminfo("VmallocUsed")

    def assert_is_back(self, objects):
        """Check that the memory in use is the same again once all pending frees are done, apart from
        this number of objects and from memory of other users: 512 kB per CPU, 1 MB of vmalloc()."""
        growth = None

        def is_back():
            nonlocal growth
            growth = [now - before for now, before in zip(self.used(), self.before)]
            return growth[0] < objects + OTHERS and growth[1] < 512 and growth[2] < 1024

        try:
            hosts.until(is_back, 90)
        finally:
            print("memory: {:+} objects, {:+} kB percpu, {:+} kB vmalloc".format(*growth))


def assert_no_growth(net, cycle, rounds=20):
    """Check that rounds of this leave nothing allocated. What others allocate meanwhile and keep, or what
    lies scattered over pages of per-CPU memory, grows once; a leak grows with each attempt."""
    cycle()     # the first one allocates memory that is kept for reuse
    for attempt in range(3):
        used = Memory(net)
        for _ in range(rounds):
            cycle()
        try:
            used.assert_is_back(rounds)     # one object of each round would be as many
            return
        except AssertionError:
            if attempt == 2:
                raise
