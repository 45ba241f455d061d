/** Pure: the assignments of os-release(5), a subset of a shell's; of two to the same name the later one counts. */
export function parseOsRelease(text: string): ReadonlyMap<string, string> {
  const assignments = text.split('\n').flatMap((line) => {
    const [, name, value = ''] = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line.trim()) ?? [];
    return name === undefined ? [] : [[name, unquote(value)] as const];
  });
  return new Map(assignments);
}

/** One pair of quotes around the whole; in double quotes, and outside of any, a backslash takes its character as it is. */
function unquote(value: string): string {
  const inner = /^(["'])(.*)\1$/.exec(value)?.[2];
  if (inner === undefined) return value.replace(/\\(.)/g, '$1');
  return value.startsWith("'") ? inner : inner.replace(/\\(["$`\\])/g, '$1');
}
