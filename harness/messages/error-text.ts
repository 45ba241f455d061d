/** What a system call says, without the call and the path: `EACCES: permission denied`. */
export function systemErrorText(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return 'syscall' in cause ? cause.message.replace(/, \w+(?: '.*)?$/s, '') : cause.message;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
