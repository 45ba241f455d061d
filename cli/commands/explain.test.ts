import { afterEach, expect, test as it, vi } from 'vitest';
import { loadChecks } from '../../harness/checks/load-checks.ts';
import { command as explainCommand } from './explain.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

async function explained(...words: string[]): Promise<string> {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  expect(await explainCommand.run(words)).toBe(0);
  const text = write.mock.calls.join('');
  write.mockRestore();
  return text;
}

it('shows a check as a page', async () => {
  const text = await explained('LIM-KEYS');
  expect(text).toMatch(/^LIM-KEYS\n {2}claim {10}the user's quota of kernel keys/);
  expect(text).toContain('\n  turns red with free keys of {10} (kernel.keys.maxkeys)\n');
});

it('--json is one document with the same', async () => {
  const keys = (await loadChecks()).find(({ id }) => id === 'LIM-KEYS');
  expect(JSON.parse(await explained('LIM-KEYS', '--json'))).toEqual({
    schema: '1.0',
    id: 'LIM-KEYS',
    area: 'limits',
    level: 'SHOULD',
    title: keys?.title,
    source: keys?.source,
    remedy: keys?.remedy,
    conditional: false,
    needs: ['SOCK-PATH'],
    disruptive: false,
    sideBySide: false,
    readOnly: false,
    sabotage: 'sysctl kernel.keys.maxkeys=10',
    turnsRedWith: ['free keys of {10} (kernel.keys.maxkeys)'],
    views: { rootful: false, bare: true },
  });
  expect(JSON.parse(await explained('LIM-INOTIFY', '--json'))).toMatchObject({
    needs: [],
    sideBySide: true,
    readOnly: true,
  });
});

it('an unknown ID is refused, and nothing is printed', async () => {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  await expect(explainCommand.run(['LIM-KEY', '--json'])).rejects.toThrow('LIM-KEY');
  expect(write).not.toHaveBeenCalled();
});
