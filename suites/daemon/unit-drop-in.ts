import { type Fault, mustRun, type VerifyContext } from '../../harness/index.ts';
import { restartDaemon } from './control-daemon.ts';

/** Writes a drop-in for the user's docker.service, for the daemon's next start; returns what takes it away again. */
export async function writeUnitDropIn(
  { target, host }: Pick<VerifyContext, 'target' | 'host'>,
  ...settings: readonly string[]
): Promise<() => Promise<void>> {
  const folder = `'${host.user.home}/.config/systemd/user/docker.service.d'`;
  const lines = ['[Service]', ...settings].map((line) => `'${line}'`).join(' ');
  const reload = 'systemctl --user daemon-reload';
  await mustRun(target, `mkdir -p ${folder}; printf '%s\\n' ${lines} > ${folder}/zz-rdc.conf; ${reload}`);
  return async () =>
    void (await mustRun(target, `rm -f ${folder}/zz-rdc.conf; rmdir ${folder} 2>/dev/null || :; ${reload}`));
}

/** A drop-in for the user's docker.service, which is restarted with it: `unitDropIn('LimitNOFILE=1024:4096')`. */
export function unitDropIn(...settings: readonly string[]): Fault {
  return async (context) => {
    const takeAway = await writeUnitDropIn(context, ...settings);
    await restartDaemon(context.target);
    return async () => {
      await takeAway();
      await restartDaemon(context.target);
    };
  };
}
