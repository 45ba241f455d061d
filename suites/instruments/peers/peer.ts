import { known, mustRun, probePath, quoteWord, type Target } from '../../../harness/checks/index.ts';
import { probeAnswers } from '../kernel/probe-answers.ts';

// TEST-NET-2 and a ULA of our own: neither slirp4netns nor Docker's bridges use them.
const network = {
  hostAddress: '198.51.100.1',
  address: '198.51.100.2',
  hostAddress6: 'fd72:6463::1',
  address6: 'fd72:6463::2',
} as const;
const namespace = 'rdc-peer';
const link = 'rdc-peer0';

type Wanted = { port: number; protocol?: 'tcp' | 'udp'; address?: string; timeoutMs?: number };

/** A second host: a network namespace of the machine, joined by a veth pair. */
export async function startPeer(target: Target) {
  const probe = await probePath(target);
  await mustRun(target.root, startScript());
  const shell = (script: string) =>
    target.root.exec(['nsenter', `--net=/run/netns/${namespace}`, 'sh', '-c', script], { timeoutMs: 120_000 });
  return {
    ...network,
    shell,
    fetch: async (...wanted: readonly Wanted[]) => {
      const { stdout } = await shell(wanted.map((one) => fetchCommand(probe, one)).join('\n'));
      const answers = parseAnswers(stdout);
      return wanted.map(({ port }, index) => known(answers[index], `what the peer fetched from port ${port}`));
    },
    [Symbol.asyncDispose]: async () => void (await mustRun(target.root, `${removeCacheEntries}[ ! -e ${netnsFile} ]`)),
  };
}

const netnsFile = `/run/netns/${namespace}`;
// the link first: a namespace removes its links some time after its end
const removeCacheEntries = `ip link del ${link} 2>/dev/null || true
[ ! -e ${netnsFile} ] || ip netns del ${namespace}
`;

/** `ip -batch`: a fork costs 20 ms on an emulated machine. */
function startScript(): string {
  const { hostAddress, address, hostAddress6, address6 } = network;
  return `${removeCacheEntries}
ip netns add ${namespace}
ip -batch - <<'EOF'
link add ${link} type veth peer name eth0 netns ${namespace}
addr add ${hostAddress}/30 dev ${link}
link set ${link} up
EOF
ip -n ${namespace} -batch - <<'EOF'
addr add ${address}/30 dev eth0
link set lo up
link set eth0 up
EOF
# a machine without IPv6 has a peer all the same
ip addr add ${hostAddress6}/64 dev ${link} nodad || true
ip -n ${namespace} addr add ${address6}/64 dev eth0 nodad || true`;
}

function fetchCommand(probe: string, { port, protocol = 'tcp', address, timeoutMs = 10_000 }: Wanted): string {
  return [probe, 'fetch', protocol, address ?? network.hostAddress, String(port), String(timeoutMs)]
    .map(quoteWord)
    .join(' ');
}

/** Pure: a line of JSON an attempt; the text that came, or the errno. */
export function parseAnswers(text: string): string[] {
  const answers = probeAnswers<{ errno: string | null; text?: string }>(text);
  return answers.map(({ errno, text: answer }) => errno ?? answer ?? '');
}
