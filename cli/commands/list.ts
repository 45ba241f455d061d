import type { DeclaredCheck } from '../../harness/checks/check.ts';
import { loadChecks } from '../../harness/checks/load-checks.ts';
import type { Machine } from '../../harness/lab/catalog/machines.ts';
import { exitCodes, RdcError } from '../../harness/messages/errors.ts';
import { parseWords } from '../options/command-line.ts';

/** `rdc list`: the checks or the machines, for people or as JSON. */
export async function listCommand(words: readonly string[]): Promise<number> {
  const options = { machines: { type: 'boolean' }, format: { type: 'string' }, json: { type: 'boolean' } } as const;
  const { values } = parseWords(words, options, { command: 'list', most: 0 });
  if (values.format !== undefined) return await listMatrix(values);
  if (values.machines === true) return await listMachines(values.json === true);
  const checks = await loadChecks();
  if (values.json === true) {
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
}

function describeCheck(check: DeclaredCheck) {
  const { id, area, level, title, source, fault } = check;
  return {
    id,
    area,
    level,
    title,
    source,
    sabotage: fault.name,
    disruptive: check.restartsDaemon === true,
  };
}

/** The machines for the matrix of a CI engine. */
async function listMatrix({ format, machines, json }: { format?: unknown; machines?: unknown; json?: unknown }) {
  if (machines !== true || json === true) {
    throw new RdcError('USAGE', '--format goes with --machines, and not with --json', {
      hint: './rdc list --machines --format github',
    });
  }
  const [{ ciMatrix }, { readMachines }] = await Promise.all([
    import('../../harness/lab/catalog/ci-matrix.ts'),
    import('../../harness/lab/catalog/machines.ts'),
  ]);
  const { machines: all } = readMachines();
  // a job of its name alone would end with bad usage
  const wanting = all.filter(({ box }) => box.image !== undefined && box.sha256 === undefined);
  process.stdout.write(
    ciMatrix(
      String(format),
      all.filter((machine) => !wanting.includes(machine)).map(({ name }) => name),
    ),
  );
  if (wanting.length > 0) {
    const names = wanting.map(({ name }) => name).join(', ');
    process.stderr.write(`left out, since each wants --image FILE --sha256 HASH: ${names}\n`);
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

/** What a machine that is made from a cloud image still wants of its user, or what it was made from. */
function imageNote({ box }: Machine): string {
  if (box.image === undefined) return '';
  if (box.sha256 === undefined) return `; --image FILE --sha256 HASH, from ${box.image}`;
  return box.image.startsWith('file:') ? `; from ${box.image}` : '; from a cloud image';
}
