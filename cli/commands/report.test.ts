import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test as it, vi } from 'vitest';
import { TargetRecord } from '../../reports/recording/target-record.ts';
import { writeResultsFile } from '../../reports/results/run-folder.ts';
import { checks, judged, syntheticRun, syntheticTarget } from '../../reports/synthetic-runs/synthetic-run.ts';
import { command as exportCommand } from './export.ts';
import { command as reportCommand } from './report.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

function writtenRun(...names: string[]): string {
  const run = syntheticRun();
  for (const name of names) {
    const record = new TargetRecord(run, syntheticTarget(run, name, [checks.uidMap]));
    record.judge(judged(checks.uidMap));
    record.end({ infraRetries: 0 });
    writeResultsFile(record.target.folder, record.results());
  }
  return run.folder;
}

it.each([
  ['junit', '<?xml version="1.0"'],
  ['tap', 'TAP version 14'],
  ['tmt', '- name: "/"'],
  ['kcidb', '{\n  "version": {\n    "major": 5'],
  ['ctrf', '{\n  "reportFormat": "CTRF"'],
  ['autopkgtest', 'NS-UIDMAP            PASS\n'],
  ['markdown', '### debian-13 '],
])('exports %s', async (format, beginning) => {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  expect(await exportCommand.run([writtenRun('debian-13'), '--format', format])).toBe(0);
  expect(String(write.mock.calls[0]?.[0]).slice(0, beginning.length)).toBe(beginning);
});

it.each([
  [
    'an unknown format',
    'debian-13',
    'subunit',
    /\[USAGE\] --format is "subunit"; allowed: junit, tap, tmt, kcidb, ctrf, sarif, openmetrics, autopkgtest, markdown$/,
  ],
  ['a name of every object', 'debian-13', 'constructor', /--format is "constructor"; allowed/],
])('%s names what there is', async (_, name, format, message) => {
  await expect(exportCommand.run([writtenRun(name), '--format', format])).rejects.toThrow(message);
});

it('two targets are exported, and a run that is not there is refused', async () => {
  await expect(exportCommand.run([writtenRun('a', 'b'), '--format', 'tap'])).resolves.toBe(0);
  await expect(exportCommand.run(['no-such-run', '--format', 'tap'])).rejects.toThrow(
    /\[INPUT\] no-such-run: no such run/,
  );
});

it('a report is built of a run, not beside any file, and not without a place for the trends', async () => {
  const run = writtenRun('debian-13');
  const stray = join(run, 'debian-13', 'notes.txt');
  writeFileSync(stray, '');
  const refused = (path: string, history?: string) =>
    reportCommand.run([path, ...(history === undefined ? [] : ['--history', history])]);
  for (const path of [stray, '/dev/null'])
    await expect(refused(path)).rejects.toThrow(`[INPUT] ${path}: not the folder of a run`);
  await expect(refused(run, join(stray, 'x'))).rejects.toMatchObject({
    exitCode: 2,
    message: `[INPUT] cannot write ${join(stray, 'x')}: ENOTDIR: not a directory`,
  });
});
