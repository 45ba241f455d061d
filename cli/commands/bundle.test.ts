import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test as it, vi } from 'vitest';
import { errorCodes, RdcError, renderError } from '../../harness/messages/errors.ts';
import { resultsWith } from '../../reports/synthetic-runs/compared-results.ts';
import { runFolderOf } from '../../reports/synthetic-runs/run-on-disk.ts';
import { command as bundleCommand } from './bundle.ts';
import { command as compareCommand } from './compare.ts';
import { command as exportCommand } from './export.ts';
import { command as mergeCommand } from './merge.ts';
import { command as reportCommand } from './report.ts';

// As a user calls it: exit codes, what is on which stream, and that every reader takes a bundle.

const commands = {
  bundle: bundleCommand,
  compare: compareCommand,
  merge: mergeCommand,
  export: exportCommand,
  report: reportCommand,
};
const main = fileURLToPath(new URL('../main.ts', import.meta.url));
let folder = '';
let green = '';
let red = '';

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** What cli/main.ts does with a command, in this process. */
async function rdc(command: keyof typeof commands, ...words: string[]): Promise<Ended> {
  const stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const textOf = (spy: typeof stdout) => spy.mock.calls.map(([text]) => String(text)).join('');
  try {
    const code = await commands[command].run(words);
    return { code, stdout: textOf(stdout), stderr: textOf(stderr) };
  } catch (error) {
    const code = error instanceof RdcError ? errorCodes[error.code] : -1;
    return { code, stdout: textOf(stdout), stderr: `${textOf(stderr)}${renderError(error)}\n` };
  } finally {
    stdout.mockRestore();
    stderr.mockRestore();
  }
}

const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rdc-cli-'));
  process.env.TMPDIR = folder;
  green = runFolderOf([resultsWith('debian-13', [{ id: 'CG-MEM', verdict: 'pass' }])]);
  red = runFolderOf(
    [
      resultsWith('debian-13', [
        { id: 'CG-MEM', verdict: 'fail', reason: 'no limit', evidence: 'evidence/CG-MEM.txt' },
      ]),
      { 'evidence/CG-MEM.txt': 'what it saw' },
    ],
    [resultsWith('debian-12', [{ id: 'CG-MEM', verdict: 'pass' }])],
  );
  await rdc('bundle', green, '--out', at('green.tar.gz'));
  await rdc('bundle', red, '--out', at('red.tar.gz'));
});

afterAll(() => {
  delete process.env.TMPDIR;
});

it('bundle prints where the archive is, and how to sign it; verify says what it is', async () => {
  const { code, stdout, stderr } = await rdc('bundle', green, '--out', at('x.tar.gz'));
  expect([code, stdout]).toEqual([0, `${at('x.tar.gz')}\n`]);
  expect(stderr).toContain(`sign it: ssh-keygen -Y sign -f ~/.ssh/id_ed25519 -n rdc-bundle ${at('x.tar.gz')}`);
  expect(readFileSync(at('x.tar.gz')).equals(readFileSync(at('green.tar.gz')))).toBe(true);
  const verified = await rdc('bundle', '--verify', at('x.tar.gz'));
  expect([verified.code, verified.stderr]).toEqual([0, '']);
  expect(verified.stdout).toMatch(
    /^.*x.tar.gz: as it was packed\ntargets: debian-13\nsuite: 0.1.0 sha256:0\n.*\nsha256:.*\nnot signed/,
  );
  const json = await rdc('bundle', '--verify', at('x.tar.gz'), '--json');
  expect(JSON.parse(json.stdout)).toMatchObject({ targets: ['debian-13'], anonymous: false, signer: null });
});

it('a changed bundle ends every command with 2 and one message', async () => {
  await rdc('bundle', green, '--out', at('changed.tar.gz'));
  appendFileSync(at('changed.tar.gz'), 'x');
  for (const words of [
    ['bundle', '--verify', at('changed.tar.gz')],
    ['bundle', at('changed.tar.gz'), '--anonymous', '--out', at('y.tar.gz')],
    ['compare', at('changed.tar.gz'), at('green.tar.gz')],
    ['report', at('changed.tar.gz')],
    ['export', at('changed.tar.gz'), '--format', 'tap'],
    ['merge', at('changed.tar.gz'), '--out', at('merged')],
  ] as const) {
    const [command, ...rest] = words;
    const { code, stdout, stderr } = await rdc(command, ...rest);
    expect([code, stdout, stderr.split('\n').length], words.join(' ')).toEqual([2, '', 3]);
    expect(stderr).toMatch(/^\[INPUT\] .*changed.tar.gz: not a bundle of rdc, or it was changed.*\nhint: /);
  }
  expect(readdirSync(folder).filter((name) => /^(merged|y\.tar|rdc-bundle-)/.test(name))).toEqual([]);
});

it('compare says the same of bundles as of the folders that they were packed from, evidence too', async () => {
  const [folders, bundles] = [
    await rdc('compare', green, red),
    await rdc('compare', at('green.tar.gz'), at('red.tar.gz')),
  ];
  expect(bundles).toEqual(folders);
  expect(bundles.stdout).toContain('CG-MEM');
  const failing = await rdc(
    'compare',
    at('green.tar.gz'),
    at('red.tar.gz'),
    '--fail-on',
    'regression',
    '--html',
    at('page.html'),
  );
  expect(failing.code).toBe(1);
  expect(readFileSync(at('page.html'), 'utf8')).toContain('what it saw');
});

it('export reads a bundle, of several targets too', async () => {
  expect((await rdc('export', at('green.tar.gz'), '--format', 'tap')).stdout).toBe(
    (await rdc('export', green, '--format', 'tap')).stdout,
  );
  const { code, stdout } = await rdc('export', at('red.tar.gz'), '--format', 'tap');
  expect(code).toBe(0);
  expect(stdout.match(/^# Subtest: .*/gm)).toEqual(['# Subtest: debian-12', '# Subtest: debian-13']);
});

it('merge ends as a run with these results would', async () => {
  const ended = await rdc('merge', at('green.tar.gz'), at('red.tar.gz'), '--out', at('all'), '--json');
  expect(ended.code, ended.stderr).toBe(1);
  expect(JSON.parse(ended.stdout)).toMatchObject({
    folder: at('all'),
    targets: [
      { name: 'debian-12', conformance: 'conformant', from: [at('red.tar.gz')] },
      { name: 'debian-13', conformance: 'non-conformant', twice: 1, differing: ['CG-MEM'] },
    ],
  });
  expect((await rdc('merge', at('green.tar.gz'), '--out', at('one'))).code).toBe(0);
  const whole = await rdc('merge', green, '--out', at('whole'), '--whole');
  expect([whole.code, whole.stderr]).toEqual([
    2,
    expect.stringMatching(/\[INPUT\] results of 2 suites .*\n {2}this checkout: /),
  ]);
}, 240_000);

it('interrupted, merge leaves nothing behind', async () => {
  const many = Array.from(
    { length: 400 },
    (_, n) => [resultsWith(`machine-${n}`, [{ id: 'CG-MEM', verdict: 'pass' }])] as const,
  );
  const run = runFolderOf(...many);
  const child = spawn(process.execPath, [main, 'merge', run, at('green.tar.gz'), '--out', 'many'], {
    cwd: folder,
    env: { ...process.env, TMPDIR: folder },
    stdio: 'ignore',
  });
  const left = () => readdirSync(folder).filter((name) => /many|rdc-bundle-/.test(name));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  // once: a second Ctrl-C ends the process where it is
  const poll = setInterval(() => {
    if (!child.killed && left().some((name) => name.startsWith('.many'))) child.kill('SIGINT');
  }, 5);
  const code = await ended.finally(() => clearInterval(poll));
  expect(code).toBe(130);
  expect(left()).toEqual([]);
}, 240_000);

it.each([
  [['--verify', 'green.tar.gz', '--signature', 'x'], /--signature and --allowed-signers go together/],
  [['--signature', 'x'], /--signature needs --verify/],
  [['--verify', 'green.tar.gz', '--out', 'x'], /--out cannot be used with --verify/],
  [['--hide', 'x'], /--hide needs --anonymous/],
  [['a', 'b'], /rdc bundle takes one argument \(got: a b\)/],
  [['a', '--verify', 'b'], /bundle takes a run or --verify FILE, not both/],
  [['--verify', '/etc/passwd'], /not a bundle of rdc/],
  [['/dev/zero'], /\/dev\/zero cannot be read: not a regular file/],
  [['--verify', 'none.tar.gz'], /none.tar.gz: no such file/],
  [['--out', tmpdir()], /cannot write .*: it is a folder/],
])('bundle %s ends with 2', async (words, message) => {
  const error = await bundleCommand.run(words).catch((cause: unknown) => cause);
  expect(error).toMatchObject({ message: expect.stringMatching(message), exitCode: 2 });
});

it('a bundle is not packed over itself', async () => {
  const error = await bundleCommand.run([at('green.tar.gz')]).catch((cause: unknown) => cause);
  expect(error).toMatchObject({ message: expect.stringMatching(/green.tar.gz is a bundle already/), exitCode: 2 });
});

it.each([
  [['green.tar.gz'], /required option '--out <dir>' not specified/],
  [['--out', 'x'], /missing required argument 'runs'/],
  [['/dev/zero', '--out', 'x'], /\/dev\/zero cannot be read: not a regular file/],
])('merge %s ends with 2', async (words, message) => {
  const error = await mergeCommand.run(words).catch((cause: unknown) => cause);
  expect(error).toMatchObject({ message: expect.stringMatching(message), exitCode: 2 });
});

it.each([
  ['no room', 'mount -t tmpfs -o size=4k none "$0"', 3, /^\[REPORT\] cannot write .*: ENOSPC: .*\nhint: df -h .*\n$/],
  ['no such folder', 'TMPDIR="$0/none"', 2, /^\[INPUT\] cannot write .*: ENOENT: .*\nhint: TMPDIR=DIR.*\n$/],
])('%s for temporary files is said, and no fault of the bundle', (_, script, code, message) => {
  const room = mkdtempSync(at('room-'));
  for (const words of [
    ['compare', at('red.tar.gz'), at('green.tar.gz')],
    ['bundle', red, '--anonymous', '--out', at('masked.tar.gz')],
  ]) {
    const node = [process.execPath, '--disable-warning=ExperimentalWarning', main, ...words];
    const ended = spawnSync('unshare', ['-Urm', 'sh', '-c', `${script} && export TMPDIR && exec "$@"`, room, ...node], {
      env: { ...process.env, TMPDIR: room },
      encoding: 'utf8',
    });
    expect([ended.status, ended.stderr]).toEqual([code, expect.stringMatching(message)]);
  }
});
