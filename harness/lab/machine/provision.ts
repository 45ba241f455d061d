import { readFileSync } from 'node:fs';
import { RdcError } from '../../messages/errors.ts';
import { cachePath } from '../../this-machine/paths.ts';
import { runLogged } from '../../this-machine/run-command.ts';
import type { Engine } from '../catalog/machines.schema.ts';
import { asTarArguments, withPrograms } from '../disks/engine-files.ts';
import { labPrefix } from '../hermetic/hermetic-lab.ts';
import { type Guest, sshCommand } from './guest-ssh.ts';
import type { Plan } from './handle.ts';

export type Step = {
  /** names the log: `provision-NAME-WHAT` */
  readonly what: string;
  readonly script: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
};

/** Runs a script of vms/provision as root in a machine, as Vagrant does in a VM. Throws PROVISION. */
export async function provision(
  guest: Guest,
  { what, script, args = [], env = {} }: Step,
  { signal }: Plan,
): Promise<void> {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${quoted(value)}`);
  const command = [...variables, 'sh', '"$script"', ...args.map(quoted), '</dev/null'].join(' ');
  const inGuest = `script=$(mktemp) && cat >"$script" || exit; code=0; ${command} || code=$?; rm -f "$script"; exit "$code"`;
  const log = `provision-${guest.name}-${what}`;
  try {
    await runLogged([...labPrefix(), ...sshCommand(guest, 'root'), inGuest], {
      log,
      code: 'PROVISION',
      what: `${what} in ${guest.name}`,
      timeoutMs: 900_000,
      input: script,
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    throw explainFullCache(error, guest.name, readFileSync(cachePath('logs', `${log}.log`), 'utf8'));
  }
}

/** Pure: what a container writes lies in the cache. */
export function explainFullCache(error: unknown, name: string, said: string): unknown {
  if (!/No space left on device|enough free space/.test(said)) return error;
  return new RdcError('PROVISION', `${name}: no room in the cache for its packages; a machine takes about 1 GiB`, {
    hint: 'df -h ~/.cache; ./rdc clean',
    cause: error,
  });
}

/** Puts the programs where rootless-engine.sh takes them from. */
export async function sendEngine(guest: Guest, { source }: Engine, { signal }: Plan): Promise<void> {
  await withPrograms(source, async (programs) => {
    const pack = ['tar', '-cf', '-', '--dereference', ...asTarArguments(programs)].map(quoted).join(' ');
    const unpack =
      'rm -rf /var/lib/rdc/engine && mkdir -p /var/lib/rdc/engine && tar -C /var/lib/rdc/engine -xf - --no-same-owner && chmod 755 /var/lib/rdc/engine/*';
    const argv = [...labPrefix(), 'sh', '-c', `${pack} | "$@"`, 'sh', ...sshCommand(guest, 'root'), unpack];
    await runLogged(argv, {
      log: `provision-${guest.name}-engine`,
      code: 'PROVISION',
      what: `the engine did not get into ${guest.name}`,
      ...(signal ? { signal } : {}),
    });
  });
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
