#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Make the policies and packets of the benchmark: the same bytes on every machine.

usage: data.py SET DIRECTORY [PREFIXES]

SET is a number, of IPv4 prefixes to make up, or ipv4 or ipv6: then PREFIXES is a file with lines
"ADDRESS/LEN POOL". In DIRECTORY:

  policy.op25b  policy.nft  policy.ipset    the same policy for each system
  NAME.packets                              raw IP packets, one after the other
  expect                                    "NAME BLOCKED": how many of them have to be blocked
  exempts                                   addresses in the prefixes, one per line
  one                                       "POOL ADDRESS ADDRESS": the first address is in a prefix
                                            of the pool, the second in none
"""
import bisect
import collections
import os
import random
import socket
import struct
import sys

PACKETS = 4096
EXEMPTS = 1000
POOLS = 64                  # in a made-up set

RELAYS = {
    4: ['192.0.2.0/28', '198.51.100.16/28', '203.0.113.25/32', '203.0.113.26/32'],
    6: ['2001:db8:1:25::/64', '2001:db8:2:25::/64', '2001:db8::25/128', '2001:db8::26/128'],
}

# The distribution of prefix lengths in the Internet's routing table, per thousand, roughly.
LENGTHS = {24: 620, 23: 120, 22: 110, 21: 55, 20: 45, 19: 28, 18: 14, 17: 5, 16: 3}

SYN, ACK = 0x02, 0x10
TCP, UDP = 6, 17


class Draw:
    """Random numbers. Only random() is guaranteed to be the same in all versions of Python."""

    def __init__(self, seed):
        self.random = random.Random(seed).random

    def below(self, n):
        value = 0
        bits = 0
        while n >> bits:
            value = value << 32 | int(self.random() * (1 << 32))
            bits += 32
        return value * n >> bits

    def one_of(self, values):
        return values[self.below(len(values))]


def to_number(text):
    family = socket.AF_INET6 if ':' in text else socket.AF_INET
    return int.from_bytes(socket.inet_pton(family, text), 'big')


def to_text(number, family):
    if family == 4:
        return socket.inet_ntop(socket.AF_INET, number.to_bytes(4, 'big'))
    return socket.inet_ntop(socket.AF_INET6, number.to_bytes(16, 'big'))


def split(text):
    address, length = text.split('/')
    return to_number(address), int(length)


def made_up(count, draw):
    """Disjoint prefixes, all over the address space, with gaps."""
    if count == 1:
        return [(to_number('100.64.0.0'), 10, 'pool0')]
    lengths = [length for length, share in LENGTHS.items() for _ in range(share)]
    lengths = [draw.one_of(lengths) for _ in range(count)]
    start, end = to_number('1.0.0.0'), to_number('224.0.0.0')
    # Alignment wastes about half a prefix. A tenth of the gaps is a reserve for random deviations.
    gap = (end - start - sum(3 << (32 - length) >> 1 for length in lengths)) * 9 // 10 // count
    prefixes = []
    for i, length in enumerate(lengths):
        size = 1 << (32 - length)
        start = (start + draw.below(2 * gap) + size - 1) // size * size
        prefixes.append((start, length, f'pool{i % POOLS}'))
        start += size
    assert start <= end
    return prefixes


def read(path):
    prefixes = []
    with open(path, encoding='ascii') as file:
        for line in file:
            prefix, pool = line.split()
            # An unknown country is ??, which is not a valid name of a pool.
            prefixes.append((*split(prefix), pool.replace('?', '_')))
    return sorted(prefixes)


class Set:
    def __init__(self, family, prefixes, seed):
        self.family = family
        self.bits = 32 if family == 4 else 128
        self.prefixes = prefixes
        self.starts = [prefix[0] for prefix in prefixes]
        self.pools = sorted({prefix[2] for prefix in prefixes})
        self.relays = [split(relay) for relay in RELAYS[family]]
        self.draw = Draw(seed)

    def size(self, prefix):
        return 1 << (self.bits - prefix[1])

    def holds(self, address):
        i = bisect.bisect_right(self.starts, address) - 1
        return i >= 0 and address - self.starts[i] < self.size(self.prefixes[i])

    def within(self, prefix):
        return prefix[0] + self.draw.below(self.size(prefix))

    def inside(self):
        return self.within(self.draw.one_of(self.prefixes))

    def anywhere(self):
        if self.family == 4:
            return self.draw.below(1 << 32)
        # in 2000::/3, from which addresses are assigned
        return (1 << 125) + self.draw.below(1 << 125)

    def outside(self):
        while self.holds(address := self.anywhere()):
            pass
        return address

    def relay(self):
        return self.within(self.draw.one_of(self.relays))

    def elsewhere(self):
        address = self.anywhere()
        while any(0 <= address - relay[0] < self.size(relay) for relay in self.relays):
            address = self.anywhere()
        return address

    # --- packets ---

    def packet(self, src, dst, protocol, port, flags):
        source_port = 1024 + self.draw.below(64512)
        if protocol == TCP:
            sequence = self.draw.below(1 << 32)
            acknowledged = self.draw.below(1 << 32) if flags & ACK else 0
            body = struct.pack('!HHIIBBHHH', source_port, port, sequence, acknowledged, 0x50, flags,
                               65535, 0, 0)
        else:
            body = struct.pack('!HHHH', source_port, port, 8 + 12, 0) + bytes(12)
        if self.family == 4:
            head = struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(body), self.draw.below(1 << 16),
                               0x4000, 63, protocol, 0)
        else:
            head = struct.pack('!IHBB', 6 << 28, len(body), protocol, 63)
        size = self.bits // 8
        return head + src.to_bytes(size, 'big') + dst.to_bytes(size, 'big') + body

    def write_packets(self, directory):
        few = [self.inside() for _ in range(64)]
        kinds = [
            # name, source, destination, protocol, port, flags
            ('tcp443', self.inside, self.elsewhere, TCP, 443, ACK),
            ('udp', self.inside, self.elsewhere, UDP, 443, 0),
            ('ack25', self.inside, self.elsewhere, TCP, 25, ACK),
            ('inside', self.inside, self.elsewhere, TCP, 25, SYN),
            ('anywhere', self.anywhere, self.elsewhere, TCP, 25, SYN),
            ('outside', self.outside, self.elsewhere, TCP, 25, SYN),
            ('relay', self.inside, self.relay, TCP, 25, SYN),
            ('few', lambda: self.draw.one_of(few), self.elsewhere, TCP, 25, SYN),
            ('others', self.inside, self.elsewhere, TCP, 25, SYN),
        ]
        with open(f'{directory}/expect', 'w', encoding='ascii') as expect:
            for name, source, destination, protocol, port, flags in kinds:
                sources = [source() for _ in range(PACKETS)]
                with open(f'{directory}/{name}.packets', 'wb') as file:
                    for src in sources:
                        file.write(self.packet(src, destination(), protocol, port, flags))
                blocked = name in ('inside', 'anywhere', 'outside', 'few', 'others')
                print(name, sum(map(self.holds, sources)) if blocked else 0, file=expect)

    # --- policies ---

    def texts(self):
        for start, length, pool in self.prefixes:
            yield f'{to_text(start, self.family)}/{length}', pool

    def write_op25b(self, file):
        """As `op25bctl save` prints it."""
        for pool in self.pools:
            print(f'pool add {pool} mode enforce action drop', file=file)
        for relay in RELAYS[self.family]:
            print(f'relay add {relay}', file=file)
        for prefix, pool in self.texts():
            print(f'prefix add {pool} {prefix}', file=file)

    def write_nft(self, file):
        ip, address = ('ip', 'ipv4_addr') if self.family == 4 else ('ip6', 'ipv6_addr')
        relays = ', '.join(RELAYS[self.family])
        print(f'table {ip} bench {{', file=file)
        for pool in self.pools:
            print(f'\tcounter {pool} {{\n\t}}', file=file)
        print(f'''\
	set relays {{
		type {address}; flags interval
		elements = {{ {relays} }}
	}}
	map pools {{
		type {address} : counter; flags interval
		elements = {{''', file=file)
        for prefix, pool in self.texts():
            print(f'\t\t\t{prefix} : "{pool}",', file=file)
        print('\t\t}\n\t}', file=file)
        print(f'''\
	chain prerouting {{
		type filter hook prerouting priority raw; policy accept
		tcp dport 25 tcp flags & (syn | ack) == syn {ip} daddr != @relays \\
			counter name {ip} saddr map @pools drop
	}}
}}''', file=file)

    def write_ipset(self, file):
        family = 'inet' if self.family == 4 else 'inet6'
        # As many buckets as it would grow to, so that it does not have to grow.
        buckets = 64
        while buckets * 4 < len(self.prefixes):
            buckets *= 2
        print(f'create relays hash:net family {family}', file=file)
        print(f'create pools hash:net family {family} hashsize {buckets} maxelem 2097152 counters',
              file=file)
        for relay in RELAYS[self.family]:
            print(f'add relays {relay}', file=file)
        for prefix, _ in self.texts():
            print(f'add pools {prefix}', file=file)

    def write(self, directory):
        self.write_packets(directory)
        for name in 'op25b', 'nft', 'ipset':
            with open(f'{directory}/policy.{name}', 'w', encoding='ascii') as file:
                getattr(self, f'write_{name}')(file)
        # In the largest pool, but not in prefixes of one address, which would be prefix and exempt.
        pool = max(self.pools, key=collections.Counter(prefix[2] for prefix in self.prefixes).get)
        prefixes = [prefix for prefix in self.prefixes
                    if prefix[2] == pool and prefix[1] < self.bits]
        used = {}
        while len(used) < EXEMPTS:
            used[self.within(self.draw.one_of(prefixes))] = True
        with open(f'{directory}/exempts', 'w', encoding='ascii') as file:
            for address in used:
                print(to_text(address, self.family), file=file)
        while (address := self.within(self.draw.one_of(prefixes))) in used:
            pass
        with open(f'{directory}/one', 'w', encoding='ascii') as file:
            print(pool, to_text(address, self.family), to_text(self.outside(), self.family),
                  file=file)


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    name, directory = sys.argv[1:3]
    os.makedirs(directory, exist_ok=True)
    if name.isdigit():
        made = Set(4, made_up(int(name), Draw(name)), name)
    else:
        made = Set(int(name[-1]), read(sys.argv[3]), name)
    made.write(directory)


if __name__ == '__main__':
    main()
