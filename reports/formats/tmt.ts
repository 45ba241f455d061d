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
 * One target as a tmt custom results file (`results.yaml` of a test with `result: custom`). `/` is the test that ran
 * rdc, which tmt gives the outcome of the target; `log` is relative to the target's folder. tmt makes its exit code of the
 * entries, so a failure that does not gate is `info` (its soft pass) here, with `original-result: fail`.
 * Source: https://tmt.readthedocs.io/en/stable/spec/results.html
 */
export function tmtResults(results: Results): string {
  const { run, target } = results;
  const { conformance, because } = ruleConformance(results, run.gate);
  const container = containerText(results);
  const ranBy = container === undefined ? [] : [`provider: ${container}`];
  const note = [`${plainLine(target.name)} is ${conformance}`, ...ranBy, ...because.map((reason) => plainLine(reason))];
  const whole = { name: '/', result: wholeTarget[conformance], note, duration: clock(run.durationMs) };
  const checks = everyCheck(results).map((check) => checkEntry(check, run.gate ?? defaultGate));
  // Every string in double quotes: YAML 1.1, which some readers still speak, takes 00:01:30 for a number.
  const options = { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0 } as const;
  return stringify([whole, ...checks], options);
}

function checkEntry(check: JudgedCheck, gate: readonly Level[]) {
  const { evidence, ...words } = rdcFields(check);
  const reason = reasonOf(check);
  return present({
    name: `/${plainLine(check.area).replaceAll('/', '-')}/${check.id}`,
    result: effectiveOutcome(check, gate),
    'original-result': originalOutcome(check),
    note: [plainLine(check.title), ...(reason === '' ? [] : [reason])],
    log: evidence === undefined ? undefined : [plainLine(evidence)],
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
