import { readRun } from '../results/read-results.ts';
import type { Results } from '../results/results.schema.ts';
import { findRun } from '../results/run-folder.ts';
import { autopkgtestSummary } from './autopkgtest.ts';
import { ctrfReport } from './ctrf.ts';
import { junitXml } from './junit.ts';
import { kcidbReport } from './kcidb.ts';
import { markdownSummary } from './markdown.ts';
import { openMetrics } from './openmetrics.ts';
import { sarifLog } from './sarif.ts';
import { tapDocument } from './tap.ts';
import { tmtResults } from './tmt.ts';

type Format = { readonly write: (...all: [Results, ...Results[]]) => string; readonly about: string };

/** The formats of `rdc export`: its help, `--format` and the error about it are made of these entries. */
export const formats = {
  junit: { write: junitXml, about: 'JUnit XML' },
  tap: { write: tapDocument, about: 'TAP version 14' },
  tmt: { write: tmtResults, about: 'results.yaml of tmt, with result: custom' },
  kcidb: { write: kcidbReport, about: 'KCIDB I/O schema 5.3' },
  ctrf: { write: ctrfReport, about: 'CTRF 0.0.0' },
  sarif: { write: sarifLog, about: 'SARIF 2.1.0, failed checks only, for code scanning' },
  openmetrics: { write: openMetrics, about: 'gauges for Prometheus, e.g. its textfile collector' },
  autopkgtest: { write: autopkgtestSummary, about: 'summary of autopkgtest' },
  markdown: { write: markdownSummary, about: 'a summary to read: GitHub, GitLab, a mail' },
} as const satisfies Readonly<Record<string, Format>>;
export type FormatName = keyof typeof formats;

/** A run (default: the latest) in another format, with all its targets. */
export function exportRun(run: string | undefined, format: FormatName): string {
  const [first, ...others] = readRun(findRun(run)).map(({ results }) => results);
  if (first === undefined) throw new Error('readRun throws where there are no results');
  return formats[format].write(first, ...others);
}
