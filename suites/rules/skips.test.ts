import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { loadChecks } from '../../harness/checks/load-checks.ts';
import { type HostFacts, parseHostFacts } from '../../harness/target-host/facts/host-facts.ts';
import { checkout } from '../../harness/this-machine/paths.ts';

// What the variants of machines.json change in a host's facts, and which checks then skip, with which words.

const checks = await loadChecks();
const recorded = (name: string) =>
  parseHostFacts(readFileSync(join(checkout, `harness/target-host/facts/fixtures/${name}-facts.txt`), 'utf8'));
const debian13 = recorded('debian-13');

/** Checks that skip on the host and not on Debian 13 itself, with their reasons. */
function skippedOn(host: HostFacts): Record<string, string> {
  const reasons = checks.map(({ id, applies }) => {
    const [plain, reason] = [debian13, host].map((facts) => applies?.({ host: facts }) ?? true);
    return [id, plain === true && reason !== true ? String(reason) : ''];
  });
  return Object.fromEntries(reasons.filter(([, reason]) => reason !== ''));
}

it('cgroup v1: what wants limits skips, what shows them ignored is judged', () => {
  const skipped = skippedOn({ ...debian13, cgroup: { version: 1, availableControllers: null, userControllers: null } });
  expect(Object.keys(skipped).sort()).toEqual(
    `CG-CPU CG-DELEG CG-DELEG-ALL CG-INFO-TRUTH CG-MEM CG-NS CG-PATH CG-PIDS CG-SWAP CG-TOP CG-UNDELEGATED CG-UPDATE
     GUIDE-1903-CAVEATS GUIDE-EDGEX-SECRETS GUIDE-PHOTON-FLAGS PRE-DBUS`.split(/\s+/),
  );
  expect(skipped['CG-MEM']).toBe(
    'the host has cgroup v1: a rootless daemon has no cgroup driver there and ignores the flag',
  );
});

it('no cpu controller for the user: only the quota skips, and says who reports it', () => {
  const skipped = skippedOn({ ...debian13, cgroup: { ...debian13.cgroup, userControllers: ['memory', 'pids'] } });
  expect(skipped).toEqual({ 'CG-CPU': 'user@1001.service is not given the cpu controller, which CG-DELEG reports' });
});

it('cgroup v2 without controllers: what wants a limit, or the cgroup settings that dockerd leaves out then, skips', () => {
  const skipped = skippedOn({
    ...debian13,
    cgroup: { version: 2, availableControllers: [], userControllers: [] },
  });
  expect(Object.keys(skipped).sort()).toEqual(
    `CG-CPU CG-DELEG CG-DELEG-ALL CG-DRIVER CG-MEM CG-NONE CG-NONE-TOP CG-NS CG-PATH CG-PIDS CG-SWAP CG-UNDELEGATED CG-UPDATE
     GUIDE-1903-CAVEATS GUIDE-EDGEX-SECRETS`.split(/\s+/),
  );
  expect(new Set(Object.values(skipped))).toEqual(
    new Set([
      "the host's cgroup v2 tree has no controllers (they may sit on v1 hierarchies): nothing there can be limited",
    ]),
  );
});

it('no systemd: what is about user units, user managers and limits skips; what restarts the daemon has a way to', () => {
  // recorded before SCTP was a fact; the kernel is the same
  const sysvinit = { ...recorded('debian-13-sysvinit'), sctp: debian13.sctp };
  const skipped = skippedOn(sysvinit);
  expect(Object.keys(skipped).sort()).toEqual(
    `CG-CPU CG-DELEG CG-DELEG-ALL CG-INFO-TRUTH CG-MEM CG-NS CG-PATH CG-PIDS CG-SWAP CG-TOP CG-UNDELEGATED CG-UPDATE
     GUIDE-1903-CAVEATS GUIDE-EDGEX-SECRETS GUIDE-HOMELAB-BOOT GUIDE-HOMELAB-NOFILE GUIDE-PHOTON-FLAGS LIM-MLOCK-RAISE PRE-DBUS
     PRE-PROC PRE-UNIT ST-LOCKED SVC-ACTIVE SVC-BOOT SVC-CRASH SVC-CRASH-DAEMON SVC-LINGER SVC-LOG SVC-LOGOUT SVC-NEXT SVC-NEXT-ENV
     SVC-STOP SVC-SU SVC-UNIT`.split(/\s+/),
  );
  expect(new Set(Object.values(skipped).map((reason) => reason.replace(/:.*/, '')))).toEqual(
    new Set([
      'PID 1 is init, not systemd',
      'a container gets its cgroup over the bus only on systemd with cgroup v2',
      'the mount of / is private',
    ]),
  );
  const without = Object.keys(skippedOn({ ...sysvinit, daemonScript: null })).filter((id) => !(id in skipped));
  expect(without.sort()).toEqual(
    'DEV-CDI NS-MULTIRANGE PORT-NOPROXY PORT-PRIV-CAP SOCK-STALE ST-PERSIST SVC-CRASH-CONTAINERD SVC-CRASH-SHIM SVC-LATE-IP SVC-LOGS SVC-RESTART'.split(
      ' ',
    ),
  );
});

it('no IPv6', () => {
  const skipped = skippedOn({ ...debian13, sysctl: { ...debian13.sysctl, disableIpv6: null } });
  const off = 'IPv6 is off on this host';
  expect(skipped).toEqual({ 'NET-V6-OUT': off, 'PORT-V6': off });
});

it('fuse-overlayfs, and a driver that copies everything, which is no reason to skip', () => {
  const asking = (storageDriver: string) => ({ ...debian13, asked: { ...debian13.asked, storageDriver } });
  expect(skippedOn(asking('fuse-overlayfs'))).toEqual({
    'ST-USERXATTR': "daemon.json asks for fuse-overlayfs: no overlay of the kernel's",
  });
  expect(skippedOn(asking('vfs'))).toEqual({});
  expect(skippedOn(asking('overlay2'))).toEqual({});
});

it('the firewall backend nftables', () => {
  const skipped = skippedOn({ ...debian13, asked: { ...debian13.asked, firewallBackend: 'nftables' } });
  const reason = 'the firewall backend is nftables, which has no use for iptables';
  expect(skipped).toEqual({ 'PRE-FW-MOD': reason, 'PRE-IPT-BIN': reason });
});

it('pasta, with and without its port driver by name', () => {
  const asking = (portDriver: string | null) => {
    return skippedOn({ ...debian13, asked: { ...debian13.asked, networkDriver: 'pasta', portDriver } });
  };
  const names = { 'NET-DNS': 'pasta reads /etc/resolv.conf once, and this check changes it later' };
  const reasons = {
    ...names,
    'PORT-PRIV-CAP': 'with the port driver implicit pasta binds the port, and not RootlessKit',
    'SRC-LEGACY': 'the port driver is implicit, which keeps it',
    'SVC-LATE-IP': 'with the port driver implicit pasta binds the port, and not RootlessKit',
  };
  expect(asking('implicit')).toEqual(reasons);
  expect(asking(null)).toEqual(reasons);
  expect(asking('builtin')).toEqual(names);
  // nobody asked for it
  const running = { networkDriver: 'pasta', portDriver: 'implicit', detachesNetns: false, bindsPrivilegedPorts: false };
  expect(skippedOn({ ...debian13, rootlesskit: running })).toEqual(reasons);
  // what runs decides, and a detached daemon does not ask pasta for names
  const pesto = { ...running, portDriver: 'pesto', detachesNetns: true };
  expect(skippedOn({ ...debian13, rootlesskit: pesto })).toEqual({
    'NET-DNS-SEARCH': "from Docker 29.5 on the daemon reads the host's /etc/resolv.conf itself",
    'PORT-PRIV-CAP': 'with the port driver pesto pasta binds the port, and not RootlessKit',
    'SRC-LEGACY': 'the port driver is pesto, which keeps it',
  });
});

it('RootlessKit 3 keeps the address of a client by its port driver builtin alone', () => {
  const engine = { rootlesskit: 'rootlesskit version 3.0.1', dockerd: 'Docker version 29.5.0, build 1' };
  const builtin3 = checks.find(({ id }) => id === 'SRC-BUILTIN3');
  const on = (portDriver: string) =>
    builtin3?.applies?.({
      host: {
        ...debian13,
        versions: { ...debian13.versions, ...engine },
        rootlesskit: { networkDriver: null, portDriver, detachesNetns: true, bindsPrivilegedPorts: false },
      },
    });
  expect(on('builtin')).toBe(true);
  expect(on('implicit')).toBe('the port driver is implicit, not builtin');
});

it('ports below 1024 that are not privileged: by the sysctl, or by the capability of the RootlessKit that runs', () => {
  const lowered = (unprivilegedPortStart: number) =>
    skippedOn({ ...debian13, sysctl: { ...debian13.sysctl, unprivilegedPortStart } });
  const by = (start: number, port: number) =>
    `net.ipv4.ip_unprivileged_port_start is ${start}: port ${port} is not privileged`;
  expect(lowered(443)).toEqual({});
  expect(lowered(80)).toEqual({ 'PORT-PRIV-CAP': by(80, 80), 'PORT-PRIV-SYSCTL': by(80, 80) });
  expect(lowered(0)).toEqual({
    'PORT-PRIV-CAP': by(0, 80),
    'PORT-PRIV-DENY': by(0, 1),
    'PORT-PRIV-SYSCTL': by(0, 80),
  });
  const rootlesskit = { networkDriver: null, portDriver: null, detachesNetns: false, bindsPrivilegedPorts: true };
  const capable = 'rootlesskit runs with cap_net_bind_service: it may bind every port';
  expect(skippedOn({ ...debian13, rootlesskit })).toEqual({
    'PORT-PRIV-CAP': capable,
    'PORT-PRIV-DENY': capable,
    'PORT-PRIV-SYSCTL': capable,
  });
});

/** Checks whose fault is impossible on the host, with their reasons. */
function impossibleOn(host: HostFacts): Record<string, string> {
  const reasons = checks.map(({ id, fault }) => [id, fault.possible?.({ host }) ?? true] as const);
  return Object.fromEntries(reasons.flatMap(([id, reason]) => (reason === true ? [] : [[id, reason]])));
}

it('a container on a kernel of another without SCTP: faults that its root may not inject, and the one check of SCTP', () => {
  expect(impossibleOn(debian13)).toEqual({});
  const lackedCapabilities = ['CAP_SYS_MODULE', 'CAP_SYS_RESOURCE', 'CAP_SYS_TIME'];
  const host = { ...debian13, container: 'systemd-nspawn', lackedCapabilities, sctp: false };
  expect(skippedOn(host)).toEqual({ 'PORT-SCTP': 'the kernel has no SCTP, for no daemon' });
  const noLimit = 'root lacks CAP_SYS_RESOURCE on this host, and may not raise a limit';
  expect(impossibleOn(host)).toEqual({
    'CG-OOMADJ': noLimit,
    'LIM-MLOCK-OVER': noLimit,
    'LIM-MLOCK-ULIMIT': noLimit,
    'LIM-NOFILE-UP': noLimit,
    'PORT-SCTP': 'the kernel has no SCTP, for no daemon',
    'PRE-FW-MOD': 'root lacks CAP_SYS_MODULE on this host, and may not unload ip_tables',
    'PRE-USERNS-MAX': 'root lacks CAP_SYS_RESOURCE on this host, and may not change user.max_user_namespaces',
    'ST-KERNEL': 'root lacks CAP_SYS_MODULE on this host, and may not unload overlay',
  });
});

it('before Docker 23.0 a rootful daemon starts no privileged container where root lacks a capability', () => {
  const versions = { ...debian13.versions, dockerd: 'Docker version 20.10.24+dfsg1, build 297e128' };
  const host = { ...debian13, versions, lackedCapabilities: ['CAP_SYS_TIME'] };
  const why = 'root lacks CAP_SYS_TIME, and before Docker 23.0 it starts no privileged container then';
  const privileged = Object.entries(impossibleOn(host)).filter(([, reason]) => reason === why);
  expect(privileged.map(([id]) => id).sort()).toEqual(
    'GUIDE-1903-USERNS SEC-CAPS SEC-HOSTFS SEC-MKNOD SEC-SUIDBIND'.split(' '),
  );
});

it('no cpu controller, or none at all: faults that would change nothing there', () => {
  const cgroup = { ...debian13.cgroup, userControllers: ['memory', 'pids'] };
  expect(Object.keys(impossibleOn({ ...debian13, cgroup }))).toEqual(['GUIDE-PHOTON-FLAGS']);
  const none = { ...cgroup, availableControllers: [], userControllers: [] };
  expect(Object.keys(impossibleOn({ ...debian13, cgroup: none })).sort()).toEqual([
    'CG-INFO-TRUTH',
    'GUIDE-PHOTON-FLAGS',
  ]);
});
