import {
  checksOf,
  expect,
  expectDocumented,
  type Fault,
  issue,
  known,
  mustRun,
  probePath,
  type Target,
} from '../../harness/index.ts';
import { daemonJson } from '../daemon/control-daemon.ts';
import { daemonProcess } from '../daemon/daemon-process.ts';
import { fetchFromHost, startNonceServer } from './nonce-server.ts';
import { rootlessKit } from './rootlesskit.ts';
import { isAtLeast } from './version.ts';

const check = checksOf('ports');
const needs = ['SOCK-PATH'] as const;
const proxyOff = { 'userland-proxy': false };
const port = 28_086;

/** Where nothing is documented to answer RootlessKit is told of the port by hand; where something is, a firewall forbids it. */
const otherThanDocumented: Fault = async ({ target, host }) => {
  if (isAtLeast(host.versions.dockerd, 28)) {
    const rule = `INPUT -p tcp --dport ${port} -j REJECT --reject-with tcp-reset`;
    await mustRun(target.root, `iptables -w -I ${rule}`);
    return async () => void (await mustRun(target.root, `iptables -w -D ${rule}`));
  }
  const { stateDir } = known(await rootlessKit(target), 'the process of RootlessKit');
  const socket = `'${known(stateDir, "RootlessKit's state directory")}/api.sock'`;
  await mustRun(target, `rootlessctl --socket ${socket} add-ports 127.0.0.1:${port}:${port}/tcp`);
  // it goes with the RootlessKit of that time: the daemon is restarted when the check ends
  return async () => {};
};

check({
  id: 'PORT-NOPROXY',
  level: 'MUST',
  title: 'with "userland-proxy": false a published port answers from 28.0 on; before, it is published and dead',
  source: issue('moby/moby', 43090, 'published ports without the userland proxy'),
  needs,
  disruptive: true,
  remedy: 'before 28.0 leave "userland-proxy" on: without it nobody tells RootlessKit of the port',
  async verify({ target, host, stage, defer }) {
    defer(await daemonJson(proxyOff)({ target, host }));
    await using server = await startNonceServer(target, port);
    await stage('published');
    const answer = await fetchFromHost(target, port);
    if (isAtLeast(host.versions.dockerd, 28)) {
      expect(answer, 'the answer without the userland proxy').toContain(server.nonce);
      return;
    }
    const within = await fetchWhereDaemonIs(target);
    expect(within, "the answer in the daemon's own network").toContain(server.nonce);
    const dead = answer.includes(server.nonce) ? null : answer;
    expectDocumented(dead, /^ECONNREFUSED$/, 'the answer without the userland proxy');
  },
  sabotage: {
    name: 'before 28.0 RootlessKit is told of the port by hand; from 28.0 on a firewall rejects it',
    at: 'published',
    by: otherThanDocumented,
    fails: /the answer without the userland proxy/,
  },
});

async function fetchWhereDaemonIs(target: Target): Promise<string> {
  const [probe, { pid }] = [await probePath(target), await daemonProcess(target)];
  const { stdout } = await target.root.shell(`nsenter --net=/proc/${pid}/ns/net ${probe} fetch tcp 127.0.0.1 ${port}`);
  return stdout;
}
