import { createRequire } from 'node:module';
import { expect, test as it } from 'vitest';
import type { Results } from '../results/results.schema.ts';
import { conformantRun, hostileResults, hostileText, resultsOf, waiver } from '../synthetic-runs/runs.ts';
import { checks, foreignResults, judged, payload } from '../synthetic-runs/synthetic-run.ts';
import { markdownSummary } from './markdown.ts';

type Reader = new (options: object) => { render(text: string): string };
const MarkdownIt: Reader = createRequire(import.meta.url)('markdown-it');
// all that GitHub and GitLab read, and more
const reader = new MarkdownIt({ html: true, linkify: true });

const firstLine = (results = resultsOf()) => markdownSummary(results).split('\n')[0];

/** The cells of the table, read by markdown-it: text as a person sees it. */
function rowsOf(results = resultsOf()): string[][] {
  const rows = reader.render(markdownSummary(results)).matchAll(/<tr>\n(<td>[\s\S]*?)<\/tr>/g);
  return [...rows].map(([, row = '']) => [...row.matchAll(/<td>(.*)<\/td>/g)].map(([, cell = '']) => textOf(cell)));
}

function textOf(html: string): string {
  const names: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', amp: '&' };
  return html.replace(/<[^>]*>/g, '').replace(/&(lt|gt|quot|amp);/g, (_, name: string) => names[name] ?? '');
}

function failing(reason: string): Results {
  return resultsOf([judged(checks.sockets), judged(checks.subid, { verdict: 'fail', reason })]);
}

it.each([
  ['conforms', resultsOf([judged(checks.sockets)]), 'debian-13 conforms: every MUST holds.'],
  ['conforms by a waiver', conformantRun(), 'debian-13 conforms: every MUST holds but 1 with a waiver.'],
  [
    'a SHOULD fails',
    resultsOf([judged(checks.uidMap), judged({ ...checks.sockets, level: 'SHOULD' }, { verdict: 'fail' })]),
    'debian-13 conforms: every MUST holds. 1 SHOULD fails.',
  ],
  ['a MUST fails', failing('no'), 'debian-13 does not conform: 1 MUST fails.'],
  [
    'a waiver is stale',
    resultsOf([judged(checks.uidMap), judged(checks.sockets)], [waiver('NS-UIDMAP')]),
    'debian-13 does not conform: 1 waiver is stale.',
  ],
])('the verdict in one sentence: %s', (_, results, sentence) => {
  expect(firstLine(results)).toBe(`### ${sentence}`);
});

it('a target that is not judged to the end says why, and conforms by no word', () => {
  expect(firstLine()).toMatch(/^### debian-13 is inconclusive: `.*SOCK-PRIVATE.*`\. 1 MUST fails\./);
  expect(markdownSummary(resultsOf())).not.toContain('conforms');
});

it('has a row for each check that failed or could not be judged, what fails first', () => {
  const rows = rowsOf();
  expect(rows.map(([id]) => id)).toEqual([
    'PRE-SUBID-COUNT',
    'PORT-PRIV-DENY',
    'LIM-MLOCK-OVER',
    'CG-MEM',
    'CG-CPU',
    'SOCK-PRIVATE',
  ]);
  expect(rows[0]).toEqual([
    'PRE-SUBID-COUNT',
    'MUST',
    expect.stringContaining('found 4096'),
    expect.stringContaining('sudo usermod --add-subuids'),
    'prerequisites',
  ]);
  expect(markdownSummary(resultsOf())).toContain('(https://docs.docker.com/engine/security/rootless/');
  expect(markdownSummary(resultsOf()).trimEnd()).toMatch(/\n2 pass, .* never judged$/);
});

it('a conformant target has no table', () => {
  expect(markdownSummary(conformantRun())).toBe(
    '### debian-13 conforms: every MUST holds but 1 with a waiver.\n\n2 pass, 1 fail, 1 skip\n',
  );
});

it.each(["grep -E 'a|b' x", "grep 'a\\|b' x\\", '`a` | ``b``', ' | ', '$(id) | $HOME', '*a* _b_ <i>&amp;</i> \\*'])(
  'a reader sees %j as it is',
  (text) => {
    expect(rowsOf(failing(text))[0]?.[2]?.trim()).toBe(text.trim());
  },
);

const signs = [...'`|\\<[*_~$'].map((sign): [string, Results] => [sign, failing(`${sign}x${sign}|${sign}`.repeat(3))]);

it.each([
  ['of a hostile run', hostileResults()],
  ["a stranger's run", foreignResults()],
  ['what a target said', failing(`${hostileText} ${payload}`)],
  ...signs,
])('nothing becomes markup: %s', (_, results) => {
  const html = reader.render(markdownSummary(results));
  const known =
    /^(?:\/?(?:h3|table|thead|tbody|tr|th|td|code|strong|p|a)|a href="https:\/\/(?:docs\.docker|github)\.com\/[^"]*")$/;
  const tags = [...html.matchAll(/<([^>]*)>/g)].map(([, tag = '']) => tag);
  expect(tags.filter((tag) => !known.test(tag))).toEqual([]);
  for (const row of html.match(/<tr>[\s\S]*?<\/tr>/g) ?? []) expect(row.match(/<t[dh]>/g)).toHaveLength(5);
  expect(html.match(/<(?:h3|p)>/g)).toEqual(['<h3>', '<p>']);
});
