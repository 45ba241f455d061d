import { RdcError } from '../../messages/errors.ts';
import { parseOsRelease } from '../../this-machine/os-release.ts';
import type { Executor } from '../transport/executor.ts';
import { type IdRange, idRanges, memberOf, numberOf, words } from './parse-values.ts';
import { collectScript, parseSections } from './read-facts.ts';
/** What the host is, read from its kernel and files; nothing here is the daemon's word. A value that cannot be read is null. */
export type HostFacts = {
  readonly os: { readonly id: string; readonly versionId: string; readonly prettyName: string };
  readonly kernel: string;
  readonly architecture: string;
  readonly cpus: number;
  readonly memoryMiB: number;
  /** `systemd` when it is PID 1, else the name of PID 1 */
  readonly init: string;
  readonly systemdVersion: number | null;
  readonly cgroup: {
    readonly version: 1 | 2;
    /** controllers of the root of the cgroup v2 tree; none where all sit on v1 hierarchies, null on v1 */
    readonly availableControllers: readonly string[] | null;
    /** controllers delegated to user@UID.service, or null where that cgroup does not exist */
    readonly userControllers: readonly string[] | null;
  };
  readonly lsm: readonly string[];
  readonly sysctl: {
    readonly unprivilegedUsernsClone: number | null;
    readonly maxUserNamespaces: number | null;
    readonly apparmorRestrictUserns: number | null;
    readonly unprivilegedPortStart: number | null;
    readonly pingGroupRange: string | null;
    readonly maxKeys: number | null;
    /** of all interfaces: one without IPv6 is no host without it; null where the kernel has none */
    readonly disableIpv6: number | null;
    /** 0 on the emulated machines of the lab (vms/provision/base.sh), 2 on other hosts */
    readonly randomizeVaSpace: number | null;
  };
  readonly user: {
    readonly name: string;
    readonly uid: number;
    readonly gid: number;
    readonly home: string;
    readonly groups: readonly string[];
    readonly subuid: readonly IdRange[];
    readonly subgid: readonly IdRange[];
    /** bytes; null is unlimited */
    readonly memlockBytes: number | null;
  };
  /** XDG_RUNTIME_DIR of a login session, or null where it is not set */
  readonly runtimeDir: string | null;
  /** the user daemon's API socket: `$XDG_RUNTIME_DIR/docker.sock` */
  readonly socket: string;
  /** the user's program that takes `start`, `stop` and `status` where no user manager starts the daemon, or null */
  readonly daemonScript: string | null;
  /** the option of /proc by which processes of others are hidden from the user, e.g. `invisible`; null where they are not */
  readonly hidepid: string | null;
  /** of the root file system: to a daemon on a host where it is `private` no mount appears that is made after its start */
  readonly rootPropagation: 'shared' | 'private' | null;
  /** what the user's own files ask of the daemon, and not what it then is; null where they leave it to the daemon */
  readonly asked: {
    /** `storage-driver` of ~/.config/docker/daemon.json */
    readonly storageDriver: string | null;
    /** `firewall-backend` of that file or of the running daemon's command line, e.g. `nftables` */
    readonly firewallBackend: string | null;
    /** DOCKERD_ROOTLESS_ROOTLESSKIT_NET of the user unit, e.g. `pasta` */
    readonly networkDriver: string | null;
    /** DOCKERD_ROOTLESS_ROOTLESSKIT_PORT_DRIVER of the user unit, e.g. `implicit` */
    readonly portDriver: string | null;
  };
  /** the process above the daemon that listens on the socket, by its command line; null where there is none */
  readonly rootlesskit: RunningRootlessKit | null;
  /** PATH of the daemon that runs, else of its unit, then that of a session: where `paths` and `versions` were looked for */
  readonly searchPath: string;
  /** versions by binary; null where it is not installed. Paths in `paths` */
  readonly versions: Readonly<Record<string, string | null>>;
  readonly paths: Readonly<Record<string, string | null>>;
  /** serial ports besides the console, e.g. `/dev/ttyS1` */
  readonly serialPorts: readonly string[];
  /** what the provisioning recorded of the distribution's own installation steps, or null */
  readonly install: { readonly recipe: string; readonly steps: readonly InstallStep[] } | null;
};

export type RunningRootlessKit = {
  /** `--net`, e.g. `slirp4netns` */
  readonly networkDriver: string | null;
  /** `--port-driver`, e.g. `builtin` */
  readonly portDriver: string | null;
  /** `--detach-netns`: the daemon is in the host's network namespace, its bridges in another */
  readonly detachesNetns: boolean;
  /** CAP_NET_BIND_SERVICE is permitted: for it no port of the host is privileged */
  readonly bindsPrivilegedPorts: boolean;
};

export type InstallStep = { readonly name: string; readonly command: string; readonly exitCode: number };

/** One batch over one session: see read-facts.ts for the script. Throws RdcError FACTS when the answer makes no sense. */
export async function readHostFacts(target: Pick<Executor, 'shell'>): Promise<HostFacts> {
  const answer = await target.shell(collectScript, { timeoutMs: 120_000 });
  return parseHostFacts(answer.stdout);
}

/** Pure: what `collectScript` printed becomes facts. */
export function parseHostFacts(text: string): HostFacts {
  const at = parseSections(text);
  const uid = numberOf(at('uid'));
  const gid = numberOf(at('gid'));
  const name = at('user').trim();
  if (uid === null || gid === null || name === '') {
    throw new RdcError('FACTS', 'the target did not say which user it runs commands as', {
      hint: 'try: ssh USER@HOST id',
    });
  }
  const runtimeDir = at('runtimeDir').trim() || null;
  const hidepid = /\bhidepid=(\w+)/.exec(at('procHides'))?.[1] ?? null;
  const memory = /MemTotal:\s+(\d+)/.exec(at('meminfo'))?.[1];
  return {
    os: readOsRelease(at('osRelease')),
    kernel: readable(at('kernel').trim(), 'which kernel it runs', 'uname -r'),
    architecture: readable(at('architecture').trim(), 'its architecture', 'uname -m'),
    cpus: readable(numberOf(at('cpus')), 'how many processors it has', 'getconf _NPROCESSORS_ONLN'),
    memoryMiB: Math.floor(readable(numberOf(memory), 'how much memory it has', 'grep MemTotal /proc/meminfo') / 1024),
    init: readable(at('init').trim(), `what its PID 1 is${hiddenBy(hidepid)}`, 'cat /proc/1/comm'),
    systemdVersion: numberOf(/^systemd (\d+)/.exec(at('systemd'))?.[1]),
    cgroup: {
      version: cgroupVersion(at('cgroupFs')),
      availableControllers: availableControllers(at('availableControllers')),
      userControllers: at('userControllers').includes('absent') ? null : words(at('userControllers')),
    },
    lsm: at('lsm').trim().split(',').filter(Boolean),
    sysctl: {
      unprivilegedUsernsClone: numberOf(at('sysctl.unprivileged_userns_clone')),
      maxUserNamespaces: numberOf(at('sysctl.max_user_namespaces')),
      apparmorRestrictUserns: numberOf(at('sysctl.apparmor_restrict_unprivileged_userns')),
      unprivilegedPortStart: numberOf(at('sysctl.ip_unprivileged_port_start')),
      pingGroupRange: words(at('sysctl.ping_group_range')).join(' ') || null,
      maxKeys: numberOf(at('sysctl.maxkeys')),
      disableIpv6: numberOf(at('sysctl.disable_ipv6')),
      randomizeVaSpace: numberOf(at('sysctl.randomize_va_space')),
    },
    user: {
      name,
      uid,
      gid,
      home: readable(at('home').trim(), 'where the home of the user is', 'echo $HOME'),
      groups: words(at('groups')),
      subuid: idRanges(at('subuid'), name, uid),
      subgid: idRanges(at('subgid'), name, uid),
      memlockBytes: memlockBytes(at('memlock')),
    },
    runtimeDir,
    socket: `${runtimeDir ?? `/run/user/${uid}`}/docker.sock`,
    daemonScript: /^\/.+$/m.exec(at('daemonScript'))?.[0] ?? null,
    hidepid,
    rootPropagation: propagationOf(at('rootPropagation')),
    asked: {
      storageDriver: /^"storage-driver":"([a-z0-9-]+)"$/m.exec(at('daemonJsonAsked'))?.[1] ?? null,
      firewallBackend:
        /^"firewall-backend":"([a-z0-9-]+)"$/m.exec(at('daemonJsonAsked'))?.[1] ??
        /^--firewall-backend=(.+)$/m.exec(at('running'))?.[1] ??
        null,
      networkDriver: /^DOCKERD_ROOTLESS_ROOTLESSKIT_NET=(.+)$/m.exec(at('rootlesskitAsked'))?.[1] ?? null,
      portDriver: /^DOCKERD_ROOTLESS_ROOTLESSKIT_PORT_DRIVER=(.+)$/m.exec(at('rootlesskitAsked'))?.[1] ?? null,
    },
    rootlesskit: parseRootlessKitFacts(at('running')),
    searchPath: at('searchPath').trim(),
    versions: memberOf(at('versions')),
    paths: memberOf(at('paths')),
    serialPorts: words(at('serialPorts')),
    install: readInstall(at('install')),
  };
}

/** What every host has: one that does not say it was not read, and is no host without it. */
function readable<T>(value: T | null, what: string, command: string): T {
  if (value !== null && value !== '') return value;
  throw new RdcError('FACTS', `the target did not say ${what}`, { hint: `try: ssh USER@HOST ${command}` });
}

/** In words, to go behind what could not be read or does not work there; nothing where /proc hides nobody. */
export function hiddenBy(hidepid: HostFacts['hidepid']): string {
  return hidepid === null ? '' : ` (/proc is mounted with hidepid=${hidepid})`;
}

function readOsRelease(text: string): HostFacts['os'] {
  const at = parseOsRelease(text);
  const value = (key: string) => (at.get(key) ?? '').slice(0, 200);
  return {
    id: value('ID'),
    versionId: value('VERSION_ID') || value('VERSION_CODENAME'),
    prettyName: value('PRETTY_NAME'),
  };
}

/** The magic number of the file system at /sys/fs/cgroup, in hexadecimal; without it a host is of neither version. */
function cgroupVersion(text: string): 1 | 2 {
  const magic = text.trim();
  if (magic === '63677270') return 2;
  if (/^[0-9a-f]{1,8}$/.test(magic)) return 1;
  throw new RdcError('FACTS', 'the target did not say which file system its cgroups are on', {
    hint: 'try: ssh USER@HOST stat -f -c %t /sys/fs/cgroup',
  });
}

/** An empty file is an answer, and no file none. */
function availableControllers(text: string): string[] | null {
  const names = words(text);
  return names.pop() === 'read' ? names : null;
}

const netBindService = 1n << 10n;

function parseRootlessKitFacts(text: string): RunningRootlessKit | null {
  const [, permitted] = /^CapPrm:\s*([0-9a-f]{1,16})$/m.exec(text) ?? [];
  if (permitted === undefined) return null;
  // of a flag that is given twice the last one counts
  const last = (flag: string) => text.match(new RegExp(`(?<=^--${flag}=).+$`, 'gm'))?.at(-1) ?? null;
  return {
    networkDriver: last('net'),
    portDriver: last('port-driver'),
    detachesNetns: /^--detach-netns(=true)?$/m.test(text),
    bindsPrivilegedPorts: (BigInt(`0x${permitted}`) & netBindService) !== 0n,
  };
}

function propagationOf(text: string): HostFacts['rootPropagation'] {
  // mounts may lie over each other: the last one is what a process sees
  const last = text.trim().split('\n').at(-1);
  return last === 'shared' || last === 'private' ? last : null;
}

function memlockBytes(text: string): number | null {
  const kib = numberOf(text);
  return kib === null ? null : kib * 1024;
}

/** Written by vms/provision into the machine: not ours alone to trust, so anything odd is no record. */
function readInstall(text: string): HostFacts['install'] {
  try {
    const record = JSON.parse(text) as { recipe?: unknown; steps?: unknown };
    if (typeof record.recipe !== 'string' || !Array.isArray(record.steps)) return null;
    const steps = record.steps.map(({ name, command, exitCode }: Record<string, unknown>) => {
      if (typeof name !== 'string' || typeof command !== 'string' || !Number.isInteger(exitCode)) throw new TypeError();
      return { name: name.slice(0, 100), command: command.slice(0, 500), exitCode: Number(exitCode) };
    });
    return { recipe: record.recipe.slice(0, 200), steps };
  } catch {
    return null;
  }
}
