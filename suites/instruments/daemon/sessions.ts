import { type HostFacts, mustRun, quoteWord, type Target } from '../../../harness/checks/index.ts';

/** Shell: the classes of the user's login sessions, one a line. systemd 256 counts the user manager among them. */
function sessionClasses({ user }: HostFacts): string {
  return `for s in $(loginctl list-sessions --no-legend | awk '$2 == ${user.uid} {print $1}'); do loginctl show-session "$s" -p Class --value; done 2>/dev/null | grep -v '^manager'`;
}

/** Seconds that logind keeps a user's manager after the last logout, where the user does not linger. */
async function stopDelaySeconds(target: Target): Promise<number> {
  const { stdout } = await target.root.exec([
    'busctl',
    'get-property',
    'org.freedesktop.login1',
    '/org/freedesktop/login1',
    'org.freedesktop.login1.Manager',
    'UserStopDelayUSec',
  ]);
  return Number(/^t (\d+)/.exec(stdout)?.[1] ?? 10_000_000) / 1e6;
}

/** Shell: waits until the user has no session; somebody else's would show what no waiting can change. */
function awaitLogout(host: HostFacts): string {
  return `
i=0; while c=$(${sessionClasses(host)}) && [ -n "$c" ] && [ $i -lt 100 ]; do sleep 0.2; i=$((i+1)); done
[ -z "$c" ] || { echo "sessions $c"; exit; }`;
}

async function whileLoggedOut(target: Target, host: HostFacts, script: string): Promise<string> {
  const { stdout } = await target.root.shell(awaitLogout(host) + script, { timeoutMs: 150_000 });
  if (stdout.startsWith('sessions ')) throw new Error(`${host.user.name} has another session on this machine`);
  return stdout.trim();
}

/**
 * With the user logged out: waits until logind would have ended everything of a user who does not linger, and for another
 * 10 s where it does not say 2 s later that the user lingers; no longer than the process `pid` is there.
 */
export async function outlastLogout(target: Target, host: HostFacts, pid: number): Promise<void> {
  const seconds = Math.ceil(await stopDelaySeconds(target));
  await whileLoggedOut(
    target,
    host,
    `
now() { cut -d. -f1 /proc/uptime; }
outlast() { while [ -d /proc/${pid} ] && [ "$(now)" -lt $1 ]; do sleep 0.2; done; }
end=$(($(now) + ${seconds}))
outlast $((end + 2))
[ "$(loginctl show-user '${host.user.name}' -p State --value)" = lingering ] || outlast $((end + 10))`,
  );
}

/**
 * With the user logged out and not lingering: waits for the end of the user's manager, then restarts logind, which
 * starts the managers of those who linger as it does at boot. Returns the state of the manager's unit after that.
 */
export async function outlastManager(target: Target, host: HostFacts): Promise<string> {
  const unit = `user@${host.user.uid}.service`;
  return await whileLoggedOut(
    target,
    host,
    `
i=0; while [ "$(systemctl is-active ${unit})" != inactive ] && [ $i -lt 300 ]; do sleep 0.2; i=$((i+1)); done
systemctl restart systemd-logind
systemctl is-active ${unit}`,
  );
}

export type BeforeLogin = {
  /** what the daemon's API answered to root's client, or null within the time */
  readonly version: string | null;
  /** classes of the user's sessions, looked at after that answer */
  readonly sessions: readonly string[];
};

/**
 * Shell: whether nothing is about to start the user's daemon. The host has booted, and the user's manager either does not
 * run or is done with its start, with the daemon's unit neither active nor on its way there.
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
 * After a boot, with nobody logged in but root: asks for the version behind the user's socket until it is told, the
 * time is over, or nothing was about to start it for 10 s. Once is not enough: on a slow host the first daemon may give
 * up and systemd start the next one.
 */
export async function daemonBeforeLogin(target: Target, host: HostFacts, withinSeconds: number): Promise<BeforeLogin> {
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

/** Pure. */
export function parseBeforeLogin(text: string): BeforeLogin {
  return {
    version: /^version (\S+)$/m.exec(text)?.[1] ?? null,
    sessions: (/^sessions (.*)$/m.exec(text)?.[1] ?? '').split(' ').filter(Boolean),
  };
}

/** Resolves to what lets the user linger as now, or not. */
export async function lingering(target: Target, { user }: HostFacts): Promise<() => Promise<void>> {
  const file = `/var/lib/systemd/linger/${user.name}`;
  const { code } = await target.root.exec(['test', '-e', file]);
  const word = code === 0 ? 'enable' : 'disable';
  return async () => void (await mustRun(target.root, `loginctl ${word}-linger '${user.name}'`));
}
