import { type ExecResult, known, mustRun, probePath, quoteWord, type Target } from '../../../harness/checks/index.ts';

// Loopback hides what another host sees: source addresses, ports that are open too wide, UDP replies that go astray.
// TEST-NET-2 and a ULA of our own: neither slirp4netns (10.0.2.0/24), Docker's bridges nor a lab's network use them.
const network = {
  hostAddress: '198.51.100.1',
  address: '198.51.100.2',
  hostAddress6: 'fd72:6463::1',
  address6: 'fd72:6463::2',
} as const;
const namespace = 'rdc-peer';
const link = 'rdc-peer0';

type Wanted = {
  readonly port: number;
  readonly protocol?: 'tcp' | 'udp';
  /** of the target as the peer addresses it; its IPv4 address on the link when left out */
  readonly address?: string;
  readonly timeoutMs?: number;
};

/** A second host beside the target, on a wire of its own: a network namespace of the machine, joined by a veth pair. */
export type Peer = AsyncDisposable &
  typeof network & {
    /** runs a script as root on the peer: the target's files and processes, the peer's network */
    shell(script: string): Promise<ExecResult>;
    /** what connections from the peer to the target bring back, or the errno of each; all in one command */
    fetch(...wanted: readonly Wanted[]): Promise<string[]>;
  };

/** `await using peer = await startPeer(target)`: half a second; taken away when it is disposed of. */
export async function startPeer(target: Target): Promise<Peer> {
  const probe = await probePath(target);
  await mustRun(target.root, startScript());
  const shell: Peer['shell'] = (script) =>
    target.root.exec(['nsenter', `--net=/run/netns/${namespace}`, 'sh', '-c', script], { timeoutMs: 120_000 });
  return {
    ...network,
    shell,
    fetch: async (...wanted) => {
      const { stdout } = await shell(wanted.map((one) => fetchCommand(probe, one)).join('\n'));
      const answers = parseAnswers(stdout);
      return wanted.map(({ port }, index) => known(answers[index], `what the peer fetched from port ${port}`));
    },
    [Symbol.asyncDispose]: async () => void (await mustRun(target.root, `${removeCacheEntries}[ ! -e ${netnsFile} ]`)),
  };
}

const netnsFile = `/run/netns/${namespace}`;
// the link by itself first: the end of a namespace takes its links away only some time later
const removeCacheEntries = `ip link del ${link} 2>/dev/null || true
[ ! -e ${netnsFile} ] || ip netns del ${namespace}
`;

/** `ip -batch`: one process for many settings, a fork costs 20 ms on an emulated machine. */
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

/** Pure: one line of JSON an attempt, as `probe fetch` prints it; the text that came, or the errno. */
export function parseAnswers(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { errno: string | null; text?: string })
    .map(({ errno, text: answer }) => errno ?? answer ?? '');
}
