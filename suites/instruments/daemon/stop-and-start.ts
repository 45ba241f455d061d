import { randomUUID } from 'node:crypto';
import {
  type Container,
  dockerApi,
  fixtureImageTag,
  pollUntil,
  quoteWord,
  type RestartableTarget,
  startContainer,
  type VerifyContext,
} from '../../../harness/checks/index.ts';
import { startOf } from '../kernel/process-start.ts';
import { dataRoot } from './data-root.ts';
import { endLeftovers, otherProcesses, serviceProcesses } from './leftovers.ts';
import { observedOnce } from './observe-once.ts';
import { daemonProcess } from './process.ts';
import { bringBack, expectBack, restartDaemon } from './restart.ts';
import { daemonControl } from './service.ts';

type Context = VerifyContext<RestartableTarget>;

/** The first process of a container that ends at once when it is told to. */
const obedient = ['sh', '-c', 'trap "exit 0" TERM; sleep 3600 & wait'];
/** The name of the container that is started with `--restart=always`. */
export const restarted = 'rdc-svc-restart';

/**
 * The daemon is stopped and started again, while the containers run that SVC-STOP and SVC-RESTART look at, and with a
 * volume of ST-PERSIST: what a check did not ask for is undefined. `stage('prepared')` comes before, `stage('stopped')`
 * in between. What keeps the daemon from coming back is `failure`.
 */
export const stopAndStart = observedOnce(async (context: Context, isFor) => {
  const { target, stage } = context;
  const volume = isFor('ST-PERSIST') ? await writtenVolume(context) : undefined;
  const always = isFor('SVC-RESTART') ? await alwaysRestarted(context) : undefined;
  const running = isFor('SVC-STOP') ? await runningContainer(context) : undefined;
  await stage('prepared');
  await target.invalidate();
  const stop = await timedStop(context);
  const left = await running?.();
  const traces = await always?.traces();
  await stage('stopped');
  // for the stop alone it is brought back at the end, without what the stop left
  const failure = (always ?? volume) && (await expectBack(target, restartDaemon(target)).catch(asFinding));
  const seen = {
    stop,
    failure,
    left,
    restart: always && !failure ? { traces, ...(await always.look()) } : undefined,
    volume: volume && !failure ? await volume() : undefined,
  };
  context.note(JSON.stringify(seen));
  return seen;
});

const asFinding = (error: Error) => (error.name === 'AssertionError' ? error : Promise.reject(error));

async function timedStop({ target, host }: Context): Promise<{ readonly exitCode: number; readonly seconds: number }> {
  const { stdout } = await target.shell(
    `cut -d' ' -f1 /proc/uptime; timeout 60 sh -c ${quoteWord(daemonControl(host).stop)}; echo $?; cut -d' ' -f1 /proc/uptime`,
    { timeoutMs: 90_000 },
  );
  const [from = 0, exitCode = -1, to = 0] = stdout.trim().split('\n').slice(-3).map(Number);
  return { exitCode, seconds: to - from };
}

async function runningContainer({ target, host, defer }: Context) {
  const container = await startContainer(target, { command: obedient });
  const pid = await container.hostPid();
  const others = await otherProcesses(target, host, await daemonProcess(target));
  let service: readonly string[] = [];
  defer(async () => {
    // a daemon that finds the remains of the last one may not come up
    await endLeftovers(target, service, pid);
    await bringBack(target);
    await dockerApi(target, 'DELETE', `/containers/${container.id}?force=true`);
  });
  return async () => {
    service = await serviceProcesses(target, host, others);
    return { service, container: await startOf(target, pid) };
  };
}

async function alwaysRestarted({ target, host, defer }: Context) {
  const name = restarted;
  const options = { name, command: obedient, host: { RestartPolicy: { Name: 'always' } } } as const;
  const remove = () => dockerApi(target, 'DELETE', `/containers/${name}?force=true`);
  // one that an earlier run left where the daemon did not come back
  await remove();
  const container = await startContainer(target, options);
  defer(async () => {
    await bringBack(target);
    await remove();
  });
  const folder = host.socket.replace(/\.sock$/, '');
  const traces = async () => (await target.root.exec(['find', folder, '-name', `*${container.id}*`])).stdout;
  const before = await container.hostPid();
  const createAnother = () =>
    dockerApi(target, 'POST', `/containers/create?name=${name}`, { body: { Image: fixtureImageTag } });
  return {
    traces,
    look: async () => ({
      pid: await nextPid(container, before, 30_000),
      removal: (await remove()).status,
      tracesAfterRemoval: await traces(),
      another: (await createAnother()).status,
    }),
  };
}

/** The container's process once it is another one than `before`; null at the deadline. */
export async function nextPid(container: Container, before: number, timeoutMs: number): Promise<number | null> {
  // DAEMON: it has no process
  const noneYet = (error: { code?: string }) => {
    if (error.code === 'DAEMON') return before;
    throw error;
  };
  const ask = async () => {
    const pid = await container.hostPid().catch(noneYet);
    return pid !== before && pid;
  };
  return (await pollUntil(ask, { withinMs: timeoutMs, everyMs: 50 })) ?? null;
}

async function writtenVolume({ target, defer }: Context) {
  const nonce = randomUUID();
  const volume = `rdc-${nonce}`;
  const options = { host: { Binds: [`${volume}:/v`] } };
  defer(async () => {
    await bringBack(target);
    await dockerApi(target, 'DELETE', `/volumes/${volume}?force=1`);
  });
  const writer = await startContainer(target, options);
  await writer.exec(['sh', '-c', `mkdir /v/d; echo ${nonce} > /v/d/f; chown -R 1001:1001 /v/d; chmod 700 /v/d`]);
  await writer.stop();
  return async () => {
    await using reader = await startContainer(target, options);
    // a program runs from the volume too: a data root on a noexec mount takes that away
    const look = "stat -c '%u:%g %a' /v/d; cat /v/d/f; cp /bin/busybox /v/sh && /v/sh -c 'echo runs'";
    const { stdout } = await reader.exec(['sh', '-c', look]);
    const file = `${await dataRoot(target)}/volumes/${volume}/_data/d/f`;
    const onDisk = await target.root.exec(['stat', '-c', '%u:%g', file]);
    return { nonce, inContainer: stdout.trim().split('\n'), onDisk: onDisk.stdout.trim() };
  };
}
