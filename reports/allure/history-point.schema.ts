import type { FromSchema, JSONSchema } from 'json-schema-to-ts';

const text = (maxLength: number) => ({ type: 'string', maxLength }) as const;

export const pointVersion = '1';

/** What is kept of one run of one target for the trends of later reports: `<history>/<target>/<run id>.json`. */
export const pointSchema = {
  $id: 'rdc-history-point-1',
  type: 'object',
  additionalProperties: false,
  required: ['schema', 'target', 'run', 'checks'],
  properties: {
    schema: { type: 'string', pattern: '^1(\\.\\d{1,4})?$' },
    target: { ...text(255), minLength: 1 },
    run: {
      type: 'object',
      additionalProperties: false,
      required: ['id', 'startedAt'],
      properties: { id: { ...text(200), minLength: 1 }, startedAt: { ...text(40), pattern: '^\\d{4}-\\d\\d-\\d\\dT' } },
    },
    checks: {
      type: 'array',
      maxItems: 10_000,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['id', 'area', 'title', 'status', 'durationMs'],
        properties: {
          id: { type: 'string', pattern: '^[A-Z0-9][A-Z0-9-]*$', maxLength: 64 },
          area: text(64),
          title: text(600),
          status: { enum: ['passed', 'failed', 'broken', 'skipped'] },
          durationMs: { type: 'number', minimum: 0 },
          message: text(300),
        },
      },
    },
  },
} as const satisfies JSONSchema;

export type HistoryPoint = FromSchema<typeof pointSchema>;
