import type { HostFacts } from '../../harness/target-host/facts/host-facts.ts';

/**
 * Faults that no check declares as its own: other ways in which a property breaks. Each was found by reading a check for
 * what it does not look at; it is here so that it stays noticed. Scripts of root on a Debian machine of the lab, where the
 * user is tester; `undo` brings the machine back.
 */
export type UndeclaredFault = {
  readonly name: string;
  /** at least one of them has to turn red */
  readonly red: readonly string[];
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

export const uid = '$(id -u tester)';
export const asUser = `runuser -u tester -- env XDG_RUNTIME_DIR=/run/user/${uid} systemctl --user`;
export const dropIns = '/home/tester/.config/systemd/user/docker.service.d';
export const unit = '/home/tester/.config/systemd/user/docker.service';
export const data = '/home/tester/.local/share/docker';
export const daemonJson = '/home/tester/.config/docker/daemon.json';
export const daemonJsonAside = `install -d -o tester ${daemonJson.replace('/daemon.json', '')}; [ ! -e ${daemonJson} ] || mv ${daemonJson} ${daemonJson}.kept`;
export const daemonJsonBack = `rm ${daemonJson}; [ ! -e ${daemonJson}.kept ] || mv ${daemonJson}.kept ${daemonJson}`;
export const dockerd = '$(pgrep -xo -u tester dockerd)';
/** A drop-in of the daemon's unit, which the user manager knows of; and what takes it away. */
export const reloadedWith = (...lines: readonly string[]) => ({
  apply: `install -d -o tester ${dropIns}; printf '[Service]\\n${lines.join('\\n')}\\n' > ${dropIns}/rdc-x.conf
${asUser} daemon-reload`,
  undo: `rm ${dropIns}/rdc-x.conf; rmdir ${dropIns} 2>/dev/null; ${asUser} daemon-reload`,
});

/** Such a drop-in, in force after a restart. */
export const restartedWith = (...lines: readonly string[]) => {
  const { apply, undo } = reloadedWith(...lines);
  return { apply: `${apply}; ${asUser} restart docker`, undo: `${undo}; ${asUser} restart docker` };
};

/** Other settings in the user's daemon.json, in force after a restart; the text may ask the shell for a value. */
export const configuredWith = (json: string) => ({
  apply: `${daemonJsonAside}
cat > ${daemonJson} <<END
${json}
END
${asUser} restart docker`,
  undo: `${daemonJsonBack}; ${asUser} restart docker`,
});
