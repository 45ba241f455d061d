import { expect, test as it } from 'vitest';
import { profileOf } from '../../harness/runner/profile/run-profile.ts';
import { mountsWithFiles, outsideOf } from '../reliability/footprint.ts';
import { changedVerdicts } from '../reliability/repeat.ts';
import { judgeComparison, parseTap } from './bats-figures.ts';
import { measure, measureMedian } from './measure.ts';

it('a measured process says what it used, with its children; its exit code is an answer', async () => {
  const child = 'const b = Buffer.alloc(150 * 2 ** 20, 1); process.exit(b[5] === 1 ? 0 : 1)';
  const script = `require('node:child_process').execFileSync(process.execPath, ['-e', ${JSON.stringify(child)}]); process.exit(3)`;
  const measured = await measureMedian(3, 1, () => measure([process.execPath, '-e', script]));
  expect(measured.exitCode).toBe(3);
  expect(measured.peakMiB).toBeGreaterThan(150);
  expect(measured.cpuMs).toBeGreaterThan(20);
  expect(measured.wallMs).toBeGreaterThan(20);
});

const tap = '100.50\n1..3\nok 1 SOCK-PATH\nnot ok 2 NS-INFO\n# (in test file)\nok 3 CG-CPU # skip no cpu\n130.75\n';

it('the time of bats is the guest’s own', () => {
  expect(parseTap(tap)).toEqual({ wallMs: 30_250, total: 3, failed: ['NS-INFO'] });
  expect(() => parseTap('100.50\nsh: bats: not found\n')).toThrow('bats did not run to its end');
});

it('medians are compared, and each goal says whether it is met', () => {
  const turn = (wallMs: number) => ({
    wallMs,
    judged: 2,
    profile: profileOf({
      target: 't',
      wallMs,
      own: { pid: 1, cpuMs: 400, peakMemoryKiB: 310 * 1024 },
      checks: ['A', 'B'].map((id) => ({
        id,
        area: 'a',
        totalMs: 2_000,
        container: { count: 1, ms: 1_500 },
        guest: { count: 1, ms: 400 },
        daemon: { count: 0, ms: 0 },
        waitingMs: 50,
        harnessMs: 50,
        process: { pid: 2, cpuMs: 100, peakMemoryKiB: 1 },
      })),
    }),
  });
  const bats = [9_000, 10_000, 90_000].map((wallMs) => ({ wallMs, total: 2, failed: [] }));
  const { rows, goals } = judgeComparison({ checks: 2, bats, suite: [turn(9_000), turn(4_500), turn(8_000)] });
  expect(rows[0]).toEqual(['per observation, the whole command', '5.00 s', '4.00 s']);
  expect(goals.map(({ measured, isMet }) => [measured, isMet])).toEqual([
    ['0.40', false],
    ['2.11', false],
    ['0.06', false],
    ['310.00', false],
  ]);
  const whole = judgeComparison({ checks: 2, bats, suite: [turn(4_500)], whole: { wallMs: 150_000, checks: 100 } });
  expect(whole.goals[0]).toMatchObject({ goal: expect.stringContaining('whole suite'), measured: '0.30', isMet: true });
  expect(whole.goals[1]?.isMet).toBe(true);
});

it('a verdict that changed is named with all it was, one that is missing too', () => {
  const run = (...verdicts: [string, string][]) => ({
    checks: verdicts.map(([id, verdict]) => ({ id, verdict })) as never,
  });
  expect(changedVerdicts([run(['A', 'pass'], ['B', 'fail']), run(['A', 'pass'], ['B', 'fail'])])).toEqual([]);
  expect(changedVerdicts([run(['A', 'pass'], ['B', 'fail']), run(['A', 'error'])])).toEqual([
    { id: 'A', verdicts: ['pass', 'error'] },
    { id: 'B', verdicts: ['fail', 'none'] },
  ]);
});

it('files are looked for on file systems that keep them, under the names that the kernel escapes', () => {
  const mounts = `/dev/vda / ext4 rw,relatime 0 0
proc /proc proc rw 0 0
cgroup2 /sys/fs/cgroup cgroup2 rw 0 0
tmpfs /run tmpfs rw,size=10% 0 0
/dev/vdb /mnt/a\\040b xfs rw 0 0
`;
  expect(mountsWithFiles(mounts)).toEqual(['/', '/run', '/mnt/a b']);
});

it('a place holds what lies below it, not what only begins like it', () => {
  const paths = ['/c/rdc', '/c/rdc/lab/pid', '/c/rdc-other/x', '/tmp'];
  expect(outsideOf(paths, ['/c/rdc'])).toEqual(['/c/rdc-other/x', '/tmp']);
});
