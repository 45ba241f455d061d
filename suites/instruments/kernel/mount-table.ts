import { type Container, known, type Target } from '../../../harness/checks/index.ts';

/** One line of /proc/PID/mountinfo: `options` are this mount's own, `superOptions` those of its file system. */
export type Mount = {
  readonly point: string;
  readonly options: readonly string[];
  readonly type: string;
  readonly superOptions: readonly string[];
};

/** The mounts of a container as the kernel has them. */
export async function mountsOf(target: Target, container: Container): Promise<Mount[]> {
  const { stdout } = await target.root.exec(['cat', `/proc/${await container.hostPid()}/mountinfo`]);
  return parseMountInfo(stdout);
}

/** Pure; see proc_pid_mountinfo(5): optional fields end with a lone `-`. */
export function parseMountInfo(text: string): Mount[] {
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

/** The mount that covers all earlier ones at this point. */
export function findMount(mounts: readonly Mount[], point: string): Mount | undefined {
  return mounts.findLast((mount) => mount.point === point);
}

/** One that has to be there: else nothing was read. */
export function mountAt(mounts: readonly Mount[], point: string): Mount {
  return known(findMount(mounts, point), `the mount at ${point} of the container`);
}

/** The value of `upperdir=...`, or null. */
export function optionValue(options: readonly string[], name: string): string | null {
  return options.find((option) => option.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
}
