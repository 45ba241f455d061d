import type { ProviderName } from '../../harness/lab/catalog/provider-names.ts';
import { domainName, virsh } from '../../harness/lab/libvirt/vagrant-and-virsh.ts';

/** What a fault is given to work with. */
export type Scene = {
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
  /** only on machines of this one; a fault of the kernel, of its clock or its memory would be this machine's */
  readonly provider?: ProviderName;
  readonly inject: (scene: Scene) => Promise<void>;
};

const anyVerdict = [0, 1, 3] as const;
const onHost =
  (...words: string[]) =>
  async (scene: Scene) => {
    const { exitCode, stderr } = await virsh(
      ...words.map((word) => (word === 'DOMAIN' ? domainName(scene.machine) : word)),
    );
    if (exitCode !== 0) throw new Error(`virsh ${words[0]}: ${stderr.trim()}`);
  };
const inGuest = (script: string) => async (scene: Scene) => await scene.asRoot(script);
const signalled = (name: NodeJS.Signals) => async (scene: Scene) => scene.signal(name);
/** Goes on after the connection that started it. */
const detached = (script: string) => inGuest(`setsid sh -c '${script}' >/dev/null 2>&1 </dev/null & sleep 1`);

/** Every way in which a run on a VM is disturbed; those without a provider are for containers too. What a fault leaves on the machine is gone with the next restore. */
export const faultKinds: readonly FaultKind[] = [
  {
    name: 'the VM is killed',
    hits: 'the target',
    loses: true,
    codes: [3],
    provider: 'libvirt',
    inject: onHost('destroy', 'DOMAIN'),
  },
  {
    name: 'the kernel powers off on the spot',
    hits: 'the target',
    provider: 'libvirt',
    loses: true,
    codes: [3],
    inject: inGuest('echo 1 >/proc/sys/kernel/sysrq; echo o >/proc/sysrq-trigger'),
  },
  {
    name: 'the VM is frozen for 60 s',
    hits: 'the target',
    provider: 'libvirt',
    codes: anyVerdict,
    async inject(scene) {
      await onHost('suspend', 'DOMAIN')(scene);
      await new Promise((resolve) => setTimeout(resolve, 60_000));
      // a run that gave up meanwhile has powered it off
      await onHost('resume', 'DOMAIN')(scene).catch(() => {});
    },
  },
  { name: 'every SSH session is killed', hits: 'the run', codes: [3], loses: true, inject: killSessions },
  { name: 'the daemon is killed', hits: 'the target', codes: anyVerdict, inject: inGuest('pkill -9 -x dockerd') },
  {
    name: 'RootlessKit is killed',
    hits: 'the target',
    codes: anyVerdict,
    inject: inGuest('pkill -9 -x "rootlesskit|exe" -U tester'),
  },
  {
    name: 'every container is killed',
    hits: 'the target',
    codes: anyVerdict,
    // the init of a container is what a shim started
    inject: inGuest('for shim in $(pgrep -f containerd-shim); do pkill -9 -P $shim; done; true'),
  },
  {
    name: 'the disk is full',
    hits: 'the target',
    provider: 'libvirt',
    codes: anyVerdict,
    inject: inGuest('fallocate -l $(df --output=avail -B1 / | tail -1) /var/tmp/full'),
  },
  {
    name: 'the memory is full',
    hits: 'the target',
    provider: 'libvirt',
    codes: anyVerdict,
    // pages of a tmpfs belong to no process: nobody who is killed for them gives them back
    inject: detached('mount -o remount,size=8G /dev/shm; head -c 1700M /dev/zero >/dev/shm/full'),
  },
  {
    name: 'no process can be started',
    hits: 'the target',
    provider: 'libvirt',
    codes: anyVerdict,
    inject: detached(
      'ulimit -u unlimited; i=0; while [ $i -lt 2000 ]; do sleep 600 & i=$((i+1)); done; echo 301 >/proc/sys/kernel/pid_max; sleep 600',
    ),
  },
  {
    name: 'the clock stands still',
    hits: 'the target',
    provider: 'libvirt',
    codes: anyVerdict,
    inject: detached('now=$(date +%s); while :; do date -s @$now; sleep 0.2; done'),
  },
  { name: 'SIGINT', hits: 'the run', codes: [130], inject: signalled('SIGINT') },
  { name: 'SIGTERM', hits: 'the run', codes: [130], inject: signalled('SIGTERM') },
  { name: 'SIGKILL', hits: 'the run', codes: ['signal'], inject: signalled('SIGKILL') },
];

/** Of all sessions, also the one that does it: that goes last. */
async function killSessions(scene: Scene): Promise<void> {
  await scene.asRoot(
    'setsid sh -c \'sleep 1; pkill -9 -f "sshd(-session)?: (root|tester)"\' >/dev/null 2>&1 </dev/null & true',
  );
}
