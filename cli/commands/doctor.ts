import { chooseProvider } from '../../harness/lab/catalog/provider-names.ts';
import { chooseLab } from '../../harness/lab/hermetic/hermetic-lab.ts';
import { machineState } from '../../harness/lab/machine/take-down.ts';
import { describeAccel, rememberedAccel } from '../../harness/lab/setup/acceleration.ts';
import { doctorHost } from '../../harness/lab/setup/host-setup.ts';
import { exitCodes } from '../../harness/messages/errors.ts';
import { defineCommand } from '../options/command-line.ts';
import { declareJudging, gate, provider } from '../options/options.ts';
import { print, printJson } from '../options/output.ts';
import { usageError } from '../options/values.ts';

const about =
  'Without a target: lists what the lab needs on this machine and what is missing, with a remedy. With a target: runs the ' +
  'read-only checks on a host in use, over SSH, in seconds; nothing is installed, started or changed there.';

const declared = declareJudging('doctor', about, {
  examples: ['doctor', 'doctor ssh://me@host.example'],
  notes: [
    'What needs root and may not have it is skipped. A machine of the lab has to be running (./rdc up).',
    'Exit codes: without a target 0, or 3 when something is missing; with one, those of ./rdc run.',
  ],
})
  .argument('[target]', 'ssh://USER@HOST[:PORT], local, or a running machine of the lab')
  .addOption(provider)
  .addOption(gate);
type DoctorOptions = ReturnType<typeof declared.opts>;

/** `rdc doctor`: without a target, can this machine run the lab? With one, what do the read-only checks say of it? */
export const command = defineCommand(declared, async ([target], options) => {
  if (target !== undefined) {
    // imported here: without a target, nothing that judges is needed
    const { doctorTarget } = await import('./doctor-target.ts');
    return await doctorTarget(target, options);
  }
  const stray = declared.options.find((option) => {
    const name = option.attributeName() as keyof typeof options;
    return name !== 'json' && name !== 'provider' && declared.getOptionValueSource(name) === 'cli';
  });
  if (stray) throw usageError(`${stray.long} needs a TARGET`, './rdc doctor TARGET');
  return await doctorOfThisMachine(options);
});

/** Reads only. Exit code 3 when something is missing. */
async function doctorOfThisMachine({ json, provider: asked }: DoctorOptions): Promise<number> {
  const isContainers = chooseProvider(asked) === 'nspawn';
  const needs = doctorHost(isContainers ? 'containers' : 'lab');
  const accel = rememberedAccel();
  const machines = await machineState();
  if (json) {
    printJson({ needs, accel: accel ?? null, lab: chooseLab(), machines });
  } else {
    for (const { present, what, remedy } of needs)
      print(present ? `ok       ${what}` : `missing  ${what}\n         hint: ${remedy}`);
    if (!isContainers)
      print(accel ? describeAccel(accel) : 'acceleration: not tried yet; ./rdc run boots a kernel once to find out');
    print(`lab: ${chooseLab()}`);
    for (const { name, state, snapshot } of machines)
      print(`machine ${name}: ${state}${snapshot ? ', snapshot ready' : ''}`);
  }
  return needs.every(({ present }) => present) ? exitCodes.ok : exitCodes.notJudged;
}
