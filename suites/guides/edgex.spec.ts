import {
  breaks,
  checksIn,
  chmod,
  expect,
  expectDocumented,
  inOrder,
  issue,
  known,
  mustRun,
  page,
  rootScript,
  sharedContainer,
  startContainer,
} from '../../harness/checks/index.ts';
import { userManagerDropIn } from '../instruments/daemon/daemon-faults.ts';
import { hidesSocket } from '../instruments/daemon/mount-overlay.ts';
import type { Locked } from '../instruments/daemon/raised-user-manager.ts';
import { canLimit, containerCgroup, statOf } from '../instruments/kernel/container-cgroup.ts';
import { exchangeBytes } from '../instruments/serial-line/serial-io.ts';
import {
  aclUndo,
  device,
  firstPort,
  hasTwoSerialPorts,
  noAclTools,
  openInside,
  setMode,
} from '../instruments/serial-line/serial-port.ts';

// EdgeX's guide, followed with stand-ins for its services. Where it is wrong, the correction is asserted.

const check = checksIn(import.meta);
const guide = (section: string) => page('https://docs.edgexfoundry.org/3.1/security/Ch-DockerRootless/', section);

const mebibyte = 1024 * 1024;

check('GUIDE-EDGEX-SECRETS', {
  level: 'WORKAROUND',
  title:
    'a secret store cannot lock more than RLIMIT_MEMLOCK (ENOMEM), whatever its memory limit; without locking it runs',
  source: guide('the secret store and mlock'),
  applies: canLimit,
  remedy:
    'switch the locking off (disable_mlock), or raise LimitMEMLOCK of user@.service; memory limits change nothing',
  concurrent: true,
  async verify({ target }) {
    const free = await sharedContainer(target);
    const { limitHard } = await free.probe<Locked>('mlock', '4096');
    expect(limitHard, 'RLIMIT_MEMLOCK of a container, in bytes').not.toBe(-1);
    const over = limitHard + 64 * 1024;
    // the memory limit leaves room, so the refusal cannot be about it
    const memory = over + 64 * mebibyte;
    await using limited = await startContainer(target, { host: { Memory: memory, MemorySwap: memory } });
    const { files } = await containerCgroup(target, limited, ['memory.max']);
    expect(Number(files['memory.max']), 'memory.max of the store, in pages').toBe(Math.floor(memory / 4096) * 4096);
    const locks = { 'without a memory limit': free, 'with a memory limit': limited };
    for (const [how, container] of Object.entries(locks)) {
      const { errno } = await container.probe<Locked>('mlock', String(over));
      expectDocumented(errno, /^ENOMEM$/, `locking ${over} bytes ${how}`);
    }
    const unlocked = await limited.exec(['probe', 'alloc', String(Math.ceil(over / mebibyte))]);
    expect(unlocked.exitCode, 'the same memory without locking').toBe(0);
    const after = await containerCgroup(target, limited, ['memory.events']);
    expect(statOf(after.files['memory.events'], 'oom_kill'), 'kills for lack of memory').toBe(0);
  },
  fault: breaks(
    'RLIMIT_MEMLOCK of a container, in bytes',
    'LimitMEMLOCK=infinity for the user manager',
    userManagerDropIn('LimitMEMLOCK=infinity'),
  ),
});

type Asked = { errno: string | null; status: number };

check('GUIDE-EDGEX-MANAGER', {
  level: 'WORKAROUND',
  title:
    "a manager with the user's socket mounted restarts another service; with the rootful path it finds a directory",
  source: issue('edgexfoundry/edgex-compose', 451, 'the rootless socket path for services that drive Docker'),
  remedy: 'in the compose file: $XDG_RUNTIME_DIR/docker.sock:/var/run/docker.sock, not /var/run/docker.sock',
  concurrent: true,
  async verify({ target, host }) {
    await using service = await startContainer(target);
    const Binds = [`${host.socket}:/var/run/docker.sock`, '/var/run/docker.sock:/rootful.sock'];
    await using manager = await startContainer(target, { host: { Binds } });
    const rootful = await manager.probe<Asked>('http', '/rootful.sock', 'GET', '/_ping');
    const isRootful = (await target.root.exec(['test', '-S', '/var/run/docker.sock'])).code === 0;
    // connecting to a directory; the same errno as for a socket on which nobody listens. A rootful daemon refuses the user
    expect(rootful.errno, 'asking the rootful path').toBe(isRootful ? 'EACCES' : 'ECONNREFUSED');
    const before = await service.hostPid();
    const restart = `/containers/${service.id}/restart?t=0`;
    const answer = await manager.probe<Asked>('http', '/var/run/docker.sock', 'POST', restart);
    expect(answer, "the daemon's answer to the manager").toMatchObject({ errno: null, status: 204 });
    const after = await service.hostPid();
    expect(after, 'the process of the service after its restart').not.toBe(before);
    const old = await target.root.exec(['test', '-e', `/proc/${before}`]);
    expect(old.code, 'its old process is gone').not.toBe(0);
  },
  fault: breaks(
    "the daemon's answer to the manager",
    'for the daemon, an ordinary file lies over the socket',
    hidesSocket,
  ),
});

check('GUIDE-EDGEX-DEVICE', {
  level: 'WORKAROUND',
  title: 'a device service is refused a port of mode 660, and exchanges bytes on it with 666, with 006 and with an ACL',
  source: guide('serial ports: device permissions'),
  applies: ({ host }) => (host.paths.getfacl ? hasTwoSerialPorts({ host }) : noAclTools),
  remedy: 'sudo setfacl -m u:USER:rw /dev/ttyS1 gives it to one user; 666 gives it to all, 006 takes it from dialout',
  async verify({ target, host, stage, defer }) {
    const near = firstPort(host);
    const far = known(host.serialPorts[1], 'the second serial port');
    defer(await setMode(target, far, '0666'));
    defer(await aclUndo(target, near));
    defer(await setMode(target, near, '0660'));
    const service = await sharedContainer(target, { host: device(near) });
    expectDocumented((await openInside(service, near)).errno, /^EACCES$/, `opening ${near} with mode 660`);
    const ways = {
      'mode 666': `chmod 666 ${near}`,
      'mode 006': `chmod 006 ${near}`,
      'an ACL': `chmod 660 ${near}; setfacl -m u:${host.user.name}:rw ${near}`,
    };
    for (const [way, script] of Object.entries(ways)) {
      await mustRun(target.root, script);
      await stage(way);
      expect((await openInside(service, near)).errno, `opening ${near} with ${way}`).toBeNull();
      await exchangeBytes(target, service, { near, far, when: ` with ${way}` });
    }
  },
  fault: breaks(
    'opening * with {an ACL}',
    'the ACL is lost after it was set, as at re-plug',
    inOrder(
      rootScript((host) => `setfacl -b ${firstPort(host)}`),
      chmod('0660', firstPort),
    ),
    { at: 'an ACL' },
  ),
});
