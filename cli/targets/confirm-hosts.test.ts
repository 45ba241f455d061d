import { PassThrough } from 'node:stream';
import { afterEach, expect, test as it } from 'vitest';
import type { DeclaredCheck } from '../../harness/checks/check.ts';
import { type Asked, confirmHosts, planOf } from './confirm-hosts.ts';
import { resolveTargets } from './target-names.ts';

const words = [...process.argv];
afterEach(() => void process.argv.splice(0, process.argv.length, ...words));

const declared = (id: string, about: Partial<DeclaredCheck> = {}) => ({ id, ...about }) as DeclaredCheck;
const reads = declared('A-READS', { readOnly: true });
const starts = declared('A-STARTS');
const restarts = declared('A-RESTARTS', { restartsDaemon: true });

function asked(changes: Partial<Asked> = {}): Asked {
  const targets = resolveTargets(['ssh://tester@host.example']);
  const options = { rootVia: 'sudo', yes: false } as const;
  return { targets, checks: [reads, starts, restarts], mode: 'conformance', options, ...changes };
}

/** Somebody at a terminal who types; what was shown comes back with the answer. */
async function answer(typed: string, what = asked()): Promise<{ isAgreed: boolean; shown: string }> {
  const [input, output] = [new PassThrough(), new PassThrough()];
  input.end(typed);
  const isAgreed = await confirmHosts(what, {
    input: Object.assign(input, { isTTY: true }),
    output: Object.assign(output, { isTTY: true }),
  });
  return { isAgreed, shown: String(output.read() ?? '') };
}

const noTerminal = { input: new PassThrough(), output: new PassThrough() };

it.each([
  ['y\n', true],
  ['Yes\n', true],
  ['\n', false],
  ['n\n', false],
  ['yess\n', false],
  ['', false],
])('the answer %j', async (typed, isAgreed) => {
  expect((await answer(typed)).isAgreed).toBe(isAgreed);
});

it('the question says what is done, and where', async () => {
  const { shown } = await answer('n\n');
  expect(shown).toContain('tester@host.example: 3 checks to run, 1 of them read-only');
  expect(shown).toContain('start, stop and remove containers from it');
  expect(shown).toContain("the user's own among them: A-RESTARTS");
  expect(shown).toContain('some of it as root (--root-via sudo)');
  expect(shown).toContain('Go on with tester@host.example? [y/N]');
  expect(shown).toContain('nothing was run');
});

it('a plan names only what there is', () => {
  const options = { rootVia: 'none', yes: false } as const;
  const calm = planOf('h', { checks: [starts], mode: 'conformance', options });
  expect(calm).not.toMatch(/restart|on purpose/);
  expect(calm).toContain('never as root');
  expect(calm).toContain('only root can remove');
  expect(planOf('h', { checks: [starts], mode: 'fault-test', options })).toContain('break the host on purpose');
});

it('an agreement is remembered when the command starts anew inside of the lab', async () => {
  process.argv.splice(0, process.argv.length, 'node', 'main.ts', 'run', 'ssh://tester@host.example');
  await answer('y\n');
  expect(process.argv).toEqual(['node', 'main.ts', 'run', '--yes', 'ssh://tester@host.example']);
});

it.each(['ssh://tester@host.example', 'local'])('%s without a terminal is refused', async (word) => {
  const refused = confirmHosts(asked({ targets: resolveTargets([word]) }), noTerminal);
  await expect(refused).rejects.toMatchObject({ code: 'USAGE', exitCode: 2, hint: expect.stringContaining('--yes') });
});

it.each([
  ['machines of the lab', asked({ targets: resolveTargets(['debian-13']) })],
  ['--yes', asked({ options: { rootVia: 'sudo', yes: true } })],
  ['checks that only read', asked({ checks: [reads] })],
])('%s are not asked about', async (_, what) => {
  expect(await confirmHosts(what, noTerminal)).toBe(true);
});

it('a fault is not read-only, whatever its check is', async () => {
  await expect(confirmHosts(asked({ checks: [reads], mode: 'fault-test' }), noTerminal)).rejects.toThrow('[USAGE]');
});
