import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { parseFirewallTool } from './firewall.ts';
import { driversOf, parseDriverAtWork } from './network-driver.ts';

const recorded = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures', `${name}.txt`), 'utf8');

it('the firewall program of Debian 12', () => {
  expect(parseFirewallTool(recorded('debian-12-firewall-tool'))).toEqual({
    path: '/sbin/iptables',
    version: 'iptables v1.8.9 (nf_tables)',
  });
});

it('no firewall program, or one that does not run', () => {
  expect(parseFirewallTool('path \nversion \n')).toEqual({ path: null, version: null });
  expect(parseFirewallTool('path /sbin/iptables\nversion \n')).toEqual({ path: '/sbin/iptables', version: null });
  expect(parseFirewallTool('')).toEqual({ path: null, version: null });
});

it('slirp4netns of Debian 12 at work', () => {
  const { driver, fetched } = parseDriverAtWork(recorded('debian-12-network-driver'));
  expect(driver).toBe('slirp4netns');
  expect(fetched).toMatch(/^[0-9a-f-]{36} [\d.]+$/);
});

it('no driver, or one through which nothing comes back', () => {
  expect(parseDriverAtWork('driver \n')).toEqual({ driver: null, fetched: '' });
  const refused = 'driver vpnkit\n{"call":"fetch","errno":"ECONNREFUSED","text":""}\n';
  expect(parseDriverAtWork(refused)).toEqual({ driver: 'vpnkit', fetched: '' });
});

it.each([
  ['20.10.24', ['slirp4netns', 'vpnkit']],
  ['28.5.2', ['slirp4netns', 'pasta', 'vpnkit']],
  ['29.5.0', ['slirp4netns', 'pasta', 'vpnkit', 'gvisor-tap-vsock']],
])('what dockerd-rootless.sh of %s looks for', (version, drivers) => {
  const host = { versions: { dockerd: `Docker version ${version}, build 1` } } as unknown as Parameters<
    typeof driversOf
  >[0];
  expect(driversOf(host)).toEqual(drivers);
});
