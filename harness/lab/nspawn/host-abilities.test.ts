import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as it, vi } from 'vitest';
import { expectAbilities, expectInotifyInstances, hostAbilities } from './host-abilities.ts';

/** A /proc of one process of root that has so many inotify instances, and one of somebody else's. */
function procWith(instances: number, limit: number): string {
  const proc = mkdtempSync(join(tmpdir(), 'rdc-proc-'));
  mkdirSync(join(proc, 'sys/fs/inotify'), { recursive: true });
  writeFileSync(join(proc, 'sys/fs/inotify/max_user_instances'), `${limit}\n`);
  for (const [pid, uid] of [
    ['1', '0'],
    ['77', '1000'],
  ] as const) {
    mkdirSync(join(proc, pid, 'fd'), { recursive: true });
    writeFileSync(join(proc, pid, 'status'), `Name:\tx\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\n`);
    for (let fd = 0; fd < instances; fd += 1) symlinkSync('anon_inode:inotify', join(proc, pid, 'fd', String(fd)));
    symlinkSync('/dev/null', join(proc, pid, 'fd', '999'));
  }
  return proc;
}

it('a container is not started without the inotify instances that its systemd needs', () => {
  expect(() => expectInotifyInstances('debian-13', procWith(110, 128))).toThrow(
    '[HOST_SETUP] debian-13 needs about 25 inotify instances, and root has 18 left of 128 on this machine',
  );
  expect(() => expectInotifyInstances('debian-13', procWith(40, 128))).not.toThrow();
});

it('without root nothing else is tried, and the remedy is said', async () => {
  vi.spyOn(process, 'getuid').mockReturnValue(1000);
  expect(await hostAbilities()).toEqual([expect.objectContaining({ what: 'root', present: false })]);
  await expect(expectAbilities({ unpacked: true })).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining('[HOST_SETUP] containers need what this machine does not have: root'),
    hint: expect.stringContaining('sudo ./rdc run'),
  });
});
