import { randomUUID } from 'node:crypto';
import {
  away,
  breaks,
  type Container,
  checksIn,
  dockerApi,
  expect,
  expectDocumented,
  issue,
  known,
  lifts,
  moby,
  mobyIssue,
  mustRun,
  pollUntil,
  refusalOf,
  startContainer,
  type Target,
} from '../../harness/checks/index.ts';
import { wrappedRuntime } from '../instruments/container/runtime-wrapper.ts';
import { daemonProcess } from '../instruments/daemon/process.ts';
import { awaitDaemon, bringBack, restartDaemon } from '../instruments/daemon/restart.ts';
import { networkDriverOf } from '../instruments/daemon/rootlesskit.ts';
import { canRestart, daemonState } from '../instruments/daemon/service.ts';
import { nextPid } from '../instruments/daemon/stop-and-start.ts';
import { unitDropIn } from '../instruments/daemon/unit-drop-in.ts';
import { hasSystemd } from '../instruments/daemon/user-unit.ts';
import { startOf } from '../instruments/kernel/process-start.ts';
import { hostAddress, serveOnHost } from '../instruments/peers/host-server.ts';
import { networkProcess, networkProcesses, restartDelayMs, shimOf, watchdog } from './crashes.ts';

const check = checksIn(import.meta);
const always = { RestartPolicy: { Name: 'always' } } as const;

const remove = (target: Target, { id }: Container) => dockerApi(target, 'DELETE', `/containers/${id}?force=true`);

/** Kills a process, and waits until it is gone. */
const kill = (target: Target, pid: number) =>
  mustRun(
    target.root,
    `kill -9 ${pid}; i=0; while grep -qs '^State:.[^Z]' /proc/${pid}/status && [ $i -lt 50 ]; do sleep 0.1; i=$((i+1)); done`,
  );

check('SVC-CRASH-DAEMON', {
  level: 'MUST',
  title: 'after kill -9 of dockerd the daemon answers within a minute, and a container with --restart=always runs anew',
  source: moby('v26.1.5', 'contrib/dockerd-rootless-setuptool.sh', 'Restart=always, RestartSec=2'),
  applies: hasSystemd,
  remedy:
    'systemctl --user cat docker: Restart=always, KillMode=mixed (see SVC-UNIT). containerd 1.4 (Debian 11) loads containers whose shim is dead for ever: systemctl --user stop docker; rm -rf $XDG_RUNTIME_DIR/docker/containerd; systemctl --user start docker; kill what was left of the containers',
  reproduce: `docker run -d --name crash --restart always busybox sleep 1000
kill -9 "$(pgrep -u "$(id -u)" -x dockerd)"; sleep 60
docker ps   # expected: an answer, and crash is up again
docker rm -f crash`,
  restartsDaemon: true,
  async verify({ target, host, defer }) {
    await target.invalidate();
    await target.exec(['systemctl', '--user', 'reset-failed', 'docker.service']);
    const container = await startContainer(target, { host: always });
    const before = await container.hostPid();
    const start = await startOf(target, before);
    defer(async () => {
      if ((await startOf(target, before)) === start) await kill(target, before);
      await bringBack(target).catch(async () => {
        // containerd 1.4 hangs in io.containerd.runtime.v2.task, at a container whose shim is dead: rootlesskit#355
        await target.exec(['rm', '-rf', host.socket.replace(/\.sock$/, '')]);
        await restartDaemon(target);
      });
      await remove(target, container);
    });
    await kill(target, (await daemonProcess(target)).pid);
    const complaint = await awaitDaemon(target, 60_000).catch(async (error: Error) => {
      // through the forwarded socket a lost connection looks like a daemon that is down; this throws LOST
      await target.exec(['true']);
      return error.message;
    });
    expect(complaint ?? null, 'the API within a minute of the kill').toBeNull();
    expect(await nextPid(container, before, 30_000), "the container's process after the crash").not.toBeNull();
    expect(await startOf(target, before), "start of the container's process of before").not.toBe(start);
  },
  fault: breaks('the API within a minute of the kill', 'a drop-in sets Restart=no', unitDropIn('Restart=no'), {
    alsoBreaks: ['SVC-UNIT'],
  }),
});

check('SVC-CRASH-CONTAINERD', {
  level: 'MUST',
  title: 'after kill -9 of containerd the daemon starts another one; running containers stay, and new ones start',
  source: moby('v26.1.5', 'libcontainerd/supervisor/remote_daemon.go', 'monitorDaemon: restart when it is not healthy'),
  applies: canRestart,
  remedy: 'systemctl --user restart docker; journalctl --user -u docker says why containerd does not start',
  restartsDaemon: true,
  async verify({ target, defer, stage }) {
    await target.invalidate();
    const container = await startContainer(target);
    let isWell = false;
    defer(async () => {
      if (!isWell) await restartDaemon(target);
      await remove(target, container);
    });
    await stage('running');
    const pid = await container.hostPid();
    const start = await startOf(target, pid);
    const { service } = await daemonProcess(target);
    const containerd = known(
      service.find(({ command }) => command === 'containerd'),
      'the process of containerd',
    );
    await kill(target, containerd.pid);
    let refusal: string | null = null;
    const ask = async () => {
      refusal = await refusalOf(target, {});
      return refusal === null;
    };
    await pollUntil(ask, { withinMs: 60_000, everyMs: 1000 });
    expect(refusal, 'refusal of another container a minute after the kill').toBeNull();
    expect(await startOf(target, pid), 'start of the process of the container that ran').toBe(start);
    expect((await container.exec(['true'])).exitCode, 'exit code of an exec in it').toBe(0);
    isWell = true;
  },
  fault: breaks(
    'refusal of another container a minute after the kill',
    'the program containerd is away',
    away(({ paths }) => known(paths.containerd, 'the path of containerd')),
    { at: 'running' },
  ),
});

check('SVC-CRASH-SHIM', {
  level: 'MUST',
  title: "after kill -9 of a container's shim its process is gone, and with --restart=always it runs anew",
  source: mobyIssue(43_491, 'killed shim: its container stays "running" (20.10)'),
  applies: canRestart,
  remedy:
    'a daemon of 20.10 ignores the end that containerd tells it of: docker rm -f CONTAINER, and run it again; where its process is left: kill it, and systemctl --user restart docker',
  reproduce: `docker run -d --name shim --restart always busybox sleep 1000
kill -9 $(ps -o ppid= -p "$(docker inspect -f '{{.State.Pid}}' shim)"); sleep 20
docker exec shim echo runs   # expected: runs
docker rm -f shim`,
  restartsDaemon: true,
  async verify({ target, defer }) {
    await target.invalidate();
    const container = await startContainer(target, { host: always });
    const before = await container.hostPid();
    const start = await startOf(target, before);
    let isWell = false;
    defer(async () => {
      if ((await startOf(target, before)) === start) await kill(target, before);
      if (!isWell) await restartDaemon(target);
      await remove(target, container);
    });
    await kill(target, await shimOf(target, before));
    const gone = async () => (await startOf(target, before)) !== start;
    const isGone = await pollUntil(gone, { withinMs: 20_000, everyMs: 200 });
    expect(isGone ?? false, "whether the container's process of before is gone").toBe(true);
    expect(await nextPid(container, before, 20_000), "the container's process after the crash").not.toBeNull();
    isWell = true;
  },
  fault: breaks(
    "whether the container's process of before is gone",
    'the runtime does not do what cleans up after a shim',
    wrappedRuntime((runc) => `#!/bin/sh\nfor word do [ "$word" != delete ] || exit 1; done\nexec ${runc} "$@"\n`),
  ),
});

check('SVC-NETDRV', {
  level: 'LIMITATION',
  title: 'when the process of the network driver ends, the unit stays active and containers reach nobody',
  source: issue('rootless-containers/slirp4netns', 341, 'slirp4netns ends, and nobody starts it again'),
  applies: ({ host }) =>
    ['slirp4netns', 'pasta', 'vpnkit'].includes(networkDriverOf(host) ?? '')
      ? hasSystemd({ host })
      : `the network driver is ${networkDriverOf(host)}, which has no process of its own`,
  remedy:
    'systemctl --user restart docker; a timer of the user that looks for the process of the driver finds it sooner',
  restartsDaemon: true,
  async verify({ target, host, defer, stage }) {
    const nonce = randomUUID();
    await using server = await serveOnHost(target, target, ['tcp', '0', nonce]);
    const container = await startContainer(target, { host: { NetworkMode: 'bridge' } });
    defer(async () => {
      await restartDaemon(target);
      await remove(target, container);
    });
    const fetch = ['fetch', 'tcp', await hostAddress(target), String(server.ports[0]), '5000'];
    const { text } = await container.probe<{ text?: string }>(...fetch);
    expect(text, 'what a container fetches from the host before').toContain(nonce);
    const process = known(await networkProcess(target, host), "the network driver's process");
    const before = await networkProcesses(target, host);
    await stage('running');
    await kill(target, process);
    const again = async () =>
      (await daemonState(target)) !== 'active' ||
      (await networkProcesses(target, host)).some((pid) => !before.includes(pid));
    const fetched = container.probe<{ errno: string | null }>(...fetch);
    // a restart of the service ends the container
    fetched.catch(() => {});
    // as long as systemd waits before it starts the service again, and a margin
    const isAgain = await pollUntil(again, { withinMs: (await restartDelayMs(target)) + 3000, everyMs: 500 });
    expectDocumented(
      isAgain ? null : (await fetched).errno,
      /^(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENETDOWN)$/,
      "containers cut off by the end of the network driver's process",
    );
  },
  fault: lifts(
    "containers cut off by the end of the network driver's process",
    'a watchdog restarts the service when the process has ended',
    watchdog,
    { at: 'running' },
  ),
});
