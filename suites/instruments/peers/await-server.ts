import { mustRun, type Target } from '../../../harness/checks/index.ts';

/**
 * Waits until the process that has the nonce as an argument has a socket on the port in its own network, and resolves to
 * its PID on the host: RootlessKit takes a connection to a published port before the container does, and then hangs up.
 */
export async function awaitServer(
  target: Target,
  nonce: string,
  port: number,
  protocols: readonly ('tcp' | 'udp')[],
): Promise<number> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const bound = protocols.map((one) => `cat $p/net/${one} $p/net/${one}6 2>/dev/null | grep -q ":${hex} "`);
  const script = `
i=0
until
  p=$(grep -lxz -- '${unlikeItself(nonce)}' /proc/[0-9]*/cmdline 2>/dev/null | head -n 1); p=\${p%/cmdline}
  [ -n "$p" ] && ${bound.join(' && ')}
do
  sleep 0.1; i=$((i+1)); [ $i -lt 100 ]
done
echo \${p#/proc/}`;
  return Number(await mustRun(target.root, script));
}

/** A pattern that matches the text and not its own, which is an argument of the grep that looks for it. */
function unlikeItself(text: string): string {
  return `[${text.slice(0, 1)}]${text.slice(1)}`;
}
