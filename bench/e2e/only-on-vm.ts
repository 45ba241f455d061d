/**
 * Checks whose faults a container may not show: they want serial ports, controllers of cgroup v2, limits that root may
 * raise, AppArmor, or a kernel of its own. `rdc test` tries them on the VM, and all others in a container.
 */
export const onlyOnVm: readonly string[] = [
  // serial ports
  'DEV-GROUP',
  'DEV-GROUPADD',
  'DEV-666',
  'DEV-006',
  'DEV-ACL',
  'DEV-VOLUME',
  'DEV-IO',
  'GUIDE-EDGEX-DEVICE',
  // controllers of cgroup v2
  'CG-DRIVER',
  'CG-DELEG',
  'CG-MEM',
  'CG-CPU',
  'CG-PIDS',
  'CG-INFO-TRUTH',
  'CG-PATH',
  'CG-NS',
  'CG-NONE',
  'CG-NONE-TOP',
  'CG-DELEG-ALL',
  'CG-UNDELEGATED',
  'CG-UPDATE',
  'CG-SWAP',
  'GUIDE-EDGEX-SECRETS',
  'GUIDE-1903-CAVEATS',
  'GUIDE-PHOTON-FLAGS',
  // limits that root may raise
  'PRE-USERNS-MAX',
  'LIM-NOFILE',
  'LIM-NOFILE-UP',
  'LIM-MLOCK-OVER',
  'LIM-MLOCK-ULIMIT',
  'LIM-MLOCK-RAISE',
  'CG-OOMADJ',
  // modules, settings and AppArmor of the kernel
  'SEC-APPARMOR',
  'SVC-EXEC',
  'PRE-FW-MOD',
  'ST-KERNEL',
  'PRE-USERNS-CLONE',
  'PORT-SCTP',
];

/** Checks whose fault shows nothing on any machine of the default release: see the page of each. */
export const nowhere: readonly string[] = [
  // fail without their faults
  'PRE-INSTALL',
  'DEV-CDI',
  // other versions of Docker or RootlessKit, another kernel
  'PRE-AA-USERNS',
  'NET-DNS-LO',
  'NET-HOST-NEW',
  'NET-REGISTRY-NEW',
  'SRC-BUILTIN3',
];
