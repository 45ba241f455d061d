import { chooseProvider } from '../../harness/lab/catalog/provider-names.ts';
import { diskState, diskWarning } from '../../harness/lab/cleanup/disk-usage.ts';
import { chooseLab } from '../../harness/lab/hermetic/hermetic-lab.ts';
import { systemAccess } from '../../harness/lab/libvirt/system-access.ts';
import { machineState } from '../../harness/lab/machine/take-down.ts';
import { describeAccel, rememberedAccel } from '../../harness/lab/setup/acceleration.ts';
import { doctorHost, type HostNeed } from '../../harness/lab/setup/host-setup.ts';
import { exitCodes, RdcError } from '../../harness/messages/errors.ts';
import { defineCommand } from '../options/command-line.ts';
import { declareJudging, gate, provider } from '../options/options.ts';

const about =
  'Without a target: lists what the lab needs on this machine and what is missing, with a remedy. With a target: runs the ' +
  'read-only checks on a host in use, over SSH, in seconds; nothing is installed, started or changed there.';

const command = declareJudging('doctor', about, {
  examples: ['doctor', 'doctor ssh://me@host.example'],
  notes: [
    'What needs root and may not have it is skipped. A machine of the lab has to be running (./rdc up).',
    'Exit codes: without a target 0, or 3 when something is missing; with one, those of ./rdc run.',
  ],
})
  .argument('[target]', 'ssh://USER@HOST[:PORT], local, or a running machine of the lab')
  .addOption(provider)
  .addOption(gate);
type DoctorOptions = ReturnType<typeof command.opts>;

/** `rdc doctor`: without a target, can this machine run the lab? With one, what do the read-only checks say of it? */
export const doctorCommand = defineCommand(command, async ([target], options) => {
  if (target !== undefined) {
    // imported here: without a target, nothing that judges is needed
    const { doctorTarget } = await import('./doctor-target.ts');
    return await doctorTarget(target, options);
  }
  const isGiven = (name: string) => command.getOptionValueSource(name as keyof DoctorOptions) === 'cli';
  const free = ['--json', '--provider'];
  const stray = command.options.find((option) => !free.includes(option.long ?? '') && isGiven(option.attributeName()));
  if (stray) throw new RdcError('USAGE', `${stray.long} needs a TARGET`, { hint: './rdc doctor TARGET' });
  return await doctorOfThisMachine(options);
});

async function accessNeed(): Promise<HostNeed> {
  const access = await systemAccess();
  const what = 'libvirt answers this user';
  return access.answers ? { what, present: true, remedy: '' } : { what, present: false, remedy: access.remedy };
}

/** Reads only. Exit code 3 when something is missing. */
async function doctorOfThisMachine({ json, provider: asked }: DoctorOptions): Promise<number> {
  const isContainers = chooseProvider(asked) === 'nspawn';
  const needs = doctorHost(isContainers ? 'containers' : 'lab');
  const accel = rememberedAccel();
  const machines = await machineState();
  if (!isContainers && chooseLab() === 'system' && needs.some(({ what, present }) => what === 'libvirt' && present))
    needs.push(await accessNeed());
  const missing = needs.filter((need) => !need.present);
  if (json) {
    process.stdout.write(`${JSON.stringify({ needs, accel: accel ?? null, lab: chooseLab(), machines }, null, 2)}\n`);
  } else {
    for (const need of needs) {
      process.stdout.write(`${need.present ? 'ok      ' : 'missing '} ${need.what}\n`);
      if (!need.present) process.stdout.write(`         hint: ${need.remedy}\n`);
    }
    if (!isContainers)
      process.stdout.write(
        `${accel ? describeAccel(accel) : 'acceleration: not tried yet; ./rdc run boots a kernel once to find out'}\n`,
      );
    const full = diskWarning(diskState());
    if (full !== undefined) process.stdout.write(`${full}\n`);
    process.stdout.write(`lab: ${chooseLab()}\n`);
    for (const machine of machines) {
      process.stdout.write(`machine ${machine.name}: ${machine.state}${machine.snapshot ? ', snapshot ready' : ''}\n`);
    }
  }
  return missing.length === 0 ? exitCodes.ok : exitCodes.notJudged;
}
