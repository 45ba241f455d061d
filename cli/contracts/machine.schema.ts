import { checkId, closed, text } from '../../reports/results/schema-parts.ts';

const count = { type: 'integer', minimum: 0 } as const;

const accel = {
  anyOf: [closed({ accel: { enum: ['kvm', 'tcg'] }, reason: text(2_000), host: text(2_000) }), { type: 'null' }],
  description: 'what `./rdc run` found of hardware virtualisation; null before its first trial',
} as const;

const machine = closed(
  {
    name: { ...text(200), description: "the lab's name: `debian-13`, as a container `debian-13.nspawn`" },
    state: {
      ...text(40),
      description: '`running`, `off`, `absent` and others; `unknown` where libvirt does not answer',
    },
    snapshot: { type: 'boolean' },
    host: text(255),
    usedBy: { ...count, description: 'the process that uses it now' },
  },
  ['host', 'usedBy'],
);

export const doctorSchema = closed({
  needs: {
    type: 'array',
    items: closed({ what: text(500), present: { type: 'boolean' }, remedy: text(5_000) }),
    description: 'what the lab needs on this machine',
  },
  accel,
  lab: { ...text(40), description: '`hermetic` or `system`' },
  containers: {
    ...closed({ missing: { type: 'array', items: text(500) } }),
    description: 'what `--provider nspawn` misses here; empty where it is possible',
  },
  machines: { type: 'array', items: machine },
});

const entry = closed({
  kind: { ...text(60), description: '`machine`, `box`, `volume`, `run`, `log` and others' },
  name: text(1_000),
  bytes: { ...count, description: 'allocated on disk' },
  paths: { type: 'array', items: text(5_000) },
  why: { ...text(1_000), description: 'why nothing uses it, or what does' },
});

export const cleanSchema = closed({
  dryRun: { type: 'boolean' },
  unused: { type: 'array', items: entry, description: 'what was removed; with `--dry-run`, what would be' },
  kept: { type: 'array', items: entry },
  freedBytes: count,
  failed: { type: 'array', items: text(5_000), description: 'what could not be removed, and why' },
  cacheBytes: count,
  freeBytes: { ...count, description: 'free on the disk of the cache' },
});

export const mergeSchema = closed({
  folder: { ...text(5_000), description: 'the new run' },
  targets: {
    type: 'array',
    items: closed({
      name: text(255),
      from: { type: 'array', items: text(5_000) },
      conformance: { enum: ['conformant', 'non-conformant', 'inconclusive'] },
      ledger: { type: 'object', additionalProperties: count, description: 'number of checks by verdict' },
      notJudged: count,
      twice: { ...count, description: 'checks that were judged in more than one run' },
      differing: { type: 'array', items: checkId, description: 'those whose verdicts differ, now flaky' },
    }),
  },
});
