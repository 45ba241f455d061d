import { type Fault, known, mustRun, quoteWord } from '../../harness/index.ts';

/**
 * A script in the place of runc; `script` is given the quoted path of the real one. Containers of before are
 * forgotten, those of the fault are gone before the real one returns. The daemon needs no restart: containerd's shim
 * looks the program up for every call.
 */
export function wrappedRuntime(script: (runc: string) => string): Fault {
  return async ({ target, host }) => {
    // the file itself: a link to it is not the only name that the daemon's PATH has for it (Debian 13)
    const link = known(host.paths.runc, 'the path of runc');
    const path = (await mustRun(target.root, `readlink -f ${quoteWord(link)}`)).trim();
    const [runc, kept] = [quoteWord(path), quoteWord(`${path}.rdc`)];
    const undo = async () => {
      await target.invalidate();
      await mustRun(target.root, `mv ${kept} ${runc}`);
    };
    await target.invalidate();
    await mustRun(target.root, `[ ! -e ${kept} ]; mv ${runc} ${kept}`);
    try {
      await mustRun(target.root, `printf '%s\\n' ${quoteWord(script(kept))} > ${runc}; chmod 755 ${runc}`);
    } catch (error) {
      await undo();
      throw error;
    }
    return undo;
  };
}
