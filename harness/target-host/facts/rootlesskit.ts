import { command } from './read-facts.ts';

const netBindService = 1n << 10n;

/** What runs: without a setting, dockerd-rootless.sh chooses by what is installed. */
export const runningRootlessKit = command(
  `p=\${engine%/exe} k=
while p=/proc/$(awk '/^PPid:/ {print $2}' $p/status) && [ $p != /proc/0 ] && [ $p != /proc/ ]; do
  grep -qsz -- '^--net=' $p/cmdline && k=$p
done
[ -n "$k" ] && tr '\\0' '\\n' < $k/cmdline | grep -E -- '^--(net|port-driver)=[a-z0-9-]+$|^--detach-netns(=true)?$' && grep '^CapPrm:' $k/status`,
  parseRootlessKit,
);

function parseRootlessKit(text: string) {
  const [, permitted] = /^CapPrm:\s*([0-9a-f]{1,16})$/m.exec(text) ?? [];
  if (permitted === undefined) return null;
  // RootlessKit takes the last one of a flag
  const last = (flag: string) => text.match(new RegExp(`(?<=^--${flag}=).+$`, 'gm'))?.at(-1) ?? null;
  return {
    networkDriver: last('net'),
    portDriver: last('port-driver'),
    /** the daemon is in the host's network namespace, its bridges in another */
    detachesNetns: /^--detach-netns(=true)?$/m.test(text),
    /** CAP_NET_BIND_SERVICE is permitted */
    bindsPrivilegedPorts: (BigInt(`0x${permitted}`) & netBindService) !== 0n,
  } as const;
}
