import { dirname } from 'node:path';
import {
  type Container,
  dockerApi,
  type Inject,
  mustRun,
  quoteWord,
  refusalIn,
  startContainer,
  type Target,
} from '../../harness/checks/index.ts';
import { driverNone, rootfulDaemon } from '../instruments/daemon/daemon-faults.ts';
import { observedOnce } from '../instruments/daemon/observe-once.ts';
import { restartDaemon } from '../instruments/daemon/restart.ts';
import { writeUnitDropIn } from '../instruments/daemon/unit-drop-in.ts';
import { containerCgroup, hasUnifiedCgroups } from '../instruments/kernel/container-cgroup.ts';
import { probeAnswers } from '../instruments/kernel/probe-answers.ts';

const mebibyte = 1024 * 1024;

export const asked = { Memory: 32 * mebibyte, NanoCpus: 500_000_000, PidsLimit: 5 } as const;
/** As on cgroup v1: where there is a cgroup driver, daemon.json asks for cgroupfs, which is "none" without root. */
export const restartDaemonWithoutDriver = observedOnce(async (context) => {
  const { target } = context;
  if (hasUnifiedCgroups(context) === true) context.defer(await driverNone.inject(context));
  try {
    await using container = await startContainer(target, { host: { ...asked, MemorySwap: asked.Memory } });
    const { path } = await containerCgroup(target, container);
    const unlimited = await tryLimits(target, container);
    const ownParent = path.endsWith(`/${container.id}`) ? dirname(path) : null;
    const unknown = ownParent ? await withoutCgroup(target, ownParent) : await processesKnown(target, container);
    const seen = { refusal: null, unlimited, unknown };
    context.note(JSON.stringify({ path, ...seen }));
    return seen;
  } catch (error) {
    return { refusal: await refusalIn(error, target), unlimited: null, unknown: null };
  }
});

async function tryLimits(target: Target, container: Container) {
  const { stdout } = await container.exec(['sh', '-c', 'probe alloc 64; probe fork 8; probe burn 2']);
  const inspected = await dockerApi(target, 'GET', `/containers/${container.id}/json`);
  const { Memory, NanoCpus, PidsLimit } = inspected.json<{ HostConfig: Record<keyof typeof asked, number> }>()
    .HostConfig;
  return { ...parseEfforts(stdout), claimed: { Memory, NanoCpus, PidsLimit } };
}

/** On cgroup v2 runc makes a cgroup beside the daemon's; without write access there, it is as on cgroup v1. */
async function withoutCgroup(target: Target, parent: string) {
  const folder = quoteWord(`/sys/fs/cgroup${parent}`);
  const owner = (await mustRun(target.root, `stat -c %u:%g ${folder}; chown 0:0 ${folder}`)).trim();
  try {
    await using container = await startContainer(target);
    const { path } = await containerCgroup(target, container);
    target.note(`cgroup of the container that could have none of its own: ${path}`);
    return await processesKnown(target, container);
  } finally {
    await mustRun(target.root, `chown ${owner} ${folder}`);
  }
}

async function processesKnown(target: Target, { id }: Container) {
  const { status, text } = await dockerApi(target, 'GET', `/containers/${id}/top`);
  const stats = await dockerApi(target, 'GET', `/containers/${id}/stats?stream=false&one-shot=true`);
  const pidsInStats = stats.json<{ pids_stats?: { current?: number } }>().pids_stats?.current ?? 0;
  return { top: { status, text }, pidsInStats };
}

/** Pure: lines of `probe alloc`, `fork` and `burn`; a missing line is a process that was killed. */
export function parseEfforts(stdout: string) {
  const answers = probeAnswers<{ call: string } & Record<string, number>>(stdout);
  const of = (call: string) => answers.find((answer) => answer.call === call);
  const [alloc, fork, burn] = [of('alloc'), of('fork'), of('burn')];
  return {
    touchedMiB: alloc?.touchedMiB ?? null,
    forks: fork ? { forked: fork.forked ?? 0, errno: (fork.errno as string | null | undefined) ?? null } : null,
    cores: burn ? (burn.cpuMs ?? 0) / (burn.wallMs ?? 1) : null,
  };
}

const configElsewhere: Inject = async (context) => {
  const { target } = context;
  // it must be possible to create it: older daemons keep a key there and do not start without
  const takeAway = await writeUnitDropIn(context, 'Environment=XDG_CONFIG_HOME=/tmp/rdc-config');
  return async () => {
    await takeAway();
    await restartDaemon(target);
    await mustRun(target, 'rm -rf /tmp/rdc-config');
  };
};

export const driverAfterAll: Inject = (context) =>
  hasUnifiedCgroups(context) === true ? configElsewhere(context) : rootfulDaemon(context);
