import { mustRun, type Target } from '../../harness/checks/index.ts';
import { daemonProcess } from '../instruments/daemon/process.ts';

export type NetworkNamespaces = {
  readonly daemon: string;
  readonly initial: string;
  readonly detached: string | null;
};

export async function networkNamespaces(target: Target): Promise<NetworkNamespaces> {
  const { pid } = await daemonProcess(target);
  const { runtimeDir, user } = target.facts.host;
  // only RootlessKit's mount namespace has the mount: read through the daemon's root
  const file = `/proc/${pid}/root${runtimeDir ?? `/run/user/${user.uid}`}/dockerd-rootless/netns`;
  const kept = `[ "$(stat -fc %T ${file} 2>/dev/null)" != nsfs ] || stat -Lc 'net:[%i]' ${file}`;
  const links = await mustRun(target.root, `readlink /proc/${pid}/ns/net /proc/1/ns/net; ${kept}`);
  const [daemon = '', initial = '', detached] = links.split('\n');
  return { daemon, initial, detached: detached || null };
}
