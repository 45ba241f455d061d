import { changeFile, dockerApi, type Executor, mustRun, pollUntil, type Target } from '../../harness/checks/index.ts';

/** Labels are the one setting that a daemon reloads, shows, and does not use. */
async function daemonLabels(target: Target): Promise<string[]> {
  return (await dockerApi(target, 'GET', '/info')).json<{ Labels?: string[] | null }>().Labels ?? [];
}

/** Reloads the file; resolves to the labels once `isDone`, else to those at the deadline. */
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

export async function withLabels(as: Executor, path: string, labels: readonly string[]) {
  return await changeFile(as, path, (text) => JSON.stringify({ ...settingsIn(text), labels }));
}

/** A file that the daemon does not read may hold anything. */
function settingsIn(text: string): object {
  try {
    return JSON.parse(text.trim() || '{}') as object;
  } catch {
    return {};
  }
}
