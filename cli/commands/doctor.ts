import { chooseLab } from '../../harness/lab/libvirt/hermetic-lab.ts';
import { machineState } from '../../harness/lab/machine/take-down.ts';
import { describeAccel, rememberedAccel } from '../../harness/lab/setup/acceleration.ts';
import { doctorHost } from '../../harness/lab/setup/host-setup.ts';
import { exitCodes, RdcError } from '../../harness/messages/errors.ts';
import { type CommonName, parseCommon } from '../options/options.ts';
import { doctorTargetCommand } from './doctor-target.ts';

/** `rdc doctor`: without a target, can this machine run the lab? With one, what do the checks that only read say of it? */
export async function doctorCommand(words: readonly string[]): Promise<number> {
  const { options, values, positionals } = parseCommon(words, { command: 'doctor', takes: ofTarget });
  if (positionals.length > 0) return await doctorTargetCommand(options, positionals);
  const stray = Object.keys(values).find((name) => name !== 'json');
  if (stray !== undefined)
    throw new RdcError('USAGE', `--${stray} is for a look at a target, and there is none`, {
      hint: './rdc doctor TARGET; ./rdc doctor --help',
    });
  return await doctorOfThisMachine(options.json);
}

/** Without a target there is but `--json`. */
const ofTarget: readonly CommonName[] = [
  ...(['suite', 'check', 'level', 'gate', 'out', 'identity', 'jump', 'root-via', 'json', 'no-color'] as const),
];

/** Reads only. Exit code 3 when something is missing. */
async function doctorOfThisMachine(json: boolean): Promise<number> {
  const needs = doctorHost();
  const accel = rememberedAccel();
  const machines = await machineState();
  const missing = needs.filter((need) => !need.present);
  if (json) {
    process.stdout.write(`${JSON.stringify({ needs, accel: accel ?? null, lab: chooseLab(), machines }, null, 2)}\n`);
  } else {
    for (const need of needs) {
      process.stdout.write(`${need.present ? 'ok      ' : 'missing '} ${need.what}\n`);
      if (!need.present) process.stdout.write(`         hint: ${need.remedy}\n`);
    }
    process.stdout.write(
      `${accel ? describeAccel(accel) : 'acceleration: not tried yet; ./rdc run boots a kernel once to find out'}\n`,
    );
    process.stdout.write(`lab: ${chooseLab()}\n`);
    for (const machine of machines) {
      process.stdout.write(`machine ${machine.name}: ${machine.state}${machine.snapshot ? ', snapshot ready' : ''}\n`);
    }
  }
  return missing.length === 0 ? exitCodes.ok : exitCodes.notJudged;
}
