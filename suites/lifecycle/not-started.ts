import { type Fault, mustRun } from '../../harness/checks/index.ts';
import { lingering } from '../instruments/daemon/sessions.ts';

export const notLingering: Fault = {
  name: 'lingering is switched off',
  async inject({ target, host }) {
    const undo = await lingering(target, host);
    await mustRun(target.root, `loginctl disable-linger '${host.user.name}'`);
    return undo;
  },
};

export const notEnabled: Fault = {
  name: 'the user unit is not enabled',
  async inject({ target }) {
    const { stdout } = await target.shell('systemctl --user is-enabled docker.service');
    await mustRun(target, 'systemctl --user disable docker.service');
    return async () => {
      if (stdout.trim() === 'enabled') await mustRun(target, 'systemctl --user enable docker.service');
    };
  },
};
