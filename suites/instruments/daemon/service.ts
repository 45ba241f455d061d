import { type HostFacts, known, mustRun, quoteWord, type RestartableTarget } from '../../../harness/checks/index.ts';

// without systemd's record of the unit, as right after boot, reset-failed fails
const reset = 'systemctl --user reset-failed docker 2>/dev/null || true';
/** Shell commands of the user; `state` prints `active` or another state. */
const userUnit = {
  start: `${reset}; systemctl --user start docker`,
  stop: 'systemctl --user stop docker',
  restart: `${reset}; systemctl --user restart docker`,
  state: 'systemctl --user is-active docker',
};

/** By the user unit, or by the user's own program. */
export function daemonControl({ init, daemonScript }: Pick<HostFacts, 'init' | 'daemonScript'>): typeof userUnit {
  if (init === 'systemd') return userUnit;
  const script = quoteWord(known(daemonScript, 'what starts and stops the daemon without a user manager'));
  const [start, stop] = [`${script} start`, `${script} stop`];
  return { start, stop, restart: `${stop}; ${start}`, state: `${script} status` };
}

export function canRestart({ host }: { readonly host: HostFacts }): true | string {
  return (
    host.init === 'systemd' ||
    host.daemonScript !== null ||
    `PID 1 is ${host.init}, not systemd, and no ~/.config/rdc/daemon says how the daemon is restarted here`
  );
}

export async function stopDaemon(target: RestartableTarget): Promise<void> {
  await mustRun(target, daemonControl(target.facts.host).stop);
}

export async function startDaemon(target: RestartableTarget): Promise<void> {
  await target.shell(daemonControl(target.facts.host).start, { timeoutMs: 120_000 });
}

export async function daemonState(target: RestartableTarget): Promise<string> {
  return (await target.shell(daemonControl(target.facts.host).state)).stdout.trim();
}
