import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { XMLParser } from 'fast-xml-parser';
import { describe, expect, test as it } from 'vitest';
import { readMachines } from '../../harness/lab/catalog/machines.ts';
import { plainLine, plainText } from '../../harness/messages/plain-text.ts';
import { anyText, holds, mutated, outcomeOf, timeOf } from '../../harness/test-doubles/properties.ts';
import { junitXml } from '../formats/junit.ts';
import { tapDocument } from '../formats/tap.ts';
import { boundedRecord } from '../recording/bounded-json.ts';
import { countVerdicts, everyCheck, ruleConformance } from '../results/conformance.ts';
import { readResults } from '../results/read-results.ts';
import type { JudgedCheck, Results } from '../results/results.schema.ts';
import { readWaivers } from '../waivers/read-waivers.ts';
import { reasonOf, reportedVerdict } from '../wording/verdict-words.ts';

const limitMs = 180_000;
const file = join(mkdtempSync(join(tmpdir(), 'rdc-property-')), 'document.json');
const controls = /(?![\n\t])[\p{Cc}\p{Cf}\u2028\u2029]/u;

const text = (maxChars: number) => anyText.map((value) => plainText(value, maxChars).slice(0, maxChars).toWellFormed());
const level = fc.constantFrom('MUST', 'SHOULD', 'MAY', 'LIMITATION', 'WORKAROUND');
const verdict = fc.constantFrom('pass', 'fail', 'skip', 'blocked', 'error');
const ids = fc.uniqueArray(fc.stringMatching(/^[A-Z][A-Z0-9-]{0,11}$/), { maxLength: 6 });

function checkOf(id: string): fc.Arbitrary<JudgedCheck> {
  return fc.record(
    {
      id: fc.constant(id),
      area: fc.constantFrom('ports', 'network'),
      level,
      title: text(80),
      verdict,
      durationMs: fc.nat(),
      reason: text(120),
      finding: fc.constantFrom('lifted', 'differs'),
      blockedBy: fc.constantFrom('A', 'B', id),
      remedy: text(80),
      flaky: fc.boolean(),
    },
    { requiredKeys: ['id', 'area', 'level', 'title', 'verdict', 'durationMs'] },
  );
}

/** Results that hold together, as a run writes them. */
const results: fc.Arbitrary<Results> = fc
  .tuple(
    ids.chain((all) => fc.tuple(...all.map(checkOf))),
    text(60),
    fc.option(text(60)),
    fc.jsonValue({ maxDepth: 3 }),
  )
  .map(([checks, name, incomplete, fact]) => {
    const open = incomplete === null ? {} : { incomplete };
    return {
      schema: '1',
      suite: { version: '0.1.0', digest: 'sha256:0' },
      run: { id: 'run', startedAt: '2026-11-22T05:00:00.000Z', durationMs: 1, infraRetries: 0 },
      target: { name: name || 'x', kind: 'ssh' },
      // JSON has no -0
      facts: { host: JSON.parse(JSON.stringify(boundedRecord({ fact }))), daemon: null },
      checks,
      ledger: countVerdicts(checks),
      conformance: ruleConformance({ checks, ...open }).conformance,
      ...open,
    };
  });

function reading<T>(document: string, read: () => T): T | 'refused' {
  writeFileSync(file, document);
  return outcomeOf(read);
}

describe('results.json', { timeout: limitMs }, () => {
  it('is read as it was written', () => {
    holds(
      results,
      (written) => expect(reading(JSON.stringify(written), () => readResults(file))).toEqual(written),
      0.5,
    );
  });

  it('that was changed is refused, or says no more than its own checks do', () => {
    holds(
      mutated(results.map((one) => JSON.stringify(one))),
      (document) => {
        const read = reading(document, () => readResults(file));
        if (read === 'refused') return;
        expect(read.ledger).toEqual(countVerdicts(read.checks));
        expect(read.conformance).toBe(ruleConformance(read, read.run.gate).conformance);
        expect(new Set(read.checks.map(({ id }) => id)).size).toBe(read.checks.length);
        expect(JSON.parse(document).checks.length).toBe(read.checks.length);
        expect(JSON.stringify([read.checks, read.target, read.incomplete])).not.toMatch(controls);
      },
      0.5,
    );
  });
});

type Case = { name: string; failure?: { message: string }; error?: { message: string }; skipped?: { message: string } };
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  trimValues: false,
  htmlEntities: true,
  processEntities: { enabled: true, maxTotalExpansions: 1_000_000, maxExpandedLength: 10_000_000 },
  isArray: (name) => name === 'testsuite' || name === 'testcase',
});

describe('exports, read by others', { timeout: limitMs }, () => {
  const asWritten = (value: string) => value.replaceAll('\r', '');
  it('junit.xml has every check, with its verdict and its reason', () => {
    holds(
      results,
      (one) => {
        const suites = (parser.parse(junitXml(one)).testsuites?.testsuite ?? []) as { testcase: Case[] }[];
        const cases = new Map(suites.flatMap(({ testcase }) => testcase).map((each) => [each.name, each]));
        for (const check of everyCheck(one)) {
          const found = cases.get(`${check.id}: ${plainLine(check.title)}`) ?? expect.fail(`no case of ${check.id}`);
          const reported = reportedVerdict(check);
          expect([found.failure !== undefined, found.error !== undefined, found.skipped !== undefined]).toEqual([
            reported === 'fail',
            reported === 'error',
            reported === 'skip' || reported === 'blocked',
          ]);
          const message = (found.failure ?? found.error ?? found.skipped)?.message;
          if (reported !== 'pass') expect(message).toBe(asWritten(reasonOf(check)));
        }
      },
      0.5,
    );
  });

  it('TAP has every check, with its verdict', () => {
    holds(
      results,
      (one) => {
        const lines = tapDocument(one).split('\n');
        const checks = everyCheck(one);
        expect(lines.slice(0, 2)).toEqual(['TAP version 14', `1..${checks.length}`]);
        const points = lines.flatMap((line) => /^(not )?ok (\d+) - ([A-Z0-9-]+):/.exec(line)?.slice(1) ?? []);
        const expected = checks.flatMap((check, index) => {
          const isRed = ['fail', 'error'].includes(reportedVerdict(check));
          return [isRed ? 'not ' : undefined, String(index + 1), check.id];
        });
        expect(points).toEqual(expected);
        expect(lines.some((line) => line.startsWith('Bail out!'))).toBe(one.conformance === 'inconclusive');
      },
      0.5,
    );
  });
});

describe('waivers', { timeout: limitMs }, () => {
  const day = fc.date({ min: new Date('2020-01-01'), max: new Date('2039-12-31'), noInvalidDate: true });
  const waiver = fc.record({
    check: fc.constantFrom('A', 'B'),
    when: fc.dictionary(
      fc.constantFrom('host.kernel', 'target.name'),
      fc.constantFrom('x', 7, null, { matches: '^6' }),
    ),
    reason: fc.stringMatching(/^[ -~]{1,30}$/),
    bug: fc.constant('https://bugs.example.org/1'),
    owner: fc.constant('me'),
    expires: day.map((date) => date.toISOString().slice(0, 10)),
  });
  it('are read as they were written, and refused when an id, a day or a property is none', () => {
    const document = fc.array(waiver, { maxLength: 4 }).map((all) => JSON.stringify(all));
    holds(
      fc.oneof(document, mutated(document)),
      (written) => {
        const read = reading(written, () => readWaivers(file, ['A', 'B']));
        if (read === 'refused') return;
        expect(read).toEqual(JSON.parse(written));
        for (const { check, expires, reason, owner } of read) {
          const [year = 0, month = 0, date = 0] = expires.split('-').map(Number);
          expect(new Date(Date.UTC(year, month - 1, date)).toISOString().slice(0, 10)).toBe(expires);
          expect(['A', 'B'].includes(check) && reason !== '' && owner !== '').toBe(true);
        }
      },
      0.5,
    );
    holds(
      document,
      (written) => expect(reading(written, () => readWaivers(file, ['A', 'B']))).not.toBe('refused'),
      0.25,
    );
  });
});

describe('machines.json', { timeout: limitMs }, () => {
  const committed = readFileSync(join(import.meta.dirname, '../../vms/machines.json'), 'utf8');
  it('that was changed is refused, or is what JSON says, with names that are one each', () => {
    type Entry = { distribution?: string; channel?: string };
    type Listed = { default: string; defaults?: { channel?: string }; machines: Entry[]; fromImages?: Entry[] };
    const asRead = (text: string) => {
      const { default: name, defaults = {}, machines, fromImages = [] } = JSON.parse(text) as Listed;
      const { channel = 'distro', ...sizes } = defaults;
      const complete = ({ distribution, channel: own = channel, ...entry }: Entry) => {
        const provision = { channel: own, recipe: `rootless-${distribution}` };
        return { ...sizes, provision, ...entry };
      };
      return { default: name, machines: [...machines, ...fromImages].map(complete) };
    };
    expect(readMachines(join(import.meta.dirname, '../../vms/machines.json'))).toEqual(asRead(committed));
    holds(
      mutated(fc.constant(committed)),
      (document) => {
        const read = reading(document, () => readMachines(file));
        if (read === 'refused') return;
        const names = read.machines.map(({ name }) => name);
        // what no UTF-8 can say was replaced on its way through the file
        expect(read).toEqual(asRead(document.toWellFormed()));
        expect(new Set(names).size).toBe(names.length);
        expect(names).toContain(read.default);
      },
      0.25,
    );
  });
});

describe('text of a target', { timeout: limitMs }, () => {
  const pieces = [
    '\u001b]0;',
    '\u001b[',
    '\u009b31m',
    '\u0007',
    '\u202e',
    '\ud800',
    'plain',
    '\n',
    '\r',
    '\u001b\\',
    '…',
  ];
  const hostile = fc.oneof(
    anyText,
    fc.array(fc.oneof(fc.constantFrom(...pieces), anyText)).map((all) => all.join('')),
  );
  it('has no control character left, is bounded, and does not change again', () => {
    holds(hostile, (value) => {
      const plain = plainText(value, 300);
      expect(plain).not.toMatch(controls);
      expect(plain.length).toBeLessThan(360);
      expect(plainText(plain, 1_000)).toBe(plain);
      expect(plainLine(value)).not.toMatch(/[\n\t]/);
    });
  });

  it('of printable characters stays what it is', () => {
    holds(fc.stringMatching(/^[ -~\n\t]{0,200}$/), (value) => expect(plainText(value)).toBe(value));
  });

  it('is cleaned in time', () => {
    const slow = pieces.map((piece) => ({ piece, ms: timeOf(plainText, piece) })).filter(({ ms }) => ms > 2_000);
    expect(slow).toEqual([]);
  });
});

describe('facts on disk', { timeout: limitMs }, () => {
  it('are JSON of bounded depth, whatever they were', () => {
    holds(
      fc.dictionary(fc.string(), fc.anything({ maxDepth: 4 })),
      (facts) => {
        const bounded = boundedRecord(facts);
        const json = JSON.stringify(bounded);
        expect(JSON.stringify(JSON.parse(json))).toBe(json);
        expect(Object.getPrototypeOf(bounded)).toBe(Object.prototype);
      },
      0.5,
    );
  });
});
