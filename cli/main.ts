import { setImmediate as nextTurn } from 'node:timers/promises';
import { errorCodes, exitCodes, RdcError, renderError } from '../harness/messages/errors.ts';
import { explainFullDisk, unwritableError } from '../harness/this-machine/writable-path.ts';
import { commands, overview } from './commands/all-commands.ts';
import { asksForHelp, helpText, parseWords } from './options/command-line.ts';

async function main([name, ...words]: readonly string[]): Promise<number> {
  const isHelp = name === '--help' || name === '-h' || name === 'help';
  const [wanted, rest] = isHelp ? [words[0], ['--help']] : [name, words];
  if (wanted === undefined) {
    process.stdout.write(helpText(overview()));
    return isHelp ? exitCodes.ok : exitCodes.usage;
  }
  if (wanted === '--version') {
    const { version, digest } = (await import('../harness/checks/suite-identity.ts')).suiteIdentity();
    process.stdout.write(`rdc ${version}, suite ${digest}\n`);
    return exitCodes.ok;
  }
  const entry = commands.get(wanted);
  if (!entry) {
    // throws with a suggestion, where there is one
    parseWords(overview(), [wanted]);
    throw new RdcError('USAGE', `unknown command '${wanted}'`, { hint: './rdc --help' });
  }
  const { command } = await entry.load();
  if (!asksForHelp(rest)) return await command.run(rest);
  process.stdout.write(helpText(command.declared));
  return exitCodes.ok;
}

let lost: NodeJS.ErrnoException | undefined;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  lost ??= error;
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (thrown) {
  const error = explainFullDisk(thrown);
  process.stderr.write(`${renderError(error)}\n`);
  process.exitCode = error instanceof RdcError ? errorCodes[error.code] : exitCodes.notJudged;
}
// a stream reports a failed write in a later turn
await nextTurn();
// a reader of a pipe may have read enough (`rdc list | head`); half an export on a full disk is an error
if (lost !== undefined && lost.code !== 'EPIPE') {
  const error = unwritableError('the standard output', lost, 'another file: ./rdc ... > FILE');
  process.stderr.write(`${renderError(error)}\n`);
  if (process.exitCode === exitCodes.ok) process.exitCode = exitCodes.notJudged;
}
// sockets that a broken target left half open must not keep the process: whatever has to stay is on disk
process.exit();
