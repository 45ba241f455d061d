import { type HostFacts, known, type ReadableTarget } from '../../../harness/checks/index.ts';

export type UnitProperties = Readonly<Record<string, string>>;

export async function userUnit(target: ReadableTarget, properties: readonly string[]): Promise<UnitProperties> {
  const wanted = properties.flatMap((name) => ['-p', name]);
  const { stdout } = await target.exec(['systemctl', '--user', 'show', 'docker.service', ...wanted]);
  return parseProperties(stdout);
}

export function parseProperties(text: string): UnitProperties {
  return Object.fromEntries([...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]));
}

/** Files that the manager has not read. NeedDaemonReload= misses those in a new directory (systemd 252). */
export async function unreadDropIns(target: ReadableTarget): Promise<string[]> {
  const { stdout } = await target.shell(`
systemctl --user show docker.service -p DropInPaths
for folder in $(systemctl --user show -p UnitPath --value); do
  for file in "$folder"/docker.service.d/*.conf "$folder"/service.d/*.conf; do [ ! -f "$file" ] || echo "file $file"; done
done`);
  return known(parseUnread(stdout), 'the drop-ins of the user unit');
}

/** Pure: `DropInPaths=` and lines `file PATH`, null without the first. Of files with one name the first is read. */
export function parseUnread(text: string): string[] | null {
  const name = (path: string) => path.slice(path.lastIndexOf('/') + 1);
  const { DropInPaths } = parseProperties(text);
  if (DropInPaths === undefined) return null;
  const read = new Set(DropInPaths.split(' ').map(name));
  return [...text.matchAll(/^file (\/.+)$/gm)].map(([, path = '']) => path).filter((path) => !read.has(name(path)));
}

export function hasSystemd({ host }: { readonly host: HostFacts }): true | string {
  return host.init === 'systemd' || `PID 1 is ${host.init}, not systemd: there are no user units`;
}

export function mayInterrupt({ host }: { readonly host: HostFacts }): true | string {
  if (host.install === null)
    return 'only on a machine that the lab provisioned is the user logged out or the machine rebooted';
  return hasSystemd({ host });
}
