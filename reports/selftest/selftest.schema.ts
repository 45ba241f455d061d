import { checkId, closed, suite, text } from '../results/schema-parts.ts';

const count = { type: 'integer', minimum: 0 } as const;

const sideEffects = closed({
  judged: { ...count, description: 'checks that were green before the fault and judged under it' },
  explained: { type: 'array', items: closed({ id: checkId, because: text(2_000) }) },
  unexplained: {
    type: 'array',
    items: closed({ id: checkId, verdict: text(40), message: text(5_000) }),
    description: 'each of them is a finding',
  },
});

const row = closed(
  {
    id: checkId,
    outcome: {
      enum: ['killed', 'survived', 'impossible', 'error'],
      description: '`killed`: the check noticed its fault; `survived`: it did not',
    },
    by: { ...text(500), description: 'the fault' },
    message: text(10_000),
    run: { ...text(200), description: 'with `--resume`: the earlier run that tried it' },
    blastRadius: { ...sideEffects, description: 'with `--blast-radius`: what the fault did to other checks' },
  },
  ['run', 'blastRadius'],
);

/** selftest.json, and what `rdc selftest --json` prints. */
export const selftestSchema = closed(
  {
    target: text(255),
    provider: { enum: ['libvirt', 'nspawn'] },
    suite,
    run: closed({ id: text(200), startedAt: text(40) }),
    checks: { type: 'array', items: row },
    score: { ...text(40), description: 'faults that were killed, of those that are possible: `37/37`' },
    incomplete: { ...text(5_000), description: 'present while the run is under way, and when it did not end: why' },
  },
  ['provider', 'incomplete'],
);
