import { expect, test as it } from 'vitest';
import { dockerApi } from '../target-host/docker/api.ts';
import { startContainer } from '../target-host/docker/container.ts';
import { type Check, checksIn, declaredChecks, onDeclared } from './check.ts';
import { failureOf, expect as labelledExpect } from './expect.ts';
import { breaks, lifts } from './faults.ts';
import { asFinding, expectDocumented } from './limitation.ts';
import { page } from './sources.ts';

const fileOf = (area: string, name = `${area}.spec.ts`) => ({
  dirname: `/suites/${area}`,
  filename: `/suites/${area}/${name}`,
});
const nothing = { name: 'none', inject: async () => async () => {} };
const claim = {
  level: 'MUST',
  title: 'a claim',
  source: page('https://example.org/', 'a section'),
  remedy: 'none',
  verify: async () => {},
  fault: breaks('a value', nothing),
} as const satisfies Check;

it('the area of a check is the folder of its file, and the daemon has to answer unless it is said otherwise', () => {
  const seen: string[] = [];
  onDeclared(({ id, area, needsDaemon }) => void seen.push(`${id} ${area} ${needsDaemon}`));
  const check = checksIn(fileOf('ports'));
  check('A-ONE', claim);
  check('A-TWO', { ...claim, needsDaemon: false });
  onDeclared(() => {});
  expect(seen).toEqual(['A-ONE ports true', 'A-TWO ports false']);
});

it('an ID is declared once; a file that is read again declares its checks anew', () => {
  checksIn(fileOf('first'))('B-ONE', claim);
  checksIn(fileOf('first'))('B-ONE', { ...claim, title: 'another claim' });
  expect(declaredChecks().find(({ id }) => id === 'B-ONE')?.title).toBe('another claim');
  expect(() => checksIn(fileOf('first', 'other.spec.ts'))('B-ONE', claim)).toThrow(/B-ONE is declared twice/);
  const check = checksIn(fileOf('second'));
  check('B-TWO', claim);
  expect(() => check('B-TWO', claim)).toThrow(/B-TWO is declared twice/);
});

it('what a check may do is the type of its target', () => {
  const declare: (check: Check) => void = () => {};
  declare({ ...claim, readOnly: true, verify: async ({ target }) => void (await target.exec(['true'])) });
  // @ts-expect-error a check that only reads takes nothing back
  declare({ ...claim, readOnly: true, verify: async ({ defer }) => defer(async () => {}) });
  // @ts-expect-error nor does it log in
  declare({ ...claim, readOnly: true, verify: async ({ target }) => void (await target.login('true')) });
  // @ts-expect-error nor starts a container
  declare({ ...claim, readOnly: true, verify: async ({ target }) => void (await startContainer(target)) });
  // @ts-expect-error nor asks the daemon for a change
  declare({ ...claim, readOnly: true, verify: async ({ target }) => void (await dockerApi(target, 'POST', '/x')) });
  // @ts-expect-error only a check that restarts the daemon may reboot
  declare({ ...claim, verify: async ({ target }) => await target.reboot() });
  declare({ ...claim, restartsDaemon: true, verify: async ({ target }) => await target.reboot() });
  // @ts-expect-error nor is it judged while others are
  declare({ ...claim, restartsDaemon: true, concurrent: true });
  // @ts-expect-error a rootful daemon is not the one that a user unit starts anew
  declare({ ...claim, restartsDaemon: true, triage: {} });
  // @ts-expect-error a limitation is lifted by its fault
  declare({ ...claim, level: 'LIMITATION' });
  declare({ ...claim, level: 'LIMITATION', fault: lifts('a value', nothing) });
  // @ts-expect-error and nothing else is
  declare({ ...claim, fault: lifts('a value', nothing) });
  // the compiler has judged; this only says so to the runner
  expect(declare).toBeTypeOf('function');
});

/** The fields of what an expectation throws. */
function failureBy(expectation: () => void) {
  try {
    expectation();
  } catch (error) {
    const { label, finding } = failureOf(error);
    return { label, finding };
  }
  return undefined;
}

it.each<[string, () => void, object | undefined]>([
  ['with a label', () => labelledExpect(1, 'the value').toBe(2), { label: 'the value', finding: undefined }],
  ['negated', () => labelledExpect(1, 'the value').not.toBe(1), { label: 'the value', finding: undefined }],
  ['without a label', () => labelledExpect(1).toBe(2), { label: undefined, finding: undefined }],
  ['that holds', () => labelledExpect(1, 'the value').toBe(1), undefined],
  ['of a limitation that is lifted', () => expectDocumented(null, /no/, 'it'), { label: 'it', finding: 'lifted' }],
  ['of one that differs', () => expectDocumented('never', /no/, 'it'), { label: 'it', finding: 'differs' }],
  [
    'of a finding of its own',
    () => asFinding('lifted', () => labelledExpect(1, 'lifted: the value').toBe(2)),
    { label: 'the value', finding: 'lifted' },
  ],
])('the failure of an expectation %s', (_, expectation, fields) => {
  expect(failureBy(expectation)).toEqual(fields);
});

it('a message is that of the expectation, whatever fields its error has', () => {
  expect(() => labelledExpect(1, 'the value').toBe(2)).toThrow('the value: expected 2, found 1');
});

it('an expectation awaited in the words of another one does not lend it its label', async () => {
  const inner = async () => {
    labelledExpect(1, 'inner').toBe(1);
    return 2;
  };
  const outer = (async () => labelledExpect(1, 'outer').toBe(await inner()))();
  expect(failureOf(await outer.catch((error) => error)).label).toBe('outer');
});
