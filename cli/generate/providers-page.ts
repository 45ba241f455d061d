import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeclaredCheck } from '../../harness/checks/check.ts';
import { checkout } from '../../harness/this-machine/paths.ts';
import { escapeMarkdown, generatedNote, table } from './markdown.ts';
import type { Judged } from './recorded-verdicts.ts';

/** The machines that are compared. */
const machines = ['debian-12', 'debian-13'] as const;

/**
 * Why a check has another verdict in a container, where the reason of a skip does not say it: by check, or by check and
 * machine (`PRE-SUBID-NUM debian-12`). Somebody looked for it.
 */
export type WrittenReasons = Readonly<Record<string, string>>;

export const reasonsFile = 'docs/provider-differences.json';

export function readReasons(): WrittenReasons {
  return JSON.parse(readFileSync(join(checkout, reasonsFile), 'utf8')) as WrittenReasons;
}

export type Difference = {
  readonly id: string;
  readonly machine: string;
  readonly vm: string;
  readonly container: string;
  /** undefined where nobody says it */
  readonly reason: string | undefined;
  /** the entry of the written reasons that says it */
  readonly writtenAs?: string;
};

/** Every check that was judged by both providers with different verdicts. A skip in the container has its own reason. Pure. */
export function differencesOf(judged: Judged, written: WrittenReasons): Difference[] {
  return Object.keys(judged.containers.checks)
    .sort()
    .flatMap((id) => machines.flatMap((machine) => differenceOf(judged, written, { id, machine })));
}

type Place = { readonly id: string; readonly machine: string };

function differenceOf(judged: Judged, written: WrittenReasons, { id, machine }: Place): Difference[] {
  const vm = verdictOf(judged.checks[id]?.[machine]);
  const container = verdictOf(judged.containers.checks[id]?.[machine]);
  if (vm === '' || container === '' || vm === container) return [];
  const difference = { id, machine, vm, container };
  const own = judged.containers.skipped[id]?.[machine];
  if (own !== undefined) return [{ ...difference, reason: own }];
  const writtenAs = [`${id} ${machine}`, id].find((key) => key in written);
  if (writtenAs === undefined) return [{ ...difference, reason: undefined }];
  return [{ ...difference, reason: written[writtenAs], writtenAs }];
}

function verdictOf(word = ''): string {
  return word.split(' ')[0] ?? '';
}

/** docs/reference/providers.md: each check on both machines, as a VM and as a container. */
export function providersPage(checks: readonly DeclaredCheck[], judged: Judged, written: WrittenReasons): string {
  const differences = differencesOf(judged, written);
  return `# VMs and containers

${generatedNote}

What each check said on the same machine as a VM (\`--provider libvirt\`) and as a [container](../guides/containers.md)
(\`--provider nspawn\`). A container has the kernel of the machine that runs it, so its verdicts are of that kernel: these were made
on ${kernelNote}. They never count as \`verified\`.

## In short

${table(shortRows(checks, judged, differences), 'left')}

## Differences

${differencesText(differences)}

## Every check

\`=\` is the same verdict as in the VM; empty: not judged.

${table(everyRow(checks, judged), 'left')}
`;
}

const kernelNote =
  'a kernel 6.18 whose cgroup controllers sit on v1 hierarchies and whose root may not raise hard limits';

function shortRows(
  checks: readonly DeclaredCheck[],
  judged: Judged,
  differences: readonly Difference[],
): readonly (readonly string[])[] {
  const rows = machines.map((machine) => {
    const both = checks.filter(({ id }) => judged.checks[id]?.[machine] && judged.containers.checks[id]?.[machine]);
    const others = differences.filter((one) => one.machine === machine);
    const faults = Object.values(judged.containers.faults).map((by) => verdictOf(by[machine]));
    const count = (...outcomes: string[]) => faults.filter((outcome) => outcomes.includes(outcome)).length;
    const tried = count('killed', 'survived');
    const noticed = tried === 0 ? 'not tried' : `${count('killed')} of ${tried}`;
    return [machine, lastDay(judged, machine), both.length, both.length - others.length, others.length, noticed];
  });
  const head = ['machine', 'container judged last', 'by both', 'same verdict', 'other verdict', 'faults noticed'];
  return [head, ...rows.map((row) => row.map(String))];
}

function lastDay({ containers }: Judged, machine: string): string {
  const days = Object.values(containers.checks).flatMap((by) => by[machine]?.split(' ')[1] ?? []);
  return days.sort().at(-1) ?? '';
}

/** Checks that differ for the same reason share a row. */
function differencesText(differences: readonly Difference[]): string {
  const groups = Map.groupBy(differences, ({ vm, container, reason }) => [vm, container, reason].join('\n'));
  const rows = [...groups.values()].map((same) => {
    const ids = [...Map.groupBy(same, ({ id }) => id)].map(([id, on]) =>
      on.length === machines.length ? id : `${id} (${on.map(({ machine }) => machine).join()})`,
    );
    const { vm = '', container = '', reason = 'not known' } = same[0] ?? {};
    return [ids.join(', '), vm, container, escapeMarkdown(reason)];
  });
  return rows.length === 0 ? 'None.' : table([['check', 'VM', 'container', 'reason'], ...rows], 'left');
}

function everyRow(checks: readonly DeclaredCheck[], judged: Judged): readonly (readonly string[])[] {
  const rows = checks.map(({ id, area }) => [
    `[${id}](checks/${area}.md#${id.toLowerCase()})`,
    ...machines.flatMap((machine) => {
      const vm = verdictOf(judged.checks[id]?.[machine]);
      const container = verdictOf(judged.containers.checks[id]?.[machine]);
      return [vm, container !== '' && container === vm ? '=' : container];
    }),
  ]);
  return [['check', ...machines.flatMap((machine) => [`${machine} VM`, `${machine} container`])], ...rows];
}
