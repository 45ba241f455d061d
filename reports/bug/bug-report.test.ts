import { mkdtempSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import type { Results } from '../results/results.schema.ts';
import { runFolderOf } from '../synthetic-runs/run-on-disk.ts';
import { hostileResults, resultsOf } from '../synthetic-runs/runs.ts';
import { foreignResults } from '../synthetic-runs/synthetic-run.ts';
import { applyWaiver } from '../waivers/apply-waivers.ts';
import { readWaivers } from '../waivers/read-waivers.ts';
import { bugReport } from './bug-report.ts';
import { parseEvidence, tellingSteps } from './evidence-steps.ts';

type Reader = new (options: object) => { render(text: string): string };
const MarkdownIt: Reader = createRequire(import.meta.url)('markdown-it');
// all that GitHub and GitLab read
const reader = new MarkdownIt({ html: true, linkify: true });

const today = new Date('2026-11-30T12:00:00Z');
const evidence = `# sh -c 'set -e
awk '\\''{print $1}'\\'' /etc/subuid'
tester:100000:4096
exit code 0, 12 ms

$ sh -lc 'command -v newuidmap'
exit code 127, 3 ms

container of rdc/fixture:1 with {"host":{"Memory":33554432}}

in the container: probe ids
{"uid":0}
exit code 0

$ sh -c 'export LC_ALL=C; df -Pk /home; t=$(mktemp "$d/rdc.XXXXXX")'
4096
exit code 0, 5 ms
`;

function targetsOf(...all: Results[]) {
  return all.map((results) => {
    const folder = runFolderOf([results, { 'evidence/PRE-SUBID-COUNT.txt': evidence }]);
    return { results, folder: join(folder, results.target.name) };
  });
}

it('commands of the evidence are as a person types them', () => {
  expect(parseEvidence(evidence)).toEqual([
    { prompt: '#', typed: "awk '{print $1}' /etc/subuid", output: 'tester:100000:4096' },
    { prompt: '$', typed: "sh -lc 'command -v newuidmap'", output: 'exit code 127' },
    { typed: 'container of rdc/fixture:1 with {"host":{"Memory":33554432}}', output: '' },
    { typed: 'in the container: probe ids', output: '{"uid":0}\nexit code 0' },
    {
      prompt: '$',
      typed: 'export LC_ALL=C; df -Pk /home; t=$(mktemp "$d/rdc.XXXXXX")',
      output: '4096\nexit code 0'.slice(0, 4),
    },
  ]);
});

it('evidence that is cut off, or no evidence at all, is taken as far as it goes', () => {
  expect(parseEvidence("$ sh -c 'echo\n[2000 more characters]")).toEqual([
    { prompt: '$', typed: "sh -c 'echo\n[2000 more characters]", output: 'cut off' },
  ]);
  expect(parseEvidence('')).toEqual([]);
});

it('the steps that show what was found are kept, and not what the suite does for itself', () => {
  const steps = tellingSteps(parseEvidence(evidence), 'subordinate UIDs: expected at least 65536, found 4096');
  expect(steps.map(({ typed }) => typed)).toEqual(["awk '{print $1}' /etc/subuid"]);
  const long = {
    prompt: '$',
    typed: 'ps',
    output: Array.from({ length: 50 }, (_, n) => `line ${n}`).join('\n'),
  } as const;
  expect(tellingSteps([long], 'no word of it')[0]?.output).toMatch(/^… \(38 more lines\)\nline 38\n/);
});

it('a report says where, what was typed, what was expected and what was found', () => {
  const report = bugReport('PRE-SUBID-COUNT', targetsOf(resultsOf()), { reproduce: 'cat /etc/subuid', today });
  expect(report.split('\n')[0]).toMatch(
    /^# subordinate UIDs: expected at least 65536, found 4096 .*Debian GNU\/Linux 13/,
  );
  expect(report).toContain('| Docker | `Docker 26.1.5` |');
  expect(report).toContain('```sh\ncat /etc/subuid\n```');
  expect(report).toContain('`./rdc run debian-13 --check PRE-SUBID-COUNT`');
  expect(report).toContain("```console\n# awk '{print $1}' /etc/subuid\ntester:100000:4096\n```");
  expect(report.match(/^## .*/gm)).toEqual([
    '## Steps to reproduce',
    '## Expected',
    '## Found',
    '## Evidence',
    '## Remedy',
    '## Links',
  ]);
});

it('of several targets it says on which the check passes', () => {
  const green = resultsOf();
  const other = {
    ...green,
    target: { ...green.target, name: 'debian-12' },
    checks: green.checks.map((check) => ({ ...check, verdict: 'pass' }) as const),
  };
  const report = bugReport('PRE-SUBID-COUNT', targetsOf(other, green), { today });
  expect(report).toContain('| `debian-12` | `Debian GNU/Linux 13 (trixie)` | pass |');
  expect(report).toContain('| `debian-13` | `Debian GNU/Linux 13 (trixie)` | fail |');
});

it('the waiver can be pasted, and waives the failure of that run', () => {
  const results = resultsOf();
  const report = bugReport('PRE-SUBID-COUNT', targetsOf(results), { today });
  const file = join(mkdtempSync(join(tmpdir(), 'rdc-bug-')), 'waivers.json');
  writeFileSync(file, /```json\n([\s\S]*?)\n```/.exec(report)?.[1] ?? '');
  const waivers = readWaivers(file, ['PRE-SUBID-COUNT']);
  expect(waivers[0]?.expires).toBe('2027-02-28');
  const check = results.checks.find(({ id }) => id === 'PRE-SUBID-COUNT');
  if (check === undefined) throw new Error('the run has no PRE-SUBID-COUNT');
  expect(applyWaiver(check, waivers, { known: results, today: '2026-12-01' }).waiver?.state).toBe('expected');
});

it('a check that is not red is refused, with those that are', () => {
  const run = targetsOf(resultsOf());
  expect(() => bugReport('NS-UIDMAP', run, { today })).toThrow(
    'NS-UIDMAP is pass on debian-13: there is nothing to report',
  );
  expect(() => bugReport('NO-SUCH', run, { today })).toThrow('NO-SUCH is not in this run');
});

it('no text of a target becomes markup', () => {
  for (const results of [hostileResults(), foreignResults('ssh-host')]) {
    const red = results.checks.filter(({ verdict }) => verdict === 'fail' || verdict === 'error');
    for (const { id } of red) {
      const report = bugReport(id, [{ results, folder: '/nonexistent' }], { today });
      const html = reader.render(report);
      expect(html).not.toMatch(/<(script|img|svg|iframe|b)\b|href="javascript:/);
      expect(html.match(/<h1>/g)).toHaveLength(1);
    }
  }
});
