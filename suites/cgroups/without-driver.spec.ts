import { asFinding, checksIn, docker, expect, expectDocumented, known, lifts } from '../../harness/checks/index.ts';
import { hasControllers } from '../instruments/kernel/container-cgroup.ts';
import { asked, driverAfterAll, restartDaemonWithoutDriver } from './without-driver.ts';

const check = checksIn(import.meta);
const ignored = docker('engine/security/rootless/troubleshoot', 'docker run flags for resources are ignored');
const driverBack = { name: 'the daemon has a cgroup driver after all', inject: driverAfterAll };

check('CG-NONE', {
  level: 'LIMITATION',
  title: 'without a cgroup driver --memory, --cpus and --pids-limit are accepted, shown by docker inspect, and ignored',
  source: ignored,
  applies: hasControllers,
  remedy:
    'boot with cgroup v2 and systemd, remove native.cgroupdriver from daemon.json; else ulimit -v inside of the container',
  restartsDaemon: true,
  async verify(context) {
    const { refusal, unlimited } = await restartDaemonWithoutDriver('CG-NONE', context);
    asFinding('differs', () => expect(refusal, 'differs: refusal of a container with limits').toBeNull());
    const { touchedMiB, forks, cores, claimed } = known(unlimited, 'what the container did');
    asFinding('lifted', () => expect(touchedMiB, 'lifted: MiB that a process got under --memory 32m').toBe(64));
    const all = { forked: 8, errno: null };
    asFinding('lifted', () => expect(forks, 'lifted: processes forked under --pids-limit 5').toEqual(all));
    asFinding('lifted', () => expect(cores, 'lifted: cores that a loop got under --cpus 0.5').toBeGreaterThan(0.75));
    asFinding('differs', () => expect(claimed, 'differs: limits that docker inspect shows').toEqual(asked));
  },
  fault: lifts('MiB that a process got under --memory 32m', driverBack),
});

check('CG-NONE-TOP', {
  level: 'LIMITATION',
  title:
    'without a cgroup driver and a cgroup to write to, docker top fails and docker stats does not count the processes',
  source: ignored,
  applies: hasControllers,
  remedy: 'ps in the container shows its processes; boot with cgroup v2 and systemd for docker top (see CG-DRIVER)',
  restartsDaemon: true,
  async verify(context) {
    const { refusal, unknown } = await restartDaemonWithoutDriver('CG-NONE-TOP', context);
    asFinding('differs', () => expect(refusal, 'differs: refusal of a container with limits').toBeNull());
    const { top, pidsInStats } = known(unknown, 'what the daemon knows of the processes');
    // runc 1.0.0-rc93 (Debian 11) says "getting"
    const documented = /(unable to get|getting) all container pids/;
    expectDocumented(top.status === 200 ? null : top.text, documented, 'what docker top answers');
    asFinding('lifted', () => expect(pidsInStats, 'lifted: processes that docker stats counts').not.toBe(1));
  },
  fault: lifts('what docker top answers', driverBack),
});
