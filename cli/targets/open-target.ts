import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { chooseProvider, labNameOf, twinOf } from '../../harness/lab/catalog/provider-names.ts';
import { attachMachine } from '../../harness/lab/machine/attach.ts';
import { bringUp } from '../../harness/lab/machine/bring-up.ts';
import { consoleLogOf } from '../../harness/lab/machine/console-log.ts';
import type { MachineHandle } from '../../harness/lab/machine/handle.ts';
import { powerOff } from '../../harness/lab/machine/take-down.ts';
import { bringUpTwin, dropTwin, hasTwins } from '../../harness/lab/machine/twin.ts';
import { systemErrorText } from '../../harness/messages/error-text.ts';
import type { Connection } from '../../harness/target-host/connection/address.ts';
import type { SshAddress } from '../../harness/target-host/transport/ssh-login.ts';
import { isLockedByUs, releaseMachine } from '../../harness/this-machine/locks.ts';
import type { RunOptions } from '../options/options.ts';
import { sshAddress } from './ssh-addresses.ts';
import type { TargetName, TargetOf } from './target-names.ts';

export type OpenedTarget = AsyncDisposable & {
  readonly connection: Omit<Connection, 'image'>;
  readonly infraRetries: number;
  /** a second machine from the same snapshot, where one starts in seconds; says why where it does not */
  readonly second?: () => Promise<OpenedTarget['connection'] | undefined>;
};

type OpenOptions = {
  readonly options: Pick<RunOptions, 'identity' | 'jump' | 'rootVia' | 'fresh' | 'asIs' | 'keep' | 'provider'>;
  readonly folder: string;
  readonly onStage: (text: string) => void;
  readonly signal?: AbortSignal;
};

/** Makes a target reachable. Disposing of it powers a machine off (its snapshot stays) unless it is to be kept. */
export async function openTarget(target: TargetName, open: OpenOptions): Promise<OpenedTarget> {
  if (target.kind === 'machine') return await openMachine(target, open);
  const { folder, options } = open;
  const { name, kind } = target;
  const via = options.rootVia === 'ssh' ? 'none' : options.rootVia;
  const connection =
    kind === 'local'
      ? ({ name, kind, folder, root: via } as const)
      : {
          ...{ name, kind, folder },
          user: sshAddress(target, options),
          root: options.rootVia === 'ssh' ? sshAddress(target, options, 'root') : via,
        };
  return { connection, infraRetries: 0, [Symbol.asyncDispose]: async () => {} };
}

async function openMachine(target: TargetOf<'machine'>, open: OpenOptions): Promise<OpenedTarget> {
  const { options, folder, onStage, signal } = open;
  const labName = labNameOf(target.name, chooseProvider(options.provider));
  const handle = options.asIs ? await attachMachine(labName) : await bringUpOrOff(target, open);
  const connectionTo = (machine: MachineHandle) =>
    ({
      name: target.name,
      kind: 'machine',
      folder,
      user: login(machine, 'tester'),
      root: login(machine, 'root'),
    }) as const;
  let wasSecond = false;
  return {
    connection: connectionTo(handle),
    infraRetries: handle.infraRetries,
    ...(hasTwins(labName) &&
      !options.asIs && {
        async second() {
          wasSecond = true;
          try {
            return connectionTo(await bringUpTwin(handle, signal));
          } catch (error) {
            if (!signal?.aborted)
              onStage(`no second machine, so that all is judged on one: ${(error as Error).message}`);
            return undefined;
          }
        },
      }),
    async [Symbol.asyncDispose]() {
      if (wasSecond) {
        keepConsole(twinOf(labName), folder, onStage, 'console-of-second.log');
        await dropTwin(labName);
      }
      if (options.keep || options.asIs) releaseMachine(labName);
      else await powerOff(labName);
      keepConsole(labName, folder, onStage);
    },
  };
}

function login({ host, port, identityFile, hostKeys }: MachineHandle, user: string): SshAddress {
  return { host, port, user, identityFile, hostKeys };
}

/** A machine that did not boot is not left running: nobody would know of it. */
async function bringUpOrOff(
  { machine }: TargetOf<'machine'>,
  { options, folder, onStage, signal }: OpenOptions,
): Promise<MachineHandle> {
  try {
    return await bringUp(machine, { provider: options.provider, fresh: options.fresh === true, onStage, signal });
  } catch (error) {
    const name = labNameOf(machine.name, chooseProvider(options.provider));
    // without our lock it is another run's machine
    if (isLockedByUs(name)) {
      if (!options.keep) await powerOff(name);
      keepConsole(name, folder, onStage);
    }
    throw error;
  }
}

/** After the power-off, which is not to depend on room for a file. */
function keepConsole(name: string, folder: string, onStage: (text: string) => void, file = 'console.log'): void {
  const log = consoleLogOf(name);
  try {
    if (existsSync(log)) copyFileSync(log, join(folder, file));
  } catch (error) {
    onStage(`its console log stays in ${log}: ${systemErrorText(error)}`);
  }
}
