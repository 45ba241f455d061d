import { randomUUID } from 'node:crypto';
import {
  breaks,
  checksIn,
  docker,
  dockerApi,
  expect,
  issue,
  mustRun,
  pollUntil,
  refusalOf,
  rootScript,
  startContainer,
} from '../../harness/checks/index.ts';
import { withoutExec } from '../instruments/container/runtime-wrapper.ts';
import { bringBack, expectBack, restartDaemon } from '../instruments/daemon/restart.ts';
import { canRestart, stopDaemon } from '../instruments/daemon/service.ts';
import { restartedWithDropIn } from '../instruments/daemon/unit-drop-in.ts';
import { hasSystemd } from '../instruments/daemon/user-unit.ts';
import { canLimit, containerCgroup } from '../instruments/kernel/container-cgroup.ts';
import { byDefault, eventsOf, healthBecomes, linesOf, logDrivers, statsOf, talkative } from './watched.ts';

const check = checksIn(import.meta);
const second = 1e9;

/** Of all containers of ours. */
const renamedDevice = rootScript(
  () => `for p in $(grep -lzs '^RDC_NONCE=' /proc/[0-9]*/environ | cut -d/ -f3); do
  nsenter -n -t $p sh -c 'ip link set eth0 down && ip link set eth0 name rdc0 && ip link set rdc0 up' || :
done`,
);

check('SVC-HEALTH', {
  level: 'MUST',
  title: 'a health check runs in its container, and turns unhealthy and healthy again with what it looks at',
  source: docker('reference/dockerfile', 'HEALTHCHECK'),
  remedy: "docker inspect -f '{{json .State.Health}}' CONTAINER says what its command said; see SVC-EXEC",
  concurrent: true,
  async verify({ target, defer }) {
    const folder = (await mustRun(target, 'mktemp -d')).trim();
    defer(() => target.root.exec(['rm', '-rf', folder]));
    const Test = ['CMD-SHELL', 'echo >> /b/runs; test -e /b/ok'];
    const Healthcheck = { Test, Interval: second, Timeout: 30 * second, Retries: 1 };
    await using container = await startContainer(target, {
      host: { Binds: [`${folder}:/b`] },
      create: { Healthcheck },
    });
    const health = async (change: string, wanted: string) => {
      await mustRun(target, `${change} ${folder}/ok`);
      return await healthBecomes(target, container, wanted);
    };
    expect(await health('touch', 'healthy'), 'health with what the check looks at').toBe('healthy');
    expect(await health('rm', 'unhealthy'), 'health without it').toBe('unhealthy');
    expect(await health('touch', 'healthy'), 'health when it is there again').toBe('healthy');
    const runs = (await mustRun(target, `cat ${folder}/runs`)).length;
    expect(runs, 'how often it ran in the container').toBeGreaterThanOrEqual(3);
  },
  fault: breaks('health with what the check looks at', 'the runtime starts containers and fails at exec', withoutExec),
});

check('SVC-LOGS', {
  level: 'MUST',
  title:
    'docker logs has every line in order after a restart of the daemon, by default and with json-file, local and journald',
  source: docker('engine/logging/configure', 'supported logging drivers'),
  applies: canRestart,
  remedy:
    'docker inspect -f "{{json .HostConfig.LogConfig}}" CONTAINER; journald: see SVC-LOG; look for max-size in daemon.json',
  restartsDaemon: true,
  async verify({ target, host, stage, defer }) {
    const drivers = logDrivers(host);
    const start = (Type: string) => {
      const chosen = Type === byDefault ? {} : { host: { LogConfig: { Type, Config: {} } } };
      return startContainer(target, { command: talkative.command, create: { Tty: true }, ...chosen });
    };
    const containers = await Promise.all(drivers.map(start));
    defer(async () => {
      await bringBack(target);
      for (const { id } of containers) await dockerApi(target, 'DELETE', `/containers/${id}?force=true`);
    });
    const all = Object.fromEntries(drivers.map((driver) => [driver, talkative.all]));
    expect(await linesOf(target, drivers, containers), 'lines of docker logs, by driver').toEqual(all);
    await stopDaemon(target);
    await stage('stopped');
    await expectBack(target, restartDaemon(target));
    expect(await linesOf(target, drivers, containers), 'lines of docker logs after the restart, by driver').toEqual(
      all,
    );
  },
  fault: breaks(
    'lines of docker logs after the restart, by driver',
    'the last lines of a log are cut off while the daemon is down',
    rootScript(
      ({ user }) =>
        `truncate -s 2000 $(grep -l '${talkative.mark} 7.r' '${user.home}'/.local/share/docker/containers/*/*-json.log)`,
      () => ':', // the container is thrown away
    ),
    { at: 'stopped' },
  ),
});

check('SVC-EVENTS', {
  level: 'MUST',
  title: 'docker events has the start and the end of a container, in order, also for who asks later',
  source: docker('reference/cli/docker/system/events', '--since'),
  remedy: 'the daemon keeps the last 256 events, and forgets them when it is restarted: journalctl --user -u docker',
  async verify({ target, stage }) {
    const since = (await mustRun(target, 'date +%s')).trim();
    const container = await startContainer(target, { command: ['sleep', 'infinity'] });
    await stage('started');
    await container.stop();
    const actions = await eventsOf(target, container.id, since);
    const wanted = ['create', 'start', 'die', 'destroy'];
    expect(
      actions.filter((action) => wanted.includes(action)),
      'events of the container',
    ).toEqual(wanted);
  },
  fault: breaks(
    'events of the container',
    'the daemon is restarted in the meantime',
    async ({ target }) => {
      await restartDaemon(target);
      return async () => {};
    },
    { at: 'started' },
  ),
});

/** So much that what commands in the container take is little beside it. */
const heldBytes = 16_777_216;

/** It pings its gateway first, so that there is something to count. */
const bytesReceived = `ping -c 1 -W 2 "$(ip route | awk '/^default/ {print $3}')" > /dev/null; cat /sys/class/net/*/statistics/rx_bytes`;

check('SVC-STATS', {
  level: 'SHOULD',
  title: "docker stats has what the kernel counts: a container's bytes received, its processes and its memory",
  source: docker('reference/cli/docker/container/stats', 'NET I/O, PIDS, MEM USAGE'),
  remedy: 'without a cgroup driver processes and memory are not counted (see CG-DRIVER); network: see NET-BRIDGE',
  async verify({ target, host, stage }) {
    await using container = await startContainer(target, { host: { NetworkMode: 'bridge' } });
    await stage('started');
    const count = async () => {
      const { stdout } = await container.exec(['sh', '-c', bytesReceived]);
      return Math.max(...stdout.trim().split('\n').map(Number));
    };
    await container.exec(['sh', '-c', `head -c ${heldBytes} /dev/zero > /dev/shm/held`]);
    const before = await count();
    const { received, processes, memory } = await statsOf(target, container);
    const after = await count();
    const [[device, bytes] = []] = received;
    expect(device, 'device of the container that is counted').toBe('eth0');
    expect(before, "bytes that the container's device received").toBeGreaterThan(0);
    expect(bytes, 'bytes received by docker stats').toBeGreaterThanOrEqual(before);
    expect(bytes, 'bytes received by docker stats').toBeLessThanOrEqual(after);
    if (canLimit({ host }) !== true) return;
    const { files } = await containerCgroup(target, container, ['pids.current', 'memory.current']);
    expect(processes, 'processes by docker stats').toBe(Number(files['pids.current']));
    const charged = Number(files['memory.current']);
    expect(charged, "bytes of memory that the kernel charges to the container's cgroup").toBeGreaterThan(heldBytes);
    // a command in the container takes less, for a moment
    expect(Math.abs((memory ?? Number.NaN) - charged), 'bytes between docker stats and the kernel').toBeLessThan(
      heldBytes / 4,
    );
  },
  fault: breaks(
    'device of the container that is counted',
    'the device of the container gets another name',
    renamedDevice,
    { at: 'started' },
  ),
});

check('SVC-LOG', {
  level: 'MUST',
  title: 'the user reads in the journal what the daemon says, without help of root',
  source: issue('rootless-containers/usernetes', 281, 'journalctl --user: no journal files were opened'),
  applies: hasSystemd,
  remedy:
    'sudo mkdir -p /var/log/journal && sudo systemctl restart systemd-journald; look for Storage= and SplitMode= in /etc/systemd/journald.conf*, StandardOutput= in systemctl --user cat docker',
  async verify({ target }) {
    const nonce = `rdc-${randomUUID()}`;
    const device = `/dev/${nonce}`;
    const Devices = [{ PathOnHost: device, PathInContainer: device, CgroupPermissions: 'rwm' }];
    expect(await refusalOf(target, { host: { Devices } }), 'refusal of a device that is not there').toContain(nonce);
    const said = async () =>
      (await target.shell(`journalctl --user -q -u docker.service --since '-5min' | grep -m 1 '${nonce}'`)).code === 0;
    const isThere = await pollUntil(said, { withinMs: 10_000, everyMs: 250 });
    expect(isThere ?? false, "whether the user's journal has the daemon's error").toBe(true);
  },
  fault: breaks(
    "whether the user's journal has the daemon's error",
    'a drop-in of the unit throws away what the daemon says',
    restartedWithDropIn('StandardOutput=null', 'StandardError=null'),
  ),
});
