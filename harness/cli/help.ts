import { RdcError } from '../messages/errors.ts';

export const overview = `rdc: conformance of rootless Docker on real machines

  ./rdc run [TARGET...]          set up, provision, install rootless Docker, check, report
  ./rdc run --image FILE.qcow2 --recipe debian   the same on a cloud image, e.g. of a release just built
  ./rdc test                     the project's own tests, a real VM among them
  ./rdc selftest [TARGET]        apply each check's fault: does the check turn red?
  ./rdc doctor [TARGET]          can this machine run the lab? with a target: the checks that only read
  ./rdc list [--machines]        the checks, or the machines
  ./rdc explain ID               one check: claim, source, remedy, fault
  ./rdc compare A B [C...]       runs or hosts: verdicts that differ, and the facts that may explain it
  ./rdc waivers check FILE       review a waivers file: what has expired, what is stale
  ./rdc report [RUN]             build the Allure report of a run and print its path
  ./rdc export [RUN] --format F  one run as junit, tap, tmt, kcidb, ctrf or autopkgtest
  ./rdc bundle [RUN]             pack a run into one archive; --anonymous, --sign KEY, --verify FILE
  ./rdc merge RUN... --out DIR   runs of several machines, jobs or shards as one run
  ./rdc up|down [MACHINE...]     the lab by hand
  ./rdc ssh MACHINE [--root] [-- COMMAND...]
  ./rdc clean [--dry-run]        what nothing uses any more in the cache and among the runs, with sizes; removes it

TARGET: a machine of vms/machines.json (default: debian-13), ssh://USER@HOST[:PORT], or local.
Exit codes: 0 conformant; 1 a gated check failed, a waiver is stale, or --fail-on applies; 2 bad usage or input, or a place
that was named and cannot be written; 3 not judged; 130 interrupted.
Environment: RDC_MACHINES=FILE (machines of your own in the place of vms/machines.json), RDC_LAB, RDC_ACCEL=kvm|tcg (no trial
of which works), XDG_CACHE_HOME (boxes, snapshots, logs).
Each command has --help; ./rdc --version tells the version and the digest of what decides a verdict.
`;

const selection = `  --suite A,B        only these areas                 --check ID,ID   only these checks
  --level L,L        only these levels
  --out DIR          the run's folder (default: reports/out/<run-id>, which reports/out/latest then leads to)
  --fresh            boot the machine anew instead of restoring its snapshot
  --as-is            judge the machine as it stands; always so for ssh:// and local
  --keep             leave the machine running at the end
  --image FILE       make the machine from this qcow2 cloud image; TARGET is then the machine's name
  --recipe R         how Docker is installed on it: vms/provision/rootless-R.sh
  --sha256 HASH      what the image has to be
  --yes              agree beforehand to what is not read-only on ssh:// and local (docs/guides/existing-hosts.md); else run asks
  --lab KIND         hermetic (own network namespace; wants root) or system (the libvirt of this machine; not verified);
                     default: system where systemd or a libvirtd runs, else hermetic. Also RDC_LAB
  --identity FILE    private key for ssh://, without a passphrase; after it, and without it, the agent is asked
  --jump USER@HOST[:PORT]  reach ssh:// through this host; its key is verified too
  --root-via HOW     sudo (default), ssh or none: how root is reached on ssh:// and local; what needs root and may not
                     have it is skipped
  --json             one JSON document on stdout, everything else on stderr
  --no-color         as NO_COLOR=1 does; FORCE_COLOR=1 colours what goes into a pipe
`;

const verdict = `  --gate LEVEL       what decides the exit code: MUST (default), SHOULD, LIMITATION
  --waivers FILE     known failures: shown as expected, and red when they are stale (docs/guides/waivers.md)
`;

const oracle = `  --oracle           place the blame for what is red, by two more views: a rootful daemon on the same machine, and the
                     user without Docker; the verdicts stay as they are (docs/guides/triage.md)
  --allow-rootful    with --oracle, start that daemon on ssh:// and local hosts too
`;

const baseline = `  --baseline PATH    compare with an earlier run of the same target: a results file or the folder of a run, taken as it
                     is; or a folder of runs (reports/out): the newest conformant one. No verdict is changed by it
  --fail-on WHAT     regression or difference against the baseline: ends with 1 what would end with 0
  --history DIR      where each target's runs are kept for the trends of the report (default: reports/out/history;
                     with --out none are kept)
`;

const texts: Readonly<Record<string, string>> = {
  run: `./rdc run [TARGET...] [options]

${selection}${verdict}${baseline}  --profile          where the time of each check goes: profile.json in the target's folder, and a table
${oracle}`,
  selftest: `./rdc selftest [TARGET] [options]\n\nApplies the fault of each check and expects the check to fail with its own message.\nThe faults are applied as root and taken back; use it on machines of the lab.\n\n  --resume           take over what earlier runs of this suite found on this target, try the rest\n  --blast-radius [all]  judge other checks under each fault too: those that only read, or every steady one;\n                     a red that nobody explains is a finding\n${selection}\nExit code: 0 when every possible fault was noticed and no other red is unexplained, 1 when not, 3 when something could not be\ntried, 130 interrupted.\n`,
  test: './rdc test\n\nLint, types, unit tests, then a real VM: conformance, a sample of sabotage, the report in a browser.\n  --no-vm   without the VM; says so in its last lines. Only what these tests need is installed: no Vagrant, libvirt or QEMU\n            (but qemu-img), and a compiler, a static busybox, mtools, ssh, Python and Chromium\n',
  doctor:
    './rdc doctor [--json]\n./rdc doctor TARGET [options]\n\nWithout a target: what the lab needs on this machine, and what is missing, each with its remedy.\nWith one: the checks that only read, over SSH, on a host in use, in seconds. Nothing is installed, started or\nchanged on it; what needs root and may not have it is skipped. A machine of the lab has to run (./rdc up).\n\n  --suite A,B  --check ID,ID  --level L,L  --gate LEVEL  --out DIR  --identity FILE  --jump USER@HOST[:PORT]\n  --root-via sudo|ssh|none  --json  --no-color\n',
  list: `./rdc list [--machines] [--json]
./rdc list --machines --format github|gitlab

The checks, or the machines; with --format the machines as the matrix of a CI engine (docs/guides/ci.md), without those that
want an --image of their own.
`,
  explain: './rdc explain ID\n',
  compare: `./rdc compare A [B...] [--html FILE] [--json] [--fail-on regression|difference] [--no-color]

A, B: results files, run folders (one will do where it has several targets), run ids or bundles. The first result of a target is the base of its later ones; a target
that is there once is compared with the first of all. --fail-on ends with 1 when a check regressed (it fails and did
not) or was lost (it passed and is not judged any more); "difference": when any verdict differs.
`,
  waivers: `./rdc waivers check FILE [RUN...]

What there is to say of each waiver today; with runs, what it does there. Ends with 1 when one has expired or its
check passes, with 2 when the file is not a waivers file.
`,
  report: `./rdc report [RUN] [--open] [--history DIR]

RUN: a run id below reports/out, a folder, a results.json or a bundle (unpacked to reports/out/bundle-<digest>);
default: the latest run of reports/out.

  --history DIR      earlier runs of its targets, for the trends (default: reports/out/history for a run of reports/out,
                     none for a bundle)
`,
  export: `./rdc export [RUN] --format junit|tap|tmt|kcidb|ctrf|autopkgtest

Prints one target of a run; RUN as for report, or the folder of one target. What each format cannot say, and where it
stands then: docs/reference/exports.md.
`,
  bundle: `./rdc bundle [RUN] [--out FILE] [--anonymous [--hide NAME,NAME]] [--sign KEY] [--json]
./rdc bundle --verify FILE [--signature F --allowed-signers F [--signer NAME]] [--json]

Packs results, facts, evidence, consoles and the suite's digest into one .tar.gz that compare, report, export and merge
read (default: <run>.tar.gz here). RUN: a run id below reports/out, a folder, a results.json or a bundle; default: the
latest run of reports/out. The same run gives the same bytes.

  --anonymous        replace names of users and hosts (user-1, host-1) and addresses (192.0.2.1, 2001:db8::1) in all of
                     it; verdicts stay. What is found: docs/guides/bundles.md. Look it through before you publish it
  --hide NAME,NAME   names that nothing in the texts tells to be one: replaced as well
  --sign KEY         write FILE.sig with ssh-keygen -Y sign, namespace rdc-bundle
  --verify FILE      is it as it was packed? With --signature and --allowed-signers (see ssh-keygen(1)): and by whom?
                     Without a signature nobody vouches for it: whoever changes a bundle can pack it anew

Ends with 2 when the bundle was changed, cut off or signed by nobody who is allowed to, or FILE cannot be written.
`,
  merge: `./rdc merge RUN... --out DIR [--whole] [--json]

Joins run folders, results files and bundles of one suite into the run folder DIR, which must be empty or not there; DIR
is there when all is well, or not at all. Results of different targets stand side by side. Those of one target are joined
where the facts are the same: the shards of a run. A check that was judged twice keeps the worst verdict, and where they
differ it is flaky, with both in its reason. The same target with other facts is refused: give one of them a name,
as in ./rdc merge RUN1 arm=RUN2 --out DIR, and its targets are arm-<target>.

  --whole            each target owes every check of this checkout's suite: one that no run was to judge (a shard that
                     got lost) is "never judged", and the target inconclusive

Exit code: that of a run with these results (0, 1 or 3); 2 when the runs do not go together or DIR cannot be written.
`,
  up: './rdc up [MACHINE...] [--fresh] [--lab hermetic|system]\n./rdc up [NAME] --image FILE --recipe R [--sha256 HASH]\n\nBrings machines up with rootless Docker running and leaves them running.\n',
  down: './rdc down [MACHINE...] [--lab hermetic|system]\n\nWithout a name: every machine is powered off, and the lab with its network and processes is gone; snapshots and boxes\nstay in the cache. With names: those machines, their disks and their snapshots are gone.\n',
  clean: `./rdc clean [--dry-run] [--all] [--older-than DAYS] [--json]

Removes from the cache (\${XDG_CACHE_HOME:-~/.cache}/rdc) and from reports/out what nothing uses any more, and says how
much that was: boxes of an older state of what they are built from, with their copies in Vagrant and in the lab's
libvirt; machines whose definition has changed since their snapshot; fixture images that were replaced; runs beyond the
newest 20; logs older than 30 days; what processes left that died. Nothing that a running process holds, no machine
that runs, and never the latest run.

  --dry-run          only lists
  --all              everything in the cache that can be made again, also what is in order; runs are not among it
  --older-than DAYS  runs and logs older than that, instead of runs beyond the newest 20 and logs of 30 days
  --json             one JSON document on stdout
With the libvirt of this machine (--lab system) its volumes are left alone: virsh vol-list default
`,
  ssh: './rdc ssh MACHINE [--root] [--lab hermetic|system] [-- COMMAND...]\n\nThe exit code is that of the command.\n',
};

export function helpOf(command: string): string {
  const text = Object.hasOwn(texts, command) ? texts[command] : undefined;
  if (text === undefined)
    throw new RdcError('USAGE', `${JSON.stringify(command)} is no command`, { hint: './rdc --help' });
  return text;
}
