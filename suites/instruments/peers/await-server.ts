import { mustRun, type Target } from '../../../harness/checks/index.ts';

/** The host PID of the process with the nonce, once it has the port: RootlessKit accepts earlier, and hangs up. */
export async function awaitServer(target: Target, nonce: string, port: number, protocols: readonly ('tcp' | 'udp')[]) {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const bound = protocols.map((one) => `cat $p/net/${one} $p/net/${one}6 2>/dev/null | grep -q ":${hex} "`);
  // the brackets keep grep from finding its own command line
  const script = `
i=0
until
  p=$(grep -lxz -- '[${nonce.slice(0, 1)}]${nonce.slice(1)}' /proc/[0-9]*/cmdline 2>/dev/null | head -n 1); p=\${p%/cmdline}
  [ -n "$p" ] && ${bound.join(' && ')}
do
  sleep 0.1; i=$((i+1)); [ $i -lt 100 ]
done
echo \${p#/proc/}`;
  return Number(await mustRun(target.root, script));
}
