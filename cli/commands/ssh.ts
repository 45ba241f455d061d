import { spawn } from 'node:child_process';
import { findMachine } from '../../harness/lab/catalog/machines.ts';
import { labNameOf } from '../../harness/lab/catalog/provider-names.ts';
import { findLab, isInsideLab } from '../../harness/lab/hermetic/hermetic-lab.ts';
import { guestSshCommand } from '../../harness/lab/machine/attach.ts';
import { knownMachines } from '../../harness/lab/machine/known-machines.ts';
import { exitCodes, RdcError } from '../../harness/messages/errors.ts';
import { declare, parseWords, type RdcCommand } from '../options/command-line.ts';
import { lab, provider } from '../options/options.ts';
import { usageError } from '../options/values.ts';
import { runInside, settleLab } from '../targets/enter-lab.ts';

const declared = declare('ssh', 'Opens a shell on a running machine of the lab, or runs a command there.', {
  examples: ['ssh debian-13', 'ssh debian-13 --root -- journalctl -b'],
  notes: ['Exit code: that of the command.'],
})
  .usage('[options] <machine> [-- <command...>]')
  .argument('<machine>', 'a machine of vms/machines.json')
  .argument('[command...]', 'what to run there, after --')
  .option('--root', 'as root instead of the user of the tests')
  .addOption(provider)
  .addOption(lab);

/** `rdc ssh`: what comes after `--` is the command's, options too; the exit code is that of the command. */
export const command: RdcCommand = {
  declared,
  async run(words) {
    const split = words.includes('--') ? words.indexOf('--') : words.length;
    const { args, options } = parseWords(declared, words.slice(0, split));
    const [name, others] = args;
    if (others.length > 0)
      throw usageError('a command has to come after --', `./rdc ssh ${name} -- ${others.join(' ')}`);
    findMachine(knownMachines(), name);
    const labName = labNameOf(name, settleLab(options).provider);
    if (options.lab !== 'system' && !isInsideLab() && findLab()) runInside();
    const argv = [...(await guestSshCommand(labName, options.root ? 'root' : 'tester')), ...words.slice(split + 1)];
    return await exitCodeOf(argv);
  },
};

async function exitCodeOf([file = 'ssh', ...args]: readonly string[]): Promise<number> {
  const child = spawn(file, args, { stdio: 'inherit' });
  return await new Promise((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new RdcError('HOST_SETUP', `cannot start ${file}`, { cause, hint: './rdc doctor' })),
    );
    child.once('close', (code) => resolve(code ?? exitCodes.notJudged));
  });
}
