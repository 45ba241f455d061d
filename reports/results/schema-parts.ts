export const text = (maxLength: number) => ({ type: 'string', maxLength }) as const;

export const checkId = { type: 'string', pattern: '^[A-Z0-9][A-Z0-9-]*$', maxLength: 64 } as const;

export const suite = closed({ version: text(100), digest: text(200) });

/** An object that has no other properties; all but the `optional` ones are required. */
export function closed<const P extends object, O extends keyof P = never>(properties: P, optional: readonly O[] = []) {
  const required = Object.keys(properties).filter((name) => !optional.includes(name as O));
  return {
    type: 'object',
    additionalProperties: false,
    required: required as Exclude<keyof P & string, O>[],
    properties,
  } as const;
}
