import { breaks, checksIn, dockerApi, expect, mobyIssue, mustRun, rootScript } from '../../harness/checks/index.ts';
import { inBridgeNetns } from './bridge-netns.ts';
import { haveCommonAddress, parseHostRoutes } from './prefixes.ts';
import { driverNetwork, parseRoutes } from './routes.ts';
import { createNetwork, removeNetwork } from './temporary-network.ts';

const check = checksIn(import.meta);

/** What Docker takes its first thirty networks from where nobody names pools (ipamutils); of 192.168.0.0/16 only the last ones. */
const defaultPools = ['172.17.0.0/16', '172.18.0.0/15', '172.20.0.0/14', '172.24.0.0/14', '172.28.0.0/14'];

type Info = { readonly DefaultAddressPools?: readonly { readonly Base: string }[] | null };

/** Of a rootful Docker beside it, while nobody is on it. */
const isIdleBridge = ({ device, isDown }: { device: string; isDown: boolean }) =>
  isDown && /^(docker0|br-[0-9a-f]{12})$/.test(device);

check('NET-POOL', {
  level: 'MUST',
  title:
    'no bridge of the daemon, and no pool that it takes the next from, overlaps a network of the host or of the network driver',
  source: mobyIssue(37823, 'pools and routes of a VPN; a rootless daemon sees no route of the host (rootlesskit#296)'),
  remedy:
    '~/.config/docker/daemon.json: "bip" for the default bridge and "default-address-pools" for the others, in a range that ip route show table all does not have; then restart the daemon and make the networks anew. A rootful Docker beside it has 172.17.0.0/16 too',
  async verify({ target, defer }) {
    const hosts = parseHostRoutes(await mustRun(target, 'for f in 4 6; do ip -o -$f route show table all; done'));
    const prefixes = hosts.map(({ prefix }) => prefix);
    expect(prefixes, 'routes of the host that were read').toContain('127.0.0.0/8');
    // whatever the pools say, this is the one that it takes next
    const network = await createNetwork(target, 'bridge');
    defer(() => removeNetwork(target, network));
    const inside = parseHostRoutes(await inBridgeNetns(target, 'for f in 4 6; do ip -o -$f route show; done'));
    const bridges = inside.filter(({ device }) => /^(docker|br-)/.test(device)).map(({ prefix }) => prefix);
    expect(bridges.length, "networks of the daemon's bridges").toBeGreaterThan(1);
    const { prefix: driver } = driverNetwork(parseRoutes(await inBridgeNetns(target, 'ip -4 route show')));
    const crossing = bridges.filter((own) => haveCommonAddress(own, driver));
    expect(crossing, `bridges in ${driver}, by which the network driver leads out`).toEqual([]);
    const { DefaultAddressPools } = (await dockerApi(target, 'GET', '/info')).json<Info>();
    const pools = DefaultAddressPools?.map(({ Base }) => Base) ?? defaultPools;
    // its address is in the table `local`, where no route is down
    const idle = new Set(hosts.filter(isIdleBridge).map(({ device }) => device));
    const foreign = hosts.filter(({ prefix, device }) => !idle.has(device) && !prefix.startsWith('127.'));
    const hiddenBy = (own: string) =>
      foreign
        .filter(({ prefix }) => haveCommonAddress(prefix, own))
        .map(({ prefix, device }) => `${own}: ${prefix} dev ${device}`);
    expect(bridges.flatMap(hiddenBy), "bridges of the daemon's that hide a network of the host").toEqual([]);
    expect(pools.flatMap(hiddenBy), 'address pools that hide a network of the host').toEqual([]);
  },
  fault: breaks(
    ["bridges of the daemon's that hide a network of the host", 'address pools that hide a network of the host'],
    'the host has routes to 172.16.0.0/12 and 192.168.0.0/17, as by a VPN',
    rootScript(
      () => `ip link add rdc-lan type bridge; ip link set rdc-lan up
ip route add 172.16.0.0/12 dev rdc-lan table 52; ip route add 192.168.0.0/17 dev rdc-lan table 52`,
      () => 'ip link del rdc-lan',
    ),
  ),
});
