# SPDX-License-Identifier: GPL-2.0
"""A Zabbix server with its database, its web frontend, whose API it is asked by, and an agent."""

import gzip
import json
import os
import shutil
import subprocess
import time
import urllib.request

POSTGRES = '/usr/lib/postgresql/15/bin/'
SQL = '/usr/share/zabbix-server-pgsql/'
PHP = '/usr/bin/php8.2'
FRONTEND = '/usr/share/zabbix'
EXTENSIONS = ('bcmath', 'ctype', 'dom', 'gd', 'gettext', 'mbstring', 'pgsql', 'simplexml',
              'sockets', 'xmlreader', 'xmlwriter')
AGENT, SERVER, WEB = 20050, 20051, 20080  # ports on the loopback device


def eventually(check, seconds, what):
    """Returns what check() returns, as soon as that is true."""
    end = time.monotonic() + seconds
    while True:
        result = check()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f'{what}: not within {seconds} s')
        time.sleep(0.5)


class Zabbix:
    """Everything is below one folder; the path is that of commands which the agent calls."""

    def __init__(self, folder, userparameters, path):
        self.folder = folder
        self.userparameters = userparameters
        self.environment = dict(os.environ, PATH=path)
        self.token = None
        self.agent_conf = self.write('agent.conf', f'''
            Server=127.0.0.1
            Hostname=router
            ListenIP=127.0.0.1
            ListenPort={AGENT}
            LogFile={folder}/agent.log
            PidFile={folder}/agent.pid
            ControlSocket={folder}/agent.sock
            PluginSocket={folder}/plugin.sock
            Include={userparameters}
            ''')

    def write(self, name, text):
        """Writes a file of settings, and returns its name."""
        with open(f'{self.folder}/{name}', 'w', encoding='utf-8') as file:
            file.write('\n'.join(line.strip() for line in text.splitlines()))
        return file.name

    def log(self, name):
        """A file for the output of a program."""
        return open(f'{self.folder}/{name}.log', 'ab')

    def spawn(self, name, *command):
        """Starts a daemon in the foreground. It ends with the PID namespace."""
        with self.log(name) as log:
            return subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                    env=self.environment)

    def agent_test(self, key):
        """What `zabbix_agent2 -t KEY` prints: the text between [t| or [m| and the last ]."""
        done = subprocess.run(['zabbix_agent2', '-c', self.agent_conf, '-t', key],
                              env=self.environment, stdout=subprocess.PIPE, check=True, text=True)
        return done.stdout

    def psql(self, *options, **kwargs):
        """Runs psql, and returns what it prints."""
        return subprocess.run([POSTGRES + 'psql', '-qAt', '-h', self.folder, '-U', 'zabbix', '-v',
                               'ON_ERROR_STOP=1', *options], check=True, text=True,
                              stdout=subprocess.PIPE, **kwargs).stdout

    def start_database(self):
        """
        PostgreSQL on a socket in the folder, with Zabbix's schema in it. Loading that takes a
        minute: beside the folder, a copy is kept.
        """
        data = self.folder + '/database'
        version = subprocess.run(['zabbix_server', '-V'], stdout=subprocess.PIPE, check=True,
                                 text=True).stdout.split()[2]
        kept = f'{os.path.dirname(self.folder)}/database-{version}'
        if os.path.exists(kept):
            shutil.copytree(kept, data)
            os.chmod(data, 0o700)
            self.run_database(data)
            return
        with self.log('initdb') as log:
            subprocess.run([POSTGRES + 'initdb', '-D', data, '-A', 'trust', '-U', 'zabbix',
                            '--no-sync'], stdout=log, stderr=log, check=True)
        database = self.run_database(data)
        self.psql('-c', 'create database zabbix', 'postgres')
        for name in ('schema', 'images', 'data'):
            with gzip.open(f'{SQL}{name}.sql.gz', 'rt', encoding='utf-8') as file:
                self.psql('zabbix', input=file.read())
        database.terminate()
        assert database.wait(60) == 0
        shutil.copytree(data, kept + '.new')
        os.rename(kept + '.new', kept)
        self.run_database(data)

    def run_database(self, data):
        """Starts it, and waits until it answers."""
        database = self.spawn('database', POSTGRES + 'postgres', '-D', data, '-k', self.folder,
                              '-F', '-c', 'listen_addresses=', '-c', 'full_page_writes=off')
        eventually(lambda: not subprocess.run([POSTGRES + 'pg_isready', '-q', '-h', self.folder],
                                              check=False).returncode, 60, 'database')
        return database

    def start(self):
        """Starts everything, and logs in."""
        self.start_database()
        server = self.write('server.conf', f'''
            LogFile={self.folder}/server.log
            PidFile={self.folder}/server.pid
            SocketDir={self.folder}
            ListenIP=127.0.0.1
            ListenPort={SERVER}
            DBHost={self.folder}
            DBName=zabbix
            DBUser=zabbix
            CacheUpdateFrequency=1
            StartPollers=1
            TrendFunctionCacheSize=0
            StartPreprocessors=1
            StartDiscoverers=0
            StartPingers=0
            StartHTTPPollers=0
            StartPollersUnreachable=1
            ''')
        self.spawn('server', 'zabbix_server', '-f', '-c', server)
        self.spawn('agent', 'zabbix_agent2', '-f', '-c', self.agent_conf)
        options = [word for name in EXTENSIONS for word in ('-d', 'extension=' + name)]
        self.spawn('web', PHP, '-n', *options, '-d', 'memory_limit=512M', '-d', 'post_max_size=16M',
                   '-d', 'date.timezone=UTC', '-S', f'127.0.0.1:{WEB}', '-t', FRONTEND)
        self.token = eventually(self.login, 60, 'web frontend')

    def login(self):
        """Returns a token, or None."""
        try:
            return self.api('user.login', username='Admin', password='zabbix')
        except OSError:
            return None

    def api(self, method, **params):
        """Calls a method of the API."""
        call = {'jsonrpc': '2.0', 'method': method, 'params': params, 'id': 1, 'auth': self.token}
        request = urllib.request.Request(f'http://127.0.0.1:{WEB}/api_jsonrpc.php',
                                         json.dumps(call).encode(),
                                         {'Content-Type': 'application/json-rpc'})
        with urllib.request.urlopen(request, timeout=300) as reply:
            answer = json.load(reply)
        if 'error' in answer:
            raise AssertionError(f'{method}: {answer["error"]}')
        return answer['result']


def frontend_config(folder):
    """Where Debian's frontend looks for its database: as root, in the root file system."""
    with open('/etc/zabbix/zabbix.conf.php', 'w', encoding='utf-8') as file:
        file.write(f'''<?php
$DB = ['TYPE' => 'POSTGRESQL', 'SERVER' => '{folder}', 'PORT' => '0', 'DATABASE' => 'zabbix',
	'USER' => 'zabbix', 'PASSWORD' => '', 'SCHEMA' => '', 'ENCRYPTION' => false, 'KEY_FILE' => '',
	'CERT_FILE' => '', 'CA_FILE' => '', 'VERIFY_HOST' => false, 'CIPHER_LIST' => '',
	'VAULT_URL' => '', 'VAULT_DB_PATH' => '', 'VAULT_TOKEN' => '', 'DOUBLE_IEEE754' => true];
$ZBX_SERVER_NAME = 'op25b';
$IMAGE_FORMAT_DEFAULT = IMAGE_FORMAT_PNG;
''')


def empty_folder(folder):
    """Makes it, or makes it anew."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
