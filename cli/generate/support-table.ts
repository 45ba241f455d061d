import { join } from 'node:path';
import { type Machine, readMachines } from '../../harness/lab/catalog/machines.ts';
import { checkout } from '../../harness/this-machine/paths.ts';
import { table } from './page-section.ts';
import type { Judged } from './recorded-verdicts.ts';

type Verdicts = Readonly<Record<'pass' | 'fail' | 'skip', readonly string[]>>;

/** README: each machine, with which Docker and kernel it was judged, and when; the ones nobody judged share a line. */
export function supportTable(judged: Judged): string {
  const machines = machinesHere();
  const known = machines.filter((machine) => statusOf(machine, judged) !== notVerified);
  const others = machines.filter((machine) => !known.includes(machine)).map(({ name }) => name);
  const rows = known.map((machine) => {
    const { kernel = '', docker = '' } = versionsOf(machine);
    return [machine.name, describe(machine), docker, kernel, statusOf(machine, judged)];
  });
  const unknown =
    others.length > 0
      ? [[others.join(', '), 'cloud images, and boxes of the catalogue of Vagrant', '', '', notVerified]]
      : [];
  return table([['machine', 'system', 'Docker', 'kernel', 'status'], ...rows, ...unknown], 'left');
}

/** docs/results.md: how many checks passed on each machine that was judged, and which failed. */
export function verdictTable(judged: Judged): string {
  const rows = machinesHere().flatMap((machine) => {
    const { pass, fail, skip } = verdictsOn(machine.name, judged);
    if (pass.length + fail.length + skip.length === 0) return [];
    const counts = [pass, fail, skip].map((ids) => String(ids.length));
    return [[machine.name, lastDay(machine.name, judged), ...counts, fail.join(', ')]];
  });
  return table([['machine', 'last judged', 'pass', 'fail', 'skip', 'failing checks'], ...rows], 'left');
}

const notVerified = 'not verified';

/** The list of this checkout, whatever RDC_MACHINES says. */
function machinesHere(): readonly Machine[] {
  return readMachines(join(checkout, 'vms/machines.json')).machines;
}

function statusOf({ name, verified }: Machine, judged: Judged): string {
  const { pass, fail, skip } = verdictsOn(name, judged);
  const count = pass.length + fail.length + skip.length;
  if (typeof verified === 'boolean')
    return count === 0 ? notVerified : `part: ${count} checks, ${lastDay(name, judged)}`;
  return `verified ${verified.date}: ${pass.length} pass, ${fail.length} fail, ${skip.length} skip`;
}

function versionsOf({ verified }: Machine): Readonly<Record<string, string>> {
  return typeof verified === 'boolean' ? {} : verified.versions;
}

function describe({ box, variant }: Machine): string {
  const release = box.build?.release.replace(/-.*/, '');
  const system = release === undefined ? 'cloud image' : `Debian ${release}`;
  return variant === undefined ? system : `${system}, ${variant}`;
}

function verdictsOn(machine: string, { checks }: Judged): Verdicts {
  const words = Object.entries(checks).flatMap(([id, by]) => {
    const word = by[machine];
    return word === undefined ? [] : [[id, word.split(' ')[0]] as const];
  });
  const of = (verdict: string) => words.flatMap(([id, said]) => (said === verdict ? [id] : []));
  return { pass: of('pass'), fail: of('fail'), skip: of('skip') };
}

function lastDay(machine: string, { checks }: Judged): string {
  const days = Object.values(checks).flatMap((by) => by[machine]?.split(' ')[1] ?? []);
  return days.sort().at(-1) ?? '';
}
