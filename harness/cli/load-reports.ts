import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Reporter } from 'vitest/node';
import { checkout } from '../this-machine/paths.ts';
import type { CheckDeclaration, RunContext, RunListener, TargetContext } from '../verdicts/run-listener.ts';
import type { CheckResult, Level } from '../verdicts/verdict.ts';

/** What a run is compared with, as `readBaselines` gave it; `part`: the checks of a run of a part of the suite. */
export type BaselineOptions = { readonly baselines: unknown; readonly part?: readonly string[] };

/** What `--fail-on` may name. */
export const failOns = ['regression', 'difference'] as const;
export type FailOn = (typeof failOns)[number];

/** What the command line needs of reports/port.ts. */
export type Reports = {
  openReports(
    run: RunContext,
    options: { live: boolean; waivers: readonly unknown[]; baseline?: BaselineOptions; history?: string },
  ): RunListener[];
  /** a waivers file, for `openReports`; throws INPUT with every problem at once */
  readWaivers(file: string, checkIds: readonly string[]): readonly unknown[];
  /** a baseline for each target; throws INPUT with every target that has none */
  readBaselines(path: string, wanted: { targets: readonly string[]; checks: readonly string[] }): unknown;
  /** after a run: is there a change of that kind against the baseline? */
  differsFromBaseline(folder: string, baseline: BaselineOptions, failOn: FailOn): boolean;
  /** prints what there is to say of each waiver; true when one is stale */
  checkWaiversCommand(file: string, runs: readonly string[], checkIds: readonly string[]): boolean;
  targetReporters(target: TargetContext, judged: (id: string) => CheckResult | undefined): Reporter[];
  exitCodeOfRun(folder: string, gate: readonly Level[]): 0 | 1 | 3;
  resultsOfRun(folder: string): unknown[];
  writeFileAtomic(path: string, text: string): void;
  /** runs `work` with paths of runs; a bundle among them is unpacked for as long */
  withRuns<T>(runs: readonly string[], work: (paths: readonly string[]) => T | Promise<T>): Promise<T>;
  reportCommand(options: { run?: string; history?: string; open: boolean }): Promise<void>;
  /** throws USAGE for a format that there is not */
  requireExportFormat(format: string): unknown;
  exportCommand(options: { run?: string; format: string }): void;
  /** prints the comparison; true when it holds what `failOn` names */
  compareCommand(options: {
    runs: readonly string[];
    html?: string;
    json: boolean;
    color: boolean;
    failOn?: FailOn;
  }): boolean;
};

/** What `rdc doctor TARGET` needs, of reports/live/inspection-listeners.ts. */
export type InspectionReports = Pick<Reports, 'exitCodeOfRun' | 'resultsOfRun'> & {
  openInspectionListeners(run: RunContext): RunListener[];
};

/** What `rdc bundle` and `rdc merge` need, of reports/bundle-port.ts. */
export type BundleReports = {
  bundleCommand(options: {
    run?: string;
    out?: string;
    anonymous?: { hide: readonly string[] };
    key?: string;
    json: boolean;
  }): Promise<void>;
  verifyBundleCommand(options: {
    file: string;
    signature?: { signature: string; allowedSigners: string; signer?: string };
    json: boolean;
  }): Promise<void>;
  /** joins runs into the folder `out`; resolves to the exit code that a run with these results would have */
  mergeCommand(options: {
    runs: readonly string[];
    out: string;
    json: boolean;
    whole?: { suite: RunContext['suite']; checks: readonly CheckDeclaration[] };
  }): Promise<0 | 1 | 3>;
};

/** By path and not by import: the harness is to work, and to be read, without knowing how a run is reported. */
export async function loadReports(): Promise<Reports> {
  return (await import(pathToFileURL(join(checkout, 'reports/port.ts')).href)) as Reports;
}

export async function loadInspectionReports(): Promise<InspectionReports> {
  return (await import(
    pathToFileURL(join(checkout, 'reports/live/inspection-listeners.ts')).href
  )) as InspectionReports;
}

export async function loadBundleReports(): Promise<BundleReports> {
  return (await import(pathToFileURL(join(checkout, 'reports/bundle-port.ts')).href)) as BundleReports;
}
