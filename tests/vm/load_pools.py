# SPDX-License-Identifier: GPL-2.0
"""The largest number of pools of a namespace: `make load` runs this. Making a sysfs directory for each
pool takes most of the time."""
import errno

from client import CMD
from test_netlink import client, host    # noqa: F401 (fixtures)


def test_largest_number_of_pools(client):
    client.do("RESTORE_BEGIN")
    assert client(f"many 65535 {CMD['POOL_ADD']} p") == {"failed": 0}
    client.do("RESTORE_COMMIT")
    assert client("status")["pools"] == 65535
    client.refused("POOL_ADD", "POOL:s:more", errno.ENOSPC,
                   "there are 65535 pools, which is the limit")
    assert client("pool p65534")[0]["name"] == "p65534"
    client(f"start {CMD['POOL_GET']}")
    count = 0
    while not (answer := client("more"))["done"]:
        count = answer["messages"]
    assert max(count, answer["messages"]) == 65535
    client.do("FLUSH")
    client.do("POOL_ADD", "POOL:s:more")
