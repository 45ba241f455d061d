import { changeFile, type Inject, mustRun } from '../../harness/checks/index.ts';

export const startScript = 'dockerd-rootless.sh';
export const setupTool = 'dockerd-rootless-setuptool.sh';

/** By Debian's package, and by get.docker.com/rootless. */
export const whereScripts = (home: string) => `/usr/share/docker.io/contrib:${home}/bin`;

/** `run NAME COMMAND...` prints what `parseRuns` reads. */
export const runFunction = `run() { n=$1; shift; t=$("$@" 2>&1 < /dev/null); echo "@run $n $?"; printf '%s\\n' "$t"; }`;

export type Run = { readonly code: number; readonly text: string };

export function parseRuns(output: string): (name: string) => Run {
  const runs = new Map<string, Run>();
  for (const part of `\n${output}`.split('\n@run ').slice(1)) {
    const [, name = '', code, text = ''] = /^(\S+) (\d+)\n?([\s\S]*)$/.exec(part) ?? [];
    if (code !== undefined) runs.set(name, { code: Number(code), text: text.trimEnd() });
  }
  return (name) => runs.get(name) ?? { code: 127, text: '' };
}

/** By a filter, e.g. `sed 's/a/b/'`. What runs of the script already goes on unchanged. */
export function changedScript(name: string, filter: string): Inject {
  return async ({ target, host }) => {
    const find = `PATH="$PATH:${whereScripts(host.user.home)}"; readlink -f "$(command -v ${name})"`;
    return await changeFile(target.root, (await mustRun(target, find)).trim(), filter);
  };
}
