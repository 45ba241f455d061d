import type { Executor } from '../transport/executor.ts';
import {
  captured,
  cgroupVersion,
  distributionOf,
  idRanges,
  installationOf,
  lackedCapabilities,
  memberOf,
  numberOf,
  trimmed,
  words,
} from './parse-values.ts';
import {
  command,
  type FactsOf,
  file,
  parseFacts,
  required,
  scriptOf,
  slow,
  socketPath,
  versionsOf,
} from './read-facts.ts';
import { runningRootlessKit } from './rootlesskit.ts';

const programs = words('docker dockerd containerd runc rootlesskit slirp4netns pasta iptables fuse-overlayfs');
const hidepidIn = captured(/\bhidepid=(\w+)/);
/** `"storage-driver":"overlay2"`, `--firewall-backend=nftables` */
const setting = captured(/[:=]"?([a-z0-9-]+)"?$/m);

/** Only one key: the file may hold secrets. */
const inDaemonJson = (key: string) =>
  `tr -d '\\n\\t ' < "$HOME/.config/docker/daemon.json" | grep -oE '"${key}":"[a-z0-9-]+"'`;
const inUnit = (name: string) => `printf '%s\\n' "$unit" | grep '^Environment=' | grep -oE '${name}=[a-z0-9-]+'`;

/** From the host's kernel and files, never from the daemon's answers. Null: it cannot be read. */
export type HostFacts = FactsOf<typeof hostFacts>;

/** Names and order are those of results.json. */
const hostFacts = {
  os: file('/etc/os-release', distributionOf),
  kernel: required(command('uname -r', trimmed), 'kernel release'),
  architecture: required(command('uname -m', trimmed), 'architecture'),
  cpus: required(command('getconf _NPROCESSORS_ONLN', numberOf), 'number of processors'),
  memoryMiB: required(command("awk '/^MemTotal/ {print int($2/1024)}' /proc/meminfo", numberOf), 'memory size'),
  /** `systemd` when it is PID 1, else the name of PID 1; where hidepid keeps it from the user, as sd_booted(3) does */
  init: required(
    command('cat /proc/1/comm || { [ ! -d /run/systemd/system ] || echo systemd; }', trimmed),
    (at) => `name of PID 1${hiddenBy(hidepidIn(at('hidepid')))}`,
  ),
  systemdVersion: command('systemctl --version', (text) => numberOf(/^systemd (\d+)/.exec(text)?.[1])),
  cgroup: {
    version: required(command('stat -f -c %t /sys/fs/cgroup', cgroupVersion), 'file system of the cgroups'),
    /** of the root of the cgroup v2 tree: [] where all sit on v1 hierarchies, null on cgroup v1 */
    availableControllers: command('cat /sys/fs/cgroup/cgroup.controllers && echo read', (text) => {
      const names = [...words(text)];
      return names.pop() === 'read' ? names : null;
    }),
    /** of user@UID.service; null where that cgroup does not exist */
    userControllers: command(
      'cat "/sys/fs/cgroup/user.slice/user-$(id -u).slice/user@$(id -u).service/cgroup.controllers" || echo absent',
      (text) => (text.includes('absent') ? null : words(text)),
    ),
  },
  /** what its systemd says of a host that is a container, e.g. `systemd-nspawn`: the kernel is another host's too */
  container: file('/run/systemd/container', (text) => text.trim() || null),
  /** that no process of the host may have, e.g. `CAP_SYS_RESOURCE`: not even root may raise limits then */
  lackedCapabilities: command(
    'cat /proc/sys/kernel/cap_last_cap && grep "^CapBnd:" /proc/1/status',
    lackedCapabilities,
  ),
  /** whether the kernel has it, loads it or would */
  sctp: command(
    'm=/lib/modules/$(uname -r); grep -qs "^SCTP" /proc/net/protocols || grep -qsE "/sctp\\.ko" $m/modules.builtin $m/modules.dep && echo yes || echo no',
    (text) => text.trim() === 'yes',
  ),
  lsm: file('/sys/kernel/security/lsm', (text): readonly string[] => text.trim().split(',').filter(Boolean)),
  sysctl: {
    unprivilegedUsernsClone: file('/proc/sys/kernel/unprivileged_userns_clone', numberOf),
    maxUserNamespaces: file('/proc/sys/user/max_user_namespaces', numberOf),
    apparmorRestrictUserns: file('/proc/sys/kernel/apparmor_restrict_unprivileged_userns', numberOf),
    unprivilegedPortStart: file('/proc/sys/net/ipv4/ip_unprivileged_port_start', numberOf),
    pingGroupRange: file('/proc/sys/net/ipv4/ping_group_range', (text) => words(text).join(' ') || null),
    maxKeys: file('/proc/sys/kernel/keys/maxkeys', numberOf),
    /** of all interfaces; null where the kernel has no IPv6 */
    disableIpv6: file('/proc/sys/net/ipv6/conf/all/disable_ipv6', numberOf),
    maxInotifyInstances: file('/proc/sys/fs/inotify/max_user_instances', numberOf),
    /** 0 on the emulated machines of the lab (vms/provision/base.sh), 2 on other hosts */
    randomizeVaSpace: file('/proc/sys/kernel/randomize_va_space', numberOf),
  },
  user: {
    name: required(command('id -un', trimmed), 'user'),
    uid: required(command('id -u', numberOf), 'user'),
    gid: required(command('id -g', numberOf), 'user'),
    home: required(command('echo "$HOME"', trimmed), 'home of the user'),
    groups: command('id -Gn', words),
    subuid: file('/etc/subuid', (text, at) => idRanges(text, at('user.name').trim(), Number(at('user.uid')))),
    subgid: file('/etc/subgid', (text, at) => idRanges(text, at('user.name').trim(), Number(at('user.uid')))),
    /** null is unlimited */
    memlockBytes: command('ulimit -Hl', (text) => {
      const kib = numberOf(text);
      return kib === null ? null : kib * 1024;
    }),
  },
  /** XDG_RUNTIME_DIR of a login session, or null where it is not set */
  runtimeDir: command('echo "$XDG_RUNTIME_DIR"', (text) => text.trim() || null),
  socket: required(command(`echo ${socketPath}`, trimmed), 'path of the socket'),
  /** the user's program that takes `start`, `stop` and `status` in the place of a user manager, or null */
  daemonScript: command(
    '[ -x "$HOME/.config/rdc/daemon" ] && echo "$HOME/.config/rdc/daemon"', // see docs/guides/existing-hosts.md
    captured(/^(\/.+)$/m),
  ),
  /** option of /proc that hides the processes of others from the user, e.g. `invisible`; null where it hides none */
  hidepid: command(
    // not for a user in the group that sees everything; the last of several mounts counts
    `cat /proc/1/comm > /dev/null || awk '$5 == "/proc" {o = $NF} END {print o}' /proc/self/mountinfo`,
    hidepidIn,
  ),
  /** of the root file system; `private`: the daemon sees no mount made after its start */
  rootPropagation: command(
    'awk \'$5 == "/" {print / shared:/ ? "shared" : "private"}\' /proc/self/mountinfo',
    captured<'shared' | 'private'>(/\b(shared|private)\s*$/),
  ),
  /** what the user's files ask of the daemon, not what it does; null where they say nothing */
  asked: {
    storageDriver: command(inDaemonJson('storage-driver'), setting),
    /** of daemon.json or of the running daemon's command line, e.g. `nftables` */
    firewallBackend: command(
      `${inDaemonJson('firewall-backend')} ||
tr '\\0' '\\n' < \${engine%/exe}/cmdline | grep -E -- '^--firewall-backend=[a-z0-9-]+$'`,
      setting,
    ),
    networkDriver: command(inUnit('DOCKERD_ROOTLESS_ROOTLESSKIT_NET'), setting),
    portDriver: command(inUnit('DOCKERD_ROOTLESS_ROOTLESSKIT_PORT_DRIVER'), setting),
  },
  /** the process above the daemon that listens on the socket, by its command line; null where there is none */
  rootlesskit: runningRootlessKit,
  /** where `paths` and `versions` were looked for: PATH of the running daemon, else of its unit, then of a session */
  searchPath: command('echo "$PATH"', trimmed),
  /** versions by binary; null where it is not installed. Paths in `paths` */
  versions: slow(command(versionsOf(programs), memberOf)),
  paths: command(
    'for b in docker dockerd containerd runc rootlesskit slirp4netns pasta vpnkit fuse-overlayfs newuidmap newgidmap getsubids dockerd-rootless.sh dockerd-rootless-setuptool.sh iptables getfacl; do p=$(program $b); case $p in /proc/*) p=$(readlink "$p") ;; esac; p=${p% (deleted)}; echo "$b ${p:--}"; done',
    memberOf,
  ),
  /** of the user's client, where it looks for them: `docker buildx`, `docker compose`; null where there is none */
  clientPlugins: command(
    `for p in buildx compose; do
  for d in "$HOME/.docker" /usr/local/lib/docker /usr/local/libexec/docker /usr/lib/docker /usr/libexec/docker; do
    [ ! -x "$d/cli-plugins/docker-$p" ] || { echo "$p $d/cli-plugins/docker-$p"; break; }
  done
done`,
    memberOf,
  ),
  /** serial ports of the kernel besides the console, e.g. `/dev/ttyS1`, with or without a node in /dev */
  serialPorts: command(
    'for d in /sys/class/tty/ttyS[1-9]; do [ -d "$d/device" ] && grep -qs "[1-9]" "$d/type" && echo "/dev/${d##*/}"; done',
    words,
  ),
  /** the installation steps that provisioning recorded, or null */
  install: file('/var/lib/rdc/install.json', installationOf),
};

export const collectScript = scriptOf(hostFacts);

/** For `rdc doctor`, which asks for slow ones when it needs them. */
export const quickScript = scriptOf(hostFacts, ({ isSlow }) => !isSlow);

export async function readHostFacts(target: Pick<Executor, 'shell'>): Promise<HostFacts> {
  const answer = await target.shell(collectScript, { timeoutMs: 120_000 });
  return parseHostFacts(answer.stdout);
}

export function parseHostFacts(text: string): HostFacts {
  return parseFacts(hostFacts, text);
}

/** An addition to a message about what cannot be read or does not work there. */
export function hiddenBy(hidepid: string | null): string {
  return hidepid === null ? '' : ` (/proc is mounted with hidepid=${hidepid})`;
}
