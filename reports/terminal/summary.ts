import { relative } from 'node:path';
import { plainLine, plainText } from '../../harness/messages/plain-text.ts';
import { newerThanVerified } from '../../harness/verdicts/engine-changes.ts';
import { judgedCount, ruleConformance } from '../results/conformance.ts';
import { everyCheck } from '../results/every-check.ts';
import type { JudgedCheck, Results } from '../results/results.schema.ts';
import type { Style } from '../wording/style.ts';
import {
  blameText,
  channelText,
  countsText,
  findingWords,
  providerText,
  reasonOf,
  viewsText,
} from '../wording/verdict-words.ts';

/** What a maintainer acts on, for one target: what failed, why, what to do; then what could not be judged, and skips. */
export function targetSummary(results: Results & { isUnverified?: true | undefined }, style: Style): string {
  const name = plainLine(results.target.name);
  const heading = style.bold(`── ${name} ${'─'.repeat(Math.max(3, 60 - name.length))}`);
  if (results.incomplete !== undefined && results.checks.length === 0) {
    return `${heading}\n\n${section('Not judged', [style.wrap(plainText(results.incomplete, 1_500), '  ')], style)}\n\n${countsLine(results)}\n`;
  }
  const checks = everyCheck(results);
  const of = (verdict: JudgedCheck['verdict']) => checks.filter((check) => check.verdict === verdict);
  const failed = of('fail').filter(({ waiver }) => waiver === undefined);
  const waived = (isStale: boolean) =>
    checks.filter(({ waiver }) => waiver !== undefined && (waiver.state !== 'expected') === isStale);
  const { conformance, because } = ruleConformance(results, results.run.gate);
  const doubts = conformance === 'inconclusive' ? because.map((doubt) => style.wrap(plainText(doubt), '  ')) : [];
  const sections = [
    section(
      'Failed',
      failed.filter(({ finding }) => !finding).map((check) => failure(check, style)),
      style,
    ),
    section(
      'Limitations that are not as documented',
      failed.filter(({ finding }) => finding).map((check) => failure(check, style)),
      style,
    ),
    section('Limitations as documented, by three views', limitationViews(checks, style), style),
    section('Could not be judged (not a finding about the target)', grouped(of('error'), style), style),
    section('Stale waivers', grouped(waived(true), style), style),
    section('Expected, by a waiver', grouped(waived(false), style), style),
    section('Blocked', grouped(of('blocked'), style), style),
    section('Skipped', grouped(of('skip'), style), style),
    section('Inconclusive, because', doubts, style),
  ].filter(Boolean);
  if (results.target.provider === 'nspawn')
    sections.push(style.bold(`provider: ${providerText(results.target.provider)}${kernelOf(results)}`));
  const { channel, engine } = results.target;
  if (channel !== undefined && channel !== 'distro')
    sections.push(style.bold(`Docker by: ${channelText(channel)}${engine ? `, ${engine.digest.slice(0, 12)}` : ''}`));
  const newer = newerThanVerified(recordOf(results.facts?.host.versions));
  if (newer.length > 0) sections.push(style.bold(`newer than what this suite was verified with: ${newer.join(', ')}`));
  if (results.isUnverified) sections.push(style.bold(unverifiedLine));
  sections.push(countsLine(results));
  return `${[heading, ...sections].join('\n\n')}\n`;
}

const unverifiedLine =
  'not verified: nobody has judged this machine before, so a failure may be one of its recipe or of its image';

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** What a container's verdicts are those of. */
function kernelOf({ facts }: Results): string {
  const kernel = facts?.host.kernel;
  return typeof kernel === 'string' ? `, ${plainLine(kernel, 100)}` : '';
}

/** e.g. `judged 35 of 37 checks; skipped 2, blocked 0, could not be judged 0`: what was looked at, whatever came of it. */
function countsLine({ checks, ledger, notJudged = [], ratchet }: Results): string {
  const open = ledger.error + notJudged.length;
  const then = ratchet ? ` (${ratchet.judged} on ${plainLine(ratchet.date)})` : '';
  const judged = `judged ${judgedCount(checks)} of ${ledger.total + notJudged.length} checks${then}`;
  return `${judged}; skipped ${ledger.skip}, blocked ${ledger.blocked}, could not be judged ${open}`;
}

/** e.g. `debian-13: non-conformant (35 pass, 2 fail)` */
export function conclusionLine(results: Results, style: Style): string {
  const { conformance } = ruleConformance(results, results.run.gate);
  const verdict = ({ conformant: 'pass', 'non-conformant': 'fail', inconclusive: 'error' } as const)[conformance];
  const counts = countsText(results.ledger, results.notJudged?.length ?? 0);
  const retries = results.run.infraRetries > 0 ? `; provisioned again ${results.run.infraRetries} time(s)` : '';
  return `${plainLine(results.target.name)}: ${style.verdict(verdict, conformance)} (${counts}${retries})`;
}

function section(heading: string, entries: readonly string[], style: Style): string {
  return entries.length > 0 ? `${style.bold(`${heading}:`)}\n${entries.join('\n')}` : '';
}

function failure(check: JudgedCheck, style: Style): string {
  const { id, level, title, remedy, source, finding, evidence } = check;
  const rows = [
    ['why', finding ? findingWords[finding] : ''],
    [finding ? '' : 'why', plainText(check.reason ?? 'no reason given', 1_500)],
    ...viewRows(check),
    [finding ? 'remedy' : 'to do', remedy ?? ''],
    ['source', source?.url ?? ''],
    ['evidence', evidence ?? ''],
  ].filter(([, text]) => text);
  const head = `${style.verdict('fail', finding ?? 'FAIL')}  ${style.bold(id)} (${level})  ${plainLine(title)}`;
  const body = rows.map(([label = '', text = '']) => style.hang(`    ${label.padEnd(9)}`, text));
  return [style.line('  ', head), ...body].join('\n');
}

/** With `--oracle`: the blame, and the views that it was placed by; the rootless one is the reason above. */
function viewRows({ oracle }: JudgedCheck): [label: string, text: string][] {
  if (oracle === undefined) return [];
  const [, ...others] = viewsText(oracle);
  return [
    ['blame', blameText(oracle)],
    ...others.map(([name, text]): [string, string] => ['', plainText(`${name}: ${text}`, 600)]),
  ];
}

/** Those that hold, by the blame: by design is what is expected, and one line is enough. */
function limitationViews(checks: readonly JudgedCheck[], style: Style): string[] {
  const viewed = checks.filter(({ verdict, oracle }) => verdict === 'pass' && oracle !== undefined);
  const byBlame = Map.groupBy(viewed, ({ oracle }) => (oracle ? blameText(oracle) : ''));
  return [...byBlame].map(([blame, same]) => {
    const ids = style.wrap(same.map(({ id }) => id).join(', '), '  ');
    return `${style.verdict('pass', ids)}\n${style.wrap(blame, '    ')}`;
  });
}

/** Checks with the same reason share one line. */
function grouped(checks: readonly JudgedCheck[], style: Style): string[] {
  const byReason = Map.groupBy(checks, (check) => plainText(reasonOf(check), 600));
  return [...byReason].map(([reason, same]) => {
    const ids = style.wrap(same.map(({ id }) => id).join(', '), '  ');
    const verdict = same[0]?.verdict ?? 'skip';
    return `${style.verdict(verdict, ids)}\n${style.wrap(reason, '    ')}`;
  });
}

/** Where the reports lie, as paths that can be pasted. */
export function reportLines(runFolder: string, report: string): string {
  return [`report   ${fromHere(report)}`, resultsLine(runFolder, ' (and junit.xml, evidence/)')].join('\n');
}

/** Of a run that leaves its results and nothing else. */
export function resultsLine(runFolder: string, more = ''): string {
  return `results  ${fromHere(runFolder)}/*/results.json${more}`;
}

function fromHere(path: string): string {
  const short = relative(process.cwd(), path);
  return short && !short.startsWith('..') ? short : path;
}
