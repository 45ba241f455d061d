import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test as it } from 'vitest';
import type { DeclaredCheck } from '../../harness/checks/check.ts';
import { literalParts } from '../../harness/checks/faults.ts';
import { loadChecks, readAreas } from '../../harness/checks/load-checks.ts';
import { checkout } from '../../harness/this-machine/paths.ts';
import { levels } from '../../harness/verdicts/verdict.ts';

// Is the declaration of each check complete? Needs no machine.

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

const prefixes = readAreas();

const isWord = (text: string) => text.trim() === text && text !== '';

/** What is wrong with a declaration, in words; nothing when it is complete. What a type holds is not asked again. */
function problemsOf(check: DeclaredCheck): string[] {
  const { id, area, title, source, remedy, level, triage, fault } = check;
  const rules: readonly [boolean, string][] = [
    [/^[A-Z]+(-[A-Z0-9]+)+$/.test(id), 'the id is AREA-NAME in capitals'],
    [prefixes[area]?.includes(id.split('-')[0] ?? '') ?? false, `the area ${area} has other ids: suites/areas.json`],
    [levels.includes(level), `there is no level ${level}`],
    [/^[a-z0-9$"]|^--[a-z]/.test(title) || isName(title), 'the title begins with a small letter'],
    [isWord(title) && !/[.!]$/.test(title) && !title.includes('\n'), 'the title is one line without an end mark'],
    [!/\bshould\b|\btest that\b|\bmust\b|\bverif(y|ies)\b/i.test(title), 'the title is a claim'],
    [title.length <= 140, 'the title is longer than 140 characters'],
    [/^https:\/\/[a-z0-9.-]+\/\S*$/.test(source.url), 'the source is an https address'],
    [isWord(source.section), 'the source names a section'],
    [isWord(remedy), 'there is a remedy'],
    [triage?.notRootful === undefined || isWord(triage.notRootful), 'its triage has a reason without words'],
    [isWord(fault.name), 'the fault has a name'],
    [fault.breaks.length > 0 && fault.breaks.every(isLabel), 'the fault names a label'],
    [
      (fault.alsoBreaks ?? []).every((other) => other !== id && checks.some((one) => one.id === other)),
      'the fault names a check that is not there, or its own',
    ],
    [fault.at === undefined || !check.readOnly, 'what only reads has no stage for the fault'],
  ];
  return rules.filter(([holds]) => !holds).map(([, what]) => what);
}

/** Titles may begin with a name that is written with capitals. */
function isName(title: string): boolean {
  return /^(CAP|RLIMIT|UID|GID|RootlessKit|Docker)/.test(title);
}

/** A label that says something, whatever values stand in it. */
function isLabel(label: string): boolean {
  return isWord(label) && /[a-z]{2}/i.test(literalParts(label).join(''));
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

  it('each label that a fault names stands in the sources of its area, apart from the fault itself', () => {
    for (const [area, own] of Map.groupBy(checks, (check) => check.area)) {
      const text = sourcesOf(area);
      const named = own.flatMap(({ fault }) => fault.breaks);
      const missing = named.filter(
        (label) => !literalParts(label).every((part) => countIn(text, part) > inLabels(named, part)),
      );
      expect(missing, `labels of ${area} that no expectation has`).toEqual([]);
    }
  });
});

describe('the rules notice', () => {
  const whole = checks.find(({ id }) => id === 'PORT-RELEASE') as DeclaredCheck;
  const { fault } = whole;

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
    ['a fault without a name', { fault: { ...fault, name: '' } }],
    ['a fault that breaks nothing', { fault: { ...fault, breaks: [] } }],
    ['a label that is any', { fault: { ...fault, breaks: ['*'] } }],
    ['a label that is all value', { fault: { ...fault, breaks: ['{the value}'] } }],
    ['a stage in what only reads', { readOnly: true, fault: { ...fault, at: 'applied' } }],
    ['a fault that turns an unknown check red', { fault: { ...fault, alsoBreaks: ['NO-SUCH'] } }],
    ['a fault that turns its own check red besides', { fault: { ...fault, alsoBreaks: [whole.id] } }],
    ['a missing view without a reason', { triage: { notRootful: '' } }],
  ])('%s', (_, changes) => {
    expect(problemsOf(whole)).toEqual([]);
    expect(problemsOf({ ...whole, ...changes })).not.toEqual([]);
  });
});

/** The texts of an area and of what it observes with. */
function sourcesOf(area: string): string {
  const files = ['instruments', area].flatMap((folder) =>
    readdirSync(join(checkout, 'suites', folder), { recursive: true, withFileTypes: true })
      .filter(({ name }) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  return files.map((file) => readFileSync(file, 'utf8')).join('\n');
}

const countIn = (text: string, part: string) => text.split(part).length - 1;

const inLabels = (labels: readonly string[], part: string) =>
  labels.reduce((sum, label) => sum + countIn(label, part), 0);

it('no module is unloaded with what it stands on: bridges, links and rules go with theirs', () => {
  const files = ['suites', 'harness'].flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: checkout }));
  const unloading = files
    .filter((file) => !file.endsWith('.test.ts'))
    .filter((file) =>
      /modprobe (-r|--remove) /.test(readFileSync(join(checkout, file), 'utf8').replaceAll('`modprobe -r`', '')),
    );
  expect(unloading).toEqual([]);
});
