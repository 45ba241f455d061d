import { expect, test as it } from 'vitest';
import { haveCommonAddress, parseHostRoutes } from './prefixes.ts';

const routes = `default via 192.168.154.1 dev host0 proto static
0.0.0.0/1 via 10.8.0.1 dev tun0
172.20.0.0/16 via 10.8.0.1 dev tun0 table 52
unreachable 172.21.0.0/16 metric 4278198272
172.17.0.0/16 dev docker0 proto kernel scope link src 172.17.0.1 linkdown
local 192.168.154.10 dev host0 table local proto kernel scope host src 192.168.154.10
fd12:3456::/48 via fd00::1 dev tun0 table 52 metric 1024 pref medium
fe80::/64 dev host0 proto kernel metric 256 pref medium
multicast ff00::/8 dev host0 table local proto kernel metric 256 pref medium
`;

it('the networks that the host reaches are read from the routes of all tables', () => {
  expect(parseHostRoutes(routes)).toEqual([
    { prefix: '172.20.0.0/16', device: 'tun0', isDown: false },
    { prefix: '172.17.0.0/16', device: 'docker0', isDown: true },
    { prefix: '192.168.154.10', device: 'host0', isDown: false },
    { prefix: 'fd12:3456::/48', device: 'tun0', isDown: false },
  ]);
});

it.each([
  ['172.16.0.0/12', '172.20.1.0/24', true],
  ['172.20.1.0/24', '172.16.0.0/12', true],
  ['172.17.0.0/16', '172.18.0.0/16', false],
  ['172.17.0.5', '172.17.0.0/16', true],
  ['fd00::/8', 'fd12:3456::1', true],
  ['fd12::/16', 'fd13::/16', false],
  ['0.0.0.0/8', '::/8', false],
])('%s and %s', (a, b, wanted) => {
  expect(haveCommonAddress(a, b)).toBe(wanted);
});
