import { RdcError } from '../../messages/errors.ts';

/** Errors that say something about the whole target: after one of them, no other check can be judged. */
export function endsTheRun(error: unknown): error is RdcError {
  return error instanceof RdcError && (error.code === 'LOST' || error.code === 'NO_SPACE');
}

export const isTimeout = (error: unknown): error is RdcError => error instanceof RdcError && error.code === 'TIMEOUT';

export function unanswered(name: string, what: string, cause: RdcError): RdcError {
  return new RdcError(
    'LOST',
    `${name} stopped answering: ${what}, and a command that does nothing got no answer either`,
    {
      cause,
      hint: `is ${name} out of memory or processes? see its console`,
    },
  );
}
