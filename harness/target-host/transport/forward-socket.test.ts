import { existsSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test as it, vi } from 'vitest';
import { replayTransport } from '../../test-doubles/replay-transport.ts';
import { identifyProcess } from '../../this-machine/process-identity.ts';
import { forwardSocket } from './forward-socket.ts';

const silent = () => replayTransport(new Map());

it('lies in the cache under its process; what dead processes left is gone, what others hold is not', async () => {
  const home = mkdtempSync(join(tmpdir(), 'rdc-fwd-'));
  vi.stubEnv('XDG_CACHE_HOME', home);
  const sockets = join(home, 'rdc', 'sockets');
  const parent = identifyProcess(process.ppid);
  const kept = [`${process.ppid}-${parent?.startTime}-aaaaaa`, 'not-of-ours'];
  for (const name of [...kept, `${process.pid}-1-bbbbbb`]) mkdirSync(join(sockets, name), { recursive: true });
  const forwarded = await forwardSocket(silent(), '/run/docker.sock');
  expect(dirname(dirname(forwarded.path))).toBe(sockets);
  expect(readdirSync(sockets)).toEqual(expect.arrayContaining(kept));
  expect(readdirSync(sockets)).toHaveLength(3);
  await forwarded.close();
  expect(readdirSync(sockets).toSorted()).toEqual(kept.toSorted());
});

it('where the cache lies too deep for a socket, among the temporary files', async () => {
  vi.stubEnv('XDG_CACHE_HOME', join(mkdtempSync(join(tmpdir(), 'rdc-fwd-')), 'x'.repeat(90)));
  const forwarded = await forwardSocket(silent(), '/run/docker.sock');
  expect(dirname(dirname(forwarded.path))).toBe(tmpdir());
  await forwarded.close();
  expect(existsSync(dirname(forwarded.path))).toBe(false);
});
