// SARIF 2.1.0 as far as it is written here, and stricter: what code scanning of GitHub wants is required. Written down from
// the specification (OASIS, 2.1.0 with errata 01). It is not the official schema, by which a run was validated by hand.
const text = {
  type: 'object',
  additionalProperties: false,
  required: ['text'],
  properties: { text: { type: 'string', minLength: 1 } },
};
const level = { enum: ['error', 'warning', 'note', 'none'] };

const rule = {
  type: 'object',
  additionalProperties: false,
  required: ['id', 'shortDescription', 'help', 'defaultConfiguration'],
  properties: {
    id: { type: 'string', minLength: 1 },
    shortDescription: text,
    help: text,
    helpUri: { type: 'string', pattern: '^https?://' },
    defaultConfiguration: { type: 'object', properties: { level } },
    properties: { type: 'object' },
  },
};

const location = {
  type: 'object',
  additionalProperties: false,
  required: ['physicalLocation', 'logicalLocations'],
  properties: {
    physicalLocation: {
      type: 'object',
      required: ['artifactLocation', 'region'],
      properties: {
        region: { type: 'object' },
        artifactLocation: {
          type: 'object',
          // a relative reference: no scheme, nothing that has to be escaped
          properties: { uri: { type: 'string', pattern: "^[A-Za-z0-9._~!$&'()*+,;=@%/-]+$" } },
        },
      },
    },
    logicalLocations: {
      type: 'array',
      items: { type: 'object', properties: { name: { type: 'string' }, fullyQualifiedName: { type: 'string' } } },
    },
  },
};

const result = {
  type: 'object',
  additionalProperties: false,
  required: ['ruleId', 'ruleIndex', 'level', 'message', 'locations', 'partialFingerprints'],
  properties: {
    ruleId: { type: 'string' },
    ruleIndex: { type: 'integer', minimum: 0 },
    kind: { const: 'fail' },
    level,
    message: text,
    locations: { type: 'array', minItems: 1, items: location },
    partialFingerprints: { type: 'object', additionalProperties: { type: 'string' } },
    suppressions: {
      type: 'array',
      items: { type: 'object', properties: { kind: { enum: ['inSource', 'external'] } } },
    },
    properties: { type: 'object' },
  },
};

export const sarifSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['$schema', 'version', 'runs'],
  properties: {
    $schema: { type: 'string' },
    version: { const: '2.1.0' },
    runs: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['tool', 'results', 'invocations', 'automationDetails'],
        properties: {
          tool: {
            type: 'object',
            properties: { driver: { type: 'object', properties: { rules: { type: 'array', items: rule } } } },
          },
          automationDetails: { type: 'object', properties: { id: { type: 'string' } } },
          invocations: {
            type: 'array',
            items: {
              type: 'object',
              required: ['executionSuccessful'],
              properties: { executionSuccessful: { type: 'boolean' } },
            },
          },
          results: { type: 'array', items: result },
          properties: { type: 'object' },
        },
      },
    },
  },
};
