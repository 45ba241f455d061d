import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { startSshFleet } from '../../harness/test-doubles/ssh-fleet.ts';
import { checkout } from '../../harness/this-machine/paths.ts';
import { command as doctorCommand } from './doctor.ts';

async function rdc(path: string, ...words: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const env = { ...process.env, PATH: `${path}:${process.env.PATH}` };
  const child = spawn(process.execPath, [join(checkout, 'cli/main.ts'), ...words], { env });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (part) => (stdout += part));
  child.stderr.on('data', (part) => (stderr += part));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, stdout, stderr };
}

const folder = () => mkdtempSync(join(tmpdir(), 'rdc-fleet-'));

it('looks at every host; one that cannot be reached is a row, and there is a page at the end', async () => {
  await using fleet = await startSshFleet(6, folder(), 1);
  const out = join(folder(), 'run');
  const words = ['doctor', '--hosts', fleet.hosts, '--identity', fleet.identity, '--root-via', 'none', '--out', out];
  const table = await rdc(fleet.binaries, ...words, '--at-once', '3');
  expect(table.code, table.stderr).toBe(3);
  const lines = table.stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(7);
  expect(lines[0]).toMatch(/^tester@127\.0\.0\.1_\d+ +not reached +\[[A-Z_]+\]/);
  expect(lines.at(-1)).toMatch(/^6 hosts: 5 inconclusive, 1 not reached$/);
  expect(table.stderr.match(/^\d\/6 {2}tester@/gm)).toHaveLength(6);
  expect(existsSync(join(out, 'hosts.html'))).toBe(true);
  expect(Math.max(...fleet.servers.map((server) => server.connections()))).toBe(0);

  const metrics = await rdc(fleet.binaries, ...words.slice(0, -1), `${out}2`, '--format', 'openmetrics');
  expect(
    metrics.stdout
      .match(/^rdc_reached\{target="tester@127\.0\.0\.1_\d+"\} [01]$/gm)
      ?.map((line) => line.at(-1))
      .sort(),
  ).toEqual(['0', '1', '1', '1', '1', '1']);
  expect(metrics.stdout).toMatch(/\n# EOF\n$/);
}, 120_000);

it.each([
  [['local', '--hosts', 'x'], '--hosts cannot be used with a TARGET'],
  [['--hosts', 'x', '--at-once', '0'], '--at-once is "0"; allowed: 1 to 99'],
  [['--at-once', '3'], '--at-once needs --hosts'],
  [['local', '--format', 'openmetrics'], '--format needs --hosts'],
  [['--hosts', '/no/such/file'], '/no/such/file cannot be read'],
])('%j is refused', async (words, message) => {
  await expect(doctorCommand.run(words)).rejects.toThrow(message);
});
