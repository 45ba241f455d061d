import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test as it } from 'vitest';
import { errorCodes } from '../../harness/messages/errors.ts';
import { checkout } from '../../harness/this-machine/paths.ts';
import { docFiles } from './doc-files.ts';
import { generatedFiles } from './write-docs.ts';

const pages = docFiles();
const read = (path: string) => readFileSync(join(checkout, path), 'utf8');

const generated = await generatedFiles();

it.each(generated)('$path is up to date; if not: node cli/generate/write-docs.ts', ({ path, text }) => {
  expect(existsSync(join(checkout, path)) ? read(path) : 'no such page').toBe(text);
});

/** The anchor that GitHub gives a heading, e.g. `What a run does there` -> `what-a-run-does-there`. */
function anchorOf(heading: string): string {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}

/** The headings of a page as GitHub links them; the second of the same name gets a number. */
function anchorsOf(text: string): string[] {
  const headings = [...text.replace(/^( *)```[\s\S]*?^\1```/gm, '').matchAll(/^#+ (.*)$/gm)].map(([, one = '']) =>
    anchorOf(one),
  );
  return headings.map((anchor, index) => {
    const before = headings.slice(0, index).filter((other) => other === anchor).length;
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
}

/** What is wrong with the links of a page to files and headings of this project. */
function brokenLinksOf(path: string, text: string): string[] {
  const links = [...text.replace(/^( *)```[\s\S]*?^\1```/gm, '').matchAll(/(?:\]\(|<img src=")([^)"\s]+)[)"]/g)].map(
    ([, link = '']) => link,
  );
  return links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [file = '', anchor] = link.split('#');
    const to = file === '' ? path : relative(checkout, join(checkout, dirname(path), file));
    if (!existsSync(join(checkout, to))) return true;
    return anchor !== undefined && !anchorsOf(read(to)).includes(anchor);
  });
}

it('each link leads to a file and a heading that are there', () => {
  const broken = pages.flatMap(({ path, text }) => brokenLinksOf(path, text).map((link) => `${path}: ${link}`));
  expect(broken).toEqual([]);
  expect(
    brokenLinksOf(
      'README.md',
      '[a](nowhere.md) [b](#no-such-heading) [c](CHANGELOG.md) [d](https://x.org) <img src="no.png">',
    ),
  ).toEqual(['nowhere.md', '#no-such-heading', 'no.png']);
});

it('each page below docs/ can be reached from README.md', () => {
  const seen = new Set<string>();
  const visit = (path: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    const links = [...read(path).matchAll(/\]\(([^)\s#]+\.md)(?:#[^)]*)?\)/g)].map(([, link = '']) => link);
    for (const link of links.filter((one) => !/^https?:/.test(one)))
      visit(relative(checkout, join(checkout, dirname(path), link)));
  };
  visit('README.md');
  expect(pages.map(({ path }) => path).filter((path) => !seen.has(path))).toEqual([]);
});

it('each file that a page names is there', () => {
  const name = /(?<![\w/.<-])(?:cli|harness|reports|suites|vms|bench|docs)\/[\w./-]+\.(?:ts|json|sh|md|c|bats|png)\b/g;
  const isPlaceholder = (file: string) => /[/-][A-Z]+\.(?!md)|AREA|reports\/out/.test(file);
  const missing = pages.flatMap(({ path, text }) =>
    [...text.matchAll(name)]
      .filter(([file]) => !isPlaceholder(file) && !existsSync(join(checkout, file)))
      .map(([file]) => `${path}: ${file}`),
  );
  expect(missing).toEqual([]);
});

it('troubleshooting explains each error code, and no other', () => {
  const headings = [...read('docs/troubleshooting.md').matchAll(/^### (.*)$/gm)].map(([, one]) => one);
  expect(headings).toEqual(Object.keys(errorCodes));
});

it('README.md fits on a few screens', () => {
  expect(read('README.md').split('\n').length - 1).toBeLessThanOrEqual(120);
});
