import { execFile, spawn } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureFixtureImage } from './build.ts';
import type { FixtureImage } from './image.ts';

const run = promisify(execFile);
const work = mkdtempSync(join(tmpdir(), 'rdc-probe-'));
let image: FixtureImage;

beforeAll(async () => {
  image = await ensureFixtureImage({ arch: 'amd64', cacheDir: work });
}, 240_000);

afterAll(() => rmSync(work, { recursive: true, force: true }));

async function probe(...args: string[]): Promise<Record<string, unknown>> {
  const { stdout, stderr } = await run(image.probePath, args);
  expect(stderr).toBe('');
  expect(stdout.endsWith('\n') && stdout.split('\n').length, 'one line').toBe(2);
  return JSON.parse(stdout);
}

/** A server that ends by itself after as many answers as it is told. */
async function serve(...args: string[]): Promise<{ port: string }> {
  const server = spawn(image.probePath, ['serve', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(server.stdout, 'data');
  return { port: String(JSON.parse(String(line)).listening) };
}

describe('the probe as a command', () => {
  it.each([
    [[]],
    [['nothing']],
    [['mlock']],
    [['mlock', '-1']],
    [['mlock', '1x']],
    [['rlimit', 'stack']],
    [['bind', 'sctp', '127.0.0.1', '0']],
    [['bind', 'tcp', 'localhost', '0']],
    [['bind', 'tcp', '127.0.0.1', '65536']],
    [['connect', 'tcp', '127.0.0.1']],
    [['connect', 'unix', '/a', '/b']],
    [['open', '/dev/null', 'x']],
    [['burn', 'nan']],
    [['tty', 'read', '/dev/null', '1']],
    [['tty', 'write', '/dev/null', 'a', '1']],
    [['mknod', '/nowhere', 'x', '1', '3']],
    [['ids', 'extra']],
    [['serve', 'sctp', '0', 'nonce']],
    [['serve', 'tcp', '0', 'nonce', '1', 'localhost']],
    [['icmp', 'localhost']],
    [['each']],
    [['each', 'keyctl', ',']],
    [['each', 'keyctl', ',', 'nothing']],
  ])('refuses %j with exit code 2 and nothing on stdout', async (args) => {
    const failure = await run(image.probePath, args).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('usage: probe ') });
  });
});

describe('the probe on limits and processes', () => {
  it('tells limits and what they refuse', async () => {
    const limits = 'ulimit -l 64; ulimit -Sn 50; ulimit -Hn 100; exec "$0" "$@"';
    // Root is not bound by RLIMIT_MEMLOCK: CAP_IPC_LOCK is dropped with the user namespace.
    const limited = async (...args: string[]) => {
      const { stdout } = await run('unshare', ['-U', 'sh', '-c', limits, image.probePath, ...args]);
      return JSON.parse(stdout);
    };
    const memlock = { limitSoft: 65536, limitHard: 65536 };
    expect(await limited('mlock', '4096')).toEqual({ call: 'mlock', bytes: 4096, errno: null, ...memlock });
    expect(await limited('mlock', '131072')).toEqual({ call: 'mlock', bytes: 131072, errno: 'ENOMEM', ...memlock });
    expect(await limited('mlockall')).toEqual({ call: 'mlockall', errno: 'ENOMEM', ...memlock });
    expect(await limited('rlimit', 'nofile')).toEqual({ call: 'rlimit', name: 'nofile', soft: 50, hard: 100 });
    expect(await limited('inotify', '1000')).toMatchObject({ call: 'inotify', errno: 'EMFILE', nofile: 100 });
  });

  it.each(['memlock', 'nofile', 'nproc', 'core', 'nice', 'rtprio'])('reads the limit %s', async (name) => {
    const read = await probe('rlimit', name);
    expect(read).toEqual({ call: 'rlimit', name, soft: expect.any(Number), hard: expect.any(Number) });
  });

  it('tells how many connections at once were made, and why not more', async () => {
    const refused = await probe('burst', '127.0.0.1', '1', '5', '0');
    expect(refused).toEqual({ call: 'burst', errno: 'ECONNREFUSED', made: 0 });
  });

  it('allocates, forks, burns and creates inotify instances', async () => {
    expect(await probe('alloc', '3')).toEqual({ call: 'alloc', touchedMiB: 3, errno: null });
    expect(await probe('fork', '4')).toEqual({ call: 'fork', forked: 4, errno: null });
    expect(await probe('inotify', '2')).toEqual({
      call: 'inotify',
      created: 2,
      errno: null,
      nofile: expect.any(Number),
    });
    const burnt = await probe('burn', '0.2');
    expect(burnt).toEqual({ call: 'burn', cpuMs: expect.any(Number), wallMs: expect.any(Number) });
    expect(burnt.wallMs).toBeGreaterThanOrEqual(200);
  });
});

describe('the probe on sockets', () => {
  it.each([
    ['tcp', '127.0.0.1'],
    ['tcp', '::1'],
    ['udp', '127.0.0.1'],
    ['udp', '::1'],
  ])('binds %s %s', async (protocol, at) => {
    expect(await probe('bind', protocol, at, '0')).toMatchObject({ call: 'bind', errno: null, step: null });
  });

  it('says what was refused in binding', async () => {
    const refused = { call: 'bind', errno: 'EADDRNOTAVAIL', step: 'bind', port: null };
    expect(await probe('bind', 'tcp', '192.0.2.1', '0')).toEqual(refused);
  });

  it('connects to a path and names the peer', async () => {
    const path = join(work, 'socket');
    const server = createServer().listen(path);
    await once(server, 'listening');
    const { uid, gid } = userInfo();
    const peer = { pid: process.pid, uid, gid };
    expect(await probe('connect', 'unix', path)).toEqual({ call: 'connect', errno: null, peer });
    expect(await probe('peercred', path)).toEqual({ call: 'peercred', errno: null, peer });
    server.close();
    expect(await probe('connect', 'unix', join(work, 'absent'))).toEqual({
      call: 'connect',
      errno: 'ENOENT',
      peer: null,
    });
  });

  it('asks an HTTP server behind a path', async () => {
    const path = join(work, 'http');
    const server = createHttpServer((request, response) => {
      response.writeHead(request.method === 'POST' ? 204 : 404).end();
    }).listen(path);
    await once(server, 'listening');
    expect(await probe('http', path, 'POST', '/containers/x/restart')).toMatchObject({ errno: null, status: 204 });
    expect(await probe('http', path, 'GET', '/')).toMatchObject({ errno: null, status: 404 });
    server.close();
    expect(await probe('http', join(work, 'absent'), 'GET', '/')).toMatchObject({ errno: 'ENOENT', status: 0 });
  });

  it('connects to an abstract name', async () => {
    const name = `rdc-fixture-${process.pid}`;
    const server = createServer().listen(`\0${name}`);
    await once(server, 'listening');
    expect(await probe('connect', 'unix-abstract', name)).toMatchObject({ errno: null, peer: { pid: process.pid } });
    server.close();
    expect(await probe('connect', 'unix-abstract', `${name}-x`)).toMatchObject({ errno: 'ECONNREFUSED' });
  });

  it.each(['tcp', 'udp'])('serves a nonce over %s and fetches it, over IPv4 and IPv6', async (protocol) => {
    const server = spawn(image.probePath, ['serve', protocol, '0', 'nonce-1', '2'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(server.stdout, 'data');
    const { listening, ...rest } = JSON.parse(String(line));
    expect(rest).toEqual({ call: 'serve', family: 'dual', errno: null });
    const exit = once(server, 'exit');
    const expected = (peer: string) => ({ call: 'fetch', errno: null, text: `nonce-1 ${peer}\n` });
    expect(await probe('fetch', protocol, '127.0.0.1', String(listening))).toEqual(expected('127.0.0.1'));
    expect(await probe('fetch', protocol, '::1', String(listening))).toEqual(expected('::1'));
    const [code] = await exit;
    expect(code).toBe(0);
    const gone = await probe('fetch', protocol, '127.0.0.1', String(listening), '500');
    expect(gone).toEqual({ call: 'fetch', errno: 'ECONNREFUSED', text: '' });
  });

  it('serves at one address only', async () => {
    const { port } = await serve('tcp', '0', 'nonce-1', '1', '127.0.0.2');
    expect(await probe('fetch', 'tcp', '127.0.0.1', port)).toMatchObject({ errno: 'ECONNREFUSED' });
    expect(await probe('fetch', 'tcp', '127.0.0.2', port)).toMatchObject({ text: 'nonce-1 127.0.0.1\n' });
  });

  it('passes many bytes both ways, and counts what was lost or wrong', async () => {
    const { port } = await serve('echo', '0', '-', '1', '127.0.0.1');
    const whole = { call: 'transfer', errno: null, sent: 1_000_000, received: 1_000_000, wrong: 0 };
    expect(await probe('transfer', '127.0.0.1', port, '1000000')).toEqual(whole);
    const { port: other } = await serve('tcp', '0', 'nonce-1', '1', '127.0.0.1');
    const wrong = { received: 'nonce-1 127.0.0.1\n'.length, wrong: expect.toSatisfy((count) => count > 5) };
    expect(await probe('transfer', '127.0.0.1', other, '100')).toMatchObject(wrong);
  });

  it('gives every name one address, and nothing else', async () => {
    const { port } = await serve('dns', '0', '127.1.2.3', '3', '127.0.0.1');
    const resolver = new Resolver({ timeout: 5000, tries: 1 });
    resolver.setServers([`127.0.0.1:${port}`]);
    expect(await resolver.resolve4('a.test')).toEqual(['127.1.2.3']);
    expect(await resolver.resolve4('a-much-longer.name.test', { ttl: true })).toEqual([
      { address: '127.1.2.3', ttl: 0 },
    ]);
    await expect(resolver.resolve6('a.test')).rejects.toMatchObject({ code: 'ENODATA' });
  });

  it('is refused an echo where no group may send one', async () => {
    const script = 'echo 1 0 > /proc/sys/net/ipv4/ping_group_range; ip link set lo up; exec "$0" icmp 127.0.0.1';
    const { stdout } = await run('unshare', ['-n', 'sh', '-c', script, image.probePath]);
    expect(JSON.parse(stdout)).toEqual({ call: 'icmp', errno: 'EACCES' });
    const allowed = script.replace('1 0', '0 0');
    const echoed = await run('unshare', ['-n', 'sh', '-c', allowed, image.probePath]);
    expect(JSON.parse(echoed.stdout)).toEqual({ call: 'icmp', errno: null });
  });

  it('ends a fetch at its deadline, and a server on SIGTERM', async () => {
    const silent = createServer((socket) => {
      // the fetch goes away at its deadline and resets the connection
      socket.on('error', () => {});
      socket.write('a"\x01');
    }).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    expect(await probe('connect', 'tcp', '127.0.0.1', String(port))).toEqual({ call: 'connect', errno: null });
    // a build machine's kernel may have no SCTP
    const { errno } = await probe('connect', 'sctp', '127.0.0.1', String(port));
    expect(errno).toMatch(/^E(CONNREFUSED|PROTONOSUPPORT)$/);
    const late = await probe('fetch', 'tcp', '127.0.0.1', String(port), '200');
    expect(late).toEqual({ call: 'fetch', errno: 'ETIMEDOUT', text: 'a"\x01' });
    silent.close();
    const server = spawn(image.probePath, ['serve', 'tcp', '0', 'n'], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(server.stdout, 'data');
    server.kill('SIGTERM');
    expect(await once(server, 'exit')).toEqual([143, null]);
  });
});

describe('the probe on files and single calls', () => {
  it('opens a device and tells what it is', async () => {
    expect(await probe('open', '/dev/null', 'rw')).toEqual({
      call: 'open',
      path: '/dev/null',
      mode: 'rw',
      errno: null,
      statErrno: null,
      stat: { stMode: expect.stringMatching(/^0?20666$/), uid: 0, gid: 0, major: 1, minor: 3 },
    });
    expect(await probe('open', '/nowhere', 'r')).toMatchObject({ errno: 'ENOENT', statErrno: 'ENOENT', stat: null });
  });

  it.each([
    [['setpriority', '5'], null],
    [['kill', '4194305', '0'], 'ESRCH'],
    [['keyctl'], null],
  ])('%j gives %j', async (args, errno) => {
    expect(await probe(...args)).toEqual({ call: args[0], errno });
  });

  it.each([
    [['settimeofday'], 'EPERM'],
    [['mount', 'tmpfs', 'none', '/tmp'], 'EPERM'],
    [['mknod', join(work, 'device'), 'c', '1', '3'], 'EPERM'],
    [['setgroups'], 'EPERM'],
  ])('%j without privileges gives %j', async (args, errno) => {
    const { stdout } = await run('unshare', ['-U', image.probePath, ...args]);
    expect(JSON.parse(stdout)).toEqual({ call: args[0], errno });
  });

  it('makes several observations in one line', async () => {
    expect(await probe('each', 'kill', '4194305', '0', ',', 'keyctl', ',', 'alloc', '1')).toEqual({
      call: 'each',
      results: [
        { call: 'kill', errno: 'ESRCH' },
        { call: 'keyctl', errno: null },
        { call: 'alloc', touchedMiB: 1, errno: null },
      ],
    });
  });

  it.each(['initmodule', 'syslog'])('%s gives an errno or null', async (call) => {
    const { stdout } = await run('unshare', ['-U', image.probePath, call]);
    expect(JSON.parse(stdout)).toEqual({ call, errno: expect.toSatisfy((e) => e === null || /^E[A-Z]+$/.test(e)) });
  });
});

describe('the probe on a terminal', () => {
  it('fails on what is no terminal', async () => {
    const result = { call: 'tty', baud: 0, bytes: 0, text: '' };
    expect(await probe('tty', 'write', '/dev/null', 'x')).toEqual({ ...result, errno: 'ENOTTY', step: 'tcsetattr' });
    expect(await probe('tty', 'read', '/nowhere', '1', '9')).toEqual({ ...result, errno: 'ENOENT', step: 'open' });
  });

  // A pseudo-terminal needs a program that holds its other end: Python has one in its library.
  it('writes, reads and echoes at 115200 baud', async () => {
    const script = `
import json, os, pty, subprocess, sys, time, tty
probe = sys.argv[1]
master, slave = pty.openpty()
tty.setraw(slave)
path = os.ttyname(slave)
def start(*args): return subprocess.Popen([probe, 'tty', *args], stdout=subprocess.PIPE)
writer = start('write', path, 'hello'); received = os.read(master, 16).decode(); out = [writer.communicate()[0]]
reader = start('read', path, '4', '5000'); os.write(master, b'a\\x00\\xff"'); out.append(reader.communicate()[0])
echo = start('echo', path, '3', '5000'); os.write(master, b'xyz'); echoed = os.read(master, 16).decode(); out.append(echo.communicate()[0])
out.append(start('read', path, '1', '100').communicate()[0])
print(json.dumps({'received': received, 'echoed': echoed, 'lines': [json.loads(line) for line in out]}))`;
    const { stdout } = await run('python3', ['-c', script, image.probePath]);
    const ok = { call: 'tty', errno: null, baud: 115200 };
    expect(JSON.parse(stdout)).toEqual({
      received: 'hello',
      echoed: 'xyz',
      lines: [
        { ...ok, step: 'write', bytes: 5, text: 'hello' },
        { ...ok, step: 'read', bytes: 4, text: 'a\0\xff"' },
        { ...ok, step: 'write', bytes: 3, text: 'xyz' },
        { ...ok, errno: 'ETIMEDOUT', step: 'read', bytes: 0, text: '' },
      ],
    });
  });
});
