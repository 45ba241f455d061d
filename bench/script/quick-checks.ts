/** Of all areas, the quick ones: a run of them takes about a minute on a warm machine without KVM. */
export const quickChecks: readonly string[] = [
  'PRE-NEWIDMAP',
  'PRE-SUBID',
  'PRE-XDG',
  'SOCK-PATH',
  'SOCK-MODE',
  'SOCK-PRIVATE',
  'NS-DAEMON-EUID',
  'NS-UIDMAP',
  'NS-FORMULA',
  'CG-DRIVER',
  'CG-MEM',
  'LIM-MLOCK-OK',
  'DEV-GROUP',
  'PORT-PRIV-DENY',
  'NET-CIDR',
  'ST-RM',
];
