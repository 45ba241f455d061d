import {
  breaks,
  checksIn,
  expect,
  expectDocumented,
  known,
  lifts,
  mobyIssue,
  mustRun,
} from '../../harness/checks/index.ts';
import { byRootful } from '../instruments/daemon/daemon-faults.ts';
import { fetchFromHost, startNonceServer } from '../instruments/peers/nonce-server.ts';
import { startPeer } from '../instruments/peers/peer.ts';
import { netnsScript } from './bridge-netns.ts';
import { askForNetwork, createNetwork, removeNetwork } from './temporary-network.ts';

const check = checksIn(import.meta);
const port = 28_092;

/** From the netns's own address, as docker-proxy and the port driver come. */
const towardsUserBridges = (action: '-I' | '-D') =>
  `iptables -w ${action} OUTPUT -o br-+ -p tcp -m conntrack --ctstate NEW -j REJECT --reject-with tcp-reset`;

check('NET-CUSTOM-BR', {
  level: 'MUST',
  title: 'a port published by a container of a user-defined bridge answers on the host and to another host',
  source: mobyIssue(52_933, 'published ports of user-defined bridges do not answer'),
  remedy:
    'dockerd-rootless-setuptool.sh nsenter -- iptables-save: rules of others between the port driver and br-...; systemctl --user restart docker writes the rules anew',
  async verify({ target, defer }) {
    const network = await createNetwork(target, 'bridge');
    defer(() => removeNetwork(target, network));
    await using server = await startNonceServer(target, port, { network });
    expect(await fetchFromHost(target, port), 'the answer on the host').toContain(server.nonce);
    await using peer = await startPeer(target);
    const [outside] = await peer.fetch({ port });
    expect(outside, 'the answer to another host').toContain(server.nonce);
  },
  fault: breaks(
    'the answer on the host',
    "a rule in RootlessKit's network namespace rejects what goes to user-defined bridges",
    netnsScript(towardsUserBridges('-I'), towardsUserBridges('-D')),
  ),
});

check('NET-MACVLAN', {
  level: 'LIMITATION',
  title: "a macvlan or ipvlan network on a network interface of the host is refused: the daemon's network lacks it",
  source: mobyIssue(45_779, 'macvlan is not supported in rootless mode'),
  remedy: 'publish ports (docker run -p), or run a rootful daemon for containers that need an address of the LAN',
  async verify({ target, defer }) {
    const routes = await mustRun(target, 'ip -o route get 192.0.2.1');
    const parent = known(/ dev (\S+)/.exec(routes)?.[1], 'the interface of the host that leads to others');
    for (const driver of ['macvlan', 'ipvlan'] as const) {
      const { name, refusal } = await askForNetwork(target, driver, { parent });
      defer(() => removeNetwork(target, name));
      expectDocumented(
        refusal,
        /^(400|500) .*(interface|subinterface|parent)/s,
        `a ${driver} network on an interface of the host`,
      );
    }
  },
  fault: lifts('a * network on an interface of the host', byRootful),
});
