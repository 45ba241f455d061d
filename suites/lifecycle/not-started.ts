import { type Fault, mustRun, rootScript } from '../../harness/index.ts';

/** What keeps a daemon from being there without a login: shared, so that a selftest applies each once for its checks. */
export const notLingering = {
  name: 'lingering is switched off',
  by: rootScript(
    ({ user }) => `loginctl disable-linger '${user.name}'`,
    ({ user }) => `loginctl enable-linger '${user.name}'`,
  ),
};

const disable: Fault = async ({ target }) => {
  await mustRun(target, 'systemctl --user disable docker.service');
  return async () => void (await mustRun(target, 'systemctl --user enable docker.service'));
};

export const notEnabled = { name: 'the user unit is not enabled', by: disable };
