import { parseOsRelease } from '../../this-machine/os-release.ts';

/** `' 1024\n'` is 1024; null unless it is one decimal number without a sign. */
export function numberOf(text: string | undefined): number | null {
  const trimmed = text?.trim() ?? '';
  return /^\d{1,15}$/.test(trimmed) ? Number(trimmed) : null;
}

export function trimmed(text: string): string {
  return text.trim();
}

export function captured<T extends string>(pattern: RegExp): (text: string) => T | null {
  return (text) => (pattern.exec(text)?.[1] as T | undefined) ?? null;
}

export function words(text: string): readonly string[] {
  return text.split(/\s+/).filter(Boolean);
}

/** By their bits in the masks of /proc/PID/status. */
const capabilities = words(`CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE
  NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT
  SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE
  MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE`);

/** `40`, the last that the kernel has, and `CapBnd: 000001fffeffffff`: those of which the bit is not set. */
export function lackedCapabilities(text: string): readonly string[] | null {
  const [, last, mask] = /^(\d{1,2})\s+CapBnd:\s*([0-9a-f]{1,16})\s*$/.exec(text) ?? [];
  if (last === undefined || mask === undefined) return null;
  const bits = BigInt(`0x${mask}`);
  const known = capabilities.slice(0, Number(last) + 1);
  return known.filter((_, bit) => ((bits >> BigInt(bit)) & 1n) === 0n).map((name) => `CAP_${name}`);
}

/** Lines `key value` become a record; `key -` is null. */
export function memberOf(text: string): Readonly<Record<string, string | null>> {
  const members = text.split('\n').flatMap((line) => {
    const [, key, value = ''] = /^(\S+) ?(.*)$/.exec(line) ?? [];
    return key === undefined ? [] : [[key, value === '-' ? null : value.slice(0, 500) || null] as const];
  });
  // takes `__proto__` as any other key
  return Object.fromEntries(members);
}

/** A range of `/etc/subuid` or `/etc/subgid`: host IDs `start` to `start + count - 1`. */
export type IdRange = { readonly start: number; readonly count: number };

/** The ranges of a user, by name or UID, in file order. shadow skips a line without numbers or with a count of 0. */
export function idRanges(file: string, name: string, uid: number): IdRange[] {
  return file.split('\n').flatMap((line) => {
    const [owner = '', ...fields] = line.split(':');
    const [start, count] = fields.map(numberOf);
    if (![name, String(uid)].includes(owner) || fields.length > 2) return [];
    return typeof start === 'number' && count ? [{ start, count }] : [];
  });
}

export function distributionOf(osRelease: string) {
  const at = parseOsRelease(osRelease);
  const value = (key: string) => (at.get(key) ?? '').slice(0, 200);
  return {
    id: value('ID'),
    versionId: value('VERSION_ID') || value('VERSION_CODENAME'),
    prettyName: value('PRETTY_NAME'),
  } as const;
}

/** From the magic number of the file system at /sys/fs/cgroup, in hexadecimal. */
export function cgroupVersion(text: string): 1 | 2 | null {
  const magic = text.trim();
  if (magic === '63677270') return 2;
  return /^[0-9a-f]{1,8}$/.test(magic) ? 1 : null;
}

/** The record of vms/provision; others may write to the machine, so anything odd is no record. */
export function installationOf(text: string) {
  try {
    const record = JSON.parse(text) as { recipe?: unknown; channel?: unknown; steps?: unknown };
    if (typeof record.recipe !== 'string' || !Array.isArray(record.steps)) return null;
    const steps = record.steps.map(({ name, command, exitCode }: Record<string, unknown>) => {
      if (typeof name !== 'string' || typeof command !== 'string' || !Number.isInteger(exitCode)) throw new TypeError();
      return { name: name.slice(0, 100), command: command.slice(0, 500), exitCode: Number(exitCode) } as const;
    });
    // a record of before there were others has none
    const channel = typeof record.channel === 'string' ? record.channel.slice(0, 20) : 'distro';
    return { recipe: record.recipe.slice(0, 200), channel, steps } as const;
  } catch {
    return null;
  }
}
