import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test as it, vi } from 'vitest';
import { exportCommand, reportCommand } from '../../reports/commands.ts';
import { TargetRecord } from '../../reports/recording/target-record.ts';
import { writeResultsFile } from '../../reports/results/run-folder.ts';
import { checks, judged, syntheticRun, syntheticTarget } from '../../reports/synthetic-runs/synthetic-run.ts';

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
])('exports %s', (format, beginning) => {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  exportCommand({ run: writtenRun('debian-13'), format });
  expect(String(write.mock.calls[0]?.[0]).slice(0, beginning.length)).toBe(beginning);
});

it.each([
  [
    'an unknown format',
    'debian-13',
    'subunit',
    /\[USAGE\] unknown export format "subunit": there are junit, tap, tmt, kcidb, ctrf, autopkgtest$/,
  ],
  ['a name of every object', 'debian-13', 'constructor', /unknown export format "constructor"/],
])('%s names what there is', (_, name, format, message) => {
  expect(() => exportCommand({ run: writtenRun(name), format })).toThrow(message);
});

it('two targets and a run that is not there are refused', () => {
  expect(() => exportCommand({ run: writtenRun('a', 'b'), format: 'tap' })).toThrow(/2 targets \(a, b\)/);
  expect(() => exportCommand({ run: 'no-such-run', format: 'tap' })).toThrow(/\[INPUT\] no-such-run: no such run/);
});

it('a report is built of a run, not beside any file, and not without a place for the trends', async () => {
  const run = writtenRun('debian-13');
  const stray = join(run, 'debian-13', 'notes.txt');
  writeFileSync(stray, '');
  const refused = (path: string, history?: string) =>
    reportCommand({ run: path, open: false, ...(history === undefined ? {} : { history }) });
  for (const path of [stray, '/dev/null'])
    await expect(refused(path)).rejects.toThrow(`[INPUT] ${path}: not the folder of a run`);
  await expect(refused(run, join(stray, 'x'))).rejects.toMatchObject({
    exitCode: 2,
    message: `[INPUT] cannot write ${join(stray, 'x')}: ENOTDIR: not a directory`,
  });
});
