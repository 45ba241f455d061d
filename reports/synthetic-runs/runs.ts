import { hostile } from '../../harness/test-doubles/hostile-texts.ts';
import { TargetRecord } from '../recording/target-record.ts';
import type { JudgedCheck, Results } from '../results/results.schema.ts';
import type { Waiver } from '../waivers/waivers.schema.ts';
import { checks, facts, judged, syntheticRun, syntheticTarget, syntheticVerdicts } from './synthetic-run.ts';

export function resultsOf(verdicts = syntheticVerdicts(), waivers: readonly Waiver[] = []): Results {
  const run = syntheticRun();
  const expected = Object.values(checks).filter(
    ({ id }) => id === 'SOCK-PRIVATE' || verdicts.some((one) => one.id === id),
  );
  const record = new TargetRecord(run, syntheticTarget(run, 'debian-13', expected), waivers);
  record.readFacts({
    ...facts,
    host: { ...facts.host, os: { prettyName: 'Debian GNU/Linux 13 (trixie)' }, versions: { docker: 'Docker 26.1.5' } },
  });
  for (const verdict of verdicts) record.judge(verdict);
  record.end({ infraRetries: 0 });
  return record.results();
}

export function waiver(check: string, changes: Partial<Waiver> = {}): Waiver {
  const bug = 'https://bugs.example.org/1';
  return { check, when: {}, reason: 'known & <fixed> upstream', bug, owner: 'us', expires: '9999-12-31', ...changes };
}

/** Judged to the end: a pass, a skip, a waived failure; nothing that makes it red. */
export function conformantRun(): Results {
  return resultsOf(
    [
      judged(checks.uidMap, { durationMs: 3_725_400, evidence: 'evidence/NS-UIDMAP.txt' }),
      judged(checks.sockets),
      judged(checks.serial, { verdict: 'skip', reason: 'the machine has no second serial port' }),
      judged(checks.subid, { verdict: 'fail', reason: 'subordinate UIDs: expected 4096 to be at least 65536' }),
    ],
    [waiver('PRE-SUBID-COUNT')],
  );
}

const yamlTraps = [
  '---',
  '...',
  '%YAML 1.2',
  '- a: &b *c',
  '!!js/function x',
  '12:30:45',
  'yes',
  '{{x}}',
  '"\\',
  '\t#',
];
const tapTraps = ['ok 99 - smuggled', 'Bail out!', '# SKIP', '1..0', 'x # TODO'];
const unicodeTraps = ['\u0000', '\u0085', '\u2028', '\ufeff', '\ufffe', '\ud800', ']]>', '<!--', '&#0;'];

/** A text that is markup, control characters, directives and no Unicode text at the same time. */
const hostileText = [
  hostile.script,
  hostile.escapes,
  hostile.markdown,
  ...yamlTraps,
  ...tapTraps,
  ...unicodeTraps,
].join('\n');

/** A results file of another hand, valid by the schema, with hostile text wherever that allows text. */
export function hostileResults(): Results {
  const results = resultsOf(syntheticVerdicts(), [waiver('NS-UIDMAP')]);
  const short = (chars: number) => hostileText.slice(-chars);
  const spoil = (check: JudgedCheck): JudgedCheck => ({
    ...check,
    area: short(64),
    title: hostileText.slice(0, 600),
    reason: hostileText,
    remedy: hostileText,
    source: { url: hostileText, section: short(500) },
    evidence: 'evidence/\u001b[2J<b>\n- x: y',
    waiver: { state: 'expected', reason: hostileText, bug: hostileText, owner: short(200), expires: short(10) },
  });
  return {
    ...results,
    suite: { version: short(100), digest: short(200) },
    run: { ...results.run, id: short(200) },
    target: { ...results.target, name: short(255) },
    facts: { host: { kernel: hostileText, architecture: hostileText }, daemon: null },
    checks: results.checks.map((check) => (check.verdict === 'fail' ? spoil(check) : { ...check, area: '' })),
  };
}
