/** What lies over a path: `{ type: 'tmpfs', isReadOnly: true }`. */
export type Mount = { readonly type: string; readonly isReadOnly: boolean };

/** Pure: the last, so topmost, mount at a path in /proc/PID/mountinfo, or null. */
export function mountAt(mountinfo: string, path: string): Mount | null {
  const mounts = mountinfo
    .split('\n')
    .map((line) => /^\d+ \d+ \S+ \S+ (\S+) (\S+) .*?- (\S+) /.exec(line))
    .filter((fields) => fields?.[1] === path);
  const [, , options = '', type = ''] = mounts.at(-1) ?? [];
  return type === '' ? null : { type, isReadOnly: options.split(',').includes('ro') };
}
