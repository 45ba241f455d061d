import {
  type Fault,
  type RestartableTarget,
  refusalIn,
  startContainer,
  type Target,
  type VerifyContext,
} from '../../../harness/checks/index.ts';
import { delegatedControllers } from '../kernel/container-cgroup.ts';
import { observedOnce } from './observe-once.ts';
import { daemonProcess } from './process.ts';
import { expectBack, restartUserManager } from './restart.ts';
import { removeManagerDropIn, writeManagerDropIn } from './unit-drop-in.ts';
import { userUnit } from './user-unit.ts';

const mebibyte = 1024 * 1024;

/** One answer of `probe mlock` or `probe mlockall`; limits in bytes, -1 is unlimited. */
export type Locked = { readonly errno: string | null; readonly limitSoft: number; readonly limitHard: number };

/** More than the soft limit of a host, so that it takes the hard one. */
export const wantedFiles = 5000;

/** Under a manager that may open 4096 files. */
export type FewFiles = {
  /** LimitNOFILE of the daemon's unit */
  readonly ofUnit: string | undefined;
  /** the line of /proc/PID/limits of the daemon */
  readonly ofDaemon: string;
  /** what a container that opens `wantedFiles` says */
  readonly opened: string;
};

export type RaisedManager = {
  /** how it was before, and what a container then says that opens `wantedFiles`; only the check of open files asks */
  readonly files: { readonly few: FewFiles; readonly cured: string } | Error | null;
  /** what user@UID.service has to hand on, by the kernel */
  readonly controllers: readonly string[] | null;
  /** why a container with --cpuset-cpus 0 was refused */
  readonly refusal: string | null;
  readonly container: {
    /** UID on the host of its first process */
    readonly uid: number;
    /** cpuset.cpus.effective of its cgroup, by the kernel; null where that has no cpuset controller */
    readonly cpus: string | null;
    readonly lockedAll: Locked;
    /** the bytes that were to be locked at once, more than the user's limit was before */
    readonly bytes: number;
    readonly lockedBytes: Locked;
  } | null;
};

/**
 * The documented drop-ins of user@.service, delegation of every controller, unlimited locked memory and more open files,
 * in one: restarting the user manager and all that runs in it costs most of a minute, and none knows of the other.
 * `stage('written')` comes before the restart.
 */
export const restartUserManagerRaised = observedOnce<RaisedManager>(async (context, isFor) => {
  const { target, host, defer } = context;
  defer(async () => {
    await removeManagerDropIn(target);
    await restartUserManager(target, host);
  });
  // an error is that check's own
  const itsOwn = (error: Error) => error;
  const few = isFor('GUIDE-HOMELAB-NOFILE') ? await observeFewFiles(context).catch(itsOwn) : null;
  await writeManagerDropIn(target, 'Delegate=cpu cpuset io memory pids', 'LimitMEMLOCK=infinity', 'LimitNOFILE=65536');
  await context.stage('written');
  await expectBack(target, restartUserManager(target, host));
  const controllers = await delegatedControllers(target, host);
  const cured = async () => (few instanceof Error ? few : { few: few as FewFiles, cured: await openFiles(target) });
  const files = few && (await cured().catch(itsOwn));
  const seen = { controllers, files, ...(await observeContainer(context)) };
  context.note(JSON.stringify(seen));
  return seen;
});

async function observeFewFiles({ target, host }: VerifyContext<RestartableTarget>): Promise<FewFiles> {
  await writeManagerDropIn(target, 'LimitNOFILE=1024:4096');
  await restartUserManager(target, host);
  const { LimitNOFILE } = await userUnit(target, ['LimitNOFILE']);
  const { pid } = await daemonProcess(target);
  const { stdout } = await target.root.exec(['grep', 'Max open files', `/proc/${pid}/limits`]);
  return { ofUnit: LimitNOFILE, ofDaemon: stdout, opened: await openFiles(target) };
}

/** A container opens files until it has `wantedFiles` of them or the kernel refuses: "all open", or the complaint. */
async function openFiles(target: Target): Promise<string> {
  await using container = await startContainer(target);
  const script = `ulimit -Sn "$(ulimit -Hn)"; i=3; while [ $i -lt ${wantedFiles} ] && eval "exec $i</dev/null"; do i=$((i+1)); done; echo "all open"`;
  const { stdout, stderr } = await container.exec(['sh', '-c', script]);
  return `${stdout}${stderr}`.trim();
}

type Raised = Pick<RaisedManager, 'refusal' | 'container'>;

async function observeContainer({ target, host }: VerifyContext): Promise<Raised> {
  // what fits in any machine's memory, and on most of them is more than the limit was
  const bytes = Math.min((host.user.memlockBytes ?? 0) + mebibyte, 512 * mebibyte);
  try {
    await using container = await startContainer(target, { host: { CpusetCpus: '0' } });
    const pid = await container.hostPid();
    const { stdout } = await target.root.shell(`stat -c %u /proc/${pid}
cat "/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/${pid}/cgroup)/cpuset.cpus.effective"`);
    const [uid, cpus = ''] = stdout.split('\n');
    const locks = await container.exec(['sh', '-c', `probe mlockall; probe mlock ${bytes}`]);
    const [lockedAll, lockedBytes] = locks.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Locked);
    if (!(lockedAll && lockedBytes)) throw new Error('the probe in the container gave no answer');
    return { refusal: null, container: { uid: Number(uid), cpus: cpus || null, lockedAll, bytes, lockedBytes } };
  } catch (error) {
    return { refusal: await refusalIn(error, target), container: null };
  }
}

/** Somebody writes the drop-in anew before the user manager restarts. What verify does at its end takes it back. */
export const dropInOverwritten: Fault = {
  name: 'the drop-in says Delegate=pids, LimitMEMLOCK=64K, LimitNOFILE=1024:4096 by the time the user manager restarts',
  at: 'written',
  inject: async ({ target }) => {
    // lists of Delegate= add up: only an empty one takes the distribution's away
    await writeManagerDropIn(target, 'Delegate=', 'Delegate=pids', 'LimitMEMLOCK=64K', 'LimitNOFILE=1024:4096');
    return async () => {};
  },
};
