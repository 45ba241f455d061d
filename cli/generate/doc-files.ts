import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../../harness/this-machine/paths.ts';

export type DocFile = { readonly path: string; readonly text: string };

/** README, CONTRIBUTING, bench/README and every page below docs/, by their path in the checkout. */
export function docFiles(): DocFile[] {
  const pages = readdirSync(join(checkout, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => `docs/${path}`)
    .sort();
  const paths = ['README.md', 'CONTRIBUTING.md', 'bench/README.md', ...pages];
  return paths.map((path) => ({ path, text: readFileSync(join(checkout, path), 'utf8') }));
}
