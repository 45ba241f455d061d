// Exports every result of a run folder in one process, for bench/performance/growth.ts: node export-each.ts FOLDER
import { exportRun } from '../../reports/formats/registry.ts';
import { findResultsFiles } from '../../reports/results/read-results.ts';

const [folder = '.'] = process.argv.slice(2);
for (const run of findResultsFiles(folder)) process.stdout.write(exportRun(run, 'junit'));
