import {
  type Container,
  type HostFacts,
  known,
  type ReadableTarget,
  type Target,
} from '../../../harness/checks/index.ts';

/** The container's cgroup and the lines of some of its files, joined by `;`, null for one that it does not have. */
export async function containerCgroup(target: Target, container: Container, files: readonly string[] = []) {
  const pid = await container.hostPid();
  const { stdout } = await target.root.shell(`
p=$(sed -n 's/^0:://p' /proc/${pid}/cgroup); [ -n "$p" ] || p=$(sed -n 's/^[0-9]*:[^:]*pids[^:]*://p' /proc/${pid}/cgroup)
echo "path $p"
for f in ${files.join(' ')}; do echo "file $f $(head -n 20 /sys/fs/cgroup$p/$f 2>/dev/null | tr '\\n' ';')"; done`);
  return known(parseContainerCgroup(stdout), "the container's cgroup");
}

export function parseContainerCgroup(text: string) {
  const path = /^path (\/.*)$/m.exec(text)?.[1];
  if (path === undefined) return null;
  const lines = [...text.matchAll(/^file (\S+) (.*)$/gm)];
  const files = lines.map(([, name = '', value = '']) => [name, value.replace(/;$/, '') || null]);
  // below /sys/fs/cgroup on cgroup v2, of the `pids` or `name=systemd` hierarchy on v1
  return { path, files: Object.fromEntries(files) as Readonly<Record<string, string | null>> };
}

/** `usage_usec 12;user_usec 3` has `usage_usec` 12. */
export function statOf(text: string | null | undefined, key: string): number | null {
  const value = new RegExp(`(?:^|;)${key} (\\d+)`).exec(text ?? '')?.[1];
  return value === undefined ? null : Number(value);
}

/** By cpu.stat and the guest's uptime, the only clock that a paused virtual machine does not falsify. */
export async function coresUsed(target: Target, path: string, seconds: number): Promise<number> {
  const sample = `sed -n 's/^usage_usec //p' /sys/fs/cgroup${path}/cpu.stat; cut -d' ' -f1 /proc/uptime`;
  const { stdout } = await target.root.shell(`${sample}; sleep ${seconds}; ${sample}`);
  const [usage0, uptime0, usage1, uptime1] = stdout.split('\n').map(Number);
  const used = (known(usage1, 'cpu.stat') - known(usage0, 'cpu.stat')) / 1e6;
  return used / (known(uptime1, 'the uptime') - known(uptime0, 'the uptime'));
}

/** `/a/b/c` is below `/a/b` and `/a`. */
export function cgroupsAbove(path: string): string[] {
  const names = path.split('/').slice(1, -1);
  return names.map((_, index) => `/${names.slice(0, names.length - index).join('/')}`);
}

/** Lines `FILE:VALUE` of limits that are set. */
export async function limitsOf(target: ReadableTarget, cgroups: readonly string[], files: readonly string[]) {
  const paths = cgroups.flatMap((cgroup) => files.map((file) => `'/sys/fs/cgroup${cgroup}/${file}'`));
  const { stdout } = await target.root.shell(`grep -Hv '^max' ${paths.join(' ')} /dev/null 2>/dev/null`);
  return stdout.trim();
}

export function userCgroup(host: HostFacts): string {
  return `/user.slice/user-${host.user.uid}.slice/user@${host.user.uid}.service`;
}

/** Null: no such cgroup. */
export async function delegatedControllers(target: ReadableTarget, host: HostFacts): Promise<string[] | null> {
  const { code, stdout } = await target.exec(['cat', `/sys/fs/cgroup${userCgroup(host)}/cgroup.controllers`]);
  return code === 0 ? stdout.trim().split(/\s+/) : null;
}

export function hasUnifiedCgroups({ host }: { readonly host: HostFacts }): true | string {
  if (host.cgroup.version !== 2)
    return 'the host has cgroup v1: a rootless daemon has no cgroup driver there and ignores the flag';
  if (host.init !== 'systemd')
    return `PID 1 is ${host.init}, not systemd: a rootless daemon has no cgroup driver and ignores the flag`;
  return true;
}

/**
 * Not so on a host whose controllers sit on v1 hierarchies: a rootless daemon then leaves all cgroup settings out of what
 * it asks of runc. https://github.com/moby/moby/blob/v26.1.5/pkg/rootless/specconv/specconv_linux.go
 */
export function hasControllers({ host }: { readonly host: HostFacts }): true | string {
  return (
    host.cgroup.availableControllers?.length !== 0 ||
    "the host's cgroup v2 tree has no controllers (they may sit on v1 hierarchies): nothing there can be limited"
  );
}

/** Where a limit of a container can be in the kernel; a reason otherwise. */
export function canLimit(on: { readonly host: HostFacts }): true | string {
  const unified = hasUnifiedCgroups(on);
  return unified === true ? hasControllers(on) : unified;
}

/** memory and pids since cgroup v2, cpu since version 252. */
export function controllersByDefault(host: HostFacts): string[] {
  return (host.systemdVersion ?? 0) >= 252 ? ['cpu', 'memory', 'pids'] : ['memory', 'pids'];
}
