import { type Executor, known, mustRun, probePath, quoteWord, type Target } from '../../harness/index.ts';

export type HostServer = AsyncDisposable & { readonly port: number };

/**
 * `probe serve` on the host: `await using server = await serveOnHost(target, target, ['tcp', '0', nonce])`. It ends
 * when it is disposed of, and by itself after five minutes.
 */
export async function serveOnHost(target: Target, as: Executor, args: readonly string[]): Promise<HostServer> {
  const command = [await probePath(target), 'serve', ...args].map(quoteWord).join(' ');
  const stdout = await mustRun(
    as,
    `out=$(mktemp)
setsid timeout 300 ${command} > "$out" 2>&1 < /dev/null &
i=0; while [ ! -s "$out" ] && [ $i -lt 200 ]; do sleep 0.05; i=$((i+1)); done
echo $!; cat "$out"; rm "$out"`,
  );
  const pid = Number(/^\d+$/m.exec(stdout)?.[0]);
  const port = /"listening":(\d+)/.exec(stdout)?.[1];
  return {
    port: Number(known(port, `the port of probe serve ${args[0]} on the host`)),
    [Symbol.asyncDispose]: async () => void (await as.exec(['kill', String(pid)])),
  };
}

/** An IPv4 address of the host that is not its loopback: what containers reach it by. */
export async function hostAddress(target: Target): Promise<string> {
  const { stdout } = await target.exec(['ip', '-4', '-o', 'addr', 'show', 'scope', 'global']);
  return known(/ inet (\d+\.\d+\.\d+\.\d+)/.exec(stdout)?.[1], 'an address of the host besides its loopback');
}
