import type { FromSchema, JSONSchema } from 'json-schema-to-ts';
import { checkId, closed, suite, text } from './schema-parts.ts';

const count = { type: 'integer', minimum: 0 } as const;
const level = { enum: ['MUST', 'SHOULD', 'MAY', 'LIMITATION', 'WORKAROUND'] } as const;

const notJudgedCheck = closed(
  {
    id: checkId,
    area: text(64),
    level,
    title: text(600),
    source: closed({ url: text(2_000), section: text(500) }),
    remedy: text(5_000),
  },
  ['source', 'remedy'],
);

// Relative, and never out of the target's folder: reports read and publish this file.
const evidence = { type: 'string', maxLength: 500, pattern: '^(?!/)(?!(.*/)?\\.\\.(/|$))[^\\\\\\u0000]+$' } as const;

const view = closed({ seen: { enum: ['works', 'fails', 'not taken', 'does not apply'] }, detail: text(1_500) }, [
  'detail',
]);

const oracle = {
  ...closed(
    {
      blame: { enum: ['the host', 'rootless by design', 'defect', 'undecided'] },
      because: text(1_000),
      views: closed({ rootless: view, rootful: view, bare: view }),
      evidence: { ...evidence, description: "path of what the views saw, relative to the target's folder" },
    },
    ['evidence'],
  ),
  description: 'with --oracle, of a red check or a limitation: the same seen from elsewhere; no part of the verdict',
} as const;

const waiver = closed({
  state: {
    enum: ['expected', 'unexpected-pass', 'expired'],
    description: 'a waived failure; a pass whose waiver is stale; a waiver past its last day',
  },
  reason: text(2_000),
  bug: text(2_000),
  owner: text(200),
  expires: text(10),
});

const check = closed(
  {
    ...notJudgedCheck.properties,
    verdict: { enum: ['pass', 'fail', 'skip', 'blocked', 'error'] },
    reason: { ...text(5_000), description: 'set for every verdict but pass' },
    finding: { enum: ['lifted', 'differs'], description: 'what a failed limitation was found to be' },
    blockedBy: { ...checkId, description: 'the check whose failure explains a blocked' },
    durationMs: { type: 'number', minimum: 0 },
    flaky: { type: 'boolean' },
    waiver,
    oracle,
    evidence: { ...evidence, description: "path of the evidence file, relative to the target's folder" },
  },
  ['source', 'remedy', 'reason', 'finding', 'blockedBy', 'flaky', 'waiver', 'oracle', 'evidence'],
);

/**
 * The version that is written. A new field is a new minor version, and readers ignore the fields they do not know. A
 * removed field, another meaning or another word of an enum is a new major version.
 */
export const resultsVersion = '1.2';

const facts = closed(
  {
    host: { type: 'object' },
    daemon: { type: ['object', 'null'] },
    // digest of the config of the image that all containers are made of
    fixtureImage: text(100),
  },
  ['fixtureImage'],
);

const run = closed(
  {
    id: text(200),
    startedAt: text(40),
    durationMs: { type: 'number', minimum: 0 },
    infraRetries: count,
    gate: { type: 'array', items: level, description: 'levels whose failures make the target non-conformant' },
    ranOn: {
      ...closed({ os: text(200), kernel: text(200), architecture: text(100), node: text(100) }),
      description: 'the machine where rdc itself ran',
    },
  },
  ['gate', 'ranOn'],
);

const target = closed(
  {
    name: { ...text(255), minLength: 1 },
    kind: { enum: ['machine', 'ssh', 'local'] },
    provider: {
      enum: ['libvirt', 'nspawn'],
      description:
        'what ran a machine of the lab: libvirt a VM, nspawn a container on the kernel of the host of the run',
    },
    acceleration: {
      enum: ['kvm', 'tcg'],
      description: 'of a VM: kvm by the processor, tcg emulated',
    },
    channel: {
      enum: ['distro', 'upstream', 'script', 'engine'],
      description:
        "how Docker got onto a machine of the lab: the distribution's packages, upstream's packages, upstream's " +
        'install script, binaries that were brought',
    },
    engine: {
      ...closed(
        {
          digest: { ...text(64), description: 'SHA-256 over the names and digests of all programs' },
          prefix: { ...text(300), description: 'the folder that they were put into; without one, ~/bin of the user' },
          programs: { type: 'object', additionalProperties: text(64), description: 'SHA-256 by name' },
        },
        ['prefix'],
      ),
      description: 'with --engine: the binaries; their versions are in facts.host.versions',
    },
  },
  ['provider', 'acceleration', 'channel', 'engine'],
);

export const resultsSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'rdc-results-1',
  title: 'Results of the rootless Docker conformance suite on one target',
  ...closed(
    {
      schema: {
        type: 'string',
        pattern: '^1(\\.\\d{1,4})?$',
        description: '1 or 1.N; a newer minor version has more fields, which a reader ignores',
      },
      suite,
      run,
      target,
      facts,
      checks: { type: 'array', maxItems: 10_000, items: check },
      ledger: closed({
        total: count,
        pass: count,
        fail: count,
        skip: count,
        blocked: count,
        error: count,
        flaky: count,
      }),
      ratchet: {
        ...closed({ judged: count, date: text(40) }),
        description:
          'how many checks were judged (pass or fail) when the machine was last verified; fewer is inconclusive',
      },
      conformance: { enum: ['conformant', 'non-conformant', 'inconclusive'] },
      incomplete: {
        ...text(5_000),
        description: 'present while the run is under way and when the target was not judged to the end: why',
      },
      notJudged: {
        type: 'array',
        maxItems: 10_000,
        items: notJudgedCheck,
        description: 'checks that the run was to judge and has not',
      },
    },
    ['ratchet', 'incomplete', 'notJudged'],
  ),
} as const satisfies JSONSchema;

export type Results = FromSchema<typeof resultsSchema>;
export type JudgedCheck = Results['checks'][number];
export type NotJudgedCheck = NonNullable<Results['notJudged']>[number];
export type VerdictCounts = Results['ledger'];
export type Conformance = Results['conformance'];
