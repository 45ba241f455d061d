import { type Inject, known, setAside } from '../../harness/checks/index.ts';
import { restartedWith } from '../instruments/daemon/restart.ts';

/** newgidmap denies setgroups before it writes the map, as it does for a user without subordinate GIDs. */
export const setgroupsDenied: Inject = async ({ target, host }) => {
  const path = known(host.paths.newgidmap, 'the path of newgidmap');
  const script = (helper: string) => `#!/bin/sh\necho deny > /proc/$1/setgroups\nexec ${helper} "$@"`;
  await target.invalidate();
  const putBack = await setAside(target.root, path, script);
  return await restartedWith(target, async () => {
    await target.invalidate();
    await putBack();
  });
};
