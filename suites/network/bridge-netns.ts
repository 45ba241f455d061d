import { type Inject, mustRun, probePath, quoteWord, type Target } from '../../harness/checks/index.ts';
import { daemonProcess } from '../instruments/daemon/process.ts';
import { parseAnswers } from '../instruments/peers/peer.ts';

// In the daemon's network namespace up to 29.4, then in one that RootlessKit keeps as a file in its state directory.
const findNetns = (pid: number) => `
state=$(tr '\\0' '\\n' < /proc/${pid}/environ | sed -n 's/^ROOTLESSKIT_STATE_DIR=//p')
netns=/proc/${pid}/root$state/netns
[ -n "$state" ] && [ -e "$netns" ] || netns=/proc/${pid}/ns/net`;

/** For a rootful daemon it is the host's. */
export async function inBridgeNetns(target: Target, script: string): Promise<string> {
  const { pid } = await daemonProcess(target);
  return await mustRun(target.root, `${findNetns(pid)}\nnsenter --net="$netns" sh -c ${quoteWord(script)}`);
}

export function netnsScript(apply: string, undo: string): Inject {
  return async ({ target }) => {
    await inBridgeNetns(target, apply);
    return () => inBridgeNetns(target, undo);
  };
}

export async function fetchOnBothSides(target: Target, address: string): Promise<{ host: string; netns: string }> {
  const fetch = `${await probePath(target)} fetch tcp ${quoteWord(address)} 80 2000`;
  // an address that leads nowhere is only known by its timeout
  const [onHost, netns] = await Promise.all([target.shell(fetch), fetchInBridgeNetns(target, address)]);
  return { host: parseAnswers(onHost.stdout)[0] ?? 'no answer', netns };
}

/** The second of these alone. */
export async function fetchInBridgeNetns(target: Target, address: string): Promise<string> {
  const { pid } = await daemonProcess(target);
  const fetch = `${await probePath(target)} fetch tcp ${quoteWord(address)} 80`;
  const enter = 'nsenter -U --preserve-credentials';
  const { stdout } = await target.shell(`${findNetns(pid)}
if [ "$netns" = /proc/${pid}/ns/net ]; then ${enter} -n -t ${pid} ${fetch}
else ${enter} -m -t ${pid} nsenter --net="$state/netns" ${fetch}; fi`);
  return parseAnswers(stdout)[0] ?? 'no answer';
}
