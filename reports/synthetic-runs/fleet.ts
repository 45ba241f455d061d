import type { Results } from '../results/results.schema.ts';
import { resultsWith } from './compared-results.ts';

const areas = ['prerequisites', 'sockets', 'namespaces', 'cgroups', 'limits', 'ports', 'network', 'storage'];
const systems = [
  { prettyName: 'Debian GNU/Linux 11 (bullseye)', kernel: '5.10.0-33-amd64', systemdVersion: 247, docker: '20.10.5' },
  { prettyName: 'Debian GNU/Linux 12 (bookworm)', kernel: '6.1.0-28-amd64', systemdVersion: 252, docker: '20.10.24' },
  { prettyName: 'Debian GNU/Linux 13 (trixie)', kernel: '6.12.57+deb13-amd64', systemdVersion: 257, docker: '26.1.5' },
];

/** Many hosts of three distributions. On the oldest one what needs its systemd fails; elsewhere one check here and there. */
export function syntheticFleet(hosts: number, checks: number): Results[] {
  return Array.from({ length: hosts }, (_, host) => {
    const system = systems[host % systems.length] ?? systems[0];
    const told = Array.from({ length: checks }, (_check, index) => {
      const isOld = host % systems.length === 0 && index % 40 === 3;
      const isRed = isOld || (index * 7 + host) % 97 === 0;
      return {
        id: `X-CHECK-${index}`,
        area: areas[index % areas.length] ?? 'cgroups',
        level: index % 5 === 0 ? ('SHOULD' as const) : ('MUST' as const),
        verdict: isRed ? ('fail' as const) : ('pass' as const),
        ...(isRed
          ? { reason: isOld ? 'cpu is not delegated' : `found ${host}`, remedy: 'systemctl daemon-reload' }
          : {}),
      };
    });
    const { prettyName = '', docker = '', ...host_ } = system ?? {};
    const os = { prettyName };
    return resultsWith(`host-${String(host).padStart(3, '0')}`, told, {
      host: { ...host_, os, hostname: `host-${host}` },
      daemon: { serverVersion: docker },
      provider: 'libvirt',
    });
  });
}
