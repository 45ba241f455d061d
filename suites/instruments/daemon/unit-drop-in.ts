import { type Inject, mustRun, quoteWord, type Target, type VerifyContext } from '../../../harness/checks/index.ts';
import { restartedWith } from './restart.ts';

/** In force at the daemon's next start; without systemd, a file for the user's own program. Resolves to the undo. */
export async function writeUnitDropIn(
  { target, host }: Pick<VerifyContext, 'target' | 'host'>,
  ...settings: readonly string[]
) {
  const folder = `'${host.user.home}/.config/systemd/user/docker.service.d'`;
  const lines = ['[Service]', ...settings].map((line) => `'${line}'`).join(' ');
  const reload = 'systemctl --user daemon-reload';
  const write = `mkdir -p ${folder}; printf '%s\\n' ${lines} > ${folder}/zz-rdc.conf; ${reload}`;
  const remove = `rm -f ${folder}/zz-rdc.conf; rmdir ${folder} 2>/dev/null || :; ${reload}`;
  const file = quoteWord(`${host.user.home}/.config/rdc/daemon.settings`);
  const script = () => quoteWord(settings.map((one) => `${shellSetting(one)}\n`).join(''));
  const isUnit = host.init === 'systemd';
  await mustRun(target, isUnit ? write : `printf %s ${script()} > ${file}`);
  return () => mustRun(target, isUnit ? remove : `rm -f ${file}`);
}

const limits: Readonly<Record<string, string>> = { NOFILE: 'n', NPROC: 'u' };

/** Pure: `LimitNOFILE=1024:4096` is `ulimit -Sn 1024 && ulimit -Hn 4096`. */
export function shellSetting(setting: string): string {
  const variable = /^Environment="?(\w+)=([^"]*)"?$/.exec(setting);
  if (variable) return `export ${variable[1]}=${quoteWord(variable[2] ?? '')}`;
  const [, name = '', soft, hard = soft] = /^Limit([A-Z]+)=(\d+)(?::(\d+))?$/.exec(setting) ?? [];
  const flag = limits[name];
  if (flag === undefined) throw new Error(`nobody but systemd knows the setting ${setting}`);
  return `ulimit -S${flag} ${soft} && ulimit -H${flag} ${hard}`;
}

/** Without a restart: `unitDropIn('Restart=no')`. */
export function unitDropIn(...settings: readonly string[]): Inject {
  return (context) => writeUnitDropIn(context, ...settings);
}

/** With a restart: `restartedWithDropIn('LimitNOFILE=1024:4096')`. */
export function restartedWithDropIn(...settings: readonly string[]): Inject {
  return async (context) => restartedWith(context.target, await writeUnitDropIn(context, ...settings));
}

const managerDropIns = '/etc/systemd/system/user@.service.d';

export async function writeManagerDropIn({ root }: Target, ...settings: readonly string[]): Promise<void> {
  const lines = ['[Service]', ...settings].map((line) => `'${line}'`).join(' ');
  await mustRun(root, `mkdir -p ${managerDropIns}; printf '%s\\n' ${lines} > ${managerDropIns}/zz-rdc.conf`);
}

export async function removeManagerDropIn({ root }: Target): Promise<void> {
  await mustRun(root, `rm -f ${managerDropIns}/zz-rdc.conf; rmdir ${managerDropIns} 2>/dev/null || :`);
}
