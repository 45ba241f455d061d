import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureFixtureImage } from '../../harness/fixture-image/build.ts';
import { fixtureImageTag } from '../../harness/fixture-image/image.ts';
import { RdcError } from '../../harness/messages/errors.ts';
import type { Profile } from '../../harness/runner/profile/run-profile.ts';
import { readResults } from '../../reports/results/read-results.ts';
import { findRun } from '../../reports/results/run-folder.ts';
import { benchmark, publish, seconds, start, temporaryFolder, whole } from '../script/benchmark.ts';
import { judged, rdc } from '../script/rdc-process.ts';
import { type BatsTurn, judgeComparison, parseTap, type SuiteTurn, type Turns } from './bats-figures.ts';

const script = join(import.meta.dirname, 'observations.bats');
const there = '/tmp/rdc-bats';
const dockerHost = 'export DOCKER_HOST=unix://$XDG_RUNTIME_DIR/docker.sock';

await start(
  benchmark(
    'performance/compare-bats.ts',
    'The same twenty observations by bats with the docker client in the machine, and by the suite, in turn (bench/README.md). Exit code 1 when a goal is not met.',
  )
    .argument('<machine>', 'one of the lab that runs (./rdc up MACHINE)')
    .option('--turns <n>', 'how often', whole(1, 100), 3)
    .option('--whole <run>', 'a run of everything on that machine, made before')
    .action(async (machine, options) => {
      const turns = await takeTurns(machine, options.turns);
      const { rows, goals } = judgeComparison({ ...turns, ...(options.whole && { whole: readWhole(options.whole) }) });
      const goalRows = goals.map(({ goal, measured, isMet }) => [goal, measured, isMet ? 'yes' : 'no']);
      const tables = [
        [['', 'bats', 'the suite'], ...rows],
        [['goal', 'measured', 'met'], ...goalRows],
      ];
      const after = ['How to read it: bench/README.md.'];
      publish({ name: 'bats', heading: `## Against bats, on ${machine}`, tables, after }, options.write);
      process.exitCode = goals.every(({ isMet }) => isMet) ? 0 : 1;
    }),
);

async function takeTurns(machine: string, count: number): Promise<Turns> {
  const checks = [...readFileSync(script, 'utf8').matchAll(/^@test "([A-Z-]+)" \{$/gm)].map(([, id = '']) => id);
  const bats: BatsTurn[] = [];
  const suite: SuiteTurn[] = [];
  await putBats(machine);
  while (suite.length < count) {
    await forgetImage(machine);
    const byBats = await runBats(machine, checks);
    await forgetImage(machine);
    const bySuite = await runSuite(machine, checks);
    bats.push(byBats);
    suite.push(bySuite);
    process.stderr.write(
      `turn ${suite.length}: bats ${seconds(byBats.wallMs)}, the suite ${seconds(bySuite.wallMs)}\n`,
    );
  }
  return { checks: checks.length, bats, suite };
}

/** bats-core from Debian's package and the fixture image, below /tmp of the machine, which has no network. */
async function putBats(machine: string): Promise<void> {
  const { tarPath } = await ensureFixtureImage({ arch: process.arch === 'arm64' ? 'arm64' : 'amd64' });
  using folder = temporaryFolder();
  const cwd = folder.path;
  try {
    execFileSync('apt-get', ['-qq', 'download', 'bats'], { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (cause) {
    throw new RdcError('HOST_SETUP', 'cannot download the package bats', { cause, hint: 'apt-get update' });
  }
  mkdirSync(join(cwd, 'root'));
  execFileSync('sh', ['-c', 'dpkg-deb -x bats_*.deb root'], { cwd });
  execFileSync('cp', [tarPath, script, 'root'], { cwd });
  const tar = execFileSync('tar', ['-C', 'root', '-c', '.'], { cwd, maxBuffer: 64 * 1024 * 1024 });
  await ask(machine, `rm -rf ${there}; mkdir ${there} && tar -C ${there} -x && chmod -R go-w ${there}`, tar);
}

/** Each side loads the image itself, as part of its time. */
async function forgetImage(machine: string): Promise<void> {
  await ask(machine, `${dockerHost}; docker image rm --force ${fixtureImageTag} >/dev/null 2>&1; true`);
}

/** The time is the guest's own, from before bats starts to its end: no login is in it. */
async function runBats(machine: string, checks: readonly string[]): Promise<BatsTurn> {
  const uptime = "cut -d' ' -f1 /proc/uptime";
  const turn = parseTap(await ask(machine, `${uptime}; cd ${there}; usr/bin/bats --tap observations.bats; ${uptime}`));
  if (turn.total !== checks.length)
    throw new RdcError('COMMAND', `bats ran ${turn.total} tests, expected ${checks.length}`, {
      hint: `./rdc ssh ${machine} -- ${there}/usr/bin/bats ${there}/observations.bats`,
    });
  for (const failed of turn.failed) process.stderr.write(`bats: ${failed} is not ok on ${machine}\n`);
  return turn;
}

async function runSuite(machine: string, checks: readonly string[]): Promise<SuiteTurn> {
  using out = temporaryFolder();
  const startedAt = performance.now();
  const words = ['--as-is', '--profile', '--check', checks.join(',')];
  const { ledger } = (await judged(machine, words, { out: out.path })).results;
  const wallMs = performance.now() - startedAt;
  const profile = JSON.parse(readFileSync(join(out.path, machine, 'profile.json'), 'utf8')) as Profile;
  return { wallMs, profile, judged: ledger.pass + ledger.fail };
}

/** What a check takes when all of them share what is there. */
function readWhole(run: string): NonNullable<Turns['whole']> {
  const { run: all, ledger } = readResults(findRun(run));
  return { wallMs: all.durationMs, checks: ledger.total - ledger.skip };
}

/** As the user of the tests. A red test of bats is a finding, and no fault of the comparison. */
async function ask(machine: string, command: string, input?: Buffer): Promise<string> {
  const { code, stdout, stderr } = await rdc(['ssh', machine, '--', command], { timeoutMs: 900_000, input });
  if (code === 0 || code === 1) return stdout;
  throw new RdcError('COMMAND', `rdc ssh ${machine} ended with ${code}: ${stderr.trim().slice(-400)}`, {
    hint: `./rdc up ${machine}`,
  });
}
