# SPDX-License-Identifier: GPL-2.0
"""Load and remove the module again and again, with traffic on both processors."""
import hosts
from conftest import ACTIONS, MODULE, Ends, sysfs, syn_to
from memory import Memory
from rounds import rounds
from test_removal import loaded_again, read_sysfs, remove     # noqa: F401 (a fixture)
from traffic import Meanwhile, paced, sender

LOADS = rounds(100)


def test_loads_and_removals_under_traffic(net, op25b, tmp_path):
    ends, ends6 = Ends(net, 4), Ends(net, 6)
    policies = [tmp_path / action for action in ACTIONS]
    for file in policies:
        file.write_text(
            f"pool add east action {file.name} guard synack inbound prefix {ends.pool} {ends6.pool}"
            f"\npool add west prefix 10.9.0.0/16\nexempt add east {ends.neighbour} timeout 1\n"
            f"relay add {ends.relay} pool east\n")

    def turn(number):
        turns, policy = divmod(number, len(policies))
        file = policies[policy]
        if turns % 2:
            op25b("restore", str(file))
        else:
            op25b("-b", str(file))
        hosts.until(lambda: int(sysfs("pools/east/blocked")))
        remove()
        hosts.run("insmod", MODULE)

    send = paced(sender(net.customer.tap, syn_to(ends), syn_to(ends6)))
    with Meanwhile(send, 0) as one, Meanwhile(send, 1) as other, Meanwhile(paced(read_sysfs)):
        # the first rounds allocate memory that is kept for reuse
        for number in range(2 * len(policies)):
            turn(number)
        memory = Memory(net)
        for number in range(LOADS):
            turn(number)
    assert one.result > LOADS and other.result > LOADS
    # fewer than two objects per load; the module itself is larger than 10 kB, so that leaking it
    # each time would exceed the limit of vmalloc()
    memory.assert_is_back(2 * LOADS)
