import { RdcError } from '../../messages/errors.ts';
import type { Executor } from '../transport/executor.ts';
import { disturbanceIn } from './read-only.ts';
import type { RestartableTarget } from './target.ts';

/** For a check beside others: root may not disturb them. Catches a wrong `concurrent`, not a check that hides it. */
export function sharedUseTarget(target: RestartableTarget): RestartableTarget {
  const refuse = (what: string) => () => Promise.reject(refusal(what));
  const { exec, shell } = target.root;
  const root: Executor = {
    exec: async (argv, options) => await exec(undisturbing(argv, argv.join(' ')), options),
    shell: async (script, options) => await shell(undisturbing(script, script), options),
  };
  return {
    ...target,
    root,
    loggedOut: refuse('ending the session'),
    reboot: refuse('a reboot'),
    invalidate: refuse('ending shared containers'),
  };
}

function undisturbing<T>(command: T, text: string): T {
  const disturbance = disturbanceIn(text);
  if (disturbance === undefined) return command;
  throw refusal(`the command \`${disturbance}\` as root`);
}

function refusal(what: string): RdcError {
  const hint = 'such a check is not `concurrent`';
  return new RdcError('SIDE_BY_SIDE', `${what}: refused while other checks run`, { hint });
}
