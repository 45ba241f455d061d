import { plainLine } from '../../harness/messages/plain-text.ts';
import { alreadyRed } from '../../harness/verdicts/fault-outcome.ts';
import { type SelftestRow, scoreOf } from './fault-results.ts';

export function selftestSummary(rows: readonly SelftestRow[]): string[] {
  const isRed = ({ message }: SelftestRow) => message.startsWith(alreadyRed);
  const others = rows.filter((row) => !isRed(row));
  const of = (outcome: SelftestRow['outcome'], among = rows) => among.filter((row) => row.outcome === outcome);
  const [impossible, survived, errors] = [of('impossible').length, of('survived').length, of('error').length];
  const counts = `impossible ${impossible}, survived ${survived}, error ${errors}; score ${scoreOf(rows)}`;
  return [
    ...section('Impossible', of('impossible', others)),
    ...section('Survived: the check does not notice its fault', of('survived')),
    ...section('Already red on this machine: prove them on another', rows.filter(isRed)),
    ...section('Errors: nothing is known of these', of('error', others)),
    ...sideEffectLines(rows),
    `killed ${of('killed').length} of ${rows.length - impossible} possible faults; ${counts}`,
  ];
}

function section(heading: string, rows: readonly SelftestRow[]): string[] {
  if (rows.length === 0) return [];
  const textOf = ({ message }: SelftestRow) => plainLine(message.replace(alreadyRed, '').trim());
  return [`${heading} (${rows.length}):`, ...rows.map((row) => `  ${row.id.padEnd(18)}  ${textOf(row)}`), ''];
}

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
