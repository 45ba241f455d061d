import { setImmediate as nextTurn } from 'node:timers/promises';
import { errorCodes, exitCodes, RdcError, renderError } from '../harness/messages/errors.ts';
import { explainFullDisk, unwritableError } from '../harness/this-machine/writable-path.ts';
import { asksForHelp, declare, parseWords, type RdcCommand } from './options/command-line.ts';

type Entry = { readonly about: string; readonly load: () => Promise<RdcCommand> };

/** Each loaded when it is called: `rdc list` needs no SSH. */
const groups: Readonly<Record<string, Readonly<Record<string, Entry>>>> = {
  'Check hosts:': {
    run: {
      about: 'check targets for conformance and report',
      load: async () => (await import('./commands/run.ts')).runCommand,
    },
    doctor: {
      about: 'what this machine needs for the lab; with a TARGET: read-only checks on a host in use',
      load: async () => (await import('./commands/doctor.ts')).doctorCommand,
    },
    selftest: {
      about: 'apply the fault of each check: does the check turn red?',
      load: async () => (await import('./commands/selftest.ts')).selftestCommand,
    },
    list: {
      about: 'list the checks, or the machines',
      load: async () => (await import('./commands/list.ts')).listCommand,
    },
    explain: {
      about: 'show one check: claim, source, remedy, fault',
      load: async () => (await import('./commands/explain.ts')).explainCommand,
    },
  },
  'Read results:': {
    report: {
      about: 'build the Allure report of a run',
      load: async () => (await import('./commands/report.ts')).reportCommand,
    },
    compare: {
      about: 'verdicts that differ between runs or hosts',
      load: async () => (await import('./commands/compare.ts')).compareCommand,
    },
    waivers: {
      about: 'review a file of known failures',
      load: async () => (await import('./commands/waivers.ts')).waiversCommand,
    },
    export: {
      about: 'print a run in another format, e.g. JUnit or TAP',
      load: async () => (await import('./commands/export.ts')).exportCommand,
    },
    bundle: {
      about: 'pack a run into one archive, or verify one',
      load: async () => (await import('./commands/bundle.ts')).bundleCommand,
    },
    merge: {
      about: 'join runs of several machines, jobs or shards',
      load: async () => (await import('./commands/merge.ts')).mergeCommand,
    },
  },
  'Lab and development:': {
    up: {
      about: 'boot machines and leave them running',
      load: async () => (await import('./commands/up.ts')).upCommand,
    },
    down: {
      about: 'power machines off, or remove them',
      load: async () => (await import('./commands/down.ts')).downCommand,
    },
    ssh: {
      about: 'open a shell on a running machine',
      load: async () => (await import('./commands/ssh.ts')).sshCommand,
    },
    clean: {
      about: 'remove what nothing uses any more from cache and runs',
      load: async () => (await import('./commands/clean.ts')).cleanCommand,
    },
    test: {
      about: "run the project's own tests",
      load: async () => (await import('./commands/test.ts')).testCommand,
    },
  },
};
const entries: ReadonlyMap<string, Entry> = new Map(Object.values(groups).flatMap((group) => Object.entries(group)));

const notes = [
  'Help of one command: ./rdc COMMAND --help.',
  'TARGET: a machine of vms/machines.json (default: debian-13), ssh://USER@HOST[:PORT], or local.',
  'Exit codes: 0 conformant; 1 a gated check failed, a waiver is stale, or --fail-on applies; 2 bad usage or input, or a ' +
    'named place that cannot be written; 3 not judged; 130 interrupted.',
  'Environment: RDC_MACHINES=FILE (your own machines instead of vms/machines.json), RDC_LAB=hermetic|system, ' +
    'RDC_PROVIDER=libvirt|nspawn, ' +
    'RDC_ACCEL=kvm|tcg (skips the trial of which works), XDG_CACHE_HOME (boxes, snapshots, logs).',
];

/** The help of all, made without loading a command. */
function overview() {
  const program = declare('', 'Conformance of rootless Docker on real machines.', { notes })
    .usage('COMMAND [options]')
    .helpCommand(false)
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .option('--version', 'show the version, and the digest of what decides a verdict');
  for (const [heading, group] of Object.entries(groups)) {
    for (const [name, { about }] of Object.entries(group)) program.command(name).summary(about).helpGroup(heading);
  }
  return program;
}

async function main([name, ...words]: readonly string[]): Promise<number> {
  const isHelp = name === '--help' || name === '-h' || name === 'help';
  const [wanted, rest] = isHelp ? [words[0], ['--help']] : [name, words];
  if (wanted === undefined) {
    overview().outputHelp();
    return isHelp ? exitCodes.ok : exitCodes.usage;
  }
  if (wanted === '--version') {
    const { version, digest } = (await import('../harness/checks/suite-identity.ts')).suiteIdentity();
    process.stdout.write(`rdc ${version}, suite ${digest}\n`);
    return exitCodes.ok;
  }
  const entry = entries.get(wanted);
  // says what there is instead
  if (!entry) {
    parseWords(overview(), [wanted]);
    throw new RdcError('USAGE', `unknown command '${wanted}'`, { hint: './rdc --help' });
  }
  const { command, run } = await entry.load();
  if (!asksForHelp(rest)) return await run(rest);
  command.outputHelp();
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
