import { join } from 'node:path';
import type { DeclaredCheck } from '../../harness/checks/check.ts';
import { loadChecks } from '../../harness/checks/load-checks.ts';
import { renderError } from '../../harness/messages/errors.ts';
import { plainLine } from '../../harness/messages/plain-text.ts';
import { inspectTarget, readOnlyOf } from '../../harness/runner/judge/inspect-target.ts';
import { writeNamedFile } from '../../harness/this-machine/atomic-write.ts';
import { notify, type RunContext, type RunListener } from '../../harness/verdicts/run-listener.ts';
import { compareResults } from '../../reports/compare/compare.ts';
import { comparisonPage, differingEvidence } from '../../reports/compare/page.ts';
import { type FormatName, formats } from '../../reports/formats/registry.ts';
import { createResultsFile } from '../../reports/recording/results-file.ts';
import { exitCodeOfRun } from '../../reports/results/finished-run.ts';
import { readResultsFile, readRun } from '../../reports/results/read-results.ts';
import { resultsFileName } from '../../reports/results/run-folder.ts';
import { hostRow, hostTable } from '../../reports/terminal/host-table.ts';
import type { JudgingOptions } from '../options/options.ts';
import { print, say } from '../options/output.ts';
import type { Gate } from '../options/values.ts';
import { openContext, openRun } from '../run/open-run.ts';
import { eachOf } from '../run/run-target.ts';
import { selectChecks } from '../run/select-checks.ts';
import { readHostList } from '../targets/host-list.ts';
import { openTarget } from '../targets/open-target.ts';
import { requireHostOptions } from '../targets/ssh-addresses.ts';
import { resolveTargets, type TargetName } from '../targets/target-names.ts';

type FleetOptions = JudgingOptions & {
  readonly gate: Gate;
  readonly atOnce: number;
  readonly format?: FormatName | undefined;
};

/** `rdc doctor --hosts FILE`: the read-only checks on many hosts, some at once. A host that cannot be reached is a row. */
export async function doctorHosts(file: string, options: FleetOptions): Promise<number> {
  const targets = resolveTargets(readHostList(file));
  requireHostOptions(targets, options);
  const checks = readOnlyOf(selectChecks(await loadChecks(), options), options.check !== undefined);
  const run = openRun(options, '-doctor');
  const listeners = [createResultsFile(run, new Map())];
  // each host listens for what nobody caught
  process.setMaxListeners(options.atOnce + 20);
  let done = 0;
  const failures = await eachOf(targets, options.atOnce, async (target) => {
    await inspectHost(target, { run, checks, listeners, options });
    done += 1;
    const row = hostRow(readResultsFile(join(run.folder, target.name, resultsFileName)));
    say(`${String(done).padStart(String(targets.length).length)}/${targets.length}  ${row.join('  ')}`);
  });
  for (const listener of listeners) await listener.runEnded?.(run);
  if (failures.length > 0) throw failures[0];
  printAll(run.folder, options);
  return exitCodeOfRun(run.folder, run.gate);
}

type HostJob = {
  readonly run: RunContext;
  readonly checks: readonly DeclaredCheck[];
  readonly listeners: readonly RunListener[];
  readonly options: FleetOptions;
};

async function inspectHost(target: TargetName, { run, checks, listeners, options }: HostJob): Promise<void> {
  const asIs = { ...options, asIs: true } as const;
  const context = openContext({ run, checks, options: {} }, target);
  notify(listeners, (listener) => listener.targetStarted?.(context));
  let broken: string | undefined;
  try {
    await using opened = await openTarget(target, { options: asIs, folder: context.folder, onStage: () => {} });
    broken = await inspectTarget({ context, connection: opened.connection, checks, listeners });
  } catch (error) {
    // what is wrong with one host is no reason to leave the others alone
    broken = renderError(error);
  }
  const end = { infraRetries: 0, ...(broken === undefined ? {} : { broken: plainLine(broken, 1_000) }) };
  notify(listeners, (listener) => listener.targetEnded?.(context, end));
}

/** On stdout the table, or the one document that was asked for; the page of all hosts beside the results. */
function printAll(folder: string, { json, format }: FleetOptions): void {
  const found = readRun(folder);
  const [first, ...others] = found.map(({ results }) => results);
  if (first === undefined) return;
  const results = [first, ...others] as const;
  if (others.length > 0) {
    const comparison = compareResults(results);
    const folders = found.map((one) => one.folder);
    const page = join(folder, 'hosts.html');
    writeNamedFile(page, comparisonPage(comparison, differingEvidence(comparison, folders)), '--out DIR');
    say(`page     ${page}`);
  }
  if (json) print(JSON.stringify(results));
  else if (format !== undefined) process.stdout.write(formats[format].write(...results));
  else print(hostTable(results).join('\n'));
}
