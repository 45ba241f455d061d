import type { HostFacts } from '../../harness/target-host/facts/host-facts.ts';

/** Scripts of root on a Debian machine of the lab, where the user is tester; `undo` brings the machine back. */
export type Scripts = {
  readonly apply: string;
  readonly undo: string;
  /** what not every machine has; without it the fault cannot be applied, or does nothing */
  readonly needs?: Need;
};

/** By the host's facts: whether it has what a fault needs. */
export const needs = {
  'serial ports': ({ serialPorts }) => (serialPorts?.length ?? 0) > 0,
  'cgroup controllers': ({ cgroup }) => cgroup.availableControllers?.length !== 0,
  // root without CAP_SYS_RESOURCE may not write user.max_*
  'limits that root may change': ({ lackedCapabilities }) => !lackedCapabilities?.includes('CAP_SYS_RESOURCE'),
  // on a kernel that others use too, the fault would be theirs
  'a kernel and a disk of its own': ({ container }) => container === null,
} as const satisfies Readonly<Record<string, (host: HostFacts) => boolean>>;

type Need = keyof typeof needs;

/** By the check that has to turn red, then by name. */
export type FaultsByCheck = Readonly<Record<string, Readonly<Record<string, Scripts>>>>;

export const uid = '$(id -u tester)';
export const asUser = `runuser -u tester -- env XDG_RUNTIME_DIR=/run/user/${uid} systemctl --user`;
export const dropIns = '/home/tester/.config/systemd/user/docker.service.d';
export const unit = '/home/tester/.config/systemd/user/docker.service';
export const data = '/home/tester/.local/share/docker';
export const daemonJson = '/home/tester/.config/docker/daemon.json';
export const dockerd = '$(pgrep -xo -u tester dockerd)';

export const fault = (apply: string, undo: string): Scripts => ({ apply, undo });

export const needing = (need: Need, scripts: Scripts): Scripts => ({ ...scripts, needs: need });

/** The same commands with another word, e.g. `chmod 666 /dev/ttyS2` and `chmod 660 /dev/ttyS2`. */
export const switched = (script: string, from: string, to: string) =>
  fault(script.replaceAll('VALUE', from), script.replaceAll('VALUE', to));

/** In force after a restart of the daemon. */
export const restarted = ({ apply, undo }: Scripts) =>
  fault(`${apply}\n${asUser} restart docker`, `${undo}\n${asUser} restart docker`);

/** While the daemon is down. */
export const whileStopped = (apply: string, undo: string) =>
  fault(
    `${asUser} stop docker; ${apply}; ${asUser} start docker`,
    `${asUser} stop docker; ${undo}; ${asUser} start docker`,
  );

export const withSysctl = (name: string, value: number) =>
  fault(
    `sysctl -n ${name} > /run/rdc-sysctl; sysctl -qw ${name}=${value}`,
    `sysctl -qw ${name}=$(cat /run/rdc-sysctl)`,
  );

export const withFile = (path: string, text: string) => fault(`echo '${text}' > ${path}`, `rm ${path}`);

/** A file that is there, changed. */
export const withChanged = (path: string, change: string) =>
  fault(`cp -a ${path} ${path}.kept; ${change}`, `mv ${path}.kept ${path}`);

/** Limits of all log-ins of the user, in force after a restart of the user manager. */
export const withLimit = (line: string) => {
  const { apply, undo } = withFile('/etc/security/limits.d/zz-rdc.conf', line);
  return fault(`${apply}; systemctl restart user@${uid}.service`, `${undo}; systemctl restart user@${uid}.service`);
};

/** A property of a unit or slice, and the value that it has otherwise. */
export const withProperty = (systemctl: string, unit: string, property: string, usual = 'infinity') =>
  fault(
    `${systemctl} set-property --runtime ${unit} ${property}`,
    `${systemctl} set-property --runtime ${unit} ${property.replace(/=.*/, '')}=${usual}`,
  );

/** A drop-in of the daemon's unit, which the user manager knows of. */
export const reloadedWith = (...lines: readonly string[]) =>
  fault(
    `install -d -o tester ${dropIns}; printf '[Service]\\n${lines.join('\\n')}\\n' > ${dropIns}/rdc-x.conf
${asUser} daemon-reload`,
    `rm ${dropIns}/rdc-x.conf; rmdir ${dropIns} 2>/dev/null; ${asUser} daemon-reload`,
  );

export const restartedWith = (...lines: readonly string[]) => restarted(reloadedWith(...lines));

/** Something else in place of the user's daemon.json, which may not exist. */
export const insteadOfDaemonJson = (script: string) =>
  fault(
    `install -d -o tester ${daemonJson.replace('/daemon.json', '')}; [ ! -e ${daemonJson} ] || mv ${daemonJson} ${daemonJson}.kept; ${script}`,
    `rm ${daemonJson}; [ ! -e ${daemonJson}.kept ] || mv ${daemonJson}.kept ${daemonJson}`,
  );

/** Other settings of the daemon; the text may ask the shell for a value. */
export const configuredWith = (json: string) =>
  restarted(insteadOfDaemonJson(`cat > ${daemonJson} <<END\n${json}\nEND`));
