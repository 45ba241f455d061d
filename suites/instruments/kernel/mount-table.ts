import { type Container, known, type Target } from '../../../harness/checks/index.ts';

export type Mount = ReturnType<typeof parseMountInfo>[number];

export async function mountsOf(target: Target, container: Container): Promise<Mount[]> {
  const { stdout } = await target.root.exec(['cat', `/proc/${await container.hostPid()}/mountinfo`]);
  return parseMountInfo(stdout);
}

/** Pure; in proc_pid_mountinfo(5) a lone `-` ends the optional fields. */
export function parseMountInfo(text: string) {
  return text
    .split('\n')
    .map((line) => /^\d+ \d+ \S+ \S+ (\S+) (\S+) (?:\S+ )*?- (\S+) \S* (\S+)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, point = '', options = '', type = '', superOptions = '']) => ({
      point,
      options: options.split(','),
      type,
      superOptions: superOptions.split(','),
    }));
}

export function findMount(mounts: readonly Mount[], point: string): Mount | undefined {
  return mounts.findLast((mount) => mount.point === point);
}

export function mountAt(mounts: readonly Mount[], point: string): Mount {
  return known(findMount(mounts, point), `the mount at ${point} of the container`);
}

/** The value of e.g. `upperdir=...`. */
export function optionValue(options: readonly string[], name: string): string | null {
  return options.find((option) => option.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
}
