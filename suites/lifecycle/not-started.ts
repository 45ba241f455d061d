import { type Inject, mustRun } from '../../harness/checks/index.ts';
import { lingering } from '../instruments/daemon/sessions.ts';

const disableLinger: Inject = async ({ target, host }) => {
  const undo = await lingering(target, host);
  await mustRun(target.root, `loginctl disable-linger '${host.user.name}'`);
  return undo;
};

export const notLingering = {
  name: 'lingering is switched off',
  inject: disableLinger,
};

const disable: Inject = async ({ target }) => {
  const { stdout } = await target.shell('systemctl --user is-enabled docker.service');
  await mustRun(target, 'systemctl --user disable docker.service');
  return async () => {
    if (stdout.trim() === 'enabled') await mustRun(target, 'systemctl --user enable docker.service');
  };
};

export const notEnabled = { name: 'the user unit is not enabled', inject: disable };
