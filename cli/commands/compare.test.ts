import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test as it, vi } from 'vitest';
import { resultsWith } from '../../reports/synthetic-runs/compared-results.ts';
import { runFolderOf } from '../../reports/synthetic-runs/run-on-disk.ts';
import { command as compareCommand } from './compare.ts';

const folder = mkdtempSync(join(tmpdir(), 'rdc-compare-'));
const runs = ['a', 'b'].map((name) => runFolderOf([resultsWith(name, [{ id: 'CG-MEM', verdict: 'pass' }])]));

afterEach(() => void vi.restoreAllMocks());

async function compareTo(html: string): Promise<string> {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  await compareCommand.run([...runs, '--html', html, '--json']);
  return write.mock.calls.join('');
}

it('replaces the page that is there', async () => {
  writeFileSync(join(folder, 'page.html'), 'old');
  expect(await compareTo(join(folder, 'page.html'))).toContain('"checks"');
  expect(readFileSync(join(folder, 'page.html'), 'utf8')).toContain('<html');
});

it('a page that cannot be written ends with 2, and nothing is printed or left behind', async () => {
  mkdirSync(join(folder, 'sub'));
  const places = ['sub', 'page.html/below', 'none/page.html'].map((name) => join(folder, name));
  for (const place of [...places, '/proc/rdc.html', '/dev/null']) {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const refused = expect.objectContaining({
      exitCode: 2,
      message: expect.stringContaining(`cannot write ${place}: `),
      hint: expect.stringContaining('--html'),
    });
    await expect(compareCommand.run([...runs, '--html', place, '--json']), place).rejects.toThrow(refused);
    expect(write, place).not.toHaveBeenCalled();
  }
  expect(readdirSync(folder).sort()).toEqual(['page.html', 'sub']);
});
