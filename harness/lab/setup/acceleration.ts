import { accessSync, constants, existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, release } from 'node:os';
import { join } from 'node:path';
import { RdcError } from '../../messages/errors.ts';
import { cachePath, cacheRoot } from '../../this-machine/paths.ts';
import { runCommand } from '../../this-machine/run-command.ts';

type Accel = 'kvm' | 'tcg';
/** Containers need none: their code runs as any other on this machine. */
export type MachineAccel = Accel | 'none';
export type AccelAnswer = { readonly accel: Accel; readonly reason: string; readonly host: string };

const kvm = '/dev/kvm';
/** Measured: a stock kernel says its name within 6 s even under TCG; a KVM that works needs less than one. */
const smokeBootMs = 20_000;
/** The first serial port, as a kernel calls it. */
const console = arch() === 'arm64' ? 'ttyAMA0' : 'ttyS0';

/** What to know before waiting, in one sentence. */
export function describeAccel(answer: AccelAnswer): string {
  return answer.accel === 'kvm'
    ? `VMs run with KVM (${answer.reason}).`
    : `VMs run without hardware virtualisation (${answer.reason}): everything inside them is many times slower, a first run of the whole suite takes about half an hour.`;
}

/** What is asked of a libvirt that runs QEMU as a user of its own, who may open what we may not. */
type SystemLibvirt = {
  readonly offersKvm: () => Promise<boolean>;
  /** what the kernel said on its console until it ended, or `withinMs` */
  readonly bootKernel: (kernel: string, commandLine: string, withinMs: number) => Promise<string>;
};

/** KVM only if libvirt offers it and a kernel really boots under it; the answer is remembered for this host's kernel and CPU. */
export async function chooseAccel(libvirt?: SystemLibvirt): Promise<AccelAnswer> {
  const host = hostSignature();
  const forced = process.env.RDC_ACCEL;
  if (forced === 'kvm' || forced === 'tcg') return { accel: forced, reason: 'RDC_ACCEL says so', host };
  if (forced) throw new RdcError('CONFIG', `RDC_ACCEL is '${forced}'; allowed: kvm, tcg`, { hint: 'unset RDC_ACCEL' });
  const remembered = rememberedAccel();
  if (remembered) return remembered;
  const { offersKvm = async () => true, bootKernel = bootUnderKvm } = libvirt ?? {};
  const answer = {
    ...(await judgeKvm({ isThere: existsSync(kvm), kernel: findKernel(), offersKvm, bootKernel })),
    host,
  };
  writeFileSync(cachePath('accel.json'), JSON.stringify(answer));
  return answer;
}

/** The answer where no kernel has to be booted for it. */
export function knownAccel(): Pick<AccelAnswer, 'accel' | 'reason'> | undefined {
  const forced = process.env.RDC_ACCEL;
  if (forced === 'kvm' || forced === 'tcg') return { accel: forced, reason: 'RDC_ACCEL says so' };
  return rememberedAccel() ?? (existsSync('/dev/kvm') ? undefined : { accel: 'tcg', reason: 'no /dev/kvm' });
}

/** The remembered answer of this host's smoke boot, if there is one. */
export function rememberedAccel(): AccelAnswer | undefined {
  try {
    const answer = JSON.parse(readFileSync(cachePath('accel.json'), 'utf8')) as AccelAnswer;
    return answer.host === hostSignature() && (answer.accel === 'kvm' || answer.accel === 'tcg') ? answer : undefined;
  } catch {
    return undefined;
  }
}

function hostSignature(): string {
  const cpu = /^(?:model name|CPU part)\s*:\s*(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown';
  return `${release()} ${cpu}`;
}

type KvmTrial = SystemLibvirt & { readonly isThere: boolean; readonly kernel: string | undefined };

/** Pure but for the trial. Throws HOST_SETUP where there is nothing to try with. */
export async function judgeKvm(trial: KvmTrial): Promise<{ accel: Accel; reason: string }> {
  if (!trial.isThere) return { accel: 'tcg', reason: `no ${kvm}` };
  if (!(await trial.offersKvm())) return { accel: 'tcg', reason: 'libvirt offers no KVM' };
  if (trial.kernel === undefined) {
    throw new RdcError(
      'HOST_SETUP',
      'no kernel to try KVM with: none in the cache, and no /boot/vmlinuz* that this user may read',
      {
        hint: 'RDC_ACCEL=kvm ./rdc run   # untried; or: sh vms/boxes/build.sh debian 13',
      },
    );
  }
  return (await trial.bootKernel(trial.kernel, `console=${console} panic=-1`, smokeBootMs)).includes('Linux version')
    ? { accel: 'kvm', reason: 'a kernel booted under KVM' }
    : { accel: 'tcg', reason: `${kvm} exists, but a kernel does not boot under it` };
}

function findKernel(): string | undefined {
  const built = join(cacheRoot(), 'boxes', `vmlinuz-${arch() === 'x64' ? 'amd64' : arch()}`);
  // Ubuntu gives its kernels to root alone
  return [built, ...globSync('/boot/vmlinuz*').sort().reverse()].find(isReadable);
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

async function bootUnderKvm(kernel: string, commandLine: string, withinMs: number): Promise<string> {
  const machine = arch() === 'arm64' ? ['qemu-system-aarch64', '-machine', 'virt'] : ['qemu-system-x86_64'];
  const options = '-accel kvm -cpu host -m 256 -nographic -no-reboot -nodefaults -serial stdio'.split(' ');
  const boot = ['-kernel', kernel, '-append', commandLine];
  const argv = ['timeout', '-s', 'KILL', String(withinMs / 1000), ...machine, ...options, ...boot];
  return (await runCommand(argv, { timeoutMs: withinMs + 5000 })).stdout;
}
