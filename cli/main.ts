import { setImmediate as nextTurn } from 'node:timers/promises';
import { helpOf, overview } from '../harness/cli/help.ts';
import { errorCodes, exitCodes, RdcError, renderError } from '../harness/messages/errors.ts';
import { explainFullDisk, unwritableError } from '../harness/this-machine/writable-path.ts';

/** A command takes the words after its name and resolves to the exit code. Loaded when called: `rdc list` needs no SSH. */
type Command = (words: readonly string[]) => Promise<number>;

const commands: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./commands/run.ts')).runCommand,
  selftest: async () => (await import('./commands/selftest.ts')).selftestCommand,
  test: async () => (await import('./commands/test.ts')).testCommand,
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand,
  list: async () => (await import('./commands/list.ts')).listCommand,
  explain: async () => (await import('./commands/explain.ts')).explainCommand,
  compare: async () => (await import('./commands/compare.ts')).compareCommand,
  waivers: async () => (await import('./commands/waivers.ts')).waiversCommand,
  report: async () => (await import('./commands/report.ts')).reportCommand,
  export: async () => (await import('./commands/export.ts')).exportCommand,
  bundle: async () => (await import('./commands/bundle.ts')).bundleCommand,
  merge: async () => (await import('./commands/merge.ts')).mergeCommand,
  up: async () => (await import('./commands/up.ts')).upCommand,
  down: async () => (await import('./commands/down.ts')).downCommand,
  clean: async () => (await import('./commands/clean.ts')).cleanCommand,
  ssh: async () => (await import('./commands/ssh.ts')).sshCommand,
};

async function main(words: readonly string[]): Promise<number> {
  const [name, ...rest] = words;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(rest[0] === undefined ? overview : helpOf(rest[0]));
    return name === undefined ? exitCodes.usage : exitCodes.ok;
  }
  if (name === '--version') {
    const { version, digest } = (await import('../harness/checks/suite-identity.ts')).suiteIdentity();
    process.stdout.write(`rdc ${version}, suite ${digest}\n`);
    return exitCodes.ok;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!load) {
    throw new RdcError(
      'USAGE',
      `${JSON.stringify(name)} is no command; there are ${Object.keys(commands).join(', ')}`,
      {
        hint: './rdc --help',
      },
    );
  }
  const own = rest.indexOf('--') === -1 ? rest : rest.slice(0, rest.indexOf('--'));
  if (own.includes('--help') || own.includes('-h')) {
    process.stdout.write(helpOf(name));
    return exitCodes.ok;
  }
  return await (await load())(rest);
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
// a stream tells of a failed write in a turn of its own
await nextTurn();
// whoever reads a pipe may have read enough (`rdc list | head`); half an export on a full disk is no good end
if (lost !== undefined && lost.code !== 'EPIPE') {
  process.stderr.write(
    `${renderError(unwritableError('the standard output', lost, 'another file: ./rdc ... > FILE'))}\n`,
  );
  if (process.exitCode === exitCodes.ok) process.exitCode = exitCodes.notJudged;
}
// sockets that a broken target left half open must not hold the process: all that is to be kept is on disk
process.exit();
