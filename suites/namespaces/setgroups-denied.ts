import { type Fault, known, mustRun, quoteWord } from '../../harness/index.ts';
import { restartDaemon } from '../daemon/control-daemon.ts';

/**
 * newgidmap denies setgroups in the namespace before it writes the map, as it does for a user who has no subordinate
 * GIDs. The daemon and its containers start as ever.
 */
export const setgroupsDenied: Fault = async ({ target, host }) => {
  const path = known(host.paths.newgidmap, 'the path of newgidmap');
  const [helper, kept] = [quoteWord(path), quoteWord(`${path}.rdc`)];
  const script = `#!/bin/sh\necho deny > /proc/$1/setgroups\nexec ${kept} "$@"`;
  await target.invalidate();
  await mustRun(target.root, `[ ! -e ${kept} ]; mv ${helper} ${kept}`);
  const undo = async () => {
    await target.invalidate();
    await mustRun(target.root, `mv ${kept} ${helper}`);
    await restartDaemon(target);
  };
  try {
    await mustRun(target.root, `printf '%s\\n' ${quoteWord(script)} > ${helper}; chmod 755 ${helper}`);
    await restartDaemon(target);
  } catch (error) {
    await undo();
    throw error;
  }
  return undo;
};
