import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DeclaredCheck, describeSabotage } from '../check.ts';
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

export function writeSelftest(folder: string, checks: readonly DeclaredCheck[], metas: CheckMetas): void {
  const rows = selftestRows(checks, metas);
  const file = join(folder, 'selftest.json');
  writeFileSync(file, `${JSON.stringify({ checks: rows, score: scoreOf(rows) }, null, 2)}\n`);
  const count = (outcome: SelftestRow['outcome']) => rows.filter((row) => row.outcome === outcome).length;
  process.stderr.write(
    `sabotage: ${count('killed')} killed, ${count('survived')} survived, ${count('impossible')} impossible, ${count('error')} error\n${file}\n`,
  );
}
