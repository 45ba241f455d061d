import { Option } from '@commander-js/extra-typings';
import { exitCodes } from '../../harness/messages/errors.ts';
import { withRuns } from '../../reports/bundle/open-bundle.ts';
import { exportRun, type FormatName, formats } from '../../reports/formats/registry.ts';
import { declare, defineCommand } from '../options/command-line.ts';
import { runArgument } from '../options/options.ts';

const names = Object.keys(formats) as FormatName[];
const lines = names.map((name) => `  ${name.padEnd(13)}${formats[name].about}`);

const declared = declare('export', 'Prints a run in another format, all its targets or one.', {
  examples: ['export --format junit', 'export reports/out/RUN/TARGET --format tap'],
  notes: [
    `Formats:\n${lines.join('\n')}`,
    'What each format cannot say, and where it stands instead: docs/reference/exports.md.',
  ],
})
  .addArgument(runArgument)
  .addOption(new Option('--format <format>', 'see below').choices(names).makeOptionMandatory());

export const command = defineCommand(declared, async ([run], { format }) => {
  await withRuns(run === undefined ? [] : [run], ([path]) => process.stdout.write(exportRun(path, format)));
  return exitCodes.ok;
});
