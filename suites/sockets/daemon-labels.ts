import { changeFile, dockerApi, type Executor, mustRun, pollUntil, type Target } from '../../harness/checks/index.ts';

/** The labels of /info: the one setting that a daemon takes from its file while it runs, and shows, and uses for nothing. */
async function daemonLabels(target: Target): Promise<string[]> {
  return (await dockerApi(target, 'GET', '/info')).json<{ Labels?: string[] | null }>().Labels ?? [];
}

/** Lets the daemon read its file again; resolves to its labels when `isDone` says so, else to those at the deadline. */
export async function reloadedLabels(
  target: Target,
  daemon: number,
  isDone: (labels: readonly string[]) => boolean,
): Promise<string[]> {
  await mustRun(target, `kill -HUP ${daemon}`);
  const ask = async () => {
    const labels = await daemonLabels(target);
    return isDone(labels) && labels;
  };
  return (await pollUntil(ask, { withinMs: 15_000, everyMs: 50 })) ?? (await daemonLabels(target));
}

/** Puts other labels into a daemon.json, and keeps the rest of it; resolves to the undo. */
export async function withLabels(as: Executor, path: string, labels: readonly string[]): Promise<() => Promise<void>> {
  return await changeFile(as, path, (text) => JSON.stringify({ ...settingsIn(text), labels }));
}

/** What is no JSON has no settings: a file that the daemon does not read may hold anything, and is put back as it was. */
function settingsIn(text: string): object {
  try {
    return JSON.parse(text.trim() || '{}') as object;
  } catch {
    return {};
  }
}
