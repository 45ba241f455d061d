export { isLockedByUs, releaseMachine } from '../this-machine/locks.ts';
export { cacheRoot } from '../this-machine/paths.ts';
export { findMachine, type Machine, type Machines, machinesFile, readMachines } from './catalog/machines.ts';
export { recipeNames } from './catalog/recipes.ts';
export { clearAbandonedMachines } from './cleanup/abandoned-machines.ts';
export { boxIdentity, ensureBox, isBuilt } from './disks/box.ts';
export { expectImage } from './disks/cloud-image-box.ts';
export { readImageFile } from './disks/image-file.ts';
export {
  chooseLab,
  ensureLab,
  enterCommand,
  findLab,
  isInsideLab,
  type LabKind,
  stopLab,
} from './libvirt/hermetic-lab.ts';
export { attachMachine, guestSshCommand } from './machine/attach.ts';
export { type BringUpOptions, bringUp, snapshotRevert } from './machine/bring-up.ts';
export { consoleLogOf, type MachineHandle } from './machine/handle.ts';
export { forgetImageMachine } from './machine/image-machine.ts';
export { knownMachines } from './machine/known-machines.ts';
export { destroyMachine, downAll, type MachineState, machineState, powerOff } from './machine/take-down.ts';
export { type Accel, type AccelAnswer, chooseAccel, describeAccel, rememberedAccel } from './setup/acceleration.ts';
export { doctorHost, type HostNeed, setUpHost } from './setup/host-setup.ts';
