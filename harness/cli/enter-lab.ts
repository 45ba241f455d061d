import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { ensureFixtureImage } from '../fixture-image.ts';
import {
  chooseLab,
  ensureBox,
  ensureLab,
  enterCommand,
  isInsideLab,
  type LabKind,
  type Machine,
  setUpHost,
} from '../lab/index.ts';

export type LabNeeds = {
  readonly machines: readonly Machine[];
  readonly lab: LabKind | undefined;
  readonly onStage: (text: string) => void;
};

/**
 * Makes sure that the lab can take the machines: packages, boxes and the fixture image, which want the network,
 * and the lab itself. With a hermetic lab the command then runs again inside of its network namespace, and this
 * resolves to the exit code of that run; otherwise to undefined, and the caller goes on.
 */
export async function enterLab({ machines, lab, onStage }: LabNeeds): Promise<number | undefined> {
  if (machines.length === 0 || isInsideLab()) return undefined;
  await setUpHost(onStage);
  for (const machine of machines) await ensureBox(machine, onStage);
  await ensureFixtureImage({ arch: process.arch === 'arm64' ? 'arm64' : 'amd64' });
  if (chooseLab(lab) === 'system') return undefined;
  await ensureLab();
  return await runInside();
}

/** The same command line again, inside the lab. The inner run answers signals; the outer one only waits for it. */
export function runInside(): Promise<number> {
  const [file = 'nsenter', ...prefix] = enterCommand();
  const child = spawn(file, [...prefix, process.execPath, ...process.execArgv, ...process.argv.slice(1)], {
    stdio: 'inherit',
  });
  // a terminal signals the whole foreground group, so the inner run has ctrl-C already; a plain kill reaches only us
  const forward = (signal: NodeJS.Signals) => void child.kill(signal);
  const ignore = () => {};
  process.on('SIGINT', ignore);
  process.on('SIGTERM', forward);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}
