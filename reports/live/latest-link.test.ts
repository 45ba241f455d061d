import { mkdirSync, mkdtempSync, readdirSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import type { RunContext } from '../../harness/verdicts/run-listener.ts';
import { createLatestLink, linkLatest } from './latest-link.ts';

it('latest follows the newest run, relative so that the folder can move', () => {
  const out = mkdtempSync(join(tmpdir(), 'rdc-latest-'));
  for (const run of ['run-1', 'run-2']) {
    mkdirSync(join(out, run));
    linkLatest(join(out, run));
  }
  expect(readlinkSync(join(out, 'latest'))).toBe('run-2');
  expect(readdirSync(out)).toEqual(['latest', 'run-1', 'run-2']);
});

it('a folder that somebody named gets no link beside it', () => {
  const out = mkdtempSync(join(tmpdir(), 'rdc-latest-'));
  createLatestLink().runStarted?.({ folder: join(out, 'mine') } as RunContext);
  expect(readdirSync(out)).toEqual(['mine']);
});

it('a real folder of that name is left alone', () => {
  const out = mkdtempSync(join(tmpdir(), 'rdc-latest-'));
  mkdirSync(join(out, 'latest', 'mine'), { recursive: true });
  linkLatest(join(out, 'run-1'));
  expect(readdirSync(out)).toEqual(['latest']);
});
