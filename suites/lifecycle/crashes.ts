import { type HostFacts, type Inject, known, mustRun, type Target } from '../../harness/checks/index.ts';
import { daemonProcess } from '../instruments/daemon/process.ts';

/** The shim above the first process of a container. */
export async function shimOf(target: Target, pid: number): Promise<number> {
  const shim = (await mustRun(target.root, `awk '/^PPid:/{print $2}' /proc/${pid}/status`)).trim();
  await mustRun(target.root, `grep -q '^containerd-shim' /proc/${shim}/comm`);
  return Number(shim);
}

const networkPrograms = ['slirp4netns', 'pasta', 'pasta.avx2', 'vpnkit'];

/** The one that carries the containers' network, by the daemon's cgroup: pasta leaves RootlessKit's processes. Null: none. */
export async function networkProcess(target: Target, host: HostFacts): Promise<number | null> {
  const { pid: daemon } = await daemonProcess(target);
  for (const pid of await networkProcesses(target, host)) {
    const { code } = await target.root.exec(['cmp', '-s', `/proc/${pid}/cgroup`, `/proc/${daemon}/cgroup`]);
    if (code === 0) return pid;
  }
  return null;
}

/** Such processes of the user that are alive, Docker's or not. */
export async function networkProcesses(target: Target, { user }: HostFacts): Promise<number[]> {
  const { stdout } = await target.root.shell(
    `cat /proc/[0-9]*/status 2>/dev/null | awk '/^Name:/{n=$2} /^State:/{s=$2} /^Pid:/{p=$2} /^Uid:/{if ($3 == ${user.uid} && s != "Z" && n ~ /^(${networkPrograms.join('|')})$/) print p}'`,
  );
  return stdout.split('\n').filter(Boolean).map(Number);
}

/** How long systemd waits before it starts the service of the daemon again. */
export async function restartDelayMs(target: Target): Promise<number> {
  const said = await mustRun(
    target,
    'busctl --user get-property org.freedesktop.systemd1 /org/freedesktop/systemd1/unit/docker_2eservice org.freedesktop.systemd1.Service RestartUSec',
  );
  return Number(known(/^t (\d+)/.exec(said)?.[1], 'RestartUSec of docker.service')) / 1000;
}

/** A process of the user's that restarts the service when its network program has ended. */
export const watchdog: Inject = async ({ target, host }) => {
  const [pid] = await networkProcesses(target, host);
  const loop = `while grep -q '^State:.[^Z]' /proc/${pid}/status; do sleep 0.3; done; systemctl --user restart docker`;
  const started = await mustRun(target, `setsid sh -c "${loop}" > /dev/null 2>&1 < /dev/null & echo $!`);
  return async () => void (await target.exec(['kill', started.trim()]));
};
