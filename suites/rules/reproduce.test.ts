import { spawnSync } from 'node:child_process';
import { describe, expect, test as it } from 'vitest';
import judged from '../../docs/judged.json' with { type: 'json' };
import { loadChecks } from '../../harness/checks/load-checks.ts';

const checks = (await loadChecks()).filter(({ reproduce }) => reproduce !== undefined);

describe.each(checks)('what shows a failure of $id', ({ reproduce = '' }) => {
  it('is a script of a shell', () => {
    expect(spawnSync('sh', ['-n'], { input: reproduce, encoding: 'utf8' }).stderr).toBe('');
  });
  it('says what is expected, in lines that a tracker shows', () => {
    expect(reproduce).toContain('# expected');
    expect(Math.max(...reproduce.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110);
  });
});

it('every check that is red on a recorded machine has the commands that show it', () => {
  const isRed = (verdicts: object) => Object.values(verdicts).some((text) => String(text).startsWith('fail'));
  const red = [judged.checks, judged.containers].flatMap((all) =>
    Object.entries(all).flatMap(([id, verdicts]) => (isRed(verdicts) ? [id] : [])),
  );
  const shown = checks.map(({ id }) => id);
  expect(red.filter((id) => !shown.includes(id))).toEqual([]);
  expect(red).not.toEqual([]);
});
