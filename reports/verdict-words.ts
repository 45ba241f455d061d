import type { Level, Verdict } from '../harness/verdict.ts';
import { plainText } from './plain-text.ts';
import type { JudgedCheck } from './results.schema.ts';

export const findingWords = {
  lifted: 'lifted: it works here, the documented limitation is gone',
  differs: 'differs: it is refused here in another way than documented',
} as const;

export const levelWords: Readonly<Record<Level, string>> = {
  MUST: 'promised by the documentation; a failure makes the target non-conformant',
  SHOULD: 'expected of a good host; reported',
  MAY: 'for information',
  LIMITATION: 'a documented limitation, which must be exactly as documented',
  WORKAROUND: 'the documented remedy works once applied',
};

/** Why a check has its verdict, never empty for anything but a pass. */
export function reasonOf(check: Pick<JudgedCheck, 'verdict' | 'reason' | 'finding' | 'blockedBy'>): string {
  const reason = plainText(check.reason ?? '').trim();
  if (check.verdict === 'pass') return reason;
  if (check.verdict === 'blocked') return blockedReason(reason, check.blockedBy);
  if (check.finding && !reason.startsWith(check.finding)) return `${findingWords[check.finding]}. ${reason}`.trim();
  return reason || `${check.verdict} without a reason`;
}

function blockedReason(reason: string, blockedBy: string | undefined): string {
  if (blockedBy === undefined) return `blocked: ${reason || 'no reason given'}`;
  return reason ? `blocked by ${blockedBy}: ${reason}` : `blocked by ${blockedBy}`;
}

/** e.g. `35 pass, 2 fail, 1 blocked`; verdicts that did not occur are left out. */
export function countsText(counts: Readonly<Record<Verdict, number>>, notJudged = 0): string {
  const verdicts: readonly Verdict[] = ['pass', 'fail', 'error', 'blocked', 'skip'];
  const parts = verdicts.filter((verdict) => counts[verdict] > 0).map((verdict) => `${counts[verdict]} ${verdict}`);
  if (notJudged > 0) parts.push(`${notJudged} never judged`);
  return parts.length > 0 ? parts.join(', ') : 'nothing judged';
}
