import type { Results } from '../../reports/results/results.schema.ts';
import type { FaultKind } from './fault-kinds.ts';

/** What a run left after a fault: all that the rules look at. */
export type Aftermath = {
  readonly kind: Pick<FaultKind, 'codes' | 'hits' | 'loses'>;
  readonly machine: string;
  /** exit code, or `signal` when it was ended by one */
  readonly code: number | 'signal';
  readonly output: string;
  /** verdict lines as printed, in ms since the run's start */
  readonly lines: readonly { readonly id: string; readonly word: string; readonly atMs: number }[];
  /** when the fault was certainly at work, in ms since the run's start */
  readonly injectedMs: number;
  readonly tookMs: number;
  /** results.json as it lies on the disk; a string is why it cannot be read, undefined that there is none */
  readonly results: Results | string | undefined;
  readonly selected: number;
  /** what `rdc down` left */
  readonly left: readonly string[];
};

export const endsWithinMs = 15 * 60_000;
/** A verdict that was on its way when the target went down. */
const inFlightMs = 3_000;

/** The rules that a fault broke, in words; none is what is wanted. Pure. */
export function broken(after: Aftermath): string[] {
  return [...brokenByEnding(after), ...brokenByResults(after), ...brokenByLines(after), ...after.left];
}

function brokenByEnding({ kind, machine, code, output, tookMs }: Aftermath): string[] {
  const says = (pattern: RegExp) => pattern.test(output);
  return [
    kind.codes.includes(code) ? '' : `exit code ${code}, documented: ${kind.codes.join(', ')}`,
    tookMs <= endsWithinMs ? '' : `it took ${Math.round(tookMs / 1000)} s`,
    code !== 3 || (says(/\[[A-Z_]+\]|could not be judged|inconclusive/) && output.includes(machine))
      ? ''
      : 'exit code 3 without a message that names what happened and where',
    code !== 130 || says(/interrupted/) ? '' : 'exit code 130 without a word of the interruption',
    says(/^\s+at .+\(.*:\d+:\d+\)$/m) ? 'a stack trace for the user' : '',
  ].filter(Boolean);
}

const conformanceOf: Readonly<Record<number, Results['conformance']>> = {
  0: 'conformant',
  1: 'non-conformant',
  3: 'inconclusive',
  130: 'inconclusive',
};

function brokenByResults({ kind, code, results, selected }: Aftermath): string[] {
  if (results === undefined) return code === 0 || code === 1 ? ['no results.json'] : [];
  if (typeof results === 'string') return [`results.json is not valid: ${results}`];
  const { checks, conformance, incomplete, notJudged = [] } = results;
  const failed = checks.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id);
  const due = code === 'signal' ? 'inconclusive' : conformanceOf[code];
  const isWhole = checks.length === selected && notJudged.length === 0;
  return [
    due === undefined || due === conformance ? '' : `exit code ${code} with results that say ${conformance}`,
    isWhole || conformance === 'inconclusive' ? '' : `${conformance} with ${checks.length} of ${selected} judged`,
    isWhole || incomplete !== undefined ? '' : `${checks.length} of ${selected} judged, and no word why`,
    kind.hits === 'the run' && failed.length > 0 ? `failed by a fault of the harness: ${failed.join(', ')}` : '',
  ].filter(Boolean);
}

function brokenByLines({ kind, lines, injectedMs, results }: Aftermath): string[] {
  const printed = new Set(lines.filter(({ word }) => word === 'ok').map(({ id }) => id));
  const passed = typeof results === 'object' ? results.checks.filter(({ verdict }) => verdict === 'pass') : [];
  const unseen = passed.filter(({ id }) => !printed.has(id)).map(({ id }) => id);
  const late = lines.filter(({ word, atMs }) => word === 'ok' && atMs > injectedMs + inFlightMs).map(({ id }) => id);
  return [
    // written before it is printed: a kill may come between the two
    unseen.length > (kind.codes.includes('signal') ? 1 : 0) ? `pass that was never shown: ${unseen.join(', ')}` : '',
    kind.loses && late.length > 0 ? `pass on a target that was gone: ${late.join(', ')}` : '',
  ].filter(Boolean);
}
