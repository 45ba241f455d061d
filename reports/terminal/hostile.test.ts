import { expect, test as it } from 'vitest';
import { RdcError, renderError } from '../../harness/messages/errors.ts';
import { compareResults } from '../compare/compare.ts';
import { comparisonTable } from '../compare/table.ts';
import { junitXml } from '../formats/junit.ts';
import { tapDocument } from '../formats/tap.ts';
import { createResultsFile, type TargetRecords } from '../recording/results-file.ts';
import { readResults } from '../results/read-results.ts';
import { writeResultsFile } from '../results/run-folder.ts';
import { selftestSummary } from '../selftest/summary.ts';
import {
  checks,
  foreignResults,
  judged,
  payload,
  syntheticRun,
  syntheticTarget,
} from '../synthetic-runs/synthetic-run.ts';
import { WrittenOutput } from '../synthetic-runs/written-output.ts';
import { createStyle } from '../wording/style.ts';
import { createTerminal } from './listener.ts';

/** Everything that would control a terminal or reorder or hide its text; what we draw with ourselves is taken out first. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const own = /\u001b\[(?:\d*[ABGK]|\d*m)/g;
const controls = /(?![\n\t])[\p{Cc}\p{Cf}\u2028\u2029]/u;

async function runText(live: boolean): Promise<string> {
  const run = syntheticRun();
  const records: TargetRecords = new Map();
  const built = Promise.resolve({ problem: new Error(payload) });
  const output = new WrittenOutput(live ? { columns: 80, rows: 24 } : {});
  const listeners = [createResultsFile(run, records), createTerminal(records, { run, live, output, built })];
  const target = syntheticTarget(run, 'debian-13', Object.values(checks));
  for (const listener of listeners) {
    listener.stage?.('debian-13', payload);
    listener.targetStarted?.(target);
    listener.factsRead?.(target, { host: { kernel: payload, [payload]: payload }, daemon: { serverVersion: payload } });
  }
  const verdicts = ['pass', 'fail', 'skip', 'blocked', 'error'] as const;
  for (const [index, check] of Object.values(checks).entries()) {
    const verdict = verdicts[index % verdicts.length] ?? 'error';
    for (const listener of listeners) listener.checkStarted?.(target, check.id);
    for (const listener of listeners)
      listener.checkJudged?.(target, judged(check, { verdict, title: payload, reason: payload }));
  }
  for (const listener of listeners) listener.targetEnded?.(target, { infraRetries: 0, broken: payload });
  for (const listener of listeners) await listener.runEnded?.(run);
  return output.text;
}

it.each([false, true])('the progress of a run and its summary (live list: %s)', async (live) => {
  const text = await runText(live);
  expect(text).toContain('<script>window.rdcOwned=1');
  expect(text.replace(own, '')).not.toMatch(controls);
});

it('what others handed over: the comparison, its JSON, JUnit and TAP', () => {
  const { folder } = syntheticRun();
  writeResultsFile(folder, foreignResults());
  const results = readResults(folder);
  const other = { ...results, target: { ...results.target, name: 'other' }, checks: [] };
  const comparison = compareResults([results, other]);
  const texts = {
    table: comparisonTable(comparison, createStyle(false)),
    json: JSON.stringify(comparison),
    junit: junitXml(results),
    tap: tapDocument(results),
  };
  for (const [name, text] of Object.entries(texts)) {
    expect(text, name).toContain('rdcOwned');
    expect(text, name).not.toMatch(controls);
  }
});

it('messages of errors, of ours and of libraries, and the summary of a selftest', () => {
  const library = new Error(payload);
  for (const error of [library, new RdcError('TRANSPORT', payload, { hint: payload }), payload]) {
    expect(renderError(error)).not.toMatch(controls);
  }
  const row = { id: 'X', by: 'fault', message: payload };
  const lines = (['survived', 'error', 'impossible'] as const).flatMap((outcome) =>
    selftestSummary([{ ...row, outcome }]),
  );
  expect(lines.join('\n')).not.toMatch(controls);
});
