import { dockerApi, type Executor, mustRun, quoteWord, type Target } from '../../harness/index.ts';

/** The labels of /info: the one setting that a daemon takes from its file while it runs, and shows, and uses for nothing. */
export async function daemonLabels(target: Target): Promise<string[]> {
  return (await dockerApi(target, 'GET', '/info')).json<{ Labels?: string[] | null }>().Labels ?? [];
}

/** Lets the daemon read its file again; resolves to its labels when `isDone` says so, else to those at the deadline. */
export async function reloadedLabels(
  target: Target,
  daemon: number,
  isDone: (labels: readonly string[]) => boolean,
): Promise<string[]> {
  await mustRun(target, `kill -HUP ${daemon}`);
  const deadline = Date.now() + 15_000;
  for (;;) {
    const labels = await daemonLabels(target);
    if (isDone(labels) || Date.now() > deadline) return labels;
  }
}

/** Puts other labels into a daemon.json, and keeps the rest of it; resolves to the undo. */
export async function withLabels(as: Executor, path: string, labels: readonly string[]): Promise<() => Promise<void>> {
  const file = quoteWord(path);
  const folder = quoteWord(path.replace(/\/[^/]*$/, ''));
  const { code, stdout } = await as.exec(['cat', path]);
  const text = quoteWord(JSON.stringify({ ...settingsIn(code === 0 ? stdout : ''), labels }));
  const made = await mustRun(as, `[ -d ${folder} ] || { mkdir -p ${folder}; echo made; }; printf %s ${text} > ${file}`);
  return async () => {
    if (code === 0) await mustRun(as, `printf %s ${quoteWord(stdout)} > ${file}`);
    else await mustRun(as, `rm -f ${file}; ${made === '' ? ':' : `rmdir ${folder} 2>/dev/null || true`}`);
  };
}

/** What is no JSON has no settings: a file that the daemon does not read may hold anything, and is put back as it was. */
function settingsIn(text: string): object {
  try {
    return JSON.parse(text.trim() || '{}') as object;
  } catch {
    return {};
  }
}
