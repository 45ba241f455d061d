import { checkId, closed, suite, text } from '../../reports/results/schema-parts.ts';
import { levels } from './list.schema.ts';

const count = { type: 'integer', minimum: 0 } as const;
const change = { ...text(40), description: 'see [comparing](../guides/comparing.md)' } as const;
const values = {
  type: 'array',
  items: { type: ['string', 'null'] },
  description: 'one a column; null: not there',
} as const;

const column = closed(
  {
    label: { ...text(400), description: 'the name in the table' },
    target: text(255),
    runId: text(200),
    startedAt: { ...text(40), description: 'ISO 8601, UTC' },
    conformance: { enum: ['conformant', 'non-conformant', 'inconclusive'] },
    ledger: { type: 'object', additionalProperties: count, description: 'number of checks by verdict' },
    suite,
    provider: { enum: ['libvirt', 'nspawn'] },
    kernel: text(200),
    base: { ...count, description: 'the column that it is compared with' },
  },
  ['provider', 'kernel'],
);

const cell = {
  ...closed(
    {
      verdict: { enum: ['pass', 'fail', 'skip', 'blocked', 'error'] },
      reason: text(10_000),
      finding: { enum: ['lifted', 'differs'] },
      flaky: { type: 'boolean' },
      evidence: { ...text(500), description: "path below the target's folder" },
    },
    ['finding', 'flaky', 'evidence'],
  ),
  type: ['object', 'null'],
  description: 'null: that run has no such check',
} as const;

const explanation = closed({ fact: text(500), values, fit: { type: 'number' }, why: text(1_000) }, ['why']);

const check = closed(
  {
    id: checkId,
    area: text(64),
    level: levels,
    title: text(600),
    remedy: text(5_000),
    change: { ...change, description: 'the worst of `changes`' },
    changes: { type: 'array', items: change, description: 'one a column, against its base' },
    cells: { type: 'array', items: cell, description: 'one a column' },
    explanations: { type: 'array', items: explanation, description: 'facts that tell the verdicts apart, best first' },
  },
  ['remedy'],
);

export const compareSchema = closed({
  columns: { type: 'array', items: column },
  checks: { type: 'array', items: check },
  facts: {
    type: 'array',
    items: closed({ fact: text(500), values, cause: text(500), why: text(1_000) }, ['cause', 'why']),
    description: 'facts that differ',
  },
  counts: { type: 'object', additionalProperties: count, description: 'number of checks by change' },
});
