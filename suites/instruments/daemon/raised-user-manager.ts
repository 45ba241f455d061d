import {
  type Fault,
  type RestartableTarget,
  refusalIn,
  startContainer,
  type Target,
  type VerifyContext,
} from '../../../harness/checks/index.ts';
import { delegatedControllers } from '../kernel/container-cgroup.ts';
import { probeAnswers } from '../kernel/probe-answers.ts';
import { observedOnce } from './observe-once.ts';
import { daemonProcess } from './process.ts';
import { expectBack, restartUserManager } from './restart.ts';
import { removeManagerDropIn, writeManagerDropIn } from './unit-drop-in.ts';
import { userUnit } from './user-unit.ts';

const mebibyte = 1024 * 1024;

/** Limits in bytes, -1 is unlimited. */
export type Locked = { readonly errno: string | null; readonly limitSoft: number; readonly limitHard: number };

/** More than a host's soft limit, so that the hard one decides. */
export const wantedFiles = 5000;

/**
 * The documented drop-ins in one restart, which costs most of a minute. `stage('written')` comes before it. `files`:
 * null where nobody asks for them.
 */
export const restartUserManagerRaised = observedOnce(async (context, isFor) => {
  const { target, host, defer } = context;
  defer(async () => {
    await removeManagerDropIn(target);
    await restartUserManager(target, host);
  });
  // an error is that check's own
  const asResult = (error: Error) => error;
  const few = isFor('GUIDE-HOMELAB-NOFILE') ? await observeFewFiles(context).catch(asResult) : null;
  await writeManagerDropIn(target, 'Delegate=cpu cpuset io memory pids', 'LimitMEMLOCK=infinity', 'LimitNOFILE=65536');
  await context.stage('written');
  await expectBack(target, restartUserManager(target, host));
  const controllers = await delegatedControllers(target, host);
  const isSeen = few !== null && !(few instanceof Error);
  const files = isSeen ? await openFiles(target).then((cured) => ({ few, cured }), asResult) : few;
  const seen = { controllers, files, ...(await observeContainer(context)) };
  context.note(JSON.stringify(seen));
  return seen;
});

/** Under a manager that may open 4096 files. */
async function observeFewFiles({ target, host }: VerifyContext<RestartableTarget>) {
  await writeManagerDropIn(target, 'LimitNOFILE=1024:4096');
  await restartUserManager(target, host);
  const { LimitNOFILE } = await userUnit(target, ['LimitNOFILE']);
  const { pid } = await daemonProcess(target);
  const { stdout } = await target.root.exec(['grep', 'Max open files', `/proc/${pid}/limits`]);
  return { ofUnit: LimitNOFILE, ofDaemon: stdout, opened: await openFiles(target) };
}

/** "all open", or the kernel's complaint. */
async function openFiles(target: Target): Promise<string> {
  await using container = await startContainer(target);
  const script = `ulimit -Sn "$(ulimit -Hn)"; i=3; while [ $i -lt ${wantedFiles} ] && eval "exec $i</dev/null"; do i=$((i+1)); done; echo "all open"`;
  const { stdout, stderr } = await container.exec(['sh', '-c', script]);
  return `${stdout}${stderr}`.trim();
}

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
  name: 'the drop-in says Delegate=pids, LimitMEMLOCK=64K, LimitNOFILE=1024:4096 by the time the user manager restarts',
  at: 'written',
  inject: async ({ target }) => {
    // the first, empty Delegate= resets the list, which otherwise adds up
    await writeManagerDropIn(target, 'Delegate=', 'Delegate=pids', 'LimitMEMLOCK=64K', 'LimitNOFILE=1024:4096');
    return async () => {};
  },
};
