import { type HostFacts, known, type ReadableTarget } from '../../../harness/checks/index.ts';

export type UnitProperties = Readonly<Record<string, string>>;

/** Properties of the daemon's user unit, as the user's manager has them now. */
export async function userUnit(target: ReadableTarget, properties: readonly string[]): Promise<UnitProperties> {
  const wanted = properties.flatMap((name) => ['-p', name]);
  const { stdout } = await target.exec(['systemctl', '--user', 'show', 'docker.service', ...wanted]);
  return parseProperties(stdout);
}

/** Pure: lines `Name=value`. */
export function parseProperties(text: string): UnitProperties {
  return Object.fromEntries([...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]));
}

/**
 * Drop-ins of the unit that lie on disk and that the user's manager has not read: in force from the next boot on. Its own
 * NeedDaemonReload= misses those in a directory that was not there when it looked (systemd 252).
 */
export async function unreadDropIns(target: ReadableTarget): Promise<string[]> {
  const { stdout } = await target.shell(`
systemctl --user show docker.service -p DropInPaths
for folder in $(systemctl --user show -p UnitPath --value); do
  for file in "$folder"/docker.service.d/*.conf "$folder"/service.d/*.conf; do [ ! -f "$file" ] || echo "file $file"; done
done`);
  return known(parseUnread(stdout), 'the drop-ins of the user unit');
}

/** Pure: `DropInPaths=` and lines `file PATH`, null without the first. Of files with one name only the first is read. */
export function parseUnread(text: string): string[] | null {
  const name = (path: string) => path.slice(path.lastIndexOf('/') + 1);
  const { DropInPaths } = parseProperties(text);
  if (DropInPaths === undefined) return null;
  const read = new Set(DropInPaths.split(' ').map(name));
  return [...text.matchAll(/^file (\/.+)$/gm)].map(([, path = '']) => path).filter((path) => !read.has(name(path)));
}

/** Where a user has a service manager at all; a reason otherwise. */
export function hasSystemd({ host }: { readonly host: HostFacts }): true | string {
  return host.init === 'systemd' || `PID 1 is ${host.init}, not systemd: there are no user units`;
}

/** The user is logged out and the machine rebooted only where nobody else can be at work, with a login of root's own. */
export function mayInterrupt({ host }: { readonly host: HostFacts }): true | string {
  if (host.install === null)
    return 'only on a machine that the lab provisioned is the user logged out or the machine rebooted';
  return hasSystemd({ host });
}
