import { readFileSync, mkdirSync } from 'node:fs';
import { loadChecks } from '/work/main/harness/run/load-checks.ts';
import { runChecks } from '/work/main/harness/run/run-checks.ts';
import { judge } from '/work/main/harness/run/judge.ts';
import { connectTarget } from '/work/main/harness/target/connect-target.ts';
const image = JSON.parse(readFileSync('/tmp/img.json', 'utf8'));
const [reading, ...ids] = process.argv.slice(2);
const addr = (user: string) => ({ host: process.env.VMIP ?? '192.168.153.41', port: 22, user, identityFile: '/root/.cache/rdc/ssh/id_ed25519', hostKeys: readFileSync('/tmp/hostkeys', 'utf8').trim().split('\n') });
const folder = '/tmp/tryrun'; mkdirSync(folder, { recursive: true });
const connection = { name: 'debian-13', kind: 'machine' as const, user: addr('tester'), root: addr('root'), image, folder };
const t0 = Date.now();
const checks = (await loadChecks()).filter((c) => ids.length === 0 || ids.includes(c.id));
const by = new Map(checks.map((c) => [c.id, c]));
const end = await runChecks({ reading: reading as 'conformance', connection, checks, onJudged: (id, meta, runner) => {
  const r = judge(by.get(id)!, meta, runner);
  console.log(r.verdict.padEnd(8), id.padEnd(18), String(r.durationMs).padStart(6), meta.outcome ?? '', r.finding ?? '', r.reason ?? '');
} });
console.log('broken', end.broken, Date.now() - t0, 'ms');
