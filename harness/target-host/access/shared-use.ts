import { RdcError } from '../../messages/errors.ts';
import type { Executor } from '../transport/executor.ts';
import { disturbanceIn } from './read-only.ts';
import type { RestartableTarget } from './target.ts';

/**
 * The target as a check sees it that is judged while others are: what would disturb them is refused. Like `readOnly`, it
 * catches the slip of a mark that is wrong, not a check that hides what it does. As the user a check may run what it
 * likes: there it is the checks' own doing which of them are marked.
 */
export function sharedUseTarget(target: RestartableTarget): RestartableTarget {
  const refuse = (what: string) => () => Promise.reject(refusal(what));
  return {
    ...target,
    root: undisturbing(target.root),
    loggedOut: refuse('ending the session'),
    reboot: refuse('a reboot'),
    invalidate: refuse('ending shared containers'),
  };
}

function undisturbing({ exec, shell }: Executor): Executor {
  return {
    exec: async (argv, options) => await exec(harmless(argv, argv.join(' ')), options),
    shell: async (script, options) => await shell(harmless(script, script), options),
  };
}

function harmless<T>(command: T, text: string): T {
  const disturbance = disturbanceIn(text);
  if (disturbance !== undefined) throw refusal(`the command \`${disturbance}\` as root`);
  return command;
}

function refusal(what: string): RdcError {
  return new RdcError('SIDE_BY_SIDE', `${what}: refused while other checks run`, {
    hint: 'such a check is not `concurrent`',
  });
}
