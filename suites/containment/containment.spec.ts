import {
  asFinding,
  breaks,
  type Container,
  checksIn,
  code,
  docker,
  dockerApi,
  expect,
  expectDocumented,
  type HostFacts,
  lifts,
  man,
  moby,
  mobyIssue,
  mustRun,
  refusalIn,
  refusalOf,
  sharedContainer,
  type Target,
  withoutDockerByScript,
} from '../../harness/checks/index.ts';
import { attemptsIn, attemptsOnHost, unexpected } from '../instruments/container/attempts.ts';
import { wrappedRuntime } from '../instruments/container/runtime-wrapper.ts';
import { byRootful, byRootfulPrivileged } from '../instruments/daemon/daemon-faults.ts';
import { isEngineSince } from '../instruments/daemon/versions.ts';
import { findMount, parseMountInfo } from '../instruments/kernel/mount-table.ts';

const check = checksIn(import.meta);
const notRootless = 'see which daemon owns the socket: sudo ss -xlp | grep docker.sock; docker context use rootless';
const limits = docker('engine/security/rootless', 'how it works: root of a container is the user');

/** A filter that allows everything, no masks, new PID and IPC namespaces, whatever the specification says. */
const waywardRuntime = wrappedRuntime(
  // the shim calls `runc ... create --bundle FOLDER ...`; the specification is one line of FOLDER/config.json
  (runc) => `#!/bin/sh
for word; do [ "$last" != --bundle ] || bundle=$word; last=$word; done
[ -z "$bundle" ] || sed -i \\
  -e 's/"defaultAction":"[A-Z_]*"/"defaultAction":"SCMP_ACT_ALLOW"/' \\
  -e 's/"maskedPaths":\\[[^]]*\\]/"maskedPaths":[]/; s/"readonlyPaths":\\[[^]]*\\]/"readonlyPaths":[]/' \\
  -e '/"type":"pid"/!s/"namespaces":\\[/&{"type":"pid"},/' \\
  -e '/"type":"ipc"/!s/"namespaces":\\[/&{"type":"ipc"},/' "$bundle/config.json"
exec ${runc} "$@"`,
);

const byRuntime = { name: 'the OCI runtime does not do as it is told: no filter, no masks', inject: waywardRuntime };

const mighty = { host: { Privileged: true, Binds: ['/:/h'] } };

async function ownFolder(target: Target, defer: (undo: () => Promise<unknown>) => void): Promise<[string, string]> {
  const folder = (await mustRun(target, 'mktemp -d "$HOME/.rdc.XXXXXX"')).trim();
  defer(() => target.root.exec(['rm', '-rf', folder]));
  return [folder, `/h${folder}`];
}

/** Root's on every host: disks and SSH host keys. Not removable media, which an ACL may open to the user. */
async function closedToUsers(target: Target): Promise<string[]> {
  const { stdout } = await target.root.shell(
    "ls -d /etc/ssh/ssh_host_*_key 2>/dev/null; find /dev -maxdepth 1 -type b -user root ! -name 'sr*' ! -name 'fd*' ! -name 'loop*'",
  );
  return stdout.split('\n').filter(Boolean).slice(0, 40);
}

check('SEC-HOSTFS', {
  level: 'MUST',
  title: "a privileged container with the host's file system reads the user's files, and none that only root may",
  source: limits,
  remedy: notRootless,
  concurrent: true,
  async verify({ target, defer }) {
    const [folder, inside] = await ownFolder(target, defer);
    await mustRun(target, `umask 077; echo private > ${folder}/note`);
    const container = await sharedContainer(target, mighty);
    const own = `open ${inside}/note rw`;
    const disksAndKeys = (await closedToUsers(target)).map((path) => `open /h${path} r`);
    const roots = [
      ...disksAndKeys,
      'open /h/etc/shadow r',
      'open /h/etc/shadow w',
      'mknod /h/root/.rdc p 0 0',
      'mknod /h/usr/.rdc p 0 0',
      'open /h/proc/1/environ r',
    ];
    const attempts = await attemptsIn(container, [own, ...roots]);
    // control: the container has the host's file system
    expect(attempts[own], "opening a private file of the user's").toBeNull();
    const closed = Object.fromEntries(roots.map((call) => [call, ['EACCES']]));
    expect(unexpected(attempts, closed), "what is open of root's files on the host").toEqual([]);
  },
  fault: breaks("what is open of root's files on the host", byRootfulPrivileged),
});

async function processFile(target: Target, container: Container, file: string): Promise<string> {
  return (await mustRun(target.root, `cat /proc/${await container.hostPid()}/${file}`)).trim();
}

/** CAP_SYS_MODULE, CAP_SYS_ADMIN, CAP_SYS_TIME and CAP_SYSLOG by their numbers. */
const strong = [16n, 21n, 25n, 34n].reduce((mask, number) => mask | (1n << number), 0n);

check('SEC-CAPS', {
  level: 'MUST',
  title:
    'a container has the default capabilities; all there are count in the user namespace only: no clock, module or kernel sysctl',
  source: man('user_namespaces', 7, 'capabilities'),
  remedy: notRootless,
  concurrent: true,
  async verify({ target }) {
    // dockerd's default since before 20.10, read from the first process: exec'd ones can differ from what the runtime set
    const status = await processFile(target, await sharedContainer(target), 'status');
    const [, plain] = /^CapEff:\s+0*(\w+)/m.exec(status) ?? [];
    expect(plain, 'effective capabilities of an ordinary container').toBe('a80425fb');
    const container = await sharedContainer(target, mighty);
    const { capEff } = await container.probe<{ capEff: string }>('ids');
    expect(BigInt(`0x${capEff}`) & strong, "the container's capabilities").toBe(strong);
    const refused = {
      settimeofday: ['EPERM'],
      // ENOSYS: a kernel without modules
      initmodule: ['EPERM', 'ENOSYS'],
      'open /proc/sys/kernel/panic w': ['EACCES'],
    };
    const attempts = await attemptsIn(container, [...Object.keys(refused), 'syslog']);
    expect(unexpected(attempts, refused), "what does not take root's capabilities on the host").toEqual([]);
    // everybody may read the kernel's log where kernel.dmesg_restrict is 0
    const outside = await attemptsOnHost(target, ['syslog']);
    expect(attempts.syslog, "reading the kernel's log, as for the user on the host").toBe(outside.syslog);
  },
  // the root of a host may lack some that every user namespace has
  fault: breaks(
    ["what does not take root's capabilities on the host", "the container's capabilities"],
    byRootfulPrivileged,
  ),
});

check('SEC-MKNOD', {
  level: 'MUST',
  title: 'no container makes a device node, not even a privileged one',
  source: man('mknod', 2, 'EPERM'),
  remedy: notRootless,
  concurrent: true,
  async verify({ target }) {
    const container = await sharedContainer(target, mighty);
    // not 0:0, a whiteout, which user namespaces may make since Linux 5.8; the FIFO is the control
    const wanted = {
      'mknod /tmp/rdc c 1 3': ['EPERM'],
      'mknod /tmp/rdc b 8 0': ['EPERM'],
      'mknod /tmp/rdc p 0 0': [null],
    };
    const attempts = await attemptsIn(container, Object.keys(wanted));
    expect(unexpected(attempts, wanted), 'making a device otherwise than EPERM').toEqual([]);
  },
  fault: breaks('making a device otherwise than EPERM', byRootfulPrivileged),
});

check('SEC-SUIDBIND', {
  level: 'MUST',
  title: "a set-user-ID file that container root makes in a bind mount belongs to the user, not to the host's root",
  source: limits,
  remedy: notRootless,
  concurrent: true,
  async verify({ target, host, defer }) {
    const [folder, inside] = await ownFolder(target, defer);
    const container = await sharedContainer(target, mighty);
    await container.exec(['sh', '-c', `: > ${inside}/suid; chmod 6755 ${inside}/suid`]);
    const { stdout } = await target.root.exec(['stat', '-c', '%a %u:%g', `${folder}/suid`]);
    const { uid, gid } = host.user;
    expect(stdout.trim(), 'mode and owner of the file on the host').toBe(`6755 ${uid}:${gid}`);
  },
  fault: breaks('mode and owner of the file on the host', byRootfulPrivileged),
});

check('SEC-SECCOMP', {
  level: 'MUST',
  title: 'the builtin seccomp profile is at work: a container has a filter, and is refused what the user is not',
  source: docker('engine/security/seccomp', 'the default profile: significant syscalls blocked'),
  remedy: 'remove seccomp-profile from ~/.config/docker/daemon.json, and see that the kernel has CONFIG_SECCOMP_FILTER',
  concurrent: true,
  async verify({ target, host }) {
    const info = (await dockerApi(target, 'GET', '/info')).json<{ SecurityOptions?: string[] }>();
    const profile = isEngineSince(host, '23.0') ? 'builtin' : 'default';
    expect(info.SecurityOptions, 'SecurityOptions of /info').toContain(`name=seccomp,profile=${profile}`);
    const container = await sharedContainer(target);
    const status = await processFile(target, container, 'status');
    expect(/^Seccomp:\s+(\d)/m.exec(status)?.[1], "seccomp mode of the container's process").toBe('2');
    // a filter that allows everything is also a filter; add_key is refused by the profile only
    const outside = await attemptsOnHost(target, ['keyctl']);
    expect(outside, 'add_key by the user on the host').toEqual({ keyctl: null });
    expect(await attemptsIn(container, ['keyctl']), 'add_key in a container').toEqual({ keyctl: 'EPERM' });
  },
  triage: {
    withoutDocker: withoutDockerByScript('seccomp filters', 'grep -qw errno /proc/sys/kernel/seccomp/actions_avail'),
  },
  fault: breaks('add_key in a container', byRuntime),
});

check('SEC-PROCSYS', {
  level: 'MUST',
  title: 'a container finds /proc/sys read-only, and /proc/kcore, /proc/keys and /sys/firmware masked',
  source: code('opencontainers/runtime-spec', 'v1.2.0', 'config-linux.md', 'masked and readonly paths'),
  remedy: 'the OCI runtime does not apply the masked and readonly paths: report the versions of dockerd and runc',
  concurrent: true,
  async verify({ target }) {
    const container = await sharedContainer(target);
    // a write is EACCES anyway without CAP_NET_ADMIN; a change of mode meets the read-only mount first
    const change = 'chmod 644 /proc/sys/net/ipv4/ip_forward';
    const look =
      "stat -c '%n %t:%T' /proc/kcore /proc/keys 2>/dev/null; ls -A /sys/firmware; echo --; cat /proc/self/mountinfo";
    const script = `${change} 2>&1 || :; ${look}`;
    const { stdout } = await container.exec(['sh', '-c', script]);
    const [seen = '', mountinfo = ''] = stdout.split(/^--\n/m);
    const mounts = parseMountInfo(mountinfo);
    const readOnly = expect.arrayContaining(['ro']);
    const [changed, ...open] = seen.trim().split('\n');
    expect(changed, 'changing the mode of a sysctl').toMatch(/^chmod: .*: Read-only file system$/);
    const procSys = findMount(mounts, '/proc/sys');
    expect(procSys, 'the mount at /proc/sys').toMatchObject({ type: 'proc', options: readOnly });
    // a kernel may lack either file; what exists must be /dev/null
    const masked = ['/proc/kcore 1:3', '/proc/keys 1:3'];
    const unmasked = open.filter((line) => !masked.includes(line));
    expect(unmasked, 'what is not masked of /proc/kcore, /proc/keys and /sys/firmware').toEqual([]);
    const firmware = findMount(mounts, '/sys/firmware');
    expect(firmware, 'the mount at /sys/firmware').toMatchObject({ type: 'tmpfs', options: readOnly });
  },
  fault: breaks('changing the mode of a sysctl', byRuntime),
});

check('SEC-APPARMOR', {
  level: 'LIMITATION',
  title: 'on a host with AppArmor, containers run without the profile docker-default',
  source: docker('engine/security/rootless', 'known limitations: AppArmor'),
  applies: ({ host }) => host.lsm.includes('apparmor') || 'the kernel runs without AppArmor',
  remedy: 'none in rootless mode; confine the whole daemon by a profile for rootlesskit where that is needed',
  concurrent: true,
  async verify({ target }) {
    const container = await sharedContainer(target);
    const label = await processFile(target, container, 'attr/current');
    const isConfined = /\((enforce|complain|kill)\)$/.test(label);
    const documented = /^(unconfined|\S+ \(unconfined\))$/;
    expectDocumented(isConfined ? null : label, documented, "AppArmor's label of the container's process");
    const info = (await dockerApi(target, 'GET', '/info')).json<{ SecurityOptions?: string[] }>();
    const options = info.SecurityOptions;
    asFinding('differs', () => expect(options, 'differs: SecurityOptions of /info').not.toContain('name=apparmor'));
  },
  triage: {},
  fault: lifts("AppArmor's label of the container's process", byRootful),
});

function hostNamespaces(host: HostFacts) {
  return {
    ...(isEngineSince(host, '23.0') ? { PidMode: 'host' } : {}),
    ...(isEngineSince(host, '24.0') ? { IpcMode: 'host' } : {}),
  };
}

check('SEC-PIDIPC', {
  level: 'MUST',
  title: "--pid=host (from Docker 23.0) and --ipc=host (24.0) give the host's namespaces; before, they are refused",
  source: mobyIssue(41457, '--pid=host and --ipc=host in rootless mode'),
  remedy:
    'upgrade Docker: --pid=host works from 23.0 on, --ipc=host from 24.0; where nobody mounts /dev/mqueue, as without systemd: sudo mkdir /dev/mqueue && sudo mount -t mqueue mqueue /dev/mqueue; then restart the daemon',
  reproduce: `docker run --rm --pid=host busybox true   # expected from Docker 23.0 on: starts
docker run --rm --ipc=host busybox true   # expected from Docker 24.0 on: starts`,
  concurrent: true,
  async verify({ target, host }) {
    // control: a daemon that starts no container at all would refuse this one for another reason
    await sharedContainer(target);
    const modes = hostNamespaces(host);
    const started = await sharedContainer(target, 'PidMode' in modes ? { host: modes } : {}).catch((error) =>
      refusalIn(error, target),
    );
    expect(started, "a container with the host's namespaces").not.toBeTypeOf('string');
    if (typeof started === 'string') return;
    const container = started;
    const pid = await container.hostPid();
    const links = await mustRun(target.root, `cd /proc; readlink ${pid}/ns/pid 1/ns/pid ${pid}/ns/ipc 1/ns/ipc`);
    const [ownPid, hostPid, ownIpc, hostIpc] = links.trim().split('\n');
    const shared = { pid: ownPid === hostPid, ipc: ownIpc === hostIpc };
    expect(shared, "namespaces that are the host's").toEqual({ pid: 'PidMode' in modes, ipc: 'IpcMode' in modes });
    for (const mode of ['PidMode', 'IpcMode']) {
      if (mode in modes) continue;
      const refusal = await refusalOf(target, { host: { [mode]: 'host' } });
      expect(refusal ?? 'it starts', `the start with ${mode} host`).toMatch(/mount.*operation not permitted/);
    }
  },
  fault: breaks(["namespaces that are the host's", 'the start with {PidMode} host'], byRuntime),
});

check('SEC-SIGNAL', {
  level: 'MUST',
  title: "with --pid=host a container signals the user's processes and no others: the boundary is the user",
  source: moby('v26.1.5', 'daemon/oci_linux.go', 'WithNamespaces: the PID namespace of the host'),
  applies: ({ host }) => isEngineSince(host, '23.0') || '--pid=host is refused before Docker 23.0; see SEC-PIDIPC',
  remedy: notRootless,
  async verify({ target, host, defer }) {
    const container = await sharedContainer(target, { host: hostNamespaces(host) }).catch(async (error) => {
      // whether --ipc=host works too is judged by SEC-PIDIPC
      await refusalIn(error, target);
      return await sharedContainer(target, { host: { PidMode: 'host' } });
    });
    const sleep = 'sleep 300 > /dev/null 2>&1 & echo $!';
    const [own, roots] = [await mustRun(target, sleep), await mustRun(target.root, sleep)].map((pid) => pid.trim());
    defer(() => target.root.shell(`kill -9 ${own} ${roots}`));
    const calls = ['kill 1 0', `kill ${roots} 15`, `kill ${own} 15`];
    const [toInit, toRoots, toOwn] = Object.values(await attemptsIn(container, calls));
    const refused = { toInit: 'EPERM', toRoots: 'EPERM' };
    expect({ toInit, toRoots }, "signals to PID 1 and to a process of root's").toEqual(refused);
    expect(toOwn, "the signal to a process of the user's").toBeNull();
    const alive = await target.root.shell(`
i=0; while [ -d /proc/${own} ] && [ $i -lt 40 ]; do sleep 0.05; i=$((i+1)); done
for p in ${own} ${roots}; do [ ! -d /proc/$p ] || echo $p; done`);
    expect(alive.stdout.trim(), 'who is still alive').toBe(roots);
  },
  fault: breaks("signals to PID 1 and to a process of root's", byRootful),
});
