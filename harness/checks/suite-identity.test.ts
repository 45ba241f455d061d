import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test as it } from 'vitest';
import { checkout } from '../this-machine/paths.ts';
import { importsOf, suiteFiles, suiteIdentity } from './suite-identity.ts';

const paths = [...suiteFiles().keys()];

it('the same files are the same suite', () => {
  const { version, digest } = suiteIdentity();
  expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(suiteIdentity()).toEqual({ version, digest });
});

it('what Node loads of this checkout to judge is part of it', () => {
  const isRoot = (path: string) => /\.spec\.ts$|\/(judge-target|look-at-target|setup)\.ts$/.test(path);
  const loaded = loadedBy(paths.filter(isRoot));
  expect(loaded.length).toBeGreaterThan(150);
  expect(loaded.filter((path) => !paths.includes(path))).toEqual([]);
});

it('all of suites/ but its tests is part of it, and the probe that it starts', () => {
  const suites = globSync('suites/**/*.ts', { cwd: checkout }).filter((path) => !path.endsWith('.test.ts'));
  expect(suites.filter((path) => !paths.includes(path))).toEqual([]);
  expect(paths.filter((path) => path.endsWith('.c'))).toHaveLength(2);
});

it('command line, clean-up, machines, reports and tests are no part of it: a typo there makes no other suite', () => {
  const foreign = /(^|\/)(cli|clean|e2e|boxes|provision|reports|bench|docs)\/|machines?\.|\.test\.ts$|\/fixtures\//;
  expect(paths.filter((path) => foreign.test(path))).toEqual([]);
});

it('imports of every form are followed, but those of types alone', () => {
  const text = [
    "import { a } from '../reports/a.ts';",
    "import type { B } from '../reports/b.ts';",
    "import {\n  type C,\n  c,\n} from '../reports/c.ts';",
    "export { d } from '../reports/d.ts';",
    "import '../reports/e.ts';",
    "const f = await import('../reports/f.ts');",
    "import { readFileSync } from 'node:fs';",
  ].join('\n');
  expect(importsOf('harness/x.ts', text)).toEqual(['a', 'c', 'd', 'e', 'f'].map((name) => `reports/${name}.ts`));
});

/** The files below this checkout that Node loads for these; a setup file that then finds no vitest around it has loaded all. */
function loadedBy(roots: readonly string[]): string[] {
  const script = `
    import { registerHooks } from 'node:module';
    registerHooks({ load(url, context, next) { console.log(url); return next(url, context); } });
    for (const root of ${JSON.stringify(roots.map((path) => pathToFileURL(path).href))}) await import(root).catch(() => {});
  `;
  const options = { cwd: checkout, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } } as const;
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], options);
  const own = pathToFileURL(`${checkout}/`).href;
  return output
    .split('\n')
    .filter((url) => url.startsWith(own) && !url.includes('/node_modules/'))
    .map((url) => relative(checkout, new URL(url).pathname));
}
