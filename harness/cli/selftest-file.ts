import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DeclaredCheck, describeSabotage } from '../check.ts';
import { exitCodes } from '../errors.ts';
import type { CheckMeta } from '../readings/provided.ts';

export type CheckMetas = Map<string, CheckMeta>;

export type SelftestRow = {
  readonly id: string;
  readonly outcome: 'killed' | 'survived' | 'impossible' | 'error';
  readonly by: string;
  readonly message: string;
};

/** The sabotage reading's own result; a check that does not apply on the target has no row, since nothing was tried. */
export function selftestRows(checks: readonly DeclaredCheck[], metas: CheckMetas): SelftestRow[] {
  return checks.flatMap((check): SelftestRow[] => {
    const meta = metas.get(check.id);
    if (meta?.verdict === 'skip' && meta.outcome === undefined) return [];
    const sabotage = describeSabotage(check.sabotage);
    const by = typeof sabotage === 'string' ? sabotage : '';
    return [{ id: check.id, outcome: meta?.outcome ?? 'error', by, message: meta?.reason ?? 'it was never tried' }];
  });
}

/** Mutants that were killed by all that are possible, e.g. `37/37`. */
export function scoreOf(rows: readonly SelftestRow[]): string {
  const possible = rows.filter((row) => row.outcome !== 'impossible');
  return `${possible.filter((row) => row.outcome === 'killed').length}/${possible.length}`;
}

/** 0 when every possible mutant was killed, 1 when one survived, 3 when one could not be judged or nothing was tried. */
export function exitCodeOfRows(rows: readonly SelftestRow[]): number {
  const has = (outcome: SelftestRow['outcome']) => rows.some((row) => row.outcome === outcome);
  if (has('error') || !has('killed')) return has('survived') && !has('error') ? exitCodes.failed : exitCodes.notJudged;
  return has('survived') ? exitCodes.failed : exitCodes.ok;
}

export function writeSelftest(folder: string, rows: readonly SelftestRow[], json: boolean): void {
  const file = join(folder, 'selftest.json');
  const text = `${JSON.stringify({ checks: rows, score: scoreOf(rows) }, null, 2)}\n`;
  writeFileSync(file, text);
  if (json) process.stdout.write(text);
  const count = (outcome: SelftestRow['outcome']) => rows.filter((row) => row.outcome === outcome).length;
  const counts = (['killed', 'survived', 'impossible', 'error'] as const).map(
    (outcome) => `${count(outcome)} ${outcome}`,
  );
  process.stderr.write(`sabotage: ${counts.join(', ')}; score ${scoreOf(rows)}\n${file}\n`);
}
