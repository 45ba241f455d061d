import {
  breaks,
  checksIn,
  expect,
  expectDocumented,
  page,
  refusalIn,
  sharedContainer,
  startContainer,
} from '../../harness/checks/index.ts';
import { driverNone } from '../instruments/daemon/daemon-faults.ts';
import {
  containerCgroup,
  controllersByDefault,
  delegatedControllers,
  hasUnifiedCgroups,
} from '../instruments/kernel/container-cgroup.ts';

// Photon's guide. Its prerequisites are judged by PRE-*, its ports by PORT-*; its list of flags is left.

const check = checksIn(import.meta);
const mebibyte = 1024 * 1024;

check('GUIDE-PHOTON-FLAGS', {
  level: 'MUST',
  title:
    '--memory, --cpus and --pids-limit on one container are in the kernel; without the cpu controller the start is refused',
  source: page(
    'https://vmware.github.io/photon/docs-v5/administration-guide/containers/',
    'rootless Docker: cgroup flags',
  ),
  applies: hasUnifiedCgroups,
  remedy: 'sudo systemctl edit user@.service: [Service] Delegate=cpu cpuset io memory pids; then log in again',
  async verify({ target, host }) {
    const flags = { Memory: 64 * mebibyte, MemorySwap: 64 * mebibyte, NanoCpus: 500_000_000, PidsLimit: 50 };
    const delegated = (await delegatedControllers(target, host)) ?? controllersByDefault(host);
    if (!delegated.includes('cpu')) {
      // control: a daemon that starts no container at all would refuse this one for another reason
      await sharedContainer(target);
      const refusal = await startContainer(target, { host: flags }).catch((error) => refusalIn(error, target));
      const words = typeof refusal === 'string' ? refusal : null;
      expectDocumented(words, /NanoCPUs can not be set/, 'the start with --cpus and no cpu controller');
      return;
    }
    await using container = await startContainer(target, { host: flags });
    const { files } = await containerCgroup(target, container, ['memory.max', 'cpu.max', 'pids.max']);
    const wanted = { 'memory.max': String(flags.Memory), 'cpu.max': '50000 100000', 'pids.max': '50' };
    expect(files, "limits of the container's cgroup").toEqual(wanted);
  },
  fault: breaks("limits of the container's cgroup", {
    ...driverNone,
    name: 'daemon.json asks for the cgroupfs driver, which is "none" without root: the flags are taken and ignored',
    possible: ({ host }) =>
      host.cgroup.userControllers?.includes('cpu') !== false ||
      'the user is not given the cpu controller: the start is refused under the fault as well',
  }),
});
