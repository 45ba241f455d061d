import { readdirSync, readFileSync } from 'node:fs';
import { findLab } from '../../harness/lab/hermetic/hermetic-lab.ts';
import { cgroupPrefix, containerFolder } from '../../harness/lab/nspawn/containers.ts';
import { runCommand } from '../../harness/this-machine/run-command.ts';
import type { FaultKind } from './fault-kinds.ts';

/** Each process that a machine as a container has on this machine, killed; what rdc leaves of them is looked at after `down`. */
export const containerFaults: readonly FaultKind[] = [
  { ...killed('its systemd is killed', ({ init }) => init), loses: true, codes: [3] },
  { ...killed('systemd-nspawn is killed', ({ nspawn }) => nspawn), loses: true, codes: [3] },
  // the container lives on, as long as it does not reboot
  killed('the holder of the container is killed', ({ holder }) => holder),
  killed('the lab is killed', () => findLab()?.pid),
];

type Processes = { readonly holder?: number; readonly nspawn?: number; readonly init?: number };

function killed(name: string, choose: (processes: Processes) => number | undefined): FaultKind {
  return {
    name,
    hits: 'the target',
    codes: [0, 1, 3],
    provider: 'nspawn',
    async inject({ machine }) {
      const pid = choose(processesOf(machine));
      if (pid === undefined) throw new Error(`no such process of ${machine}`);
      process.kill(pid, 'SIGKILL');
    },
  };
}

/** By their command lines and parents; a process that ends meanwhile is none. */
function processesOf(machine: string): Processes {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const read = (pid: string, file: string) => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8');
    } catch {
      return '';
    }
  };
  const parentOf = (pid: string) => / (\d+) /.exec(read(pid, 'stat').replace(/^.*\) \S/, ''))?.[1];
  const folder = `--directory=${containerFolder(machine)}/root`;
  const nspawn = pids.find((pid) => {
    const words = read(pid, 'cmdline').split('\0');
    return words[0] === 'systemd-nspawn' && words.includes(folder);
  });
  if (nspawn === undefined) return {};
  const init = pids.find((pid) => parentOf(pid) === nspawn);
  return {
    nspawn: Number(nspawn),
    holder: Number(parentOf(nspawn)),
    ...(init === undefined ? {} : { init: Number(init) }),
  };
}

/** What is left of containers on this machine, in words; the machines of other caches are not looked at. */
export async function leftOfContainers(): Promise<string[]> {
  const folder = containerFolder('.');
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(folder));
  const { stdout: loops } = await runCommand(['losetup', '--list', '--noheadings', '--output', 'BACK-FILE']);
  const own = loops.split('\n').filter((file) => file.includes(folder.replace(/machines$/, '')));
  const groups = await runCommand(['unshare', '--mount', 'sh', '-c', listGroups, 'sh', cgroupPrefix()]);
  const found = { mounts, 'loop devices': own, cgroups: groups.stdout.split('\n').filter(Boolean) };
  return Object.entries(found).flatMap(([what, all]) =>
    all.length > 0 ? [`${what} that rdc down left: ${all.join(', ')}`] : [],
  );
}

const listGroups = 'mount -t cgroup2 none /sys/fs/cgroup && cd /sys/fs/cgroup && ls -d "$1"* 2>/dev/null';
