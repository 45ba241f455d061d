// What merging and packing many results takes: node bench/performance/merge.ts [RUNS [CHECKS [EVIDENCE]]]
// Each step is a process of its own, so that its peak memory is its own.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBundle } from '../../reports/bundle/create-bundle.ts';
import { readBundle, withRuns } from '../../reports/bundle/open-bundle.ts';
import { mergeRuns } from '../../reports/merge/merge-runs.ts';
import type { Results } from '../../reports/results/results.schema.ts';

type Sizes = { readonly runs: number; readonly checks: number; readonly evidence: number };

/** A target as a real run leaves it: about 2 KB a check, one in ten red, evidence of a few commands. */
function resultsOf(name: string, index: number, { checks, evidence }: Sizes): Results {
  const judged = Array.from({ length: checks }, (_, n) => ({
    id: `AREA-CHECK-${n}`,
    area: `area-${n % 13}`,
    level: 'SHOULD' as const,
    title: `claim number ${n} of the suite holds on this host, for every container that is started on it`,
    source: { url: `https://docs.docker.com/engine/security/rootless/#claim-${n}`, section: `claim ${n}` },
    remedy: `sudo sysctl -w kernel.example.${n}=1\n`.repeat(4),
    verdict: n % 10 === 0 ? ('fail' as const) : ('pass' as const),
    ...(n % 10 === 0 ? { reason: `expected less than ${n} of 10.0.${index % 250}.${n}\n`.repeat(20) } : {}),
    durationMs: n * 10,
    ...(n < evidence ? { evidence: `evidence/AREA-CHECK-${n}.txt` } : {}),
  }));
  const fail = judged.filter(({ verdict }) => verdict === 'fail').length;
  return {
    schema: '1',
    suite: { version: '0.1.0', digest: 'sha256:bench' },
    run: {
      id: `run-${index}`,
      startedAt: new Date(index * 60_000).toISOString(),
      durationMs: 600_000,
      infraRetries: 0,
    },
    target: { name, kind: 'machine' },
    facts: { host: { kernel: '6.12', user: { name: 'tester' } }, daemon: null },
    checks: judged,
    ledger: { total: checks, pass: checks - fail, fail, skip: 0, blocked: 0, error: 0, flaky: 0 },
    conformance: 'conformant',
  };
}

function makeRuns(folder: string, sizes: Sizes, nameOf: (index: number) => string): void {
  for (let index = 0; index < sizes.runs; index += 1) {
    const target = join(folder, `run-${index}`, nameOf(index));
    mkdirSync(join(target, 'evidence'), { recursive: true });
    writeFileSync(join(target, 'results.json'), JSON.stringify(resultsOf(nameOf(index), index, sizes), null, 2));
    for (let n = 0; n < sizes.evidence; n += 1) {
      const lines = Array.from({ length: 40 }, (_, line) => `process ${line} ${index * n} 1001 ${n * line} dockerd`);
      writeFileSync(join(target, 'evidence', `AREA-CHECK-${n}.txt`), `$ cat /proc/self/status\n${lines.join('\n')}\n`);
    }
  }
}

function inputsOf(folder: string) {
  return readdirSync(folder).map((name) => ({ from: name, path: join(folder, name) }));
}

const steps: Readonly<Record<string, (folder: string) => unknown>> = {
  'merge, a target each': (folder) => mergeRuns(inputsOf(join(folder, 'machines')), join(folder, 'merged')),
  'merge, all of one target': (folder) => mergeRuns(inputsOf(join(folder, 'same')), join(folder, 'joined')),
  bundle: (folder) => createBundle(join(folder, 'merged'), { out: join(folder, 'x.tar.gz') }),
  'bundle --anonymous': (folder) =>
    createBundle(join(folder, 'merged'), { out: join(folder, 'y.tar.gz'), anonymous: { hide: [] } }),
  'bundle --verify': (folder) => readBundle(join(folder, 'x.tar.gz')),
  'unpack, as compare and merge do': (folder) => withRuns([join(folder, 'x.tar.gz')], () => undefined),
};

async function runStep(name: string, folder: string): Promise<void> {
  const startedAt = performance.now();
  await steps[name]?.(folder);
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  const mebibytes = Math.round(process.resourceUsage().maxRSS / 1_024);
  process.stdout.write(`${name.padEnd(34)} ${seconds.padStart(7)} s ${String(mebibytes).padStart(6)} MiB\n`);
}

function runAll(sizes: Sizes): void {
  const folder = mkdtempSync(join(tmpdir(), 'rdc-merge-bench-'));
  try {
    makeRuns(join(folder, 'machines'), sizes, (index) => `machine-${index}`);
    makeRuns(join(folder, 'same'), { ...sizes, evidence: 0 }, () => 'debian-13');
    const { runs, checks, evidence } = sizes;
    process.stdout.write(
      `${runs} results of ${checks} checks, ${evidence} evidence files each; Node ${process.version}, ${cpus().length} cores\n`,
    );
    for (const name of Object.keys(steps)) {
      const { status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), '--step', name, folder], {
        stdio: 'inherit',
      });
      if (status !== 0) process.exitCode = 1;
    }
    process.stdout.write(`archive: ${(statSync(join(folder, 'x.tar.gz')).size / 1_048_576).toFixed(1)} MiB\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [first, name = '', folder = ''] = process.argv.slice(2);
if (first === '--step') await runStep(name, folder);
else {
  const [runs = 1_000, checks = 150, evidence = 10] = process.argv.slice(2).map(Number);
  runAll({ runs, checks, evidence });
}
