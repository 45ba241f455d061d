import type { Inject } from '../../harness/checks/index.ts';
import { restartedWithDropIn } from '../instruments/daemon/unit-drop-in.ts';

export function daemonEnvironment(variables: Readonly<Record<string, string>>): Inject {
  return restartedWithDropIn(...Object.entries(variables).map(([name, value]) => `Environment="${name}=${value}"`));
}
