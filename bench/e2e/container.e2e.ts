import { afterAll, describe, expect, test as it } from 'vitest';
import { loadChecks } from '../../harness/checks/load-checks.ts';
import { readMachines } from '../../harness/lab/catalog/machines.ts';
import { outFolder, rdc } from '../script/rdc-process.ts';
import { nowhere, onlyOnVm } from './only-on-vm.ts';
import { faultsIn, minutes, resultsIn, tryUndeclared } from './run-results.ts';

// The default machine as a container: judged whole, and every fault that is possible there. The tests build on each
// other: the first one brings the machine up.

process.env.RDC_PROVIDER = 'nspawn';

const machine = readMachines().default;

/** What may be red in the container, and why: findings that are true. */
const expectedFailures: Readonly<Record<string, string>> = {
  'PRE-INSTALL': 'the distribution: its setup tool is not on PATH, and does not end well',
  'DEV-CDI': 'Docker 26.1.5 resolves no CDI device for a rootless daemon (moby#47676)',
  'LIM-NOFILE': 'where root of this machine may not raise hard limits, the container has those of this machine',
  'LIM-MLOCK-RAISE': 'the same of locked memory',
};

afterAll(async () => {
  await rdc(['down', machine]);
}, minutes(1));

describe(`the machine ${machine} as a container`, () => {
  it('is set up, and judged as the VM is but for what stands on its kernel', { timeout: minutes(20) }, async () => {
    const out = outFolder();
    const run = await rdc(['run', machine, '--out', out]);
    const results = resultsIn(out, machine);
    const failed = results.checks.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id);
    expect(
      failed.filter((id) => !(id in expectedFailures)),
      run.stdout.slice(-3000),
    ).toEqual([]);
    expect(failed).toContain('PRE-INSTALL');
    expect(results.checks.filter(({ verdict }) => verdict === 'error' || verdict === 'blocked')).toEqual([]);
    const skipped = results.checks.filter(({ verdict }) => verdict === 'skip').map(({ id }) => id);
    expect(skipped.filter((id) => ![...onlyOnVm, ...nowhere].includes(id))).toEqual([]);
    expect(results.ledger.total).toBeGreaterThanOrEqual(140);
    expect(results.target.provider).toBe('nspawn');
    expect(results.conformance).toBe('conformant');
    expect(run.code).toBe(0);
  });

  it('turns every check red by its fault, but for faults that a container cannot have', {
    timeout: minutes(40),
  }, async () => {
    const folder = outFolder();
    // from the snapshot: what the whole suite may have left behind is not the matter of the faults
    const run = await rdc(['selftest', machine, '--keep', '--out', folder]);
    const rows = faultsIn(folder);
    const open = rows.filter(({ outcome }) => outcome !== 'killed' && outcome !== 'impossible');
    expect(open, run.stderr.slice(-3000)).toEqual([]);
    const killed = rows.filter(({ outcome }) => outcome === 'killed').map(({ id }) => id);
    const ids = (await loadChecks()).map(({ id }) => id);
    expect(ids.filter((id) => ![...killed, ...onlyOnVm, ...nowhere].includes(id))).toEqual([]);
    expect(run.code).toBe(0);
  });

  it('turns checks red by faults that no check declares, one for each check', { timeout: minutes(30) }, async () => {
    // the faults before may have left the machine as it is not after a boot
    await rdc(['down', machine]);
    const up = await rdc(['up', machine]);
    expect(up.code, up.stderr.slice(-1000)).toBe(0);
    const { code, stdout, stderr } = await tryUndeclared(machine, '--quick');
    expect(stdout, stderr.slice(-1000)).not.toMatch(/^UNNOTICED|not as before/m);
    expect(stdout.match(/^noticed /gm)?.length).toBeGreaterThanOrEqual(25);
    expect(code).toBe(0);
  });
});
