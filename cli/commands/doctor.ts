import { Option } from '@commander-js/extra-typings';
import { chooseProvider } from '../../harness/lab/catalog/provider-names.ts';
import { diskState, diskWarning } from '../../harness/lab/cleanup/disk-usage.ts';
import { tryHost } from '../../harness/lab/disks/host-trials.ts';
import { chooseLab } from '../../harness/lab/hermetic/hermetic-lab.ts';
import { type MachineState, machineState } from '../../harness/lab/machine/take-down.ts';
import { hostAbilities } from '../../harness/lab/nspawn/host-abilities.ts';
import { type AccelAnswer, describeAccel, rememberedAccel } from '../../harness/lab/setup/acceleration.ts';
import { doctorHost, type HostNeed, setUpLine } from '../../harness/lab/setup/host-setup.ts';
import { exitCodes } from '../../harness/messages/errors.ts';
import { type FormatName, formats } from '../../reports/formats/registry.ts';
import { withVersion } from '../contracts/outputs.ts';
import { defineCommand } from '../options/command-line.ts';
import { declareJudging, gate, provider } from '../options/options.ts';
import { print, printJson } from '../options/output.ts';
import { usageError } from '../options/values.ts';

const formatNames = Object.keys(formats) as FormatName[];

const about =
  'Without a target: lists what the lab needs on this machine and what is missing, with a remedy. With a target: runs the ' +
  'read-only checks on a host in use, over SSH, in seconds; nothing is installed, started or changed there.';

const declared = declareJudging('doctor', about, {
  examples: ['doctor', 'doctor ssh://me@host.example', 'doctor --hosts inventory.yml --out fleet'],
  notes: [
    'What needs root and may not have it is skipped. A machine of the lab has to be running (./rdc up).',
    'Exit codes: without a target 0, or 3 when something is missing; with one, those of ./rdc run.',
  ],
})
  .argument('[target]', 'ssh://USER@HOST[:PORT], local, or a running machine of the lab')
  .addOption(provider)
  .addOption(gate)
  .optionsGroup('Many hosts:')
  .option('--hosts <file>', 'look at every host of a file: one a line, or an inventory of Ansible (YAML or INI)')
  .addOption(new Option('--at-once <number>', 'with --hosts: so many at the same time').argParser(atOnceOf).default(10))
  .addOption(
    new Option('--format <format>', 'with --hosts: print it so instead of a table, e.g. openmetrics').choices(
      formatNames,
    ),
  );
type DoctorOptions = ReturnType<typeof declared.opts>;

/** `rdc doctor`: without a target, can this machine run the lab? With one, what do the read-only checks say of it? */
export const command = defineCommand(declared, async ([target], options) => {
  if (options.hosts !== undefined) {
    if (target !== undefined) throw usageError('--hosts cannot be used with a TARGET', './rdc doctor --hosts FILE');
    if (options.json && options.format)
      throw usageError('--format cannot be used with --json', './rdc doctor --hosts FILE');
    const { doctorHosts } = await import('./doctor-hosts.ts');
    return await doctorHosts(options.hosts, options);
  }
  const asked = ['atOnce', 'format'].find((name) => declared.getOptionValueSource(name as 'format') === 'cli');
  if (asked) throw usageError(`--${asked === 'format' ? asked : 'at-once'} needs --hosts`, './rdc doctor --hosts FILE');
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

function atOnceOf(value: string): number {
  if (/^[1-9]\d?$/.test(value)) return Number(value);
  throw usageError(`--at-once is ${JSON.stringify(value)}; allowed: 1 to 99`, './rdc doctor --hosts FILE --at-once 20');
}

/** Changes nothing. Exit code 3 when something is missing. */
async function doctorOfThisMachine({ json, provider: asked }: DoctorOptions): Promise<number> {
  const isContainers = chooseProvider(asked) === 'nspawn';
  const all = setUpLine(isContainers ? 'containers' : 'lab');
  const ofContainers = [...doctorHost('containers'), ...(await hostAbilities())];
  const needs = isContainers ? ofContainers : await vmNeeds();
  const state = {
    needs,
    accel: rememberedAccel() ?? null,
    lab: chooseLab(),
    containers: { missing: ofContainers.filter(({ present }) => !present).map(({ what }) => what) },
    machines: await machineState(),
  };
  if (json) printJson(withVersion('doctor', state));
  else
    print(
      [
        ...needs.map(needText),
        ...(all ? [`to install all that is missing: ${all}`] : []),
        ...(isContainers ? [] : vmLines(state)),
        ...labLines(state),
      ].join('\n'),
    );
  return needs.every(({ present }) => present) ? exitCodes.ok : exitCodes.notJudged;
}

async function vmNeeds(): Promise<HostNeed[]> {
  const programs = doctorHost('lab');
  return [...programs, ...(await tryHost(programs))];
}

function needText({ what, present, remedy }: HostNeed): string {
  return present ? `ok       ${what}` : `missing  ${what}\n         hint: ${remedy.replaceAll('\n', '; ')}`;
}

type State = {
  readonly accel: AccelAnswer | null;
  readonly lab: string;
  readonly containers: { readonly missing: readonly string[] };
  readonly machines: readonly MachineState[];
};

function vmLines({ accel, containers: { missing } }: State): string[] {
  const containers =
    missing.length === 0
      ? 'possible here'
      : `not possible here, missing: ${missing.join(', ')} (./rdc doctor --provider nspawn)`;
  return [
    accel ? describeAccel(accel) : 'acceleration: not tried yet; ./rdc run boots a kernel once to find out',
    `containers (--provider nspawn): ${containers}`,
  ];
}

function labLines({ lab, machines }: State): string[] {
  const lines = machines.map(
    ({ name, state, snapshot }) => `machine ${name}: ${state}${snapshot ? ', snapshot ready' : ''}`,
  );
  const full = diskWarning(diskState());
  return [...(full === undefined ? [] : [full]), `lab: ${lab}`, ...lines];
}
