// The same twenty observations by bats with the docker client inside the machine, and by the suite, in turn on the same
// running machine: node bench/performance/compare-bats.ts MACHINE [--turns 3] [--whole RUN]
// See bench/README.md. Wants a machine of the lab that runs (./rdc up MACHINE) and apt-get for the package bats.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { table } from '../../cli/generate/markdown.ts';
import { ensureFixtureImage } from '../../harness/fixture-image/build.ts';
import { fixtureImageTag } from '../../harness/fixture-image/image.ts';
import { RdcError } from '../../harness/messages/errors.ts';
import type { Profile } from '../../harness/runner/profile/run-profile.ts';
import { readResults } from '../../reports/results/read-results.ts';
import { findRun } from '../../reports/results/run-folder.ts';
import { writeSection } from '../script/benchmarks-page.ts';
import { rdc } from '../script/rdc-process.ts';
import { runMain } from '../script/script.ts';
import { type BatsTurn, type Comparison, judgeComparison, parseTap, type SuiteTurn } from './bats-figures.ts';

const here = import.meta.dirname;
const there = '/tmp/rdc-bats';
const turnLimitMs = 900_000;
const dockerHost = 'export DOCKER_HOST=unix://$XDG_RUNTIME_DIR/docker.sock';

await runMain(main);

async function main(): Promise<number> {
  const { machine, turns, whole } = readWords();
  const ids = readFileSync(join(here, 'observations.bats'), 'utf8').matchAll(/^@test "([A-Z-]+)" \{$/gm);
  const checks = [...ids].map(([, id = '']) => id);
  await putBats(machine);
  const bats: BatsTurn[] = [];
  const suite: SuiteTurn[] = [];
  for (let turn = 1; turn <= turns; turn += 1) {
    await forgetImage(machine);
    bats.push(await runBats(machine, checks));
    await forgetImage(machine);
    suite.push(await runSuite(machine, checks));
    process.stderr.write(
      `turn ${turn}: bats ${seconds(bats.at(-1)?.wallMs)}, the suite ${seconds(suite.at(-1)?.wallMs)}\n`,
    );
  }
  const comparison = judgeComparison({
    checks: checks.length,
    bats,
    suite,
    ...(whole ? { whole: readWhole(whole) } : {}),
  });
  write(machine, `--turns ${turns}${whole ? ' --whole RUN' : ''}`, comparison);
  return comparison.goals.every(({ isMet }) => isMet) ? 0 : 1;
}

function readWords(): { machine: string; turns: number; whole: string | undefined } {
  const { values, positionals } = parseArgs({
    options: { turns: { type: 'string', default: '3' }, whole: { type: 'string' } },
    allowPositionals: true,
  });
  const [machine, ...others] = positionals;
  const turns = Number(values.turns);
  if (machine === undefined || others.length > 0 || !Number.isInteger(turns) || turns < 1)
    throw new RdcError('USAGE', 'one machine, and a number of turns from 1 on', {
      hint: 'node bench/performance/compare-bats.ts debian-12 --turns 3',
    });
  return { machine, turns, whole: values.whole };
}

/** bats-core from Debian's package and the fixture image, below /tmp of the machine, which has no network. */
async function putBats(machine: string): Promise<void> {
  const { tarPath } = await ensureFixtureImage({ arch: process.arch === 'arm64' ? 'arm64' : 'amd64' });
  const folder = mkdtempSync(join(tmpdir(), 'rdc-bats-'));
  try {
    execFileSync('apt-get', ['-qq', 'download', 'bats'], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    mkdirSync(join(folder, 'root'));
    execFileSync('sh', ['-c', 'dpkg-deb -x bats_*.deb root'], { cwd: folder });
    execFileSync('cp', [tarPath, join(here, 'observations.bats'), join(folder, 'root')]);
    const tar = execFileSync('tar', ['-C', join(folder, 'root'), '-c', '.'], { maxBuffer: 64 * 1024 * 1024 });
    await ask(machine, `rm -rf ${there}; mkdir ${there} && tar -C ${there} -x && chmod -R go-w ${there}`, tar);
  } catch (cause) {
    if (cause instanceof RdcError) throw cause;
    throw new RdcError('HOST_SETUP', 'cannot download the package bats', { cause, hint: 'apt-get update' });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Each side loads the image itself, as part of its time. */
async function forgetImage(machine: string): Promise<void> {
  await ask(machine, `${dockerHost}; docker image rm --force ${fixtureImageTag} >/dev/null 2>&1; true`);
}

/** The time is the guest's own, from before bats starts to its end: no login is in it. */
async function runBats(machine: string, checks: readonly string[]): Promise<BatsTurn> {
  const script = `cut -d' ' -f1 /proc/uptime; cd ${there}; usr/bin/bats --tap observations.bats; cut -d' ' -f1 /proc/uptime`;
  const text = await ask(machine, script);
  const turn = parseTap(text);
  if (turn.total !== checks.length)
    throw new RdcError('COMMAND', `bats told of ${turn.total} tests, expected ${checks.length}`, {
      hint: `./rdc ssh ${machine} -- ${there}/usr/bin/bats ${there}/observations.bats`,
    });
  for (const failed of turn.failed) process.stderr.write(`bats: ${failed} is not ok on ${machine}\n`);
  return turn;
}

async function runSuite(machine: string, checks: readonly string[]): Promise<SuiteTurn> {
  const out = mkdtempSync(join(tmpdir(), 'rdc-suite-'));
  const words = ['run', machine, '--as-is', '--profile', '--no-color', '--check', checks.join(','), '--out', out];
  try {
    const startedAt = performance.now();
    await callRdc(words);
    const wallMs = performance.now() - startedAt;
    const profile = JSON.parse(readFileSync(join(out, machine, 'profile.json'), 'utf8')) as Profile;
    const { ledger } = readResults(join(out, machine));
    return { wallMs, profile, judged: ledger.pass + ledger.fail };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** A run of everything, made before: what a check takes when all of them share what is there. */
function readWhole(run: string): NonNullable<Parameters<typeof judgeComparison>[0]['whole']> {
  const { run: whole, ledger } = readResults(findRun(run));
  return { wallMs: whole.durationMs, checks: ledger.total - ledger.skip };
}

async function ask(machine: string, script: string, input?: Buffer): Promise<string> {
  // one word for ssh, which hands it to the login shell
  return await callRdc(['ssh', machine, '--', script], input);
}

async function callRdc(words: readonly string[], input?: Buffer): Promise<string> {
  const { code, stdout, stderr } = await rdc(words, { timeoutMs: turnLimitMs, input });
  // a red check, or a red test of bats, is a finding and no fault of the comparison
  if (code === 0 || code === 1) return stdout;
  throw new RdcError('COMMAND', `rdc ${words.slice(0, 2).join(' ')} ended with ${code}: ${stderr.trim().slice(-400)}`, {
    hint: `./rdc up ${words[1]}`,
  });
}

function write(machine: string, words: string, { rows, goals }: Comparison): void {
  const text = [
    table([['', 'bats', 'the suite'], ...rows]),
    '',
    table([
      ['goal', 'measured', 'met'],
      ...goals.map(({ goal, measured, isMet }) => [goal, measured, isMet ? 'yes' : 'no']),
    ]),
  ].join('\n');
  process.stdout.write(`${text}\n`);
  const lines = [`## Against bats, on ${machine}`, '', text, '', 'How to read it: bench/README.md.'];
  writeSection('bats', lines, `node bench/performance/compare-bats.ts ${machine} ${words}`);
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? '' : `${(ms / 1000).toFixed(1)} s`;
}
