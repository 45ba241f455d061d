import {
  asFinding,
  breaks,
  checksIn,
  docker,
  dockerApi,
  expect,
  expectContainer,
  type Inject,
  known,
  lifts,
  man,
  moby,
  mobyIssue,
  mustRun,
  page,
  refusalIn,
  rootlesskitIssue,
  rootScript,
  sharedContainer,
  startContainer,
  type Target,
  withoutDockerByScript,
} from '../../harness/checks/index.ts';
import { byRootful, daemonJson, driverNone, userManagerDropIn } from '../instruments/daemon/daemon-faults.ts';
import { daemonProcess } from '../instruments/daemon/process.ts';
import { dropInOverwritten, restartUserManagerRaised } from '../instruments/daemon/raised-user-manager.ts';
import { restartedWith } from '../instruments/daemon/restart.ts';
import {
  canLimit,
  cgroupsAbove,
  containerCgroup,
  controllersByDefault,
  coresUsed,
  delegatedControllers,
  hasControllers,
  hasUnifiedCgroups,
  limitsOf,
  statOf,
  userCgroup,
} from '../instruments/kernel/container-cgroup.ts';
import { mayRaiseLimits } from '../instruments/kernel/root-rights.ts';
import { limitWithoutDocker, unitWithoutDocker } from '../instruments/without-docker/user-manager.ts';

const check = checksIn(import.meta);
const limiting = docker('engine/security/rootless/tips', 'limiting resources');
const delegation = 'sudo systemctl edit user@.service: [Service] Delegate=cpu cpuset io memory pids; then log in again';
const mebibyte = 1024 * 1024;

const limited = { command: ['sh', '-c', 'sleep infinity & wait'], host: { PidsLimit: 10 } };

const notDelegated = {
  name: 'user@.service delegates nothing but the pids controller',
  // the first, empty Delegate= resets the list, which otherwise adds up
  inject: userManagerDropIn('Delegate=', 'Delegate=pids'),
  alsoBreaks: ['CG-INFO-TRUTH'],
};
const movedCgroups = {
  name: 'daemon.json moves containers to another slice and into the cgroup namespace of the host',
  inject: daemonJson({ 'cgroup-parent': 'rdc.slice', 'default-cgroupns-mode': 'host' }),
  alsoBreaks: ['NS-INFO'],
};

check('CG-DRIVER', {
  level: 'MUST',
  title: 'on systemd with cgroup v2 a container runs in a scope of the user manager, elsewhere in no cgroup of its own',
  source: limiting,
  applies: hasControllers,
  remedy: 'boot with cgroup v2, install dbus-user-session, remove native.cgroupdriver from daemon.json, log in again',
  concurrent: true,
  async verify({ target, host }) {
    const info = (await dockerApi(target, 'GET', '/info')).json<{ CgroupDriver: string; CgroupVersion: string }>();
    const container = await expectContainer(target, limited);
    const { path } = await containerCgroup(target, container);
    const claim = `${info.CgroupDriver} on v${info.CgroupVersion}`;
    if (hasUnifiedCgroups({ host }) === true) {
      expect(claim, 'cgroup driver and version of /info').toBe('systemd on v2');
      const scope = new RegExp(`^${userCgroup(host)}/.*/?docker-${container.id}\\.scope$`);
      expect(path, "the container's cgroup").toMatch(scope);
    } else {
      expect(claim, 'cgroup driver and version of /info').toBe(`none on v${host.cgroup.version}`);
      expect(path, "the container's cgroup").not.toContain(container.id);
    }
  },
  triage: {
    withoutDocker: unitWithoutDocker('a unit of the user manager', 'true'),
    notRootful: 'its containers are in the system slice',
  },
  fault: breaks('cgroup driver and version of /info', driverNone),
});

check('CG-DELEG', {
  level: 'SHOULD',
  title: 'the user manager has the controllers that systemd delegates: memory and pids, from version 252 also cpu',
  source: page('https://rootlesscontaine.rs/getting-started/common/cgroup2/', 'delegating controllers'),
  applies: canLimit,
  remedy: delegation,
  reproduce: `# expected: memory and pids, from systemd 252 on also cpu
cat "/sys/fs/cgroup/user.slice/user-$(id -u).slice/user@$(id -u).service/cgroup.controllers"`,
  readOnly: true,
  needsDaemon: false,
  async verify({ target, host }) {
    const controllers = await delegatedControllers(target, host);
    const wanted = expect.arrayContaining(controllersByDefault(host));
    expect(controllers, `controllers of user@${host.user.uid}.service`).toEqual(wanted);
  },
  fault: breaks('controllers of user@*.service', notDelegated),
});

check('CG-MEM', {
  level: 'MUST',
  title: '--memory 32m is in the kernel, and a process that takes 64 MiB is killed',
  source: limiting,
  applies: canLimit,
  remedy: delegation,
  concurrent: true,
  async verify({ target }) {
    const limit = 32 * mebibyte;
    await using container = await startContainer(target, { host: { Memory: limit, MemorySwap: limit } });
    const before = await containerCgroup(target, container, ['memory.max']);
    expect(before.files['memory.max'], "memory.max of the container's cgroup").toBe(String(limit));
    const { exitCode, stdout } = await container.exec(['probe', 'alloc', '64']);
    expect({ exitCode, stdout }, 'a process that takes 64 MiB').toEqual({ exitCode: 137, stdout: '' });
    const after = await containerCgroup(target, container, ['memory.events']);
    expect(statOf(after.files['memory.events'], 'oom_kill'), 'kills that the kernel counted').toBeGreaterThan(0);
  },
  // not by delegation: systemd keeps the memory controller on for a user while another unit of the slice needs it
  triage: { withoutDocker: limitWithoutDocker('MemoryMax=32M', 'memory.max', String(32 * mebibyte)) },
  fault: breaks("memory.max of the container's cgroup", driverNone),
});

const measuredSeconds = 4;

check('CG-CPU', {
  level: 'MUST',
  title: '--cpus 0.5 is in the kernel, and a busy loop gets half a core',
  source: limiting,
  applies: ({ host }) => {
    const possible = canLimit({ host });
    if (possible !== true) return possible;
    if (!controllersByDefault(host).includes('cpu')) {
      return `systemd ${host.systemdVersion} does not delegate the cpu controller to users (252 and later do); see CG-DELEG`;
    }
    // the refusal of --cpus without the controller is judged by GUIDE-PHOTON-FLAGS
    return (
      host.cgroup.userControllers?.includes('cpu') !== false ||
      `user@${host.user.uid}.service is not given the cpu controller, which CG-DELEG reports`
    );
  },
  remedy: delegation,
  async verify({ target }) {
    await using container = await startContainer(target, { host: { NanoCpus: 500_000_000 } });
    const { path, files } = await containerCgroup(target, container, ['cpu.max']);
    expect(files['cpu.max'], "cpu.max of the container's cgroup").toBe('50000 100000');
    // a lower limit in a slice above would hide in the tolerance of the measurement below
    expect(await limitsOf(target, cgroupsAbove(path), ['cpu.max']), 'cpu.max of the cgroups above it').toBe('');
    await container.exec(['sh', '-c', 'probe burn 120 >/dev/null 2>&1 &']);
    const cores = await coresUsed(target, path, measuredSeconds);
    expect(cores, "cores that a busy loop got by the kernel's account").toBeLessThanOrEqual(0.6);
    // control: a loop that hardly ran proves no limit
    expect(cores, "cores that a busy loop got by the kernel's account").toBeGreaterThanOrEqual(0.3);
  },
  triage: { withoutDocker: limitWithoutDocker('CPUQuota=50%', 'cpu.max', '50000 100000') },
  fault: breaks("cpu.max of the container's cgroup", driverNone),
});

check('CG-PIDS', {
  level: 'MUST',
  title: '--pids-limit 10 is in the kernel, and the fork beyond it fails',
  source: limiting,
  applies: canLimit,
  remedy: delegation,
  async verify({ target }) {
    const container = await sharedContainer(target, limited);
    const { files } = await containerCgroup(target, container, ['pids.max']);
    expect(files['pids.max'], "pids.max of the container's cgroup").toBe('10');
    const forks = await container.probe<{ forked: number; errno: string | null }>('fork', '20');
    expect(forks.errno, 'the fork beyond the limit').toBe('EAGAIN');
    // the container's own processes and the probe count too
    expect(forks.forked, 'forks that succeeded').toBeLessThanOrEqual(8);
    expect(forks.forked, 'forks that succeeded').toBeGreaterThanOrEqual(5);
  },
  triage: { withoutDocker: limitWithoutDocker('TasksMax=10', 'pids.max', '10') },
  fault: breaks("pids.max of the container's cgroup", driverNone),
});

/** The slice above gets a controller that the user manager does not have, and dockerd reads the slice. */
const sliceOnly: Inject = async ({ target, host }) => {
  const slice = `user-${host.user.uid}.slice`;
  const unset = `systemctl set-property --runtime ${slice} AllowedCPUs=
cd /run/systemd/system.control; rm -f ${slice}.d/50-AllowedCPUs.conf; rmdir ${slice}.d 2>/dev/null || :; systemctl daemon-reload`;
  await mustRun(target.root, `systemctl set-property --runtime ${slice} AllowedCPUs=0`);
  return await restartedWith(target, () => mustRun(target.root, unset));
};

type ResourceClaims = Record<'MemoryLimit' | 'PidsLimit' | 'CpuCfsQuota' | 'CPUShares' | 'CPUSet', boolean>;

check('CG-INFO-TRUTH', {
  level: 'MUST',
  title: 'what /info claims of resource limits is what the user manager can hand on',
  source: rootlesskitIssue(282, 'limits that are announced and not delegated'),
  applies: hasUnifiedCgroups,
  remedy: `${delegation}; and restart the daemon after a change of delegation`,
  readOnly: true,
  async verify({ target, host }) {
    const info = (await dockerApi(target, 'GET', '/info')).json<ResourceClaims>();
    const has = await delegatedControllers(target, host);
    const claimed = {
      memory: info.MemoryLimit,
      pids: info.PidsLimit,
      cpu: info.CpuCfsQuota && info.CPUShares,
      cpuset: info.CPUSet,
    };
    const real = Object.fromEntries(Object.keys(claimed).map((name) => [name, has?.includes(name) ?? false]));
    expect(claimed, 'limits that /info claims').toEqual(real);
    const { pid } = await daemonProcess(target);
    const { stdout } = await target.root.exec(['cat', `/proc/${pid}/cgroup`]);
    expect(stdout, "the daemon's cgroup").toContain(userCgroup(host));
  },
  // AllowedCPUs= on the slice switches its cpuset controller on
  fault: breaks(
    'limits that /info claims',
    "the user's slice gets the cpuset controller, the user's manager does not",
    sliceOnly,
    { alsoBreaks: ['SVC-UNIT'], possible: hasControllers },
  ),
});

check('CG-PATH', {
  level: 'MUST',
  title: "a container's scope is user.slice/docker-ID.scope right below the user's service manager",
  source: moby('v26.1.5', 'daemon/oci_linux.go', 'withCgroups: the default parent of a rootless daemon'),
  applies: canLimit,
  remedy: 'look for cgroup-parent in ~/.config/docker/daemon.json',
  concurrent: true,
  async verify({ target, host }) {
    const container = await sharedContainer(target, limited);
    const { path } = await containerCgroup(target, container);
    expect(path, "the container's cgroup").toBe(`${userCgroup(host)}/user.slice/docker-${container.id}.scope`);
  },
  fault: breaks("the container's cgroup", movedCgroups),
});

check('CG-NS', {
  level: 'MUST',
  title: 'a container sees its own cgroup as the root of the hierarchy, with its own limits in it',
  source: man('cgroup_namespaces', 7, 'the cgroup that is the root for members of the namespace'),
  applies: canLimit,
  remedy: 'look for default-cgroupns-mode in ~/.config/docker/daemon.json: private is the default with cgroup v2',
  concurrent: true,
  async verify({ target }) {
    const container = await sharedContainer(target, limited);
    const { stdout } = await container.exec(['sh', '-c', 'cat /proc/self/cgroup; cat /sys/fs/cgroup/pids.max']);
    const [cgroup, limit] = stdout.split('\n');
    expect(cgroup, 'the cgroup that a process in the container sees').toBe('0::/');
    expect(limit, 'pids.max that a process in the container sees').toBe(String(limited.host.PidsLimit));
    const { files } = await containerCgroup(target, container, ['pids.max']);
    expect(files['pids.max'], "pids.max of the container's cgroup").toBe(limit);
  },
  triage: {
    withoutDocker: withoutDockerByScript('a cgroup namespace', '[ "$(unshare -UrC cat /proc/self/cgroup)" = 0::/ ]'),
  },
  fault: breaks('the cgroup that a process in the container sees', movedCgroups),
});

/** Moves one process of each of our containers elsewhere: docker top lists the processes of the cgroup. */
const strayProcess = rootScript(
  (host) => `for p in $(grep -lzs '^RDC_NONCE=' /proc/[0-9]*/environ | cut -d/ -f3 | sort -n); do
  echo "$p $(readlink /proc/$p/ns/pid)"
done | awk '{last[$2] = $1} END {for (container in last) print last[container]}' | while read -r p; do
  echo $p > /sys/fs/cgroup${userCgroup(host)}/init.scope/cgroup.procs
done`,
);

check('CG-TOP', {
  level: 'MUST',
  title: 'docker top lists all processes of a container, by their PIDs on the host',
  source: docker('reference/cli/docker/container/top', 'description'),
  applies: hasUnifiedCgroups,
  remedy: 'see CG-DRIVER and CG-PATH: the daemon asks the cgroup that it keeps a container in',
  async verify({ target, stage }) {
    const container = await sharedContainer(target, limited);
    const pidNamespace = `$(readlink /proc/${await container.hostPid()}/ns/pid)`;
    const { stdout } = await target.root.shell(`ls -l /proc/[0-9]*/ns/pid 2>/dev/null | grep -F "${pidNamespace}"`);
    const real = [...stdout.matchAll(/ \/proc\/(\d+)\/ns/g)].map(([, pid]) => pid);
    expect(real.length, 'processes in the PID namespace of the container').toBe(2);
    await stage('started');
    const top = await dockerApi(target, 'GET', `/containers/${container.id}/top`);
    expect(top.status === 200 ? 'a list' : top.text, 'what docker top answers').toBe('a list');
    const { Titles, Processes } = top.json<{ Titles: string[]; Processes: string[][] }>();
    const listed = Processes.map((columns) => columns[Titles.indexOf('PID')]);
    expect(listed.toSorted(), 'PIDs that docker top lists').toEqual(real.toSorted());
  },
  // not by the driver: on cgroup v2 runc makes a cgroup even without one, and docker top works
  fault: breaks('PIDs that docker top lists', 'one process of the container is moved to another cgroup', strayProcess, {
    at: 'started',
  }),
});

check('CG-OOMADJ', {
  level: 'LIMITATION',
  title: "--oom-score-adj -500 is silently raised to the daemon's own value",
  source: mobyIssue(40068, 'a rootless daemon cannot lower the OOM score of what it starts'),
  remedy: 'sudo systemctl edit user@.service: [Service] OOMScoreAdjust=0 gives everything of the user a lower score',
  concurrent: true,
  async verify({ target }) {
    const wanted = -500;
    const daemon = await daemonProcess(target);
    const scores = await scoresWith(target, wanted, daemon.pid);
    const label = `differs: the start with --oom-score-adj ${wanted}`;
    asFinding('differs', () => expect(scores, label).not.toBeTypeOf('string'));
    if (typeof scores === 'string') return;
    asFinding('lifted', () => expect(scores.container, 'lifted: oom_score_adj in the container').not.toBe(wanted));
    asFinding('differs', () => expect(scores.container, 'differs: oom_score_adj in the container').toBe(scores.daemon));
  },
  triage: {
    withoutDocker: withoutDockerByScript(
      'oom_score_adj -500 for a process of its own',
      'echo -500 > /proc/self/oom_score_adj',
    ),
  },
  fault: lifts('oom_score_adj in the container', { ...byRootful, possible: mayRaiseLimits }),
});

async function scoresWith(target: Target, wanted: number, daemon: number) {
  try {
    await using container = await startContainer(target, { host: { OomScoreAdj: wanted } });
    const pid = await container.hostPid();
    const { stdout } = await target.root.shell(`cat /proc/${daemon}/oom_score_adj /proc/${pid}/oom_score_adj`);
    const [ofDaemon, ofContainer] = stdout.trim().split('\n').map(Number);
    return {
      daemon: known(ofDaemon, 'oom_score_adj of the daemon'),
      container: known(ofContainer, 'that of the container'),
    };
  } catch (error) {
    return await refusalIn(error, target);
  }
}

check('CG-DELEG-ALL', {
  level: 'WORKAROUND',
  title: 'with Delegate=cpu cpuset io memory pids and a new log-in the user has all five, and --cpuset-cpus works',
  source: docker('engine/security/rootless/tips', 'limiting resources: delegating the controllers'),
  applies: ({ host }) => {
    if (host.init === 'systemd' && (host.systemdVersion ?? 0) < 244)
      return `systemd ${host.systemdVersion} cannot delegate cpuset (244 and later can)`;
    return canLimit({ host });
  },
  remedy: `${delegation} (every session of the user has to end first: loginctl terminate-user, or a reboot)`,
  restartsDaemon: true,
  async verify(context) {
    const stage = () => context.stage('written');
    const { controllers, refusal, container } = await restartUserManagerRaised('CG-DELEG-ALL', { ...context, stage });
    const all = expect.arrayContaining(['cpu', 'cpuset', 'io', 'memory', 'pids']);
    expect(controllers, `controllers of user@${context.host.user.uid}.service`).toEqual(all);
    expect(refusal, 'refusal of a container with --cpuset-cpus 0').toBeNull();
    expect(container?.cpus, "cpuset.cpus.effective of the container's cgroup").toBe('0');
  },
  fault: breaks('controllers of user@*.service', dropInOverwritten),
});
