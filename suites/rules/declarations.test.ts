import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test as it } from 'vitest';
import type { DeclaredCheck } from '../../harness/checks/check.ts';
import { loadChecks } from '../../harness/checks/load-checks.ts';
import type { SourceFile } from '../../harness/checks/module-graph.ts';
import { checkout } from '../../harness/this-machine/paths.ts';
import { levels } from '../../harness/verdicts/verdict.ts';

// The third reading of a check: is its declaration complete? Needs no machine.

const checks = await loadChecks();

/** The first slice; a check that is missing here was lost, not renamed. */
const promised = `
PRE-NEWIDMAP PRE-SUBID PRE-SUBID-COUNT PRE-USERNS-CLONE PRE-USERNS-MAX PRE-XDG
NS-INFO NS-DAEMON-EUID NS-UIDMAP NS-GIDMAP NS-FORMULA NS-NOT-ID NS-BINDOWN NS-ONE-USERNS
PORT-PRIV-DENY PORT-PRIV-SYSCTL PORT-PRIV-CAP PORT-LISTENER PORT-RELEASE
CG-DRIVER CG-DELEG CG-MEM CG-CPU CG-PIDS CG-INFO-TRUTH
SOCK-PATH SOCK-MODE SOCK-PRIVATE SOCK-MNT SOCK-LEGACY-MNT
LIM-MLOCK-OK LIM-MLOCK-OVER LIM-MLOCK-ULIMIT
DEV-GROUP DEV-666 DEV-006 DEV-IO`
  .trim()
  .split(/\s+/);

const prefixes: Readonly<Record<string, readonly string[]>> = {
  prerequisites: ['PRE'],
  namespaces: ['NS'],
  ports: ['PORT', 'SRC'],
  network: ['NET'],
  cgroups: ['CG'],
  sockets: ['SOCK'],
  storage: ['ST'],
  lifecycle: ['SVC'],
  mlock: ['LIM'],
  limits: ['LIM'],
  serial: ['DEV'],
  containment: ['SEC'],
  limitations: ['LMT'],
  guides: ['GUIDE'],
};

const isWord = (text: string) => text.trim() === text && text !== '';

/** What is wrong with a declaration, in words; nothing when it is complete. */
function problemsOf(check: DeclaredCheck): string[] {
  const { id, area, title, source, remedy, level } = check;
  const rules: readonly [boolean, string][] = [
    [/^[A-Z]+(-[A-Z0-9]+)+$/.test(id), 'the id is AREA-NAME in capitals'],
    [
      area in prefixes ? (prefixes[area] ?? []).includes(id.split('-')[0] ?? '') : true,
      `the area ${area} has other ids`,
    ],
    [levels.includes(level), `there is no level ${level}`],
    [/^[a-z0-9$"]|^--[a-z]/.test(title) || isName(title), 'the title begins with a small letter'],
    [isWord(title) && !/[.!]$/.test(title) && !title.includes('\n'), 'the title is one line without an end mark'],
    [!/\bshould\b|\btest that\b|\bmust\b|\bverif(y|ies)\b/i.test(title), 'the title is a claim'],
    [title.length <= 140, 'the title is longer than 140 characters'],
    [/^https:\/\/[a-z0-9.-]+\/\S*$/.test(source.url), 'the source is an https address'],
    [isWord(source.section), 'the source names a section'],
    [isWord(remedy), 'there is a remedy'],
    [(check.needs ?? []).every((need) => checks.some((other) => other.id === need)), 'needs an unknown check'],
    [!(check.needs ?? []).some((need) => need === id), 'needs itself'],
    [
      oracleHolds(check),
      'its oracle has a reason without words, or a rootful view of a check that restarts the daemon',
    ],
    [!check.readOnly || isLookingOnly(check), 'it is marked readOnly and does more than look'],
    [!check.sideBySide || !(check.disruptive || check.readOnly), 'it is marked sideBySide, and restarts or only reads'],
  ];
  return [...rules.filter(([holds]) => !holds).map(([, what]) => what), ...sabotageProblems(check)];
}

/** The rootful daemon of `--oracle` is not the one that a user unit starts anew. */
function oracleHolds({ oracle, disruptive }: DeclaredCheck): boolean {
  if (oracle === undefined) return true;
  return oracle.notRootful === undefined ? !disruptive : isWord(oracle.notRootful);
}

/** Titles may begin with a name that is written with capitals. */
function isName(title: string): boolean {
  return /^(CAP|RLIMIT|UID|GID|RootlessKit|Docker)/.test(title);
}

/** What a text can tell; what a helper of the check does is refused when `rdc doctor` runs it. */
function isLookingOnly({ verify, disruptive }: DeclaredCheck): boolean {
  const does =
    /\bdefer\(|\bstage\(|\b(start|shared)Fixture\(|\brefusalOf\(|\b(hostProbe|probePath|mustRun)\(|\.login\(|'(POST|DELETE|PUT)'/;
  return !disruptive && !does.test(String(verify));
}

function sabotageProblems({ id, sabotage, verify }: DeclaredCheck): string[] {
  if ('impossible' in sabotage) return isWord(sabotage.impossible) ? [] : ['an impossible sabotage has a reason'];
  const rules: readonly [boolean, string][] = [
    [isWord(sabotage.name), 'the sabotage has a name'],
    [typeof sabotage.by === 'function', 'the sabotage has a fault'],
    [!sabotage.fails.test(''), 'the message of the failure matches nothing at all'],
    [!sabotage.fails.test('expected 1 to be 2'), 'the message of the failure is that of any failure'],
    [!sabotage.fails.global && !sabotage.fails.sticky, 'the expression remembers where it was'],
    [
      (sabotage.alsoFails ?? []).every((other) => other !== id && checks.some((one) => one.id === other)),
      'the sabotage names a check that is not there, or its own',
    ],
    [sabotage.at === undefined || String(verify).includes('stage('), 'verify names no stage for the sabotage'],
  ];
  return rules.filter(([holds]) => !holds).map(([, what]) => what);
}

describe('declarations', () => {
  it.each(checks.map((check) => [check.id, check] as const))('%s is complete', (_, check) => {
    expect(problemsOf(check)).toEqual([]);
  });

  it('every promised check is there', () => {
    const ids = checks.map(({ id }) => id);
    expect(promised).toHaveLength(37);
    expect(promised.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('ids are declared once: a second declaration would silently replace the first', () => {
    const written = specFiles().flatMap(({ text }) => [...text.matchAll(/^ {2}id: '([^']+)'/gm)].map(([, id]) => id));
    expect(written.toSorted()).toEqual(checks.map(({ id }) => id).toSorted());
    expect(new Set(written).size).toBe(written.length);
  });

  it('at most a tenth cannot be sabotaged', () => {
    const impossible = checks.filter(({ sabotage }) => 'impossible' in sabotage);
    expect(impossible.length, impossible.map(({ id }) => id).join(' ')).toBeLessThanOrEqual(checks.length / 10);
  });

  it('disruptive are those whose verify restarts the daemon, the user manager or the machine, and only those', () => {
    const restarts = checks.filter(({ verify }) =>
      /\brestart(Daemon|UserManager)|systemctl --user restart|\b(daemonJson|switchProxyOff|killRootlessKit|loggedOut|reboot|userManagerDropIn)\b/.test(
        String(verify),
      ),
    );
    const disruptive = checks.filter((check) => check.disruptive);
    expect(disruptive.map(({ id }) => id)).toEqual(restarts.map(({ id }) => id));
  });

  it('a claim about what is refused has its control: each limitation goes through expectDocumented or a finding', () => {
    const limitations = checks.filter(({ level }) => level === 'LIMITATION');
    const bare = limitations.filter(({ verify }) => !/expectDocumented|asFinding/.test(String(verify)));
    expect(bare.map(({ id }) => id)).toEqual([]);
  });

  it('a spec file lies in the folder of its area', () => {
    const foreign = specFiles().filter(({ path, text }) => !text.includes(`checksOf('${path.split('/')[1]}')`));
    expect(foreign.map(({ path }) => path)).toEqual([]);
  });
});

describe('the rules notice', () => {
  const whole = checks.find(({ id }) => id === 'PORT-RELEASE') as DeclaredCheck;
  const sabotage = whole.sabotage as Extract<DeclaredCheck['sabotage'], { name: string }>;

  it.each<[string, Partial<DeclaredCheck>]>([
    ['an id of another shape', { id: 'port_release' }],
    ['an id of another area', { area: 'serial' }],
    ['a title with a capital', { title: 'Ports are free again' }],
    ['a title with a dot', { title: 'ports are free again.' }],
    ['a title that only hopes', { title: 'ports should be free again' }],
    ['a title that tells what it does', { title: 'test that ports are free again' }],
    ['a source without https', { source: { url: 'http://docs.docker.com/', section: 'x' } }],
    ['a source without a section', { source: { url: 'https://docs.docker.com/', section: '' } }],
    ['no remedy', { remedy: ' ' }],
    ['an unknown precondition', { needs: ['NO-SUCH' as 'SOCK-PATH'] }],
    ['a fault without a name', { sabotage: { ...sabotage, name: '' } }],
    ['a message that matches nothing at all', { sabotage: { ...sabotage, fails: /x*/ } }],
    ['a message that matches any failure', { sabotage: { ...sabotage, fails: /expected/ } }],
    ['a stage that verify does not name', { sabotage: { ...sabotage, at: 'applied' }, verify: async () => {} }],
    ['a restart by what only looks', { readOnly: true, disruptive: true, verify: async () => {} }],
    ['a container by what only looks', { readOnly: true }],
    ['a restart beside others', { sideBySide: true, disruptive: true }],
    ['a fault that turns an unknown check red', { sabotage: { ...sabotage, alsoFails: ['NO-SUCH'] } }],
    ['a rootful view of what restarts the daemon', { disruptive: true, oracle: {} }],
    ['a missing view without a reason', { oracle: { notRootful: '' } }],
    ['an impossible fault without a reason', { sabotage: { impossible: '' } }],
  ])('%s', (_, changes) => {
    expect(problemsOf(whole)).toEqual([]);
    expect(problemsOf({ ...whole, ...changes })).not.toEqual([]);
  });
});

function filesOf(folder: string, wanted: (name: string) => boolean): SourceFile[] {
  return readdirSync(join(checkout, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && wanted(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: relative(checkout, path), text: readFileSync(path, 'utf8') }));
}

function specFiles(): SourceFile[] {
  return filesOf('suites', (name) => name.endsWith('.spec.ts'));
}

const isProduct = (name: string) => name.endsWith('.ts') && !/\.(test|e2e)\.ts$/.test(name);

it('no module is unloaded with what it stands on: bridges, links and rules go with theirs', () => {
  const files = [...filesOf('suites', isProduct), ...filesOf('harness', isProduct)];
  const unloading = files.filter(({ text }) => /modprobe (-r|--remove) /.test(text.replaceAll(/`modprobe -r`/g, '')));
  expect(unloading.map(({ path }) => path)).toEqual([]);
});
