import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Reporter } from 'vitest/node';
import { projectRoot } from '../project-root.ts';
import type { ReportSink, RunContext, TargetContext } from '../report-sink.ts';
import type { CheckResult, Level } from '../verdict.ts';

/** What the command line needs of reports/port.ts. */
export type Reports = {
  openReports(run: RunContext, options: { live: boolean; waivers: readonly unknown[] }): ReportSink[];
  /** a waivers file, for `openReports`; throws INPUT with every problem at once */
  readWaivers(file: string, checkIds: readonly string[]): readonly unknown[];
  /** prints what there is to say of each waiver; true when one is stale */
  checkWaiversCommand(file: string, runs: readonly string[], checkIds: readonly string[]): boolean;
  targetReporters(target: TargetContext, judged: (id: string) => CheckResult | undefined): Reporter[];
  exitCodeOfRun(folder: string, gate: readonly Level[]): 0 | 1 | 3;
  resultsOfRun(folder: string): unknown[];
  writeFileAtomic(path: string, text: string): void;
  reportCommand(options: { run?: string; open: boolean }): Promise<void>;
  exportCommand(options: { run?: string; format: string }): void;
  /** prints the comparison; true when it holds what `failOn` names */
  compareCommand(options: {
    runs: readonly string[];
    html?: string;
    json: boolean;
    color: boolean;
    failOn?: 'regression' | 'difference';
  }): boolean;
};

/** What `rdc doctor TARGET` needs, of reports/look-port.ts. */
export type LookReports = Pick<Reports, 'exitCodeOfRun' | 'resultsOfRun'> & {
  openLookReports(run: RunContext): ReportSink[];
};

/** By path and not by import: the harness is to work, and to be read, without knowing how a run is reported. */
export async function loadReports(): Promise<Reports> {
  return (await import(pathToFileURL(join(projectRoot, 'reports/port.ts')).href)) as Reports;
}

export async function loadLookReports(): Promise<LookReports> {
  return (await import(pathToFileURL(join(projectRoot, 'reports/look-port.ts')).href)) as LookReports;
}
