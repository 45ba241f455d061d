import { type HostFacts, type Inject, mustRun, quoteWord, type Target } from '../../../harness/checks/index.ts';
import { daemonProcess } from './process.ts';

/** In the daemon's mount and user namespace: the host's UID 0 is not mapped there and cannot create a file. */
export function overlaidForDaemon(script: (host: HostFacts) => string, undo: (host: HostFacts) => string): Inject {
  const inside = async (target: Target, command: string) => {
    const { pid } = await daemonProcess(target);
    await mustRun(target.root, `nsenter -t ${pid} -U -m -- sh -ec ${quoteWord(command)}`);
  };
  return async ({ target, host }) => {
    await inside(target, script(host));
    return () => inside(target, undo(host));
  };
}

export const hidesSocket: Inject = overlaidForDaemon(
  ({ socket }) => `touch /tmp/rdc-not-a-socket; mount --bind /tmp/rdc-not-a-socket '${socket}'`,
  ({ socket }) => `umount '${socket}'; rm -f /tmp/rdc-not-a-socket`,
);
