import { Argument, Option } from '@commander-js/extra-typings';
import { providerNames } from '../../harness/lab/catalog/provider-names.ts';
import { declare } from './command-line.ts';
import { digestOf, gates, levelsOf, listOf } from './values.ts';

// Every option that more than one command takes, once: its help and its type. One command's own stand in its file.

const checks = 'Which checks:';
const suite = new Option('--suite <areas>', 'only these areas, e.g. ports,cgroups').argParser(listOf).helpGroup(checks);
const check = new Option('--check <ids>', 'only these checks, e.g. NS-UIDMAP,SOCK-MODE')
  .argParser(listOf)
  .helpGroup(checks);
const level = new Option('--level <levels>', 'only these levels: MUST, SHOULD, MAY, LIMITATION, WORKAROUND')
  .argParser(levelsOf)
  .helpGroup(checks);

const machine = 'Machines of the lab:';
export const fresh = new Option('--fresh', 'boot from scratch instead of restoring the snapshot').helpGroup(machine);
const asIs = new Option(
  '--as-is',
  'judge the machine as it is now, without a fresh state; always so for ssh:// and local',
).helpGroup(machine);
const keep = new Option('--keep', 'leave the machine running at the end').helpGroup(machine);
export const image = new Option(
  '--image <file>',
  'make the machine from this qcow2 cloud image; TARGET is then its name',
).helpGroup(machine);
export const recipe = new Option(
  '--recipe <name>',
  'how Docker is installed on that image: vms/distributions.json',
).helpGroup(machine);
export const sha256 = new Option('--sha256 <hash>', 'expected SHA-256 of the image')
  .argParser(digestOf)
  .helpGroup(machine);
export const lab = new Option(
  '--lab <kind>',
  'hermetic: an own network namespace, needs root; system: the libvirt of this machine, not verified. ' +
    'Default: RDC_LAB; else system where systemd or libvirtd runs, else hermetic',
)
  .choices(['hermetic', 'system'])
  .helpGroup(machine);

export const provider = new Option(
  '--provider <kind>',
  'libvirt: VMs; nspawn: containers on the kernel of this machine, in seconds and without hardware virtualisation ' +
    '(docs/guides/containers.md). Default: RDC_PROVIDER, else libvirt',
)
  .choices(providerNames)
  .helpGroup(machine);

const hosts = 'Hosts in use (ssh://, local):';
const yes = new Option(
  '--yes',
  'agree in advance to what is not read-only (docs/guides/existing-hosts.md); without it, rdc asks',
).helpGroup(hosts);
const identity = new Option(
  '--identity <file>',
  'private key for ssh://, without a passphrase; default: those of ~/.ssh/config and OpenSSH, then the SSH agent',
).helpGroup(hosts);
const jump = new Option(
  '--jump <user@host[:port]>',
  'reach ssh:// through this host, or hosts separated by commas; default: ProxyJump of ~/.ssh/config',
).helpGroup(hosts);
const rootVia = new Option('--root-via <how>', 'how to become root; with none, checks that need it are skipped')
  .choices(['sudo', 'ssh', 'none'])
  .default('sudo')
  .helpGroup(hosts);

const result = 'Result:';
export const gate = new Option('--gate <level>', 'levels down to this one decide the exit code')
  .choices(gates)
  .default('MUST')
  .helpGroup(result);
const out = new Option(
  '--out <dir>',
  'folder of the run (default: reports/out/<run-id>, and reports/out/latest leads to it)',
).helpGroup(result);
export const failOn = new Option(
  '--fail-on <change>',
  'exit 1 instead of 0 on a regression (a check fails, or is no longer judged), or on any difference',
)
  .choices(['regression', 'difference'])
  .helpGroup(result);
export const history = new Option(
  '--history <dir>',
  'where earlier runs of each target are kept, for the trends (default: reports/out/history; none with --out or for a bundle)',
).helpGroup(result);
export const json = new Option('--json', 'one JSON document on stdout, all else on stderr');
export const noColor = new Option(
  '--no-color',
  'plain text; also with NO_COLOR. FORCE_COLOR colours what goes into a pipe',
);

export const runArgument = new Argument(
  '[run]',
  'a run ID in reports/out, a run folder, a results.json or a bundle (default: the latest run)',
);

/** A command that judges a target: which checks, how a host is reached, where the results go. */
export function declareJudging(...[name, about, after]: Parameters<typeof declare>) {
  return declare(name, about, after)
    .addOption(suite)
    .addOption(check)
    .addOption(level)
    .addOption(identity)
    .addOption(jump)
    .addOption(rootVia)
    .addOption(out)
    .addOption(json)
    .addOption(noColor);
}

/** One that changes what it judges, and sets up machines of the lab for it. */
export function declareRunning(...[name, about, after]: Parameters<typeof declare>) {
  return declareJudging(name, about, after)
    .addOption(fresh)
    .addOption(asIs)
    .addOption(keep)
    .addOption(image)
    .addOption(recipe)
    .addOption(sha256)
    .addOption(provider)
    .addOption(lab)
    .addOption(yes);
}

export type JudgingOptions = ReturnType<ReturnType<typeof declareJudging>['opts']>;
/** What is common to `rdc run` and `rdc selftest`. */
export type RunOptions = ReturnType<ReturnType<typeof declareRunning>['opts']>;
export type Selection = Pick<JudgingOptions, 'suite' | 'check' | 'level'>;
export type HostOptions = Pick<JudgingOptions, 'identity' | 'jump' | 'rootVia'>;
export type ImageOptions = Pick<RunOptions, 'image' | 'recipe' | 'sha256'>;
/** Which lab, and what runs its machines. */
export type LabOptions = Pick<RunOptions, 'lab' | 'provider'>;
