import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { collectScript, parseHostFacts, readHostFacts } from './host-facts.ts';

const recorded = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures', `${name}-facts.txt`), 'utf8');

/** The fixture with another answer in one section. */
function withSection(key: string, answer: string): string {
  const before = recorded('debian-13');
  const after = before.replace(new RegExp(`(@@rdc:${key}\n)[^]*?(?=\n@@rdc:)`), `$1${answer}\n`);
  if (after === before) throw new Error(`the fixture has no section ${key} to change`);
  return after;
}

it('Debian 13, as its kernel and files say', () => {
  expect(parseHostFacts(recorded('debian-13'))).toMatchObject({
    os: { id: 'debian', versionId: '13', prettyName: 'Debian GNU/Linux 13 (trixie)' },
    kernel: '6.12.117+deb13-amd64',
    architecture: 'x86_64',
    cpus: 2,
    memoryMiB: 1973,
    init: 'systemd',
    systemdVersion: 257,
    cgroup: {
      version: 2,
      availableControllers: ['cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids', 'rdma', 'misc', 'dmem'],
      userControllers: ['cpu', 'memory', 'pids'],
    },
    container: null,
    lackedCapabilities: [],
    sctp: true,
    lsm: expect.arrayContaining(['apparmor', 'landlock']),
    sysctl: {
      unprivilegedUsernsClone: 1,
      maxUserNamespaces: 7823,
      apparmorRestrictUserns: null,
      unprivilegedPortStart: 1024,
      pingGroupRange: '1 0',
      disableIpv6: 0,
      randomizeVaSpace: null,
    },
    user: {
      name: 'tester',
      uid: 1001,
      gid: 1001,
      home: '/home/tester',
      groups: ['tester', 'dialout', 'users'],
      subuid: [{ start: 165_536, count: 65_536 }],
      subgid: [{ start: 165_536, count: 65_536 }],
      memlockBytes: 8192 * 1024,
    },
    runtimeDir: '/run/user/1001',
    socket: '/run/user/1001/docker.sock',
    serialPorts: ['/dev/ttyS1', '/dev/ttyS2'],
    versions: { rootlesskit: 'rootlesskit version 2.0.2', pasta: null },
    paths: {
      newuidmap: '/usr/bin/newuidmap',
      pasta: null,
      iptables: '/usr/sbin/iptables',
      getfacl: '/usr/bin/getfacl',
    },
  });
});

it('a container of systemd-nspawn whose root may not raise limits, on a kernel without SCTP', () => {
  const { container, lackedCapabilities, sctp } = parseHostFacts(
    recorded('debian-13')
      .replace('@@rdc:container\n', '@@rdc:container\nsystemd-nspawn\n')
      .replace('CapBnd:\t000001ffffffffff', 'CapBnd:\t000001fffcfeffff')
      .replace('@@rdc:sctp\nyes', '@@rdc:sctp\nno'),
  );
  expect({ container, lackedCapabilities, sctp }).toEqual({
    container: 'systemd-nspawn',
    lackedCapabilities: ['CAP_SYS_MODULE', 'CAP_SYS_RESOURCE', 'CAP_SYS_TIME'],
    sctp: false,
  });
});

it.each([
  ['an older kernel has no later ones', '37\nCapBnd:\t0000003fffffffff', []],
  ['hidden', '40\n', null],
  ['no mask', '40\nCapBnd:\tx', null],
])('capabilities that nobody may have: %s', (_, answer, expected) => {
  expect(parseHostFacts(withSection('lackedCapabilities', answer)).lackedCapabilities).toEqual(expected);
});

it('Debian 11 differs where the platforms differ', () => {
  const { os, systemdVersion, cgroup, kernel, user, versions } = parseHostFacts(recorded('debian-11'));
  expect({ os: os.versionId, systemdVersion, kernel }).toEqual({
    os: '11',
    systemdVersion: 247,
    kernel: '5.10.0-46-amd64',
  });
  expect(cgroup).toMatchObject({ version: 2, userControllers: ['memory', 'pids'] });
  expect(user.memlockBytes).toBe(252_260 * 1024);
  expect(versions['fuse-overlayfs']).toMatch(/^fuse-overlayfs: version 1\.4/);
});

it('Debian 13 without systemd: another PID 1, nobody who delegates, and a private mount of /', () => {
  expect(parseHostFacts(recorded('debian-13-sysvinit'))).toMatchObject({
    os: { versionId: '13' },
    init: 'init',
    systemdVersion: null,
    cgroup: { version: 2, userControllers: null },
    runtimeDir: '/run/user/1001',
    daemonScript: '/home/tester/.config/rdc/daemon',
    rootPropagation: 'private',
    install: { recipe: 'rootless-debian-sysvinit' },
  });
});

it('the steps of the installation keep their exit codes, and nothing of their output', () => {
  const { install } = parseHostFacts(recorded('debian-13'));
  expect(install?.recipe).toBe('rootless-debian');
  expect(install?.steps.find((step) => step.name === 'setuptool check')).toEqual({
    name: 'setuptool check',
    command: '$ dockerd-rootless-setuptool.sh check',
    exitCode: 127,
  });
});

it.each([
  ['no such file', ''],
  ['no JSON', '{"recipe":'],
  ['another shape', '{"recipe":1,"steps":[]}'],
  ['a list that is none', '{"recipe":"x","steps":{}}'],
  ['null', 'null'],
  ['steps that are none', '{"recipe":"x","steps":[null]}'],
])('a record of the installation that is odd is no record: %s', (_, answer) => {
  expect(parseHostFacts(withSection('install', answer)).install).toBeNull();
});

it.each([
  [
    'no user namespaces in the user slice',
    'cgroup.userControllers',
    'absent',
    { cgroup: { version: 2, userControllers: null } },
  ],
  ['a slice without controllers', 'cgroup.userControllers', '', { cgroup: { version: 2, userControllers: [] } }],
  [
    'all controllers on v1 hierarchies',
    'cgroup.availableControllers',
    'read',
    { cgroup: { availableControllers: [] } },
  ],
  ['no list of controllers', 'cgroup.availableControllers', '', { cgroup: { availableControllers: null } }],
  ['cgroup v1', 'cgroup.version', '1021994', { cgroup: { version: 1 } }],
  ['no XDG_RUNTIME_DIR', 'runtimeDir', '', { runtimeDir: null }],
  ['unlimited locks', 'user.memlockBytes', 'unlimited', { user: { memlockBytes: null } }],
  ['no LSM', 'lsm', '', { lsm: [] }],
  ['another PID 1', 'init', 'runit', { init: 'runit' }],
  ['no systemd', 'systemdVersion', '', { systemdVersion: null }],
  ['a release without a number', 'os', "ID=arch\nVERSION_CODENAME='rolling'", { os: { versionId: 'rolling' } }],
])('%s', (_, key, answer, facts) => {
  expect(parseHostFacts(withSection(key, answer))).toMatchObject(facts);
});

it.each([
  ['nothing', ''],
  ['a banner', 'This account is disabled.\n'],
  ['an answer that was cut', recorded('debian-13').slice(0, 9000)],
  ['an answer without the user', withSection('user.uid', '')],
  ['an answer without a kernel', withSection('kernel', '')],
  ['an answer without processors', withSection('cpus', '')],
  ['an answer without memory', withSection('memoryMiB', '')],
  ['an answer without PID 1', withSection('init', '')],
])('%s is an error and not a host without anything', (_, text) => {
  expect(() => parseHostFacts(text)).toThrow(/^\[FACTS\] (cannot read the|the target did not answer) /);
});

it('a /proc that hides PID 1 is named where nothing else says what it is', () => {
  const hides = (facts: string) => facts.replace('@@rdc:end', '@@rdc:hidepid\nrw,gid=4,hidepid=invisible\n@@rdc:end');
  expect(() => parseHostFacts(hides(withSection('init', '')))).toThrow(
    '[FACTS] cannot read the name of PID 1 (/proc is mounted with hidepid=invisible) on the target',
  );
  expect(parseHostFacts(hides(recorded('debian-13')))).toMatchObject({ init: 'systemd', hidepid: 'invisible' });
  expect(parseHostFacts(recorded('debian-13')).hidepid).toBeNull();
});

it('a greeting of the login shell before the answer does no harm', () => {
  expect(parseHostFacts(`Welcome!\r\n${recorded('debian-13')}`).user.uid).toBe(1001);
});

it("what the user's files ask of the daemon", () => {
  const nothing = { storageDriver: null, firewallBackend: null, networkDriver: null, portDriver: null };
  expect(parseHostFacts(recorded('debian-13')).asked).toEqual(nothing);
  const sections = [
    '@@rdc:asked.storageDriver\n"storage-driver":"fuse-overlayfs"',
    '@@rdc:asked.firewallBackend\n"firewall-backend":"nftables"',
    '@@rdc:asked.networkDriver\nDOCKERD_ROOTLESS_ROOTLESSKIT_NET=pasta',
    '@@rdc:asked.portDriver\nDOCKERD_ROOTLESS_ROOTLESSKIT_PORT_DRIVER=implicit',
    '@@rdc:end',
  ].join('\n');
  expect(parseHostFacts(recorded('debian-13').replace('@@rdc:end', sections)).asked).toEqual({
    storageDriver: 'fuse-overlayfs',
    firewallBackend: 'nftables',
    networkDriver: 'pasta',
    portDriver: 'implicit',
  });
});

/** What the script asks for one fact. */
const ask = (path: string) => collectScript.split(`echo "@@rdc:${path}"; `)[1]?.split('\necho')[0];

it.each([
  ['{\n  "debug": true,\n  "storage-driver" : "fuse-overlayfs"\n}\n', '"storage-driver":"fuse-overlayfs"\n'],
  ['{"storage-driver":"a;b"}', ''],
  [null, ''],
  ['{"firewall-backend": "nftables", "hosts": ["tcp://x"]}', '"firewall-backend":"nftables"\n'],
])('of daemon.json only two settings are read: %j', (file, answer) => {
  const home = mkdtempSync(join(tmpdir(), 'rdc-home-'));
  mkdirSync(join(home, '.config', 'docker'), { recursive: true });
  if (file !== null) writeFileSync(join(home, '.config', 'docker', 'daemon.json'), file);
  const script = `${ask('asked.storageDriver')}\n${ask('asked.firewallBackend')}`;
  const { stdout } = spawnSync('sh', ['-c', script], { env: { ...process.env, HOME: home }, encoding: 'utf8' });
  rmSync(home, { recursive: true });
  expect(stdout).toBe(answer);
});

it("the firewall backend is that of the running daemon's command line where daemon.json has none", () => {
  const process = mkdtempSync(join(tmpdir(), 'rdc-process-'));
  writeFileSync(join(process, 'cmdline'), 'dockerd\0--debug\0--firewall-backend=nftables\0');
  const script = `HOME=/nowhere engine=${process}/exe\n${ask('asked.firewallBackend')}`;
  const { stdout } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
  rmSync(process, { recursive: true });
  expect(stdout).toBe('--firewall-backend=nftables\n');
  const answer = recorded('debian-13').replace('@@rdc:end', `@@rdc:asked.firewallBackend\n${stdout}\n@@rdc:end`);
  expect(parseHostFacts(answer).asked.firewallBackend).toBe('nftables');
});

it('the RootlessKit that runs, by its command line: what nobody asked for, and what was given twice', () => {
  const running = (text: string) =>
    parseHostFacts(recorded('debian-13').replace('@@rdc:end', `@@rdc:rootlesskit\n${text}\n@@rdc:end`)).rootlesskit;
  const pasta = '--detach-netns\n--net=pasta\n--port-driver=implicit\nCapPrm:\t0000000000000000\n';
  const seen = { networkDriver: 'pasta', portDriver: 'implicit', detachesNetns: true, bindsPrivilegedPorts: false };
  expect(running(pasta)).toEqual(seen);
  const twice = '--net=slirp4netns\n--port-driver=builtin\n--port-driver=slirp4netns\nCapPrm:\t0000000000000400\n';
  expect(running(twice)).toEqual({
    networkDriver: 'slirp4netns',
    portDriver: 'slirp4netns',
    detachesNetns: false,
    bindsPrivilegedPorts: true,
  });
  expect(running('')).toBeNull();
});

it("the user's own program for the daemon, and whether mounts of the host go on to it", () => {
  const known = (sections: string) => {
    const { daemonScript, rootPropagation } = parseHostFacts(
      recorded('debian-13').replace('@@rdc:end', `${sections}@@rdc:end`),
    );
    return { daemonScript, rootPropagation };
  };
  // an older recording
  expect(known('')).toEqual({ daemonScript: null, rootPropagation: null });
  expect(
    known('@@rdc:daemonScript\n/home/tester/.config/rdc/daemon\n\n@@rdc:rootPropagation\nshared\nprivate\n\n'),
  ).toEqual({ daemonScript: '/home/tester/.config/rdc/daemon', rootPropagation: 'private' });
  expect(known('@@rdc:rootPropagation\nshared\n\n').rootPropagation).toBe('shared');
});

it('everything is read by one script', async () => {
  const asked: string[] = [];
  const shell = async (script: string) => {
    asked.push(script);
    return { code: 0, stdout: recorded('debian-13'), stderr: '', truncated: false, durationMs: 1 };
  };
  expect((await readHostFacts({ shell })).user.name).toBe('tester');
  expect(asked).toEqual([collectScript]);
});
