import { type Fault, mustRun } from '../../harness/index.ts';
import { restartDaemon } from '../daemon/control-daemon.ts';

const folder = '"$HOME/.config/systemd/user/docker.service.d"';

/** The user unit gets variables for dockerd-rootless.sh, and the daemon is restarted with them. */
export function daemonEnvironment(variables: Readonly<Record<string, string>>): Fault {
  const lines = Object.entries(variables).map(([name, value]) => `Environment="${name}=${value}"`);
  return async ({ target }) => {
    await mustRun(
      target,
      `mkdir -p ${folder}; printf '%s\\n' '[Service]' ${lines.map((line) => `'${line}'`).join(' ')} > ${folder}/zz-rdc.conf
systemctl --user daemon-reload`,
    );
    await restartDaemon(target);
    return async () => {
      await mustRun(
        target,
        `rm ${folder}/zz-rdc.conf; rmdir ${folder} 2>/dev/null || true; systemctl --user daemon-reload`,
      );
      await restartDaemon(target);
    };
  };
}
