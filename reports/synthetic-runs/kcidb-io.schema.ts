// kcidb I/O data 5.3, those of its properties that an export uses, written down from kcidb_io/schema/v05_03.py of
// github.com/kernelci/kcidb-io. It is not kcidb-io's own schema, which is a Python module and not on npm.
const text = { type: 'string', pattern: '^[^\\u0000]*$' };
const excerpt = { ...text, maxLength: 16_384 };
const origin = { type: 'string', pattern: '^[a-z0-9_]+$' };
const originId = { type: 'string', pattern: '^[a-z0-9_]+:.*$' };
const misc = { type: 'object' };

function object(required: readonly string[], properties: Record<string, unknown>) {
  return { type: 'object', additionalProperties: false, required, properties };
}

const list = (items: object) => ({ type: 'array', items });

const checkout = object(['id', 'origin'], { id: originId, origin, comment: text, misc });

const build = object(['checkout_id', 'id', 'origin'], {
  checkout_id: originId,
  id: originId,
  origin,
  comment: text,
  architecture: { type: 'string', pattern: '^[a-z0-9_]*$' },
  misc,
});

const test = object(['build_id', 'id', 'origin'], {
  build_id: originId,
  id: originId,
  origin,
  environment: object([], { comment: text, misc }),
  path: { type: 'string', pattern: '^([a-zA-Z0-9_-]+(\\.[a-zA-Z0-9_-]+)*)?$' },
  comment: text,
  log_excerpt: excerpt,
  status: { enum: ['FAIL', 'ERROR', 'MISS', 'PASS', 'DONE', 'SKIP'] },
  start_time: { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d+Z$' },
  duration: { type: 'number' },
  misc,
});

const issue = object(['id', 'version', 'origin'], {
  id: originId,
  version: { type: 'integer', minimum: 0 },
  origin,
  report_url: { type: 'string', pattern: '^https?://[!-~]+$' },
  comment: text,
});

const incident = object(['id', 'origin', 'issue_id', 'issue_version'], {
  id: originId,
  origin,
  issue_id: originId,
  issue_version: { type: 'integer', minimum: 0 },
  test_id: originId,
  present: { type: 'boolean' },
  comment: text,
});

export const kcidbIoSchema = object(['version'], {
  version: object(['major', 'minor'], { major: { const: 5 }, minor: { const: 3 } }),
  checkouts: list(checkout),
  builds: list(build),
  tests: list(test),
  issues: list(issue),
  incidents: list(incident),
});
