import {
  changeFile,
  type HostFacts,
  type Inject,
  inOrder,
  orUndo,
  startRootfulInPlace,
} from '../../../harness/checks/index.ts';
import { awaitDaemon, bringBack, restartDaemon, restartedWith, restartUserManager } from './restart.ts';
import { stopDaemon } from './service.ts';
import { removeManagerDropIn, writeManagerDropIn } from './unit-drop-in.ts';
import { isEngineSince } from './versions.ts';

export function userManagerDropIn(...settings: readonly string[]): Inject {
  return async ({ target, host }) => {
    await writeManagerDropIn(target, ...settings);
    const undo = async () => {
      await removeManagerDropIn(target);
      await restartUserManager(target, host);
    };
    return await orUndo(undo, () => restartUserManager(target, host));
  };
}

/**
 * Restarts once with more settings, and with the other changes; the rest of the file stays, since another data root
 * would be another daemon. `daemonJson({ ip6tables: true }, unitDropIn('...'))`
 */
export function daemonJson(config: Readonly<Record<string, unknown>>, ...others: readonly Inject[]): Inject {
  const settings: Inject = ({ target, host }) =>
    changeFile(target, `${host.user.home}/.config/docker/daemon.json`, (text) =>
      JSON.stringify({ ...(JSON.parse(text.trim() || '{}') as object), ...config }),
    );
  return async (context) => restartedWith(context.target, await inOrder(...others, settings)(context));
}

export const driverNone = {
  name: 'daemon.json asks for the cgroupfs driver, which is "none" without root',
  inject: daemonJson({ 'exec-opts': ['native.cgroupdriver=cgroupfs'] }),
  alsoBreaks: ['CG-INFO-TRUTH'],
};

/** A rootful daemon on the user's socket: everything works, and nothing is rootless. */
export const rootfulDaemon: Inject = async ({ target }) => {
  await target.invalidate();
  const stop = await startRootfulInPlace(target, () => stopDaemon(target)).catch(async (error) => {
    await bringBack(target);
    throw error;
  });
  const undo = async () => {
    await target.invalidate();
    await stop();
    await restartDaemon(target);
  };
  return await orUndo(undo, () => awaitDaemon(target));
};

/** What else breaks: checks that see the user's own daemon is gone. */
export const byRootful = {
  name: "a rootful daemon takes the place of the user's",
  inject: rootfulDaemon,
  alsoBreaks: [
    'SOCK-MODE',
    'SOCK-PID',
    'SOCK-DATA',
    'NS-UIDMAP',
    'NS-GIDMAP',
    'PRE-SUBID-NSS',
    'CG-INFO-TRUTH',
    'SVC-ACTIVE',
  ],
};

/** The same for checks of a privileged container: before 23.0 dockerd asks for all capabilities, also those that root lacks. */
export const byRootfulPrivileged = {
  ...byRootful,
  possible: ({ host }: { readonly host: HostFacts }) =>
    !host.lackedCapabilities?.length ||
    isEngineSince(host, '23.0') ||
    `root lacks ${host.lackedCapabilities.join(', ')}, and before Docker 23.0 it starts no privileged container then`,
};
