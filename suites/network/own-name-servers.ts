import { mustRun, probePath, quoteWord, type Target } from '../../harness/checks/index.ts';
import { hostAddress, serveOnHost } from '../instruments/peers/host-server.ts';
import { resolverFiles } from './name-server.ts';

/** The name servers that the host asks, in its order; where systemd-resolved is one of them, those behind it too. */
export async function serversOf(target: Target): Promise<string[]> {
  const text = await mustRun(target, `for f in ${resolverFiles}; do [ ! -e $f ] || cat $f; done`);
  return [...new Set(parseServers(text))];
}

/** Pure: `nameserver 192.0.2.1`, without the zone of a link-local address. */
export function parseServers(text: string): string[] {
  return [...text.matchAll(/^\s*nameserver\s+([\da-fA-F.:]+)/gm)].map(([, server = '']) => server);
}

export type OwnServers = AsyncDisposable & {
  /** what every name is told: an address of the host */
  readonly told: string;
  /** by its own resolver and files */
  hostLookUp(name: string): Promise<string>;
};

/** To the address that the question comes from: only there does a server on all addresses answer from the one asked. */
const redirected = (servers: string, port: number | undefined, action: '-I' | '-D') => `PATH=$PATH:/usr/sbin:/sbin
for s in ${servers}; do
  from=$(ip route get "$s" | sed -n 's/.* src \\([^ ]*\\).*/\\1/p'); case $s in *:*) t=ip6tables from="[$from]" ;; *) t=iptables ;; esac
  $t -w -t nat ${action} OUTPUT -p udp -d "$s" --dport 53 -j DNAT --to-destination "$from:${port}" || echo "not asked: $s"
done`;

/**
 * Until it is disposed of, questions of this host's processes to its own servers are answered by one of ours: only so is
 * the answer known, and the host's files stay as they are. A server that is silent while others answer stays silent.
 */
export async function answerForHost(target: Target, servers: readonly string[]): Promise<OwnServers> {
  await using started = new AsyncDisposableStack();
  const told = await hostAddress(target);
  const [port] = started.use(await serveOnHost(target, target.root, ['dns', '0', told, '9999'])).ports;
  const alive = await thoseThatAnswer(target, servers);
  // systemd-resolved answers that it has no answer: the host asks it, but not always by its address
  const isSilent = alive.every((server) => server === '127.0.0.53');
  const asked = (isSilent ? servers : alive).map(quoteWord).join(' ');
  started.defer(async () => void (await target.root.shell(redirected(asked, port, '-D'))));
  await mustRun(target.root, redirected(asked, port, '-I'));
  const end = started.move();
  return {
    told,
    hostLookUp: async (name) => {
      const { stdout } = await target.shell(`timeout 40 getent ahostsv4 ${quoteWord(name)} | awk '{print $1; exit}'`);
      return stdout.trim();
    },
    [Symbol.asyncDispose]: () => end.disposeAsync(),
  };
}

/** Whatever a server answers, be it a refusal, it is not silent. */
async function thoseThatAnswer(target: Target, servers: readonly string[]): Promise<string[]> {
  const probe = await probePath(target);
  const ask = (server: string) =>
    `{ ${probe} fetch udp ${quoteWord(server)} 53 2000 | grep -q '"errno":null' && echo ${quoteWord(server)}; } &`;
  const stdout = await mustRun(target, `${servers.map(ask).join('\n')}\nwait`);
  return servers.filter((server) => stdout.split('\n').includes(server));
}
