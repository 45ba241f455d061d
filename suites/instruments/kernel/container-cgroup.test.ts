import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import type { HostFacts, Target } from '../../../harness/checks/index.ts';
import { parseHostFacts } from '../../../harness/target-host/facts/host-facts.ts';
import {
  cgroupsAbove,
  controllersByDefault,
  coresUsed,
  hasUnifiedCgroups,
  parseContainerCgroup,
  statOf,
  userCgroup,
} from './container-cgroup.ts';

const recorded = (what: string) => readFileSync(join(import.meta.dirname, 'fixtures', `debian-13-${what}.txt`), 'utf8');
const hostOf = (name: string): HostFacts =>
  parseHostFacts(
    readFileSync(join(import.meta.dirname, `../../../harness/target-host/facts/fixtures/${name}-facts.txt`), 'utf8'),
  );

it('a container with --cpus 0.5 on Debian 13', () => {
  const cgroup = parseContainerCgroup(recorded('cpu-limit'));
  expect(cgroup?.path).toMatch(
    /^\/user\.slice\/user-1001\.slice\/user@1001\.service\/user\.slice\/docker-\w{64}\.scope$/,
  );
  expect(cgroup?.path.startsWith(`${userCgroup(hostOf('debian-13'))}/`)).toBe(true);
  expect(cgroup?.files['cpu.max']).toBe('50000 100000');
  expect(statOf(cgroup?.files['cpu.stat'], 'usage_usec')).toBe(2_129_740);
  expect(statOf(cgroup?.files['cpu.stat'], 'user_usec')).toBe(815_255);
});

it('a container in which a process was killed for its memory', () => {
  const events = parseContainerCgroup(recorded('memory-events'))?.files['memory.events'];
  expect(statOf(events, 'oom_kill')).toBe(1);
  expect(statOf(events, 'oom')).toBe(1);
  expect(statOf(events, 'kill')).toBeNull();
  expect(statOf(null, 'oom_kill')).toBeNull();
});

it('a file that the cgroup does not have is null, and no path is no cgroup', () => {
  expect(parseContainerCgroup('path /x\nfile cpu.max \nfile pids.max max;\n')).toEqual({
    path: '/x',
    files: { 'cpu.max': null, 'pids.max': 'max' },
  });
  expect(parseContainerCgroup('path \n')).toBeNull();
  expect(parseContainerCgroup('')).toBeNull();
});

it("cores are the kernel's account over the guest's own clock", async () => {
  const shell = async () => ({
    code: 0,
    stdout: '1000000\n50.00\n3000000\n54.00\n',
    stderr: '',
    truncated: false,
    durationMs: 1,
  });
  const target = { root: { shell } } as unknown as Target;
  expect(await coresUsed(target, '/x', 4)).toBe(0.5);
});

it('which hosts have what the flags need', () => {
  const host = hostOf('debian-13');
  expect(hasUnifiedCgroups({ host })).toBe(true);
  expect(hasUnifiedCgroups({ host: { ...host, init: 'runit' } })).toContain('PID 1 is runit');
  expect(
    hasUnifiedCgroups({ host: { ...host, cgroup: { version: 1, availableControllers: null, userControllers: null } } }),
  ).toContain('cgroup v1');
  expect(controllersByDefault(host)).toEqual(['cpu', 'memory', 'pids']);
  expect(controllersByDefault(hostOf('debian-11'))).toEqual(['memory', 'pids']);
});

it('the cgroups above one, nearest first', () => {
  expect(cgroupsAbove('/user.slice/user-1001.slice/x.scope')).toEqual(['/user.slice/user-1001.slice', '/user.slice']);
  expect(cgroupsAbove('/init.scope')).toEqual([]);
});
