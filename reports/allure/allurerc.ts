// Read by Allure's own command (generate.ts starts it); the run folder comes in the environment.
import { defineConfig } from 'allure';
import { readRun } from '../read-results.ts';
import { environmentOf } from './environment.ts';

const runs = readRun(process.env.RDC_RUN_FOLDER ?? '.').map(({ results }) => results);

// Names end up in the page's own markup and in its addresses.
const safe = (name: string) => name.replace(/[^\w.@: -]/g, '_').slice(0, 60);

const environments = Object.fromEntries(
  runs.map((results, index) => [
    `target-${index}`,
    {
      name: safe(results.target.name),
      variables: environmentOf(results),
      matcher: ({ labels }: { labels: { name: string; value?: string }[] }) =>
        labels.some(({ name, value }) => name === 'parentSuite' && value === results.target.name),
    },
  ]),
);

// With all targets in view only what they all share can be shown: their conclusions.
const [only, ...others] = runs;
const variables =
  only && others.length === 0
    ? environmentOf(only)
    : Object.fromEntries(runs.map((results) => [results.target.name, environmentOf(results).conformance ?? '']));

const labelled = (name: string, value: string) => ({ labels: { [name]: value } });

export default defineConfig({
  name: `Rootless Docker conformance: ${runs.map(({ target }) => safe(target.name)).join(', ')}`,
  environments,
  variables,
  // Of our tools, not of the target.
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
        defaultSortBy: 'status,asc',
      },
    },
  },
});
