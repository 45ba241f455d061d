import { type Inject, known, mustRun, quoteWord, setAside } from '../../../harness/checks/index.ts';

/**
 * A script in the place of runc; `script` is given the quoted path of the real one. Containers of before are
 * forgotten, those of the fault are gone before the real one returns. The daemon needs no restart: containerd's shim
 * looks the program up for every call.
 */
export function wrappedRuntime(script: (runc: string) => string): Inject {
  return async ({ target, host }) => {
    // the file itself: a link to it is not the only name that the daemon's PATH has for it (Debian 13)
    const link = known(host.paths.runc, 'the path of runc');
    const path = (await mustRun(target.root, `readlink -f ${quoteWord(link)}`)).trim();
    await target.invalidate();
    const putBack = await setAside(target.root, path, script);
    return async () => {
      await target.invalidate();
      await putBack();
    };
  };
}

/** Containers start, and nothing can be started in them: no exec, no health check. */
export const withoutExec: Inject = wrappedRuntime(
  (runc) => `#!/bin/sh\nfor word do [ "$word" != exec ] || exit 1; done\nexec ${runc} "$@"\n`,
);
