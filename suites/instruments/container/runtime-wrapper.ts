import { type Inject, known, mustRun, quoteWord, setAside } from '../../../harness/checks/index.ts';

/** `script` gets the real path of runc, quoted. No restart: the shim looks the program up for each call. */
export function wrappedRuntime(script: (runc: string) => string): Inject {
  return async ({ target, host }) => {
    // not the link: on Debian 13 the daemon's PATH finds the file by another name too
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
