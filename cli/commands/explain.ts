import type { DeclaredCheck } from '../../harness/checks/check.ts';
import { labelsOf } from '../../harness/checks/faults.ts';
import { loadChecks } from '../../harness/checks/load-checks.ts';
import { exitCodes } from '../../harness/messages/errors.ts';
import { declare, defineCommand } from '../options/command-line.ts';
import { selectChecks } from '../run/select-checks.ts';

const command = declare('explain', 'Shows one check: its claim, source, remedy and fault.', {
  examples: ['explain NS-UIDMAP'],
}).argument('<id>', 'ID of a check; ./rdc list shows them');

/** `rdc explain ID`: everything a check declares. */
export const explainCommand = defineCommand(command, async ([id]) => {
  for (const check of selectChecks(await loadChecks(), { check: [id] })) {
    process.stdout.write(`${check.id}\n`);
    for (const [name, text] of rowsOf(check)) process.stdout.write(`  ${name.padEnd(15)}${text}\n`);
  }
  return exitCodes.ok;
});

function rowsOf(check: DeclaredCheck): [string, string][] {
  return [
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
}

/** What `rdc run --oracle` can look at besides the verdict. */
function viewsText({ triage }: DeclaredCheck): string {
  if (triage === undefined) return 'none';
  const rootful = triage.notRootful === undefined ? 'a rootful daemon' : `no rootful daemon: ${triage.notRootful}`;
  return [rootful, ...(triage.withoutDocker ? ['the user without Docker'] : [])].join('; ');
}
