import { join } from 'node:path';
import { type Machine, readMachines } from '../../harness/lab/catalog/machines.ts';
import { checkout } from '../../harness/this-machine/paths.ts';
import { table } from './markdown.ts';
import type { Judged } from './recorded-verdicts.ts';

/** README: each machine, with which Docker and kernel it was judged, and when; the ones nobody judged share a line. */
export function supportTable(judged: Judged): string {
  const machines = machinesHere().map((machine) => ({ machine, status: statusOf(machine, judged) }));
  const rows = machines
    .filter(({ status }) => status !== notVerified)
    .map(({ machine, status }) => {
      const { kernel = '', docker = '' } = machine.verified === false ? {} : machine.verified.versions;
      return [machine.name, describe(machine), docker, kernel, status];
    });
  const others = machines.filter(({ status }) => status === notVerified).map(({ machine }) => machine.name);
  const about = 'cloud images, boxes of the Vagrant catalogue, and variants tried only as containers';
  if (others.length > 0) rows.push([others.join(', '), about, '', '', notVerified]);
  return table([['machine', 'system', 'Docker', 'kernel', 'status'], ...rows], 'left');
}

/** docs/results.md: how many checks passed on each machine that was judged, and which failed. */
export function verdictTable(judged: Judged): string {
  const rows = machinesHere().flatMap(({ name }) => {
    const { pass, fail, skip, count, day } = verdictsOn(name, judged);
    return count === 0 ? [] : [[name, day, ...[pass, fail, skip].map((ids) => String(ids.length)), fail.join(', ')]];
  });
  return table([['machine', 'last judged', 'pass', 'fail', 'skip', 'failing checks'], ...rows], 'left');
}

const notVerified = 'not verified';

/** The list of this checkout, whatever RDC_MACHINES says. */
function machinesHere(): readonly Machine[] {
  return readMachines(join(checkout, 'vms/machines.json')).machines;
}

function statusOf({ name, verified }: Machine, judged: Judged): string {
  const { pass, fail, skip, count, day } = verdictsOn(name, judged);
  if (verified === false) return count === 0 ? notVerified : `part: ${count} checks, ${day}`;
  return `verified ${verified.date}: ${pass.length} pass, ${fail.length} fail, ${skip.length} skip`;
}

function describe({ box, variant }: Machine): string {
  const release = box.build?.release.replace(/-.*/, '');
  const system = release === undefined ? 'cloud image' : `Debian ${release}`;
  return variant === undefined ? system : `${system}, ${variant}`;
}

/** The checks by their last verdict on a machine, their number, and the day of the newest. */
function verdictsOn(machine: string, { checks }: Judged) {
  const said = Object.entries(checks).flatMap(([id, by]) => {
    const [verdict, day = ''] = by[machine]?.split(' ') ?? [];
    return verdict === undefined ? [] : [{ id, verdict, day }];
  });
  const of = (wanted: string) => said.filter(({ verdict }) => verdict === wanted).map(({ id }) => id);
  const day =
    said
      .map((one) => one.day)
      .sort()
      .at(-1) ?? '';
  return { pass: of('pass'), fail: of('fail'), skip: of('skip'), count: said.length, day };
}
