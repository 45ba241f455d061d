import type { HostFacts, Target } from '../../../harness/checks/index.ts';
import { daemonProcess } from './process.ts';
import { isEngineSince } from './versions.ts';

/** Null: RootlessKit did not start the daemon. */
export async function rootlessKit(target: Target) {
  const { startedBy, pid: daemon } = await daemonProcess(target);
  const parent = startedBy.find((process) => process.command === 'rootlesskit');
  if (!parent) return null;
  const { stdout } = await target.root.shell(`
tr '\\0' ' ' < /proc/${parent.pid}/cmdline; echo
awk '/^CapPrm:/{print $2}' /proc/${parent.pid}/status
tr '\\0' '\\n' < /proc/${daemon}/environ | sed -n 's/^ROOTLESSKIT_STATE_DIR=//p'`);
  return parseRootlessKit(parent.pid, stdout);
}

export function parseRootlessKit(pid: number, text: string) {
  const [commandLine = '', permitted = '0', stateDir = ''] = text.split('\n');
  return {
    pid,
    portDriver: /--port-driver[= ](\S+)/.exec(commandLine)?.[1] ?? null,
    /** the daemon stays in the host's network, the containers' is a file in the state directory */
    detachesNetwork: /(^| )--detach-netns(=true)?( |$)/.test(commandLine),
    /** capabilities, bit by bit as in capabilities(7) */
    permitted: BigInt(`0x${permitted.trim() || '0'}`),
    stateDir: stateDir.trim() || null,
  };
}

/** Which program binds the host's port, by port driver. */
export const portOwner: Readonly<Record<string, string>> = {
  builtin: 'rootlesskit',
  'gvisor-tap-vsock': 'rootlesskit',
  slirp4netns: 'slirp4netns',
  implicit: 'pasta',
  pesto: 'pasta',
};

/** `/usr/bin/pasta.avx2` is pasta too, built for the processor. */
export function programName(executable: string): string {
  const name = executable.split('/').at(-1) ?? '';
  return /^(pasta|passt)(\.avx2)?$/.test(name) ? 'pasta' : name;
}

export function networkDriverOf({ rootlesskit, asked }: HostFacts): string | null {
  return rootlesskit?.networkDriver ?? asked.networkDriver;
}

/** The same; by default `implicit` for pasta, else `builtin`. */
export function portDriverOf(host: HostFacts): string {
  const chosen = networkDriverOf(host) === 'pasta' ? 'implicit' : 'builtin';
  return host.rootlesskit?.portDriver ?? host.asked.portDriver ?? chosen;
}

/** By the table in dockerd-rootless.sh. */
export function losesSource({ host }: { readonly host: HostFacts }): true | string {
  const driver = portDriverOf(host);
  return !['slirp4netns', 'implicit', 'pesto'].includes(driver) || `the port driver is ${driver}, which keeps it`;
}

/** With the port driver implicit, pasta binds the ports. */
export function asksRootlessKit({ host }: { readonly host: HostFacts }): true | string {
  return portDriverOf(host) !== 'implicit' || 'with the port driver implicit pasta binds the port, and not RootlessKit';
}

/** From 29.1.2 dockerd drops addresses that the port driver does not forward (setChildHostIP in mapper_linux.go). */
export function refusesSctp(host: HostFacts): boolean {
  return isEngineSince(host, '29.1.2') && asksRootlessKit({ host }) === true;
}

/** pasta looks once a second for listeners in its namespace (pasta(1), `-t auto`): waits for that, up to 10 s. */
export async function forwarded(target: Target, tcp: readonly number[], udp: readonly number[] = []): Promise<void> {
  if (portDriverOf(target.facts.host) === 'implicit') await target.shell(untilBound(tcp, udp));
}

/** Succeeds once the host has sockets on all ports (TCP: listening), fails after 10 s. */
export function untilBound(tcp: readonly number[], udp: readonly number[] = []): string {
  const hex = (ports: readonly number[]) =>
    ports.map((port) => port.toString(16).toUpperCase().padStart(4, '0')).join('|');
  const seen = (files: string, filter: string, ports: readonly number[]) =>
    `cat ${files} 2>/dev/null | awk '${filter}sub(/.*:/, "", $2) && $2 ~ /^(${hex(ports)})$/ {seen[$2]} END {n = 0; for (port in seen) n++; exit n < ${ports.length}}'`;
  return `
i=0
until ${seen('/proc/net/tcp /proc/net/tcp6', '$4 == "0A" && ', tcp)} &&
  ${udp.length === 0 ? 'true' : seen('/proc/net/udp /proc/net/udp6', '', udp)}
do sleep 0.1; i=$((i+1)); [ $i -lt 100 ] || exit 1; done`;
}
