import { readFileSync } from 'node:fs';
import { expect, test as it } from 'vitest';
import { checksFile, renderChecksPage } from '../docs/write-checks.ts';

it('docs/checks.md is what the declarations say; if not: node docs/write-checks.ts', async () => {
  expect(readFileSync(checksFile, 'utf8')).toBe(await renderChecksPage());
});
