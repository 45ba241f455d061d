import { spawn } from 'node:child_process';
import {
  bringUp,
  chooseLab,
  destroyMachine,
  downAll,
  ensureLab,
  findLab,
  findMachine,
  forgetImageMachine,
  guestSshCommand,
  isInsideLab,
  knownMachines,
  type Machine,
  releaseMachine,
  stopLab,
} from '../../harness/lab/index.ts';
import { exitCodes, RdcError } from '../../harness/messages/errors.ts';
import { type CommonOptions, parseCommon } from '../options/options.ts';
import { enterLab, runInside } from '../targets/enter-lab.ts';
import { imageMachine, refuseImageOptions } from '../targets/image-target.ts';

const say = (text: string) => void process.stderr.write(`${text}\n`);

/** `rdc up`: machines with rootless Docker running, left running. */
export async function upCommand(words: readonly string[]): Promise<number> {
  const { options, positionals } = parseCommon(words, {
    command: 'up',
    takes: ['fresh', 'lab', 'image', 'recipe', 'sha256'],
  });
  const machines = await machinesToBringUp(positionals, options);
  await enterLab({ machines, lab: options.lab, onStage: say });
  for (const machine of machines) {
    const handle = await bringUp(machine, { fresh: options.fresh, onStage: (text) => say(`${machine.name}: ${text}`) });
    releaseMachine(machine.name);
    say(
      `${machine.name}: up, ${handle.restored ? 'from its snapshot' : 'booted anew'} (${handle.accel}); ./rdc ssh ${machine.name}`,
    );
  }
  return exitCodes.ok;
}

async function machinesToBringUp(names: readonly string[], options: CommonOptions): Promise<Machine[]> {
  if (options.image !== undefined) return [await imageMachine(names, options)];
  refuseImageOptions(options);
  const all = knownMachines();
  return (names.length === 0 ? [all.default] : names).map((name) => findMachine(all, name));
}

/** `rdc down`: with names, those machines; without, every machine and the lab. */
export async function downCommand(words: readonly string[]): Promise<number> {
  const { options, positionals } = parseCommon(words, { command: 'down', takes: ['lab'] });
  const all = knownMachines();
  const machines = positionals.map((name) => findMachine(all, name));
  if (machines.length > 0) return await removeMachines(machines, options);
  for (const name of await downAll()) say(`${name}: off`);
  if (!isInsideLab()) {
    const ended = await stopLab();
    if (ended > 0) say(`the lab is gone (${ended} processes ended)`);
  }
  return exitCodes.ok;
}

/** In the lab, which is there for that long only where it was not before. */
async function removeMachines(machines: readonly Machine[], { lab }: CommonOptions): Promise<number> {
  const isMade = chooseLab(lab) === 'hermetic' && findLab() === undefined;
  if (isMade) await ensureLab();
  try {
    for (const { name } of machines) {
      await destroyMachine(name);
      await forgetImageMachine(name);
      say(`${name}: gone`);
    }
  } finally {
    if (isMade) await stopLab();
  }
  return exitCodes.ok;
}

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
