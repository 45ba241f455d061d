import { RdcError } from '../../messages/errors.ts';
import { pollUntil } from '../../this-machine/poll.ts';
import { mustRun } from '../access/must-run.ts';
import type { Target } from '../access/target.ts';
import type { HostFacts } from '../facts/host-facts.ts';
import { dockerApi } from './api.ts';

const log = '/var/log/rdc-rootful.log';

/** Script for root: a rootful dockerd on that socket, open to the user's group, with all its data in places of its own. */
function startScript({ socket, user }: Pick<HostFacts, 'socket' | 'user'>): string {
  return `
rm -f '${socket}'
mkdir -p /var/lib/rdc-rootful /run/rdc-rootful
setsid dockerd -H 'unix://${socket}' --group ${user.gid} --data-root /var/lib/rdc-rootful --exec-root /run/rdc-rootful \\
  --pidfile /run/rdc-rootful.pid > ${log} 2>&1 < /dev/null &`;
}

/** Script for root: ends that daemon and removes what it kept. */
function stopScript({ socket }: Pick<HostFacts, 'socket'>): string {
  return `
# the number in a file that a killed run left may be somebody else's by now, and so may be the socket
pid=$(cat /run/rdc-rootful.pid 2>/dev/null || true)
if [ -n "$pid" ] && grep -qsx dockerd /proc/$pid/comm; then
  kill "$pid" || true; i=0
  while [ -d /proc/$pid ] && [ $i -lt 300 ]; do sleep 0.1; i=$((i+1)); done
  rm -f '${socket}'
fi
# a container with --net=host leaves the host's namespace mounted there
umount /run/rdc-rootful/netns/* 2>/dev/null || true
rm -rf /var/lib/rdc-rootful /run/rdc-rootful /run/rdc-rootful.pid`;
}

/** Where the rootful daemon listens that runs beside the user's. */
export const rootfulSocket = '/run/rdc-rootful.sock';

/** What the host was before; below /run, so that a reboot forgets it with what it describes. */
const before = '/run/rdc-oracle';

/** Prints why no second rootful daemon may be started: it would take over the bridge and the rules of the first. */
const guard = `
for p in $(grep -lx dockerd /proc/[0-9]*/comm 2>/dev/null); do
  [ "$(readlink "\${p%/comm}/ns/user")" != "$(readlink /proc/1/ns/user)" ] || { echo 'one is already running'; exit 0; }
done
[ -z "$(ls -A /sys/class/net/docker0/brif 2>/dev/null)" ] || { echo 'its bridge docker0 is in use'; exit 0; }`;

/**
 * A rootful daemon forwards packets, writes firewall rules and loads modules, one of which a user's daemon may lack. All is
 * there before the folder has its name: a rule that was not written down yet would be flushed.
 */
const remember = `
rm -rf ${before}-new; mkdir -m 700 ${before}-new
for ip in iptables ip6tables; do $ip-save > ${before}-new/$ip 2>/dev/null || true; done
for f in /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding /proc/sys/net/ipv6/conf/default/forwarding; do
  [ ! -e $f ] || echo "$f $(cat $f)"
done > ${before}-new/sysctls
# a kernel without modules has no such file
cut -d' ' -f1 /proc/modules > ${before}-new/modules 2>/dev/null || true
for f in /etc/docker /etc/docker/key.json; do [ -e $f ] || echo $f; done > ${before}-new/absent
[ ! -e /sys/class/net/docker0 ] || : > ${before}-new/docker0
mv ${before}-new ${before}`;

/** Modules that take along what nothing counts: links of a kind, rules of a table, in every network namespace. */
const carrying = 'bridge|veth|dummy|vxlan|ipvlan|macvlan|ip_vs|nf_tables|ip6?_tables|ip6?table_.*';

// a table that was not there before is emptied: iptables cannot remove one
const restore = `
[ -e ${before}/docker0 ] || ip link del docker0 2>/dev/null || true
while read -r f value; do echo "$value" > "$f"; done < ${before}/sysctls
for ip in iptables ip6tables; do
  for table in $($ip-save 2>/dev/null | sed -n 's/^\\*//p'); do
    grep -qx "\\*$table" ${before}/$ip || { $ip -w -t $table -F; $ip -w -t $table -X; }
  done
  [ "$($ip-save 2>/dev/null | grep -c '^:FORWARD DROP')" = 0 ] || $ip -w -P FORWARD ACCEPT
  [ ! -s ${before}/$ip ] || $ip-restore < ${before}/$ip
done
for again in 1 2 3; do
  cut -d' ' -f1 /proc/modules | grep -vxF -f ${before}/modules | grep -vxE '${carrying}' | xargs -r -n 1 rmmod 2>/dev/null || true
done
xargs -r rm -rf < ${before}/absent
rm -rf ${before}`;

export type RootfulDaemon = {
  /** ends the daemon and puts the host back as it was; throws COMMAND when that fails */
  stop(): Promise<void>;
};

type Where = Pick<HostFacts, 'socket' | 'user'>;

const stopAndRestore = (where: Where) => `[ -d ${before} ] || exit 0\n${stopScript(where)}\n${restore}`;

/**
 * Starts a rootful daemon on `rootfulSocket` beside the user's own, which runs on. Resolves to the reason where there
 * is none; throws when the host could not be put back as it was. The target's forwarded socket has to be that one.
 */
export async function startRootfulBeside(target: Target, timeoutMs = 120_000): Promise<RootfulDaemon | string> {
  const where = { socket: rootfulSocket, user: target.facts.host.user };
  const refusal = await prepare(target, stopAndRestore(where));
  if (refusal !== '') return refusal;
  try {
    await mustRun(target.root, startScript(where));
    await awaitAnswer(target, timeoutMs);
    return { stop: async () => void (await mustRun(target.root, `${stopAndRestore(where)}\nrm -f ${log}`)) };
  } catch (error) {
    await mustRun(target.root, stopAndRestore(where));
    return reasonOf(error);
  }
}

/**
 * Starts one on the user's own socket, whose daemon `makeRoom` stops; whether it answers is another matter. Resolves to what
 * ends it and puts the host back. Throws DAEMON where another rootful daemon would lose its rules or its bridge.
 */
export async function startRootfulInPlace(target: Target, makeRoom: () => Promise<void>): Promise<() => Promise<void>> {
  const { host } = target.facts;
  const refusal = await prepare(target, stopAndRestore(host));
  if (refusal !== '') throw new RdcError('DAEMON', refusal);
  const stop = async () => void (await mustRun(target.root, stopAndRestore(host)));
  try {
    await makeRoom();
    await mustRun(target.root, startScript(host));
  } catch (error) {
    await stop();
    throw error;
  }
  return async () => void (await mustRun(target.root, `${stopAndRestore(host)}\nrm -f ${log}`));
}

/** Why there can be none, or '' when everything that it will change is remembered. */
async function prepare(target: Target, stop: string): Promise<string> {
  try {
    // what an interrupted run left behind goes first
    await mustRun(target.root, stop);
    const refusal = (await mustRun(target.root, guard)).trim();
    if (refusal !== '') return `cannot start a rootful daemon: ${refusal}`;
    await mustRun(target.root, `command -v dockerd > /dev/null\n${remember}`);
    return '';
  } catch (error) {
    return reasonOf(error);
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof RdcError)) throw error;
  return `cannot start a rootful daemon: ${error.message}`;
}

async function awaitAnswer(target: Target, timeoutMs: number): Promise<void> {
  const answers = async () => {
    const ping = await dockerApi(target, 'GET', '/_ping', { timeoutMs: 10_000, fresh: true }).catch(() => null);
    return ping?.status === 200;
  };
  if (await pollUntil(answers, { withinMs: timeoutMs, everyMs: 250 })) return;
  throw new RdcError('DAEMON', `the rootful daemon did not answer within ${timeoutMs / 1000} s`, {
    hint: `its log: ${log} on the target`,
  });
}
