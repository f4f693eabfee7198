# SPDX-License-Identifier: GPL-2.0
"""
tools/zabbix, with a real agent and a real server. tests/monitoring/zabbix calls this, as root in
the root file system with these; all is done as nobody, since monitoring takes no privilege.
"""

import collections
import json
import os
import re
import shutil
import sys
import time
import uuid

import yaml

import recordings
import runner
import zabbix_server
from zabbix_server import eventually

TOP = os.path.realpath(__file__ + '/../../..')
FOLDER = TOP + '/build/monitoring/zabbix/run'
TEMPLATE = TOP + '/tools/zabbix/template_op25b.yaml'
PARAMETERS = TOP + '/tools/zabbix/userparameter_op25b.conf'
NOBODY = runner.NOBODY
VERDICTS = ('blocked', 'observed', 'relayed', 'exempted')
INTERVAL = 2  # seconds
NOT_LOADED = 'Error: the kernel module op25b is not loaded: as root, "modprobe op25b" loads it'


def entries(node, kind):
    """All entries of the lists of this name, wherever they are in the template."""
    found = []
    if isinstance(node, dict):
        for name, value in node.items():
            found += value if name == kind else []
            found += entries(value, kind)
    elif isinstance(node, list):
        for value in node:
            found += entries(value, kind)
    return found


def packets(pool, verdict):
    """The sum over the classes."""
    return sum(counts[verdict] for counts in pool['packets'].values())


def malformed(pool):
    """What was blocked and observed."""
    return pool['packets']['malformed']['blocked'] + pool['packets']['malformed']['observed']


def counters(pool):
    """The counters that the template has rates of."""
    sums = {verdict: packets(pool, verdict) for verdict in VERDICTS}
    return {**sums, 'malformed': malformed(pool)}


def values(status, pools):
    """What the items should have, but for rates. None: no value."""
    expected = {
        'op25b.version': status['version'],
        'op25b.generation': status['generation'],
        'op25b.applied': status['applied'],
        'op25b.confirm': status['confirm'] or 0,
        'op25b.pools.count': status['pools'],
        'op25b.pools.enforcing': sum(pool['mode'] == 'enforce' for pool in pools),
        'op25b.relays': status['relays'],
        'op25b.sessions': status['sessions'],
    }
    for pool in pools:
        for setting in ('mode', 'prefixes', 'senders'):
            expected[f'op25b.pool.{setting}[{pool["name"]}]'] = pool[setting]
    return expected


class Test:
    """The tests, in their order, and what they share."""

    def __init__(self, command):
        self.stand_in = not command
        self.folder = FOLDER + '/bin'
        self.host = None
        os.mkdir(self.folder)
        if self.stand_in:
            shutil.copy(TOP + '/tests/monitoring/op25bctl', self.folder)
            self.say(*recordings.read())
        else:
            os.symlink(command, self.folder + '/op25bctl')
        self.zabbix = zabbix_server.Zabbix(FOLDER, PARAMETERS, self.folder + ':/usr/sbin:/usr/bin')

    # What op25bctl says

    def write(self, name, text):
        """At once, since the agent may be reading it."""
        with open(f'{self.folder}/{name}.new', 'w', encoding='utf-8') as file:
            file.write(text)
        os.rename(f'{self.folder}/{name}.new', f'{self.folder}/{name}')

    def say(self, status, pools):
        """Has the stand-in say this from now on."""
        status['pools'] = len(pools)
        self.write('status.json', recordings.text(status))
        self.write('pools.json', recordings.text(pools))

    def said(self):
        """What op25bctl says."""
        return [json.loads(recordings.run(self.folder + '/op25bctl', *words))
                for words in (['-j', 'status'], ['-j', 'pool', 'show'])]

    def change(self, change):
        """Has the stand-in say what change(status, pools) makes of what it says."""
        status, pools = self.said()
        change(status, {pool['name']: pool for pool in pools})
        self.say(status, pools)

    # What Zabbix says

    def items(self):
        """The host's items by key, as strings; None where there is no value."""
        items = self.zabbix.api('item.get', hostids=self.host, output=[
            'key_', 'lastvalue', 'lastclock', 'state', 'error', 'value_type', 'name'])
        for item in items:
            if item['lastclock'] == '0':
                item['lastvalue'] = None
        return {item['key_']: item for item in items}

    def have(self, expected):
        """Whether the items have these values."""
        items = self.items()
        return all(key in items and items[key]['state'] == '0' and items[key]['lastvalue'] ==
                   (None if value is None else str(value)) for key, value in expected.items())

    def wait_for(self, expected, seconds=60):
        """Waits for the items to have these values; if they do not get them, says which."""
        try:
            eventually(lambda: self.have(expected), seconds, 'values')
        except AssertionError:
            items = self.items()
            for key, value in expected.items():
                print(f'  {key}: expected {value!r}, is', items.get(key))
            raise

    def triggers(self):
        """The host's triggers by name."""
        return {trigger['description']: trigger for trigger in self.zabbix.api(
            'trigger.get', hostids=self.host, expandDescription=1,
            output=['description', 'value', 'state', 'error'])}

    def events(self, name):
        """How many times this trigger has fired."""
        trigger = self.triggers()[name]['triggerid']
        return int(self.zabbix.api('event.get', objectids=trigger, value=1, countOutput=1))

    def fires(self, name, change, seconds=60, repeat=False):
        """Checks that the trigger is not firing, and does after the change, or after many."""
        assert self.triggers()[name]['value'] == '0', name
        before = self.events(name)
        change()

        def fired():
            if repeat:
                change()
            return self.events(name) > before
        eventually(fired, seconds, f'{name}: fires')

    def ends(self, name, change, seconds=60):
        """Checks that the trigger is firing, and does not, after the change."""
        assert self.triggers()[name]['value'] == '1', name
        change()
        eventually(lambda: self.triggers()[name]['value'] == '0', seconds, f'{name}: ends')

    # The tests

    def test_recordings(self):
        """They have the form of what the real command prints in the unit tests."""
        recordings.check()

    def test_template(self):
        """UUIDs, keys and macros are unique. The agent has what the template asks for."""
        with open(TEMPLATE, encoding='utf-8') as file:
            export = yaml.safe_load(file)['zabbix_export']
        assert export['version'] == '6.0'
        uuids = re.findall(r'^ *(?:- )?uuid: (\w+)$', yaml.safe_dump(export), re.MULTILINE)
        assert len(uuids) > 30
        for text in uuids:
            assert uuid.UUID(text).version == 4 and uuid.UUID(text).hex == text, text
        items = entries(export, 'items') + entries(export, 'item_prototypes')
        rules = entries(export, 'discovery_rules')
        for what in (uuids, [entry['key'] for entry in items + rules],
                     [macro['macro'] for macro in entries(export, 'macros')]):
            assert [] == [one for one, times in collections.Counter(what).items() if times > 1]
        asked = {item['key'] for item in items + rules if item.get('type') != 'DEPENDENT'}
        with open(PARAMETERS, encoding='utf-8') as file:
            assert asked == set(re.findall('^UserParameter=([^,]+),', file.read(), re.MULTILINE))
        with open(TEMPLATE, encoding='utf-8') as file:
            used = set(re.findall(r'{\$OP25B[A-Z.]*', file.read()))
        assert used == {macro['macro'].rstrip('}') for macro in entries(export, 'macros')}

    def test_agent(self):
        """Each item is what op25bctl prints."""
        for key, words in (('op25b.status', ['status']), ('op25b.pools', ['pool', 'show'])):
            text = self.zabbix.agent_test(key)
            got = re.fullmatch(rf'{key} +\[s\|(.*)\]\n', text, re.DOTALL)
            assert got, text
            json.loads(got[1])
            if self.stand_in:
                assert got[1] == recordings.run(self.folder + '/op25bctl', '-j', *words).strip()

    def test_agent_with_many_pools(self):
        """As many as docs/monitoring.md says, with names of the greatest length."""
        status, pools = self.said()
        many = [{**pools[0], 'name': f'pool-{number:026}'} for number in range(700)]
        self.say(dict(status), many)
        text = self.zabbix.agent_test('op25b.pools')
        assert json.loads(text[text.index('[s|') + 3:text.rindex(']')]) == many
        self.say(status, pools)

    def test_agent_passes_errors_on(self):
        """A command that fails, and one that is not there."""
        self.write('error', NOT_LOADED + '\n')
        assert NOT_LOADED in self.zabbix.agent_test('op25b.status')
        assert NOT_LOADED in self.zabbix.agent_test('op25b.pools')
        os.remove(self.folder + '/error')
        os.rename(self.folder + '/op25bctl', self.folder + '/away')
        assert 'op25bctl: not found' in self.zabbix.agent_test('op25b.status')
        os.rename(self.folder + '/away', self.folder + '/op25bctl')

    def test_import(self):
        """The server's own checks of the template pass, twice, and a host can have it."""
        self.zabbix.start()
        with open(TEMPLATE, encoding='utf-8') as file:
            source = file.read()
        both = {'createMissing': True, 'updateExisting': True}
        rules = {'groups': {'createMissing': True}, 'templates': both, 'items': both,
                 'triggers': both, 'discoveryRules': both, 'graphs': both}
        for _ in range(2):
            assert self.zabbix.api('configuration.import', format='yaml', source=source,
                                   rules=rules)
        template, = self.zabbix.api('template.get', filter={'host': ['op25b by Zabbix agent']})
        group, = self.zabbix.api('hostgroup.get', filter={'name': ['Linux servers']})
        macros = {'INTERVAL': f'{INTERVAL}s', 'NODATA': '30s', 'PERIOD': '10s'}
        self.host, = self.zabbix.api(
            'host.create', host='router', groups=[{'groupid': group['groupid']}],
            templates=[{'templateid': template['templateid']}],
            interfaces=[{'type': 1, 'main': 1, 'useip': 1, 'ip': '127.0.0.1', 'dns': '',
                         'port': str(zabbix_server.AGENT)}],
            macros=[{'macro': f'{{$OP25B.{name}}}', 'value': value}
                    for name, value in macros.items()],
        )['hostids']

    def test_values(self):
        """Every item has the value that op25bctl says; rates are there, and no other items are."""
        status, pools = self.said()
        expected = values(status, pools)
        rates = {f'op25b.pool.{name}[{pool["name"]}]' for pool in pools for name in counters(pool)}
        eventually(lambda: rates <= set(self.items()), 120, 'discovery')
        self.wait_for(expected)
        eventually(lambda: None not in [self.items()[key]['lastvalue'] for key in rates],
                   60, 'rates')
        assert set(self.items()) == set(expected) | rates | {'op25b.status', 'op25b.pools'}
        rule, = self.zabbix.api('discoveryrule.get', hostids=self.host, output=['state', 'error'])
        assert rule['state'] == '0', rule
        graphs = self.zabbix.api('graph.get', hostids=self.host, output=['name'])
        assert {graph['name'] for graph in graphs} == {f'op25b: Pool {pool["name"]}: Packets'
                                                       for pool in pools}

    def test_no_trigger_fires(self):
        """All is well."""
        eventually(lambda: {'0'} == {trigger['state'] for trigger in self.triggers().values()},
                   90, 'all triggers are known')
        firing = [name for name, trigger in self.triggers().items() if trigger['value'] != '0']
        assert not firing, firing

    def test_rates(self):
        """What is counted between two answers is the rate times the time between them."""
        def grow(_, pools):
            for pool in pools.values():
                for row, counts in enumerate(pool['packets'].values()):
                    for column, verdict in enumerate(VERDICTS):
                        counts[verdict] += 1000 * row + 100 * column + len(pool['name'])
        before = {pool['name']: counters(pool) for pool in self.said()[1]}
        self.change(grow)
        after = {pool['name']: counters(pool) for pool in self.said()[1]}
        time.sleep(3 * INTERVAL)
        items = self.items()
        for pool in after:
            for name in after[pool]:
                item = items[f'op25b.pool.{name}[{pool}]']
                grown = eventually(lambda item=item: self.grown(item), 30, item['key_'])
                expected = after[pool][name] - before[pool][name]
                assert abs(grown - expected) < expected / 1000, (item['key_'], grown, expected)

    def grown(self, item):
        """How much the counter has grown since the first value of this rate."""
        history = self.zabbix.api('history.get', itemids=item['itemid'], history=item['value_type'],
                                  sortfield='clock')
        history = sorted((int(one['clock']) + int(one['ns']) / 1e9, float(one['value']))
                         for one in history)
        assert all(value >= 0 for _, value in history)
        return sum(value * (now - then) for (then, _), (now, value) in zip(history, history[1:]))

    def test_a_reset_is_no_rate(self):
        """When the counters start anew, no rate is negative, nor counts what was counted before."""
        item = self.items()['op25b.pool.blocked[east]']
        before = self.grown(item)

        def reset(_, pools):
            pools['east']['packets']['syn']['blocked'] = 0
        clock = int(item['lastclock'])
        self.change(reset)
        eventually(lambda: int(self.items()[item['key_']]['lastclock']) > clock + 2 * INTERVAL,
                   60, 'values')
        assert abs(self.grown(item) - before) < 1

    def test_trigger_of_changes(self):
        """An event, each time a command changes the policy."""
        def apply(status, _):
            status['applied'] = '2026-11-29T00:00:00Z'
            status['generation'] += 1
        self.fires('op25b: The policy was changed', lambda: self.change(apply))

    def test_trigger_of_confirming(self):
        """Little time is left."""
        name = 'op25b: The policy is not confirmed'

        def pending(seconds):
            return lambda: self.change(lambda status, _: status.update(confirm=seconds))
        pending(600)()
        self.wait_for({'op25b.confirm': 600})
        assert self.triggers()[name]['value'] == '0'
        self.fires(name, pending(120))
        self.ends(name, pending(None))

    def test_triggers_of_modes(self):
        """The only pool that enforces observes."""
        def mode(word):
            return lambda: self.change(lambda _, pools: pools['east'].update(mode=word))
        pool = 'op25b: Pool east does not enforce any more'
        every = 'op25b: No pool enforces any more'
        assert self.triggers()[every]['value'] == '0' and self.events(every) == 0
        self.fires(pool, mode('observe'))
        eventually(lambda: self.triggers()[every]['value'] == '1', 30, every)
        time.sleep(2 * INTERVAL)  # and goes on to
        assert self.triggers()[pool]['value'] == self.triggers()[every]['value'] == '1'
        self.ends(pool, mode('enforce'))
        eventually(lambda: self.triggers()[every]['value'] == '0', 30, every)

    def test_triggers_of_pools(self):
        """A pool is removed, then all; then they are back."""
        status, pools = self.said()
        name = 'op25b: No pool is loaded'
        self.fires('op25b: There are fewer pools than before', lambda: self.say(status, pools[:2]))
        assert self.triggers()[name]['value'] == '0'
        self.fires(name, lambda: self.say(status, []))
        self.wait_for({'op25b.pools.enforcing': 0})
        assert self.items()['op25b.pools']['state'] == '0'
        self.ends(name, lambda: self.say(status, pools))

    def test_discovery_of_a_new_pool(self):
        """It gets items, triggers and all."""
        status, pools = self.said()
        pools.append({**pools[0], 'name': 'new', 'mode': 'observe', 'prefixes': 5})
        self.say(status, pools)
        eventually(lambda: 'op25b.pool.prefixes[new]' in self.items(), 60, 'discovery')
        self.wait_for(values(status, pools))
        assert 'op25b: Pool new does not enforce any more' in self.triggers()

    def grow(self, packet_class):
        """Has the pool east block 300 more of a class. Repeated, this is some 500 a second."""
        def change(_, pools):
            pools['east']['packets'][packet_class]['blocked'] += 300
        self.change(change)

    def test_trigger_of_malformed(self):
        """They grow; the trigger of other pools does not fire."""
        name = 'op25b: Somebody in pool {} sends malformed packets'
        others = self.events(name.format('guests'))
        self.fires(name.format('east'), lambda: self.grow('malformed'), 90, repeat=True)
        assert self.events(name.format('guests')) == others
        self.ends(name.format('east'), lambda: None)

    def test_trigger_of_jumps(self):
        """The same rate is a jump after a day with little, and none after a day with as much."""
        name = 'op25b: Pool east blocks much more than the day before'
        item = self.items()['op25b.pool.blocked[east]']['itemid']
        hour = int(time.time()) // 3600 * 3600 - 3600

        def day(average):
            self.zabbix.psql('-c', f'delete from trends where itemid = {item}', '-c', f'''
                insert into trends (itemid, clock, num, value_min, value_avg, value_max)
                values ({item}, {hour}, 1800, 0, {average}, {average})''', 'zabbix')
        day(400)
        for _ in range(25):
            self.grow('syn')
            time.sleep(0.5)
        trigger = self.triggers()[name]
        assert trigger['value'] == '0' and trigger['state'] == '0', trigger
        assert float(self.items()['op25b.pool.blocked[east]']['lastvalue']) > 200
        assert self.events(name) == 0
        self.fires(name, lambda: (day(1), self.grow('syn')), repeat=True)
        self.ends(name, lambda: None)

    def test_trigger_of_no_answer(self):
        """The command fails: the items say why, and a trigger fires until it answers again."""
        name = 'op25b: No answer for 30s'
        self.fires(name, lambda: self.write('error', NOT_LOADED + '\n'), 90)
        for key in ('op25b.status', 'op25b.pools'):
            item = self.items()[key]
            assert item['state'] == '1' and NOT_LOADED in item['error'], item
        self.ends(name, lambda: os.remove(self.folder + '/error'))

    def test_half_an_answer(self):
        """The command was killed: an error, not a value."""
        status, pools = self.said()
        self.write('pools.json', recordings.text(pools)[:-20])
        eventually(lambda: self.items()['op25b.pools']['state'] == '1', 30, 'error')
        self.say(status, pools)
        eventually(lambda: self.items()['op25b.pools']['state'] == '0', 30, 'value')

    def test_each_trigger_has_fired(self):
        """Of one pool, of those that are made for each."""
        never = [name for name in self.triggers() if not self.events(name)
                 and not re.search('ool (wholesale.isp-b|guests|new) ', name)]
        assert not never, never


def main():
    """Runs the tests, up to the first one that fails."""
    zabbix_server.empty_folder(FOLDER)
    zabbix_server.frontend_config(FOLDER)
    for folder in (os.path.dirname(FOLDER), FOLDER):
        os.chown(folder, NOBODY, NOBODY)
    runner.run('zabbix', Test, ['test_template', 'test_agent', 'test_import', 'test_values'])
    return 0


if __name__ == '__main__':
    sys.exit(main())
