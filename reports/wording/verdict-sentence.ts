import { plainLine } from '../../harness/messages/plain-text.ts';
import { type Level, levels } from '../../harness/verdicts/verdict.ts';
import { defaultGate, isStale, ruleConformance } from '../results/conformance.ts';
import type { JudgedCheck, Results } from '../results/results.schema.ts';

/** How a page marks what a target said, e.g. as code; as it is by default. */
type Marks = { readonly name?: (target: string) => string; readonly doubt?: (text: string) => string };

/** The verdict on one target by the rule of conformance: `debian-13 conforms: every MUST holds. 1 SHOULD fails.` */
export function verdictSentence({ checks, ...results }: Results, marks: Marks = {}): string {
  const { name = (target: string) => plainLine(target, 100), doubt = (text: string) => plainLine(text) } = marks;
  const gate = results.run.gate ?? defaultGate;
  const { conformance, because } = ruleConformance({ checks, ...results }, gate);
  const expected = checks.filter(({ waiver }) => waiver?.state === 'expected');
  const failed = checks.filter((check) => check.verdict === 'fail' && !expected.includes(check));
  const failedAt = (level: Level) =>
    counted(failed.filter((check) => check.level === level).length, `${level} fails`, `${level} fail`);
  const waived = expected.filter(({ level }) => gate.includes(level)).length;
  const heads = {
    conformant: `conforms: every ${new Intl.ListFormat('en-GB').format(gate)} holds${waived > 0 ? ` but ${waived} with a waiver` : ''}.`,
    'non-conformant': 'does not conform:',
    inconclusive: `is inconclusive: ${doubt(because.join('; '))}.`,
  };
  return [
    `${name(results.target.name)} ${heads[conformance]}`,
    ...gate.map(failedAt),
    counted(checks.filter(isStale).length, 'waiver is stale', 'waivers are stale'),
    ...levels.filter((level) => !gate.includes(level)).map(failedAt),
  ].join('');
}

function counted(count: number, one: string, many: string): string {
  return count === 0 ? '' : ` ${count} ${count === 1 ? one : many}.`;
}

/** Is this what somebody has to act on? A failure that a waiver expects is not. */
export function isRed({ verdict, waiver }: Pick<JudgedCheck, 'verdict' | 'waiver'>): boolean {
  return waiver === undefined ? verdict !== 'pass' && verdict !== 'skip' : isStale({ waiver });
}

/** The order in which to act: by level, and what could not be judged after what failed. */
export function byUrgency(one: JudgedCheck, other: JudgedCheck): number {
  const rank = ({ verdict, level }: JudgedCheck) =>
    (verdict === 'error' || verdict === 'blocked' ? levels.length : 0) + levels.indexOf(level);
  return rank(one) - rank(other);
}
