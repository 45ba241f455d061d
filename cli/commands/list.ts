import { Option } from '@commander-js/extra-typings';
import type { DeclaredCheck } from '../../harness/checks/check.ts';
import { loadChecks } from '../../harness/checks/load-checks.ts';
import type { Machine } from '../../harness/lab/catalog/machines.ts';
import { exitCodes, RdcError } from '../../harness/messages/errors.ts';
import { declare, defineCommand } from '../options/command-line.ts';
import { json } from '../options/options.ts';

const declared = declare('list', 'Lists the checks, or the machines of the lab.', {
  examples: ['list', 'list --machines', 'list --machines --format github'],
})
  .addOption(new Option('--machines', 'the machines instead of the checks'))
  .addOption(
    new Option(
      '--format <engine>',
      'with --machines: as the job matrix of a CI engine, github or gitlab (docs/guides/ci.md); leaves out machines ' +
        'that need an --image',
    ),
  )
  .addOption(json);

/** `rdc list`: the checks or the machines, for people or as JSON. */
export const command = defineCommand(declared, async (_, options) => {
  if (options.format !== undefined) return await listMatrix({ ...options, format: options.format });
  if (options.machines) return await listMachines(options.json === true);
  const checks = await loadChecks();
  if (options.json) {
    process.stdout.write(`${JSON.stringify(checks.map(describeCheck), null, 2)}\n`);
    return exitCodes.ok;
  }
  const width = Math.max(...checks.map((check) => check.id.length));
  let area = '';
  for (const check of checks) {
    if (check.area !== area) process.stdout.write(`${area === '' ? '' : '\n'}${check.area}\n`);
    area = check.area;
    process.stdout.write(`  ${check.id.padEnd(width)}  ${check.level.padEnd(10)}  ${check.title}\n`);
  }
  process.stdout.write(`\n${checks.length} checks\n`);
  return exitCodes.ok;
});

function describeCheck({ id, area, level, title, source, fault, restartsDaemon }: DeclaredCheck) {
  return { id, area, level, title, source, sabotage: fault.name, disruptive: restartsDaemon === true };
}

/** The machines for the matrix of a CI engine. */
async function listMatrix({ format, machines, json }: { format: string; machines?: true; json?: true }) {
  if (!machines || json) {
    throw new RdcError('USAGE', '--format needs --machines, and cannot be used with --json', {
      hint: './rdc list --machines --format github',
    });
  }
  const [{ ciMatrix }, { readMachines }] = await Promise.all([
    import('../../harness/lab/catalog/ci-matrix.ts'),
    import('../../harness/lab/catalog/machines.ts'),
  ]);
  const { machines: all } = readMachines();
  // a job that names only the machine would fail: it needs --image
  const withoutImage = all.filter(({ box }) => box.image !== undefined && box.sha256 === undefined);
  const names = all.filter((machine) => !withoutImage.includes(machine)).map(({ name }) => name);
  process.stdout.write(ciMatrix(format, names));
  if (withoutImage.length > 0) {
    const left = withoutImage.map(({ name }) => name).join(', ');
    process.stderr.write(`left out, each needs --image FILE --sha256 HASH: ${left}\n`);
  }
  return exitCodes.ok;
}

async function listMachines(json: boolean): Promise<number> {
  // imported here: listing the checks does not need a schema compiler
  const { knownMachines } = await import('../../harness/lab/machine/known-machines.ts');
  const { machines, default: standard } = knownMachines();
  if (json) {
    process.stdout.write(`${JSON.stringify(machines, null, 2)}\n`);
    return exitCodes.ok;
  }
  const width = Math.max(...machines.map((machine) => machine.name.length));
  for (const machine of machines) {
    const { date, part } = machine.verified || {};
    const verified = date === undefined ? 'not verified' : `verified ${date}${part === undefined ? '' : ` (${part})`}`;
    const isDefault = machine.name === standard ? ' (default)' : '';
    const variant = machine.variant === undefined ? '' : `, ${machine.variant}`;
    process.stdout.write(`${machine.name.padEnd(width)}  ${verified}${variant}${isDefault}${imageNote(machine)}\n`);
  }
  return exitCodes.ok;
}

/** What a machine that is made from a cloud image still needs from its user, or what it was made from. */
function imageNote({ box }: Machine): string {
  if (box.image === undefined) return '';
  if (box.sha256 === undefined) return `; needs --image FILE --sha256 HASH, from ${box.image}`;
  return box.image.startsWith('file:') ? `; from ${box.image}` : '; from a cloud image';
}
