import { setTimeout as delay } from 'node:timers/promises';
import type { ProviderName } from '../../harness/lab/catalog/provider-names.ts';
import { domainName, virsh } from '../../harness/lab/libvirt/vagrant-and-virsh.ts';

type Scene = {
  readonly machine: string;
  /** a script on the machine as root; it may take the connection down with it */
  asRoot(script: string): Promise<void>;
  /** a signal to the process of the run */
  signal(name: NodeJS.Signals): void;
};

export type FaultKind = {
  readonly name: string;
  readonly hits: 'the target' | 'the run';
  /** nothing answers any more once it is at work */
  readonly loses?: true;
  /** exit codes that are right for it; `signal`: ended by a signal, with no code of its own */
  readonly codes: readonly (number | 'signal')[];
  /** only on machines of this one */
  readonly provider?: ProviderName;
  readonly inject: (scene: Scene) => Promise<void>;
};

type Inject = FaultKind['inject'];

/** The run may end with any verdict. */
function hurt(name: string, inject: Inject): FaultKind {
  return { name, hits: 'the target', codes: [0, 1, 3], inject };
}

function lost(name: string, inject: Inject): FaultKind {
  return { name, hits: 'the target', loses: true, codes: [3], inject };
}

/** Of the kernel, of its clock or its memory, which a container shares with this machine. */
function hurtVm(name: string, inject: Inject): FaultKind {
  return { ...hurt(name, inject), provider: 'libvirt' };
}

function lostVm(name: string, inject: Inject): FaultKind {
  return { ...lost(name, inject), provider: 'libvirt' };
}

function signalled(name: NodeJS.Signals, code: number | 'signal'): FaultKind {
  return { name, hits: 'the run', codes: [code], inject: async (scene) => scene.signal(name) };
}

function onHost(...words: string[]): Inject {
  return async ({ machine }) => {
    const { exitCode, stderr } = await virsh(...words.map((word) => (word === 'DOMAIN' ? domainName(machine) : word)));
    if (exitCode !== 0) throw new Error(`virsh ${words[0]}: ${stderr.trim()}`);
  };
}

function inGuest(script: string): Inject {
  return async (scene) => await scene.asRoot(script);
}

/** Goes on after the connection that started it, which stays that long. */
function detached(script: string, staysS = 1): Inject {
  return inGuest(`setsid sh -c '${script}' >/dev/null 2>&1 </dev/null & sleep ${staysS}`);
}

/** Every way in which a run is disturbed. What a fault leaves on the machine is gone with the next restore. */
export const faultKinds: readonly FaultKind[] = [
  lostVm('the VM is killed', onHost('destroy', 'DOMAIN')),
  lostVm('the kernel powers off on the spot', inGuest('echo 1 >/proc/sys/kernel/sysrq; echo o >/proc/sysrq-trigger')),
  hurtVm('the VM is frozen for 60 s', async (scene) => {
    await onHost('suspend', 'DOMAIN')(scene);
    await delay(60_000);
    // a run that gave up meanwhile has powered it off
    await onHost('resume', 'DOMAIN')(scene).catch(() => {});
  }),
  {
    // also the session that does it
    ...lost('every SSH session is killed', detached('sleep 1; pkill -9 -f "sshd(-session)?: (root|tester)"', 0)),
    hits: 'the run',
  },
  hurt('the daemon is killed', inGuest('pkill -9 -x dockerd')),
  hurt('RootlessKit is killed', inGuest('pkill -9 -x "rootlesskit|exe" -U tester')),
  // the init of a container is what a shim started
  hurt(
    'every container is killed',
    inGuest('for shim in $(pgrep -f containerd-shim); do pkill -9 -P $shim; done; true'),
  ),
  hurtVm('the disk is full', inGuest('fallocate -l $(df --output=avail -B1 / | tail -1) /var/tmp/full')),
  // pages of a tmpfs belong to no process: nobody who is killed for them gives them back
  hurtVm('the memory is full', detached('mount -o remount,size=8G /dev/shm; head -c 1700M /dev/zero >/dev/shm/full')),
  hurtVm(
    'no process can be started',
    detached(
      'ulimit -u unlimited; i=0; while [ $i -lt 2000 ]; do sleep 600 & i=$((i+1)); done; echo 301 >/proc/sys/kernel/pid_max; sleep 600',
    ),
  ),
  hurtVm('the clock stands still', detached('now=$(date +%s); while :; do date -s @$now; sleep 0.2; done')),
  signalled('SIGINT', 130),
  signalled('SIGTERM', 130),
  signalled('SIGKILL', 'signal'),
];
