import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test as it, vi } from 'vitest';
import { checkout } from '../../harness/this-machine/paths.ts';
import { TargetRecord } from '../recording/target-record.ts';
import { writeResultsFile } from '../results/run-folder.ts';
import { checks, judged, syntheticRun, syntheticTarget } from '../synthetic-runs/synthetic-run.ts';

// What only reads or writes reports leaves no file anywhere but in the cache and where it was told to.

// every case starts processes, and on a host that emulates machines they wait for their turn
vi.setConfig({ testTimeout: 180_000 });

let world: string;
let run: string;

beforeAll(() => {
  world = mkdtempSync(join(tmpdir(), 'rdc-world-'));
  for (const folder of ['home', 'tmp', 'cwd', 'runtime', 'run']) mkdirSync(join(world, folder));
  const synthetic = syntheticRun({ folder: join(world, 'run') });
  run = synthetic.folder;
  for (const name of ['debian-12', 'debian-13']) {
    const record = new TargetRecord(synthetic, syntheticTarget(synthetic, name, [checks.uidMap]));
    record.judge(judged(checks.uidMap));
    record.end({ infraRetries: 0 });
    writeResultsFile(record.target.folder, record.results());
  }
});

// packages' and git's own, and the folder of runs, into which another process may be writing one
const others = ['node_modules', '.git', 'reports/out'].map((path) => join(checkout, path));

afterAll(() => rmSync(world, { recursive: true, force: true }));

/** Every file below the folders with the digest of what is in it. */
function snapshot(...folders: readonly string[]): Map<string, string> {
  const files = new Map<string, string>();
  const walk = (folder: string) => {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      const stats = lstatSync(path, { throwIfNoEntry: false });
      if (!stats || others.includes(path)) continue;
      if (stats.isDirectory()) walk(path);
      else if (stats.isSymbolicLink()) files.set(path, readlinkSync(path));
      else files.set(path, createHash('sha256').update(readFileSync(path)).digest('hex'));
    }
  };
  for (const folder of folders) walk(folder);
  return files;
}

/** Paths, below the world or the checkout, that a call added, changed or removed. */
function writtenBy(words: readonly string[], command = join(checkout, 'rdc')): string[] {
  const before = snapshot(world, checkout);
  const env = {
    PATH: process.env.PATH,
    HOME: join(world, 'home'),
    TMPDIR: join(world, 'tmp'),
    XDG_RUNTIME_DIR: join(world, 'runtime'),
    RDC_LAB: 'hermetic',
  };
  execFileSync(command, words, { cwd: join(world, 'cwd'), env, stdio: 'pipe', timeout: 150_000 });
  const after = snapshot(world, checkout);
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => before.get(path) !== after.get(path))
    .map((path) => (path.startsWith(world) ? relative(world, path) : relative(checkout, path)))
    .sort();
}

const compiled = /^home\/\.cache\/rdc\/compile\//;

describe('writes nothing but its compiled sources', () => {
  it.each([
    ['--help', []],
    ['list', []],
    ['list', ['--machines']],
    ['explain', ['NS-UIDMAP']],
    ['clean', ['--dry-run']],
  ])('rdc %s %j', (command, words) => {
    expect(writtenBy([command, ...words]).filter((path) => !compiled.test(path))).toEqual([]);
  });

  it('rdc compare, rdc export', () => {
    const written = [
      ...writtenBy(['compare', join(run, 'debian-12'), join(run, 'debian-13')]),
      ...writtenBy(['export', join(run, 'debian-12'), '--format', 'junit']),
    ];
    expect(written.filter((path) => !compiled.test(path))).toEqual([]);
  });
});

it('rdc compare --html writes the page that was named', () => {
  const written = writtenBy(['compare', join(run, 'debian-12'), join(run, 'debian-13'), '--html', 'page.html']);
  expect(written.filter((path) => !compiled.test(path))).toEqual(['cwd/page.html']);
});

it('rdc report writes into the folder of the run', () => {
  const written = writtenBy(['report', run]).filter((path) => !compiled.test(path));
  expect(written).toContain('run/allure-report/index.html');
  expect(written.filter((path) => !/^run\/(allure-report|debian-1[23]\/allure-results)\//.test(path))).toEqual([]);
});

it('a write elsewhere is seen', () => {
  const script = 'echo x > "$HOME/stray"; echo y > "$TMPDIR/stray"';
  expect(writtenBy(['-c', script], '/bin/sh')).toEqual(['home/stray', 'tmp/stray']);
});
