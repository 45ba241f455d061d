import {
  asFinding,
  breaks,
  checksIn,
  expect,
  expectContainer,
  expectDocumented,
  hostProbe,
  type Inject,
  issue,
  known,
  lifts,
  man,
  mustRun,
  refusalOf,
  sharedContainer,
  startContainer,
  type WithoutDocker,
  withoutDockerByProbe,
  withoutDockerByScript,
} from '../../harness/checks/index.ts';
import { daemonJson, userManagerDropIn } from '../instruments/daemon/daemon-faults.ts';
import { dropInOverwritten, type Locked, restartUserManagerRaised } from '../instruments/daemon/raised-user-manager.ts';
import { mayRaiseLimits } from '../instruments/kernel/root-rights.ts';

const check = checksIn(import.meta);

/** Also in limits.d: on Debian 12 LimitMEMLOCK of user@.service has no effect (pam_limits is thought to reset it). */
const memlockUnlimited: Inject = async (context) => {
  const { target, host } = context;
  const file = '/etc/security/limits.d/zz-rdc.conf';
  await mustRun(target.root, `mkdir -p /etc/security/limits.d; echo '${host.user.name} - memlock unlimited' > ${file}`);
  const remove = () => mustRun(target.root, `rm -f ${file}`);
  const undo = await userManagerDropIn('LimitMEMLOCK=infinity')(context).catch(async (error) => {
    await remove();
    throw error;
  });
  return async () => {
    await remove();
    await undo();
  };
};
const unlimited = {
  name: 'unlimited locked memory for the user manager',
  inject: memlockUnlimited,
  possible: mayRaiseLimits,
};
const raising =
  'sudo systemctl edit user@.service: [Service] LimitMEMLOCK=infinity (where that has no effect, as on Debian 12, try: USER - memlock unlimited in /etc/security/limits.d); then log in again';

const mlockOverAlone: WithoutDocker = async (context) => {
  const { limitHard } = await hostProbe<Locked>(context.target, context.target, ['mlock', '4096']);
  // -1 is unlimited: 64 KiB prove that
  const bytes = Math.max(limitHard, 0) + 64 * 1024;
  return await withoutDockerByProbe('mlock of 64 KiB over its RLIMIT_MEMLOCK', 'mlock', String(bytes))(context);
};

check('LIM-MLOCK-OK', {
  level: 'MUST',
  title: 'a container locks memory up to RLIMIT_MEMLOCK without any privilege',
  source: man('mlock', 2, 'limits and permissions'),
  remedy: 'raise LimitMEMLOCK of user@.service, and look for default-ulimits in ~/.config/docker/daemon.json',
  concurrent: true,
  async verify({ target }) {
    const container = await expectContainer(target);
    const page = await container.probe<Locked>('mlock', '4096');
    expect(page.errno, 'mlock of one page').toBeNull();
    const half = Math.floor((page.limitSoft === -1 ? 8 * 1024 * 1024 : page.limitSoft) / 2);
    // limits range from 64 KiB (before kernel 5.16) to an eighth of the memory: 64 MiB prove either
    const bytes = Math.min(half, 64 * 1024 * 1024);
    expect(bytes, 'half of RLIMIT_MEMLOCK').toBeGreaterThanOrEqual(32 * 1024);
    const locked = await container.probe<Locked>('mlock', String(bytes));
    expect(locked.errno, `mlock of ${bytes} bytes, half of RLIMIT_MEMLOCK`).toBeNull();
  },
  triage: { withoutDocker: withoutDockerByProbe('mlock of one page', 'mlock', '4096') },
  fault: breaks(
    'mlock of one page',
    'daemon.json sets default-ulimits memlock to 0',
    daemonJson({ 'default-ulimits': { memlock: { Name: 'memlock', Hard: 0, Soft: 0 } } }),
  ),
});

check('LIM-MLOCK-OVER', {
  level: 'LIMITATION',
  title: 'beyond RLIMIT_MEMLOCK mlock fails with ENOMEM, also with CAP_IPC_LOCK and --privileged',
  source: man('capabilities', 7, 'CAP_IPC_LOCK counts in the initial user namespace only'),
  remedy: raising,
  concurrent: true,
  async verify({ target }) {
    const container = await sharedContainer(target);
    const { limitHard } = await container.probe<Locked>('mlock', '4096');
    asFinding('lifted', () => expect(limitHard, 'lifted: RLIMIT_MEMLOCK in a container').not.toBe(-1));
    const over = String(limitHard + 64 * 1024);
    const plain = await container.probe<Locked>('mlock', over);
    expectDocumented(plain.errno, /^ENOMEM$/, `mlock of ${over} bytes, 64 KiB over the limit`);
    for (const host of [{ CapAdd: ['IPC_LOCK'] }, { Privileged: true }]) {
      await using stronger = await startContainer(target, { host });
      const locked = await stronger.probe<Locked>('mlock', over);
      expectDocumented(locked.errno, /^ENOMEM$/, `mlock of ${over} bytes with ${JSON.stringify(host)}`);
    }
  },
  triage: { withoutDocker: mlockOverAlone },
  fault: lifts('RLIMIT_MEMLOCK in a container', unlimited),
});

check('LIM-MLOCK-ULIMIT', {
  level: 'LIMITATION',
  title: '--ulimit memlock=-1:-1 is refused with "error setting rlimit type 8"',
  source: issue('containerd/nerdctl', 1937, 'rootless and --ulimit memlock=-1'),
  remedy: raising,
  concurrent: true,
  async verify({ target }) {
    const refusal = await refusalOf(target, { host: { Ulimits: [{ Name: 'memlock', Soft: -1, Hard: -1 }] } });
    expectDocumented(refusal, /rlimit type 8.*operation not permitted/, 'the start with --ulimit memlock=-1:-1');
  },
  triage: { withoutDocker: withoutDockerByScript('an unlimited RLIMIT_MEMLOCK', 'ulimit -l unlimited') },
  fault: lifts('the start with --ulimit memlock=-1:-1', unlimited),
});

// Red on Debian 12: pam_limits of systemd-user resets the limits to PID 1's after systemd 252 has set the unit's.
check('LIM-MLOCK-RAISE', {
  level: 'WORKAROUND',
  title:
    'with LimitMEMLOCK=infinity for user@.service and a new log-in a container locks all its memory, still rootless',
  source: issue('docker/for-linux', 1099, 'mlock in rootless containers: the limit of the user manager'),
  applies: ({ host }) => host.init === 'systemd' || `PID 1 is ${host.init}, not systemd: there is no user@.service`,
  remedy: raising,
  reproduce: `sudo mkdir -p /etc/systemd/system/user@.service.d
printf '[Service]\\nLimitMEMLOCK=infinity\\n' | sudo tee /etc/systemd/system/user@.service.d/memlock.conf
sudo systemctl daemon-reload
sudo systemd-run --no-block systemctl restart "user@$(id -u)"   # this may end your login: log in again
sleep 10
docker run --rm busybox sh -c 'ulimit -l'   # expected: unlimited`,
  restartsDaemon: true,
  async verify(context) {
    const stage = () => context.stage('written');
    const seen = await restartUserManagerRaised('LIM-MLOCK-RAISE', { ...context, stage });
    expect(seen.refusal, 'refusal of a container').toBeNull();
    const { uid, bytes, lockedAll, lockedBytes } = known(seen.container, 'the container');
    expect(lockedAll.limitHard, 'RLIMIT_MEMLOCK in a container').toBe(-1);
    expect(lockedAll.errno, 'mlockall in a container').toBeNull();
    expect(lockedBytes.errno, `mlock of ${bytes} bytes, which the limit did not allow before`).toBeNull();
    expect(uid, "UID of the container's process on the host").toBe(context.host.user.uid);
  },
  fault: breaks('RLIMIT_MEMLOCK in a container', dropInOverwritten),
});
