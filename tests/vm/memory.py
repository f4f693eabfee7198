# SPDX-License-Identifier: GPL-2.0
"""What the kernel holds in memory, exactly enough to see one object that is lost at each of many
turns."""
import glob
import os
import time

import hosts


def shrink():
    """Have the kernel give back what processors keep of kmalloc()'s caches for their next allocations
    and, where there is KASAN, what that keeps to see uses after free. The caches."""
    caches = {os.path.realpath(path) for path in glob.glob("/sys/kernel/slab/kmalloc-*")}
    for cache in caches:
        with open(f"{cache}/shrink", "w", encoding="ascii") as file:
            file.write("1")
    return caches


def kmalloc_objects():
    """Objects from kmalloc() that are in use."""
    total = 0
    for cache in shrink():
        with open(f"{cache}/objects", encoding="ascii") as file:
            total += int(file.read().split()[0])
    assert total
    return total


def meminfo(name):
    """In kB."""
    with open("/proc/meminfo", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(name + ":"))


def kernel():
    """What the kernel has allocated and cannot give back, whoever is charged for it, in bytes."""
    return (meminfo("SUnreclaim") + meminfo("Percpu")) << 10


def wait_until(is_given_back):
    """Wait for memory that was freed to be given back, which is when this is true."""
    def look():
        time.sleep(0.5)     # to look takes processors from who frees
        shrink()
        return is_given_back()

    hosts.until(look, 90)


class Memory:
    """What is in use now, to be compared with later. Packets that taps have captured and nobody
    has looked at do not count."""

    def __init__(self, net):
        self.taps = [tap for host in net.hosts for tap in (host.tap, host.paged_tap)]
        self.before = self.used()

    def used(self):
        """Objects; kB of counters for each processor; kB of modules and other large things."""
        for tap in self.taps:
            tap.drain()
        return kmalloc_objects(), meminfo("Percpu"), meminfo("VmallocUsed")

    def assert_is_back(self, objects):
        """That no more is in use than then, when all that is under way has been freed, but for so
        many objects, and what others may have allocated: 512 kB of counters, 1 MB of the rest."""
        growth = None

        def is_back():
            nonlocal growth
            growth = [now - before for now, before in zip(self.used(), self.before)]
            return growth[0] < objects and growth[1] < 512 and growth[2] < 1024

        try:
            hosts.until(is_back, 90)
        finally:
            print("memory: {:+} objects, {:+} kB percpu, {:+} kB vmalloc".format(*growth))
