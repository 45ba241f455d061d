/** A behaviour that checks are keyed to, and the first release that has it. */
type Change = { readonly program: Program; readonly since: string; readonly what: string; readonly change?: string };
type Program = 'dockerd' | 'rootlesskit';

/**
 * What changed with which version, in one place: a check asks `isEngineSince(host, '29.5')` of nothing else. `change` is a pull
 * request or issue of upstream's, where one is known.
 */
export const engineChanges = [
  {
    program: 'dockerd',
    since: '20.10',
    what: 'the daemon sets ip_unprivileged_port_start of a container to 0',
    change: 'moby/moby#41030',
  },
  {
    program: 'dockerd',
    since: '20.10.6',
    what: 'dockerd-rootless.sh refuses to run as root',
    change: 'moby/moby#42072',
  },
  {
    program: 'dockerd',
    since: '23.0',
    what: '--pid=host works; the built-in seccomp profile is named "builtin"; the setup tool selects a context; the user unit is Type=notify',
    change: 'moby/moby#41457',
  },
  { program: 'dockerd', since: '24.0', what: '--ipc=host works', change: 'moby/moby#41457' },
  { program: 'dockerd', since: '25.0', what: "RootlessKit's state directory is $XDG_RUNTIME_DIR/dockerd-rootless" },
  { program: 'dockerd', since: '26.0', what: '"setuptool check" makes a smoke test with RootlessKit, until 27.2' },
  { program: 'dockerd', since: '27.1', what: 'the user unit requires dbus.socket' },
  {
    program: 'dockerd',
    since: '27.2',
    what: '"setuptool check" makes no smoke test any more',
    change: 'moby/moby#48216',
  },
  {
    program: 'dockerd',
    since: '28.0',
    what: 'published ports answer without the userland proxy, and the daemon does not start without it unless br_netfilter is loaded',
    change: 'moby/moby#52294',
  },
  {
    program: 'dockerd',
    since: '28.1',
    what: 'the setup tool asks for the module nf_tables, and for ip_tables only where iptables is the legacy one',
    change: 'moby/moby#49727',
  },
  {
    program: 'dockerd',
    since: '28.5.2',
    what: 'pasta is used where slirp4netns is not installed, with an MTU of 65520; the network driver "host" is refused',
    change: 'moby/moby#51149',
  },
  {
    program: 'dockerd',
    since: '29.0',
    what: 'new installations have the image store of containerd; the firewall backend nftables; API 1.44 is the oldest, until 29.3',
  },
  {
    program: 'dockerd',
    since: '29.1.2',
    what: 'RootlessKit is asked for every published port before it is taken; "setuptool nsenter" works again',
    change: 'moby/moby#51616',
  },
  {
    program: 'dockerd',
    since: '29.2',
    what: "CDI specifications are read from the user's folders too: $XDG_CONFIG_HOME/cdi and $XDG_RUNTIME_DIR/cdi",
    change: 'moby/moby#51624',
  },
  { program: 'dockerd', since: '29.3', what: 'API 1.40 is the oldest' },
  {
    program: 'dockerd',
    since: '29.4',
    what: 'the daemon and the setup tool refuse to run beside containerd-rootless.sh',
    change: 'moby/moby#52175',
  },
  {
    program: 'dockerd',
    since: '29.5',
    what: "RootlessKit detaches its network namespace: --net=host is the host's, the gvisor-tap-vsock driver, source addresses with RootlessKit 3",
    change: 'moby/moby#47103',
  },
  {
    program: 'dockerd',
    since: '29.6',
    what: 'a port published on another address of the loopback network is bound there, and not on 127.0.0.1',
    change: 'moby/moby#52804',
  },
  {
    program: 'dockerd',
    since: '29.7',
    what: 'a container with --net=host has its cgroup mounted',
    change: 'moby/moby#52318',
  },
  { program: 'rootlesskit', since: '3.0', what: 'the builtin port driver keeps the address of a TCP client' },
  {
    program: 'rootlesskit',
    since: '3.1',
    what: 'the port driver pesto, for IPv4; with pasta the loopback of the host is closed to containers',
    change: 'rootless-containers/rootlesskit#616',
  },
  {
    program: 'rootlesskit',
    since: '3.2',
    what: 'pesto forwards IPv6 too',
    change: 'rootless-containers/rootlesskit#629',
  },
] as const satisfies readonly Change[];

/** The newest of each that a whole run of this suite was read of. */
export const newestVerified: Readonly<Record<Program, string>> = { dockerd: '29.8', rootlesskit: '3.0' };

export type EngineRelease = Extract<(typeof engineChanges)[number], { program: 'dockerd' }>['since'];

/** Pure: which programs are newer than what was verified, by what they say of themselves, e.g. `dockerd 30.1 (29.8)`. */
export function newerThanVerified(versions: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(newestVerified).flatMap(([program, verified]) => {
    const [, major, minor] = /(?<!\d)(\d{1,6})\.(\d{1,6})/.exec(String(versions[program] ?? '')) ?? [];
    if (major === undefined) return [];
    const [newestMajor = 0, newestMinor = 0] = verified.split('.').map(Number);
    const by = Number(major) - newestMajor || Number(minor) - newestMinor;
    return by > 0 ? [`${program} ${major}.${minor} (${verified})`] : [];
  });
}
