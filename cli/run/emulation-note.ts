import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { chooseProvider } from '../../harness/lab/catalog/provider-names.ts';
import { isInsideLab } from '../../harness/lab/hermetic/hermetic-lab.ts';
import { providers } from '../../harness/lab/machine/providers.ts';
import { knownAccel } from '../../harness/lab/setup/acceleration.ts';
import { RdcError } from '../../harness/messages/errors.ts';
import { durationText } from '../../harness/messages/quantities.ts';
import { checkout } from '../../harness/this-machine/paths.ts';
import { providerOf } from '../../reports/results/provider.ts';
import { readResultsFile } from '../../reports/results/read-results.ts';
import { resultsFileName } from '../../reports/results/run-folder.ts';
import type { RunOptions } from '../options/options.ts';
import { say } from '../options/output.ts';
import type { TargetName } from '../targets/target-names.ts';

/** How many runs are looked through for a whole one of the machine, the newest first. */
const lookedAt = 50;

type Run = {
  readonly targets: readonly TargetName[];
  readonly options: Pick<RunOptions, 'provider'>;
  /** how many checks the suite has */
  readonly suiteSize: number;
};

type Found = NonNullable<ReturnType<typeof knownAccel>>;

/**
 * Says on stderr that VMs are emulated here, before anything is started, where that is known by then. Where only the
 * set-up can tell, what is returned says it when it is told, so that it is said once.
 */
export function sayEmulation(run: Run): (found: Found) => void {
  const sayIt = ({ accel, reason }: Found) => {
    if (accel === 'tcg') for (const line of emulationNote(run, reason)) say(line);
  };
  const known = knownAccel();
  if (known === undefined) return sayIt;
  if (!isInsideLab()) sayIt(known);
  return () => {};
}

function vmsOf({ targets, options }: Run) {
  if (chooseProvider(options.provider) !== 'libvirt') return [];
  return targets.flatMap((target) => (target.kind === 'machine' ? [target.machine] : []));
}

/** What to know before waiting: how long it takes, how to get an answer sooner, and what that one does not cover. */
export function emulationNote(run: Run, reason: string, outFolder = join(checkout, 'reports/out')): string[] {
  const machines = vmsOf(run);
  if (machines.length === 0) return [];
  const took = machines.flatMap(({ name }) => {
    const ms = lastWholeRunMs(outFolder, name, run.suiteSize);
    return ms === undefined ? [] : [`a whole run of ${name} took ${durationText(ms)} last time`];
  });
  const time = took.length > 0 ? took.join(', ') : 'a whole run takes 10 to 20 minutes, the first one half an hour';
  const sooner = machines.filter(canBeContainer).map(({ name }) => name);
  return [
    `VMs are emulated on this machine (${reason}), many times slower than with KVM: ${time}.`,
    ...(sooner.length === 0 ? [] : [containerNote(sooner)]),
  ];
}

function containerNote(names: readonly string[]): string {
  const [asRoot, sudo] = process.getuid?.() === 0 ? ['', ''] : [' (needs root)', 'sudo '];
  return (
    `An answer in about 3 minutes${asRoot}: ${sudo}./rdc run ${names.join(' ')} --provider nspawn. It is one on the kernel of this machine: ` +
    'without serial ports, kernel modules and AppArmor, with resource limits only where cgroup v2 has them here, and it ' +
    'never counts as verified (docs/guides/containers.md).'
  );
}

function canBeContainer(machine: Parameters<typeof providers.nspawn.expectPossible>[0]): boolean {
  try {
    providers.nspawn.expectPossible(machine);
    return true;
  } catch (error) {
    if (error instanceof RdcError) return false;
    throw error;
  }
}

function lastWholeRunMs(outFolder: string, name: string, suiteSize: number): number | undefined {
  const runs = existsSync(outFolder) ? readdirSync(outFolder).filter((run) => /^\d{4}-\d\d-\d\dT/.test(run)) : [];
  for (const run of runs.sort().reverse().slice(0, lookedAt)) {
    const file = join(outFolder, run, name, resultsFileName);
    const ms = existsSync(file) ? wholeRunMs(file, suiteSize) : undefined;
    if (ms !== undefined) return ms;
  }
  return undefined;
}

/** Undefined also for a file that cannot be read: it is no reason not to run. */
function wholeRunMs(file: string, suiteSize: number): number | undefined {
  try {
    const results = readResultsFile(file);
    // the suite of that day may have been a little smaller
    const isWhole = results.incomplete === undefined && results.ledger.total >= suiteSize * 0.9;
    return isWhole && providerOf(results) === 'libvirt' ? results.run.durationMs : undefined;
  } catch {
    return undefined;
  }
}
