import { randomUUID } from 'node:crypto';
import { type HostFacts, probePath, type Target } from '../../harness/checks/index.ts';
import { isEngineSince } from '../instruments/daemon/versions.ts';
import { unitEnvironment } from './unit-environment.ts';

/** What dockerd-rootless.sh looks for, in its order; the last one is built into RootlessKit 3 and needs no program. */
export function driversOf(host: HostFacts): readonly string[] {
  return [
    'slirp4netns',
    // from 28.5.2 on
    ...(isEngineSince(host, '28.5') ? ['pasta'] : []),
    'vpnkit',
    ...(isEngineSince(host, '29.5') ? ['gvisor-tap-vsock'] : []),
  ];
}

/** The first program on the PATH of the daemon's unit that such a driver needs, or null. */
export function programOf(host: HostFacts): string | null {
  return (
    driversOf(host)
      .map((driver) => host.paths[driver] ?? null)
      .find((path) => path !== null) ?? null
  );
}

export type DriverAtWork = {
  /** the one that the daemon's script would take, or null */
  readonly driver: string | null;
  /** what a connection to the host's own address brought back, from a network namespace that RootlessKit made with it */
  readonly fetched: string;
  readonly nonce: string;
};

const port = 18_099;

/** Where a script runs: in a session of the user's, or where the daemon's unit does. */
export type Run = (script: string) => Promise<{ readonly stdout: string }>;

const slow = { timeoutMs: 90_000 };

/**
 * A network namespace that RootlessKit makes with the driver, by the options of dockerd-rootless.sh, and a connection
 * out of it: a nonce from a server on the host. The running daemon and its own driver stay out of it.
 */
export async function driverAtWork(
  target: Target,
  run: Run = (script) => target.shell(script, slow),
): Promise<DriverAtWork> {
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

/** Pure. */
export function parseDriverAtWork(text: string): Omit<DriverAtWork, 'nonce'> {
  return {
    driver: /^driver (\S+)$/m.exec(text)?.[1] ?? null,
    fetched: /"text":"([^"\\]*)/.exec(text)?.[1] ?? '',
  };
}
