import { type Fault, refusalIn, startContainer, type VerifyContext } from '../../../harness/checks/index.ts';
import { delegatedControllers } from '../kernel/container-cgroup.ts';
import { probeAnswers } from '../kernel/probe-answers.ts';
import { observedOnce } from './observe-once.ts';
import { expectBack, restartUserManager } from './restart.ts';
import { removeManagerDropIn, writeManagerDropIn } from './unit-drop-in.ts';

const mebibyte = 1024 * 1024;

/** Limits in bytes, -1 is unlimited. */
export type Locked = { readonly errno: string | null; readonly limitSoft: number; readonly limitHard: number };

/** Both documented drop-ins in one restart, which costs most of a minute. `stage('written')` comes before it. */
export const restartUserManagerRaised = observedOnce(async (context) => {
  const { target, host, defer } = context;
  defer(async () => {
    await removeManagerDropIn(target);
    await restartUserManager(target, host);
  });
  await writeManagerDropIn(target, 'Delegate=cpu cpuset io memory pids', 'LimitMEMLOCK=infinity');
  await context.stage('written');
  await expectBack(target, restartUserManager(target, host));
  const controllers = await delegatedControllers(target, host);
  const seen = { controllers, ...(await observeContainer(context)) };
  context.note(JSON.stringify(seen));
  return seen;
});

async function observeContainer({ target, host }: VerifyContext) {
  // what fits in any machine's memory, and on most of them is more than the limit was
  const bytes = Math.min((host.user.memlockBytes ?? 0) + mebibyte, 512 * mebibyte);
  try {
    await using container = await startContainer(target, { host: { CpusetCpus: '0' } });
    const pid = await container.hostPid();
    const { stdout } = await target.root.shell(`stat -c %u /proc/${pid}
cat "/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/${pid}/cgroup)/cpuset.cpus.effective"`);
    const [uid, cpus = ''] = stdout.split('\n');
    const locks = await container.exec(['sh', '-c', `probe mlockall; probe mlock ${bytes}`]);
    const [lockedAll, lockedBytes] = probeAnswers<Locked>(locks.stdout);
    if (!(lockedAll && lockedBytes)) throw new Error('the probe in the container gave no answer');
    return { refusal: null, container: { uid: Number(uid), cpus: cpus || null, lockedAll, bytes, lockedBytes } };
  } catch (error) {
    return { refusal: await refusalIn(error, target), container: null };
  }
}

/** The drop-in is overwritten before the restart; verify removes it. */
export const dropInOverwritten: Fault = {
  name: 'the drop-in says Delegate=pids and LimitMEMLOCK=64K by the time the user manager restarts',
  at: 'written',
  inject: async ({ target }) => {
    // the first, empty Delegate= resets the list, which otherwise adds up
    await writeManagerDropIn(target, 'Delegate=', 'Delegate=pids', 'LimitMEMLOCK=64K');
    return async () => {};
  },
};
