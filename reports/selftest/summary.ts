import { plainLine } from '../../harness/messages/plain-text.ts';
import { alreadyRed } from '../../harness/verdicts/fault-outcome.ts';
import { type SelftestRow, scoreOf } from './fault-results.ts';

/** The score and what stands between it and a full one, as lines for a terminal. */
export function selftestSummary(rows: readonly SelftestRow[]): string[] {
  const of = (outcome: SelftestRow['outcome']) => rows.filter((row) => row.outcome === outcome);
  const isRed = ({ message }: SelftestRow) => message.startsWith(alreadyRed);
  const errors = of('error');
  const possible = rows.length - of('impossible').length;
  return [
    ...section(
      'Impossible',
      of('impossible').filter((row) => !isRed(row)),
    ),
    ...section('Survived: the check does not notice its fault', of('survived')),
    ...section(
      'Already red on this machine: prove them on another',
      rows.filter(isRed).map((row) => ({ ...row, message: row.message.slice(alreadyRed.length).trim() })),
    ),
    ...section(
      'Errors: nothing is known of these',
      errors.filter((row) => !isRed(row)),
    ),
    ...sideEffectLines(rows),
    `killed ${of('killed').length} of ${possible} possible faults; impossible ${of('impossible').length}, survived ${of('survived').length}, error ${errors.length}; score ${scoreOf(rows)}`,
  ];
}

function section(heading: string, rows: readonly SelftestRow[]): string[] {
  if (rows.length === 0) return [];
  return [
    `${heading} (${rows.length}):`,
    ...rows.map(({ id, message }) => `  ${id.padEnd(18)}  ${plainLine(message)}`),
    '',
  ];
}

/** Checks that share a fault share its side effects, which are told once. */
function sideEffectLines(rows: readonly SelftestRow[]): string[] {
  const judged = rows.filter(({ blastRadius }) => blastRadius !== undefined);
  if (judged.length === 0) return [];
  const groups = Map.groupBy(judged, ({ by, blastRadius }) => `${by} ${JSON.stringify(blastRadius)}`);
  const red = [...groups.values()].flatMap((same) => {
    const unexplained = same[0]?.blastRadius?.unexplained ?? [];
    if (unexplained.length === 0) return [];
    const lines = unexplained.map(
      ({ id, verdict, message }) => `    ${id.padEnd(18)}  ${verdict}: ${plainLine(message)}`,
    );
    return [`  the fault of ${same.map(({ id }) => id).join(', ')} (${same[0]?.by}):`, ...lines];
  });
  if (red.length > 0) return ['Turned red by a fault that was not meant for them:', ...red, ''];
  return [`Blast radius: ${judged.length} faults turned nothing else red that is not explained`, ''];
}
