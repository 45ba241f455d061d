import { RdcError } from '../../harness/messages/errors.ts';
import type { Results } from '../results/results.schema.ts';
import { autopkgtestSummary } from './autopkgtest.ts';
import { ctrfReport } from './ctrf.ts';
import { junitXml } from './junit.ts';
import { kcidbReport } from './kcidb.ts';
import { tapDocument } from './tap.ts';
import { tmtResults } from './tmt.ts';

const formats: Readonly<Record<string, (results: Results) => string>> = {
  junit: junitXml,
  tap: tapDocument,
  tmt: tmtResults,
  kcidb: kcidbReport,
  ctrf: ctrfReport,
  autopkgtest: autopkgtestSummary,
};

/** The formats of `rdc export`. */
export const exportFormats: readonly string[] = Object.keys(formats);

/** Throws USAGE for a format that there is not: a wrong word is said before a run is looked for. */
export function requireExportFormat(format: string): (results: Results) => string {
  const write = Object.hasOwn(formats, format) ? formats[format] : undefined;
  if (write) return write;
  throw new RdcError(
    'USAGE',
    `unknown export format ${JSON.stringify(format)}: there are ${exportFormats.join(', ')}`,
    { hint: './rdc export --format junit' },
  );
}
