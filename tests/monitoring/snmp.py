# SPDX-License-Identifier: GPL-2.0
"""
tools/snmp/op25b, by a real snmpd. tests/monitoring/snmp calls this, as root in the root file system
with that; snmpd is nobody, since monitoring takes no privilege.
"""

import base64
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import time

import recordings
import runner

TOP = os.path.realpath(__file__ + '/../../..')
FOLDER = TOP + '/build/monitoring/snmp'
SCRIPT = TOP + '/tools/snmp/op25b'
NOBODY = runner.NOBODY
AGENT = 'udp:127.0.0.1:20161'
# The table of extends in NET-SNMP-EXTEND-MIB, and the name op25b in it. In numbers, because Debian
# has no free copy of the MIBs that this one builds on.
EXTEND, OP25B = '.1.3.6.1.4.1.8072.1.3.2', '.5.111.112.50.53.98'
PACKED = '.6' + ''.join(f'.{ord(letter)}' for letter in 'packed')
RESULT, FULL, LINES = EXTEND + '.3.1.4', EXTEND + '.3.1.2', EXTEND + '.3.1.3'
VERDICTS = ('blocked', 'observed', 'relayed', 'exempted')
NOT_LOADED = 'Error: the kernel module op25b is not loaded: as root, "modprobe op25b" loads it'


def ask(program, *words):
    """What a client of SNMP prints."""
    return recordings.run(program, '-v2c', '-c', 'public', '-m', '', '-Ovq', AGENT,
                          *words).splitlines()


def decode(text):
    """The clients print a string in quotes, and escape quotes and backslashes in it."""
    return json.loads(json.loads(text))


def unpack(text):
    """What -b makes of it."""
    return json.loads(gzip.decompress(base64.b64decode(json.loads(text), validate=True)))


def expected(status, pools):
    """What the script should make of it."""
    def packets(pool):
        malformed = pool['packets']['malformed']
        return {**{verdict: sum(counts[verdict] for counts in pool['packets'].values())
                   for verdict in VERDICTS},
                'malformed': malformed['blocked'] + malformed['observed']}
    settings = ('mode', 'action', 'vrf', 'prefixes', 'exempts', 'relays', 'targets', 'senders')
    sums = [packets(pool) for pool in pools]
    return {
        'status': status,
        'totals': {name: sum(one[name] for one in sums) for name in (*VERDICTS, 'malformed')},
        'pools': {pool['name']: {**{name: pool[name] for name in settings}, **packets(pool)}
                  for pool in pools},
    }


def settings():
    """Debian's snmpd.conf, and both ways of docs/monitoring.md to add to it."""
    with open('/etc/snmp/snmpd.conf', encoding='utf-8') as file:
        debian = file.read()
    with open(TOP + '/docs/monitoring.md', encoding='utf-8') as file:
        text = file.read()
    ours, = re.findall('^cat > /etc/snmp/snmpd.conf.d/op25b.conf <<EOF\n(.*?)^EOF$', text,
                       re.M | re.S)
    packed, = re.findall('^extend op25b .* -b$', text, re.M)
    assert 'includeDir /etc/snmp/snmpd.conf.d' in debian
    debian = re.sub('^(agentaddress|master|includeDir)', '# \\1', debian, flags=re.M)
    ours += packed.replace('op25b', 'packed', 1)
    ours = ours.replace('/usr/share/op25b/snmp/op25b', SCRIPT)
    return debian + ours.replace('extend ', 'extend -cacheTime 1 ') + '\n'


class Test:
    """The tests, in their order, and what they share."""

    def __init__(self, command, conf):
        self.stand_in = not command
        self.bin = FOLDER + '/bin'
        os.mkdir(self.bin)
        for name in ('sh', 'jq', 'cat', 'gzip', 'base64'):
            os.symlink('/usr/bin/' + name, f'{self.bin}/{name}')
        if self.stand_in:
            shutil.copy(TOP + '/tests/monitoring/op25bctl', self.bin)
            for name in ('status', 'pools'):
                shutil.copy(f'{TOP}/tests/monitoring/recordings/{name}.json', self.bin)
        else:
            os.symlink(command, self.bin + '/op25bctl')
        with open(FOLDER + '/snmpd.conf', 'w', encoding='utf-8') as file:
            file.write(conf)
        log = open(FOLDER + '/snmpd.log', 'wb')
        self.snmpd = subprocess.Popen(
            ['/usr/sbin/snmpd', '-f', '-Lo', '-C', '-c', FOLDER + '/snmpd.conf',
             '-p', FOLDER + '/snmpd.pid', '-I', '-smux,mteTrigger,mteTriggerConf', AGENT],
            stdout=log, stderr=log,
            env={'PATH': self.bin, 'SNMP_PERSISTENT_DIR': FOLDER})
        for _ in range(100):
            assert self.snmpd.poll() is None, 'snmpd has ended: see ' + FOLDER + '/snmpd.log'
            if not subprocess.run(['snmpget', '-v2c', '-c', 'public', '-t', '0.2', '-r', '0', AGENT,
                                   '1.3.6.1.2.1.1.3.0'], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, check=False).returncode:
                return
            time.sleep(0.1)
        raise AssertionError('snmpd does not answer')

    def write(self, name, text):
        """Has the stand-in print this, or fail with it."""
        with open(f'{self.bin}/{name}', 'w', encoding='utf-8') as file:
            file.write(text)

    def said(self):
        """What op25bctl says."""
        return [json.loads(recordings.run(self.bin + '/op25bctl', *words))
                for words in (['-j', 'status'], ['-j', 'pool', 'show'])]

    def read(self):
        """What snmpd hands out, and with which exit status; it keeps an answer for a second."""
        time.sleep(2)
        text, status = ask('snmpget', FULL + OP25B, RESULT + OP25B)
        answer = decode(text)
        if answer['error'] != 4:
            text, packed_status = ask('snmpget', FULL + PACKED, RESULT + PACKED)
            assert unpack(text) == answer and packed_status == status, text
        return answer, int(status)

    def expect_error(self, number, *texts):
        """Checks that there is an error, and nothing else."""
        answer, status = self.read()
        assert list(answer) == ['version', 'error', 'errorString', 'data'], answer
        assert (answer['version'], answer['error'], answer['data']) == (1, number, {}), answer
        for text in texts:
            assert text in answer['errorString'], answer
        assert status == number, status

    def test_recordings(self):
        """They have the form of what the real command prints in the unit tests."""
        recordings.check()

    def test_answer(self):
        """The whole of it, in LibreNMS's form, by snmpget and by snmpwalk, in one line."""
        answer, status = self.read()
        assert list(answer) == ['version', 'error', 'errorString', 'data'], answer
        assert (answer['version'], answer['error'], answer['errorString']) == (1, 0, ''), answer
        assert status == 0
        assert answer['data'] == expected(*self.said()), answer['data']
        texts = ask('snmpwalk', FULL)
        assert decode(texts[0]) == unpack(texts[1]) and len(texts) == 2, texts
        assert ask('snmpget', LINES + OP25B) == ['1']

    def test_no_pools(self):
        """A policy without pools is no error."""
        pools = self.said()[1]
        self.write('pools.json', '[]\n')
        answer, _ = self.read()
        assert answer['error'] == 0 and answer['data'] == expected(self.said()[0], []), answer
        self.write('pools.json', recordings.text(pools))

    def test_many_pools(self):
        """As many as docs/monitoring.md says, with names of the greatest length, and too many."""
        pools = self.said()[1]

        def have(count):
            many = [{**pools[0], 'name': f'pool-{number:026}'} for number in range(count)]
            self.write('pools.json', recordings.text(many))
            return many
        many = have(250)
        answer, _ = self.read()
        assert answer['data'] == expected(self.said()[0], many)
        many = have(400)
        self.expect_error(4, 'for 400 pools')
        text, = ask('snmpget', FULL + PACKED)
        assert unpack(text)['data'] == expected(self.said()[0], many)
        self.write('pools.json', recordings.text(pools))

    def test_refused(self):
        """The module is not loaded."""
        self.write('error', NOT_LOADED + '\n')
        self.expect_error(2, NOT_LOADED)
        os.remove(self.bin + '/error')

    def test_half_an_answer(self):
        """The command was killed, at any point, or says nothing."""
        for name in ('status', 'pools'):
            with open(f'{self.bin}/{name}.json', encoding='utf-8') as file:
                whole = file.read()
            for length in (0, 1, len(whole) // 2, len(whole.strip()) - 1):
                self.write(name + '.json', whole[:length])
                self.expect_error(3, 'does not print the JSON')
            self.write(name + '.json', whole)

    def test_other_json(self):
        """It is JSON, but not what it should be."""
        for name, text in (('status', '{}'), ('status', '[]'), ('pools', '{}'),
                           ('pools', '[{"name":"east"}]')):
            with open(f'{self.bin}/{name}.json', encoding='utf-8') as file:
                whole = file.read()
            self.write(name + '.json', text + '\n')
            self.expect_error(3)
            self.write(name + '.json', whole)

    def test_not_installed(self):
        """Neither op25bctl nor jq is there."""
        for name, text in (('op25bctl', 'op25bctl: not found'), ('jq', 'jq is not installed')):
            os.rename(f'{self.bin}/{name}', f'{self.bin}/away')
            self.expect_error(127, text)
            os.rename(f'{self.bin}/away', f'{self.bin}/{name}')


def main():
    """Runs the tests, up to the first one that fails."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(FOLDER)
    os.chown(FOLDER, NOBODY, NOBODY)
    conf = settings()  # which only root can read
    runner.run('snmp', lambda command: Test(command, conf), ['test_answer'])
    return 0


if __name__ == '__main__':
    sys.exit(main())
