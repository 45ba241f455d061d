import { RdcError } from '../../messages/errors.ts';
import { pollUntil } from '../../this-machine/poll.ts';
import { mustRun } from '../access/must-run.ts';
import type { Target } from '../access/target.ts';
import type { HostFacts } from '../facts/host-facts.ts';
import { dockerApi } from './api.ts';

export const rootfulSocket = '/run/rdc-rootful.sock';

const log = '/var/log/rdc-rootful.log';
/** What the host was before; below /run, so that a reboot, which undoes the changes, removes it too. */
const before = '/run/rdc-oracle';

/** Script for root: a daemon on that socket, open to the user's group, with its data in folders of its own. */
const start = ({ socket, user }: Where) => `
rm -f '${socket}'
mkdir -p /var/lib/rdc-rootful /run/rdc-rootful
# the kernel refuses an overlay on an overlay, and Docker 29 does not look
driver=; [ "$(stat -fc %T /var/lib/rdc-rootful)" != overlayfs ] || driver='--storage-driver vfs'
setsid dockerd -H 'unix://${socket}' --group ${user.gid} --data-root /var/lib/rdc-rootful --exec-root /run/rdc-rootful $driver \\
  --pidfile /run/rdc-rootful.pid > ${log} 2>&1 < /dev/null &`;

/** Prints why no second rootful daemon may be started: it would take over the bridge and the rules of the first. */
const guard = `
for p in $(grep -lx dockerd /proc/[0-9]*/comm 2>/dev/null); do
  [ "$(readlink "\${p%/comm}/ns/user")" != "$(readlink /proc/1/ns/user)" ] || { echo 'one is already running'; exit 0; }
done
[ -z "$(ls -A /sys/class/net/docker0/brif 2>/dev/null)" ] || { echo 'its bridge docker0 is in use'; exit 0; }`;

/** What a rootful daemon changes: forwarding, firewall rules, modules. The folder gets its name once it is complete. */
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

/** Modules whose removal takes links or rules of every network namespace along; nothing counts these as users. */
const carrying = 'bridge|veth|dummy|vxlan|ipvlan|macvlan|ip_vs|nf_tables|ip6?_tables|ip6?table_.*';

const stopAndRestore = ({ socket }: Where) => `[ -d ${before} ] || exit 0
# PID file and socket of a killed run may belong to another process by now
pid=$(cat /run/rdc-rootful.pid 2>/dev/null || true)
if [ -n "$pid" ] && grep -qsx dockerd /proc/$pid/comm; then
  kill "$pid" || true; i=0
  while [ -d /proc/$pid ] && [ $i -lt 300 ]; do sleep 0.1; i=$((i+1)); done
  rm -f '${socket}'
fi
# a container with --net=host leaves the host's namespace mounted there
umount /run/rdc-rootful/netns/* 2>/dev/null || true
rm -rf /var/lib/rdc-rootful /run/rdc-rootful /run/rdc-rootful.pid

[ -e ${before}/docker0 ] || ip link del docker0 2>/dev/null || true
while read -r f value; do echo "$value" > "$f"; done < ${before}/sysctls
for ip in iptables ip6tables; do
  # iptables cannot remove a table: a new one is emptied
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

type Where = Pick<HostFacts, 'socket' | 'user'>;

/**
 * Starts a rootful daemon on `rootfulSocket`, where the target's forwarded socket has to lead, beside the user's own.
 * Resolves to the reason where there is none. Throws COMMAND, as `stop` does, when the host cannot be put back.
 */
export async function startRootfulBeside(
  target: Target,
  timeoutMs = 120_000,
): Promise<{ stop(): Promise<void> } | string> {
  const where = { socket: rootfulSocket, user: target.facts.host.user };
  const refusal = await prepare(target, where);
  if (refusal !== '') return refusal;
  try {
    await mustRun(target.root, start(where));
    await awaitAnswer(target, timeoutMs);
    return { stop: () => end(target, where) };
  } catch (error) {
    await mustRun(target.root, stopAndRestore(where));
    return reasonOf(error);
  }
}

/**
 * Starts one on the user's socket, whose daemon `makeRoom` stops, and does not wait for its answer. Resolves to what
 * ends it and puts the host back. Throws DAEMON where another rootful daemon would lose its rules or its bridge.
 */
export async function startRootfulInPlace(target: Target, makeRoom: () => Promise<void>): Promise<() => Promise<void>> {
  const { host } = target.facts;
  const refusal = await prepare(target, host);
  if (refusal !== '') throw new RdcError('DAEMON', refusal);
  try {
    await makeRoom();
    await mustRun(target.root, start(host));
  } catch (error) {
    await mustRun(target.root, stopAndRestore(host));
    throw error;
  }
  return () => end(target, host);
}

async function end(target: Target, where: Where): Promise<void> {
  await mustRun(target.root, `${stopAndRestore(where)}\nrm -f ${log}`);
}

/** Why there can be none, or '' when all that it will change is remembered. */
async function prepare(target: Target, where: Where): Promise<string> {
  try {
    // of an interrupted run
    await mustRun(target.root, stopAndRestore(where));
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
  const hint = `its log: ${log} on the target`;
  throw new RdcError('DAEMON', `the rootful daemon did not answer within ${timeoutMs / 1000} s`, { hint });
}
