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
    version: { type: 'string', minLength: 1, description: "Vagrant's version or a condition on it, such as `>= 12`" },
    url: { type: 'string', pattern: '^(https|file)://' },
    image: { type: 'string', pattern: '^(https|file)://' },
    sha256,
  },
  description:
    'exactly one kind of box: {build: {distribution, release}}, {name, version, url?, sha256?} or {image, sha256?}',
  oneOf: [
    { required: ['build'], maxProperties: 1 },
    { required: ['name', 'version'], not: { anyOf: [{ required: ['build'] }, { required: ['image'] }] } },
    { required: ['image', 'sha256'], maxProperties: 2 },
    // where its user finds the image and its checksum: `--image FILE --sha256 HASH`
    { required: ['image'], maxProperties: 1 },
  ],
} as const satisfies JSONSchema;

const verifiedSchema = {
  description: 'false or {date, versions, judged? | part?}',
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
          description: 'what was run, if not the whole suite; no number of checks is expected then',
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

const channel = {
  type: 'string',
  enum: ['distro', 'upstream', 'script', 'engine'],
  description: "how Docker gets there: the distribution's packages, upstream's, upstream's script, binaries (--engine)",
} as const satisfies JSONSchema;

const sizes = {
  cpus: { type: 'integer', minimum: 1, maximum: 64 },
  memoryMiB: { type: 'integer', minimum: 512, maximum: 262144 },
  serialPorts: { type: 'integer', enum: [0, 2] },
} as const satisfies Record<string, JSONSchema>;

const machineSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'box', 'verified'],
  properties: {
    name: { type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,40}$' },
    box: boxSchema,
    ...sizes,
    channel,
    kernelArgs: { type: 'string', pattern: '^[A-Za-z0-9_.,:=/-]+( [A-Za-z0-9_.,:=/-]+)*$' },
    distribution: { type: 'string', pattern: '^[a-z0-9-]+$', description: 'an entry of distributions.json' },
    provision: {
      type: 'object',
      additionalProperties: false,
      required: ['channel', 'recipe'],
      description: 'the long form of distribution: rootless-NAME',
      properties: { channel, recipe: { type: 'string', pattern: '^rootless-[a-z0-9-]+$' } },
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
    defaults: {
      type: 'object',
      additionalProperties: false,
      properties: { ...sizes, channel },
      description: 'what an entry does not say',
    },
    machines: { type: 'array', minItems: 1, items: machineSchema },
    // those of images that their user brings; they get a folder and a Vagrantfile of their own
    fromImages: { type: 'array', items: machineSchema },
  },
} as const satisfies JSONSchema;

export type MachineList = FromSchema<typeof machinesSchema>;
export type MachineEntry = MachineList['machines'][number];

/** An entry with its defaults. */
export type Machine = Omit<MachineEntry, 'distribution' | 'channel'> &
  Required<Pick<MachineEntry, 'cpus' | 'memoryMiB' | 'serialPorts' | 'provision'>> & { readonly engine?: Engine };

/** Binaries as upstream's static archives have them, in the place of packages. */
export type Engine = {
  /** the folder or the archive, on this machine */
  readonly source: string;
  /** the folder that they go into on the machine; without one, `bin` in the home of the user */
  readonly prefix?: string;
  /** of all programs, by name */
  readonly digest: string;
  /** SHA-256 by name */
  readonly programs: Readonly<Record<string, string>>;
  /** the newest symbol version of glibc that a program asks for, e.g. `2.38`, and which program that is */
  readonly glibc?: { readonly version: string; readonly program: string };
};
export type Machines = { readonly default: string; readonly machines: Machine[] };

const words = {
  type: 'array',
  items: { type: 'string', pattern: '^[A-Za-z0-9@][A-Za-z0-9@+._-]*(=[A-Za-z0-9+.:~-]+\\*?)?$' },
} as const;

/** How rootless Docker gets onto a distribution: packages for vms/provision/rootless.sh, or a script of its own. */
export const distributionsSchema = {
  type: 'object',
  additionalProperties: {
    type: 'object',
    additionalProperties: false,
    properties: {
      install: { type: 'string', minLength: 1, description: 'the command that installs packages without asking' },
      packages: { ...words, minItems: 1 },
      packagesIfKnown: { ...words, description: 'those that only some releases have' },
      knows: { type: 'string', minLength: 1, description: 'the command that exits 0 if a package is available' },
      modules: { ...words, description: 'kernel modules that the manual asks for' },
      prerequisites: {
        ...words,
        description: 'packages that Docker asks for where it is none itself (script, engine)',
      },
      upstream: { type: 'string', pattern: '^https://', description: "upstream's package repository of it" },
      script: { type: 'string', pattern: '^rootless-[a-z0-9-]+\\.sh$' },
    },
    oneOf: [
      { required: ['install', 'packages'], not: { required: ['script'] } },
      { required: ['script'], maxProperties: 1 },
    ],
    dependencies: { packagesIfKnown: ['knows'] },
  },
} as const satisfies JSONSchema;

export type Distributions = FromSchema<typeof distributionsSchema>;
