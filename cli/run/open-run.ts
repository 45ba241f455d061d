import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { DeclaredCheck } from '../../harness/checks/check.ts';
import { suiteIdentity } from '../../harness/checks/suite-identity.ts';
import { chooseProvider, type ProviderName } from '../../harness/lab/catalog/provider-names.ts';
import { knownAccel } from '../../harness/lab/setup/acceleration.ts';
import { exitCodes } from '../../harness/messages/errors.ts';
import { holdRun } from '../../harness/this-machine/active-runs.ts';
import { describeMachine } from '../../harness/this-machine/describe-machine.ts';
import { checkout } from '../../harness/this-machine/paths.ts';
import { requireFolder } from '../../harness/this-machine/writable-path.ts';
import type { RunContext, TargetContext } from '../../harness/verdicts/run-listener.ts';
import type { RunOptions } from '../options/options.ts';
import { isColored, say } from '../options/output.ts';
import { type Gate, gateOf } from '../options/values.ts';
import type { TargetName } from '../targets/target-names.ts';

const hint = '--out DIR: a folder that can be created and written (default: reports/out)';

/** Makes the folder of runs, or that of `--out`: before anything is started for a run that could not be written. Throws INPUT. */
export function runFolder(out: string = join(checkout, 'reports/out')): string {
  const folder = resolve(out);
  requireFolder(folder, hint);
  return folder;
}

type Opening = Pick<RunOptions, 'out' | 'json' | 'color'> & { readonly gate?: Gate };

/** A new run with its folder; `what` is added to its ID where it is not a run of the suite. */
export function openRun(options: Opening, what = ''): RunContext {
  const startedAt = new Date();
  const time = startedAt
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-');
  const id = `${time}-${randomBytes(2).toString('hex')}${what}`;
  const folder = runFolder(options.out ?? join(checkout, 'reports/out', id));
  holdRun(folder);
  return {
    id,
    folder,
    startedAt,
    suite: suiteIdentity(),
    ranOn: describeMachine(),
    gate: gateOf(options.gate),
    json: options.json === true,
    color: isColored(options.color),
  };
}

type Job = {
  readonly run: RunContext;
  readonly checks: readonly DeclaredCheck[];
  readonly options: Pick<RunOptions, 'provider'>;
};

/** One target of a run, with its folder. */
export function openContext({ run, checks, options }: Job, target: TargetName): TargetContext {
  const folder = join(run.folder, target.name);
  requireFolder(folder, hint);
  const context = {
    name: target.name,
    kind: target.kind,
    folder,
    expected: checks,
    ...ranBy(target, options),
    ...acceleratedBy(target, options),
    ...installedBy(target),
  };
  return target.kind === 'machine' && target.machine.verified === false ? { ...context, unverified: true } : context;
}

/** How Docker got onto a machine of the lab; nobody knows that of others. */
function installedBy(target: TargetName): Pick<TargetContext, 'channel' | 'engine'> {
  if (target.kind !== 'machine') return {};
  const { engine, provision } = target.machine;
  return { channel: provision.channel, ...(engine && { engine }) };
}

/** The provider of a machine of the lab, as results say it; others have none. */
export function ranBy(
  target: TargetName,
  { provider }: Pick<RunOptions, 'provider'>,
): { readonly provider?: ProviderName } {
  return target.kind === 'machine' ? { provider: chooseProvider(provider) } : {};
}

/** Whether a VM is emulated: it was found out when the lab was entered. */
function acceleratedBy(target: TargetName, options: Pick<RunOptions, 'provider'>): Pick<TargetContext, 'acceleration'> {
  const accel = ranBy(target, options).provider === 'libvirt' ? knownAccel()?.accel : undefined;
  return accel ? { acceleration: accel } : {};
}

/** Ctrl-C and SIGTERM end a run in order: what was judged is kept. A second one ends the process at once. */
export function interruption(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    say('interrupted: finishing the reports; press Ctrl-C again to stop at once');
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return {
    signal: controller.signal,
    release() {
      process.removeListener('SIGINT', stop);
      process.removeListener('SIGTERM', stop);
    },
  };
}
