import {
  breaks,
  checksIn,
  expect,
  hostProbe,
  type Inject,
  mustRun,
  pollUntil,
  rootlesskitIssue,
} from '../../harness/checks/index.ts';
import { daemonProcess } from '../instruments/daemon/process.ts';
import { fetchFromHost, startNonceServer } from '../instruments/peers/nonce-server.ts';

const check = checksIn(import.meta);
const port = 28_092;

/** More than the 1024 files that a process may open which asks for no more. */
const burst = 1100;

/** Less than what the burst takes, for the process that listens on the host and the one beside the daemon. */
const fewFiles: Inject = async ({ target }) => {
  const { startedBy } = await daemonProcess(target);
  const pids = startedBy.filter(({ command }) => command.startsWith('rootlesskit')).map(({ pid }) => pid);
  const read = pids.map((pid) => `awk '/^Max open files/ {print $4}' /proc/${pid}/limits`);
  const before = (await mustRun(target, read.join('\n'))).trim().split('\n');
  const set = (limits: readonly string[]) =>
    mustRun(target, pids.map((pid, at) => `prlimit --pid ${pid} --nofile=${limits[at]}:`).join('\n'));
  await set(pids.map(() => '256'));
  return async () => void (await set(before));
};

check('PORT-LOAD', {
  level: 'MUST',
  title: `after ${burst} connections at once a published port answers the next one`,
  source: rootlesskitIssue(
    536,
    'too many open files: one burst ends the listener for good, while the port stays listed',
  ),
  remedy:
    'systemctl --user restart docker opens the port again; for more files: LimitNOFILE=1024:524288 in a drop-in of user@.service and infinity in docker.service, then log in again (LIM-NOFILE)',
  async verify({ target }) {
    await using server = await startNonceServer(target, port);
    expect(await fetchFromHost(target, port), 'the answer before').toContain(server.nonce);
    // the last ones may be refused: what counts is what comes after them
    const { made } = await hostProbe<{ made: number }>(target, target, [
      'burst',
      '127.0.0.1',
      String(port),
      String(burst),
      '2000',
    ]);
    expect(made, 'connections made at once').toBeGreaterThan(0);
    let answer = '';
    const answers = async () => {
      answer = await fetchFromHost(target, port);
      return answer.includes(server.nonce);
    };
    // those that were open are passed on one after the other
    await pollUntil(answers, { withinMs: 30_000, everyMs: 500 });
    expect(answer, `the answer after ${burst} connections at once`).toContain(server.nonce);
  },
  fault: breaks('the answer after * connections at once', 'RootlessKit may open 256 files', fewFiles, {
    alsoBreaks: ['SVC-UNIT'],
  }),
});
