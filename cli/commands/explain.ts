import type { DeclaredCheck } from '../../harness/checks/check.ts';
import { labelsOf } from '../../harness/checks/faults.ts';
import { loadChecks } from '../../harness/checks/load-checks.ts';
import { exitCodes } from '../../harness/messages/errors.ts';
import { createStyle } from '../../reports/wording/style.ts';
import { withVersion } from '../contracts/outputs.ts';
import { declare, defineCommand } from '../options/command-line.ts';
import { json } from '../options/options.ts';
import { print, printJson } from '../options/output.ts';
import { selectChecks } from '../run/select-checks.ts';

const declared = declare('explain', 'Shows one check: its claim, source, remedy and fault.', {
  examples: ['explain NS-UIDMAP'],
})
  .argument('<id>', 'ID of a check; ./rdc list shows them')
  .addOption(json);

export const command = defineCommand(declared, async ([id], options) => {
  const style = createStyle(false, process.stdout.columns);
  for (const check of selectChecks(await loadChecks(), { check: [id] })) {
    if (options.json) printJson(withVersion('explain', documentOf(check)));
    else print([check.id, ...rowsOf(check).map(([name, text]) => style.line(`  ${name.padEnd(15)}`, text))].join('\n'));
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

/** The same for programs; the names are those of `rdc list --json` and of results.json. */
function documentOf({ id, area, level, title, source, remedy, triage, fault, ...check }: DeclaredCheck) {
  return {
    ...{ id, area, level, title, source, remedy },
    conditional: check.applies !== undefined,
    needs: check.needsDaemon ? ['SOCK-PATH'] : [],
    disruptive: check.restartsDaemon === true,
    sideBySide: (check.concurrent ?? check.readOnly) === true,
    readOnly: check.readOnly === true,
    sabotage: fault.name,
    turnsRedWith: labelsOf(fault),
    ...(check.reproduce === undefined ? {} : { reproduce: check.reproduce }),
    views: {
      rootful: triage !== undefined && triage.notRootful === undefined,
      bare: triage?.withoutDocker !== undefined,
    },
  };
}
