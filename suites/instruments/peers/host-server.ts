import { type Executor, known, mustRun, probePath, quoteWord, type Target } from '../../../harness/checks/index.ts';

/** `await using server = await serveOnHost(target, target, ['tcp', '0', nonce])`; ends by itself after five minutes. */
export async function serveOnHost(target: Target, as: Executor, ...servers: readonly (readonly string[])[]) {
  const probe = await probePath(target);
  const start = servers.map(
    (args) => `setsid timeout 300 ${[probe, 'serve', ...args].map(quoteWord).join(' ')} >> "$out" 2>&1 < /dev/null &
echo $!; heard=$((heard+1)); i=0
while [ "$(wc -l < "$out")" -lt $heard ] && [ $i -lt 200 ]; do sleep 0.05; i=$((i+1)); done`,
  );
  const stdout = await mustRun(as, `out=$(mktemp); heard=0\n${start.join('\n')}\ncat "$out"; rm "$out"`);
  const pids = [...stdout.matchAll(/^\d+$/gm)].map(([pid]) => pid);
  const ports = [...stdout.matchAll(/"listening":(\d+)/g)].map(([, port]) => Number(port));
  return {
    ports: servers.map((args, index) => known(ports[index], `the port of probe serve ${args[0]} on the host`)),
    [Symbol.asyncDispose]: async () => void (await as.exec(['kill', ...pids])),
  };
}

/** The host's IPv4 address towards others. */
export async function hostAddress(target: Target): Promise<string> {
  // TEST-NET-1: nothing is sent, the kernel only picks the source address
  const { stdout } = await target.exec(['ip', '-4', 'route', 'get', '192.0.2.1']);
  return known(/ src (\d+\.\d+\.\d+\.\d+)/.exec(stdout)?.[1], 'an address of the host besides its loopback');
}
