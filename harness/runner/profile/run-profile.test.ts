import { expect, test as it } from 'vitest';
import { profileTable } from './profile-table.ts';
import { profileOf, RunProfile } from './run-profile.ts';

const check = (id: string, ms: number, process = { pid: 2, cpuMs: 100, peakMemoryKiB: 204_800 }) => ({
  id,
  area: 'cgroups',
  totalMs: ms,
  container: { count: 1, ms: ms / 2 },
  guest: { count: 3, ms: ms / 4 },
  daemon: { count: 2, ms: ms / 8 },
  waitingMs: ms / 16,
  harnessMs: ms / 16,
  process,
});
const own = { pid: 1, cpuMs: 300, peakMemoryKiB: 102_400 };

it('sums, the slowest first; of each process its last word counts', () => {
  const checks = [
    check('CG-A', 1_000),
    check('CG-B', 3_000, { pid: 2, cpuMs: 200, peakMemoryKiB: 204_800 }),
    check('CG-C', 2_000, { pid: 3, cpuMs: 400, peakMemoryKiB: 307_200 }),
  ];
  const profile = profileOf({ target: 'debian-12', wallMs: 10_000, own, checks });
  expect(profile.checks.map(({ id }) => id)).toEqual(['CG-B', 'CG-C', 'CG-A']);
  expect(profile.checks[0]).not.toHaveProperty('process');
  expect(profile.sum).toMatchObject({
    totalMs: 6_000,
    container: { count: 3, ms: 3_000 },
    guest: { count: 9, ms: 1_500 },
  });
  expect(profile.outsideMs).toBe(4_000);
  expect(profile.harness).toEqual({ cpuMs: 900, cpuShareOfWall: 0.09, peakMemoryMiB: 300, processes: 3 });
});

it('the table has the ten slowest, the sum and what the harness took', () => {
  const checks = Array.from({ length: 12 }, (_, index) => check(`CG-${index}`, 1_000 * (index + 1)));
  const text = profileTable(profileOf({ target: 'debian-12', wallMs: 100_000, own, checks }));
  const lines = text.split('\n');
  expect(lines[1]).toBe(
    'where the time went, debian-12: 78.00 s in checks, 22.00 s outside of them (machine, facts, runner)',
  );
  expect(lines[3]).toMatch(/^ {2}CG-11 +12\.00 s +6\.00 s \(1\) +3\.00 s \(3\) +1\.50 s \(2\) +0\.75 s +0\.75 s$/);
  expect(text).not.toContain('CG-1 ');
  expect(text).toMatch(/\n {2}all 12 +78\.00 s/);
  expect(text).toMatch(/\n {2}share +100\.0 % +50\.0 % +25\.0 % +12\.5 % +6\.3 % +6\.3 %\n/);
  expect(text).toContain(
    'the guest was busy for 68.25 s (containers, commands, API); checks took 1.14 of that, the run 1.47',
  );
  expect(text).toContain('used 0.40 s of CPU (0.4 % of 100 s) and at most 200 MiB, in 2 processes');
});

it('a target that was never judged has a profile too', () => {
  const run = new RunProfile();
  run.start({ name: 'debian-12', folder: '/run/debian-12', expected: [] }).end();
  const [profile] = run.all();
  expect(profile).toMatchObject({ target: 'debian-12', folder: '/run/debian-12', checks: [], sum: { totalMs: 0 } });
  if (!profile) return;
  expect(profileTable(profile)).toBe('\nwhere the time went, debian-12: no check was judged\n');
});
