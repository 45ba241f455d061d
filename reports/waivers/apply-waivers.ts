import { factAt, type Known } from '../results/fact-path.ts';
import type { JudgedCheck } from '../results/results.schema.ts';
import type { Condition, Waiver } from './waivers.schema.ts';

/** The check with what a waiver says of it. What was not judged (skipped, blocked, in error) no waiver excuses. */
export function applyWaiver(
  check: JudgedCheck,
  waivers: readonly Waiver[],
  at: { known: Known; today: string },
): JudgedCheck {
  const waiver = waivers.find((one) => one.check === check.id && holds(one, at.known));
  if (!waiver || (check.verdict !== 'fail' && check.verdict !== 'pass')) return check;
  const { reason, bug, owner, expires } = waiver;
  // as text: both days are `YYYY-MM-DD` in UTC
  const isOver = at.today > expires;
  const state = isOver ? 'expired' : check.verdict === 'fail' ? 'expected' : 'unexpected-pass';
  return { ...check, waiver: { state, reason, bug, owner, expires } };
}

export function holds({ when }: Pick<Waiver, 'when'>, known: Known): boolean {
  return Object.entries(when).every(([path, condition]) => isMet(condition, factAt(path, known)));
}

/** A fact that is not there meets no condition: a waiver must not grow by what could not be read. */
function isMet(condition: Condition, fact: unknown): boolean {
  if (fact === undefined) return false;
  if (typeof condition !== 'object' || condition === null) return fact === condition;
  const { matches, includes, below, atLeast } = condition;
  const number = typeof fact === 'number' ? fact : Number.NaN;
  return (
    (matches === undefined || new RegExp(matches).test(textOf(fact))) &&
    (includes === undefined || entriesOf(fact).includes(includes)) &&
    (below === undefined || number < below) &&
    (atLeast === undefined || number >= atLeast)
  );
}

function textOf(fact: unknown): string {
  return typeof fact === 'object' ? JSON.stringify(fact) : String(fact);
}

function entriesOf(fact: unknown): string[] {
  return Array.isArray(fact) ? fact.map(String) : textOf(fact).split(/[\s,]+/);
}
