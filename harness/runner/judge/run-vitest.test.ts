import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test as it } from 'vitest';
import type { CheckResult } from '../../verdicts/verdict.ts';
import type { CheckProfile } from '../profile/check-profile.ts';
import type { Read } from './fixtures/read-specs.ts';
import { judge } from './judge.ts';

// Every way in which a run must not come out green, through the real vitest and the real worker. No daemon is needed.

const run = promisify(execFile);
const harness = join(import.meta.dirname, '../../checks/index.ts');
const facts = join(import.meta.dirname, '../../target-host/facts/fixtures/debian-13-facts.txt');
const limitMs = 120_000;
const roots: string[] = [];

afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});

type Outcome = {
  readonly verdicts: Record<string, CheckResult>;
  readonly outcomes: Record<string, unknown>;
  readonly radii: Record<string, unknown>;
  readonly profiles: Record<string, CheckProfile | undefined>;
  readonly views: Record<string, unknown>;
  readonly broken: string;
};

/** Areas by name, each with the text of its spec file; `selected` are ids as `area:ID`, with `:alone` for those that restart the daemon. */
async function read(
  specs: Readonly<Record<string, string>>,
  selected: readonly string[],
  mode:
    | 'conformance'
    | 'triage'
    | 'fault-test'
    | 'fault-test+read-only'
    | 'fault-test+all'
    | 'conformance+profile'
    | 'conformance+interrupted' = 'conformance',
): Promise<Outcome> {
  const root = mkdtempSync(join(tmpdir(), 'rdc-specs-'));
  roots.push(root);
  for (const [area, text] of Object.entries(specs)) {
    mkdirSync(join(root, 'suites', area), { recursive: true });
    writeFileSync(join(root, 'suites', area, `${area}.spec.ts`), head() + text);
  }
  const script = join(import.meta.dirname, 'fixtures/read-specs.ts');
  const { stdout } = await run(process.execPath, [script, mode, root, facts, ...selected], { timeout: 100_000 });
  const { judged, broken } = JSON.parse(stdout.slice(stdout.indexOf('{"judged"'))) as Read;
  const verdicts = judged.map(({ id, meta, runner }) => {
    const check = { id, area: 'a', level: 'MUST', title: id, source: { url: '', section: '' }, remedy: '' } as const;
    return [id, judge(check, meta, runner)] as const;
  });
  const outcomes = Object.fromEntries(judged.map(({ id, meta }) => [id, meta.outcome]));
  const radii = Object.fromEntries(judged.map(({ id, meta }) => [id, meta.sideEffects]));
  const profiles = Object.fromEntries(judged.map(({ id, meta }) => [id, meta.profile as CheckProfile | undefined]));
  const views = Object.fromEntries(judged.map(({ id, meta }) => [id, meta.views]));
  return { verdicts: Object.fromEntries(verdicts), outcomes, radii, profiles, views, broken: broken.join('\n') };
}

function head(): string {
  return `import { breaks, checksIn, expect } from ${JSON.stringify(harness)};
const declare = checksIn(import.meta);
const check = (id, verify, more = {}) => declare(id, {
  verify, level: 'MUST', title: 'a claim', source: { url: '', section: '' }, remedy: '', needsDaemon: false,
  fault: breaks('a value', 'none', async () => async () => {}), ...more,
});
`;
}

describe('single checks', { timeout: limitMs }, () => {
  it('come out with the verdict that they earned', async () => {
    const { verdicts, broken } = await read(
      {
        first: `
check('A-PASS', async () => { expect(1, 'one').toBe(1); });
check('A-FAIL', async () => { expect(1, 'the number').toBe(2); });
check('A-THROWS', async () => { throw new Error('no such thing'); });
check('A-TYPE', async () => { expect(1).toBe(1); undefined.x; });
check('A-LOOKALIKE', async () => { throw Object.assign(new Error('boo'), { name: 'AssertionError' }); });
check('A-NOTHING', async () => {});
let machine = 'as it should be';
check('A-SLOW', async ({ defer }) => {
  machine = 'changed';
  defer(async () => { machine = 'as it should be'; });
  expect(1).toBe(1);
  await new Promise((done) => setTimeout(done, 5500));
});
check('A-AFTER-SLOW', async () => { expect(machine, 'the machine after a check that ran out of time').toBe('as it should be'); });
check('A-SKIP', async () => { expect(1).toBe(1); }, { applies: ({ host }) => 'not on ' + host.os.id });
check('A-SKIP-MUTE', async () => { expect(1).toBe(1); }, { applies: () => '' });
check('A-APPLIES', async () => { expect(1).toBe(1); }, { applies: () => { throw new Error('applies broke'); } });
check('A-BLOCKED', async () => { expect(1).toBe(1); }, { needsDaemon: true });
check('A-UNDO', async ({ defer }) => { defer(async () => { throw new Error('stuck'); }); expect(1).toBe(1); });
check('A-ROOT', async ({ target }) => { expect((await target.root.exec(['id'])).code).toBe(0); });
check('A-LATER', async () => { expect(1).toBe(1); });`,
        second: `
check('B-PASS', async ({ target }) => { expect((await target.exec(['echo', 'seen'])).stdout).toBe('seen\\n'); });
check('B-UNSELECTED', async () => { throw new Error('nobody asked'); });`,
        third: `check('C-ALONE', async () => { expect(1).toBe(1); }, { restartsDaemon: true });`,
      },
      [
        ...[
          'A-PASS',
          'A-FAIL',
          'A-THROWS',
          'A-TYPE',
          'A-LOOKALIKE',
          'A-NOTHING',
          'A-SLOW',
          'A-AFTER-SLOW',
          'A-SKIP',
          'A-SKIP-MUTE',
          'A-APPLIES',
          'A-BLOCKED',
          'A-UNDO',
          'A-ROOT',
          'A-LATER',
          'A-NEVER-DECLARED',
        ].map((id) => `first:${id}`),
        'second:B-PASS',
        'third:C-ALONE:alone',
      ],
    );
    const summary = Object.fromEntries(Object.values(verdicts).map((one) => [one.id, one.verdict]));
    expect(summary).toEqual({
      'A-PASS': 'pass',
      'A-FAIL': 'fail',
      'A-THROWS': 'error',
      'A-TYPE': 'error',
      'A-LOOKALIKE': 'error',
      'A-NOTHING': 'error',
      'A-SLOW': 'error',
      'A-AFTER-SLOW': 'pass',
      'A-SKIP': 'skip',
      'A-SKIP-MUTE': 'error',
      'A-APPLIES': 'error',
      'A-BLOCKED': 'blocked',
      'A-UNDO': 'error',
      'A-ROOT': 'skip',
      'A-LATER': 'pass',
      'B-PASS': 'pass',
      'C-ALONE': 'pass',
    });
    expect(verdicts['A-FAIL']?.reason).toContain('the number: expected 2, found 1');
    expect(verdicts['A-THROWS']?.reason).toBe('no such thing');
    expect(verdicts['A-NOTHING']?.reason).toContain('assertion');
    expect(verdicts['A-ROOT']?.reason).toMatch(/^needs root: \[ROOT\] this run has no root access/);
    expect(verdicts['A-SLOW']?.reason).toContain('timed out in 4000ms');
    expect(verdicts['A-SKIP']?.reason).toBe('not on debian');
    expect(verdicts['A-APPLIES']?.reason).toBe('applies broke');
    expect(verdicts['A-BLOCKED']).toMatchObject({
      blockedBy: 'SOCK-PATH',
      reason: expect.stringContaining('no daemon'),
    });
    expect(verdicts['A-UNDO']?.reason).toContain('could not undo its changes');
    expect(verdicts['B-PASS']?.evidence).toBe('evidence/B-PASS.txt');
    expect(broken).toBe('');
  });
});

it('checks that disturb nobody are judged at once, each by its own word, and the others alone', {
  timeout: limitMs,
}, async () => {
  const text = `
let [now, most, alone] = [0, 0, 0];
const after = (ms) => new Promise((done) => setTimeout(done, ms));
const busy = async (work) => { now += 1; most = Math.max(most, now); await after(300); await work(); now -= 1; };
const beside = { concurrent: true };
const holds = () => expect(1).toBe(1);
check('S-ALONE', () => busy(() => { alone = now; expect(most, 'most at once before it').toBe(3); expect(now, 'at work with it').toBe(1); }));
check('S-PASS', () => busy(holds), beside);
check('S-FAIL', () => busy(() => expect(1, 'the number').toBe(2)).finally(() => { now -= 1; }), beside);
check('S-MUTE', () => busy(() => {}), beside);
check('S-READS', () => busy(holds), { readOnly: true });
check('S-LAST-ONE', () => busy(holds), beside);
check('S-REBOOTS', async ({ target }) => { holds(); await target.reboot(); }, beside);
check('S-ROOT', async ({ target }) => { holds(); await target.root.exec(['sysctl', '-w', 'kernel.panic=1']); }, beside);
check('S-OWN', async ({ target }) => { expect((await target.exec(['true'])).code).toBe(0); await target.shell('d=$(mktemp -d); rmdir $d'); }, beside);`;
  const ids = ['ALONE', 'PASS', 'FAIL', 'MUTE', 'READS', 'LAST-ONE', 'REBOOTS', 'ROOT', 'OWN'];
  const { verdicts, broken } = await read(
    { beside: text },
    ids.map((id) => `beside:S-${id}`),
  );
  const summary = Object.fromEntries(Object.values(verdicts).map(({ id, verdict }) => [id, verdict]));
  expect(summary, verdicts['S-ALONE']?.reason).toEqual({
    'S-ALONE': 'pass',
    'S-PASS': 'pass',
    'S-FAIL': 'fail',
    'S-MUTE': 'error',
    'S-READS': 'pass',
    'S-LAST-ONE': 'pass',
    'S-REBOOTS': 'error',
    'S-ROOT': 'error',
    'S-OWN': 'pass',
  });
  expect(verdicts['S-FAIL']?.reason).toContain('the number');
  expect(verdicts['S-MUTE']?.reason).toContain('no assertion');
  expect(verdicts['S-REBOOTS']?.reason).toContain('[SIDE_BY_SIDE] a reboot');
  expect(verdicts['S-ROOT']?.reason).toContain('[SIDE_BY_SIDE] the command `sysctl -w` as root');
  expect(broken).toBe('');
});

describe('spec files that break', { timeout: limitMs }, () => {
  it('name themselves, and the other spec files are judged all the same', async () => {
    const { verdicts, broken } = await read(
      {
        import: `import './no-such-file.ts';\ncheck('I-A', async () => { expect(1).toBe(1); });`,
        syntax: `check('S-A', async () => { expect(1).toBe(1); }`,
        throwing: `check('T-A', async () => { expect(1).toBe(1); });\nthrow new Error('broke while it was read');`,
        whole: `check('W-A', async () => { expect(1).toBe(1); });`,
        empty: '',
      },
      ['import:I-A', 'syntax:S-A', 'throwing:T-A', 'whole:W-A', 'empty:E-A'],
    );
    expect(Object.values(verdicts).map(({ id, verdict }) => `${id} ${verdict}`)).toEqual(['W-A pass']);
    expect(broken).toMatch(/import\.spec\.ts: .*no-such-file/);
    expect(broken).toMatch(/syntax\.spec\.ts: /);
    expect(broken).toMatch(/throwing\.spec\.ts: broke while it was read/);
  });

  it('a hook that fails after all checks passed is told', async () => {
    const text = `import { afterAll } from 'vitest';\nafterAll(() => { throw new Error('the hook broke'); });
check('H-A', async () => { expect(1).toBe(1); });`;
    const { verdicts, broken } = await read({ hook: text }, ['hook:H-A']);
    expect(verdicts['H-A']?.verdict).toBe('pass');
    expect(broken).toContain('the hook broke');
  });

  it('a rejection that nobody handles is told', async () => {
    const text = `check('R-A', async () => { Promise.reject(new Error('left alone')); expect(1).toBe(1);
await new Promise((done) => setTimeout(done, 200)); });`;
    const { broken } = await read({ rejection: text }, ['rejection:R-A']);
    expect(broken).toContain('left alone');
  });

  it.each([
    ['in a check', `check('X-A', async () => { expect(1).toBe(1); process.exit(0); });`],
    ['while it is read', `check('X-A', async () => { expect(1).toBe(1); });\nprocess.exit(0);`],
  ])('process.exit(0) %s is no success', async (_, text) => {
    const later = `check('X-LATER', async () => { expect(1).toBe(1); });`;
    const { verdicts, broken } = await read({ exit: text, later }, ['exit:X-A', 'later:X-LATER']);
    expect(`${broken} ${verdicts['X-A']?.reason}`).toContain('process.exit unexpectedly called');
    expect(verdicts['X-A']?.verdict).not.toBe('pass');
    expect(verdicts['X-LATER']?.verdict).toBe('pass');
  });

  it('a worker that is killed is told', async () => {
    const text = `check('K-A', async () => { expect(1).toBe(1); process.kill(process.pid, 'SIGKILL'); await new Promise(() => {}); });`;
    const { verdicts, broken } = await read({ killed: text }, ['killed:K-A']);
    expect(verdicts['K-A']?.verdict).not.toBe('pass');
    expect(broken).not.toBe('');
  });

  it('a worker that never gives the processor back is ended from outside, and nothing is judged after it', async () => {
    const text = `check('L-A', async () => { expect(1).toBe(1); for (;;); });
check('L-B', async () => { expect(1).toBe(1); });`;
    const later = `check('L-LATER', async () => { expect(1).toBe(1); });`;
    const { verdicts, broken } = await read({ loop: text, later }, ['loop:L-A', 'loop:L-B', 'later:L-LATER']);
    expect(broken).toContain('worker unresponsive for 10 s; killed');
    expect(Object.values(verdicts).filter(({ verdict }) => verdict === 'pass')).toEqual([]);
  });
});

it('a fault test tells a kill from a survivor and from an error', { timeout: limitMs }, async () => {
  const text = `
let value = 1;
let faults = 0;
const inject = async () => { value = 2; faults += 1; return async () => { value = 1; }; };
const holds = async () => { expect(value, 'the value').toBe(1); };
const fault = (label, more) => ({ fault: breaks(label, 'the value is 2', inject, more) });
check('M-KILLED', holds, fault('the value'));
check('M-BLIND', async () => { expect(1).toBe(1); }, fault('the value'));
check('M-ERROR', async () => { if (value === 2) throw new Error('the value is lost'); await holds(); }, fault('the value'));
check('M-ONE-FAULT', async () => { expect(faults, 'faults so far').toBeLessThan(2); }, fault('faults so far'));
check('M-STAGE', async ({ stage }) => { await stage('set'); await holds(); }, fault('the value', { at: 'set' }));
check('M-NO-STAGE', holds, fault('the value', { at: 'set' }));
check('M-IMPOSSIBLE', async () => { expect(1, 'the value').toBe(2); }, fault('the value'));`;
  const ids = ['KILLED', 'BLIND', 'ERROR', 'ONE-FAULT', 'STAGE', 'NO-STAGE', 'IMPOSSIBLE'].map((name) => `M-${name}`);
  const selected = ids.map((id) => `faults:${id}`);
  const { verdicts, outcomes } = await read({ faults: text }, selected, 'fault-test');
  expect(outcomes).toEqual({
    'M-KILLED': 'killed',
    'M-BLIND': 'survived',
    'M-ERROR': 'error',
    'M-ONE-FAULT': 'survived',
    'M-STAGE': 'killed',
    'M-NO-STAGE': 'error',
    'M-IMPOSSIBLE': 'impossible',
  });
  const passed = Object.values(verdicts).filter(({ verdict }) => verdict === 'pass');
  expect(passed.map(({ id }) => id)).toEqual(['M-KILLED', 'M-STAGE']);
});

it('triage looks without Docker and verifies again, and is never a verdict', {
  timeout: limitMs,
}, async () => {
  const text = `
let mode = 'as it was';
const bare = async ({ defer }) => { mode = 'changed'; defer(async () => { mode = 'as it was'; }); return { works: true, saw: 'a port' }; };
const refused = async () => ({ works: false, saw: 'a port: EACCES' });
const holds = async () => { expect(mode, 'the mode').toBe('as it was'); };
const fails = async () => { expect(1, 'the value').toBe(2); };
const lifted = async () => { asFinding('lifted', () => expect(1, 'lifted: the start').toBe(2)); };
const stuck = () => new Promise(() => {});
const limit = { level: 'LIMITATION' };
check('V-HOLDS', holds, { triage: { withoutDocker: bare } });
check('V-FAILS', fails, { triage: { withoutDocker: refused } });
check('V-LIMIT', holds, { ...limit, triage: {} });
check('V-LIFTED', lifted, { ...limit, triage: {} });
check('V-NONE', fails, { triage: { withoutDocker: bare, notRootful: 'it has no such map' } });
check('V-BROKEN', async () => { throw new Error('boo'); }, { triage: { withoutDocker: async () => { throw new Error('hoo'); } } });
check('V-UNDO', holds, { triage: { withoutDocker: async ({ defer }) => { defer(stuckUndo); return { works: true, saw: '' }; } } });
async function stuckUndo() { throw new Error('stuck'); }
check('V-SLOW', stuck, { triage: { withoutDocker: bare } });`;
  const ids = ['HOLDS', 'FAILS', 'LIMIT', 'LIFTED', 'NONE', 'BROKEN', 'UNDO', 'SLOW'].map((name) => `seen:V-${name}`);
  const withImport = `import { asFinding } from ${JSON.stringify(harness)};\n${text}`;
  const { views, broken } = await read({ seen: withImport }, ids, 'triage');
  expect(broken).toBe('');
  const works = { seen: 'works', detail: 'a port' };
  const undeclared = { seen: 'not taken', detail: 'no observation without Docker is declared' };
  const value = { seen: 'fails', detail: expect.stringContaining('the value') };
  expect(views).toEqual({
    'V-HOLDS': { bare: works, rootful: { seen: 'works' } },
    'V-FAILS': { bare: { seen: 'fails', detail: 'a port: EACCES' }, rootful: value },
    'V-LIMIT': { bare: undeclared, rootful: { seen: 'fails', detail: 'as documented' } },
    'V-LIFTED': { bare: undeclared, rootful: { seen: 'works', detail: expect.stringContaining('lifted: the start') } },
    'V-NONE': { bare: works, rootful: { seen: 'does not apply', detail: 'it has no such map' } },
    'V-BROKEN': {
      bare: { seen: 'not taken', detail: 'could not be observed: hoo' },
      rootful: { seen: 'not taken', detail: 'could not be observed: boo' },
    },
    'V-UNDO': {
      bare: { seen: 'not taken', detail: expect.stringContaining('undo its changes') },
      rootful: { seen: 'works' },
    },
    'V-SLOW': { bare: works, rootful: { seen: 'not taken', detail: 'timed out' } },
  });
});

describe('the side effects of a fault', { timeout: limitMs }, () => {
  // a machine that all spec files of the worker see, as they do a real one
  const machine = `
const machine = (globalThis.rdcMachine ??= { value: 1, other: 1 });
const inject = async () => { machine.value = 2; return async () => { machine.value = 1; }; };
const holds = async () => { expect(machine.value, 'the value').toBe(1); };
const reads = { readOnly: true };
const fault = (more) => ({ fault: breaks('the value', 'the value is 2', inject, more) });
`;
  const specs = {
    first: `${machine}
check('F-KILLED', holds, fault({ alsoBreaks: ['S-NAMED'] }));
check('F-TWIN', holds, { ...reads, ...fault() });
check('F-STEADY', holds);`,
    second: `${machine}
check('S-NAMED', holds, reads);
check('S-BYSTANDER', holds, reads);
check('S-CALM', async () => { expect(1).toBe(1); }, reads);
check('S-RED', async () => { expect(1).toBe(2); }, reads);
check('S-LATER', holds, fault());`,
    third: `${machine}
check('T-ALONE', holds, { restartsDaemon: true });`,
  };

  it('is judged on the checks that only read, of every spec file, which are judged themselves all the same', async () => {
    const selected = ['first:F-KILLED', 'first:F-TWIN', 'second:S-LATER'];
    const { outcomes, radii, broken } = await read(specs, selected, 'fault-test+read-only');
    expect(broken).toBe('');
    expect(outcomes).toEqual({ 'F-KILLED': 'killed', 'F-TWIN': 'killed', 'S-LATER': 'killed' });
    const bystander = { id: 'S-BYSTANDER', verdict: 'fail', message: expect.stringContaining('the value') };
    const named = { id: 'S-NAMED', because: 'expected by the fault of F-KILLED' };
    const own = { judged: 3, explained: [named], unexplained: [bystander] };
    expect(radii['F-KILLED']).toEqual(own);
    expect(radii['F-TWIN']).toEqual(own);
    expect(radii['S-LATER']).toMatchObject({ judged: 4, explained: [] });
  });

  it('is judged on every steady check when all are asked for', async () => {
    const { radii } = await read(specs, ['second:S-LATER'], 'fault-test+all');
    expect(radii['S-LATER']).toMatchObject({ judged: 6, explained: [] });
    expect(JSON.stringify(radii['S-LATER'])).toContain('F-STEADY');
  });
});

it('an interrupted run ends, and what was not judged is not green', { timeout: limitMs }, async () => {
  const text = `
check('Z-LAST', async () => { expect(1).toBe(1); });
check('Z-B', async () => { expect(1).toBe(1); await new Promise((done) => setTimeout(done, 500)); });
check('Z-C', async () => { expect(1).toBe(1); await new Promise((done) => setTimeout(done, 500)); });
check('Z-D', async () => { expect(1).toBe(1); });`;
  const later = `check('Y-A', async () => { expect(1).toBe(1); });`;
  const selected = ['first:Z-LAST', 'first:Z-B', 'first:Z-C', 'first:Z-D', 'later:Y-A'];
  const { verdicts } = await read({ first: text, later }, selected);
  expect(verdicts['Z-LAST']?.verdict).toBe('pass');
  expect(['Z-C', 'Z-D', 'Y-A'].map((id) => verdicts[id]?.verdict ?? 'never judged')).not.toContain('pass');
});

it('a run that was interrupted before it could begin judges nothing', { timeout: limitMs }, async () => {
  const text = `check('I-A', async () => { expect(1).toBe(1); });`;
  const { verdicts } = await read({ one: text }, ['one:I-A'], 'conformance+interrupted');
  expect(verdicts).toEqual({});
});

describe('the profile of a run', { timeout: limitMs }, () => {
  const specs = {
    a: `
check('A-FIRST', async () => { expect(1).toBe(1); });
check('A-GUEST', async ({ target }) => {
  await Promise.all([target.exec(['sleep', '0.3']), target.shell('sleep 0.3')]);
  expect(1).toBe(1);
});
check('A-WAITS', async () => { await new Promise((done) => setTimeout(done, 1500)); expect(1).toBe(1); });
check('A-WORKS', async () => { const end = Date.now() + 300; while (Date.now() < end); expect(1).toBe(1); });
check('A-SKIPS', async () => { expect(1).toBe(1); }, { applies: () => 'not here' });`,
  };
  const ids = ['a:A-FIRST', 'a:A-GUEST', 'a:A-WAITS', 'a:A-WORKS', 'a:A-SKIPS'];

  it('says of each check whether the guest, a pause or the harness took its time', async () => {
    const { profiles, broken } = await read(specs, ids, 'conformance+profile');
    expect(broken).toBe('');
    const part = (id: string) => {
      const { totalMs = 0, guest, container, daemon, waitingMs = 0, harnessMs = 0 } = profiles[id] ?? {};
      const sum = (guest?.ms ?? 0) + (container?.ms ?? 0) + (daemon?.ms ?? 0) + waitingMs + harnessMs;
      expect(Math.abs(totalMs - sum), id).toBeLessThan(1);
      return { totalMs, guestMs: guest?.ms ?? 0, commands: guest?.count, waitingMs, harnessMs };
    };
    expect(part('A-GUEST').commands).toBe(2);
    expect(part('A-GUEST').guestMs).toBeGreaterThan(250);
    expect(part('A-GUEST').waitingMs).toBeLessThan(part('A-GUEST').guestMs);
    expect(part('A-WAITS').waitingMs).toBeGreaterThan(200);
    expect(part('A-WORKS').harnessMs).toBeGreaterThan(250);
    expect(part('A-WORKS')).toMatchObject({ commands: 0, guestMs: 0 });
    expect(part('A-SKIPS')).toMatchObject({ commands: 0, guestMs: 0 });
    expect(profiles['A-GUEST']?.process.peakMemoryKiB).toBeGreaterThan(10_000);
  });

  it('is not taken where nobody asked', async () => {
    const { profiles } = await read(specs, ['a:A-FIRST']);
    expect(profiles).toEqual({ 'A-FIRST': undefined });
  });
});
