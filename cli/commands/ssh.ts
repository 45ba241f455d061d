import { spawn } from 'node:child_process';
import { findMachine } from '../../harness/lab/catalog/machines.ts';
import { findLab, isInsideLab } from '../../harness/lab/libvirt/hermetic-lab.ts';
import { guestSshCommand } from '../../harness/lab/machine/attach.ts';
import { knownMachines } from '../../harness/lab/machine/known-machines.ts';
import { exitCodes, RdcError } from '../../harness/messages/errors.ts';
import { parseCommon } from '../options/options.ts';
import { runInside } from '../targets/enter-lab.ts';

/** `rdc ssh`: a shell or a command on a running machine; the exit code is that of the command. */
export async function sshCommand(words: readonly string[]): Promise<number> {
  const split = words.indexOf('--');
  const own = split === -1 ? words : words.slice(0, split);
  const command = split === -1 ? [] : words.slice(split + 1);
  const { options, values, positionals } = parseCommon(own, {
    command: 'ssh',
    takes: ['lab'],
    own: { root: { type: 'boolean' } },
  });
  const [name, ...others] = positionals;
  if (name === undefined || others.length > 0)
    throw new RdcError('USAGE', name === undefined ? 'the name of a machine is missing' : `a command comes after --`, {
      hint: `./rdc ssh ${name ?? 'debian-13'} -- ${others.join(' ') || 'COMMAND'}`,
    });
  findMachine(knownMachines(), name);
  if (options.lab !== 'system' && !isInsideLab() && findLab()) runInside();
  const [file = 'ssh', ...args] = await guestSshCommand(name, values.root === true ? 'root' : 'tester');
  const child = spawn(file, [...args, ...command], { stdio: 'inherit' });
  return await new Promise((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new RdcError('HOST_SETUP', `${file} does not start here`, { cause, hint: './rdc doctor' })),
    );
    child.once('close', (code) => resolve(code ?? exitCodes.notJudged));
  });
}
