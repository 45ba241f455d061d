import { known, mustRun, pollUntil, type Target } from '../../harness/checks/index.ts';

export type Listener = { readonly pid: number; readonly uid: number; readonly executable: string };

/** Every listener, whichever address it is bound to. */
export async function tcpListeners(target: Target, port: number): Promise<Listener[]> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const { stdout } = await target.root.shell(`
for inode in $(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk '$4 == "0A" && $2 ~ /:${hex}$/ {print $10}'); do
  p=$(find /proc/[0-9]*/fd -lname "socket:\\[$inode\\]" 2>/dev/null | head -n 1)
  p=\${p%/fd/*}
  echo "\${p#/proc/} $(awk '/^Uid:/{print $3}' $p/status) $(readlink $p/exe)"
done`);
  return parseListeners(stdout);
}

export function parseListeners(text: string): Listener[] {
  const lines = [...text.matchAll(/^(\d+) (\d+) (\S+)/gm)];
  return lines.map(([, pid, uid, executable = '']) => ({ pid: Number(pid), uid: Number(uid), executable }));
}

export async function listenersLeft(target: Target, port: number, timeoutMs: number): Promise<Listener[]> {
  let left: Listener[] = [];
  const isFree = async () => {
    left = await tcpListeners(target, port);
    return left.length === 0;
  };
  await pollUntil(isFree, { withinMs: timeoutMs, everyMs: 50 });
  return left;
}

export async function freePort(target: Target, from: number, step: 1 | -1 = 1): Promise<number> {
  const sockets = await mustRun(target, 'cat /proc/net/tcp; [ ! -e /proc/net/tcp6 ] || cat /proc/net/tcp6');
  return known(firstFreePort(sockets, from, step), `a free TCP port from ${from} on`);
}

export function firstFreePort(sockets: string, from: number, step: 1 | -1): number | null {
  const listening = /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:0000 0A /gm;
  const busy = new Set([...sockets.matchAll(listening)].map(([, hex = '']) => Number.parseInt(hex, 16)));
  for (let port = from; port > 0 && port <= 65_535; port += step) if (!busy.has(port)) return port;
  return null;
}
