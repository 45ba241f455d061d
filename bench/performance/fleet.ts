import { join } from 'node:path';
import { startSshFleet } from '../../harness/test-doubles/ssh-fleet.ts';
import { checkout } from '../../harness/this-machine/paths.ts';
import { benchmark, publish, seconds, start, temporaryFolder, whole } from '../script/benchmark.ts';
import { measure } from './measure.ts';

const goalMs = 120_000;

await start(
  benchmark(
    'performance/fleet.ts',
    `How long rdc doctor --hosts takes. Exit code 1 when it takes more than ${goalMs / 60_000} minutes, or a host is missing.`,
  )
    .option('--hosts <number>', 'stand-ins on loopback, in this process', whole(2, 500), 100)
    .option('--at-once <number>', 'looked at at the same time', whole(1, 99), 10)
    .action(async ({ write, hosts, atOnce }) => {
      using folder = temporaryFolder();
      await using fleet = await startSshFleet(hosts, folder.path, Math.ceil(hosts / 20));
      const options = ['--identity', fleet.identity, '--root-via', 'none', '--at-once', String(atOnce)];
      const words = ['doctor', '--hosts', fleet.hosts, ...options, '--out', join(folder.path, 'run')];
      const env = { PATH: `${fleet.binaries}:${process.env.PATH}` };
      const { wallMs, cpuMs, peakMiB, stderr } = await measure([join(checkout, 'rdc'), ...words], { env });
      const rows = stderr.match(/^ *\d+\/\d+ {2}.*$/gm) ?? [];
      const gone = rows.filter((row) => row.includes('not reached')).length;
      const about = `\`rdc doctor --hosts\` on stand-ins for sshd on loopback that say the facts of a Debian 13 and refuse the daemon's socket; ${Math.ceil(hosts / 20)} of them are gone. They run in the script's process, on the same cores. Goal: 100 hosts in ${goalMs / 60_000} minutes.`;
      const table = [
        ['hosts', 'at once', 'time', 'CPU', 'peak memory', 'rows', 'not reached'],
        [
          String(hosts),
          String(atOnce),
          seconds(wallMs),
          seconds(cpuMs),
          `${peakMiB.toFixed(0)} MiB`,
          String(rows.length),
          String(gone),
        ],
      ];
      publish(
        {
          name: 'fleet',
          heading: '## Many hosts',
          about,
          tables: [table],
          after: [`Its last line: \`${rows.at(-1)}\`.`],
        },
        write,
      );
      process.exitCode = wallMs > goalMs || rows.length !== hosts ? 1 : 0;
    }),
);
