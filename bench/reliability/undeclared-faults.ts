import { dailyFaults } from './undeclared-daily-faults.ts';
import { driftFaults } from './undeclared-drift-faults.ts';
import type { FaultsByCheck, Scripts } from './undeclared-fault.ts';
import { hostFaults } from './undeclared-host-faults.ts';
import { networkFaults } from './undeclared-network-faults.ts';
import { reportedFaults } from './undeclared-reported-faults.ts';
import { serviceFaults } from './undeclared-service-faults.ts';
import { settingsFaults } from './undeclared-settings-faults.ts';

/** `red`: the check that has to turn red. */
export type UndeclaredFault = Scripts & { readonly name: string; readonly red: string };

/**
 * Faults that no check declares as its own: other ways in which a property breaks. Each was found by reading a check for
 * what it does not look at; it is here so that it stays noticed.
 */
export const undeclaredFaults: readonly UndeclaredFault[] = [
  hostFaults,
  networkFaults,
  serviceFaults,
  dailyFaults,
  reportedFaults,
  settingsFaults,
  driftFaults,
].flatMap((faults: FaultsByCheck) =>
  Object.entries(faults).flatMap(([red, own]) =>
    Object.entries(own).map(([name, scripts]) => ({ name, red, ...scripts })),
  ),
);
