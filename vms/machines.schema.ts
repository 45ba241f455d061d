import type { FromSchema, JSONSchema } from 'json-schema-to-ts';

const sha256 = {
  type: 'string',
  pattern: '^[0-9a-f]{64}$',
  description: 'lower-case hex',
} as const satisfies JSONSchema;

/** Where a machine's disk comes from: built here, a published Vagrant box, or a cloud image wrapped as a box. */
const boxSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    build: {
      type: 'object',
      additionalProperties: false,
      required: ['distribution', 'release'],
      properties: {
        distribution: { type: 'string', enum: ['debian'] },
        release: {
          type: 'string',
          enum: ['11', '12', '13', 'testing', '13-sysvinit'],
          description: 'of Debian; behind a "-" the init that its box has in the place of systemd',
        },
      },
    },
    name: { type: 'string', minLength: 1 },
    version: { type: 'string', minLength: 1 },
    url: { type: 'string', pattern: '^(https|file)://' },
    image: { type: 'string', pattern: '^(https|file)://' },
    sha256,
  },
  oneOf: [
    { required: ['build'], maxProperties: 1 },
    { required: ['name', 'version'], not: { anyOf: [{ required: ['build'] }, { required: ['image'] }] } },
    { required: ['image', 'sha256'], maxProperties: 2 },
    // where its user finds the image and its checksum: `--image FILE --sha256 HASH`
    { required: ['image'], maxProperties: 1 },
  ],
} as const satisfies JSONSchema;

const verifiedSchema = {
  oneOf: [
    { type: 'boolean', const: false },
    {
      type: 'object',
      additionalProperties: false,
      required: ['date', 'versions'],
      properties: {
        date: { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$' },
        versions: { type: 'object', additionalProperties: { type: 'string' } },
        part: {
          type: 'string',
          minLength: 1,
          maxLength: 120,
          description: 'what was run then, where it was not the whole suite; such a machine owes no number of checks',
        },
        judged: {
          type: 'integer',
          minimum: 1,
          description:
            'checks that came out as pass or fail then; a run of the whole suite that judges fewer is not green',
        },
      },
      not: { required: ['part', 'judged'] },
    },
  ],
} as const satisfies JSONSchema;

const machineSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'box', 'cpus', 'memoryMiB', 'serialPorts', 'provision', 'verified'],
  properties: {
    name: { type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,40}$' },
    box: boxSchema,
    cpus: { type: 'integer', minimum: 1, maximum: 64 },
    memoryMiB: { type: 'integer', minimum: 512, maximum: 262144 },
    kernelArgs: { type: 'string', pattern: '^[A-Za-z0-9_.,:=/-]+( [A-Za-z0-9_.,:=/-]+)*$' },
    serialPorts: { type: 'integer', enum: [0, 2] },
    provision: {
      type: 'object',
      additionalProperties: false,
      required: ['channel', 'recipe'],
      properties: {
        channel: { type: 'string', enum: ['distro', 'upstream'] },
        recipe: { type: 'string', pattern: '^[a-z0-9-]+$' },
      },
    },
    variant: {
      type: 'string',
      pattern: '^[a-z0-9]+([ -][a-z0-9]+)*$',
      maxLength: 60,
      description: 'what sets it apart from its release; made and proved by provision/variants/NAME.sh, spaces as "-"',
    },
    verified: verifiedSchema,
  },
} as const satisfies JSONSchema;

export const machinesSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['default', 'machines'],
  properties: {
    default: { type: 'string' },
    machines: { type: 'array', minItems: 1, items: machineSchema },
    // those of images that their user brings; they get a folder and a Vagrantfile of their own
    fromImages: { type: 'array', items: machineSchema },
  },
} as const satisfies JSONSchema;

export type Machines = FromSchema<typeof machinesSchema>;
export type Machine = Machines['machines'][number];
