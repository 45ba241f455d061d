import { randomUUID } from 'node:crypto';
import { type HostFacts, probePath, type Target } from '../../harness/checks/index.ts';
import { isEngineSince } from '../instruments/daemon/versions.ts';
import { type Run, unitEnvironment } from './firewall.ts';

/** In the order of dockerd-rootless.sh; gvisor-tap-vsock is built into RootlessKit 3. */
export function driversOf(host: HostFacts): readonly string[] {
  return [
    'slirp4netns',
    ...(isEngineSince(host, '28.5.2') ? ['pasta'] : []),
    'vpnkit',
    ...(isEngineSince(host, '29.5') ? ['gvisor-tap-vsock'] : []),
  ];
}

export function programOf(host: HostFacts): string | null {
  const paths = driversOf(host).map((driver) => host.paths[driver] ?? null);
  return paths.find((path) => path !== null) ?? null;
}

const port = 18_099;

const slow = { timeoutMs: 90_000 };

/** A connection out of RootlessKit's network, by the options of dockerd-rootless.sh; without the running daemon. */
export async function driverAtWork(target: Target, run: Run = (script) => target.shell(script, slow)) {
  const { host } = target.facts;
  const nonce = randomUUID();
  const probe = await probePath(target);
  const inside = `${probe} fetch tcp "$a" ${port} 10000`;
  const { stdout } = await run(
    `${unitEnvironment}
export PATH="$p:$PATH"
n=$(printf '%s\\n' "$e" | tr ' ' '\\n' | sed -n 's/^DOCKERD_ROOTLESS_ROOTLESSKIT_NET=//p')
for d in ${driversOf(host).join(' ')}; do
  [ -z "$n" ] || break
  case $d in
  slirp4netns) slirp4netns --help 2>/dev/null | grep -q -- --netns-type && n=$d ;;
  gvisor-tap-vsock) n=$d ;;
  *) command -v $d > /dev/null && n=$d ;;
  esac
done
echo "driver $n"; [ -n "$n" ] || exit 0
export a=$(ip -4 -o addr show scope global | awk '{sub("/.*", "", $4); print $4; exit}')
case $n in slirp4netns) o='--mtu=65520 --slirp4netns-sandbox=auto --slirp4netns-seccomp=auto' ;; pasta) o=--port-driver=implicit ;; esac
${probe} serve tcp ${port} ${nonce} > /dev/null 2>&1 & s=$!
d=$(mktemp -d)
rootlesskit --state-dir="$d/state" --net=$n $o --disable-host-loopback --copy-up=/etc sh -c '${inside}'
kill $s; rm -rf "$d"`,
  );
  return { ...parseDriverAtWork(stdout), nonce };
}

export function parseDriverAtWork(text: string) {
  return {
    driver: /^driver (\S+)$/m.exec(text)?.[1] ?? null,
    fetched: /"text":"([^"\\]*)/.exec(text)?.[1] ?? '',
  };
}
