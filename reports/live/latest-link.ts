import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { RunListener } from '../../harness/verdicts/run-listener.ts';
import { outFolder } from '../results/run-folder.ts';

/** Points `latest`, beside the run's folder, at it; replaced by a rename, so that it never dangles between two runs. */
export function linkLatest(runFolder: string): void {
  const folder = dirname(runFolder);
  const temporary = join(folder, `.latest.${process.pid}.tmp`);
  try {
    rmSync(temporary, { force: true });
    symlinkSync(basename(runFolder), temporary);
    renameSync(temporary, join(folder, 'latest'));
  } catch {
    // No symbolic links on this file system, or a real folder of that name: a convenience, and no run fails for it.
    rmSync(temporary, { force: true });
  }
}

/** The link is for the runs of reports/out: beside a folder that somebody named, a file that nobody asked for is in the way. */
export function createLatestLink(): RunListener {
  return {
    runStarted(run) {
      mkdirSync(run.folder, { recursive: true });
      if (dirname(run.folder) === outFolder) linkLatest(run.folder);
    },
  };
}
