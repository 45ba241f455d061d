import type { DeclaredCheck } from '../../harness/checks/check.ts';
import { labelsOf } from '../../harness/checks/faults.ts';
import { loadChecks } from '../../harness/checks/load-checks.ts';
import { exitCodes, RdcError } from '../../harness/messages/errors.ts';
import { parseWords } from '../options/command-line.ts';
import { selectChecks } from '../run/select-checks.ts';

/** `rdc explain ID`: everything a check declares. */
export async function explainCommand(words: readonly string[]): Promise<number> {
  const [id] = parseWords(words, {}, { command: 'explain', most: 1 }).positionals;
  if (id === undefined)
    throw new RdcError('USAGE', 'the ID of a check is missing', { hint: './rdc explain NS-UIDMAP' });
  const [check] = selectChecks(await loadChecks(), { checks: [id], suites: undefined, levels: undefined });
  if (!check) throw new RdcError('UNKNOWN_CHECK', `no check is called ${id}`, { hint: './rdc list' });
  const rows: readonly [string, string][] = [
    ['claim', check.title],
    ['level', check.level],
    ['area', check.area],
    ['source', `${check.source.url} (${check.source.section})`],
    ['applies', check.applies ? `depending on the host (\`applies\` in suites/${check.area})` : 'everywhere'],
    ['needs', check.needsDaemon ? 'SOCK-PATH' : 'nothing'],
    ['disruptive', check.restartsDaemon ? 'yes: restarts the daemon' : 'no'],
    ['beside others', (check.concurrent ?? check.readOnly) ? 'yes: judged while others are' : 'no'],
    ['only reads', check.readOnly ? 'yes: also in rdc doctor TARGET' : 'no'],
    ['remedy', check.remedy],
    ['sabotage', check.fault.name],
    ['other views', viewsText(check)],
    ['turns red with', labelsOf(check.fault).join('; ')],
  ];
  process.stdout.write(`${check.id}\n`);
  for (const [name, text] of rows) process.stdout.write(`  ${name.padEnd(15)}${text}\n`);
  return exitCodes.ok;
}

/** What `rdc run --oracle` can look at besides the verdict. */
function viewsText({ triage }: DeclaredCheck): string {
  if (triage === undefined) return 'none';
  const rootful = triage.notRootful === undefined ? 'a rootful daemon' : `no rootful daemon: ${triage.notRootful}`;
  return [rootful, ...(triage.withoutDocker ? ['the user without Docker'] : [])].join('; ');
}
