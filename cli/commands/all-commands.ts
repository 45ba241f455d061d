import { declare, type RdcCommand } from '../options/command-line.ts';

type Entry = { readonly load: () => Promise<{ readonly command: RdcCommand }>; readonly about: string };

/** By the headings of the overview. Each is loaded when it is called: `rdc list` needs no SSH. */
const groups: Readonly<Record<string, Readonly<Record<string, Entry>>>> = {
  'Check hosts:': {
    run: { load: () => import('./run.ts'), about: 'check targets for conformance and report' },
    doctor: {
      load: () => import('./doctor.ts'),
      about: 'what this machine needs for the lab; with a TARGET: read-only checks on a host in use',
    },
    selftest: { load: () => import('./selftest.ts'), about: 'apply the fault of each check: does the check turn red?' },
    list: { load: () => import('./list.ts'), about: 'list the checks, or the machines' },
    explain: { load: () => import('./explain.ts'), about: 'show one check: claim, source, remedy, fault' },
  },
  'Read results:': {
    report: { load: () => import('./report.ts'), about: 'build the Allure report of a run' },
    compare: { load: () => import('./compare.ts'), about: 'verdicts that differ between runs or hosts' },
    bug: { load: () => import('./bug.ts'), about: 'print a bug report of a red check, for a tracker' },
    waivers: { load: () => import('./waivers.ts'), about: 'review a file of known failures' },
    export: { load: () => import('./export.ts'), about: 'print a run in another format, e.g. JUnit or TAP' },
    bundle: { load: () => import('./bundle.ts'), about: 'pack a run into one archive, or verify one' },
    merge: { load: () => import('./merge.ts'), about: 'join runs of several machines, jobs or shards' },
  },
  'Lab and development:': {
    up: { load: () => import('./up.ts'), about: 'boot machines and leave them running' },
    down: { load: () => import('./down.ts'), about: 'power machines off, or remove them' },
    ssh: { load: () => import('./ssh.ts'), about: 'open a shell on a running machine' },
    clean: { load: () => import('./clean.ts'), about: 'remove what nothing uses any more from cache and runs' },
    test: { load: () => import('./test.ts'), about: "run the project's own tests" },
  },
};
export const commands: ReadonlyMap<string, Entry> = new Map(
  Object.values(groups).flatMap((group) => Object.entries(group)),
);

const notes = [
  'Help of one command: ./rdc COMMAND --help.',
  'TARGET: a machine of vms/machines.json (default: debian-13), ssh://USER@HOST[:PORT], or local.',
  'Exit codes: 0 conformant; 1 a gated check failed, a waiver is stale, or --fail-on applies; 2 bad usage or input, or a ' +
    'named place that cannot be written; 3 not judged; 130 interrupted.',
  'Environment: RDC_MACHINES=FILE (your own machines instead of vms/machines.json), RDC_LAB=hermetic|system, ' +
    'RDC_PROVIDER=libvirt|nspawn, ' +
    'RDC_ACCEL=kvm|tcg (skips the trial of which works), XDG_CACHE_HOME (boxes, snapshots, logs).',
];

/** `./rdc` itself, with its commands by name only. */
export function overview() {
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
