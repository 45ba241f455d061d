import { plainText } from '../../harness/messages/plain-text.ts';
import type { Level, Verdict } from '../../harness/verdicts/verdict.ts';
import { kernelOf, type ProviderName, providerOf } from '../results/provider.ts';
import type { JudgedCheck, Results } from '../results/results.schema.ts';

export const findingWords = {
  lifted: 'lifted: it works here, the documented limitation is gone',
  differs: 'differs: it is refused here in another way than documented',
} as const;

export const levelWords: Readonly<Record<Level, string>> = {
  MUST: 'promised by the documentation; a failure makes the target non-conformant',
  SHOULD: 'expected of a good host; reported',
  MAY: 'for information',
  LIMITATION: 'a documented limitation, which must be exactly as documented',
  WORKAROUND: 'the documented remedy works once applied',
};

type Waived = Pick<JudgedCheck, 'verdict' | 'waiver'>;

/** What a format without waivers is to make of a check: a waived failure counts as skipped, a stale waiver as failed. */
export function reportedVerdict({ verdict, waiver }: Waived): Verdict {
  if (waiver === undefined) return verdict;
  return waiver.state === 'expected' ? 'skip' : 'fail';
}

const waiverWords = {
  expected: 'expected failure, waived',
  'unexpected-pass': 'it passes, and a waiver expects it to fail: remove the waiver',
  expired: 'its waiver has expired',
} as const;

function waiverText({ waiver }: Waived): string {
  if (waiver === undefined) return '';
  const { state, reason, bug, owner, expires } = waiver;
  return plainText(`${waiverWords[state]} (until ${expires}, ${owner}, ${bug}): ${reason}`);
}

/** Why a check has its verdict, never empty for anything but a pass. */
export function reasonOf(check: Pick<JudgedCheck, 'verdict' | 'reason' | 'finding' | 'blockedBy' | 'waiver'>): string {
  return [waiverText(check), ownReasonOf(check)].filter(Boolean).join('. ');
}

function ownReasonOf({ verdict, finding, blockedBy, ...check }: Parameters<typeof reasonOf>[0]): string {
  const reason = plainText(check.reason ?? '').trim();
  if (verdict === 'pass') return reason;
  if (verdict === 'blocked' && blockedBy === undefined) return `blocked: ${reason || 'no reason given'}`;
  if (verdict === 'blocked') return [`blocked by ${blockedBy}`, reason].filter(Boolean).join(': ');
  if (finding && !reason.startsWith(finding)) return `${findingWords[finding]}. ${reason}`.trim();
  return reason || `${verdict} without a reason`;
}

/** e.g. `35 pass, 2 fail, 1 blocked`; verdicts that did not occur are left out. */
export function countsText(counts: Readonly<Record<Verdict, number>>, notJudged = 0): string {
  const verdicts = ['pass', 'fail', 'error', 'blocked', 'skip'] as const;
  const parts = verdicts.filter((verdict) => counts[verdict] > 0).map((verdict) => `${counts[verdict]} ${verdict}`);
  if (notJudged > 0) parts.push(`${notJudged} never judged`);
  return parts.length > 0 ? parts.join(', ') : 'nothing judged';
}

/** What ran a machine of the lab. */
export function providerText(provider: ProviderName): string {
  return { libvirt: 'libvirt (a VM)', nspawn: "nspawn (a container, on its host's kernel)" }[provider];
}

/** For a person who may take a container for the machine, e.g. `nspawn (a container, on its host's kernel), kernel 6.18.5`. */
export function containerText(results: Results): string | undefined {
  return providerOf(results) === 'nspawn' ? providerAndKernel({ provider: 'nspawn', ...kernelOf(results) }) : undefined;
}

/** e.g. `libvirt (a VM), kernel 6.12.57`; without a provider only the kernel, where one is known. */
export function providerAndKernel({ provider, kernel }: { provider?: ProviderName; kernel?: string }): string {
  const parts = [provider && providerText(provider), kernel === undefined ? undefined : `kernel ${kernel}`];
  return parts.filter((part) => part !== undefined).join(', ');
}

/** How Docker got onto a machine of the lab. */
export function channelText(channel: NonNullable<Results['target']['channel']>): string {
  return {
    distro: "the distribution's packages",
    upstream: "upstream's packages",
    script: "upstream's install script",
    engine: 'binaries that were brought (--engine)',
  }[channel];
}

export function accelerationText(acceleration: NonNullable<Results['target']['acceleration']>): string {
  return { kvm: 'KVM', tcg: 'none: an emulated processor (TCG)' }[acceleration];
}

const viewNames = { rootless: 'rootless', rootful: 'rootful daemon', bare: 'without Docker' } as const;

/** The three views of `--oracle`, in the order in which they are told: `['rootful daemon', 'works']`. */
export function viewsText({ views }: NonNullable<JudgedCheck['oracle']>): [name: string, text: string][] {
  return (['rootless', 'rootful', 'bare'] as const).map((name) => {
    const { seen, detail } = views[name];
    return [viewNames[name], detail === undefined ? seen : `${seen}: ${plainText(detail)}`];
  });
}

export function blameText({ blame, because }: NonNullable<JudgedCheck['oracle']>): string {
  return `${blame}: ${plainText(because)}`;
}

/** The address of a page, as a browser writes it. Somebody else's results may name anything: what is no page is no link. */
export function pageAddress(url: string): string | undefined {
  const { protocol, href } = URL.parse(url) ?? {};
  return protocol === 'https:' || protocol === 'http:' ? href : undefined;
}
