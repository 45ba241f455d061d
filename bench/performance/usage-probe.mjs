// Loaded into a measured process and its children (NODE_OPTIONS=--import): each adds a line with what it used at its end.
import { appendFileSync } from 'node:fs';

process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const line = { pid: process.pid, peakKiB: maxRSS, cpuMs: (userCPUTime + systemCPUTime) / 1000 };
  appendFileSync(process.env.RDC_BENCH_USAGE, `${JSON.stringify(line)}\n`);
});
