// Read by the allure command, which generate.ts starts; the run folder comes in the environment.
import { defineConfig } from 'allure';
import { plainLine } from '../../harness/messages/plain-text.ts';
import { providerOf } from '../results/provider.ts';
import { readRun } from '../results/read-results.ts';
import type { Results } from '../results/results.schema.ts';
import { verdictSentence } from '../wording/verdict-sentence.ts';
import { accelerationText, channelText, countsText, providerText } from '../wording/verdict-words.ts';
import { environmentName, shownRuns } from './history-format.ts';

const runs = readRun(process.env.RDC_RUN_FOLDER ?? '.').map(({ results }) => results);

const environments = Object.fromEntries(
  runs.map((results, index) => [
    `target-${index}`,
    {
      name: environmentName(results.target.name),
      variables: environmentOf(results),
      matcher: ({ labels }: { labels: { name: string; value?: string }[] }) =>
        labels.some(({ name, value }) => name === 'parentSuite' && value === results.target.name),
    },
  ]),
);

const [only, ...others] = runs;
const variables =
  only && others.length === 0
    ? environmentOf(only)
    : Object.fromEntries(runs.map((results) => [results.target.name, verdictSentence(results)]));

const labelled = (name: string, value: string) => ({ labels: { [name]: value } });

// Without a file nothing is said to be new. generate.ts keeps the runs, not Allure.
const historyPath = process.env.RDC_HISTORY_FILE;
const history = historyPath ? { historyPath, historyLimit: shownRuns, appendHistory: false } : {};

// There are no features, epics or layers here, and Allure's chart of stability calls a lasting failure stable.
const charts = [
  { type: 'currentStatus', title: 'This run' },
  { type: 'statusDynamics', title: 'Verdicts over the runs', limit: shownRuns },
  { type: 'statusTransitions', title: 'Regressed and fixed', limit: shownRuns },
  { type: 'statusAgePyramid', title: 'Since when', limit: shownRuns },
  { type: 'durationDynamics', title: 'Duration over the runs', limit: shownRuns },
  { type: 'durations', title: 'Durations of this run', groupBy: 'none' },
];

export default defineConfig({
  name: `Rootless Docker conformance: ${runs.map(({ target }) => environmentName(target.name)).join(', ')}`,
  ...history,
  environments,
  variables,
  // they stand elsewhere on the page of a check
  hideLabels: ['framework', 'language', 'parentSuite', 'suite', 'severity', 'verdict', 'finding'],
  categories: [
    { name: 'Limitations lifted', matchers: { statuses: ['failed'], ...labelled('finding', 'lifted') } },
    { name: 'Limitations that differ', matchers: { statuses: ['failed'], ...labelled('finding', 'differs') } },
    { name: 'Product failures', matchers: { statuses: ['failed'] } },
    { name: 'Harness errors', matchers: { statuses: ['broken'] } },
    { name: 'Blocked', matchers: labelled('verdict', 'blocked') },
    { name: 'Skipped', matchers: labelled('verdict', 'skip') },
  ],
  plugins: {
    awesome: {
      // One file: a static report fetches its data, which a browser refuses to a page opened from disk.
      options: {
        singleFile: true,
        reportLanguage: 'en',
        groupBy: ['suite'],
        theme: 'auto',
        charts,
        defaultSortBy: 'status,asc',
        stepTreeExpansion: 'expanded',
      },
    },
  },
});

function environmentOf(results: Results): Record<string, string> {
  const provider = providerOf(results);
  const { target, ledger, notJudged = [], suite, run, facts } = results;
  return {
    target: plainLine(target.name),
    ...(provider === undefined ? {} : { provider: providerText(provider) }),
    ...(target.acceleration === undefined ? {} : { acceleration: accelerationText(target.acceleration) }),
    ...(target.channel === undefined ? {} : { 'Docker by': channelText(target.channel) }),
    verdict: verdictSentence(results),
    counts: countsText(ledger, notJudged.length),
    suite: `${suite.version} ${suite.digest.slice(0, 19)}`,
    run: run.id,
    ...flatFacts('rdc ran on: ', run.ranOn ?? {}),
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
  return Object.fromEntries(shown.slice(0, 24));
}

function factText(value: unknown): string | undefined {
  if (Array.isArray(value) && value.every((entry) => typeof entry !== 'object'))
    return plainLine(value.join(' '), 120) || 'none';
  if (value === null || value === undefined || typeof value === 'object') return undefined;
  return plainLine(String(value), 120) || 'empty';
}
