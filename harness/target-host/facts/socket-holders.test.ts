import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { quoteWord } from '../transport/quote.ts';
import { holdersOf } from './socket-holders.ts';

/** A process that listens at the path, ready when it says so. */
async function listener(path: string) {
  const script = "require('node:net').createServer().listen(process.argv[1], () => console.log('listens'))";
  const child = spawn(process.execPath, ['-e', script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return { pid: child.pid, [Symbol.dispose]: () => void child.kill('SIGKILL') };
}

const holders = (path: string) => execFileSync('sh', ['-c', holdersOf(quoteWord(path))], { encoding: 'utf8' });

it('who holds the socket, and not who shares its network namespace', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rdc-'));
  using daemon = await listener(join(folder, 'docker.sock'));
  using beside = await listener(join(folder, 'not-docker.sock'));
  expect(holders(join(folder, 'docker.sock'))).toBe(`${daemon.pid}\n`);
  expect(holders(join(folder, 'not-docker.sock'))).toBe(`${beside.pid}\n`);
  expect(holders(join(folder, 'absent.sock'))).toBe('');
});

it('the path is taken letter by letter', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rdc-'));
  using odd = await listener(join(folder, "o'd d*.sock"));
  expect(holders(join(folder, "o'd d*.sock"))).toBe(`${odd.pid}\n`);
  expect(holders(join(folder, "o'd dx.sock"))).toBe('');
});

it('a process that ends while it is asked hides nobody', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'rdc-')), 'docker.sock');
  using daemon = await listener(path);
  // the first that is found, in the same network namespace, and gone by then
  const gone = `find() { case $1 in */ns/net) echo "$(readlink /proc/self/ns/net) /proc/0/task/0/ns" ;; esac; command find "$@"; }`;
  const script = `${gone}\n${holdersOf(quoteWord(path))}`;
  expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(`${daemon.pid}\n`);
});
