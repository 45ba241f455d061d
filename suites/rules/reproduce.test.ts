import { spawnSync } from 'node:child_process';
import { describe, expect, test as it } from 'vitest';
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
