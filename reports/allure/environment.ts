import { plainLine } from '../../harness/messages/plain-text.ts';
import type { Results } from '../results/results.schema.ts';
import { countsText } from '../wording/verdict-words.ts';

const maxFacts = 24;

export function environmentOf(results: Results): Record<string, string> {
  const { target, conformance, ledger, notJudged = [], suite, run, facts } = results;
  return {
    target: plainLine(target.name),
    conformance: `${conformance} (${countsText(ledger, notJudged.length)})`,
    suite: `${suite.version} ${suite.digest.slice(0, 19)}`,
    run: run.id,
    ...flatFacts('', facts.host),
    ...(facts.daemon ? flatFacts('daemon says: ', facts.daemon) : { 'daemon says': 'nothing, it does not answer' }),
  };
}

/** One level of nesting, scalars and short lists only: the rest is in results.json. */
function flatFacts(prefix: string, facts: Readonly<Record<string, unknown>>): Record<string, string> {
  const texts = Object.entries(facts).flatMap(([key, value]): [string, string | undefined][] => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[key, factText(value)]];
    return Object.entries(value).map(([inner, nested]) => [`${key}.${inner}`, factText(nested)]);
  });
  const shown = texts.flatMap(([key, text]) => (text === undefined ? [] : [[plainLine(prefix + key, 60), text]]));
  return Object.fromEntries(shown.slice(0, maxFacts));
}

function factText(value: unknown): string | undefined {
  if (Array.isArray(value) && value.every((entry) => typeof entry !== 'object'))
    return plainLine(value.join(' '), 120) || 'none';
  if (value === null || value === undefined || typeof value === 'object') return undefined;
  return plainLine(String(value), 120) || 'empty';
}
