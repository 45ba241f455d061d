import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test as it, vi } from 'vitest';
import { lastLines, runCommand, runLogged } from './run-command.ts';

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'rdc-command-'));
  vi.stubEnv('XDG_CACHE_HOME', cache);
});

it("a failed command's last lines stand in the message, and behind them the path of its log", async () => {
  const script = 'for i in 1 2 3 4 5 6; do echo "line $i"; done; printf "E: no\\033[31m such package\\n" >&2; exit 3';
  const failed = runLogged(['sh', '-c', script], { log: 'x', code: 'HOST_SETUP', what: 'installing' });
  const log = join(cache, 'rdc', 'logs', 'x.log');
  await expect(failed).rejects.toThrow(/^\[HOST_SETUP\] installing: exit code 3\n {2}line /);
  await expect(failed).rejects.toThrow(`such package\n(its whole output: ${log})`);
  await expect(failed).rejects.not.toThrow('line 1\n');
  await expect(failed).rejects.toMatchObject({ hint: `tail -n 40 ${log}` });
  expect(readFileSync(log, 'utf8')).toContain('line 1\n');
});

it.each([
  ['', ''],
  ['\n \n', ''],
  ['a\r\nb\n\nc\n', '\n  b\n  c'],
])('the last two lines of %j', (text, last) => {
  expect(lastLines(text, 2)).toBe(last);
});

it('what may ask on the terminal stays in our session; all else has one of its own', async () => {
  const session = async (onTerminal: boolean) =>
    (await runCommand(['sh', '-c', "ps -o sid= -p $$ | tr -d ' '"], { onTerminal })).stdout.trim();
  const { stdout: ours } = await runCommand(['ps', '-o', 'sid=', '-p', String(process.pid)]);
  expect(await session(true)).toBe(ours.trim());
  expect(await session(false)).not.toBe(ours.trim());
});
