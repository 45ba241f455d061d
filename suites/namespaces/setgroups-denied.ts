import { type Inject, known, setAside } from '../../harness/checks/index.ts';
import { restartDaemon } from '../instruments/daemon/restart.ts';

/**
 * newgidmap denies setgroups in the namespace before it writes the map, as it does for a user who has no subordinate
 * GIDs. The daemon and its containers start as ever.
 */
export const setgroupsDenied: Inject = async ({ target, host }) => {
  const path = known(host.paths.newgidmap, 'the path of newgidmap');
  const script = (helper: string) => `#!/bin/sh\necho deny > /proc/$1/setgroups\nexec ${helper} "$@"`;
  await target.invalidate();
  const putBack = await setAside(target.root, path, script);
  const undo = async () => {
    await target.invalidate();
    await putBack();
    await restartDaemon(target);
  };
  try {
    await restartDaemon(target);
  } catch (error) {
    await undo();
    throw error;
  }
  return undo;
};
