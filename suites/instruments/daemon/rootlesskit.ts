import type { HostFacts, Target } from '../../../harness/checks/index.ts';
import { daemonProcess } from './process.ts';
import { isEngineSince } from './versions.ts';

/** The parent process of RootlessKit, from the kernel's side. */
export type RootlessKit = {
  readonly pid: number;
  /** `--port-driver` of its command line, or null when there is none */
  readonly portDriver: string | null;
  /** `--detach-netns`: the containers' network is a file of its state directory, and the daemon stays in the host's */
  readonly detachesNetwork: boolean;
  /** permitted capabilities, bit by bit as in capabilities(7) */
  readonly permitted: bigint;
  /** where its API socket and its locks are */
  readonly stateDir: string | null;
};

/** Null when the daemon was not started by RootlessKit. */
export async function rootlessKit(target: Target): Promise<RootlessKit | null> {
  const { startedBy, pid: daemon } = await daemonProcess(target);
  const parent = startedBy.find((process) => process.command === 'rootlesskit');
  if (!parent) return null;
  const { stdout } = await target.root.shell(`
tr '\\0' ' ' < /proc/${parent.pid}/cmdline; echo
awk '/^CapPrm:/{print $2}' /proc/${parent.pid}/status
tr '\\0' '\\n' < /proc/${daemon}/environ | sed -n 's/^ROOTLESSKIT_STATE_DIR=//p'`);
  return parseRootlessKit(parent.pid, stdout);
}

/** Pure: command line, CapPrm in hex, state directory, one a line. */
export function parseRootlessKit(pid: number, text: string): RootlessKit {
  const [commandLine = '', permitted = '0', stateDir = ''] = text.split('\n');
  const portDriver = /--port-driver[= ](\S+)/.exec(commandLine)?.[1] ?? null;
  return {
    pid,
    portDriver,
    detachesNetwork: /(^| )--detach-netns(=true)?( |$)/.test(commandLine),
    permitted: BigInt(`0x${permitted.trim() || '0'}`),
    stateDir: stateDir.trim() || null,
  };
}

/** Who binds the host's port, by port driver. pasta forwards implicitly, or what RootlessKit 3.1 tells it by pesto(1). */
export const portOwner: Readonly<Record<string, string>> = {
  builtin: 'rootlesskit',
  'gvisor-tap-vsock': 'rootlesskit',
  slirp4netns: 'slirp4netns',
  implicit: 'pasta',
  pesto: 'pasta',
};

/** `/usr/bin/pasta.avx2` is `pasta`: passt runs a build of itself for the processor, in its place. */
export function programName(executable: string): string {
  const name = executable.split('/').at(-1) ?? '';
  return /^(pasta|passt)(\.avx2)?$/.test(name) ? 'pasta' : name;
}

/** Of the RootlessKit that runs; where none does, what the user unit asks for. */
export function networkDriverOf({ rootlesskit, asked }: HostFacts): string | null {
  return rootlesskit?.networkDriver ?? asked.networkDriver;
}

/** The same; where the unit asks for none, `implicit` for pasta and `builtin` else. */
export function portDriverOf(host: HostFacts): string {
  const chosen = networkDriverOf(host) === 'pasta' ? 'implicit' : 'builtin';
  return host.rootlesskit?.portDriver ?? host.asked.portDriver ?? chosen;
}

/** Only the port drivers slirp4netns and pasta's two keep a client's address, by the table in dockerd-rootless.sh. */
export function losesSource({ host }: { readonly host: HostFacts }): true | string {
  const driver = portDriverOf(host);
  return !['slirp4netns', 'implicit', 'pesto'].includes(driver) || `the port driver is ${driver}, which keeps it`;
}

/** With the port driver implicit it is pasta that binds a port, and nobody asks RootlessKit for it. */
export function asksRootlessKit({ host }: { readonly host: HostFacts }): true | string {
  return portDriverOf(host) !== 'implicit' || 'with the port driver implicit pasta binds the port, and not RootlessKit';
}

/**
 * From 29.1.2 the daemon leaves out the addresses of what the port driver does not forward (setChildHostIP in mapper_linux.go),
 * and of SCTP none is left. With the port driver implicit it asks nobody.
 */
export function refusesSctp(host: HostFacts): boolean {
  return isEngineSince(host, '29.1.2') && asksRootlessKit({ host }) === true;
}

/**
 * pasta looks once a second for what listens in its namespace, and only then listens itself (pasta(1), `-t auto`):
 * waits for that, where pasta forwards. What nobody listens on after 10 s is for the check to find.
 */
export async function forwarded(target: Target, tcp: readonly number[], udp: readonly number[] = []): Promise<void> {
  if (portDriverOf(target.facts.host) === 'implicit') await target.shell(untilBound(tcp, udp));
}

/** A script that ends when the host has sockets on all these ports (TCP: listening), or fails after 10 s. */
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
