import {
  away,
  breaks,
  checksIn,
  chmod,
  expect,
  hostProbe,
  type Inject,
  inOrder,
  issue,
  man,
  moby,
  mobyIssue,
  mustRun,
  orUndo,
  quoteWord,
  RdcError,
  withoutDockerByScript,
} from '../../harness/checks/index.ts';
import { rootMay } from '../instruments/kernel/root-rights.ts';
import { acceptedRules, bridgeRules, firewallTool, usesIptables } from './firewall.ts';
import { driverAtWork, driversOf, programOf } from './network-driver.ts';

const check = checksIn(import.meta);

check('PRE-IPT-BIN', {
  level: 'MUST',
  title: "iptables is on the PATH of the daemon's unit, which for a user has to name /usr/sbin, and runs",
  source: issue('docker/for-linux', 1205, 'iptables not found on the PATH of the user'),
  applies: usesIptables,
  remedy: 'sudo apt-get install iptables; the unit wants Environment=PATH=...:/sbin:/usr/sbin:...',
  readOnly: true,
  needsDaemon: false,
  async verify({ target }) {
    const { path, version } = await firewallTool(target);
    expect(path, "iptables on the PATH of the daemon's unit").not.toBeNull();
    expect(version ?? 'nothing', `what ${path} says of its version`).toMatch(/^iptables v/);
  },
  fault: breaks(
    "iptables on the PATH of the daemon's unit",
    'iptables is moved out of the PATH',
    away(({ paths }) => paths.iptables ?? '/usr/sbin/iptables'),
  ),
});

/** A loaded table would lose its rules in every network namespace. */
const legacyUnloaded: Inject = async ({ target: { root } }) => {
  const modules = await mustRun(root, 'cat /proc/modules 2>/dev/null || :');
  const tables = [...modules.matchAll(/^iptable_[a-z]*/gm)].join(', ');
  if (tables !== '')
    throw new RdcError('COMMAND', `not applied: the rules of ${tables} would be lost`, {
      hint: 'a host without loaded tables of iptables-legacy: lsmod | grep ^iptable_',
    });
  // e.g. `iptables auto /usr/sbin/iptables-nft`: setting it by hand would end "auto" for good
  const selection = (await mustRun(root, "update-alternatives --get-selections | grep '^iptables '")).trim();
  const isLoaded = /^ip_tables /m.test(modules);
  const undo = async () => {
    await mustRun(root, `echo ${quoteWord(selection)} | update-alternatives --set-selections`);
    if (isLoaded) await mustRun(root, 'modprobe ip_tables');
  };
  return await orUndo(undo, async () => {
    await mustRun(root, 'update-alternatives --set iptables /usr/sbin/iptables-legacy');
    if (isLoaded) await mustRun(root, 'rmmod ip_tables');
  });
};

check('PRE-FW-MOD', {
  level: 'MUST',
  title: "the kernel takes the daemon's firewall rules from a user, who cannot load a module: nat, addrtype, conntrack",
  source: mobyIssue(49020, 'nf_tables or ip_tables, loaded or built in'),
  applies: usesIptables,
  remedy:
    'sudo modprobe nf_tables (iptables-nft) or: sudo modprobe -a ip_tables iptable_nat (iptables-legacy); and in /etc/modules-load.d',
  concurrent: true,
  needsDaemon: false,
  async verify({ target, note }) {
    const { version } = await firewallTool(target);
    const modules = '^(nf_tables|ip_tables|nft_compat|iptable_nat) ';
    const { stdout } = await target.exec(['grep', '-E', modules, '/proc/modules']);
    note(`${version}; of the modules it may need, loaded are:\n${stdout}`);
    const rules = await acceptedRules(target);
    for (const rule of bridgeRules)
      expect(rules, `rules in the kernel for ${version}`).toContain(rule.replace(/^-t \w+ /, ''));
  },
  triage: {
    withoutDocker: withoutDockerByScript(
      'a NAT rule in a network namespace of its own',
      'PATH=$PATH:/usr/sbin:/sbin; unshare -Urn iptables -t nat -A POSTROUTING -m addrtype --src-type LOCAL -j MASQUERADE',
    ),
    notRootful: 'root loads the modules that it needs',
  },
  fault: breaks(
    'rules in the kernel for {iptables v* (legacy)}',
    'iptables becomes iptables-legacy, whose modules nobody loaded',
    legacyUnloaded,
    { possible: rootMay('CAP_SYS_MODULE', 'unload ip_tables') },
  ),
});

check('PRE-NETDRV', {
  level: 'MUST',
  title: 'RootlessKit has a network driver that works: a connection out of a new namespace reaches the host',
  source: moby('v26.1.5', 'contrib/dockerd-rootless.sh', 'slirp4netns (>= v0.4.0), VPNKit, lxc-user-nic'),
  remedy: 'sudo apt-get install slirp4netns (or passt, from Docker 28.5.2 on); RootlessKit 3 has one built in',
  concurrent: true,
  needsDaemon: false,
  async verify({ target, host }) {
    const { driver, fetched, nonce } = await driverAtWork(target);
    expect(driver, `the first usable of ${driversOf(host).join(', ')}`).not.toBeNull();
    expect(fetched, `what a connection through ${driver} brings back`).toContain(nonce);
  },
  fault: breaks(
    ['the first usable of {slirp4netns}*', 'what a connection through * brings back'],
    // RootlessKit 3 has a driver built in, which needs TUN too
    'the program of the network driver may not be executed, and /dev/net/tun is for root only',
    inOrder(
      chmod('a-x', (host) => programOf(host) ?? '/usr/bin/slirp4netns'),
      chmod('600', () => '/dev/net/tun'),
    ),
    { alsoBreaks: ['PRE-TUN'] },
  ),
});

type Opened = { errno: string | null; stat: { stMode: string; major: number; minor: number } | null };

check('PRE-TUN', {
  level: 'MUST',
  title: 'the user can open /dev/net/tun, the character device 10:200',
  source: man('slirp4netns', 1, 'the TAP device; which check-config.sh of Docker does not look for'),
  remedy:
    'sudo modprobe tun; sudo chmod 666 /dev/net/tun (see the udev rules and the device list of a surrounding container)',
  needsDaemon: false,
  async verify({ target }) {
    const { errno, stat } = await hostProbe<Opened>(target, target, ['open', '/dev/net/tun', 'rw']);
    const type = Number.parseInt(stat?.stMode ?? '0', 8) & 0o170000;
    expect(type, 'type of /dev/net/tun').toBe(0o020000);
    expect(`${stat?.major}:${stat?.minor}`, 'device number of /dev/net/tun').toBe('10:200');
    expect(errno, "the user's open of /dev/net/tun").toBeNull();
  },
  fault: breaks(
    "the user's open of /dev/net/tun",
    '/dev/net/tun is for root only',
    chmod('600', () => '/dev/net/tun'),
  ),
});
