import type { FromSchema, JSONSchema } from 'json-schema-to-ts';

const mebibyte = 1024 * 1024;

/** What a bundle may hold; a writer that would go beyond stops, a reader refuses. */
export const bundleLimits = {
  archiveBytes: 1024 * mebibyte,
  /** of all files together, unpacked */
  totalBytes: 2048 * mebibyte,
  fileBytes: 32 * mebibyte,
  manifestBytes: 64 * mebibyte,
  files: 300_000,
} as const;

export const manifestName = 'manifest.json';

export const manifestVersion = '1';

const name = {
  type: 'string',
  maxLength: 255,
  // One part of a path: nothing that leaves the folder, hides from a terminal or reads as another system's separator.
  pattern: '^(?!\\.{1,2}$)[^/\\\\\\u0000-\\u001f\\u007f-\\u009f]+$',
} as const;

/** The first file of a bundle: what it holds, with the digest of each file. */
export const manifestSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'rdc-bundle-1',
  title: 'Manifest of a results bundle',
  type: 'object',
  additionalProperties: false,
  required: ['bundle', 'suite', 'anonymous', 'targets', 'files'],
  properties: {
    bundle: { type: 'string', pattern: '^1(\\.\\d{1,4})?$', description: 'version; as that of results.json' },
    suite: {
      type: 'object',
      additionalProperties: false,
      required: ['version', 'digest'],
      properties: { version: { type: 'string', maxLength: 100 }, digest: { type: 'string', maxLength: 200 } },
    },
    anonymous: { type: 'boolean', description: 'names and addresses were replaced when it was packed' },
    targets: { type: 'array', minItems: 1, items: name, description: 'folders, each with a results.json' },
    files: {
      type: 'array',
      minItems: 1,
      maxItems: bundleLimits.files,
      description: 'in the order in which they stand in the archive',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['path', 'bytes', 'sha256'],
        properties: {
          path: { type: 'string', maxLength: 1_000 },
          bytes: { type: 'integer', minimum: 0, maximum: bundleLimits.fileBytes },
          sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
        },
      },
    },
  },
} as const satisfies JSONSchema;

export type Manifest = FromSchema<typeof manifestSchema>;
export type ManifestFile = Manifest['files'][number];

const isName = new RegExp(name.pattern, 'u');

/** Whether a text is one safe part of a path. */
export function isPathPart(text: string): boolean {
  return isName.test(text) && Buffer.byteLength(text) <= name.maxLength;
}
