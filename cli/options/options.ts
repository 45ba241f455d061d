import { Argument, Option } from '@commander-js/extra-typings';
import { askableChannels } from '../../harness/lab/catalog/channels.ts';
import { providerNames } from '../../harness/lab/catalog/provider-names.ts';
import { declare } from './command-line.ts';
import { digestOf, folderOf, gates, levelsOf, listOf } from './values.ts';

// Every option that more than one command takes, once: its help and its type. One command's own stand in its file.

const group =
  (heading: string) =>
  <Flags extends string>(flags: Flags, about: string) =>
    new Option(flags, about).helpGroup(heading);

const checks = group('Which checks:');
const suite = checks('--suite <areas>', 'only these areas, e.g. ports,cgroups').argParser(listOf);
const check = checks('--check <ids>', 'only these checks, e.g. NS-UIDMAP,SOCK-MODE').argParser(listOf);
const level = checks('--level <levels>', 'only these levels: MUST, SHOULD, MAY, LIMITATION, WORKAROUND').argParser(
  levelsOf,
);

const machine = group('Machines of the lab:');
export const fresh = machine('--fresh', 'boot from scratch instead of restoring the snapshot');
const asIs = machine(
  '--as-is',
  'judge the machine as it is now, without a fresh state; always so for ssh:// and local',
);
const keep = machine('--keep', 'leave the machine running at the end');
export const image = machine('--image <file>', 'make the machine from this qcow2 cloud image; TARGET is then its name');
export const recipe = machine('--recipe <name>', 'how Docker is installed on that image: vms/distributions.json');
export const sha256 = machine('--sha256 <hash>', 'expected SHA-256 of the image').argParser(digestOf);
export const lab = machine(
  '--lab <kind>',
  'hermetic: an own network namespace, needs root; system: the libvirt of this machine. ' +
    'Default: RDC_LAB; else system where systemd or libvirtd runs, else hermetic',
).choices(['hermetic', 'system']);

export const provider = machine(
  '--provider <kind>',
  'libvirt: VMs; nspawn: containers on the kernel of this machine, in seconds and without hardware virtualisation ' +
    '(docs/guides/containers.md). Default: RDC_PROVIDER, else libvirt',
).choices(providerNames);

export const channel = machine(
  '--channel <how>',
  "how Docker gets onto the machine: the distribution's packages, upstream's packages, or upstream's script in the home " +
    'of the user (docs/guides/engines.md). Default: what machines.json says of it',
).choices(askableChannels);
export const engine = machine(
  '--engine <path>',
  "Docker from these binaries: a folder or an archive as upstream's static archives are, docker/ and docker-rootless-extras/",
);
export const enginePrefix = machine(
  '--engine-prefix <folder>',
  'where they go to on the machine, e.g. /usr/bin (default: ~/bin of the user)',
).argParser(folderOf);

const hosts = group('Hosts in use (ssh://, local):');
const yes = hosts(
  '--yes',
  'agree in advance to what is not read-only (docs/guides/existing-hosts.md); without it, rdc asks',
);
const identity = hosts(
  '--identity <file>',
  'private key for ssh://, without a passphrase; default: those of ~/.ssh/config and OpenSSH, then the SSH agent',
);
const jump = hosts(
  '--jump <user@host[:port]>',
  'reach ssh:// through this host, or hosts separated by commas; default: ProxyJump of ~/.ssh/config',
);
const rootVia = hosts('--root-via <how>', 'how to become root; with none, checks that need it are skipped')
  .choices(['sudo', 'ssh', 'none'])
  .default('sudo');

const result = group('Result:');
export const gate = result('--gate <level>', 'levels down to this one decide the exit code')
  .choices(gates)
  .default('MUST');
const out = result(
  '--out <dir>',
  'folder of the run (default: reports/out/<run-id>, and reports/out/latest leads to it)',
);
export const failOn = result(
  '--fail-on <change>',
  'exit 1 instead of 0 on a regression (a check fails, or is no longer judged), or on any difference',
).choices(['regression', 'difference']);
export const history = result(
  '--history <dir>',
  'where earlier runs of each target are kept, for the trends (default: reports/out/history; none with --out or for a bundle)',
);
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
    .addOption(channel)
    .addOption(engine)
    .addOption(enginePrefix)
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
/** How Docker gets onto a machine. */
export type ChannelOptions = Partial<Pick<RunOptions, 'channel' | 'engine' | 'enginePrefix' | 'asIs'>>;
/** Which lab, and what runs its machines. */
export type LabOptions = Pick<RunOptions, 'lab' | 'provider'>;
