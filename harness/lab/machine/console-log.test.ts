import { chownSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test as it, vi } from 'vitest';
import { consoleLogOf, prepareConsole, reclaimConsole } from './console-log.ts';

beforeEach(() => {
  vi.stubEnv('XDG_CACHE_HOME', mkdtempSync(join(tmpdir(), 'rdc-console-')));
});

const stateOf = (file: string) => {
  const { mode, uid } = statSync(file);
  return { mode: (mode & 0o777).toString(8), uid };
};
const ours = process.getuid?.();

it('the console is there before QEMU writes to it, readable whoever that runs as', () => {
  prepareConsole('one');
  const log = consoleLogOf('one');
  expect(stateOf(log)).toEqual({ mode: '644', uid: ours });
  writeFileSync(log, 'boot');
  prepareConsole('one');
  expect(readFileSync(log, 'utf8')).toBe('boot');
});

it.runIf(ours === 0)("what libvirt gave to QEMU's user is ours again when the machine is off", () => {
  prepareConsole('one');
  const log = consoleLogOf('one');
  writeFileSync(log, 'boot');
  chownSync(log, 64055, 64055);
  reclaimConsole('one');
  expect({ ...stateOf(log), text: readFileSync(log, 'utf8') }).toEqual({ mode: '644', uid: ours, text: 'boot' });
  chownSync(log, 64055, 64055);
  prepareConsole('one');
  expect({ ...stateOf(log), text: readFileSync(log, 'utf8') }).toEqual({ mode: '644', uid: ours, text: '' });
});
