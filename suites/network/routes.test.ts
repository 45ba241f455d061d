import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { addressAt, driverNetwork, overlaps, parseRoutes } from './routes.ts';

const recorded = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures', `${name}.txt`), 'utf8');

it("the routes of RootlessKit's namespace on Debian 12", () => {
  const routes = parseRoutes(recorded('debian-12-netns-routes'));
  expect(routes).toContainEqual({ prefix: '172.17.0.0/16', device: 'docker0', gateway: null, source: '172.17.0.1' });
  expect(driverNetwork(routes)).toEqual({ device: 'tap0', gateway: '10.0.2.2', prefix: '10.0.2.0/24' });
});

it('the routes of the host, of every table', () => {
  const prefixes = parseRoutes(recorded('debian-12-host-routes')).map(({ prefix }) => prefix);
  expect(prefixes).toEqual(expect.arrayContaining(['default', '192.168.153.0/24', '127.0.0.0/8', '127.0.0.1']));
  expect(prefixes.filter((prefix) => overlaps('10.0.2.0/24', prefix))).toEqual([]);
});

it.each([
  ['10.0.2.0/24', '10.0.2.2', true],
  ['10.0.2.0/24', '10.0.0.0/8', true],
  ['10.0.2.128/25', '10.0.2.0/24', true],
  ['10.0.2.0/24', '10.0.3.0/24', false],
  ['10.0.2.0/24', '10.0.1.255', false],
  ['192.168.0.0/16', '0.0.0.0/1', false],
  ['192.168.0.0/16', '128.0.0.0/1', true],
  ['10.0.2.0/24', 'default', false],
])('%s and %s: %s', (a, b, wanted) => {
  expect(overlaps(a, b)).toBe(wanted);
});

it('addresses of a network, above 2^31 too', () => {
  expect(addressAt('10.0.2.0/24', 3)).toBe('10.0.2.3');
  expect(addressAt('192.168.255.0/24', 255)).toBe('192.168.255.255');
});
