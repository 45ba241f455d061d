import { plainLine } from '../../harness/messages/plain-text.ts';
import { factAt } from '../results/fact-path.ts';
import type { Results } from '../results/results.schema.ts';
import { applyWaiver, holds } from './apply-waivers.ts';
import type { Waiver } from './waivers.schema.ts';

const soonDays = 30;

export type Review = { readonly lines: readonly string[]; readonly isStale: boolean };

export function reviewWaivers(waivers: readonly Waiver[], today: string, results: readonly Results[] = []): Review {
  let isStale = false;
  const lines = waivers.flatMap((waiver, index) => {
    const twin = waivers.findIndex(
      (one) => one.check === waiver.check && JSON.stringify(one.when) === JSON.stringify(waiver.when),
    );
    const expiry = expiryOf(waiver, today);
    const there = results.map((one) => ({ name: one.target.name, ...effectOf(waiver, one, today) }));
    isStale ||= expiry.isOver || there.some((effect) => effect.isStale);
    return [
      `${waiver.check}  ${expiry.text}  ${plainLine(waiver.owner)}  ${waiver.bug}`,
      `  ${plainLine(waiver.reason, 200)}`,
      ...(twin < index ? ['  the same waiver stands further up'] : []),
      ...there.map(({ name, text }) => `  ${plainLine(name)}: ${text}`),
    ];
  });
  return { lines, isStale };
}

function expiryOf({ expires }: Waiver, today: string): { text: string; isOver: boolean } {
  const days = Math.round((Date.parse(expires) - Date.parse(today)) / 86_400_000);
  if (days < 0) return { text: `EXPIRED on ${expires}`, isOver: true };
  return { text: days <= soonDays ? `expires in ${days} days (${expires})` : `until ${expires}`, isOver: false };
}

function effectOf(waiver: Waiver, results: Results, today: string): { text: string; isStale: boolean } {
  const missing = Object.keys(waiver.when).filter((path) => factAt(path, results) === undefined);
  if (missing.length > 0) return { text: `does not apply: there is no fact ${missing.join(', ')}`, isStale: false };
  if (!holds(waiver, results)) return { text: 'does not apply', isStale: false };
  const check = results.checks.find(({ id }) => id === waiver.check);
  if (!check) return { text: 'the check was not judged there', isStale: false };
  const { waiver: _, ...bare } = check;
  const state = applyWaiver(bare, [waiver], { known: results, today }).waiver?.state;
  return { text: state ?? `${check.verdict}: nothing to waive`, isStale: state === 'unexpected-pass' };
}
