import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test as it } from 'vitest';
import { connectTarget } from '../connection/connect.ts';
import { dockerApi } from '../docker/api.ts';
import { sharedContainer, startContainer } from '../docker/container.ts';
import { collectScript, parseHostFacts } from '../facts/host-facts.ts';
import type { Transport } from '../transport/transport.ts';
import { probePath } from './host-probe.ts';
import { changeIn, disturbanceIn, readOnlyTransport } from './read-only.ts';
import type { Target } from './target.ts';

describe('commands that only look', () => {
  it.each([
    'cat /etc/subuid /proc/1/mounts',
    "sh -c 'cat /etc/subuid; echo --; cat /etc/subgid'",
    'stat -c %a /usr/bin/newuidmap /run/user/1001/docker.sock',
    "sh -c 'grep -lx dockerd /proc/[0-9]*/comm 2>/dev/null; ls >/dev/null 2>&1; echo gone >&2'",
    "awk '/^Uid:/{u=$2} $1 >= 5 {print u}' /proc/1/status",
    'systemctl --user show -p Delegate docker',
    'systemctl is-enabled docker.service',
    'sysctl -n net.ipv4.ip_unprivileged_port_start',
    'docker version --format {{.Server.Version}}',
    'sed -n s/^usage_usec//p /sys/fs/cgroup/cpu.stat',
    'cat /sys/fs/cgroup/user.slice/cgroup.kill',
    'journalctl --user -u docker -n 20',
    "sh -c 'echo $(iptables --version); runc --version'",
  ])('%s', (line) => {
    expect(changeIn(line)).toBeUndefined();
  });
});

describe('what others on the host would notice', () => {
  it.each([
    ['rm -rf /tmp/rdc.1', undefined],
    ["sh -c 'd=$(mktemp -d) && chmod 755 $d && echo a > $d/f'", undefined],
    ['nsenter --net=/proc/1/ns/net ip -4 route show', undefined],
    ["nsenter --net=/proc/1/ns/net sh -c 'ip link set docker0 down'", 'ip link set'],
    ["runuser -u nobody -- sh -c 'kill 1'", 'kill'],
    ['sysctl -qw a.b=1', 'sysctl -qw'],
    ['systemctl daemon-reload', 'systemctl daemon-reload'],
  ])('%s', (line, disturbance) => {
    expect(disturbanceIn(line)).toBe(disturbance);
  });
});

describe('commands that change the host', () => {
  it.each([
    ["sh -c 'd=$(mktemp -d) && echo $d'", 'mktemp'],
    ['rm -rf /tmp/x', 'rm'],
    ['/usr/bin/rm x', 'rm'],
    ["sh -c 'echo 1 > /proc/sys/kernel/x'", '> /proc/sys/kernel/x'],
    ["sh -c 'echo a>>f'", '>>f'],
    ["sh -c 'true 2>log'", '2>log'],
    ["sh -c 'true;kill 1'", 'kill'],
    ["sh -ec 'systemctl --user restart docker'", 'systemctl --user restart'],
    ['systemctl set-property user.slice CPUWeight=1', 'systemctl set-property'],
    ['systemctl daemon-reload', 'systemctl daemon-reload'],
    ['loginctl enable-linger tester', 'loginctl enable-linger'],
    ['docker -H unix:///x run --rm busybox', 'docker -H unix:///x run'],
    ['docker exec c true', 'docker exec'],
    ['iptables -F', 'iptables'],
    ['sysctl -qw a.b=1', 'sysctl -qw'],
    ['sysctl a.b=1', 'sysctl a.b=1'],
    ['sed -i s/a/b/ f', 'sed -i'],
    ['curl --unix-socket s -X POST http://d/containers/create', 'curl --unix-socket s -X'],
    ['runuser -u nobody -- docker version', 'runuser'],
    ["sh -c 'rootlesskit true'", 'rootlesskit'],
    ['find / -name x -delete', 'find / -name x -delete'],
  ])('%s', (line, change) => {
    expect(changeIn(line)).toContain(change);
  });

  it('the reading of the facts is not one of them', () => {
    expect(changeIn(collectScript)).toBeUndefined();
  });
});

describe('a transport that only looks', () => {
  const asked: string[] = [];
  const transport: Transport = {
    async run(line) {
      asked.push(line);
      return { code: 0, stdout: line, stderr: '', truncated: false, durationMs: 1 };
    },
    connectSocket: () => Promise.reject(new Error('none')),
    close: async () => {},
  };

  it('asks the same question once, and never one that changes something', async () => {
    const look = readOnlyTransport(transport);
    const answers = await Promise.all([look.run('id'), look.run('id'), look.run('uptime')]);
    expect(answers.map(({ stdout }) => stdout)).toEqual(['id', 'id', 'uptime']);
    await expect(look.run('touch x')).rejects.toMatchObject({ code: 'READ_ONLY' });
    await expect(look.run('sh', { stdin: 'id' })).rejects.toMatchObject({ code: 'READ_ONLY' });
    expect(asked).toEqual(['id', 'uptime']);
    await readOnlyTransport(transport).run('id');
    expect(asked, 'another look asks again').toEqual(['id', 'uptime', 'id']);
  });
});

describe('a target that is only looked at', () => {
  it('refuses every way to change it', async () => {
    const facts = join(import.meta.dirname, '../facts/fixtures/debian-13-facts.txt');
    const host = { ...parseHostFacts(readFileSync(facts, 'utf8')), socket: '/nowhere/docker.sock' };
    const connected = await connectTarget({ name: 'x', kind: 'local', root: 'none', folder: '/nowhere', host });
    const target: Target = connected.readOnlyView()({ command() {}, note() {} });
    const ways: Readonly<Record<string, () => Promise<unknown>>> = {
      post: () => dockerApi(target, 'POST', '/containers/create'),
      delete: () => dockerApi(target, 'DELETE', '/containers/x'),
      container: () => startContainer(target),
      shared: async () => await sharedContainer(target),
      helper: async () => await probePath(target),
      login: () => target.login('true'),
      invalidate: () => target.invalidate(),
      write: () => target.shell('echo 1 > /tmp/rdc-must-not-be'),
    };
    for (const [name, way] of Object.entries(ways)) {
      await expect(way(), name).rejects.toMatchObject({ code: 'READ_ONLY' });
    }
    await expect(target.root.exec(['touch', '/x'])).rejects.toMatchObject({ code: 'ROOT' });
    await expect(dockerApi(target, 'GET', '/_ping')).rejects.toMatchObject({ code: 'DAEMON' });
    expect((await target.exec(['echo', 'seen'])).stdout).toBe('seen\n');
    expect(readdirSync('/tmp')).not.toContain('rdc-must-not-be');
    await connected.close();
  });
});
