#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The init of the benchmark in nanoseconds: measures, and prints one measurement per line:

  = SYSTEM SET ORDER NAME NANOSECONDS...            the times of 4,096 packets each; NAME-recorded:
                                                    while senders are recorded
  = command NAME VALUE                              of some commands, the seconds that they take; of
                                                    op25b-reload, the milliseconds of the gap
  ! WHY                                             an error, which ends the benchmark

usage: guest.py MODULES DATA SYSTEMS SETS           SYSTEMS and SETS are separated by commas

SYSTEM is empty (no hook is registered), floor, op25b, nft or ipset; ORDER is hot or cold.
"""
import ctypes
import os
import re
import subprocess
import sys
import time

# The kinds of packets, and how often they are sent
NAMES = ['tcp443', 'udp', 'ack25', 'inside', 'anywhere', 'outside', 'relay']
# These too, with one prefix: senders who send again and again, and others where the table is full
SENDERS = ['few', 'others']
RUNS = {'hot': 32, 'cold': 2}

POWER_OFF = 0x4321fedc        # linux/reboot.h

BENCH = '/sys/kernel/debug/op25b_bench'
POOLS = '/sys/kernel/op25b/pools'


class Failed(Exception):
    pass


def must(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    if done.returncode:
        raise Failed(f'{" ".join(command)}: {done.stdout[-500:]}')
    return done.stdout


def table_of(name):
    return 'ip6' if name == 'ipv6' else 'ip'


def iptables(name):
    return f'{table_of(name)}tables-legacy'


class Op25b:
    def __init__(self, modules):
        self.modules = modules

    def up(self):
        must('insmod', f'{self.modules}/op25b.ko')

    def load(self, _, directory):
        must(f'{self.modules}/op25bctl', 'restore', f'{directory}/policy.op25b')

    def blocked_packets(self, _):
        """The blocked packets since the last call."""
        total = 0
        for pool in os.listdir(POOLS):
            with open(f'{POOLS}/{pool}/blocked', encoding='ascii') as file:
                total += int(file.read())
        must(f'{self.modules}/op25bctl', 'pool', 'reset')
        return total

    def record(self):
        for pool in os.listdir(POOLS):
            must(f'{self.modules}/op25bctl', 'pool', 'set', pool, 'senders', 'on')

    def sessions(self, count=20000):
        """Add sessions, with one command and with one for each, as hooks of a BRAS do."""
        adds = [f'session add s{n} 100.64.{n >> 8}.{n & 255}\n' for n in range(count)]
        program, path = f'{self.modules}/op25bctl', '/run/sessions'
        for name, lines, command in (
                ('batch', adds, (program, '-b', path)),
                ('processes', ['set -e\n', *(f'{program} {line}' for line in adds)],
                 ('/bin/sh', path))):
            with open(path, 'w', encoding='ascii') as file:
                file.writelines(lines)
            self.timed(f'sessions-{name}', *command)
            subprocess.run([program, '-f', 'session', 'sync'], stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, check=True)

    def metrics(self, pools=65535):
        """Write the metrics of as many pools as there may be."""
        with open('/run/pools', 'w', encoding='ascii') as file:
            file.writelines(f'pool add p{n}\n' for n in range(pools))
        must(f'{self.modules}/op25bctl', 'restore', '/run/pools')
        self.timed('metrics', 'sh', '-c', f'{self.modules}/op25bctl metrics >/run/metrics')
        must(f'{self.modules}/op25bctl', 'flush')

    def reload(self, name, path):
        """Replace the module by itself, with a policy in force."""
        folder = f'/lib/modules/{os.uname().release}/updates'
        for place in '/lib/modules', '/var/lib':
            must('mount', '-t', 'tmpfs', 'tmpfs', place)
        os.makedirs(folder)
        must('cp', f'{self.modules}/op25b.ko', folder)
        must('depmod')
        must(f'{self.modules}/op25bctl', 'restore', path)
        os.environ['PATH'] += f':{self.modules}'
        text = must(f'{self.modules}/op25b-reload', '-f')
        print('= command', f'reload-{name}', re.search(r'for (\d+) ms nothing was blocked', text)[1],
              flush=True)
        must(f'{self.modules}/op25bctl', 'flush')
        must('umount', '/lib/modules', '/var/lib')

    @staticmethod
    def timed(name, *command):
        begin = time.monotonic()
        must(*command)
        print('= command', name, time.monotonic() - begin, flush=True)

    def unload(self, _):
        must(f'{self.modules}/op25bctl', 'flush')

    def down(self):
        must('rmmod', 'op25b')


class Nft:
    def __init__(self, _):
        pass

    def up(self):
        pass

    def load(self, _, directory):
        must('nft', '-f', f'{directory}/policy.nft')

    def blocked_packets(self, name):
        # Listing the counters would read all the prefixes, too; resetting them does not.
        words = must('nft', 'reset', 'counters', 'table', table_of(name), 'bench').split()
        return sum(int(after) for word, after in zip(words, words[1:]) if word == 'packets')

    def record(self):
        """Record senders of IPv4. In a chain of its own: a rule ends where a set is full, and must not
        end before it drops."""
        for command in ('add set ip bench senders { type ipv4_addr; flags dynamic; size 4096; }',
                        'add chain ip bench record',
                        'add rule ip bench record update @senders { ip saddr counter }',
                        'add rule ip bench record drop',
                        'flush chain ip bench prerouting',
                        'add rule ip bench prerouting tcp dport 25 tcp flags & (syn | ack) == syn '
                        'ip daddr != @relays counter name ip saddr map @pools jump record'):
            must('nft', command)

    def unload(self, name):
        must('nft', 'delete', 'table', table_of(name), 'bench')

    def down(self):
        pass


class Ipset:
    def __init__(self, _):
        pass

    def up(self):
        pass

    def load(self, name, directory):
        must('ipset', 'restore', '-file', f'{directory}/policy.ipset')
        must(iptables(name), '-t', 'raw', '-A', 'PREROUTING', '-p', 'tcp', '--dport', '25',
             '--tcp-flags', 'SYN,ACK', 'SYN', '-m', 'set', '!', '--match-set', 'relays', 'dst',
             '-m', 'set', '--match-set', 'pools', 'src', '-j', 'DROP')

    def blocked_packets(self, name):
        for line in must(iptables(name), '-t', 'raw', '-Z', '-L', 'PREROUTING', '-nvx').splitlines():
            words = line.split()
            if words[2:3] == ['DROP']:
                return int(words[0])
        raise Failed('ipset: the rule is gone')

    def record(self):
        """Record senders of IPv4."""
        must('ipset', *'create senders hash:ip maxelem 4096 hashsize 4096 counters'.split())
        for rule in ('-N record', '-A record -j SET --add-set senders src --exist',
                     '-A record -j DROP',
                     '-R PREROUTING 1 -p tcp --dport 25 --tcp-flags SYN,ACK SYN -m set ! --match-set '
                     'relays dst -m set --match-set pools src -j record'):
            must('iptables-legacy', '-t', 'raw', *rule.split())

    def unload(self, name):
        must(iptables(name), '-t', 'raw', '-F')
        must(iptables(name), '-t', 'raw', '-X')
        must('ipset', 'destroy')

    def down(self):
        pass


class Measurement:
    def __init__(self, data, sets):
        self.data = data
        self.sets = sets
        self.blocked = {}
        for name in sets:
            for order in RUNS:
                with open(f'{data}/{name}/{order}/expect', encoding='ascii') as file:
                    for line in file:
                        kind, count = line.split()
                        self.blocked[name, order, kind] = int(count)

    @staticmethod
    def kinds(name, order):
        """The kinds to measure: cold, only those that are looked up, and not with a single prefix,
        which is always in the cache."""
        kinds = [kind for kind in NAMES if name != 'ipv6' or kind != 'anywhere']
        if name.isdigit():
            kinds = ['inside'] + SENDERS * (name == '1')
        if order == 'cold':
            kinds = [kind for kind in kinds if kind in NAMES[3:6] and name != '1']
        return kinds

    def send(self, system, name, order, kind, drops, suffix=''):
        """Send the packets of a file repeatedly; drops(count) of its count packets have to be
        dropped. The measurement is named after the kind, with this suffix."""
        with open(f'{self.data}/{name}/{order}/{kind}.packets', 'rb') as file:
            packets = file.read()
        with open(f'{BENCH}/packets', 'wb') as file:
            file.write(packets)
        times = []
        dropped = 0
        size = 60 if name == 'ipv6' else 40
        for run in range(RUNS[order] + 1):
            with open(f'{BENCH}/run', encoding='ascii') as file:
                sent, _, gone, _ = map(int, file.read().split())
            passes = sent * size // len(packets)
            if not passes or gone != drops(len(packets) // size) * passes:
                raise Failed(f'{system} {name} {order} {kind}: {gone} of {sent} dropped')
            dropped += gone
            if run: # the first run fills the caches
                with open(f'{BENCH}/parts', encoding='ascii') as file:
                    times += file.read().split()
        print('=', system, name, order, kind + suffix, *times, flush=True)
        return dropped

    def each(self):
        for name in self.sets:
            for order in RUNS:
                for kind in self.kinds(name, order):
                    yield name, order, kind

    def empty(self):
        for name, order, kind in self.each():
            self.send('empty', name, order, kind, lambda count: 0)

    def floor(self):
        for name, order, kind in self.each():
            drop = kind in NAMES[3:6] + SENDERS
            with open(f'{BENCH}/floor', 'w', encoding='ascii') as file:
                file.write('drop' if drop else 'accept')
            self.send('floor', name, order, kind, lambda count, drop=drop: count * drop)
        with open(f'{BENCH}/floor', 'w', encoding='ascii') as file:
            file.write('none')

    def system(self, title, system):
        system.up()
        for name in self.sets:
            system.load(name, f'{self.data}/{name}/hot')
            for order in RUNS:
                for kind in self.kinds(name, order):
                    system.blocked_packets(name)
                    dropped = self.send(title, name, order, kind,
                                        lambda _, key=(name, order, kind): self.blocked[key])
                    counted = system.blocked_packets(name)
                    # nft counts when it finds the pool, ipset when it drops the packet
                    if counted != dropped:
                        raise Failed(f'{title} {name} {order} {kind}: {counted} counted, '
                                     f'{dropped} dropped')
            if name == '1':
                self.recording(title, system)
            if name == '1000000' and title == 'op25b':
                system.sessions()
                self.programs(system, f'{self.data}/{name}/hot/policy.op25b')
                system.load(name, f'{self.data}/{name}/hot')
            system.unload(name)
        system.down()

    @staticmethod
    def programs(system, million):
        system.metrics()
        with open('/run/few', 'w', encoding='ascii') as file:
            file.write('pool add east\n')
            file.writelines(f'prefix add east 10.{n >> 8}.{n & 255}.0/24\n' for n in range(10000))
        system.reload('10000', '/run/few')
        system.reload('1000000', million)

    def recording(self, title, system):
        """The senders of the only prefix, each kind after one that fills the table"""
        system.record()
        for kind in 'few', 'inside', 'others':
            self.send(title, '1', 'hot', kind,
                      lambda _, key=('1', 'hot', kind): self.blocked[key], '-recorded')


def main():
    modules, data, systems, sets = sys.argv[1:5]
    os.environ['PATH'] = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
    os.environ['LC_ALL'] = 'C'
    for kind, directory in (('proc', '/proc'), ('sysfs', '/sys'), ('tmpfs', '/run'),
                            ('debugfs', '/sys/kernel/debug')):
        must('mount', '-t', kind, kind, directory)
    must('insmod', f'{modules}/op25b_bench.ko')
    measurement = Measurement(data, sets.split(','))
    measurement.empty()
    measurement.floor()
    for title in systems.split(','):
        measurement.system(title, {'op25b': Op25b, 'nft': Nft, 'ipset': Ipset}[title](modules))
    print('=', flush=True)


if __name__ == '__main__':
    try:
        main()
    except (Failed, OSError, ValueError) as why:
        print('!', why, flush=True)
    ctypes.CDLL(None).reboot(POWER_OFF)
