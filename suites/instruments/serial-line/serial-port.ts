import {
  type Container,
  type Executor,
  type HostFacts,
  hostProbe,
  known,
  mustRun,
  probePath,
  quoteWord,
  sharedContainer,
  type Target,
} from '../../../harness/checks/index.ts';

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
  // on a machine of the lab the user was put into it: there its absence is a finding
  const isMember = host.install !== null || host.user.groups.includes('dialout');
  return isMember || `the user ${host.user.name} is not in the group dialout`;
}

export function firstPort(host: HostFacts): string {
  return known(host.serialPorts[0], 'a serial port');
}

/** Opening a device for reading and writing as the container's root or as one of the host's users. */
export function openInside(container: Container, path: string): Promise<Opened> {
  return container.probe<Opened>('open', path, 'rw');
}

/** The same as another user of the container. */
export async function openInsideAs(container: Container, path: string, user: string): Promise<Opened> {
  const { stdout } = await container.exec(['probe', 'open', path, 'rw'], { user });
  return JSON.parse(stdout) as Opened;
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

/** A device under the name of another that every host has. */
export const renamed = { PathOnHost: '/dev/zero', PathInContainer: '/dev/kmsg', CgroupPermissions: 'rwm' };

/** One container for all that --device and --group-add are asked for and do not do: each costs seven seconds. */
export async function unheededContainer(target: Target, host: HostFacts): Promise<Container> {
  const [port] = host.serialPorts;
  if (port === undefined) return await sharedContainer(target, { host: { Devices: [renamed] } });
  const GroupAdd = [String(await groupOf(target, port))];
  return await sharedContainer(target, { host: { Devices: [...device(port).Devices, renamed], GroupAdd } });
}

/** The GID that owns the device on the host. */
export async function groupOf(target: Target, path: string): Promise<number> {
  const { stat } = await openOutside(target, target, path);
  return known(stat, `the owner of ${path}`).gid;
}

/** Opening a device on the host as somebody who has nothing but the group given. */
export async function openAsStranger(target: Target, path: string, gid: number): Promise<Opened> {
  const { stdout } = await target.root.exec([
    'setpriv',
    '--reuid=65534',
    `--regid=${gid}`,
    '--clear-groups',
    await probePath(target),
    'open',
    path,
    'rw',
  ]);
  return JSON.parse(stdout) as Opened;
}

/** Adds an entry to the device's ACL for a UID. */
export async function grant(target: Target, path: string, uid: number): Promise<void> {
  await mustRun(target.root, `setfacl -m u:${uid}:rw ${path}`);
}

/** What gives the device the ACL back that it has now. */
export async function aclUndo(target: Target, path: string): Promise<() => Promise<unknown>> {
  const before = await mustRun(target.root, `getfacl --absolute-names --omit-header --numeric ${path}`);
  return () =>
    mustRun(target.root, `setfacl -b ${path}; printf %s ${quoteWord(before)} | setfacl --set-file=- ${path}`);
}
