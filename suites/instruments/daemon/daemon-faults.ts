import { changeFile, type Inject, orUndo, startRootfulInPlace } from '../../../harness/checks/index.ts';
import { awaitDaemon, bringBack, restartDaemon, restartedWith, restartUserManager } from './restart.ts';
import { stopDaemon } from './service.ts';
import { removeManagerDropIn, writeManagerDropIn } from './unit-drop-in.ts';

/** A drop-in for user@.service: `userManagerDropIn('LimitMEMLOCK=infinity')`. */
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
 * Settings in the daemon.json of the user's daemon, which is restarted with it: `daemonJson({ 'exec-opts': [...] })`.
 * The rest of the file stays: with another storage driver or data root it would be another daemon.
 */
export function daemonJson(config: Readonly<Record<string, unknown>>): Inject {
  return async ({ target, host }) => {
    const file = `${host.user.home}/.config/docker/daemon.json`;
    const putBack = await changeFile(target, file, (text) =>
      JSON.stringify({ ...(JSON.parse(text.trim() || '{}') as object), ...config }),
    );
    return await restartedWith(target, putBack);
  };
}

/** The cgroupfs driver is `none` without root: resource flags are taken and ignored. */
export const driverNone: Inject = daemonJson({ 'exec-opts': ['native.cgroupdriver=cgroupfs'] });

/**
 * A rootful daemon in the place of the user's: it answers on the same socket, does everything one asks of it,
 * and keeps none of the promises of rootless Docker. A fault that no "does docker work" test notices.
 */
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

/** The fault of what only a rootless daemon keeps. What also turns red sees that the user's own daemon is not there. */
export const byRootful = {
  name: "a rootful daemon takes the place of the user's",
  inject: rootfulDaemon,
  alsoBreaks: ['SOCK-MODE', 'SOCK-PID', 'SOCK-DATA', 'NS-UIDMAP', 'NS-GIDMAP', 'CG-INFO-TRUTH', 'SVC-ACTIVE'],
};
