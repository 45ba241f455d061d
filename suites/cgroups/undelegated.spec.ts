import {
  asFinding,
  breaks,
  checksIn,
  docker,
  dockerApi,
  expect,
  expectDocumented,
  known,
  lifts,
  moby,
  startContainer,
} from '../../harness/checks/index.ts';
import { wrappedRuntime } from '../instruments/container/runtime-wrapper.ts';
import { driverNone, userManagerDropIn } from '../instruments/daemon/daemon-faults.ts';
import { canLimit, containerCgroup } from '../instruments/kernel/container-cgroup.ts';

const check = checksIn(import.meta);
const mebibyte = 1024 * 1024;

/** Controllers that systemd hands to no user by itself; the limit, where it is in the kernel, and in docker inspect. */
const undelegated = (disk: string) => [
  { controller: 'cpuset', host: { CpusetCpus: '0' }, file: 'cpuset.cpus', key: 'CpusetCpus' },
  {
    controller: 'io',
    host: { BlkioDeviceWriteBps: [{ Path: disk, Rate: mebibyte }] },
    file: 'io.max',
    key: 'BlkioDeviceWriteBps',
  },
];

check('CG-UNDELEGATED', {
  level: 'LIMITATION',
  title:
    'a limit of a controller that is not delegated (cpuset, io) is taken, and is neither in the kernel nor in docker inspect',
  source: moby('v26.1.5', 'daemon/daemon_unix.go', 'verifyPlatformContainerResources: discarded, with a warning'),
  applies: ({ host }) => {
    const has = host.cgroup.userControllers ?? [];
    if (['cpuset', 'io'].every((name) => has.includes(name))) return 'cpuset and io are delegated to the user';
    return canLimit({ host });
  },
  remedy:
    'sudo systemctl edit user@.service: [Service] Delegate=cpu cpuset io memory pids; then log in again (see CG-DELEG-ALL)',
  async verify({ target }) {
    const { stdout } = await target.shell(
      'for d in /sys/block/*/device; do d=${d%/device}; echo "/dev/${d##*/}"; done',
    );
    const disk = known(
      stdout.split('\n').find((path) => path.startsWith('/dev/')),
      'a disk of the host',
    );
    const has = target.facts.host.cgroup.userControllers ?? [];
    for (const { controller, host, file, key } of undelegated(disk)) {
      if (has.includes(controller)) continue;
      await using container = await startContainer(target, { host });
      const { files } = await containerCgroup(target, container, [file]);
      expectDocumented(files[file] ? null : 'none', 'none', `a limit of ${controller} in the kernel`);
      const inspected = await dockerApi(target, 'GET', `/containers/${container.id}/json`);
      const { HostConfig } = inspected.json<{ HostConfig: Record<string, unknown> }>();
      // '' or [] where it was dropped
      const kept = [HostConfig[key] ?? []].flat().filter(Boolean);
      asFinding('differs', () => expect(kept, `differs: ${key} in docker inspect`).toEqual([]));
    }
  },
  fault: lifts(
    'a limit of * in the kernel',
    'all controllers are delegated to the user',
    userManagerDropIn('Delegate=cpu cpuset io memory pids'),
  ),
});

check('CG-UPDATE', {
  level: 'MUST',
  title: 'docker update changes the memory and process limits of a running container in the kernel',
  source: docker('reference/cli/docker/container/update', "update a container's memory"),
  applies: canLimit,
  remedy: 'see CG-DRIVER, CG-MEM and CG-PIDS',
  concurrent: true,
  async verify({ target }) {
    const memory = (mib: number) => ({ Memory: mib * mebibyte, MemorySwap: mib * mebibyte });
    await using container = await startContainer(target, { host: { ...memory(64), PidsLimit: 40 } });
    const body = { ...memory(96), PidsLimit: 50 };
    const answer = await dockerApi(target, 'POST', `/containers/${container.id}/update`, { body });
    expect(answer.status === 200 ? null : answer.text, 'refusal of the update').toBeNull();
    const { files } = await containerCgroup(target, container, ['memory.max', 'pids.max']);
    expect(files, 'limits in the kernel after the update').toEqual({
      'memory.max': String(96 * mebibyte),
      'pids.max': '50',
    });
  },
  fault: breaks(
    'limits in the kernel after the update',
    'the runtime takes an update and changes nothing',
    wrappedRuntime((runc) => `#!/bin/sh\nfor word do [ "$word" != update ] || exit 0; done\nexec ${runc} "$@"\n`),
  ),
});

check('CG-SWAP', {
  level: 'SHOULD',
  title: '--memory-swap limits the swap of a container in the kernel, and /info says whether it can',
  source: docker('engine/containers/resource_constraints', '--memory-swap details'),
  applies: canLimit,
  remedy: 'swapaccount=1 on the command line of the kernel; see CG-MEM',
  concurrent: true,
  async verify({ target }) {
    const sizes = { Memory: 64 * mebibyte, MemorySwap: 96 * mebibyte };
    await using container = await startContainer(target, { host: sizes });
    const { files } = await containerCgroup(target, container, ['memory.swap.max']);
    const { SwapLimit } = (await dockerApi(target, 'GET', '/info')).json<{ SwapLimit: boolean }>();
    expect(SwapLimit, 'SwapLimit of /info').toBe(files['memory.swap.max'] !== null);
    if (SwapLimit) expect(files['memory.swap.max'], 'swap of the container in the kernel').toBe(String(32 * mebibyte));
  },
  fault: breaks(['SwapLimit of /info', 'swap of the container in the kernel'], driverNone),
});
