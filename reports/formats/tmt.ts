import { stringify } from 'yaml';
import { plainLine } from '../../harness/messages/plain-text.ts';
import type { Level } from '../../harness/verdicts/verdict.ts';
import { defaultGate, everyCheck, ruleConformance } from '../results/conformance.ts';
import { present } from '../results/present.ts';
import type { JudgedCheck, Results } from '../results/results.schema.ts';
import { containerText, reasonOf } from '../wording/verdict-words.ts';
import { rdcFields } from './rdc-fields.ts';

const wholeTarget = { conformant: 'pass', 'non-conformant': 'fail', inconclusive: 'error' } as const;

/**
 * A tmt custom results file (`results.yaml` of a test with `result: custom`). `/` is the test that ran rdc, which tmt
 * gives the outcome of the target, of several the worst; `log` is relative to the target's folder, of several to the run's.
 * tmt makes its exit code of the entries, so a failure that does not gate is `info` (its soft pass), with `original-result: fail`.
 * Source: https://tmt.readthedocs.io/en/stable/spec/results.html
 */
export function tmtResults(...all: readonly Results[]): string {
  const worst = (['inconclusive', 'non-conformant', 'conformant'] as const).find((one) =>
    all.some((results) => ruleConformance(results, results.run.gate).conformance === one),
  );
  const durationMs = Math.max(...all.map(({ run }) => run.durationMs));
  const result = wholeTarget[worst ?? 'inconclusive'];
  const whole = { name: '/', result, note: all.flatMap(notesOf), duration: clock(durationMs) };
  const checks = all.flatMap((results) => {
    const inFolder = all.length > 1 ? plainLine(results.target.name).replaceAll('/', '-') : undefined;
    return everyCheck(results).map((check) => checkEntry(check, results.run.gate ?? defaultGate, inFolder));
  });
  // Every string in double quotes: YAML 1.1, which some readers still speak, takes 00:01:30 for a number.
  const options = { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0 } as const;
  return stringify([whole, ...checks], options);
}

function notesOf(results: Results): string[] {
  const { conformance, because } = ruleConformance(results, results.run.gate);
  const container = containerText(results);
  const ranBy = container === undefined ? [] : [`provider: ${container}`];
  const name = plainLine(results.target.name);
  return [`${name} is ${conformance}`, ...ranBy, ...because.map((reason) => plainLine(reason))];
}

function checkEntry(check: JudgedCheck, gate: readonly Level[], inFolder?: string) {
  const below = inFolder === undefined ? '' : `${inFolder}/`;
  const { evidence, ...words } = rdcFields(check);
  const reason = reasonOf(check);
  return present({
    name: `/${below}${plainLine(check.area).replaceAll('/', '-')}/${check.id}`,
    result: effectiveOutcome(check, gate),
    'original-result': originalOutcome(check),
    note: [plainLine(check.title), ...(reason === '' ? [] : [reason])],
    log: evidence === undefined ? undefined : [below + plainLine(evidence)],
    ids: Object.fromEntries(Object.entries(words).map(([name, text]) => [`rdc-${name}`, text])),
    duration: clock(check.durationMs),
  });
}

function originalOutcome({ verdict }: JudgedCheck) {
  return verdict === 'blocked' ? 'skip' : verdict;
}

function effectiveOutcome(check: JudgedCheck, gate: readonly Level[]) {
  const { waiver, level } = check;
  const outcome = originalOutcome(check);
  if (outcome !== 'pass' && outcome !== 'fail') return outcome;
  if (waiver !== undefined) return waiver.state === 'expected' ? 'info' : 'fail';
  return outcome === 'fail' && !gate.includes(level) ? 'info' : outcome;
}

/** hh:mm:ss, which is all that tmt takes: half a second and more counts as one. */
function clock(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}
