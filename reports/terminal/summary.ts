import { relative } from 'node:path';
import { plainLine, plainText } from '../../harness/messages/plain-text.ts';
import { newerThanVerified } from '../../harness/verdicts/engine-changes.ts';
import { everyCheck, isStale, judgedCount, ruleConformance } from '../results/conformance.ts';
import type { JudgedCheck, Results } from '../results/results.schema.ts';
import type { Style } from '../wording/style.ts';
import {
  blameText,
  channelText,
  containerText,
  countsText,
  findingWords,
  reasonOf,
  viewsText,
} from '../wording/verdict-words.ts';

/** What a maintainer acts on, for one target: what failed, why, what to do; then what could not be judged, and skips. */
export function targetSummary(results: Results & { isUnverified?: true | undefined }, style: Style): string {
  const { target, incomplete, checks, isUnverified } = results;
  const name = plainLine(target.name);
  const parts = [style.bold(`── ${name} ${'─'.repeat(Math.max(3, 60 - name.length))}`)];
  const isUntouched = incomplete !== undefined && checks.length === 0;
  const sections = isUntouched
    ? { 'Not judged': [style.wrap(plainText(incomplete, 1_500), '  ')] }
    : sectionsOf(results, style);
  for (const [heading, entries] of Object.entries(sections))
    if (entries.length > 0) parts.push([style.bold(`${heading}:`), ...entries].join('\n'));
  const container = containerText(results);
  if (container !== undefined && !isUntouched) parts.push(style.bold(`provider: ${container}`));
  if (!isUntouched) parts.push(...engineLines(results).map((line) => style.bold(line)));
  if (isUnverified && !isUntouched) parts.push(style.bold(unverifiedLine));
  return `${[...parts, countsLine(results)].join('\n\n')}\n`;
}

function engineLines({ target, facts }: Results): string[] {
  const { channel, engine } = target;
  const versions = facts?.host.versions;
  const newer = newerThanVerified(typeof versions === 'object' && versions !== null ? { ...versions } : {});
  return [
    ...(channel === undefined || channel === 'distro'
      ? []
      : [`Docker by: ${channelText(channel)}${engine ? `, ${engine.digest.slice(0, 12)}` : ''}`]),
    ...(newer.length > 0 ? [`newer than what this suite was verified with: ${newer.join(', ')}`] : []),
  ];
}

function sectionsOf(results: Results, style: Style): Readonly<Record<string, readonly string[]>> {
  const checks = everyCheck(results);
  const of = (verdict: JudgedCheck['verdict']) =>
    grouped(
      checks.filter((check) => check.verdict === verdict),
      style,
    );
  const failed = checks.filter(({ verdict, waiver }) => verdict === 'fail' && waiver === undefined);
  const failures = (isLimitation: boolean) =>
    failed.filter(({ finding }) => isLimitation === Boolean(finding)).map((check) => failure(check, style));
  const { conformance, because } = ruleConformance(results, results.run.gate);
  const doubts = conformance === 'inconclusive' ? because.map((doubt) => style.wrap(plainText(doubt), '  ')) : [];
  const expected = checks.filter(({ waiver }) => waiver?.state === 'expected');
  return {
    Failed: failures(false),
    'Limitations that are not as documented': failures(true),
    'Limitations as documented, by three views': limitationViews(checks, style),
    'Could not be judged (not a finding about the target)': of('error'),
    'Stale waivers': grouped(checks.filter(isStale), style),
    'Expected, by a waiver': grouped(expected, style),
    Blocked: of('blocked'),
    Skipped: of('skip'),
    'Inconclusive, because': doubts,
  };
}

const unverifiedLine =
  'not verified: nobody has judged this machine before, so a failure may be one of its recipe or of its image';

/** e.g. `judged 35 of 37 checks; skipped 2, blocked 0, could not be judged 0`: what was looked at, whatever came of it. */
function countsLine({ checks, ledger, notJudged = [], ratchet }: Results): string {
  const open = ledger.error + notJudged.length;
  const then = ratchet ? ` (${ratchet.judged} on ${plainLine(ratchet.date)})` : '';
  const judged = `judged ${judgedCount(checks)} of ${ledger.total + notJudged.length} checks${then}`;
  return `${judged}; skipped ${ledger.skip}, blocked ${ledger.blocked}, could not be judged ${open}`;
}

export function conclusionLine(results: Results, style: Style): string {
  const { conformance } = ruleConformance(results, results.run.gate);
  const verdict = ({ conformant: 'pass', 'non-conformant': 'fail', inconclusive: 'error' } as const)[conformance];
  const counts = countsText(results.ledger, results.notJudged?.length ?? 0);
  const retries = results.run.infraRetries > 0 ? `; provisioned again ${results.run.infraRetries} time(s)` : '';
  return `${plainLine(results.target.name)}: ${style.verdict(verdict, conformance)} (${counts}${retries})`;
}

function failure(check: JudgedCheck, style: Style): string {
  const { id, level, title, remedy, source, finding, evidence, oracle } = check;
  const [, ...others] = oracle ? viewsText(oracle) : [];
  const rows = [
    ['why', finding ? findingWords[finding] : ''],
    [finding ? '' : 'why', plainText(check.reason ?? 'no reason given', 1_500)],
    ['blame', oracle ? blameText(oracle) : ''],
    // the rootless view is the reason
    ...others.map(([name, text]) => ['', plainText(`${name}: ${text}`, 600)]),
    [finding ? 'remedy' : 'to do', remedy ?? ''],
    ['source', source?.url ?? ''],
    ['evidence', evidence ?? ''],
  ].filter(([, text]) => text);
  const head = `${style.verdict('fail', finding ?? 'FAIL')}  ${style.bold(id)} (${level})  ${plainLine(title)}`;
  const body = rows.map(([label = '', text = '']) => style.hang(`    ${label.padEnd(9)}`, text));
  return [style.line('  ', head), ...body].join('\n');
}

/** Those that hold, by the blame: by design is what is expected, and one line is enough. */
function limitationViews(checks: readonly JudgedCheck[], style: Style): string[] {
  const viewed = checks.filter(({ verdict, oracle }) => verdict === 'pass' && oracle !== undefined);
  return grouped(viewed, style, ({ oracle }) => (oracle ? blameText(oracle) : ''));
}

function grouped(
  checks: readonly JudgedCheck[],
  style: Style,
  textOf = (check: JudgedCheck) => plainText(reasonOf(check), 600),
): string[] {
  return [...Map.groupBy(checks, textOf)].map(([text, same]) => {
    const ids = style.wrap(same.map(({ id }) => id).join(', '), '  ');
    return `${style.verdict(same[0]?.verdict ?? 'skip', ids)}\n${style.wrap(text, '    ')}`;
  });
}

export function reportLines(runFolder: string, report: string): string {
  return [`report   ${fromHere(report)}`, resultsLine(runFolder, ' (and junit.xml, evidence/)')].join('\n');
}

export function resultsLine(runFolder: string, more = ''): string {
  return `results  ${fromHere(runFolder)}/*/results.json${more}`;
}

function fromHere(path: string): string {
  const short = relative(process.cwd(), path);
  return short && !short.startsWith('..') ? short : path;
}
