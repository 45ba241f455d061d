import { dockerApi, known, mustRun, pollUntil, type Target } from '../../../harness/checks/index.ts';
import { daemonProcess } from './process.ts';

const filters = encodeURIComponent(JSON.stringify({ type: ['daemon'], event: ['reload'] }));

/** The daemon reads its files anew (SIGHUP); resolves once it has. */
export async function reloadDaemon(target: Target): Promise<void> {
  const { pid } = await daemonProcess(target);
  const since = (await mustRun(target.root, `date +%s.%N; kill -HUP ${pid}`)).trim();
  const ask = async () => {
    const until = (await mustRun(target, 'date +%s.%N')).trim();
    return (await dockerApi(target, 'GET', `/events?since=${since}&until=${until}&filters=${filters}`)).text.trim();
  };
  known((await pollUntil(ask, { withinMs: 15_000, everyMs: 50 })) ?? null, "the daemon's event of its reload");
}
