import { plainLine } from '../../harness/messages/plain-text.ts';
import type { Results } from '../results/results.schema.ts';
import { channelText, countsText, providerText } from '../wording/verdict-words.ts';

const maxFacts = 24;

/** A target in a few lines, for the report's head: its verdict, then the facts that explain differences. */
export function environmentOf(results: Results): Record<string, string> {
  const { target, conformance, ledger, notJudged = [], suite, run, facts } = results;
  return {
    target: plainLine(target.name),
    ...(target.provider === undefined ? {} : { provider: providerText(target.provider) }),
    ...(target.channel === undefined ? {} : { 'Docker by': channelText(target.channel) }),
    conformance: `${conformance} (${countsText(ledger, notJudged.length)})`,
    suite: `${suite.version} ${suite.digest.slice(0, 19)}`,
    run: run.id,
    ...flatFacts('', facts.host),
    ...(facts.daemon ? flatFacts('daemon says: ', facts.daemon) : { 'daemon says': 'nothing, it does not answer' }),
  };
}

/** One level of nesting, scalars and short lists only: the rest is in results.json. */
function flatFacts(prefix: string, facts: Readonly<Record<string, unknown>>): Record<string, string> {
  const pairs = Object.entries(facts).flatMap(([key, value]) => {
    if (!isPlainRecord(value)) return [[`${prefix}${key}`, value] as const];
    return Object.entries(value).map(([inner, nested]) => [`${prefix}${key}.${inner}`, nested] as const);
  });
  const shown = pairs.flatMap(([key, value]) => {
    const text = factText(value);
    return text === undefined ? [] : [[plainLine(key, 60), text] as const];
  });
  return Object.fromEntries(shown.slice(0, maxFacts));
}

function isPlainRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function factText(value: unknown): string | undefined {
  if (Array.isArray(value)) {
    return value.every((entry) => typeof entry !== 'object') ? plainLine(value.join(' '), 120) || 'none' : undefined;
  }
  if (value === null || value === undefined || typeof value === 'object') return undefined;
  return plainLine(String(value), 120) || 'empty';
}
