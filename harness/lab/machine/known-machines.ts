import { type Machines, readMachines } from '../catalog/machines.ts';
import { imageMachines } from './image-machine.ts';

/** The machines of machines.json and those that were made with `--image`, which are known until `rdc down NAME`. */
export function knownMachines(): Machines {
  const listed = readMachines();
  const made = imageMachines();
  const machines = listed.machines.map((entry) => {
    const isWanting = entry.box.image !== undefined && entry.box.sha256 === undefined;
    return (isWanting && made.find(({ name }) => name === entry.name)) || entry;
  });
  const others = made.filter(({ name }) => !listed.machines.some((entry) => entry.name === name));
  return { ...listed, machines: [...machines, ...others] };
}
