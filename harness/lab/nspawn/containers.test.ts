import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, expect, test as it, vi } from 'vitest';
import {
  containerAddress,
  containerFolder,
  containerState,
  hasContainerSnapshot,
  layOut,
  layOutTwin,
  revertContainer,
  runningContainers,
  saveContainer,
} from './containers.ts';

const tree = () => join(containerFolder('.'), '..', 'trees', 'box');
const file = (path: string) => join(containerFolder('one'), path);

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

beforeEach(() => {
  vi.stubEnv('XDG_CACHE_HOME', mkdtempSync(join(tmpdir(), 'rdc-nspawn-')));
  write(join(tree(), 'home', 'vagrant', 'of-the-box'), 'a');
});

it('a machine that was never made is absent, and nothing is asked of this machine', async () => {
  expect(await containerState('one')).toBe('absent');
  expect(await runningContainers()).toEqual(new Set());
  expect(hasContainerSnapshot('one')).toBe(false);
});

it('what is written after the snapshot is gone with the next start, and what was before it is not', () => {
  layOut('one', tree(), { '/etc/of-the-machine': 'b' });
  write(file('home/tester/before'), 'c');
  write(file('docker/before'), 'd');
  saveContainer('one');
  expect(hasContainerSnapshot('one')).toBe(true);
  revertContainer('one');
  write(file('home/tester/after'), 'e');
  write(file('upper/etc/after'), 'f');
  write(file('docker/after'), 'g');
  revertContainer('one');
  expect(readdirSync(file('home/tester'))).toEqual(['before']);
  expect(readdirSync(file('docker'))).toEqual(['before']);
  expect(readdirSync(file('upper'))).toEqual([]);
  expect(readFileSync(file('home/vagrant/of-the-box'), 'utf8')).toBe('a');
  // below the new upper layer
  expect(readFileSync(file('snapshot/upper/etc/of-the-machine'), 'utf8')).toBe('b');
});

it('a machine that is laid out anew has no snapshot any more', () => {
  layOut('one', tree(), {});
  saveContainer('one');
  layOut('one', tree(), {});
  expect(hasContainerSnapshot('one')).toBe(false);
  expect(existsSync(file('upper'))).toBe(true);
});

it('a twin has the snapshot of the first, writes into folders of its own, and takes nothing with it', async () => {
  layOut('one', tree(), {});
  write(file('home/tester/before'), 'a');
  saveContainer('one');
  revertContainer('one');
  write(file('home/tester/after'), 'b');
  layOutTwin('one', 'one.twin', { '/etc/address': 'c' });
  const ofTwin = (path: string) => join(containerFolder('one.twin'), path);
  expect(readdirSync(ofTwin('home/tester'))).toEqual(['before']);
  expect(readFileSync(ofTwin('upper/etc/address'), 'utf8')).toBe('c');
  expect(existsSync(file('upper/etc/address'))).toBe(false);
  rmSync(containerFolder('one.twin'), { recursive: true });
  expect(hasContainerSnapshot('one')).toBe(true);
});

it('each machine keeps an address of its own', () => {
  const [one, two] = [containerAddress('one'), containerAddress('two')];
  expect(one).toMatch(/^192\.168\.154\.\d+$/);
  expect(two).not.toBe(one);
  expect(containerAddress('one')).toBe(one);
});
