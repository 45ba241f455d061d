import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test as it } from 'vitest';
import { readMachines } from '../../harness/lab/catalog/machines.ts';
import { domainName, virsh } from '../../harness/lab/libvirt/vagrant-and-virsh.ts';
import { onMachine, outFolder, rdc } from '../script/rdc-process.ts';
import { onlyOnVm } from './only-on-vm.ts';
import { faultsIn, minutes, type RunResults, resultsIn, tryUndeclared } from './run-results.ts';

// The whole product on a real VM of the default machine, through the command line only. The tests build on each
// other: the first one brings the machine up. Faults that a container shows too are tried there (container.e2e.ts).

process.env.RDC_PROVIDER = 'libvirt';

const machine = readMachines().default;
const appArmorHelper = '/usr/lib/libvirt/virt-aa-helper';

/**
 * Findings on the default machine that are true: a check that is red here because the distribution is. None of a level
 * that gates, so that the machine is conformant all the same.
 */
const expectedFailures: readonly string[] = ['PRE-INSTALL', 'DEV-CDI'];

function unexpectedFailures({ checks }: RunResults): string[] {
  const failed = checks.filter(({ id, verdict }) => verdict === 'fail' && !expectedFailures.includes(id));
  return failed.map(({ id }) => id);
}

afterAll(async () => {
  await rdc(['down', machine]);
}, minutes(3));

describe(`the machine ${machine}`, () => {
  const out = outFolder();

  it('is set up, judged and reported by ./rdc run', { timeout: minutes(60) }, async () => {
    const run = await rdc(['run', machine, '--keep', '--out', out]);
    const results = resultsIn(out, machine);
    const failed = results.checks.filter((check) => check.verdict === 'fail').map((check) => check.id);
    expect(failed.sort(), run.stdout.slice(-3000)).toEqual([...expectedFailures].sort());
    expect(results.checks.filter((check) => check.verdict === 'error' || check.verdict === 'blocked')).toEqual([]);
    expect(results.checks.length).toBe(results.ledger.total);
    expect(results.ledger.total).toBeGreaterThanOrEqual(120);
    expect(results.conformance).toBe('conformant');
    expect(run.code).toBe(0);
    for (const file of ['junit.xml', 'console.log']) expect(existsSync(join(out, machine, file)), file).toBe(true);
    expect(existsSync(join(out, 'allure-report/index.html'))).toBe(true);
  });

  it.runIf(existsSync(appArmorHelper))(
    "is one whose paths AppArmor's profile of it allows, by libvirt's own helper",
    async () => {
      const domain = (await virsh('dumpxml', domainName(machine))).stdout;
      const uuid = /<uuid>(.*)<\/uuid>/.exec(domain)?.[1];
      const argv = ['--dryrun', '--create', '--uuid', `libvirt-${uuid}`];
      // it says its profile on stderr
      const { stderr, status } = spawnSync(appArmorHelper, argv, { input: domain, encoding: 'utf8' });
      expect(status, stderr).toBe(0);
      const paths = [...domain.matchAll(/<source .*?(?:file|path)='([^']+)'/g)].map(([, path]) => path ?? '');
      // disk and its backing file, console, both ends of the wire
      expect(paths.length).toBeGreaterThanOrEqual(5);
      expect(paths.filter((path) => !new RegExp(`^ {2}"${RegExp.escape(path)}" r`, 'm').test(stderr))).toEqual([]);
    },
  );

  it('turns each check red by its fault that only a VM shows', { timeout: minutes(35) }, async () => {
    const folder = outFolder();
    // from the snapshot: what the whole suite may have left behind is not the matter of the faults
    const run = await rdc(['selftest', machine, '--keep', '--check', onlyOnVm.join(','), '--out', folder]);
    const rows = faultsIn(folder);
    expect(
      rows.filter(({ outcome }) => outcome !== 'killed'),
      run.stderr.slice(-3000),
    ).toEqual([]);
    expect(rows.map(({ id }) => id).sort()).toEqual([...onlyOnVm].sort());
    expect(run.code).toBe(0);
  });

  it('turns checks red by undeclared faults that only a VM shows', { timeout: minutes(20) }, async () => {
    const { code, stdout, stderr } = await tryUndeclared(machine, '--needing', '--quick');
    expect(stdout, stderr.slice(-1000)).not.toMatch(/^UNNOTICED|not as before/m);
    expect(stdout.match(/^noticed /gm)?.length).toBeGreaterThanOrEqual(5);
    expect(code).toBe(0);
  });

  it('with a fault from outside is non-conformant, and the report says why and what to do', {
    timeout: minutes(5),
  }, async () => {
    const folder = outFolder();
    await onMachine(machine, 'chmod 0666 /run/user/*/docker.sock');
    const run = await rdc(['run', machine, '--as-is', '--check', 'SOCK-MODE,SOCK-PRIVATE,NS-UIDMAP', '--out', folder]);
    await onMachine(machine, 'chmod 1660 /run/user/*/docker.sock');
    expect(run.code, run.stdout).toBe(1);
    expect(resultsIn(folder, machine).checks.find((check) => check.id === 'SOCK-MODE')?.verdict).toBe('fail');
    expect(run.stdout).toContain('mode of the socket');
    await expectReport(join(folder, 'allure-report/index.html'));
  });

  it('with its daemon down fails SOCK-PATH and blocks what stands on it', { timeout: minutes(5) }, async () => {
    const folder = outFolder();
    const user = 'runuser -u tester -- env XDG_RUNTIME_DIR=/run/user/$(id -u tester) systemctl --user';
    await onMachine(machine, `${user} stop docker`);
    const run = await rdc(['run', machine, '--as-is', '--check', 'SOCK-PATH,NS-UIDMAP,PRE-SUBID', '--out', folder]);
    await onMachine(machine, `${user} start docker`);
    const verdicts = Object.fromEntries(resultsIn(folder, machine).checks.map((check) => [check.id, check.verdict]));
    expect(verdicts, run.stdout).toEqual({ 'SOCK-PATH': 'fail', 'NS-UIDMAP': 'blocked', 'PRE-SUBID': 'pass' });
    expect(run.code).toBe(1);
  });

  it('with a full disk is not judged: 3, and one message', { timeout: minutes(5) }, async () => {
    const folder = outFolder();
    await onMachine(machine, 'fallocate -l $(df --output=avail -B1 / | tail -1) /var/tmp/full');
    const run = await rdc(['run', machine, '--as-is', '--check', 'SOCK-PATH,NS-NOT-ID', '--out', folder]);
    await onMachine(machine, 'rm /var/tmp/full');
    expect(run.stdout + run.stderr).toMatch(/\[NO_SPACE\] debian-13: the disk is full: \/ has/);
    expect(resultsIn(folder, machine).checks.filter((check) => check.verdict !== 'error')).toEqual([]);
    expect(run.code, run.stderr).toBe(3);
  });

  it('interrupted keeps what was judged and ends with 130', { timeout: minutes(5) }, async () => {
    const folder = outFolder();
    let sent = false;
    const run = await rdc(['run', machine, '--as-is', '--out', folder], {
      onOutput(text, kill) {
        if (sent || !text.includes('PRE-SUBID-COUNT')) return;
        sent = true;
        kill('SIGTERM');
      },
    });
    const results = resultsIn(folder, machine);
    expect(run.code, run.stderr).toBe(130);
    expect(results.conformance).toBe('inconclusive');
    expect(results.checks.length).toBeGreaterThan(0);
    expect(unexpectedFailures(results)).toEqual([]);
  });

  it('lost in the middle of a run is not judged: 3, and one message', { timeout: minutes(6) }, async () => {
    const folder = outFolder();
    let sent: Promise<unknown> | undefined;
    const run = await rdc(['run', machine, '--as-is', '--out', folder], {
      onOutput(text) {
        if (sent || !text.includes('PRE-SUBID-COUNT')) return;
        // the kernel goes down on the spot, with no goodbye to anybody
        sent = rdc(['ssh', machine, '--root', '--', 'echo 1 > /proc/sys/kernel/sysrq; echo o > /proc/sysrq-trigger']);
      },
    });
    await sent;
    const results = resultsIn(folder, machine);
    expect(run.code, run.stderr).toBe(3);
    expect(results.conformance).toBe('inconclusive');
    expect(unexpectedFailures(results)).toEqual([]);
    expect(run.stdout + run.stderr).toMatch(/connection to .* (is|was) lost|cannot log in/);
  });
});

describe('bad input is refused with exit code 2 and one message', () => {
  const cases: readonly [string, readonly string[], RegExp][] = [
    ['an unknown machine', ['run', 'debian-99'], /\[UNKNOWN_TARGET\].*debian-99.*debian-13/s],
    ['an unknown check', ['run', '--check', 'NS-UIDMAPP'], /\[UNKNOWN_CHECK\].*NS-UIDMAP/s],
    ['an unknown suite', ['run', '--suite', 'nonsense'], /\[UNKNOWN_CHECK\].*prerequisites/s],
    ['an unknown option', ['run', '--frehs'], /\[USAGE\].*--fresh/s],
    ['an unknown command', ['rum'], /\[USAGE\].*run/s],
    ['a malformed ssh target', ['run', 'ssh://nobody@'], /\[UNKNOWN_TARGET\].*\[USER@\]HOST/s],
  ];
  it.each(cases)('%s', { timeout: 60_000 }, async (_name, words, message) => {
    const run = await rdc(words);
    expect(run.stderr).toMatch(message);
    expect(run.stderr).toContain('hint: ');
    expect(run.code).toBe(2);
  });

  it('a broken machines.json, with every problem at once', { timeout: 60_000 }, async () => {
    const file = join(outFolder(), 'machines.json');
    writeFileSync(file, JSON.stringify({ default: 'x', machines: [{ name: 'x', cpus: 'two' }] }));
    const run = await rdc(['run'], { env: { RDC_MACHINES: file } });
    expect(run.stderr).toMatch(/\[CONFIG\].*\/machines\/0: "box" is missing.*\/machines\/0\/cpus: must be integer/s);
    expect(run.code).toBe(2);
  });
});

/** Opens the report from disk in headless Chromium, as a person does, and looks for what a maintainer needs. */
async function expectReport(path: string): Promise<void> {
  const { chromium } = await import('playwright-core');
  await using browser = await chromium.launch({
    executablePath: process.env.RDC_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  });
  const page = await browser.newPage();
  page.setDefaultTimeout(30_000);
  await page.goto(`file://${path}`);
  /** on the page or in one of its frames */
  const expectText = async (text: string) => {
    const places = [page.getByText(text).first(), page.frameLocator('iframe').first().getByText(text).first()];
    await Promise.any(places.map((place) => place.waitFor()));
  };
  await expectText('SOCK-MODE');
  await page.locator('#app').getByText('SOCK-MODE').last().click();
  await expectText('mode of the socket');
  await expectText('systemctl --user restart docker');
  await expectText("# stat -c '%a %u %g %F'");
  await expectText('666');
}
