import { stringify } from 'yaml';
import { plainLine } from '../../harness/messages/plain-text.ts';
import type { Level } from '../../harness/verdicts/verdict.ts';
import { defaultGate, ruleConformance } from '../results/conformance.ts';
import { everyCheck } from '../results/every-check.ts';
import type { Conformance, JudgedCheck, Results } from '../results/results.schema.ts';
import { containerText, reasonOf } from '../wording/verdict-words.ts';
import { rdcFields } from './rdc-fields.ts';

/** Outcomes of tmt: `info` is its soft pass (automation treats it as passed), `error` counts as failed. */
type Outcome = 'pass' | 'fail' | 'info' | 'error' | 'skip';

const wholeTarget: Readonly<Record<Conformance, Outcome>> = {
  conformant: 'pass',
  'non-conformant': 'fail',
  inconclusive: 'error',
};

/**
 * One target as a tmt custom results file (`results.yaml` of a test with `result: custom`). `/` is the test that ran
 * rdc, which tmt gives the outcome of the target; `log` is relative to the target's folder. tmt makes its exit code of the
 * entries, so a failure that does not gate is `info` here, with `original-result: fail`.
 * Source: https://tmt.readthedocs.io/en/stable/spec/results.html
 */
export function tmtResults(results: Results): string {
  const gate = results.run.gate ?? defaultGate;
  // Every string in double quotes: YAML 1.1, which some readers still speak, takes 00:01:30 for a number.
  return stringify([targetEntry(results), ...everyCheck(results).map((check) => checkEntry(check, gate))], {
    defaultStringType: 'QUOTE_DOUBLE',
    defaultKeyType: 'PLAIN',
    lineWidth: 0,
  });
}

function targetEntry(results: Results) {
  const { conformance, because } = ruleConformance(results, results.run.gate);
  const container = containerText(results);
  const ranBy = container === undefined ? [] : [`provider: ${container}`];
  const note = [
    `${plainLine(results.target.name)} is ${conformance}`,
    ...ranBy,
    ...because.map((reason) => plainLine(reason)),
  ];
  return { name: '/', result: wholeTarget[conformance], note, duration: clock(results.run.durationMs) };
}

function checkEntry(check: JudgedCheck, gate: readonly Level[]) {
  const outcome = originalOutcome(check);
  const { evidence, ...words } = rdcFields(check);
  const reason = reasonOf(check);
  return {
    name: `/${plainLine(check.area).replaceAll('/', '-')}/${check.id}`,
    result: effectiveOutcome(check, outcome, gate),
    'original-result': outcome,
    note: [plainLine(check.title), ...(reason === '' ? [] : [reason])],
    ...(evidence === undefined ? {} : { log: [plainLine(evidence)] }),
    ids: Object.fromEntries(Object.entries(words).map(([name, text]) => [`rdc-${name}`, text])),
    duration: clock(check.durationMs),
  };
}

function originalOutcome({ verdict }: JudgedCheck): Outcome {
  return verdict === 'blocked' ? 'skip' : verdict;
}

function effectiveOutcome({ waiver, level }: JudgedCheck, outcome: Outcome, gate: readonly Level[]): Outcome {
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
