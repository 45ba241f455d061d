import type { Target } from '../../harness/index.ts';
import { daemonProcess } from '../daemon/daemon-process.ts';

/** The parent process of RootlessKit, from the kernel's side. */
export type RootlessKit = {
  readonly pid: number;
  /** `--port-driver` of its command line, or null when there is none */
  readonly portDriver: string | null;
  /** permitted capabilities, bit by bit as in capabilities(7) */
  readonly permitted: bigint;
  /** where its API socket and its locks are */
  readonly stateDir: string | null;
};

/** Null when the daemon was not started by RootlessKit. */
export async function rootlessKit(target: Target): Promise<RootlessKit | null> {
  const { service, pid: daemon } = await daemonProcess(target);
  const parent = service.find((process) => process.command === 'rootlesskit');
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
  return { pid, portDriver, permitted: BigInt(`0x${permitted.trim() || '0'}`), stateDir: stateDir.trim() || null };
}

/** Who binds the host's port, by port driver. pasta forwards implicitly. */
export const portOwner: Readonly<Record<string, string>> = {
  builtin: 'rootlesskit',
  'gvisor-tap-vsock': 'rootlesskit',
  slirp4netns: 'slirp4netns',
  implicit: 'pasta',
};
