import type { UndeclaredFault } from './undeclared-fault.ts';
import { hostFaults } from './undeclared-host-faults.ts';
import { networkFaults } from './undeclared-network-faults.ts';
import { reportedFaults } from './undeclared-reported-faults.ts';
import { serviceFaults } from './undeclared-service-faults.ts';

export const undeclaredFaults: readonly UndeclaredFault[] = [
  ...hostFaults,
  ...networkFaults,
  ...serviceFaults,
  ...reportedFaults,
];
