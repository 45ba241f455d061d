import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostile } from '../../harness/test-doubles/hostile-texts.ts';
import type { CheckDeclaration, Facts, RunContext, TargetContext } from '../../harness/verdicts/run-listener.ts';
import type { Triage } from '../../harness/verdicts/triage.ts';
import type { CheckResult } from '../../harness/verdicts/verdict.ts';
import { countVerdicts } from '../results/conformance.ts';
import type { Results } from '../results/results.schema.ts';

/** A run folder in the temporary directory, for the tests of reports; nothing in it comes from a machine. */
export function syntheticRun(changes: Partial<RunContext> = {}): RunContext {
  const folder = mkdtempSync(join(tmpdir(), 'rdc-reports-'));
  return {
    id: '2026-11-22T02-10-00Z-3f9a',
    folder,
    startedAt: new Date(Date.now() - 90_000),
    suite: { version: '0.1.0', digest: 'sha256:4f1d9a27c0b35e6671d3' },
    ranOn: { os: 'Debian GNU/Linux 12 (bookworm)', kernel: '6.1.0-28-amd64', architecture: 'x64', node: '24.21.0' },
    gate: ['MUST'],
    json: false,
    color: false,
    ...changes,
  };
}

export function syntheticTarget(run: RunContext, name: string, expected: readonly CheckDeclaration[]): TargetContext {
  const folder = join(run.folder, name);
  mkdirSync(join(folder, 'evidence'), { recursive: true });
  return { name, kind: 'machine', provider: 'libvirt', acceleration: 'tcg', folder, expected };
}

export function declared(id: string, changes: Partial<CheckDeclaration> = {}): CheckDeclaration {
  return {
    id,
    area: 'namespaces',
    level: 'MUST',
    title: `claim of ${id}`,
    source: { url: 'https://docs.docker.com/engine/security/rootless/', section: 'rootless mode' },
    remedy: `sudo mend ${id.toLowerCase()}`,
    ...changes,
  };
}

export function judged(check: CheckDeclaration, changes: Partial<CheckResult> = {}): CheckResult {
  const { id, area, level, title } = check;
  return { id, area, level, title, verdict: 'pass', durationMs: 1_200, ...changes };
}

/** For every place where a text of a target, or of somebody else's results, may come to stand. */
export const payload = [
  '</script><script>window.rdcOwned=1</script><img src=x onerror="window.rdcOwned=1"><svg onload="window.rdcOwned=1">',
  '\'"><b id="rdc-injected">b</b>]]>--><iframe srcdoc="<script>parent.rdcOwned=1</script>"></iframe>',
  '[link](javascript:window.rdcOwned=1) ![i](http://192.0.2.1/x.png) <http://192.0.2.1/> ${7*7} {{7*7}}',
  hostile.escapes,
  '\u2066\u2067\u200f\u061c\u200b\ufeff\u0000\r end of it',
].join(' ');

/** Results that a stranger handed over: the schema takes them, and every text in them is the payload. */
export function foreignResults(name = payload): Results {
  const waiver = {
    state: 'expected',
    reason: payload,
    bug: payload,
    owner: payload.slice(0, 200),
    expires: '2027-01-01',
  } as const;
  const verdicts = ['pass', 'fail', 'skip', 'blocked', 'error'] as const;
  const checks = verdicts.map((verdict, index) => ({
    id: `X-${index}`,
    area: payload.slice(0, 64),
    level: 'MUST' as const,
    title: payload.slice(0, 600),
    source: { url: 'javascript:window.rdcOwned=1', section: payload.slice(0, 500) },
    remedy: payload,
    verdict,
    reason: payload,
    durationMs: 1,
    ...(verdict === 'fail' ? { waiver } : {}),
    ...(verdict === 'pass' ? {} : { evidence: `evidence/X-${index}.txt` }),
  }));
  return {
    schema: '1',
    suite: { version: payload.slice(0, 100), digest: payload.slice(0, 200) },
    run: { id: payload.slice(0, 200), startedAt: '2026-11-22T05:00:00.000Z', durationMs: 1, infraRetries: 0 },
    target: { name: name.slice(0, 255), kind: 'ssh' },
    facts: {
      host: { [payload]: payload, kernel: payload, install: { steps: [{ name: payload, exitCode: 1 }] } },
      daemon: { serverVersion: payload, [payload]: [payload] },
    },
    checks,
    ledger: countVerdicts(checks),
    incomplete: payload,
    conformance: 'inconclusive',
  };
}

const docs = 'https://docs.docker.com/engine/security/rootless';

export const checks = {
  uidMap: declared('NS-UIDMAP', { title: 'the UID map of a container has two lines, the second from /etc/subuid' }),
  gidMap: declared('NS-GIDMAP', { title: 'the GID map of a container has two lines, the second from /etc/subgid' }),
  subid: declared('PRE-SUBID-COUNT', {
    area: 'prerequisites',
    title: 'the user has at least 65536 subordinate UIDs and GIDs',
    source: { url: `${docs}/#prerequisites`, section: 'prerequisites' },
    remedy: 'sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 tester',
  }),
  memory: declared('CG-MEM', {
    area: 'cgroups',
    title: 'a process over its memory limit is killed by the kernel',
    source: { url: `${docs}/tips/#limiting-resources`, section: 'limiting resources' },
    remedy:
      'sudo systemctl set-property user@.service Delegate="cpu cpuset io memory pids"\nsudo systemctl daemon-reload',
  }),
  cpu: declared('CG-CPU', { area: 'cgroups', title: 'a CPU limit of 0.5 halves the CPU time a busy loop gets' }),
  privileged: declared('PORT-PRIV-DENY', {
    area: 'ports',
    level: 'LIMITATION',
    title: 'publishing a host port below ip_unprivileged_port_start is refused',
    source: { url: `${docs}/tips/#exposing-privileged-ports`, section: 'exposing privileged ports' },
    remedy: 'sudo sysctl -w net.ipv4.ip_unprivileged_port_start=80',
  }),
  sysctl: declared('PORT-PRIV-SYSCTL', { area: 'ports', level: 'WORKAROUND', title: 'the sysctl opens port 80' }),
  mlock: declared('LIM-MLOCK-OVER', {
    area: 'mlock',
    level: 'LIMITATION',
    title: 'mlock above RLIMIT_MEMLOCK is refused',
  }),
  serial: declared('DEV-IO', { area: 'serial', title: 'bytes written to a serial port come back from its peer' }),
  sockets: declared('SOCK-PRIVATE', { area: 'sockets', title: 'another user is refused at the daemon socket' }),
};

export const facts: Facts = {
  host: {
    distribution: 'Debian GNU/Linux 13 (trixie)',
    kernel: '6.12.57+deb13-amd64',
    architecture: 'x86_64',
    cgroup: { version: 2, delegated: ['cpu', 'memory', 'pids'] },
    systemd: '257',
    lsm: ['apparmor'],
    unprivilegedPortStart: 1024,
  },
  daemon: { version: '26.1.5', storageDriver: 'overlay2', cgroupDriver: 'systemd' },
};

/** One of every verdict; texts that come from a target are hostile. */
export function syntheticVerdicts(): CheckResult[] {
  return [
    judged(checks.uidMap, { durationMs: 6_812, evidence: 'evidence/NS-UIDMAP.txt' }),
    judged(checks.gidMap, { durationMs: 912 }),
    judged(checks.subid, {
      verdict: 'fail',
      reason: `subordinate UIDs: expected at least 65536, found 4096 ${hostile.script}`,
      evidence: 'evidence/PRE-SUBID-COUNT.txt',
    }),
    judged(checks.memory, { verdict: 'blocked', blockedBy: 'PRE-SUBID-COUNT', reason: 'no container starts' }),
    judged(checks.cpu, { verdict: 'error', reason: '[TIMEOUT] exec of busy in 30 s' }),
    judged(checks.privileged, {
      verdict: 'fail',
      finding: 'lifted',
      reason: 'refusal: expected a refusal, got a container that listens on port 80',
    }),
    judged(checks.mlock, {
      verdict: 'fail',
      finding: 'differs',
      reason: `errno: expected ENOMEM, got EPERM ${hostile.markdown}`,
    }),
    judged(checks.sysctl, { verdict: 'skip', reason: 'port 80 is unprivileged on this host' }),
    judged(checks.serial, { verdict: 'skip', reason: `the machine has no second serial port${hostile.escapes}` }),
  ];
}

/** Views of two red checks and of a limitation; texts that come from a target are hostile. */
export function syntheticViews(): Readonly<Record<string, Triage>> {
  const rootless = { seen: 'fails', detail: 'subordinate UIDs: 4096' } as const;
  return {
    'PRE-SUBID-COUNT': {
      blame: 'the host',
      because: 'the same fails for the user without Docker',
      views: {
        rootless,
        rootful: { seen: 'does not apply', detail: 'the check asks no daemon' },
        bare: { seen: 'fails', detail: `a user namespace: exit code 1 ${hostile.escapes}${hostile.markdown}` },
      },
      evidence: 'evidence/PRE-SUBID-COUNT.views.txt',
    },
    'LIM-MLOCK-OVER': {
      blame: 'undecided',
      because: 'not tried without Docker',
      views: { rootless, rootful: { seen: 'not taken' }, bare: { seen: 'not taken' } },
    },
  };
}

export function writeSyntheticEvidence(target: TargetContext): void {
  const text = [
    '$ cat /etc/subuid',
    'tester:100000:4096',
    hostile.script,
    hostile.escapes,
    'exit code 0, 12 ms',
    '',
  ].join('\n');
  for (const id of ['PRE-SUBID-COUNT', 'NS-UIDMAP', 'PRE-SUBID-COUNT.views'])
    writeFileSync(join(target.folder, 'evidence', `${id}.txt`), text);
}
