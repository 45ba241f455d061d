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
  readonly strikes: 'the target' | 'the run';
  /** nothing answers any more once it is at work */
  readonly loses?: true;
  /** exit codes that are right for it; `signal`: ended by a signal, with no code of its own */
  readonly codes: readonly (number | 'signal')[];
  readonly strike: (scene: Scene) => Promise<void>;
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

/** Every way in which a run is disturbed. What a fault leaves on the machine is gone with the next restore. */
export const faultKinds: readonly FaultKind[] = [
  { name: 'the VM is killed', strikes: 'the target', loses: true, codes: [3], strike: onHost('destroy', 'DOMAIN') },
  {
    name: 'the kernel powers off on the spot',
    strikes: 'the target',
    loses: true,
    codes: [3],
    strike: inGuest('echo 1 >/proc/sys/kernel/sysrq; echo o >/proc/sysrq-trigger'),
  },
  {
    name: 'the VM is frozen for 60 s',
    strikes: 'the target',
    codes: anyVerdict,
    async strike(scene) {
      await onHost('suspend', 'DOMAIN')(scene);
      await new Promise((resolve) => setTimeout(resolve, 60_000));
      // a run that gave up meanwhile has powered it off
      await onHost('resume', 'DOMAIN')(scene).catch(() => {});
    },
  },
  { name: 'every SSH session is killed', strikes: 'the run', codes: [3], loses: true, strike: killSessions },
  { name: 'the daemon is killed', strikes: 'the target', codes: anyVerdict, strike: inGuest('pkill -9 -x dockerd') },
  {
    name: 'RootlessKit is killed',
    strikes: 'the target',
    codes: anyVerdict,
    strike: inGuest('pkill -9 -x "rootlesskit|exe" -U tester'),
  },
  {
    name: 'every container is killed',
    strikes: 'the target',
    codes: anyVerdict,
    // the init of a container is what a shim started
    strike: inGuest('for shim in $(pgrep -f containerd-shim); do pkill -9 -P $shim; done; true'),
  },
  {
    name: 'the disk is full',
    strikes: 'the target',
    codes: anyVerdict,
    strike: inGuest('fallocate -l $(df --output=avail -B1 / | tail -1) /var/tmp/full'),
  },
  {
    name: 'the memory is full',
    strikes: 'the target',
    codes: anyVerdict,
    // pages of a tmpfs belong to no process: nobody who is killed for them gives them back
    strike: detached('mount -o remount,size=8G /dev/shm; head -c 1700M /dev/zero >/dev/shm/full'),
  },
  {
    name: 'no process can be started',
    strikes: 'the target',
    codes: anyVerdict,
    strike: detached(
      'ulimit -u unlimited; i=0; while [ $i -lt 2000 ]; do sleep 600 & i=$((i+1)); done; echo 301 >/proc/sys/kernel/pid_max; sleep 600',
    ),
  },
  {
    name: 'the clock stands still',
    strikes: 'the target',
    codes: anyVerdict,
    strike: detached('now=$(date +%s); while :; do date -s @$now; sleep 0.2; done'),
  },
  { name: 'SIGINT', strikes: 'the run', codes: [130], strike: signalled('SIGINT') },
  { name: 'SIGTERM', strikes: 'the run', codes: [130], strike: signalled('SIGTERM') },
  { name: 'SIGKILL', strikes: 'the run', codes: ['signal'], strike: signalled('SIGKILL') },
];

/** Of all sessions, also the one that does it: that goes last. */
async function killSessions(scene: Scene): Promise<void> {
  await scene.asRoot(
    'setsid sh -c \'sleep 1; pkill -9 -f "sshd(-session)?: (root|tester)"\' >/dev/null 2>&1 </dev/null & true',
  );
}
