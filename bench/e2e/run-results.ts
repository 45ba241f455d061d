import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../../harness/this-machine/paths.ts';
import { type Ended, run } from '../script/rdc-process.ts';

type Judged = { id: string; area: string; verdict: string; reason?: string; blockedBy?: string };
export type RunResults = {
  target: { provider?: string };
  conformance: string;
  ledger: Record<string, number>;
  checks: Judged[];
  incomplete?: unknown;
};

export function resultsIn(folder: string, machine: string): RunResults {
  return JSON.parse(readFileSync(join(folder, machine, 'results.json'), 'utf8')) as RunResults;
}

export type FaultRow = {
  readonly id: string;
  readonly outcome: string;
  readonly message: string;
};

export function faultsIn(folder: string): FaultRow[] {
  return (JSON.parse(readFileSync(join(folder, 'selftest.json'), 'utf8')) as { checks: FaultRow[] }).checks;
}

export const minutes = (count: number) => count * 60_000;

export function tryUndeclared(...words: readonly string[]): Promise<Ended> {
  return run(process.execPath, [join(checkout, 'bench/reliability/undeclared.ts'), ...words]);
}
