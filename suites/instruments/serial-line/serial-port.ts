import {
  type Container,
  chmod,
  type HostFacts,
  hostProbe,
  known,
  mustRun,
  probePath,
  quoteWord,
  sharedContainer,
  type Target,
} from '../../../harness/checks/index.ts';

export type Opened = {
  readonly errno: string | null;
  readonly stat: Readonly<Record<'uid' | 'gid' | 'major' | 'minor', number>> | null;
};

export function hasSerialPort({ host }: { readonly host: HostFacts }): true | string {
  if (host.serialPorts.length === 0) return 'the machine has no serial port besides its console';
  // the lab puts the user into the group: if not, the check shall fail
  const isMember = host.install !== null || host.user.groups.includes('dialout');
  return isMember || `the user ${host.user.name} is not in the group dialout`;
}

export function hasTwoSerialPorts({ host }: { readonly host: HostFacts }): true | string {
  const has = hasSerialPort({ host });
  return has === true && host.serialPorts.length < 2 ? 'the machine has no second serial port to be the peer' : has;
}

export const noAclTools = 'the tools for ACLs are not installed (package acl)';

export function firstPort(host: HostFacts): string {
  return known(host.serialPorts[0], 'a serial port');
}

export function openInside(container: Container, path: string): Promise<Opened> {
  return container.probe<Opened>('open', path, 'rw');
}

export async function openInsideAs(container: Container, path: string, user: string): Promise<Opened> {
  const { stdout } = await container.exec(['probe', 'open', path, 'rw'], { user });
  return JSON.parse(stdout) as Opened;
}

export function openOutside(target: Target, path: string): Promise<Opened> {
  return hostProbe<Opened>(target, target, ['open', path, 'rw']);
}

/** `--device path` in HostConfig's words. */
export function device(path: string) {
  return { Devices: [{ PathOnHost: path, PathInContainer: path, CgroupPermissions: 'rwm' }] };
}

export function setMode(target: Target, path: string, mode: string) {
  return chmod(mode, () => path)({ target, host: target.facts.host });
}

/** A device under the name of another that every host has. */
export const renamed = { PathOnHost: '/dev/zero', PathInContainer: '/dev/kmsg', CgroupPermissions: 'rwm' };

/** One container for all flags that have no effect: each start costs seven seconds. */
export async function unheededContainer(target: Target, host: HostFacts): Promise<Container> {
  const [port] = host.serialPorts;
  if (port === undefined) return await sharedContainer(target, { host: { Devices: [renamed] } });
  const GroupAdd = [String(await groupOf(target, port))];
  return await sharedContainer(target, { host: { Devices: [...device(port).Devices, renamed], GroupAdd } });
}

export async function groupOf(target: Target, path: string): Promise<number> {
  const { stat } = await openOutside(target, path);
  return known(stat, `the owner of ${path}`).gid;
}

export async function openAsStranger(target: Target, path: string, gid: number): Promise<Opened> {
  const as = `setpriv --reuid=65534 --regid=${gid} --clear-groups`;
  const { stdout } = await target.root.shell(`${as} ${await probePath(target)} open ${path} rw`);
  return JSON.parse(stdout) as Opened;
}

export async function grant(target: Target, path: string, uid: number): Promise<void> {
  await mustRun(target.root, `setfacl -m u:${uid}:rw ${path}`);
}

export async function aclUndo(target: Target, path: string) {
  const before = await mustRun(target.root, `getfacl --absolute-names --omit-header --numeric ${path}`);
  return () =>
    mustRun(target.root, `setfacl -b ${path}; printf %s ${quoteWord(before)} | setfacl --set-file=- ${path}`);
}
