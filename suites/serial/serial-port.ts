import {
  type Executor,
  type Fixture,
  type HostFacts,
  hostProbe,
  known,
  mustRun,
  type Target,
} from '../../harness/index.ts';

/** One answer of `probe open`: the error's name or null, and what stat says of the path from where the probe runs. */
export type Opened = {
  readonly errno: string | null;
  readonly stat: {
    readonly stMode: string;
    readonly uid: number;
    readonly gid: number;
    readonly major: number;
    readonly minor: number;
  } | null;
};

/** The first serial port besides the console, or the reason why there is none to judge with. */
export function hasSerialPort({ host }: { readonly host: HostFacts }): true | string {
  if (host.serialPorts.length === 0) return 'the machine has no serial port besides its console';
  return host.user.groups.includes('dialout') || `the user ${host.user.name} is not in the group dialout`;
}

export function firstPort(host: HostFacts): string {
  return known(host.serialPorts[0], 'a serial port');
}

/** Opening a device for reading and writing as the container's root or as one of the host's users. */
export function openInside(container: Fixture, path: string): Promise<Opened> {
  return container.probe<Opened>('open', path, 'rw');
}

export function openOutside(target: Target, as: Executor, path: string): Promise<Opened> {
  return hostProbe<Opened>(target, as, ['open', path, 'rw']);
}

/** `--device path` in HostConfig's words. */
export function device(path: string) {
  return { Devices: [{ PathOnHost: path, PathInContainer: path, CgroupPermissions: 'rwm' }] };
}

/** Gives the device another mode and returns the function that takes it back. */
export async function setMode(target: Target, path: string, mode: string): Promise<() => Promise<unknown>> {
  const before = (await mustRun(target.root, `stat -c %a ${path}`)).trim();
  await mustRun(target.root, `chmod ${mode} ${path}`);
  return () => mustRun(target.root, `chmod ${before} ${path}`);
}
