import { type Inject, mustRun, probePath, quoteWord, type Target } from '../../harness/checks/index.ts';
import { daemonProcess } from '../instruments/daemon/process.ts';
import { parseAnswers } from '../instruments/peers/peer.ts';

// Up to Docker 29.4 the bridges are in the daemon's own network namespace. From 29.5 the daemon stays in the host's,
// and RootlessKit keeps another one as a file of its state directory, which only the daemon's mount namespace has.
const findNetns = (pid: number) => `
state=$(tr '\\0' '\\n' < /proc/${pid}/environ | sed -n 's/^ROOTLESSKIT_STATE_DIR=//p')
netns=/proc/${pid}/root$state/netns
[ -n "$state" ] && [ -e "$netns" ] || netns=/proc/${pid}/ns/net`;

/** Runs a script as root in the network namespace that the daemon's bridges are in; for a rootful daemon that is the host's. */
export async function inBridgeNetns(target: Target, script: string): Promise<string> {
  const { pid } = await daemonProcess(target);
  return await mustRun(target.root, `${findNetns(pid)}\nnsenter --net="$netns" sh -c ${quoteWord(script)}`);
}

/** A fault made of two scripts that root runs in that namespace. */
export function netnsScript(apply: string, undo: string): Inject {
  return async ({ target }) => {
    await inBridgeNetns(target, apply);
    return async () => void (await inBridgeNetns(target, undo));
  };
}

/** What the user gets from an address, on the host and after entering the namespace the documented way: a text or an errno. */
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
