import { changeFile, type HostFacts, mustRun, quoteWord, type Target } from '../../../harness/checks/index.ts';

/** Session classes, one a line, without the user manager that systemd 256 lists too. */
function sessionClasses({ user }: HostFacts): string {
  return `for s in $(loginctl list-sessions --no-legend | awk '$2 == ${user.uid} {print $1}'); do loginctl show-session "$s" -p Class --value; done 2>/dev/null | grep -v '^manager'`;
}

/** logind ends what is left of a user one second after the last logout, instead of ten. Resolves to the undo. */
export async function shortStopDelay({ root }: Target): Promise<() => Promise<unknown>> {
  // a restart of logind may end graphical sessions
  const readSettings = () => mustRun(root, 'systemctl kill -s HUP systemd-logind');
  const settings = "printf '[Login]\\nUserStopDelaySec=1\\n'";
  const putBack = await changeFile(root, '/run/systemd/logind.conf.d/zz-rdc.conf', settings);
  await readSettings();
  return () => putBack().then(readSettings);
}

/** How long logind keeps the manager of a user who does not linger. */
async function stopDelaySeconds(target: Target): Promise<number> {
  const { stdout } = await target.root.shell(
    'busctl get-property org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager UserStopDelayUSec',
  );
  return Number(/^t (\d+)/.exec(stdout)?.[1] ?? 10_000_000) / 1e6;
}

/** Runs the script once the user has no session any more. */
async function whileLoggedOut(target: Target, host: HostFacts, script: string): Promise<string> {
  const { stdout } = await target.root.shell(
    `i=0; while c=$(${sessionClasses(host)}) && [ -n "$c" ] && [ $i -lt 100 ]; do sleep 0.2; i=$((i+1)); done
[ -z "$c" ] || { echo "sessions $c"; exit; }
${script}`,
    { timeoutMs: 150_000 },
  );
  if (stdout.startsWith('sessions ')) throw new Error(`${host.user.name} has another session on this machine`);
  return stdout.trim();
}

/**
 * Waits until logind would have ended everything of a user who does not linger, or the process is gone; for another 10 s
 * where it does not say 2 s later that the user lingers.
 */
export async function outlastLogout(target: Target, host: HostFacts, pid: number): Promise<void> {
  const script = `now() { cut -d. -f1 /proc/uptime; }
outlast() { while [ -d /proc/${pid} ] && [ "$(now)" -lt $1 ]; do sleep 0.2; done; }
end=$(($(now) + ${Math.ceil(await stopDelaySeconds(target))}))
outlast $((end + 2))
[ "$(loginctl show-user '${host.user.name}' -p State --value)" = lingering ] || outlast $((end + 10))`;
  await whileLoggedOut(target, host, script);
}

/** The user manager's state after its end and a restart of logind, which starts managers of lingering users. */
export async function outlastManager(target: Target, host: HostFacts): Promise<string> {
  const unit = `user@${host.user.uid}.service`;
  const script = `i=0; while [ "$(systemctl is-active ${unit})" != inactive ] && [ $i -lt 300 ]; do sleep 0.2; i=$((i+1)); done
systemctl restart systemd-logind
systemctl is-active ${unit}`;
  return await whileLoggedOut(target, host, script);
}

/**
 * Shell: whether nothing is about to start the user's daemon. The host has booted, and the user's manager does not run or
 * has started all it will, with the daemon's unit neither active nor on its way there.
 */
function daemonIsLeftAlone({ user }: HostFacts): string {
  const asUser = `runuser -u '${user.name}' -- env XDG_RUNTIME_DIR=/run/user/${user.uid} systemctl --user`;
  return `left_alone() {
case $(systemctl is-system-running) in running|degraded) ;; *) return 1;; esac
case $(systemctl is-active user@${user.uid}.service) in inactive|failed) return 0;; active) ;; *) return 1;; esac
case $(${asUser} is-system-running) in running|degraded) ;; *) return 1;; esac
case $(${asUser} is-active docker.service) in inactive|failed) return 0;; *) return 1;; esac
}`;
}

/**
 * Asks for the version until it is answered, since on a slow host systemd may have to start the daemon twice; not after
 * 10 s in which nothing was about to start it.
 */
export async function daemonBeforeLogin(target: Target, host: HostFacts, withinSeconds: number) {
  const { stdout } = await target.root.shell(
    `
${daemonIsLeftAlone(host)}
now() { cut -d. -f1 /proc/uptime; }
end=$(($(now) + ${withinSeconds})); since=
ask() { env -u DOCKER_CONTEXT DOCKER_HOST='unix://${host.socket}' timeout 60 ${quoteWord(host.paths.docker ?? 'docker')} version --format "$1"; }
until [ -S '${host.socket}' ] && said=$(ask 'version {{.Server.Version}}' 2>&1); do
  if left_alone; then : "\${since:=$(now)}"; else since=; fi
  [ "$(now)" -lt $end ] && [ $(($(now) - \${since:-$(now)})) -lt 10 ] || { echo "$said" >&2; said=; break; }
  sleep 0.3
done
echo "$said"
echo "sessions $(echo $(${sessionClasses(host)}))"`,
    { timeoutMs: (withinSeconds + 100) * 1000 },
  );
  return parseBeforeLogin(stdout);
}

export function parseBeforeLogin(text: string) {
  return {
    /** null: no answer in time */
    version: /^version (\S+)$/m.exec(text)?.[1] ?? null,
    sessions: (/^sessions (.*)$/m.exec(text)?.[1] ?? '').split(' ').filter(Boolean),
  };
}

export async function lingering(target: Target, { user }: HostFacts) {
  const file = `/var/lib/systemd/linger/${user.name}`;
  const word = (await target.root.exec(['test', '-e', file])).code === 0 ? 'enable' : 'disable';
  return () => mustRun(target.root, `loginctl ${word}-linger '${user.name}'`);
}
