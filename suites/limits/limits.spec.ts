import {
  breaks,
  checksIn,
  expect,
  expectContainer,
  expectDocumented,
  issue,
  known,
  lifts,
  man,
  moby,
  mobyIssue,
  mustRun,
  refusalOf,
  sharedContainer,
  sysctl,
  withoutDockerByScript,
} from '../../harness/checks/index.ts';
import { byRootful } from '../instruments/daemon/daemon-faults.ts';
import { restartedWithDropIn } from '../instruments/daemon/unit-drop-in.ts';
import { hasUnifiedCgroups } from '../instruments/kernel/container-cgroup.ts';
import { mayRaiseLimits } from '../instruments/kernel/root-rights.ts';
import { sysctlValue } from '../instruments/kernel/sysctl-value.ts';
import { unitWithoutDocker } from '../instruments/without-docker/user-manager.ts';
import {
  keyQuota,
  openFileLimits,
  processLimits,
  raiseFileCeiling,
  sessionKeys,
  tightProcessLimits,
} from './kernel-limits.ts';

const check = checksIn(import.meta);

check('LIM-NOFILE', {
  level: 'SHOULD',
  title:
    "the daemon may open as many files as the user manager's hard limit says, at least 65536, and containers inherit it",
  source: mobyIssue(40942, 'RLIMIT_NOFILE of a rootless daemon'),
  remedy:
    'sudo systemctl edit user@.service: [Service] LimitNOFILE=1024:524288; look for default-ulimits in daemon.json; without systemd: USER hard nofile 524288 in /etc/security/limits.conf; then log in again',
  reproduce: `grep 'Max open files' "/proc/$(pgrep -u "$(id -u)" -x dockerd)/limits"   # expected: at least 65536
docker run --rm busybox sh -c 'ulimit -Hn'                               # expected: the same`,
  concurrent: true,
  async verify({ target }) {
    const container = await expectContainer(target);
    const { daemon, manager, inContainer, rootlessKit } = await openFileLimits(target, container);
    expect(daemon.hard, 'hard RLIMIT_NOFILE of dockerd').toBeGreaterThanOrEqual(65_536);
    // Go's runtime raises the soft limit to one less than the hard limit
    expect(daemon.soft, 'soft RLIMIT_NOFILE of dockerd').toBeGreaterThanOrEqual(65_536);
    // it has two for each connection to a published port: rootless-containers/rootlesskit#536
    if (rootlessKit !== undefined)
      expect(rootlessKit, 'soft RLIMIT_NOFILE of RootlessKit').toBeGreaterThanOrEqual(65_536);
    // the kernel's ceilings for the host and for a process
    for (const name of ['fs.file-max', 'fs.nr_open'])
      expect(await sysctlValue(target, name), name).toBeGreaterThanOrEqual(65_536);
    // no user manager without systemd
    if (manager) expect(daemon.hard, "hard RLIMIT_NOFILE of dockerd beside the user manager's").toBe(manager.hard);
    expect(inContainer.hard, 'hard RLIMIT_NOFILE in a container').toBe(daemon.hard);
    expect(inContainer.soft, 'soft RLIMIT_NOFILE in a container').toBeGreaterThanOrEqual(1024);
    // programs that close every file they may have hang for minutes: moby/moby#38814, docker-library/mysql#579
    expect(inContainer.soft, 'soft RLIMIT_NOFILE in a container').toBeLessThanOrEqual(2 ** 20);
  },
  triage: {
    withoutDocker: unitWithoutDocker(
      '65536 open files for a unit of the user manager',
      '[ "$$(ulimit -Hn)" -ge 65536 ]',
    ),
    notRootful: 'the limit is that of the user manager',
  },
  // not of the user manager, whose drop-in limits have no effect on Debian 12
  fault: breaks(
    ['hard RLIMIT_NOFILE of dockerd', "hard RLIMIT_NOFILE of dockerd beside the user manager's"],
    'LimitNOFILE=1024:4096 in a drop-in of the user unit',
    restartedWithDropIn('LimitNOFILE=1024:4096'),
    { alsoBreaks: ['SVC-UNIT'] },
  ),
});

check('LIM-NPROC', {
  level: 'SHOULD',
  title:
    'the daemon and containers may start as many processes as the first process of the host, whatever limits log-ins',
  source: moby('v26.1.5', 'contrib/dockerd-rootless-setuptool.sh', 'install_systemd: LimitNPROC=infinity'),
  remedy:
    'look for nproc in /etc/security/limits.conf and limits.d, for LimitNPROC= at user@.service, for TasksMax= of user-UID.slice and of the user manager (DefaultTasksMax=); then log in again',
  concurrent: true,
  async verify({ target, host }) {
    const container = await expectContainer(target);
    const { init, daemon, inContainer } = await processLimits(target, container);
    expect(daemon, "soft and hard RLIMIT_NPROC of dockerd beside PID 1's").toBe(init);
    expect(inContainer, 'soft and hard RLIMIT_NPROC in a container').toBe(daemon);
    // a host with 512 MiB has 4000 threads by default
    for (const name of ['kernel.pid_max', 'kernel.threads-max'])
      expect(await sysctlValue(target, name), name).toBeGreaterThanOrEqual(2048);
    if (hasUnifiedCgroups({ host }) === true)
      expect(await tightProcessLimits(target, container), "processes that the container's cgroups allow").toEqual([]);
  },
  fault: breaks(
    "soft and hard RLIMIT_NPROC of dockerd beside PID 1's",
    'LimitNPROC=700 in a drop-in of the user unit',
    restartedWithDropIn('LimitNPROC=700'),
    { alsoBreaks: ['SVC-UNIT'] },
  ),
});

check('LIM-NOFILE-UP', {
  level: 'LIMITATION',
  title: '--ulimit nofile above the hard limit of the daemon is refused with "error setting rlimit type 7"',
  source: man('getrlimit', 2, 'raising a hard limit wants CAP_SYS_RESOURCE in the initial user namespace'),
  remedy: 'raise the limit for the user: LimitNOFILE= in a drop-in of user@.service, then log in again',
  async verify({ target, defer }) {
    const container = await sharedContainer(target);
    const { hard } = await container.probe<{ hard: number }>('rlimit', 'nofile');
    defer(await raiseFileCeiling(target, hard + 1));
    const nofile = { Name: 'nofile', Soft: 1024, Hard: hard + 1 };
    const refusal = await refusalOf(target, { host: { Ulimits: [nofile] } });
    const refused = /rlimit type 7.*operation not permitted/;
    expectDocumented(refusal, refused, `the start with --ulimit nofile=1024:${hard + 1}`);
  },
  triage: {
    withoutDocker: withoutDockerByScript('a hard RLIMIT_NOFILE above its own', 'h=$(ulimit -Hn); ulimit -n $((h+1))'),
  },
  fault: lifts('the start with --ulimit nofile=1024:*', { ...byRootful, possible: mayRaiseLimits }),
});

const containersToHold = 30;

check('LIM-KEYS', {
  level: 'SHOULD',
  title: `the user's quota of kernel keys has room for ${containersToHold} more containers, each of which takes a session key`,
  source: mobyIssue(22865, 'kernel.keys.maxkeys and session keyrings of containers'),
  remedy:
    "printf 'kernel.keys.maxkeys=2000\\nkernel.keys.maxbytes=200000\\n' | sudo tee /etc/sysctl.d/90-rootless.conf && sudo sysctl --system",
  async verify({ target, host }) {
    const before = known(await keyQuota(target, host), "the user's line of /proc/key-users");
    const free = before.max - before.used;
    expect(free, `free keys of ${before.max} (kernel.keys.maxkeys)`).toBeGreaterThanOrEqual(containersToHold);
    const container = await sharedContainer(target);
    const keys = await sessionKeys(target, container.id);
    expect(keys, "session keys of one container, on the user's account").toBeGreaterThanOrEqual(1);
    const after = await keyQuota(target, host);
    const { used, max, usedBytes, maxBytes } = known(after, "the user's line of /proc/key-users");
    expect(max - used, `free keys of ${max} (kernel.keys.maxkeys)`).toBeGreaterThanOrEqual(containersToHold * keys);
    // an empty keyring costs its name and a zero byte
    const bytes = containersToHold * keys * (`_ses.${container.id}`.length + 1);
    expect(maxBytes - usedBytes, `free bytes of ${maxBytes} (kernel.keys.maxbytes)`).toBeGreaterThanOrEqual(bytes);
  },
  triage: {
    withoutDocker: withoutDockerByScript(
      `room for ${containersToHold} keys in its quota`,
      `awk -v u="$(id -u):" '$1 == u {split($4, k, "/"); exit k[2] - k[1] < ${containersToHold}}' /proc/key-users`,
    ),
    notRootful: 'its containers count against the quota of root',
  },
  fault: breaks(
    'free keys of {10} (kernel.keys.maxkeys)',
    'sysctl kernel.keys.maxkeys=10',
    sysctl('kernel.keys.maxkeys', 10),
  ),
});

check('LIM-INOTIFY', {
  level: 'SHOULD',
  title: `the user, to whom the kernel charges all containers, has room for inotify instances and watches of ${containersToHold} more`,
  source: issue('containerd/containerd', 10468, 'an inotify instance for each shim; the same in k3s-io/k3s#10020'),
  remedy:
    "printf '%s\\n' fs.inotify.max_user_instances=1024 fs.inotify.max_user_watches=524288 | sudo tee /etc/sysctl.d/90-inotify.conf && sudo sysctl --system",
  readOnly: true,
  needsDaemon: false,
  async verify({ target, host: { user } }) {
    const script = `cat /proc/sys/fs/inotify/max_user_instances
cat /proc/sys/fs/inotify/max_user_watches
find /proc/[0-9]*/fd -lname anon_inode:inotify -printf '%h/../status\\n' 2>/dev/null | xargs cat 2>/dev/null | awk '/^Uid:/ {print $2}'`;
    const [max = 0, watches = 0, ...uids] = (await mustRun(target.root, script)).trim().split('\n').map(Number);
    const isOfUser = (id: number) =>
      id === user.uid || user.subuid.some(({ start, count }) => id >= start && id < start + count);
    const free = max - uids.filter(isOfUser).length;
    expect(free, `free inotify instances of ${max}`).toBeGreaterThanOrEqual(containersToHold);
    // the least that a kernel gives by default
    expect(watches, 'fs.inotify.max_user_watches').toBeGreaterThanOrEqual(8192);
  },
  fault: breaks('free inotify instances of {29}', 'the sysctl at 29', sysctl('fs.inotify.max_user_instances', 29)),
});
