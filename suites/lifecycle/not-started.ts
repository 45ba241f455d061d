import { type Fault, type HostFacts, mustRun, type Target } from '../../harness/checks/index.ts';

/** Resolves to what lets the user linger as now, or not. */
export async function lingering(target: Target, { user }: HostFacts): Promise<() => Promise<void>> {
  const file = `/var/lib/systemd/linger/${user.name}`;
  const { code } = await target.root.exec(['test', '-e', file]);
  const word = code === 0 ? 'enable' : 'disable';
  return async () => void (await mustRun(target.root, `loginctl ${word}-linger '${user.name}'`));
}

const disableLinger: Fault = async ({ target, host }) => {
  const undo = await lingering(target, host);
  await mustRun(target.root, `loginctl disable-linger '${host.user.name}'`);
  return undo;
};

/** What keeps a daemon from being there without a login: shared, so that a selftest applies each once for its checks. */
export const notLingering = {
  name: 'lingering is switched off',
  by: disableLinger,
};

const disable: Fault = async ({ target }) => {
  const { stdout } = await target.shell('systemctl --user is-enabled docker.service');
  await mustRun(target, 'systemctl --user disable docker.service');
  return async () => {
    if (stdout.trim() === 'enabled') await mustRun(target, 'systemctl --user enable docker.service');
  };
};

export const notEnabled = { name: 'the user unit is not enabled', by: disable };
