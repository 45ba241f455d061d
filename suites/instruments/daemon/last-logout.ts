import { mustRun, type RestartableTarget, startContainer, type VerifyContext } from '../../../harness/checks/index.ts';
import { startOf } from '../kernel/process-start.ts';
import { observedOnce } from './observe-once.ts';
import { awaitDaemon, bringBack, restartDaemon } from './restart.ts';
import { daemonBeforeLogin, lingering, outlastLogout, outlastManager, shortStopDelay } from './sessions.ts';

type Context = VerifyContext<RestartableTarget>;

/**
 * The user's last logout. What logind ends it ends some time later, which is waited for once: by the container first,
 * since that ends with the manager. `stage('lingering')` comes when the user lingers again. What only the one or the other
 * check asks for is null where that one is not judged.
 */
export const lastLogout = observedOnce(async (context, isFor) => {
  await context.target.invalidate();
  const lookAtLingering = isFor('GUIDE-HOMELAB-BOOT') ? await enabledUnit(context) : undefined;
  const lookAtContainer = isFor('SVC-LOGOUT') ? await runningContainer(context) : undefined;
  context.defer(await shortStopDelay(context.target));
  const seen = await context.target.loggedOut(async () => {
    const container = (await lookAtContainer?.()) ?? null;
    return { container, lingering: (await lookAtLingering?.()) ?? null };
  });
  context.note(JSON.stringify(seen));
  return seen;
});

async function runningContainer({ target, host, defer }: Context) {
  // its first process ends at once when it is told to
  const container = await startContainer(target, { command: ['sh', '-c', 'trap "exit 0" TERM; sleep 3600 & wait'] });
  defer(async () => {
    await bringBack(target);
    await container.stop();
  });
  const pid = await container.hostPid();
  const before = await startOf(target, pid);
  // the sessions of a run are no login shells: here is one, whose last act is the user's own (~/.bash_logout)
  await target.login('exec env -u SHLVL "$SHELL" -lc "exit 0" < /dev/null');
  return async () => {
    await outlastLogout(target, host, pid);
    return { before, after: await startOf(target, pid) };
  };
}

async function enabledUnit({ target, host, stage, defer }: Context) {
  const { name } = host.user;
  const wasEnabled = (await target.shell('systemctl --user is-enabled docker.service')).stdout.trim();
  // a unit that nobody enabled is the matter of SVC-BOOT, and is not put right by a step of a guide
  defer(async () => {
    if (wasEnabled === 'disabled') await mustRun(target, 'systemctl --user disable docker.service');
  });
  const lingerAsBefore = await lingering(target, host);
  defer(async () => {
    await lingerAsBefore();
    await awaitDaemon(target, 45_000).catch(() => restartDaemon(target));
  });
  await mustRun(target, 'systemctl --user enable docker.service');
  return async () => {
    await mustRun(target.root, `loginctl disable-linger '${name}'`);
    // logind starts the managers of those who linger when it starts itself, at boot and here
    const alone = await outlastManager(target, host);
    await mustRun(target.root, `loginctl enable-linger '${name}'`);
    await stage('lingering');
    return { alone, daemon: await daemonBeforeLogin(target, host, 60) };
  };
}
