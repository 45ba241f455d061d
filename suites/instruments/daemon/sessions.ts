import { type HostFacts, mustRun, quoteWord, type Target } from '../../../harness/checks/index.ts';

/** Session classes, one a line, without the user manager that systemd 256 lists too. */
function sessionClasses({ user }: HostFacts): string {
  return `for s in $(loginctl list-sessions --no-legend | awk '$2 == ${user.uid} {print $1}'); do loginctl show-session "$s" -p Class --value; done 2>/dev/null | grep -v '^manager'`;
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
    `i=0; while c=$(${sessionClasses(host)}) && [ -n "$c" ] && [ $i -lt 40 ]; do sleep 0.5; i=$((i+1)); done
[ -z "$c" ] || { echo "sessions $c"; exit; }
${script}`,
    { timeoutMs: 150_000 },
  );
  if (stdout.startsWith('sessions ')) throw new Error(`${host.user.name} has another session on this machine`);
  return stdout.trim();
}

/** Waits until logind would have ended everything of a user who does not linger, or the process is gone. */
export async function outlastLogout(target: Target, host: HostFacts, pid: number): Promise<void> {
  const seconds = Math.ceil((await stopDelaySeconds(target)) + 10);
  const script = `end=$(($(cut -d. -f1 /proc/uptime) + ${seconds}))
while [ -d /proc/${pid} ] && [ "$(cut -d. -f1 /proc/uptime)" -lt $end ]; do sleep 1; done`;
  await whileLoggedOut(target, host, script);
}

/** The user manager's state after its end and a restart of logind, which starts managers of lingering users. */
export async function outlastManager(target: Target, host: HostFacts): Promise<string> {
  const unit = `user@${host.user.uid}.service`;
  const script = `i=0; while [ "$(systemctl is-active ${unit})" != inactive ] && [ $i -lt 60 ]; do sleep 1; i=$((i+1)); done
systemctl restart systemd-logind
systemctl is-active ${unit}`;
  return await whileLoggedOut(target, host, script);
}

/** Asks for the version until it is answered, since on a slow host systemd may have to start the daemon twice. */
export async function daemonBeforeLogin(target: Target, host: HostFacts, withinSeconds: number) {
  const { stdout } = await target.root.shell(
    `
end=$(($(cut -d. -f1 /proc/uptime) + ${withinSeconds}))
ask() { env -u DOCKER_CONTEXT DOCKER_HOST='unix://${host.socket}' timeout 60 ${quoteWord(host.paths.docker ?? 'docker')} version --format "$1"; }
until [ -S '${host.socket}' ] && said=$(ask 'version {{.Server.Version}}' 2>&1); do
  [ "$(cut -d. -f1 /proc/uptime)" -lt $end ] || { echo "$said" >&2; said=; break; }
  sleep 1
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
