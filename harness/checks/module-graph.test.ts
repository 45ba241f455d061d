import { expect, test as it } from 'vitest';
import { importsOf } from './module-graph.ts';

it('imports of every form', () => {
  const text = [
    "import { a } from '../reports/a.ts';",
    "import type { B } from '../reports/b.ts';",
    "import {\n  type C,\n  c,\n} from '../reports/c.ts';",
    "export { d } from '../reports/d.ts';",
    "import '../reports/e.ts';",
    "const f = await import('../reports/f.ts');",
    "import { readFileSync } from 'node:fs';",
  ].join('\n');
  const seen = importsOf({ path: 'harness/x.ts', text }).map(({ to, isType }) => `${to} ${isType}`);
  expect(seen).toEqual(
    ['a false', 'b true', 'c false', 'd false', 'e false', 'f false'].map(
      (one) => `reports/${one.replace(' ', '.ts ')}`,
    ),
  );
});
