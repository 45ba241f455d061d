import { expect, type HostFacts, known, type ReadableTarget } from '../../harness/checks/index.ts';
import { cgroupsAbove, limitsOf, userCgroup } from '../instruments/kernel/container-cgroup.ts';

export async function limitsAround(target: ReadableTarget, host: HostFacts, controlGroup: string): Promise<string> {
  const own = [controlGroup, ...cgroupsAbove(controlGroup)];
  const { stdout } = await target.root.shell(`test -r /sys/fs/cgroup${controlGroup}/cgroup.procs && echo there`);
  expect(stdout.trim(), "the unit's cgroup, as the kernel shows it").toBe('there');
  const cgroups = [...new Set([...own, `${userCgroup(host)}/user.slice`])];
  // systemd limits each user's slice (TasksMax=33%): LIM-NPROC judges that
  const counted = cgroups.filter((cgroup) => !/\/user-\d+\.slice$/.test(cgroup));
  const files = ['memory.max', 'memory.high', 'memory.swap.max', 'cpu.max', 'io.max', 'cgroup.max.descendants'];
  const sizes = await limitsOf(target, cgroups, files);
  return [sizes, await limitsOf(target, counted, ['pids.max'])].filter(Boolean).join('\n');
}

type Limits = ReadonlyMap<string, { readonly soft: number; readonly hard: number }>;

const everLimitless = ['cpu time', 'file size', 'data size', 'resident set', 'address space', 'file locks'];

/** Pure: `file size` for `Max file size`; Infinity is unlimited. */
export function parseLimits(text: string): Limits {
  const value = (word = '') => (word === 'unlimited' ? Number.POSITIVE_INFINITY : Number(word));
  const lines = text.matchAll(/^Max (\S.{0,24}?) {2,30}(\d{1,20}|unlimited) {1,30}(\d{1,20}|unlimited)\b/gm);
  return new Map([...lines].map(([, name = '', soft, hard]) => [name, { soft: value(soft), hard: value(hard) }]));
}

/** Pure: a hard limit other than the manager's, a lower soft one, or one that not even log-ins have. */
export function narrowLimits(own: Limits, manager: Limits, init: Limits): string[] {
  return [...own].flatMap(([name, { soft, hard }]) => {
    const [above, first] = [manager.get(name), init.get(name)];
    const isNarrow = above !== undefined && (hard !== above.hard || soft < above.soft);
    const isNew = everLimitless.includes(name) && first !== undefined && (soft < first.soft || hard < first.hard);
    return isNarrow || isNew ? [`${name} ${soft} ${hard}`] : [];
  });
}

export function parseProcessorMask(status: string): bigint | null {
  const mask = /^Cpus_allowed:\s+([0-9a-f,]{1,4096})$/m.exec(status)?.[1]?.replaceAll(',', '');
  return mask ? BigInt(`0x${mask}`) : null;
}

/** Pure: a line `policy 0 nice 0`, as /proc/PID/stat has them. */
export function parseScheduling(text: string): string {
  return known(/^policy \d+ nice -?\d+$/m.exec(text)?.[0], 'scheduling policy and nice value');
}

export async function processBounds(target: ReadableTarget, host: HostFacts, mainPid: string) {
  const { stdout } = await target.root.shell(
    `m=$(systemctl show -p MainPID --value user@${host.user.uid}.service)
for p in 1 "$m" ${mainPid}; do
  cat /proc/$p/limits; grep '^Cpus_allowed:' /proc/$p/status; sed 's/.*) //' /proc/$p/stat | awk '{print "policy", $39, "nice", $17}'; echo --
done`,
  );
  const [init, manager, own] = stdout.split('--\n').map((text) => {
    const processors = parseProcessorMask(text);
    return processors === null ? null : { limits: parseLimits(text), processors, scheduling: parseScheduling(text) };
  });
  const has = known(own, "the limits of the unit's first process");
  const first = known(init, "PID 1's limits");
  const above = known(manager, "the user manager's limits");
  return {
    narrow: narrowLimits(has.limits, above.limits, first.limits),
    scheduling: { own: has.scheduling, manager: above.scheduling },
    lackingProcessors: first.processors & ~has.processors,
  };
}
