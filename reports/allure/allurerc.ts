// Read by the allure command, which generate.ts starts; the run folder comes in the environment.
import { defineConfig } from 'allure';
import { readRun } from '../results/read-results.ts';
import { environmentOf } from './environment.ts';
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
    : Object.fromEntries(runs.map((results) => [results.target.name, environmentOf(results).conformance ?? '']));

const labelled = (name: string, value: string) => ({ labels: { [name]: value } });

// Without a file nothing is said to be new. generate.ts keeps the runs, not Allure.
const historyPath = process.env.RDC_HISTORY_FILE;
const history = historyPath ? { historyPath, historyLimit: shownRuns, appendHistory: false } : {};

// Those of Allure's charts that say something here: there are no features, epics or layers, and its stability calls a lasting failure stable.
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
  hideLabels: ['framework', 'language'],
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
      },
    },
  },
});
