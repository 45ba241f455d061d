import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test as it } from 'vitest';
import { checkout } from '../../harness/this-machine/paths.ts';

// A comment, a hint or a page that names a file sends its reader there: when the file moves, they have to go with it.

const folders = '{bench,cli,docs,harness,reports,suites,vms}';
const files = globSync([`${folders}/**/*.{ts,js,mjs,sh,c,h,md,yml,fmf,bats}`, '*.md', 'Vagrantfile', 'rdc'], {
  cwd: checkout,
  exclude: ['reports/out/**'],
}).filter((path) => path !== 'CHANGELOG.md');
const names = new Set(files.map((path) => basename(path)));

/** Specs and tests have paths of other projects and invented ones as data: of them the comments only. */
function prose(path: string): string {
  const text = readFileSync(join(checkout, path), 'utf8');
  if (!/\.(spec|test)\.ts$/.test(path)) return text;
  return (text.match(/^ *(?:\/\/|\/?\*).*$|(?<= )\/\/ .*$/gm) ?? []).join('\n');
}

/** What a reader would look for and not find: paths below the top folders, and our sources by their name alone. */
function missingFrom(path: string, text: string): string[] {
  const paths = text.match(/(?<![\w.@:/~$}-])(?:bench|cli|docs|harness|reports|suites|vms)\/[\w./-]*\w/g) ?? [];
  const isPlaceholder = (named: string) => /^reports\/out\b|(?:^|[/-])[A-Z]+(?:[./]|$)/.test(named);
  const isThere = (named: string) => ['', '.ts'].some((end) => existsSync(join(checkout, named + end)));
  const sources = text.match(/(?<![\w./*'$}-])[a-z][\w-]*(?:\.\w+)?\.ts\b/g) ?? [];
  const isKnown = (name: string) => names.has(name) || existsSync(join(checkout, dirname(path), name));
  return [
    ...paths.filter((named) => !isPlaceholder(named) && !isThere(named)),
    ...sources.filter((name) => !isKnown(name)),
  ];
}

it('files that comments, hints and pages name are there', () => {
  expect(files.length).toBeGreaterThan(300);
  const missing = files.flatMap((path) => missingFrom(path, prose(path)).map((named) => `${path} names ${named}`));
  expect(missing).toEqual([]);
});

it.each([
  ['// see harness/lab/gone.ts', ['harness/lab/gone.ts']],
  ['`docs/gone.md`, and the folder suites/gone/', ['docs/gone.md', 'suites/gone']],
  ['# as gone.ts does', ['gone.ts']],
  ['vms/provision/variants/NAME.sh, reports/out/RUN/x.json, vms/provision/rootless-R.sh', []],
  ['docs/architecture.md, harness/checks/index, snapshot-record.ts, https://docs.docker.com/docs/gone.md', []],
])('the rule: %s', (text, missing) => {
  expect(missingFrom('harness/x.ts', text)).toEqual(missing);
});
