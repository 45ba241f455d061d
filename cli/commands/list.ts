import type { DeclaredCheck } from '../../harness/checks/check.ts';
import { loadChecks } from '../../harness/checks/load-checks.ts';
import type { Machine } from '../../harness/lab/catalog/machines.ts';
import { exitCodes } from '../../harness/messages/errors.ts';
import { declare, defineCommand } from '../options/command-line.ts';
import { json } from '../options/options.ts';
import { print, printJson, say } from '../options/output.ts';
import { usageError } from '../options/values.ts';

const declared = declare('list', 'Lists the checks, or the machines of the lab.', {
  examples: ['list', 'list --machines', 'list --machines --format github'],
})
  .option('--machines', 'the machines instead of the checks')
  .option(
    '--format <engine>',
    'with --machines: as the job matrix of a CI engine, github or gitlab (docs/guides/ci.md); leaves out machines that need an --image',
  )
  .addOption(json);

export const command = defineCommand(declared, async (_, options) => {
  const { format, machines, json } = options;
  if (format !== undefined) {
    const hint = './rdc list --machines --format github';
    if (!machines || json) throw usageError('--format needs --machines, and cannot be used with --json', hint);
    await listMatrix(format);
  } else if (machines) await listMachines(json === true);
  else await listChecks(json === true);
  return exitCodes.ok;
});

async function listChecks(json: boolean): Promise<void> {
  const checks = await loadChecks();
  if (json) return printJson(checks.map(describeCheck));
  const width = Math.max(...checks.map(({ id }) => id.length));
  for (const [area, own] of Map.groupBy(checks, (check) => check.area)) {
    print(area);
    for (const { id, level, title } of own) print(`  ${id.padEnd(width)}  ${level.padEnd(10)}  ${title}`);
    print('');
  }
  print(`${checks.length} checks`);
}

function describeCheck({ id, area, level, title, source, remedy, fault, ...check }: DeclaredCheck) {
  const disruptive = check.restartsDaemon === true;
  const needs = check.needsDaemon ? ['SOCK-PATH'] : [];
  return { id, area, level, title, source, remedy, needs, kind: kindOf(check), sabotage: fault.name, disruptive };
}

/** How it is judged beside others. */
function kindOf({
  readOnly,
  concurrent,
  restartsDaemon,
}: Pick<DeclaredCheck, 'readOnly' | 'concurrent' | 'restartsDaemon'>) {
  if (readOnly) return 'read-only';
  if (restartsDaemon) return 'restarts-daemon';
  return concurrent ? 'concurrent' : 'alone';
}

/** The machines for the matrix of a CI engine. */
async function listMatrix(format: string): Promise<void> {
  const [{ ciMatrix }, { readMachines }] = await Promise.all([
    import('../../harness/lab/catalog/ci-matrix.ts'),
    import('../../harness/lab/catalog/machines.ts'),
  ]);
  const { machines: all } = readMachines();
  // a job that names only the machine would fail: it needs --image
  const withoutImage = all.filter(({ box }) => box.image !== undefined && box.sha256 === undefined);
  const names = all.filter((machine) => !withoutImage.includes(machine)).map(({ name }) => name);
  process.stdout.write(ciMatrix(format, names));
  if (withoutImage.length > 0)
    say(`left out, each needs --image FILE --sha256 HASH: ${withoutImage.map(({ name }) => name).join(', ')}`);
}

async function listMachines(json: boolean): Promise<void> {
  // imported here: listing the checks does not need a schema compiler
  const { knownMachines } = await import('../../harness/lab/machine/known-machines.ts');
  const { machines, default: standard } = knownMachines();
  if (json) return printJson(machines);
  const width = Math.max(...machines.map((machine) => machine.name.length));
  for (const machine of machines) {
    const { date, part } = machine.verified || {};
    const verified = date === undefined ? 'not verified' : `verified ${date}${part === undefined ? '' : ` (${part})`}`;
    const isDefault = machine.name === standard ? ' (default)' : '';
    const variant = machine.variant === undefined ? '' : `, ${machine.variant}`;
    print(`${machine.name.padEnd(width)}  ${verified}${variant}${isDefault}${imageNote(machine)}`);
  }
}

/** What a machine that is made from a cloud image still needs from its user, or what it was made from. */
function imageNote({ box }: Machine): string {
  if (box.image === undefined) return '';
  if (box.sha256 === undefined) return `; needs --image FILE --sha256 HASH, from ${box.image}`;
  return box.image.startsWith('file:') ? `; from ${box.image}` : '; from a cloud image';
}
