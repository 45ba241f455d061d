import {
  checksIn,
  dockerApi,
  expect,
  expectDocumented,
  lifts,
  mobyIssue,
  mustRun,
  pollUntil,
  startContainer,
  sysctl,
} from '../../harness/checks/index.ts';
import { restartDaemon } from '../instruments/daemon/restart.ts';
import { asksRootlessKit } from '../instruments/daemon/rootlesskit.ts';
import { canRestart } from '../instruments/daemon/service.ts';

const check = checksIn(import.meta);

// TEST-NET-3, on a device of our own
const [device, address, port] = ['rdc-late', '203.0.113.9', 28_093] as const;
const removeDevice = `ip link del ${device} 2>/dev/null || :`;
const addAddress = `${removeDevice}; ip link add ${device} type bridge; ip addr add ${address}/32 dev ${device}; ip link set ${device} up`;

check('SVC-LATE-IP', {
  level: 'LIMITATION',
  title:
    "a container published on an address that the host gets after the daemon's start does not run, whatever its policy; docker start brings it",
  source: mobyIssue(39_559, 'a container with --restart=always does not start when its address comes late at boot'),
  applies: (on) => (asksRootlessKit(on) === true ? canRestart(on) : asksRootlessKit(on)),
  remedy:
    "sudo sysctl net.ipv4.ip_nonlocal_bind=1 (a file in /etc/sysctl.d keeps it); or wait in a drop-in of the user's unit: ExecStartPre=/bin/sh -c 'until ip -o addr | grep -q ADDRESS; do sleep 1; done'; or publish on every address",
  restartsDaemon: true,
  async verify({ target, defer }) {
    defer(() => mustRun(target.root, removeDevice));
    await mustRun(target.root, addAddress);
    await target.invalidate();
    const container = await startContainer(target, {
      host: { RestartPolicy: { Name: 'always' }, NetworkMode: 'bridge' },
      publish: [{ hostPort: port, containerPort: 80, hostIp: address }],
    });
    defer(() => dockerApi(target, 'DELETE', `/containers/${container.id}?force=true`));
    await mustRun(target.root, removeDevice);
    await restartDaemon(target);
    await mustRun(target.root, addAddress);
    const isRunning = async () => {
      const { State } = (await dockerApi(target, 'GET', `/containers/${container.id}/json`)).json<{
        State: { Running: boolean };
      }>();
      return State.Running;
    };
    const runs = await pollUntil(isRunning, { withinMs: 5000, everyMs: 500 });
    expectDocumented(runs ? null : 'it does not run', 'it does not run', 'the container when its address is there');
    const started = await dockerApi(target, 'POST', `/containers/${container.id}/start`);
    expect(started.status, 'status of docker start').toBe(204);
  },
  fault: lifts(
    'the container when its address is there',
    'the kernel binds addresses that the host does not have yet',
    sysctl('net.ipv4.ip_nonlocal_bind', 1),
  ),
});
