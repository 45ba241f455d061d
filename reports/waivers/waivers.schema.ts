import type { FromSchema, JSONSchema } from 'json-schema-to-ts';
import { checkId, closed } from '../results/schema-parts.ts';

const condition = {
  description: 'the fact is this value, or an object says what holds of it',
  anyOf: [
    { type: ['string', 'number', 'boolean', 'null'] },
    {
      type: 'object',
      additionalProperties: false,
      minProperties: 1,
      properties: {
        matches: {
          type: 'string',
          minLength: 1,
          maxLength: 500,
          format: 'regex',
          description: 'regular expression on its text',
        },
        includes: { type: 'string', description: 'one of the words or entries of the fact' },
        below: { type: 'number' },
        atLeast: { type: 'number' },
      },
    },
  ],
} as const;

export const waiversSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'rdc-waivers-1',
  title: 'Waivers: failures of checks that are known and expected for a time',
  type: 'array',
  maxItems: 1_000,
  items: closed({
    check: checkId,
    when: {
      type: 'object',
      description: 'facts by their path, e.g. "target.name", "host.kernel", "daemon.serverVersion"; {} is everywhere',
      propertyNames: { pattern: '^(target|host|daemon)\\.' },
      additionalProperties: condition,
    },
    reason: { type: 'string', minLength: 1, maxLength: 2_000 },
    bug: { type: 'string', format: 'uri', pattern: '^https?://', maxLength: 2_000 },
    owner: { type: 'string', minLength: 1, maxLength: 200 },
    expires: { type: 'string', format: 'date', description: 'the last day on which it holds' },
  }),
} as const satisfies JSONSchema;

export type Waiver = FromSchema<typeof waiversSchema>[number];
export type Condition = Waiver['when'][string];
