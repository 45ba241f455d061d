import {
  type HostFacts,
  known,
  mustRun,
  quoteWord,
  type RestartableTarget,
  type Target,
} from '../../../harness/checks/index.ts';

type Control = {
  /** shell commands of the user; `state` prints `active`, or what else it is */
  readonly start: string;
  readonly stop: string;
  readonly restart: string;
  readonly state: string;
};

// a unit that the manager has not loaded yet, as after a boot without it, cannot be reset
const reset = 'systemctl --user reset-failed docker 2>/dev/null || true';
const userUnit: Control = {
  start: `${reset}; systemctl --user start docker`,
  stop: 'systemctl --user stop docker',
  restart: `${reset}; systemctl --user restart docker`,
  state: 'systemctl --user is-active docker',
};

/** The one place that knows how the daemon of this host is started and stopped: its user unit, or the user's own program. */
export function daemonControl({ init, daemonScript }: Pick<HostFacts, 'init' | 'daemonScript'>): Control {
  if (init === 'systemd') return userUnit;
  const script = quoteWord(known(daemonScript, 'what starts and stops the daemon without a user manager'));
  const [start, stop, state] = ['start', 'stop', 'status'].map((word) => `${script} ${word}`) as [
    string,
    string,
    string,
  ];
  return { start, stop, restart: `${stop}; ${start}`, state };
}

/** Where the daemon can be restarted at all; a reason otherwise. */
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

/** Has it started; whether it then answers is another matter, and so is a start that failed. */
export async function startDaemon(target: RestartableTarget): Promise<void> {
  await target.shell(daemonControl(target.facts.host).start, { timeoutMs: 120_000 });
}

/** `active`, or the word for what else it is. */
export async function daemonState(target: Target): Promise<string> {
  return (await target.shell(daemonControl(target.facts.host).state)).stdout.trim();
}
