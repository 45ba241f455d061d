import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as it, vi } from 'vitest';
import { localTransport } from './local.ts';

const local = localTransport();

it('an exit code, a signal, both streams and stdin are observations', async () => {
  expect(await local.run('echo out; echo err >&2; exit 7')).toMatchObject({
    code: 7,
    stdout: 'out\n',
    stderr: 'err\n',
  });
  expect((await local.run('kill -9 $$')).code).toBe(137);
  expect((await local.run('cat', { stdin: 'through' })).stdout).toBe('through');
  expect((await local.run('true', { stdin: 'x'.repeat(1_000_000) })).code).toBe(0);
  expect((await local.run('no-such-program-here')).code).toBe(127);
});

it('an answer is cut at its limit', async () => {
  const result = await local.run('head -c 3000000 /dev/zero', { maxBytes: 1000 });
  expect({ length: result.stdout.length, truncated: result.truncated, code: result.code }).toEqual({
    length: 1000,
    truncated: true,
    code: 0,
  });
});

it('the wait ends in time, and the children with it', async () => {
  const startedAt = Date.now();
  await expect(local.run('sleep 61.5 & sleep 61.5', { timeoutMs: 300 })).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect(Date.now() - startedAt).toBeLessThan(10_000);
  expect((await local.run("ps -eo args | grep -c '^sleep 61\\.5$'")).stdout.trim()).toBe('0');
});

it('what cannot be started is an error and no exit code', async () => {
  await expect(localTransport('/no/such/shell').run('true')).rejects.toMatchObject({ code: 'TRANSPORT' });
});

it.each([
  ['unix:///own', 'unix:///own\n'],
  ['', 'unset\n'],
])('a command has the DOCKER_HOST of the user (%j), not what is set for testcontainers', async (own, seen) => {
  vi.stubEnv('RDC_USER_DOCKER_HOST', own);
  vi.stubEnv('DOCKER_HOST', 'unix:///forwarded');
  expect((await local.run('echo "${DOCKER_HOST-unset}"')).stdout).toBe(seen);
  vi.unstubAllEnvs();
});

it('a socket', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rdc-local-'));
  const server = createServer((socket) => socket.end('hello')).listen(join(folder, 's'));
  try {
    const socket = await local.connectSocket(join(folder, 's'));
    expect(String((await socket.toArray())[0])).toBe('hello');
    await expect(local.connectSocket(join(folder, 'none'))).rejects.toMatchObject({ code: 'TRANSPORT' });
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
});
